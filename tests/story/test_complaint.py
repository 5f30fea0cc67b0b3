"""A complaint: from a phone to its end, played in a real browser, over embedded stores and over real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.complaints.tables import Complaint, ComplaintItem
from tests.browser import launched
from tests.story.both import ONE, Both, both

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOCAL, TIED = "psea-1", "coordinator-2"
"""Of Red Norte; of Casa Sur, which it is about."""
BEGINS = ("=hola", "start.hello.es", "start.menu.feedback", "complaint.kind.conduct", "Colombia", "complaint.safe.yes")
NOTE, MORE = "Pasó en la fila de la entrega", "Fue el martes por la tarde"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["embedded", "PostgreSQL and Redis"])
async def all_of_it(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Both]:
    urls = ("", "")
    if request.param != "embedded":
        urls = request.getfixturevalue("module_postgres"), request.getfixturevalue("redis_url")
    async with both(browser, tmp_path_factory.mktemp("story"), *urls, also=(FOCAL, TIED)) as made:
        yield made


@pytest.mark.requirement("C-3", "C-4", "C-5", "C-6", "C-7", "C-8", "P-5")
async def test_from_a_complaint_to_its_end(all_of_it: Both) -> None:
    """Sent, accepted, asked about, answered, contested, answered again, closed; each stage read back by its code. Whoever is tied
    to those whom it is about, and whoever takes requests, sees what they saw before. Mutation: a code that shows what was sent; a
    question that looks like an answer; a contested complaint that stays closed; a list that grows for Casa Sur."""
    async with (
        all_of_it.phone() as phone,
        all_of_it.desk(FOCAL) as focal,
        all_of_it.desk(TIED) as tied,
        all_of_it.desk(ONE) as duty,
    ):
        before = [await desk.sees(path) for desk, path in ((tied, "/complaints"), (duty, "/queue"))]
        await phone.takes(*BEGINS)
        assert await phone.shows("complaint.intro")
        await phone.takes("complaint.intro.on")
        assert await phone.shows("complaint.help")  # help comes first
        await phone.takes("complaint.help.on", "complaint.who.organisation", "=Casa Sur")
        for question in ("happened", "spot", "when", "danger", "child", "helped", "answered"):
            await phone.takes(f"complaint.{question}.skip")
        await phone.takes(f"={NOTE}", "complaint.check.send")
        assert await phone.shows("complaint.done")
        code = await phone.receipt()

        await phone.comes_back(code)
        assert await phone.shows("code.complaint.received")
        address = await focal.accepts_the_first()
        assert NOTE in await focal.opens("note")
        await phone.comes_back(code)
        assert await phone.shows("code.complaint.looked_at")

        await focal.answers("¿Qué día fue?", "ask")
        await phone.comes_back(code)
        assert await phone.shows("code.complaint.question_waiting")
        assert "¿Qué día fue?" in await phone.takes("code.complaint.answer")
        await phone.takes("code.complaint_answer.write", f"={MORE}")
        await focal.goes(address)
        assert MORE in await focal.opens("note")

        await focal.answers("Ya lo mira quien corresponde", "code")
        await focal.concludes("answered")
        await phone.comes_back(code)
        assert "Ya lo mira quien corresponde" in await phone.takes("code.complaint.answer")
        await phone.takes("code.complaint_answer.status", "code.complaint.contest", "code.complaint_contest.yes")

        assert await focal.accepts_the_first() == address
        await focal.answers("Lo volvimos a mirar", "code")
        await focal.concludes("answered")
        shown = await phone.comes_back(code)
        assert NOTE not in shown and MORE not in shown
        assert "Lo volvimos a mirar" in await phone.takes("code.complaint.answer")
        assert [await desk.sees(path) for desk, path in ((tied, "/complaints"), (duty, "/queue"))] == before

    (row,) = await all_of_it.rows(Complaint.__table__)  # type: ignore[attr-defined]
    assert (row.state, row.outcome, row.contested) == ("closed", "answered", True)
    assert {each.kind for each in await all_of_it.rows(ComplaintItem.__table__)} >= {"answer"}  # type: ignore[attr-defined]


@pytest.mark.requirement("C-7", "D-10")
async def test_a_complaint_that_is_taken_back(all_of_it: Both) -> None:
    """Mutation: a code that says that there was something; an envelope that stays."""
    async with all_of_it.phone() as phone:
        await phone.takes(*BEGINS, "complaint.intro.on", "complaint.help.on", "complaint.who.police", "complaint.happened.end")
        await phone.takes("complaint.check.send")
        code = await phone.receipt()
        await phone.comes_back(code)
        await phone.takes("code.complaint.withdraw", "code.complaint_withdraw.yes")
        invented = await phone.says("0000 000 000 000")
        assert await phone.says(code) == invented
    rows = [row for row in await all_of_it.rows(Complaint.__table__) if row.state == "withdrawn"]  # type: ignore[attr-defined]
    assert len(rows) == 1
    items = await all_of_it.rows(ComplaintItem.__table__)  # type: ignore[attr-defined]
    assert not [each for each in items if each.complaint_id == rows[0].id]
