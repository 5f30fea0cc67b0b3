"""The simulator's page in a real browser: three phones, what stays private, and who can use it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect
from starlette.applications import Starlette

from bot import gsm7
from bot.channels import simulator
from bot.vault import Vault
from bot.wording import Wording
from flows.facts import LANGS
from tests.bot.channels.simulator_script import CHOICES, ENDS, MENU, NUMBERS, RESULTS, SHARE, UNREAD, WHERE, Script
from tests.browser import PATIENCE_MS, launched
from tests.servers import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = Wording.load()
SORRY = "No se guardó. Escribe otra vez en un momento."


def say(lang: str, name: str) -> str:
    return WORDS.text(lang, f"simulator.{name}")


async def look(person: Any) -> list[simulator.Kept]:
    return [simulator.Kept(212, 1190)]


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[Script, str]]:
    script = Script()
    routes = simulator.routes(
        handle=script.handle, vault=Vault(b"s" * 32), say=WORDS.text, last_resort=lambda country, lang: SORRY, look=look
    )
    with serving(Starlette(routes=routes)) as url:
        yield script, url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


class Opened:
    """The page, as a person has it before them, and what it did behind their back."""

    def __init__(self, context: BrowserContext, page: Page, script: Script, url: str) -> None:
        self.context, self.page, self.script, self.url = context, page, script, url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    @property
    def log(self) -> Any:
        return self.page.locator(".log:visible")

    @property
    def theirs(self) -> Any:
        return self.log.locator(".theirs .body .said")

    async def use(self, channel: str) -> None:
        await self.page.locator(f"[name=phone][value={channel}]").check()

    async def write(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")

    async def press(self, label: str) -> None:
        await self.log.locator(".key", has_text=label).last.click()

    async def attach(self, kind: str) -> None:
        await self.page.locator("#attach").click()
        await self.page.locator(f"#kinds [value={kind}]").click()

    async def settled(self) -> None:
        await expect(self.page.locator(".log[aria-busy]")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, demo: tuple[Script, str], request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """``@pytest.mark.parametrize("opened", [{...}], indirect=True)`` gives options of the browser's context."""
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "es-CO", "reduced_motion": "reduce"}
    context = await browser.new_context(**{**options, **getattr(request, "param", {})})
    context.set_default_timeout(PATIENCE_MS)
    script, url = demo
    script.reset()
    seen = Opened(context, await context.new_page(), script, url)
    await seen.page.goto(url)
    yield seen
    await context.close()


# --- one conversation on each phone ----------------------------------------------------------------------------------


async def test_telegram_like_buttons_edit_in_place_and_leaving_empties_the_chat(opened: Opened) -> None:
    page, script = opened.page, opened.script
    await page.get_by_role("button", name=say("es", "try.hello"), exact=True).click()
    await expect(opened.theirs).to_have_text([MENU])
    await expect(opened.log.locator(".key")).to_have_text([*CHOICES, *ENDS])

    await opened.press(CHOICES[0])
    await expect(opened.theirs).to_have_text([WHERE])  # still one message of Faro: it was edited
    await expect(opened.log.locator(".theirs .foot")).to_contain_text(say("es", "edited"))
    assert await opened.log.locator(".mine").count() == 1  # a press is no message

    await page.locator("#offer", has_text=SHARE).click()
    await page.locator("#points [value=cucuta]").click()
    await expect(opened.theirs).to_have_text([WHERE, RESULTS])
    await expect(opened.log.locator(".mine .said").last).to_have_text(say("es", "place.cucuta"))
    await expect(page.locator("#offer")).to_be_hidden()
    assert script.seen[-1].point is not None and script.seen[-1].point.reveal() == (7.8939, -72.5078)

    await opened.press(ENDS[0])
    await expect(opened.theirs.last).to_have_text(NUMBERS)
    await opened.press(ENDS[1])
    await expect(page.locator("#chats")).to_be_visible()
    assert await page.locator(".bubble").count() == 0
    await expect(page.locator("#preview")).to_have_text(say("es", "lock.none"))
    await page.locator("#start").click()
    await expect(page.locator("#text")).to_be_focused()
    assert opened.complaints == []


async def test_sms_like_is_counted_priced_and_stays_after_leaving(opened: Opened) -> None:
    page = opened.page
    await opened.use("sms")
    await page.locator("#country").select_option("MX")
    typed = "médico ñ " * 20
    await page.locator("#text").fill(typed)
    await expect(page.locator("#counter")).to_contain_text(f"{gsm7.segments(typed)} SMS")
    await opened.write(typed)
    await opened.write("cúcuta")
    await expect(opened.theirs).to_have_count(2)
    texts = await opened.theirs.all_text_contents()
    counts = [gsm7.segments(text) for text in texts]
    for shown, count in zip(await opened.log.locator(".theirs .cost").all_text_contents(), counts, strict=True):
        assert shown.startswith(f"{count} SMS") and f"{count * 0.05:.2f}" in shown
    total = await page.locator("#cost-faro").text_content()
    assert total is not None and total.startswith(f"{sum(counts)} SMS") and f"{sum(counts) * 0.05:.2f}" in total
    sent = gsm7.segments(typed) + gsm7.segments("cúcuta")
    await expect(page.locator("#cost-person")).to_have_text(f"{sent} SMS")
    assert {inbound.country_hint for inbound in opened.script.seen} == {"MX"}

    await opened.write("0")
    await expect(opened.log.locator(".mine.arrived")).to_have_count(3)
    await expect(opened.theirs).to_have_text(texts)  # nothing came back, nothing went
    await expect(page.locator("#after")).to_have_text(say("es", "after.sms"))
    assert opened.complaints == []


async def test_whatsapp_like_writes_options_out_and_takes_a_typed_point(opened: Opened) -> None:
    page = opened.page
    await opened.use("whatsapp")
    await opened.write("1")
    await expect(page.locator("#offer")).to_have_text(SHARE)
    assert await opened.log.locator(".key").count() == 0
    await page.locator("#offer").click()
    await page.locator("#pair").fill("somewhere")
    await page.keyboard.press("Enter")
    await expect(page.locator("#wrong")).to_have_text(say("es", "share.wrong"))
    assert await page.locator("#pair").input_value() == "somewhere"
    await page.locator("#pair").fill("-12.5, -69,1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#wrong")).to_have_text(say("es", "share.wrong"))
    await page.locator("#pair").fill("-12.59, -69.19")
    await page.keyboard.press("Enter")
    await expect(opened.theirs).to_have_count(2)
    point = opened.script.seen[-1].point
    assert point is not None and point.reveal() == (-12.59, -69.19)
    assert "1 Lugares y servicios" in ((await opened.theirs.last.text_content()) or "")


@pytest.mark.requirement("L-5")
@pytest.mark.parametrize("channel", simulator.PHONES)
async def test_everything_that_can_be_attached_gets_an_answer(opened: Opened, channel: str) -> None:
    """Mutation: an entry of the menu that sends nothing, or another kind than it says."""
    await opened.use(channel)
    await opened.write("hola")
    kinds = [kind for kind in simulator.ATTACHMENTS[channel] if kind != "location"]
    for number, kind in enumerate(kinds, 2):
        await opened.attach(kind)
        await expect(opened.theirs).to_have_count(number)
        assert opened.script.seen[-1].unreadable == kind
    assert UNREAD[:13] in ((await opened.theirs.last.text_content()) or "")


async def test_a_second_delivery_does_not_move_on(opened: Opened) -> None:
    page = opened.page
    await expect(page.locator("#again")).to_be_disabled()
    await opened.write("hola")
    await opened.press(CHOICES[0])
    await expect(opened.theirs).to_have_text([WHERE])
    await page.locator("#again").click()
    await expect(opened.log.locator(".network")).to_have_text(say("es", "again.done"))
    await expect(opened.theirs).to_have_text([WHERE])
    ids = [inbound.message_id for inbound in opened.script.seen]
    assert ids[1] == ids[2] != ids[0]


async def test_a_store_that_is_down_is_one_plain_sentence(opened: Opened) -> None:
    opened.script.down = True
    await opened.write("hola")
    await expect(opened.log.locator(".problem")).to_have_text(SORRY)
    await expect(opened.log.locator(".mine.failed")).to_have_count(1)
    opened.script.down = False
    await opened.write("hola")
    await expect(opened.theirs).to_have_text([MENU])


async def test_a_lost_connection_is_one_plain_sentence(opened: Opened) -> None:
    await opened.context.set_offline(True)
    await opened.write("hola")
    await expect(opened.log.locator(".problem")).to_have_text(say("es", "offline"))
    await opened.context.set_offline(False)
    await opened.write("hola")
    await expect(opened.theirs).to_have_text([MENU])


async def test_a_long_text_is_cut_as_phones_cut_it(opened: Opened) -> None:
    await opened.use("sms")
    await opened.write("😀" * 1700)
    await expect(opened.theirs).to_have_count(2)
    lengths = [len(inbound.words.reveal()) for inbound in opened.script.seen if inbound.words]
    assert lengths == [1600, 100]


# --- what the page shows beside the phone ----------------------------------------------------------------------------


@pytest.mark.requirement("E-7")
async def test_the_locked_screen_shows_exactly_forty_characters(opened: Opened) -> None:
    """Mutation: 39, 41, or cutting by UTF-16 units."""
    for text in (RESULTS, "Corto.", "🙂" * 50, "ñ" * 40, "a\nb " * 20, "x" * 41):
        opened.script.says = text
        await opened.write("hola")
        await opened.settled()
        await expect(opened.theirs.last).to_have_text(text)
        assert await opened.page.locator("#preview").text_content() == text[:40]


async def test_the_typed_counter_counts_as_the_server_does(opened: Opened) -> None:
    chance = random.Random(7)
    letters = gsm7.BASIC.replace("\r", "") + gsm7.EXTENSION * 3
    texts = ["", *("a" * n for n in (159, 160, 161, 306, 307)), *("ã" * n for n in (70, 71, 134, 135)), "€" * 80, "€" * 81]
    for _ in range(400):
        wide = chance.random() < 0.4
        texts.append("".join(chance.choice(letters + "ãç→😀" * wide) for _ in range(chance.randrange(500))))
    counted = await opened.page.evaluate(
        "async (texts) => { const { count } = await import('/simulator/static/gsm7.js'); return texts.map(count); }", texts
    )
    for text, figures in zip(texts, counted, strict=True):
        assert figures["segments"] == gsm7.segments(text), text
        assert figures["wide"] == (gsm7.encoding(text) == "ucs2"), text
        if not figures["wide"]:
            assert figures["used"] == gsm7.septets(text), text


async def test_the_panel_says_what_the_server_keeps(opened: Opened) -> None:
    await expect(opened.page.locator("#kept-rows")).to_have_text(say("es", "kept.none"))
    await opened.write("hola")
    await expect(opened.page.locator("#kept-rows")).to_contain_text("212")
    await opened.page.route("**/simulator/kept", lambda route: route.fulfill(status=500))
    await opened.write("hola")
    await expect(opened.page.locator("#kept")).to_be_hidden()  # what is not known is not claimed


async def test_the_language_changes_in_place(opened: Opened) -> None:
    page = opened.page
    await opened.write("hola")
    await expect(opened.theirs).to_have_count(1)
    for lang in LANGS:
        await page.locator(f"[data-lang={lang}]").click()
        assert await page.evaluate("document.documentElement.lang") == lang
        await expect(page.locator("#about-title")).to_have_text(say(lang, "about"))
        await expect(page.locator("#send")).to_have_attribute("aria-label", say(lang, "send"))
    await expect(opened.theirs).to_have_text([MENU])
    assert await opened.theirs.get_attribute("lang") == "es"  # what was said stays in its own language
    await opened.write("oi")
    await expect(opened.theirs).to_have_count(2)
    assert [inbound.lang_hint for inbound in opened.script.seen] == ["es", "pt"]


# --- what stays private ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-8")
async def test_nobody_else_is_asked_and_nothing_is_stored(opened: Opened) -> None:
    """Mutation: a font from elsewhere, a value in localStorage, an inline script."""
    page = opened.page
    await page.evaluate("addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))")
    for channel in simulator.PHONES:
        await opened.use(channel)
        await opened.write("1")
        await opened.attach("picture")
        await opened.settled()
    assert {url.removeprefix(opened.url).split("?")[0] for url in opened.requests} <= {
        "/",
        *(f"/simulator/static/{name}" for name in ("phone.css", "phone.js", "gsm7.js", "lighthouse.svg")),
        *(f"/simulator/{name}" for name in ("phone", "message", "kept")),
    }
    assert not any("?" in url or "#" in url for url in opened.requests)
    assert page.url == f"{opened.url}/"
    assert await opened.context.cookies() == []
    kept = await page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,"
        " (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"
    )
    assert kept == [0, 0, 0, 0, 0]
    assert opened.complaints == []


async def test_a_page_loaded_again_is_another_phone(opened: Opened) -> None:
    await opened.write("hola")
    await expect(opened.theirs).to_have_count(1)
    await opened.page.reload()
    assert await opened.page.locator(".bubble").count() == 0
    await opened.write("hola")
    await expect(opened.theirs).to_have_count(1)
    await opened.page.locator("#new").click()
    await opened.write("hola")
    await expect(opened.theirs).to_have_count(1)
    persons = {inbound.person.pseudonym(b"epoch", b"test") for inbound in opened.script.seen}
    assert len(opened.script.seen) == len(persons) == 3


@pytest.mark.requirement("E-2")
async def test_close_and_clear_leaves_a_blank_page_that_leads_nowhere(opened: Opened) -> None:
    """The server forgets each conversation; neither the history nor the referrer leads back to it.

    Mutation: ``location.assign`` in place of ``location.replace``, or no leave word to the server.
    """
    page = opened.page
    for channel in ("telegram", "sms"):
        await opened.use(channel)
        await opened.write("hola")
        await opened.settled()
    length = await page.evaluate("history.length")
    await page.locator("#close").click()
    await page.wait_for_url(f"{opened.url}/simulator/left")
    assert await page.evaluate("[history.length, document.referrer, document.body.textContent.trim()]") == [length, "", ""]
    said = [inbound.words.reveal() for inbound in opened.script.seen if inbound.words]
    for _ in range(100):
        if said.count("0") == 2:
            break
        await page.wait_for_timeout(20)  # the browser sends the leave word although its page is gone
        said = [inbound.words.reveal() for inbound in opened.script.seen if inbound.words]
    assert sorted(said) == ["0", "0", "hola", "hola"]
    await page.go_back()
    assert await page.locator(".bubble").count() == 0


# --- who can use it --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-6")
async def test_a_whole_conversation_by_keyboard(opened: Opened) -> None:
    """Mutation: losing the focus when a pressed button is replaced, or a sheet that Escape does not close."""
    page = opened.page
    keys = page.keyboard
    await keys.press("Tab")
    await expect(page.locator("#skip")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    assert page.url == f"{opened.url}/"
    await keys.type("hola")
    await keys.press("Enter")
    await expect(opened.theirs).to_have_text([MENU])
    await expect(page.locator("#text")).to_be_focused()

    for _ in range(len(CHOICES) + len(ENDS) + 1):  # back over the paper clip to the first option
        await keys.press("Shift+Tab")
    await expect(opened.log.locator(".key").first).to_be_focused()
    await keys.press("Enter")
    await expect(opened.theirs).to_have_text([WHERE])
    await expect(opened.log.locator(".theirs")).to_be_focused()
    await keys.press("Tab")
    await expect(opened.log.locator(".key").first).to_be_focused()

    for _ in range(len(ENDS)):
        await keys.press("Tab")
    await expect(page.locator("#offer")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator("#points [value=cucuta]")).to_be_focused()
    await keys.press("Escape")
    await expect(page.locator("#text")).to_be_focused()
    await page.locator("#offer").focus()
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(opened.theirs).to_have_text([WHERE, RESULTS])
    await expect(page.locator("#text")).to_be_focused()
    await keys.type("0")
    await keys.press("Enter")
    await expect(page.locator("#chats")).to_be_visible()

    await page.locator("[name=phone]:checked").focus()
    await keys.press("ArrowRight")
    await expect(page.locator("[name=phone][value=sms]")).to_be_checked()


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("opened", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
async def test_no_barriers_are_found_by_rule(opened: Opened) -> None:
    """WCAG 2.2 A and AA, and the contrast of 7:1 that we ask for on top.

    Mutation: a lighter ``--soft`` in either theme, or a button without a name.
    """
    page = opened.page
    rules = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
        "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
        "resultTypes": ["violations"],
    }
    found: list[str] = []

    async def check(where: str) -> None:
        result = await Axe().run(page, options=rules)
        for violation in result.response["violations"]:
            nodes = "; ".join(f"{node['html'][:150]} ({node['failureSummary'][-170:]})" for node in violation["nodes"][:3])
            found.append(f"{where}: {violation['id']}: {nodes}")

    await check("empty")
    for channel in simulator.PHONES:
        await opened.use(channel)
        await opened.write("1")
        if channel == "telegram":
            await page.locator("#offer").click()
            await page.locator("#coordinates [type=submit]").click()
            await check("sheet with an error")
            await page.locator("#points [value=la_parada]").click()
        await opened.attach("voice" if channel == "telegram" else "picture")
        await opened.settled()
        opened.script.down = True
        await opened.write("hola")
        await opened.settled()
        opened.script.down = False
        await page.locator("#text").fill("ã")
        await check(channel)
    await page.locator("#attach").click()
    await check("menu")
    await page.keyboard.press("Escape")
    await opened.use("telegram")
    await opened.write("0")
    await expect(page.locator("#chats")).to_be_visible()
    await check("left")
    assert not found, "\n".join(found)


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize(
    ("opened", "text_size"),
    [
        ({"viewport": {"width": 320, "height": 640}}, 100),
        ({"viewport": {"width": 360, "height": 740}}, 200),
        ({"viewport": {"width": 768, "height": 1024}}, 200),
        ({"viewport": {"width": 1440, "height": 900}}, 200),
    ],
    indirect=["opened"],
    ids=["320", "360 large text", "768 large text", "1440 large text"],
)
async def test_nothing_is_cut_off_at_the_side(opened: Opened, text_size: int) -> None:
    """Mutation: a fixed width in the style sheet."""
    page = opened.page
    await page.evaluate("size => { document.documentElement.style.fontSize = `${size}%`; }", text_size)
    for lang in LANGS:
        await page.locator(f"[data-lang={lang}]").click()
        for channel in simulator.PHONES:
            await opened.use(channel)
            await opened.write("hola")
            await opened.settled()
            wide = await page.evaluate(
                """() => [...document.querySelectorAll('body, body *')]
                    .filter((element) => element.checkVisibility() && !element.closest('.unseen, .skip, svg'))
                    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
                        || (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible'))
                    .map((element) => element.outerHTML.slice(0, 80))"""
            )
            assert wide == [], f"{lang}, {channel}"
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("opened", [{"viewport": {"width": 360, "height": 740}, "has_touch": True}], indirect=True)
async def test_everything_to_touch_is_large_enough(opened: Opened) -> None:
    """44 px in both directions. Mutation: a smaller ``min-height`` of buttons."""
    page = opened.page
    await opened.use("whatsapp")
    await opened.write("1")
    await opened.settled()
    await opened.use("telegram")
    await opened.write("hola")
    await opened.settled()
    measure = """() => [...document.querySelectorAll('button, select, textarea, input:not([type=radio]), label:has([type=radio])')]
        .filter((element) => element.checkVisibility())
        .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
        .filter(([, box]) => box.width < 43.9 || box.height < 43.9).map(([html]) => html)"""
    assert await page.evaluate(measure) == []
    for sheet in ("attach", "offer"):
        if sheet == "offer":
            await page.keyboard.press("Escape")
            await opened.use("whatsapp")
        await page.locator(f"#{sheet}").click()
        assert await page.evaluate(measure) == []
