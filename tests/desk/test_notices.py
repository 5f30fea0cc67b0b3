"""Notices and remarks on the desk: written, refused with what was typed kept, taken back; done."""

from __future__ import annotations

import re
import uuid

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from sqlalchemy import delete

from bot import remarks
from bot.complaints.tables import Remark
from bot.notices.live import LiveNotices
from bot.notices.tables import Notice
from tests.bot.directory.world import key_of, rows, write
from tests.desk.stage import Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO, OTHER = "coordinator-1", "coordinator-2"
TITLES = {"es": "¿Cobran la vacuna?", "en": "Does the vaccine cost money?", "pt": "A vacina é paga?"}
TEXTS = {"es": "No. Es gratis.", "en": "No. It is free.", "pt": "Não. É gratuita."}
FORM = {"kind": "rumour", "country": "CO", "days": "30"}
FORM |= {f"title_{lang}": text for lang, text in TITLES.items()} | {f"text_{lang}": text for lang, text in TEXTS.items()}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def empty(request: pytest.FixtureRequest) -> None:
    stage: Stage = request.getfixturevalue("small_stage" if "small_stage" in request.fixturenames else "stage")
    async with stage.engine.begin() as connection:
        for table in (Notice, Remark):
            await connection.execute(delete(table))


async def agree(stage: Stage, name: str = OTHER) -> int:
    """What somebody of another organisation does to the one thing that waits; the status."""
    async with stage.client(name) as client:
        page = (await client.get("/desk/notices")).text
        found = re.findall(r'action="[^"]*/notices/agree".*?name="id" value="([0-9a-f-]{36})"', page)
        return (await client.post("/desk/notices/agree", data={"id": found[0] if found else str(uuid.UUID(int=1))})).status_code


@pytest.mark.requirement("C-1", "E-9", "M-8")
async def test_a_notice_from_the_form_to_the_conversation_and_back(stage: Stage, browser: Browser) -> None:
    """Written in three languages, refused once with every other word kept, agreed to by another organisation, read by
    conversations, taken back by two. Mutation: a form that empties itself; a notice that is published by one person, or although
    one language is faulty."""
    live = LiveNotices(stage.engine, stage.desk.settings, stage.clock)
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.enter(seen.context, WHO)
        await page.goto(f"{stage.url}/desk/notices/new?kind=rumour&country=CO")
        assert await page.locator("#country").input_value() == "CO"
        for lang in ("es", "en", "pt"):
            await page.locator(f"#title_{lang}").fill(TITLES[lang])
            await page.locator(f"#text_{lang}").fill(TEXTS[lang])
        await page.locator("#text_en").fill("We will help everybody.")
        await page.get_by_role("button", name="Ask for the notice to be published").click()
        await expect(page.locator("#text_en-wrong")).to_have_text("Promises, blames or presses: «We will help»")
        await expect(page.locator("#text_en")).to_be_focused()
        assert await page.locator("#text_es").input_value() == TEXTS["es"]
        assert await faults(page) == []
        await live.refresh()
        assert live.listed("rumour", "CO", "en", stage.clock()) == ()

        await page.locator("#text_en").fill(TEXTS["en"])
        await page.get_by_role("button", name="Ask for the notice to be published").click()
        await expect(page.get_by_text("It waits for a second person.")).to_be_visible()
        await expect(page.get_by_text("A coordinator of another organisation has to agree.")).to_be_visible()
        assert await page.get_by_role("button", name="I agree").count() == 0 and await faults(page) == []
        await live.refresh()
        assert live.listed("rumour", "CO", "en", stage.clock()) == ()

        await stage.enter(seen.context, OTHER)
        await page.goto(f"{stage.url}/desk/notices")
        for text in (*TITLES.values(), *TEXTS.values()):
            await expect(page.get_by_text(text, exact=True)).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="I agree: publish it").click()
        await expect(page.get_by_text("Published.")).to_be_visible()
        await live.refresh()
        [read] = live.listed("rumour", "CO", "pt", stage.clock())
        assert (read.title, read.text) == (TITLES["pt"], TEXTS["pt"])
        assert await faults(page) == []

        await page.locator("summary", has_text="Take it back").click()
        await page.get_by_role("button", name="Ask for it").click()
        await expect(page.get_by_text("If nobody else agreed by then, people read it again.")).to_be_visible()
        assert await page.locator(".tag.calm").count() == 0, "it is not among what people read"
        await page.get_by_role("button", name="Keep it after all").click()
        await live.refresh()
        assert len(live.listed("rumour", "CO", "es", stage.clock())) == 1
        await page.locator("summary", has_text="Take it back").click()
        await page.get_by_role("button", name="Ask for it").click()
        assert await faults(page) == []
        assert await page.locator("summary", has_text="Take it back").count() == 0
        await live.refresh()
        assert live.listed("rumour", "CO", "es", stage.clock()) == ()
        assert await agree(stage) == 404, "one's own"
        assert await agree(stage, WHO) == 303
        await live.refresh()
        assert live.listed("rumour", "CO", "es", stage.clock()) == ()


async def test_what_no_form_of_ours_sends(stage: Stage) -> None:
    """Mutation: a country that is not the coordinator's; every country for whoever answers for two; ending twice, or without having
    been published; giving up another's."""
    async with stage.client(WHO) as client:
        for changed in ({"country": "BR"}, {"country": "all"}, {"country": ""}, {"days": "9999"}, {"kind": "x"}, {"title_es": ""}):
            assert (await client.post("/desk/notices/new", data=FORM | changed)).status_code == 422, changed
        for path in ("agree", "end", "withdraw"):
            assert (await client.post(f"/desk/notices/{path}", data={"id": "x"})).status_code == 400
            assert (await client.post(f"/desk/notices/{path}", data={"id": str(uuid.UUID(int=1))})).status_code == 404
        for _ in range(2):
            assert (await client.post("/desk/notices/new", data=FORM)).status_code == 303
            [id] = re.findall(r'name="id" value="([0-9a-f-]{36})"', (await client.get("/desk/notices")).text)
            assert (await client.post("/desk/notices/end", data={"id": id})).status_code == 404
            async with stage.client(OTHER) as other:
                assert (await other.post("/desk/notices/withdraw", data={"id": id})).status_code == 404
            assert (await client.post("/desk/notices/withdraw", data={"id": id})).status_code == 303
        assert (await client.post("/desk/notices/new", data=FORM)).status_code == 303
        assert await agree(stage) == 303
        [id] = re.findall(r'name="id" value="([0-9a-f-]{36})"', (await client.get("/desk/notices")).text)
        for _ in range(2):  # twice is once
            assert (await client.post("/desk/notices/end", data={"id": id})).status_code == 303
        assert await agree(stage) == 303
        assert (await client.post("/desk/notices/end", data={"id": id})).status_code == 404


@pytest.mark.requirement("P-1")
async def test_remarks_are_listed_and_done(stage: Stage, browser: Browser) -> None:
    """The entry, what, how often, the week; no more. Mutation: a day or an hour on the page; a remark that stays."""
    async with stage.seen(browser) as seen:
        page = seen.page
        await write(stage.engine, rows(1))
        for _ in range(2):
            await remarks.add(stage.engine, str(key_of(1)), "CO", "closed", stage.now())
        await remarks.add(stage.engine, str(key_of(99)), "PE", "number", stage.now())
        await stage.enter(seen.context, WHO)
        await page.goto(f"{stage.url}/desk/remarks")
        first, second = page.locator(".list > li").nth(0), page.locator(".list > li").nth(1)
        assert "name-1" in await first.inner_text() and "it is closed · said 2 times" in await first.inner_text()
        assert "A place that is no longer in the directory" in await second.inner_text()
        assert await faults(page) == []
        await first.get_by_role("button").click()
        await expect(page.get_by_text("Noted.")).to_be_visible()
        assert await page.locator(".list > li").count() == 1
    async with stage.client(OTHER) as client:
        assert (await client.post("/desk/remarks/done", data={"entry": str(key_of(1)), "what": "closed"})).status_code == 404


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("lang", ["es", "pt"])
async def test_full_pages_are_accessible_and_narrow(small_stage: Stage, browser: Browser, lang: str) -> None:
    """With content in them, dark too, at 320 px. Mutation: a fixed width; a button without a name of its own."""
    async with small_stage.client(WHO) as client:
        await client.post("/desk/notices/new", data=FORM)
        assert await agree(small_stage) == 303
        await client.post("/desk/notices/new", data=FORM)
    async with small_stage.client(OTHER) as client:
        await client.post("/desk/notices/new", data=FORM)
    await remarks.add(small_stage.engine, str(key_of(99)), "CO", "turned_away", small_stage.now())
    async with small_stage.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE staff SET lang = '{lang}'")
    async with small_stage.seen(browser, viewport={"width": 320, "height": 800}) as seen:
        await small_stage.enter(seen.context, WHO)
        for path in ("/notices", "/notices/new", "/remarks"):
            await seen.open(f"/desk{path}")
            assert await faults(seen.page) == [], path
            await seen.page.emulate_media(color_scheme="dark")
            assert await faults(seen.page, rules=["color-contrast"]) == [], path
            await seen.page.emulate_media(color_scheme="light")
            assert await fits(seen.page), path
    async with small_stage.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE staff SET lang = 'en'")
