"""Who receives what is handed over to a country, and what its sender has to know of that country (M-5).

Here belong the records of ``data/focal_points.toml``, the choice of focal point and back-up among the accounts, and the briefing of
a sender. Never here: movements themselves (``bot.tickets.movements``), sentences (catalogs say what a risk means), legal advice.

Whoever is chosen is active, has the country, may receive (``roles``), and has a key to which something can be sealed. Children are
received by those alone who also have the role ``child_protection`` (D-9). Nobody is an answer too: ``Receivers.none``.
"""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.countries import DATA
from bot.duty_texts import DutyTextBook
from bot.staff.roles import Actor, may
from bot.staff.tables import Employer, Staff, StaffKey
from flows.facts import COUNTRIES, DutyText

if TYPE_CHECKING:
    from bot.settings import Settings

FOCAL_POINTS: Final = DATA / "focal_points.toml"
"""What the program brings along. Deployments name their own accounts and confirm risks in a copy (``FOCAL_POINTS_FILE``)."""
RISKS: Final = ("return", "authorities", "closures", "detention", "sea")
"""Every risk that can be noted; the head of the file tells what each means."""
NOT_CHECKED: Final = "not_checked"
"""Stands beside the risks of a record that is past its day."""

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_key: Any = StaffKey.__table__  # type: ignore[attr-defined]
_employer: Any = Employer.__table__  # type: ignore[attr-defined]


class FocalPointError(ValueError):
    """A record that may not be loaded. The message names the file, the record and what to do."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One country as the file has it; the head of ``data/focal_points.toml`` says what each field means."""

    country: str
    risks: tuple[str, ...]
    source: str
    checked_on: date
    expires_on: date
    focal_point: str = ""
    backup: str = ""
    return_focal_point: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """An account that may receive. ``name`` is a role label."""

    id: uuid.UUID
    name: str
    organisation: str
    """Key of its employer."""
    organisation_name: str
    public: bytes
    """Its public key, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """The national focal point of a country and whoever stands in. The second is None where there is one only."""

    first: Receiver | None
    backup: Receiver | None

    @property
    def none(self) -> bool:
        """There is nobody: nothing can be handed over to that country but to somebody named."""
        return self.first is None

    @property
    def all(self) -> tuple[Receiver, ...]:
        return tuple(each for each in (self.first, self.backup) if each is not None)


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a sender is shown before proposing."""

    duty: DutyText | None
    """The receiving country's duty to report; None: missing, expired or not confirmed, so expect the strictest."""
    receivers: Receivers
    risks: tuple[str, ...]
    """Of ``RISKS``; ``NOT_CHECKED`` in front where nobody looked at them lately."""
    return_focal_point: Receiver | None


class FocalPointBook:
    """The records of the fourteen countries."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by = {record.country: record for record in records}

    @classmethod
    def load(cls, path: Path = FOCAL_POINTS) -> FocalPointBook:
        """The book of a file. Raises ``FocalPointError`` for the first record that cannot be used, or that is missing."""
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise FocalPointError(
                f"{path}: cannot be read ({type(error).__name__}). Name a readable copy of data/focal_points.toml."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise FocalPointError(f"{path}: not readable as TOML: {error}. Correct the line that it names.") from error
        listed = raw.get("country", [])
        if not isinstance(listed, list) or any(not isinstance(entry, dict) for entry in listed):
            raise FocalPointError(f"{path}: each country is a table [[country]]. Write it as in data/focal_points.toml.")
        records = [_checked(path, number, entry) for number, entry in enumerate(listed, 1)]
        named = [record.country for record in records]
        for country in COUNTRIES:
            if named.count(country) != 1:
                said = "is missing" if country not in named else "is there twice"
                raise FocalPointError(f"{path}: {country} {said}. Each of the fourteen countries has one record.")
        return cls(records)

    @classmethod
    def of(cls, settings: Settings) -> FocalPointBook:
        """The book that these settings name. Raises ``FocalPointError``."""
        return cls.load(settings.focal_points_file or FOCAL_POINTS)

    def risks(self, country: str, today: date) -> tuple[str, ...]:
        """What to speak about before somebody is handed over to that country."""
        record = self._by[country]
        return record.risks if record.checked_on <= today <= record.expires_on else (NOT_CHECKED, *record.risks)

    async def receivers(
        self, connection: AsyncConnection, to: str, *, child: bool = False, not_organisations: Collection[str] = ()
    ) -> Receivers:
        """Focal point and back-up of a country. ``child``: for the request of a child. ``not_organisations``: keys of employers
        that the person does not want."""
        able = await able_to_receive(connection, to, child=child, not_organisations=not_organisations)
        ordered = sorted(
            (each for each, roles in able.items() if "national_focal_point" in roles),
            key=lambda each: (self._place(to, each.name), each.name),
        )
        return Receivers(*(*ordered[:2], None, None)[:2])

    async def receiver(self, connection: AsyncConnection, from_: str, to: str, *, child: bool = False) -> Receivers:
        """Who receives from one country in another: for each of the pairs somebody, or nobody, and then it says so.

        Raises ValueError where the two are not two of the fourteen."""
        if from_ == to or not {from_, to} <= set(COUNTRIES):
            raise ValueError("a hand-over across a border is between two of the fourteen countries")
        return await self.receivers(connection, to, child=child)

    async def return_focal_point(self, connection: AsyncConnection, country: str, *, child: bool = False) -> Receiver | None:
        """Whoever looks after wishes to return to that country; None: nobody does."""
        label = self._by[country].return_focal_point
        able = await able_to_receive(connection, country, child=child) if label else {}
        return next((each for each in able if each.name == label), None)

    async def briefing(
        self, connection: AsyncConnection, from_: str, to: str, now: datetime, duty_texts: DutyTextBook, *, child: bool = False
    ) -> Briefing:
        """What the sender is shown. Raises ValueError for a pair that is none."""
        return Briefing(
            duty_texts.text(to, now.timestamp()),
            await self.receiver(connection, from_, to, child=child),
            self.risks(to, now.astimezone(UTC).date()),
            await self.return_focal_point(connection, to, child=child),
        )

    async def faults(self, connection: AsyncConnection, countries: Iterable[str], today: date) -> list[str]:
        """For the doctor: a sentence for each of these countries (none given: all) that nobody receives for, or whose record
        names accounts that cannot, or is old."""
        said: list[str] = []
        asked = frozenset(countries)
        for country in (code for code in COUNTRIES if not asked or code in asked):
            record = self._by[country]
            able = await able_to_receive(connection, country)
            points = {each.name for each, roles in able.items() if "national_focal_point" in roles}
            if len(points) < 2:
                who = "nobody" if not points else "one account only"
                said.append(f"{country} has {who} as national focal point: give two active accounts with a key that role there.")
            for label, among in (
                (record.focal_point, points),
                (record.backup, points),
                (record.return_focal_point, {each.name for each in able}),
            ):
                if label and label not in among:
                    said.append(
                        f"The record of {country} in the file of focal points names {label}, which cannot receive there: give that "
                        "account the role, the country and a key, or name another one."
                    )
            if today > record.expires_on:
                said.append(f"The risk notes of {country} expired on {record.expires_on}: check them with a colleague there.")
        return said

    def records(self) -> list[Record]:
        """Every record, in the order of the file; for the people who confirm them."""
        return list(self._by.values())

    def _place(self, country: str, label: str) -> int:
        record = self._by[country]
        return {record.focal_point: 0, record.backup: 1}.get(label, 2)


async def able_to_receive(
    connection: AsyncConnection, country: str, *, child: bool = False, not_organisations: Collection[str] = ()
) -> dict[Receiver, tuple[str, ...]]:
    """Every account that may receive a movement to that country, with its roles, in the order of the labels."""
    columns = (_staff.c.id, _staff.c.name, _staff.c.organisation, _staff.c.roles, _staff.c.countries, _staff.c.lang)
    asked = (
        select(*columns, _employer.c.name.label("organisation_name"), _key.c.public)
        .join(_key, _key.c.staff_id == _staff.c.id)
        .join(_employer, _employer.c.key == _staff.c.organisation)
        .where(_staff.c.active, _key.c.retired_at.is_(None))
        .order_by(_staff.c.name)
    )
    return {
        Receiver(row.id, row.name, row.organisation, row.organisation_name, row.public): tuple(row.roles)
        for row in (await connection.execute(asked)).all()
        if may_receive(Actor.of(row), country, child=child, not_organisations=not_organisations)
    }


def may_receive(
    actor: Actor, country: str, *, child: bool = False, not_organisations: Collection[str] = (), refused: Iterable[str] = ()
) -> bool:
    """Whether this account may receive a movement to that country."""
    return (
        may(actor, "accept_movement", country=country)
        and (not child or "child_protection" in actor.roles)
        and actor.organisation not in not_organisations
        and actor.id.hex not in refused
    )


def _checked(path: Path, number: int, entry: Mapping[str, Any]) -> Record:
    """One record of the file, or ``FocalPointError``."""
    where = f"{path}, record {number} ({entry.get('country', '?')})"
    try:
        record = msgspec.convert(dict(entry), Record)
    except msgspec.ValidationError as error:
        raise FocalPointError(f"{where}: {error}. Correct that field; the head of the file explains each.") from error
    if problem := _problem(record):
        raise FocalPointError(f"{where}: {problem}")
    return record


def _problem(record: Record) -> str:
    """What forbids a record, as a sentence; "" for nothing."""
    if record.country not in COUNTRIES:
        return f"country {record.country!r} is not one of the fourteen. Use one of {', '.join(COUNTRIES)}."
    if strange := [risk for risk in record.risks if risk not in RISKS]:
        return f"risk {strange[0]!r} has no note in the catalogs. Use those of {', '.join(RISKS)}."
    if not record.source.strip():
        return "there is no source. Say where it was read; without it nobody can check it."
    if record.checked_on >= record.expires_on:
        return "`expires_on` must lie after `checked_on`, so that it is looked at again."
    labels = (record.focal_point, record.backup, record.return_focal_point)
    if any("@" in label or len(label) > 40 for label in labels):
        return "focal points are labels of accounts, not people's addresses."
    if record.backup and not record.focal_point:
        return "there is a back-up without a focal point. Name both, the first one first."
    if record.focal_point and record.focal_point == record.backup:
        return "focal point and back-up are the same account. Name two."
    return ""
