"""A terminal phone: lines typed, or piped in, are messages; replies are printed with what they cost.

It goes the same path as every channel, over embedded stores and the demo directory. ``--now`` and ``--seed`` fix clock and
chance, so that a piped conversation prints the same each time. Never here: words of its own for a person on the move.

A line ``@4.65,-74.05`` shares a location, ``[Salud]`` presses the button with that label, ``!40m`` or ``!2h`` lets time pass,
``%voice`` (picture, file, contact, sticker, live, edited, other) sends what cannot be read, ``%again`` delivers the last message
once more, ``# …`` is a remark.
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO, get_args

from pydantic import SecretStr

from bot import db, gsm7
from bot.app import Faro
from bot.channels import telegram, twilio
from bot.demo_staff import people_demo
from bot.directory.demo import load_demo
from bot.exchange import Inbound, Message, Point, Press, Reply, StoreDown, What
from bot.session_stores import EmbeddedStore
from bot.settings import Settings
from flows.facts import LANGS, Traits
from flows.kernel import Words

CHANNELS: dict[str, Traits] = {"sms": twilio.SMS, "telegram": telegram.TRAITS, "whatsapp": twilio.WHATSAPP}

_PASS = re.compile(r"!(\d+)([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Phone:
    """One person's telephone on one channel. ``hears`` takes a line and gives what the phone shows for it."""

    def __init__(self, faro: Faro, channel: str, lang: str, country: str, clock: Clock, number: str = "0") -> None:
        """``number`` tells phones of one Faro apart."""
        self._faro = faro
        self._traits = CHANNELS[channel]
        self._lang, self._country = lang, country
        self._clock = clock
        self._number = 0
        self._last: Inbound | None = None
        self._screen: Message | None = None
        self._person = faro.vault.person(faro.vault.address("talk", number))
        self.replies: list[Reply] = []

    async def hears(self, line: str) -> str:
        """What the phone shows after this line; empty where the line is no message."""
        passed = _PASS.match(line)
        if passed:
            self._clock.passes(int(passed[1]) * _SECONDS[passed[2]])
            return f"({passed[1]}{passed[2]} pass)\n"
        if line.startswith("#") or not line.strip():
            return ""
        inbound = self._inbound(line)
        if inbound is None:
            return "(this line is no message: see python -m bot talk --help)\n"
        self._last = inbound
        try:
            reply = await self._faro.handle(inbound)
        except StoreDown:
            return f"{self._faro.last_resort(self._country, self._lang)}\n"
        self.replies.append(reply)
        # Leaving deletes the chat where the channel can; otherwise the last message and its buttons stay on the phone.
        self._screen = None if reply.forget else reply.message or self._screen
        return self._shown(reply)

    def _inbound(self, line: str) -> Inbound | None:
        if line == "%again":
            return self._last
        self._number += 1
        common: dict[str, Any] = {
            "person": self._person,
            "traits": self._traits,
            "message_id": f"m{self._number}",
            "country_hint": self._country,
            "lang_hint": self._lang,
        }
        if line.startswith("%"):
            kind = next((kind for kind in get_args(What) if kind == line[1:]), None)
            return Inbound(**common, unreadable=kind) if kind else None
        if line.startswith("@"):
            try:
                lat, lon = (float(part) for part in line[1:].split(","))
            except ValueError:
                return None
            on_earth = abs(lat) <= 90 and abs(lon) <= 180
            return Inbound(**common, point=Point(lat, lon)) if on_earth else None
        if line.startswith("[") and line.endswith("]") and self._traits.buttons:
            press = self._press(line[1:-1].strip())
            return Inbound(**common, press=press) if press else None
        return Inbound(**common, words=Words(line))

    def _press(self, label: str) -> Press | None:
        shown = self._screen
        if shown is None:
            return None
        pressed = next((button for row in shown.rows for button in row if button.label == label), None)
        return Press(shown.turn, pressed.ordinal) if pressed else None

    def _shown(self, reply: Reply) -> str:
        if reply.message is None:
            return "(silence)\n"
        text = reply.message.text + "\n"
        if self._traits.form == "sms":
            count, used = gsm7.segments(reply.message.text), len(reply.message.text)
            return f"{text}[{count} SMS, {used} characters, {gsm7.encoding(reply.message.text)}]\n"
        if reply.edit:
            text = f"(in place of the last message)\n{text}"
        for row in reply.message.rows:
            text += " ".join(f"[ {button.label} ]" for button in row) + "\n"
        if reply.message.location_label:
            text += f"[ {reply.message.location_label} ]\n"
        return text


class Clock:
    """Stands still unless time is let pass, or runs with the real one."""

    def __init__(self, start: float | None) -> None:
        self._start = start
        self._passed = 0.0

    def __call__(self) -> float:
        return (time.time() if self._start is None else self._start) + self._passed

    def passes(self, seconds: float) -> None:
        self._passed += seconds


def chance(seed: int | None) -> Callable[[int], bytes] | None:
    """Bytes from a seed, or None for the system's own."""
    return None if seed is None else random.Random(seed).randbytes


async def open_demo(clock: Callable[[], float], seed: int | None, folder: Path) -> Faro:
    """A fresh demo in ``folder``, started. The caller stops it."""
    # The same seed, the same codes.
    secret = os.urandom(64) if seed is None else random.Random(f"secret {seed}").randbytes(64)
    # Whatever the environment says: no store and no bot of a deployment is touched from here.
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        mode="demo",
        secret_key=SecretStr(base64.b64encode(secret).decode()),
        var_dir=folder,
        session_minutes=20,
        redis_url="",
        database_url="",
        public_url="",
        telegram_token=SecretStr(""),
        twilio_account_sid="",
    )
    engine = db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    await load_demo(engine, today=datetime.fromtimestamp(clock(), UTC).date())
    await people_demo(engine, secret, datetime.fromtimestamp(clock(), UTC), rounds=1)  # nobody signs in here
    source = chance(seed)
    faro = Faro(settings, engine=engine, store=EmbeddedStore(clock), clock=clock, **({"chance": source} if source else {}))
    await faro.start()
    return faro


async def open_phone(
    channel: str, lang: str, country: str, now: float | None, seed: int | None, folder: Path
) -> tuple[Phone, Faro]:
    """A phone over a fresh demo in ``folder``. The caller stops the Faro."""
    clock = Clock(now)
    faro = await open_demo(clock, seed, folder)
    return Phone(faro, channel, lang, country, clock), faro


async def talk(channel: str, lang: str, country: str, now: float | None, seed: int | None, lines: TextIO, out: TextIO) -> int:
    """Read lines until the end, print what the phone shows."""
    for stream in (lines, out):
        if isinstance(stream, TextIOWrapper):  # whatever arrives is read, whatever is shown is printed
            stream.reconfigure(encoding="utf-8", errors="replace")
    with TemporaryDirectory(prefix="faro") as folder:
        phone, faro = await open_phone(channel, lang, country, now, seed, Path(folder))
        try:
            typed_here = lines.isatty()
            while True:
                if typed_here:
                    print("> ", end="", file=out, flush=True)
                line = lines.readline()
                if not line:
                    return 0
                line = line.rstrip("\n")
                if not typed_here and line.strip():
                    print(f"> {line}", file=out)
                print(await phone.hears(line.strip()), file=out, flush=True)
        finally:
            await faro.stop()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", choices=tuple(CHANNELS), default="sms")
    parser.add_argument("--lang", choices=LANGS, default="es", help="language that the phone tells, or that its country suggests")
    parser.add_argument("--country", default="", help="ISO code of the country of the number, such as CO")
    parser.add_argument("--now", help="fix the clock, such as 2026-03-02T15:00:00Z")
    parser.add_argument("--seed", type=int, help="fix chance")


async def main(options: argparse.Namespace) -> int:
    now = None
    if options.now:
        try:
            moment = datetime.fromisoformat(options.now)
        except ValueError:
            print(f"--now takes a moment such as 2026-03-02T15:00:00Z, not {options.now}.", file=sys.stderr)
            return 2
        now = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return await talk(options.channel, options.lang, options.country.upper(), now, options.seed, sys.stdin, sys.stdout)
