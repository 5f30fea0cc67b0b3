"""A complaint about an organisation does not exist for whoever is tied to it: not a byte differs, nor any query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final

import pytest

from bot.alerts.tables import Alert
from bot.complaints import checks, code, desk, listing, reading, register, routing
from bot.complaints.live import LiveHearing
from bot.complaints.statistics import BOOK
from bot.complaints.tables import Complaint
from bot.desk import audit_view
from bot.settings import Settings
from bot.staff import audit, keys, leaving, recovery
from bot.staff import checks as staff_checks
from bot.staff.roles import may
from bot.staff.tables import ROLES
from bot.statistics.periods import Period
from bot.statistics.tables import REQUESTS, Figures, question
from bot.tickets import listing as ticket_listing
from bot.tickets.storing import Tickets
from flows.kernel import Words
from tests.bot.complaints.world import NOW, Person, World, after

A: Final = "casa-sur"
PART: Final = "casa-vieja"
WHOLE: Final = "red-grande"
RENAMED: Final = "casa-sur-2"
LATER: Final = after(days=40)
"""Figures of the weeks before are out."""
UNKNOWN: Final = bytes(16)

ACTS: Final[list[Callable[[World, Person, bytes], Awaitable[Any]]]] = [
    lambda w, p, id: reading.sheet(w.complaints, p.actor, id, LATER),
    lambda w, p, id: reading.released(w.complaints, p.actor, id, "card", LATER),
    lambda w, p, id: reading.released(w.complaints, p.actor, id, "note", LATER),
    lambda w, p, id: desk.accept(w.complaints, p.actor, id, LATER),
    lambda w, p, id: desk.release(w.complaints, p.actor, id, LATER),
    lambda w, p, id: desk.give(w.complaints, p.actor, id, p.id, LATER),
    lambda w, p, id: desk.recuse(w.complaints, p.actor, id, LATER),
    lambda w, p, id: desk.forward(w.complaints, p.actor, id, LATER, way="outside"),
    lambda w, p, id: desk.forward(w.complaints, p.actor, id, LATER, way="unit", organisation=A),
    lambda w, p, id: desk.confirm_receipt(w.complaints, p.actor, id, LATER),
    lambda w, p, id: desk.send_answer(w.complaints, p.actor, id, AN_ENVELOPE, LATER, asks=False),
    lambda w, p, id: desk.close(w.complaints, p.actor, id, "answered", LATER),
    lambda w, p, id: desk.missing_wraps(w.complaints, p.actor, id, LATER),
    lambda w, p, id: desk.add_wraps(w.complaints, p.actor, id, {}, LATER),
]
AN_ENVELOPE: bytes = b""


class Seen:
    """Everything that one account is ever shown or told, and what the database was asked for it."""

    def __init__(self, world: World, person: Person) -> None:
        self._world, self._person = world, person
        self.said: list[str] = []

    async def note(self, name: str, made: Awaitable[Any]) -> None:
        try:
            result = repr(await made)
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
        self.said.append(f"{name}: {result}")

    async def everything(self, ids: Sequence[bytes], hearing: LiveHearing) -> bytes:
        """``ids``: of complaints that this account shall not meet, or that there are not."""
        world, person = self._world, self._person
        complaints, actor, engine = world.complaints, person.actor, world.engine
        with world.statements() as asked:
            for inbox in ("psea", "feedback"):
                for ended in (False, True):
                    await self.note(inbox, listing.inbox(complaints, actor, inbox, LATER, ended=ended))
            for place, id in enumerate(ids):
                for number, act in enumerate(ACTS if place == 0 else ACTS[:1]):
                    await self.note(f"act {number} on {place}", act(world, person, id))
            await self.note("register", register.entries(complaints, actor, LATER))
            await self.note("tickets", ticket_listing.queue(_tickets(world), actor, LATER))
            if may(actor, "see_statistics"):
                for what, by in (("request", ("country",)), ("outcome", ("country", "value"))):
                    period = Period(date(2026, 1, 26), "twelve_weeks")
                    await self.note(what, Figures(engine).answer(question([what], by, period, date(2026, 5, 1))))
            if may(actor, "see_audit"):
                async with engine.connect() as connection:
                    seen = await audit_view.seen_by(connection, actor)
                    await self.note("audit", audit_view.entries(connection, seen, limit=50))
                    await self.note("months", audit_view.months(connection, LATER))
                await self.note("head", audit.head(engine))
            if may(actor, "manage_staff"):
                async with engine.connect() as connection:
                    await self.note("checkup", checks.faults(connection, ("CO",)))
                    await self.note("due", recovery.due(connection, LATER, await recovery.purposes(connection)))
                await self.note("staff", staff_checks.faults(engine, LATER))
            async with engine.connect() as connection:
                await self.note("keys", keys.key_ids(connection, actor.id))
            for about, organisation in (("organisation", A), ("unknown", ""), ("police", "")):
                self.said.append(str(hearing.reads("CO", "psea", about, organisation)))
            self.said.append(str(hearing.organisations("CO")))
        alerts = [row for row in await world.rows(Alert) if row.staff_id == actor.id]
        self.said.append(f"alerts: {len(alerts)}")
        self.said += [_without(ids, f"{statement} {values}") for statement, values in asked]
        return "\n".join(self.said).encode()


def _tickets(world: World) -> Tickets:
    return Tickets(world.engine, world.complaints.guard, world.complaints.lifetimes)


def _without(ids: Sequence[bytes], text: str) -> str:
    """The ids themselves are what the actor asked for."""
    for id in ids:
        text = text.replace(id.hex(), "<id>")
    return text


async def everybody(world: World, *, few: bool = False) -> list[Person]:
    """Each role in each organisation that is, was or will be tied to A; ``few``: who might be told of complaints."""
    people = []
    for organisation in (A, PART, WHOLE, RENAMED):
        for role in (
            ROLES
            if organisation == A and not few
            else ("psea_focal_point", "coordinator", "supervisor", "administrator")[: 2 if few else 4]
        ):
            countries = () if role == "administrator" else ("CO", "PE")
            people.append(
                await world.person(f"{role.replace('_', '-')}-{organisation}", role, organisation=organisation, countries=countries)
            )
        stands_in = {"stands_in": True, "investigates": [A]}
        people.append(await world.person(f"unit-{organisation}", "psea_focal_point", organisation=organisation, **stands_in))
        both = ("psea_focal_point", "coordinator")
        people.append(await world.person(f"both-{organisation}", *both, organisation=organisation))
    return people


async def seen(world: World, people: list[Person], ids: Sequence[bytes] = (UNKNOWN,)) -> dict[str, bytes]:
    hearing = LiveHearing(world.engine, Settings(_env_file=None), lambda: LATER.timestamp())  # type: ignore[call-arg]
    await hearing.refresh()
    return {person.actor.name: await Seen(world, person).everything(ids, hearing) for person in people}


def assert_same(now: dict[str, bytes], before: dict[str, bytes]) -> None:
    """Byte by byte; says whose view differs, and where first."""
    for name, view in now.items():
        pairs = zip(view.split(b"\n"), before[name].split(b"\n"), strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), None)
        assert view == before[name], (name, first)


async def course(world: World, eva: Person, mar: Person, step: str, about: str = A) -> bytes:
    """A complaint about A, or about what A is called in the directory, that has come so far."""
    if step in ("feedback", "rumour"):
        topic = {"topic": step} if step == "rumour" else {}
        return (await world.send(world.feedback(organisation=about, **topic)))[0]
    complaint_id, derived = await world.send(urgent=step == "urgent", organisation=about)
    if step == "escalated":
        await world.tick(after(hours=13))
    if step in ("accepted", "answered", "outside", "contested", "withdrawn"):
        await desk.accept(world.complaints, eva.actor, complaint_id, after(hours=1))
    if step in ("answered", "contested"):
        await world.answered(eva, complaint_id, after(hours=2))
        await code.add_note(world.complaints, derived, Words("más palabras"), "m9", after(hours=3))
    if step == "outside":
        await desk.forward(world.complaints, eva.actor, complaint_id, after(hours=3), way="outside", organisation=about)
    if step == "contested":
        await desk.close(world.complaints, eva.actor, complaint_id, "answered", after(hours=4))
        await code.contest(world.complaints, derived, after(hours=5))
    if step == "withdrawn":
        await code.withdraw(world.complaints, derived, LATER)
    return complaint_id


async def become(world: World, when: str) -> None:
    """What became of the organisations."""
    into = {
        "one": {PART: A, A: WHOLE, RENAMED: WHOLE}, "apart": {}, "renamed": {A: RENAMED, PART: A, WHOLE: RENAMED},
        "alike": {WHOLE: RENAMED},
    }[when]  # fmt: skip
    called = {A: "Cáritas", PART: "CARITAS", RENAMED: "Caritas"} if when == "alike" else {}
    for key in (A, PART, WHOLE, RENAMED):
        await world.employer(key, into=into.get(key, ""), name=called.get(key, ""))


STEPS: Final = ("sent", "urgent", "escalated", "accepted", "answered", "outside", "contested", "withdrawn", "feedback", "rumour")


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize(("became", "listed"), [("one", ""), ("one", "ORGANISATION casa-súr"), ("alike", ""), ("alike", "Caritas")])
async def test_not_a_byte_differs_for_whoever_is_tied_to_it(
    world: World, eva: Person, leo: Person, mar: Person, became: str, listed: str
) -> None:
    """Organisation by role, with and without complaints at every stage, named as an employer or as one of the directory; of
    organisations that became one, and of such as are called alike. Mutation: the exclusion taken out of ``visible`` or
    ``role_for``; made after the query; an alert, an audit entry, a counter or a page that is not asked; two employers of one name
    that read about each other."""
    people = await everybody(world)
    await become(world, became)
    about = await world.listed(listed) if listed else A
    before = await seen(world, people, [UNKNOWN] * len(STEPS))
    ids = [await course(world, eva, mar, step, about) for step in STEPS]
    await world.tick(LATER)
    assert await world.alerted() == {eva.id, leo.id, mar.id}
    assert {row.state for row in await world.rows(Complaint)} == {"received", "accepted", "withdrawn"}
    assert_same(await seen(world, people, ids), before)


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize(
    ("step", "became"), [("sent", "one"), ("accepted", "renamed"), ("contested", "one"), ("accepted", "alike")]
)
async def test_nor_for_whoever_becomes_tied_to_it_later(world: World, eva: Person, mar: Person, step: str, became: str) -> None:
    """They saw it, were told of it and worked on it, until the organisations became one. Mutation: ties as they were at intake; a
    complaint that stays with who holds it."""
    people = await everybody(world, few=True)
    others = [person for person in people if not person.actor.name.endswith(f"-{A}")]
    focal = next(person for person in others if person.actor.name == f"psea-focal-point-{WHOLE}")
    await become(world, became)
    await world.alerted()
    before = await seen(world, people)
    await become(world, "apart")
    complaint_id = await course(world, focal, mar, step)
    if step == "contested":
        await desk.accept(world.complaints, focal.actor, complaint_id, after(hours=6))
    assert [row.id for row in await listing.inbox(world.complaints, focal.actor, "psea", NOW)] == [complaint_id]
    await become(world, became)
    await world.alerted()
    await world.tick(after(hours=25))
    row = await world.row(complaint_id)
    assert row.held_by is None and row.state == "received"
    assert await world.alerted() == ({mar.id} if step == "sent" else {eva.id, mar.id})
    if step != "sent":
        assert focal.public not in (await world.recipients(complaint_id))["note"], "not even a dump opens to their key"
    await world.tick(LATER)
    assert_same(await seen(world, people, [complaint_id]), before)


@pytest.mark.requirement("C-4")
@pytest.mark.parametrize("when", ["before", "after", "merged"])
async def test_nor_for_whom_the_directory_calls_by_another_name(world: World, eva: Person, mar: Person, when: str) -> None:
    """They had one name once; then the employer and the organisation of the directory got others, before the complaint or after it,
    or A became a part of a larger one since. Mutation: ties by the names of now, so that who was renamed is alerted of what was
    said about them; ties that are read only where a complaint names them, so that a query differs."""
    organisations = (A, WHOLE) if when == "merged" else (A,)
    people = [each for each in await everybody(world, few=True) if each.actor.organisation in organisations]
    steps = ("sent", "escalated", "accepted", "outside", "feedback")
    key = await world.listed("ORGANISATION casa-súr")

    async def renamed() -> None:
        await world.employer(A, into=WHOLE if when == "merged" else "", name="Hogar del Sur")
        await world.relisted(key, "Otro nombre")

    await renamed()
    before = await seen(world, people, [UNKNOWN] * len(steps))
    if when != "before":
        await world.employer(A)
        await world.relisted(key, "Organisation casa-sur")
    ids = [await course(world, eva, mar, step, key) for step in steps]
    told = await world.alerted()
    assert told > {eva.id, mar.id} and not told & {each.id for each in people if each.actor.organisation == A}
    await renamed()
    await world.tick(LATER)
    assert await world.alerted() >= {eva.id, mar.id}
    assert_same(await seen(world, people, ids), before)


@pytest.mark.requirement("C-4")
async def test_others_do_see_it(world: World, eva: Person, leo: Person, mar: Person) -> None:
    """What the other tests compare would differ. Mutation: a comparison that compares nothing."""
    people = await everybody(world, few=True)
    await become(world, "one")
    outside = [eva, leo, mar, *[await world.person("free", "psea_focal_point", organisation="red-norte")]]
    before = await seen(world, [*outside, *people])
    complaint_id, _ = await world.send(organisation=A)
    await world.tick(LATER)
    now = await seen(world, [*outside, *people], [complaint_id])
    assert all(now[person.actor.name] != before[person.actor.name] for person in outside)
    assert all(now[person.actor.name] == before[person.actor.name] for person in people)


@pytest.mark.requirement("C-4")
async def test_about_those_who_answer_here_only_independent_ones_see_it(world: World, eva: Person, mar: Person) -> None:
    """Mutation: a focal point of an organisation that helps, who reads about its colleagues; a coordinator after escalation."""
    helping = [
        await world.person("focal", "psea_focal_point"), await world.person("coordinator-2", "coordinator"),
        await world.person("manager", "case_manager"), mar,
    ]  # fmt: skip
    before = await seen(world, helping)
    for about in ("responders", "unknown", "organisation"):  # of an organisation, and nobody knows of which
        complaint_id, _ = await world.send(about=about, organisation="", topic="sexual")
        assert await world.alerted() == {eva.id}
        await world.tick(LATER)
        assert await world.alerted() == {eva.id}, "and it does not escalate to whom it is about"
        assert_same(await seen(world, helping, [complaint_id]), before)
        await desk.accept(world.complaints, eva.actor, complaint_id, LATER)


@pytest.mark.requirement("C-4")
async def test_a_unit_meets_it_once_it_was_forwarded_and_colleagues_still_do_not(world: World, eva: Person) -> None:
    """Mutation: a unit that reads before, or without its wraps; everybody of its organisation; receipt by somebody else."""
    unit = await world.person("unit", "psea_focal_point", organisation=A, investigates=[A])
    colleague = await world.person("colleague", "psea_focal_point", organisation=A)
    complaint_id, derived = await world.send(organisation=A)
    await desk.accept(world.complaints, eva.actor, complaint_id, NOW)
    await world.alerted()
    before = await seen(world, [unit, colleague])
    with pytest.raises(desk.NotThere):
        await reading.sheet(world.complaints, unit.actor, complaint_id, NOW)
    await desk.forward(world.complaints, eva.actor, complaint_id, NOW, way="unit")
    assert await world.alerted() == {unit.id}
    page = await reading.sheet(world.complaints, unit.actor, complaint_id, NOW)
    assert page.unit and page.may == {"recuse", "open", "confirm", "answer"} and page.history == ()
    assert await world.reads(unit, complaint_id) == [], "nobody made its wraps yet"
    await world.shares(eva, complaint_id)
    assert len(await world.reads(unit, complaint_id)) == 1
    await desk.confirm_receipt(world.complaints, unit.actor, complaint_id, after(hours=1))
    await world.answered(unit, complaint_id, after(hours=2))
    assert (await world.looks(derived, after(hours=2))).status == "answer_waiting"
    assert await world.alerted() == {eva.id}
    (passed,) = (await reading.sheet(world.complaints, eva.actor, complaint_id, after(hours=3))).forwardings
    assert (passed.organisation, passed.way, passed.received_at) == (A, "unit", after(hours=1))
    now = await seen(world, [unit, colleague], [complaint_id])
    assert now["colleague"] == before["colleague"] and now["unit"] != before["unit"]


@pytest.mark.requirement("C-4")
async def test_whoever_closes_an_account_learns_nothing_of_its_complaints(world: World, eva: Person, leo: Person) -> None:
    """Mutation: naming or counting them beside the requests that wait again; asking for them."""
    await world.person("boss", "administrator", organisation=A, countries=[])
    left, asked = [], []
    for step in ("without", "with"):
        person = await world.person(f"psea-{step}", "psea_focal_point", organisation="red-norte")
        if step == "with":
            await world.held(person, organisation=A)
        with world.statements() as statements:
            found = await leaving.leave(world.engine, person.actor.name, NOW)
        left.append(str(found).replace(step, ""))
        asked.append([statement for statement, _ in statements])
    assert left[0] == left[1] and asked[0] == asked[1]


@pytest.mark.requirement("C-4")
async def test_figures_of_requests_hold_nothing_of_complaints(world: World, eva: Person, mar: Person) -> None:
    """Mutation: an indicator of complaints among those of requests, which people see who may be tied to somebody counted."""
    assert not set(BOOK.indicators) & set(REQUESTS.indicators)
    await world.send()
    counted = {what for what, _ in await world.counted()}
    assert counted == {"complaint", "complaint_about"} and counted <= set(BOOK.indicators)


@pytest.mark.requirement("C-4")
async def test_routing_knows_an_account_that_has_left(world: World, eva: Person) -> None:
    """Mutation: sealing to, or telling, somebody who left."""
    async with world.engine.connect() as connection:
        assert [each.actor.name for each in await routing.readers(connection)] == ["psea-1"]
    await world.person("boss", "administrator", organisation="red-norte", countries=[])
    await leaving.leave(world.engine, "psea-1", NOW)
    async with world.engine.connect() as connection:
        assert await routing.readers(connection) == []
