"""What the Telegram adapter still has of a person in memory when their conversation is over: nothing.

Here belongs the search of the whole process. The Bot API runs in a process of its own, so that whatever is found is ours.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from bot.channels import telegram as adapter
from bot.channels.telegram import Telegram
from bot.exchange import Inbound, Message, Reply
from bot.session_stores import EmbeddedStore
from bot.sessions import Sessions
from bot.vault import Vault
from tests.bot.channels.contract import Clock

SECRET = "canary-secret_0123456789"

_API = """
import http.server, json

class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sent = 100

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        Api.sent += 1
        result = True
        if self.path.endswith("/sendMessage"):
            result = {"message_id": Api.sent, "date": 1, "chat": {"id": asked["chat_id"], "type": "private"}, "text": "x"}
        body = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def api() -> Iterator[str]:
    """Address of something that takes every call of the Bot API."""
    process = subprocess.Popen([sys.executable, "-c", _API], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.wait()
    process.stdout.close()


def everything() -> Iterator[Any]:
    """Every object of this process that anything leads to."""
    gc.collect()
    own = sys._getframe()
    todo: list[Any] = gc.get_objects()
    met = {id(todo), id(own)}
    while todo:
        thing = todo.pop()
        if id(thing) in met:
            continue
        met.add(id(thing))
        yield thing
        todo += gc.get_referents(thing)
        if issubclass(type(thing), dict):  # one whose keys are all text does not lead to them by itself
            todo += dict.keys(thing)
        if isinstance(thing, msgspec.Struct):  # those without gc lead nowhere by themselves
            todo += [getattr(thing, name) for name in thing.__struct_fields__]


class Somebody:
    """A chat of a number, and a word, that are nowhere else; written out for a moment only, or the search would find itself."""

    def __init__(self) -> None:
        self._chat = base64.b64encode(str(6_000_000_000 + secrets.randbelow(10**9)).encode())
        self._word = base64.b64encode(secrets.token_hex(8).encode())

    def word(self) -> str:
        return base64.b64decode(self._word).decode()

    def held(self) -> list[str]:
        """Kinds of the objects that hold the chat's number or the word, as a number, text or bytes."""
        needles = [base64.b64decode(self._chat), base64.b64decode(self._word)]
        texts, number = [needle.decode() for needle in needles], int(needles[0])
        own = {id(thing) for thing in (*needles, *texts, number)}
        found = []
        for thing in everything():
            kind = type(thing)
            if id(thing) in own:
                continue
            if kind is int and thing == number:
                found.append("int")
            elif kind is str and any(text in thing for text in texts):
                found.append("str")
            elif kind in (bytes, bytearray, memoryview) and any(needle in bytes(thing) for needle in needles):
                found.append(kind.__name__)
        return found

    def update(self, number: int, **what: Any) -> bytes:
        chat = int(base64.b64decode(self._chat))
        person = {"id": chat, "is_bot": False, "first_name": "x", "language_code": "es"}
        message = {"message_id": 7 + number, "date": 1, "chat": {"id": chat, "type": "private"}, "from": person}
        if "data" in what:
            query = {"id": str(number), "from": person, "message": message, **what}
            return json.dumps({"update_id": number, "callback_query": query}).encode()
        return json.dumps({"update_id": number, "message": message | what}).encode()


async def deliver(telegram: Telegram, body: bytes) -> int:
    statuses: list[int] = []
    pending = [{"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        return pending.pop()

    async def send(event: dict[str, Any]) -> None:
        statuses.append(event.get("status", 0))

    headers = [(b"x-telegram-bot-api-secret-token", SECRET.encode())]
    await telegram.webhook({"type": "http", "method": "POST", "headers": headers}, receive, send)
    return statuses[0]


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("ending", ["silence", "leaving", "a fault"])
async def test_nothing_of_a_person_stays_in_the_process(api: str, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: keying ``Telegram._prompts`` by the chat id; never arming ``_Brief._timer``."""
    monkeypatch.setattr(adapter._Brief, "SWEEP_SECONDS", 0.01)
    clock, broken = Clock(), False

    async def handle(inbound: Inbound) -> Reply:
        if broken:
            raise ValueError("a fault")
        if ending == "leaving" and inbound.press is not None:
            return Reply(None, forget=True)
        return Reply(Message("where?", (), "share"))

    store = EmbeddedStore(clock)
    telegram = Telegram(
        "1:canary", SECRET, handle, Vault(bytes(range(32))), Sessions(store, idle_seconds=1200, per_minute=99).leftovers, api,
        last_words={"es": "x"}, clock=clock,
    )  # fmt: skip
    one = Somebody()
    assert await deliver(telegram, one.update(1, text=one.word())) == 200
    assert await deliver(telegram, one.update(2, location={"latitude": 14.9, "longitude": -92.3})) == 200
    assert await deliver(telegram, one.update(3, caption="x", photo=[], media_group_id=one.word())) == 200
    assert await deliver(telegram, one.update(4, data="1:1")) == 200
    if ending == "a fault":
        broken = True
        assert {await deliver(telegram, one.update(5, text="x")) for _ in range(adapter.PATIENCE_TIMES)} == {503, 200}
    await telegram.settle()
    assert len(telegram._prompts) == (ending != "leaving"), "the button for the location may still have to be taken away"
    assert one.held() == [], "even while that is remembered, the chat's number is not"
    clock.advance(minutes=adapter.KEEP_SECONDS / 60 + 1)
    await asyncio.sleep(0.05)
    assert not len(telegram._prompts) + len(telegram._albums)
    assert one.held() == []
    await telegram.aclose()
    await store.close()
