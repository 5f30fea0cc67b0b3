"""Notices: what is checked before everybody reads them, who may publish where, and the snapshot that conversations read."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.notices import publishing
from bot.notices.live import LiveNotices
from bot.notices.publishing import Draft, Faulty
from bot.refreshing import OLDEST
from bot.settings import Settings
from bot.staff.audit import latest
from flows.facts import COUNTRIES, Notices
from tests.bot.staff.world import NOW, actor, after

COORDINATOR = actor("coordinator", countries=("CO", "PE"))
NETWORK = actor("coordinator", countries=COUNTRIES)
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


@pytest.mark.requirement("E-9", "C-1")
async def test_what_is_published_is_read_in_three_languages_until_its_end(engine: AsyncEngine) -> None:
    """Mutation: another language's text; a notice that outlives its end; one of a country shown in another."""
    await publishing.publish(engine, COORDINATOR, DRAFT, NOW)
    await publishing.publish(engine, NETWORK, changed(country="", kind="changed"), after(hours=1))
    await publishing.publish(engine, NETWORK, changed(country="", titles={**DRAFT.titles, "en": "The newer one"}), after(hours=2))
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


async def test_nothing_faulty_and_nobody_else_publishes(engine: AsyncEngine) -> None:
    """Mutation: an insert before the check; a role that may not."""
    for who, draft in ((COORDINATOR, said(es="")), (actor("case_manager"), DRAFT), (actor("psea_focal_point"), DRAFT)):
        with pytest.raises(Faulty):
            await publishing.publish(engine, who, draft, NOW)
    assert await publishing.standing(engine, COORDINATOR, NOW) == []


async def test_taking_back(engine: AsyncEngine) -> None:
    """By whoever may publish there, once; people read it no longer, and both are in the audit. Mutation: ending another
    country's, or one for every country, by whoever answers for one."""
    own = await publishing.publish(engine, COORDINATOR, DRAFT, NOW)
    wide = await publishing.publish(engine, NETWORK, changed(country=""), NOW)
    later = after(days=1)
    assert not await publishing.end(engine, actor("coordinator", countries=("BR",)), own, later)
    assert not await publishing.end(engine, COORDINATOR, wide, later)
    assert await publishing.end(engine, COORDINATOR, own, later)
    assert not await publishing.end(engine, COORDINATOR, own, later)
    notices = live(engine, later.timestamp())
    await notices.refresh()
    assert len(notices.listed("rumour", "CO", "es", later.timestamp())) == 1
    async with engine.connect() as connection:
        assert [row.what for row in await latest(connection)] == ["notice_ended", "notice_published", "notice_published"]


async def test_over_for_a_month_it_is_deleted(engine: AsyncEngine) -> None:
    """Mutation: keeping it, or deleting what stands."""
    await publishing.publish(engine, COORDINATOR, DRAFT, NOW)
    async with engine.begin() as connection:
        assert await publishing.sweep(connection, after(days=30 + 29)) == 0
        assert await publishing.sweep(connection, after(days=30 + 30)) == 1
        assert (await connection.execute(select(publishing.notice))).all() == []


async def test_the_snapshot_is_read_again_by_itself(engine: AsyncEngine) -> None:
    """Mutation: reading once."""
    notices = live(engine)
    assert notices._going_on.every <= OLDEST
    notices._going_on.every = 0.02
    await notices.start()
    try:
        await publishing.publish(engine, COORDINATOR, DRAFT, NOW - timedelta(seconds=1))
        async with asyncio.timeout(5):
            while not notices.listed("rumour", "CO", "es", NOW.timestamp()):
                await asyncio.sleep(0.02)
    finally:
        await notices.stop()
