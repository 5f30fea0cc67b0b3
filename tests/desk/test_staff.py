"""Accounts on the desk: who sees whom, a new one with its code, leaving, and the sheets of the recovery key."""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from sqlalchemy import delete, insert, select

from bot.desk.routing import REGISTRY
from bot.staff import accounts, audit, changing, keys, leaving, one_time, recovery, second_person
from bot.staff.tables import ROLES, Approval, AuditEntry, DeskSession, Employer, Passkey, RecoveryKey, Staff, StaffKey
from bot.tickets.references import reference
from bot.tickets.tables import Ticket
from tests.bot.staff.world import ticket
from tests.desk.stage import STAFF, Stage, faults, fits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_session: Any = DeskSession.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_recovery: Any = RecoveryKey.__table__  # type: ignore[attr-defined]
_employer: Any = Employer.__table__  # type: ignore[attr-defined]
WATCHES = "red-observa"
#: Of an organisation that watches over the others: who hears nothing at all, and who answers requests.
WATCHERS = """
[[employer]]
key = "red-observa"
name = "Red Observa"
independent = true

[[staff]]
name = "member-observa-1"
organisation = "red-observa"
roles = ["member"]
countries = ["CO"]

[[staff]]
name = "case-manager-observa-1"
organisation = "red-observa"
roles = ["case_manager"]
countries = ["CO"]
"""
CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}\b")


@pytest_asyncio.fixture(loop_scope="module")
async def desk(stage: Stage) -> AsyncIterator[Stage]:
    """With the accounts of ``STAFF`` and nobody else's."""
    yield stage
    async with stage.engine.begin() as connection:
        await connection.execute(delete(_ticket))
        await connection.execute(delete(_staff).where(_staff.c.name.not_in(list(STAFF))))
        await connection.execute(delete(_employer).where(_employer.c.key == WATCHES))


def form(**said: Any) -> dict[str, Any]:
    usual = {
        "name": "case-manager-co-9", "organisation": "red-norte", "roles": ["case_manager"], "countries": ["CO"],
        "languages": "es, guc", "honours": "", "load_cap": "3", "lang": "en",
    }  # fmt: skip
    return usual | said


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page sends no {name}"
    return found[1]


async def row(stage: Stage, name: str) -> Any:
    async with stage.engine.connect() as connection:
        return (await connection.execute(select(_staff).where(_staff.c.name == name))).first()


async def made(stage: Stage, client: httpx.AsyncClient, **said: Any) -> tuple[uuid.UUID, str]:
    """A new account and its code."""
    answer = await client.post("/desk/staff/new", data=form(**said))
    assert answer.status_code == 200, answer.text
    return (await row(stage, form(**said)["name"])).id, CODE.findall(answer.text)[0]


# --- who sees whom ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-1")
async def test_a_supervisor_sees_the_own_team_and_changes_nobody(desk: Stage) -> None:
    """Mutation: leaving organisation or country out; a link to a form that is not theirs."""
    async with desk.client("supervisor-co-1") as client:
        page = (await client.get("/desk/staff")).text
    assert "case-manager-co-1" in page and "child-protection-co-1" in page
    assert not any(name in page for name in ("case-manager-co-2", "case-manager-pe-1", "administrator-1"))
    assert "/staff/new" not in page and "Change" not in page
    assert "Without a key, and so without requests:" in page


async def test_who_has_no_key_is_named_and_only_where_a_key_matters(desk: Stage) -> None:
    """Mutation: naming whoever opens nothing; forgetting those who hear complaints or feedback."""
    await desk.account("case-manager-co-1")
    async with desk.client("administrator-1") as client:
        page = (await client.get("/desk/staff")).text
    named = re.search(r"Without a key, and so without requests: ([^<]*)\.", page)
    assert named is not None
    assert {"case-manager-pe-1", "psea-1", "focal-point-pe-1", "coordinator-1"} <= set(named[1].split(", "))
    assert not {"case-manager-co-1", "administrator-1", "member-1"} & set(named[1].split(", "))
    assert "key since" in page and "waits for its code" in page


# --- making and changing ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-1")
async def test_a_new_account_is_taken_into_use_by_the_code_that_is_shown_once(desk: Stage) -> None:
    """Only its hash is kept. Mutation: a code in a column, in an address, on the list; an account that is ready without it."""
    async with desk.client("administrator-1") as client:
        answer = await client.post("/desk/staff/new", data=form())
        (code,) = set(CODE.findall(answer.text))
        assert answer.headers["cache-control"] == "no-store" and code not in str(answer.url)
        for path in ("/desk/staff", f"/desk/staff/{(await row(desk, 'case-manager-co-9')).id}"):
            assert code not in (await client.get(path)).text
    found = await row(desk, "case-manager-co-9")
    assert found.enrolment_hash == one_time.enrolment_hash(code) and found.proof_hash is None
    assert code not in str(tuple(found)) and (found.roles, found.languages, found.load_cap) == (("case_manager",), ("es", "guc"), 3)
    async with desk.client() as stranger:
        begun = await stranger.post(
            "/desk/enrol/begin", json={"name": found.name, "code": code}, headers={"accept": "application/json"}
        )
    assert begun.status_code == 200
    async with desk.engine.connect() as connection:
        last = next(each for each in await audit.latest(connection, limit=5) if each.what == "account_created")
    assert (last.actor, last.role, last.subject) == ("administrator-1", "administrator", "case-manager-co-9")


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(desk: Stage) -> None:
    """Mutation: boxes that lose their ticks."""
    wrong = form(name="Ana María", roles=["psea_focal_point", "supervisor"], languages="español", load_cap="99")
    async with desk.client("administrator-1") as client:
        answer = await client.post("/desk/staff/new", data=wrong)
        taken = await client.post("/desk/staff/new", data=form(name="case-manager-co-1"))
    page = answer.text
    assert answer.status_code == 422 and "4 fields need correcting" in page
    for field, sentence in (
        ("name", "small letters"),
        ("roles", "not made here"),
        ("languages", "two or three letters"),
        ("load_cap", "1 to 50"),
    ):
        assert re.search(rf'id="{field}-wrong">[^<]*{sentence}', page), field
    assert 'value="Ana María"' in page and 'value="español"' in page
    for ticked in ("supervisor", "CO"):
        assert f'value="{ticked}" checked' in page
    assert taken.status_code == 422 and "has or had this name" in taken.text


async def test_a_change_holds_for_the_next_request_of_that_account(desk: Stage) -> None:
    """And a form from before somebody else's change saves nothing. Mutation: roles read at sign-in only."""
    async with desk.client("administrator-1") as client:
        id, _ = await made(desk, client)
        path = f"/desk/staff/{id}"
        was = hidden((await client.get(path)).text, "was")
        async with desk.client("case-manager-co-9") as theirs:
            assert (await theirs.get("/desk/queue")).status_code == 200
            changed = await client.post(path, data=form(roles=["member"], was=was))
            assert changed.headers["location"] == "/desk/staff?done=changed"
            assert (await theirs.get("/desk/queue")).status_code == 404
        late = await client.post(path, data=form(load_cap="7", was=was))
        assert late.status_code == 409 and "Somebody changed the account meanwhile" in late.text
        assert re.search(r'value="member" checked', late.text)
    assert (await row(desk, "case-manager-co-9")).load_cap == 3


@pytest.mark.requirement("M-1")
async def test_an_administrator_of_one_country_decides_there_only(desk: Stage) -> None:
    """Mutation: one of an account's countries sufficing; an account of all countries made by one of one."""
    async with desk.client("administrator-1") as client:
        await made(desk, client, name="administrator-co-1", roles=["administrator"], countries=["CO"])
    async with desk.client("administrator-co-1") as client:
        page = (await client.get("/desk/staff")).text
        assert "case-manager-co-1" in page and "case-manager-pe-1" not in page
        nothing = await client.get(f"/desk/staff/{uuid.uuid4()}")
        for name in ("case-manager-pe-1", "coordinator-1", "administrator-1"):  # of Peru, of both, of all
            id = (await row(desk, name)).id
            for method, path in (("GET", ""), ("POST", ""), ("POST", "/code"), ("GET", "/leave"), ("POST", "/leave")):
                answer = await client.request(method, f"/desk/staff/{id}{path}")
                assert (answer.status_code, answer.content) == (404, nothing.content), (name, path)
        everywhere = form(name="administrator-2", roles=["administrator"], countries=[])
        refused = await client.post("/desk/staff/new", data=everywhere)
        assert refused.status_code == 422 and "only countries that you administer" in refused.text
    assert (await row(desk, "coordinator-1")).active


async def test_a_new_code_for_somebody_who_lost_theirs(desk: Stage) -> None:
    """Mutation: the old code still working."""
    async with desk.client("administrator-1") as client:
        id, first = await made(desk, client)
        (second,) = set(CODE.findall((await client.post(f"/desk/staff/{id}/code")).text))
    assert first != second
    async with desk.client() as stranger:
        for code, works in ((first, False), (second, True)):
            begun = await stranger.post(
                "/desk/enrol/begin", json={"name": "case-manager-co-9", "code": code}, headers={"accept": "application/json"}
            )
            assert (begun.status_code == 200) is works


@pytest.mark.requirement("M-8")
async def test_a_new_code_for_an_account_in_use_takes_somebody_elses_yes(desk: Stage) -> None:
    """Of a supervisor of its country or another administrator; once. Mutation: agreeing to one's own; a code before the yes, twice,
    or for another account; a supervisor of another country."""
    id, other = [(await desk.account(name)).staff_id for name in ("case-manager-co-1", "case-manager-co-2")]
    async with (
        desk.client("administrator-1") as asks,
        desk.client("supervisor-co-1") as agrees,
        desk.client("supervisor-pe-1") as elsewhere,
    ):
        assert "somebody else has to agree" in (await asks.get(f"/desk/staff/{id}")).text
        refused = await asks.post(f"/desk/staff/{id}/code")
        assert refused.status_code == 409 and not CODE.search(refused.text)
        for _ in range(2):  # twice is once
            assert (await asks.post(f"/desk/staff/{id}/ask")).headers["location"] == "/desk/staff?done=asked"
        assert "It waits for somebody else" in (await asks.get(f"/desk/staff/{id}")).text
        page = (await agrees.get("/desk/staff")).text
        assert "administrator-1 asks for a new code for case-manager-co-1 (Red Norte)" in page
        assert "Agree" not in (await asks.get("/desk/staff")).text and "Agree" not in (await elsewhere.get("/desk/staff")).text
        said = {"id": hidden(page, "id")}
        for somebody in (asks, elsewhere):
            assert (await somebody.post("/desk/staff/agree", data=said)).status_code == 404
        assert (await asks.post(f"/desk/staff/{id}/code")).status_code == 409
        assert (await agrees.post("/desk/staff/agree", data=said)).headers["location"] == "/desk/staff?done=agreed"
        assert (await agrees.post("/desk/staff/agree", data=said)).status_code == 404
        assert (await agrees.post("/desk/staff/agree", data={"id": "x"})).status_code == 400
        assert (await asks.post(f"/desk/staff/{other}/code")).status_code == 409
        assert "Somebody else agreed" in (await asks.get(f"/desk/staff/{id}")).text
        assert CODE.search((await asks.post(f"/desk/staff/{id}/code")).text)
        assert (await asks.post(f"/desk/staff/{id}/code")).status_code == 409
    async with desk.engine.connect() as connection:
        steps = [each for each in await audit.latest(connection, limit=30, subject="case-manager-co-1")][:3]
    assert [(each.actor, each.what) for each in reversed(steps)] == [
        ("administrator-1", "enrolment_asked"), ("supervisor-co-1", "enrolment_agreed"), ("administrator-1", "enrolment_issued"),
    ]  # fmt: skip


# --- who hears complaints ------------------------------------------------------------------------------------------------

#: Every page with which something is done to an account.
POSTS = [
    each.path
    for each in REGISTRY.pages
    if "POST" in each.methods and (each.path.startswith("/staff") or each.path == "/keys/{id:uuid}/retire")
]


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("path", POSTS)
async def test_no_page_touches_or_makes_an_account_that_hears_complaints(desk: Stage, path: str) -> None:
    """Every form of the pages of accounts x every account with the role of a focal point or coordinator, or of an organisation
    that watches over the others: refused, and not a row is another. Mutation: a page that does not ask ``by_command``; a role or
    organisation that is offered; an approval that was asked for behind the page."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(WATCHERS)
        file.flush()
        await accounts.load_staff(desk.engine, Path(file.name), desk.now())
    for name in ("psea-1", "member-observa-1"):
        await desk.account(name)
    hearing = [each for each in ROLES if changing.by_command((each,), "red-norte", ())]
    assert hearing == ["psea_focal_point", "coordinator"]
    wishes: list[dict[str, Any]] = [{"roles": [each, *more]} for each in hearing for more in ([], ["administrator"])]
    wishes += [{"organisation": WATCHES}, {"organisation": WATCHES, "roles": ["member"]}]
    async with desk.engine.connect() as connection:
        guarded = [each for each in await accounts.everybody(connection) if each.active and _guarded(each)]
    assert {each.name for each in guarded} >= {"psea-1", "coordinator-1", "member-observa-1", "case-manager-observa-1"}
    plain = await row(desk, "case-manager-co-1")
    async with desk.client("administrator-1") as client:
        was = hidden((await client.get(f"/desk/staff/{plain.id}")).text, "was")
        asker = await desk.actor("supervisor-co-1")
        asker = dataclasses.replace(asker, roles=("administrator",), countries=())
        for account in [*guarded, plain]:
            said: list[dict[str, Any]] = [form(name=account.name, organisation=account.organisation, was=was)]
            if account.id == plain.id:
                if path not in ("/staff/new", "/staff/{id:uuid}"):
                    continue
                said = [form(was=was) | wish for wish in wishes]
            elif path == "/staff/agree":
                async with desk.engine.begin() as connection:
                    exactly = changing.exactly(account.id)
                    asked = await second_person.ask(connection, asker, "renew_enrolment", exactly, desk.now(), subject=account.name)
                said = [{"id": str(asked)}]
            elif path == "/staff/new":
                said = [form(organisation=account.organisation, roles=list(account.roles), countries=list(account.countries))]
            for each in said:
                before = await _everything(desk)
                answer = await client.post("/desk" + path.replace("{id:uuid}", str(account.id)), data=each)
                assert answer.status_code in (404, 409, 422), (account.name, each, answer.status_code)
                assert await _everything(desk) == before, (account.name, each)
                assert not CODE.search(answer.text)
    for name in ("psea-1", "member-observa-1"):
        desk.forget(name)


def _guarded(row: Any) -> bool:
    """Written down apart from the program."""
    return bool({"psea_focal_point", "coordinator"} & set(row.roles)) or row.organisation == WATCHES


async def _everything(stage: Stage) -> list[list[Any]]:
    """All rows of accounts, of their keys, of the audit and of what two people do."""
    tables: list[Any] = [Staff, StaffKey, Passkey, AuditEntry, Approval]
    async with stage.engine.connect() as connection:
        return [sorted(map(tuple, (await connection.execute(select(table.__table__))).all()), key=str) for table in tables]


@pytest.mark.requirement("C-4")
async def test_accounts_that_hear_complaints_are_listed_without_a_button_and_the_command_is_named(desk: Stage) -> None:
    """Mutation: a list without them; a link to a form; a form that offers their roles or organisations."""
    async with desk.client("administrator-1") as client:
        page, new = [(await client.get(path)).text for path in ("/desk/staff", "/desk/staff/new")]
        psea, plain = [await row(desk, name) for name in ("psea-1", "case-manager-co-1")]
        assert "psea-1" in page and f"/staff/{psea.id}" not in page and f"/staff/{plain.id}" in page
        refused = await client.get(f"/desk/staff/{psea.id}")
        keys_page = (await client.get("/desk/keys")).text
    assert refused.status_code == 409 and f"/keys/{psea.id}/retire" not in keys_page
    for text in (page, new, refused.text):
        assert "python -m bot staff load, enrol or leave" in text
    assert 'value="case_manager"' in new and 'value="psea_focal_point"' not in new and 'value="coordinator"' not in new


# --- leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-5")
async def test_somebody_leaves_in_one_step_and_the_page_says_what_follows(desk: Stage) -> None:
    """Before and after. Mutation: a session that goes on; a key to which requests are still sealed; a ticket that nobody has."""
    async with desk.client("administrator-1") as client:
        id, _ = await made(desk, client)
        account = await desk.account("case-manager-co-9")
        number = os.urandom(16)
        held = ticket(number, state="claimed", claimed_by=id, claimed_at=desk.now(), waiting_since=desk.now())
        async with desk.engine.begin() as connection:
            await connection.execute(insert(_ticket).values(**held | {"expires_at": desk.now() + timedelta(days=7)}))
        async with desk.client("case-manager-co-9") as theirs:
            asked = (await client.get(f"/desk/staff/{id}/leave")).text
            assert "1 open session ends" in asked and "Its key is retired" in asked and reference(number) in asked
            left = (await client.post(f"/desk/staff/{id}/leave")).text
            assert "1 session ended" in left and f"Waiting again: {reference(number)}" in left
            assert (await theirs.get("/desk/account")).status_code == 303  # to sign in
        assert (await client.get(f"/desk/staff/{id}")).status_code == 404
        assert (await client.post(f"/desk/staff/{id}/leave")).status_code == 404
        page = (await client.get("/desk/staff")).text
        assert "case-manager-co-9" in page[page.index("Closed accounts") :]
        again = await client.post("/desk/staff/new", data=form())
        assert again.status_code == 422 and "has or had this name" in again.text
    async with desk.engine.connect() as connection:
        assert account.staff_id not in await keys.eligible_keys(connection, country="CO")
        state = (await connection.execute(select(_ticket.c.state, _ticket.c.claimed_by).where(_ticket.c.id == number))).one()
        last = next(each for each in await audit.latest(connection, limit=3) if each.what == "account_left")
    assert tuple(state) == ("waiting", None) and last.actor == "administrator-1"
    desk.forget("case-manager-co-9")


async def test_nobody_closes_the_own_account_or_the_last_administrator(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: a desk without anybody who could mend it."""
    id = (await row(desk, "administrator-1")).id
    async with desk.client("administrator-1") as client:
        assert "cannot close your own account" in (await client.get(f"/desk/staff/{id}")).text
        assert (await client.get(f"/desk/staff/{id}/leave")).status_code == 409
        assert (await client.post(f"/desk/staff/{id}/leave")).status_code == 409
        other, _ = await made(desk, client, name="administrator-2", roles=["administrator"], countries=[])

        async def last(*_: Any, **__: Any) -> None:  # what two administrators who close each other's accounts come to
            raise leaving.StaffRefused("'administrator-2' is the only administrator")

        monkeypatch.setattr(leaving, "leave", last)
        answer = await client.post(f"/desk/staff/{other}/leave")
        assert answer.status_code == 409
    assert (await row(desk, "administrator-1")).active and (await row(desk, "administrator-2")).active


# --- the recovery key ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-5")
async def test_the_sheets_are_in_one_answer_and_nowhere_else(desk: Stage) -> None:
    """Two of the three give back the key that is kept. Mutation: the words in a store or in the audit; a second look at them."""
    async with desk.engine.begin() as connection:
        await connection.execute(delete(_recovery))
    async with desk.client("administrator-1") as client:
        for purpose in ("requests", "complaints"):
            page = (await client.get("/desk/keys/recovery")).text
            assert page.count("There is none yet.") == (2 if purpose == "requests" else 1)
            answer = await client.post("/desk/keys/recovery", data={"purpose": purpose, "replaces": ""})
            sheets = [re.findall(r"</span> ([a-z]+)</li>", part) for part in answer.text.split('class="paper"')[1:]]
            assert [len(words) for words in sheets] == [33] * 3 and answer.headers["cache-control"] == "no-store"
            private = recovery.combine([" ".join(sheets[0]), " ".join(sheets[2])])
            async with desk.engine.connect() as connection:
                kept = await keys.recovery_keys(connection, purpose)
                entry = (await audit.latest(connection, limit=1))[0]
            assert list(kept.values()) == [private.public_key().public_bytes_raw()]
            assert (entry.actor, entry.role, entry.what) == ("administrator-1", "administrator", "recovery_key_made")
            words = {word for sheet in sheets for word in sheet if len(word) > 6}
            for later in ("/desk/keys", "/desk/keys/recovery"):
                text = (await client.get(later)).text
                assert entry.subject in text  # its mark
                assert not any(f"> {word}<" in text for word in words)
        twice = await client.post("/desk/keys/recovery", data={"purpose": "requests", "replaces": ""})
        assert twice.status_code == 409 and 'class="paper"' not in twice.text
        assert (await client.post("/desk/keys/recovery", data={"purpose": "everything", "replaces": ""})).status_code == 400
    async with desk.engine.connect() as connection:
        assert len(await recovery.listed(connection)) == 2


@pytest.mark.requirement("L-6")
async def test_each_sheet_prints_on_a_page_of_its_own_in_both_sizes(desk: Stage, browser: Browser) -> None:
    """Black on white, 12 and 18 points, one after the other. Mutation: a menu on the paper; a sheet that runs over; grey letters;
    the next one shown, or printed, before the one before is handed over; one that is still in the page afterwards."""
    async with desk.engine.begin() as connection:
        await connection.execute(delete(_recovery))
    async with desk.seen(browser, color_scheme="dark") as seen:
        await desk.enter(seen.context, "administrator-1")
        page = seen.page
        await seen.open("/desk/keys/recovery")
        assert await faults(page) == []
        await page.get_by_role("button", name="Make the one for requests").click()
        await page.get_by_role("button", name="Print this sheet").wait_for()
        assert await faults(page) == [] and await fits(page)
        for number in (1, 2, 3):
            assert await page.locator(".paper").count() == 4 - number
            shown = page.locator(".paper:visible")
            assert await shown.count() == 1 and f"Sheet {number} of 3" in await shown.inner_text()
            for size, pixels in (("12 points", "16px"), ("18 points", "24px")):
                await page.emulate_media(media="screen")
                await page.get_by_label(size).check()
                await page.evaluate("document.documentElement.classList.add('away')")
                await page.emulate_media(media="print", color_scheme="dark")
                assert not await page.locator(".top").is_visible() and not await page.get_by_label(size).is_visible()
                words = page.locator(".paper-words").first
                style = await words.evaluate("(e) => { const s = getComputedStyle(e); return [s.fontSize, s.color, s.filter]; }")
                assert style == [pixels, "rgb(0, 0, 0)", "none"]
                printed = await page.pdf(format="A4", prefer_css_page_size=False)
                assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, (number, size)
                await page.evaluate("document.documentElement.classList.remove('away')")
            await page.emulate_media(media="screen")
            done, following = (
                page.get_by_role("link", name="All three are printed"),
                page.get_by_role("button", name="show the next"),
            )
            assert (await done.is_visible(), await following.is_visible()) == (number == 3, number < 3)
            if number < 3:
                await following.click()
                await expect(page.locator(f"#sheet-{number + 1}")).to_be_focused()


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("width", [360, 1280])
async def test_an_account_is_made_and_closed_by_hand(desk: Stage, browser: Browser, width: int) -> None:
    """Mutation: a form that only a wide window shows whole; a page of these with a fault of access."""
    async with desk.seen(browser, viewport={"width": width, "height": 800}) as seen:
        await desk.enter(seen.context, "administrator-1")
        page = seen.page
        await seen.open("/desk/staff")
        await page.get_by_role("link", name="New account").click()
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.locator("#name")).to_be_focused()
        assert await faults(page) == []
        await page.get_by_label("Name").fill("case-manager-co-8")
        await page.get_by_label("Organisation").select_option(label="Red Norte")
        await page.get_by_label("case manager").check()
        await page.get_by_label("Colombia").check()
        await page.get_by_role("button", name="Make the account").click()
        await page.get_by_text("A code, this once").wait_for()
        assert CODE.search(await seen.text()) and await faults(page) == [] and await fits(page)
        await page.get_by_role("link", name="I have noted it").click()
        await page.get_by_role("link", name="Change case-manager-co-8").click()
        assert await faults(page) == [] and await fits(page)
        await page.get_by_role("link", name="Somebody leaves the team").click()
        assert await faults(page) == [] and await fits(page)
        await page.get_by_role("button", name="Close the account now").click()
        await page.get_by_text("The account is closed").wait_for()
        assert await faults(page) == [] and await fits(page)
    assert not (await row(desk, "case-manager-co-8")).active
