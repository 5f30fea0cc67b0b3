"""The terminal phone: how a colleague who does not program tries a change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.talk import Phone, open_phone

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC).timestamp()
PIPED = "hola\n1\n1\ncucuta\n1\n1\n7\n9\n@7.8891,-72.4967\n%voice\n0\n%again\n"


def talk(lines: str | bytes, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Pipe lines into the terminal phone, with ``folder`` for its temporary files."""
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "bot", "talk", *options],
        cwd=folder,
        env=environment,
        input=lines.encode() if isinstance(lines, str) else lines,
        capture_output=True,
        check=False,
    )


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Phone]:
    phone, faro = await open_phone("sms", "es", "CO", NOW, 1, tmp_path)
    yield phone
    await faro.stop()


def test_piped_twice_it_prints_the_same_and_ends_with_0(tmp_path: Path) -> None:
    """Mutation: a clock or a chance that is not handed in; a demo whose dates follow the real day; a file left behind."""
    options = ("--channel", "sms", "--lang", "es", "--country", "CO", "--now", "2026-11-21T15:00:00Z", "--seed", "1")
    first, second = talk(PIPED, tmp_path, *options), talk(PIPED, tmp_path, *options)
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    told = first.stdout.decode()
    assert told.count("\n> ") == PIPED.count("\n") - 1  # every line is repeated, so that the print can be read alone
    assert "[3 SMS," in told and "(silence)" in told
    assert not list(tmp_path.iterdir())


def test_lines_that_mean_nothing_get_a_sentence_and_whatever_bytes_arrive_are_read(tmp_path: Path) -> None:
    """Mutation: float() on whatever follows @, decoding input strictly, an empty line as a message."""
    bad = b"\n@here\n@1,2,3\n@999,0\n@nan,nan\n%smoke\n%again\n[Salud]\n# a remark\n\xff\xfe\x00\n" + b"9" * 5000 + b"\nhola"
    done = talk(bad, tmp_path, "--now", "2026-11-21T15:00:00Z")
    assert done.returncode == 0 and not done.stderr, done.stderr
    told = done.stdout.decode()
    assert told.count("this line is no message") == 6
    assert told.rstrip().endswith("gsm7]"), "the last line has no line feed and is answered all the same"


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    """``| head``. Mutation: letting BrokenPipeError through, or leaving the temporary folder."""
    for command in (["talk", "--now", "2026-11-21T15:00:00Z"], ["show", "services"], ["show", "--map"]):
        started = subprocess.Popen(
            [sys.executable, "-m", "bot", *command],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert started.stdin and started.stdout and started.stderr
        started.stdout.close()
        started.stdin.write(b"hola\n" * 3)
        started.stdin.close()
        assert started.wait(60) == 0, command
        assert started.stderr.read() == b"", command
        started.stderr.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--now", "yesterday"), "--now takes a moment such as"),
        (("--channel", "fax"), "invalid choice"),
        (("--lang", "fr"), "invalid choice"),
    ],
)
def test_wrong_options_are_named(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = talk("hola\n", tmp_path, *options)
    assert done.returncode == 2
    assert says in done.stderr.decode() and b"Traceback" not in done.stderr


async def test_time_that_passes_is_time_for_the_session(phone: Phone) -> None:
    """P-3: after twenty silent minutes nothing is known. Mutation: a clock that the session store does not follow."""
    hello = await phone.hears("hola")
    assert await phone.hears("1") != hello
    assert await phone.hears("!19m") == "(19m pass)\n"
    where = await phone.hears("1")
    assert where.startswith("¿Para")
    await phone.hears("!21m")
    assert await phone.hears("1") == hello
    await phone.hears("1")
    await phone.hears("!2h")
    assert await phone.hears("1") == hello


async def test_what_cannot_be_read_gets_an_answer(phone: Phone) -> None:
    """L-5, on the phone. Mutation: a kind that the phone does not know."""
    await phone.hears("hola")
    for kind in ("voice", "picture", "file", "contact", "sticker", "live", "edited", "other"):
        assert "SMS" in await phone.hears(f"%{kind}"), kind


async def test_a_message_delivered_twice_changes_nothing(phone: Phone) -> None:
    """Mutation: a new message id for ``%again``."""
    await phone.hears("hola")
    first = await phone.hears("1")
    assert await phone.hears("%again") == first
    await phone.hears("0")
    assert await phone.hears("%again") == "(silence)\n"


async def test_buttons_are_pressed_by_their_label(tmp_path: Path) -> None:
    """Mutation: pressing by place on another message, or not replacing the message that carried the button."""
    phone, faro = await open_phone("telegram", "es", "CO", NOW, 1, tmp_path)
    try:
        await phone.hears("hola")
        menu = await phone.hears("[Español]")
        assert menu.startswith("(in place of the last message)") and "[ Lugares y servicios ]" in menu
        assert "no message" in await phone.hears("[Español]")  # that button is no longer on the phone
        assert "[ Colombia ]" in await phone.hears("[Lugares y servicios]")
        assert await phone.hears("[Salir y borrar]") == "(silence)\n"
        assert "no message" in await phone.hears("[Colombia]")
        point = await phone.hears("@4.65,-74.05")
        assert "[ Salud ]" in point
    finally:
        await faro.stop()
