"""One whole process with people who write to it and people on duty, for the canaries of requests.

Here belong what they type and do, and what of it is secret. Never here: where it is looked for, tests. What the desk's browser does
is done here by its Python twin, which also shows that what was typed did arrive.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import codes
from bot.app import Faro
from bot.demo_clock import DemoClock
from bot.demo_staff import DemoStaff
from bot.jobs import Clockwork
from bot.sealing import Envelope, seal, unseal
from bot.staff import desk_sessions
from bot.staff.passkeys import packed
from bot.tickets.storing import ticket
from flows.kernel import Words
from tests.bot.channels.driver_telegram import TelegramDriver
from tests.fakes.bot_api import CANARIES as OF_TELEGRAM
from tests.fakes.bot_api import TOKEN, BotApi, Chat
from tests.fakes.twilio_api import ACCOUNT, RestApi
from tests.fakes.twilio_api import TOKEN as AUTH
from tests.privacy.spellings import Secrets
from tests.screens import NotOnScreen, Screens

SECRET = "s" * 32
KEY = base64.b64encode(bytes(range(11, 75))).decode()

#: Telephones that write. Nobody's: a range that is not given out.
CALLED, TOLD, WRITTEN, OTHER = "+573009876543", "+573009871234", "+573009875678", "+573009879999"
#: What somebody types where it is asked for.
NUMBER = "+573107654321"
#: Who writes on Telegram. Longer than they are, so that it does not turn up by chance.
CHAT = 8_675_318_304_721
WORD = "zarzaparrilla"
#: What somebody types although nobody asks for it.
NOTE = "Mi prima Eulogia Zurriaga vive en la calle Quijongo Viejo, su cédula es 1098765432"
FURTHER = "Añado que mañana estaré junto al molino de Guasdualito"
CHATTED = "Sí, háblame del lavadero de Chiriguaná"
TOLD_ONLY = "Solo quiero contar lo del galpón de Sotavento"
#: What people on duty write.
ANSWER = "Pregunta por Hermenegilda en el consultorio Bugambilia"
RELAYED = "Buenas, hablamos de la lavandería Cantaclaro"
RELAYED_SMS = "Buenas, la biblioteca Mirabueno abre temprano"


@dataclass
class Said:
    """What came back to people, by telephone, and what may stand in it."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    pages: list[bytes] = field(default_factory=list)
    """What the desk's server sent to the desk's browser."""


class World:
    """One process, everybody who writes to it, and the people on duty at their desks."""

    def __init__(self, faro: Faro, url: str, api: BotApi, rest: RestApi, staff: DemoStaff, clock: DemoClock) -> None:
        self.faro, self.rest, self.staff, self.clock = faro, rest, staff, clock
        self.client = httpx.AsyncClient(base_url=url, timeout=60)
        self.screens = Screens("es")
        self.said = Said()
        self.secrets: dict[str, str | bytes] = {}
        assert faro.telegram is not None
        self.chat = TelegramDriver(api, faro.telegram)
        self.chat.chat = api.chats[CHAT] = Chat(CHAT)
        self._numbers = count(1)
        self._screen: dict[str, str] = {}
        self.cookies: dict[str, bytes] = {}
        self.clockwork = Clockwork(faro.settings, faro.engine, faro.roster, secret=faro.secret, clock=clock)

    async def aclose(self) -> None:
        await self.clockwork.aclose()
        await self.client.aclose()

    # -- telephones

    async def sms(self, number: str, words: str) -> str:
        form = {
            "MessageSid": f"SM{next(self._numbers):032x}", "AccountSid": ACCOUNT, "From": number, "To": "+15005550006",
            "Body": words, "NumMedia": "0",
        }  # fmt: skip
        signature = RequestValidator(AUTH).compute_signature("https://faro.example.org/twilio/sms", form)
        answer = await self.client.post("/twilio/sms", data=form, headers={"x-twilio-signature": signature})
        assert answer.status_code == 200
        shown = answer.text.partition("<Message>")[2].partition("</Message>")[0]
        self._screen[number] = shown
        self.said.texts.setdefault(number, []).append(shown)
        return shown

    async def types(self, number: str, *steps: str) -> str:
        """``=words`` are typed; everything else is the choice of that id."""
        for step in steps:
            await self.sms(number, step[1:] if step.startswith("=") else await self._digit(number, step))
        return self._screen[number]

    async def _digit(self, number: str, option: str) -> str:
        """Further choices of a screen stand on its next page."""
        for _ in range(3):
            try:
                return self.screens.digit(self._screen[number], option)
            except NotOnScreen:
                await self.sms(number, "7")
        return self.screens.digit(self._screen[number], option)

    async def taps(self, *steps: str) -> str:
        """The same on Telegram, with buttons."""
        shown = ""
        for step in steps:
            if step.startswith("="):
                seen = await self.chat.says(step[1:])
            else:
                seen = await self.chat.presses(self.screens.button(step) if "." in step else step)
            assert seen.status == 200
            shown = "\n".join(seen.texts)
            self.said.texts.setdefault("telegram", []).append(shown)
        return shown

    def receipt(self, shown: str) -> str:
        """The code in a receipt. From now on it is a secret, like the key that follows from it."""
        code = codes.reading(shown)
        assert code is not None, f"this is no receipt: {shown}"
        self.secrets[f"code {len(self.secrets)}"] = code.reveal()
        return code.reveal()

    # -- the desk

    async def desk(self, name: str, path: str, *, json: Any = None, form: dict[str, str] | None = None, status: int = 0) -> Any:
        """What a page of the desk asks. ``status``: the one that is wanted, where it is not success; -1: any."""
        if name not in self.cookies:
            async with self.faro.engine.begin() as connection:
                token = await desk_sessions.begin(connection, self.staff.accounts[name].staff_id, self.now())
            self.cookies[name] = token
        token = self.cookies[name]
        headers = {"sec-fetch-site": "same-origin", "x-csrf": desk_sessions.csrf(token), "cookie": f"desk={token.hex()}"}
        headers |= {"accept": "application/json"} if json is not None else {"accept": "text/html"}
        method = "GET" if json is None and form is None else "POST"
        answer = await self.client.request(method, f"/desk{path}", json=json, data=form, headers=headers)
        self.said.pages.append(answer.content)
        if status < 0:
            return answer.text
        assert answer.status_code == status if status else answer.status_code in (200, 303), (path, answer.status_code, answer.text)
        return answer.json() if json is not None else answer.text

    async def copies(self, name: str, id: bytes, kind: Any) -> list[tuple[str, str]]:
        """(id of the envelope, what the browser shows of it)."""
        private: X25519PrivateKey = self.staff.accounts[name].private
        copies = (await self.desk(name, f"/ticket/{id.hex()}/open", json={"kind": kind}))["copies"]
        envelopes = [(each["item"], Envelope.decode(base64.urlsafe_b64decode(each["envelope"] + "=="))) for each in copies]
        return [(item, unseal(each, private, kind=kind, ticket=id).reveal()) for item, each in envelopes]

    async def opened(self, name: str, id: bytes, kind: Any) -> list[str]:
        return [text for _, text in await self.copies(name, id, kind)]

    async def row(self, id: bytes) -> Any:
        async with self.faro.engine.connect() as connection:
            return (await connection.execute(ticket.select().where(ticket.c.id == id))).one()

    async def newest(self) -> bytes:
        async with self.faro.engine.connect() as connection:
            asked = ticket.select().order_by(ticket.c.created_at.desc()).limit(1)
            return bytes((await connection.execute(asked)).one().id)

    def sealed(self, words: str, row: Any) -> str:
        return packed(seal(Words(words), "answer", row.id, [row.public]).encode())

    async def answers(self, name: str, id: bytes, words: str) -> None:
        """Under the code."""
        row = await self.row(id)
        await self.desk(name, f"/ticket/{id.hex()}/answer", json={"envelope": self.sealed(words, row), "version": row.version})

    async def writes(self, name: str, id: bytes, words: str, *, status: int = 200) -> None:
        """Into the person's chat."""
        item, opened = (await self.copies(name, id, "contact"))[0]
        contact, row = json.loads(opened), await self.row(id)
        said = {"text": words, "box": contact["box"], "contact": item, "channel": contact["channel"], "version": row.version}
        await self.desk(name, f"/ticket/{id.hex()}/preview", json={"text": words, "channel": contact["channel"]})
        await self.desk(name, f"/ticket/{id.hex()}/write", json={**said, "envelope": self.sealed(words, row)}, status=status)

    # -- time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    async def passes(self, seconds: float) -> None:
        """Time goes by, and the worker's jobs run."""
        self.clock.advance(seconds)
        for job in self.clockwork.jobs():
            if job.name != "deletion":
                await job.run()


START = ("=hola", "start.hello.es", "start.menu.person", "=Colombia")
ASK = (*START, "request.safe.yes", "request.who.on", "request.before.adult", "request.ask.yes")
READ = ("code.known.yes", "code.status.answer")


def secrets_of(world: World) -> Secrets:
    """Everything that must be nowhere, codes and keys included."""
    people = {f"telephone {number[-4:]}": number for number in (CALLED, TOLD, WRITTEN, OTHER)}
    said = {
        "number": NUMBER, "word": WORD, "note": NOTE, "name": "Eulogia Zurriaga", "street": "Quijongo Viejo",
        "identity": "1098765432", "further": FURTHER, "chatted": CHATTED, "told": TOLD_ONLY, "answer": ANSWER, "relayed": RELAYED,
        "relayed by SMS": RELAYED_SMS,
        "chat": str(CHAT), **{f"Telegram {at}": each for at, each in enumerate(OF_TELEGRAM)},
    }  # fmt: skip
    process: dict[str, str | bytes] = {
        "secret": KEY,
        "token": TOKEN,
        "Twilio": AUTH,
        "passphrase": world.staff.passphrase,
        "pepper": world.faro.secret,
    }
    accounts = {name: world.staff.accounts[name] for name in (ONE, TWO)}
    keys = {
        f"key of {name}": each.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        for name, each in accounts.items()
    }
    factors = {f"second factor of {name}": each.totp_secret for name, each in accounts.items()}
    cookies = {f"session of {name}": each for name, each in world.cookies.items()}
    return Secrets({**people, **said, **process, **keys, **factors, **cookies, **world.secrets})


# --- the run ---------------------------------------------------------------------------------------------------------

ONE, TWO = "case-manager-1", "case-manager-2"


async def asked_to_be_called(world: World) -> tuple[bytes, str]:
    """A number, a code word of one's own, a note full of what nobody asked for, and something added later by the code."""
    await world.types(CALLED, *ASK, "request.way.phone", "request.contact_phone.yes", f"={NUMBER}", "request.number_read.mine")
    await world.types(CALLED, "request.card.words", "request.words.own", f"={WORD}", "request.card.on", "request.count.yes")
    await world.types(CALLED, "request.check.details", "request.details.note", f"={NOTE}", "identifying.as_is")
    code = world.receipt(await world.types(CALLED, "request.check.send"))
    id = await world.newest()
    await world.types(OTHER, f"={code}", "code.known.yes", "code.status.write", f"={FURTHER}")
    return id, code


async def asked_to_be_written_to(world: World) -> tuple[bytes, str]:
    """In their own chat on Telegram."""
    await world.taps("=hola", "start.hello.es", "start.menu.person", "Colombia", *ASK[4:])
    await world.taps("request.way.here", "request.contact_here.yes", "request.card.on", "request.count.no")
    code = world.receipt(await world.taps("request.check.send"))
    return await world.newest(), code


async def asked_to_be_written_to_by_sms(world: World) -> tuple[bytes, str]:
    await world.types(WRITTEN, *ASK, "request.way.here", "request.contact_here.yes", "request.card.on", "request.count.no")
    code = world.receipt(await world.types(WRITTEN, "request.check.send"))
    return await world.newest(), code


async def only_told(world: World) -> tuple[bytes, str]:
    """Whoever leaves nothing but words and keeps nothing but the code."""
    await world.types(TOLD, *START, "request.safe.yes", "request.who.whom", "request.whom.tells", "request.before.adult")
    await world.types(TOLD, "request.ask.yes", f"={TOLD_ONLY}", "request.count.no")
    code = world.receipt(await world.types(TOLD, "request.check.send"))
    return await world.newest(), code


async def worked_on(world: World, called: bytes, chat: bytes, sms: bytes, told: bytes) -> None:
    """What the desk does; it reads there what was typed, and nowhere else."""
    for id in (called, chat, sms, told):
        assert id.hex() in await world.desk(ONE, "/queue")
        await world.desk(ONE, f"/ticket/{id.hex()}/claim", form={})
        assert (await world.opened(ONE, id, "card"))[0]
    assert json.loads((await world.opened(ONE, called, "card"))[0])["word_desk"] == WORD
    assert json.loads((await world.opened(ONE, called, "contact"))[0])["number"] == NUMBER
    assert await world.opened(ONE, called, "note") == [NOTE, FURTHER]
    assert await world.opened(ONE, told, "note") == [TOLD_ONLY]
    await world.answers(ONE, called, ANSWER)
    await world.writes(ONE, chat, RELAYED)
    await world.writes(ONE, sms, RELAYED_SMS)
    await world.desk(ONE, f"/ticket/{called.hex()}/heavy", form={})


async def read_and_answered(world: World, chat: bytes, code: str) -> None:
    """People read by their code, and write back in their chat."""
    assert ANSWER in await world.types(OTHER, "=menu", f"={code}", *READ)
    await world.taps(f"={CHATTED}")
    assert (await world.opened(ONE, chat, "note")) == [CHATTED]


async def ended(world: World, called: bytes, sms: bytes, told_code: str) -> None:
    """Closed, withdrawn, handed over, and what is left runs out."""
    row = await world.row(called)
    outcome = {"version": str(row.version), "outcome": "reached_needs_met"}
    await world.desk(ONE, f"/ticket/{called.hex()}/close", form=outcome)
    await world.types(TOLD, "=menu", f"={told_code}", "code.known.yes", "code.status.withdraw", "code.withdraw.yes")
    row = await world.row(sms)
    left = {"version": str(row.version), "reason": "shift_ends", "reached": "tried", "next_step": "write", "risk": "high"}
    await world.desk(ONE, f"/ticket/{sms.hex()}/release", form=left)
    await world.desk(TWO, f"/ticket/{sms.hex()}/recuse", form={})
