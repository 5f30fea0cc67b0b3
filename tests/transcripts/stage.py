"""Plays a transcript: what a person writes, and what their phone shows.

Here belongs how a transcript file is read, played and written. Never here: a conversation (they are the files beside this one), a
sentence that a person sees.

A file begins with a remark (``# …``) that says what to look for. ``=== sms, CO ===`` opens the conversation of one phone (channel,
and country of the number if it has one), ``> …`` is what the person sends (as in ``python -m bot talk``), the lines below it are
what the phone shows. ``# Read by …`` is a signature: it goes when what was read changes.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import Faro
from bot.exchange import Message
from bot.talk import CHANNELS, Clock, Phone, open_demo

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC).timestamp()
"""A Saturday morning in most of the fourteen countries; the dates of the demo directory follow it."""
SIGNED = "# Read by "

_PHONE = re.compile(r"=== (\w+)(?:, ([A-Z]{2}))? ===\Z")


@dataclass
class Conversation:
    """One phone of a transcript."""

    channel: str
    country: str
    lines: list[str] = field(default_factory=list)
    """What is sent, and remarks (``# …``), in order."""


@dataclass
class Transcript:
    path: Path
    remarks: list[str]
    signatures: list[str]
    phones: list[Conversation]

    @property
    def lang(self) -> str:
        return self.path.parent.name


def read(path: Path) -> Transcript:
    """A transcript's remarks and what is sent in it. Raises ValueError, whose text names the file and the line."""
    remarks: list[str] = []
    signatures: list[str] = []
    phones: list[Conversation] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        opened = _PHONE.match(line)
        if opened and opened[1] in CHANNELS:
            phones.append(Conversation(opened[1], opened[2] or ""))
        elif line.startswith("==="):
            raise ValueError(f"{path.name}, line {number}: write === and one of {', '.join(CHANNELS)}, such as === sms, CO ===")
        elif line.startswith(SIGNED):
            signatures.append(line)
        elif line.startswith(("> ", "# ")):
            if phones:
                phones[-1].lines.append(line)
            elif line.startswith("# "):
                remarks.append(line)
            else:
                raise ValueError(f"{path.name}, line {number}: a line such as === sms, CO === comes before the first message.")
    if not remarks or not phones:
        raise ValueError(f"{path.name}: a transcript begins with a remark (# …) that says what to look for, then === sms, CO ===")
    return Transcript(path, remarks, signatures, phones)


class Stage:
    """One demo for all transcripts; every phone begins at the same moment, with nothing known of it."""

    def __init__(self, faro: Faro, clock: list[Clock]) -> None:
        self._faro = faro
        self._clock = clock
        self._numbers = itertools.count(1)

    def phone(self, channel: str, lang: str, country: str) -> Phone:
        self._clock[0] = Clock(NOW)
        return Phone(self._faro, channel, lang, country, self._clock[0], f"transcript {next(self._numbers)}")

    async def played(self, transcript: Transcript) -> tuple[str, list[tuple[str, Message]]]:
        """The transcript as it is today, without signatures, and the messages in it with their channel."""
        told = [*transcript.remarks]
        messages: list[tuple[str, Message]] = []
        for conversation in transcript.phones:
            phone = self.phone(conversation.channel, transcript.lang, conversation.country)
            country = f", {conversation.country}" if conversation.country else ""
            told += ["", f"=== {conversation.channel}{country} ==="]
            for line in conversation.lines:
                told += ["", line]
                if line.startswith("> "):
                    told.append((await phone.hears(line[2:])).rstrip("\n"))
            messages += [(conversation.channel, reply.message) for reply in phone.replies if reply.message]
        return "\n".join(told) + "\n", messages


@contextmanager
def stage() -> Iterator[tuple[Stage, asyncio.Runner]]:
    """The stage, and the loop that it lives in."""
    with asyncio.Runner() as runner, TemporaryDirectory(prefix="faro") as folder:
        clock = [Clock(NOW)]
        faro = runner.run(open_demo(lambda: clock[0](), 1, Path(folder)))
        try:
            yield Stage(faro, clock), runner
        finally:
            runner.run(faro.stop())


def unsigned(path: Path) -> str:
    """A file's text without its signatures."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(SIGNED))
