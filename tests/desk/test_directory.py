"""Places on the desk: what the pages hold and do not hold, what is due, its two buttons, and that nothing typed is kept."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from sqlalchemy import delete, insert, select

from bot.desk.pages import directory as pages
from bot.desk.routing import ROOT
from bot.directory.listing import LONGEST, PAGE
from bot.directory.tables import FIELDS, LEVELS, Location, Organization, Service, ServiceAtLocation
from bot.staff.audit import latest
from bot.staff.tables import ROLES, Employer
from tests.bot.directory.test_checking import id_of
from tests.bot.directory.world import any_entry, key_of, rows, write
from tests.desk.requests import Requests
from tests.desk.stage import STAFF, Stage, faults, fits
from tests.desk.test_routes import ACCOUNTS, NOWHERE, answer
from tests.logged import everything_logged

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO: Final = "coordinator-1"
_service: Any = Service.__table__  # type: ignore[attr-defined]


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def empty(request: pytest.FixtureRequest) -> None:
    """No entry; everybody reads English."""
    stage: Stage = request.getfixturevalue("small_stage" if "small_stage" in request.fixturenames else "stage")
    async with stage.engine.begin() as connection:
        for table in (Location, Organization):
            await connection.execute(delete(table))
        await connection.execute(delete(Employer).where(Employer.key.startswith("dir-")))
        await connection.exec_driver_sql("UPDATE staff SET lang = 'en'")


def entry(stage: Stage, number: int, *, age: int = 0, **said: Any) -> list[Any]:
    """An entry that was checked so many days ago."""
    return rows(number, **{"verified_on": stage.now().date() - timedelta(days=age)} | said)


async def body(stage: Stage, name: str, path: str) -> str:
    async with stage.client(name) as client:
        got = await client.get(f"{ROOT}{path}")
        assert got.status_code == 200, path
        return got.text


async def audited(stage: Stage) -> list[tuple[str, str, str]]:
    async with stage.engine.connect() as connection:
        return [(row.what, row.actor, row.subject) for row in await latest(connection) if row.what.startswith("directory_")]


# --- what is there, and what is absent ---------------------------------------------------------------------------------


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_its_countries_up_to_members_only(stage: Stage, role: str) -> None:
    """What is hidden, not approved or held back is nowhere in the bytes; another country is like no page at all. Mutation: the
    country of the address taken as it is; a level more or less."""
    name = ACCOUNTS[role]
    own = STAFF[name]["countries"] or ["CO", "PE", "CL"]
    made, there = [], {}
    for country in ("CO", "PE", "CL"):
        for level in (*LEVELS, "unapproved", "held"):
            number = 100 + len(made)
            said = {"unapproved": {"approved_by": None}, "held": {"held_back": "wrong-country"}}.get(level, {"audience": level})
            made.append(entry(stage, number, country=country, **said))
            there[number] = country, level in ("public", "on_request", "members")
    await write(stage.engine, *made)
    async with stage.client(name) as client:
        for country in ("CO", "PE", "CL", "ZZ"):
            got = await answer(client, "GET", f"{ROOT}/directory?country={country}")
            if country not in own:
                assert got == await answer(client, "GET", NOWHERE)
                continue
            page = got[1].decode()
            for number, (of, seen) in there.items():
                assert (f"name-{number}" in page) is (f"-{number}" in page) is (of == country and seen), (country, number)
            assert "3 places in" in page


@pytest.mark.requirement("S-2")
async def test_no_value_that_the_desk_may_not_see_is_in_the_bytes(stage: Stage) -> None:
    """Entries and fields of any level, on both lists, whatever is looked for. Mutation: a value that is fetched and hidden by the
    template; a name beside the buttons that is kept back above them; a count of what is not shown."""
    chance = random.Random(11)
    made = {number: any_entry(chance, number) for number in range(100, 150)}
    hidden: set[str] = set()
    for number, one in made.items():
        at = next(row for row in one if isinstance(row, ServiceAtLocation))
        next(row for row in one if isinstance(row, Service)).verified_on = stage.now().date() - timedelta(
            days=chance.choice((0, 100, 300))
        )
        gone = at.audience == "hidden" or at.approved_by is None or at.held_back is not None
        marks = {"name": ("name", "short"), "phones": ("phone",), "texts": ("text",)}
        for field in FIELDS:
            if gone or getattr(at, f"audience_{field}") == "hidden":
                hidden |= {f"{mark}-{number}" for mark in marks.get(field, (field,))}
    await write(stage.engine, *made.values())
    async with stage.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE location SET country = 'CO'")
    found, looked = set(), 0
    for path in ("/directory?country=CO", "/directory/due?"):
        for page in range(1, 4):
            text = await body(stage, WHO, f"{path}&page={page}")
            found |= set(re.findall(r"name-1\d\d", text))
            assert not [mark for mark in hidden if re.search(rf"{mark}\b", text)], path
            looked += 1
    assert looked == 6 and len(found) > 10 and len(hidden) > 50
    for mark in sorted(hidden)[::9]:
        text = await body(stage, WHO, f"/directory?country=CO&find={mark}")
        assert mark not in text.replace(f'value="{mark}"', "")


@pytest.mark.requirement("S-2")
async def test_the_page_says_of_each_what_may_be_done_with_it(small_stage: Stage) -> None:
    """Mutation: the sentence for public places beside one for members; a members' number without its mark."""
    await write(
        small_stage.engine,
        entry(small_stage, 1, municipality="a"),
        entry(small_stage, 2, municipality="b", audience="on_request"),
        entry(small_stage, 3, municipality="c", audience="members"),
        entry(small_stage, 4, municipality="d", audience_phones="members", audience_texts="public"),
        entry(small_stage, 5, municipality="e", age=100, status="temporarily closed"),
    )
    _, *places = (await body(small_stage, "case-manager-co-1", "/directory")).split('<li class="place">')
    told, kept = "You may tell it to the person.", "For the desk only: arrange it yourself, do not write it to the person."
    assert [(told in place, kept in place) for place in places] == [(number != 2, number == 2) for number in range(5)]
    assert [re.findall(r'class="tag(?: [a-z]+)?">([^<]*)', place) for place in places] == [
        ["public"],
        ["a person may tell it"],
        ["members only"],
        ["public", "for the desk only"],
        ["public", "closed for now", "to be checked: call first"],
    ]
    assert re.search(r'phone-4</span> <span class="tag">for the desk only', places[3])


@pytest.mark.requirement("S-6")
@pytest.mark.parametrize("link", ["police", "migration", "informs"])
async def test_the_mark_of_an_authority_stands_before_the_number(small_stage: Stage, link: str) -> None:
    """In plain words, on both lists. Mutation: the mark below the number, or as a code."""
    await write(small_stage.engine, entry(small_stage, 1, authority=link, age=100))
    words = {
        "police": "Run by the police.",
        "migration": "Run by the migration authority.",
        "informs": "May have to inform the police",
    }
    for path in ("/directory", "/directory/due"):
        text = await body(small_stage, WHO, path)
        assert 0 < text.index(words[link]) < text.index("phone-1")
        assert "Tell the person so before the number." in text


@pytest.mark.requirement("S-4")
async def test_what_is_too_old_is_in_the_list_of_what_is_due_alone(small_stage: Stage) -> None:
    """Under a plain label, and nothing there says that it may be told. Mutation: what nobody checked for half a year among what may
    be told; the list of what is due for somebody who may not check."""
    await write(small_stage.engine, entry(small_stage, 1, age=300), entry(small_stage, 2, age=100), entry(small_stage, 3))
    listed = await body(small_stage, WHO, "/directory")
    assert "name-1" not in listed and "too old" not in listed and "name-2" in listed and "2 places due for a check" in listed
    due = await body(small_stage, WHO, "/directory/due")
    assert due.index("name-1") < due.index("too old to pass on") < due.index("name-2") and "name-3" not in due
    assert due.count("You may tell it to the person.") == 1
    assert "due for a check" not in await body(small_stage, "case-manager-co-1", "/directory")


# --- looking for something ---------------------------------------------------------------------------------------------


async def test_choices_stand_in_the_address_and_come_back(small_stage: Stage, browser: Browser) -> None:
    """By the form, page by page, and again from a bookmark. Mutation: a page that forgets what was chosen; a form that posts."""
    towns = [entry(small_stage, number, name=f"Clínica {number:02}", municipality="Bogotá") for number in range(PAGE + 3)]
    await write(small_stage.engine, *towns, entry(small_stage, 90, name="Clínica 90", kinds=("legal",)), entry(small_stage, 91))
    async with small_stage.seen(browser, viewport={"width": 360, "height": 800}) as seen:
        page = seen.page
        await small_stage.enter(seen.context, WHO)
        await seen.open("/desk/directory")
        assert await page.locator("#country").input_value() == "CO"
        await page.locator("#kind").select_option("health")
        await page.locator("#find").fill("CLINICA bogota")
        await page.get_by_role("button", name="Search").click()
        await expect(page.locator("#found-title")).to_have_text(f"{PAGE + 3} places in Colombia")
        assert await page.locator(".place").count() == PAGE
        await page.get_by_role("link", name="Next").click()
        await expect(page.get_by_text("Page 2 of 2")).to_be_visible()
        assert await page.locator(".place h3").all_inner_texts() == [f"Clínica {number}" for number in (20, 21, 22)]
        bookmark = page.url
        await page.get_by_role("link", name="Previous").click()
        await expect(page.get_by_text("Page 1 of 2")).to_be_visible()
        await page.goto(bookmark)
        assert await page.locator("#find").input_value() == "CLINICA bogota"
        assert await page.locator("#kind").input_value() == "health"
        assert await page.locator(".place").count() == 3
    for odd in ("page=x", "page=-1", "page=" + "9" * 30, "kind=nothing", "find=" + "x" * 5000, "find=%00", "country="):
        assert "<h1>" in await body(small_stage, WHO, f"/directory?{odd}")
    assert "x" * (LONGEST + 1) not in await body(small_stage, WHO, "/directory?find=" + "x" * 5000)


@pytest.mark.requirement("P-2")
async def test_what_was_looked_for_is_in_no_log(small_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in a line of the server, not when the page fails, not where somebody has to sign in first. Mutation: the address of a
    request in a line about a failure; a redirect that carries it along."""
    await write(small_stage.engine, entry(small_stage, 1))
    with everything_logged() as log:
        async with small_stage.client(WHO) as client, small_stage.client() as nobody:
            asked = f"{ROOT}/directory?country=CO&find=zarzamora"
            assert (await client.get(asked)).status_code == 200
            assert "zarzamora" not in str((await nobody.get(asked)).headers)

            async def broken(*_: Any, **asked: Any) -> None:
                raise RuntimeError(str(asked))

            monkeypatch.setattr(pages.listing, "listing", broken)
            failed = await client.get(asked)
            assert failed.status_code == 500 and "zarzamora" not in failed.text
        lines = log.getvalue()
    assert "RuntimeError" in lines and "zarzamora" not in lines and "find" not in lines


@pytest.mark.requirement("S-2", "P-2")
async def test_from_a_request_only_its_country_comes_along(small_stage: Stage, small_requests: Requests) -> None:
    """Mutation: a wish, a language or the request itself in the address; a link to a country that the account does not have."""
    here = await small_requests.ask()
    away = await small_requests.ask(country="PE", countries=("CO",))
    async with small_stage.client("case-manager-co-1") as client:
        text = (await client.get(f"{ROOT}/ticket/{here.hex()}")).text
        assert re.findall(r'href="([^"]*directory[^"]*)">Places near', text) == [f"{ROOT}/directory?country=CO"]
        got = await client.get(f"{ROOT}/ticket/{away.hex()}")
        assert got.status_code == 200 and "Places near" not in got.text


# --- saying what is true -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-4")
async def test_the_two_buttons(stage: Stage, browser: Browser) -> None:
    """Closed for now, then right again, from the page; each is noted, and in the audit. Mutation: a button without a name of its
    own; a place that leaves the list when it is closed; a button where the activity has ended."""
    await write(
        stage.engine,
        entry(stage, 1, age=300),
        entry(stage, 2, age=100),
        entry(stage, 3, age=10, expires_on=stage.now().date() - timedelta(days=1)),
    )
    before = await audited(stage)
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.enter(seen.context, WHO)
        await seen.open("/desk/directory/due")
        assert await page.locator(".place h3").all_inner_texts() == ["name-1", "name-3", "name-2"]
        ended = page.locator(".place").nth(1)
        assert "The activity has ended." in await ended.inner_text() and await ended.get_by_role("button").count() == 1
        await page.get_by_role("button", name="Closed for now name-1, municipality-1").click()
        await expect(page.get_by_text("Noted: closed for now.")).to_be_visible()
        first = page.locator(".place").first
        assert "closed for now" in await first.inner_text() and await first.get_by_role("button").count() == 1
        assert await faults(page) == []
        await page.get_by_role("button", name="All of it is right name-1, municipality-1").click()
        await expect(page.get_by_text("Noted: checked today.")).to_be_visible()
        assert await page.locator(".place h3").all_inner_texts() == ["name-3", "name-2"]
    async with stage.engine.connect() as connection:
        said = (await connection.execute(select(_service).where(_service.c.name == "name-1"))).one()
    assert (said.status, said.verified_on, said.verified_by) == ("active", stage.now().date(), "coordinator of Red Norte")
    after = await audited(stage)
    assert after[: len(after) - len(before)] == [
        ("directory_checked", WHO, str(key_of(1))),
        ("directory_closed", WHO, str(key_of(1))),
    ]
    assert "checked a place of the directory" in await body(stage, "administrator-1", "/audit")


@pytest.mark.requirement("S-2", "S-4")
async def test_what_may_not_be_touched_is_like_what_is_not_there(stage: Stage) -> None:
    """To the byte. What has ended is refused in a sentence. Mutation: 403 for an entry of another country or organisation, or one
    that is hidden; a page for what nobody can say."""
    await write(
        stage.engine,
        entry(stage, 1, age=300),
        entry(stage, 2, age=300, country="PE"),
        entry(stage, 3, age=300, audience="hidden"),
        entry(stage, 4, age=300, country="CL"),
        entry(stage, 5, age=300, expires_on=stage.now().date() - timedelta(days=1)),
        entry(stage, 6, age=300, country="PE"),
    )
    async with stage.engine.begin() as connection:
        await connection.execute(
            insert(Employer).values(key=id_of(6), name="organisation-6", merged_into="casa-sur", independent=False)
        )
    before = await audited(stage)
    for name, numbers in ((WHO, (3, 4, 77)), ("member-1", (1, 2, 3, 4, 5, 77)), ("case-manager-co-1", range(1, 7))):
        async with stage.client(name) as client:
            nothing = await answer(client, "POST", NOWHERE)
            for number in numbers:
                for act in ("right", "closed"):
                    assert await answer(client, "POST", f"{ROOT}/directory/{key_of(number)}/{act}") == nothing, (name, number, act)
            assert await answer(client, "POST", f"{ROOT}/directory/{'9' * 60}/right") == nothing
            assert await answer(client, "POST", f"{ROOT}/directory/x/right") == nothing
    assert await audited(stage) == before
    async with stage.client(WHO) as client:
        over = await client.post(f"{ROOT}/directory/{key_of(5)}/right")
        assert over.status_code == 409 and "The activity has ended." in over.text
        assert (await client.get(f"{ROOT}/directory/{key_of(1)}/right")).status_code == 405
    async with stage.client("member-1") as client:
        assert re.findall(r"<h3>(.*?)</h3>", (await client.get(f"{ROOT}/directory/due")).text) == ["name-6"]
        for _ in range(2):
            assert (await client.post(f"{ROOT}/directory/{key_of(6)}/right")).headers["location"].endswith("due?done=right")
    assert (await audited(stage))[0] == ("directory_checked", "member-1", str(key_of(6)))
    assert len(await audited(stage)) == len(before) + 1


@pytest.mark.requirement("S-2", "S-4")
async def test_whoever_practises_reads_and_changes_nothing(small_stage: Stage) -> None:
    """Mutation: ``check_directory`` among what is allowed in training; places kept from whoever practises."""
    await write(small_stage.engine, entry(small_stage, 1, age=100, audience="members"))
    async with small_stage.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE staff SET roles = ',supervisor,coordinator,' WHERE name = 'supervisor-co-1'")
    try:
        async with small_stage.client("supervisor-co-1") as client:
            assert "name-1" in (await client.get(f"{ROOT}/directory/due")).text
        async with small_stage.client("supervisor-co-1", training=True) as client:
            listed = await client.get(f"{ROOT}/directory")
            assert listed.status_code == 200 and "name-1" in listed.text and "/directory/due" not in listed.text
            nothing = await answer(client, "POST", NOWHERE)
            assert (await client.get(f"{ROOT}/directory/due")).status_code == 404
            for act in ("right", "closed"):
                assert await answer(client, "POST", f"{ROOT}/directory/{key_of(1)}/{act}") == nothing
        assert "name-1" in await body(small_stage, WHO, "/directory/due")
    finally:
        async with small_stage.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE staff SET roles = ',supervisor,' WHERE name = 'supervisor-co-1'")


# --- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-6")
@pytest.mark.parametrize("lang", ["es", "en", "pt"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_full_pages_are_accessible_and_fit(small_stage: Stage, browser: Browser, lang: str, width: int) -> None:
    """With everything that a row may say, dark too. Mutation: a fixed width, a mark by its colour alone, a text in another language
    that does not say so."""
    everything = {"people": {"women": True, "men": False, "children": True}, "min_age": 12, "max_age": 25, "authority": "informs"}
    await write(
        small_stage.engine,
        *(entry(small_stage, number, age=100, kinds=("health", "legal", "family-tracing"), weekly=[((0, 1, 4), 480, 720)],
                languages=("es", "en", "ht"), texts={"pt": "um texto " * 20}, **everything) for number in range(PAGE + 1)),
        entry(small_stage, 50, age=300, audience="members", name="Organización de nombre larguísimo " * 3, always=True),
        entry(small_stage, 51, audience_phones="members", status="temporarily closed", municipality="a"),
        entry(small_stage, 52, age=1, expires_on=small_stage.now().date() - timedelta(days=1)),
    )  # fmt: skip
    async with small_stage.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE staff SET lang = '{lang}'")
    async with small_stage.seen(browser, viewport={"width": width, "height": 800}, locale=lang) as seen:
        await small_stage.enter(seen.context, WHO)
        for path in ("/directory?country=CO", "/directory?find=nada", "/directory/due", "/directory/due?page=2&done=closed"):
            await seen.open(f"/desk{path}")
            assert await faults(seen.page) == [], path
            await seen.page.emulate_media(color_scheme="dark")
            assert await faults(seen.page, rules=["color-contrast"]) == [], path
            await seen.page.emulate_media(color_scheme="light")
            assert await fits(seen.page), path
        await seen.open("/desk/directory/due")
        assert await seen.page.locator('.place-text [lang="pt"]').count() == PAGE - 2  # of the others there is a text in Spanish
        assert await seen.page.locator(".place-text .small").count() == (0 if lang == "pt" else PAGE - 2) + (
            2 if lang != "es" else 0
        )
