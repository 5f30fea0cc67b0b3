"""S-2: what is not public is absent from every answer, count and distance, from the snapshot and from the statements."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory.snapshot import build
from bot.directory.tables import (
    FIELDS,
    LEVELS,
    ComplaintChannel,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceText,
)
from bot.directory.visibility import GOVERNED_BY, SEES, stricter, visible_to
from bot.settings import Settings
from flows.facts import KINDS, LANGS, PEOPLE, Query
from tests.bot.directory.world import NOW, TODAY, any_entry, entry_id, key_of, rows, write

ENTRY = ServiceAtLocation.__table__  # type: ignore[attr-defined]


def every_query(chance: random.Random, count: int) -> list[Query]:
    """Random questions, also those that ask for everything."""
    asked = [Query(country=country, limit=10_000) for country in ("CO", "VE")]
    for _ in range(count):
        near = chance.random() < 0.7
        asked.append(
            Query(
                country=chance.choice(("CO", "VE", "PE", "")),
                lat=7.8 + chance.gauss(0, 0.3) if near else None,
                lon=-72.5 + chance.gauss(0, 0.3) if near else None,
                kinds=tuple(chance.sample(KINDS, chance.choice((0, 1, 1, 2)))),
                language=chance.choice(("", *LANGS)),
                open_at=NOW + chance.randrange(7 * 86400) if chance.random() < 0.2 else None,
                people=tuple(chance.sample(PEOPLE, chance.choice((0, 0, 1)))),
                general=chance.random() < 0.3,
                skip=chance.choice((0, 0, 3)),
                limit=chance.choice((1, 3, 50)),
            )
        )
    return asked


def sees(entry: dict[str, Any]) -> bool:
    """What the page on visibility says of a whole entry, written out again and without the code under test."""
    return entry["audience"] == "public" and entry["approved_by"] is not None and entry["held_back"] is None


def open_field(entry: dict[str, Any], field: str) -> bool:
    """What the page on visibility says of a field."""
    own = entry[f"audience_{field}"]
    if own is not None:
        return own == "public"
    needs = {
        "name": ("organisation",), "email": ("name", "organisation"), "url": ("name", "organisation"),
        "address": ("point",), "point": ("address",), "texts": FIELDS,
    }.get(field, ())  # fmt: skip
    return all(entry[f"audience_{other}"] in (None, "public") for other in needs)


def secrets_of(parts: list[Any]) -> tuple[bool, set[str]]:
    """(whether the entry may be shown, the marks in its values that must not come out)."""
    entry = next(part for part in parts if isinstance(part, ServiceAtLocation)).model_dump()
    service = next(part for part in parts if isinstance(part, Service))
    location = next(part for part in parts if isinstance(part, Location))
    organisation = next(part for part in parts if isinstance(part, Organization))
    shown = sees(entry) and service.status == "active"
    values: dict[str, list[str]] = {
        "name": [service.name, service.short_name],
        "organisation": [organisation.name, *(part.value for part in parts if isinstance(part, ComplaintChannel))],
        "address": [location.address or ""],
        "point": [] if location.latitude is None else [repr(location.latitude), repr(location.longitude)],
        "municipality": [location.municipality or ""],
        "phones": [text for part in parts if isinstance(part, Phone) for text in (part.number, part.shown)],
        "email": [service.email or ""],
        "url": [service.url or ""],
        "texts": [part.text for part in parts if isinstance(part, ServiceText)],
    }
    hidden = {text for field, texts in values.items() for text in texts if text and not (shown and open_field(entry, field))}
    return shown, hidden


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_that_is_not_public_reaches_an_output_a_count_or_a_distance(
    engine: AsyncEngine, settings: Settings, seed: int
) -> None:
    """Mutation: dropping ``view.entry()`` from the statements, or ``view.column`` around any field; leaving one field
    out of GOVERNED_BY; showing a complaint channel of an organisation that keeps itself back."""
    chance = random.Random(seed)
    entries = [any_entry(chance, number) for number in range(80)]
    await write(engine, *entries)
    snapshot = await build(engine, NOW, settings)
    judged = [secrets_of(parts) for parts in entries]
    forbidden = {secret for _, hidden in judged for secret in hidden}
    may = {key_of(number) for number, (shown, _) in enumerate(judged) if shown}
    assert may and forbidden
    places = {
        key_of(number): (parts[2].latitude, parts[2].longitude)
        for number, parts in enumerate(entries)
        if judged[number][0] and open_field(parts[3].model_dump(), "point") and parts[2].latitude is not None
    }
    everything = snapshot.encoded()
    for number, parts in enumerate(entries):
        if parts[2].latitude is not None and key_of(number) not in places:
            assert struct.pack(">d", parts[2].latitude) not in everything
    said: list[object] = [everything]
    for query in every_query(chance, 300):
        found = snapshot.search(query)
        assert {one.offer.key for one in found} <= may
        for one in found:
            # A distance only from a point that may be seen.
            assert one.km is None or one.offer.key in places
        said += found
    said += [snapshot.get(key_of(number)) for number in range(len(entries))]
    said += snapshot.complaint_channels("CO") + snapshot.complaint_channels("VE")
    # Every count is a count of what may be shown.
    assert len(snapshot) == len(may) == sum(len(snapshot.search(Query(country=c, limit=999))) for c in ("CO", "VE"))
    for text in map(repr, said):
        for secret in forbidden:
            # The marks end in numbers: "name-1" must not be seen in "name-12".
            at = text.find(secret)
            while at >= 0:
                assert text[at + len(secret) : at + len(secret) + 1].isdigit(), f"{secret} came out in {text[:200]}"
                at = text.find(secret, at + 1)


@pytest.mark.requirement("S-2")
async def test_snapshot_and_statements_are_the_same_with_and_without_the_hidden_entry(
    engine: AsyncEngine, settings: Settings
) -> None:
    """Mutation: filtering in Python what SQL returned; numbering entries by position in the table; reading the stamp
    of the directory into the bytes."""
    chance = random.Random(7)
    shown = [rows(number, kinds=("legal",), complaint=True) for number in range(12)]
    await write(engine, *shown)
    executed: list[tuple[str, object]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        executed.append((statement, repr(parameters)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        before = (await build(engine, NOW, settings)).encoded()
        statements, executed = executed, []
        hidden = [
            rows(100, audience="hidden", complaint=True),
            rows(101, audience="members"),
            rows(102, audience="on_request", point=None),
            rows(103, approved_by=None),
            rows(104, held_back="wrong-country"),
            rows(105, audience="hidden", sensitive=True, discreet=True, address=None, point=None),
            *(any_entry(chance, 200 + number) for number in range(5)),
        ]
        for parts in hidden:
            next(part for part in parts if isinstance(part, ServiceAtLocation)).held_back = "test"
        said = {"organization_id": shown[0][0].id, "country": "CO", "how": "box", "value": "hidden-box", "verified_on": TODAY}
        role = {"approved_by": "coordinator", "approved_on": db.now()}
        for of_channel in ({"audience": "public"}, {"audience": "members", **role}, {"audience": "on_request", **role}):
            channel = ComplaintChannel(**said | of_channel)
            hidden.append([channel, Schedule(complaint_channel_id=channel.id, zone="America/Bogota", always=True)])
        await write(engine, *hidden)
        executed.clear()
        after = (await build(engine, NOW, settings)).encoded()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(statements) >= 5
    assert executed == statements
    assert after == before


@pytest.mark.requirement("S-2")
async def test_a_new_entry_is_hidden(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: default audience "public" in the table; dropping ``approved_by`` from the rule."""
    parts = rows(1)
    entry = next(part for part in parts if isinstance(part, ServiceAtLocation))
    parts[parts.index(entry)] = ServiceAtLocation(
        id=entry.id, key=entry.key, service_id=entry.service_id, location_id=entry.location_id
    )
    await write(engine, parts)
    async with engine.connect() as connection:
        assert (await connection.execute(select(ENTRY.c.audience, ENTRY.c.approved_by))).one() == ("hidden", None)
    assert len(await build(engine, NOW, settings)) == 0


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_kept_back_is_absent_with_what_would_give_it_away(
    engine: AsyncEngine, settings: Settings, field: str
) -> None:
    """Mutation: removing a field's own level from ``View.shows``; removing "organisation" from what governs the name."""
    await write(engine, rows(1, **{f"audience_{field}": "members"}, always=True, complaint=True))
    snapshot = await build(engine, NOW, settings)
    (found,) = snapshot.search(Query(country="CO", lat=4.0, lon=-74.0))
    offer = found.offer
    absent = {
        "name": not (offer.name or offer.short_name or offer.email or offer.url or offer.texts),
        "organisation": not (offer.organisation or offer.name or offer.short_name or offer.report_to or offer.texts)
        and not snapshot.complaint_channels("CO"),
        "address": offer.address is offer.lat is offer.lon is found.km is None,
        "point": offer.address is offer.lat is offer.lon is found.km is None,
        "municipality": offer.municipality is None,
        "phones": not offer.phones,
        "email": offer.email is None,
        "url": offer.url is None,
        "hours": offer.hours is None and not snapshot.search(Query(country="CO", open_at=NOW)),
        "texts": not offer.texts,
    }
    assert absent[field]
    assert not offer.texts
    # The rest stays.
    kept = {"phones": offer.phones, "municipality": offer.municipality, "hours": offer.hours, "organisation": offer.organisation}
    assert all(value for name, value in kept.items() if name != field)


@pytest.mark.requirement("S-2")
async def test_prose_that_is_said_to_be_open_stays_when_another_field_is_kept_back(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: letting a field's level widen the entry's (the second entry would show)."""
    await write(
        engine,
        rows(1, audience_email="hidden", audience_texts="public"),
        rows(2, audience="members", audience_texts="public", audience_name="public"),
    )
    snapshot = await build(engine, NOW, settings)
    (found,) = snapshot.search(Query(country="CO", limit=10))
    assert (found.offer.key, found.offer.texts, found.offer.email) == (key_of(1), {"es": "text-1"}, None)


@pytest.mark.requirement("S-2")
async def test_sql_and_rows_in_hand_follow_one_rule(engine: AsyncEngine) -> None:
    """Mutation: changing ``View.sees_field`` or ``View.shows`` alone."""
    chance = random.Random(3)
    await write(engine, *(any_entry(chance, number) for number in range(120)))
    async with engine.connect() as connection:
        entries = (await connection.execute(select(ENTRY))).mappings().all()
        for audience in SEES:
            view = visible_to(audience)
            visible = set((await connection.execute(select(ENTRY.c.key).where(view.entry()))).scalars())
            assert visible == {entry["key"] for entry in entries if view.sees(entry)}
            for field in FIELDS:
                shown = set((await connection.execute(select(ENTRY.c.key).where(view.shows(field)))).scalars())
                assert shown == {entry["key"] for entry in entries if view.sees_field(entry, field)}, field


@pytest.mark.requirement("S-2")
def test_audiences_are_nested_and_nobody_sees_hidden() -> None:
    """Mutation: adding "hidden" to what any audience sees."""
    assert SEES["public"] == ("public",)
    assert set(SEES["public"]) < set(SEES["on_request"]) < set(SEES["members"])
    assert not any("hidden" in levels for levels in SEES.values())
    assert [stricter(level, "members") for level in LEVELS] == ["members", "members", "members", "hidden"]
    assert all(field in governors for field, governors in GOVERNED_BY.items())
    assert set(GOVERNED_BY) == set(FIELDS)
    with pytest.raises(ValueError, match="no audience"):
        visible_to("hidden")


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize("level", [level for level in LEVELS if level != "public"])
async def test_the_database_refuses_a_place_for_what_must_stay_discreet(engine: AsyncEngine, level: str) -> None:
    """Mutation: dropping the check "sensitive", the check "discreet" or the composite foreign key between them."""
    for said in (
        {"discreet": False},
        {"discreet": True, "address": "Somewhere 1", "point": None},
        {"discreet": True, "address": None, "point": (4.0, -74.0)},
    ):
        with pytest.raises(IntegrityError):
            await write(engine, rows(1, audience=level, sensitive=True, **said))
    parts = rows(1, audience=level, sensitive=True, discreet=True, address=None, point=None)
    next(part for part in parts if isinstance(part, Location)).discreet = False  # a lie of the entry about its location
    with pytest.raises(IntegrityError):
        await write(engine, parts)
    await write(engine, rows(1, audience=level, sensitive=True, discreet=True, address=None, point=None))
    await write(engine, rows(2, audience="public", sensitive=True))
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(ENTRY.update().where(ENTRY.c.id == entry_id(2)).values(audience=level))
