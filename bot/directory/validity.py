"""For how long an entry may be passed on (S-4). The one rule, for SQL and for rows in hand alike.

After the first limit, or on the day of a promised review, it is due for a check and labelled; after the second, or when its
activity has ended, nobody passes it on. What nobody ever checked is not passed on either. Days are those of UTC.

Never here: who may see an entry (``visibility``), saying that one was checked (``checking``).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_

from bot.settings import Settings


class Limits(NamedTuple):
    due: date
    """The first day with the label."""
    last: date
    """The last day on which it may be passed on."""


def limits(verified_on: date, review_on: date | None, expires_on: date | None, settings: Settings) -> Limits:
    """Of an entry that was checked."""
    due = verified_on + timedelta(days=settings.service_due_days)
    last = verified_on + timedelta(days=settings.service_stale_days - 1)
    return Limits(min(due, review_on or due), min(last, expires_on or last))


def is_valid(service: Any, today: date, settings: Settings) -> ColumnElement[bool]:
    """Condition on the columns of ``service``: it may be passed on today, with a label or without. Never unknown."""
    return and_(
        service.verified_on.is_not(None),
        service.verified_on > today - timedelta(days=settings.service_stale_days),
        or_(service.expires_on.is_(None), service.expires_on >= today),
    )


def is_due(service: Any, today: date, settings: Settings) -> ColumnElement[bool]:
    """Condition on the columns of ``service``: somebody has to check it, whether it may still be passed on or not."""
    return or_(
        service.verified_on.is_(None),
        service.verified_on <= today - timedelta(days=settings.service_due_days),
        service.review_on <= today,
        service.expires_on < today,
    )
