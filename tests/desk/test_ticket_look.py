"""A ticket and its movements, as people meet them: accessible in each language and theme, narrow, with large text, one beside
the other on a wide screen."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from flows.facts import LANGS
from tests.desk.requests import Requests
from tests.desk.stage import Stage, faults, fits
from tests.desk.test_look import SMALL, speak

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, BOSS = "case-manager-co-1", "supervisor-co-1"


async def paths(small_stage: Stage, requests: Requests) -> list[tuple[str, str]]:
    """(account, path) of every page that a ticket has: waiting, mine to call and to write to, looked into, its movements."""
    call, chat, waits = (
        await requests.ask(wish="woman", urgent=True),
        await requests.ask(way="here"),
        await requests.ask(way="code"),
    )
    async with small_stage.client(ONE) as client:
        for each in (call, chat):
            await client.post(f"/desk/ticket/{each.hex()}/claim")
        version = str((await requests.row(call)).version)
        given = {"version": version, "what": "transfer", "to_country": "VE"}
        await client.post(f"/desk/ticket/{call.hex()}/moves", data=given)
    [move] = await requests.movements(call)
    mine = [f"/ticket/{each.hex()}" for each in (call, chat, waits)]
    moving = [f"/ticket/{call.hex()}/moves", f"/moving/{move.id}", f"/moving/{move.id}/change"]
    return [*((ONE, path) for path in (*mine, *moving)), (BOSS, f"/ticket/{call.hex()}")]


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("lang", LANGS)
async def test_accessible_narrow_and_large(small_stage: Stage, browser: Browser, small_requests: Requests, lang: str) -> None:
    """axe in both themes; 360 px with text of twice the size; targets for a thumb. Mutation: an unnamed field, a fixed width."""
    await speak(small_stage, lang)
    async with small_stage.seen(browser, color_scheme="light", viewport={"width": 360, "height": 800}) as seen:
        for name, path in await paths(small_stage, small_requests):
            await seen.context.clear_cookies()
            await small_stage.enter(seen.context, name)
            await seen.open(f"/desk{path}")
            await seen.page.wait_for_load_state("load")
            await seen.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            assert await faults(seen.page) == [], path
            await seen.page.emulate_media(color_scheme="dark")
            assert await faults(seen.page, rules=["color-contrast"]) == [], path
            await seen.page.emulate_media(color_scheme="light")
            assert await seen.page.evaluate(SMALL) == [], path
            assert await seen.page.locator("h1").count() == 1, path
            await seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert await fits(seen.page), path
    await speak(small_stage, "en")


async def test_side_by_side_on_a_wide_screen_and_one_column_on_a_phone(
    small_stage: Stage, browser: Browser, small_requests: Requests
) -> None:
    """Mutation: a ticket beneath a long list; a list that a phone shows above what was chosen."""
    ticket_id = await small_requests.ask()
    async with small_stage.seen(browser, viewport={"width": 1440, "height": 900}) as seen:
        await small_stage.enter(seen.context, ONE)
        await seen.open(f"/desk/ticket/{ticket_id.hex()}")
        tops = [
            await seen.page.locator(each).evaluate("(box) => box.getBoundingClientRect().top") for each in ("#queue", "#ticket")
        ]
        assert tops[0] == tops[1]
        await seen.page.set_viewport_size({"width": 360, "height": 800})
        assert not await seen.page.locator("#queue").is_visible()
