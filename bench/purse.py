"""What it costs a person: outgoing SMS segments from hello to three results, in each language.

Here belong the two journeys and their count, for ``make bench`` and for the tests. Never here: a price, a person's own messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import gsm7
from bot.talk import open_phone
from flows.facts import LANGS

FREE_LIMIT, DIGITS_LIMIT = 6, 10
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC).timestamp()

#: A first hello, then the need and the place in one sentence.
FREE = {
    "es": ("hola", "necesito un médico en Cúcuta"),
    "en": ("hello", "I need a doctor in Cúcuta"),
    "pt": ("olá", "preciso de um médico em Cúcuta"),
}
#: A first hello, then digits only: language, menu, country, all of it, kind.
DIGITS = {lang: (FREE[lang][0], str(number), "1", "1", "6", "1") for number, lang in enumerate(LANGS, start=1)}


@dataclass(frozen=True, slots=True)
class Journey:
    """What came back."""

    segments: int
    results: int
    """Services in the last answer."""


async def journey(lang: str, lines: tuple[str, ...]) -> Journey:
    """One conversation of a number from Colombia with a fresh demo."""
    with TemporaryDirectory(prefix="faro") as folder:
        phone, faro = await open_phone("sms", lang, "CO", NOW, 1, Path(folder))
        try:
            for line in lines:
                await phone.hears(line)
        finally:
            await faro.stop()
    texts = [reply.message.text for reply in phone.replies if reply.message]
    results = sum(line[:2] in ("1 ", "2 ", "3 ") and "Demo" in line for line in texts[-1].splitlines())
    return Journey(sum(gsm7.segments(text) for text in texts), results)
