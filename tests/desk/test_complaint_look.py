"""Complaints and feedback, as people meet them: accessible in each language and theme, narrow, with large text, alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from flows.facts import LANGS
from tests.desk.complaints import COORDINATOR, FOCAL, UNIT, Hearings
from tests.desk.stage import Stage, faults, fits
from tests.desk.test_look import SMALL, speak

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def paths(stage: Stage, hearings: Hearings) -> list[tuple[str, str]]:
    """(account, path) of every page that a complaint has: waiting and late, mine and passed on, somebody else's, over, feedback."""
    late = await hearings.send(urgent=True, child=True)
    await hearings.set(late, accept_by=stage.now() - timedelta(hours=3))
    mine, other, gone = await hearings.send(), await hearings.send(about="official", organisation=""), await hearings.send()
    rumour = await hearings.feedback(topic="rumour", about="none")
    await hearings.accept(FOCAL, mine)
    await hearings.accept("psea-1", other)
    await hearings.accept(COORDINATOR, rumour)
    await hearings.withdraw(gone)
    async with stage.client(FOCAL) as client:
        for way, given in (("forward", {"organisation": "casa-sur"}), ("passed", {})):
            version = (await hearings.row(mine)).version
            path = f"/desk/complaint/{mine.hex()}/{way}"
            answer = (
                await client.post(path, json=given | {"version": version})
                if given
                else await client.post(path, data={"version": str(version)})
            )
            assert answer.status_code in (200, 303)
    page = "/complaint/"
    of_focal = ["/complaints", *(page + each.hex() for each in (late, mine, other, gone)), f"{page}{mine.hex()}/paper", "/register"]
    of_coordinator = ["/feedback", "/feedback?topic=rumour", page + rumour.hex()]
    return [*((FOCAL, each) for each in of_focal), *((COORDINATOR, each) for each in of_coordinator), (UNIT, page + mine.hex())]


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("lang", LANGS)
async def test_accessible_narrow_and_large(small_stage: Stage, browser: Browser, small_hearings: Hearings, lang: str) -> None:
    """axe in both themes; 360 px with text of twice the size; targets for a thumb. Mutation: an unnamed field, a fixed width."""
    await speak(small_stage, lang)
    async with small_stage.seen(browser, color_scheme="light", viewport={"width": 360, "height": 800}) as seen:
        await seen.context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))"
        )
        for name, path in await paths(small_stage, small_hearings):
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
            assert await seen.page.locator("[style], style, script:not([src]):not([type='application/json'])").count() == 0, path
            await seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert await fits(seen.page), path
    await speak(small_stage, "en")
