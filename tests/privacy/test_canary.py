"""Words, numbers and points that occur nowhere else are sent through the whole program; afterwards nothing holds them."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from twilio.request_validator import RequestValidator

from bot import db
from bot.app import Faro, running
from bot.directory.demo import load_demo
from bot.settings import Settings
from tests.logged import everything_logged

WORDS = "zarzaparrilla morada"
NUMBER = "573009876543"
CHAT = 987654321987
LAT, LON = 7.893912, -72.507834
TYPED_NUMBER = "3107654321"
TOKEN, SID, AUTH, SECRET = "123456789:" + "c" * 35, "AC" + "0" * 32, "t" * 32, "s" * 32
KEY = base64.b64encode(bytes(range(7, 71))).decode()

#: Everything that must be found nowhere: what was typed, who wrote, where they are, and the secrets of the process.
CANARIES = (
    WORDS,
    "zarzaparrilla",
    NUMBER,
    NUMBER[2:],
    str(CHAT),
    TYPED_NUMBER,
    "7.8939",
    "72.5078",
    TOKEN,
    TOKEN[10:],
    AUTH,
    SECRET,
    KEY,
)


def found(place: str, held: bytes) -> list[str]:
    """Canaries in some bytes, as text of any usual encoding."""
    return [f"{place}: {word}" for word in CANARIES for code in ("utf-8", "utf-16-le", "utf-32-le") if word.encode(code) in held]


def dump(url: str) -> bytes:
    """Everything that a Redis server holds: keys and values of every kind."""
    store = Redis.from_url(url)
    try:
        held = []
        for key in store.scan_iter():
            held.append(key)
            kind = store.type(key).decode()
            if kind == "string":
                held.append(store.get(key))
            elif kind == "hash":
                held += [part for pair in store.hgetall(key).items() for part in pair]
            elif kind == "list":
                held += store.lrange(key, 0, -1)
            elif kind == "zset":
                held += store.zrange(key, 0, -1)
            elif kind == "set":
                held += list(store.smembers(key))
            else:
                raise AssertionError(f"a kind of value that nobody looks into: {kind}")
        return b"\n".join(held)
    finally:
        store.close()


class Writer:
    """Somebody who writes on every channel of one process, over HTTP."""

    def __init__(self, faro: Faro) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(faro, raise_app_exceptions=False), base_url="http://127.0.0.1"
        )
        self.numbers = count(1)
        self.answers: list[httpx.Response] = []

    async def sms(self, text: str, **fields: str) -> httpx.Response:
        form = {
            "MessageSid": f"SM{next(self.numbers):032x}",
            "AccountSid": SID,
            "From": f"+{NUMBER}",
            "To": "+15005550006",
            "Body": text,
        }
        form |= {"NumMedia": "0"} | fields
        signature = RequestValidator(AUTH).compute_signature("https://faro.example.org/twilio/sms", form)
        answer = await self.client.post("/twilio/sms", data=form, headers={"x-twilio-signature": signature})
        self.answers.append(answer)
        return answer

    async def telegram(self, **message: Any) -> httpx.Response:
        chat = {"id": CHAT, "type": "private", "first_name": WORDS}
        sender = {"id": CHAT, "is_bot": False, "first_name": WORDS, "username": "zarzaparrilla"}
        body = {
            "update_id": next(self.numbers),
            "message": {"message_id": 1, "date": 1780000000, "chat": chat, "from": sender} | message,
        }
        answer = await self.client.post("/telegram", json=body, headers={"x-telegram-bot-api-secret-token": SECRET})
        self.answers.append(answer)
        return answer

    async def page(self, channel: str, phone: str, **message: Any) -> httpx.Response:
        body = {"phone": phone, "channel": channel, "id": f"m{next(self.numbers)}", "kind": "text"} | message
        answer = await self.client.post("/simulator/message", json=body)
        self.answers.append(answer)
        return answer


@pytest.fixture
async def faro(fresh_redis: str, tmp_path: Path) -> AsyncIterator[Faro]:
    """A whole process over a real Redis, with channels whose providers cannot be reached: each call to them fails."""
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        secret_key=KEY,
        redis_url=fresh_redis,
        var_dir=tmp_path,
        telegram_token=TOKEN,
        telegram_secret=SECRET,
        telegram_api="http://127.0.0.1:9",
        twilio_account_sid=SID,
        twilio_auth_token=AUTH,
        public_url="",
        messages_per_minute=1000,
    )
    engine = db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    await load_demo(engine)
    # The address is needed for signatures, but nobody is to be told it.
    faro = Faro(settings.model_copy(update={"public_url": "https://faro.example.org"}), engine=engine)
    faro.settings = settings
    async with running(faro):
        yield faro


async def everything_said(writer: Writer) -> None:
    """Canaries in every kind of message, in many screens."""
    steps = (
        WORDS,
        "1",
        "1",
        "1",
        f"{WORDS} {TYPED_NUMBER}",
        "Cúcuta",
        "1",
        "1",
        TYPED_NUMBER,
        "8",
        "persona",
        WORDS,
        "queja",
        WORDS,
        "9",
    )
    for text in steps:
        await writer.sms(text)
        await writer.telegram(text=text)
    await writer.sms("", Latitude=str(LAT), Longitude=str(LON))
    await writer.telegram(location={"latitude": LAT, "longitude": LON})
    await writer.telegram(contact={"phone_number": f"+{NUMBER}", "first_name": WORDS})
    await writer.telegram(document={"file_id": "zarzaparrilla", "file_unique_id": "1", "file_name": WORDS}, caption=WORDS)
    await writer.telegram(venue={"title": WORDS, "address": WORDS, "location": {"latitude": LAT, "longitude": LON}})
    phone = (await writer.client.post("/simulator/phone", json={})).json()["phone"]
    for channel in ("telegram", "sms", "whatsapp"):
        for text in steps[:8]:
            await writer.page(channel, phone, text=text)
        await writer.page(channel, phone, kind="location", lat=LAT, lon=LON)
        await writer.page(channel, phone, kind="contact")


async def held(faro: Faro, url: str, folder: Path, logged: str) -> list[str]:
    shown = found("logs", logged.encode()) + found("metrics", faro.metrics.text()) + found("redis", dump(url))
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            shown += found(path.name, path.read_bytes())
    return shown


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("P-2")
@pytest.mark.requirement("S-8")
async def test_what_a_person_says_is_held_nowhere(
    faro: Faro, fresh_redis: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Mutation: the number as a key, a session that is not sealed, the point in a log line, an exception's text in the log."""
    with everything_logged() as log:
        writer = Writer(faro)
        await everything_said(writer)
        answered = [answer for answer in writer.answers if answer.status_code == 200]
        assert len(answered) > 30, "the canaries went nowhere"
        shown = await held(faro, fresh_redis, tmp_path, log.getvalue())
    assert dump(fresh_redis), "nothing was kept at all: the dump looks at the wrong place"
    printed = capfd.readouterr()
    assert not shown + found("output", (printed.out + printed.err).encode())


@pytest.mark.requirement("P-2")
async def test_nor_when_everything_breaks(
    faro: Faro, fresh_redis: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: str(error) or repr(inbound) in a log line or an answer."""

    def broken(inbound: Any, *_: Any) -> Any:
        words = inbound.words.reveal() if inbound.words else ""
        point = inbound.point.reveal() if inbound.point else ""
        raise RuntimeError(f"{words} {point} {NUMBER} {CHAT}")

    monkeypatch.setattr(type(faro.conversation), "_turn", lambda self, opened, draft, inbound: broken(inbound))
    with everything_logged() as log:
        writer = Writer(faro)
        await everything_said(writer)
        text = log.getvalue()
        shown = await held(faro, fresh_redis, tmp_path, text)
    assert "RuntimeError" in text, "nothing broke"
    printed = capfd.readouterr()
    assert not shown + found("output", (printed.out + printed.err).encode())
    for answer in writer.answers:
        assert not found("answer", re.sub(rb"\s", b" ", answer.content))


@pytest.mark.requirement("P-2")
async def test_nothing_shows_a_person_by_accident(faro: Faro) -> None:
    """Mutation: a repr, a format or an attribute of a person, an address, a point or the process that says more than its kind."""
    address = faro.vault.address("sms", f"+{NUMBER}")
    person = faro.vault.person(address)
    for thing in (address, person, faro.vault, faro.settings, faro.twilio, faro.telegram, faro.sessions):
        assert not found(type(thing).__name__, f"{thing!r} {thing!s} {thing}".encode())
