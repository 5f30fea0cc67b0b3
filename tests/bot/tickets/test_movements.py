"""Referral and transfer on real databases: who may do what, what is refused, and what is true afterwards."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.tables import Alert
from bot.duty_texts import DutyTextBook
from bot.roster import snapshot
from bot.roster.snapshot import RosterSnapshot
from bot.sealing import Envelope, rewrap, seal, unseal
from bot.staff import audit
from bot.staff.tables import AuditEntry, Staff, StaffKey
from bot.tickets import movement_views, movements
from bot.tickets.movements import NotThere, Plan, Refused, Stale, Unmet
from bot.tickets.references import reference
from bot.tickets.storing import put
from flows.kernel import Words
from tests.bot.tickets.movement_world import ACCOUNTS, BACKUP, FIRST, NOW, SENDER, SUPERVISOR, TODAY, World, book, build


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await build(engine)


async def told(world: World) -> set[str]:
    """Labels of the accounts that an alert waits for."""
    async with world.engine.connect() as connection:
        ids = (await connection.execute(select(Alert.staff_id))).scalars().all()  # type: ignore[call-overload]
    return {actor.name for actor in world.actors.values() if actor.id in ids}


async def forget_alerts(world: World) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(delete(Alert))


async def whats(world: World) -> list[tuple[str, str, str]]:
    async with world.engine.connect() as connection:
        asked = select(AuditEntry.actor, AuditEntry.role, AuditEntry.what).order_by(AuditEntry.number)  # type: ignore[call-overload]
        return [tuple(row) for row in (await connection.execute(asked)).all()]


async def proposed(world: World, **columns: Any) -> tuple[bytes, uuid.UUID]:
    """A ticket, and a transfer of it that was proposed with all that it needs."""
    ticket_id = await world.ticket(**columns)
    id = await world.draft(ticket_id)
    await world.wrap(id)
    await world.act("propose", SENDER, id)
    return ticket_id, id


def _wrapped(world: World, released: bytes, public: bytes) -> bytes:
    """What the sender's browser makes for one key."""
    envelope = Envelope.decode(released)
    return rewrap(envelope, world.keys[SENDER], public, kind=envelope.kind, ticket=envelope.ticket).encode()


@pytest.mark.requirement("M-3")
@pytest.mark.requirement("M-5")
async def test_a_transfer_from_draft_to_its_new_owner(world: World) -> None:
    """Mutation: closing leaves the ticket with the sender, or in its country, or the sender's wraps in the envelopes."""
    ticket_id, id = await proposed(world, countries=("VE", "PE"))
    assert await told(world) == {FIRST, BACKUP}
    await forget_alerts(world)
    await world.act("accept", BACKUP, id)
    assert await told(world) == {SENDER}
    await world.act("receive", BACKUP, id)
    assert await told(world) == {SENDER, "supervisor-co-1", "supervisor-co-2"}, "it is the supervisors' turn"
    assert (await world.row(ticket_id)).claimed_by == world[SENDER].id, "nothing has moved before the end"
    await world.act("close", SUPERVISOR, id)

    row = await world.row(ticket_id)
    assert (row.state, row.claimed_by, row.country, row.countries) == ("claimed", world[BACKUP].id, "VE", ("PE",))
    move = await world.move(id)
    assert (move.state, move.to_staff, move.closed_by) == ("closed", world[BACKUP].id, world[SUPERVISOR].id)
    for envelope in await world.envelopes(ticket_id):
        readers = set(envelope.recipients)
        there = {world.key(label) for label in (BACKUP, "case-manager-ve-1", "supervisor-ve-1")}
        assert there <= readers and world.key(SENDER) not in readers and world.key(SUPERVISOR) not in readers
        assert unseal(envelope, world.keys[BACKUP], kind=envelope.kind, ticket=ticket_id).reveal() == envelope.kind
        assert unseal(envelope, world.recovery, kind=envelope.kind, ticket=ticket_id).reveal() == envelope.kind
    assert await whats(world) == [
        (SENDER, "case_manager", "movement_drafted"), (SENDER, "case_manager", "received_to_share"),
        (SENDER, "case_manager", "rewrapped"), (SENDER, "case_manager", "movement_proposed"),
        (BACKUP, "national_focal_point", "movement_accepted"),
        (BACKUP, "national_focal_point", "movement_received"), (SUPERVISOR, "supervisor", "movement_closed"),
    ]  # fmt: skip
    assert await audit.verify(world.engine) is None


async def test_a_transfer_that_leaves_the_ticket_in_its_country(world: World) -> None:
    """Mutation: the country changes whatever the plan says, or those at home lose their wraps."""
    ticket_id = await world.ticket()
    id = await world.draft(ticket_id, moves_country=False)
    await world.wrap(id)
    for act, actor in (("propose", SENDER), ("accept", FIRST), ("receive", FIRST), ("close", SUPERVISOR)):
        await world.act(act, actor, id)
    row = await world.row(ticket_id)
    assert (row.country, row.countries, row.claimed_by) == ("CO", ("VE",), world[FIRST].id)
    assert all({world.key(FIRST), world.key(SUPERVISOR)} <= set(each.recipients) for each in await world.envelopes(ticket_id))


@pytest.mark.requirement("M-3")
async def test_a_referral_ends_with_its_sender_and_moves_nothing(world: World) -> None:
    """Mutation: a referral changes the claimer, or asks for wraps."""
    ticket_id = await world.ticket()
    before = [each.encode() for each in await world.envelopes(ticket_id)]
    id = await world.draft(ticket_id, what="referral", to_staff="case-manager-ve-1")
    assert await movements.wraps_needed(world.moves, world[SENDER], id, NOW) == []
    await world.act("propose", SENDER, id)
    with pytest.raises(NotThere):
        await world.act("accept", FIRST, id)  # somebody else was named
    await world.act("accept", "case-manager-ve-1", id)
    with pytest.raises(NotThere):
        await world.act("receive", SENDER, id)
    await world.act("receive", "case-manager-ve-1", id)
    with pytest.raises(NotThere):
        await world.act("close", SUPERVISOR, id)
    await world.act("close", SENDER, id)
    assert (await world.move(id)).state == "closed"
    row = await world.row(ticket_id)
    assert (row.claimed_by, row.country) == (world[SENDER].id, "CO")
    assert [each.encode() for each in await world.envelopes(ticket_id)] == before


@pytest.mark.requirement("M-4")
async def test_a_yes_in_a_chat_is_refused(world: World) -> None:
    """Mutation: the consent guard is left out of "propose"; the page would show "chat" all the same."""
    for what in ("transfer", "referral"):
        ticket_id = await world.ticket()
        id = await world.draft(ticket_id, what=what, consent="chat")
        lacks = ("consent", "wraps") if what == "transfer" else ("consent",)
        with pytest.raises(Unmet) as refusal:
            await world.act("propose", SENDER, id)
        assert refusal.value.guards == lacks
        (shown,) = await movement_views.of_ticket(world.moves, world[SENDER], ticket_id, NOW)
        assert (shown.consent, shown.state, shown.acts["propose"]) == ("chat", "draft", lacks)
        # … nor can it be smuggled in afterwards, between two acts
        plan = Plan(what, "VE", consent="written", consent_on=TODAY, service_confirmed_on=TODAY)  # type: ignore[arg-type]
        await world.act("revise", SENDER, id, plan)
        if what == "transfer":
            await world.wrap(id)
        await world.act("propose", SENDER, id)
        with pytest.raises((Stale, NotThere)):
            await world.act("revise", SENDER, id, dataclasses.replace(plan, consent="chat"))


@pytest.mark.requirement("M-3")
async def test_what_was_rejected_returns_to_its_sender(world: World) -> None:
    """Mutation: a rejection needs no reason, or leaves the movement with the receiver."""
    _, id = await proposed(world)
    for reason in ("", "I do not like it"):
        with pytest.raises(Unmet) as refusal:
            await world.act("reject", FIRST, id, reason)
        assert refusal.value.guards == ("reason",)
    await forget_alerts(world)
    await world.act("reject", FIRST, id, "no_capacity")
    assert await told(world) == {SENDER}
    assert ((await world.move(id)).state, (await world.move(id)).reason) == ("rejected", "no_capacity")
    assert not await movement_views.incoming(world.moves, world[FIRST], NOW)
    with pytest.raises(Stale):
        await world.act("accept", FIRST, id)
    plan = Plan("transfer", "VE", to_staff="case-manager-ve-1", consent="written", consent_on=TODAY, service_confirmed_on=TODAY)
    await world.act("revise", SENDER, id, plan)
    assert ((await world.move(id)).state, (await world.move(id)).reason) == ("draft", "")
    assert await world.wrap(id) > 0
    await world.act("propose", SENDER, id)
    await world.act("accept", "case-manager-ve-1", id)


@pytest.mark.requirement("M-3")
async def test_two_receivers_accept_at_once(world: World) -> None:
    """Mutation: acceptance checks neither version nor state, and the second overwrites the first."""
    for _ in range(4):
        ticket_id, id = await proposed(world)
        version = await world.version(ticket_id)
        both = [world.act("accept", each, id, version=version) for each in (FIRST, BACKUP)]
        answers = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(each).__name__ for each in answers) == ["NoneType", "Stale"], answers
        winner = (FIRST, BACKUP)[[each is None for each in answers].index(True)]
        assert (await world.move(id)).to_staff == world[winner].id
        loser = BACKUP if winner == FIRST else FIRST
        with pytest.raises(NotThere):
            await world.act("receive", loser, id)
        await world.act("cancel", SENDER, id)


@pytest.mark.requirement("M-3")
async def test_accepting_and_taking_back_at_once(world: World) -> None:
    """Mutation: "cancel" does not compare the version; the movement would be accepted and cancelled."""
    for _ in range(4):
        ticket_id, id = await proposed(world)
        version = await world.version(ticket_id)
        answers = await asyncio.gather(
            world.act("accept", FIRST, id, version=version),
            world.act("cancel", SENDER, id, version=version),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in answers) == ["NoneType", "Stale"], answers
        assert (await world.move(id)).state == ("accepted" if answers[0] is None else "cancelled")
        if answers[0] is None:
            await world.act("cancel", SENDER, id)


@pytest.mark.requirement("M-3")
async def test_a_supervisor_who_has_no_other_part_closes(world: World) -> None:
    """Mutation: the guard "someone_else" is left out, or a supervisor of any country may close."""
    ticket_id = await world.ticket(owner=SUPERVISOR)
    id = await world.draft(ticket_id, actor=SUPERVISOR)
    await world.wrap(id, actor=SUPERVISOR)
    await world.act("propose", SUPERVISOR, id)
    await world.act("accept", FIRST, id)
    await world.act("receive", FIRST, id)
    with pytest.raises(Unmet) as refusal:
        await world.act("close", SUPERVISOR, id)
    assert refusal.value.guards == ("someone_else",)
    for label in ("supervisor-ve-1", FIRST, "case-manager-co-2", "coordinator-1"):
        with pytest.raises(NotThere):
            await world.act("close", label, id)
    await world.act("close", "supervisor-co-2", id)


@pytest.mark.requirement("D-9")
async def test_the_request_of_a_child(world: World) -> None:
    """Mutation: the assessment is not asked for, or somebody without child protection receives."""
    ticket_id = await world.ticket(owner="child-protection-co-1", age="under18", child=True)
    me = "child-protection-co-1"
    with pytest.raises(Refused, match="not_eligible"):
        await world.draft(ticket_id, actor=me, to_staff="case-manager-ve-1", consent="assent")
    id = await world.draft(ticket_id, actor=me, consent="assent")
    with pytest.raises(Unmet) as refusal:
        await world.act("propose", me, id)
    assert refusal.value.guards == ("best_interest", "wraps")
    good = Plan("transfer", "VE", consent="assent", consent_on=TODAY, service_confirmed_on=TODAY, best_interest_on=TODAY)
    await world.act("revise", me, id, dataclasses.replace(good, consent="written"))
    with pytest.raises(Unmet) as refusal:
        await world.act("propose", me, id)
    assert refusal.value.guards == ("consent", "wraps"), "a child assents"
    await world.act("revise", me, id, good)
    await world.wrap(id, actor=me)
    await world.act("propose", me, id)
    for label in (FIRST, BACKUP, "case-manager-ve-1", "supervisor-ve-1"):
        with pytest.raises(NotThere):
            await world.act("accept", label, id)
        assert not await movement_views.incoming(world.moves, world[label], NOW)
    assert [each.id for each in await movement_views.incoming(world.moves, world["child-protection-ve-1"], NOW)] == [id]
    await world.act("accept", "child-protection-ve-1", id)

    other = await world.ticket(owner=me, age="under18", child=True)
    to_authority = await world.draft(other, actor=me, what="referral", consent="assent", to_authority=True)
    with pytest.raises(Unmet) as refusal:
        await world.act("propose", me, to_authority)
    assert refusal.value.guards == ("best_interest",)


@pytest.mark.requirement("M-5")
async def test_high_risk_and_a_wish_to_return(world: World) -> None:
    """Mutation: a high risk does not force the flag, or the focal point for returns is not told."""
    ticket_id = await world.ticket()
    id = await world.draft(ticket_id, what="referral", high_risk=True, voluntary_repatriation=True)
    assert (await world.move(id)).case_conference is True
    await world.act("propose", SENDER, id)
    assert await told(world) == {FIRST, BACKUP, "supervisor-ve-1"}
    nobody = dataclasses.replace(world.moves, book=book())
    ticket_id = await world.ticket()
    id = await world.draft(ticket_id, what="referral", voluntary_repatriation=True)
    with pytest.raises(Unmet) as refusal:
        await movements.propose(nobody, world[SENDER], id, NOW, version=await world.version(ticket_id))
    assert refusal.value.guards == ("return_focal_point",)


@pytest.mark.requirement("M-3")
async def test_acceptance_waits_for_the_wraps_and_for_new_words(world: World) -> None:
    """Mutation: "accept" or "close" does not look whether the receiver can open everything."""
    ticket_id = await world.ticket()
    id = await world.draft(ticket_id)
    with pytest.raises(Unmet) as refusal:
        await world.act("propose", SENDER, id)
    assert refusal.value.guards == ("wraps",)
    first = world.keys[FIRST].public_key().public_bytes_raw()
    needed = await movements.wraps_needed(world.moves, world[SENDER], id, NOW)
    made = {each.item_id: [_wrapped(world, each.envelope, first)] for each in needed}
    version = await world.version(ticket_id)
    assert await movements.add_wraps(world.moves, world[SENDER], id, made, NOW, version=version) == 2
    with pytest.raises(Unmet):
        await world.act("propose", SENDER, id)  # the back-up may be the one who accepts
    await world.wrap(id)
    assert await world.wrap(id) == 0, "nothing is wrapped twice"
    for act, actor in (("propose", SENDER), ("accept", FIRST), ("receive", FIRST)):
        await world.act(act, actor, id)
    later = await world.ticket(texts=(("note", "later"),))
    async with world.engine.begin() as connection:  # the person writes again, to the people of CO
        to = [world.keys[SENDER].public_key().public_bytes_raw()]
        await put(connection, seal(Words("again"), "note", ticket_id, to), NOW, NOW + timedelta(days=7))
    with pytest.raises(Unmet) as refusal:
        await world.act("close", SUPERVISOR, id)
    assert refusal.value.guards == ("wraps",)
    assert await world.wrap(id) > 0
    await world.act("close", SUPERVISOR, id)
    assert all(world.key(FIRST) in each.recipients for each in await world.envelopes(ticket_id))
    assert all(world.key(FIRST) not in each.recipients for each in await world.envelopes(later)), "another ticket stays shut"


def abroad(world: World, envelopes: list[Envelope]) -> set[str]:
    """Labels of the accounts of another country that can open one of these."""
    keys = {each for envelope in envelopes for each in envelope.recipients}
    return {label for label, (_, countries, _) in ACCOUNTS.items() if "CO" not in countries and world.key(label) in keys}


@pytest.mark.requirement("M-3")
@pytest.mark.requirement("M-4")
@pytest.mark.requirement("P-5")
async def test_nothing_is_wrapped_for_anybody_abroad_before_the_consent_is_recorded(world: World) -> None:
    """Mutation: wraps for a mere draft; a yes in a chat, one of tomorrow, or a child's without an assessment that suffices."""
    child = {"age": "under18", "child": True, "owner": "child-protection-co-1"}
    for columns, lacks, plan in (
        ({}, ("consent", "consent_date"), {"consent": "chat", "consent_on": None, "service_confirmed_on": None}),
        ({}, ("consent",), {"consent": "chat"}),
        ({}, ("consent",), {"consent": "assent"}),
        ({}, ("consent_date",), {"consent_on": TODAY + timedelta(days=1)}),
        (child, ("best_interest",), {"consent": "assent"}),
    ):
        owner = str(columns.get("owner", SENDER))
        ticket_id = await world.ticket(**columns)
        good = await world.draft(ticket_id, actor=owner, consent="assent" if columns else "written", best_interest_on=TODAY)
        needed = await movements.wraps_needed(world.moves, world[owner], good, NOW)
        await world.act("cancel", owner, good)
        id = await world.draft(ticket_id, actor=owner, **plan)
        assert await movements.wraps_needed(world.moves, world[owner], id, NOW) == []
        made = {}
        for each in needed:
            envelope = Envelope.decode(each.envelope)
            own, kind = world.keys[owner], envelope.kind
            made[each.item_id] = [rewrap(envelope, own, key, kind=kind, ticket=ticket_id).encode() for key in each.keys]
        assert made, "there was something to be wrapped"
        with pytest.raises(Unmet) as refusal:
            await movements.add_wraps(world.moves, world[owner], id, made, NOW, version=await world.version(ticket_id))
        assert refusal.value.guards == lacks
        assert abroad(world, await world.envelopes(ticket_id)) == set()


@pytest.mark.requirement("M-3")
@pytest.mark.requirement("P-5")
@pytest.mark.parametrize("act", ["cancel", "reject", "revise"])
async def test_what_was_taken_back_rejected_or_changed_is_shut_again(world: World, act: str) -> None:
    """Those at home, the sender and the recovery key open it as before. Mutation: a wrap that stays; one too many taken out."""
    ticket_id = await world.ticket()
    before = [set(each.recipients) for each in await world.envelopes(ticket_id)]
    id = await world.draft(ticket_id)
    await world.wrap(id)
    assert abroad(world, await world.envelopes(ticket_id)) > {FIRST, BACKUP}
    if act != "revise":
        await world.act("propose", SENDER, id)
    plan = Plan("transfer", "PE", consent="written", consent_on=TODAY, service_confirmed_on=TODAY)
    more: dict[str, Any] = {"reject": "no_capacity", "revise": plan}
    await world.act(act, FIRST if act == "reject" else SENDER, id, *([more[act]] if act in more else []))
    assert [set(each.recipients) for each in await world.envelopes(ticket_id)] == before
    if act == "reject":
        assert await movements.wraps_needed(world.moves, world[SENDER], id, NOW) == []


async def test_only_wraps_for_the_receivers_are_taken(world: World) -> None:
    """Mutation: ``add_wraps`` takes wraps for any key, from anybody, or for envelopes of another ticket."""
    ticket_id = await world.ticket()
    id = await world.draft(ticket_id)
    needed = await movements.wraps_needed(world.moves, world[SENDER], id, NOW)
    keys = {public for missing in needed for public in missing.keys}
    allowed = {FIRST, BACKUP, "case-manager-ve-1", "supervisor-ve-1"}
    assert keys == {world.keys[label].public_key().public_bytes_raw() for label in allowed}
    envelope = Envelope.decode(needed[0].envelope)
    assert envelope.recipients == (world.key(SENDER),), "nobody else's wrap goes along"
    stranger = world.keys["focal-point-pe-1"].public_key().public_bytes_raw()
    wrap = _wrapped(world, needed[0].envelope, stranger)
    version = await world.version(ticket_id)
    for made, reason in (
        ({needed[0].item_id: [wrap]}, "not_eligible"),
        ({uuid.uuid4(): [wrap]}, "bad_wrap"),
        ({needed[0].item_id: [b"?"]}, "bad_wrap"),
    ):
        with pytest.raises(Refused, match=reason):
            await movements.add_wraps(world.moves, world[SENDER], id, made, NOW, version=version)
    for label in (FIRST, SUPERVISOR, "case-manager-co-2"):
        with pytest.raises(NotThere):
            await movements.add_wraps(world.moves, world[label], id, {}, NOW, version=version)
        with pytest.raises(NotThere):
            await movements.wraps_needed(world.moves, world[label], id, NOW)
    assert all(world.key("focal-point-pe-1") not in each.recipients for each in await world.envelopes(ticket_id))


async def test_a_number_is_not_handed_out_for_wrapping_outside_its_window(world: World) -> None:
    """Mutation: ``wraps_needed`` releases the contact at any hour; a browser could open it then."""
    ticket_id = await world.ticket(texts=(("contact", "contact"), ("card", "card")))
    id = await world.draft(ticket_id)
    night = NOW + timedelta(hours=14)
    kinds = [missing.kind for missing in await movements.wraps_needed(world.moves, world[SENDER], id, night)]
    assert kinds == ["card"]
    await world.wrap(id, now=night)
    with pytest.raises(Unmet) as refusal:
        await world.act("propose", SENDER, id, now=night)
    assert refusal.value.guards == ("wraps",)
    await world.wrap(id, now=NOW)
    await world.act("propose", SENDER, id)
    # … and a number that may never be called again needs no wrap
    other = await world.ticket(texts=(("contact", "contact"),), tries_left=0)
    id = await world.draft(other)
    await world.act("propose", SENDER, id)


async def test_everybody_else_meets_nothing(world: World) -> None:
    """Mutation: any ``role_of`` that forgets the country, the claim, the address of the proposal, or training."""
    ticket_id, id = await proposed(world)
    parties = {SENDER, FIRST, BACKUP}
    for label in ACCOUNTS.keys() - parties:
        for act, more in (("accept", ()), ("reject", ("no_capacity",)), ("cancel", ()), ("propose", ())):
            with pytest.raises(NotThere):
                await world.act(act, label, id, *more)
        with pytest.raises(NotThere):
            await movement_views.one(world.moves, world[label], id, NOW)
        with pytest.raises(NotThere):
            await movement_views.of_ticket(world.moves, world[label], ticket_id, NOW)
        assert not await movement_views.incoming(world.moves, world[label], NOW)
        assert not await movement_views.to_close(world.moves, world[label], NOW)
    version = await world.version(ticket_id)
    for label in parties:
        assert (await movement_views.one(world.moves, world[label], id, NOW)).id == id
        practising = dataclasses.replace(world[label], training=True)
        with pytest.raises(NotThere):
            await movement_views.one(world.moves, practising, id, NOW)
        for act in (movements.accept, movements.cancel):
            with pytest.raises(NotThere):
                await act(world.moves, practising, id, NOW, version=version)
            with pytest.raises(NotThere):
                await act(world.moves, world[label], uuid.uuid4(), NOW, version=version)


@pytest.mark.requirement("M-3")
async def test_exclusions_hold_for_receivers(world: World) -> None:
    """Mutation: ``receivers`` forgets the organisation that the person does not want, or who recused themselves."""
    ticket_id = await world.ticket(not_organisations=("south",))
    with pytest.raises(Refused, match="not_eligible"):
        await world.draft(ticket_id, to_staff="case-manager-ve-1")
    id = await world.draft(ticket_id)
    await world.wrap(id)
    await world.act("propose", SENDER, id)
    assert await told(world) == {BACKUP}
    with pytest.raises(NotThere):
        await world.act("accept", FIRST, id)
    await world.change(ticket_id, refused=(world[BACKUP].id.hex,))
    with pytest.raises(NotThere):
        await world.act("accept", BACKUP, id)
    await world.act("cancel", SENDER, id)
    await forget_alerts(world)
    ticket_id = await world.ticket(refused=(world[BACKUP].id.hex,))
    await world.act("propose", SENDER, await world.draft(ticket_id, what="referral"))
    assert await told(world) == {FIRST}, "who recused themselves is not told either"


async def test_a_receiver_who_leaves_and_one_without_a_key(world: World) -> None:
    """Mutation: ``able_to_receive`` asks neither for an active account nor for a key in use."""
    ticket_id, id = await proposed(world)
    async with world.engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.name == FIRST).values(active=False))  # type: ignore[arg-type]
        await connection.execute(update(StaffKey).where(StaffKey.staff_id == world[BACKUP].id).values(retired_at=NOW))  # type: ignore[arg-type]
    for label in (FIRST, BACKUP):
        with pytest.raises(NotThere):
            await world.act("accept", label, id)
    (shown,) = await movement_views.of_ticket(world.moves, world[SENDER], ticket_id, NOW)
    assert set(shown.acts) == {"cancel"}
    await world.act("cancel", SENDER, id)


async def test_a_form_from_yesterday_and_a_ticket_that_ended(world: World) -> None:
    """Mutation: the version is not compared, or the ticket's state is not looked at."""
    ticket_id, id = await proposed(world)
    with pytest.raises(Stale):
        await world.act("accept", FIRST, id, version=await world.version(ticket_id) - 1)
    with pytest.raises(Unmet) as refusal:
        await world.act("accept", FIRST, id, now=NOW + timedelta(days=8))
    assert refusal.value.guards == ("service",), "what was confirmed eight days ago is confirmed no more"
    for state, owner in (("waiting", None), ("withdrawn", world[SENDER].id), ("closed", world[SENDER].id)):
        await world.change(ticket_id, state=state, claimed_by=owner)
        for act, label in (("accept", FIRST), ("cancel", SENDER)):
            with pytest.raises(NotThere):
                await world.act(act, label, id)
    await world.change(ticket_id, state="claimed", claimed_by=world["case-manager-co-2"].id)
    with pytest.raises(NotThere):
        await world.act("cancel", SENDER, id)
    await world.act("cancel", "case-manager-co-2", id)  # whoever has it now


async def test_one_transfer_at_a_time_and_no_load_beyond_the_cap(world: World) -> None:
    """Mutation: a second transfer may be drafted, or acceptance does not count what its receiver has."""
    ticket_id, id = await proposed(world)
    with pytest.raises(Refused, match="movement_open"):
        await world.draft(ticket_id)
    await world.draft(ticket_id, what="referral")
    async with world.engine.begin() as connection:
        await connection.execute(update(Staff).where(Staff.name == FIRST).values(load_cap=0))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="cap"):
        await world.act("accept", FIRST, id)
    await world.act("reject", FIRST, id, "no_capacity")
    for bad in ({"to_country": "XX"}, {"consent": "yes"}, {"what": "gift"}):
        with pytest.raises(Refused, match="bad_field"):
            await world.draft(await world.ticket(), **bad)
    for nobody in ("coordinator-1", "nobody"):
        with pytest.raises(Refused, match="not_eligible"):
            await world.draft(await world.ticket(), to_staff=nobody)
    with pytest.raises(Refused, match="not_eligible"):
        await world.draft(await world.ticket(), to_country="CO", to_staff=SENDER)


@pytest.mark.requirement("M-5")
@pytest.mark.requirement("M-7")
async def test_an_alert_reaches_whoever_keeps_no_shifts(world: World) -> None:
    """Mutation: focal points, who are in no roster, count as off shift for ever; or everybody without a shift is told at night."""
    async with world.engine.connect() as connection:
        on = RosterSnapshot(await snapshot.read(connection, NOW))
    assert {label for label, actor in world.actors.items() if on.may_be_told(actor.id, NOW)} == {
        FIRST, BACKUP, "focal-point-pe-1", "coordinator-1", "psea-co-1",
    }  # fmt: skip
    assert not on.may_be_told(uuid.uuid4(), NOW)


@pytest.mark.requirement("M-5")
async def test_what_pages_show(world: World) -> None:
    """Mutation: a view gives windows or envelopes, or acts that are not the actor's."""
    ticket_id, id = await proposed(world)
    (incoming,) = await movement_views.incoming(world.moves, world[BACKUP], NOW)
    assert (incoming.reference, incoming.from_country, incoming.to_country, incoming.sender, incoming.to) == (
        reference(ticket_id), "CO", "VE", SENDER, "",
    )  # fmt: skip
    assert dict(incoming.acts) == {"accept": (), "reject": ()}
    assert not {"guarded", "envelope", "public", "way", "tries_left"} & set(incoming._fields)
    await world.act("accept", BACKUP, id)
    await world.act("receive", BACKUP, id)
    (waiting,) = await movement_views.to_close(world.moves, world[SUPERVISOR], NOW)
    assert (waiting.id, waiting.to, dict(waiting.acts)) == (id, BACKUP, {"close": ()})
    texts = DutyTextBook.load(live=False)
    told_to = await movement_views.briefing(world.moves, world[SENDER], ticket_id, "VE", NOW, texts)
    assert [each.name for each in told_to.receivers.all] == [FIRST, BACKUP]
    assert told_to.duty is not None and told_to.duty.country == "VE"
    assert told_to.return_focal_point is not None and told_to.return_focal_point.name == "supervisor-ve-1"
    with pytest.raises(NotThere):
        await movement_views.briefing(world.moves, world[FIRST], ticket_id, "VE", NOW, texts)
    named = await movement_views.can_be_named(world.moves, world[SENDER], ticket_id, "VE")
    assert ("case-manager-ve-1", "South") in named and not any(label.startswith(("coordinator", "psea")) for label, _ in named)
