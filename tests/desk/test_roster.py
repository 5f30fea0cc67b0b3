"""The roster on the desk: who is there, every hole, and changing it within one's own scope."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar
from playwright.async_api import Browser, expect
from sqlalchemy import delete, insert, select

from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff import audit
from tests.desk.stage import STAFF, Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOGOTA = ZoneInfo("America/Bogota")
_shift: Any = Shift.__table__  # type: ignore[attr-defined]
_change: Any = ShiftException.__table__  # type: ignore[attr-defined]
_holiday: Any = Holiday.__table__  # type: ignore[attr-defined]


@pytest_asyncio.fixture(loop_scope="module")
async def desk(stage: Stage) -> AsyncIterator[Stage]:
    """Without any roster; everybody who answers in Colombia has a key, and the desk speaks English."""
    for name in ("case-manager-co-1", "case-manager-co-2", "child-protection-co-1", "supervisor-co-1"):
        await stage.account(name)
    async with stage.engine.begin() as connection:
        for table in (_shift, _change, _holiday):
            await connection.execute(delete(table))
    yield stage


async def plan(
    stage: Stage, name: str, *, days: tuple[int, ...] = tuple(range(7)), opens: int = 480, closes: int = 1200, **more: Any
) -> list[uuid.UUID]:
    """Shifts of an account in Colombia, from 08:00 to 20:00."""
    actor = await stage.actor(name)
    usual = {"staff_id": actor.id, "country": "CO", "duty": "primary", "area": "", "zone": "America/Bogota", "origin": "desk"}
    rows = [{**usual, "id": uuid.uuid4(), "weekday": day, "opens": opens, "closes": closes, **more} for day in days]
    async with stage.engine.begin() as connection:
        await connection.execute(insert(_shift), rows)
    return [row["id"] for row in rows]


async def rows(stage: Stage, table: Any) -> list[Any]:
    async with stage.engine.connect() as connection:
        return list((await connection.execute(select(table))).all())


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page sends no {name}"
    return found[1]


def shift_form(account: str, **said: Any) -> dict[str, Any]:
    usual = {
        "country": "CO", "account": account, "duty": "primary", "days": ["0", "2"], "opens": "20:00", "closes": "08:00",
        "zone": "America/Bogota", "area": "", "valid_from": "", "valid_until": "",
    }  # fmt: skip
    return usual | said


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
async def test_nobody_at_all_is_one_hole_over_everything(desk: Stage) -> None:
    """Mutation: a page that is content with an empty roster."""
    async with desk.client("supervisor-co-1") as client:
        page = (await client.get("/desk/roster?country=CO")).text
    assert "there is no shift in the next three weeks" in page
    assert "Nobody picks up requests" in page and "Nobody as: supervisor" in page
    assert page.count('class="cover-none"') == 1 + 15 and 'class="cover-one"' in page  # the legend, and 15 days touched
    assert "There is no list of holidays" in page
    assert "You have no shift" in page


@pytest.mark.requirement("D-7")
async def test_every_hole_stands_in_the_list_with_its_times_there(desk: Stage) -> None:
    """In the time of the country, for all 14 days. Mutation: only the first hole; UTC; a bar for a hole that no line names."""
    await plan(desk, "case-manager-co-1")
    async with desk.client("case-manager-co-1") as client:
        today = desk.now().astimezone(BOGOTA)
        page = (await client.get("/desk/roster?country=CO")).text
    listed = page[page.index("Nobody picks up requests") : page.index("Alone: case-manager-co-1")]
    holes = re.findall(r"<li class=\"number\">\w{3}, \w{3} \d+, (\d\d:\d\d)(?:–| – \w{3}, \w{3} \d+, )(\d\d:\d\d)</li>", listed)
    nights = [today.replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=step) for step in range(-1, 15)]
    whole = [night for night in nights if today < night and night + timedelta(hours=12) < today + timedelta(days=14)]
    assert [hole for hole in holes if hole == ("20:00", "08:00")] == [("20:00", "08:00")] * len(whole)
    assert len(holes) in (len(whole), len(whole) + 1, len(whole) + 2)  # what is cut at both ends of the picture
    assert f"{len(holes)} times" in page
    assert page.count('class="cover-one"') >= 14
    assert "Alone: case-manager-co-1" in page and "Nobody honours the wish: a man" in page and "Nobody speaks: Portuguese" in page


@pytest.mark.requirement("D-7")
async def test_a_holiday_is_a_hole_and_what_runs_out_is_said(desk: Stage) -> None:
    """Mutation: weekly shifts that hold on a holiday; a list that ends soon and nobody hears of it."""
    await plan(desk, "case-manager-co-1", opens=0, closes=1440, valid_until=desk.now().date() + timedelta(days=20))
    day = (desk.now().astimezone(BOGOTA) + timedelta(days=3)).date()
    async with desk.engine.begin() as connection:
        await connection.execute(
            insert(_holiday).values(id=uuid.uuid4(), country="CO", day=day, works=False, added_at=desk.now(), origin="law")
        )
    async with desk.client("coordinator-1") as client:
        page = (await client.get("/desk/roster?country=CO")).text
    assert "1 time<" in page
    assert "The list of holidays ends soon" in page and "A shift of case-manager-co-1 ends on" in page


async def test_a_country_of_others_is_like_one_that_does_not_exist(desk: Stage) -> None:
    """Mutation: asking for the page but not for the country; a choice of countries that names others."""
    async with desk.client("case-manager-co-1") as client:
        nothing = await client.get("/desk/roster?country=XX")
        for path in ("/desk/roster?country=PE", "/desk/roster/plan?country=PE"):
            answer = await client.get(path)
            assert (answer.status_code, answer.content) == (404, nothing.content)
        assert "Peru" not in (await client.get("/desk/roster")).text
    async with desk.client("supervisor-co-1") as client:
        assert (await client.get("/desk/roster/shift/new?country=PE")).status_code == 404
        assert (await client.post("/desk/roster/holiday", data={"country": "PE", "day": "2030-01-01"})).status_code == 404
    assert await rows(desk, _holiday) == []


async def test_my_shifts_as_a_file_for_me_alone(desk: Stage) -> None:
    """Mutation: everybody's shifts; an address that answers without a sign-in."""
    await plan(desk, "case-manager-co-1")
    await plan(desk, "case-manager-co-2", duty="backup")
    async with desk.client("case-manager-co-1") as client:
        answer = await client.get("/desk/roster/mine.ics")
    assert answer.headers["content-type"].startswith("text/calendar") and "attachment" in answer.headers["content-disposition"]
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) == 7 and {str(event["summary"]) for event in events} == {"case-manager-co-1 (primary, CO)"}
    async with httpx.AsyncClient(base_url=desk.url) as stranger:
        assert (await stranger.get("/desk/roster/mine.ics")).status_code == 303


# --- shifts ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
async def test_a_shift_is_added_for_each_day_ticked(desk: Stage) -> None:
    """And is in the audit. Mutation: a role that is not recorded; a night that ends before it begins."""
    actor = await desk.actor("case-manager-co-1")
    async with desk.client("supervisor-co-1") as client:
        answer = await client.post("/desk/roster/shift/new", data=shift_form(actor.id.hex, area="Norte"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/roster/plan?country=CO&done=shift")
        page = (await client.get("/desk/roster/plan?country=CO")).text
    assert page.count("20:00–08:00") == 4 and "until the next day" in page  # seen, and read out with the link
    found = await rows(desk, _shift)
    assert sorted((row.weekday, row.opens, row.closes, row.area, row.origin) for row in found) == [
        (0, 1200, 1920, "Norte", "desk"),
        (2, 1200, 1920, "Norte", "desk"),
    ]
    async with desk.engine.connect() as connection:
        last = (await audit.latest(connection, limit=1))[0]
    assert (last.actor, last.role, last.what, last.subject) == (
        "supervisor-co-1",
        "supervisor",
        "shift_changed",
        "case-manager-co-1",
    )


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(desk: Stage) -> None:
    """Mutation: an empty form after a fault; a fault at the head of the page only."""
    actor = await desk.actor("case-manager-co-1")
    wrong = shift_form(
        actor.id.hex, duty="child", days=[], opens="25:00", area="Costa", valid_from="2030-02-02", valid_until="2030-01-01"
    )
    async with desk.client("supervisor-co-1") as client:
        answer = await client.post("/desk/roster/shift/new", data=wrong)
    page = answer.text
    assert answer.status_code == 422 and "4 fields need correcting" in page
    for field, sentence in (
        ("duty", "lacks the role"),
        ("days", "at least one day"),
        ("opens", "such as 08:00"),
        ("valid_until", "ends before it begins"),
    ):
        assert re.search(rf'id="{field}-wrong">[^<]*{sentence}', page), field
    assert 'value="Costa"' in page and 'value="25:00"' in page and f'value="{actor.id.hex}" selected' in page
    assert page.count('autofocus="') == 1 and await rows(desk, _shift) == []


@pytest.mark.requirement("M-1")
async def test_a_supervisor_plans_the_own_organisation_and_an_administrator_everybody(desk: Stage) -> None:
    """Mutation: asking for the country only. The other organisation's account is in no list, and its shift is not there."""
    other, own = await desk.actor("case-manager-co-2"), await desk.actor("case-manager-co-1")
    (id,) = await plan(desk, "case-manager-co-2", days=(0,))
    async with desk.client("supervisor-co-1") as client:
        page = (await client.get("/desk/roster/shift/new?country=CO")).text
        assert own.id.hex in page and other.id.hex not in page
        answer = await client.post("/desk/roster/shift/new", data=shift_form(other.id.hex))
        assert answer.status_code == 422 and "Choose one of the accounts" in answer.text
        nothing = await client.get(f"/desk/roster/shift/{uuid.uuid4()}")
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/remove")):
            answer = await client.request(method, f"/desk/roster/shift/{id}{path}", data={"was": "x"} if method == "POST" else None)
            assert (answer.status_code, answer.content) == (404, nothing.content)
        seen = (await client.get("/desk/roster/plan?country=CO")).text
        assert "case-manager-co-2" in seen and f"/shift/{id}" not in seen
    async with desk.client("administrator-1") as client:
        assert (await client.get(f"/desk/roster/shift/{id}")).status_code == 200
        assert other.id.hex in (await client.get("/desk/roster/shift/new?country=CO")).text
    assert len(await rows(desk, _shift)) == 1


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk: Stage) -> None:
    """Two tabs, and a form sent twice. Mutation: saving over what was not seen; removing what was changed."""
    account = (await desk.actor("case-manager-co-1")).id.hex
    (id,) = await plan(desk, "case-manager-co-1", days=(0,))
    path = f"/desk/roster/shift/{id}"
    async with desk.client("supervisor-co-1") as client:
        was = hidden((await client.get(path)).text, "was")
        first = shift_form(account, days=["0"], opens="09:00", closes="17:00", was=was)
        assert (await client.post(path, data=first)).status_code == 303
        second = await client.post(path, data=first | {"opens": "11:00"})
        assert second.status_code == 409 and "Somebody changed it meanwhile" in second.text and 'value="09:00"' in second.text
        assert (await client.post(f"{path}/remove", data={"was": was})).status_code == 409
        now = hidden(second.text, "was")
        assert (await client.post(f"{path}/remove", data={"was": now})).status_code == 303
        assert (await client.post(f"{path}/remove", data={"was": now})).status_code == 404
    assert await rows(desk, _shift) == []


async def test_a_shift_of_the_file_becomes_the_desk_s(desk: Stage) -> None:
    """Mutation: an origin that stays, so that the next loading undoes the change; a removed one that can be opened again."""
    account = (await desk.actor("case-manager-co-1")).id.hex
    changed, removed = await plan(desk, "case-manager-co-1", days=(0, 1), origin="file")
    async with desk.client("supervisor-co-1") as client:
        page = (await client.get(f"/desk/roster/shift/{changed}")).text
        assert "This came from the roster file" in page
        form = shift_form(account, days=["0"], was=hidden(page, "was"))
        assert (await client.post(f"/desk/roster/shift/{changed}", data=form)).status_code == 303
        page = (await client.get(f"/desk/roster/shift/{removed}")).text
        assert (await client.post(f"/desk/roster/shift/{removed}/remove", data={"was": hidden(page, "was")})).status_code == 303
        assert (await client.get(f"/desk/roster/shift/{removed}")).status_code == 404
        assert (await client.get("/desk/roster/plan?country=CO")).text.count('class="shift"') == 1
    assert {row.id: row.origin for row in await rows(desk, _shift)} == {changed: "desk", removed: "desk"}


# --- absences, extra shifts, holidays --------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
async def test_an_absence_makes_its_hole_at_once(desk: Stage) -> None:
    """Whole days in the country's time. Mutation: days in UTC; a page that reads an old roster."""
    await plan(desk, "case-manager-co-1", opens=0, closes=1440)
    account = (await desk.actor("case-manager-co-1")).id.hex
    day = (desk.now().astimezone(BOGOTA) + timedelta(days=4)).date()
    form = {"country": "CO", "account": account, "zone": "America/Bogota", "begins_day": day.isoformat(), "ends_day": ""}
    async with desk.client("supervisor-co-1") as client:
        assert "Nobody picks up requests</span>" not in (await client.get("/desk/roster?country=CO")).text
        assert (await client.post("/desk/roster/off", data=form)).status_code == 303
        page = (await client.get("/desk/roster?country=CO")).text
        assert "Nobody picks up requests</span>" in page
        (row,) = await rows(desk, _change)
        assert row.begins_at == datetime.combine(day, datetime.min.time(), BOGOTA)
        assert row.ends_at - row.begins_at == timedelta(days=1)
        edit = (await client.get(f"/desk/roster/change/{row.id}?country=CO")).text
        assert f'value="{day.isoformat()}"' in edit and 'id="begins_clock" name="begins_clock" type="time" value=""' in edit
        gone = await client.post(f"/desk/roster/change/{row.id}/remove", data={"was": hidden(edit, "was"), "country": "CO"})
        assert gone.headers["location"].endswith("done=change_gone")
    assert await rows(desk, _change) == []


async def test_away_and_on_duty_at_once_is_refused(desk: Stage) -> None:
    """Mutation: taking both, of which one would silently win."""
    account = (await desk.actor("case-manager-co-1")).id.hex
    day = (desk.now() + timedelta(days=4)).date().isoformat()
    off = {"country": "CO", "account": account, "zone": "America/Bogota", "begins_day": day}
    extra = off | {"duty": "primary", "begins_clock": "10:00", "ends_clock": "12:00"}
    async with desk.client("supervisor-co-1") as client:
        assert (await client.post("/desk/roster/off", data=off)).status_code == 303
        answer = await client.post("/desk/roster/extra", data=extra)
        assert answer.status_code == 422 and "away and on an extra shift at once" in answer.text
        assert 'value="10:00"' in answer.text
    assert [row.what for row in await rows(desk, _change)] == ["off"]


async def test_an_absence_of_others_is_not_there(desk: Stage) -> None:
    """Mutation: a scope by country alone; an absence that is over and can still be changed."""
    actor, now = await desk.actor("case-manager-co-2"), desk.now()
    ids = [uuid.uuid4(), uuid.uuid4()]
    own = await desk.actor("case-manager-co-1")
    over = {"begins_at": now - timedelta(days=2), "ends_at": now - timedelta(days=1)}
    ahead = {"begins_at": now, "ends_at": now + timedelta(days=1)}
    async with desk.engine.begin() as connection:
        await connection.execute(
            insert(_change),
            [{"id": ids[0], "staff_id": actor.id, "what": "off", "country": "", "duty": "", "origin": "desk", **ahead}],
        )
        await connection.execute(
            insert(_change),
            [{"id": ids[1], "staff_id": own.id, "what": "off", "country": "", "duty": "", "origin": "desk", **over}],
        )
    async with desk.client("supervisor-co-1") as client:
        for id in ids:
            assert (await client.get(f"/desk/roster/change/{id}")).status_code == 404
            assert (await client.post(f"/desk/roster/change/{id}/remove", data={"was": "x"})).status_code == 404
    assert len(await rows(desk, _change)) == 2


async def test_a_holiday_is_listed_once_and_can_be_worked(desk: Stage) -> None:
    """Mutation: two rows for a day; deleting a day of the law."""
    day = (desk.now() + timedelta(days=10)).date()
    async with desk.client("supervisor-co-1") as client:
        form = {"country": "CO", "day": day.isoformat()}
        assert (await client.post("/desk/roster/holiday", data=form)).status_code == 303
        again = await client.post("/desk/roster/holiday", data=form)
        assert again.status_code == 422 and "has this already" in again.text
        assert (await client.post("/desk/roster/holiday", data=form | {"day": "soon"})).status_code == 422
        (row,) = await rows(desk, _holiday)
        page = (await client.get(f"/desk/roster/holiday/{row.id}")).text
        works = await client.post(f"/desk/roster/holiday/{row.id}", data={"was": hidden(page, "was"), "works": "1"})
        assert works.status_code == 303 and (await rows(desk, _holiday))[0].works
        assert "people work" in (await client.get("/desk/roster/plan?country=CO")).text
        stale = await client.post(f"/desk/roster/holiday/{row.id}/remove", data={"was": hidden(page, "was")})
        assert stale.status_code == 409
        gone = await client.post(f"/desk/roster/holiday/{row.id}/remove", data={"was": hidden(stale.text, "was")})
        assert gone.status_code == 303 and await rows(desk, _holiday) == []
    async with desk.engine.begin() as connection:
        await connection.execute(
            insert(_holiday).values(id=row.id, country="CO", day=day, works=False, added_at=desk.now(), origin="law")
        )
    async with desk.client("supervisor-co-1") as client:
        page = (await client.get(f"/desk/roster/holiday/{row.id}")).text
        assert "/remove" not in page
        await client.post(f"/desk/roster/holiday/{row.id}/remove", data={"was": hidden(page, "was")})
    assert len(await rows(desk, _holiday)) == 1


# --- calendars -------------------------------------------------------------------------------------------------------


def calendar(begins: datetime, title: str) -> bytes:
    stamp = begins.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:{title}\r\nDTSTART:{stamp}\r\nDURATION:PT2H\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


async def test_a_calendar_is_looked_at_before_it_is_saved(desk: Stage) -> None:
    """Nothing of its titles is shown or kept. Mutation: saving on looking; a page that carries the file along."""
    account = (await desk.actor("case-manager-co-1")).id.hex
    begins = (desk.now() + timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
    chosen = {"country": "CO", "account": account, "what": "off", "duty": "primary", "zone": "America/Bogota"}
    file = {"file": ("mine.ics", calendar(begins, "Cita medica privada"), "text/calendar")}
    async with desk.client("supervisor-co-1") as client:
        page = await client.post("/desk/roster/import", data=chosen, files=file)
        assert page.status_code == 200 and "case-manager-co-1: 1 absence" in page.text
        assert "Cita" not in page.text and await rows(desk, _change) == []
        times = hidden(page.text, "times")
        saved = await client.post("/desk/roster/import/save", data=chosen | {"times": times})
        assert saved.headers["location"].endswith("done=calendar")
        (row,) = await rows(desk, _change)
        assert (row.begins_at, row.ends_at, row.origin) == (begins, begins + timedelta(hours=2), "calendar")
        assert (await client.post("/desk/roster/import/save", data=chosen | {"times": times})).status_code == 303
        assert len(await rows(desk, _change)) == 1  # sent twice is once


async def test_a_calendar_that_is_not_understood_or_not_mine_is_refused(desk: Stage) -> None:
    """Mutation: taking times that were never looked at for an account of another organisation."""
    mine, other = [(await desk.actor(f"case-manager-co-{number}")).id.hex for number in (1, 2)]
    chosen = {"country": "CO", "account": mine, "what": "off", "duty": "primary", "zone": "America/Bogota"}
    async with desk.client("supervisor-co-1") as client:
        page = await client.post(
            "/desk/roster/import", data=chosen, files={"file": ("x.ics", b"nothing of the kind", "text/calendar")}
        )
        assert page.status_code == 422 and "not understood" in page.text
        assert (await client.post("/desk/roster/import", data=chosen)).status_code == 422  # no file
        begins = int((desk.now() + timedelta(days=1)).timestamp())
        for wrong, status in (
            ({"account": other, "times": f"[[{begins},{begins + 60}]]"}, 422),
            ({"times": "[[1,2,3]]"}, 400),
            ({"times": f"[[{begins},{10**30}]]"}, 400),
            ({"times": f"[[{begins},{begins + 400 * 86_400}]]"}, 422),
            ({"what": "everything", "times": "[]"}, 400),
            ({"what": "extra", "duty": "child", "times": f"[[{begins},{begins + 60}]]"}, 422),
            ({"zone": "Europe/Berlin", "times": f"[[{begins},{begins + 60}]]"}, 422),
        ):
            assert (await client.post("/desk/roster/import/save", data=chosen | wrong)).status_code == status, wrong
    assert await rows(desk, _change) == []


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7", "L-6")
async def test_a_shift_is_planned_on_a_phone(desk: Stage, browser: Browser) -> None:
    """From the hole to the shift that fills it. Mutation: a form that only a mouse or a wide window can fill in."""
    async with desk.seen(browser, viewport={"width": 360, "height": 760}) as seen:
        await desk.enter(seen.context, "supervisor-co-1")
        page = seen.page
        await seen.open("/desk/roster")
        assert await faults(page) == [] and await fits(page)
        await page.get_by_role("link", name="Week, absences and holidays").click()
        await page.get_by_role("link", name="Add a shift").click()
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#account")).to_be_focused()
        assert await page.locator("[aria-invalid=true]").count() >= 3 and await faults(page) == []
        await page.get_by_label("Account").select_option(label="case-manager-co-1")
        for day in ("Monday", "Sunday"):
            await page.get_by_label(day).check()
        await page.get_by_label("From", exact=True).fill("00:00")
        await page.get_by_label("Until", exact=True).fill("00:00")
        await page.get_by_role("button", name="Save").click()
        await page.wait_for_url("**/roster/plan?**done=shift")
        assert await page.locator(".shift").count() == 2 and await fits(page) and await faults(page) == []
        await page.get_by_role("link", name=re.compile("Change Monday")).click()
        assert await faults(page) == [] and await fits(page)
        await page.get_by_text("Remove…").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await page.wait_for_url("**/roster/plan?**done=shift_gone")
        assert await page.locator(".shift").count() == 1


@pytest.mark.requirement("L-6")
async def test_the_picture_says_the_same_without_being_seen(desk: Stage, browser: Browser) -> None:
    """Each day is an image with its hours in words; shape and not colour tells them apart. Mutation: bars without a text."""
    await plan(desk, "case-manager-co-1")
    await plan(desk, "case-manager-co-2", duty="backup", opens=480, closes=720)
    await plan(desk, "supervisor-co-1", duty="supervisor", opens=0, closes=1440)
    tomorrow = desk.now().astimezone(BOGOTA).date() + timedelta(days=1)
    async with desk.seen(browser) as seen:
        await desk.enter(seen.context, "supervisor-co-1")
        await seen.open("/desk/roster?country=CO")
        said = [await image.get_attribute("aria-label") for image in await seen.page.locator(".cover-days svg").all()]
        assert len(said) == 15
        assert (said[1] or "").split(": ", 1)[1] == (
            "nobody 00:00–08:00, two or more 08:00–12:00, one person 12:00–20:00, nobody 20:00–24:00, supervisor 00:00–24:00"
        )
        assert f"{tomorrow.day}" in (said[1] or "")
        heights = await seen.page.eval_on_selector_all(
            ".cover-days li:nth-child(2) rect",
            "(all) => all.map((each) => [each.getAttribute('class'), each.getAttribute('height')])",
        )
        assert ["cover-more", "26"] in heights and ["cover-one", "12"] in heights and ["cover-none", "26"] in heights


@pytest.mark.parametrize("name", sorted(STAFF))
async def test_everybody_who_sees_the_roster_sees_a_page(desk: Stage, name: str) -> None:
    """Also an account without countries. Mutation: a page that fails for whoever has none."""
    async with desk.client(name) as client:
        status = (await client.get("/desk/roster")).status_code
    assert status == (404 if STAFF[name]["roles"][0] in ("psea_focal_point", "member") else 200)
