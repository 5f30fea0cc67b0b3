"""Who may ever meet a complaint: the rule, alone and as a query."""

from __future__ import annotations

import itertools
import types
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from bot.complaints import listing, reading, routing
from bot.complaints.routing import Network, Ties
from bot.complaints.storing import complaint
from bot.complaints.tables import Complaint
from bot.directory.tables import Organization
from bot.staff.roles import Actor
from bot.tickets.sight import NotThere
from tests.bot.complaints.world import NOW, Person, World

NETWORK = Network({
    "red-norte": ("", False), "casa-sur": ("red-grande", False), "casa-vieja": ("casa-sur", False), "red-grande": ("", False),
    "red-observa": ("", True), "dir-1": ("red-norte", False),
})  # fmt: skip


FIELDS = ("key", "name", "merged_into", "independent")


@pytest.mark.requirement("C-4")
def test_whoever_has_become_one_with_another_is_tied_to_it_in_both_directions() -> None:
    """Mutation: the chain upwards only, so that the larger one reads about its part; one step only."""
    whole = {"casa-sur", "casa-vieja", "red-grande"}
    for each in whole:
        assert NETWORK.tied(each) == whole
    assert NETWORK.tied("red-norte") == {"red-norte", "dir-1"}
    assert NETWORK.tied("nowhere") == {"nowhere"}


@pytest.mark.requirement("C-4")
def test_employers_of_one_name_are_tied_with_all_that_became_one_with_them_and_gain_nothing() -> None:
    """Mutation: keys alone; a name of one that became a part of another; two names that are reached over a third employer; names
    without letters, which would all be the same; a unit that investigates for a namesake; independent beside one that is not."""
    rows = [("acnur-co", "ACNUR", "", True), ("acnur-pe", "Acnúr", "", False), ("onu", "ONU", "acnur-pe", False)]
    rows += [("onu-2", "onu", "todos", False), ("todos", "Todos", "", False), ("um", "乌", "", False), ("dois", "方", "", False)]
    among = Network.of((types.SimpleNamespace(**dict(zip(FIELDS, row, strict=True))) for row in rows), {"dir-1": ("acnur-co",)})
    whole = {"acnur-co", "acnur-pe", "onu", "onu-2", "todos", "dir-1"}
    for each in whole:
        assert among.tied(each) == whole
    assert among.tied("um") == {"um"}
    assert among.covered(["acnur-co"]) == {"acnur-co", "dir-1"} and among.chain("acnur-pe") == ("acnur-pe",)
    assert not among.independent("acnur-co")


def test_a_circle_ends() -> None:
    """Mutation: following merged_into for ever."""
    circle = Network({"a": ("b", False), "b": ("c", False), "c": ("b", False)})
    assert circle.chain("a") == ("a", "b", "c")


@pytest.mark.requirement("C-4")
def test_independent_only_while_all_that_became_one_with_it_are() -> None:
    """Mutation: asking its own row only; taking somebody unknown for independent."""
    assert NETWORK.independent("red-observa") and not NETWORK.independent("red-norte") and not NETWORK.independent("nowhere")
    for into, partner in (("red-norte", "red-observa"), ("red-observa", "red-norte")):
        merged = Network({"red-observa": ("red-norte" if into == "red-norte" else "", True), "red-norte": ("", False)})
        if into == "red-observa":
            merged = Network({"red-observa": ("", True), "red-norte": ("red-observa", False)})
        assert not merged.independent(into) and not merged.independent(partner)


def test_a_unit_covers_the_parts_of_its_organisation_and_not_the_whole_of_which_it_became_a_part() -> None:
    """Mutation: covering all that is tied, so that a part's unit reads what was passed to the whole."""
    assert NETWORK.covered(["casa-sur"]) == {"casa-sur", "casa-vieja"}
    assert NETWORK.covered(["red-grande"]) == {"red-grande", "casa-sur", "casa-vieja"}
    assert NETWORK.covered([]) == frozenset()


@pytest.mark.requirement("C-4")
def test_one_of_the_directory_is_tied_to_each_employer_that_it_was_called_like_and_they_are_not_to_each_other() -> None:
    """Mutation: the last of them alone; two employers that read nothing about each other since both had one name at some time."""
    among = Network(NETWORK.employers | {"dir-3": ("", False)}, {"dir-2": ("casa-vieja", "red-observa"), "dir-3": ("red-norte",)})
    whole = {"casa-sur", "casa-vieja", "red-grande"}
    assert among.tied("dir-2") == {"dir-2", "red-observa", *whole}
    assert among.tied("casa-sur") == {"dir-2", *whole} and among.tied("red-observa") == {"dir-2", "red-observa"}
    assert among.tied("dir-3") == among.tied("red-norte") == {"dir-1", "dir-3", "red-norte"}, (
        "an employer of its own, and called alike"
    )
    assert among.chain("dir-2") == ("dir-2", "casa-vieja", "red-observa", "casa-sur", "red-grande")
    assert among.covered(["casa-sur"]) == {"casa-sur", "casa-vieja", "dir-2"}
    assert among.independent("red-observa") and not among.independent("dir-2") and not among.independent("dir-9")


def _row(**changes: Any) -> Any:
    values = {
        "inbox": "psea", "country": "CO", "about": "organisation", "organisation": "casa-sur", "level": "focal", "refused": (),
    }  # fmt: skip
    return types.SimpleNamespace(**values | changes)


def _actor(*roles: Any, countries: tuple[str, ...] = ("CO",)) -> Actor:
    return Actor(uuid.UUID(int=1), "somebody", "red-norte", roles, countries)


FREE = Ties(frozenset({"red-norte"}), frozenset(), False)


@pytest.mark.requirement("C-4")
def test_the_rule_case_by_case() -> None:
    """Mutation: any line of ``role_for``."""
    focal, coordinator = _actor("psea_focal_point"), _actor("coordinator")
    assert routing.may_read(focal, FREE, _row())
    assert not routing.may_read(focal, FREE, _row(organisation="red-norte"))
    assert not routing.may_read(focal, FREE, _row(country="PE"))
    assert not routing.may_read(focal, FREE, _row(refused=(focal.id.hex,)))
    assert not routing.may_read(focal, FREE, _row(about="responders", organisation=""))
    assert not routing.may_read(focal, FREE, _row(about="unknown", organisation=""))
    assert routing.may_read(focal, FREE._replace(independent=True), _row(about="unknown", organisation=""))
    assert routing.may_read(focal, FREE, _row(about="police", organisation=""))
    assert not routing.may_read(focal, FREE, _row(inbox="feedback", about="service"))
    assert not routing.may_read(coordinator, FREE, _row())
    assert routing.may_read(coordinator, FREE, _row(level="network"))
    assert routing.may_read(coordinator, FREE, _row(), level="network")
    assert routing.may_read(coordinator, FREE, _row(inbox="feedback", about="service"))
    for other in ("case_manager", "child_protection", "supervisor", "national_focal_point", "member", "administrator"):
        assert not routing.may_read(_actor(other), FREE._replace(independent=True), _row(level="network"))
        if other not in ("member", "administrator"):
            assert not routing.may_read(_actor("coordinator", other), FREE, _row(level="network"))
            assert not routing.may_read(_actor("psea_focal_point", other), FREE, _row())


@pytest.mark.requirement("C-4")
def test_a_unit_reads_what_was_forwarded_to_it_and_nothing_before() -> None:
    """Mutation: its own organisation's complaints without a forwarding; of another organisation; what is not about behaviour."""
    unit, own = _actor("psea_focal_point"), Ties(frozenset({"casa-sur"}), frozenset({"casa-sur"}), False)
    assert not routing.may_read(unit, own, _row())
    assert routing.may_read(unit, own, _row(), ["casa-sur"])
    assert not routing.investigates(own, _row(organisation="red-sur"), ["red-sur", "casa-sur"])
    assert not routing.may_read(unit, own, _row(), ["red-sur"])
    assert not routing.may_read(unit, own, _row(inbox="feedback"), ["casa-sur"])
    assert not routing.may_read(unit, own._replace(covers=frozenset()), _row(), ["casa-sur"])
    assert not routing.may_read(_actor("administrator"), own, _row(), ["casa-sur"])
    assert not routing.may_read(unit, own, _row(refused=(unit.id.hex,)), ["casa-sur"])


@pytest.mark.requirement("C-4")
async def test_the_query_says_what_the_rule_says(world: World) -> None:
    """Mutation: any part of ``visible`` that ``role_for`` does not have, or the other way round."""
    for key, into, independent in (
        ("red-norte", "", False), ("red-grande", "", False), ("casa-sur", "red-grande", False), ("red-observa", "", True),
    ):  # fmt: skip
        await world.employer(key, into=into, independent=independent)
    people = [
        await world.person(f"p-{number}", *roles, organisation=organisation, countries=countries, investigates=units)
        for number, (roles, organisation, countries, units) in enumerate(
            itertools.product(
                [("psea_focal_point",), ("coordinator",), ("psea_focal_point", "coordinator"), ("case_manager",)],
                ["red-norte", "casa-sur", "red-observa"],
                [("CO",), ("PE", "CO")],
                [(), ("casa-sur",)],
            )
        )
    ]
    for inbox, about, organisation, country in (
        ("psea", "organisation", "casa-sur", "CO"), ("psea", "organisation", "red-grande", "PE"),
        ("psea", "responders", "", "CO"), ("psea", "unknown", "casa-sur", "CO"), ("psea", "police", "", "CO"),
        ("feedback", "service", "casa-sur", "CO"), ("feedback", "none", "", "PE"), ("psea", "organisation", "casa-sur", "CO"),
    ):  # fmt: skip
        topic = "money" if inbox == "psea" else "waited"
        await world.send(inbox=inbox, about=about, organisation=organisation, country=country, topic=topic)
    rows = await world.rows(Complaint)
    twin = [row for row in rows if (row.about, row.organisation) == ("organisation", "casa-sur")][1]
    await world.set(twin.id, level="network", refused=(people[0].actor.id.hex, people[5].actor.id.hex))
    await world.pass_on(twin.id, "casa-sur")
    rows = await world.rows(Complaint)
    met = 0
    async with world.engine.connect() as connection:
        for person in people:
            by = await routing.ties(connection, person.actor)
            asked = select(complaint.c.id).where(routing.visible(person.actor, by))
            found = set((await connection.execute(asked)).scalars())
            said = {row.id for row in rows if routing.may_read(person.actor, by, row, await routing.units_of(connection, row.id))}
            assert found == said, person.actor
            met += len(found)
    assert 40 < met < len(people) * len(rows) / 2


@given(st.sampled_from(sorted(NETWORK.employers)), st.booleans(), st.sampled_from(["psea", "feedback"]))
def test_nobody_tied_ever_reads_but_a_unit(organisation: str, independent: bool, inbox: str) -> None:
    """Mutation: an independent organisation that reads about itself."""
    for role in ("psea_focal_point", "coordinator"):
        by = Ties(NETWORK.tied(organisation), frozenset(), independent)
        for about in NETWORK.tied(organisation):
            row = _row(inbox=inbox, organisation=about, level="network", about="unknown")
            assert not routing.may_read(_actor(role), by, row, [about])


@pytest.mark.requirement("P-5")
async def test_sealed_to_focal_points_who_stands_in_coordinators_and_the_recovery_key_of_complaints(
    world: World, eva: Person, leo: Person, mar: Person
) -> None:
    """Mutation: a coordinator left out until it is escalated, when nobody could open it any more; somebody tied; the key of
    requests."""
    offline = await world.recovery_key()
    await world.recovery_key("requests")
    await world.person("tied", "psea_focal_point", organisation="casa-sur")
    await world.person("elsewhere", "psea_focal_point", countries=["PE"])
    await world.person("keyless", "psea_focal_point", key=False)
    await world.person("worker", "case_manager")
    complaint_id, _ = await world.send()
    wanted = {each.public for each in (eva, leo, mar)} | {offline.public_key().public_bytes_raw()}
    assert await world.recipients(complaint_id) == {"card": wanted, "note": wanted}
    feedback_id, _ = await world.send(world.feedback())
    wanted = {mar.public, offline.public_key().public_bytes_raw()}
    assert await world.recipients(feedback_id) == {"card": wanted, "note": wanted}


@pytest.mark.requirement("C-4")
async def test_whoever_moved_to_another_employer_has_the_ties_of_both_until_signed_in_again(world: World, eva: Person) -> None:
    """Mutation: an actor of an old session whose new employer counts alone, or whose old one does."""
    await world.employer("casa-sur")
    complaint_id, _ = await world.send()
    assert [row.id for row in await listing.inbox(world.complaints, eva.actor, "psea", NOW)] == [complaint_id]
    await world.moved(eva, "casa-sur")
    assert await listing.inbox(world.complaints, eva.actor, "psea", NOW) == []


@pytest.mark.requirement("C-4")
async def test_an_organisation_of_the_directory_that_has_accounts_later_is_tied_to_what_was_said_before(
    world: World, eva: Person
) -> None:
    """Mutation: ties by the keys of employers alone, so that its first focal point reads what was said about it last week."""
    listed = Organization(name="ORGANISATION Casa Nuéva")
    key = f"dir-{listed.id.hex}"
    async with world.engine.begin() as connection:
        await connection.execute(insert(Organization).values(**listed.model_dump()))
    complaint_id, _ = await world.send(organisation=key)
    far = await world.person("coordinator-9", "coordinator", organisation="red-lejos")
    about_a_place, _ = await world.send(world.feedback(organisation=key))
    theirs = await world.person("psea-9", "psea_focal_point", organisation="casa-nueva")
    coordinates = await world.person("coordinator-8", "coordinator", organisation="casa-nueva")
    for person, id, inbox in ((theirs, complaint_id, "psea"), (coordinates, about_a_place, "feedback")):
        assert await listing.inbox(world.complaints, person.actor, inbox, NOW) == []
        with pytest.raises(NotThere):
            await reading.sheet(world.complaints, person.actor, id, NOW)
    async with world.engine.connect() as connection:
        row = await world.row(complaint_id)
        assert set(await routing.eligible(connection, row)) == {eva.id, far.id}
        assert (await routing.network(connection)).independent("red-observa")
    assert [row.id for row in await listing.inbox(world.complaints, eva.actor, "psea", NOW)] == [complaint_id]


async def test_of_the_directory_only_what_is_named_is_read(world: World) -> None:
    """By a complaint, or by what somebody is about to send. Mutation: reading all of a directory of thousands at every look;
    leaving out what is only now being sent."""
    await world.employer("casa-nueva")
    keys = [await world.listed(name, found=False) for name in ("ORGANISATION Casa Nuéva", "Organisation casa-nueva")]
    async with world.engine.connect() as connection:
        assert not set(keys) & (await routing.network(connection)).tied("casa-nueva")
        assert (await routing.network(connection, keys[0])).tied("casa-nueva") == {"casa-nueva", keys[0]}


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("kept_by", ["intake", "clock"])
async def test_whom_a_complaint_was_seen_to_be_about_it_stays_about(world: World, eva: Person, kept_by: str) -> None:
    """Kept as it comes in, and within a minute where it is seen later. Mutation: a tie that goes with the next name of either; one
    that is kept of every name of the directory; twice, as an error."""
    key, other = [await world.listed(name, found=False) for name in ("Organisation casa-nueva", "Organisation casa-otra")]
    await world.employer("casa-otra")
    if kept_by == "intake":
        await world.employer("casa-nueva")
    await world.send(organisation=key)
    await world.send(organisation=key)
    if kept_by == "clock":
        await world.employer("casa-nueva")
        await world.tick(NOW)
        await world.tick(NOW)
    await world.employer("casa-nueva", name="Hogar")
    await world.relisted(key, "Otro nombre")
    async with world.engine.connect() as connection:
        among = await routing.network(connection)
    assert among.tied("casa-nueva") == {"casa-nueva", key} and other not in among.listed
