"""What conversations may know of who hears complaints, what the checkup says is missing, and the register."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.complaints import checks, code, desk, listing, register
from bot.complaints.intake import NobodyReads, open_complaint
from bot.complaints.live import LiveHearing
from bot.complaints.statistics import BOOK
from bot.complaints.tables import Complaint, ComplaintPast
from bot.complaints.trail import TRAIL
from bot.settings import Settings
from bot.staff.audit import verify
from bot.staff.checks import faults as staff_faults
from bot.statistics.periods import Period
from bot.statistics.tables import Figures, NotAnswered, question
from bot.tickets.references import reference
from bot.tickets.sight import NotThere
from tests.bot.complaints.world import NOW, Person, World, after


async def _hearing(world: World, **listed: Any) -> LiveHearing:
    """``listed``: country -> organisations of the directory."""
    made = LiveHearing(
        world.engine,
        Settings(_env_file=None),
        lambda: NOW.timestamp(),
        lambda country: listed.get(country, ()),  # type: ignore[call-arg]
    )
    await made.refresh()
    return made


@pytest.mark.requirement("C-4")
async def test_what_it_says_is_what_intake_does(world: World, eva: Person) -> None:
    """For every kind. Mutation: a promise to take what is not taken; a refusal of what would be."""
    await world.person("psea-9", "psea_focal_point", organisation="red-norte", countries=["PE"])
    await world.person("coordinator-9", "coordinator", organisation="red-norte", countries=["CO", "PE"])
    hearing = await _hearing(world)
    met = set()
    for inbox, about, organisation in (
        ("psea", "organisation", "casa-sur"), ("psea", "organisation", "red-norte"), ("psea", "organisation", ""),
        ("psea", "organisation", "red-observa"), ("psea", "responders", ""), ("psea", "police", ""),
        ("feedback", "service", "red-norte"), ("feedback", "none", ""),
    ):  # fmt: skip
        for country in ("CO", "PE", "MX"):
            said = world.said(inbox=inbox, about=about, organisation=organisation, country=country)
            taken = await open_complaint(world.complaints, world.codes, said, NOW) != NobodyReads()
            assert hearing.reads(country, inbox, about, organisation) is taken, (country, inbox, about, organisation)
            met.add(taken)
    assert met == {True, False}


@pytest.mark.requirement("C-6")
async def test_when_an_answer_is_due_is_said_as_it_will_be_stored(world: World, eva: Person, mar: Person) -> None:
    """Holidays included. Mutation: a promise that the desk does not know of."""
    await world.holidays(date(2026, 3, 9))
    hearing = await _hearing(world)
    for said in (world.said(), world.feedback()):
        complaint_id, _ = await world.send(said)
        promised = datetime.fromtimestamp(hearing.due("CO", said.inbox, NOW.timestamp()), UTC)
        assert promised == (await world.row(complaint_id)).answer_by


@pytest.mark.requirement("C-4")
async def test_organisations_of_the_directory_are_those_of_the_network_where_they_are_the_same(world: World, eva: Person) -> None:
    """Mutation: two entries for one, so that its staff are not tied to what is said about the other; the old name of one that was
    merged."""
    await world.person("worker", "case_manager", organisation="red-norte")
    await world.person("old", "case_manager", organisation="casa-vieja")
    await world.employer("casa-vieja", into="casa-sur")
    await world.employer("casa-sur")
    listed = (("dir-1", "ORGANISATION  red-nórte"), ("dir-2", "Otra Casa"))
    hearing = await _hearing(world, CO=listed)
    assert hearing.organisations("CO") == (
        ("casa-sur", "Organisation casa-sur"), ("red-norte", "Organisation red-norte"), ("red-observa", "Organisation red-observa"),
        ("dir-2", "Otra Casa"),
    )  # fmt: skip
    assert hearing.organisations("CO") is hearing.organisations("CO")
    assert hearing.organisations("PE") == ()


@pytest.mark.requirement("C-4")
async def test_each_name_stands_once_and_is_the_employer_that_works_there(world: World, eva: Person) -> None:
    """Mutation: a second entry, whose key the first one's focal point may read; one key for all countries; two organisations whose
    names have no letters that are compared here, as one; a tie that is not known where the other key is listed."""
    await world.person("focal-co", "psea_focal_point", organisation="acnur-co")
    await world.person("focal-pe", "psea_focal_point", organisation="acnur-pe", countries=["PE"])
    await world.employer("acnur-co", name="ACNUR")
    await world.employer("acnur-pe", name="Acnúr")
    listed = (("dir-1", "ACNUR"), ("dir-2", "acnur"), ("dir-3", "乌"), ("dir-4", "方"), ("dir-5", "Casa"), ("dir-6", "CASA"))
    hearing = await _hearing(world, CO=listed, PE=listed, EC=listed)
    keys = {country: [key for key, _ in hearing.organisations(country)] for country in ("CO", "PE", "EC")}
    rest = ["dir-3", "dir-4"], ["dir-5"]
    assert keys["CO"] == [*rest[0], "acnur-co", *rest[1], "red-observa"]
    assert keys["PE"] == [*rest[0], "acnur-pe", *rest[1]] and keys["EC"] == [*rest[0], "acnur-co", *rest[1]]
    assert hearing.one_with(["acnur-co", "dir-5"]) == {"acnur-co", "acnur-pe", "dir-5"}
    for key in ("acnur-co", "acnur-pe"):
        complaint_id, _ = await world.send(organisation=key)
        assert (await world.recipients(complaint_id))["note"] == {eva.public}
    assert await world.alerted() == {eva.id}


@pytest.mark.requirement("C-4")
async def test_who_watches_over_the_others_can_be_named_and_does_not_read_it(world: World, eva: Person, leo: Person) -> None:
    """While they are alone nobody takes it; a second such organisation does. Mutation: independent organisations left out of those
    that people choose from, so that "I do not know whose" is read by exactly them."""
    hearing = await _hearing(world)
    assert hearing.organisations("CO") == (("red-observa", "Organisation red-observa"),)
    said = world.said(organisation="red-observa")
    assert not hearing.reads("CO", "psea", "organisation", "red-observa")
    assert await open_complaint(world.complaints, world.codes, said, NOW) == NobodyReads()
    assert await world.rows(Complaint) == [] and await world.alerted() == set()
    other = await world.person("psea-3", "psea_focal_point", organisation="casa-observa", independent=True)
    await hearing.refresh()
    assert [key for key, _ in hearing.organisations("CO")] == ["casa-observa", "red-observa"]
    assert hearing.reads("CO", "psea", "organisation", "red-observa")
    complaint_id, _ = await world.send(said)
    assert await world.alerted() == {other.id}
    assert (await world.recipients(complaint_id))["note"] == {other.public}
    for person, ids in ((eva, []), (leo, []), (other, [complaint_id])):
        assert [row.id for row in await listing.inbox(world.complaints, person.actor, "psea", NOW)] == ids


async def test_it_goes_on_without_the_database_and_reads_again(world: World) -> None:
    """Mutation: a snapshot that never changes."""
    hearing = await _hearing(world)
    assert not hearing.reads("CO", "psea", "police", "")
    await world.person("psea-1", "psea_focal_point")
    await hearing.start()
    assert hearing.reads("CO", "psea", "police", "")
    await hearing.stop()


# --- the checkup -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-6")
async def test_the_checkup_names_who_is_missing_until_nobody_is(world: World) -> None:
    """Mutation: a lack that nobody hears of; a sentence where nothing is missing; one coordinator who is enough whomever it is
    about, so that what an absent focal point holds comes to no coordinator."""

    async def said() -> list[str]:
        async with world.engine.connect() as connection:
            return await checks.faults(connection, ("CO",))

    nobody, feedback = await said()
    assert "Nobody with a key reads complaints about behaviour in CO" in nobody and "reads feedback in CO" in feedback
    await world.person("psea-1", "psea_focal_point", organisation="red-norte")
    one, network, independent, tied, _ = await said()
    assert "no back-up" in one and "coordinator" in network and "independent" in independent and "red-norte" in tied
    await world.person("psea-2", "psea_focal_point", organisation="red-observa", independent=True, stands_in=True)
    (network, feedback) = await said()
    assert "coordinator" in network and "feedback" in feedback
    await world.person("coordinator-1", "coordinator", organisation="red-norte")
    responders, theirs = await said()
    assert "about the people who answer here that focal points leave" in responders and "independent = true" in responders
    assert "about red-norte that focal points leave" in theirs
    await world.person("coordinator-2", "coordinator", organisation="red-observa")
    assert await said() == []
    assert any("recovery key for complaints" in each for each in await staff_faults(world.engine, NOW))


@pytest.mark.requirement("C-4")
async def test_the_checkup_names_employers_of_one_name(world: World) -> None:
    """Mutation: by keys or by letters and accents; two that are said to be one; names in letters that are not compared."""
    for key, name in (("a-1", "Cáritas"), ("a-2", "CARITAS"), ("b-1", "ACNUR"), ("c-1", "乌"), ("c-2", "方")):
        await world.employer(key, name=name)
    await world.employer("b-2", name="Acnur", into="b-1")
    async with world.engine.connect() as connection:
        (said,) = await checks.faults(connection, ())
        assert said.startswith("Employers a-1 and a-2 are both called Cáritas: ")


@pytest.mark.requirement("C-4")
async def test_the_checkup_names_whom_nobody_knows_to_be_an_employer(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """Of the directory, as long as something about it is open. Mutation: one that is tied, that has a key of its own, or about
    which nothing waits."""
    tied, own, unknown, closed, elsewhere = [
        await world.listed(name) for name in ("Organisation red-centro", "Casa Uno", "Casa Dos", "Casa Tres", "Casa Cuatro")
    ]
    await world.employer(own)
    gone = f"dir-{'0' * 32}"
    await world.person("psea-pe", "psea_focal_point", organisation="red-observa", countries=["PE"])
    for key in (tied, own, unknown, unknown, gone):
        await world.send(organisation=key)
    await world.send(organisation=elsewhere, country="PE")
    _, derived = await world.send(organisation=closed)
    await code.withdraw(world.complaints, derived, NOW)
    async with world.engine.connect() as connection:
        said = [each for each in await checks.faults(connection, ("CO",)) if " reaches " in each]
    assert len(said) == 2
    assert sorted(each.split(" reaches ")[0] for each in said) == [f"What waits about {each}" for each in ("Casa Dos", gone)]
    assert any(f'key = "{unknown}"' in each for each in said)


async def test_a_trail_that_was_changed_is_noticed(world: World, eva: Person) -> None:
    """Mutation: a chain of which nobody looks."""
    await world.held(eva)
    assert await verify(world.engine, chain=TRAIL) is None
    async with world.engine.begin() as connection:
        await connection.execute(TRAIL.table.update().where(TRAIL.table.c.number == 1).values(actor="somebody"))
    assert await verify(world.engine, chain=TRAIL) == 1
    assert any("trail of complaints was changed" in each for each in await staff_faults(world.engine, NOW))


# --- the register ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("C-4")
@pytest.mark.requirement("T-4")
async def test_the_register_is_for_independent_organisations_and_holds_no_content(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """Mutation: an organisation, an account, a day or what happened in an entry; somebody else who sees it; one about themselves; a
    sum that counts what is not to be counted."""
    first, _ = await world.held(eva, topic="sexual")
    await world.answered(eva, first)
    await desk.forward(world.complaints, eva.actor, first, NOW, way="outside")
    await desk.confirm_receipt(world.complaints, eva.actor, first, NOW)
    await world.send(organisation="red-observa")
    await world.send(counted=False)
    _, gone = await world.send()
    await code.withdraw(world.complaints, gone, NOW)
    await world.send(now=after(days=-8), about="police", organisation="")
    await world.tick(after(hours=13))
    found = await register.entries(world.complaints, eva.actor, after(hours=13))
    assert [(each.week, each.about, each.state) for each in found[:1]] == [(date(2026, 2, 23), "police", "received")]
    assert [found[0].accepted, found[0].forwarded, found[0].answered] == ["late", "late", "late"]
    assert len(found) == 4, "not the one about themselves"
    (mine,) = [each for each in found if each.state == "accepted"]
    assert (mine.accepted, mine.forwarded, mine.answered, mine.received) == ("in_time", "in_time", "in_time", 1)
    assert register.sums(found) == (3, 2, 1, 1)
    assert [(each.reference, each.state) for each in found if not each.reference or not each.counted] == [
        ("", "withdrawn"), (reference((await uncounted(world)).id), "received"),
    ]  # fmt: skip
    shown = repr(found)
    for word in ("casa-sur", "red-observa", "psea-1", "sexual", "money", "2026-03-03", "2026, 3, 3"):
        assert word not in shown
    only = await register.entries(world.complaints, eva.actor, after(hours=13), since=date(2026, 3, 2), countries=["CO"])
    assert len(only) == 3
    assert await register.entries(world.complaints, eva.actor, NOW, countries=["PE"]) == []
    other = await world.person("psea-5", "psea_focal_point", organisation="red-norte")
    for person in (mar, other, await world.person("manager", "case_manager", organisation="red-observa")):
        with pytest.raises(NotThere):
            await register.entries(world.complaints, person.actor, NOW)


async def uncounted(world: World) -> Any:
    (row,) = [row for row in await world.rows(Complaint) if not row.counted]
    return row


@pytest.mark.requirement("T-1")
@pytest.mark.requirement("T-4")
async def test_what_became_of_a_complaint_outlives_it_as_a_number(world: World, eva: Person, mar: Person) -> None:
    """Closed and forgotten, withdrawn early, late or after it was closed, never closed at all: each is in the register once, before
    and after, with nothing that leads to it. Mutation: an entry that goes with the row, or stands twice beside it; one of somebody
    who said no, or about those who read the register; a receipt, a step or an end that is lost."""
    first, _ = await world.held(eva)
    await desk.forward(world.complaints, eva.actor, first, NOW, way="outside")
    await desk.confirm_receipt(world.complaints, eva.actor, first, NOW)
    await world.answered(eva, first)
    await desk.close(world.complaints, eva.actor, first, "forwarded", NOW)
    twin = {"about": "police", "organisation": ""}
    for _ in range(2):
        alike, _ = await world.held(eva, **twin)
        await world.answered(eva, alike, after(hours=50))
        await desk.close(world.complaints, eva.actor, alike, "answered", after(hours=51))
    _, gone = await world.held(eva, about="official", organisation="")
    await code.withdraw(world.complaints, gone, after(hours=30))
    ended, over = await world.held(eva, about="smuggler", organisation="")
    await world.answered(eva, ended)
    await desk.close(world.complaints, eva.actor, ended, "answered", NOW)
    await code.withdraw(world.complaints, over, after(hours=1))
    await world.send(about="other", organisation="")
    _, said_no = await world.send(counted=False)
    await code.withdraw(world.complaints, said_no, NOW)
    _, watched = await world.send(organisation="red-observa")
    await code.withdraw(world.complaints, watched, NOW)

    def shown(entries: list[Any]) -> list[Any]:
        return sorted(each[3:] for each in entries)

    before = await register.entries(world.complaints, eva.actor, after(days=4))
    assert len(before) == 6
    await world.tick(after(days=181))
    await world.tick(after(days=260))
    assert await world.rows(Complaint) == []
    found = await register.entries(world.complaints, eva.actor, after(days=260))
    assert {each.reference for each in found} == {""} and {each.week for each in found} == {date(2026, 3, 2)}
    late = ("psea", "other", "closed", "", "late", "late", 0, "late", False, True)
    waits = ("psea", "other", "received", "", "late", "late", 0, "late", False, True)
    assert late in shown(found) and waits in shown(before)
    assert [each for each in shown(found) if each != late] == [each for each in shown(before) if each != waits] == [
        ("psea", "official", "withdrawn", "withdrawn", "in_time", "late", 0, "", False, True),
        ("psea", "organisation", "closed", "forwarded", "in_time", "in_time", 1, "in_time", False, True),
        *[("psea", "police", "closed", "answered", "in_time", "late", 0, "late", False, True)] * 2,
        ("psea", "smuggler", "closed", "answered", "in_time", "", 0, "in_time", False, True),
    ]  # fmt: skip
    assert sorted(row.number for row in await world.rows(ComplaintPast)) == [1, 1, 1, 1, 2], "a number, not a row for each"
    with pytest.raises(NotThere):
        await register.entries(world.complaints, mar.actor, after(days=260))


@pytest.mark.requirement("T-2")
@pytest.mark.requirement("T-3")
async def test_figures_of_complaints_hide_small_numbers_as_all_figures_do(world: World, eva: Person) -> None:
    """Mutation: a book whose numbers go round the hiding; two indicators crossed."""
    for _ in range(7):
        await world.send(about="police", organisation="")
    await world.send(about="soldier", organisation="")
    period = Period(date(2026, 1, 26), "twelve_weeks")
    asked = question(["complaint_about"], ["country", "value"], period, date(2026, 5, 1), book=BOOK)
    table = await Figures(world.engine, countries=("CO",), book=BOOK).answer(asked)
    assert table.cells["CO", "soldier"] is None
    with pytest.raises(NotAnswered):
        question(["complaint", "complaint_about"], ["country"], period, date(2026, 5, 1), book=BOOK)
    with pytest.raises(NotAnswered):
        question(["complaint_about"], ["country", "value"], period, date(2026, 5, 1))
