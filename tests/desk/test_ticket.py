"""A request on the desk, from the list to its end, in a real browser: what is seen when, by whom, and what the person gets."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Browser, expect

from bot.tickets import code
from bot.tickets.guard import Windows
from bot.tickets.references import reference
from flows.kernel import Words
from tests.desk.requests import ALWAYS, BOGOTA, CARD, CHAT, NOTE, NUMBER, Requests, opened
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, TWO, BOSS = "case-manager-co-1", "case-manager-co-2", "supervisor-co-1"


@pytest.mark.requirement("D-5", "M-1", "M-2", "P-5", "D-6")
async def test_a_call_from_the_list_to_closing(stage: Stage, browser: Browser, requests: Requests) -> None:
    """Claim, card, number, tries, answer by code, close; each opening in the audit. Mutation: a number that can be opened before
    the card; content in a page that the server made, or in anything that the browser sends."""
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, ONE)
        await page.goto(f"{stage.url}/desk/queue")
        await expect(page.get_by_text("There are none now.")).to_be_visible()
        ticket_id = await requests.ask()  # it appears without anybody loading the page
        row = page.locator(f"[data-id='{ticket_id.hex()}']")
        await expect(row).to_be_visible()
        await expect(page.locator("#news")).to_have_text("A request arrived.")
        about = await row.inner_text()
        assert reference(ticket_id) in about and "Colombia" in about and "Waiting 1 minute" in about
        await row.locator("a").click()
        assert await page.locator("[data-open=contact]").count() == 0  # nobody opens it without having claimed it
        await page.get_by_role("button", name="Take this request").click()
        assert await page.locator("[data-open=contact]").is_disabled()
        content = await page.content()
        assert all(secret not in content for secret in (NUMBER, "zarzamora", NOTE))

        card = await opened(page, "card")
        assert all(word in card for word in ("zarzamora", "trompeta", "pastel", "do not call again"))
        assert NUMBER in await opened(page, "contact")
        assert NOTE in await opened(page, "note")
        assert await requests.audited(ticket_id) == [
            ("person", "requested"), (ONE, "claimed"), (ONE, "opened_card"), (ONE, "opened_contact"), (ONE, "opened_note")
        ]  # fmt: skip
        assert await faults(page) == []

        await expect(page.get_by_text("2 tries are left.")).to_be_visible()
        await page.get_by_role("button", name="I did not speak with the person").click()
        await expect(page.get_by_text("Call counted. The card says")).to_be_visible()
        await opened(page, "card")
        await opened(page, "contact")
        await page.get_by_role("button", name="I spoke with the person").click()
        await expect(page.get_by_text("All the tries that the person allowed were used")).to_be_visible()
        assert await page.locator("[data-open=contact]").count() == 0

        await page.locator("#text").fill("trompeta. ¿Está bien ahora?")
        await expect(page.locator("#arrives-text")).to_have_text("trompeta. ¿Está bien ahora?")
        await page.get_by_role("button", name="Leave under the code").click()
        await expect(page.get_by_text("The answer waits under the code.")).to_be_visible()
        assert await requests.answers(ticket_id) == ["trompeta. ¿Está bien ahora?"]

        await page.locator("summary", has_text="Close").last.click()
        await page.locator("#outcome").select_option("reached_needs_met")
        await page.get_by_role("button", name="Close and erase").click()
        await expect(page.get_by_text("contact, card and messages were erased")).to_be_visible()
        assert (await requests.row(ticket_id)).outcome == "reached_needs_met"
        for request in seen.requests:
            assert NUMBER not in (request.post_data or "") and "zarzamora" not in (request.post_data or "")


@pytest.mark.requirement("M-8", "E-7")
async def test_an_answer_into_a_chat(stage: Stage, browser: Browser, requests: Requests) -> None:
    """The preview is what arrives; a forbidden word stops it, in the browser and at the server. Mutation: sending what was typed
    and not what was shown; a check in the browser alone."""
    async with stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await requests.taken(seen, ONE, way="here", channel="simulator-sms")
        send = page.get_by_role("button", name="Send to their chat")
        await page.locator("#text").fill("Sabemos de la violencia en casa")
        assert await send.is_disabled()
        await opened(page, "card")
        assert CHAT not in await opened(page, "contact")  # the address is nobody's to read
        await expect(page.locator("#faults .stops").first).to_be_visible()
        await send.click()
        await expect(page.get_by_text("It cannot be sent like this")).to_be_visible()
        assert stage.chats.arrived == []
        row = await requests.row(ticket_id)
        box = requests.vault.box(requests.vault.address("simulator-sms", CHAT), ticket_id)
        sent = {"text": "violencia", "box": box, "contact": bytes(16).hex(), "channel": "simulator-sms", "envelope": "AA"}
        sent |= {"version": row.version}
        async with stage.client(ONE) as client:
            answer = await client.post(f"/desk/ticket/{ticket_id.hex()}/write", json=sent, headers={"accept": "application/json"})
        assert answer.status_code == 409 and stage.chats.arrived == []

        await page.locator("#text").fill("trompeta, ¿cómo están las cosas?")
        shown = "trompeta, ¿como estan las cosas?"  # letters that would make a message of 70 out of one of 160
        await expect(page.locator("#arrives-text")).to_have_text(shown)
        assert await page.locator("#arrives-cost").inner_text() == "1 SMS"
        assert await page.locator("#arrives-locked").inner_text() == shown[:40]
        await send.click()
        await expect(page.get_by_text("Sent to their chat.")).to_be_visible()
        assert stage.chats.arrived == [(CHAT, shown)]
        assert stage.chats.connected[-1] == ticket_id
        assert [what for _, what in await requests.audited(ticket_id)].count("relayed") == 1


@pytest.mark.requirement("D-5", "D-10")
async def test_another_way_by_code_leaves_whom_it_is_about(stage: Stage, browser: Browser, requests: Requests) -> None:
    """Mutation: a card that shows the old words, or no longer says for whom it is and who speaks for them."""
    async with stage.seen(browser) as seen:
        about = {"for": "other", "elsewhere": True, "representative": True, "word_stop": "pastel"}
        ticket_id = await requests.taken(seen, ONE, way="here", card=about)
        reach = {name: value for name, value in CARD.items() if name not in (*about, "kind")} | {"word_desk": "canasta"}
        await code.change_way(
            requests.tickets,
            requests.key(ticket_id),
            "phone",
            requests.later(minutes=1),
            contact_text=Words(json.dumps({"way": "phone", "number": NUMBER, "someone_else": False})),
            windows=Windows(BOGOTA, ALWAYS, 2),
            card_text=Words(json.dumps(reach)),
        )
        await requests.look(seen.page, ticket_id)
        card = await opened(seen.page, "card")
        assert all(said in card for said in ("for somebody else, who knows", "whoever represents them writes", "canasta")), card
        assert "trompeta" not in card and "pastel" not in card


@pytest.mark.requirement("E-2")
async def test_who_left_unheard_is_not_written_to(stage: Stage, browser: Browser, requests: Requests) -> None:
    """They left while the database was away. Mutation: asking the ticket alone; a way back that stays."""
    async with stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await requests.taken(seen, ONE, way="here")
        await opened(page, "card")
        await opened(page, "contact")
        await page.locator("#text").fill("trompeta, ¿está bien ahora?")
        stage.chats.gone.append(ticket_id)
        await page.get_by_role("button", name="Send to their chat").click()
        await expect(page.locator("#answer [role=alert]")).to_be_visible()
        assert stage.chats.arrived == [] and (await requests.row(ticket_id)).relay == "ended"


async def test_too_late_for_the_channel_it_waits_under_the_code(stage: Stage, browser: Browser, requests: Requests) -> None:
    """WhatsApp, a day after the last message. Mutation: an answer that is lost."""
    async with stage.seen(browser) as seen:
        page = seen.page
        ticket_id = await requests.taken(seen, ONE, way="here", channel="whatsapp")
        await requests.set(ticket_id, written_at=requests.later(hours=-25))
        await requests.look(page, ticket_id)
        await opened(page, "card")
        await opened(page, "contact")
        await page.locator("#text").fill("trompeta, ¿está bien ahora?")
        await page.get_by_role("button", name="Send to their chat").click()
        await expect(page.get_by_text("It was not sent")).to_be_visible()
        assert stage.chats.arrived == []
        assert await requests.answers(ticket_id) == ["trompeta, ¿está bien ahora?"]


@pytest.mark.requirement("M-2")
async def test_two_who_claim_at_once(stage: Stage, browser: Browser, requests: Requests) -> None:
    """One has it; the other is told so kindly, on the list, which goes on. Mutation: a page of errors, or two claimers."""
    ticket_id = await requests.ask()
    async with stage.seen(browser) as seen, stage.client(TWO) as other:
        await stage.enter(seen.context, ONE)
        await requests.look(seen.page, ticket_id)
        assert (await other.post(f"/desk/ticket/{ticket_id.hex()}/claim")).status_code == 303
        await seen.page.get_by_role("button", name="Take this request").click()
        await expect(seen.page.get_by_text("Somebody else took the request a moment before you.")).to_be_visible()
        await requests.look(seen.page, ticket_id)  # what is somebody else's is not there
        await expect(seen.page.locator("h1")).to_have_text("There is nothing here")
    assert (await requests.row(ticket_id)).claimed_by == (await stage.account(TWO)).staff_id


@pytest.mark.requirement("M-2")
async def test_hand_over_to_a_second_account(stage: Stage, browser: Browser, requests: Requests) -> None:
    """In fixed fields; sealed as it was; an account that came later can open what the first one's browser shared. Mutation: a
    hand-over without its fields; wraps that are made for nobody new."""
    async with stage.seen(browser) as seen, stage.seen(browser) as later:
        ticket_id = await requests.taken(seen, ONE)
        page = seen.page
        stage.forget(TWO)
        await stage.account(TWO)  # a new key, to which nothing was sealed
        await later.page.goto(f"{stage.url}/desk/sign-in")
        await opened(page, "card")
        await opened(page, "contact")
        async with page.expect_response(re.compile("/wraps$")) as shared:
            await opened(page, "note")
        assert (await shared.value).ok
        await page.locator("summary", has_text="Hand over").click()
        for field, value in (("reason", "shift_ends"), ("reached", "tried"), ("next_step", "call"), ("risk", "high")):
            await page.locator(f"#{field}").select_option(value)
        await page.get_by_role("button", name="Give it back").click()
        await expect(page.get_by_text("The request waits again, sealed as it was.")).to_be_visible()

        await stage.sign_in(later.page, TWO)
        await requests.look(later.page, ticket_id)
        await later.page.get_by_role("button", name="Take this request").click()
        course = await later.page.locator(".course").inner_text()
        assert "the shift ends · tried · call · high" in course
        assert "zarzamora" in await opened(later.page, "card")
        assert NUMBER in await opened(later.page, "contact")


@pytest.mark.requirement("M-8")
async def test_stepping_aside_is_one_click(stage: Stage, browser: Browser, requests: Requests) -> None:
    """And it never comes back, not even its address. Mutation: asking why; leaving the ticket with whoever stepped aside."""
    async with stage.seen(browser) as seen:
        ticket_id = await requests.taken(seen, ONE)
        await seen.page.get_by_role("button", name="Step aside").click()
        await expect(seen.page.get_by_text("You stepped aside.")).to_be_visible()
        await expect(seen.page.locator(f"[data-id='{ticket_id.hex()}']")).to_have_count(0)
        await requests.look(seen.page, ticket_id)
        await expect(seen.page.locator("h1")).to_have_text("There is nothing here")
    row = await requests.row(ticket_id)
    assert (row.state, row.claimed_by) == ("waiting", None)


@pytest.mark.requirement("M-1")
async def test_a_supervisor_looks_in_without_the_contact(stage: Stage, browser: Browser, requests: Requests) -> None:
    """Numbers in the load view, card and notes on the page, the contact never; taking over is giving back and claiming. Mutation: a
    contact for whoever may read the rest."""
    async with stage.client(ONE) as client:
        ticket_id = await requests.ask()
        await client.post(f"/desk/ticket/{ticket_id.hex()}/claim")
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, BOSS)
        await page.goto(f"{stage.url}/desk/load")
        assert "1 of 5 open" in await page.locator(".load-row", has_text=ONE).inner_text()
        assert TWO not in await page.locator(".list").inner_text()  # of another organisation
        assert await faults(page) == []
        await page.get_by_role("link", name=re.compile(reference(ticket_id))).click()
        assert "zarzamora" in await opened(page, "card")
        assert NOTE in await opened(page, "note")
        assert await page.locator("[data-open=contact], #answer").count() == 0
        async with stage.client(BOSS) as client:
            path = f"/desk/ticket/{ticket_id.hex()}/open"
            answer = await client.post(path, json={"kind": "contact"}, headers={"accept": "application/json"})
            assert answer.status_code == 409 and "copies" not in answer.text
        await page.locator("summary", has_text="Hand over").click()
        for field, value in (("reason", "load"), ("reached", "not_tried"), ("next_step", "call"), ("risk", "watch")):
            await page.locator(f"#{field}").select_option(value)
        await page.get_by_role("button", name="Give it back").click()
        await requests.look(page, ticket_id)
        await page.get_by_role("button", name="Take this request").click()
        await opened(page, "card")
        assert NUMBER in await opened(page, "contact")


async def test_a_replayed_claim_close_and_mark_do_nothing_twice(stage: Stage, requests: Requests) -> None:
    """Forms sent again, from before. Mutation: a second audit entry, a second count."""
    ticket_id = await requests.ask()
    path = f"/desk/ticket/{ticket_id.hex()}"
    async with stage.client(ONE) as client:
        for _ in range(2):
            assert (await client.post(f"{path}/claim")).headers["location"].endswith("?done=claimed")
            assert (await client.post(f"{path}/heavy")).status_code == 303
        row = await requests.row(ticket_id)
        form = {"version": str(row.version), "outcome": "not_for_us"}
        assert (await client.post(f"{path}/close", data=form)).status_code == 303
        assert (await client.post(f"{path}/close", data=form)).status_code == 409
    whats = [what for _, what in await requests.audited(ticket_id)]
    assert [whats.count(each) for each in ("claimed", "marked_heavy", "closed")] == [1, 1, 1]
