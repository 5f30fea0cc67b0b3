"""The register and the figures about complaints: whom they are for, what stands in them, and a file with two people's yes."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from sqlalchemy import delete, insert

from bot.complaints.tables import ComplaintPast
from bot.staff.tables import Approval
from bot.statistics.agreements import SharingAgreement
from bot.statistics.periods import released
from bot.tickets.counting import week_of
from bot.tickets.references import reference
from bot.tickets.tables import Counter
from tests.desk.complaints import BACKUP, COORDINATOR, FOCAL, NOTE, TIED, Hearings
from tests.desk.stage import Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def none_asked(hearings: Hearings) -> None:
    async with hearings.stage.engine.begin() as connection:
        for table in (Approval, Counter, ComplaintPast, SharingAgreement):
            await connection.execute(delete(table))


async def fill(stage: Stage) -> None:
    """Twelve weeks of complaints that are out; few in Ecuador."""
    start = date.fromisoformat(form(stage)["period"])
    rows = [
        {"week": start + timedelta(weeks=week), "country": country, "what": "complaint", "value": value, "number": number}
        for week in range(12)
        for country, value, number in (("CO", "psea", 7), ("CO", "feedback", 31), ("PE", "psea", 6), ("PE", "feedback", 9))
    ]
    rows.append({"week": start, "country": "EC", "what": "complaint", "value": "psea", "number": 3})
    async with stage.engine.begin() as connection:
        await connection.execute(insert(Counter), rows)


async def holds(stage: Stage) -> None:
    """An agreement to share."""
    today = stage.now().date()
    days: dict[str, Any] = {"signed_on": today - timedelta(days=9), "ends_on": today + timedelta(days=90)}
    async with stage.engine.begin() as connection:
        made = insert(SharingAgreement).values(code="regional-2026", recorded_by="coordinator-1", recorded_at=stage.now(), **days)
        await connection.execute(made)


def form(stage: Stage, **changed: str) -> dict[str, str]:
    """Of the file of one table."""
    twelve = released("twelve_weeks", stage.now().date(), most=1)[0]
    asked = {"table": "complaint-country-value", "period": twelve.start.isoformat(), "format": "hxl", "agreement": "regional-2026"}
    return asked | changed


def without_tokens(page: str) -> str:
    return re.sub(r'(name="csrf" value|data-csrf|data-session)="[^"]*"', "", page)


@pytest.mark.requirement("C-4", "T-3", "T-4")
async def test_the_register_is_for_independent_organisations(stage: Stage, hearings: Hearings) -> None:
    """Others get the same page with and without complaints, and no file. Mutation: a number for a coordinator of a member
    organisation; an organisation, an account or a day in an entry; a sum that counts who said no."""
    await holds(stage)
    await fill(stage)
    before = {}
    for name in (TIED, "psea-1", "coordinator-1"):
        async with stage.client(name) as client:
            before[name] = [without_tokens((await client.get(f"/desk/register{more}")).text) for more in ("", "/figures")]
            assert "for independent organisations only" in before[name][0] and "<table" not in before[name][0]
    complaint_id = await hearings.send(urgent=True, counted=True)
    await hearings.feedback(topic="thanks", counted=True)
    no = await hearings.send()
    for name, pages in before.items():
        async with stage.client(name) as client:
            assert pages == [without_tokens((await client.get(f"/desk/register{more}")).text) for more in ("", "/figures")]
            assert (await client.post("/desk/register/ask", data=form(stage))).status_code == 404
            assert (await client.post("/desk/register/file", data=form(stage))).status_code == 404
    async with stage.client(FOCAL) as client:
        page = (await client.get("/desk/register?weeks=1&country=CO")).text
        assert "2 complaints: 2 open, 0 late, 0 over" in page and reference(complaint_id) in page
        assert reference(no) in page and page.count("not to be counted") == 1 and "only those who agreed to be counted" in page
        assert "Casa Sur" not in page and NOTE not in page and FOCAL not in page.partition("<main")[2].partition("</main")[0]
        assert "There are no complaints in these weeks." not in page


async def test_late_ones_are_counted_and_weeks_chosen(stage: Stage, hearings: Hearings) -> None:
    """Mutation: a filter that filters nothing; a step that is never late; a complaint that is gone, and its entry with it."""
    old = await hearings.send(counted=True)
    await hearings.set(
        old, created_at=stage.now() - timedelta(weeks=3), accept_by=stage.now() - timedelta(weeks=3) + timedelta(hours=12)
    )
    gone = {"country": "CO", "inbox": "psea", "about": "police", "outcome": "answered", "accepted": "late", "forwarded": ""}
    alike = gone | {"answered": "in_time", "received": 0, "contested": True, "number": 2}
    async with stage.engine.begin() as connection:
        await connection.execute(insert(ComplaintPast).values(**alike, week=week_of(stage.now()) - timedelta(weeks=40)))
    async with stage.client(COORDINATOR) as client:
        assert "0 complaints" in (await client.get("/desk/register?weeks=1")).text
        page = (await client.get("/desk/register?weeks=4")).text
        assert "1 complaint: 1 open, 1 late, 0 over" in page and "<td>late</td>" in page
        assert (
            "1 complaint: 1 open" in (await client.get("/desk/register?weeks=no&country=XX")).text
        )  # what is no choice is the usual
        page = (await client.get("/desk/register?weeks=52")).text
        assert "3 complaints: 1 open, 1 late, 2 over" in page and page.count('class="code">–<') == 2


@pytest.mark.requirement("M-8", "T-2", "T-3", "T-4")
async def test_a_file_of_figures_with_an_agreement_and_a_second_persons_yes(stage: Stage, hearings: Hearings) -> None:
    """Asked under an agreement that holds, seen as what it is by another independent account, agreed to, taken out once: the
    numbers of the table, old enough and with the small ones hidden, and nothing of an entry.

    Mutation: a file without an agreement, without a yes, by one's own yes, by that of an organisation that gives help, for another
    choice, or twice; a row of the register in it."""
    await fill(stage)
    complaint_id = await hearings.send(counted=True)
    async with stage.client(FOCAL) as one, stage.client(BACKUP) as two:
        assert (await one.post("/desk/register/ask", data=form(stage))).status_code == 404, "no agreement holds"
        page = (await one.get("/desk/register/figures")).text
        assert "No agreement to share holds yet" in page and "/register/ask" not in page
        await holds(stage)
        assert (await one.post("/desk/register/file", data=form(stage))).status_code == 404
        now = str(week_of(stage.now()))
        for changed in ({"agreement": "other"}, {"table": "need-country-value"}, {"period": now}):
            assert (await one.post("/desk/register/ask", data=form(stage, **changed))).status_code == 404, changed
        answer = await one.post("/desk/register/ask", data=form(stage))
        assert answer.headers["location"].startswith("/desk/register/figures?table=complaint-country-value&")
        assert answer.headers["location"].endswith("done=asked")
        assert "Waiting for your agreement" not in (await one.get("/desk/register/figures")).text
        assert "asks for a file of the figures" in (await two.get("/desk/register")).text
        page = (await two.get("/desk/register/figures")).text
        assert f"{FOCAL} asks for this file" in page and "HXL, under the agreement regional-2026" in page
        [id] = re.findall(r'name="id" value="([0-9a-f-]{36})"', page)
        assert (await one.post("/desk/register/approve", data={"id": id})).status_code == 404
        async with stage.client("psea-1") as tied:
            assert (await tied.post("/desk/register/approve", data={"id": id})).status_code == 404
        async with stage.client("coordinator-1") as tied:  # nor on a page that agrees to other files
            assert (await tied.post("/desk/statistics/approve", data={"id": id})).status_code == 404
        assert (await two.post("/desk/register/approve", data={"id": "x"})).status_code == 400
        assert (await two.post("/desk/register/approve", data={"id": id})).headers["location"].endswith("?done=approved")
        assert (await one.post("/desk/register/file", data=form(stage, format="csv"))).status_code == 404
        table = f"/desk/register/figures?table=complaint-country-value&period={form(stage)['period']}"
        assert "Download HXL, agreement regional-2026" in (await one.get(table)).text
        answer = await one.post("/desk/register/file", data=form(stage))
        assert answer.status_code == 200 and "faro-complaint-country-value-" in answer.headers["content-disposition"]
        notice, names, tags, *rows = list(csv.reader(io.StringIO(answer.text)))
        assert "regional-2026" in notice[0] and names[-1] == "number" and tags[0].startswith("#")
        assert ["complaint", "psea", "CO", "84"] in [[*row[:3], row[5]] for row in rows]
        assert all(row[5] == "<5" or int(row[5]) >= 5 for row in rows)
        assert all(date.fromisoformat(row[4]) < stage.now().date() - timedelta(days=7) for row in rows)
        assert reference(complaint_id) not in answer.text and "casa-sur" not in answer.text and NOTE not in answer.text
        assert (await one.post("/desk/register/file", data=form(stage))).status_code == 404


@pytest.mark.requirement("T-1", "T-2", "T-3", "L-6")
async def test_figures_hide_small_numbers_and_fit(stage: Stage, browser: Browser, hearings: Hearings) -> None:
    """Mutation: a number below the threshold on the page; a table that a phone cannot show."""
    await fill(stage)
    await holds(stage)
    await hearings.send()
    async with stage.seen(browser, viewport={"width": 360, "height": 800}) as seen:
        await stage.enter(seen.context, FOCAL)
        await seen.open("/desk/register/figures?table=complaint-country-value")
        text = await seen.text()
        assert "84" in text and "<5" in text
        cells = await seen.page.locator("table.figures tbody tr", has_text="Ecuador").locator("td").all_inner_texts()
        assert "3" not in cells
        for path in ("/register", "/register/figures"):
            await seen.open(f"/desk{path}")
            assert await faults(seen.page) == [], path
            assert await fits(seen.page), path
            await seen.page.emulate_media(color_scheme="dark")
            assert await faults(seen.page, rules=["color-contrast"]) == [], path
            await seen.page.emulate_media(color_scheme="light")
