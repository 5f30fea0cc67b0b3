"""Which tickets an actor meets, and by which role they may do something to one.

Here belongs the joining of a ticket's row with the rules of ``bot.staff.roles``; nothing here reads a store. Never here: rules
of its own about roles, times, windows.

Somebody of another country meets a ticket only once its person agreed to that country *and* everybody else was told in vain
(level ``network``); whoever claimed a ticket meets it wherever it has come to.
"""

from __future__ import annotations

from typing import Any

from bot.staff.roles import Action, Actor, acting_as, may_read
from bot.staff.tables import Role


class NotThere(LookupError):
    """There is no such ticket (or complaint), or it is not for this actor: which of the two is not said."""

    def __init__(self) -> None:
        super().__init__("There is nothing here; go back to the list.")


class Stale(RuntimeError):
    """The ticket has changed since the actor looked at it: somebody was faster, or the person wrote or withdrew."""

    def __init__(self) -> None:
        super().__init__("This has changed meanwhile; load the page again.")


class Refused(RuntimeError):
    """It is not allowed, or not now. ``reason`` is the end of a catalog id; ``reasons()`` gives them all."""

    def __init__(self, reason: str) -> None:
        if reason not in self.reasons():
            raise ValueError(f"{reason!r} is no reason to refuse; REASONS beside this class lists them")
        self.reason = reason
        super().__init__(f"This is not possible: {reason}.")

    @classmethod
    def reasons(cls) -> frozenset[str]:
        return REASONS


REASONS = frozenset(
    {
        "off_shift",  # the actor's shift is over, or has not begun: nobody is contacted then (M-7)
        "cap",  # as many open tickets as one person may have
        "card_first",  # what makes reaching the person safe was not opened yet, or has changed since
        "outside_window",  # the person is not to be contacted now
        "no_tries_left",
        "not_phone",  # there is nobody to call
        "no_relay",  # the person is not, or no longer, to be written to
        "no_contact",  # nothing is kept about how to reach the person, or no longer
        "not_open",  # it is not being worked on any more
        "bad_envelope",  # what the browser sent is no envelope for this ticket and this purpose
        "bad_wrap",
        "not_eligible",  # a wrap for somebody who may not read it
        "bad_field",  # a value that is in no list
        "outcome",  # one that is not chosen on the desk
        "needs_transfer",  # the outcome needs a transfer that a supervisor closed
        "movement_open",  # a referral or transfer is under way
        "too_many",  # more answers than one ticket takes
    }
)


def may_ever_read(actor: Actor, row: Any) -> bool:
    """Whether the ticket is of those that this actor may read at all (``roles.may_read``), and of the same reality."""
    return bool(row.training) == actor.training and may_read(
        actor,
        country=row.country,
        countries=row.countries,
        child=row.child,
        not_organisations=row.not_organisations,
        refused=row.refused,
    )


def claims(actor: Actor, row: Any) -> bool:
    """Whether the actor has claimed it."""
    return bool(row.state == "claimed" and row.claimed_by == actor.id)


def place(actor: Actor, row: Any) -> str | None:
    """The country in which the actor meets the ticket; None: nowhere."""
    if row.country in actor.countries:
        return str(row.country)
    if row.level != "network" and row.claimed_by != actor.id:
        return None
    return next((country for country in row.countries if country in actor.countries), None)


def sees(actor: Actor, row: Any) -> bool:
    """Whether the ticket exists for this actor. A claim outlasts a change of country, never an exclusion."""
    if row.claimed_by == actor.id and bool(row.training) == actor.training:
        return actor.organisation not in row.not_organisations and actor.id.hex not in row.refused and place(actor, row) is not None
    return may_ever_read(actor, row) and place(actor, row) is not None


def role_for(actor: Actor, row: Any, action: Action) -> Role | None:
    """By which role the actor may do this to this ticket, for the audit; None: may not. Asks no state but the claim."""
    country = place(actor, row)
    if country is None or not sees(actor, row):
        return None
    return acting_as(actor, action, country=country, claimed=claims(actor, row))
