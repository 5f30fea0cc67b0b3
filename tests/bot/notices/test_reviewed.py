"""Reviewed answers to what goes round: the days of ``data/rumours.toml``, and for how long an answer stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.notices.reviewed import ANSWERS, Answers
from bot.wording import ContentError
from flows.facts import RUMOURS, ReviewedAnswers

CHECKED = date(2026, 3, 2)


def noon(day: date) -> float:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()


def file(folder: Path, text: str) -> Path:
    path = folder / "rumours.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.requirement("C-1")
def test_a_new_deployment_has_an_answer_to_all_of_them() -> None:
    """Mutation: a name that the file has and the program does not, or the other way round."""
    answers: ReviewedAnswers = Answers.load()
    first = min(answer.checked_on for answer in answers.listed(0))
    assert tuple(answer.name for answer in answers.listed(noon(first))) == RUMOURS


@pytest.mark.requirement("C-1")
def test_an_answer_that_nobody_looked_at_for_a_year_is_not_shown_and_the_doctor_says_so() -> None:
    """Mutation: an answer without an end; a warning only when it is over."""
    answers = Answers({"border": CHECKED, "offers": CHECKED + timedelta(days=90)})
    last = CHECKED + timedelta(days=366)
    assert [answer.name for answer in answers.listed(noon(last))] == ["border", "offers"]
    assert [answer.name for answer in answers.listed(noon(last + timedelta(days=1)))] == ["offers"]
    assert answers.faults(last - timedelta(days=30)) == []
    [soon] = answers.faults(last)
    assert f"border is shown until {last} only" in soon
    [over] = answers.faults(last + timedelta(days=1))
    assert "border was checked on 2026-03-02 and is not shown any more" in over


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bordr = 2026-03-02\n", "there is no answer bordr"),
        ('border = "soon"\n', "write the day on which border was checked"),
        ("border = 2026-03-02T10:00:00\n", "write the day on which border was checked"),
        ("border = \n", "cannot be read"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    """Mutation: passing over what is not understood."""
    with pytest.raises(ContentError, match=says) as error:
        Answers.load(file(tmp_path, text))
    assert "rumours.toml" in str(error.value)


def test_a_line_that_is_taken_out_takes_the_answer_back(tmp_path: Path) -> None:
    """Mutation: asking for all of them."""
    kept = "".join(line for line in ANSWERS.read_text("utf-8").splitlines(keepends=True) if not line.startswith("border"))
    assert [answer.name for answer in Answers.load(file(tmp_path, kept)).listed(0)] == [
        name for name in RUMOURS if name != "border"
    ]
    with pytest.raises(ContentError, match="is missing"):
        Answers.load(tmp_path / "none.toml")
