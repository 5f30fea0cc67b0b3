"""What people on duty may do with a ticket, and what a list shows of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bot.roster.tables import HeavyMark
from bot.sealing import Envelope, seal
from bot.staff import audit
from bot.tickets import code, desk, storing
from bot.tickets.desk import Leaving, NotThere, Refused, Stale
from bot.tickets.guard import Windows
from bot.tickets.listing import Row
from bot.tickets.tables import HandOver, Movement, SealedItem
from flows.kernel import Words
from tests.bot.tickets.world import ALL_DAY, BOGOTA, CONTACT, HANDED, NOTE, NOW, Worker, World, after


async def queued(world: World, worker: Worker, **later: float) -> list[Row]:
    return await desk.queue(world.tickets, worker.actor, after(**later))


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-1")
async def test_a_list_shows_only_what_it_may(world: World, ana: Worker) -> None:
    """Mutation: way, windows, an organisation, a note, who claimed something else, the code's look-up value."""
    ticket_id, _ = await world.ask(wish="woman", other_lang="guc", age="adult")
    (row,) = await queued(world, ana, minutes=5)
    assert {*row._fields} == {
        "id", "version", "state", "reference", "country", "lang", "other_lang", "wish", "age", "since", "queued", "waiting",
        "level", "urgent", "child", "contested", "mine", "written",
    }  # fmt: skip
    assert (row.country, row.lang, row.other_lang, row.wish, row.age, row.waiting) == ("CO", "es", "guc", "woman", "adult", 300)
    assert row.id == ticket_id and not row.mine


async def test_urgent_requests_and_those_of_children_come_first_then_who_waited_longest(world: World) -> None:
    """Mutation: the newest first; urgent ones among the others."""
    sol = await world.worker("supervisor-of-all", "supervisor", "child_protection")
    a, _ = await world.ask(after(minutes=0))
    b, _ = await world.ask(after(minutes=1), urgent=True)
    c, _ = await world.ask(after(minutes=2))
    d, _ = await world.ask(after(minutes=3), child=True, age="under18")
    assert [row.id for row in await queued(world, sol, minutes=4)] == [b, d, a, c]


@pytest.mark.requirement("M-1")
async def test_who_sees_what(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """Country, role, exclusion, training, and what somebody else works on.

    Mutation: any of these rules left out of ``queue`` or ``claim``."""
    peru = await world.worker("pe", countries=["PE"])
    kids = await world.worker("cp", "child_protection")
    psea = await world.worker("psea", "psea_focal_point")
    boss = await world.worker("admin", "administrator", countries=[])
    focal = await world.worker("nfp", "national_focal_point")
    trainee = dataclasses.replace(ana, actor=dataclasses.replace(ana.actor, training=True))
    made = {
        "plain": (await world.ask())[0],
        "child": (await world.ask(child=True, age="under18"))[0],
        "not casa-sur": (await world.ask(not_organisations=("casa-sur",)))[0],
        "training": (await world.ask(training=True))[0],
        "claimed": (await world.taken(ana))[0],
    }
    names = {ticket_id: name for name, ticket_id in made.items()}
    seen = {
        who: {names[row.id] for row in await queued(world, worker)}
        for who, worker in {
            "ana": ana, "ben": ben, "sol": sol, "peru": peru, "kids": kids, "psea": psea, "boss": boss, "focal": focal,
            "trainee": trainee,
        }.items()
    }  # fmt: skip
    assert seen == {
        "ana": {"plain", "not casa-sur", "claimed"}, "ben": {"plain"}, "sol": {"plain", "not casa-sur"},
        "peru": set(), "kids": {"child"}, "psea": set(), "boss": set(), "focal": set(), "trainee": {"training"},
    }  # fmt: skip
    for who, worker in (("peru", peru), ("psea", psea), ("boss", boss), ("focal", focal)):
        for ticket_id in made.values():
            with pytest.raises(NotThere):
                await desk.claim(world.tickets, worker.actor, ticket_id, NOW)
        assert who
    for worker, name in ((ana, "child"), (ben, "not casa-sur"), (ana, "training"), (trainee, "plain"), (kids, "plain")):
        with pytest.raises(NotThere):
            await desk.claim(world.tickets, worker.actor, made[name], NOW)


async def test_new_words_show_in_ones_own_list(world: World, ana: Worker) -> None:
    """Mutation: words of the person that nobody looks for."""
    _, derived = await world.taken(ana)
    assert [row.written for row in await queued(world, ana)] == [False]
    await code.add_note(world.tickets, derived, Words("x"), "m2", after(minutes=1))
    assert [row.written for row in await queued(world, ana, minutes=1)] == [True]


# --- claiming and giving back ----------------------------------------------------------------------------------------


@pytest.mark.requirement("M-2")
async def test_a_claim_is_exclusive_and_reversible(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: a second claim that takes it away; a release after which it is not as sealed as before."""
    ticket_id, _ = await world.taken(ana)
    before = await world.items(ticket_id)
    with pytest.raises(Stale):
        await desk.claim(world.tickets, ben.actor, ticket_id, NOW)
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)  # two tabs of one person
    with pytest.raises(Stale):
        await desk.release(world.tickets, ben.actor, ticket_id, HANDED, NOW)
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, after(minutes=10))
    row = await world.row(ticket_id)
    assert (row.state, row.claimed_by, row.claimed_at, row.touched_at) == ("waiting", None, None, None)
    assert await world.items(ticket_id) == before
    (note,) = await world.hand_overs(ticket_id)
    assert (note.reason, note.reached, note.next_step, note.risk) == ("shift_ends", "tried", "call", "watch")
    await desk.claim(world.tickets, ben.actor, ticket_id, after(minutes=11))
    assert await world.reads(ben, ticket_id, "note", after(minutes=11)) == [NOTE]
    assert [what for _, what in await world.audited()] == ["requested", "claimed", "released", "claimed", "opened_note"]


async def test_who_gave_it_back_is_not_told_but_the_others_on_duty_are(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: nobody told, or everybody; the clock of escalation that goes on from the beginning."""
    ticket_id, _ = await world.taken(ana)
    await world.alerted()
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, after(days=1))
    assert await world.alerted() == {ben.id}
    row = await world.row(ticket_id)
    assert (row.queued_at, row.level, row.escalates_at) == (after(days=1), "primary", after(days=1, minutes=30))
    assert set(row.alerted) == {ana.id.hex, ben.id.hex} and row.expires_at == after(days=8)


async def test_a_supervisor_may_give_it_back_for_somebody(world: World, ana: Worker, sol: Worker) -> None:
    """Mutation: a ticket that stays with somebody who fell ill."""
    ticket_id, _ = await world.taken(ana)
    await desk.release(world.tickets, sol.actor, ticket_id, HANDED, NOW)
    assert (await world.row(ticket_id)).state == "waiting"


@pytest.mark.parametrize("field", ["reason", "reached", "next_step", "risk"])
def test_what_is_handed_over_is_of_closed_sets(field: str) -> None:
    """M-2. Mutation: a field that takes what somebody types."""
    with pytest.raises(Refused, match="bad_field"):
        Leaving(**{**dataclasses.asdict(HANDED), field: "she said that …"})


@pytest.mark.requirement("M-7")
async def test_the_cap_holds(world: World, sol: Worker) -> None:
    """Invented requests are counted apart. Mutation: no cap; one that counts closed tickets."""
    dora = await world.worker("dora", cap=2, duty="primary")
    held = [(await world.taken(dora))[0] for _ in range(2)]
    third, _ = await world.ask()
    with pytest.raises(Refused, match="cap"):
        await desk.claim(world.tickets, dora.actor, third, NOW)
    practising = dataclasses.replace(dora.actor, training=True)
    invented, _ = await world.ask(training=True)
    await desk.claim(world.tickets, practising, invented, NOW)
    await desk.close(world.tickets, dora.actor, held[0], "not_for_us", NOW)
    await desk.claim(world.tickets, dora.actor, third, NOW)


async def test_who_has_left_claims_nothing(world: World, ana: Worker) -> None:
    """A page that was still open. Mutation: trusting the session alone."""
    ticket_id, _ = await world.ask()
    async with world.engine.begin() as connection:
        staff = desk._staff
        await connection.execute(staff.update().where(staff.c.id == ana.id).values(active=False))
    with pytest.raises(NotThere):
        await desk.claim(world.tickets, ana.actor, ticket_id, NOW)


@pytest.mark.requirement("M-8")
@pytest.mark.parametrize("claimed", [True, False])
async def test_recusing_is_for_good_and_leaves_no_trace_of_content(world: World, ana: Worker, ben: Worker, claimed: bool) -> None:
    """Mutation: a wrap that the key of who recused still opens; a ticket that comes back to them; a reason that is kept."""
    recovery = await world.recovery_key()
    ticket_id, derived = await world.ask()
    if claimed:
        await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    await world.alerted()
    await desk.recuse(world.tickets, ana.actor, ticket_id, NOW)
    assert await queued(world, ana) == []
    assert [row.id for row in await queued(world, ben)] == [ticket_id]
    assert await world.alerted() == ({ben.id} if claimed else set())
    for act in (desk.claim, desk.recuse):
        with pytest.raises(NotThere):
            await act(world.tickets, ana.actor, ticket_id, NOW)
    with pytest.raises(NotThere):
        await world.reads(ana, ticket_id, "card")
    await code.add_note(world.tickets, derived, Words("later"), "m2", after(minutes=1))
    for rows in (await world.items(ticket_id)).values():
        for item in rows:
            assert set(Envelope.decode(item.envelope).recipients) == {ben.key, Worker(ben.actor, recovery).key}
    assert [(n.reason, n.reached, n.next_step, n.risk) for n in await world.hand_overs(ticket_id)] == [
        ("recused", "", "", "")
    ] * claimed
    await desk.claim(world.tickets, ben.actor, ticket_id, NOW)
    assert await world.reads(ben, ticket_id, "note") == [NOTE, "later"]


async def test_the_last_one_who_could_open_it_recuses(world: World, ana: Worker) -> None:
    """There is no recovery key either. Mutation: an error, or an envelope without recipients that cannot be read back."""
    ticket_id, derived = await world.ask()
    await desk.recuse(world.tickets, ana.actor, ticket_id, NOW)
    assert (await code.look(world.tickets, derived, after(hours=1))).status == "nobody_yet"  # type: ignore[union-attr]
    with pytest.raises(NotThere):
        await world.reads(ana, ticket_id, "note")


# --- answering -------------------------------------------------------------------------------------------------------


async def test_an_answer_is_sealed_to_the_code_alone(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: taking whatever the browser sends: another kind, another ticket, a further recipient, no envelope."""
    ticket_id, _ = await world.taken(ana)
    public = (await world.row(ticket_id)).public
    for envelope in (
        seal(Words("x"), "note", ticket_id, [public]).encode(),
        seal(Words("x"), "answer", bytes(16), [public]).encode(),
        seal(Words("x"), "answer", ticket_id, [public, ana.public]).encode(),
        seal(Words("x"), "answer", ticket_id, [ana.public]).encode(),
        b"Hello", b"",
    ):  # fmt: skip
        with pytest.raises(Refused, match="bad_envelope"):
            await desk.send_answer(world.tickets, ana.actor, ticket_id, envelope, NOW)
    with pytest.raises(Stale):
        await desk.send_answer(world.tickets, ben.actor, ticket_id, await world.answer(ticket_id), NOW)
    assert "answer" not in await world.items(ticket_id)


async def test_an_answer_sent_twice_is_kept_once(world: World, ana: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: no mark; an answer that is refused the second time because the first one changed the version; no bound."""
    ticket_id, _ = await world.taken(ana)
    version = (await world.row(ticket_id)).version
    answer = await world.answer(ticket_id)
    for _ in range(2):
        await desk.send_answer(world.tickets, ana.actor, ticket_id, answer, NOW, version=version)
    (item,) = (await world.items(ticket_id))["answer"]
    assert item.expires_at == after(days=60)
    monkeypatch.setattr(desk, "MOST_ANSWERS", 1)
    with pytest.raises(Refused, match="too_many"):
        await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW)


async def test_words_that_nobody_has_read_make_a_form_old(world: World, ana: Worker) -> None:
    """Mutation: closing over the head of somebody who has just written."""
    ticket_id, derived = await world.taken(ana)
    version = (await world.row(ticket_id)).version
    await code.add_note(world.tickets, derived, Words("wait!"), "m2", NOW)
    for act in (
        desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW, version=version),
        desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id), NOW, version=version),
        desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW, version=version),
    ):
        with pytest.raises(Stale):
            await act
    await desk.close(world.tickets, ana.actor, ticket_id, "not_for_us", NOW, version=(await world.row(ticket_id)).version)


@pytest.mark.requirement("E-1")
@pytest.mark.requirement("M-8")
async def test_a_permit_to_write_needs_claim_chat_and_window(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """Mutation: a permit outside the window, for a telephone, after either side ended it, for somebody else; one that ends later
    than the window."""
    evening = Windows(BOGOTA, ("evening",))
    ticket_id, _ = await world.taken(ana, way="here", windows=evening)
    phone, _ = await world.taken(ana)
    with pytest.raises(Refused, match="outside_window"):
        await desk.permit_relay(world.tickets, ana.actor, ticket_id, NOW)
    with pytest.raises(Refused, match="no_relay"):
        await desk.permit_relay(world.tickets, ana.actor, phone, NOW)
    for other in (ben, sol):
        with pytest.raises(Stale):
            await desk.permit_relay(world.tickets, other.actor, ticket_id, after(hours=9))
    permit = await desk.permit_relay(world.tickets, ana.actor, ticket_id, after(hours=9))  # 19:00
    assert (permit.ticket, permit.until) == (ticket_id, after(hours=11))
    assert (await world.audited())[-1] == (ana.actor.name, "relayed")
    with pytest.raises(Refused, match="outside_window"):
        await desk.permit_relay(world.tickets, ana.actor, ticket_id, after(hours=11))  # 21:00
    await desk.end_relay(world.tickets, ana.actor, ticket_id, after(hours=10))
    assert "contact" not in await world.items(ticket_id)
    for act in (desk.permit_relay, desk.end_relay):
        with pytest.raises(Refused, match="no_relay"):
            await act(world.tickets, ana.actor, ticket_id, after(hours=10))


async def test_a_contact_whose_time_is_over_permits_nothing(world: World, ana: Worker) -> None:
    """Although the clock did not come by. Mutation: looking at the row alone."""
    ticket_id, _ = await world.taken(ana, way="here", windows=ALL_DAY)
    with pytest.raises(Refused, match="no_contact"):
        await desk.permit_relay(world.tickets, ana.actor, ticket_id, after(days=7))


@pytest.mark.requirement("D-5")
async def test_tries_are_counted_and_end(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: a number that can be called for ever; tries that others use up; tries below nought."""
    ticket_id, derived = await world.taken(ana)
    with pytest.raises(Stale):
        await desk.count_try(world.tickets, ben.actor, ticket_id, NOW)
    assert len(await world.reads(ana, ticket_id, "contact")) == 1
    assert [await desk.count_try(world.tickets, ana.actor, ticket_id, NOW) for _ in range(2)] == [1, 0]
    with pytest.raises(Refused, match="no_tries_left"):
        await desk.count_try(world.tickets, ana.actor, ticket_id, NOW)
    with pytest.raises(Refused, match="no_tries_left"):
        await world.reads(ana, ticket_id, "contact")
    # Whoever takes it next does not begin anew, nor do other hours; the person may agree to a call anew.
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
    await desk.claim(world.tickets, ben.actor, ticket_id, NOW)
    with pytest.raises(Refused, match="no_tries_left"):
        await world.reads(ben, ticket_id, "contact")
    one = Windows(BOGOTA, ("morning",), 1)
    await code.change_windows(world.tickets, derived, one, NOW)
    with pytest.raises(Refused, match="no_tries_left"):
        await world.reads(ben, ticket_id, "contact")
    await code.change_way(world.tickets, derived, "phone", NOW, contact_text=Words(CONTACT), windows=one)
    assert len(await world.reads(ben, ticket_id, "contact")) == 1
    here, _ = await world.taken(ana, way="here")
    with pytest.raises(Refused, match="not_phone"):
        await desk.count_try(world.tickets, ana.actor, here, NOW)


# --- closing ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-6")
async def test_after_closing_only_code_outcome_and_answers_remain(world: World, ana: Worker) -> None:
    """Mutation: a note, a card, a hand-over, windows or a draft of a referral that stays."""
    ticket_id, derived = await world.taken(ana, way="here")
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id, "bye"), NOW)
    await _move(world, ticket_id, "referral", "draft")
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_referred", after(minutes=1))
    assert [row.kind for row in await world.rows(SealedItem)] == ["answer"]
    assert await world.rows(HandOver) == [] and await world.rows(Movement) == []
    row = await world.row(ticket_id)
    assert (row.state, row.outcome, row.lookup) == ("closed", "reached_referred", derived.lookup)
    assert (row.guarded, row.way, row.relay, row.tries_left, row.alerted) == (None, "code", "ended", 0, ())
    assert row.forgotten_at == after(days=60, minutes=1)
    assert (await code.look(world.tickets, derived, after(minutes=2))).answer == "bye"  # type: ignore[union-attr]
    assert await queued(world, ana) == []
    assert (await world.counted())["outcome", "reached_referred"] == 1


async def test_outcomes_are_fixed_and_some_are_not_chosen(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: a text as an outcome; one that only the person or the clock may come to."""
    ticket_id, _ = await world.taken(ana)
    for outcome in ("withdrawn", "wiped_unclaimed", "", "she is fine"):
        with pytest.raises(Refused, match="outcome"):
            await desk.close(world.tickets, ana.actor, ticket_id, outcome, NOW)
    with pytest.raises(Stale):
        await desk.close(world.tickets, ben.actor, ticket_id, "not_for_us", NOW)
    assert (await world.row(ticket_id)).state == "claimed"


async def _move(world: World, ticket_id: bytes, what: str, state: str) -> None:
    values = Movement(ticket_id=ticket_id, what=what, state=state, to_country="PE").model_dump()
    async with world.engine.begin() as connection:
        await connection.execute(storing.movement.insert().values(**values))


@pytest.mark.parametrize(
    ("what", "state", "outcome", "reason"),
    [
        ("referral", "proposed", "reached_referred", "movement_open"),
        ("transfer", "accepted", "transferred", "movement_open"),
        ("transfer", "received", "transferred", "movement_open"),
        ("transfer", "rejected", "transferred", "needs_transfer"),
        ("referral", "closed", "transferred", "needs_transfer"),
        ("transfer", "closed", "transferred", ""),
        ("transfer", "rejected", "reached_needs_met", ""),
        ("referral", "received", "reached_referred", ""),
    ],
)
async def test_closing_waits_for_referrals_and_transfers(
    world: World, ana: Worker, what: str, state: str, outcome: str, reason: str
) -> None:
    """M-3. Mutation: "transferred" without a transfer that a supervisor closed; a receiver whose ticket is gone."""
    ticket_id, _ = await world.taken(ana)
    await _move(world, ticket_id, what, state)
    if reason:
        with pytest.raises(Refused, match=reason):
            await desk.close(world.tickets, ana.actor, ticket_id, outcome, NOW)
    else:
        await desk.close(world.tickets, ana.actor, ticket_id, outcome, NOW)


@pytest.mark.requirement("M-7")
async def test_heavy_is_counted_once_and_never_in_training(world: World, ana: Worker) -> None:
    """Mutation: a reason; a mark that names the ticket; counting twice."""
    ticket_id, _ = await world.taken(ana)
    for _ in range(2):
        await desk.mark_heavy(world.tickets, ana.actor, ticket_id, NOW)
    assert (await world.row(ticket_id)).heavy
    (mark,) = await world.rows(HeavyMark)
    assert mark.staff_id == ana.id and ticket_id not in mark.mark
    invented, _ = await world.ask(training=True)
    practising = dataclasses.replace(ana.actor, training=True)
    await desk.claim(world.tickets, practising, invented, NOW)
    await desk.mark_heavy(world.tickets, practising, invented, NOW)
    assert len(await world.rows(HeavyMark)) == 1


# --- sharing ---------------------------------------------------------------------------------------------------------


async def shared(world: World, by: Worker, ticket_id: bytes) -> int:
    """What a browser does with what is missing."""
    made: dict[Any, list[bytes]] = {}
    for each in await desk.missing_wraps(world.tickets, by.actor, ticket_id, NOW):
        made[each.item_id] = [by.wraps(each.envelope, each.kind, ticket_id, public) for public in each.keys]  # type: ignore[arg-type]
    return await desk.add_wraps(world.tickets, by.actor, ticket_id, made, NOW)


async def test_who_can_open_it_shares_it_with_who_may(world: World, ana: Worker, sol: Worker) -> None:
    """At escalation and hand-over. Mutation: wraps that the server does not take; a supervisor who shares the contact."""
    ticket_id, _ = await world.ask()
    late = await world.worker("late", duty="primary")
    assert await shared(world, sol, ticket_id) == 2  # card and note
    await desk.claim(world.tickets, late.actor, ticket_id, NOW)
    assert await world.reads(late, ticket_id, "note") == [NOTE]
    assert await world.reads(late, ticket_id, "contact") == []
    await desk.release(world.tickets, late.actor, ticket_id, HANDED, NOW)
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    assert await shared(world, ana, ticket_id) == 1
    assert await shared(world, ana, ticket_id) == 0
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
    await desk.claim(world.tickets, late.actor, ticket_id, NOW)
    assert len(await world.reads(late, ticket_id, "contact")) == 1
    sol_did = [what for name, what in await world.audited() if name == sol.actor.name]
    assert sol_did == ["received_to_share", "rewrapped"]


@pytest.mark.requirement("P-5")
async def test_wraps_are_taken_for_those_only_who_may_read_it(world: World, ana: Worker, ben: Worker, sol: Worker) -> None:
    """Mutation: any key at all; a key of another country; one of somebody who recused; a wrap that takes the place of another,
    so that a colleague is shut out; wraps by somebody who cannot open it."""
    ticket_id, _ = await world.taken(ana, not_organisations=("casa-sur",))
    peru = await world.worker("pe", countries=["PE"])
    late = await world.worker("late")
    (note,) = (await world.items(ticket_id))["note"]

    async def tried(by: Worker, *wraps: bytes) -> int:
        return await desk.add_wraps(world.tickets, by.actor, ticket_id, {note.id: wraps}, NOW)

    def wrap(worker: Worker) -> bytes:
        return ana.wraps(note.envelope, "note", ticket_id, worker.public)

    for stranger in (peru, ben, Worker(ana.actor, X25519PrivateKey.generate())):
        with pytest.raises(Refused, match="not_eligible"):
            await tried(ana, wrap(stranger))
    with pytest.raises(Refused, match="bad_wrap"):
        await tried(ana, b"x" * 95)
    with pytest.raises(Refused, match="bad_wrap"):  # late has no copy of it
        await tried(dataclasses.replace(late, actor=dataclasses.replace(late.actor, roles=("supervisor",))), wrap(late))
    with pytest.raises((Stale, NotThere)):
        await tried(late, wrap(late))
    shut_out = sol.key + bytes(80)
    assert await tried(ana, shut_out, wrap(late)) == 1
    assert await tried(ana, wrap(late)) == 0
    assert await world.reads(sol, ticket_id, "note") == [NOTE]
    with pytest.raises(Refused, match="bad_wrap"):
        await desk.add_wraps(world.tickets, ana.actor, ticket_id, {ana.id: [wrap(late)]}, NOW)
    assert [what for _, what in await world.audited()].count("rewrapped") == 1


async def test_a_receiver_of_a_transfer_may_be_let_in_by_name(world: World, ana: Worker) -> None:
    """Mutation: no way to share with the focal point of another country; sharing with one by default."""
    ticket_id, _ = await world.taken(ana)
    focal = await world.worker("nfp", "national_focal_point", countries=["PE"])
    assert await desk.missing_wraps(world.tickets, ana.actor, ticket_id, NOW) == []
    missing = await desk.missing_wraps(world.tickets, ana.actor, ticket_id, NOW, receivers={focal.id: focal.public})
    assert {each.kind for each in missing} == {"contact", "card", "note"}
    made = {each.item_id: [ana.wraps(each.envelope, each.kind, ticket_id, focal.public)] for each in missing}  # type: ignore[arg-type]
    with pytest.raises(Refused, match="not_eligible"):
        await desk.add_wraps(world.tickets, ana.actor, ticket_id, made, NOW)
    assert await desk.add_wraps(world.tickets, ana.actor, ticket_id, made, NOW, receivers=[focal.public]) == 3


@pytest.mark.requirement("M-1")
async def test_every_act_is_in_the_audit_and_no_content_is(world: World, ana: Worker, ben: Worker) -> None:
    """Mutation: an act without an entry; an entry with more than who, by which role, what, which reference."""
    ticket_id, _ = await world.taken(ana, way="here", windows=ALL_DAY)
    other, _ = await world.taken(ana)
    act = (world.tickets, ana.actor, ticket_id)
    for kind in ("contact", "note"):  # the card comes first
        await world.reads(ana, ticket_id, kind)
    await desk.send_answer(*act, await world.answer(ticket_id), NOW)
    await desk.permit_relay(*act, NOW)
    await desk.end_relay(*act, NOW)
    await desk.mark_heavy(*act, NOW)
    await desk.count_try(world.tickets, ana.actor, other, NOW)
    await desk.release(*act, HANDED, NOW)
    await desk.recuse(world.tickets, ben.actor, ticket_id, NOW)
    await desk.claim(*act, NOW)
    await desk.close(*act, "not_for_us", NOW)
    assert [what for name, what in await world.audited() if name == ana.actor.name] == [
        "claimed", "claimed", "opened_card", "opened_contact", "opened_note", "answered", "relayed", "relay_ended", "marked_heavy",
        "tried", "released", "claimed", "closed",
    ]  # fmt: skip
    assert ("case-manager-co-2", "recused") in await world.audited()
    assert await audit.verify(world.engine) is None
