"""One account made or changed on the desk: what may be in it, who decides, and that somebody stays administrator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.staff import changing
from bot.staff.changing import AccountDraft, Faulty, NotAgreed
from bot.staff.locks import Locks
from bot.staff.roles import Actor
from bot.staff.tables import ROLES, AuditEntry, Staff
from tests.bot.staff.world import NOW, actor, after, employ, on_the_desk, rows, whole

EMPLOYERS = {"red-norte": "Red Norte"}
EVERYWHERE = actor("administrator", countries=())
OF_COLOMBIA = actor("administrator", countries=("CO",))
DRAFT = AccountDraft("Case-Manager-CO-7", "red-norte", ("case_manager",), ("CO",), "ES, guc", "woman", "4", "pt")


def faults(by: Actor = EVERYWHERE, **said: Any) -> dict[str, str]:
    with pytest.raises(Faulty) as caught:
        changing.checked(DRAFT._replace(**said), by, EMPLOYERS)
    return dict(caught.value.faults)


def test_what_was_typed_becomes_the_row() -> None:
    """Mutation: languages as typed; a cap as text."""
    assert changing.checked(DRAFT, OF_COLOMBIA, EMPLOYERS) == {
        "name": "case-manager-co-7", "organisation": "red-norte", "roles": ("case_manager",), "countries": ("CO",),
        "languages": ("es", "guc"), "honours": "woman", "load_cap": 4, "lang": "pt",
    }  # fmt: skip


def test_every_fault_stands_at_its_field() -> None:
    """Mutation: any check left out."""
    wrong = {
        "name": "ana maría", "organisation": "other", "roles": ("boss",), "countries": ("XX",), "languages": "español",
        "honours": "nobody", "load_cap": "51", "lang": "fr",
    }  # fmt: skip
    assert faults(**wrong) == {
        "name": "name", "organisation": "organisation", "roles": "roles", "countries": "countries", "languages": "languages",
        "honours": "honours", "load_cap": "cap", "lang": "lang",
    }  # fmt: skip
    assert faults(countries=()) == {"countries": "countries"}
    for cap in ("0", "-1", "", "4.5", "٤"):
        assert faults(load_cap=cap) == {"load_cap": "cap"}


@pytest.mark.requirement("M-1")
def test_an_administrator_gives_only_what_they_have() -> None:
    """Mutation: one of the countries sufficing; an administrator of one country making one of all."""
    assert faults(OF_COLOMBIA, countries=("CO", "PE")) == {"countries": "outside"}
    assert faults(OF_COLOMBIA, roles=("administrator",), countries=()) == {"countries": "outside"}
    assert changing.checked(DRAFT._replace(roles=("administrator",), countries=()), EVERYWHERE, EMPLOYERS)["countries"] == ()
    assert not changing.manages(actor("supervisor"), ("CO",))
    assert not changing.manages(actor("administrator", countries=(), training=True), ("CO",))


@pytest.mark.requirement("C-4")
def test_what_hears_complaints_is_made_by_command() -> None:
    """Mutation: either of the roles offered; a role beside it that hides it; an organisation that watches over the others."""
    for role in ROLES:
        hears = role in ("psea_focal_point", "coordinator")
        assert changing.by_command((role,), "red-norte", ()) is changing.by_command(("member", role), "red-norte", ()) is hears
        assert changing.by_command((role,), "red-norte", {"red-norte"})
        assert (role in changing.OFFERED) is not hears
        if hears:
            assert faults(roles=(role,)) == faults(roles=("member", role)) == {"roles": "command"}


@pytest.mark.requirement("M-8")
async def test_a_new_code_takes_two_only_once_the_account_is_in_use(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: asking about a key that was never there; a yes that lasts longer than a day, or for two codes at a moment."""
    async with engine.begin() as connection:
        asks = await employ(connection, "administrator-1", "administrator", countries=())
        agrees = await employ(connection, "administrator-2", "administrator", countries=())
    account, _ = await on_the_desk(engine, locks, "case-manager-co-1")
    assert len((await changing.new_code(engine, account.id, asks, NOW)).code) == 24, "nothing signs in to it yet"
    async with engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.id == account.id).values(proof_hash=bytes(32)))  # type: ignore[arg-type]
    row = await whole(engine, account.name)
    for _ in range(2):
        await changing.ask_code(engine, row, asks, NOW)
    async with engine.connect() as connection:
        [(asked, _)] = await changing.waiting(connection, agrees, NOW)
        assert await changing.waiting(connection, asks, NOW) == await changing.waiting(connection, agrees, after(hours=24)) == []
    assert await changing.agree(engine, asked.id, agrees, after(hours=1))
    with pytest.raises(NotAgreed):
        await changing.new_code(engine, account.id, asks, after(hours=24))
    with pytest.raises(NotAgreed):
        await changing.new_code(engine, account.id, agrees, after(hours=2))
    both = [changing.new_code(engine, account.id, asks, after(hours=2)) for _ in range(2)]
    assert sum(isinstance(each, NotAgreed) for each in await asyncio.gather(*both, return_exceptions=True)) == 1
    whats = [each.what for each in await rows(engine, AuditEntry)]
    assert whats == ["enrolment_issued", "enrolment_asked", "enrolment_agreed", "enrolment_issued"]


async def test_a_new_account_has_a_code_and_its_name_is_given_once(engine: AsyncEngine) -> None:
    """Also to two administrators at the same moment. Mutation: a second code for the same name; no entry in the audit."""
    async with engine.begin() as connection:
        admin = await employ(connection, "administrator-1", "administrator", countries=())
    values = changing.checked(DRAFT, admin, EMPLOYERS)
    made = await asyncio.gather(*(changing.make(engine, values, admin, NOW) for _ in range(2)), return_exceptions=True)
    (refused,) = [each for each in made if isinstance(each, Faulty)]
    (enrolment,) = [each for each in made if not isinstance(each, BaseException)]
    assert refused.faults == {"name": "taken"} and len(enrolment.code) == 24
    row = await whole(engine, "case-manager-co-7")
    assert row.enrolment_hash is not None and row.roles == ("case_manager",) and row.active
    entries = [(each.actor, each.role, each.what, each.subject) for each in await rows(engine, AuditEntry)]
    assert entries == [("administrator-1", "administrator", "account_created", "case-manager-co-7")]


async def test_a_change_is_of_what_was_read_and_keeps_what_signs_in(engine: AsyncEngine) -> None:
    """Mutation: overwriting what somebody else changed meanwhile; losing the name."""
    async with engine.begin() as connection:
        admin = await employ(connection, "administrator-1", "administrator", countries=())
        await employ(connection, "case-manager-co-1")
    was = await whole(engine, "case-manager-co-1")
    values = changing.checked(DRAFT._replace(name=was.name, load_cap="9"), admin, EMPLOYERS)
    assert await changing.change(engine, was, values, admin, NOW)
    assert not await changing.change(engine, was, values, admin, NOW), "it is another by now"
    row = await whole(engine, "case-manager-co-1")
    assert (row.id, row.name, row.load_cap, row.salt) == (was.id, was.name, 9, was.salt)
    assert [each.what for each in await rows(engine, AuditEntry)] == ["account_changed"]


async def test_somebody_stays_administrator(engine: AsyncEngine) -> None:
    """Mutation: counting those who left; asking before the lock."""
    async with engine.begin() as connection:
        admin = await employ(connection, "administrator-1", "administrator", countries=())
    was = await whole(engine, "administrator-1")
    values = changing.checked(DRAFT._replace(name=was.name, roles=("member",)), admin, EMPLOYERS)
    with pytest.raises(Faulty) as caught:
        await changing.change(engine, was, values, admin, NOW)
    assert caught.value.faults == {"roles": "last"}
    async with engine.begin() as connection:
        await employ(connection, "administrator-2", "administrator", countries=())
    assert await changing.change(engine, was, values, admin, NOW)
