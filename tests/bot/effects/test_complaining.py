"""Complaints over the whole path of a message: from hello to what a focal point's browser opens, and back by code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bot.complaints import desk, intake
from bot.complaints.limits import EACH
from bot.complaints.listing import inbox
from bot.complaints.tables import Complaint, ComplaintItem, Remark
from bot.drafts import Draft
from bot.exchange import StoreDown
from bot.tickets.desk import queue
from bot.tickets.tables import SealedItem, Ticket
from flows.facts import Traits
from tests.bot.complaints.world import Person
from tests.bot.complaints.world import World as Network
from tests.bot.effects.test_requests import Phone, Pile, ana, pile, store_away_after
from tests.bot.tickets.world import Worker, World
from tests.flows.world import SMS, TELEGRAM

__all__ = ["ana", "pile"]

NOTE = "zarzamora y nada más"


@pytest_asyncio.fixture(loop_scope="session")
async def network(world: World) -> Network:
    """The same database, from the side of those who read complaints."""
    return Network(world.engine)


@pytest_asyncio.fixture(loop_scope="session")
async def eva(network: Network, pile: Pile) -> Person:
    """Reads complaints in Colombia, for an independent organisation."""
    person = await network.person("psea-1", "psea_focal_point", organisation="red-observa", independent=True)
    await pile.hearing.refresh()
    return person


@pytest_asyncio.fixture(loop_scope="session")
async def mar(network: Network, pile: Pile) -> Person:
    """Coordinates in Colombia, for another organisation."""
    person = await network.person("coordinator-1", "coordinator", organisation="red-centro")
    await pile.hearing.refresh()
    return person


def at(pile: Pile) -> datetime:
    return datetime.fromtimestamp(pile.clock(), UTC)


async def to_who(phone: Phone) -> Phone:
    """From hello to the choice whom it is about."""
    for text in ("hola", "1", "3", "2", "colombia", "1", "1", "1"):
        await phone.says(text)
    assert phone.here == "complaint.who"
    return phone


async def complained(phone: Phone, who: str = "police") -> Phone:
    """Sent, with one choice only."""
    await to_who(phone)
    for option in (who, "end", "send"):
        await phone.picks(option)
    return phone


async def only(network: Network) -> Any:
    (row,) = await network.rows(Complaint)
    return row


async def draft_of(pile: Pile, phone: Phone) -> Draft:
    opened = await pile.sessions.open(phone.person, "a look")
    await pile.sessions.release(opened)
    return Draft.unpack(opened.draft)


async def slots_of(pile: Pile, phone: Phone) -> dict[str, Any]:
    opened = await pile.sessions.open(phone.person, "a look")
    await pile.sessions.release(opened)
    return opened.session.slots


@pytest.mark.requirement("C-3")
@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("channel", [SMS, TELEGRAM], ids=lambda traits: traits.name)
async def test_what_was_answered_is_sealed_and_nothing_leads_to_the_person(
    network: Network, pile: Pile, eva: Person, channel: Traits
) -> None:
    """Mutation: a field of the card in a column; a pointer to the chat; the note left in the draft."""
    phone = await to_who(pile.phone("+573001234567", channel))
    for option in ("organisation", "#0", "own", "skip", "week", "no", "yes", "yes", "yes"):
        await phone.picks(option)
    assert phone.here == "complaint.note"
    await phone.says(NOTE)
    await phone.picks("yes")
    await phone.picks("count")
    await phone.picks("send")
    assert phone.here == "complaint.done"
    assert phone.code
    row = await only(network)
    assert (row.inbox, row.about, row.topic, row.country) == ("psea", "organisation", "other_behaviour", "CO")
    assert (row.child, row.urgent, row.counted) == (True, False, True)
    await desk.accept(network.complaints, eva.actor, row.id, at(pile))
    card = json.loads((await network.reads(eva, row.id, "card", at(pile)))[0])
    assert card == {
        "whose": "own", "place": "", "when": "week", "danger": "no", "child": "yes", "help": "yes", "contact": "yes",
        "paper": "yes", "about": "organisation", "topic": "other_behaviour",
    }  # fmt: skip
    assert await network.reads(eva, row.id, "note", at(pile)) == [NOTE]
    assert await pile.sessions.pointers.get(phone.person) is None
    assert not (await draft_of(pile, phone)).note
    kept = await slots_of(pile, phone)
    assert set(kept) == {"country", "safe", "opened", "path", "child", "accused"}
    assert kept["accused"] == row.organisation


@pytest.mark.requirement("C-4")
async def test_a_later_request_of_the_conversation_leaves_the_accused_organisation_out(
    world: World, network: Network, pile: Pile, eva: Person
) -> None:
    """Mutation: forgotten at the menu; a request that goes to the one who was complained about."""
    await world.worker("case-manager-co-1", organisation="casa-sur", duty="primary")
    await world.worker("case-manager-co-2", organisation="red-norte", duty="primary")
    await network.employer("casa-sur")
    await network.employer("red-norte")
    await pile.roster.refresh()
    await pile.hearing.refresh()
    phone = await to_who(pile.phone("555", TELEGRAM))
    await phone.picks("organisation")
    await phone.says("Organisation casa-sur")
    for option in ("end", "send"):
        await phone.picks(option)
    assert (await only(network)).organisation == "casa-sur"
    await phone.says("menú")
    for text in ("2", "1"):
        await phone.says(text)
    for option in ("yes", "on", "adult", "yes", "code", "no", "send"):
        await phone.picks(option)
    assert phone.here == "request.done"
    (ticket,) = await world.rows(Ticket)
    assert ticket.not_organisations == ("casa-sur",)


@pytest.mark.requirement("C-4")
async def test_that_something_was_said_about_those_who_answer_is_kept_when_it_was_sent(
    world: World, pile: Pile, eva: Person
) -> None:
    """And at the menu: a request begins with the word that they read it. Mutation: a slot that ends with what was sent."""
    await world.worker("case-manager-co-1", organisation="casa-sur", duty="primary")
    await pile.roster.refresh()
    phone = await complained(pile.phone("555", SMS), "responders")
    assert phone.here == "complaint.done"
    for text in ("menú", "2", "1", "1"):
        await phone.says(text)
    assert phone.here == "request.same" and (await slots_of(pile, phone))["responders"] == "yes"
    await phone.picks("anyway")
    assert phone.here == "request.who"


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("C-8")
async def test_help_on_the_way_to_sending_takes_nothing_of_the_complaint_to_those_it_is_about(
    world: World, network: Network, pile: Pile, eva: Person
) -> None:
    """Mutation: a draft that does not know what it was typed for; whose staff are left out only once something was sent."""
    await world.worker("case-manager-co-1", organisation="casa-sur", duty="primary")
    await world.worker("case-manager-co-2", organisation="red-norte", duty="primary")
    await network.employer("casa-sur")
    await network.employer("red-norte")
    await pile.roster.refresh()
    await pile.hearing.refresh()
    phone = await to_who(pile.phone("555", TELEGRAM))
    await phone.picks("organisation")
    await phone.says("Organisation casa-sur")
    await phone.picks("end")
    await phone.picks("write")
    await phone.says(NOTE)
    for option in ("no", "help", "person"):
        await phone.picks(option)
    assert phone.here == "request.safe" and not (await draft_of(pile, phone)).note
    for option in ("yes", "on", "adult", "yes", "code", "no", "send"):
        await phone.picks(option)
    assert phone.here == "request.done"
    (ticket,) = await world.rows(Ticket)
    assert ticket.not_organisations == ("casa-sur",)
    assert {row.kind for row in await world.rows(SealedItem)} == {"card"} and not await network.rows(Complaint)


@pytest.mark.requirement("C-4")
async def test_what_was_written_about_behaviour_does_not_go_along_with_thanks(
    network: Network, pile: Pile, eva: Person, mar: Person
) -> None:
    """Coordinators read the one, and the other only once it was escalated. Mutation: one draft for whatever is sent next."""
    phone = await to_who(pile.phone("555", TELEGRAM))
    for option in ("police", "end", "write"):
        await phone.picks(option)
    await phone.says(NOTE)
    await phone.picks("skip")
    assert phone.here == "complaint.check" and (await draft_of(pile, phone)).note == NOTE
    while phone.here != "complaint.kind":
        await phone.says("atrás")
    for option in ("other", "#0", "thanks", "yes", "skip"):
        await phone.picks(option)
    assert phone.here == "complaint.check" and not (await draft_of(pile, phone)).note
    await phone.picks("send")
    assert phone.here == "complaint.done"
    assert [row.kind for row in await network.rows(ComplaintItem)] == ["card"]


@pytest.mark.requirement("C-5")
async def test_the_same_message_delivered_again_finds_the_same_complaint_and_code(
    network: Network, pile: Pile, eva: Person
) -> None:
    """When the session could not be saved behind the commit. Mutation: a turn that grows with each
    delivery; a limit that counts the second delivery."""
    phone = await to_who(pile.phone("555"))
    await phone.picks("police")
    await phone.picks("end")
    with pytest.MonkeyPatch.context() as patch:
        store_away_after(pile, patch)
        with pytest.raises(StoreDown):
            await phone.picks("send")
    pile.clock.advance(minutes=0.4)  # the lease of a message that came to nothing is over
    row = await only(network)
    await phone.again()
    assert phone.here == "complaint.done"
    assert (await only(network)).id == row.id
    other = await pile.phone("777").comes_back(phone.code)
    assert other.here == "code.complaint"


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("P-5")
async def test_where_nobody_may_read_it_nothing_is_taken_also_when_that_changed_meanwhile(
    network: Network, pile: Pile, eva: Person
) -> None:
    """Mutation: the snapshot believed at intake; a receipt for what nobody can open."""
    phone = await to_who(pile.phone("555"))
    await phone.picks("unknown")
    await phone.picks("end")
    await network.employer("red-observa", independent=False)
    await phone.picks("send")
    assert phone.here == "complaint.nobody"
    assert await network.rows(Complaint) == []
    await pile.hearing.refresh()
    again = await to_who(pile.phone("777"))
    await again.picks("responders")
    assert again.here == "complaint.nobody"


@pytest.mark.requirement("C-5")
async def test_a_flood_is_told_to_wait_and_never_kept_from_the_numbers(network: Network, pile: Pile, eva: Person) -> None:
    """Mutation: a limit on messages instead of complaints; "not saved" without another channel."""
    phone = pile.phone("555")
    for _ in range(EACH):
        assert (await complained(phone)).here == "complaint.done"
        await phone.says("menú")
        await phone.says("0")
        pile.clock.advance(minutes=1)
    await complained(phone)
    assert phone.here == "complaint.busy"
    assert len(await network.rows(Complaint)) == EACH
    await phone.says("9")
    assert any(each.startswith("emergency") for each in phone.said)
    assert (await complained(pile.phone("777"))).here == "complaint.done", "nobody else waits for that"


@pytest.mark.requirement("C-5")
async def test_what_the_database_did_not_take_counts_against_nobody(
    network: Network, pile: Pile, eva: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: who tries again while the database is away uses up what one person may send in an hour."""

    async def away(*_: Any, **__: Any) -> Any:
        raise OSError("no route to the database")

    phone = await to_who(pile.phone("555"))
    for option in ("police", "end"):
        await phone.picks(option)
    with monkeypatch.context() as patch:
        patch.setattr(intake, "transact", away)
        for _ in range(EACH + 1):
            await phone.picks("send")
            assert phone.here == "complaint.not_saved"
            await phone.says("8")
    assert (await phone.picks("send")).here == "complaint.done"


@pytest.mark.requirement("C-7")
async def test_question_note_answer_close_contest_and_withdrawal_by_code(network: Network, pile: Pile, eva: Person) -> None:
    """Mutation: the request's handlers for a complaint's code; a note that only the first reader could open; content in a view."""
    phone = await complained(pile.phone("555"))
    number, row = phone.code, await only(network)
    other = await pile.phone("777", TELEGRAM).comes_back(number)
    assert other.here == "code.complaint" and "code.complaint.received" in other.said
    await desk.accept(network.complaints, eva.actor, row.id, at(pile))
    await other.says("otra vez")
    await network.answered(eva, row.id, at(pile), asks=True, text="¿Fue en la mañana?")
    await other.comes_back(number)
    assert "code.complaint.question_waiting" in other.said
    await other.picks("answer")
    assert "¿Fue en la mañana?" in other.text
    await other.picks("write")
    await other.says("sí, temprano, junto al río Zarzuela")
    assert other.here == "code.complaint_noted"
    assert await network.reads(eva, row.id, "note", at(pile)) == ["sí, temprano, junto al río Zarzuela"]
    pile.clock.advance(minutes=1)
    await network.answered(eva, row.id, at(pile), text="Gracias por escribir")
    await desk.close(network.complaints, eva.actor, row.id, "answered", at(pile))
    await other.picks("status")
    assert "code.complaint.answer_waiting" in other.said
    await other.picks("answer")
    await other.picks("status")
    assert "code.complaint.closed" in other.said
    await other.picks("contest")
    await other.picks("yes")
    assert other.here == "code.complaint_contested"
    assert ((await only(network)).state, (await only(network)).contested) == ("received", True)
    await other.picks("status")
    await other.picks("withdraw")
    await other.picks("yes")
    assert other.here == "code.complaint_withdrawn"
    assert await network.rows(ComplaintItem) == []
    assert not (await draft_of(pile, other)).ticket
    wrong = await pile.phone("888").comes_back("0412 375 908 269")
    gone = await pile.phone("999").comes_back(number)
    assert gone.here == wrong.here
    assert gone.text == wrong.text
    for shown in (other.text, gone.text):
        assert "Zarzuela" not in shown


@pytest.mark.requirement("P-6")
async def test_every_code_is_looked_for_among_both_kinds_whatever_it_is(
    network: Network, world: World, pile: Pile, eva: Person, ana: Worker
) -> None:
    """So that no answer comes sooner than another. Mutation: complaints looked for only where no request was found."""
    request = (await (await pile.phone("555", TELEGRAM).to_check("code")).picks("send")).code
    complaint = (await complained(pile.phone("556"))).code
    asked = {}
    for name, number in (("request", request), ("complaint", complaint), ("wrong", "0412 375 908 269")):
        with network.statements() as statements:
            await pile.phone(name).says(number)
        asked[name] = {text.split(" WHERE ")[0] for text, _ in statements if text.startswith("SELECT")}
    for name, texts in asked.items():
        assert any("FROM ticket" in text for text in texts), name
        assert any("FROM complaint" in text for text in texts), name
    seen = {
        name: await pile.phone(f"{name} 2").comes_back(number) for name, number in (("request", request), ("complaint", complaint))
    }
    assert (seen["request"].here, seen["complaint"].here) == ("code.status", "code.complaint")
    assert (await draft_of(pile, seen["request"])).about == ""


async def test_a_remark_is_a_line_about_the_entry_and_nothing_about_who_said_it(network: Network, pile: Pile) -> None:
    """Also where nobody reads complaints. Mutation: a complaint with a code for it; the session's id in the row."""
    phone = pile.phone("555")
    for text in ("hola", "1", "salud en cucuta", "1"):
        await phone.says(text)
    assert phone.here == "services.details"
    key = (await slots_of(pile, phone))["service"]
    await phone.picks("said")
    await phone.says("Está cerrado")
    assert phone.here == "complaint.thanked"
    (row,) = await network.rows(Remark)
    assert (row.service_id, row.country, row.what, row.times) == (str(key), "CO", "closed", 1)
    assert set(row._mapping) == {"id", "service_id", "country", "what", "day", "times", "done_at"}
    assert await network.rows(Complaint) == []


async def test_thanks_go_to_the_coordination(network: Network, pile: Pile, mar: Person) -> None:
    """Mutation: the inbox of the conduct team for everything."""
    phone = pile.phone("555")
    for text in ("hola", "1", "3", "3", "colombia"):
        await phone.says(text)
    for option in ("thanks", "yes"):
        await phone.picks(option)
    await phone.says("gracias por todo")
    await phone.picks("send")
    assert phone.here == "complaint.done"
    row = await only(network)
    assert (row.inbox, row.about, row.topic, row.organisation) == ("feedback", "none", "thanks", "")
    await desk.accept(network.complaints, mar.actor, row.id, at(pile))
    assert await network.reads(mar, row.id, "note", at(pile)) == ["gracias por todo"]
    assert await network.rows(SealedItem) == []


@pytest.mark.requirement("C-5")
@pytest.mark.parametrize("channel", [SMS, TELEGRAM], ids=lambda traits: traits.name)
async def test_without_the_database_it_is_said_with_other_channels_and_cries_are_heard(
    network: Network, pile: Pile, eva: Person, monkeypatch: pytest.MonkeyPatch, channel: Traits
) -> None:
    """Mutation: last words with the number of the police, or silence, where a screen of one's own needs no database; a card that
    waits for it."""

    async def away(*_: Any, **__: Any) -> Any:
        raise OSError("the database is away: zarzaparrilla")

    phone = await to_who(pile.phone("555", channel))
    await phone.picks("police")
    await phone.picks("end")
    monkeypatch.setattr("bot.effects.complaining.open_complaint", away)
    await phone.picks("send")
    assert phone.here == "complaint.not_saved" and "complaint.not_saved" in phone.said
    assert {"channels", "lines", "back"} <= set(await phone.options())
    await phone.says("me quiero morir")
    assert any(each.startswith("crisis") for each in phone.said)
    monkeypatch.undo()
    await phone.says("8")
    await phone.picks("send")
    assert phone.here == "complaint.done"


IDENTIFYING = "Se llama Eulogia Zurriaga, 310 555 0147"


@pytest.mark.requirement("C-3")
@pytest.mark.parametrize(("option", "kept"), [("#1", "Se llama ···, ···"), ("#2", IDENTIFYING)], ids=["blanked", "as it is"])
async def test_a_name_in_a_note_is_asked_about_before_it_goes_along(
    network: Network, pile: Pile, eva: Person, option: str, kept: str
) -> None:
    """Once with the complaint and once by its code. Mutation: a note of a complaint that is taken as it comes."""
    phone = await to_who(pile.phone("+573001234567", TELEGRAM))
    for step in ("police", "own", "skip", "skip", "skip", "skip", "skip", "skip"):
        await phone.picks(step)
    await phone.says(IDENTIFYING)
    assert phone.here == "complaint.identifying" and (await draft_of(pile, phone)).typed == IDENTIFYING
    await phone.picks(option)
    await phone.picks("no")
    await phone.picks("send")
    number = phone.code
    other = await pile.phone("777", TELEGRAM).comes_back(number)
    await other.picks("write")
    await other.says(IDENTIFYING)
    assert other.here == "code.complaint_identifying"
    await other.picks(option)
    assert other.here == "code.complaint_noted" and not (await draft_of(pile, other)).typed
    row = await only(network)
    await desk.accept(network.complaints, eva.actor, row.id, at(pile))
    assert await network.reads(eva, row.id, "note", at(pile)) == [kept, kept]


async def requested_after_complaining_about(world: World, pile: Pile, typed: str) -> Any:
    """The ticket of somebody who typed an organisation in a complaint and then asks for a person on duty."""
    await pile.roster.refresh()
    await pile.hearing.refresh()
    phone = await to_who(pile.phone("555", TELEGRAM))
    await phone.picks("organisation")
    await phone.says(typed)
    for option in ("end", "help", "person", "yes", "on", "adult", "yes", "code", "no", "send"):
        await phone.picks(option)
    assert phone.here == "request.done"
    (ticket,) = await world.rows(Ticket)
    return ticket


@pytest.mark.requirement("C-4")
async def test_a_later_request_leaves_out_all_that_have_become_one_with_those_it_was_about(
    world: World, network: Network, pile: Pile, eva: Person
) -> None:
    """Casa Sur is a part of Casa Grande by now, and its staff answer. Mutation: comparing the key that was chosen."""
    part = await world.worker("case-manager-co-1", organisation="casa-sur", duty="primary")
    norte = await world.worker("case-manager-co-2", organisation="red-norte", duty="primary")
    for key, into in (("casa-grande", ""), ("red-norte", ""), ("casa-sur", "casa-grande")):
        await network.employer(key, into=into)
    ticket = await requested_after_complaining_about(world, pile, "Organisation casa-grande")
    assert set(ticket.not_organisations) == {"casa-sur", "casa-grande"}
    seen = [{row.id for row in await queue(world.tickets, worker.actor, at(pile))} for worker in (part, norte)]
    assert seen == [set(), {ticket.id}]


@pytest.mark.requirement("C-4")
async def test_a_later_request_leaves_out_all_that_are_called_like_those_it_was_about(
    world: World, network: Network, pile: Pile, eva: Person
) -> None:
    """The list has the name once. Mutation: keys alone, so that the other one's staff, of the same name, read the request."""
    both = [await world.worker(f"case-manager-co-{number}", organisation=f"caritas-{number}", duty="primary") for number in (1, 2)]
    norte = await world.worker("case-manager-co-3", organisation="red-norte", duty="primary")
    for key, name in (("caritas-1", "Cáritas"), ("caritas-2", "CARITAS"), ("red-norte", "")):
        await network.employer(key, name=name)
    ticket = await requested_after_complaining_about(world, pile, "caritas")
    assert set(ticket.not_organisations) == {"caritas-1", "caritas-2"}
    seen = [{row.id for row in await queue(world.tickets, worker.actor, at(pile))} for worker in (*both, norte)]
    assert seen == [set(), set(), {ticket.id}]


@pytest.mark.requirement("C-4")
async def test_feedback_about_no_place_that_is_known_is_met_by_nobody_of_the_organisation_that_was_chosen(
    world: World, network: Network, pile: Pile, mar: Person
) -> None:
    """Mutation: ``none`` for whatever has no place; the organisation kept in the conversation only."""
    await world.worker("case-manager-co-1", organisation="casa-sur", duty="primary")
    await network.employer("casa-sur")
    theirs = await network.person("coordinator-2", "coordinator", organisation="casa-sur")
    await pile.hearing.refresh()
    phone = pile.phone("555", TELEGRAM)
    for text in ("hola", "1", "3", "1", "colombia"):
        await phone.says(text)
    for option in ("#3", "yes"):
        await phone.picks(option)
    assert phone.here == "complaint.which"
    await phone.says("Organisation casa-sur")
    for option in ("skip", "send"):
        await phone.picks(option)
    assert phone.here == "complaint.done"
    row = await only(network)
    assert (row.inbox, row.about, row.organisation, row.topic) == ("feedback", "service", "casa-sur", "asked_money")
    seen = [[each.id for each in await inbox(network.complaints, one.actor, "feedback", at(pile))] for one in (mar, theirs)]
    assert seen == [[row.id], []]
    assert (await slots_of(pile, phone))["accused"] == "casa-sur"


@pytest.mark.requirement("C-4")
async def test_a_rumour_about_an_organisation_is_met_by_nobody_of_that_organisation(
    network: Network, pile: Pile, mar: Person
) -> None:
    """It is answered by others. Mutation: ``none`` for every rumour; an alert to its coordinator."""
    await network.employer("casa-sur")
    theirs = await network.person("coordinator-2", "coordinator", organisation="casa-sur")
    await pile.hearing.refresh()
    phone = pile.phone("555", SMS)
    for text in ("hola", "1", "3", "3", "colombia"):
        await phone.says(text)
    for option in ("rumour", "ask", "yes"):
        await phone.picks(option)
    await phone.says("En Organisation Casa Sur piden dinero por la carpa, ¿es verdad?")
    assert phone.here == "complaint.round"
    for option in ("yes", "send"):
        await phone.picks(option)
    assert phone.here == "complaint.done"
    row = await only(network)
    assert (row.inbox, row.about, row.organisation, row.topic) == ("feedback", "service", "casa-sur", "rumour")
    seen = [[each.id for each in await inbox(network.complaints, one.actor, "feedback", at(pile))] for one in (mar, theirs)]
    assert seen == [[row.id], []] and await network.alerted() == {mar.id}
    assert theirs.public not in (await network.recipients(row.id))["note"]


async def wrote_a_rumour(phone: Phone, text: str) -> Phone:
    """At the question whether it shall go round somebody's people."""
    for said in ("hola", "1", "3", "3", "colombia"):
        await phone.says(said)
    for option in ("rumour", "ask", "yes"):
        await phone.picks(option)
    await phone.says(text)
    assert phone.here == "complaint.round"
    return phone


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("added", [False, True], ids=["at once", "added"])
async def test_a_rumour_about_two_organisations_is_met_by_nobody_of_either(
    network: Network, pile: Pile, mar: Person, added: bool
) -> None:
    """Those read it who are tied to nobody. Mutation: it goes round one of the two; another message that is not asked about."""
    free = await network.person("coordinator-3", "coordinator", organisation="red-libre", independent=True)
    theirs = []
    for name in ("casa-sur", "casa-norte"):
        await network.employer(name)
        theirs.append(await network.person(f"of-{name}", "coordinator", organisation=name))
    await pile.hearing.refresh()
    both = ["Organisation casa-sur pide dinero", "Y Organisation casa-norte también"]
    phone = await wrote_a_rumour(pile.phone("555", SMS), both[0] if added else " ".join(both))
    if added:
        for option in ("yes", "write"):
            await phone.picks(option)
        await phone.says(both[1])
        assert phone.here == "complaint.round"
    for option in ("yes", "send"):
        await phone.picks(option)
    assert phone.here == "complaint.done"
    row = await only(network)
    assert (row.inbox, row.about, row.organisation, row.topic) == ("feedback", "unknown", "", "rumour")
    seen = [[each.id for each in await inbox(network.complaints, one.actor, "feedback", at(pile))] for one in (free, *theirs)]
    assert seen == [[row.id], [], []]
    assert sorted((await slots_of(pile, phone))["accused"].split()) == ["casa-norte", "casa-sur"]


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("P-3")
async def test_what_nobody_may_read_is_not_kept_as_it_is_said(network: Network, pile: Pile) -> None:
    """Mutation: a draft that waits until the menu, and goes to everybody with a "no" behind it."""
    await network.employer("casa-sur")
    await network.person("coordinator-2", "coordinator", organisation="casa-sur")
    await pile.hearing.refresh()
    phone = await wrote_a_rumour(pile.phone("555", TELEGRAM), "Organisation casa-sur pide dinero")
    assert (await draft_of(pile, phone)).note
    await phone.picks("yes")
    assert phone.here == "complaint.nobody" and not (await draft_of(pile, phone)).note
    await phone.picks("back")
    await phone.picks("no")
    assert phone.here == "complaint.note" and await network.rows(Complaint) == []


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("E-6")
async def test_a_note_among_feedback_that_tells_how_somebody_behaved_goes_to_who_looks_into_it(
    network: Network, pile: Pile, eva: Person, mar: Person
) -> None:
    """Written once. Mutation: a draft that forgets it because it was typed for something else."""
    phone = pile.phone("555", TELEGRAM)
    for text in ("hola", "1", "3", "3", "colombia"):
        await phone.says(text)
    for option in ("idea", "yes"):
        await phone.picks(option)
    await phone.says("me pide sexo para darme comida")
    assert phone.here == "complaint.as_conduct"
    for option in ("yes", "on", "on", "police", "end", "send"):
        await phone.picks(option)
    assert phone.here == "complaint.done"
    row = await only(network)
    assert (row.inbox, row.about) == ("psea", "police")
    await desk.accept(network.complaints, eva.actor, row.id, at(pile))
    assert await network.reads(eva, row.id, "note", at(pile)) == ["me pide sexo para darme comida"]
