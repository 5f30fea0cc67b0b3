"""The figures of identifying data may not fall."""

from __future__ import annotations

import pytest

from bot.identifying.spans import TYPES
from tests.evaluation.identifying import measured, texts


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize(("part", "most"), [("development", 0.02), ("test", 0.05)])
def test_figures_do_not_fall(part: str, most: float) -> None:
    """Mutation: leaving out the words before a document, the family names, or the lists of what is no person."""
    found = measured(part)
    assert found.unnoticed <= most, found.missed
    assert found.precision >= 0.95, found.wrong
    assert len(found.mistyped) <= 0.05 * found.found, found.mistyped


def test_the_texts_are_many_and_many_of_them_have_nothing_to_find() -> None:
    """Mutation: dropping the texts with dates, prices, buses and helplines, which is where too much is found."""
    all_of_them = texts()
    assert len(all_of_them) >= 200 and len({one.text for one in all_of_them}) == len(all_of_them)
    assert sum(not one.spans and any(map(str.isdigit, one.text)) for one in all_of_them) >= 60
    assert {span.type for one in all_of_them for span in one.spans} == set(TYPES)
