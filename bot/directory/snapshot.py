"""The public directory as a snapshot in memory: what conversations search. Built for the public in one pass.

The statements filter by audience and validity in the database, so what is not public never reaches this process's
snapshot: the same statements with the same parameters run, and the same bytes come out, whether or not hidden entries
exist. Offers are kept as bytes and decoded when asked for, three a turn.

Never here: writing, other audiences, anything about the person who searches.
"""

from __future__ import annotations

import asyncio
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import NullType

from bot import db
from bot.directory import stamp, validity
from bot.directory.hours import together
from bot.directory.search import Index, rounded_km
from bot.directory.tables import (
    ComplaintChannel,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceText,
    belongs,
)
from bot.directory.visibility import View, visible_to
from bot.settings import Settings
from flows import facts
from flows.facts import COUNTRIES, PEOPLE, Found, Offer, Query

EPOCH = date(1970, 1, 1)
_BATCH = 512


class _Packed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An offer as it is kept; what repeats from entry to entry is a number into a table of the snapshot."""

    key: int
    country: str
    name: str
    short_name: str
    organisation: int
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    flags: int
    texts: tuple[tuple[str, str], ...]
    phones: tuple[tuple[str, str, int], ...]
    hours: int
    verified: int
    due_day: int
    point: tuple[float, float] | None
    address: str | None
    municipality: str | None
    email: str | None
    url: str | None
    cost: str | None
    ages: tuple[int | None, int | None]
    tri: tuple[bool | None, ...]
    """free, papers, wheelchair, sign language, then the groups of PEOPLE"""
    authority: str
    report_to: tuple[str, int, int] | None
    """where, first day with the label, last day"""


DECODED = 512
"""Offers that are kept decoded: a list and what is chosen from it ask for the same ones again and again."""

LISTS = 256
"""Lists for whole countries that are kept."""

_SPECIALISED, _REMOTE, _DEMO = 1, 2, 4
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


class Snapshot:
    """A ``flows.facts.Directory`` for the public, fixed at one moment but for the limits of S-4, which follow the clock.

    ``stamp``: version of the directory that it shows. ``good_until``: seconds since 1970 after which it must be rebuilt
    for its own sake (a new day, a change of the clocks); it stays right after that, only slower.
    """

    def __init__(self, now: float, clock: Callable[[], float] | None = None) -> None:
        self.stamp = -1
        self.built_at = now
        self.clock: Callable[[], float] = clock or (lambda: now)
        self._index = Index(now)
        self._keys = array("q")
        self._packed: list[bytes] = []
        self._organisations: list[str] = []
        self._named: dict[str, tuple[tuple[str, str], ...]] = {}
        self._complaints: dict[str, tuple[_Channel, ...]] = {}
        self._withdrawn: frozenset[int] = frozenset()
        self._decoded: dict[int, tuple[int, Offer]] = {}
        """rank -> (day for which it was decoded, the offer). Whether it may be shown is asked before, each time."""
        self._lists: dict[tuple[int, Query], list[Found]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def good_until(self) -> float:
        midnight = (self.built_at // 86400 + 1) * 86400
        return min(midnight, self._index.slots_until)

    def search(self, query: Query) -> list[Found]:
        """As ``flows.facts.Directory.search``. Distances are rounded (S-8)."""
        today = int(self.clock() // 86400)
        if query.lat is not None or query.open_at is not None:
            return self._search(query, today)
        # A list for a whole country is the same all day, and one of few: it tells of nobody where they are.
        found = self._lists.get((today, query))
        if found is None:
            if len(self._lists) >= LISTS:
                self._lists.clear()
            found = self._lists[today, query] = self._search(query, today)
        return found.copy()

    def _search(self, query: Query, today: int) -> list[Found]:
        hits = self._index.search(query, today, self._withdrawn)
        return [Found(offer=self._offer(rank, today), km=None if km is None else rounded_km(km)) for rank, km in hits]

    def get(self, key: int) -> Offer | None:
        """The offer of that key, if it is still to be shown."""
        rank = self._rank(key)
        today = int(self.clock() // 86400)
        if rank is None or rank in self._withdrawn or self._index.last_day[rank] < today:
            return None
        return self._offer(rank, today)

    def complaint_channels(self, country: str) -> list[facts.ComplaintChannel]:
        """Channels of the organisations shown in that country; independent bodies last."""
        today = int(self.clock() // 86400)
        return [
            msgspec.structs.replace(channel, check="due") if today >= due else channel
            for channel, due, last in self._complaints.get(country, ())
            if today <= last
        ]

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        """(``dir-`` and its id, public name) of every organisation that shows itself there, by name, each name once."""
        return self._named.get(country, ())

    def withdraw(self, keys: set[int]) -> None:
        """Stop showing these at once; used between a change of an audience and the next snapshot."""
        ranks = {rank for key in keys if (rank := self._rank(key)) is not None}
        self._withdrawn = self._withdrawn | ranks
        self._lists.clear()

    def encoded(self) -> bytes:
        """Everything that the snapshot holds, as bytes: equal directories give equal bytes."""
        index = self._index
        return msgspec.msgpack.encode(
            (
                list(self._keys),
                self._packed,
                self._organisations,
                self._named,
                self._complaints,
                index.patterns,
                [
                    (mask.to_bytes(64, "little"), *coordinates)
                    for mask, *coordinates in zip(
                        index.masks, map(repr, index.xs), map(repr, index.ys), map(repr, index.zs), strict=True
                    )
                ],
                list(index.hours_of),
                list(index.last_day),
                bytes(index.remote),
            )
        )

    def _rank(self, key: int) -> int | None:
        rank = bisect_left(self._keys, key)
        return rank if rank < len(self._keys) and self._keys[rank] == key else None

    def _offer(self, rank: int, today: int) -> Offer:
        known = self._decoded.get(rank)
        if known is not None and known[0] == today:
            return known[1]
        if len(self._decoded) >= DECODED:
            self._decoded.clear()
        offer = self._read(rank, today)
        self._decoded[rank] = today, offer
        return offer

    def _read(self, rank: int, today: int) -> Offer:
        row = _decode(self._packed[rank])
        free, papers, wheelchair, sign, *people = row.tri
        report_to, report_due, report_last = row.report_to or (None, 0, -1)
        reported = today <= report_last
        return Offer(
            key=row.key,
            country=row.country,
            name=row.name,
            short_name=row.short_name,
            organisation=self._organisations[row.organisation],
            kinds=row.kinds,
            specialised=bool(row.flags & _SPECIALISED),
            texts=dict(row.texts),
            lat=row.point[0] if row.point else None,
            lon=row.point[1] if row.point else None,
            address=row.address,
            municipality=row.municipality,
            phones=tuple(
                facts.Phone(number=number, shown=shown, text=bool(how & 1), whatsapp=bool(how & 2))
                for number, shown, how in row.phones
            ),
            email=row.email,
            url=row.url,
            hours=self._index.patterns[row.hours] if row.hours >= 0 else None,
            free=free,
            cost=row.cost,
            papers=papers,
            languages=row.languages,
            people={group: served for group, served in zip(PEOPLE, people, strict=True) if served is not None},
            min_age=row.ages[0],
            max_age=row.ages[1],
            wheelchair=wheelchair,
            sign_language=sign,
            authority=row.authority,  # type: ignore[arg-type]
            verified_on=EPOCH + timedelta(days=row.verified),
            check="due" if today >= row.due_day else "fresh",
            remote=bool(row.flags & _REMOTE),
            demo=bool(row.flags & _DEMO),
            report_to=report_to if reported else None,
            report_check="due" if reported and today >= report_due else "fresh",
        )


async def build(engine: AsyncEngine, now: float, settings: Settings, clock: Callable[[], float] | None = None) -> Snapshot:
    """The public directory at ``now`` (seconds since 1970), read in a thread by a connection of its own.

    ``clock`` gives the time to searches (default: it stands still at ``now``). Raises ``bot.db.DatabaseDown``.
    """
    return await asyncio.to_thread(_build, engine, now, settings, clock)


def _build(engine: AsyncEngine, now: float, settings: Settings, clock: Callable[[], float] | None) -> Snapshot:
    # Conversations go on meanwhile: let them have the interpreter ten times sooner than usual.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, 0.0005))
    try:
        with db.reading(engine) as connection:
            snapshot = _read(connection, now, settings, clock)
        snapshot._index.finish()  # when the connection's cache is gone
        return snapshot
    finally:
        sys.setswitchinterval(usual)


def _read(connection: Connection, now: float, settings: Settings, clock: Callable[[], float] | None) -> Snapshot:
    snapshot = Snapshot(now, clock)
    snapshot.stamp = connection.execute(stamp.READ).scalar() or 0
    today = datetime.fromtimestamp(now, UTC).date()
    statements = _Statements(visible_to("public"), today, settings)
    channels, snapshot._complaints = _complaints(connection, statements, settings)
    texts = _Stream(connection, statements.texts())
    phones = _Stream(connection, statements.phones())
    schedules = _Stream(connection, statements.schedules())
    names = {identity: name for identity, name in connection.execute(statements.organisations())}
    index = snapshot._index
    organisations: dict[str, int] = {}
    named: dict[str, dict[str, str]] = {}
    add = index.add
    # Most entries share their hours, their dates and what they are with others.
    hours_of = cache(lambda spans: _pattern(index, spans))
    limits = cache(lambda verified, review, expires: _limits(verified, review, expires, settings))
    described = cache(lambda *said: _described(index, *said))
    for (
        key, audience, remote, demo, country, name, short_name, organisation, kinds, specialised, languages, email, url,
        free, cost, papers, women, men, children, lgbtiq, disabilities, min_age, max_age, authority, verified_on,
        review_on, expires_on, address, latitude, longitude, municipality, wheelchair, sign_language,
    ) in _rows(connection, statements.entries()):  # fmt: skip
        if audience not in statements.view.levels:  # the database was asked for nothing else
            raise AssertionError("An entry for another audience came out of the database; nothing is shown.")
        times = schedules.of(key)
        pattern = hours_of(tuple([row[1:] for row in times])) if times else -1
        verified, due, last = limits(verified_on, review_on, expires_on)
        people = (women, men, children, lgbtiq, disabilities)
        kinds, languages, mask = described(kinds, languages, people, specialised)
        add(country, latitude, longitude, mask, remote, pattern, last)
        snapshot._keys.append(key)
        # The fields of _Packed, in its order.
        packed = (
            key,
            country,
            name or "",
            short_name or "",
            organisations.setdefault(names.get(organisation, ""), len(organisations)),
            kinds,
            languages,
            _SPECIALISED * specialised + _REMOTE * remote + _DEMO * demo,
            [(language, text) for _, _, language, text in _original_first(texts.of(key))],
            [
                (number, shown, 1 * takes_text + 2 * whatsapp)
                for _, _, number, shown, takes_text, whatsapp in _in_order(phones.of(key))
            ],
            pattern,
            verified,
            due,
            None if latitude is None else (latitude, longitude),
            address,
            municipality,
            email,
            url,
            cost,
            (min_age, max_age),
            (free, papers, wheelchair, sign_language, *people),
            authority,
            channels.get((organisation, country)) if channels else None,
        )
        snapshot._packed.append(_encode(packed))
        if shown_name := names.get(organisation):
            named.setdefault(country, {}).setdefault(shown_name, f"dir-{str(organisation).replace('-', '')}")
    snapshot._organisations = list(organisations)
    snapshot._named = {
        country: tuple(sorted(((key, name) for name, key in found.items()), key=lambda each: (each[1], each[0])))
        for country, found in named.items()
    }
    return snapshot


def _limits(verified_on: date, review_on: date | None, expires_on: date | None, settings: Settings) -> tuple[int, int, int]:
    """(day of the check, first day with the label, last day shown), counted from 1970-01-01 (S-4)."""
    due, last = validity.limits(verified_on, review_on, expires_on, settings)
    return (verified_on - EPOCH).days, (due - EPOCH).days, (last - EPOCH).days


def _in_order(rows: list[Any]) -> list[Any]:
    """Sorted here and not by the database, where it would cost a sort for each entry: most have one row."""
    return sorted(rows) if len(rows) > 1 else rows


def _original_first(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (not row[1], row[2])) if len(rows) > 1 else rows


def _pattern(index: Index, spans: tuple[tuple[Any, ...], ...]) -> int:
    """Number of the hours that these rows make together; -1 for none."""
    hours = _hours(spans)
    return -1 if hours is None else index.pattern(hours)


def _hours(spans: tuple[tuple[Any, ...], ...]) -> facts.Hours | None:
    """The hours that these rows (zone, weekdays, opens, closes, always), as they are stored, make together."""
    return together((zone, db.codes(days), opens, closes, always) for zone, days, opens, closes, always in spans)


def _described(
    index: Index, kinds: str, languages: str, people: tuple[bool | None, ...], specialised: bool
) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """(kinds in the order of KINDS, languages, mask for searches), of columns as they are stored."""
    served = [group for group, answer in zip(PEOPLE, people, strict=True) if answer]
    named, spoken = db.codes(kinds), db.codes(languages)
    ordered = tuple(kind for kind in facts.KINDS if kind in named)
    return ordered, spoken, index.mask(ordered, spoken, served, not specialised)


_Channel = tuple[facts.ComplaintChannel, int, int]
"""A channel, the first day on which it has the label, and the last on which it is shown."""


def _complaints(
    connection: Connection, statements: _Statements, settings: Settings
) -> tuple[dict[tuple[Any, str], tuple[str, int, int]], dict[str, tuple[_Channel, ...]]]:
    spans: dict[Any, list[tuple[Any, ...]]] = {}
    for channel_id, *span in connection.execute(statements.complaint_schedules()):
        spans.setdefault(channel_id, []).append(tuple(span))
    first: dict[tuple[Any, str], tuple[str, int, int]] = {}
    by_country: dict[str, list[_Channel]] = {}
    for row in connection.execute(statements.complaints()):
        _, due, last = _limits(row.verified_on, row.review_on, None, settings)
        channel = facts.ComplaintChannel(
            organisation=row.name,
            how=row.how,
            value=row.value,
            independent=row.independent,
            free=row.free,
            demo=row.demo,
            hours=_hours(tuple(spans.get(row.id, ()))),
            languages=row.languages,
            read_by=row.read_by,
            verified_on=row.verified_on,
        )
        by_country.setdefault(row.country, []).append((channel, due, last))
        if not row.independent:
            first.setdefault((row.organization_id, row.country), (row.value, due, last))
    return first, {country: tuple(rows) for country, rows in by_country.items()}


class _Statements:
    """The statements of a snapshot; what they share is ``visible_to`` and the second limit of S-4."""

    def __init__(self, view: View, today: date, settings: Settings) -> None:
        self.view = view
        self.entry = ServiceAtLocation.__table__.c  # type: ignore[attr-defined]
        self.service = Service.__table__.c  # type: ignore[attr-defined]
        self.location = Location.__table__.c  # type: ignore[attr-defined]
        self.organisation = Organization.__table__.c  # type: ignore[attr-defined]
        self.channel = ComplaintChannel.__table__.c  # type: ignore[attr-defined]
        named = tuple(code.strip().upper() for code in settings.countries.split(",") if code.strip())
        self._stale = today - timedelta(days=settings.service_stale_days)
        self._shown: ColumnElement[bool] = and_(
            view.entry(),
            self.service.status == "active",
            validity.is_valid(self.service, today, settings),
            self.location.country.in_(named or COUNTRIES),
        )

    def entries(self) -> Select[Any]:
        view, entry, service, location = self.view, self.entry, self.service, self.location
        return (
            select(
                entry.key,
                entry.audience,
                entry.remote,
                entry.demo,
                location.country,
                view.column("name", service.name).label("name"),
                view.column("name", service.short_name).label("short_name"),
                type_coerce(view.column("organisation", service.organization_id), NullType()).label("organisation"),
                type_coerce(service.kinds, NullType()).label("kinds"),
                service.specialised,
                type_coerce(service.languages, NullType()).label("languages"),
                view.column("email", service.email).label("email"),
                view.column("url", service.url).label("url"),
                service.free,
                service.cost,
                service.papers,
                *(service[f"people_{group}"] for group in PEOPLE),
                service.min_age,
                service.max_age,
                service.authority,
                service.verified_on,
                service.review_on,
                service.expires_on,
                view.column("address", location.address).label("address"),
                view.column("point", location.latitude).label("latitude"),
                view.column("point", location.longitude).label("longitude"),
                view.column("municipality", location.municipality).label("municipality"),
                location.wheelchair,
                location.sign_language,
            )
            .select_from(ServiceAtLocation.__table__)  # type: ignore[attr-defined]
            .join(Service.__table__, service.id == entry.service_id)  # type: ignore[attr-defined]
            .join(Location.__table__, location.id == entry.location_id)  # type: ignore[attr-defined]
            .where(self._shown)
            .order_by(entry.key)
        )

    def organisations(self) -> Select[Any]:
        """Those that show themselves at one entry or more."""
        return (
            select(type_coerce(self.organisation.id, NullType()), self.organisation.name)
            .where(
                exists(
                    select(self.entry.key)
                    .join(Service.__table__, self.service.id == self.entry.service_id)  # type: ignore[attr-defined]
                    .where(
                        self.service.organization_id == self.organisation.id,
                        self.view.entry(),
                        self.view.shows("organisation"),
                    )
                    .correlate(Organization.__table__)  # type: ignore[attr-defined]
                )
            )
            .order_by(self.organisation.id)
        )

    def texts(self) -> Select[Any]:
        text = ServiceText.__table__.c  # type: ignore[attr-defined]
        return (
            select(self.entry.key, text.original, text.language, text.text)
            .join(ServiceText.__table__, text.service_id == self.entry.service_id)  # type: ignore[attr-defined]
            .where(self.view.entry(), self.view.shows("texts"))
            .order_by(self.entry.key)
        )

    def phones(self) -> Select[Any]:
        phone = Phone.__table__.c  # type: ignore[attr-defined]
        return (
            select(self.entry.key, phone.position, phone.number, phone.shown, phone.text, phone.whatsapp)
            .join(Phone.__table__, belongs(phone))  # type: ignore[attr-defined]
            .where(self.view.entry(), self.view.shows("phones"))
            .order_by(self.entry.key)
        )

    def schedules(self) -> Select[Any]:
        schedule = Schedule.__table__.c  # type: ignore[attr-defined]
        return (
            select(
                self.entry.key,
                schedule.zone,
                type_coerce(schedule.weekdays, NullType()),
                schedule.opens,
                schedule.closes,
                schedule.always,
            )
            .join(Schedule.__table__, belongs(schedule))  # type: ignore[attr-defined]
            .where(self.view.entry(), self.view.shows("hours"))
            .order_by(self.entry.key)
        )

    def _takes_complaints(self) -> ColumnElement[bool]:
        """Channels of organisations that show themselves in that country, and of independent bodies."""
        channel = self.channel
        shows_itself = exists(
            select(self.entry.id)
            .join(Service.__table__, self.service.id == self.entry.service_id)  # type: ignore[attr-defined]
            .join(Location.__table__, self.location.id == self.entry.location_id)  # type: ignore[attr-defined]
            .where(
                self.service.organization_id == self.organisation.id,
                self.location.country == channel.country,
                self.view.shows("organisation"),
                self._shown,
            )
            .correlate(Organization.__table__, ComplaintChannel.__table__)  # type: ignore[attr-defined]
        )
        return and_(self.view.complaint_channel(), channel.verified_on > self._stale, or_(channel.independent, shows_itself))

    def complaints(self) -> Select[Any]:
        channel = self.channel
        return (
            select(
                type_coerce(channel.id, NullType()).label("id"),
                type_coerce(channel.organization_id, NullType()).label("organization_id"),
                channel.country,
                channel.how,
                channel.value,
                channel.independent,
                channel.free,
                channel.demo,
                channel.languages,
                channel.read_by,
                channel.verified_on,
                channel.review_on,
                self.organisation.name,
            )
            .join(Organization.__table__, self.organisation.id == channel.organization_id)  # type: ignore[attr-defined]
            .where(self._takes_complaints())
            .order_by(channel.country, channel.independent, self.organisation.name, channel.how, channel.value)
        )

    def complaint_schedules(self) -> Select[Any]:
        schedule = Schedule.__table__.c  # type: ignore[attr-defined]
        return (
            select(
                type_coerce(self.channel.id, NullType()),
                schedule.zone,
                type_coerce(schedule.weekdays, NullType()),
                schedule.opens,
                schedule.closes,
                schedule.always,
            )
            .join(ComplaintChannel.__table__, schedule.complaint_channel_id == self.channel.id)  # type: ignore[attr-defined]
            .join(Organization.__table__, self.organisation.id == self.channel.organization_id)  # type: ignore[attr-defined]
            .where(self._takes_complaints())
        )


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    for batch in connection.execute(statement, execution_options={"yield_per": _BATCH}).partitions():
        yield from batch


class _Stream:
    """Rows of a second statement in the same order of keys, taken as the first one goes by."""

    def __init__(self, connection: Connection, statement: Select[Any]) -> None:
        self._rows = _rows(connection, statement)
        self._next = next(self._rows, None)

    def of(self, key: int) -> list[Any]:
        row, rows = self._next, self._rows
        while row is not None and row[0] < key:
            row = next(rows, None)
        found = []
        while row is not None and row[0] == key:
            found.append(row)
            row = next(rows, None)
        self._next = row
        return found
