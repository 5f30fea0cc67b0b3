"""A complaint on the desk, from the inbox to its end, in a real browser: what is seen when, by whom, and what the person gets."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from bot.tickets.references import reference
from tests.desk.complaints import BACKUP, COORDINATOR, FOCAL, NOTE, TIED, UNIT, Hearings
from tests.desk.requests import opened
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

MORE = "otra palabra rara: esternocleidomastoideo"


@pytest.mark.requirement("C-4", "C-6", "C-7", "P-5")
async def test_a_complaint_from_the_inbox_through_a_unit_contested_and_closed(
    stage: Stage, browser: Browser, hearings: Hearings
) -> None:
    """It appears, is accepted, opened, asked about, passed to the unit with wraps of this browser, answered, closed, contested,
    answered and closed again. Mutation: content in a page that the server made or in anything that a browser sends; a unit that
    gets no wrap; closing without an answer; a contested complaint that stays closed, or that cannot be passed to the unit again."""
    async with stage.seen(browser) as seen, stage.seen(browser) as units:
        page = seen.page
        await stage.sign_in(page, FOCAL)
        await page.goto(f"{stage.url}/desk/complaints")
        await expect(page.locator("[data-empty]")).to_be_visible()
        complaint_id = await hearings.send(urgent=True)  # it appears without anybody loading the page
        row = page.locator(f"[data-id='{complaint_id.hex()}']")
        await expect(row).to_be_visible()
        await expect(page.locator("#news")).to_have_text("Something arrived. One is urgent.")
        about = await row.inner_text()
        assert all(
            part in about for part in (reference(complaint_id), "Colombia", "Casa Sur", "asked for money", "accept: 11 hours left")
        )
        await row.locator("a").click()
        assert await page.locator("[data-open], #answer").count() == 0  # nobody opens it without having accepted it
        assert await hearings.status(complaint_id) == "received"
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_text("It is in your care.")).to_be_visible()
        assert await hearings.status(complaint_id) == "looked_at"
        content = await page.content()
        assert "Zarzamora" not in content and "hipopoto" not in content

        card = await opened(page, "card")
        assert all(word in card for word in ("Zarzamora", "to whoever writes", "this week"))
        assert NOTE in await opened(page, "note")
        assert await faults(page) == []

        await page.locator("summary", has_text="Close").last.click()
        await expect(page.get_by_text("An answer under the code comes before closing.")).to_be_visible()
        await page.locator("#text").fill("¿En qué semana fue?")
        await expect(page.locator("#arrives-text")).to_have_text("¿En qué semana fue?")
        await page.get_by_role("button", name="Leave as a question").click()
        await expect(page.get_by_text("The question waits under the code.")).to_be_visible()
        assert await hearings.status(complaint_id) == "question_waiting"
        assert await page.locator("#outcome").count() == 0  # a question is no answer
        assert await hearings.add(complaint_id, MORE) == "saved"
        await expect(page.locator("#changed")).to_be_visible()
        await page.locator("#changed a").click()
        await opened(page, "card")
        assert MORE in await opened(page, "note")

        await page.get_by_role("button", name="Pass to its investigation unit (Casa Sur)").click()
        await expect(page.get_by_text("Noted: it was passed on.")).to_be_visible()
        await stage.sign_in(units.page, UNIT)
        await hearings.look(units.page, complaint_id)
        read = await opened(units.page, "note")
        assert NOTE in read and MORE in read
        assert await units.page.locator("#outcome").count() == 0 and FOCAL not in await units.page.content()
        assert await faults(units.page) == []
        await units.page.get_by_role("button", name="Confirm that you have it").click()
        await expect(units.page.get_by_text("Noted: they have it.")).to_be_visible()

        await hearings.look(page, complaint_id)
        assert "received" in await page.locator(".course").first.inner_text()
        await page.locator("#text").fill("Lo está mirando quien corresponde.")
        await page.get_by_role("button", name="Leave as the answer").click()
        await expect(page.get_by_text("The answer waits under the code.")).to_be_visible()
        assert (await hearings.answers(complaint_id))[-1] == "Lo está mirando quien corresponde."
        await close(page, "forwarded")
        assert await hearings.status(complaint_id) == "answer_waiting"

        assert await hearings.contest(complaint_id) == "saved"
        await expect(row.locator("[data-flag=contested]")).to_be_visible()
        await row.locator("a").click()
        await page.get_by_role("button", name="Accept").click()
        await expect(page.locator("#answer")).to_be_visible()
        assert "before they disagreed" in await page.locator(".course").first.inner_text()
        await page.get_by_role("button", name="Pass to its investigation unit (Casa Sur)").click()
        await expect(page.get_by_text("Noted: it was passed on.")).to_be_visible()
        await expect(page.get_by_role("button", name="Pass to its investigation unit (Casa Sur)")).to_have_count(0)
        await page.locator("summary", has_text="Close").last.click()
        await expect(page.get_by_text("An answer under the code comes before closing.")).to_be_visible()
        await page.locator("#text").fill("Lo volvimos a mirar. Esto es lo que hay.")
        await page.get_by_role("button", name="Leave as the answer").click()
        await expect(page.get_by_text("The answer waits under the code.")).to_be_visible()
        await close(page, "answered")
        stored = await hearings.row(complaint_id)
        assert (stored.state, stored.outcome, stored.contested) == ("closed", "answered", True)
        whats = [what for _, what in await hearings.trail()]
        for what in (
            "accepted",
            "opened_card",
            "opened_note",
            "asked",
            "noted",
            "forwarded_unit",
            "rewrapped",
            "receipt_confirmed",
            "contested",
        ):
            assert what in whats, what
        for request in (*seen.requests, *units.requests):
            sent = request.post_data or ""
            assert "hipopoto" not in sent and "esterno" not in sent and "Zarzamora" not in sent


async def close(page: Page, outcome: str) -> None:
    await page.locator("summary", has_text="Close").last.click()
    await page.locator("#outcome").select_option(outcome)
    await page.get_by_role("button", name="Close it").click()
    await expect(page.get_by_text("It is closed.")).to_be_visible()


def plain(answer: httpx.Response) -> tuple[int, bytes]:
    """Status and body, without what is of this session."""
    return answer.status_code, re.sub(rb'(name="csrf" value|data-csrf|data-session)="[^"]*"', b"", answer.content)


#: What a script of ours sends; other acts are forms.
SENT = {
    "open": {"kind": "card"}, "wraps": {"wraps": {}}, "preview": {"text": "x"}, "forward": {"organisation": "", "version": 1},
    "answer": {"envelope": "AA", "version": 1, "asks": False},
}  # fmt: skip


async def answers(stage: Stage, name: str, id: str) -> list[tuple[int, bytes]]:
    """Everything that this account gets: of its lists, of this complaint."""
    found, path = [], f"/desk/complaint/{id}"
    form = {"outcome": "answered", "version": "1", "forwarding": bytes(16).hex()}
    async with stage.client(name) as client:
        for each in ("/desk/complaints", "/desk/complaints/rows", path, f"{path}/paper", f"{path}/wraps"):
            found.append(plain(await client.get(each)))
        for act, sent in SENT.items():
            found.append(plain(await client.post(f"{path}/{act}", json=sent, headers={"accept": "application/json"})))
        for act in ("accept", "release", "recuse", "passed", "confirm", "close"):
            found.append(plain(await client.post(f"{path}/{act}", data=form)))
    return found


@pytest.mark.requirement("C-4")
async def test_what_is_not_for_an_account_is_like_nothing(stage: Stage, hearings: Hearings) -> None:
    """Lists, rows, every address of it, to the byte, for whoever is tied to the organisation, for request roles, and for a
    coordinator who is not told yet. Mutation: a 403, a 409, a count, a name in an answer."""
    names = (TIED, UNIT, "coordinator-1", "coordinator-2", "case-manager-co-1", "supervisor-co-1", "administrator-1")
    nothing = bytes(range(16)).hex()
    before = {name: await answers(stage, name, nothing) for name in names}
    complaint_id = await hearings.send()
    for name in names:
        after = await answers(stage, name, complaint_id.hex())
        assert after == before[name], name
        # What is no envelope is refused before anything is looked for.
        assert {status for status, _ in after[2:]} <= {404, 409} and [status for status, _ in after[2:]].count(409) <= 1, name
    async with stage.client("psea-1") as client:
        assert (await client.get(f"/desk/complaint/{complaint_id.hex()}")).status_code == 200
    assert (await hearings.row(complaint_id)).version == 1


@pytest.mark.requirement("C-4")
async def test_whoever_is_tied_does_not_even_hear_that_something_changed(
    stage: Stage, hearings: Hearings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream of somebody for whom it does not exist stays silent; that of the focal point says "changed". Mutation: one pulse
    for everybody."""
    monkeypatch.setattr("bot.desk.pulse.EVERY", 0.1)
    monkeypatch.setattr("bot.desk.pulse.PING", 3.0)

    async def lines(name: str) -> list[str]:
        async with stage.client(name) as client, client.stream("GET", "/desk/complaints/events") as answer:
            found, sent = [], False
            async for line in answer.aiter_lines():
                if line.startswith("retry") and not sent:
                    sent = True
                    await hearings.send()
                if line.startswith(("event", ":")):
                    found.append(line)
                    break
        return found

    assert await lines(FOCAL) == ["event: changed"]
    assert await lines(TIED) == [": "]


@pytest.mark.requirement("C-4")
async def test_merged_since_it_is_gone_for_the_other_half_too(stage: Stage, hearings: Hearings) -> None:
    """Mutation: ties that are read from the account alone."""
    complaint_id = await hearings.send()
    path = f"/desk/complaint/{complaint_id.hex()}"
    try:
        async with stage.client("psea-1") as client:
            assert (await client.get(path)).status_code == 200
            await hearings.merged("red-norte")
            assert (await client.get(path)).status_code == 404
            assert json.loads((await client.get("/desk/complaints/rows")).content) == {"rows": []}
    finally:
        await hearings.merged("")


@pytest.mark.requirement("C-6", "M-8")
async def test_stepping_aside_giving_back_and_being_second(stage: Stage, hearings: Hearings) -> None:
    """One click, never again; given back, the other one may accept; whoever is second is told so on the list. Mutation: a
    complaint that stays with whoever stepped aside; a page of errors."""
    complaint_id = await hearings.send()
    path = f"/desk/complaint/{complaint_id.hex()}"
    async with stage.client(FOCAL) as one, stage.client(BACKUP) as two:
        assert (await one.post(f"{path}/accept")).headers["location"].endswith("?done=accepted")
        assert (await two.post(f"{path}/accept")).headers["location"] == "/desk/complaints?done=taken"
        version = str((await hearings.row(complaint_id)).version)
        assert (await one.post(f"{path}/release", data={"version": version})).headers["location"].endswith("?done=released")
        assert 'id="last"' not in (await one.get(path)).text
        assert (await one.post(f"{path}/recuse")).headers["location"].endswith("?done=recused")
        assert (await one.get(path)).status_code == (await one.post(f"{path}/accept")).status_code == 404
        assert (await two.post(f"{path}/accept")).headers["location"].endswith("?done=accepted")
        old = {"version": version, "outcome": "answered"}
        assert (await two.post(f"{path}/close", data=old)).status_code == 409
        now = {"version": str((await hearings.row(complaint_id)).version), "outcome": "answered"}
        refused = await two.post(f"{path}/close", data=now)
        assert refused.status_code == 409 and "comes before closing" in refused.text


async def test_passed_on_by_paper(stage: Stage, browser: Browser, hearings: Hearings) -> None:
    """A sheet without content until it is opened here; then the date, and that they have it. What was written stands on it only
    where the person said yes to that. Mutation: content that the server put there; a confirmed receipt that nothing was passed for;
    a note without a yes, or what was added since."""
    complaint_id = await hearings.send(organisation="", about="police")
    told = await hearings.send(organisation="", about="police", card={"paper": "yes"})
    assert await hearings.add(told, MORE) == "saved"
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, FOCAL)
        await hearings.accept(FOCAL, complaint_id)
        await hearings.accept(FOCAL, told)
        await page.goto(f"{stage.url}/desk/complaint/{told.hex()}/paper")
        assert not await page.locator("[data-open='note']").is_visible()
        assert "May leave on paper" in await opened(page, "card")
        on_paper = await opened(page, "note")
        assert NOTE in on_paper and MORE not in on_paper
        await hearings.look(page, complaint_id)
        assert await page.locator("[data-forward]").count() == 0  # there is no organisation whose unit it could be
        await page.locator("summary", has_text="It was passed on another way").click()
        await page.get_by_role("link", name="A sheet to print").click()
        sheet = page.locator(".paper")
        assert reference(complaint_id) in await sheet.inner_text() and "police" in await sheet.inner_text()
        assert NOTE not in await page.content()
        assert await faults(page) == []
        await opened(page, "card")
        assert not await page.locator("[data-open='note']").is_visible()
        await page.emulate_media(media="print")
        assert not await page.locator("#print").is_visible() and await sheet.is_visible()
        await page.emulate_media(media="screen")
        await hearings.look(page, complaint_id)
        await page.locator("summary", has_text="It was passed on another way").click()
        await page.get_by_role("button", name="Note that it was passed on").click()
        await expect(page.locator(".course .grow", has_text="outside of the network")).to_be_visible()
        await page.get_by_role("button", name="The entity said that it has it").press("Enter")
        await expect(page.get_by_text("Noted: they have it.")).to_be_visible()
    assert [what for _, what in await hearings.trail()][-2:] == ["forwarded_outside", "receipt_confirmed"]


@pytest.mark.requirement("C-1", "C-7")
async def test_feedback_by_topic_to_a_notice(stage: Stage, browser: Browser, hearings: Hearings) -> None:
    """Coordinators read it; focal points have no such page; a rumour leads to a notice for everybody, then it is closed as
    published. Mutation: an inbox that shows complaints about behaviour; a topic that filters nothing."""
    unsaid = dict.fromkeys(("whose", "when", "danger", "child", "help", "contact"), "unsaid") | {"place": ""}
    waited = await hearings.feedback()
    rumour = await hearings.feedback(topic="rumour", about="none", card={**unsaid, "service": "Puesto Zarzamora"})
    await hearings.send()
    async with stage.client(FOCAL) as client:
        assert (await client.get("/desk/feedback")).status_code == 404
        assert (await client.get(f"/desk/complaint/{rumour.hex()}")).status_code == 404
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, COORDINATOR)
        await page.goto(f"{stage.url}/desk/feedback")
        assert await page.locator(".tickets [data-id]").count() == 2
        await page.locator("#topic").select_option("rumour")
        await page.get_by_role("button", name="Show").click()
        assert await page.locator(".tickets [data-id]").count() == 1
        await expect(page.locator(f"[data-id='{rumour.hex()}']")).to_be_visible()
        assert await faults(page) == []
        await page.locator(f"[data-id='{rumour.hex()}'] a").click()
        await page.get_by_role("button", name="Accept").click()
        assert "Puesto Zarzamora" in (shown := await opened(page, "card")) and "not said" not in shown
        assert NOTE in await opened(page, "note")
        await page.locator("#text").fill("Ya hay una nota sobre esto.")
        await page.get_by_role("button", name="Leave as the answer").click()
        await expect(page.get_by_text("The answer waits under the code.")).to_be_visible()
        link = page.get_by_role("link", name="Write a notice for everybody")
        assert (await link.get_attribute("href") or "").endswith("/notices/new?kind=rumour&country=CO")
        await close(page, "published")
    assert (await hearings.row(rumour)).outcome == "published"
    assert (await hearings.row(waited)).state == "received"


@pytest.mark.requirement("C-4")
async def test_feedback_is_given_to_a_colleague_in_one_select(stage: Stage, browser: Browser, hearings: Hearings) -> None:
    """Mutation: a colleague of the organisation that it is about in the list, or taken although the list does not name them; a form
    without a version."""
    await stage.account("coordinator-1")
    tied = (await stage.account("coordinator-2")).staff_id
    waited = await hearings.feedback(organisation="casa-sur")
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.enter(seen.context, COORDINATOR)
        await hearings.look(page, waited)
        listed = await page.locator("#to option").all_inner_texts()
        assert listed == ["Choose an account", "coordinator-1 (Red Norte)"]
        assert await faults(page) == []
        await page.get_by_label("Give it to a colleague").select_option(label="coordinator-1 (Red Norte)")
        await page.get_by_role("button", name="Give it", exact=True).click()
        await expect(page.get_by_text("It is with your colleague now.")).to_be_visible()
    row = await hearings.row(waited)
    assert row.held_by == (await stage.actor("coordinator-1")).id
    async with stage.client("coordinator-1") as client:
        path = f"/desk/complaint/{waited.hex()}"
        assert "was given it" in (await client.get(path)).text
        for to, status in ((str(tied), 409), ("x", 404)):
            assert (await client.post(f"{path}/give", data={"to": to, "version": str(row.version)})).status_code == status
    assert (await hearings.row(waited)).held_by == row.held_by


async def test_withdrawn_while_somebody_works_on_it(stage: Stage, browser: Browser, hearings: Hearings) -> None:
    """The page says that something changed; then that it was withdrawn; nothing opens. Mutation: a button for what was erased."""
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, FOCAL)
        complaint_id = await hearings.send()
        await hearings.accept(FOCAL, complaint_id)
        await hearings.look(page, complaint_id)
        await hearings.withdraw(complaint_id)
        await expect(page.locator("#changed")).to_be_visible()
        await page.locator("#changed a").click()
        await expect(page.locator("#ticket .notice", has_text="The person withdrew it.")).to_be_visible()
        assert await page.locator("[data-open], #answer, #outcome").count() == 0
    assert await hearings.status(complaint_id) == "none"


async def test_what_the_clock_ended_has_its_pages_too(stage: Stage, hearings: Hearings) -> None:
    """Nobody closed it in half a year: there is no outcome. Mutation: a page that wants one."""
    complaint_id = await hearings.send()
    later = stage.now() + timedelta(days=40)
    await hearings.set(complaint_id, state="closed", closed_at=stage.now(), forgotten_at=later)
    async with stage.client(FOCAL) as client:
        for path in ("/complaints", f"/complaint/{complaint_id.hex()}", "/register"):
            answer = await client.get(f"/desk{path}")
            assert answer.status_code == 200 and "nobody closed it in time" in answer.text, path
