"""What ``python -m bot check`` says about those who hear complaints: sentences, each with what to do.

Here belongs who is missing, by roles and organisations alone. Never here: complaints themselves; whoever reads this may work for an
organisation that one is about (C-4). One thing is told of them, since nobody else could mend it: which organisation of the
directory they name of which it is not known who works there. What is said of it goes to whoever that is as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.complaints.names import OF_THE_DIRECTORY, names
from bot.complaints.routing import Reader
from bot.complaints.storing import OPEN, complaint
from bot.staff.tables import Employer

_employer: Any = Employer.__table__  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True, slots=True)
class _Any:
    """A complaint that somebody might send."""

    country: str
    inbox: str = "psea"
    about: str = "other"
    organisation: str = ""
    level: str = "network"
    refused: tuple[str, ...] = ()


async def faults(connection: AsyncConnection, countries: Iterable[str]) -> list[str]:
    """Everything to mend, country by country, and of the directory."""
    wanted = tuple(countries)
    readers = await routing.readers(connection)
    found = [fault for country in wanted for fault in _of(country, readers)]
    return [*found, *await _alike(connection), *await _untied(connection, wanted)]


async def _alike(connection: AsyncConnection) -> list[str]:
    """Employers of one name that nobody said to be one: each reads nothing about the others."""
    employers = (await connection.execute(select(_employer).order_by(_employer.c.key))).all()
    named: dict[str, list[Any]] = {}
    for key, name in routing.called(employers).items():
        named.setdefault(name, []).append(next(row for row in employers if row.key == key))
    apart = routing.Network({row.key: (row.merged_into, row.independent) for row in employers})
    return [
        f"Employers {' and '.join(row.key for row in rows)} are both called {rows[0].name}: whoever complains about one may mean "
        "the other, so nobody of either reads what is about them. Where they are one organisation, or in doubt, give one of them "
        "merged_into; where they are two, give each the whole name by which people tell them apart."
        for rows in named.values()
        if not {row.key for row in rows} <= apart.tied(rows[0].key)
    ]


async def _untied(connection: AsyncConnection, countries: Collection[str]) -> list[str]:
    """Organisations of the directory that an open complaint names, and that are no employer as far as anybody knows."""
    asked = select(complaint.c.organisation).where(
        complaint.c.country.in_(countries), complaint.c.state.in_(OPEN), complaint.c.organisation.like(f"{OF_THE_DIRECTORY}%")
    )
    about = set((await connection.execute(asked.distinct())).scalars())
    among = await routing.network(connection)
    called = await names(connection, about - among.listed.keys() - among.employers.keys())
    return [
        f"What waits about {name} reaches anybody who works there under another name: give the file of staff an employer with "
        f'key = "{key}", with merged_into where it belongs to one that has accounts, alone where nobody here works for it.'
        for key, name in sorted(called.items())
    ]


def _of(country: str, readers: list[Reader]) -> list[str]:
    complaint = _Any(country)
    focal = [each for each in readers if each.level(complaint) == "focal"]
    backup = [each for each in readers if each.level(complaint) == "backup"]
    network = [each for each in readers if each.level(complaint) == "network"]
    found = []
    if not focal + backup + network:
        found.append(
            f"Nobody with a key reads complaints about behaviour in {country}, so none is taken there: give an account the role "
            "psea_focal_point."
        )
    else:
        if not focal + backup:
            found.append(f"{country} has no PSEA focal point, only coordinators: give an account the role psea_focal_point.")
        elif len(focal + backup) < 2:
            found.append(
                f"{country} has one PSEA focal point and no back-up: load a second account with that role and stands_in = true."
            )
        if not network:
            found.append(f"Nobody hears of a complaint in {country} that focal points leave: give an account the role coordinator.")
        else:
            found += _without_coordinator(country, readers)
        if not any(each.level(_Any(country, about="responders")) for each in readers):
            found.append(
                f"In {country} nobody independent reads complaints about the people who answer here, so none is taken: give a "
                "psea_focal_point an employer with independent = true."
            )
        if missing := _tied(country, focal + backup + network):
            found.append(
                f"Complaints about {missing} are taken by nobody in {country}, since all who read complaints there are tied to it: "
                "load a focal point of another employer."
            )
    if not any(each.level(_Any(country, inbox="feedback", about="none")) for each in readers):
        found.append(
            f"Nobody with a key reads feedback in {country}, so none is taken there: give an account the role coordinator."
        )
    return found


def _without_coordinator(country: str, readers: list[Reader]) -> Iterable[str]:
    """About whom focal points read complaints that they may leave, and nobody hears of it then."""
    if _left(readers, _Any(country, about="responders")):
        yield (
            f"In {country} no coordinator hears of a complaint about the people who answer here that focal points leave: give a "
            "coordinator an employer with independent = true."
        )
    left = [key for key in _employers(country, readers) if _left(readers, _Any(country, about="organisation", organisation=key))]
    if left:
        yield (
            f"In {country} no coordinator hears of a complaint about {' or '.join(left)} that focal points leave, since all who "
            "coordinate there are tied to it: give an account of another employer the role coordinator."
        )


def _left(readers: list[Reader], row: _Any) -> bool:
    """Whether somebody reads it, and no coordinator."""
    levels = {each.level(row) for each in readers} - {""}
    return bool(levels) and "network" not in levels


def _employers(country: str, readers: list[Reader]) -> list[str]:
    """Keys of the employers of those who read complaints there. Not of all that are tied to them: of the directory those are among
    them that complaints name."""
    return sorted({each.actor.organisation for each in readers if each.level(_Any(country))})


def _tied(country: str, readers: list[Reader]) -> str:
    """The organisation to which everybody is tied who reads complaints there; empty: there is none."""
    keys = _employers(country, readers)
    alone = (key for key in keys if not any(each.level(_Any(country, about="organisation", organisation=key)) for each in readers))
    return next(alone, "")
