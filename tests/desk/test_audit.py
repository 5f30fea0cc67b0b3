"""The audit on the desk: who sees which entries, the chain, and a file that takes two people."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from sqlalchemy import delete, insert, update

from bot.desk import audit_view
from bot.staff import audit
from bot.staff.tables import Approval, AuditEntry
from bot.tickets.references import reference
from bot.tickets.tables import Ticket
from tests.bot.staff.world import ticket
from tests.desk.stage import Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_entry: Any = AuditEntry.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_approval: Any = Approval.__table__  # type: ignore[attr-defined]
CO, PE, BOTH, GONE = (bytes([number]) * 16 for number in range(1, 5))
FORGOTTEN = reference(GONE)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(stage: Stage) -> AsyncIterator[Stage]:
    """An audit of a few entries about requests in Colombia, in Peru, in both, and one that is forgotten."""
    async with stage.engine.begin() as connection:
        for table in (_entry, _approval, _ticket):
            await connection.execute(delete(table))
        for id, country, countries in ((CO, "CO", ()), (PE, "PE", ()), (BOTH, "PE", ("CO",))):
            ends = {"expires_at": stage.now() + timedelta(days=7)}
            await connection.execute(insert(_ticket).values(**ticket(id, country=country, countries=countries) | ends))
        for actor, role, what, subject in (
            ("case-manager-co-1", "case_manager", "claimed", reference(CO)),
            ("case-manager-co-1", "case_manager", "opened_contact", reference(CO)),
            ("case-manager-pe-1", "case_manager", "opened_card", reference(PE)),
            ("case-manager-pe-1", "case_manager", "opened_note", reference(BOTH)),
            ("coordinator-1", "coordinator", "opened_note", FORGOTTEN),
            ("case-manager-co-2", "case_manager", "closed", FORGOTTEN),
            ("clock", "", "wiped", reference(PE)),
            ("administrator-1", "administrator", "account_changed", "case-manager-pe-1"),
            ("administrator-1", "administrator", "roster_loaded", ""),
        ):
            await audit.record(connection, actor, role, what, subject, stage.now())
    yield stage
    async with stage.engine.begin() as connection:
        await connection.execute(delete(_ticket))


def lines(page: str) -> list[tuple[str, str, str]]:
    """(who, what, about) as the table has them."""
    body = page[page.index("<tbody") : page.index("</tbody>")] if "<tbody" in page else ""
    found = []
    for row in body.split("<tr ")[1:]:
        cells = [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        found.append((cells[1][0], " ".join(cells[2]), " ".join(cells[3])))
    return found


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-1")
async def test_a_supervisor_sees_what_concerns_the_own_countries(desk: Stage) -> None:
    """Mutation: everything; only what one's own accounts did; a forgotten request of anybody who works here too."""
    async with desk.client("supervisor-co-1") as client:
        seen = lines((await client.get("/desk/audit")).text)
    assert seen == [
        ("case-manager-co-2", "closed", FORGOTTEN),
        ("case-manager-pe-1", "opened the note", reference(BOTH)),
        ("case-manager-co-1", "opened the contact", reference(CO)),
        ("case-manager-co-1", "claimed", reference(CO)),
    ]
    async with desk.client("supervisor-pe-1") as client:
        about = [subject for _, _, subject in lines((await client.get("/desk/audit")).text)]
    assert about == ["case-manager-pe-1", reference(PE), reference(BOTH), reference(PE)]


@pytest.mark.requirement("M-1")
async def test_an_administrator_sees_all_of_it_and_no_content(desk: Stage) -> None:
    """Mutation: a limit that cuts off the beginning."""
    async with desk.client("administrator-1") as client:
        seen = lines((await client.get("/desk/audit")).text)
    assert len(seen) == 9 and seen[0][:2] == ("administrator-1", "loaded the roster")
    assert ("the", "wiped", reference(PE)) in seen  # the clock


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"account": "case-manager-pe-1"}, 2),
        ({"reference": reference(CO)}, 2),
        ({"reference": reference(CO).replace("-", "").lower()}, 2),
        ({"reference": "case-manager-pe-1"}, 1),
        ({"account": "clock"}, 1),
        ({"account": "case-manager-co-1", "reference": FORGOTTEN}, 0),
        ({"day": "2020-01-01"}, 0),
        ({"day": "today"}, 9),
    ],
)
async def test_entries_are_found_by_account_reference_and_day(desk: Stage, wanted: dict[str, str], found: int) -> None:
    """What was looked for stands in the form and not in the address. Mutation: a filter that is not asked."""
    if wanted.get("day") == "today":
        wanted = {"day": desk.now().date().isoformat()}
    async with desk.client("administrator-1") as client:
        answer = await client.post("/desk/audit", data=wanted)
    assert len(lines(answer.text)) == found and str(answer.url).endswith("/desk/audit")
    assert all(f'value="{value}"' in answer.text for value in wanted.values())
    if not found:
        assert "No entry fits" in answer.text


async def test_a_filter_opens_nothing_that_is_not_one_s_own(desk: Stage) -> None:
    """Mutation: asking for the scope without a filter only; accounts of others in the choice."""
    async with desk.client("supervisor-co-1") as client:
        for wanted in ({"reference": reference(PE)}, {"account": "administrator-1"}, {"account": "coordinator-1"}):
            assert lines((await client.post("/desk/audit", data=wanted)).text) == []
        page = (await client.get("/desk/audit")).text
        assert "case-manager-pe-1<" not in page[: page.index("<tbody")]


async def test_earlier_entries_are_on_the_next_page(desk: Stage) -> None:
    """Also where most are not one's own. Mutation: a page that ends at the first batch; an entry lost between two pages."""
    async with desk.engine.begin() as connection:
        for number in range(audit_view._BATCH + 20):
            actor, subject = ("case-manager-pe-1", reference(PE)) if number >= 70 else ("case-manager-co-1", reference(CO))
            await audit.record(connection, actor, "case_manager", "tried", subject, desk.now())
    async with desk.client("supervisor-co-1") as client:
        first = (await client.get("/desk/audit")).text
        assert len(lines(first)) == 50
        before = re.search(r'name="before" value="(\d+)"', first)
        assert before is not None
        second = (await client.post("/desk/audit", data={"before": before[1]})).text
        assert len(lines(second)) == 20 + 4 and 'name="before"' not in second
        assert (await client.post("/desk/audit", data={"before": "1; DROP"})).status_code == 400


# --- the chain -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-1")
async def test_the_page_says_whether_the_chain_is_whole(desk: Stage) -> None:
    """Mutation: a sign that is always green."""
    head = await audit.head(desk.engine)
    assert head is not None
    async with desk.client("administrator-1") as client:
        page = (await client.get("/desk/audit")).text
        assert f"Whole: nothing was changed or removed up to entry {head.number}" in page and head.digest.hex()[:16] in page
        async with desk.engine.begin() as connection:
            await connection.execute(update(_entry).where(_entry.c.number == 2).values(what="opened_card"))
        page = (await client.get("/desk/audit")).text
    assert "The audit was altered: entry 2" in page and "Whole:" not in page


async def test_a_long_chain_is_checked_when_asked(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: saying "whole" of what was not looked at."""
    monkeypatch.setattr("bot.desk.pages.audit.CHECKED_AT_ONCE", 3)
    async with desk.client("administrator-1") as client:
        page = (await client.get("/desk/audit")).text
        assert "The last entry has number 9" in page and "Whole:" not in page
        assert "Whole:" in (await client.post("/desk/audit", data={"check": "1"})).text


# --- a file ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-8")
async def test_a_file_takes_a_second_person_and_is_given_once(desk: Stage) -> None:
    """Mutation: agreeing to one's own; a file without an approval; one approval for two files, or for another month."""
    month = desk.now().astimezone(UTC).strftime("%Y-%m")
    async with desk.client("administrator-1") as asks, desk.client("supervisor-co-1") as agrees:
        assert (await asks.post("/desk/audit/file", data={"month": month})).status_code == 404
        assert (await asks.post("/desk/audit/ask", data={"month": "1999-01"})).status_code == 404
        assert (await asks.post("/desk/audit/ask", data={"month": month})).headers["location"] == "/desk/audit?done=asked"
        own = (await asks.get("/desk/audit")).text
        assert f"{month}: waits for another person" in own and 'name="id"' not in own
        page = (await agrees.get("/desk/audit")).text
        assert f"administrator-1 asks for the file of {month}" in page
        found = re.search(r'name="id" value="([0-9a-f-]{36})"', page)
        assert found is not None
        assert (await asks.post("/desk/audit/agree", data={"id": found[1]})).status_code == 404
        assert (await asks.post("/desk/audit/file", data={"month": month})).status_code == 404
        assert (await agrees.post("/desk/audit/agree", data={"id": found[1]})).status_code == 303
        assert (await agrees.post("/desk/audit/file", data={"month": month})).status_code == 404, "for whoever asked"
        assert f"{month}: agreed to, once" in (await asks.get("/desk/audit")).text
        file = await asks.post("/desk/audit/file", data={"month": month})
        assert file.headers["content-type"].startswith("text/csv") and f"audit-{month}.csv" in file.headers["content-disposition"]
        assert (await asks.post("/desk/audit/file", data={"month": month})).status_code == 404
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["number"] for row in rows] == sorted((row["number"] for row in rows), key=int)
    assert [row["what"] for row in rows[:2]] == ["claimed", "opened_contact"] and len(rows[0]["digest"]) == 64
    async with desk.engine.connect() as connection:
        whats = [(row.actor, row.what) for row in reversed(await audit.latest(connection, limit=3))]
    assert whats == [("administrator-1", "export_asked"), ("supervisor-co-1", "export_approved"), ("administrator-1", "exported")]


@pytest.mark.requirement("M-8")
async def test_a_supervisor_s_file_holds_what_the_supervisor_sees(desk: Stage) -> None:
    """Mutation: the scope of the page, and none of the file."""
    month = desk.now().astimezone(UTC).strftime("%Y-%m")
    async with desk.client("supervisor-co-1") as asks, desk.client("administrator-1") as agrees:
        await asks.post("/desk/audit/ask", data={"month": month})
        found = re.search(r'name="id" value="([0-9a-f-]{36})"', (await agrees.get("/desk/audit")).text)
        assert found is not None
        await agrees.post("/desk/audit/agree", data={"id": found[1]})
        file = await asks.post("/desk/audit/file", data={"month": month})
    subjects = {row["subject"] for row in csv.DictReader(io.StringIO(file.text))}
    assert reference(CO) in subjects and reference(PE) not in subjects and "case-manager-pe-1" not in subjects


@pytest.mark.parametrize(
    ("first", "now", "expected"),
    [
        (datetime(2026, 11, 3, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC), ["2027-02", "2027-01", "2026-12", "2026-11"]),
        (datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC), ["2026-11"]),
    ],
)
async def test_months_since_the_first_entry(desk: Stage, first: datetime, now: datetime, expected: list[str]) -> None:
    """Across the year. Mutation: months of one year only; the newest left out."""
    async with desk.engine.begin() as connection:
        await connection.execute(delete(_entry))
        assert await audit_view.months(connection, now) == []
        await audit.record(connection, "clock", "", "wiped", "", first)
        assert await audit_view.months(connection, now) == expected
    assert audit_view.bounds("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_audit_is_read_on_a_phone_too(desk: Stage, browser: Browser, width: int) -> None:
    """Mutation: a table that is wider than the window; one that stops being a table for whoever hears it."""
    async with desk.engine.begin() as connection:
        await audit.record(connection, "case-manager-co-1", "case_manager", "opened_card", reference(os.urandom(16)), desk.now())
    async with desk.seen(browser, viewport={"width": width, "height": 800}) as seen:
        await desk.enter(seen.context, "administrator-1")
        page = seen.page
        await seen.open("/desk/audit")
        assert await faults(page) == [] and await fits(page)
        assert await page.get_by_role("row").count() == 1 + 10
        await page.get_by_label("Account").select_option("clock")
        await page.get_by_role("button", name="Show", exact=True).click()
        await page.get_by_role("link", name="Remove the filters").wait_for()
        assert await page.get_by_role("row").count() == 1 + 1 and await faults(page) == []
