"""What a snapshot says of an entry, and for how long: S-3 to S-6, and the shape of the tables."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.db import Table
from bot.directory.snapshot import build
from bot.directory.tables import ComplaintChannel, Location, Organization, Schedule, Service, entry_key, stable_id
from bot.settings import Settings
from flows.facts import PEOPLE, Directory, Found, Hours, Offer, Phone, Query
from tests.bot.directory.world import NOW, TODAY, entry_id, key_of, rows, write

DAY = 86400.0


async def test_an_offer_says_all_that_is_known(engine: AsyncEngine, settings: Settings) -> None:
    """Every field of the tables arrives in its field of the offer, on both databases."""
    await write(
        engine,
        rows(
            1,
            kinds=("legal", "health"),
            languages=("es", "pt"),
            specialised=True,
            people={"women": True, "men": False},
            texts={"pt": "em português", "es": "en español"},
            weekly=[((0, 1), 480, 720), ((4,), 1320, 1800)],
            point=(4.5, -74.25),
            free=True,
            cost="0",
            papers=False,
            min_age=12,
            max_age=99,
            wheelchair=True,
            sign_language=False,
            authority="informs",
            demo=True,
            remote=True,
            complaint=True,
        ),
    )
    snapshot = await build(engine, NOW, settings)
    directory: Directory = snapshot
    assert directory.get(key_of(1)) == Offer(
        key=key_of(1),
        country="CO",
        name="name-1",
        short_name="short-1",
        organisation="organisation-1",
        kinds=("health", "legal"),
        specialised=True,
        texts={"pt": "em português", "es": "en español"},
        lat=4.5,
        lon=-74.25,
        address="address-1",
        municipality="municipality-1",
        phones=(Phone(number="+57-phone-1", shown="phone-1"),),
        email="email-1@example.org",
        url="https://url-1.example.org",
        hours=Hours(zone="America/Bogota", weekly=((0, 480, 720), (1, 480, 720), (4, 1320, 1800))),
        free=True,
        cost="0",
        papers=False,
        languages=("es", "pt"),
        people={"women": True, "men": False},
        min_age=12,
        max_age=99,
        wheelchair=True,
        sign_language=False,
        authority="informs",
        verified_on=TODAY,
        remote=True,
        demo=True,
        report_to="complaint-1",
    )
    offer = directory.get(key_of(1))
    assert offer is not None
    # The original comes first, so that a fallback can be told and marked.
    assert list(offer.texts) == ["pt", "es"]
    assert directory.search(Query(country="CO", lat=4.5, lon=-74.25)) == [Found(offer=offer, km=1.0)]
    assert directory.get(1) is None
    (channel,) = directory.complaint_channels("CO")
    assert (channel.organisation, channel.how, channel.value, channel.independent) == (
        "organisation-1", "phone", "complaint-1", False,
    )  # fmt: skip
    assert (channel.hours, channel.languages, channel.read_by, channel.verified_on, channel.check) == (None, (), "", TODAY, "fresh")
    assert directory.complaint_channels("VE") == []


async def test_both_databases_give_the_same_snapshot(tmp_path: Any, fresh_postgres: str, settings: Settings) -> None:
    """The bytes do not depend on the database."""
    encoded = []
    for url in (f"sqlite+aiosqlite:///{tmp_path / 'one.db'}", fresh_postgres):
        engine = db.open_engine(url)
        await db.create_all(engine)
        await write(engine, *(rows(number, complaint=True, weekly=[((1, 3), 480, 1020)]) for number in range(30)))
        encoded.append((await build(engine, NOW, settings)).encoded())
        await engine.dispose()
    assert encoded[0] == encoded[1]


async def test_a_phone_or_hours_of_one_location_stay_there(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: forgetting ``service_at_location_id`` where children are read."""
    first, second = rows(1), rows(2, weekly=[((0,), 480, 720)])
    for row in second:
        if hasattr(row, "service_id"):
            row.service_id = first[1].id
    await write(engine, first, [row for row in second if not isinstance(row, Service) and type(row).__name__ != "ServiceText"])
    snapshot = await build(engine, NOW, settings)
    here, there = snapshot.get(key_of(1)), snapshot.get(key_of(2))
    assert here is not None and there is not None
    assert here.hours is None and there.hours is not None
    assert len(here.phones) == len(there.phones) == 2


async def test_complaint_channels_of_bodies_that_watch_come_last(engine: AsyncEngine, settings: Settings) -> None:
    """An independent body needs no entry of its own; an organisation that shows none is not listed."""
    watcher = Organization(name="a body that watches")
    silent = Organization(name="an organisation without entries")
    said = {"country": "CO", "how": "web", **_PUBLIC}
    await write(
        engine,
        rows(1, complaint=True),
        [
            watcher,
            silent,
            ComplaintChannel(organization_id=watcher.id, value="https://watch.example.org", independent=True, **said),
            ComplaintChannel(organization_id=watcher.id, value="new, so hidden", independent=True, country="CO", how="box"),
            ComplaintChannel(organization_id=silent.id, value="https://silent.example.org", **said),
        ],
    )
    channels = (await build(engine, NOW, settings)).complaint_channels("CO")
    assert [channel.value for channel in channels] == ["complaint-1", "https://watch.example.org"]


_PUBLIC: dict[str, Any] = {
    "audience": "public", "approved_by": "coordinator", "approved_on": db.now(), "verified_on": TODAY,
}  # fmt: skip


async def test_a_complaint_channel_says_when_in_which_languages_and_who_reads_it(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: hours of another channel; a service that has those of a channel; what nobody knows told as no."""
    made = rows(1, complaint=True, weekly=[((0,), 60, 120)])
    watcher = Organization(name="a body that watches")
    said = {"organization_id": watcher.id, "country": "CO", "independent": True, **_PUBLIC}
    known = ComplaintChannel(how="phone", value="1", languages=("es", "guc"), read_by="independent", **said)
    always = ComplaintChannel(how="phone", value="2", **said)
    spans = [
        Schedule(complaint_channel_id=known.id, zone="America/Bogota", weekdays=days, opens=opens, closes=opens + 60)
        for days, opens in ((("2",), 840), (("0", "1"), 480))
    ]
    spans.append(Schedule(complaint_channel_id=always.id, zone="America/Lima", always=True))
    await write(engine, made, [watcher, known, always, *spans])
    snapshot = await build(engine, NOW, settings)
    plain, first, second = snapshot.complaint_channels("CO")
    assert (plain.hours, plain.languages, plain.read_by) == (None, (), "")
    assert first.hours == Hours(zone="America/Bogota", weekly=((0, 480, 540), (1, 480, 540), (2, 840, 900)))
    assert (first.languages, first.read_by) == (("es", "guc"), "independent")
    assert second.hours == Hours(zone="America/Lima", always=True)
    offer = snapshot.get(key_of(1))
    assert offer is not None and offer.hours == Hours(zone="America/Bogota", weekly=((0, 60, 120),))


@pytest.mark.requirement("S-4")
async def test_the_two_limits_hold_for_complaint_channels_too(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: ``>`` for ``>=`` at either limit; limits as they were when the snapshot was built; one that nobody ever checked;
    the line about a place that still names what is gone."""
    due, stale = settings.service_due_days, settings.service_stale_days
    watcher = Organization(name="a body that watches")
    said = {"organization_id": watcher.id, "country": "CO", "how": "web", "independent": True, **_PUBLIC}
    ages = {f"age {age}": {"verified_on": TODAY - timedelta(days=age)} for age in (0, due - 1, due, stale - 1, stale)}
    ages |= {"never": {"verified_on": None}, "review": {"review_on": TODAY}}
    channels = [ComplaintChannel(value=value, **said | dates) for value, dates in ages.items()]
    await write(engine, rows(1, complaint=True, verified_on=TODAY + timedelta(days=stale)), [watcher, *channels])

    def labels(snapshot: Directory) -> dict[str, str]:
        return {channel.value: channel.check for channel in snapshot.complaint_channels("CO")}

    fresh = {"complaint-1": "fresh", "age 0": "fresh", f"age {due - 1}": "fresh"}
    assert labels(await build(engine, NOW, settings)) == fresh | {f"age {due}": "due", f"age {stale - 1}": "due", "review": "due"}
    clock = [NOW]
    living = await build(engine, NOW, settings, lambda: clock[0])
    for days in (1, due - 1, due, stale - 1, stale):
        clock[0] = NOW + days * DAY
        later = labels(living)
        assert later == labels(await build(engine, clock[0], settings))
        wanted = None if days >= stale else "due" if days >= due else "fresh"
        assert later.get("age 0") == later.get("complaint-1") == wanted
        offer = living.get(key_of(1))
        assert offer is not None
        assert (offer.report_to, offer.report_check) == (("complaint-1", wanted) if wanted else (None, "fresh"))
    assert living.complaint_channels("CO") == []


@pytest.mark.requirement("S-4")
async def test_labelled_after_the_first_limit_and_absent_after_the_second(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: ``>`` for ``>=`` at either limit; checking limits only while building; dropping the condition on
    ``verified_on`` (the entry that nobody ever checked would show)."""
    due, stale = settings.service_due_days, settings.service_stale_days
    assert (due, stale) == (90, 180)
    ages = [0, due - 1, due, due + 1, stale - 1, stale, stale + 1]
    await write(
        engine,
        *(rows(number, verified_on=TODAY - timedelta(days=age)) for number, age in enumerate(ages)),
        rows(50, verified_on=None),
        rows(51, review_on=TODAY),
        rows(52, expires_on=TODAY),
        rows(53, expires_on=TODAY - timedelta(days=1)),
    )
    at_build = await build(engine, NOW, settings)

    def labels(snapshot: Directory) -> dict[int, str]:
        found = snapshot.search(Query(country="CO", limit=99))
        for one in found:
            assert snapshot.get(one.offer.key) == one.offer
        numbers = {key_of(number): number for number in (*range(len(ages)), 50, 51, 52, 53)}
        return {numbers[one.offer.key]: one.offer.check for one in found}

    expected = {0: "fresh", 1: "fresh", 2: "due", 3: "due", 4: "due", 51: "due", 52: "fresh"}
    assert labels(at_build) == expected
    # The same snapshot, and one built later, as the days go by.
    clock = [NOW]
    living = await build(engine, NOW, settings, lambda: clock[0])
    for days in (1, due - 1, due, stale - 1, stale):
        clock[0] = NOW + days * DAY
        later = labels(living)
        assert later == labels(await build(engine, clock[0], settings))
        assert later.get(0) == (None if days >= stale else "due" if days >= due else "fresh")
        assert 52 not in later
        assert at_build.get(key_of(50)) is None


@pytest.mark.requirement("S-5")
async def test_unknown_is_not_no(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: a default of False for any of these columns; treating unknown as served in a search."""
    for table, columns in (
        (Service, ("free", "papers", *(f"people_{group}" for group in PEOPLE))),
        (Location, ("wheelchair", "sign_language")),
    ):
        for name in columns:
            column = table.__table__.c[name]  # type: ignore[attr-defined]
            assert isinstance(column.type, Boolean) and column.nullable and column.default is None
            assert column.server_default is None
    answers = (True, False, None)
    await write(
        engine,
        *(
            rows(
                number,
                free=answer,
                papers=answer,
                wheelchair=answer,
                sign_language=answer,
                people={} if answer is None else dict.fromkeys(PEOPLE, answer),
            )
            for number, answer in enumerate(answers)
        ),
    )
    snapshot = await build(engine, NOW, settings)
    for number, answer in enumerate(answers):
        offer = snapshot.get(key_of(number))
        assert offer is not None
        assert offer.free is offer.papers is offer.wheelchair is offer.sign_language is answer
        assert offer.people == ({} if answer is None else dict.fromkeys(PEOPLE, answer))
    assert offer.hours is None
    for group in PEOPLE:
        found = snapshot.search(Query(country="CO", people=(group,), limit=9))
        assert [one.offer.key for one in found] == [key_of(0)]


@pytest.mark.requirement("S-6")
@pytest.mark.parametrize("link", ["police", "migration", "informs"])
async def test_a_link_to_an_authority_is_marked(engine: AsyncEngine, settings: Settings, link: str) -> None:
    """Mutation: not selecting ``authority``; a value outside the list (the tables refuse it)."""
    await write(engine, rows(1, authority=link), rows(2))
    snapshot = await build(engine, NOW, settings)
    marked, plain = snapshot.get(key_of(1)), snapshot.get(key_of(2))
    assert marked is not None and plain is not None
    assert (marked.authority, plain.authority) == (link, "")
    with pytest.raises(IntegrityError):
        await write(engine, rows(3, authority="unknown"))


@pytest.mark.requirement("S-3")
async def test_the_order_says_nothing_of_who_or_when(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: ordering by name, by organisation or by the order of insertion; numbering the keys."""
    await write(engine, *(rows(number, point=(4.0, -74.0)) for number in range(40)))
    snapshot = await build(engine, NOW, settings)
    for query in (Query(country="CO", limit=40), Query(country="CO", lat=4.1, lon=-74.1, limit=40)):
        found = [one.offer.key for one in snapshot.search(query)]
        assert found == sorted(key_of(number) for number in range(40)) == sorted(map(entry_key, map(entry_id, range(40))))
        assert [entry_id(number) for number in range(40)] != sorted(entry_id(number) for number in range(40))
    assert all(key_of(number).bit_length() <= 53 for number in range(1000))
    assert stable_id("service", "a", "1") == stable_id("service", "a", "1") != stable_id("service", "a1", "")


async def test_only_the_countries_of_the_deployment(engine: AsyncEngine) -> None:
    """A deployment for one country holds nothing of another; codes may be in small letters."""
    await write(engine, rows(1), rows(2, country="VE"), rows(3, country="JO"))
    every = await build(engine, NOW, Settings(_env_file=None))  # type: ignore[call-arg]
    one = await build(engine, NOW, Settings(_env_file=None, countries="ve"))  # type: ignore[call-arg]
    assert (len(every), len(one)) == (2, 1)
    assert one.get(key_of(2)) is not None


#: Requirements, 1.1: what is never asked, as words in the names of columns.
NEVER = {
    "nickname", "surname", "birth", "birthdate", "birthday", "nationality", "ethnicity", "race", "religion", "migratory",
    "asylum", "passport", "route", "smuggler", "orientation", "gender", "hiv", "pregnancy", "pregnant", "diagnosis", "drug",
    "incident", "happened", "perpetrator", "accused", "witness", "photo", "recording", "companion", "bank", "card",
    "password", "username", "chat", "user", "victim", "survivor", "person", "reporter", "told", "sure",
}  # fmt: skip


@pytest.mark.requirement("P-1")
def test_no_table_has_a_column_for_what_is_never_asked() -> None:
    """Mutation: a column ``nationality`` or ``person_name`` in any table."""
    assert len(Table.metadata.tables) >= 11
    for table in Table.metadata.tables.values():
        for column in table.columns:
            assert not NEVER & set(re.split(r"[_\d]+", column.name.lower())), f"{table.name}.{column.name}"


def test_a_naive_datetime_is_refused_and_an_instant_comes_back_in_utc() -> None:
    """Also on SQLite, which forgets the zone."""
    from datetime import datetime, timezone  # noqa: PLC0415

    kind, dialect = db.UTCDateTime(), None
    with pytest.raises(ValueError, match="time zone"):
        kind.process_bind_param(datetime(2027, 1, 1), dialect)  # type: ignore[arg-type]
    there = datetime(2027, 1, 1, 12, tzinfo=timezone(timedelta(hours=-5)))
    stored = kind.process_bind_param(there, dialect)  # type: ignore[arg-type]
    assert stored is not None and stored.utcoffset() == timedelta(0)
    back = kind.process_result_value(stored.replace(tzinfo=None), dialect)  # type: ignore[arg-type]
    assert back == there and back is not None and back.utcoffset() == timedelta(0)
    assert date(2027, 1, 1) == there.date()


async def test_a_list_that_is_kept_loses_what_is_withdrawn_and_belongs_to_whoever_asked(
    engine: AsyncEngine, settings: Settings
) -> None:
    """Mutation: not forgetting the lists on ``withdraw``, or handing out the kept list itself."""
    for number in (1, 2, 3):
        await write(engine, rows(number))
    snapshot = await build(engine, NOW, settings)
    whole = Query(country="CO")
    first = snapshot.search(whole)
    assert len(first) == 3
    kept = list(first)
    first.clear()
    assert snapshot.search(whole) == kept == snapshot.search(Query(country="CO"))
    snapshot.withdraw({kept[0].offer.key})
    assert snapshot.search(whole) == kept[1:]
    assert snapshot.get(kept[0].offer.key) is None
