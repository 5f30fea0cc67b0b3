"""What a person on duty may not write to a person, and what will arrive of what they write (E-7, M-8). Pure.

Here belong the rules and where in a text each is broken, and the form that a text takes on each channel. Never here: sending
(``relay``), sentences about a rule, the words themselves (``content/forbidden.toml``: one list for our catalogs and for them).

A rule of ``WARNINGS`` is shown to whoever writes and stops nothing; any other keeps the text from being sent. What the list cannot
know is left to the reader of the preview: it finds words, not meanings.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from bot import gsm7
from bot.wording import CONTENT, ContentError
from flows.facts import LANGS

Rule = Literal["empty", "telling", "promise", "opening", "organisation", "too_long", "link", "phone"]
WARNINGS: Final[frozenset[Rule]] = frozenset({"link", "phone"})
"""Rules that warn. In the opening they stop (``opening``)."""

OPENING: Final = 40
"""Characters that a locked screen shows."""
SMS_SEGMENTS: Final = 2
CHAT_LENGTH: Final = 1600
"""UTF-16 units of one message on WhatsApp over Twilio; one message on Telegram would hold more."""


class Fault(NamedTuple):
    """``text[start:end]`` breaks ``rule``."""

    start: int
    end: int
    rule: Rule


class Preview(NamedTuple):
    """What whoever writes is shown before they send."""

    text: str
    """Exactly what arrives."""
    locked: str
    """What a locked screen shows of it."""
    segments: int
    """SMS that it is billed as; 0 on other channels."""
    changed: bool
    """Something arrives otherwise than it was typed (letters that SMS has not)."""
    faults: tuple[Fault, ...]
    """Places in what was typed."""


class Lists(NamedTuple):
    """``content/forbidden.toml`` as patterns."""

    telling: re.Pattern[str]
    harmful: Mapping[str, str]
    """Language -> pattern."""
    allowed: tuple[str, ...]
    organisations: tuple[str, ...]
    """Patterns."""
    opening: Mapping[str, str]


@functools.lru_cache(maxsize=4)
def lists(folder: Path = CONTENT) -> Lists:
    """The words. Raises ContentError, which says what is wrong with the file."""
    path = folder / "forbidden.toml"
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        found = Lists(
            re.compile("|".join(read["telling"]), re.IGNORECASE),
            {lang: "|".join(read["harmful"][lang]) for lang in LANGS},
            tuple(read["allowed"]),
            tuple(read["organisations"]),
            {lang: "|".join(read["opening"][lang]) for lang in LANGS},
        )
        for pattern in (*found.harmful.values(), *found.opening.values(), *found.organisations):
            re.compile(pattern)
    except FileNotFoundError:
        raise ContentError(f"The word list {path} is missing; nothing can be sent to a person without it.") from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, re.error) as error:
        raise ContentError(f"The word list {path} cannot be read: {type(error).__name__} {error}. Mend it.") from None
    if not all((read["telling"], *found.harmful.values(), *found.opening.values())):
        raise ContentError(f"The word list {path} has an empty list; nothing would be forbidden any more.")
    return found


# --- what is wrong with a text ---------------------------------------------------------------------------------------


def faults(text: str, lang: str, channel: str = "", organisations: Iterable[str] = ()) -> list[Fault]:
    """Where ``text`` breaks which rule, in the order of the places.

    ``lang``: the person's language; promises are looked for in all three, since people mix them. ``channel`` as in an address;
    empty: any chat. ``organisations``: further names that must not be written, such as those of the network's members.
    """
    found: set[Fault] = set()
    words = lists()
    plain = _Plain(text)
    if not plain.text.strip():
        return [Fault(0, len(text), "empty")]
    for rule, pattern in _patterns(lang, tuple(sorted(organisations))):
        for start, end in plain.find(pattern, words.allowed if rule == "promise" else ()):
            if rule != "opening" or start < plain.opening:
                found.add(Fault(start, end, rule))
    for warning, expression in (("link", _LINK), ("phone", _PHONE)):
        for each in expression.finditer(text):
            found.add(Fault(each.start(), each.end(), "opening" if each.start() < plain.opening else warning))  # type: ignore[arg-type]
    room = _room(text, channel)
    if room < len(text):
        found.add(Fault(room, len(text), "too_long"))
    return sorted(found)


def stopping(found: Iterable[Fault]) -> list[Fault]:
    """Those that keep a text from being sent."""
    return [each for each in found if each.rule not in WARNINGS]


_LINK: Final = re.compile(
    r"\b(?:https?://|www\.)\S+|\S+@[\w-]+\.\w+|\b(?:wa|t|m)\.me/\S*|\bbit\.ly\b\S*"
    r"|\b[\w-]+\.(?:org|com|net|info|app|gov|gob|int|edu|link)\b\S*",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"[+(]?\d(?:[\s().\-–]{0,2}\d){5,}")


@functools.lru_cache(maxsize=64)
def _patterns(lang: str, organisations: tuple[str, ...]) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    words = lists()
    # A name is a word of its own; the list holds patterns, what a deployment adds are names.
    names = [*words.organisations, *(re.escape(_folded(name)[0]) for name in organisations if len(name.strip()) > 1)]
    return (
        ("telling", _without_accents(words.telling.pattern)),
        ("promise", _without_accents("|".join(words.harmful.values()))),
        ("organisation", _without_accents(rf"\b(?:{'|'.join(names)})\b")),
        ("opening", _without_accents(words.opening.get(lang) or "|".join(words.opening.values()))),
    )


def _without_accents(pattern: str) -> re.Pattern[str]:
    return re.compile(_folded(pattern)[0] if pattern else r"(?!)", re.IGNORECASE)


class _Plain:
    """A text without accents, marks and invisible letters, which knows where each of its letters stood."""

    def __init__(self, text: str) -> None:
        self.text, self._at = _folded(text)
        self._length = len(text)
        first = len(self.text) - len(self.text.lstrip())
        self.opening = self._place(min(first + OPENING, len(self.text)))
        """Where what a locked screen shows ends, in the text as it was typed."""

    def _place(self, index: int) -> int:
        return self._at[index] if index < len(self._at) else self._length

    def find(self, pattern: re.Pattern[str], but: tuple[str, ...] = ()) -> Iterator[tuple[int, int]]:
        text = self.text
        for phrase in but:
            text = re.sub(re.escape(_folded(phrase)[0]), lambda found: " " * len(found[0]), text, flags=re.IGNORECASE)
        for each in pattern.finditer(text):
            yield self._place(each.start()), self._place(each.end() - 1) + 1


def _folded(text: str) -> tuple[str, list[int]]:
    """``text`` without accents and without what cannot be seen, and for each letter its place in ``text``."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKD", letter):
            kind = unicodedata.category(part)
            if kind in ("Mn", "Cf", "Me"):
                continue
            letters.append(" " if kind == "Zs" else part)
            places.append(place)
    return "".join(letters), places


def _room(text: str, channel: str) -> int:
    """How much of the beginning of ``text`` fits into one message of the channel."""

    def fits(length: int) -> bool:
        head = arrives(text[:length], channel)
        if _is_sms(channel):
            return gsm7.segments(head) <= SMS_SEGMENTS
        return len(head.encode("utf-16-le", "surrogatepass")) // 2 <= CHAT_LENGTH

    if fits(len(text)):
        return len(text)
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


# --- what arrives ----------------------------------------------------------------------------------------------------


def arrives(text: str, channel: str) -> str:
    """The text as this channel delivers it: what ``relay`` sends, and what ``preview`` shows."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()
    return gsm7.to_gsm7(text).strip() if _is_sms(channel) else text


# Controls and halves of letters, which no channel carries; what cannot be seen or turns letters round. What joins emoji stays.
_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def preview(text: str, channel: str, lang: str, organisations: Iterable[str] = ()) -> Preview:
    """What arrives, what a locked screen shows of it, what it costs by SMS, and what keeps it from being sent."""
    shown = arrives(text, channel)
    return Preview(
        text=shown,
        locked=shown[:OPENING].replace("\n", " "),
        segments=gsm7.segments(shown) if _is_sms(channel) else 0,
        changed=shown != arrives(text, ""),
        faults=tuple(faults(text, lang, channel, organisations)),
    )


def _is_sms(channel: str) -> bool:
    """``sms`` and ``simulator-sms``."""
    return channel.rpartition("-")[2] == "sms"
