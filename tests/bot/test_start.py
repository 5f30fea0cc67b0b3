"""How the processes start: a sentence where they cannot, and a live deployment with everything right, which serves.

The commands run as an operator runs them, with a port that is really occupied, a database that is really down, and for the live
start a real store, a real database and a Bot API that listens.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.duty_texts import DUTY_TEXTS
from bot.helplines import HELPLINES
from bot.settings import Settings
from bot.wording import Wording
from flows.facts import COUNTRIES
from tests.fakes.bot_api import TOKEN, BotApi, Chat
from tests.servers import Redis, free_port

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(bytes(range(9, 73))).decode()
SECRET = "s" * 32
NO_DATABASE = "postgresql+psycopg://faro:hunter2@127.0.0.1:1/faro"


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Nothing of this machine's settings, a folder of the test's own."""
    bare = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    return {**bare, "PYTHONPATH": str(ROOT), "VAR_DIR": str(folder / "var"), **settings}


def run(folder: Path, *argv: str, **settings: str) -> tuple[int, str]:
    """A command that is expected to end by itself: its exit status and what it said on standard error."""
    command = [sys.executable, "-m", "bot", *argv]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, **settings), input="hola\n", capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stderr


def report(folder: Path, **settings: str) -> tuple[int, list[str]]:
    """What the doctor says: exit status and lines."""
    command = [sys.executable, "-m", "bot", "check"]
    done = subprocess.run(command, cwd=folder, env=environment(folder, **settings), stdout=subprocess.PIPE, text=True, timeout=100)
    return done.returncode, done.stdout.splitlines()


@contextmanager
def occupied() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def confirmed(folder: Path, *, but: str = "") -> Path:
    """A copy of the helplines in which each was dialled today, except the number ``but``."""
    check = 'status = "confirmed"\nverified_on = {}\nverified_by = "helpline editor"\nsecond_checker = "focal point"'
    today = time.strftime("%Y-%m-%d", time.gmtime())
    records = HELPLINES.read_text("utf-8").split("[[line]]")
    # Whatever the calendar of this machine says, the copy was seen today as well.
    records = [re.sub(r"(?m)^seen_on = .*$", f"seen_on = {today}", record) for record in records]
    records = [re.sub(r"(?m)^expires_on = .*$", "expires_on = 2200-01-01", record) for record in records]
    records[1:] = [
        record if but and f'number = "{but}"' in record else record.replace('status = "unconfirmed"', check.format(today))
        for record in records[1:]
    ]
    path = folder / "helplines.toml"
    path.write_text("[[line]]".join(records), "utf-8")
    return path


def confirmed_duties(folder: Path) -> Path:
    """A copy of the duty-to-report texts in which each was confirmed today."""
    today = datetime.now(UTC).date()
    both = 'status = "confirmed"\nconfirmed_by = ["lawyer of the network", "coordinator"]'
    text = DUTY_TEXTS.read_text("utf-8").replace('status = "unconfirmed"', both)
    text = re.sub(r"(?m)^checked_on = .*$", f"checked_on = {today}", text)
    text = re.sub(r"(?m)^expires_on = .*$", f"expires_on = {today + timedelta(days=300)}", text)
    path = folder / "duty_to_report.toml"
    path.write_text(text, "utf-8")
    return path


# --- what keeps a process from starting ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_in_use_is_a_sentence(command: str, tmp_path: Path) -> None:
    """The first thing that a newcomer meets. Mutation: leaving the port to the server, which says it to a log without words."""
    with occupied() as port:
        status, said = run(tmp_path, command, PORT=str(port))
    assert status == 1
    assert said == (
        f"Port {port} of 127.0.0.1 is in use: end the program that listens there, or choose another port with the setting PORT.\n"
    )


@pytest.mark.parametrize(
    ("argv", "settings", "status", "says"),
    [
        (["serve"], {"DATABASE_URL": NO_DATABASE}, 1, "cannot be reached; start it, or correct DATABASE_URL."),
        (["work"], {"DATABASE_URL": NO_DATABASE}, 1, "cannot be reached; start it, or correct DATABASE_URL."),
        (["serve"], {"DATABASE_URL": "mysql://faro@127.0.0.1/faro"}, 1, "Change DATABASE_URL."),
        (["serve"], {"VAR_DIR": "var"}, 1, "has no tables yet; run `python -m bot migrate`."),
        (["serve"], {"HOST": "203.0.113.7"}, 1, "HOST names 203.0.113.7, which is no address of this machine"),
        (["demo"], {"PORT": "70000"}, 2, "The setting PORT cannot be used"),
        (["talk"], {"PORT": "seventy"}, 2, "The setting PORT cannot be used"),
        (["demo"], {"HELPLINES_FILE": "none.toml"}, 1, "none.toml: cannot be read"),
        (["talk"], {"HELPLINES_FILE": "none.toml"}, 1, "none.toml: cannot be read"),
        (["serve"], {"SMS_PRICE": "cheap"}, 1, "SMS_PRICE is 'cheap'"),
        (["serve"], {"SECRET_KEY": "short"}, 1, "SECRET_KEY"),
        (["serve"], {"TELEGRAM_TOKEN": "mine"}, 1, "telegram_token_broken"),
        (["demo"], {"PUBLIC_URL": "https://faro.example.org"}, 1, "mode_forgotten"),
        (["serve"], {"PUBLIC_URL": "https://faro.example.org", "SIMULATOR": "false"}, 1, "mode_forgotten"),
        (["work"], {"DATABASE_URL": NO_DATABASE, "TELEGRAM_TOKEN": TOKEN}, 1, "mode_forgotten"),
        (["work"], {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": "http://127.0.0.1:1"}, 1, "Telegram could not be told"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value)[:30],
)
def test_what_keeps_a_process_from_starting_is_a_sentence(
    argv: list[str], settings: dict[str, str], status: int, says: str, tmp_path: Path
) -> None:
    """Mutation: leaving it to a log without words, or to a trace; ending with 0."""
    ended, said = run(tmp_path, *argv, **({"PORT": "0"} | settings))
    assert (ended, says in said) == (status, True), said
    assert "Traceback" not in said and "hunter2" not in said and TOKEN not in said


def test_a_demo_leaves_the_stores_of_a_deployment_alone(fresh_postgres: str, tmp_path: Path) -> None:
    """Mutation: loading invented services into whatever DATABASE_URL names; a terminal phone over the stores of a deployment."""
    settings = {"DATABASE_URL": fresh_postgres, "REDIS_URL": "redis://127.0.0.1:1"}
    assert run(tmp_path, "talk", **settings) == (0, "")
    demo = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", "0"],
        cwd=tmp_path,
        env=environment(tmp_path, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert demo.stdout
    try:
        opened = demo.stdout.readline()
        assert re.match(r"Faro is open at http://127\.0\.0\.1:[1-9]\d+ ", opened)
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(30) == 0
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
    status, said = run(tmp_path, "serve", PORT="0", DATABASE_URL=fresh_postgres)
    assert status == 1 and "has no tables yet" in said


# --- a live deployment -----------------------------------------------------------------------------------------------


def live(redis: str, database: str, api: str, folder: Path, port: int) -> dict[str, str]:
    """The side that people on the move meet; its desk is another process, with staff of its own."""
    return {
        "MODE": "live",
        "SURFACES": "public",
        "PORT": str(port),
        "PUBLIC_URL": "https://faro.example.org",
        "SECRET_KEY": KEY,
        "REDIS_URL": redis,
        "DATABASE_URL": database,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_SECRET": SECRET,
        "TELEGRAM_API": api,
        "METRICS_TOKEN": "m" * 32,
        "HELPLINES_FILE": str(confirmed(folder)),
        "DUTY_TEXTS_FILE": str(confirmed_duties(folder)),
    }


@pytest.mark.requirement("S-10")
async def test_a_live_deployment_with_everything_right_serves(own_redis: Redis, fresh_postgres: str, tmp_path: Path) -> None:
    """From the migration to an answer on Telegram, the numbers without any "not yet confirmed", nothing to mend once the worker has
    run, and a clean end.

    Mutation: a rule that no good deployment can satisfy; numbers from the package instead of the operator's file; the page with a
    phone in a live deployment.
    """
    api, port = BotApi(time.time), free_port()
    base = f"http://127.0.0.1:{port}"
    async with api.running() as address, httpx.AsyncClient(base_url=base, trust_env=False) as client:
        settings = live(own_redis.url, fresh_postgres, address, tmp_path, port)
        assert (await asyncio.to_thread(run, tmp_path, "migrate", **settings))[0] == 0
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=tmp_path, env=environment(tmp_path, **settings), stderr=subprocess.PIPE
        )
        said = asyncio.create_task(server.communicate())
        try:
            await _ready(client, said)
            assert api.webhook["url"] == "https://faro.example.org/telegram" and api.webhook["secret"] == SECRET
            # From here on the proxy of this deployment is the test.
            api.webhook["url"] = f"{base}/telegram"
            shown = ""
            for number, text in enumerate(("hola", "necesito un médico en Cúcuta", "9", "me quiero matar")):
                chat = api.chats.setdefault(7_100_000_001, Chat(7_100_000_001))
                delivery = await api.deliver(api.update("message", api.incoming(chat, text=text)))
                assert delivery.status == 200, (number, delivery.bodies)
                shown += "".join(told for what, _, told in chat.events if what != "deleted")
            assert "123" in shown and "106" in shown
            assert Wording.load().text("es", "helpline.unconfirmed") not in shown
            for path in ("/", "/simulator/phone"):
                assert (await client.get(path)).status_code == 404
            counted = await client.get("/metrics", headers={"authorization": f"Bearer {'m' * 32}"})
            assert 'faro_turns_total{channel="telegram",outcome="answered"}' in counted.text
            api.webhook["url"] = "https://faro.example.org/telegram"
            status, findings = await asyncio.to_thread(report, tmp_path, **settings)
            assert status == 1 and {line.split(": ")[0] for line in findings[:-1]} == {"mend   jobs_asleep"}
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "work", cwd=tmp_path, env=environment(tmp_path, **settings), stderr=subprocess.DEVNULL
            )
            try:
                end = time.monotonic() + 60
                while (await asyncio.to_thread(report, tmp_path, **settings))[0] != 0 and time.monotonic() < end:
                    assert worker.returncode is None
                assert (await asyncio.to_thread(report, tmp_path, **settings))[0] == 0
            finally:
                worker.terminate()
                assert await asyncio.wait_for(worker.wait(), 30) == 0
        finally:
            if server.returncode is None:
                server.terminate()
            _, log = await said
        assert server.returncode in (0, -signal.SIGTERM), log
        assert b'"event":"stopped"' in log and TOKEN.encode() not in log
        # One number that nobody dialled, an ambulance, and it does not start again.
        strict = settings | {"HELPLINES_FILE": str(confirmed(tmp_path, but="192"))}
        status, told = await asyncio.to_thread(run, tmp_path, "serve", **strict)
        assert status == 1 and "numbers_unconfirmed" in told and "BR 192" in told
        for code in COUNTRIES:
            assert (f"{code} " in told.split("in time: ")[1].split(". Have")[0]) == (code == "BR")


async def _ready(client: httpx.AsyncClient, said: asyncio.Task[tuple[bytes, bytes]]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert not said.done(), said.result()
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("not ready within a minute")
