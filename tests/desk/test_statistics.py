"""The page of figures: what it shows to whom, what it never shows, and a file with two people's yes."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from sqlalchemy import delete, insert, select

from bot.staff.tables import Approval, AuditEntry
from bot.statistics.agreements import SharingAgreement
from bot.statistics.periods import Period, released
from bot.statistics.tables import INDICATORS, questions
from bot.tickets.tables import Counter
from tests.desk.stage import Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKS, AGREES, SEES = "coordinator-1", "coordinator-2", "supervisor-co-1"
#: In each week: three countries with much, one with a little and never legal help, one that covers those without any.
WEEKLY = {
    ("CO", "health"): 9,
    ("CO", "legal"): 7,
    ("PE", "health"): 6,
    ("PE", "legal"): 5,
    ("VE", "health"): 8,
    ("VE", "legal"): 6,
    ("TT", "health"): 2,
    ("EC", "health"): 1,
}


def periods(stage: Stage) -> tuple[Period, Period]:
    """The newest twelve and four weeks that are out."""
    today = stage.now().date()
    return released("twelve_weeks", today, most=1)[0], released("four_weeks", today, most=1)[0]


async def fill(stage: Stage) -> None:
    """Counters of a year, in which every request has a need and is counted as such."""
    start = periods(stage)[0].start - timedelta(weeks=24)
    rows = []
    for week in range(48):
        monday = start + timedelta(weeks=week)
        totals: dict[str, int] = {}
        for (country, value), number in WEEKLY.items():
            rows.append({"week": monday, "country": country, "what": "need", "value": value, "number": number})
            totals[country] = totals.get(country, 0) + number
        rows += [
            {"week": monday, "country": each, "what": "request", "value": "all", "number": number}
            for each, number in totals.items()
        ]
    async with stage.engine.begin() as connection:
        await connection.execute(delete(Counter))
        await connection.execute(insert(Counter), rows)


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def figures(request: pytest.FixtureRequest) -> Stage:
    """The desk of the test, with counters and without agreements and approvals."""
    name = "small_stage" if "small_stage" in request.fixturenames else "stage"
    stage: Stage = request.getfixturevalue(name)
    await fill(stage)
    async with stage.engine.begin() as connection:
        for table in (SharingAgreement, Approval, AuditEntry):
            await connection.execute(delete(table))
    return stage


def numbers(page: str) -> dict[str, list[str]]:
    """The table of a page: heading of the row -> its cells."""
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return {re.findall(r'scope="row">([^<]*)', row)[0]: re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows}


async def agree(stage: Stage) -> None:
    today = stage.now().date()
    async with stage.client(ASKS) as client:
        answer = await client.post(
            "/desk/statistics/agreement",
            data={"code": "regional-2026", "signed_on": str(today - timedelta(days=9)), "ends_on": str(today + timedelta(days=90))},
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/statistics?done=recorded")


def form(stage: Stage, **changed: str) -> dict[str, str]:
    twelve = periods(stage)[0]
    return {
        "table": "need-country-value",
        "period": twelve.start.isoformat(),
        "format": "hxl",
        "agreement": "regional-2026",
    } | changed


@pytest.mark.requirement("T-2")
async def test_small_and_hidden_numbers_look_the_same(stage: Stage) -> None:
    """Mutation: a hidden number has its own mark, or its bar the length of what it hides."""
    async with stage.client(SEES) as client:
        page = (await client.get("/desk/statistics?table=need-country-value&country=TT")).text
        rows = numbers(page)
        cells = {cell for row in rows.values() for cell in row}
        assert all(cell == "&lt;5" or int(cell.replace(",", "")) >= 5 for cell in cells) and "&lt;5" in cells
        bars = re.findall(r'<rect x="0" y="1" width="([\d.]+)" height="8" class="(is-\w+)"', page)
        hidden = {width for width, kind in bars if kind == "is-hidden"}
        assert len(bars) == len(INDICATORS["need"]) and len(hidden) == 1
        assert page.count("&lt;5 means: fewer than 5, or none") == 1
        # How much there is in TT is seen; that all of it is health is not, nor anything else that would say so.
        assert rows["Trinidad &amp; Tobago"] == ["&lt;5"] * len(INDICATORS["need"]) + ["24"]
        assert rows["Ecuador"] == rows["Chile"] == ["&lt;5"] * (len(INDICATORS["need"]) + 1), "12 and none look alike"
        assert rows["Colombia"][-1] == "192"


@pytest.mark.requirement("T-3")
async def test_a_question_without_a_table_gets_a_sentence(stage: Stage) -> None:
    """Mutation: three dimensions get a table, or a page of its own that looks like a fault of the program."""
    async with stage.client(SEES) as client:
        for code, said in (
            ("need-country-value-time", "two dimensions at most"),
            ("request-department", "Places are countries"),
            ("incident-country", "no such figure"),
            ("need-country", "no table of this form"),
        ):
            answer = await client.get(f"/desk/statistics?table={code}")
            assert answer.status_code == 422 and said in answer.text, code
            assert 'role="alert"' in answer.text and "<tbody>" in answer.text, "and the page still shows what there is"
        old = await client.get("/desk/statistics?table=need-country-value&period=1999-01-04&country=ZZ")
        assert old.status_code == 200


@pytest.mark.requirement("T-3")
async def test_nothing_is_offered_that_is_not_out(stage: Stage) -> None:
    """Mutation: the running period is in the list, or its numbers in a table."""
    today = stage.now().date()
    async with stage.client(SEES) as client:
        for each in {asked.code: asked for asked in reversed(questions(today))}.values():
            page = (await client.get(f"/desk/statistics?table={each.code}")).text
            offered = re.findall(r'<option value="(\d{4}-\d\d-\d\d)"', page)
            assert offered and offered[0] == each.newest.start.isoformat()
            assert all(Period(date.fromisoformat(start), each.newest.kind).released(today) for start in offered)


async def test_who_may_only_see_takes_nothing_out(stage: Stage) -> None:
    """Mutation: the forms are there for supervisors, or their routes answer."""
    await agree(stage)
    async with stage.client(SEES) as client:
        page = (await client.get("/desk/statistics")).text
        assert "/statistics/ask" not in page and "/statistics/agreement" not in page and "regional-2026" not in page
        for path in ("ask", "file", "agreement"):
            assert (await client.post(f"/desk/statistics/{path}", data=form(stage))).status_code == 404


@pytest.mark.requirement("T-4")
@pytest.mark.requirement("M-8")
async def test_a_file_takes_an_agreement_and_two_people(stage: Stage) -> None:
    """Mutation: a file without agreement, without a second person, with one's own yes, for another table, or twice."""
    async with stage.client(ASKS) as asks, stage.client(AGREES) as agrees:
        assert (await asks.post("/desk/statistics/ask", data=form(stage))).status_code == 404, "no agreement holds"
        await agree(stage)
        assert (await asks.post("/desk/statistics/file", data=form(stage))).status_code == 404, "nobody was asked"
        for wrong in ({"table": "need-country-value-time"}, {"format": "xlsx"}, {"agreement": "other"}, {"period": "1999-01-04"}):
            assert (await asks.post("/desk/statistics/ask", data=form(stage, **wrong))).status_code == 404
        answer = await asks.post("/desk/statistics/ask", data=form(stage))
        assert answer.status_code == 303 and answer.headers["location"].endswith("done=asked")

        assert "/statistics/approve" not in (await asks.get("/desk/statistics")).text, "nobody agrees with themselves"
        page = (await agrees.get("/desk/statistics")).text
        assert f"{ASKS} asks for this file" in page and "HXL, under the agreement regional-2026" in page
        (waiting,) = re.findall(r'name="id" value="([0-9a-f-]{36})"', page)
        assert (await asks.post("/desk/statistics/approve", data={"id": waiting})).status_code == 404
        assert (await agrees.post("/desk/statistics/approve", data={"id": "x"})).status_code == 400
        answer = await agrees.post("/desk/statistics/approve", data={"id": waiting})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/statistics?done=approved")

        assert (await agrees.post("/desk/statistics/file", data=form(stage))).status_code == 404, "it is not theirs"
        assert (await asks.post("/desk/statistics/file", data=form(stage, format="csv"))).status_code == 404, (
            "that was not asked for"
        )
        twelve = periods(stage)[0]
        chosen = f"/desk/statistics?table=need-country-value&period={twelve.start}"
        assert "Download HXL, agreement regional-2026" in (await asks.get(chosen)).text
        file = await asks.post("/desk/statistics/file", data=form(stage))
        assert file.status_code == 200 and file.headers["content-type"].startswith("text/csv")
        assert file.headers["content-disposition"].startswith('attachment; filename="faro-need-country-value-')
        assert file.headers["cache-control"] == "no-store"
        rows = list(csv.reader(io.StringIO(file.text)))
        assert rows[2][0] == "#indicator+code" and ["need", "health", "CO", str(twelve.start), str(twelve.last), "108"] in rows
        assert all(row[5] == "<5" or int(row[5]) >= 5 for row in rows[3:])
        assert (await asks.post("/desk/statistics/file", data=form(stage))).status_code == 404, "once"
    async with stage.engine.connect() as connection:
        asked: Any = select(AuditEntry.actor, AuditEntry.what).order_by(AuditEntry.number)  # type: ignore[call-overload]
        assert [tuple(row) for row in await connection.execute(asked)] == [
            (ASKS, "agreement_recorded"), (ASKS, "export_asked"), (AGREES, "export_approved"), (ASKS, "exported"),
        ]  # fmt: skip


@pytest.mark.requirement("T-4")
async def test_an_agreement_that_cannot_be_recorded_keeps_what_was_typed(stage: Stage) -> None:
    """Mutation: the form comes back empty, or says nothing beside the field."""
    async with stage.client(ASKS) as client:
        for given, said in (
            ({"code": "Not So", "signed_on": "2026-01-01", "ends_on": "2027-01-01"}, "small letters"),
            ({"code": "so-1", "signed_on": "2020-01-01", "ends_on": "2029-01-01"}, "two years after"),
            ({"code": "so-1", "signed_on": "yesterday", "ends_on": ""}, "two years after"),
        ):
            answer = await client.post("/desk/statistics/agreement", data=given)
            assert answer.status_code == 422 and said in answer.text
            assert f'value="{given["code"]}"' in answer.text
    async with stage.engine.connect() as connection:
        assert (await connection.execute(select(SharingAgreement))).first() is None


async def test_an_empty_desk_says_what_will_be_here(small_stage: Stage) -> None:
    """Mutation: empty counters make a fault instead of a table of hidden numbers."""
    async with small_stage.engine.begin() as connection:
        await connection.execute(delete(Counter))
    async with small_stage.client(SEES) as client:
        page = (await client.get("/desk/statistics?table=request-country")).text
        assert {cell for row in numbers(page).values() for cell in row} == {"&lt;5"}


@pytest.mark.requirement("L-6")
async def test_every_table_reads_well_on_any_screen(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a bar without its number in words, a table wider than the page, a colour that is too pale in one theme."""
    await agree(small_stage)
    every = [f"?table={each}" for each in ("request-time", "need-value-time", "request-country", "need-country-value")]
    for scheme, width, paths in (("light", 320, every), ("dark", 1280, every[-1:])):
        async with small_stage.seen(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as seen:
            await small_stage.enter(seen.context, ASKS)
            for path in paths:
                await seen.open("/desk/statistics" + path)
                assert await faults(seen.page) == [] and await fits(seen.page), (path, scheme, width)
                said = await seen.page.locator(".bar").all_inner_texts()
                assert len(said) >= 9 and all(re.search(r"\w[\s\S]*\n(<5|[\d.,]+)$", bar.strip()) for bar in said), said
