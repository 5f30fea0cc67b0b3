"""The figures of place answers may not fall."""

from __future__ import annotations

import time

import pytest

from bot.places import Gazetteer
from flows.facts import COUNTRIES
from tests.evaluation.places import SORTS, answers, measured

#: Sort -> least share that has to be right on answers that nobody looked at while the program was written.
LEAST = {"place": 0.95, "country": 0.90, "ask": 0.90, "outside": 0.90, "none": 1.0}
#: The same on those that were looked at.
LEAST_SEEN = {"place": 0.985, "country": 0.97, "ask": 0.97, "outside": 0.97, "none": 1.0}


@pytest.fixture(scope="module")
def book() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(("part", "least"), [("development", LEAST_SEEN), ("test", LEAST)], ids=["development", "test"])
def test_figures_do_not_fall(book: Gazetteer, part: str, least: dict[str, float]) -> None:
    """Mutation: leaving out the spellings, the parts of cities, or the words that say where somebody is now."""
    found = measured(book, part)
    assert set(found) == set(SORTS)
    assert {sort: count.wrong for sort, count in found.items() if count.share < least[sort]} == {}


def test_the_answers_are_many_and_from_everywhere() -> None:
    """Mutation: a country without answers; the same answer in both parts."""
    seen, fresh = answers("development"), answers("test")
    assert len(seen) + len(fresh) >= 250 and len(fresh) >= 100
    texts = [(one["text"], one.get("known", "")) for one in (*seen, *fresh)]
    assert len(set(texts)) == len(texts)
    assert {one["country"] for one in seen if "lat" in one} == set(COUNTRIES)


def test_an_answer_costs_little(book: Gazetteer) -> None:
    """15 ms where nothing else runs; the bound is on the mean, of process time. Mutation: comparing with every name."""
    texts = [(one["text"], one.get("known", "")) for one in answers("test")]
    before = time.process_time()
    for text, known in texts:
        book.answer(text, known)
    assert (time.process_time() - before) / len(texts) < 0.015
