"""Candidates into the tables: hidden, not approved, and the same row of a source always the same entry.

Here belongs everything that the import writes. It never changes who may see an entry: a row that changed loses its
approval, a row that is held back now is withdrawn, and what a person made discreet stays so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, delete, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import now
from bot.directory.importing.candidate import Candidate, Channel, Held, Reason
from bot.directory.importing.maps import Map
from bot.directory.importing.report import Report
from bot.directory.tables import (
    ComplaintChannel,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceText,
    Source,
    entry_key,
    stable_id,
)
from bot.staff import listings
from flows.facts import PEOPLE, Hours

_BATCH = 4000
SHORT_NAME = "short-name"

Values = dict[str, Any]


def _table(model: type) -> SqlTable:
    return model.__table__  # type: ignore[attr-defined,no-any-return]


ENTRY, SERVICE, LOCATION, TEXT, PHONE, SCHEDULE, ORGANISATION, SOURCE, CHANNEL = map(
    _table, (ServiceAtLocation, Service, Location, ServiceText, Phone, Schedule, Organization, Source, ComplaintChannel)
)


class Loader:
    """One import of one source inside one transaction. ``add`` everything, then ``finish``."""

    def __init__(self, connection: AsyncConnection, source: str, spec: Map | None, file: str, report: Report) -> None:
        self._connection = connection
        self._source, self._spec, self._file = source, spec, file
        self._report = report
        self._source_id = stable_id("source", source)
        self._known: dict[uuid.UUID, tuple[Values, ...]] = {}
        self._approved: dict[uuid.UUID, bool] = {}
        self._discreet: set[uuid.UUID] = set()
        self._sensitive: set[uuid.UUID] = set()
        self._held: dict[uuid.UUID, str | None] = {}
        self._seen: set[uuid.UUID] = set()
        self._organisations: set[uuid.UUID] = set()
        self._channels: set[uuid.UUID] = set()
        """Complaint channels of any source; they are few, and a register may hold tens of thousands of rows back."""
        self._named: set[uuid.UUID] = set()
        self._moved: dict[uuid.UUID, set[uuid.UUID]] = {}
        self._new: dict[SqlTable, list[Values]] = {}
        self._clear()

    def _clear(self) -> None:
        self._new = {table: [] for table in (ORGANISATION, SERVICE, LOCATION, ENTRY, TEXT, PHONE, SCHEDULE)}
        self._changed: list[tuple[uuid.UUID, str, tuple[Values, ...]]] = []

    async def start(self) -> None:
        """Name the source, and read what it brought earlier."""
        spec = self._spec
        values = {
            "name": self._source,
            "file": self._file,
            "licence": spec.licence if spec else "",
            "attribution": spec.attribution if spec else "",
            "imported_at": now(),
        }
        if (await self._connection.execute(update(SOURCE).where(SOURCE.c.id == self._source_id).values(values))).rowcount == 0:
            await self._connection.execute(insert(SOURCE).values(id=self._source_id, **values))
            return
        await self._read_known()

    async def _read_known(self) -> None:
        run = self._connection.execute
        self._channels = set((await run(select(CHANNEL.c.id))).scalars())
        mine = ENTRY.c.source_id == self._source_id
        rows = (await run(select(ENTRY, SERVICE, LOCATION).select_from(
            ENTRY.join(SERVICE, ENTRY.c.service_id == SERVICE.c.id).join(LOCATION, ENTRY.c.location_id == LOCATION.c.id)
        ).where(mine).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL))).mappings()  # fmt: skip
        parts: dict[SqlTable, dict[uuid.UUID, list[Values]]] = {TEXT: {}, PHONE: {}, SCHEDULE: {}}
        for table, found in parts.items():
            query = select(table).join(ENTRY, ENTRY.c.service_id == table.c.service_id).where(mine)
            for part in (await run(query)).mappings():
                found.setdefault(part["service_id"], []).append({c: v for c, v in part.items() if c not in ("id", "service_id")})
        for row in rows:
            identity = row["service_at_location_id"]
            service_id = row["service_at_location_service_id"]
            self._known[identity] = (
                _of(row, SERVICE),
                _of(row, LOCATION),
                {"remote": row["service_at_location_remote"]},
                *({"rows": _sorted(parts[table].get(service_id, []))} for table in (TEXT, PHONE, SCHEDULE)),
            )
            self._approved[identity] = row["service_at_location_approved_by"] is not None
            self._held[identity] = row["service_at_location_held_back"]
            if row["service_at_location_discreet"]:
                self._discreet.add(identity)
            if row["service_at_location_sensitive"]:
                self._sensitive.add(identity)
        self._organisations = {
            row[0]
            for row in await run(select(SERVICE.c.organization_id).join(ENTRY, ENTRY.c.service_id == SERVICE.c.id).where(mine))
        }

    async def add(self, candidate: Candidate) -> None:
        """Take a row in. Written in batches; nothing is visible before the transaction ends."""
        identity = self._identity(candidate.source_id)
        self._seen.add(identity)
        known = self._known.get(identity)
        sensitive = candidate.sensitive or identity in self._sensitive
        # A person may have decided that a shelter-like entry is public with its place: then the place is theirs to keep.
        decided = identity in self._sensitive and identity not in self._discreet
        discreet = (sensitive and not decided) or identity in self._discreet
        made = self._made(candidate, discreet)
        owner = made[0]["organization_id"]
        self._named.add(owner)
        if known is not None and known[0]["organization_id"] != owner:
            self._moved.setdefault(known[0]["organization_id"], set()).add(owner)
        if known is not None and not candidate.short_name:
            made[0]["short_name"] = known[0]["short_name"]  # somebody may have given one
        if decided and known is not None:
            made[1].update({field: known[1][field] for field in ("address", "latitude", "longitude")})
        if known is None:
            self._report.new += 1
            self._insert(identity, candidate, made, sensitive, discreet)
        elif (
            made == known
            and self._held[identity] == (None if made[0]["short_name"] else SHORT_NAME)
            and sensitive == (identity in self._sensitive)  # what turned so is looked at again, though it had no address to lose
        ):
            self._report.unchanged += 1
        else:
            self._report.updated += 1
            self._report.unapproved += self._approved[identity]
            self._changed.append((identity, self._row_of(candidate, sensitive), made))
            if discreet:
                self._discreet.add(identity)
            if sensitive:
                self._sensitive.add(identity)
            self._held[identity] = None if made[0]["short_name"] else SHORT_NAME
        if len(self._new[ENTRY]) + len(self._changed) >= _BATCH:
            await self._write()

    async def hold(self, held: Held) -> None:
        """A row that is held back now withdraws the entry that it had before, whoever approved it."""
        identity = self._identity(held.source_id) if held.source_id else None
        channel = self._channel_id(held.source_id) if held.source_id else None
        if channel in self._channels and held.reason is not Reason.DUPLICATE:
            gone = (CHANNEL.c.id == channel) & CHANNEL.c.approved_by.is_not(None)
            taken_back = update(CHANNEL).where(gone).values(approved_by=None, approved_on=None)
            self._report.withdrawn += (await self._connection.execute(taken_back)).rowcount
        if identity is None or identity not in self._known or held.reason is Reason.DUPLICATE:
            return
        self._seen.add(identity)
        if self._held[identity] in (None, SHORT_NAME):
            self._report.withdrawn += 1
        await self._connection.execute(
            update(ENTRY).where(ENTRY.c.id == identity).values(held_back=held.reason.name.lower().replace("_", "-"))
        )

    async def add_channel(self, channel: Channel) -> None:
        """Take a complaint channel in: hidden and unapproved, and unapproved again when anything of it changed."""
        run, identity = self._connection.execute, self._channel_id(channel.source_id)
        values = {
            "organization_id": await self._owner(channel),
            "country": channel.country,
            "how": channel.how,
            "value": channel.value,
            "independent": channel.independent,
            "free": channel.free,
            "languages": channel.languages,
            "read_by": channel.read_by,
        }
        spans = list(_schedules(channel.hours))
        mine = SCHEDULE.c.complaint_channel_id == identity
        known = (await run(select(CHANNEL).where(CHANNEL.c.id == identity))).mappings().first()
        if known is None:
            self._report.new += 1
            await run(insert(CHANNEL).values(id=identity, demo=False, audience="hidden", verified_by="", **values))
        else:
            there = (await run(select(*(SCHEDULE.c[name] for name in _SPAN)).where(mine))).mappings()
            if {name: known[name] for name in values} == values and _sorted([dict(row) for row in there]) == _sorted(spans):
                self._report.unchanged += 1
                return
            self._report.updated += 1
            self._report.unapproved += known["approved_by"] is not None
            await run(update(CHANNEL).where(CHANNEL.c.id == identity).values(approved_by=None, approved_on=None, **values))
            await run(delete(SCHEDULE).where(mine))
        for position, span in enumerate(spans):
            schedule = stable_id("schedule", identity.hex, str(position))
            await run(insert(SCHEDULE).values(id=schedule, complaint_channel_id=identity, **span))
        self._report.channels.append(str(identity))

    async def _owner(self, channel: Channel) -> uuid.UUID:
        """Whose channel it is: the organisation of that name, rather one that helps in that country, rather one of this source."""
        await self._write()  # it may be among what waits
        run, own = self._connection.execute, stable_id("organization", self._source, channel.organisation)
        helps = (
            select(SERVICE.c.id)
            .join(ENTRY, ENTRY.c.service_id == SERVICE.c.id)
            .join(LOCATION, LOCATION.c.id == ENTRY.c.location_id)
            .where(SERVICE.c.organization_id == ORGANISATION.c.id, LOCATION.c.country == channel.country)
            .exists()
        )
        named = await run(select(ORGANISATION.c.id, helps).where(ORGANISATION.c.name == channel.organisation))
        found = [(not here, id != own, id) for id, here in named]
        if not found:
            await run(insert(ORGANISATION).values(id=own, name=channel.organisation, description="", url=None, demo=False))
            self._organisations.add(own)
        owner = min(found)[-1] if found else own
        self._named.add(owner)
        return owner

    def _channel_id(self, source_id: str) -> uuid.UUID:
        return stable_id("complaint_channel", self._source, source_id)

    async def finish(self) -> None:
        await self._write()
        # An organisation's id is made of its name: one that no row has any more, and whose rows have another one, was renamed.
        await listings.keep_renamed(self._connection, {old: new for old, new in self._moved.items() if old not in self._named})
        await listings.keep_found(self._connection)
        self._report.missing = len(self._known.keys() - self._seen)

    def _identity(self, source_id: str) -> uuid.UUID:
        return stable_id("service_at_location", self._source, source_id)

    def _row_of(self, candidate: Candidate, sensitive: bool) -> str:
        """The source's own code, by which the row is found again; of what must stay discreet only the number of the row.

        A code that a map makes of several columns may hold the street, and one of OpenStreetMap leads to the point.
        """
        several = self._spec is not None and len(self._spec.id) > 1
        return f"row {candidate.row}" if sensitive or several else candidate.source_id

    def _made(self, candidate: Candidate, discreet: bool) -> tuple[Values, ...]:
        """The rows of a candidate without what names them: what decides whether anything changed."""
        organisation = stable_id("organization", self._source, candidate.organisation)
        if organisation not in self._organisations:
            self._organisations.add(organisation)
            self._new[ORGANISATION].append(
                {"id": organisation, "name": candidate.organisation, "description": "", "url": None, "demo": False}
            )
        service = {
            "organization_id": organisation,
            "name": candidate.name,
            "short_name": candidate.short_name,
            "status": "active",
            "kinds": candidate.kinds,
            "specialised": candidate.specialised,
            "languages": candidate.languages,
            "email": candidate.email or None,
            "url": candidate.url or None,
            "free": candidate.free,
            "cost": candidate.cost or None,
            "papers": candidate.papers,
            **{f"people_{group}": candidate.people.get(group) for group in PEOPLE},
            "min_age": candidate.min_age,
            "max_age": candidate.max_age,
            "authority": candidate.authority,
        }
        location = {
            "organization_id": organisation,
            "location_type": "virtual" if candidate.remote and candidate.lat is None and not candidate.address else "physical",
            "country": candidate.country,
            "municipality": candidate.municipality or None,
            "address": None if discreet else candidate.address or None,
            "latitude": None if discreet else candidate.lat,
            "longitude": None if discreet else candidate.lon,
            "wheelchair": candidate.wheelchair,
            "sign_language": candidate.sign_language,
        }
        texts = [
            {"language": language, "text": text, "original": position == 0}
            for position, (language, text) in enumerate(candidate.texts.items())
        ]
        phones = [
            {
                "service_at_location_id": None,
                "position": position,
                "number": phone.number,
                "shown": phone.shown,
                "text": phone.text,
                "whatsapp": phone.whatsapp,
            }
            for position, phone in enumerate(candidate.phones)
        ]
        return (
            service,
            location,
            {"remote": candidate.remote},
            *({"rows": _sorted(rows)} for rows in (texts, phones, list(_of_service(candidate)))),
        )

    def _insert(self, identity: uuid.UUID, candidate: Candidate, made: tuple[Values, ...], sensitive: bool, discreet: bool) -> None:
        service_id = stable_id("service", self._source, candidate.source_id)
        location_id = stable_id("location", self._source, candidate.source_id)
        service, location, _, *parts = made
        self._new[SERVICE].append({"id": service_id, "papers_text": None, "verified_on": None, "verified_by": "", **service})
        self._new[LOCATION].append({"id": location_id, "region": None, "discreet": discreet, **location})
        self._new[ENTRY].append(
            {
                "id": identity,
                "key": entry_key(identity),
                "service_id": service_id,
                "location_id": location_id,
                "discreet": discreet,
                "remote": candidate.remote,
                "demo": False,
                "sensitive": sensitive,
                "audience": "hidden",
                "audience_texts": "hidden" if candidate.texts else None,
                "source_id": self._source_id,
                "source_row": self._row_of(candidate, sensitive),
                "held_back": None if candidate.short_name else SHORT_NAME,
            }
        )
        self._parts(service_id, parts)

    def _parts(self, service_id: uuid.UUID, parts: Iterable[Values]) -> None:
        for table, part in zip((TEXT, PHONE, SCHEDULE), parts, strict=True):
            for position, row in enumerate(part["rows"]):
                identity = {} if table is TEXT else {"id": stable_id(table.name, service_id.hex, str(position))}
                self._new[table].append({**identity, "service_id": service_id, **row})

    async def _write(self) -> None:
        run = self._connection.execute
        changed = self._changed
        if changed:
            if self._new[ORGANISATION]:
                await run(insert(ORGANISATION), self._new[ORGANISATION])
                self._new[ORGANISATION] = []
            ids = {identity for identity, *_ in changed}
            where: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID]] = {}
            for chunk in _chunks(list(ids)):
                query = select(ENTRY.c.id, ENTRY.c.service_id, ENTRY.c.location_id).where(ENTRY.c.id.in_(chunk))
                where.update((row.id, (row.service_id, row.location_id)) for row in await run(query))
            for identity, row_name, (service, location, entry, *parts) in changed:
                service_id, location_id = where[identity]
                discreet = identity in self._discreet
                await run(update(SERVICE).where(SERVICE.c.id == service_id).values(service))
                # The location first: its ``discreet`` travels to the entry by the foreign key.
                await run(update(LOCATION).where(LOCATION.c.id == location_id).values(location | {"discreet": discreet}))
                await run(
                    update(ENTRY)
                    .where(ENTRY.c.id == identity)
                    .values(
                        **entry,
                        source_row=row_name,
                        sensitive=identity in self._sensitive,
                        held_back=self._held[identity],
                        approved_by=None,
                        approved_on=None,
                    )
                )
                old = {row["text"] for row in self._known[identity][3]["rows"]}
                if any(row["text"] not in old for row in parts[0]["rows"]):
                    await run(update(ENTRY).where(ENTRY.c.id == identity).values(audience_texts="hidden"))
                for table in (TEXT, PHONE, SCHEDULE):
                    await run(delete(table).where(table.c.service_id == service_id))
                self._parts(service_id, parts)
        for table, rows in self._new.items():
            if rows:
                await run(insert(table), rows)
        self._clear()


_SPAN = ("zone", "weekdays", "opens", "closes", "always")


def _of_service(candidate: Candidate) -> Iterator[Values]:
    of = {"service_at_location_id": None, "complaint_channel_id": None}
    yield from ({**of, **span} for span in _schedules(candidate.hours))


def _schedules(hours: Hours | None) -> Iterator[Values]:
    if hours is None:
        return
    if hours.always:
        yield _schedule(hours.zone, (), 0, 1440, always=True)
        return
    days: dict[tuple[int, int], list[int]] = {}
    for day, opens, closes in hours.weekly:
        days.setdefault((opens, closes), []).append(day)
    for (opens, closes), numbers in sorted(days.items()):
        yield _schedule(hours.zone, tuple(map(str, sorted(numbers))), opens, closes)


def _schedule(zone: str, weekdays: tuple[str, ...], opens: int, closes: int, *, always: bool = False) -> Values:
    return {"zone": zone, "weekdays": weekdays, "opens": opens, "closes": closes, "always": always}


_COLUMNS = {
    SERVICE: [c.name for c in SERVICE.c if c.name not in
              ("id", "papers_text", "verified_on", "verified_by", "review_on", "expires_on")],
    LOCATION: [c.name for c in LOCATION.c if c.name not in ("id", "region", "discreet")],
}  # fmt: skip


def _of(row: Any, table: SqlTable) -> Values:
    return {column: row[f"{table.name}_{column}"] for column in _COLUMNS[table]}


def _sorted(rows: list[Values]) -> list[Values]:
    return sorted(rows, key=lambda row: [str(row[key]) for key in sorted(row)])


def _chunks(values: list[uuid.UUID], size: int = 500) -> Iterator[list[uuid.UUID]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
