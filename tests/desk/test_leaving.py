"""Leaving the desk in a real browser: by itself, by the button, in another tab, with the browser's own way back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.staff import desk_sessions
from tests.desk.stage import Seen, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = "case-manager-pe-1"
#: Put a key into the ring of this session, as signing in does.
KEEP = """async () => {
  const ring = await import('/desk/static/keyring.js');
  await ring.keep(document.documentElement.dataset.session, [{ id: new Uint8Array(16), ...(await ring.create()) }]);
  return (await indexedDB.databases()).length;
}"""
LEFT_OVER = """async () => [
  (await indexedDB.databases()).length, localStorage.length, sessionStorage.length, (await caches.keys()).length, document.cookie
]"""


async def arrive(stage: Stage, seen: Seen) -> bytes:
    """Signed in, with a key in the browser; the session's token."""
    token = await stage.enter(seen.context, WHO)
    await seen.open("/desk/account")
    await expect(seen.page.locator(".who")).to_have_text(WHO)
    assert await seen.page.evaluate(KEEP) == 1
    return token


async def assert_nothing_is_left(stage: Stage, seen: Seen, page: Page, token: bytes) -> None:
    assert await page.evaluate(LEFT_OVER) == [0, 0, 0, 0, ""]
    assert [each["name"] for each in await seen.context.cookies() if each["name"].endswith("desk")] == []
    assert await desk_sessions.find(stage.engine, token, stage.now()) is None


async def shows_nothing_of_the_desk(page: Page) -> bool:
    return WHO not in await page.content()


async def test_close_and_clear_leaves_nothing_and_back_shows_nothing(stage: Stage, browser: Browser) -> None:
    """Mutation: ``location.assign`` in place of ``replace``, no ``no-store``, a ring that is not wiped."""
    async with stage.seen(browser) as seen:
        token = await arrive(stage, seen)
        await seen.open("/desk/unlock")
        await seen.open("/desk/account")
        length = await seen.page.evaluate("history.length")
        await seen.page.locator(".leave-button").click()
        await seen.page.wait_for_url("**/desk/left")
        assert await seen.page.evaluate("[history.length, document.body.textContent.trim()]") == [length, ""]
        await assert_nothing_is_left(stage, seen, seen.page, token)
        for _ in range(2):
            await seen.page.go_back()
            await expect(seen.page.locator("#sign-in")).to_be_visible()
            assert await shows_nothing_of_the_desk(seen.page)
        await seen.page.go_forward()
        assert await shows_nothing_of_the_desk(seen.page)


async def test_fifteen_minutes_without_activity_sign_out(stage: Stage, browser: Browser) -> None:
    """With a warning two minutes before. Mutation: a timer that only hides, a session that lives on, no warning."""
    async with stage.seen(browser) as seen:
        page = seen.page
        await page.clock.install()
        token = await arrive(stage, seen)
        await page.clock.fast_forward("12:50")
        await expect(page.locator("#idle-soon")).to_be_hidden()
        await page.clock.fast_forward("00:15")
        await expect(page.locator("#idle-soon")).to_be_visible()
        await expect(page.locator("#idle-left")).to_contain_text("seconds")
        assert await page.locator("#stay").evaluate("(button) => button === document.activeElement")
        await page.clock.fast_forward("02:05")
        await page.wait_for_url("**/desk/sign-in?why=idle")
        await expect(page.locator("[role=status]")).to_contain_text("15 minutes")
        await assert_nothing_is_left(stage, seen, page, token)
        await page.go_back()
        assert await shows_nothing_of_the_desk(page)


async def test_activity_keeps_the_session_and_tells_the_server(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a warning that nothing takes back, activity that the server never hears of, or hears of at each key."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await page.clock.install()
        await arrive(small_stage, seen)
        for _ in range(3):
            await page.clock.fast_forward("13:30")
            await expect(page.locator("#idle-soon")).to_be_visible()
            await page.locator("#stay").click()
            await expect(page.locator("#idle-soon")).to_be_hidden()
            for _ in range(5):
                await page.keyboard.press("Tab")
        awake = [request for request in seen.requests if request.url.endswith("/desk/awake")]
        assert len(awake) == 3
        assert page.url.endswith("/desk/account")


async def test_whoever_comes_back_too_late_cannot_stay(small_stage: Stage, browser: Browser) -> None:
    """A machine that slept runs no timers. Mutation: counting whatever is pressed first as activity."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await page.clock.install()
        token = await arrive(small_stage, seen)
        await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 1"))
        await page.clock.set_system_time(await page.evaluate("Date.now() / 1000 + 3600"))
        await page.keyboard.press("Tab")
        await page.wait_for_url("**/desk/sign-in?why=idle")
        await assert_nothing_is_left(small_stage, seen, page, token)


async def test_what_is_done_in_one_tab_holds_in_the_others(small_stage: Stage, browser: Browser) -> None:
    """Mutation: no word between tabs: the other one would sign everybody out, or go on showing what was open."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await seen.context.clock.install()
        token = await arrive(small_stage, seen)
        other = await seen.context.new_page()
        seen.watch(other)
        await other.goto(f"{small_stage.url}/desk/account")
        await seen.context.clock.fast_forward("13:30")
        await expect(other.locator("#idle-soon")).to_be_visible()
        await page.locator("#stay").click()
        await expect(other.locator("#idle-soon")).to_be_hidden()
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")
        await other.wait_for_url("**/desk/left")
        await assert_nothing_is_left(small_stage, seen, other, token)


async def test_the_server_ends_a_silent_session_by_itself(stage: Stage, browser: Browser) -> None:
    """Mutation: trusting the page's timer; a script's own requests that count as somebody being there."""
    async with stage.seen(browser) as seen:
        await arrive(stage, seen)
        stage.clock.add(15 * 60)
        await seen.page.mouse.click(5, 5)
        await seen.page.reload()
        await expect(seen.page.locator("#sign-in")).to_be_visible()
        assert await seen.page.evaluate(LEFT_OVER) == [0, 0, 0, 0, ""]


async def test_a_session_that_was_ended_elsewhere_closes_the_page(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a script that takes "signed out" for a failure and leaves the page as it is."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await page.clock.install()
        token = await arrive(small_stage, seen)
        await desk_sessions.end(small_stage.engine, token)
        await page.clock.fast_forward("02:00")
        await page.keyboard.press("Tab")
        await page.wait_for_url("**/desk/sign-in?why=over")
        await assert_nothing_is_left(small_stage, seen, page, token)


async def test_a_page_out_of_the_browsers_memory_is_asked_for_anew(small_stage: Stage, browser: Browser) -> None:
    """Mutation: showing it as it was. The event is the browser's; headless ones keep no pages, so the test sends it."""
    async with small_stage.seen(browser) as seen:
        token = await arrive(small_stage, seen)
        await desk_sessions.end(small_stage.engine, token)
        await seen.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        assert await seen.page.locator("body").evaluate("(body) => getComputedStyle(body).visibility") == "hidden"
        await seen.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        await expect(seen.page.locator("#sign-in")).to_be_visible()


async def test_another_sessions_keys_are_wiped(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a ring that gives its keys to whoever is signed in."""
    async with small_stage.seen(browser) as seen:
        await arrive(small_stage, seen)
        await small_stage.enter(seen.context, "supervisor-co-1")
        await seen.open("/desk/account")
        ring: Any = await seen.page.evaluate(
            "async () => (await import('/desk/static/keyring.js')).pairs(document.documentElement.dataset.session)"
        )
        assert ring == []
        assert (await seen.page.evaluate(LEFT_OVER))[0] == 0


async def test_what_is_secret_is_blurred_while_somebody_looks_elsewhere(small_stage: Stage, browser: Browser) -> None:
    """Mutation: blurring only where the tab is hidden: a window beside another one is still seen."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await arrive(small_stage, seen)
        await page.locator("#renew-codes, h1").first.evaluate("(element) => element.classList.add('secret')")
        blurred = "(element) => getComputedStyle(element).filter"
        assert await page.locator(".secret").first.evaluate(blurred) == "none"
        await page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")
        assert "blur" in await page.locator(".secret").first.evaluate(blurred)
        await page.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
        assert await page.locator(".secret").first.evaluate(blurred) == "none"


async def test_leaving_works_without_script(small_stage: Stage, browser: Browser) -> None:
    """The button is a form. Mutation: a button that only a script makes work."""
    async with small_stage.seen(browser, java_script_enabled=False) as seen:
        token = await small_stage.enter(seen.context, WHO)
        await seen.open("/desk/account")
        await seen.page.locator(".leave-button").click()
        await seen.page.wait_for_url("**/desk/left")
        assert await desk_sessions.find(small_stage.engine, token, small_stage.now()) is None
        assert await seen.context.cookies() == []
