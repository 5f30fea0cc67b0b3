"""Entries as people of the desk may see them: of one country, found by words, a page at a time (S-2).

Here belong that list, what one row of it says, and what of it may be told to a person. What the desk may not see is absent as
everywhere: ``visible_to("members")`` decides, and no word finds what is kept back. Never here: who may see the directory
(``bot.staff.roles``), which entries are due (``checking``), writing, and what somebody typed beyond the answer to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from heapq import nsmallest
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.countries import served
from bot.directory import validity
from bot.directory.hours import together
from bot.directory.tables import (
    FIELDS,
    Level,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceText,
    belongs,
)
from bot.directory.visibility import visible_to
from bot.places import fold
from bot.settings import Settings
from bot.staff.roles import Action, Actor, may
from flows import facts
from flows.facts import KINDS, PEOPLE

PAGE: Final = 20
LONGEST: Final = 100
"""Characters of what is looked for; the rest is not read."""
_BATCH: Final = 512
"""Rows that are looked at before others have their turn."""
OPEN: Final = ("active", "temporarily closed")
"""What is given up for good is on no list."""
SHOWN: Final = ("name", "organisation", "municipality", "address", "phones", "hours", "texts")
"""Fields with a level of their own that a row shows."""

VIEW: Final = visible_to("members")
TELLS: Final = visible_to("on_request")
"""What a person on duty may tell; everything else stays on the desk."""

entry: Final[Any] = ServiceAtLocation.__table__.c  # type: ignore[attr-defined]
service: Final[Any] = Service.__table__.c  # type: ignore[attr-defined]
location: Final[Any] = Location.__table__.c  # type: ignore[attr-defined]
organization: Final[Any] = Organization.__table__.c  # type: ignore[attr-defined]
_text: Any = ServiceText.__table__.c  # type: ignore[attr-defined]

_NAME, _ORGANISATION = VIEW.column("name", service.name), VIEW.column("organisation", organization.name)
_MUNICIPALITY = VIEW.column("municipality", location.municipality)
#: What words are looked for in, beside name and municipality. A region says roughly where the municipality is, so it goes with it.
_SEARCHED: Final = (VIEW.column("name", service.short_name), _ORGANISATION, VIEW.column("municipality", location.region))


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as the desk sees it. A field that is kept back from the desk too is empty."""

    key: int
    country: str
    level: Level
    name: str
    organisation: str
    municipality: str
    address: str
    kinds: tuple[str, ...]
    phones: tuple[facts.Phone, ...]
    hours: facts.Hours | None
    free: bool | None
    papers: bool | None
    languages: tuple[str, ...]
    people: Mapping[str, bool]
    """Group of ``PEOPLE`` -> whether it is served; a group of which that is not known is not there."""
    min_age: int | None
    max_age: int | None
    authority: str
    texts: Mapping[str, str]
    """Language -> what it offers, the original first."""
    checked_on: date | None
    due: bool
    """To be checked: it is passed on with a label, if at all."""
    too_old: bool
    """Past the second limit, or never checked: nobody passes it on."""
    ended_on: date | None
    """The last day of its activity, once that is over."""
    closed: bool
    desk_only: frozenset[str]
    """Fields of ``SHOWN`` that are kept from people although the entry may be told."""

    @property
    def may_be_told(self) -> bool:
        return self.level in TELLS.levels

    def text(self, lang: str) -> tuple[str, str]:
        """(language, text): in this language, or else the original; both empty where there is none."""
        chosen = lang if lang in self.texts else next(iter(self.texts), "")
        return chosen, self.texts.get(chosen, "")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of entries. ``total``: how many there are on all pages."""

    places: tuple[Place, ...]
    total: int
    page: int
    """From 1; the last one, where a later one was asked for."""

    @property
    def pages(self) -> int:
        return pages(self.total)


def pages(total: int) -> int:
    """How many pages so many entries take: one at least."""
    return max(1, -(-total // PAGE))


def countries(actor: Actor, settings: Settings, action: Action = "see_directory") -> tuple[str, ...]:
    """Countries of this deployment in which the actor may do it, those of the account in its own order."""
    here = served(settings.countries)
    own = [code for code in actor.countries if code in here]
    return tuple(code for code in (own or here) if may(actor, action, country=code))


async def listing(
    engine: AsyncEngine,
    actor: Actor,
    settings: Settings,
    now: datetime,
    country: str,
    *,
    kind: str = "",
    words: str = "",
    page: int = 1,
) -> Listed | None:
    """Entries that may be passed on in one country, by municipality and name; None: the actor sees no such country.

    ``kind``: one of KINDS, empty for any. ``words``: all of them are in its name, organisation, municipality or region, whatever
    the accents and capitals.
    """
    if country not in countries(actor, settings):
        return None
    wanted = fold(words[:LONGEST]).split()
    if words.strip() and not wanted:
        return Listed((), 0, 1)  # nothing but marks, or letters of other scripts
    today = now.date()
    where = [VIEW.entry(), service.status.in_(OPEN), location.country == country, validity.is_valid(service, today, settings)]
    if kind in KINDS:
        where.append(type_coerce(service.kinds, String).like(f"%,{kind},%"))
    async with engine.connect() as connection:
        total, first = await _found(connection, and_(*where), wanted, max(page, 1) * PAGE)
        page = min(max(page, 1), pages(total))
        places = await read(connection, first[(page - 1) * PAGE : page * PAGE], today, settings)
    return Listed(tuple(places), total, page)


async def _found(
    connection: AsyncConnection, where: ColumnElement[bool], wanted: Collection[str], most: int
) -> tuple[int, list[int]]:
    """How many entries have all these words, and the keys of the first ``most`` of them in order.

    No database folds and sorts names as people expect, so it is done here: a few hundred rows at a time, and without ever sorting
    all of them, so that others are answered in between."""
    folded = cache(fold)  # a municipality, an organisation come again and again
    asked = joined(entry.key, _MUNICIPALITY, _NAME, *(_SEARCHED if wanted else ())).where(where)
    total, first = 0, list[tuple[str, str, int]]()
    rows = await connection.stream(asked.execution_options(yield_per=_BATCH))
    async for batch in rows.partitions():
        for key, municipality, name, *further in batch:
            place = (folded(municipality or ""), fold(name or ""), key)
            said = "\n".join([*place[:2], *(folded(each or "") for each in further)]) if wanted else ""
            if all(word in said for word in wanted):
                total += 1
                first.append(place)
        if len(first) > most + 4 * _BATCH:
            first = nsmallest(most, first)
    return total, [key for *_, key in nsmallest(most, first)]


def joined(*columns: Any) -> Select[Any]:
    """A query of entries with their service, its organisation and their location. Whoever asks says who may see them."""
    return (
        select(*columns)
        .select_from(ServiceAtLocation.__table__)  # type: ignore[attr-defined]
        .join(Service.__table__, service.id == entry.service_id)  # type: ignore[attr-defined]
        .join(Organization.__table__, organization.id == service.organization_id)  # type: ignore[attr-defined]
        .join(Location.__table__, location.id == entry.location_id)  # type: ignore[attr-defined]
    )


async def read(connection: AsyncConnection, keys: Iterable[int], today: date, settings: Settings) -> list[Place]:
    """The entries of these keys, in the order given, without those that the desk may not see."""
    wanted = list(keys)
    these = and_(entry.key.in_(wanted), VIEW.entry())
    asked = joined(
        entry.key,
        entry.audience,
        *(entry[f"audience_{field}"] for field in FIELDS),
        location.country,
        _NAME.label("name"),
        _ORGANISATION.label("organisation"),
        _MUNICIPALITY.label("municipality"),
        VIEW.column("address", location.address).label("address"),
        service.kinds,
        service.languages,
        service.free,
        service.papers,
        *(service[f"people_{group}"] for group in PEOPLE),
        service.min_age,
        service.max_age,
        service.authority,
        service.status,
        service.verified_on,
        service.review_on,
        service.expires_on,
    ).where(these)
    rows = {row.key: row for row in (await connection.execute(asked)).all()}
    phones = await _children(connection, Phone, "phones", these, ("position", "number", "shown", "text", "whatsapp"))
    hours = await _children(connection, Schedule, "hours", these, ("zone", "weekdays", "opens", "closes", "always"))
    texts = await _texts(connection, these)
    return [
        _place(rows[key], sorted(phones.get(key, [])), hours.get(key, []), texts.get(key, {}), today, settings)
        for key in wanted
        if key in rows
    ]


async def _children(
    connection: AsyncConnection, table: Any, field: str, these: ColumnElement[bool], columns: Iterable[str]
) -> dict[int, list[tuple[Any, ...]]]:
    """Key -> these columns of a table's rows that belong to the entry, where the field may be seen."""
    child = table.__table__
    asked = select(entry.key, *(child.c[name] for name in columns)).join(child, belongs(child.c)).where(these, VIEW.shows(field))
    found: dict[int, list[tuple[Any, ...]]] = {}
    for key, *values in (await connection.execute(asked)).all():
        found.setdefault(key, []).append(tuple(values))
    return found


async def _texts(connection: AsyncConnection, these: ColumnElement[bool]) -> dict[int, dict[str, str]]:
    """Key -> language -> text, the original first."""
    asked = (
        select(entry.key, _text.language, _text.text)
        .join(ServiceText.__table__, _text.service_id == entry.service_id)  # type: ignore[attr-defined]
        .where(these, VIEW.shows("texts"))
        .order_by(_text.original.desc(), _text.language)
    )
    found: dict[int, dict[str, str]] = {}
    for key, language, text in (await connection.execute(asked)).all():
        found.setdefault(key, {})[language] = text
    return found


def _place(row: Any, phones: list[Any], spans: list[Any], texts: dict[str, str], today: date, settings: Settings) -> Place:
    limits = validity.limits(row.verified_on, row.review_on, row.expires_on, settings) if row.verified_on else None
    ended = row.expires_on is not None and row.expires_on < today
    columns = row._mapping
    return Place(
        key=row.key,
        country=row.country,
        level=row.audience,
        name=row.name or "",
        organisation=row.organisation or "",
        municipality=row.municipality or "",
        address=row.address or "",
        kinds=tuple(kind for kind in KINDS if kind in row.kinds),
        phones=tuple(
            facts.Phone(number=number, shown=shown, text=takes_text, whatsapp=whatsapp)
            for _, number, shown, takes_text, whatsapp in phones
        ),
        hours=together(spans),
        free=row.free,
        papers=row.papers,
        languages=row.languages,
        people={group: yes for group in PEOPLE if (yes := columns[f"people_{group}"]) is not None},
        min_age=row.min_age,
        max_age=row.max_age,
        authority=row.authority,
        texts=texts,
        checked_on=row.verified_on,
        due=limits is None or today >= limits.due or ended,
        too_old=limits is None or today > limits.last,
        ended_on=row.expires_on if ended else None,
        closed=row.status != "active",
        desk_only=frozenset(field for field in SHOWN if not TELLS.sees_field(columns, field)),
    )
