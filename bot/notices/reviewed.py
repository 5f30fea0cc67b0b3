"""Reviewed answers to what goes round: which of them stand, and when each was last checked.

Here belong the dates of ``data/rumours.toml`` and for how long one holds. Never here: a question, an answer or a word (catalogs
hold those, as ``notices.reviewed.<name>`` and ``words.rumour.<name>``), what coordinators publish (``publishing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.countries import DATA
from bot.wording import ContentError, read_lists
from flows.facts import RUMOURS, Reviewed

ANSWERS: Final = DATA / "rumours.toml"

_LONGEST: Final = timedelta(days=366)
"""An answer is looked at again within a year."""
_SOON: Final = timedelta(days=30)


class Answers:
    """Implements ``flows.facts.ReviewedAnswers``."""

    def __init__(self, checked: Mapping[str, date]) -> None:
        """``checked``: name of an answer -> the day on which it was last checked. One without a day is not shown."""
        self._all = tuple(Reviewed(name=name, checked_on=checked[name]) for name in RUMOURS if name in checked)

    @classmethod
    def load(cls, path: Path = ANSWERS) -> Answers:
        """The answers of a file. Raises ContentError for the first line that cannot be used."""
        checked = read_lists(path, "no answer to what goes round is shown")
        for name, day in checked.items():
            if name not in RUMOURS:
                raise ContentError(f"{path}: there is no answer {name}; those of flows/facts.py are {', '.join(RUMOURS)}.")
            if type(day) is not date:
                raise ContentError(f"{path}: write the day on which {name} was checked, such as {name} = 2026-11-28.")
        return cls(checked)

    def listed(self, now: float) -> tuple[Reviewed, ...]:
        """Those that were checked within a year before ``now`` (seconds since 1970)."""
        today = datetime.fromtimestamp(now, UTC).date()
        return tuple(answer for answer in self._all if today <= answer.checked_on + _LONGEST)

    def faults(self, today: date) -> list[str]:
        """For the doctor: a sentence for each that is not shown any more, or soon no longer."""
        said = []
        for answer in self._all:
            last = answer.checked_on + _LONGEST
            ask = "read it again in three languages, see that it still holds in every country served, and write the day"
            if today > last:
                said.append(f"The answer {answer.name} was checked on {answer.checked_on} and is not shown any more: {ask}.")
            elif today > last - _SOON:
                said.append(f"The answer {answer.name} is shown until {last} only: {ask}.")
        return said
