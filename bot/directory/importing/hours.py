"""Opening hours as registers write them. What is not understood completely is not known; nothing is guessed.

Here belong the few notations that the sources use. Pure.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bot.directory.neutral import fold

DAYS = {"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6}
DAY = 24 * 60
ALWAYS = "always"
Weekly = tuple[tuple[int, int, int], ...]

_TIMES = re.compile(r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})")
_RULE = re.compile(r"^(?:([A-Za-z ,\-]+?)\s+)?((?:\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}\s*,?\s*)+)$")
_OFF = re.compile(r"^[A-Za-z]{2,3}[\w ,\-]*\boff$|^(?:PH|SH)\b.*$")
_ROUND_THE_CLOCK = re.compile(
    r"(?:(?:lun(?:es)?|l) ?(?:a|al)? ?(?:d|dom|domingo) )?(?:(?:de )?lunes a domingo )?(?:las )?"
    r"(?:24 ?(?:h|hs|hrs|hras|horas|hours)|24 00 horas|00 00 (?:a )?24 00|24 7|always open|open 24 hours|aberto 24 horas)"
    r"(?: del dia| de lunes a domingo| todos los dias| al dia)?"
)


def osm(text: str) -> Weekly | str | None:
    """The common part of OpenStreetMap's ``opening_hours``: "24/7", "Mo-Fr 08:00-17:00; Sa 08:00-12:00".

    Rules that only close days ("Dec 25 off", "PH off") may follow and are left to the person who calls.
    """
    text = text.strip()
    if text == "24/7":
        return ALWAYS
    spans: list[tuple[int, int, int]] = []
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        found = _RULE.match(rule.split(",Jan")[0])
        if not found:
            if _OFF.match(rule):
                continue
            return None
        days = _days(found.group(1) or "Mo-Su")
        if days is None:
            return None
        for times in _TIMES.finditer(found.group(2)):
            span = _span(times)
            if span is None:
                return None
            spans.extend((day, *span) for day in days)
    return _settled(spans)


def span(days: str, opens: str, closes: str) -> Weekly | str | None:
    """Days as "MO-FR" or "MO,WE"; times as "08:00" or "08:00:00", local."""
    numbers = _days(days)
    times = _TIMES.match(f"{opens.strip()[:5]}-{closes.strip()[:5]}")
    if numbers is None or times is None:
        return None
    found = _span(times)
    return None if found is None else _settled([(day, *found) for day in numbers])


def says_always(text: str) -> bool:
    """Whether the whole of the text says "round the clock", in es, en or pt."""
    return bool(_ROUND_THE_CLOCK.fullmatch(fold(text)))


def _span(times: re.Match[str]) -> tuple[int, int] | None:
    h1, m1, h2, m2 = (int(part) for part in times.groups())
    opens, closes = h1 * 60 + m1, h2 * 60 + m2
    if h1 > 24 or h2 > 24 or m1 > 59 or m2 > 59 or opens >= DAY or closes > DAY:
        return None
    if closes == DAY - 1:
        closes = DAY
    if opens == 1:
        opens = 0
    return (opens, closes) if closes > opens else (opens, closes + DAY)


def _days(text: str) -> list[int] | None:
    days: list[int] = []
    for part in text.replace(" ", "").lower().split(","):
        first, _, last = part.partition("-")
        if part in ("ph", "sh"):
            continue
        if first[:2] not in DAYS or (last and last[:2] not in DAYS):
            return None
        a, b = DAYS[first[:2]], DAYS[(last or first)[:2]]
        days.extend(range(a, b + 1) if a <= b else [*range(a, 7), *range(b + 1)])
    return sorted(set(days)) or None


def _settled(spans: list[tuple[int, int, int]]) -> Weekly | str | None:
    spans = sorted(set(spans))
    if [(day, 0, DAY) for day in range(7)] == spans:
        return ALWAYS
    for (d1, _, c1), (d2, o2, _) in pairwise(spans):
        if d1 == d2 and o2 < c1:
            return None
    return tuple(spans) or None
