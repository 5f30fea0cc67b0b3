"""Requests from the first word to the last trace, on every way, by words and numbers that occur nowhere else: nothing holds them.

The whole program runs: SMS, Telegram and the desk over HTTP, the worker's jobs, real stores that are overheard while it does, and
read afterwards. What the desk's browser does is done here by its Python twin, which also shows that what was typed did arrive.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import codes, db
from bot.app import Faro, running
from bot.demo_clock import DemoClock
from bot.demo_staff import DemoStaff, people_demo
from bot.directory.demo import load_demo
from bot.jobs import Clockwork, repeat
from bot.sealing import Envelope, seal, unseal
from bot.settings import Settings
from bot.staff import desk_sessions
from bot.staff.enrolling import enrol_for_demo
from bot.staff.passkeys import packed
from bot.tickets.storing import ticket
from flows.kernel import Words
from tests.bot.channels.driver_telegram import TelegramDriver
from tests.fakes.bot_api import CANARIES as OF_TELEGRAM
from tests.fakes.bot_api import TOKEN, BotApi, Chat, hosted
from tests.fakes.twilio_api import ACCOUNT, Redirected, RestApi
from tests.fakes.twilio_api import TOKEN as AUTH
from tests.logged import everything_logged
from tests.privacy.places import Disk, Overheard, Spoken, files, tables
from tests.privacy.spellings import Secrets
from tests.privacy.test_canary import dump
from tests.screens import NotOnScreen, Screens
from tests.servers import Postgres, Redis, short_folder

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

    async def opened(self, name: str, id: bytes, kind: Any) -> list[str]:
        """What the browser shows of it."""
        private: X25519PrivateKey = self.staff.accounts[name].private
        copies = (await self.desk(name, f"/ticket/{id.hex()}/open", json={"kind": kind}))["copies"]
        envelopes = [Envelope.decode(base64.urlsafe_b64decode(each["envelope"] + "==")) for each in copies]
        return [unseal(each, private, kind=kind, ticket=id).reveal() for each in envelopes]

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
        contact = json.loads((await self.opened(name, id, "contact"))[0])
        row = await self.row(id)
        said = {"text": words, "box": contact["box"], "channel": contact["channel"], "version": row.version}
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


# --- where it is looked for ------------------------------------------------------------------------------------------


class Places:
    """Everything that was sent and everything that lies there."""

    def __init__(self, world: World, redis: Redis, folder: Path, postgres: Postgres | None) -> None:
        self.world, self.redis, self.folder = world, redis, folder
        self.heard = Overheard(redis.socket)
        self.spoken = Spoken(world.faro.engine)
        self.disk = Disk(postgres.folder) if postgres is not None else None

    async def look(self, secrets: Secrets, logged: str) -> list[str]:
        faro = self.world.faro
        held = [
            ("sent to the session store", self.heard.bytes),
            ("sent to the database", self.spoken.bytes),
            ("session store", dump(self.redis.url)),
            ("tables", await tables(faro.engine)),
            ("log", logged.encode()),
            ("metrics", faro.metrics.text()),
            *files(self.folder),
        ]
        assert min(len(raw) for _, raw in held[:6]) > 200, "a place is empty that ought to hold something"
        if self.disk is not None:
            async with faro.engine.connect() as connection:
                await connection.execute(text("CHECKPOINT"))
                sealed = bytes((await connection.execute(text("SELECT envelope FROM sealed_item"))).scalars().first() or b"")
            written = await self.disk.written()
            assert sealed in written, "the tables are not looked at"
            assert b"INSERT INTO sealed_item" in written, "the server's log is not looked at"
            assert sealed.hex().encode() in written, "the server's log has no values"
            held.append(("the database server's files", written))
        return [each for place, raw in held for each in secrets.found(place, raw)]


def nothing_comes_back(world: World) -> list[str]:
    """P-1: what people typed is not said to anybody again, neither to them nor by a page of the desk's server."""
    typed = Secrets({"number": NUMBER, "word": WORD, "note": NOTE, "further": FURTHER, "chatted": CHATTED, "told": TOLD_ONLY})
    back = [each for said in world.said.texts.values() for shown in said for each in typed.found("answer", shown.encode())]
    return back + [each for page in world.said.pages for each in typed.found("desk", page)]


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


@pytest.fixture(params=["sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Postgres | None]]:
    """URL of an empty database ("" means SQLite), and its server, which writes down every statement with its values."""
    if request.param == "sqlite":
        yield "", None
        return
    talkative = "log_statement = all\nlog_min_messages = debug1\nlog_min_error_statement = debug1\nlog_parameter_max_length = -1"
    with short_folder() as folder:
        server = await asyncio.to_thread(Postgres, folder, f"fsync = off\n{talkative}\nlog_parameter_max_length_on_error = -1\n")
        await asyncio.to_thread(server.start)
        try:
            yield server.url, server
        finally:
            await asyncio.to_thread(server.stop)


@pytest.fixture
async def world(
    stores: tuple[str, Postgres | None], own_redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    spilled = tmp_path / "tmp"
    spilled.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spilled))
    clock = DemoClock()
    # The middle of the day where people write, when they may be called and written to.
    clock.advance((18 - datetime.fromtimestamp(clock(), UTC).hour) % 24 * 3600)
    api, rest = BotApi(clock), RestApi()
    async with api.running() as telegram, hosted(rest) as twilio:
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None,
            secret_key=KEY,
            redis_url=own_redis.url,
            database_url=stores[0],
            var_dir=tmp_path / "var",
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=AUTH,
            twilio_sms_from="+15005550006",
            messages_per_minute=4000,
        )
        engine = db.open_engine(db.url_of(settings))
        await db.create_all(engine)
        await load_demo(engine)
        # The address is needed for signatures, but nobody is to be told it.
        faro = Faro(settings.model_copy(update={"public_url": "https://faro.example.org"}), engine=engine, clock=clock)
        faro.settings = settings
        monkeypatch.setattr("twilio.http.http_client.TwilioHttpClient", lambda **_: Redirected(twilio))
        monkeypatch.setattr("bot.demo_staff.enrol_for_demo", partial(enrol_for_demo, rounds=1000))
        staff = await people_demo(engine, faro.secret, datetime.fromtimestamp(clock(), UTC))
        async with running(faro), hosted(faro) as url:
            api.webhook = {"url": f"{url}/telegram", "secret": SECRET, "allowed": ["message", "edited_message", "callback_query"]}
            made = World(faro, url, api, rest, staff, clock)
            try:
                yield made
            finally:
                await made.aclose()


# --- the run ---------------------------------------------------------------------------------------------------------

ONE, TWO = "case-manager-1", "case-manager-2"


async def asked_to_be_called(world: World) -> tuple[bytes, str]:
    """A number, a code word of one's own, a note full of what nobody asked for, and something added later by the code."""
    await world.types(CALLED, *ASK, "request.way.phone", "request.contact_phone.yes", f"={NUMBER}", "request.number_read.mine")
    await world.types(CALLED, "request.card.words", "request.words.own", f"={WORD}", "request.card.on", "request.count.yes")
    await world.types(CALLED, "request.check.details", "request.details.note", f"={NOTE}")
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


@pytest.mark.requirement("P-1", "P-2", "P-3", "P-5")
async def test_a_whole_run_of_requests_leaves_nothing(
    world: World, own_redis: Redis, stores: tuple[str, Postgres | None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Looked for while everything is there, and once more when it was closed, withdrawn and has run out.

    Mutation: a note, a number, a word, an answer, a code or a key in any column, key, value, statement, log line, metric or file,
    in whatever spelling; a preview that is remembered; a page of the desk with an opened contact."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1])
        called, called_code = await asked_to_be_called(world)
        chat, _ = await asked_to_be_written_to(world)
        sms, _ = await asked_to_be_written_to_by_sms(world)
        told, told_code = await only_told(world)
        await worked_on(world, called, chat, sms, told)
        await read_and_answered(world, chat, called_code)
        await world.passes(60)
        assert await places.look(secrets_of(world), log.getvalue()) == []
        await ended(world, called, sms, told_code)
        for days in (2, 8):  # a claim that nobody works on ends first, and then the waiting
            await world.passes(days * 86_400)
        assert [(await world.row(id)).state for id in (called, chat, sms)] == ["closed", "lapsed", "lapsed"]
        await world.passes(61 * 86_400)
        secrets = secrets_of(world)
        assert await places.look(secrets, log.getvalue()) == []
        async with world.faro.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM ticket"))).scalar_one() == 0
        places.heard.close()
    assert nothing_comes_back(world) == []
    printed = capfd.readouterr()
    assert secrets.found("output", (printed.out + printed.err).encode()) == []


@pytest.mark.requirement("P-2")
async def test_nor_when_everything_breaks(
    world: World,
    own_redis: Redis,
    stores: tuple[str, Postgres | None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors that know everything are raised where requests are stored, looked up, answered and ticked, a provider refuses and
    repeats what it was sent, and tables are not there. Mutation: str(error), a statement's values or a locals dump in a log line,
    in a page, in an answer; an engine without ``hide_parameters``."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1])
        sms, code = await asked_to_be_written_to_by_sms(world)
        await world.desk(ONE, f"/ticket/{sms.hex()}/claim", form={})
        await world.opened(ONE, sms, "card")
        await _refused_by_the_provider(world, sms, monkeypatch)
        await _without_a_table(world, sms, code)
        for place in ("bot.effects.requests.open_ticket", "bot.tickets.code.look", "bot.tickets.code.add_note"):
            with monkeypatch.context() as broken:
                broken.setattr(place, _raises)
                await world.sms(OTHER, code)
                await world.sms(OTHER, FURTHER)
                await world.types(CALLED, *_TO_THE_NOTE)
                await world.sms(CALLED, NOTE)
                with contextlib.suppress(NotOnScreen):
                    await world.types(CALLED, "request.check.send")
                await world.sms(CALLED, "0")
        for place in ("bot.tickets.desk.send_answer", "bot.tickets.desk.permit_relay", "bot.relay_words.preview"):
            with monkeypatch.context() as broken:
                broken.setattr(place, _raises)
                row = await world.row(sms)
                given = {"envelope": world.sealed(ANSWER, row), "version": row.version}
                writes = {**given, "text": RELAYED, "box": "QQ", "channel": "sms"}
                for path, body in (("answer", given), ("write", writes), ("preview", {"text": RELAYED, "channel": "sms"})):
                    await world.desk(ONE, f"/ticket/{sms.hex()}/{path}", json=body, status=-1)
        with monkeypatch.context() as broken:
            broken.setattr("bot.jobs.tickets_clock.tick", _raises)
            await _job_fails(world)
        places.heard.close()
        secrets, written = secrets_of(world), log.getvalue()
        shown = await places.look(secrets, written)
    for kind in ("RuntimeError", "StoreDown", "DatabaseDown"):
        assert kind in written, f"nothing broke with {kind}"
    printed = capfd.readouterr()
    assert shown + secrets.found("output", (printed.out + printed.err).encode()) == []
    assert nothing_comes_back(world) == []


_TO_THE_NOTE = (*ASK, "request.way.code", "request.count.no", "request.check.details", "request.details.note")


def _raises(*given: Any, **named: Any) -> Any:
    raise RuntimeError(f"{NOTE} {NUMBER} {WORD} {ANSWER} {RELAYED} {FURTHER} {given} {named}")


async def _refused_by_the_provider(world: World, sms: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers with the number and the text in its sentence, and then not at all."""
    world.rest.unwanted[WRITTEN] = (400, 21610)
    await world.writes(ONE, sms, RELAYED_SMS, status=409)
    world.rest.unwanted[WRITTEN] = (500, 20500)
    await world.writes(ONE, sms, RELAYED_SMS, status=409)
    world.rest.unwanted.clear()
    with monkeypatch.context() as broken:
        broken.setattr("bot.channels.twilio_sending.TwilioSender._create", _raises)
        await world.writes(ONE, sms, RELAYED_SMS, status=409)


async def _without_a_table(world: World, sms: bytes, code: str) -> None:
    """What is written fails in the database itself, with everything that was to be written in the driver's error."""
    for old, new in (("sealed_item", "elsewhere"), ("elsewhere", "sealed_item")):
        async with world.faro.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        await world.types(CALLED, *_TO_THE_NOTE, f"={NOTE}")
        await world.types(CALLED, "request.check.send")
        await world.sms(CALLED, "0")
        await world.sms(OTHER, code)
        await world.sms(OTHER, "0")
        row = await world.row(sms)
        await world.desk(
            ONE, f"/ticket/{sms.hex()}/answer", status=-1, json={"envelope": world.sealed(ANSWER, row), "version": row.version}
        )
        await world.desk(ONE, f"/ticket/{sms.hex()}", status=-1)


async def _job_fails(world: World) -> None:
    """As the worker runs it: a failure is logged, and the job comes again."""
    job = next(job for job in world.clockwork.jobs() if job.name == "tickets")

    async def enough(seconds: float) -> None:
        raise asyncio.CancelledError

    with contextlib.suppress(asyncio.CancelledError):
        await repeat(job, world.faro.engine, enough)
