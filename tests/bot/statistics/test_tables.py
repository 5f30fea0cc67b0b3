"""Which questions have an answer, and what stands in the answers and in their files, on real databases."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.staff.roles import Actor
from bot.staff.tables import AuditEntry
from bot.statistics import agreements, export
from bot.statistics.agreements import AgreementRefused, SharingAgreement
from bot.statistics.periods import WEEKS, Period, around, released
from bot.statistics.tables import (
    DIMENSIONS,
    FAMILIES,
    INDICATORS,
    NOT_SHOWN,
    OTHER,
    REASONS,
    SHAPES,
    Figures,
    NotAnswered,
    Question,
    question,
    questions,
)
from bot.tickets import counting
from bot.tickets.tables import Counter
from flows.facts import COUNTRIES
from tests.bot.staff.world import actor

TODAY = date(2026, 11, 27)
TWELVE, FOUR, WEEK = (released(kind, TODAY, most=1)[0] for kind in ("twelve_weeks", "four_weeks", "week"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a database with all tables, made once for this file."""
    folder = tmp_path_factory.mktemp("statistics")
    url = (
        f"sqlite+aiosqlite:///{folder / 'faro.db'}"
        if request.param == "sqlite"
        else str(request.getfixturevalue("module_postgres"))
    )

    async def make() -> None:
        engine = db.open_engine(url)
        await db.create_all(engine)
        await engine.dispose()

    asyncio.run(make())
    return url


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """An engine on empty counters."""
    engine = db.open_engine(database)
    async with engine.begin() as connection:
        for table in (Counter, SharingAgreement, AuditEntry):
            await connection.execute(delete(table))
    yield engine
    await engine.dispose()


async def counted(engine: AsyncEngine, period: Period, what: str, numbers: dict[tuple[str, str], int]) -> None:
    """(country, value) -> so many in each week of the period."""
    rows = [
        {"week": week.start, "country": country, "what": what, "value": value, "number": number}
        for week in period.parts("week")
        for (country, value), number in numbers.items()
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(Counter), rows)


def by(*dimensions: str) -> Any:
    return tuple(dimensions)


@pytest.mark.requirement("T-3")
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*INDICATORS, "shown", "incident", "organisation", "worker", "service"]), max_size=3),
    st.lists(st.sampled_from([*DIMENSIONS, "age", "department", "organisation", "worker"]), max_size=4),
    st.sampled_from([TWELVE, FOUR, WEEK]),
)
def test_whatever_is_asked_has_two_dimensions_at_most_or_no_answer(whats: list[str], dimensions: list[str], newest: Period) -> None:
    """Mutation: three dimensions, two indicators, a country at a week, or an indicator that is none, get an answer."""
    try:
        made = question(whats, dimensions, newest, TODAY)
    except NotAnswered as refusal:
        assert refusal.reason in REASONS and str(refusal).endswith(".")
        return
    assert len(whats) == 1 and whats[0] in INDICATORS
    assert set(made.by) == set(dimensions) <= set(DIMENSIONS) and len(made.by) <= 2
    assert "country" not in made.by or WEEKS[made.newest.kind] >= 12
    assert made.newest.released(TODAY)


@pytest.mark.requirement("T-3")
@pytest.mark.parametrize(
    ("whats", "dimensions", "newest", "reason"),
    [
        (["age", "need"], ["country"], TWELVE, "two_indicators"),  # never age x type x place
        (["need"], ["country", "value", "time"], TWELVE, "three_dimensions"),
        (["need"], ["country", "value"], WEEK, "time"),
        (["need"], ["value", "time"], WEEK, "time"),
        (["request"], ["country"], FOUR, "time"),
        (["request"], ["department"], TWELVE, "place"),
        (["request"], ["municipality", "country"], TWELVE, "place"),
        (["request"], ["organisation"], TWELVE, "unknown"),
        (["incident"], ["country"], TWELVE, "unknown"),
        ([], ["country"], TWELVE, "unknown"),
        (["need"], ["country"], TWELVE, "shape"),
        (["request"], ["value", "country"], TWELVE, "shape"),
        (["request"], [], TWELVE, "shape"),
        (["request"], ["country"], Period(TWELVE.end, "twelve_weeks"), "not_out"),
    ],
)
def test_what_has_no_table_is_refused_in_a_sentence(whats: list[str], dimensions: list[str], newest: Period, reason: str) -> None:
    """Mutation: the check that each line names is left out."""
    with pytest.raises(NotAnswered) as refusal:
        question(whats, dimensions, newest, TODAY)
    assert refusal.value.reason == reason and str(refusal.value) == REASONS[reason]


@pytest.mark.requirement("T-1")
def test_everything_that_is_counted_is_a_choice_and_none_is_an_incident() -> None:
    """Mutation: an indicator that nobody counts, a count that no table knows, or a type of incident among the values."""
    assert set(INDICATORS) | NOT_SHOWN == set(counting.WHATS)
    assert sorted(what for family in FAMILIES for what in family) == sorted(INDICATORS)
    incidents = {
        "rape",
        "assault",
        "violence",
        "trafficking",
        "marriage",
        "denial",
        "emotional",
        "psychological",
        "abuse",
        "incident",
    }
    values = {word for values in INDICATORS.values() for value in values for word in value.replace("-", "_").split("_")}
    assert not values & incidents
    assert set(Counter.__table__.c.keys()) == {"week", "country", "what", "value", "number"}  # type: ignore[attr-defined]


@pytest.mark.requirement("T-4")
def test_no_dimension_is_an_organisation_a_service_or_a_worker() -> None:
    """Mutation: a further dimension, or a further column in files."""
    assert set(DIMENSIONS) == {"time", "country", "value"}
    assert all(set(shape) <= set(DIMENSIONS) for shape in SHAPES)
    assert export.HEADINGS == ("indicator", "value", "country", "start", "end", "number")
    assert len(export.HASHTAGS) == len(export.HEADINGS)


def test_every_question_on_offer_can_be_asked() -> None:
    """Mutation: ``questions`` offers what ``question`` refuses, or not the newest."""
    offered = questions(TODAY)
    assert len({(each.code, each.newest) for each in offered}) == len(offered)
    for each in offered:
        assert question([each.what], each.by, each.newest, TODAY) == each
    newest = {each.code: each.newest for each in reversed(offered)}
    assert set(newest.values()) == {TWELVE, FOUR, WEEK}
    assert {each.code for each in offered} >= {"request-time", "request-country", "need-value-time", "need-country-value"}


@pytest.mark.requirement("T-2")
async def test_the_tables_read_from_the_counters(engine: AsyncEngine) -> None:
    """Mutation: periods are joined wrongly, small numbers are shown, or totals are those of the visible numbers."""
    weekly = {(country, value): 2 for country in ("CO", "PE", "VE") for value in ("health", "legal")}
    weekly |= {(country, value): 1 for country, value in (("CO", "xx"), ("PE", OTHER), ("VE", "unsaid"))}
    for period, needs in ((TWELVE, weekly), (TWELVE.parts("week")[2], {("TT", "health"): 3, ("CL", "health"): 2})):
        await counted(engine, period, "need", needs)
        totals: dict[tuple[str, str], int] = {}
        for (country, _), number in needs.items():
            totals[country, "all"] = totals.get((country, "all"), 0) + number
        await counted(engine, period, "request", totals)
    figures = Figures(engine)
    countries = await figures.answer(Question("request", by("country"), TWELVE))
    assert countries.rows == COUNTRIES and countries.down == {"all": 185}
    seen = {row for row in COUNTRIES if countries.cells[row, "all"] is not None}
    assert seen == {"CO", "PE", "VE"}, "the small ones and those with none cover one another"
    assert countries.cells["CO", "all"] == 60 and countries.cells["TT", "all"] is None
    weeks = await figures.answer(Question("request", by("time"), TWELVE.parts("week")[-1]))
    assert weeks.rows == tuple(week.start.isoformat() for week in TWELVE.parts("week"))
    assert list(weeks.cells.values()) == [15, 15, 20, *[15] * 9]
    by_value = await figures.answer(Question("need", by("value", "time"), TWELVE.parts("four_weeks")[-1]))
    assert by_value.columns == tuple(part.start.isoformat() for part in TWELVE.parts("four_weeks"))
    assert by_value.down is not None and list(by_value.down.values()) == [65, 60, 60]
    assert [by_value.cells["health", column] for column in by_value.columns] == [29, 24, 24]
    assert by_value.cells[OTHER, by_value.columns[0]] == 8, "what nobody knows counts as another"
    crossed = await figures.answer(Question("need", by("country", "value"), TWELVE))
    assert crossed.across is not None and crossed.across["VE"] == 60
    shown = [crossed.cells[country, "health"] for country in ("CO", "PE", "VE")]
    assert sorted(shown, key=str) == [24, 24, None], "one of the three hides that TT and CL needed nothing but health"
    assert all(number is None or number >= 5 for number in crossed.cells.values())
    strict = await Figures(engine, threshold=10).answer(Question("need", by("value", "time"), TWELVE.parts("four_weeks")[-1]))
    assert strict.cells[OTHER, by_value.columns[0]] is None and strict.threshold == 10


async def test_a_deployment_shows_its_own_countries_only(engine: AsyncEngine) -> None:
    """Mutation: what was counted elsewhere is in a total, and its difference to the rows is the number of somebody else."""
    await counted(engine, TWELVE, "request", {("CO", "all"): 5, ("PE", "all"): 5, ("TT", "all"): 1})
    figures = Figures(engine, countries=("CO", "PE"))
    table = await figures.answer(Question("request", by("country"), TWELVE))
    assert table.rows == ("CO", "PE") and table.down == {"all": 120}
    weekly = await figures.answer(Question("request", by("time"), TWELVE.parts("week")[-1]))
    assert set(weekly.cells.values()) == {10}
    with pytest.raises(ValueError, match="hidden"):
        Figures(engine, threshold=4)


async def test_empty_counters_hide_everything(engine: AsyncEngine) -> None:
    """Mutation: nought is shown where nothing was ever counted."""
    for each in questions(TODAY, most=1):
        table = await Figures(engine).answer(each)
        assert set(table.cells.values()) == {None}
        assert set((table.across or {"": None}).values()) == set((table.down or {"": None}).values()) == {None}


@pytest.mark.requirement("T-4")
@pytest.mark.parametrize("format", export.FORMATS)
async def test_files_say_the_same_as_tables(engine: AsyncEngine, format: Any) -> None:
    """Mutation: a hidden number is written down, the hashtags are missing, or the notice does not name the agreement."""
    await counted(engine, TWELVE, "need", {("CO", "health"): 5, ("PE", "health"): 4, ("PE", "legal"): 3, ("VE", "legal"): 1})
    for each in (
        Question("need", by("country", "value"), TWELVE),
        Question("need", by("value", "time"), FOUR),
        Question("request", by("country"), TWELVE),
        Question("request", by("time"), WEEK),
    ):
        table = await Figures(engine).answer(each)
        text = export.written(table, format, "regional-platform-2026")
        assert text.endswith("\r\n") and text.isascii()
        lines = list(csv.reader(io.StringIO(text)))
        assert len(lines[0]) == 1 and "regional-platform-2026" in lines[0][0] and "'<5'" in lines[0][0]
        assert tuple(lines[1]) == export.HEADINGS
        rows = lines[2:] if format == "csv" else lines[3:]
        assert format == "csv" or tuple(lines[2]) == export.HASHTAGS
        numbers = [*table.cells.values(), *(table.across or {}).values(), *(table.down or {}).values()]
        assert sorted(row[5] for row in rows) == sorted("<5" if number is None else str(number) for number in numbers)
        for indicator, value, country, start, end, number in rows:
            assert indicator == each.what and value in (*INDICATORS[each.what], "all") and country in (*COUNTRIES, "all")
            assert (date.fromisoformat(end) - date.fromisoformat(start)).days + 1 == 7 * WEEKS[each.newest.kind]
            assert number == "<5" or int(number) >= 5
        assert export.name(table, format).startswith(f"faro-{each.code}-2026-") and export.name(table, format).endswith(
            f".{format}.csv"
        )


def test_a_file_names_what_each_number_is_about() -> None:
    """Mutation: rows and columns are swapped in one of the shapes."""
    for shape, kind in SHAPES.items():
        newest = {"week": WEEK, "four_weeks": FOUR, "twelve_weeks": TWELVE}[kind]
        what = "age" if "value" in shape else "request"
        table = _table(Question(what, shape, newest))
        lines = list(csv.reader(io.StringIO(export.written(table, "csv", "a"))))[2:]
        marked = next(line for line in lines if line[5] == "77")
        assert marked[1] == ("adult" if "value" in shape else "all")
        assert marked[2] == ("PE" if "country" in shape else "all")
        assert marked[3] == newest.start.isoformat()


def _table(asked: Question) -> Any:
    """A table with one number in it that is nowhere else."""
    from bot.statistics.tables import Table  # noqa: PLC0415 - for this test only

    values, start = INDICATORS[asked.what], asked.newest.start.isoformat()
    rows, columns, place = {
        ("time",): ((start,), values, (start, "all")),
        ("value", "time"): (values, (start,), ("adult", start)),
        ("country",): (("CO", "PE"), values, ("PE", "all")),
        ("country", "value"): (("CO", "PE"), values, ("PE", "adult")),
    }[asked.by]
    cells = {cell: 77 if cell == place else 50 for cell in itertools.product(rows, columns)}
    return Table(asked, (asked.newest,), 5, tuple(rows), tuple(columns), cells)


@pytest.mark.requirement("T-4")
async def test_an_agreement_is_recorded_with_its_days_or_refused(engine: AsyncEngine) -> None:
    """Mutation: anybody records, an agreement holds for ever, or one without a signature yet counts."""
    now = datetime(2026, 11, 27, 15, tzinfo=UTC)
    coordinator, worker = actor("coordinator"), actor("case_manager")
    signed, ends = TODAY - timedelta(days=3), TODAY + timedelta(days=300)

    async def record(who: Actor, code: str = "regional-2026", start: date = signed, end: date = ends) -> bool:
        async with engine.begin() as connection:
            return await agreements.record(connection, who, code, start, end, now)

    assert not await record(worker)
    for code in ("", "Regional", "a b", "a" * 41, "ana@example.org", "-a"):
        with pytest.raises(AgreementRefused) as refusal:
            await record(coordinator, code)
        assert refusal.value.reason == "code"
    for start, end in (
        (TODAY + timedelta(days=1), ends),
        (signed, TODAY - timedelta(days=1)),
        (signed, signed + timedelta(days=732)),
    ):
        with pytest.raises(AgreementRefused) as refusal:
            await record(coordinator, start=start, end=end)
        assert refusal.value.reason == "days"
    assert await record(coordinator)
    with pytest.raises(AgreementRefused) as refusal:
        await record(coordinator)
    assert refusal.value.reason == "there"
    async with engine.connect() as connection:
        assert await agreements.holding(connection, TODAY) == ["regional-2026"]
        assert await agreements.holding(connection, ends) == ["regional-2026"]
        assert await agreements.holding(connection, ends + timedelta(days=1)) == []
        whats = (await connection.execute(select(AuditEntry.what))).scalars().all()  # type: ignore[call-overload]
    assert whats == ["agreement_recorded"]


@pytest.mark.requirement("T-1")
async def test_statistics_read_nothing_but_the_counters(engine: AsyncEngine) -> None:
    """Mutation: a table is made from tickets, sealed items or accounts."""
    forbidden = ("bot.tickets.storing", "bot.tickets.desk", "bot.sealing", "bot.vault", "Ticket", "SealedItem", "Movement")
    for path in (Path(export.__file__).parent).glob("*.py"):
        source = path.read_text("utf-8")
        imports = [line for line in source.splitlines() if line.startswith(("from ", "import "))]
        assert not [line for line in imports if any(word in line for word in forbidden)], path.name
    assert around("week", TODAY).kind == "week"
