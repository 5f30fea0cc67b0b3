"""The page of keys: who sees whose, what a retired key entails."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import update

from bot.staff import audit, keys, recovery
from bot.staff.tables import Staff
from tests.desk.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def limited(stage: Stage, *countries: str) -> None:
    """The administrator decides about these countries; none: about all."""
    async with stage.engine.begin() as connection:
        of_them = Staff.name == "administrator-1"
        await connection.execute(update(Staff).where(of_them).values(countries=countries))  # type: ignore[arg-type]


async def test_a_supervisor_sees_the_own_organisation_in_the_own_country(stage: Stage) -> None:
    """Mutation: leaving organisation or country out of the question."""
    async with stage.client("supervisor-co-1") as client:
        page = (await client.get("/desk/keys")).text
        assert "case-manager-co-1" in page and "child-protection-co-1" in page
        for other in ("case-manager-co-2", "case-manager-pe-1", "supervisor-pe-1"):
            assert other not in page
        assert "Colombia" in page and "Peru" not in page
        assert "/retire" not in page and "recovery" not in page.lower()


async def test_a_country_that_nobody_can_open_is_named(stage: Stage) -> None:
    """Mutation: counting accounts instead of those that may read and have a key."""
    async with stage.client("administrator-1") as client:
        assert (await client.get("/desk/keys")).text.count("none is taken") == 2
        await stage.account("case-manager-co-1")
        await stage.account("coordinator-1")
        page = (await client.get("/desk/keys")).text
        assert page.count("none is taken") == 1


@pytest.mark.requirement("P-5")
async def test_after_retiring_nothing_more_is_sealed_to_the_account(stage: Stage) -> None:
    """And the audit says who did it. Mutation: deleting the key, which would lose what came before."""
    name = "case-manager-pe-1"
    account = await stage.account(name)
    async with stage.engine.connect() as connection:
        assert account.staff_id in await keys.eligible_keys(connection, country="PE")
    async with stage.client("administrator-1") as client:
        path = f"/desk/keys/{account.staff_id}/retire"
        assert name in (await client.get(path)).text
        answer = await client.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/keys?done=retired")
        assert (await client.post(path)).status_code == 404  # there is none any more
        nothing = await client.get(f"/desk/keys/{uuid.uuid4()}/retire")
        assert (await client.get(path)).content == nothing.content == (await client.get("/desk/nowhere")).content
    async with stage.engine.connect() as connection:
        assert account.staff_id not in await keys.eligible_keys(connection, country="PE")
        own = await keys.own_keys(connection, stage.locks, account.staff_id)
        assert len(own) == 1 and own[0].wraps
        last = (await audit.latest(connection, limit=1))[0]
        assert (last.actor, last.role, last.what, last.subject) == ("administrator-1", "administrator", "key_retired", name)
    stage.forget(name)


@pytest.mark.requirement("P-5")
async def test_an_administrator_decides_about_keys_of_the_own_countries_only(stage: Stage) -> None:
    """And the network's recovery key is nothing of theirs. Mutation: "everywhere" for every administrator; the recovery page for
    whoever may retire a key."""
    at_home, abroad = await stage.account("case-manager-pe-1"), await stage.account("case-manager-co-1")
    await limited(stage, "PE")
    try:
        async with stage.client("administrator-1") as client:
            page = (await client.get("/desk/keys")).text
            assert f"/keys/{at_home.staff_id}/retire" in page and f"/keys/{abroad.staff_id}/retire" not in page
            assert "case-manager-co-1" not in page and "Colombia" not in page and "recovery" not in page.lower()
            nothing = (await client.get("/desk/nowhere")).content
            for path in (f"/desk/keys/{abroad.staff_id}/retire", "/desk/keys/recovery"):
                for answer in (await client.get(path), await client.post(path, data={"purpose": "requests", "replaces": ""})):
                    assert (answer.status_code, answer.content) == (404, nothing)
            assert (await client.get(f"/desk/keys/{at_home.staff_id}/retire")).status_code == 200
        async with stage.engine.connect() as connection:
            assert abroad.staff_id in await keys.eligible_keys(connection, country="CO")
            assert await recovery.listed(connection) == []
    finally:
        await limited(stage)


@pytest.mark.requirement("P-5")
async def test_the_recovery_key_is_asked_for_until_it_is_made_and_rehearsed(stage: Stage) -> None:
    """Mutation: a page that is content with a key whose sheets nobody ever tried."""
    async with stage.client("administrator-1") as client:
        assert "there is no recovery key" in (await client.get("/desk/keys")).text
        sheets = await recovery.make(stage.engine, "requests", stage.now())
        page = (await client.get("/desk/keys")).text
        assert "nobody has tried the sheets" in page and sheets[0].mark in page
        assert not any(" ".join(sheet.words[:2]) in page for sheet in sheets)
        await recovery.rehearse(stage.engine, [" ".join(sheet.words) for sheet in sheets[1:]], stage.now())
        page = (await client.get("/desk/keys")).text
        assert "nobody has tried" not in page and "rehearsed on" in page
