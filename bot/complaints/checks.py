"""What ``python -m bot check`` says about those who hear complaints: sentences, each with what to do.

Here belongs who is missing, by roles and organisations alone. Never here: complaints themselves; whoever reads this may work for an
organisation that one is about (C-4).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.complaints import routing
from bot.complaints.routing import Reader


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
    """Everything to mend, country by country."""
    readers = await routing.readers(connection)
    return [fault for country in countries for fault in _of(country, readers)]


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


def _tied(country: str, readers: list[Reader]) -> str:
    """The organisation to which everybody is tied who reads complaints there; empty: there is none."""
    keys = sorted({key for each in readers for key in each.ties.tied})
    alone = (key for key in keys if not any(each.level(_Any(country, about="organisation", organisation=key)) for each in readers))
    return next(alone, "")
