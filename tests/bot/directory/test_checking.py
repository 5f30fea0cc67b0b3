"""What is due for a check, for whom, and what follows when somebody says that it is right or closed for now."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.complaints.tables import Complaint
from bot.demo_staff import FOLDER
from bot.directory import stamp
from bot.directory.checking import CHECKS, Over, close, due, number_due, right
from bot.directory.demo import load_demo
from bot.directory.listing import PAGE, listing
from bot.directory.live import LiveDirectory
from bot.directory.tables import LEVELS, Location, Service, ServiceAtLocation
from bot.settings import Settings
from bot.staff.accounts import load_staff
from bot.staff.audit import latest, verify
from bot.staff.roles import Actor, may
from bot.staff.tables import ROLES, Employer, Staff
from tests.bot.directory.world import NOW, TODAY, key_of, rows, write
from tests.bot.staff.world import actor

AT: Final = datetime.fromtimestamp(NOW, UTC)
COORDINATOR: Final = actor("coordinator")
LONG_AGO: Final = TODAY - timedelta(days=1000)
_service: Any = Service.__table__  # type: ignore[attr-defined]


def id_of(number: int) -> str:
    """The key of the organisation of this entry, as the file of staff writes it."""
    return f"dir-{uuid.uuid5(uuid.NAMESPACE_OID, f'o {number}').hex}"


async def employ(engine: AsyncEngine, *employers: tuple[str, str, str]) -> None:
    """(key, name, merged into)."""
    async with engine.begin() as connection:
        for key, name, into in employers:
            await connection.execute(insert(Employer).values(key=key, name=name, merged_into=into, independent=False))


async def service_of(engine: AsyncEngine, number: int) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(select(_service).where(_service.c.name == f"name-{number}"))).one()


async def state(engine: AsyncEngine) -> tuple[Any, ...]:
    """Everything that a check may change: services, the stamp, the audit."""
    async with engine.connect() as connection:
        services = (await connection.execute(select(_service).order_by(_service.c.id))).all()
        return services, (await connection.execute(stamp.READ)).scalar(), [row.digest for row in await latest(connection)]


async def keys(engine: AsyncEngine, settings: Settings, somebody: Actor = COORDINATOR) -> list[int]:
    """Keys of what is due, in order."""
    found = await due(engine, somebody, settings, AT)
    assert found.total == len(found.places) == await number_due(engine, somebody, settings, AT)
    return [place.key for place in found.places]


# --- what is due -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-4")
async def test_what_is_due_the_oldest_check_first(engine: AsyncEngine, settings: Settings) -> None:
    """What is past the second limit stands first. Mutation: a limit a day off; a promised review, an ended activity or what nobody
    ever checked left out; the order of the keys; what is hidden or given up."""
    first, second = settings.service_due_days, settings.service_stale_days
    ages = {1: first - 1, 2: first, 3: second - 1, 4: second, 5: second + 50}
    await write(
        engine,
        *(rows(number, verified_on=TODAY - timedelta(days=age)) for number, age in ages.items()),
        rows(6, verified_on=None),
        rows(7, review_on=TODAY, audience="members"),
        rows(8, review_on=TODAY + timedelta(days=1)),
        rows(9, expires_on=TODAY - timedelta(days=1), audience="on_request"),
        rows(10, expires_on=TODAY),
        rows(11, verified_on=LONG_AGO, status="temporarily closed"),
        rows(12, verified_on=LONG_AGO, audience="hidden"),
        rows(13, verified_on=LONG_AGO, approved_by=None),
        rows(14, verified_on=LONG_AGO, status="defunct"),
        rows(15, verified_on=LONG_AGO, country="PE"),
    )
    assert await keys(engine, settings) == [key_of(number) for number in (6, 11, 5, 4, 9, 3, 2, 7)]
    found = {place.key: place for place in (await due(engine, COORDINATOR, settings, AT)).places}
    assert all(place.due for place in found.values())
    assert {number for number in range(16) if key_of(number) in found and found[key_of(number)].too_old} == {4, 5, 6, 9, 11}
    assert found[key_of(9)].ended_on == TODAY - timedelta(days=1)


async def test_a_page_at_a_time(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: a page that repeats the last of the one before; a page beyond the end that is empty."""
    await write(engine, *(rows(number, verified_on=LONG_AGO + timedelta(days=number)) for number in range(PAGE + 3)))
    one, two, after = [await due(engine, COORDINATOR, settings, AT, page) for page in (1, 2, 9)]
    assert [place.key for place in (*one.places, *two.places)] == [key_of(number) for number in range(PAGE + 3)]
    assert (one.total, one.pages, two.page) == (PAGE + 3, 2, 2) and after == two


@pytest.mark.requirement("S-4", "M-1")
@pytest.mark.parametrize("role", ROLES)
async def test_every_level_for_every_role_in_every_country(engine: AsyncEngine, settings: Settings, role: str) -> None:
    """What each role sees as due is what it may say something of, and all else is as if it were not there. Mutation: any country or
    organisation that is not asked for, in the list or in an act."""
    made, places = [], {}
    await employ(engine, ("red-norte", "Red Norte", ""))
    for country in ("CO", "PE"):
        for level in LEVELS:
            for whose in ("red-norte", ""):
                number = len(made)
                made.append(rows(number, country=country, audience=level, verified_on=LONG_AGO))
                if whose:
                    await employ(engine, (id_of(number), f"organisation-{number}", whose))
                places[number] = (country, level, whose)
    await write(engine, *made)
    somebody = actor(role, countries=("CO",))
    expected = {
        key_of(number)
        for number, (country, level, whose) in places.items()
        if country == "CO"
        and level != "hidden"
        and (role in ("coordinator", "administrator") or (role == "member" and whose == "red-norte"))
    }
    assert set(await keys(engine, settings, somebody)) == expected
    assert bool(expected) is may(somebody, CHECKS)
    before = await state(engine)
    for number in places:
        for act in (close, right):
            if key_of(number) not in expected:
                assert await act(engine, somebody, settings, key_of(number), AT) is False
    assert await state(engine) == before
    for key in expected:
        assert await close(engine, somebody, settings, key, AT) and await right(engine, somebody, settings, key, AT)
    assert await keys(engine, settings, somebody) == []


@pytest.mark.requirement("S-4", "C-4")
async def test_ones_own_organisation_is_what_the_file_of_staff_says(engine: AsyncEngine, settings: Settings) -> None:
    """Its own entry, those of what became a part of it, and of nothing else: not of that of which it became a part, of another part
    of that, of one of the same name. A complaint moves nothing: a member could tell from the list that somebody had complained.
    Mutation: ``tied`` for ``covered``; ``routing.network`` for the employers alone."""
    await write(engine, *(rows(number, verified_on=LONG_AGO) for number in range(1, 7)))
    await employ(
        engine,
        (id_of(1), "organisation-1", ""),
        (id_of(2), "organisation-2", "red-norte"),
        (id_of(3), "organisation-3", id_of(2)),
        ("red-norte", "Organisation 6", "red-grande"),
        (id_of(4), "organisation-4", "red-grande"),
        ("red-grande", "Red Grande", ""),
    )
    of = {name: actor("member", organisation=name) for name in (id_of(1), "red-norte", "red-grande", "nowhere")}
    expected = {id_of(1): {1}, "red-norte": {2, 3}, "red-grande": {2, 3, 4}, "nowhere": set()}

    async def seen() -> dict[str, set[int]]:
        return {
            name: {number for number in range(1, 7) if key_of(number) in set(await keys(engine, settings, member))}
            for name, member in of.items()
        }

    assert await seen() == expected
    complaint = Complaint(
        id=bytes(16), opening=bytes(16), lookup=bytes(16), public=bytes(32), private_sealed=b"", inbox="psea", country="CO",
        lang="es", about="organisation", organisation=id_of(6), topic="other", answer_by=AT, expires_at=AT,
    )  # fmt: skip
    async with engine.begin() as connection:
        await connection.execute(insert(Complaint).values(**complaint.model_dump()))
    assert await seen() == expected


async def test_what_is_given_in_another_country_too_is_for_whoever_checks_in_both(engine: AsyncEngine, settings: Settings) -> None:
    """Closing it here would close it there. A place there that is hidden keeps nobody from anything. Mutation: looking at the
    entry's own country only; counting what the desk may not see."""
    for number, level in ((1, "public"), (3, "hidden")):
        here, there = rows(number, verified_on=LONG_AGO), rows(number + 1, country="PE", audience=level)
        moved = [row for row in there if isinstance(row, (Location, ServiceAtLocation))]
        for row in moved:
            if isinstance(row, ServiceAtLocation):
                row.service_id = here[1].id
        await write(engine, here, moved)
    both = actor("coordinator", countries=("PE", "CO"))
    assert await keys(engine, settings) == [key_of(3)]
    assert await close(engine, COORDINATOR, settings, key_of(1), AT) is False
    assert set(await keys(engine, settings, both)) == {key_of(1), key_of(2), key_of(3)}
    assert await right(engine, both, settings, key_of(2), AT) and await keys(engine, settings, both) == [key_of(3)]


# --- all of it is right ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-4")
async def test_all_of_it_is_right(engine: AsyncEngine, settings: Settings) -> None:
    """The day, the role and not a person, a passed review taken away and one to come kept, open again, the stamp raised and the
    audit written, once. Mutation: any of these left out; the account's name as who checked; a second line for a second click."""
    await employ(engine, ("red-norte", "Red Norte", ""))
    later = TODAY + timedelta(days=40)
    await write(
        engine,
        rows(1, verified_on=LONG_AGO, review_on=TODAY, status="temporarily closed"),
        rows(2, verified_on=None, review_on=later),
    )
    _, version, _ = await state(engine)
    for _ in range(2):
        assert await right(engine, COORDINATOR, settings, key_of(1), AT)
    said = await service_of(engine, 1)
    assert (said.verified_on, said.verified_by, said.review_on, said.status) == (TODAY, "coordinator of Red Norte", None, "active")
    _, now, _ = await state(engine)
    assert now == version + 1
    assert await right(engine, actor("administrator", countries=()), settings, key_of(2), AT)
    said = await service_of(engine, 2)
    assert (said.verified_on, said.verified_by, said.review_on) == (TODAY, "administrator of Red Norte", later)
    async with engine.connect() as connection:
        written = [(row.what, row.role, row.subject, row.actor) for row in await latest(connection)]
    assert written == [
        ("directory_checked", "administrator", str(key_of(2)), "somebody"),
        ("directory_checked", "coordinator", str(key_of(1)), "somebody"),
    ]
    assert await verify(engine) is None
    assert await keys(engine, settings) == []


async def test_who_checked_is_short_and_no_address(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: an organisation's name that makes the role longer than any other of the directory."""
    await employ(engine, ("red-norte", "N" * 120, ""))
    await write(engine, rows(1, verified_on=LONG_AGO))
    assert await right(engine, COORDINATOR, settings, key_of(1), AT)
    assert (await service_of(engine, 1)).verified_by == ("coordinator of " + "N" * 120)[:80]


@pytest.mark.requirement("S-4")
async def test_what_has_ended_is_not_right(engine: AsyncEngine, settings: Settings) -> None:
    """Its last day counts still. It may be closed. Mutation: a check that goes on for ever; a day too early."""
    await write(engine, rows(1, verified_on=LONG_AGO, expires_on=TODAY - timedelta(days=1)), rows(2, expires_on=TODAY))
    before = await state(engine)
    with pytest.raises(Over):
        await right(engine, COORDINATOR, settings, key_of(1), AT)
    assert await state(engine) == before
    assert await right(engine, COORDINATOR, settings, key_of(2), AT)
    assert await close(engine, COORDINATOR, settings, key_of(1), AT)


# --- closed for now ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-4")
async def test_closed_for_now(engine: AsyncEngine, settings: Settings) -> None:
    """Nothing else of it changes; it stays among what is due until all of it is right again. Mutation: a new day of the check; a
    second line for a second click; what was given up for good opened again."""
    await write(engine, rows(1, verified_on=LONG_AGO), rows(2, verified_on=LONG_AGO, status="defunct"))
    was = await service_of(engine, 1)
    _, version, _ = await state(engine)
    for _ in range(2):
        assert await close(engine, COORDINATOR, settings, key_of(1), AT)
    assert (await service_of(engine, 1))._mapping == {**was._mapping, "status": "temporarily closed"}
    _, now, lines = await state(engine)
    assert now == version + 1 and len(lines) == 1
    assert await keys(engine, settings) == [key_of(1)]
    for act in (right, close):
        assert await act(engine, COORDINATOR, settings, key_of(2), AT) is False
    async with engine.connect() as connection:
        assert [(row.what, row.subject) for row in await latest(connection)] == [("directory_closed", str(key_of(1)))]


@pytest.mark.requirement("S-4")
async def test_conversations_follow(engine: AsyncEngine, settings: Settings) -> None:
    """What was too old is told again, and what was closed no more. Mutation: a change without the stamp; a stamp in a transaction
    of its own, before the change."""
    await write(engine, rows(1, verified_on=LONG_AGO), rows(2))
    live = LiveDirectory(engine, settings, lambda: NOW)
    await live.refresh()
    assert live.current.get(key_of(1)) is None and not await live.refresh()
    assert await right(engine, COORDINATOR, settings, key_of(1), AT)
    assert await live.refresh()
    offer = live.current.get(key_of(1))
    assert offer is not None and (offer.check, offer.verified_on) == ("fresh", TODAY)
    assert await close(engine, COORDINATOR, settings, key_of(1), AT)
    assert await live.refresh()
    assert live.current.get(key_of(1)) is None and live.current.get(key_of(2)) is not None
    for act in (close, right):
        assert await act(engine, COORDINATOR, settings, key_of(1), AT)
    assert await live.refresh() and live.current.get(key_of(1)) is not None


# --- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-2", "S-4")
async def test_what_an_account_may_not_touch_is_not_there(engine: AsyncEngine, settings: Settings) -> None:
    """Hidden, not approved, held back, of another country, a number that no entry has; practising; a country that is not served.
    Mutation: ``VIEW.entry()`` left out of an act; a write in training."""
    await write(
        engine,
        rows(1, verified_on=LONG_AGO, audience="hidden"),
        rows(2, verified_on=LONG_AGO, approved_by=None),
        rows(3, verified_on=LONG_AGO, held_back="wrong-country"),
        rows(4, verified_on=LONG_AGO, country="PE"),
        rows(5, verified_on=LONG_AGO),
    )
    before = await state(engine)
    for act in (right, close):
        for key in (*(key_of(number) for number in range(1, 5)), 0, 7, 2**63, 10**40):
            assert await act(engine, COORDINATOR, settings, key, AT) is False
        practising = actor("coordinator", "supervisor", training=True)
        assert await act(engine, practising, settings, key_of(5), AT) is False
        assert await act(engine, COORDINATOR, settings.model_copy(update={"countries": "PE"}), key_of(5), AT) is False
    assert await keys(engine, settings, practising) == []
    assert await listing(engine, practising, settings, AT, "CO") is not None
    assert await state(engine) == before


async def test_two_clicks_at_once_are_one(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: reading first whether it is so already, and then writing without asking again."""
    await write(engine, rows(1, verified_on=LONG_AGO))
    said = await asyncio.gather(*(right(engine, COORDINATOR, settings, key_of(1), AT) for _ in range(4)))
    _, _, lines = await state(engine)
    assert said == [True] * 4 and len(lines) == 1


# --- the demo ----------------------------------------------------------------------------------------------------------


async def test_the_accounts_of_the_demo_find_something_of_everything(tmp_path: Path, settings: Settings) -> None:
    """Mutation: a fictitious directory, or a file of staff, with nothing to see on these pages."""
    engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path / 'faro.db'}")
    try:
        await db.create_all(engine)
        now = db.now()
        await load_demo(engine, today=now.date())
        await load_staff(engine, FOLDER / "staff.toml", now)
        async with engine.connect() as connection:
            staff = {row.name: Actor.of(row) for row in (await connection.execute(select(Staff.__table__))).all()}  # type: ignore[attr-defined]
        for name in ("case-manager-1", "coordinator-1", "member-1"):
            first = await listing(engine, staff[name], settings, now, "CO")
            assert first is not None
            pages = [await listing(engine, staff[name], settings, now, "CO", page=page + 1) for page in range(first.pages)]
            found = [place for page in pages if page for place in page.places]
            assert {place.level for place in found} == {"public", "on_request", "members"}
            assert any(place.due for place in found) and any(place.closed for place in found)
            assert any(place.may_be_told and place.desk_only for place in found) and any(place.authority for place in found)
        of_member = await due(engine, staff["member-1"], settings, now)
        assert of_member.places and {place.organisation for place in of_member.places} == {"Servicio Jurídico Demo Orilla"}
        assert of_member.total < (await due(engine, staff["coordinator-1"], settings, now)).total
        assert await right(engine, staff["member-1"], settings, of_member.places[0].key, now)
        assert not await right(engine, staff["case-manager-1"], settings, of_member.places[0].key, now)
    finally:
        await engine.dispose()
