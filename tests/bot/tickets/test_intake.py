"""A request is stored once, for somebody who can read it, or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from sqlalchemy import text

from bot import db
from bot.alerts.tables import Alert
from bot.codes import Codes
from bot.exchange import StoreDown
from bot.sealing import CannotSeal, Envelope, key_id
from bot.staff import audit
from bot.staff.tables import AuditEntry
from bot.tickets import code, intake, storing
from bot.tickets.guard import Windows
from bot.tickets.intake import BadRequest, NoDuty, Opened, open_ticket
from bot.tickets.tables import Counter, SealedItem, Ticket
from flows.kernel import Words
from tests.bot.tickets.world import BOGOTA, CARD, CONTACT, NOTE, NOW, SECRET, Worker, World, after

TABLES = (Ticket, SealedItem, Alert, AuditEntry, Counter)


async def nothing_is_stored(world: World) -> None:
    for table in TABLES:
        assert await world.rows(table) == [], table.__tablename__


@pytest.mark.requirement("D-4")
async def test_three_envelopes_for_everyone_who_may_read_it_and_the_recovery_key(
    world: World, ana: Worker, ben: Worker, sol: Worker
) -> None:
    """Mutation: one envelope for all three; a recipient who may not read it, or one fewer; no recovery key."""
    recovery = await world.recovery_key()
    for name, roles, countries in (
        ("pe", ("case_manager",), ["PE"]), ("cp", ("child_protection",), ["CO"]), ("psea", ("psea_focal_point",), ["CO"]),
        ("boss", ("administrator",), ["CO"]), ("nfp", ("national_focal_point",), ["CO"]),
    ):  # fmt: skip
        await world.worker(name, *roles, countries=countries)
    await world.worker("without-key", key=False)
    ticket_id, _ = await world.ask()
    items = await world.items(ticket_id)
    assert {kind: len(rows) for kind, rows in items.items()} == {"contact": 1, "card": 1, "note": 1}
    wanted = {ana.key, ben.key, sol.key, key_id(recovery.public_key().public_bytes_raw())}
    for kind, words in (("contact", CONTACT), ("card", CARD), ("note", NOTE)):
        (item,) = items[kind]
        assert set(Envelope.decode(item.envelope).recipients) == wanted
        for worker in (ana, ben, sol, Worker(ana.actor, recovery)):
            assert worker.opens(item.envelope, kind, ticket_id) == words  # type: ignore[arg-type]
        assert item.expires_at == after(days=7)


@pytest.mark.requirement("D-4")
async def test_each_way_keeps_what_it_says_and_no_more(world: World, ana: Worker) -> None:
    """Mutation: a contact, or windows, kept of somebody who comes back with the code."""
    code_only, _ = await world.ask(way="code", card_text=None, note_text=None)
    here, _ = await world.ask(way="here")
    phone, _ = await world.ask(way="phone")
    assert await world.items(code_only) == {}
    kept = await world.row(code_only)
    assert kept.guarded is None and kept.relay == "none" and kept.tries_left == 0
    assert (await world.row(here)).relay == "open" and (await world.row(phone)).relay == "none"
    for ticket_id in (here, phone):
        assert "contact" in await world.items(ticket_id)
        assert world.tickets.guard.open(ticket_id, (await world.row(ticket_id)).guarded) == Windows(BOGOTA, ("morning",), 2)


@pytest.mark.requirement("D-3")
async def test_nothing_persists_before_the_first_yes(world: World, ana: Worker) -> None:
    """Mutation: taking silence, or anything but a plain yes, for consent."""
    for said in (False, None, 1, "yes"):
        with pytest.raises(BadRequest, match="did not say yes"):
            await open_ticket(world.tickets, world.codes, world.request(consent=said), NOW)
    await nothing_is_stored(world)


@pytest.mark.requirement("D-3")
@pytest.mark.parametrize(("counted", "training"), [(True, False), (False, False), (True, True), (False, True)])
async def test_counted_only_with_a_yes_and_never_in_training(world: World, ana: Worker, counted: bool, training: bool) -> None:
    """Mutation: counting without consent (d); counting what is invented."""
    await world.open(counted=counted, training=training)
    expected = {("request", "all"): 1, ("need", "health"): 1, ("age", "unsaid"): 1, ("lang", "es"): 1, ("way", "phone"): 1}
    assert await world.counted() == (expected if counted and not training else {})
    assert (await world.alerted() == {ana.id}) == (not training)


async def test_without_anybody_who_can_read_it_nothing_is_stored(world: World) -> None:
    """Mutation: sealing to the recovery key alone, or to somebody of another country, rather than saying that nobody is there."""
    await world.recovery_key()
    await world.worker("pe", countries=["PE"])
    await world.worker("without-key", key=False)
    excluded = await world.worker("co", organisation="casa-sur")
    for request in (world.request(not_organisations=("casa-sur",)), world.request(child=True, age="under18")):
        assert await open_ticket(world.tickets, world.codes, request, NOW) == NoDuty()
    await nothing_is_stored(world)
    assert isinstance(await open_ticket(world.tickets, world.codes, world.request(), NOW), Opened)
    assert excluded.id not in await world.alerted()  # has a key, but is not on duty


async def test_a_country_that_was_agreed_to_takes_it_where_nobody_at_home_can(world: World) -> None:
    """Mutation: level ``primary``, at which nobody abroad meets it."""
    abroad = await world.worker("pe", countries=["PE"], duty="primary")
    ticket_id, _ = await world.ask(countries=("PE",))
    assert (await world.row(ticket_id)).level == "network"
    assert await world.alerted() == {abroad.id}


async def test_the_same_request_again_is_the_same_ticket_and_the_same_code(world: World, ana: Worker) -> None:
    """A message that is delivered twice. Mutation: a second row; another code; a second count or alert."""
    request = world.request()
    first = await open_ticket(world.tickets, world.codes, request, NOW)
    before = [await world.rows(table) for table in TABLES]
    again = await open_ticket(world.tickets, world.codes, request, after(minutes=3))
    assert isinstance(first, Opened) and first.fresh
    assert again == dataclasses.replace(first, fresh=False)
    assert [await world.rows(table) for table in TABLES] == before


async def test_what_was_taken_is_found_again_although_nobody_could_take_it_now(world: World, ana: Worker) -> None:
    """Mutation: "nobody is there" to somebody whose request lies there, with a code that they never learn."""
    request = world.request()
    opened = await open_ticket(world.tickets, world.codes, request, NOW)
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE staff_key SET retired_at = created_at"))
    again = await open_ticket(world.tickets, world.codes, request, NOW)
    assert isinstance(opened, Opened) and again == dataclasses.replace(opened, fresh=False)


async def test_nothing_is_stored_for_a_conversation_that_was_lost_meanwhile(world: World, ana: Worker) -> None:
    """Nobody could be told the code, and the person asks again. Mutation: asking before the slow part, or not at all."""
    derived = 0

    class Slow(Codes):
        async def derived(self, code: Any) -> Any:
            nonlocal derived
            derived += 1
            return await super().derived(code)

    async def lost() -> None:
        assert derived == 1
        raise StoreDown("lost")

    codes, request = Slow(SECRET, cost=world.codes._cost), world.request()
    before = [await world.rows(table) for table in TABLES]
    with pytest.raises(StoreDown):
        await open_ticket(world.tickets, codes, request, NOW, lasts=lost)
    assert [await world.rows(table) for table in TABLES] == before
    opened = await open_ticket(world.tickets, codes, request, NOW)
    assert isinstance(opened, Opened) and opened.fresh
    # What lies there already has a code that may have been told: it is found, whatever was lost.
    again = await open_ticket(world.tickets, codes, request, NOW, lasts=lost)
    assert again == dataclasses.replace(opened, fresh=False)


async def test_two_openers_race(world: World, ana: Worker) -> None:
    """Six deliveries of one message at the same moment, and six other requests among them.

    Mutation: reading whether it is there and then writing, without the unique column that settles it."""
    one = world.request()
    others = [world.request() for _ in range(6)]
    asked = [request for other in others for request in (one, other)]
    opened = await asyncio.gather(*(open_ticket(world.tickets, world.codes, request, NOW) for request in asked))
    assert all(isinstance(each, Opened) for each in opened)
    same = {each.ticket_id for each in opened[::2]}  # type: ignore[union-attr]
    assert len(same) == 1 and sum(each.fresh for each in opened[::2]) == 1  # type: ignore[union-attr]
    assert len(await world.rows(Ticket)) == 7 and len(await world.rows(SealedItem)) == 21
    assert (await world.counted())["request", "all"] == 7
    assert await audit.verify(world.engine) is None and len(await world.rows(AuditEntry)) == 7


class Colliding(Codes):
    """Every request draws the same two codes first."""

    def code(self, session: bytes, turn: int, collision: int = 0) -> Any:
        return super().code(session, 0 if collision < 2 else turn, collision)


async def test_a_code_that_is_taken_is_passed_over(world: World, ana: Worker) -> None:
    """Mutation: two tickets under one code; giving up; a collision that is not kept: the receipt shows a stranger's code."""
    codes = Colliding(SECRET, cost=world.codes._cost)
    requests = [world.request() for _ in range(4)]
    opened = [await open_ticket(world.tickets, codes, request, NOW) for request in requests]
    assert [each.collision for each in opened] == [0, 1, 2, 2]  # type: ignore[union-attr]
    for request, each in zip(requests, opened, strict=True):
        derived = await codes.derived(codes.code(request.session_id, request.turn, each.collision))  # type: ignore[union-attr]
        (row,) = [row for row in await world.rows(Ticket) if row.lookup == derived.lookup]
        assert row.id == each.ticket_id  # type: ignore[union-attr]
    codes.close()


@pytest.mark.parametrize("step", ["put", "count_ticket", "enqueue", "record"])
async def test_a_store_that_fails_between_two_steps_stores_nothing(
    world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """And the same request is taken when it comes again.

    Mutation: a commit between ticket, envelopes, counts, alerts and audit."""
    request = world.request()

    async def fails(*_: Any, **__: Any) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr({"put": storing, "record": audit}.get(step, intake), step, fails)
        with pytest.raises(OSError, match="disk"):
            await open_ticket(world.tickets, world.codes, request, NOW)
    await nothing_is_stored(world)
    opened = await open_ticket(world.tickets, world.codes, request, NOW)
    assert isinstance(opened, Opened) and opened.fresh


async def test_a_crash_after_the_commit_loses_nothing(world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends before anybody is told. Mutation: answering before the commit; a request that is opened twice."""
    request = world.request()
    real = storing.transact

    async def ends(*args: Any) -> Any:
        await real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storing, "transact", ends)
        with pytest.raises(KeyboardInterrupt):
            await open_ticket(world.tickets, world.codes, request, NOW)
    again = await open_ticket(world.tickets, world.codes, request, NOW)
    assert isinstance(again, Opened) and not again.fresh
    derived = await world.codes.derived(world.codes.code(request.session_id, request.turn, again.collision))
    assert await code.look(world.tickets, derived, NOW) is not None


async def test_it_is_on_the_disk_before_the_receipt(on_sqlite: World) -> None:
    """Another process finds it at once, with nothing of ours still open. Mutation: returning before the commit.

    Whether the disk was waited for is ``synchronous=FULL``, which ``tests/bot/directory/test_db.py`` looks at."""
    await on_sqlite.worker("co", duty="primary")
    ticket_id, _ = await on_sqlite.ask()
    with db._plain(on_sqlite.engine.url) as plain, plain.connect() as connection:
        assert [row.id for row in connection.execute(text("SELECT id FROM ticket"))] == [ticket_id]


async def test_postgresql_waits_for_its_disk_whatever_its_settings_say(world: World) -> None:
    """Mutation: leaving ``synchronous_commit`` to the settings of the server (those of these tests say off)."""
    if world.engine.dialect.name != "postgresql":
        pytest.skip("about PostgreSQL")

    async def work(connection: Any) -> str:
        return str((await connection.execute(text("SHOW synchronous_commit"))).scalar_one())

    async with world.engine.connect() as connection:
        assert await work(connection) == "off"
    assert await storing.transact(world.engine, work) == "on"


async def test_a_text_that_is_too_long_stores_nothing(world: World, ana: Worker) -> None:
    """Mutation: cutting it, or a ticket without its note."""
    with pytest.raises(CannotSeal) as caught:
        await open_ticket(world.tickets, world.codes, world.request(note_text=Words("canary " * 400)), NOW)
    assert "canary" not in str(caught.value)
    await nothing_is_stored(world)


@pytest.mark.parametrize(
    "wrong",
    [
        {"way": "pigeon"}, {"lang": "fr"}, {"age": "17"}, {"wish": "tall"}, {"need": "rape"}, {"country": "AR"},
        {"countries": ("CO",)}, {"countries": ("AR",)}, {"session_id": b"short"}, {"turn": -1}, {"contact_text": None},
        {"windows": None}, {"tells_only": True}, {"other_lang": "klingonese"}, {"not_organisations": ("x" * 41,)},
    ],
)  # fmt: skip
async def test_what_no_flow_can_ask_for_is_refused(on_sqlite: World, wrong: dict[str, Any]) -> None:
    """Mutation: a check left out of ``_check``."""
    await on_sqlite.worker("co")
    with pytest.raises(BadRequest) as caught:
        await open_ticket(on_sqlite.tickets, on_sqlite.codes, on_sqlite.request(**wrong), NOW)
    assert NOTE not in str(caught.value) and CONTACT not in str(caught.value)
    await nothing_is_stored(on_sqlite)


async def test_a_contact_without_a_wish_to_be_contacted_is_refused(on_sqlite: World) -> None:
    """Mutation: storing what was typed before the person changed their mind."""
    await on_sqlite.worker("co")
    request = dataclasses.replace(on_sqlite.request(way="code"), contact_text=Words(CONTACT))
    with pytest.raises(BadRequest, match="for nobody else"):
        await open_ticket(on_sqlite.tickets, on_sqlite.codes, request, NOW)


async def test_more_people_than_an_envelope_has_room_for(on_sqlite: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recovery key and those at home come first. Mutation: failing; leaving out somebody at home for somebody abroad."""
    monkeypatch.setattr("bot.tickets.recipients.MOST_RECIPIENTS", 4)
    recovery = await on_sqlite.recovery_key()
    abroad = [await on_sqlite.worker(f"pe-{n}", countries=["PE"]) for n in range(3)]
    home = [await on_sqlite.worker(f"co-{n}") for n in range(2)]
    ticket_id, _ = await on_sqlite.ask(countries=("PE",))
    found = set(Envelope.decode((await on_sqlite.items(ticket_id))["note"][0].envelope).recipients)
    assert len(found) == 4 and {key_id(recovery.public_key().public_bytes_raw()), *(each.key for each in home)} < found
    assert len(found & {each.key for each in abroad}) == 1
