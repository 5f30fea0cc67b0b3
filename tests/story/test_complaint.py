"""A complaint: from a phone to its end, played in a real browser, over embedded stores and over real ones."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.story.both import HEARS, ONE, Both, Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTE = "En la oficina del puente pidieron dinero por la carpa"
#: To the last question but the note, about the staff of Casa Sur.
SAY = (
    "=hola", "start.hello.es", "start.menu.feedback", "complaint.kind.conduct", "Colombia", "complaint.safe.yes",
    "complaint.intro.on", "complaint.help.on", "complaint.who.organisation", "=Casa Sur", "complaint.happened.own", "=Cúcuta",
    "complaint.when.week", "complaint.danger.no", "complaint.child.no", "complaint.helped.yes", "complaint.answered.yes",
    f"={NOTE}", "complaint.paper.no",
)  # fmt: skip


async def accepts_the_first(desk: Desk) -> None:
    await desk.page.goto(f"{desk.stage.url}/desk/complaints")
    await desk.page.locator("[data-group=waiting] .ticket-row a").first.click()
    await desk.page.locator("form[action$='/accept'] button").click()
    await desk.page.wait_for_url(re.compile("done=accepted"))


async def leaves(desk: Desk, words: str, by: str) -> None:
    """``by``: ``code`` for an answer, ``ask`` for a question."""
    await desk.page.locator("#text").fill(words)
    await desk.page.locator(f"#answer button[value={by}]").click()
    await desk.page.wait_for_url(re.compile("done=(answered|asked)"))


async def closes(desk: Desk) -> None:
    form = desk.page.locator("form[action$='/close']")
    await desk.page.locator("details", has=form).locator("summary").click()
    await form.locator("[name=outcome]").select_option("answered")
    await form.locator("button").click()
    await desk.page.wait_for_url(re.compile("done=closed"))


@pytest.mark.requirement("C-1", "C-3", "C-4", "C-5", "C-7", "C-9", "P-5")
async def test_from_a_complaint_to_its_end(all_of_it: Both) -> None:
    """Sent, accepted, asked back, written to, answered, closed, contested, closed again; the code shows each of it and never what
    was sent, and whoever answers requests sees nothing. Mutation: a card that the desk cannot read; a question that the code shows
    as an answer; a contested complaint that stays closed."""
    async with all_of_it.phone() as phone, all_of_it.desk(HEARS) as hears:
        await phone.takes(*SAY)
        await phone.takes("complaint.check.send")
        code = await phone.receipt()

        await accepts_the_first(hears)
        address = hears.page.url.partition("?")[0]
        card = await hears.opens("card")
        assert "to whoever writes" in card and "Cúcuta" in card and "this week" in card
        assert NOTE in await hears.opens("note")
        await phone.comes_back(code)
        assert await phone.shows("code.complaint.looked_at") and NOTE not in await phone.text()
        await leaves(hears, "¿En qué oficina fue?", "ask")

        await phone.comes_back(code)
        assert "¿En qué oficina fue?" in await phone.takes("code.complaint.answer")
        await phone.takes("code.complaint_answer.write", "=En la del puente")
        await hears.goes(address)
        assert "En la del puente" in await hears.opens("note")
        await leaves(hears, "Gracias. Lo mira quien corresponde.", "code")
        await closes(hears)

        await phone.comes_back(code)
        assert "Lo mira quien corresponde" in await phone.takes("code.complaint.answer")
        await phone.takes("code.complaint_answer.status", "code.complaint.contest", "code.complaint_contest.yes")
        assert await phone.shows("code.complaint_contested")
        await accepts_the_first(hears)
        await leaves(hears, "Lo miramos otra vez.", "code")
        await closes(hears)
        await phone.comes_back(code)
        assert "Lo miramos otra vez" in await phone.takes("code.complaint.answer")

        async with all_of_it.desk(ONE) as other:
            await other.page.goto(f"{other.stage.url}/desk/queue")
            await expect(other.page.locator(".tickets [data-id]")).to_have_count(0)
            await other.page.goto(address)
            await expect(other.page.locator(".ticket")).to_have_count(0)
