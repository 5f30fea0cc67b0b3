"""Every page of the desk, as people meet it: accessible, narrow and wide, large text, both themes, three languages, alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Error, Page

import bot.desk.app  # noqa: F401 - so that every page is registered
from bot.desk.routing import REGISTRY, Allow
from flows.facts import LANGS
from tests.desk.stage import STAFF, Seen, Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Pages without a {name} in their path, and who looks at them: the first account that may.
PAGES = {page.path: page.allow for page in REGISTRY.pages if "GET" in page.methods and "{" not in page.path}
TELLING = ("viol", "abus", "victim", "vítima", "víctima", "protec", "proteç", "asylum", "refug")
#: Buttons and fields lower than a thumb, or narrower.
SMALL = """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary, nav a, a.button')]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .map((each) => [each, (each.matches('[type=checkbox], [type=radio]') ? each.closest('label') : each).getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.9 || box.width < 43.9).map(([each]) => each.outerHTML.slice(0, 120))"""


async def who(stage: Stage, allow: Allow) -> str:
    """The first account that may; nobody for a public page."""
    if allow.public:
        return ""
    for name in STAFF:
        if allow(await stage.actor(name)):
            return name
    raise AssertionError("nobody may look at this page")


async def visits(stage: Stage) -> list[tuple[str, str]]:
    """(account or nobody, path) of every page that can be looked at; JSON and redirects are none."""
    found = []
    for path, allow in PAGES.items():
        name = await who(stage, allow)
        async with stage.client(name) as client, client.stream("GET", f"/desk{path}") as answer:
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                found.append((name, path))
    return found


async def open_as(stage: Stage, seen: Seen, name: str, path: str) -> Page:
    await seen.context.clear_cookies()
    if name:
        await stage.enter(seen.context, name)
    await seen.open(f"/desk{path}")
    await seen.page.wait_for_load_state("load")
    return seen.page


async def speak(stage: Stage, lang: str) -> None:
    async with stage.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE staff SET lang = '{lang}'")


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("lang", LANGS)
async def test_every_page_is_accessible(small_stage: Stage, browser: Browser, lang: str) -> None:
    """axe, WCAG 2.2 A and AA, in both themes. Mutation: a field without a label, a colour a little softer, two
    headings of level 1, a title that tells somebody who looks over a shoulder what the desk is for."""
    await speak(small_stage, lang)
    async with small_stage.seen(browser, color_scheme="light", locale=lang) as seen:
        looked = 0
        for name, path in await visits(small_stage):
            if path == "/left":
                continue  # empty on purpose
            page = await open_as(small_stage, seen, name, path)
            assert await page.evaluate("document.documentElement.lang") == lang
            assert await faults(page) == [], path
            await page.emulate_media(color_scheme="dark")
            assert await faults(page, rules=["color-contrast"]) == [], path  # all that a theme changes
            await page.emulate_media(color_scheme="light")
            assert await page.locator("h1").count() == 1, path
            title = (await page.title()).lower()
            assert title.endswith(" · faro") and not any(word in title for word in TELLING), path
            looked += 1
        assert looked >= 4


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize(("width", "text"), [(320, 100), (360, 200), (768, 100), (1440, 100)])
async def test_every_page_fits_and_can_be_touched(small_stage: Stage, browser: Browser, width: int, text: int) -> None:
    """Mutation: a width in pixels, a button of 40 px. 200 % text is the reader's own setting of the size of letters."""
    await speak(small_stage, "es")
    async with small_stage.seen(browser, viewport={"width": width, "height": 800}) as seen:
        for name, path in await visits(small_stage):
            page = await open_as(small_stage, seen, name, path)
            if text != 100:
                await page.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%`; }", text)
            assert await fits(page), path
            assert await page.evaluate(SMALL) == [], path


@pytest.mark.requirement("P-8")
async def test_no_page_asks_anybody_else_or_breaks_its_own_policy(small_stage: Stage, browser: Browser) -> None:
    """``seen`` fails on any request to others, any word in the console, any violation. Mutation: a font from elsewhere, an inline
    style, ``innerHTML``."""
    async with small_stage.seen(browser) as seen:
        await seen.context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))"
        )
        for name, path in await visits(small_stage):
            page = await open_as(small_stage, seen, name, path)
            assert await page.locator("[style], style, script:not([src]):not([type='application/json'])").count() == 0, path
            assert await page.locator("[onclick], [onsubmit], [onload], [onchange]").count() == 0, path
        assert {request.url.partition("/desk")[0] for request in seen.requests} == {small_stage.url}


async def test_a_violation_would_be_noticed(small_stage: Stage, browser: Browser) -> None:
    """What the test above relies on. Mutation: a policy that lets strings become markup, or a test that hears nothing."""
    async with small_stage.seen(browser, complaints=True) as seen:
        await seen.open("/desk/sign-in")
        with pytest.raises(Error, match="TrustedHTML"):
            await seen.page.evaluate("document.createElement('p').innerHTML = 'x'")
        await seen.page.evaluate("document.body.setAttribute('style', 'color: red')")
        await seen.page.wait_for_timeout(50)
        assert any("style-src" in each for each in seen.complaints)


@pytest.mark.requirement("L-6")
async def test_the_keyboard_reaches_everything_in_the_order_of_reading(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a positive tabindex, a skip link that leads nowhere, focus that cannot be seen."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await open_as(small_stage, seen, "administrator-1", "/account")
        await page.keyboard.press("Tab")
        skip = page.locator(".skip")
        assert await skip.evaluate("(link) => link === document.activeElement && link.getBoundingClientRect().top >= 0")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        tops = []
        for _ in range(3):
            await page.keyboard.press("Tab")
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
            top = await page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY")
            tops.append(top)
        assert tops == sorted(tops)
        assert await page.locator("[tabindex]:not([tabindex='-1']):not([tabindex='0'])").count() == 0


async def test_the_menu_opens_on_a_phone_and_stands_on_a_large_screen(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a menu that only a wide window shows."""
    async with small_stage.seen(browser, viewport={"width": 360, "height": 700}) as seen:
        page = await open_as(small_stage, seen, "administrator-1", "/account")
        assert not await page.locator("#menu").is_visible()
        await page.locator(".menu-button").click()
        assert await page.locator("#menu").is_visible()
        assert await page.locator("#menu [aria-current=page]").count() == 1
        await page.keyboard.press("Escape")
        assert not await page.locator("#menu").is_visible()
        await page.set_viewport_size({"width": 1280, "height": 800})
        assert await page.locator("#menu").is_visible()
