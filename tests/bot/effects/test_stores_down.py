"""A database or a session store that breaks off while something is handed over: real servers, the whole path of a message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import app, db
from bot.complaints import desk
from bot.complaints.tables import Complaint
from bot.exchange import StoreDown
from bot.session_stores import RedisStore
from bot.tickets import desk as tickets
from bot.tickets import rows
from bot.tickets.tables import Ticket
from flows.facts import Traits
from tests.bot.complaints.world import Person
from tests.bot.complaints.world import World as Network
from tests.bot.effects.test_complaining import at, complained, draft_of, eva, network, only, to_who
from tests.bot.effects.test_requests import Phone, Pile, ana, pile
from tests.bot.tickets.world import NOW, Worker, World
from tests.flows.world import SMS, TELEGRAM
from tests.servers import Redis

__all__ = ["ana", "eva", "network", "pile"]

channels = pytest.mark.parametrize("channel", [SMS, TELEGRAM], ids=lambda traits: traits.name)
_COMMIT = rows._commit


async def cut_before(connection: AsyncConnection) -> None:
    """The server ends the connection before it reads the commit."""
    if connection.dialect.name == "sqlite":  # a file does not break off: the disk is full
        raise db.NoAnswer("no space is left")
    pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with connection.engine.connect() as other:
        await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await _COMMIT(connection)


async def cut_behind(connection: AsyncConnection) -> None:
    """It is on the disk, and its answer is lost."""
    await _COMMIT(connection)
    raise db.NoAnswer("the answer was lost")


cuts = pytest.mark.parametrize("cut", [cut_before, cut_behind])


async def to_check(phone: Phone) -> Phone:
    await to_who(phone)
    for option in ("police", "end"):
        await phone.picks(option)
    return phone


@channels
@cuts
@pytest.mark.requirement("C-5")
async def test_a_complaint_that_may_have_been_kept_is_sent_again_and_kept_once(
    network: Network, pile: Pile, eva: Person, channel: Traits, cut: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: "nothing was sent" where nobody can say so; a second try under the name of its own turn."""
    phone = await to_check(pile.phone("555", channel))
    monkeypatch.setattr(rows, "_commit", cut)
    await phone.picks("send")
    assert phone.here == "complaint.not_saved" and "complaint.not_saved.unsure" in phone.said
    assert {"channels", "lines"} <= set(await phone.options())
    await phone.says("8")
    if cut is cut_before:
        await phone.picks("send")
        assert "complaint.not_saved.unsure" in phone.said, "the second try knows no more than the first"
        await phone.says("8")
    monkeypatch.undo()
    await phone.picks("send")
    assert phone.here == "complaint.done" and phone.code
    await only(network)
    assert not (await draft_of(pile, phone)).tried
    assert (await pile.phone("777").comes_back(phone.code)).here == "code.complaint"


@cuts
@pytest.mark.requirement("C-7")
async def test_words_added_by_code_that_may_have_been_kept_are_kept_once(
    network: Network, pile: Pile, eva: Person, cut: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: words known by the number of their message alone; "nothing changed" where nobody can say so."""
    number = (await complained(pile.phone("555"))).code
    phone = await pile.phone("777").comes_back(number)
    await phone.picks("write")
    monkeypatch.setattr(rows, "_commit", cut)
    await phone.says("fue junto al río")
    assert phone.here == "code.not_saved" and "code.not_saved.unsure" in phone.said
    monkeypatch.undo()
    await phone.says("8")
    await phone.says("fue junto al río")
    assert phone.here == "code.complaint_noted"
    row = await only(network)
    await desk.accept(network.complaints, eva.actor, row.id, at(pile))
    assert await network.reads(eva, row.id, "note", at(pile)) == ["fue junto al río"]


@cuts
async def test_words_to_the_person_on_duty_that_may_have_been_kept_are_kept_once(
    world: World, pile: Pile, ana: Worker, cut: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: the same words twice for whoever reads them."""
    phone = await pile.phone("555", TELEGRAM).to_check("here")
    await phone.picks("send")
    (row,) = await world.rows(Ticket)
    await tickets.claim(world.tickets, ana.actor, row.id, NOW)
    await tickets.permit_relay(world.tickets, ana.actor, row.id, NOW)
    pile.clock.advance(minutes=40)
    monkeypatch.setattr(rows, "_commit", cut)
    await phone.says("sigo aquí")
    assert phone.here == "relay.not_saved" and "relay.not_saved.unsure" in phone.said
    monkeypatch.undo()
    await phone.says("sigo aquí")
    assert phone.here == "relay.passed"
    assert len((await world.items(row.id))["note"]) == 1


@cuts
async def test_a_request_that_may_have_been_kept_is_kept_once(
    world: World, pile: Pile, ana: Worker, cut: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: a second request that nobody has the code of."""
    phone = await pile.phone("+573001234567").to_check("code")
    monkeypatch.setattr(rows, "_commit", cut)
    await phone.picks("send")
    assert phone.here == "request.not_saved" and "request.not_saved.unsure" in phone.said
    monkeypatch.undo()
    await phone.says("8")
    await phone.picks("send")
    assert phone.here == "request.done" and phone.code
    assert len(await world.rows(Ticket)) == 1


@pytest_asyncio.fixture(loop_scope="session")
async def in_redis(world: World, own_redis: Redis) -> AsyncIterator[Pile]:
    """The same with conversations in a server that can be stopped."""
    made = Pile(world)
    await made.store.close()
    made.store = RedisStore(own_redis.url)  # type: ignore[assignment]
    sessions = app.open_sessions(made.store, made.settings)
    made.sessions.__dict__.update(sessions.__dict__)
    yield made
    await made.store.close()


@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("when", ["before", "behind"])
async def test_without_the_session_store_nobody_says_that_nothing_was_kept(
    network: Network, in_redis: Pile, own_redis: Redis, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a conversation cannot go on, the constant text answers, and claims nothing. Mutation: the screen "not saved", whose 8
    leads nowhere; a complaint whose code nobody could ever be told."""
    await network.person("psea-1", "psea_focal_point", organisation="red-observa", independent=True)
    await in_redis.hearing.refresh()
    phone = await to_check(in_redis.phone("555"))

    async def stops(connection: AsyncConnection) -> None:
        await _COMMIT(connection)
        own_redis.stop()

    if when == "behind":
        monkeypatch.setattr(rows, "_commit", stops)
    else:
        asked = in_redis.complaints.guard.opening

        def opening(session: bytes, turn: int) -> bytes:
            own_redis.stop()
            return asked(session, turn)

        monkeypatch.setattr(type(in_redis.complaints.guard), "opening", lambda self, session, turn: opening(session, turn))
    with pytest.raises(StoreDown):
        await phone.picks("send")
    assert len(await network.rows(Complaint)) == (1 if when == "behind" else 0)
