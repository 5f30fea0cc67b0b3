"""Nothing that a person typed, is, or where they are ever reaches a log line, a crash included."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from tests.logged import everything_logged

ROOT = Path(__file__).parents[2]
CANARIES = (
    "tengo miedo en la frontera",
    "+573001234567",
    "573001234567",
    "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz012345678",
    "4.60971",
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with everything_logged() as out:
        yield out


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def clean(text: str) -> bool:
    return not any(canary in text for canary in CANARIES)


def test_a_turn_is_one_line_of_allowed_keys(written: io.StringIO) -> None:
    """Mutation: writing every key that is handed over."""
    logs.event("turn", channel="sms", screen="services.results", outcome="answered", ms=1.234, body=CANARIES[0], phone=CANARIES[1])
    (line,) = lines(written)
    assert line.pop("at") is not None
    assert line == {
        "level": "info",
        "event": "turn",
        "channel": "sms",
        "screen": "services.results",
        "outcome": "answered",
        "ms": 1.2,
        "dropped": 2,
    }


@pytest.mark.requirement("P-2")
@given(st.dictionaries(st.sampled_from([*logs.KEYS, "body", "From", "name"]), st.sampled_from([*CANARIES, 573001234567, object()])))
def test_no_value_smuggles_a_canary(facts: dict[str, object]) -> None:
    """Mutation: allowing any string under an allowed key, or numbers as long as a telephone's."""
    out = io.StringIO()
    before = logs._out, logs._threshold
    logs._out, logs._threshold = out, logging.INFO
    try:
        logs.event("turn", **facts)
        logs.event(CANARIES[0], **facts)
    finally:
        logs._out, logs._threshold = before
    assert clean(out.getvalue()) and all(line["dropped"] == len(facts) for line in lines(out) if facts)


@pytest.mark.requirement("P-2")
def test_an_exception_is_types_and_places_only(written: io.StringIO) -> None:
    """Mutation: formatting the exception with its message, or with the lines of source around it."""
    secret = CANARIES[0]

    def inner() -> None:
        raise KeyError(secret)

    try:
        try:
            inner()
        except KeyError as error:
            raise ExceptionGroup(secret, [ValueError(secret), OSError(secret)]) from error
    except ExceptionGroup as error:
        logs.failure("store_down", error, channel="sms", body=secret)
        logging.getLogger("sqlalchemy_like").exception("failed for %s", secret)
        logging.getLogger("bot.something").error("failed for %s", secret, extra={"channel": "sms", "outcome": secret})
    text = written.getvalue()
    assert clean(text) and "ExceptionGroup" in text and "KeyError at" in text and "builtins.OSError" in text
    first, second, third = lines(written)
    assert first["channel"] == "sms" and second["logger"] == "sqlalchemy_like"
    assert third["channel"] == "sms" and "outcome" not in third
    assert f"{__name__.rpartition('.')[2]}:" in json.dumps(first["error"])


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.ERROR, logging.CRITICAL])
def test_talkative_libraries_are_silent_at_every_level(written: io.StringIO, level: int) -> None:
    """Mutation: taking a name out of SILENT, or leaving propagate on."""
    overheard = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(overheard))
    for name in logs.SILENT:
        for logger in (logging.getLogger(name), logging.getLogger(f"{name}.ext.Application")):
            logger.setLevel(level)
            logger.log(level, "POST https://api.telegram.org/bot%s/sendMessage", CANARIES[3])
    assert written.getvalue() == "" and overheard.getvalue() == ""


@pytest.mark.requirement("P-2")
async def test_httpx_does_not_write_the_token(written: io.StringIO) -> None:
    """Mutation: not silencing httpx, which writes the whole address at INFO."""
    overheard = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(overheard))
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(f"https://api.telegram.org/bot{CANARIES[3]}/getMe")
    assert clean(written.getvalue() + overheard.getvalue())


async def test_lost_tasks_and_warnings_keep_their_words(written: io.StringIO) -> None:
    """Mutation: passing a library's message on."""
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": CANARIES[0], "exception": ValueError(CANARIES[1]), "task": CANARIES[2]})
    import warnings  # noqa: PLC0415

    warnings.warn(CANARIES[0], stacklevel=1)
    assert clean(written.getvalue()) and "ValueError" in written.getvalue()


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize(
    "crash",
    [
        "raise RuntimeError(secret)",
        "import threading; t = threading.Thread(target=lambda: {}[secret]); t.start(); t.join()",
        "import logging; logging.getLogger('x').info('%d', secret)",
        "import asyncio\nasync def f():\n    raise ValueError(secret)\nasyncio.run(f())",
        "class A:\n    def __del__(self):\n        raise ValueError(secret)\na = A(); del a",
        "import gc, asyncio\nasync def f():\n    asyncio.get_running_loop().create_task(g()); await asyncio.sleep(0.01)\n"
        "async def g():\n    raise ValueError(secret)\nasyncio.run(f()); gc.collect()",
    ],
    ids=["main", "thread", "logging", "async", "destructor", "task"],
)
def test_a_crash_says_where_and_not_what(crash: str) -> None:
    """Mutation: leaving Python's own hooks for crashes, threads or destructors in place."""
    code = f"from bot import logs\nlogs.configure()\nsecret = {CANARIES[0]!r}\n{textwrap.dedent(crash)}\n"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert clean(ended.stdout + ended.stderr) and "Traceback" not in ended.stderr
    assert ended.stderr and all(json.loads(line)["at"] for line in ended.stderr.splitlines())


def test_a_closed_pipe_does_not_stop_an_answer(written: io.StringIO) -> None:
    """Mutation: letting the error of a write out."""
    written.close()
    logs.event("turn", channel="sms")
    logs._out = None


def test_time_is_cut_to_the_minute(written: io.StringIO) -> None:
    """Mutation: writing seconds."""
    logs.event("turn")
    assert len(str(lines(written)[0]["at"])) == len("2026-11-21T22:05Z")


async def test_the_line_of_a_turn_says_what_an_event_would_say(written: io.StringIO) -> None:
    """Mutation: the words of the last turn in the line of the next one, a word that is none, or lines out of order."""
    turns = [("sms", "services.results", "answered", 0.00123), ("sms", "", "left", 2.0), ("telegram", CANARIES[0], "answered", 9e9)]
    for channel, screen, outcome, seconds in turns * 2:
        logs.turn(channel, screen, outcome, seconds)
    logs.event("after")
    together = written.getvalue().splitlines()
    for channel, screen, outcome, seconds in turns * 2:
        logs.event("turn", channel=channel, screen=screen, outcome=outcome, ms=min(seconds * 1000, 9_999_999))
    logs.event("after")
    apart = written.getvalue().splitlines()[len(together) :]
    told = [{key: value for key, value in json.loads(line).items() if key not in ("at", "ms")} for line in together]
    assert told == [{key: value for key, value in json.loads(line).items() if key not in ("at", "ms")} for line in apart]
    assert [json.loads(line)["ms"] for line in together[:2]] == [1.2, 2000.0]
    logs.turn("sms", "services.results", "answered", 0.001)
    assert len(written.getvalue().splitlines()) == 14
    await asyncio.sleep(0)
    assert len(written.getvalue().splitlines()) == 15
