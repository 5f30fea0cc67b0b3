"""Who may see what of the directory. The one rule, for SQL and for rows in hand alike.

An entry (``ServiceAtLocation``) is seen by an audience when its level is one of those that the audience may see, a named
role approved it, and the import does not hold it back. A field may have a level of its own, which can only narrow. What
an audience may not see is *absent*: it is not selected, not counted, not measured. Nothing here says that more exists.

Never here: how long an entry stays valid (``validity``), changes of a level (``audience``), any value of an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, null, or_

from bot.directory.tables import (
    FIELDS,
    LEVELS,
    ComplaintChannel,
    Level,
    ServiceAtLocation,
)

#: Audience -> levels that it sees. ``on_request`` is a person on duty who tells; ``members`` the desk of the members.
SEES: dict[str, tuple[Level, ...]] = {
    "public": ("public",),
    "on_request": ("public", "on_request"),
    "members": ("public", "on_request", "members"),
}

#: Field -> the fields whose levels must be met as well, because it would give them away: a name often says who runs the
#: place, prose repeats everything. A field whose own level is said outright stands by itself.
GOVERNED_BY: dict[str, tuple[str, ...]] = {
    "name": ("name", "organisation"),
    "organisation": ("organisation",),
    "address": ("address", "point"),
    "point": ("address", "point"),
    "municipality": ("municipality",),
    "phones": ("phones",),
    "email": ("email", "name", "organisation"),
    "url": ("url", "name", "organisation"),
    "hours": ("hours",),
    "texts": FIELDS,
}


def stricter(one: str, other: str) -> str:
    """The narrower of two levels."""
    return max(one, other, key=LEVELS.index)


@dataclass(frozen=True)
class View:
    """What one audience may see. Get it from ``visible_to``."""

    audience: str
    levels: tuple[Level, ...]

    # --- in SQL ------------------------------------------------------------------------------------------------------

    def entry(self) -> ColumnElement[bool]:
        """Condition on ``service_at_location``."""
        return and_(
            _col(ServiceAtLocation, "audience").in_(self.levels),
            _col(ServiceAtLocation, "approved_by").is_not(None),
            _col(ServiceAtLocation, "held_back").is_(None),
        )

    def shows(self, field: str) -> ColumnElement[bool]:
        """Condition under which this field of a visible entry may be seen. The short name goes with ``name``."""
        own = _col(ServiceAtLocation, f"audience_{field}")
        unsaid = and_(*(self._own(other) for other in GOVERNED_BY[field]))
        return or_(own.in_(self.levels), and_(own.is_(None), unsaid))

    def column(self, field: str, column: Any) -> ColumnElement[Any]:
        """The column where the field may be seen, else NULL: the value does not leave the database."""
        return case((self.shows(field), column), else_=null())

    def complaint_channel(self) -> ColumnElement[bool]:
        """Condition on ``complaint_channel``: graded and approved by itself."""
        return and_(
            _col(ComplaintChannel, "audience").in_(self.levels),
            _col(ComplaintChannel, "approved_by").is_not(None),
        )

    def _own(self, field: str) -> ColumnElement[bool]:
        column = _col(ServiceAtLocation, f"audience_{field}")
        return or_(column.is_(None), column.in_(self.levels))

    # --- for rows in hand --------------------------------------------------------------------------------------------

    def sees(self, entry: Mapping[str, Any]) -> bool:
        """The same as ``entry()`` for the columns of one row."""
        return entry["audience"] in self.levels and entry["approved_by"] is not None and entry["held_back"] is None

    def sees_field(self, entry: Mapping[str, Any], field: str) -> bool:
        """The same as ``shows()`` for the columns of one row."""
        own = entry[f"audience_{field}"]
        if own is not None:
            return own in self.levels
        levels = [entry[f"audience_{other}"] for other in GOVERNED_BY[field]]
        return all(level is None or level in self.levels for level in levels)


def visible_to(audience: str) -> View:
    """The rule for ``public``, ``on_request`` (a person on duty) or ``members`` (the desk). Nothing sees ``hidden``."""
    if audience not in SEES:
        raise ValueError(f"{audience!r} is no audience; it is one of {', '.join(SEES)}.")
    return View(audience, SEES[audience])


def carries_no_place(sensitive: bool, level: str) -> bool:
    """Whether such an entry may have no address and no point at all, not even for members (the tables refuse them)."""
    return sensitive and level != "public"


def _col(table: Any, name: str) -> Any:
    return table.__table__.c[name]
