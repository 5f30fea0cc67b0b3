"""Where a page, a script and what lies behind them meet: what a browser of ours would never send, and what is not there."""

from __future__ import annotations

import time

import pytest

from bot.staff.passkeys import packed
from tests.desk.requests import Requests
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
            sent |= {"box": packed(b"x"), "envelope": packed(b"x"), "version": (await small_requests.row(ticket_id)).version}
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
