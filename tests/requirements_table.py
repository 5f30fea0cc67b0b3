"""Prints the state of each requirement of docs/requirements.md: ``python -m tests.requirements_table``.

Here belongs the reading of that page and of the marks that tests carry. It runs the tests that carry a mark, for a state that
is true now rather than one remembered. Further arguments go to pytest.

Ends with 1 where a requirement fails, or is an M that no test shows although some of it could be shown.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "requirements.md"
TOPICS: Final = frozenset({"request", "code", "relay", "complaint"})
_ROW = re.compile(r"\| ([A-Z]-[0-9]+) \| ([MS]) \| (.+) \| *(wholly: )?(.*?) *\|\Z")

State = Literal["pass", "part", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    level: str
    """M or S."""
    text: str
    waits_for: tuple[str, ...]
    """Topics not written yet that it also speaks of."""
    wholly: bool = False
    """Nothing of it can be shown before they are."""


def requirements(page: Path = PAGE) -> list[Requirement]:
    """Every row of the page, in its order."""
    rows = (_ROW.match(line) for line in page.read_text(encoding="utf-8").splitlines())
    return [
        Requirement(row[1], row[2], row[3], tuple(topic.strip() for topic in row[5].split(",") if topic.strip()), bool(row[4]))
        for row in rows
        if row
    ]


@dataclass(eq=False)
class Tally:
    """A pytest plugin that notes, for each requirement, which tests ran and which failed."""

    carriers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Case -> ids of requirements."""
    ran: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Id of a requirement -> tests of which a case ran."""
    failed: set[str] = field(default_factory=set)
    """Ids of requirements of which a case failed."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        ids = {str(one) for mark in item.iter_markers("requirement") for one in mark.args}
        self.carriers[item.nodeid] = tuple(sorted(ids))

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        without = [item for item in items if not self.carriers[item.nodeid]]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if self.carriers[item.nodeid]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for one in self.carriers.get(report.nodeid, ()):
            if report.failed:
                self.failed.add(one)
            if report.failed or (report.when == "call" and report.passed):
                # Cases of one test count as one: a table of a hundred cases is no hundred proofs.
                self.ran[one].add(report.nodeid.partition("[")[0])

    def state(self, requirement: Requirement) -> State:
        if requirement.id in self.failed:
            return "fail"
        if not self.ran.get(requirement.id):
            return "none"
        return "part" if requirement.waits_for else "pass"


def table(tally: Tally, rows: list[Requirement]) -> list[str]:
    """One line for each requirement: id, level, number of tests, state, and what it waits for."""
    return [
        f"{row.id:5} {row.level}  {len(tally.ran.get(row.id, ())):3}  {tally.state(row)}"
        + (f"  (waits for {', '.join(row.waits_for)})" if row.waits_for else "")
        for row in rows
    ]


def main(arguments: list[str]) -> int:
    tally = Tally()
    status = pytest.main(["--no-header", *arguments], plugins=[tally])
    rows = requirements()
    print("\n".join(table(tally, rows)))
    empty = [row.id for row in rows if row.level == "M" and not row.wholly and tally.state(row) == "none"]
    if empty:
        print(f"No test that ran shows {', '.join(empty)}: write one, or find out why it was skipped.")
    return 1 if status or tally.failed or empty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
