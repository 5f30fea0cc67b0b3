"""Whole conversations, as they are read on a phone. ``pytest tests/transcripts --update-transcripts`` writes them anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import gsm7
from bot.talk import CHANNELS
from flows.facts import LANGS
from tests.content import lint
from tests.transcripts.stage import HERE, SIGNED, Stage, read, stage, unsigned

FILES = sorted(HERE.glob("*/*.txt"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]


@pytest.fixture(scope="module")
def theatre() -> Iterator[tuple[Stage, asyncio.Runner]]:
    with stage() as opened:
        yield opened


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_conversation_is_as_it_was_read(
    path: Path, theatre: tuple[Stage, asyncio.Runner], request: pytest.FixtureRequest
) -> None:
    """Any change of a screen, an order, a word, a number of segments shows here, and has to be read by a person."""
    transcript = read(path)
    played, runner = theatre
    now, messages = runner.run(played.played(transcript))
    if request.config.getoption("--update-transcripts"):
        if now != unsigned(transcript.path):
            transcript.path.write_text(now, encoding="utf-8")  # whoever signed has to read it again
    else:
        assert now == unsigned(transcript.path), "see what changed; if it is better: pytest tests/transcripts --update-transcripts"
    assert "(this line is no message" not in now, "a button is pressed that this phone does not show"
    for channel, message in messages:
        # E-7 and L-2, on everything that these people saw.
        assert not lint.telling(message.text[:40]), message.text[:40]
        if channel == "sms":
            assert gsm7.encoding(message.text) == "gsm7", message.text
            assert gsm7.segments(message.text) <= 3, message.text


def test_every_journey_is_told_in_every_language_on_every_channel() -> None:
    """L-1: a journey that only one language has was not read by the others."""
    journeys = {lang: {path.stem for path in FILES if path.parent.name == lang} for lang in LANGS}
    assert journeys["es"] == journeys["en"] == journeys["pt"]
    for path in FILES:
        assert {phone.channel for phone in read(path).phones} == set(CHANNELS), path


def test_a_transcript_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    """Whoever adds one and does not program must be told which line to mend."""
    path = tmp_path / "slip.txt"
    for text, says in (
        ("> hola\n", "line 1: a line such as === sms"),
        ("# Look.\n=== fax ===\n> hola\n", "line 2: write === and one of sms, telegram, whatsapp"),
        ("=== sms ===\n> hola\n", "begins with a remark"),
        ("# Look.\n", "begins with a remark"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=says):
            read(path)


def test_a_signature_stays_only_as_long_as_what_was_signed(theatre: tuple[Stage, asyncio.Runner], tmp_path: Path) -> None:
    """Mutation: comparing with the signature left in, or keeping it when a word changed."""
    # One without a code: chance gives another one each time it is played.
    path = next(path for path in FILES if path.stem == "rights")
    text = path.read_text(encoding="utf-8")
    first, rest = text.split("\n", 1)
    signed = tmp_path / path.parent.name / path.name
    signed.parent.mkdir()
    signed.write_text(f"{first}\n{SIGNED}the language lead, 2026-11-22.\n{rest}", encoding="utf-8")
    played, runner = theatre
    now, _ = runner.run(played.played(read(signed)))
    assert read(signed).signatures and now == unsigned(signed)
    assert SIGNED not in now
