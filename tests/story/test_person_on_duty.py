"""A person on duty: from a request on a phone to its end, played in a real browser, over embedded stores and over real ones."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from bot.tickets.storing import item, ticket
from bot.tickets.tables import Counter
from tests.story.both import ASK, NOON, ONE, TWO, Both

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = ("=hola", "start.hello.es", "start.menu.person", "Colombia", *ASK)
NOTE = "Necesito hablar con alguien que sepa de papeles"
NUMBER, MASKED = "+57 310 765 4321", "321"
counter = Counter.__table__  # type: ignore[attr-defined]


@pytest.mark.requirement("D-3", "D-4", "D-6", "D-10", "M-1", "M-2", "M-6", "P-5")
async def test_from_a_request_to_its_end(all_of_it: Both) -> None:
    """Asked, claimed, opened, answered in the chat and under the code, handed over, closed, rated. Mutation: an answer to a message
    of the desk that goes to the screen from before; a second account that cannot open; a code that shows what was sent."""
    async with all_of_it.phone() as phone, all_of_it.desk(ONE) as first:
        await phone.takes(*START, "request.way.here", "request.contact_here.yes", "request.card.on", "request.count.yes")
        await phone.takes("request.check.details", "request.details.note", f"={NOTE}", "request.check.send")
        code = await phone.receipt()

        address = await first.takes_the_first()
        assert "clinic" not in await first.opens("card")  # a pretext is for calls
        await first.opens("contact")
        assert NOTE in await first.opens("note")
        await first.answers("Buenas, ¿está bien ahora?", "relay")
        await expect(phone.newest.locator(".said")).to_have_text("Buenas, ¿está bien ahora?")

        await phone.says("Sí, ahora puedo leer")
        assert await phone.shows("relay.passed")
        await first.goes(address)
        assert "Sí, ahora puedo leer" in await first.opens("note")
        await first.opens("card")
        await first.opens("contact")
        await first.answers("La oficina abre los lunes a las ocho", "code")

        await phone.comes_back(code)
        assert "La oficina abre los lunes a las ocho" in await phone.takes("code.status.answer")
        await phone.takes("code.answer.write", "=Gracias, iré el lunes")
        assert await phone.shows("code.noted")

        await first.goes(address)
        assert "Gracias, iré el lunes" in await first.opens("note")
        await first.hands_over()
        async with all_of_it.desk(TWO) as second:
            assert await second.takes_the_first() == address
            await second.opens("card")
            shown = await second.opens("note")
            assert NOTE in shown and "Gracias, iré el lunes" in shown
            await second.closes()

        await phone.comes_back(code)
        assert await phone.shows("code.status.closed")
        assert not await phone.offers("code.status.write") and not await phone.offers("code.status.change")
        await phone.takes("code.status.rate", "code.rate.5")
        assert await phone.shows("code.rated")

    (row,) = await all_of_it.rows(ticket)
    assert (row.state, row.outcome, row.way, row.guarded) == ("closed", "reached_needs_met", "code", None)
    assert {each.kind for each in await all_of_it.rows(item)} == {"answer"}
    counted = {(each.what, each.value): each.number for each in await all_of_it.rows(counter)}
    assert counted[("rating", "5")] == 1 and counted[("request", "all")] == 1 and counted[("outcome", "reached_needs_met")] == 1


@pytest.mark.requirement("D-10", "P-6")
async def test_taken_back(all_of_it: Both) -> None:
    """While somebody has it open. Mutation: a code that says that there was something; envelopes that can still be opened."""
    async with all_of_it.phone() as phone, all_of_it.desk(ONE) as desk:
        await phone.takes(*START, "request.way.code", "request.count.no", "request.check.details", "request.details.note")
        await phone.takes(f"={NOTE}", "request.check.send")
        code = await phone.receipt()
        address = await desk.takes_the_first()
        assert NOTE in await desk.opens("note")
        await phone.comes_back(code)
        assert await phone.shows("code.status.looked_at")
        await phone.takes("code.status.withdraw", "code.withdraw.yes")
        assert await phone.shows("code.withdrawn")

        withdrawn = desk.page.locator(f"[data-group=withdrawn] [data-id='{address.rpartition('/')[2]}']")
        await expect(withdrawn).to_be_visible()  # the list beside the open page goes on by itself
        await desk.goes(address)
        assert await desk.page.locator("[data-open], #answer").count() == 0
        invented = await phone.says("0000 000 000 000")
        assert await phone.says(code) == invented
        assert await phone.shows("code.wrong")
    tickets = {each.id: each for each in await all_of_it.rows(ticket)}
    row = tickets[bytes.fromhex(address.rpartition("/")[2])]
    assert row.state == "withdrawn" and not [each for each in await all_of_it.rows(item) if each.ticket_id == row.id]


@pytest.mark.requirement("D-5", "P-1")
async def test_called_in_their_own_hours(all_of_it: Both) -> None:
    """A number for the night is hidden at noon and shown at night. Mutation: a window by the desk's clock; a number that is read
    back in full."""
    async with all_of_it.phone() as phone, all_of_it.desk(ONE) as desk:
        await phone.takes(*START, "request.way.phone", "request.contact_phone.yes", f"={NUMBER}")
        read = await phone.text()
        assert MASKED in read and NUMBER.replace(" ", "") not in read.replace(" ", "")
        await phone.takes("request.number_read.mine", "request.card.windows", "request.windows.night", "request.card.on")
        await phone.takes("request.count.no", "request.check.send")
        code = await phone.receipt()
        address = await desk.takes_the_first()
        await desk.opens("card")
        assert await desk.page.locator("[data-open=contact]").count() == 0

        await all_of_it.hour(3)  # ten in the evening where they are
        await desk.goes(address)
        claim = desk.page.locator("form[action$='/claim'] button")
        if await claim.count():  # nothing was done with it for so long that it waits for others too
            await claim.click()
        await desk.opens("card")
        assert NUMBER.replace(" ", "") in (await desk.opens("contact")).replace(" ", "")
        await desk.closes()
        await phone.comes_back(code)
        assert await phone.shows("code.status.closed")
        await all_of_it.hour(NOON)


@pytest.mark.requirement("D-7", "M-7")
async def test_after_hours(all_of_it: Both) -> None:
    """Somebody asks where nobody is on duty now: it is said, with the next opening, and nobody is alerted before it. Mutation:
    "somebody looks now"; an alert to somebody off duty; a request that nobody is told of when the shift begins."""
    async with all_of_it.phone() as phone, all_of_it.desk("case-manager-pe-1") as desk:
        await phone.takes("=hola", "start.hello.es", "start.menu.person", "Perú", "request.safe.yes")
        assert "8:00" in await phone.text()
        await phone.takes(*ASK[1:], "request.way.code", "request.count.no", "request.check.send")
        code = await phone.receipt()
        assert "8:00" in await phone.text()
        assert (await _row(all_of_it, "PE")).alerted == ()
        await phone.comes_back(code)
        assert await phone.shows("code.status.received")

        await all_of_it.hour(13)  # the shift has begun
        mine = (await all_of_it.stage.account("case-manager-pe-1")).staff_id
        assert (await _row(all_of_it, "PE")).alerted == (mine.hex,)
        await desk.goes(f"{all_of_it.stage.url}/desk/queue")
        await desk.takes_the_first()
        await desk.answers("Mañana a las nueve hay alguien en la oficina", "code")
        await phone.comes_back(code)
        assert "Mañana a las nueve" in await phone.takes("code.status.answer")


async def _row(all_of_it: Both, country: str) -> Any:
    return next(each for each in await all_of_it.rows(ticket) if each.country == country)
