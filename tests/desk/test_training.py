"""Training: invented requests on the desk, which nothing of the real one meets, in either direction."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import func, select

from bot.alerts.tables import Alert
from bot.desk.words import Words
from bot.roster import load
from bot.roster.tables import HeavyMark
from bot.sealing import seal
from bot.staff.roles import Actor
from bot.tickets import desk, listing, movement_views, movements, reading, training
from bot.tickets.desk import Leaving
from bot.tickets.intake import Opened
from bot.tickets.movements import Plan
from bot.tickets.sight import NotThere
from bot.tickets.tables import Counter
from flows.facts import LANGS
from flows.kernel import Words as Typed
from tests.desk.requests import NOTE, Requests, opened
from tests.desk.stage import Stage, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, BOSS, CHILD = "case-manager-co-1", "supervisor-co-1", "child-protection-co-1"


async def practising(stage: Stage, name: str) -> Actor:
    actor = await stage.actor(name)
    return Actor(**{field: getattr(actor, field) for field in Actor.__dataclass_fields__} | {"training": True})


async def invented(requests: Requests, actor: Actor, name: str = "call", lang: str = "es") -> bytes:
    voice = Words.load().voice(lang)

    def say(what: str) -> str:
        return voice(f"desk.training.story.{name}" if what == "story" else f"desk.training.{what}")

    made = await training.invent(requests.tickets, requests.codes, actor, name, lang, say, requests.stage.now())
    assert isinstance(made, Opened)
    return made.ticket_id


def acts(requests: Requests, public: bytes) -> dict[str, Callable[[Actor, bytes], Awaitable[Any]]]:
    """Everything that can be done to a ticket, or seen of it. A new act needs a line here."""
    t, now, moves = requests.tickets, requests.stage.now(), requests.stage.desk.parts.moves
    moves = movements.Moves(t, moves.book)
    leaving = Leaving("load", "tried", "call", "watch")
    plan = Plan("referral", "PE")
    return {
        "claim": lambda actor, id: desk.claim(t, actor, id, now),
        "release": lambda actor, id: desk.release(t, actor, id, leaving, now),
        "recuse": lambda actor, id: desk.recuse(t, actor, id, now),
        "send_answer": lambda actor, id: desk.send_answer(t, actor, id, seal(Typed("x"), "answer", id, [public]).encode(), now),
        "permit_relay": lambda actor, id: desk.permit_relay(t, actor, id, now),
        "end_relay": lambda actor, id: desk.end_relay(t, actor, id, now),
        "count_try": lambda actor, id: desk.count_try(t, actor, id, now),
        "mark_heavy": lambda actor, id: desk.mark_heavy(t, actor, id, now),
        "close": lambda actor, id: desk.close(t, actor, id, "not_for_us", now),
        "missing_wraps": lambda actor, id: desk.missing_wraps(t, actor, id, now),
        "add_wraps": lambda actor, id: desk.add_wraps(t, actor, id, {}, now),
        "sheet": lambda actor, id: reading.sheet(t, actor, id, now),
        "card": lambda actor, id: reading.released(t, actor, id, "card", now),
        "contact": lambda actor, id: reading.released(t, actor, id, "contact", now),
        "draft": lambda actor, id: movements.draft(moves, actor, id, plan, now, version=1),
        "of_ticket": lambda actor, id: movement_views.of_ticket(moves, actor, id, now),
        "can_be_named": lambda actor, id: movement_views.can_be_named(moves, actor, id, "PE"),
    }


@pytest.mark.requirement("M-1")
@pytest.mark.parametrize("state", ["waiting", "claimed"])
async def test_no_act_and_no_list_crosses(stage: Stage, requests: Requests, state: str) -> None:
    """Every act, in both directions, also by the one account that has claimed it; every list. Mutation: any of the comparisons of
    ``training`` in ``sight`` and ``listing``, taken out."""
    for name in (ONE, BOSS):
        real, trainee = await stage.actor(name), await practising(stage, name)
        tickets = {True: await invented(requests, trainee), False: await requests.ask()}
        if state == "claimed":
            for who, id in ((trainee, tickets[True]), (real, tickets[False])):
                await desk.claim(requests.tickets, who, id, stage.now())
        assert desk.__all__  # the names below are those of the module
        covered = {*desk.__all__} - {name for name in desk.__all__ if name[0].isupper() or name == "queue"}
        public = (await requests.row(tickets[True])).public
        doing = acts(requests, public)
        assert covered <= doing.keys()
        for actor, other in ((real, tickets[True]), (trainee, tickets[False])):
            before = await requests.row(other)
            for what, act in doing.items():
                with pytest.raises(NotThere):
                    await act(actor, other)
                    pytest.fail(f"{what} crossed")
            assert await requests.row(other) == before
            listed = await listing.queue(requests.tickets, actor, stage.now())
            assert other not in [row.id for row in listed] and tickets[not actor.training] == other
            assert tickets[actor.training] in [row.id for row in listed]
            assert other not in [row.id for row in await listing.held(requests.tickets, actor)]
        await requests.clear()


@pytest.mark.requirement("T-1")
async def test_what_is_invented_is_not_counted_alerts_nobody_and_is_no_load(stage: Stage, requests: Requests) -> None:
    """From the beginning to the end. Mutation: a counter, an alert or a heavy mark without asking whether it is invented."""

    async def numbers() -> list[int]:
        async with stage.engine.connect() as connection:
            asked = [select(func.count()).select_from(table) for table in (Counter, Alert, HeavyMark)]
            return [(await connection.execute(each)).scalar_one() for each in asked]

    before, trainee = await numbers(), await practising(stage, ONE)
    id = await invented(requests, trainee)
    await desk.claim(requests.tickets, trainee, id, stage.now())
    await desk.mark_heavy(requests.tickets, trainee, id, stage.now())
    async with stage.engine.connect() as connection:
        assert (await load.loads(connection, [trainee.id], stage.now()))[trainee.id].open == 0
    await desk.close(requests.tickets, trainee, id, "not_for_us", stage.now())
    assert await numbers() == before


@pytest.mark.parametrize("lang", LANGS)
async def test_every_situation_in_every_language(stage: Stage, requests: Requests, lang: str) -> None:
    """For those who can read it. Mutation: a child's story for whoever looks after adults; a story that does not fit."""
    for name, other in ((ONE, CHILD), (CHILD, ONE)):
        trainee = await practising(stage, name)
        for situation in training.situations(trainee):
            row = await requests.row(await invented(requests, trainee, situation, lang))
            assert row.training and row.lang == lang and row.country == "CO"
        mine = set(training.situations(trainee))
        assert mine and not mine & set(training.situations(await stage.actor(other)))
    with pytest.raises(NotThere):
        await training.invent(requests.tickets, requests.codes, await stage.actor(ONE), "call", lang, str, stage.now())


async def test_practising_in_the_browser(stage: Stage, browser: Browser, requests: Requests) -> None:
    """The switch cannot be missed, the real list is out of reach, an answer reaches nobody; another window of the same session
    is in training as well. Mutation: a relay that is asked for an invented chat; a window that goes on with what is real."""
    real = await requests.ask()
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.sign_in(page, ONE)
        await page.goto(f"{stage.url}/desk/training")
        await page.get_by_role("button", name="Begin to practise").click()
        await expect(page.locator(".band")).to_have_text(re.compile("Training: invented requests only"))
        assert await faults(page) == []
        await page.get_by_label("Asks to be written to in the chat").check()
        await page.locator("#lang").select_option("pt")
        await page.get_by_role("button", name="Put it into the list").click()
        assert await page.locator(f"[data-id='{real.hex()}']").count() == 0
        await page.locator("[data-group=waiting] a").first.click()
        await page.get_by_role("button", name="Take this request").click()
        await page.wait_for_url(re.compile("done=claimed"), wait_until="load")
        assert "janela" in await opened(page, "card")
        await opened(page, "contact")
        assert "(Inventado)" in await opened(page, "note")
        await page.locator("#text").fill("toalha, tudo bem agora?")
        await page.get_by_role("button", name="Send to their chat").click()
        await expect(page.get_by_text("Sent to their chat.")).to_be_visible()
        assert stage.chats.arrived == []
        other = await seen.context.new_page()
        await requests.look(other, real)
        await expect(other.locator("h1")).to_have_text("There is nothing here")
        await page.goto(f"{stage.url}/desk/training")
        await page.get_by_role("button", name="End training").click()
        await expect(page.locator(f"[data-id='{real.hex()}']")).to_be_visible()
        assert await page.locator(".band").count() == 0
        assert NOTE not in await page.content()
