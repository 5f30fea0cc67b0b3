"""The live list: what a row says, its order, the stream that says "changed", the notices beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import insert

from bot.desk import pulse as pulses
from bot.desk.pulse import Pulse
from bot.roster.tables import Shift
from bot.staff import desk_sessions
from tests.desk.requests import NOTE, NUMBER, Requests
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE = "case-manager-co-1"
FIELDS = {
    "id", "href", "version", "reference", "group", "about", "waits", "urgent", "child", "written", "contested",
}  # fmt: skip


async def rows(stage: Stage, name: str) -> list[dict[str, Any]]:
    async with stage.client(name) as client:
        found: list[dict[str, Any]] = (await client.get("/desk/queue/rows")).json()["rows"]
        return found


@pytest.mark.requirement("M-1")
async def test_a_row_says_what_it_may_and_no_more(stage: Stage, requests: Requests) -> None:
    """Mutation: a field more, such as the way; the rows of another country, of an organisation that the person does not want."""
    plain = await requests.ask()
    urgent = await requests.ask(urgent=True, wish="woman", other_lang="ht", age="adult")
    await requests.ask(not_organisations=("red-norte",))
    found = await rows(stage, ONE)
    assert [row["id"] for row in found] == [urgent.hex(), plain.hex()]  # urgent ones first
    assert all(row.keys() == FIELDS for row in found)
    assert found[0]["about"] == "Colombia · Haitian Creole · 18 or over · wants a woman"
    assert not any(secret in str(found) for secret in (NUMBER, NOTE, "phone"))
    assert len(await rows(stage, "case-manager-co-2")) == 3
    assert await rows(stage, "case-manager-pe-1") == await rows(stage, "focal-point-pe-1") == []


@pytest.mark.requirement("D-8")
async def test_how_long_it_waits_and_who_is_told_when(stage: Stage, requests: Requests) -> None:
    """Counted from when it began to wait *again*. Mutation: counting from when it was made."""
    waits = await requests.ask()
    await requests.set(waits, created_at=requests.later(minutes=-40), queued_at=requests.later(minutes=-12))
    again = await requests.ask(urgent=True)
    await requests.set(again, created_at=requests.later(minutes=-12), queued_at=requests.later(minutes=-11, seconds=-30))
    said = {row["id"]: row["waits"] for row in await rows(stage, ONE)}
    assert said[waits.hex()] == "Waiting 40 minutes; back-up is told in 17 minutes"
    assert said[again.hex()] == "Waiting 12 minutes; back-up is told in 3 minutes"  # half the time, where there is haste
    await requests.set(waits, level="network")
    assert (await rows(stage, ONE))[1]["waits"].endswith("; the whole network was told")


async def test_without_script_it_is_a_list_of_links(stage: Stage, browser: Browser, requests: Requests) -> None:
    """Mutation: rows that only a script draws."""
    ticket_id = await requests.ask()
    async with stage.seen(browser, java_script_enabled=False) as seen:
        await stage.enter(seen.context, ONE)
        await seen.open("/desk/queue")
        await seen.page.locator(f"[data-id='{ticket_id.hex()}'] a").click()
        assert f"/ticket/{ticket_id.hex()}" in seen.page.url
        await seen.page.get_by_role("button", name="Take this request").click()
        await expect(seen.page.get_by_text("The request is yours.")).to_be_visible()
        assert await seen.page.locator("#answer button:enabled").count() == 0  # a text must not leave unsealed


async def test_what_arrives_moves_nobody_from_their_row(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """The row that has the focus keeps it and stays the same element; the news is said. Mutation: a list that is drawn anew."""
    first = await small_requests.ask()
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.enter(seen.context, ONE)
        await seen.open("/desk/queue")
        link = page.locator(f"[data-id='{first.hex()}'] a")
        await link.focus()
        await link.evaluate("(link) => { link.mark = true; }")
        second = await small_requests.ask(urgent=True)
        await expect(page.locator("[data-group=waiting] li").first).to_have_attribute("data-id", second.hex())
        assert await link.evaluate("(link) => link.mark === true && link === document.activeElement")
        await expect(page.locator("#news")).to_have_text("A request arrived. One is urgent.")
        assert await faults(page) == []


@pytest.mark.requirement("M-7")
async def test_pause_and_end_of_shift_are_said_calmly(stage: Stage, requests: Requests) -> None:
    """After three heavy requests, until a pause was taken; off shift with an open request. Mutation: a prompt that never goes; one
    that says which request it was."""
    actor = await stage.actor(ONE)
    ids = [await requests.ask() for _ in range(3)]
    async with stage.client(ONE) as client:
        for id in ids:
            await client.post(f"/desk/ticket/{id.hex()}/claim")
            await client.post(f"/desk/ticket/{id.hex()}/heavy")
        page = (await client.get("/desk/queue")).text
        assert "You have had 3 heavy requests on this shift." in page
        assert "Your shift is over and you have 3 open requests" in page
        answer = await client.post("/desk/pause")
        assert answer.headers["location"] == "/desk/queue?done=paused"
        assert "heavy requests on this shift" not in (await client.get("/desk/queue")).text
        now = stage.now()
        begins = (now - timedelta(hours=1)).hour * 60
        shift: dict[str, Any] = {"country": "CO", "duty": "primary", "opens": begins, "closes": begins + 180, "zone": "UTC"}
        async with stage.engine.begin() as connection:
            days = [Shift(staff_id=actor.id, weekday=day, **shift).model_dump() for day in range(7)]
            await connection.execute(insert(Shift), days)
        await requests.roster()
        assert "Your shift is over" not in (await client.get("/desk/queue")).text
        async with stage.engine.begin() as connection:
            await connection.execute(Shift.__table__.delete())  # type: ignore[attr-defined]
        await requests.roster()


@pytest.mark.requirement("M-7")
async def test_the_cap_is_said(stage: Stage, requests: Requests) -> None:
    """Mutation: a refusal without what to do."""
    first, second = await requests.ask(), await requests.ask()
    await requests.caps(1)
    async with stage.client(ONE) as client:
        assert (await client.post(f"/desk/ticket/{first.hex()}/claim")).status_code == 303
        answer = await client.post(f"/desk/ticket/{second.hex()}/claim")
        assert answer.status_code == 409 and "Close or hand over one first." in answer.text
    await requests.caps(5)


# --- the stream ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(stage: Stage, token: bytes) -> AsyncIterator[AsyncIterator[str]]:
    """Lines of the stream of one session."""
    import httpx  # noqa: PLC0415

    headers = {"accept": "text/event-stream", "sec-fetch-site": "same-origin"}
    async with (
        httpx.AsyncClient(base_url=stage.url, cookies={"desk": token.hex()}, timeout=20) as client,
        client.stream("GET", "/desk/queue/events", headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def event(lines: AsyncIterator[str]) -> str:
    """The name of the next event."""
    async for line in lines:
        if line.startswith("event:"):
            return line.partition(":")[2].strip()
    return ""


@pytest.mark.requirement("M-1")
async def test_the_stream_says_that_something_changed_and_ends_with_its_session(stage: Stage, requests: Requests) -> None:
    """From its first line on, nothing of what changed is in it, and signing out elsewhere ends it. Mutation: content in an event; a
    stream that outlives who listens; a first look later than the first line."""
    token = await stage.token(ONE)
    async with listening(stage, token) as lines:
        assert (await asyncio.wait_for(anext(lines), 5)).startswith("retry")  # whoever reads the list from now on misses nothing
        await requests.ask()
        assert await asyncio.wait_for(event(lines), 10) == "changed"
        assert await asyncio.wait_for(anext(lines), 5) == "data: "
        await desk_sessions.end(stage.engine, token)
        await requests.ask()
        assert await asyncio.wait_for(event(lines), 10) == "over"
        assert [line async for line in lines if line.strip() not in ("", "data:")] == []


async def test_a_stream_begins_with_a_look(stage: Stage) -> None:
    """What happens between a page's list and the first look would be told to nobody. Mutation: the first line before it."""
    looked: list[int] = []

    async def look(_: Any) -> list[int]:
        looked.append(len(looked))
        return looked

    lines = pulses.stream(cast(Any, None), Pulse(stage.engine, look))
    assert (await anext(lines)).startswith("retry") and looked == [0]
    await cast(Any, lines).aclose()


async def test_a_pulse_looks_only_while_somebody_waits(stage: Stage, requests: Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    """And tells everybody who waits of one change once. Mutation: a task that goes on for an empty desk; a change of a movement or
    of a deleted ticket that is not noticed."""
    monkeypatch.setattr("bot.desk.pulse.EVERY", 0.05)
    pulse = Pulse(stage.engine)
    began = await pulse.begun()
    assert await pulse.next(began, 0.2) == began == await pulse.begun()  # nothing changed
    assert pulse._task is not None
    await asyncio.wait_for(pulse._task, 10)  # ends by itself
    both = [asyncio.create_task(pulse.next(began, 10)) for _ in range(2)]
    ticket_id = await requests.ask()
    assert await asyncio.gather(*both) == [began + 1, began + 1]
    for change in (requests.set(ticket_id, version=7), requests.clear()):
        before = pulse.beat
        waits = asyncio.create_task(pulse.next(before, 10))
        await change
        assert await waits == before + 1
