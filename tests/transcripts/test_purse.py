"""What a conversation costs a person, in outgoing SMS (the figures of ``make bench``)."""

from __future__ import annotations

import pytest

from bench import purse
from flows.facts import LANGS


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("journeys", "limit"), [(purse.FREE, purse.FREE_LIMIT), (purse.DIGITS, purse.DIGITS_LIMIT)])
async def test_hello_to_three_results(journeys: dict[str, tuple[str, ...]], limit: int, lang: str) -> None:
    """Mutation: one more screen on the way, a hello of three segments, a letter outside GSM-7 in a menu."""
    done = await purse.journey(lang, journeys[lang])
    assert done.results == 3
    print(f"{lang}: {done.segments} of {limit}")
    assert done.segments <= limit
