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
from typing import Literal, NamedTuple

from flows.facts import SETTLING, Facts, Helpline, Purpose
from flows.kernel import Aside, Country, Data, Listing, Phrase, Session, Value
from flows.reading import CLAUSE_MARK, squeeze

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


_FORGIVING = frozenset("BCDFI")
"""Classes in which a "no" takes nothing back: "no, me pega", "nunca me deja salir". A false alarm costs one short message."""

_OCCURRENCES = 2
_MATCHED = 24
"""Of so many cues, and so many places of each, it is looked at which one holds another; the rest count as they are."""


class _Part(NamedTuple):
    """One step of a cue: a word that is there (``one``), a word that is not there next (``not``), or the end of a clause."""

    step: Literal["one", "not", "end"]
    id: int
    gap: int = 0
    """Words that may stand before it."""
    optional: bool = False


class _Cue(NamedTuple):
    kind: str
    parts: tuple[_Part, ...]
    behind: tuple[_Part, ...]
    """The parts behind the first one, the last one first: so they are looked for."""
    whole: bool
    """There is nothing else in the text."""


class _Masks(dict[int, int]):
    """Step of a cue -> the positions of its words; none for a step that is not in it."""

    def __missing__(self, key: int) -> int:
        return 0


class Cues:
    """Finds crisis cues in folded text, in all languages at once. Built once from the lists of cues and of idioms.

    Each word of the lists is one set of positions in the text, an integer with a bit for each. A cue is then a few shifts and
    ands of such integers, whatever the text: no text makes it compare more than once each of its words and each cue."""

    def __init__(self, cues: Iterable[tuple[str, str]], idioms: Iterable[str], negations: Iterable[str]) -> None:
        """``cues`` are (class, folded phrase). In a phrase ``|`` stands between words of which one is there, ``*`` ends a word
        stem, ``?`` a word that may be missing, ``_`` is up to three words, ``!`` begins a word that does not follow, ``$`` is the
        end of a clause, and a leading ``=`` means that there is nothing else in the text."""
        self._ids: dict[frozenset[str], int] = {}
        self._sizes: list[int] = []
        self._exact: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        self._by_part: dict[int, list[_Cue]] = {}
        for kind, phrase in cues:
            cue = self._cue(kind, phrase)
            self._by_part.setdefault(self._rarest(cue), []).append(cue)
        self._rank = {id: rank for rank, id in enumerate(self._by_part)}
        self._longest_stem = max(map(len, self._stems), default=0)
        self._idioms = tuple(f" {_plain(idiom)} " for idiom in idioms)
        self._idiom_starts = frozenset(idiom.split()[0] for idiom in self._idioms)
        self._negations = frozenset(_plain(word) for word in negations)

    def _cue(self, kind: str, phrase: str) -> _Cue:
        words = _plain(phrase.removeprefix("=")).split()
        if not words or words[0].endswith(("_", "?")) or words[0].startswith(("!", "$")):
            raise ValueError(f"a crisis cue of class {kind} has no first word: {phrase!r}")
        parts: list[_Part] = []
        gap = 0
        for word in words:
            if word == "_":
                gap += 3
                continue
            if word == "$":
                parts.append(_Part("end", -1))
            elif word.startswith("!"):
                parts.append(_Part("not", self._id(word[1:])))
            else:
                parts.append(_Part("one", self._id(word), gap, word.endswith("?")))
            gap = 0
        return _Cue(kind, tuple(parts), tuple(parts[:0:-1]), phrase.startswith("="))

    def _id(self, word: str) -> int:
        """Number of the set of words and stems that one step of a cue names."""
        either = frozenset(one for one in word.removesuffix("?").split("|") if one.strip("*"))
        if not either or any(one.endswith("*") and len(one) < 4 for one in either):
            raise ValueError(f"{word!r} is empty, or a stem of fewer than three letters")
        known = self._ids.get(either)
        if known is None:
            known = self._ids[either] = len(self._ids)
            self._sizes.append(len(either))
            for one in either:
                where = self._stems if one.endswith("*") else self._exact
                where.setdefault(one.rstrip("*"), []).append(known)
        return known

    def _rarest(self, cue: _Cue) -> int:
        """The step by which a cue is looked up: the one with the fewest words, of several the last."""
        needed = [part.id for part in cue.parts if part.step == "one" and not part.optional]
        return min(reversed(needed), key=self._sizes.__getitem__)

    def find(self, folded: str) -> str:
        """The class of the most urgent cue in a text; empty when there is none. ``folded`` comes from ``reading.clauses``."""
        text = f" {_plain(folded)} "
        if not self._idiom_starts.isdisjoint(text.split()):
            for idiom in self._idioms:
                if idiom in text:
                    text = text.replace(idiom, " | ")
        tokens: list[str] = []
        breaks = 0
        for token in text.split():
            if token == CLAUSE_MARK:
                breaks |= 1 << len(tokens)
            else:
                tokens.append(token)
        return self._find(tokens, breaks) if tokens else ""

    def _find(self, tokens: list[str], breaks: int) -> str:
        end = 1 << len(tokens)
        breaks |= end
        masks, denied = self._masks(tokens, breaks)
        found: list[tuple[_Cue, int]] = []
        # Only cues of which a word is in the text; most texts have none of all those thousands.
        for id in sorted(masks.keys() & self._rank.keys(), key=self._rank.__getitem__):
            for cue in self._by_part[id]:
                starts = _starts(cue, masks, breaks, end)
                if cue.kind not in _FORGIVING:
                    starts &= ~denied
                if cue.whole and not (starts & 1 and _ends(cue, 0, masks, breaks, end) & end):
                    continue
                if starts:
                    found.append((cue, starts))
        kinds = {cue.kind for cue, _ in found}
        if len(kinds) < 2:
            return next(iter(kinds), "")
        found.sort(key=lambda one: _URGENCY[one[0].kind])
        spans: dict[tuple[int, int], str] = {}
        for cue, starts in found[:_MATCHED]:
            for _ in range(_OCCURRENCES):
                if not starts:
                    break
                first = starts & -starts
                starts ^= first
                start = first.bit_length() - 1
                last = _ends(cue, start, masks, breaks, end)
                spans.setdefault((start, -((last & -last).bit_length())), cue.kind)
        # What lies within a longer phrase is said better by that phrase: "if they send me back they will kill me".
        said, reach = [], 0
        for start, last in sorted(spans):
            if -last > reach:
                reach = -last
                said.append(spans[start, last])
        return min(said, key=_URGENCY.__getitem__)

    def _masks(self, tokens: list[str], breaks: int) -> tuple[_Masks, int]:
        """For each step of a cue the positions of its words; and the positions right behind a negation in the same clause."""
        positions: dict[str, int] = {}
        for at, token in enumerate(tokens):
            positions[token] = positions.get(token, 0) | 1 << at
        masks = _Masks()
        negated = 0
        for token, mask in positions.items():
            if token in self._negations:
                negated |= mask
            for id in self._exact.get(token, ()):
                masks[id] |= mask
            for length in range(3, min(len(token), self._longest_stem) + 1):
                for id in self._stems.get(token[:length], ()):
                    masks[id] |= mask
        # "No no no" is said, not denied.
        negated &= ~(negated << 1 | negated >> 1)
        return masks, (negated << 1) & ~breaks


def _starts(cue: _Cue, masks: _Masks, breaks: int, end: int) -> int:
    """Positions at which a cue begins, found from its end."""
    behind = end * 2 - 1
    for step, id, gap, optional in cue.behind:
        if step == "one":
            before = masks[id] & (behind >> 1)
            if optional:
                before |= behind
            elif not before:
                return 0
            behind = before
            for _ in range(gap):
                before >>= 1
                behind |= before
        elif step == "not":
            behind &= ~masks[id] | breaks
        else:
            behind &= breaks
    return masks[cue.parts[0].id] & (behind >> 1)


def _ends(cue: _Cue, start: int, masks: _Masks, breaks: int, end: int) -> int:
    """Positions right behind a cue that begins at ``start``."""
    ahead = 2 << start
    for part in cue.parts[1:]:
        if part.step == "end":
            ahead &= breaks
        elif part.step == "not":
            ahead &= ~masks[part.id] | breaks
        else:
            reach = ahead
            for _ in range(part.gap):
                reach |= reach << 1
            reach &= end * 2 - 1
            ahead = (reach & masks[part.id]) << 1 | (reach if part.optional else 0)
    return ahead


_CONTRACTED = re.compile(r"\b([a-z]+) (t|s|m|ll|re|ve)\b")
"""English: "can't" is written with and without its mark."""


def _plain(folded: str) -> str:
    return squeeze(_CONTRACTED.sub(r"\1\2", folded))


#: Of several cues in one text the first of these decides the card.
_URGENCY = {kind: rank for rank, kind in enumerate("IDBCEAFHGJK")}


def line(found: Helpline) -> Phrase:
    """One helpline as one line: what for, an institution's name, the number, who answers if it matters, hours, if unconfirmed."""
    said: dict[str, Value] = {"purpose": Phrase(f"helpline.purpose.{found.purpose}"), "number": Data("helpline", found.number)}
    if found.name:
        said["name"] = Data("helpline.name", found.name)
    parts: list[Value] = [Phrase("helpline.named" if found.name else "helpline.line", said)]
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
        if one.operator == "civil" and one.purpose in purposes and one.note not in TOLD
    ]
    if not lines:
        return ()
    return (Phrase("emergency.numbers", {"country": Country(country)}), *(line(one) for one in lines[:3]))


TOLD = ("helpline.note.migration_reports", "helpline.note.shares_with_police", "helpline.note.instead")


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
    "helpline.named",
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
            *SETTLING,
        )
    ),
)  # fmt: skip
"""Every catalog entry that this module may use."""
