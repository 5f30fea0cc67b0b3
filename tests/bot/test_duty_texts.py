"""Duty-to-report texts: dated, confirmed by two roles, and nothing where that is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.duty_texts import DUTY_TEXTS, VARIANTS, DutyTextBook, DutyTextError, Record
from bot.settings import Settings
from flows.facts import COUNTRIES

DAY = date(2026, 12, 1)
RECORD: dict[str, Any] = {
    "country": "CO",
    "variants": ["children.workers", "danger"],
    "laws": ["a law"],
    "source": "read",
    "checked_on": date(2026, 11, 1),
    "expires_on": date(2027, 5, 1),
    "status": "confirmed",
    "confirmed_by": ["lawyer of the network", "coordinator CO"],
}


def seconds(day: date, hour: int = 12) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()


def book(live: bool = True, **changes: Any) -> DutyTextBook:
    return DutyTextBook([msgspec.convert(RECORD | changes, Record)], live=live)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: Any) -> Path:
        entry = {key: value for key, value in (RECORD | changes).items() if value is not None}
        show: Callable[[Any], str] = lambda v: repr(v) if isinstance(v, (str, list)) else str(v)  # noqa: E731
        path = tmp_path / "texts.toml"
        path.write_text("[[country]]\n" + "".join(f"{k} = {show(v)}\n" for k, v in entry.items()), encoding="utf-8")
        return path

    return write


@pytest.mark.requirement("D-2")
def test_a_demo_has_a_text_for_every_country_and_a_live_deployment_none_of_them() -> None:
    """What ships are candidates that nobody confirmed. Mutation: showing unconfirmed records in a live deployment."""
    demo, live = DutyTextBook.load(live=False), DutyTextBook.load(live=True)
    assert [record.country for record in demo.records()] == list(COUNTRIES)
    for country in COUNTRIES:
        text = demo.text(country, seconds(DAY))
        assert text is not None
        assert not text.confirmed and set(text.variants) <= set(VARIANTS)
        assert live.text(country, seconds(DAY)) is None
    assert all(r.status == "unconfirmed" and "not read" in r.source and "lawyer" in r.source for r in demo.records())
    assert demo.text("AR", seconds(DAY)) is None


@pytest.mark.requirement("D-2")
@pytest.mark.parametrize("live", [False, True])
def test_a_text_ends_with_its_last_day(live: bool) -> None:
    """Mutation: showing a text on the day after ``expires_on``, or before it was checked."""
    last = RECORD["expires_on"]
    assert book(live).text("CO", seconds(last, 23)) is not None
    assert book(live).text("CO", seconds(last + timedelta(days=1), 0)) is None
    assert book(live).text("CO", seconds(RECORD["checked_on"], 0)) is not None
    assert book(live).text("CO", seconds(RECORD["checked_on"] - timedelta(days=1), 23)) is None
    shown = book(live).text("CO", seconds(DAY))
    assert shown is not None and shown.confirmed and shown.variants == ("children.workers", "danger")


@pytest.mark.requirement("D-2")
def test_the_doctor_hears_of_every_country_without_a_text() -> None:
    """Mutation: leaving out countries without a record, or those that expire within a month."""
    assert len(DutyTextBook.load(live=True).faults((), DAY)) == len(COUNTRIES)
    assert DutyTextBook.load(live=False).faults((), DAY) == []
    assert book().faults(["CO"], DAY) == []
    missing, *more = book().faults(["CO", "PE"], DAY)
    assert "PE has no record" in missing and not more
    for day, said in (
        (date(2027, 4, 1), ""),
        (date(2027, 4, 2), "until 2027-05-01"),
        (date(2027, 5, 1), "until 2027-05-01"),
        (date(2027, 5, 2), "expired on 2027-05-01"),
        (date(2026, 10, 1), "still to come"),
    ):
        told = book().faults(["CO"], day)
        assert (said in told[0]) if said else not told


@pytest.mark.requirement("D-2")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"confirmed_by": ["lawyer"]}, "two different roles"),
        ({"confirmed_by": ["lawyer", " Lawyer "]}, "two different roles"),
        ({"confirmed_by": ["lawyer", "ana@example.org"]}, "not people's addresses"),
        ({"status": "unconfirmed"}, "once both have confirmed it"),
        ({"country": "AR"}, "one of the fourteen"),
        ({"variants": []}, "one to 4 different variants"),
        ({"variants": list(VARIANTS)[1:]}, "one to 4 different variants"),
        ({"variants": ["danger", "danger"]}, "one to 4 different variants"),
        ({"variants": ["everything"]}, "no sentence in the catalogs"),
        ({"variants": ["children.everyone", "children.workers"]}, "says more than"),
        ({"laws": []}, "names no law"),
        ({"source": " "}, "no source"),
        ({"expires_on": date(2026, 11, 1)}, "by a year at most"),
        ({"expires_on": date(2027, 11, 3)}, "by a year at most"),
        ({"sentence": "anything"}, "unknown field"),
        ({"checked_on": "soon"}, "Correct that field"),
        ({"laws": None}, "missing required field"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_refused(written: Callable[..., Path], changes: dict[str, Any], said: str) -> None:
    """Mutation: any one of the checks left out."""
    DutyTextBook.load(written(), live=True)
    with pytest.raises(DutyTextError, match=said) as refused:
        DutyTextBook.load(written(**changes), live=True)
    assert "record 1" in str(refused.value)


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, settings: Settings) -> None:
    """Mutation: letting the parser's own error through, or ignoring the setting."""
    path = tmp_path / "texts.toml"
    named = settings.model_copy(update={"duty_texts_file": path})
    with pytest.raises(DutyTextError, match="Name a readable copy"):
        DutyTextBook.of(named)
    for text, said in (("[[country", "Correct the line"), ("country = 3", "each country is a table")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DutyTextError, match=said):
            DutyTextBook.of(named)
    path.write_text(DUTY_TEXTS.read_text("utf-8") * 2, encoding="utf-8")
    with pytest.raises(DutyTextError, match="record 15: CO is there already"):
        DutyTextBook.of(named)
    assert DutyTextBook.of(settings).text("CO", seconds(DAY)) is not None
    assert DutyTextBook.of(settings.model_copy(update={"mode": "live"})).text("CO", seconds(DAY)) is None
