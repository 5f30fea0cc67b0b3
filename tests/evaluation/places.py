"""How well answers to "where are you?" are understood: the answers of ``places.toml``, and the figures that must not fall.

Here belong reading and counting. Never here: an answer that somebody wrote to Faro.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from bot.places import Answer, Gazetteer, km_between

#: An answer is right within this distance of the place that is meant, in kilometres.
NEAR_KM = 25.0

#: What the answers are about.
SORTS = ("place", "country", "ask", "outside", "none")


class Count(NamedTuple):
    """How many of one sort were right."""

    right: int
    all: int
    wrong: list[str]

    @property
    def share(self) -> float:
        return self.right / self.all


def answers(part: str) -> list[dict[str, Any]]:
    """``development`` or ``test``."""
    listed: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))[part]
    return listed


def sort_of(expected: dict[str, Any]) -> str:
    if "lat" in expected:
        return "place"
    return next(sort for sort in ("ask", "none", "outside", "country") if sort in expected)


def is_right(expected: dict[str, Any], said: Answer) -> bool:
    """Whether an answer is one of those that are right; asking back is where ``ask`` says so only, within ``country`` if told."""
    if said.ask and expected.get("ask"):
        return said.country == expected.get("country", said.country)
    if expected.get("none") and said == Answer():
        return True
    if "outside" in expected:
        return said.outside == expected["outside"] and not said.country
    if "lat" not in expected:
        return not said.place and not said.ask and said.country == expected.get("country", "?")
    if said.ask or said.lat is None or said.lon is None or said.country != expected["country"]:
        return False
    return km_between(said.lat, said.lon, expected["lat"], expected["lon"]) <= NEAR_KM


def measured(book: Gazetteer, part: str) -> dict[str, Count]:
    """Sort -> how many were right."""
    found: dict[str, Count] = {}
    for expected in answers(part):
        sort = sort_of(expected)
        before = found.get(sort, Count(0, 0, []))
        right = is_right(expected, book.answer(expected["text"], expected.get("known", "")))
        wrong = before.wrong if right else [*before.wrong, expected["text"]]
        found[sort] = Count(before.right + right, before.all + 1, wrong)
    return found
