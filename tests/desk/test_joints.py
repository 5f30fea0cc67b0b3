"""Where a page, a script and what lies behind them meet: what a browser of ours would never send, and what is not there."""

from __future__ import annotations

import json
import time

import pytest
from playwright.async_api import Browser, expect

from bot.staff.passkeys import packed
from bot.tickets import code
from bot.tickets.guard import Windows
from flows.kernel import Words
from tests.desk.requests import ALWAYS, NUMBER, Requests, opened
from tests.desk.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE = "case-manager-co-1"
JSON = {"accept": "application/json"}


@pytest.mark.parametrize("path", ["write", "preview"])
async def test_a_huge_text_keeps_nobody_waiting(small_stage: Stage, small_requests: Requests, path: str) -> None:
    """One word as long as a form may be: the rules would look at it for a minute, and everybody would wait. Mutation: looking for
    links before looking at the length."""
    ticket_id = await small_requests.ask(way="here")
    async with small_stage.client(ONE) as client:
        await client.post(f"/desk/ticket/{ticket_id.hex()}/claim")
        sent: dict[str, object] = {"text": "a" * 60_000, "channel": "simulator-chat"}
        if path == "write":
            known = (await small_requests.row(ticket_id)).version
            sent |= {"box": packed(b"x"), "contact": bytes(16).hex(), "envelope": packed(b"x"), "version": known}
        began = time.perf_counter()
        answer = await client.post(f"/desk/ticket/{ticket_id.hex()}/{path}", json=sent, headers=JSON)
        assert answer.status_code == (409 if path == "write" else 200)
        assert time.perf_counter() - began < 5


async def test_a_letter_that_no_column_takes_is_no_fault_of_the_desk(stage: Stage) -> None:
    """Mutation: NUL on its way to PostgreSQL, which answers with an error."""
    async with stage.client("supervisor-co-1") as client:
        answer = await client.post("/desk/audit", data={"account": "a\0b"})
        assert answer.status_code == 400


async def test_a_demos_way_in_is_nowhere_else(small_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was handed over to the desk, and whatever is sent. Mutation: a page that only asks for its people; a body that is
    read before it is asked whether there is such a page."""
    desk = small_stage.desk
    monkeypatch.setattr(desk.parts, "demo", object())
    monkeypatch.setattr(desk, "settings", desk.settings.model_copy(update={"mode": "live"}))
    async with small_stage.client() as client:
        assert (await client.get("/desk/demo")).status_code == 404
        for body in ("{", '{"name": "case-manager-co-1"}'):
            answer = await client.post("/desk/demo/entrance", content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 404


@pytest.mark.requirement("D-5")
async def test_what_is_new_takes_the_old_way_to_the_person_off_the_page(
    small_stage: Stage, browser: Browser, small_requests: Requests
) -> None:
    """The person gives another number while somebody types, because the first phone is not safe any more. Mutation: a page that
    learns the new version and goes on showing the old number."""
    other = "+573119998877"
    async with small_stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await small_requests.taken(seen, ONE)
        await opened(page, "card")
        assert NUMBER in await opened(page, "contact")
        await page.locator("#text").fill("lo que yo escribo")
        number = Words(json.dumps({"way": "phone", "number": other, "someone_else": False}))
        by, at = small_requests._keys[ticket_id], small_stage.now()
        windows = Windows("America/Bogota", ALWAYS, 2)
        await code.change_way(small_requests.tickets, by, "phone", at, contact_text=number, windows=windows)
        await expect(page.locator("#changed")).to_be_visible()
        await page.get_by_role("link", name="See what is new").click()
        await expect(page.locator("[data-sealed=note] .opened")).to_be_visible()
        await expect(page.locator("[data-sealed=contact] .opened")).to_be_hidden()
        assert NUMBER not in await page.content() and not await page.locator("#tried").is_visible()
        assert other in await opened(page, "contact")
        assert await page.locator("#text").input_value() == "lo que yo escribo"
