"""Referral and transfer on the desk: consent, receiver, wraps in the browser, closing by a supervisor."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.desk.requests import NOTE, NUMBER, Requests, opened
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, POINT, BOSS = "case-manager-co-1", "focal-point-pe-1", "supervisor-co-1"


async def filled(stage: Stage, page: Page, *, consent: str = "written") -> None:
    """A transfer to Peru, as far as the form goes."""
    today = stage.now().date().isoformat()
    await page.get_by_role("link", name="Prepare a referral or a transfer").click()
    await page.locator("[name=what][value=transfer]").check()
    await page.locator("#to").select_option("PE")
    await page.get_by_role("button", name="Go on").click()
    await page.locator(f"[name=consent][value={consent}]").check()
    if consent != "chat":
        await page.locator("#consent_on").fill(today)
    await page.locator("#service_confirmed_on").fill(today)
    await page.get_by_role("button", name="Save the draft").click()


@pytest.mark.requirement("M-3", "M-4", "M-5")
async def test_a_transfer_to_another_country(stage: Stage, browser: Browser, requests: Requests) -> None:
    """From the form to the receiver's open card. Mutation: a transfer on a chat's yes; a receiver who cannot open what they got;
    a supervisor who may close what they proposed."""
    await stage.account(POINT)
    async with stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await requests.taken(seen, ONE)
        await filled(stage, page, consent="chat")
        await expect(page.get_by_text("verbal/chat request only")).to_be_visible()
        await expect(page.get_by_text("A consent on the form. A request in the chat does not suffice.")).to_be_visible()
        assert await page.get_by_role("button", name="Propose it to the receiver").is_disabled()
        assert await faults(page) == []
        await page.get_by_role("link", name="Change it").click()
        await expect(page.get_by_text("Before you propose: Peru")).to_be_visible()
        assert POINT in await page.locator("section.card").inner_text()
        assert await faults(page) == []
        await page.locator("[name=consent][value=written]").check()
        await page.get_by_role("button", name="Save the draft").click()
        await expect(page.get_by_text("On which day was the consent given?")).to_be_visible()
        await page.locator("#consent_on").fill(stage.now().date().isoformat())
        await page.get_by_role("button", name="Save the draft").click()
        await page.get_by_role("button", name="Propose it to the receiver").click()
        await expect(page.get_by_text("Proposed. You are told when they answer.")).to_be_visible()
    [move] = await requests.movements(ticket_id)

    async with stage.seen(browser) as theirs:
        page = theirs.page
        await stage.sign_in(page, POINT)
        await page.goto(f"{stage.url}/desk/queue")
        await page.get_by_role("link", name="Somebody waits for your answer").click()
        assert await faults(page) == []
        await page.locator(".ticket-row a").click()
        await expect(page.get_by_text("written consent, on the form")).to_be_visible()
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_text("Accepted. Speak with the sender now.")).to_be_visible()
        await page.get_by_role("button", name="Confirm that it arrived").click()
        await expect(page.get_by_text("Receipt confirmed.")).to_be_visible()
        assert await page.get_by_role("button", name="Close").count() == 1  # "Close and clear", of the frame: no other

        async with stage.client(BOSS) as boss:
            version = str((await requests.row(ticket_id)).version)
            assert f"/moving/{move.id}" in (await boss.get("/desk/moving")).text
            answer = await boss.post(f"/desk/moving/{move.id}/close", data={"version": version})
            assert answer.headers["location"] == "/desk/moving?done=closed"

        await page.goto(f"{stage.url}/desk/queue")
        await page.locator("[data-group=mine] a").click()
        assert "zarzamora" in await opened(page, "card")
        assert NUMBER in await opened(page, "contact")
        assert NOTE in await opened(page, "note")
    async with stage.client(ONE) as client:  # it went to Peru: here it is gone
        assert (await client.get(f"/desk/ticket/{ticket_id.hex()}")).status_code == 404
        assert (await client.get(f"/desk/moving/{move.id}")).status_code == 404


async def post(client: httpx.AsyncClient, path: str, version: int, **fields: Any) -> httpx.Response:
    return await client.post(f"/desk{path}", data={"version": str(version), **fields})


async def drafted(stage: Stage, requests: Requests, client: httpx.AsyncClient, **fields: Any) -> tuple[bytes, uuid.UUID]:
    """A referral to Peru by ONE, with everything in it."""
    await stage.account(POINT)
    ticket_id = await requests.ask()
    await client.post(f"/desk/ticket/{ticket_id.hex()}/claim")
    today = stage.now().date().isoformat()
    given = {
        "what": "referral", "to_country": "PE", "consent": "written", "consent_on": today, "service_confirmed_on": today,
    } | fields  # fmt: skip
    answer = await post(client, f"/ticket/{ticket_id.hex()}/moves", (await requests.row(ticket_id)).version, **given)
    assert answer.status_code == 303, answer.text
    [move] = await requests.movements(ticket_id)
    return ticket_id, move.id


@pytest.mark.requirement("M-3")
async def test_a_referral_that_is_rejected_comes_back_with_its_reason(stage: Stage, requests: Requests) -> None:
    """Mutation: a rejection without a reason; a sender who is not told why."""
    async with stage.client(ONE) as sender, stage.client(POINT) as receiver:
        ticket_id, id = await drafted(stage, requests, sender)
        version = (await requests.row(ticket_id)).version
        assert (await receiver.get(f"/desk/moving/{id}")).status_code == 404  # a draft is nobody's but the sender's
        assert (await post(sender, f"/moving/{id}/propose", version)).headers["location"].endswith("done=proposed")
        stale = await post(receiver, f"/moving/{id}/accept", version)
        assert stale.status_code == 409
        answer = await post(receiver, f"/moving/{id}/reject", version + 1)
        assert answer.headers["location"].endswith("done=unmet")
        answer = await post(receiver, f"/moving/{id}/reject", version + 1, reason="no_capacity")
        assert answer.headers["location"] == "/desk/moving?done=rejected"
        assert "no capacity" in (await sender.get(f"/desk/moving/{id}")).text
        assert (await post(sender, f"/moving/{id}/cancel", version + 2)).headers["location"].endswith("done=cancelled")


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(stage: Stage, requests: Requests) -> None:
    """Mutation: a form that begins anew; a day to come that counts as one."""
    tomorrow = (stage.now() + timedelta(days=1)).date().isoformat()
    async with stage.client(ONE) as sender:
        ticket_id = await requests.ask()
        await sender.post(f"/desk/ticket/{ticket_id.hex()}/claim")
        version = (await requests.row(ticket_id)).version
        path, given = f"/ticket/{ticket_id.hex()}/moves", {"what": "referral", "to_country": "PE", "high_risk": "yes"}
        answer = await post(sender, path, version, **given, service_confirmed_on=tomorrow)
        assert answer.status_code == 422 and "Give a day that is past, or today." in answer.text
        assert tomorrow in answer.text and 'name="high_risk" value="yes" checked' in answer.text
        answer = await post(sender, path, version, **given, to_staff="member-1")
        assert answer.status_code == 422 and "That account cannot receive this request." in answer.text
        assert (await post(sender, path, version, what="gift", to_country="PE")).status_code == 400
        assert await requests.movements(ticket_id) == []


@pytest.mark.requirement("D-9", "M-3")
async def test_a_child_needs_an_assessment_before_a_transfer(stage: Stage, requests: Requests) -> None:
    """The form asks for it, and names what is missing. Mutation: a form for a child that is one for an adult."""
    name = "child-protection-co-1"
    async with stage.client(name) as sender:
        ticket_id = await requests.ask(child=True, age="under18")
        await sender.post(f"/desk/ticket/{ticket_id.hex()}/claim")
        form = (await sender.get(f"/desk/ticket/{ticket_id.hex()}/moves?what=transfer&to=PE")).text
        assert "best_interest_on" in form and 'value="assent"' in form and 'value="written"' not in form
        version = (await requests.row(ticket_id)).version
        await post(sender, f"/ticket/{ticket_id.hex()}/moves", version, what="transfer", to_country="PE")
        [move] = await requests.movements(ticket_id)
        assert "The best-interest assessment, with its day." in (await sender.get(f"/desk/moving/{move.id}")).text


@pytest.mark.requirement("M-1")
async def test_a_movement_is_nobody_elses(stage: Stage, requests: Requests) -> None:
    """Every address of it is like none. Mutation: showing it to whoever knows its id."""
    async with stage.client(ONE) as sender:
        ticket_id, id = await drafted(stage, requests, sender)
        version = (await requests.row(ticket_id)).version
        await post(sender, f"/moving/{id}/propose", version)
    for other in ("case-manager-co-2", "case-manager-pe-1", "supervisor-pe-1"):
        async with stage.client(other) as client:
            for path in (f"/desk/moving/{id}", f"/desk/moving/{id}/wraps", f"/desk/ticket/{ticket_id.hex()}/moves"):
                nothing = await client.get("/desk/nowhere")
                found = await client.get(path)
                assert (found.status_code, found.content) == (404, nothing.content), (other, path)
            for act in ("propose", "accept", "receive", "close", "cancel"):
                assert (await post(client, f"/moving/{id}/{act}", version + 1)).status_code == 404, (other, act)
