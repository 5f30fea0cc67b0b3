"""Crisis: the cards that come first when somebody may be in danger, and the matcher of cues.

Here belong which numbers answer which class of cue and in which order, and how a cue is found in a text. The cues themselves are
data in ``content/<lang>/cues.toml``. Never here: a decision that something "is not serious", an alert to anybody else, a
stored word.

Classes (conversation.md, section 2): A self-harm, B danger from another person, C sexual violence, D medical, E child, F held or
forced, G detention or forced return, H pressed for favours by somebody who helps, I somebody is watching, J harm to others,
K for somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flows.facts import Facts, Helpline, Purpose
from flows.kernel import Aside, Country, Data, Listing, Phrase, Session, Value
from flows.reading import squeeze

CLASSES = tuple("ABCDEFGHIJK")

#: Which lines answer a class, first the one that fits best. Police never first for G and H; nothing at all for I.
LINES: dict[str, tuple[Purpose, ...]] = {
    "A": ("crisis", "emergency"),
    "B": ("emergency", "women"),
    "C": ("ambulance", "women", "emergency"),
    "D": ("ambulance", "emergency"),
    "E": ("children", "emergency"),
    "F": ("trafficking", "emergency"),
    "G": ("refugee", "legal", "women"),
    "H": ("women", "ambulance"),
    "I": (),
    "J": ("crisis", "emergency"),
    "K": ("emergency", "crisis", "women"),
}

NEVER_POLICE = frozenset("GH")
"""Whoever fears detention, or somebody who helps, is not sent to the police or to migration control, not even as a stand-in."""

REPEAT_MINUTES = 10
"""Within this time the same class gets its one-line form."""


_Part = tuple[frozenset[str], tuple[str, ...], bool] | None
"""Whole words and stems of which one is there, and whether it may be missing; None is a gap."""


class Cues:
    """Finds crisis cues in folded text, in all languages at once. Built once from the lists of cues and of idioms."""

    def __init__(self, cues: Iterable[tuple[str, str]], idioms: Iterable[str], negations: Iterable[str]) -> None:
        """``cues`` are (class, folded phrase). In a phrase ``|`` stands between words of which one is there, ``*`` ends a word
        stem, ``?`` a word that may be missing, ``_`` is up to three words, and a leading ``=`` means that there is nothing else
        in the text."""
        self._by_word: dict[tuple[str, str], list[tuple[str, tuple[_Part, ...], bool]]] = {}
        for kind, phrase in cues:
            whole = phrase.startswith("=")
            words = _plain(phrase.removeprefix("=")).split()
            if not words or words[0].endswith(("_", "?")):
                raise ValueError(f"a crisis cue of class {kind} has no first word: {phrase!r}")
            cue = tuple(_part(word) for word in words)
            # Many cues begin with "me", "no", "my": they are found by their second word as well.
            second = _starts(words[1]) if len(words) > 1 and not words[1].endswith(("_", "?")) else {""}
            if len(second) > _FEW:
                second = {""}
            for start in _starts(words[0]):
                for after in second:
                    self._by_word.setdefault((start, after), []).append((kind, cue, whole))
        self._idioms = tuple(f" {_plain(idiom)} " for idiom in idioms)
        self._negations = frozenset(_plain(word) for word in negations)

    def find(self, folded: str) -> str:
        """The class of the most urgent cue in a folded text; empty when there is none."""
        text = f" {_plain(folded)} "
        for idiom in self._idioms:
            if idiom in text:
                text = text.replace(idiom, " | ")
        tokens = text.split()
        found: list[tuple[int, int, str]] = []
        for start, token in enumerate(tokens):
            if start and tokens[start - 1] in self._negations:
                continue
            after = tokens[start + 1][:3] if start + 1 < len(tokens) else " "
            for key in ((token[:3], ""), (token[:3], after)):
                for kind, cue, whole in self._by_word.get(key, ()):
                    end = _end(tokens, start, cue)
                    if end and not (whole and (start or end < len(tokens))):
                        found.append((start, end, kind))
        # What lies within a longer phrase is said better by that phrase: "if they send me back they will kill me".
        said = [kind for start, end, kind in found if not any(_within((start, end), other[:2]) for other in found)]
        return min(said, key=_URGENCY.__getitem__, default="")


def _within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


_CONTRACTED = re.compile(r"\b([a-z]+) (t|s|m|ll|re|ve)\b")
"""English: "can't" is written with and without its mark."""


def _plain(folded: str) -> str:
    return squeeze(_CONTRACTED.sub(r"\1\2", folded))


_FEW = 12
"""Beginnings of a second word up to which it is worth an entry of its own."""


def _starts(word: str) -> set[str]:
    """The first three letters by which a word of a cue is looked up."""
    return {one.rstrip("*")[:3] for one in _either(word)}


def _either(word: str) -> list[str]:
    return [one for one in word.removesuffix("?").split("|") if one.strip("*")]


def _part(word: str) -> _Part:
    if word == "_":
        return None
    either = _either(word)
    stems = tuple(one[:-1] for one in either if one.endswith("*"))
    if not either or any(len(stem) < 3 for stem in stems):
        raise ValueError(f"{word!r} is empty, or a stem of fewer than three letters")
    return frozenset(one for one in either if not one.endswith("*")), stems, word.endswith("?")


#: Of several cues in one text the first of these decides the card.
_URGENCY = {kind: rank for rank, kind in enumerate("IDBCEAFHGJK")}


def _end(tokens: list[str], start: int, cue: tuple[_Part, ...]) -> int:
    """Where a cue that begins at ``start`` ends; 0 where it is not there."""
    at, gap = start, 0
    for part in cue:
        if part is None:
            gap += 3
            continue
        words, stems, optional = part
        for here in range(at, min(at + gap + 1, len(tokens))):
            if tokens[here] in words or tokens[here].startswith(stems):
                at, gap = here + 1, 0
                break
        else:
            if not optional:
                return 0
    return at


def line(found: Helpline) -> Phrase:
    """One helpline as one line: what for, the number, who answers when it matters, hours, not yet confirmed."""
    parts: list[Value] = [
        Phrase(
            "helpline.line",
            {"purpose": Phrase(f"helpline.purpose.{found.purpose}"), "number": Data("helpline", found.number)},
        )
    ]
    if found.text_to:
        parts.append(Phrase("helpline.text_to", {"number": Data("helpline", found.text_to)}))
    if found.hours is not None and found.hours.always:
        parts.append(Phrase("helpline.always"))
    if found.note:
        parts.append(Phrase(found.note))
    if not found.confirmed:
        parts.append(Phrase("helpline.unconfirmed"))
    joined = Phrase("helpline.joined", {"parts": Listing(tuple(parts))})
    if found.operator != "civil":
        # S-6: the mark is read before the number.
        return Phrase(f"helpline.marked.{found.operator}", {"line": joined})
    return joined


def numbers(
    session: Session, facts: Facts, purposes: tuple[Purpose, ...], most: int = 3, heading: str = "emergency.country"
) -> tuple[Value, ...]:
    """Lines for the person's country. Where it is not known: lines for the country of their number, named as such since it is a
    guess, and the short card of all countries."""
    country = str(session.slot("country") or "")
    if country:
        return _lines(country, facts, purposes, most, heading)
    guess = _lines(facts.country_hint, facts, purposes, 2, heading) if facts.country_hint in facts.countries else ()
    return (*guess, Phrase("emergency.everywhere"), *_everywhere(facts))


def _lines(country: str, facts: Facts, purposes: tuple[Purpose, ...], most: int, heading: str) -> tuple[Value, ...]:
    found = facts.helplines.lines(country, purposes, facts.now)[:most]
    return (Phrase(heading, {"country": Country(country)}), *(line(one) for one in found))


def _civil(session: Session, facts: Facts, purposes: tuple[Purpose, ...]) -> tuple[Value, ...]:
    """Lines of exactly these purposes that no police or migration control answers or hears from; maybe none."""
    country = session.slot("country") or ""
    if not country:
        return ()
    lines = [
        one
        for one in facts.helplines.lines(country, purposes, facts.now)
        if one.operator == "civil" and one.purpose in purposes and one.note not in _TOLD
    ]
    if not lines:
        return ()
    return (Phrase("emergency.numbers", {"country": Country(country)}), *(line(one) for one in lines[:3]))


_TOLD = ("helpline.note.migration_reports", "helpline.note.shares_with_police", "helpline.note.instead")


def _everywhere(facts: Facts) -> tuple[Value, ...]:
    short = facts.channel.form == "sms"
    rows = []
    for number, everywhere in facts.helplines.everywhere():
        countries = [code for code in everywhere if code in facts.countries]
        if not countries:
            continue
        names: tuple[Value, ...] = tuple(Country(code) for code in countries)
        rows.append(Phrase("emergency.row", {"number": Data("helpline", number), "countries": Listing(names)}))
    if facts.mode == "demo":  # a live deployment starts only when two roles have confirmed each of them
        rows.append(Phrase("helpline.unconfirmed"))
    return (Listing(tuple(rows), lines=not short),)


def emergency(session: Session, facts: Facts) -> tuple[Value, ...]:
    """The card behind 9: police or general, ambulance, and where there is no country the short card of all of them."""
    return numbers(session, facts, ("emergency", "ambulance", "women", "children"), most=4)


def alarm(kind: str, session: Session, facts: Facts) -> tuple[tuple[Value, ...], bool]:
    """The card of a class, and whether it stands alone (class I: one neutral line and nothing else)."""
    if kind == "I":
        return (Phrase("crisis.I"),), True
    known = bool(session.slot("country"))
    if kind in NEVER_POLICE:
        lines = _civil(session, facts, LINES[kind])
    else:
        lines = numbers(session, facts, LINES[kind], most=3, heading="emergency.numbers")
    last = session.alarms.get(kind)
    if last is not None and int(facts.now // 60) - last < REPEAT_MINUTES:
        return lines[:2] or (Phrase(f"crisis.{kind}"),), False
    # Numbers first (E-6); they are also all that a locked screen shows of it.
    further = () if known else (Aside(Phrase("emergency.say_country")),)
    return (*lines, Phrase(f"crisis.{kind}"), *further, Phrase("crisis.on")), False


#: Reviewed remarks that a helpline's record may carry (``data/helplines.toml``).
NOTES = tuple(
    f"helpline.note.{name}"
    for name in (
        "bogota", "geolocates", "instead", "mexico_city", "migration_reports", "old", "option1", "option5", "option6",
        "press2_spanish", "shares_with_police", "text_start",
    )
)  # fmt: skip

TEXTS = (
    *NOTES,
    *(f"crisis.{kind}" for kind in CLASSES),
    "crisis.on",
    "emergency.numbers",
    "emergency.say_country",
    "emergency.everywhere",
    "emergency.country",
    "emergency.row",
    "helpline.line",
    "helpline.joined",
    "helpline.text_to",
    "helpline.always",
    "helpline.unconfirmed",
    "helpline.marked.police",
    "helpline.marked.migration",
    *(
        f"helpline.purpose.{purpose}"
        for purpose in (
            "emergency", "ambulance", "fire", "women", "children", "trafficking", "crisis", "legal", "refugee",
        )
    ),
)  # fmt: skip
"""Every catalog entry that this module may use."""
