"""Who may ever meet a complaint (C-4): the one rule of lists, pages, alerts, keys and the register.

Here belong who is tied to whom, the rule itself, once for a row (``may_read``) and once for a query (``visible``), and whose keys a
complaint is sealed to. Never here: what is shown, pages, clocks.

**Tied.** Organisations that have become one, in whatever order, are tied to each other, employers of one name too, and one of the
directory to the employers that it is (``bot.staff.listings``). A complaint about an organisation does not exist for whoever works
for one that is tied to it.
The exclusion stands in the WHERE of every query, with the organisations as bound values, whether or not there is such a complaint:
what the database is asked is the same, and so is the answer.

**Independent.** What is about the people who answer here, or about nobody knows whom, is read by organisations that watch over the
others and give no help themselves; and only while all that have become one with them are such.

**The one exception.** An investigation unit, as the network set it, reads what was forwarded to it.
"""

from __future__ import annotations

import dataclasses
import functools
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints.names import OF_THE_DIRECTORY
from bot.complaints.storing import complaint, forwarding
from bot.complaints.tables import INDEPENDENT, LEVELS
from bot.directory.tables import Organization
from bot.places import fold
from bot.sealing import MOST_RECIPIENTS
from bot.staff import listings
from bot.staff.keys import recovery_keys
from bot.staff.roles import Action, Actor, acting_as
from bot.staff.tables import Employer, Role, Staff, StaffKey

_organization: Any = Organization.__table__  # type: ignore[attr-defined]
_employer: Any = Employer.__table__  # type: ignore[attr-defined]
_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_key: Any = StaffKey.__table__  # type: ignore[attr-defined]

#: The key of an organisation of the directory (``names``), as the database makes it of the id: with hyphens or without.
_KEY_IN_DIRECTORY: Final[Any] = literal(OF_THE_DIRECTORY).concat(func.replace(cast(_organization.c.id, String), "-", ""))

#: Inbox -> what somebody who reads it is allowed.
ACTION: Final[Mapping[str, Action]] = {"psea": "see_complaints", "feedback": "see_feedback"}


@dataclasses.dataclass(frozen=True)
class Network:
    """The organisations and what has become of them. ``employers``: key -> (merged into, independent). ``listed``: key of one of
    the directory -> keys of the employers that it is. Two that were called like it at different times are both tied to it, and not
    thereby to each other. ``called``: key of an employer -> its folded name. Whoever says one name may mean any that has it, so
    those are tied; a name takes away and gives nothing: it makes no part of anything, and no investigation unit."""

    employers: Mapping[str, tuple[str, bool]]
    listed: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    called: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, employers: Iterable[Any], listed: Mapping[str, tuple[str, ...]] | None = None) -> Self:
        """``employers``: rows with ``key``, ``name``, ``merged_into`` and ``independent``."""
        rows = tuple(employers)
        return cls({row.key: (row.merged_into, row.independent) for row in rows}, listed or {}, called(rows))

    def chain(self, organisation: str) -> tuple[str, ...]:
        """This organisation, those that it is or of which it became a part, and so on to the end. A circle, which no file may make,
        ends too."""
        found = [organisation]
        for each in found:  # which grows
            onward = (self.employers.get(each, ("", False))[0], *self.listed.get(each, ()))
            found += [key for key in onward if key and key not in found]
        return tuple(found)

    def tied(self, organisation: str) -> frozenset[str]:
        """Keys of all that have become one with it or have a name of theirs, itself included."""
        ends = self._ends(organisation)
        return frozenset({organisation, *(key for key in self._known() if self._ends(key) & ends)})

    def covered(self, units_of: Collection[str]) -> frozenset[str]:
        """Keys of the organisations for which the unit of these investigates: with those that became their parts."""
        return frozenset({*units_of, *(key for key in self._known() if set(self.chain(key)) & set(units_of))})

    def independent(self, organisation: str) -> bool:
        """Whether it watches over the others, and all that are tied to it do."""
        known = self.tied(organisation) & self.employers.keys()
        return bool(known) and all(self.employers[key][1] for key in known)

    def _known(self) -> frozenset[str]:
        return frozenset({*self.employers, *self.listed})

    def _ends(self, organisation: str) -> frozenset[str]:
        """Where its chain ends: of an employer one place, of an organisation of the directory one for each employer that it is;
        and with each place those that have a name in common with it."""
        return frozenset().union(*(self._namesakes.get(end, {end}) for end in self._ends_of_chain(organisation)))

    @functools.cached_property
    def _namesakes(self) -> Mapping[str, frozenset[str]]:
        """Where a chain ends in which somebody has a name that stands in another chain too -> the ends of all such chains, and of
        those that have a name in common with these."""
        named: dict[str, set[str]] = {}
        for key, name in self.called.items():
            named.setdefault(name, set()).update(self._ends_of_chain(key))
        found: dict[str, frozenset[str]] = {}
        for ends in named.values():
            whole = frozenset(ends).union(*(found.get(end, ()) for end in ends))
            found |= dict.fromkeys(whole, whole)
        return found

    def _ends_of_chain(self, organisation: str) -> frozenset[str]:
        chain = self.chain(organisation)
        ends = {key for key in chain if not self.employers.get(key, ("", False))[0] and key not in self.listed}
        return frozenset(ends or chain)


def called(employers: Iterable[Any]) -> dict[str, str]:
    """Key -> folded name. ``employers``: rows with ``key`` and ``name``. Without those whose name has no letters that are compared
    here: they would all be called alike."""
    return {row.key: name for row in employers if (name := fold(row.name))}


class Ties(NamedTuple):
    """What decides about one account, beside its roles and countries."""

    tied: frozenset[str]
    covers: frozenset[str]
    """Organisations whose investigation unit it is."""
    independent: bool


async def network(connection: AsyncConnection, naming: str = "") -> Network:
    """As the database has it. An organisation of the directory that is called like an employer, or ever was, is that one, also
    where it was complained about before the employer had accounts here. Of the names of the directory, which may hold many
    thousands, only those are read that a complaint names, and ``naming``: the key that something new is about."""
    asked = select(_employer.c.key, _employer.c.name, _employer.c.merged_into, _employer.c.independent)
    rows = (await connection.execute(asked.order_by(_employer.c.key))).all()
    listed: dict[str, tuple[str, ...]] = {}
    for id, key in sorted({*await listings.kept(connection), *await listings.alike(connection, rows, named(naming))}):
        listed[f"{OF_THE_DIRECTORY}{id.hex}"] = (*listed.get(f"{OF_THE_DIRECTORY}{id.hex}", ()), key)
    return Network.of(rows, listed)


def named(naming: str = "") -> ColumnElement[bool]:
    """Condition on the organisations of the directory: one that a complaint names, or ``naming``."""
    return or_(_KEY_IN_DIRECTORY.in_(select(complaint.c.organisation)), naming == _KEY_IN_DIRECTORY)


def ties_of(among: Network, organisation: str, investigates: Collection[str]) -> Ties:
    return Ties(among.tied(organisation), among.covered(investigates), among.independent(organisation))


async def ties(connection: AsyncConnection, actor: Actor) -> Ties:
    """What this actor is tied to now. An account that is gone, or has another employer by now, has the ties of both."""
    asked = select(_staff.c.organisation, _staff.c.investigates).where(_staff.c.id == actor.id, _staff.c.active)
    row = (await connection.execute(asked)).first()
    among = await network(connection)
    found = ties_of(among, actor.organisation, row.investigates if row else ())
    if row is not None and row.organisation != actor.organisation:
        now = ties_of(among, row.organisation, ())
        found = found._replace(tied=found.tied | now.tied, independent=found.independent and now.independent)
    return found


# --- the rule ----------------------------------------------------------------------------------------------------------


def may_read(actor: Actor, by: Ties, row: Any, units: Iterable[str] = (), *, level: str = "") -> bool:
    """Whether the complaint exists for this account. ``row``: ``inbox``, ``country``, ``about``, ``organisation``, ``level`` and
    ``refused`` of a complaint. ``units``: organisations to whose investigation units it was forwarded. ``level``: instead of the
    row's."""
    return role_for(actor, by, row, units, level=level) is not None


def role_for(actor: Actor, by: Ties, row: Any, units: Iterable[str] = (), *, level: str = "") -> Role | None:
    """The role by which it does, for the trail; None: it does not."""
    role = acting_as(actor, ACTION[row.inbox], country=row.country)
    if role is None or row.country not in actor.countries or actor.id.hex in row.refused:
        return None
    if investigates(by, row, units):
        return role
    if row.organisation in by.tied or (row.about in INDEPENDENT and not by.independent):
        return None
    told = row.inbox == "feedback" or role == "psea_focal_point" or (level or row.level) == "network"
    return role if told else None


def investigates(by: Ties, row: Any, units: Iterable[str]) -> bool:
    """Whether it was forwarded to the investigation unit that this account is."""
    return row.inbox == "psea" and row.organisation in by.covers and any(each in by.covers for each in units)


def visible(actor: Actor, by: Ties) -> ColumnElement[bool]:
    """``may_read`` as a condition on ``complaint``. Its text depends on the actor only; all that it is about is bound."""
    roles = {inbox: acting_as(actor, action) for inbox, action in ACTION.items()}
    c = complaint.c
    to_unit = exists().where(
        forwarding.c.complaint_id == c.id, forwarding.c.way == "unit", forwarding.c.organisation.in_(sorted(by.covers))
    )
    told = or_(
        and_(c.inbox == "feedback", _is(roles["feedback"] is not None)),
        and_(
            c.inbox == "psea",
            or_(_is(roles["psea"] == "psea_focal_point"), and_(_is(roles["psea"] is not None), c.level == "network")),
        ),
    )
    free = and_(c.organisation.not_in(sorted(by.tied)), or_(_is(by.independent), c.about.not_in(sorted(INDEPENDENT))))
    unit = and_(c.inbox == "psea", _is(roles["psea"] is not None), c.organisation.in_(sorted(by.covers)), to_unit)
    refused = type_coerce(c.refused, String).not_like(f"%,{actor.id.hex},%")
    return and_(c.country.in_(actor.countries), refused, or_(and_(free, told), unit))


def _is(value: bool) -> ColumnElement[bool]:
    """A bound truth value: the text of a query does not tell it."""
    return literal(value) == literal(True)


async def units_of(connection: AsyncConnection, complaint_id: bytes) -> tuple[str, ...]:
    """Organisations to whose investigation units it was forwarded."""
    asked = select(forwarding.c.organisation).where(forwarding.c.complaint_id == complaint_id, forwarding.c.way == "unit")
    return tuple(sorted(set((await connection.execute(asked)).scalars())))


# --- whom it concerns --------------------------------------------------------------------------------------------------


class Reader(NamedTuple):
    """An account with a key that reads complaints or feedback somewhere."""

    actor: Actor
    ties: Ties
    stands_in: bool
    public: bytes

    def level(self, row: Any, units: Iterable[str] = ()) -> str:
        """At which level this account is told of it; empty: never."""
        role = role_for(self.actor, self.ties, row, units, level="network")
        if role is None:
            return ""
        if role == "psea_focal_point":
            return "backup" if self.stands_in else "focal"
        return "network"


async def readers(connection: AsyncConnection, naming: str = "") -> list[Reader]:
    """Everybody who is active, has a key in use and may see any complaint or feedback, in a fixed order. ``naming``: as for
    ``network``."""
    names = ("id", "name", "organisation", "roles", "countries", "lang", "stands_in", "investigates")
    asked = select(*(_staff.c[name] for name in names), _key.c.public).join(_key, _key.c.staff_id == _staff.c.id)
    rows = (await connection.execute(asked.where(_staff.c.active, _key.c.retired_at.is_(None)).order_by(_staff.c.id))).all()
    among = await network(connection, naming)
    found = [(Actor.of(row), row) for row in rows]
    return [
        Reader(actor, ties_of(among, row.organisation, row.investigates), row.stands_in, row.public)
        for actor, row in found
        if any(acting_as(actor, action) is not None for action in ACTION.values())
    ]


def at_levels(among: Iterable[Reader], row: Any, units: Iterable[str] = ()) -> dict[str, tuple[uuid.UUID, ...]]:
    """Level -> accounts that are told of it there, the units to which it was forwarded among the focal points."""
    passed = tuple(units)
    told = [(reader.actor.id, reader.level(row, passed)) for reader in among]
    return {level: tuple(id for id, at in told if at == level) for level in LEVELS}


async def colleagues(connection: AsyncConnection, row: Any, but: Collection[uuid.UUID | None]) -> list[Reader]:
    """Everybody with a key for whom it exists now, other than as an investigation unit, and without these accounts."""
    found = await readers(connection)
    return [each for each in found if each.actor.id not in but and may_read(each.actor, each.ties, row)]


async def eligible(connection: AsyncConnection, row: Any, units: Iterable[str] = ()) -> dict[uuid.UUID, bytes]:
    """Account -> public key of everybody who may read it by the time that everybody was told. Empty: it is not taken."""
    passed = tuple(units)
    return {each.actor.id: each.public for each in await readers(connection) if each.level(row, passed)}


async def recipients(connection: AsyncConnection, keys: Mapping[uuid.UUID, bytes]) -> list[bytes]:
    """Public keys of a new envelope: the recovery keys for complaints, and of those eligible as many as it has room for."""
    recovery = (await recovery_keys(connection, "complaints")).values()
    return list(dict.fromkeys([*recovery, *keys.values()]))[:MOST_RECIPIENTS]
