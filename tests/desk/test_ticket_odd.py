"""A request on the desk where something goes wrong: hours, keys, tabs, forms of before, a server that is away."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect
from sqlalchemy import delete, insert, select

from bot.roster.tables import Shift
from bot.staff.tables import KeyWrap, StaffKey
from tests.desk.requests import BOGOTA, NOTE, NUMBER, Requests, opened
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, TWO = "case-manager-co-1", "case-manager-co-2"


async def test_a_chat_that_refuses_is_said(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """Mutation: "sent" whatever the provider said; a form that is emptied."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_requests.taken(seen, ONE, way="here")
        await opened(page, "card")
        await opened(page, "contact")
        small_stage.chats.blocked = True
        await page.locator("#text").fill("trompeta, ¿está bien ahora?")
        await page.get_by_role("button", name="Send to their chat").click()
        await expect(page.locator("#answer [role=alert]")).to_be_visible()
        assert await page.locator("#text").input_value() == "trompeta, ¿está bien ahora?"


@pytest.mark.requirement("D-5", "M-8")
async def test_outside_the_window_nothing_is_opened_or_sent(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """Mutation: a window that only the page knows of."""
    closed = small_requests.windows_now(open_=False)
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_requests.taken(seen, ONE, windows=closed)
        await expect(page.get_by_text("It can be opened from:")).to_be_visible()
        assert re.search(r"from: .*06:00, their time", await page.locator("[data-sealed=contact]").inner_text())
        assert await page.locator("[data-open=contact]").count() == 0
        chat = await small_requests.ask(way="here", windows=closed)
        await small_requests.look(page, chat)
        await page.get_by_role("button", name="Take this request").click()
        await opened(page, "card")
        await opened(page, "contact")
        await page.locator("#text").fill("trompeta, ¿está bien ahora?")
        await page.get_by_role("button", name="Send to their chat").click()
        await expect(page.locator("#answer [role=alert]")).to_have_text("Outside the hours that the person asked for.")
        assert small_stage.chats.arrived == []


@pytest.mark.requirement("M-7")
async def test_outside_a_shift_the_page_says_so_before_anybody_clicks(
    small_stage: Stage, browser: Browser, small_requests: Requests
) -> None:
    """Of a request that waits, and of one that was claimed in a shift. Mutation: a button that is refused; a form for
    an answer that nothing takes; a page without the way to hand over; a refusal in words of a program."""
    two = await small_stage.actor(TWO)
    rest: dict[str, Any] = {"country": "CO", "duty": "primary", "opens": 0, "closes": 1440, "zone": BOGOTA}
    days = [Shift(staff_id=two.id, weekday=day, **rest).model_dump() for day in range(7)]
    async with small_stage.seen(browser) as seen:
        page = seen.page
        mine = await small_requests.taken(seen, ONE)
        waits = await small_requests.ask()
        async with small_stage.engine.begin() as connection:  # from now on Colombia has a roster, and only Two is on it
            await connection.execute(insert(Shift), days)
        try:
            await small_requests.look(page, waits)
            await expect(page.get_by_text("You are not on shift for this country")).to_be_visible()
            assert await page.get_by_role("button", name="Take this request").count() == 0
            assert await faults(page) == []
            await small_requests.look(page, mine)
            assert await page.get_by_text("You are not on shift for this country").count() == 2
            assert await page.locator("#answer, [data-open=contact]").count() == 0
            assert await page.get_by_role("link", name="Hand over").count() + await page.get_by_text("Hand over").count() > 0
            async with small_stage.client(ONE) as client:
                refused = await client.post(f"/desk/ticket/{waits.hex()}/claim")
                assert "Ask whoever plans for an extra shift" in refused.text
            async with small_stage.client(TWO) as client:
                assert "done=claimed" in (await client.post(f"/desk/ticket/{waits.hex()}/claim")).headers["location"]
        finally:
            async with small_stage.engine.begin() as connection:
                await connection.execute(delete(Shift))


@pytest.mark.requirement("D-5")
async def test_the_number_goes_when_the_hours_are_over(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """Mutation: a number that stays on a page which somebody left open."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await small_requests.taken(seen, ONE, windows=small_requests.windows_now(open_=True))
        await small_requests.look(page, ticket_id)
        await page.clock.install()
        await small_requests.look(page, ticket_id)
        await opened(page, "card")
        assert NUMBER in await opened(page, "contact")
        # Quarter hours at a time, with a sign of life between them: the desk itself would sign out after one of silence.
        for _ in range(14):
            await page.mouse.move(5, 5)
            await page.mouse.down()
            await page.mouse.up()
            await page.clock.run_for(10 * 60_000)
        await expect(page.locator("#hours-over")).to_be_visible()
        assert NUMBER not in await page.content()


async def test_a_key_that_came_too_late_is_said(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """Mutation: a button that cannot work."""
    ticket_id = await small_requests.ask()
    async with small_stage.seen(browser) as seen:
        small_stage.forget(TWO)
        await small_stage.sign_in(seen.page, TWO)
        async with small_stage.engine.begin() as connection:  # the old key went with the old device
            key: Any = StaffKey.__table__  # type: ignore[attr-defined]
            retired = key.c.retired_at.is_not(None)
            await connection.execute(delete(KeyWrap).where(KeyWrap.key_id.in_(select(key.c.id).where(retired))))  # type: ignore[attr-defined]
            await connection.execute(delete(key).where(retired))
        await small_requests.look(seen.page, ticket_id)
        await seen.page.get_by_role("button", name="Take this request").click()
        assert await seen.page.get_by_text("It was sealed before your key existed.").count() == 3
        assert await seen.page.locator("#ticket [data-open]").count() == 0
    assert ("case-manager-co-2", "opened_card") not in await small_requests.audited(ticket_id)


async def test_what_is_new_is_shown_beside_what_is_typed(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """The person writes while somebody types. Mutation: an answer that goes out as if nothing had been said; a lost text."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await small_requests.taken(seen, ONE)
        await page.locator("#text").fill("lo que yo escribo")
        row = await small_requests.row(ticket_id)
        await small_requests.set(ticket_id, version=row.version + 1)
        await expect(page.locator("#changed")).to_be_visible()
        await page.get_by_role("button", name="Leave under the code").click()
        await expect(page.locator("#answer [role=alert]")).to_contain_text("Somebody was faster")
        await page.get_by_role("link", name="See what is new").click()
        await expect(page.locator("[data-sealed=note] .opened")).to_contain_text(NOTE)
        assert await page.locator("#text").input_value() == "lo que yo escribo"
        await page.get_by_role("button", name="Leave under the code").click()
        await expect(page.get_by_text("The answer waits under the code.")).to_be_visible()
        assert await small_requests.answers(ticket_id) == ["lo que yo escribo"]


async def test_two_tabs(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """What one tab did, the other is told; its forms do nothing twice. Mutation: forms without a version."""
    async with small_stage.seen(browser) as seen:
        ticket_id = await small_requests.taken(seen, ONE)
        second = await seen.context.new_page()
        seen.watch(second)
        await small_requests.look(second, ticket_id)
        await opened(seen.page, "card")
        await opened(seen.page, "contact")
        await opened(second, "card")
        await opened(second, "contact")
        await seen.page.get_by_role("button", name="I did not speak with the person").click()
        await expect(second.locator("#changed")).to_be_visible()
        await second.get_by_role("button", name="I did not speak with the person").click()
        await expect(second.get_by_text("Somebody was faster, or the person wrote or withdrew.")).to_be_visible()
        assert (await small_requests.row(ticket_id)).tries_left == 1


async def test_the_server_is_away(small_stage: Stage, browser: Browser, small_requests: Requests) -> None:
    """It is said, and what was typed stays. Mutation: a form that waits for ever; an empty page."""
    async with small_stage.seen(browser, complaints=True) as seen:
        page = seen.page
        await small_requests.taken(seen, ONE)
        await page.locator("#text").fill("lo que yo escribo")
        await seen.context.set_offline(True)
        await page.get_by_role("button", name="Leave under the code").click()
        await expect(page.locator("#answer [role=alert]")).to_be_visible()
        await expect(page.locator("#fresh")).to_be_visible()
        assert await page.locator("#text").input_value() == "lo que yo escribo"


async def test_a_list_that_was_on_its_way_when_the_connection_went(
    small_stage: Stage, browser: Browser, small_requests: Requests
) -> None:
    """The page goes on saying that it may be old. Mutation: the last answer from before takes the sentence away."""
    asked, gone = asyncio.Event(), asyncio.Event()

    async def held(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await gone.wait()
        await route.fulfill(response=answer)

    async with small_stage.seen(browser, complaints=True) as seen:
        page = seen.page
        await small_requests.taken(seen, ONE)
        await page.route("**/desk/queue/rows*", held)
        async with page.expect_response("**/desk/queue/rows*"):
            await small_requests.ask()  # the stream says so, and the page asks for the list
            await asyncio.wait_for(asked.wait(), 15)
            await seen.context.set_offline(True)
            await expect(page.locator("#fresh")).to_be_visible()
            gone.set()
        await expect(page.locator("#queue [data-id]")).to_have_count(2)  # it was drawn all the same
        await expect(page.locator("#fresh")).to_be_visible()
