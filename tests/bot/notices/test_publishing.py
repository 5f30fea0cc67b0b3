"""Notices: what is checked before everybody reads them, who may publish where, and the snapshot that conversations read."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.tables import Alert
from bot.notices import publishing
from bot.notices.live import LiveNotices
from bot.notices.publishing import Draft, Faulty
from bot.notices.tables import Notice
from bot.refreshing import OLDEST
from bot.settings import Settings
from bot.staff.audit import latest
from bot.staff.roles import Actor
from bot.staff.tables import AuditEntry, Employer, Staff
from flows.facts import COUNTRIES, Notices
from tests.bot.staff.world import NOW, actor, after, employ, rows

DRAFT = Draft(
    "rumour",
    "CO",
    {"es": "¿Cobran por la vacuna?", "en": "Does the vaccine cost money?", "pt": "A vacina é paga?"},
    {"es": "No. La vacuna es gratis.", "en": "No. The vaccine is free.", "pt": "Não. A vacina é gratuita."},
    30,
)


def changed(**fields: object) -> Draft:
    return dataclasses.replace(DRAFT, **fields)  # type: ignore[arg-type]


def said(**texts: str) -> Draft:
    return changed(texts={**DRAFT.texts, **texts})


def live(engine: AsyncEngine, at: float = NOW.timestamp()) -> LiveNotices:
    return LiveNotices(engine, Settings(_env_file=None), lambda: at)  # type: ignore[call-arg]


class People(NamedTuple):
    """``ana`` and ``bea``: of Colombia, of one organisation. ``eva``: of Colombia, of another; ``all``: of every country, of that
    one. ``rio``: of Brazil, of a third."""

    ana: Actor
    bea: Actor
    eva: Actor
    all: Actor
    rio: Actor


COORDINATOR = actor("coordinator", countries=("CO", "PE"))


@pytest.fixture
async def people(engine: AsyncEngine) -> People:
    async with engine.begin() as connection:

        async def one(name: str, organisation: str, *countries: str) -> Actor:
            return await employ(connection, name, "coordinator", countries=countries, organisation=organisation)

        return People(
            await one("ana", "red-norte", "CO", "PE"), await one("bea", "red-norte", "CO"), await one("eva", "casa-sur", "CO"),
            await one("all", "casa-sur", *COUNTRIES), await one("rio", "red-rio", "BR"),
        )  # fmt: skip


async def published(engine: AsyncEngine, asks: Actor, agrees: Actor, draft: Draft = DRAFT, now: datetime = NOW) -> uuid.UUID:
    """Asked for and agreed to at one moment."""
    made = await publishing.ask(engine, asks, draft, now)
    assert await agreed(engine, agrees, made, now) == "publish"
    return made


async def agreed(engine: AsyncEngine, actor: Actor, notice_id: uuid.UUID, now: datetime = NOW) -> str | None:
    """What came of this actor agreeing to whatever was asked about a notice."""
    for each in await publishing.waiting(engine, actor, now):
        if each.row.id == notice_id:
            return await publishing.agree(engine, actor, each.id, now)
    return None


async def read(engine: AsyncEngine, country: str = "CO", now: datetime = NOW) -> list[str]:
    """Titles of the rumours that people read there."""
    notices = live(engine, now.timestamp())
    await notices.refresh()
    return [each.title for each in notices.listed("rumour", country, "en", now.timestamp())]


@pytest.mark.requirement("E-9", "C-1")
async def test_what_is_published_is_read_in_three_languages_until_its_end(engine: AsyncEngine, people: People) -> None:
    """Mutation: another language's text; a notice that outlives its end; one of a country shown in another."""
    wide = changed(country="", titles={**DRAFT.titles, "en": "The newer one"})
    await published(engine, people.ana, people.eva)
    await published(engine, people.all, people.ana, changed(country="", kind="changed"), after(hours=1))
    await published(engine, people.all, people.ana, wide, after(hours=2))
    notices = live(engine)
    await notices.refresh()
    facts: Notices = notices
    at = after(hours=3).timestamp()
    for lang in ("es", "en", "pt"):
        newer, older = facts.listed("rumour", "CO", lang, at)
        assert older.title == DRAFT.titles[lang] and newer.text == older.text == DRAFT.texts[lang]
        assert older.published_on == NOW.date()
    assert facts.listed("rumour", "CO", "en", at)[0].title == "The newer one"
    assert len(facts.listed("rumour", "PE", "en", at)) == len(facts.listed("changed", "PE", "en", at)) == 1
    assert facts.listed("rumour", "CO", "en", after(days=31).timestamp()) == ()
    assert facts.listed("rumour", "CO", "en", NOW.timestamp() - 1) == ()


# --- two organisations -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-8", "E-9")
async def test_nobody_reads_it_before_another_organisation_agreed(engine: AsyncEngine, people: People) -> None:
    """Mutation: agreeing to one's own; a colleague of the same organisation, or of one that became one with it; a coordinator of
    another country although there is one of another organisation here; days that run from the asking; doing it twice."""
    made = await publishing.ask(engine, people.ana, DRAFT, NOW)
    assert await read(engine) == [] and await publishing.standing(engine, people.ana, NOW) == []
    assert {row.staff_id for row in await rows(engine, Alert)} == {people.eva.id, people.all.id}
    mine, hers = [(await publishing.waiting(engine, each, NOW))[0] for each in (people.ana, people.bea)]
    assert mine.own and not mine.agrees and not hers.own and not hers.agrees and not mine.alone
    assert await publishing.waiting(engine, people.rio, NOW) == []
    for each in (people.ana, people.bea, people.rio, actor("case_manager"), actor("psea_focal_point")):
        assert await publishing.agree(engine, each, mine.id, NOW) is None
    async with engine.begin() as connection:
        await connection.execute(update(Employer).where(Employer.key == "casa-sur").values(merged_into="red-norte"))  # type: ignore[arg-type]
    assert await publishing.agree(engine, people.eva, mine.id, NOW) is None
    async with engine.begin() as connection:
        await connection.execute(update(Employer).values(merged_into=""))
    later = after(days=6)
    assert await publishing.agree(engine, people.eva, mine.id, later) == "publish"
    assert await publishing.agree(engine, people.all, mine.id, later) is None
    assert await read(engine, now=after(days=6 + 29)) == [DRAFT.titles["en"]] and await read(engine, now=after(days=6 + 30)) == []
    [row] = await publishing.standing(engine, people.bea, later)
    assert (row.id, row.by, row.agreed_by, row.published_at) == (made, "ana", "eva", later)
    said = [(each.actor, each.what) for each in await rows(engine, AuditEntry)]
    assert said == [("ana", "notice_asked"), ("eva", "notice_agreed"), ("ana", "notice_published")]


@pytest.mark.requirement("M-8")
async def test_what_is_agreed_to_is_these_words(engine: AsyncEngine, people: People) -> None:
    """Mutation: an approval bound to the notice, whatever stands in it by now; the country or the days left out."""
    for column, value in (("text_pt", "Outra coisa."), ("country", "PE"), ("days", 180), ("kind", "changed")):
        made = await publishing.ask(engine, people.ana, DRAFT, NOW)
        [asked] = [each for each in await publishing.waiting(engine, people.all, NOW) if each.row.id == made]
        async with engine.begin() as connection:
            await connection.execute(update(publishing.notice).where(publishing.notice.c.id == made).values({column: value}))
        assert await publishing.agree(engine, people.all, asked.id, NOW) is None
    assert await publishing.standing(engine, people.all, NOW) == []


@pytest.mark.requirement("M-8")
async def test_where_all_coordinators_are_of_one_organisation_one_of_another_country_may_agree(
    engine: AsyncEngine, people: People
) -> None:
    """And the page can say so. Mutation: a country in which nothing can be said; the same organisation abroad."""
    async with engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.organisation == "casa-sur").values(active=False))  # type: ignore[arg-type]
        abroad = await employ(connection, "leo", "coordinator", countries=("BR",))
    made = await publishing.ask(engine, people.ana, DRAFT, NOW)
    assert [each.alone for each in await publishing.waiting(engine, people.bea, NOW)] == [True]
    assert await agreed(engine, people.bea, made) is await agreed(engine, abroad, made) is None
    assert await agreed(engine, people.rio, made) == "publish"
    assert await read(engine) == [DRAFT.titles["en"]]


async def test_one_gives_up_what_one_wrote_and_what_nobody_agreed_to_is_over(engine: AsyncEngine, people: People) -> None:
    """Mutation: giving up another's, or what stands; a draft that waits, or is kept, for ever."""
    made = await publishing.ask(engine, people.ana, DRAFT, NOW)
    assert not await publishing.withdraw(engine, people.bea, made)
    assert await publishing.withdraw(engine, people.ana, made) and not await publishing.withdraw(engine, people.ana, made)
    assert await publishing.waiting(engine, people.eva, NOW) == []
    standing = await published(engine, people.ana, people.eva)
    assert not await publishing.withdraw(engine, people.ana, standing)
    await publishing.ask(engine, people.ana, DRAFT, NOW)
    assert len(await publishing.waiting(engine, people.eva, after(days=7, seconds=-1))) == 1
    assert await publishing.waiting(engine, people.eva, after(days=7)) == []
    async with engine.begin() as connection:
        assert await publishing.sweep(connection, after(days=7)) == 1
    assert [row.id for row in await publishing.standing(engine, people.ana, after(days=7))] == [standing]


# --- what is checked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draft", "field", "rule"),
    [
        (said(es="  \u200b "), "text_es", "empty"),
        (said(en="x" * 301), "text_en", "too_long"),
        (changed(titles={**DRAFT.titles, "pt": "x" * 61}), "title_pt", "too_long"),
        (said(es="La violencia es frecuente."), "text_es", "telling"),
        (said(en="We will help everybody."), "text_en", "promise"),
        (said(pt="A ACNUR confirma."), "text_pt", "organisation"),
        (said(en="Red Norte says so."), "text_en", "organisation"),
        (said(en="Look at www.example.org now."), "text_en", "link"),
        (said(en="Call +57 300 123 4567."), "text_en", "phone"),
        (changed(kind="news"), "kind", "choose"),
        (changed(country="BR"), "country", "choose"),
        (changed(country=""), "country", "choose"),
        (changed(days=365), "days", "choose"),
    ],
)
@pytest.mark.requirement("E-9", "E-7")
def test_what_cannot_be_published(draft: Draft, field: str, rule: str) -> None:
    """Field by field. Mutation: a language that is not checked, a country that is not one's own."""
    found = publishing.faults(draft, COORDINATOR, ["Red Norte"])
    assert found.keys() == {field} and found[field][0] == rule
    assert publishing.faults(DRAFT, COORDINATOR, ["Red Norte"]) == {}


def test_a_word_that_a_locked_screen_must_not_show_may_be_asked_about() -> None:
    """Rumours are about asylum, police and doctors, and a notice never opens a message. Mutation: the rule of openings."""
    draft = changed(titles={"es": "¿Deportan en el puente?", "en": "Do police deport people?", "pt": "A polícia deporta?"})
    assert publishing.faults(draft, COORDINATOR) == {}


async def test_nothing_faulty_and_nobody_else_asks(engine: AsyncEngine, people: People) -> None:
    """Mutation: an insert before the check; a role that may not."""
    for who, draft in ((people.ana, said(es="")), (actor("case_manager"), DRAFT), (actor("psea_focal_point"), DRAFT)):
        with pytest.raises(Faulty):
            await publishing.ask(engine, who, draft, NOW)
    assert await publishing.waiting(engine, people.ana, NOW) == [] and await rows(engine, Notice) == []


@pytest.mark.requirement("M-8")
async def test_taking_back_takes_another_organisation_too(engine: AsyncEngine, people: People) -> None:
    """Asked for by whoever may publish there, done once; until then nobody reads it, for two days. Mutation: ending a colleague's
    alone; ending another country's, or one for every country, by whoever answers for one; a yes to publishing that ends; a wrong
    notice that is read until somebody finds time; a right one that one person keeps from everybody for good."""
    own = await published(engine, people.ana, people.eva)
    wide = await published(engine, people.all, people.ana, changed(country=""))
    later = after(days=1)
    assert not await publishing.ask_end(engine, people.rio, own, later)
    assert not await publishing.ask_end(engine, people.ana, wide, later)
    assert await agreed(engine, people.all, own, later) is None, "nobody asked"
    for _ in range(2):
        assert await publishing.ask_end(engine, people.bea, own, later)
    assert len(await publishing.waiting(engine, people.eva, later)) == 1
    assert await agreed(engine, people.ana, own, later) is None and len(await read(engine, now=later)) == 1
    notices = live(engine, later.timestamp())
    await notices.refresh()
    shown = [len(notices.listed("rumour", "CO", "en", (later + ago).timestamp())) for ago in (timedelta(), publishing.PAUSE)]
    assert shown == [1, 2], "it stands again by the clock, also while the database is away"
    assert not await publishing.keep(engine, people.eva, own, later), "she asked for nothing"
    assert await publishing.keep(engine, people.bea, own, later) and len(await read(engine, now=later)) == 2
    third = later + publishing.PAUSE
    assert await publishing.ask_end(engine, people.bea, own, third) and len(await read(engine, now=third)) == 2, "paused once"
    assert [each.paused for each in await publishing.waiting(engine, people.eva, third)] == [None]
    assert await publishing.keep(engine, people.bea, own, third)
    assert await publishing.ask_end(engine, people.bea, own, later) and len(await read(engine, now=later)) == 1
    assert await agreed(engine, people.eva, own, later) == "end"
    assert not await publishing.ask_end(engine, people.ana, own, later)
    assert len(await read(engine, now=later)) == 1
    async with engine.connect() as connection:
        newest = [(row.actor, row.what) for row in await latest(connection, limit=3)]
    assert newest == [("bea", "notice_ended"), ("eva", "notice_agreed"), ("bea", "notice_asked")]


async def test_over_for_a_month_it_is_deleted(engine: AsyncEngine, people: People) -> None:
    """Mutation: keeping it, or deleting what stands."""
    await published(engine, people.ana, people.eva)
    async with engine.begin() as connection:
        assert await publishing.sweep(connection, after(days=30 + 29)) == 0
        assert await publishing.sweep(connection, after(days=30 + 30)) == 1
        assert (await connection.execute(select(publishing.notice))).all() == []


async def test_the_snapshot_is_read_again_by_itself(engine: AsyncEngine, people: People) -> None:
    """Mutation: reading once."""
    notices = live(engine)
    assert notices._going_on.every <= OLDEST
    notices._going_on.every = 0.02
    await notices.start()
    try:
        await published(engine, people.ana, people.eva, now=NOW - timedelta(seconds=1))
        async with asyncio.timeout(5):
            while not notices.listed("rumour", "CO", "es", NOW.timestamp()):
                await asyncio.sleep(0.02)
    finally:
        await notices.stop()
