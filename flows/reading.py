"""Typed text to events: digits, command words, names of options, crisis cues.

Here belongs what a text *is* to the present screen. Never here: what happens next, a word of any language (they are
entries of the catalogs, handed in as a ``Lexicon``), places and topics inside a sentence (``bot.understanding``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Protocol

from flows.kernel import BACK, EMERGENCY, LEAVE, ON_ANOTHER_PAGE, Alarm, Chose, Command, Event, Option, Said, Unclear, Value, Words
from flows.reserved import HELP_LIKE, START_LIKE, STOP_LIKE

READ_AT_MOST = 1_000
"""Characters of a text that are read for what it asks; the rest of a long paste changes nothing."""
HEARD_AT_MOST = 4_096
"""Characters of a text in which crisis cues are looked for: the longest message of Telegram and WhatsApp."""

CLAUSE_MARK = "."
"""Stands in ``clauses`` for whatever ends a clause. A "no" before it denies nothing behind it."""

_CLAUSE_MARKS = re.compile(r"[,.;:!?¡¿()\n\r\u2013\u2014]+| -+ ")
_NOT_LETTERS = re.compile(r"[^0-9a-z]+")
_RUNS = re.compile(r"([a-z])\1+")
_CRIES = re.compile(r"([a-z])\1{2,}")


@lru_cache(maxsize=4096)
def _fold_short(text: str) -> str:
    return _fold(text)


def _plain(text: str, most: int) -> str:
    """Lower case without accents and invisible characters. One sign may stand for eighteen letters: these are cut too."""
    decomposed = unicodedata.normalize("NFKD", text[:most].casefold())[: 2 * most]
    if decomposed.isascii():
        return decomposed
    return "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")


def _fold(text: str, most: int = READ_AT_MOST) -> str:
    return _NOT_LETTERS.sub(" ", _plain(text, most)).strip()


def fold(text: str) -> str:
    """Lower case, no accents, no marks, single spaces; full-width and keycap digits become digits."""
    return _fold(text)


def clauses(text: str) -> str:
    """Like ``fold``, of a longer text, with a ``CLAUSE_MARK`` as a word of its own where a clause ends."""
    parts = _CLAUSE_MARKS.split(_plain(text, HEARD_AT_MOST))
    return f" {CLAUSE_MARK} ".join(folded for part in parts if (folded := _NOT_LETTERS.sub(" ", part).strip()))


def fold_constant(text: str) -> str:
    """``fold`` for our own words, remembered; never used on what a person typed."""
    return _fold_short(text)


def squeeze(folded: str) -> str:
    """Letters that stand twice or more in a row stand once, so that "nooo" is "no"."""
    return _RUNS.sub(r"\1", folded)


class Lexicon(Protocol):
    """The words of all three languages at once, folded."""

    def digit(self, folded: str) -> int | None:
        """ "dos" -> 2."""
        ...

    def command(self, folded: str) -> str:
        """Name of the command that this is a word for, or empty."""
        ...

    def names(self, label: Value) -> frozenset[str]:
        """Everything that may be typed for an option with this label."""
        ...

    def within(self, folded: str, labels: tuple[Value, ...]) -> int | None:
        """The place of the one label whose further words stand in this sentence, where nothing denies them."""
        ...

    def cue(self, folded: str) -> str:
        """Class of the crisis cue in this text (from ``clauses``), or empty."""
        ...


def read(words: Words, options: tuple[Option, ...], lexicon: Lexicon) -> Event:
    """What these words mean where these are the options. ``Said`` when they are neither digit, command, option nor crisis cue."""
    folded = fold(words.reveal())
    if not folded:
        # Maybe there are words behind a thousand hearts.
        cue = lexicon.cue(clauses(words.reveal()))
        return Alarm(cue, words) if cue else Unclear("text", words)
    digit = int(folded) if folded.isdigit() and len(folded) == 1 else lexicon.digit(folded)
    if digit is not None:
        return _digit(digit, options, words)
    if folded.isdigit() and len(folded) == 2:
        # A step that cannot be undone has the number of its turn.
        for option in options:
            if option.digit == int(folded):
                return Chose(option.id)
    upper = folded.upper()
    if upper in STOP_LIKE:
        return Command("leave")
    command = lexicon.command(folded) or _cry(folded, lexicon)
    if command == "leave":
        return Command(command)
    # The whole label of a step that cannot be undone is typed by no slip, as a digit is; a sentence that holds it is not it.
    meant = [option for option in options if folded in lexicon.names(option.label)]
    if command == "emergency" and all(option.id == command for option in meant):
        return Command(command)
    # What is written on the screen goes before a word that works everywhere: "another language" is also an option, and where it is
    # asked whom it is about, "police" calls nobody.
    if len(meant) == 1 and (meant[0].digit != ON_ANOTHER_PAGE or command in ("", "emergency")):
        return Chose(meant[0].id)
    if command:
        return Command(command, words)
    if upper == "YES" and any(option.id == "yes" and option.digit < 10 for option in options):
        return Chose("yes")
    cue = lexicon.cue(clauses(words.reveal()))
    if cue:
        return Alarm(cue, words)
    if upper in HELP_LIKE or upper in START_LIKE:
        return Command("menu")
    named = _named(folded, options, lexicon)
    return Chose(named) if named else Said(words)


def _named(folded: str, options: tuple[Option, ...], lexicon: Lexicon) -> str:
    """The option that a sentence names by one of its further words; empty: none, or several. Never a step that cannot be undone."""
    typed = tuple(option for option in options if option.digit < 10)
    at = lexicon.within(folded, tuple(option.label for option in typed))
    return typed[at].id if at is not None else ""


def urgent(words: Words | None, lexicon: Lexicon) -> bool:
    """Whether a text must be answered even beyond the rate limit: emergency numbers, leaving, crisis cues."""
    if words is None:
        return False
    folded = fold(words.reveal())
    if leaves(words, lexicon) or EMERGENCY in (_anytime(folded), lexicon.digit(folded)):
        return True
    if (lexicon.command(folded) or _cry(folded, lexicon)) == "emergency":
        return True
    return bool(lexicon.cue(clauses(words.reveal())))


def leaves(words: Words | None, lexicon: Lexicon) -> bool:
    """Whether a text leaves, on every screen."""
    if words is None:
        return False
    folded = fold(words.reveal())
    return LEAVE in (_anytime(folded), lexicon.digit(folded)) or folded.upper() in STOP_LIKE or lexicon.command(folded) == "leave"


def _anytime(folded: str) -> int | None:
    return int(folded) if folded in ("9", "0") else None


def _cry(folded: str, lexicon: Lexicon) -> str:
    """ "Ayudaaaa" is "ayuda", and no other command."""
    return "emergency" if lexicon.command(_CRIES.sub(r"\1", folded)) == "emergency" else ""


def _digit(digit: int, options: tuple[Option, ...], words: Words) -> Event:
    if digit == LEAVE:
        return Command("leave")
    if digit == EMERGENCY:
        return Command("emergency")
    if digit == BACK:
        return Command("back")
    for option in options:
        if option.digit == digit:
            return Chose(option.id)
    return Unclear("text", words)
