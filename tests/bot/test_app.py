"""The whole process: what it serves to whom, when it says that it is ready, how it starts and how it stops."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import db, gsm7
from bot.app import Content, Faro, last_resort, running, served_countries
from bot.directory.demo import load_demo
from bot.settings import Settings
from flows.facts import COUNTRIES, LANGS
from tests import hold_conversation
from tests.servers import Redis, free_port, serving

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(bytes(range(9, 73))).decode()
CHANNELS: dict[str, Any] = {
    "telegram_token": "123456789:" + "c" * 35,
    "telegram_secret": "s" * 32,
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "t" * 32,
    "public_url": "https://faro.example.org",
    "secret_key": KEY,
}


def settings(folder: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, var_dir=folder, **(CHANNELS | changes))  # type: ignore[call-arg]


@asynccontextmanager
async def process(folder: Path, *, demo: bool = False, started: bool = True, **changes: Any) -> AsyncIterator[Faro]:
    """A Faro over a database of its own, with the demo's services where they matter."""
    wanted = settings(folder, **changes)
    engine = db.open_engine(db.url_of(wanted))
    await db.create_all(engine)
    if demo:
        await load_demo(engine)
    faro = Faro(wanted, engine=engine)
    # The address is needed for signatures, but nobody is to be told it.
    faro.settings = wanted.model_copy(update={"public_url": ""})
    if started:
        async with running(faro):
            yield faro
    else:
        yield faro
        await engine.dispose()


def asking(faro: Faro, client: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(faro, raise_app_exceptions=False, client=(client, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


# --- who is served what ----------------------------------------------------------------------------------------------


PUBLIC = ("/telegram", "/twilio/sms", "/twilio/whatsapp", "/twilio/fallback", "/simulator/phone", "/simulator/message")


@pytest.mark.parametrize("path", PUBLIC)
async def test_each_public_path_is_there_and_guards_itself(path: str, tmp_path: Path) -> None:
    """Mutation: a webhook that answers without its secret or signature; a path that the table of hot paths forgot."""
    async with process(tmp_path, started=False) as faro, asking(faro) as client:
        answer = await client.post(path, content=b"{}", headers={"content-type": "application/json"})
        assert answer.status_code != 404
        if not path.startswith("/simulator") and not path.endswith("fallback"):
            assert answer.status_code == 403 and not answer.content


async def test_webhooks_pass_no_router(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: looking webhooks up among the routes, which costs every turn."""
    async with process(tmp_path, started=False) as faro:

        async def nobody(*_: object) -> None:
            raise AssertionError("the router was asked")

        monkeypatch.setattr(faro, "_surface", nobody)
        async with asking(faro) as client:
            for path in ("/telegram", "/twilio/sms", "/twilio/whatsapp"):
                assert (await client.post(path, content=b"")).status_code == 403


async def test_the_desk_alone_serves_no_public_path(tmp_path: Path) -> None:
    """Mutation: ignoring SURFACES for one of the channels or for the page with a phone."""
    async with process(tmp_path, surfaces="desk") as faro, asking(faro) as client:
        for path in (*PUBLIC, "/"):
            for method in ("GET", "POST"):
                assert (await client.request(method, path)).status_code == 404, path
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200


async def test_live_has_no_page_with_a_phone(tmp_path: Path) -> None:
    """Mutation: showing it in every mode."""
    async with process(tmp_path, mode="live", started=False) as faro, asking(faro) as client:
        for path in ("/", "/simulator/phone", "/simulator/message"):
            assert (await client.post(path)).status_code == 404
            assert (await client.get(path)).status_code == 404
    async with process(tmp_path, started=False) as faro, asking(faro) as client:
        assert (await client.get("/")).status_code == 200


async def test_nothing_is_served_where_no_channel_is_set_up(tmp_path: Path) -> None:
    bare = dict.fromkeys(CHANNELS, "") | {"secret_key": KEY}
    async with process(tmp_path, simulator=False, started=False, **bare) as faro, asking(faro) as client:
        for path in (*PUBLIC, "/"):
            assert (await client.post(path)).status_code == 404


async def test_numbers_for_the_operator_only(tmp_path: Path) -> None:
    """Mutation: an open /metrics with MODE=live; a token that is not compared; answering 403, which tells that it is there."""
    token = "m" * 32
    bearer = {"authorization": f"Bearer {token}"}
    for changes, client, headers, status in (
        ({}, "127.0.0.1", {}, 200),
        ({}, "10.0.0.7", {}, 404),
        ({"mode": "live"}, "127.0.0.1", {}, 404),
        ({"mode": "live", "metrics_token": token}, "10.0.0.7", bearer, 200),
        ({"metrics_token": token}, "127.0.0.1", {}, 404),
        ({"metrics_token": token}, "127.0.0.1", {"authorization": "Bearer wrong"}, 404),
    ):
        async with process(tmp_path, started=False, **changes) as faro, asking(faro, client) as ask:
            answer = await ask.get("/metrics", headers=headers)
            assert answer.status_code == status, (changes, client)
            assert (b"faro_" in answer.content) is (status == 200)


# --- ready -----------------------------------------------------------------------------------------------------------


async def test_not_ready_while_the_session_store_is_down(own_redis: Redis, tmp_path: Path) -> None:
    """Mutation: a probe of another store than the one that sessions use; staying not ready after it came back."""
    async with process(tmp_path, redis_url=own_redis.url) as faro, asking(faro) as client:

        async def ready() -> tuple[int, list[str]]:
            answer = await client.get("/health/ready")
            return answer.status_code, answer.json()["waiting_for"]

        assert await ready() == (200, [])
        own_redis.stop()
        assert await ready() == (503, ["sessions"])
        assert (await client.get("/health/live")).status_code == 200
        own_redis.start()
        assert await ready() == (200, [])


async def test_not_ready_while_the_directory_cannot_be_checked_and_while_stopping(tmp_path: Path) -> None:
    """Mutation: a probe that asks whether there is a directory, not how old it is; draining that nobody sees."""
    async with process(tmp_path) as faro, asking(faro) as client:
        faro.directory.checked_at -= 11 * faro.settings.refresh_seconds
        answer = await client.get("/health/ready")
        assert answer.status_code == 503 and answer.json()["waiting_for"] == ["directory"]
        await faro.directory.refresh()
        assert (await client.get("/health/ready")).status_code == 200
        faro.stopping = True
        assert (await client.get("/health/ready")).json() == {"ready": False, "waiting_for": ["stopping"]}


async def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    """Mutation: starting with an empty directory where there are no tables."""
    faro = Faro(settings(tmp_path, telegram_token=""))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await faro({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "python -m bot migrate" in sent[0]["message"]
    await faro.engine.dispose()


# --- what it says where nothing can be kept --------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_the_last_resort_names_emergency_numbers_in_three_segments(lang: str) -> None:
    """Mutation: the numbers of one country for all; letters that an SMS pays double for."""
    content = Content.load(Settings(_env_file=None))  # type: ignore[call-arg]
    rows = content.helplines.everywhere()
    for country in (*COUNTRIES, "", "FR"):
        text = last_resort(content, country, lang)
        assert gsm7.encoding(text) == "gsm7" and gsm7.segments(text) <= 3, text
        here = [number for number, countries in rows if country in countries]
        assert all(number in text for number in here or [number for number, _ in rows])
    assert last_resort(content, "CO", "fr") == last_resort(content, "CO", "es")


def test_countries_served() -> None:
    assert served_countries(Settings(_env_file=None)) == COUNTRIES  # type: ignore[call-arg]
    assert served_countries(Settings(_env_file=None, countries=" co, pe ,")) == ("CO", "PE")  # type: ignore[call-arg]


# --- a life ----------------------------------------------------------------------------------------------------------


def test_a_conversation_over_http_in_one_process(tmp_path: Path) -> None:
    """What .ci/run does with a clean clone, with the server of the tests. Mutation: a part that only works when it is alone."""

    async def make() -> Faro:
        wanted = settings(tmp_path, telegram_token="")
        engine = db.open_engine(db.url_of(wanted))
        await db.create_all(engine)
        await load_demo(engine)
        await engine.dispose()
        return Faro(wanted)

    with serving(asyncio.run(make()), lifespan="on") as base:
        assert hold_conversation.main([base, "--wait", "20"]) == 0


def test_the_demo_finishes_what_is_under_way_when_it_is_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    """Mutation: ending at once on SIGTERM, another exit status than 0, a database left in the temporary folder."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    demo = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", str(port)],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        assert hold_conversation.main([base, "--wait", "60"]) == 0
        assert list(tmp_path.iterdir()), "the demo's database is expected in this folder"
        opened = urllib.request.Request(f"{base}/simulator/phone", b"{}", {"content-type": "application/json"})
        with urllib.request.urlopen(opened, timeout=10) as answer:
            phone = json.load(answer)["phone"]
        message = {"phone": phone, "channel": "sms", "id": "m1", "kind": "text", "lang": "es", "country": "CO", "text": "hola"}
        body = json.dumps(message).encode()
        head = (
            f"POST /simulator/message HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
            slow.sendall(head.encode() + body[:5])
            # The server has taken the first half for certain once it has answered somebody who came later.
            with urllib.request.urlopen(f"{base}/health/live", timeout=10):
                pass
            demo.send_signal(signal.SIGTERM)
            with pytest.raises(OSError):  # nobody new comes in
                for _ in range(5000):
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
            slow.sendall(body[5:])
            received = b""
            while piece := slow.recv(65536):
                received += piece
        assert received.startswith(b"HTTP/1.1 200") and b"Faro" in received
        assert demo.wait(20) == 0
        told = demo.stdout.read() + demo.stderr.read() if demo.stdout and demo.stderr else ""
        assert f"Faro is open at {base}" in told and "Traceback" not in told
        assert "hola" not in told and "médico" not in told
        assert not list(tmp_path.iterdir())
    finally:
        demo.kill()
        demo.wait()
        for stream in (demo.stdout, demo.stderr):
            if stream:
                stream.close()
