"""The roster as it was read at one moment: shifts that count, the people behind them, and what the public may know of it.

Here belongs which account counts for which duty: active, with a key to which something can be sealed, in that country, in
the role that fits. Never here: when to read again (``live``), the arithmetic of shifts (``duty``), a request.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints.routing import Network
from bot.countries import zones
from bot.directory.hours import zone
from bot.roster import duty
from bot.roster.duty import Change, OnDuty, Span, Weekly
from bot.roster.tables import Holiday, Shift, ShiftException
from bot.staff.roles import Actor, may_read
from bot.staff.tables import ROLES, Employer, Role, Staff, StaffKey
from flows.facts import OnCall

ROLE_OF_DUTY: Final[dict[str, Role]] = {
    "primary": "case_manager",
    "backup": "case_manager",
    "supervisor": "supervisor",
    "child": "child_protection",
}
ANSWERING: Final = ("primary", "backup")
"""Duties that pick requests up at once; the rest of the ladder is climbed by the clock (D-8)."""
ANSWERING_CHILDREN: Final = ("child",)

MAY_KEEP_NONE: Final = frozenset[Role]({"supervisor", "national_focal_point"})
"""Roles whose accounts work without a shift where none is planned for them."""
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_DAY = timedelta(days=1)
_BEFORE = 3 * _DAY
"""How long before the present day spans are worked out, so that the beginning of a shift under way is known."""
_KEPT_WINDOWS = 64


Lack = Literal["", "left", "key", "country", "role", "zone"]
"""Why an account does not count for a duty, or a shift at all; empty: it counts."""


class Member(NamedTuple):
    """An account, as far as the roster looks at it. ``name`` is a role label."""

    id: uuid.UUID
    name: str
    organisation: str
    organisation_name: str
    roles: tuple[str, ...]
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    honours: str
    active: bool
    has_key: bool

    def lacks(self, duty_name: str, country: str) -> Lack:
        """Why this account does not count for that duty there: ``left``, ``key``, ``country`` or ``role``; "" when it counts."""
        if not self.active:
            return "left"
        if not self.has_key:
            return "key"
        if country not in self.countries:
            return "country"
        reads = may_read(self._actor(), country=country, child=duty_name == "child")
        return "" if reads and ROLE_OF_DUTY.get(duty_name) in self.roles else "role"

    def _actor(self) -> Actor:
        roles = tuple(role for role in ROLES if role in self.roles)
        return Actor(self.id, self.name, self.organisation, roles, self.countries)


class Organisation(NamedTuple):
    """One of the network, and that of which it has become a part, or empty."""

    key: str
    name: str = ""
    merged_into: str = ""
    independent: bool = False


class Read(NamedTuple):
    """The rows, in a fixed order: equal rows mean that nothing changed."""

    members: tuple[Member, ...] = ()
    shifts: tuple[Weekly, ...] = ()
    changes: tuple[Change, ...] = ()
    holidays: tuple[tuple[str, date, bool], ...] = ()
    """(country, day, whether people work)."""
    organisations: tuple[Organisation, ...] = ()
    """All of them."""


NOTHING: Final = Read()


class RosterSnapshot:
    """Answers questions about one reading of the roster. Instants are aware datetimes in UTC, unless a name says seconds."""

    def __init__(self, rows: Read = NOTHING) -> None:
        self.rows = rows
        self.members = {member.id: member for member in rows.members}
        self.closed = frozenset((country, day) for country, day, works in rows.holidays if not works)
        self.shifts = tuple(shift for shift in rows.shifts if not self.lacks(shift))
        """The weekly shifts that count."""
        self.changes = tuple(change for change in rows.changes if change.what == "off" or not self.lacks(change))
        """The exceptions that count."""
        planned: list[Weekly | Change] = [*rows.shifts, *(change for change in rows.changes if change.what == "extra")]
        self.planned_in = frozenset(row.country for row in planned)
        """Countries in which somebody planned a shift, whether it counts or not."""
        self.planned_for = frozenset(row.staff_id for row in planned)
        self._network = Network.of(rows.organisations)
        self._windows: dict[tuple[str, datetime], list[Span]] = {}

    # --- people

    def name(self, staff_id: uuid.UUID) -> str:
        """The account's role label; empty where it is not known."""
        member = self.members.get(staff_id)
        return member.name if member else ""

    def lacks(self, row: Weekly | Change) -> Lack:
        """Why a shift or an ``extra`` does not count: as ``Member.lacks``, or ``zone`` when nobody knows its time zone."""
        if isinstance(row, Weekly) and not _is_zone(row.zone):
            return "zone"
        member = self.members.get(row.staff_id)
        return member.lacks(row.duty, row.country) if member else "left"

    def uncounted(self) -> list[tuple[Weekly | Change, Lack]]:
        """Shifts and extras that do not count, each with its reason (``lacks``)."""
        planned: list[Weekly | Change] = [*self.rows.shifts, *(c for c in self.rows.changes if c.what == "extra")]
        return [(row, why) for row in planned if (why := self.lacks(row))]

    def fit(self, country: str, duties: Collection[str]) -> list[Member]:
        """Accounts that count for one of these duties there, on duty or not."""
        return [m for m in self.rows.members if any(not m.lacks(each, country) for each in duties)]

    def matching(
        self, country: str, *, wish: str = "", language: str = "", not_organisations: Collection[str] = (), child: bool = False
    ) -> list[Member]:
        """Those who could answer and honour every wish at once (D-12); empty: it cannot be honoured, and the person is told so."""
        return [
            member
            for member in self.fit(country, ANSWERING_CHILDREN if child else ANSWERING)
            if wish in ("", member.honours)
            and (not language or language in member.languages)
            and member.organisation not in not_organisations
        ]

    # --- times

    def spans(self, country: str, begins: datetime, ends: datetime, duties: Collection[str] = ()) -> list[Span]:
        """Time on duty within [begins, ends) of everybody who counts, by beginning."""
        return duty.spans(self.shifts, self.changes, self.closed, begins, ends, country=country, duties=duties)

    def on_duty(self, country: str, at: datetime, duties: Collection[str] = ()) -> tuple[OnDuty, ...]:
        """Everybody who counts and is on duty at ``at``; ``until`` is at most about three weeks ahead."""
        return tuple(
            OnDuty(*span[:4], until=span.ends)
            for span in self._window(country, at)
            if span.begins <= at < span.ends and (not duties or span.duty in duties)
        )

    def next_opening(self, country: str, at: datetime, duties: Collection[str] = ANSWERING) -> datetime | None:
        """The first instant from ``at`` on with one of these duties; None: not within ``duty.SEARCH``."""
        span = self._next(country, at, duties)
        return max(span.begins, at) if span else None

    def shift_of(self, staff_id: uuid.UUID, at: datetime) -> tuple[datetime, datetime] | None:
        """From when until when this account is on duty without a break, whatever the duty and country; None: it is not."""
        member = self.members.get(staff_id)
        if member is None:
            return None
        own = [s for country in member.countries for s in self._window(country, at) if s.staff_id == staff_id]
        return next(((begins, ends) for begins, ends in duty.cover(own) if begins <= at < ends), None)

    def on_shift(self, staff_id: uuid.UUID, at: datetime) -> bool:
        """Whether this account is on duty: notices are silent when it is not (M-7)."""
        return self.shift_of(staff_id, at) is not None

    def may_be_told(self, staff_id: uuid.UUID, at: datetime) -> bool:
        """Whether an alert may reach this account now: on shift, or of no role that keeps shifts, such as a national focal point
        to whom something is handed over; whoever keeps none is never off shift."""
        member = self.members.get(staff_id)
        if member is None or not member.active:
            return False
        return self.on_shift(staff_id, at) or not set(member.roles) & set(ROLE_OF_DUTY.values())

    def off_since(self, staff_id: uuid.UUID | None, countries: Collection[str], at: datetime) -> datetime | None:
        """Since when this account has not been on duty for requests of these countries (M-7); ``LONG_AGO`` where its last shift
        there was days ago, or it is gone. None: it is on duty, or nothing says when it should be: it is of no role that keeps
        shifts, or of one that need not and has none planned, or nobody planned any shift there yet."""
        if not self.planned_in & set(countries):
            return None
        member = self.members.get(staff_id) if staff_id else None
        if member is None or not member.active:
            return LONG_AGO
        here = [country for country in countries if country in member.countries]
        if not set(member.roles) & set(ROLE_OF_DUTY.values()) or any(each not in self.planned_in for each in here):
            return None
        if set(member.roles) & MAY_KEEP_NONE and member.id not in self.planned_for:
            return None
        own = [s for country in here for s in self._window(country, at) if s.staff_id == staff_id and s.begins <= at]
        return None if any(at < span.ends for span in own) else max((span.ends for span in own), default=LONG_AGO)

    # --- the public

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        """What may be said of a country's desk at ``now`` (seconds since 1970). ``child``: of its child protection. ``without``: as
        if those were not there who work for these organisations, or for one that has become one with them, and these accounts
        (ids in hex); organisations are named all the same, so that the wish can be read back.

        ``open_now`` means a primary or back-up duty: a supervisor alone picks nothing up at once, but can be sealed to.
        """
        at = datetime.fromtimestamp(now, UTC)
        duties = ANSWERING_CHILDREN if child else ANSWERING
        team = self.fit(country, duties)
        out = self._left_out(without)
        answering = [member for member in team if member.id not in out]
        readers = answering if child else [*answering, *(m for m in self.fit(country, ("supervisor",)) if m.id not in out)]
        opening = self._next(country, at, duties, out)
        open_now = opening is not None and opening.begins <= at
        return OnCall(
            country=country,
            answers=bool(readers),
            open_now=open_now,
            opens_at=opening.begins.timestamp() if opening and not open_now else None,
            zone=self.zone_of(country, opening.staff_id if opening else None),
            languages=tuple(sorted({language for member in answering for language in member.languages})),
            women=any(member.honours == "woman" for member in answering),
            men=any(member.honours == "man" for member in answering),
            organisations=tuple(sorted({(member.organisation, member.organisation_name) for member in team})),
        )

    def zone_of(self, country: str, staff_id: uuid.UUID | None = None) -> str:
        """The IANA zone in which this account's shifts there are planned; else of any shift there; else of most people there."""
        here = [s for s in self.shifts if s.country == country]
        own = [s.zone for s in here if s.staff_id == staff_id] or [s.zone for s in here]
        home = zones(country)[0]
        return home if not own or home in own else min(own)

    # --- plumbing

    def _left_out(self, without: Collection[str]) -> frozenset[uuid.UUID]:
        """Whose accounts these keys of organisations and ids of accounts mean."""
        if not without:
            return frozenset()
        tied = frozenset(key for each in without for key in self._network.tied(each))
        return frozenset(m.id for m in self.rows.members if m.organisation in tied or m.id.hex in without)

    def _next(self, country: str, at: datetime, duties: Collection[str], out: Collection[uuid.UUID] = frozenset()) -> Span | None:
        ahead = (s for s in self._window(country, at) if s.duty in duties and s.ends > at and s.begins < at + duty.SEARCH)
        return next((span for span in ahead if span.staff_id not in out), None)

    def _window(self, country: str, at: datetime) -> list[Span]:
        """The spans of some weeks around ``at``, worked out once a day and country."""
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if (found := self._windows.get((country, day))) is None:
            if len(self._windows) >= _KEPT_WINDOWS:
                self._windows.clear()
            found = self._windows[country, day] = self.spans(country, day - _BEFORE, day + duty.SEARCH + 2 * _DAY)
        return found


# --- reading ---------------------------------------------------------------------------------------------------------

_staff: Any = Staff.__table__.c  # type: ignore[attr-defined]
_employer: Any = Employer.__table__.c  # type: ignore[attr-defined]
_key: Any = StaffKey.__table__.c  # type: ignore[attr-defined]
_shift: Any = Shift.__table__.c  # type: ignore[attr-defined]
_change: Any = ShiftException.__table__.c  # type: ignore[attr-defined]
_holiday: Any = Holiday.__table__.c  # type: ignore[attr-defined]

_has_key = select(_key.id).where(_key.staff_id == _staff.id, _key.retired_at.is_(None)).exists()
_MEMBERS = (
    select(
        _staff.id, _staff.name, _staff.organisation, _employer.name.label("organisation_name"), _staff.roles,
        _staff.countries, _staff.languages, _staff.honours, _staff.active, _has_key.label("has_key"),
    )
    .join_from(Staff.__table__, Employer.__table__, _employer.key == _staff.organisation)  # type: ignore[attr-defined]
    .order_by(_staff.name)
)  # fmt: skip
_SHIFTS = select(*(_shift[name] for name in Weekly._fields)).order_by(_shift.id)
_CHANGES = select(*(_change[name] for name in Change._fields)).order_by(_change.begins_at, _change.id)
_HOLIDAYS = select(_holiday.country, _holiday.day, _holiday.works).order_by(_holiday.country, _holiday.day)
_ORGANISATIONS = select(*(_employer[name] for name in Organisation._fields)).order_by(_employer.key)


async def read(connection: AsyncConnection, now: datetime) -> Read:
    """The roster as the database has it; exceptions that ended more than a few days before ``now`` are left out."""
    members = [Member(*row) for row in await connection.execute(_MEMBERS)]
    shifts = [Weekly(*row) for row in await connection.execute(_SHIFTS)]
    changes = [Change(*row) for row in await connection.execute(_CHANGES.where(_change.ends_at > now - 2 * _BEFORE))]
    holidays = [tuple(row) for row in await connection.execute(_HOLIDAYS)]
    organisations = [Organisation(*row) for row in await connection.execute(_ORGANISATIONS)]
    return Read(tuple(members), tuple(shifts), tuple(changes), tuple(holidays), tuple(organisations))


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ValueError:
        return False
    return True
