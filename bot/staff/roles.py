"""Who may do what on the desk: one table, role by action, and the one rule of who may read a request.

Here belong the actor, the closed set of actions, the table as data and the questions asked of it. Nothing here reads a store,
and nothing elsewhere decides by the name of a role. Never here: who is on duty (``bot.roster``), pages, signing in.

Scopes. A role holds in the countries of its account; an administrator without countries holds everywhere. What touches staff
or entries of one organisation (``OWN_ORGANISATION``) holds for one's own only. What touches a person (``CLAIMED``) holds for the
one who claimed the ticket only: whoever asks about a ticket gives its country, and ``claimed=True`` where its claimer is the actor.
What is all countries' at once (``network``) holds for an administrator without countries alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from bot.staff.tables import ROLES, Role

Action = Literal[
    "see_queue",  # waiting tickets, without content (M-1)
    "claim",
    "open_ticket",  # card and notes
    "open_contact",  # how to reach the person
    "release",
    "send_answer",  # by code or by relay
    "close",
    "recuse",
    "refer",  # propose a referral or a transfer
    "accept_movement",  # accept, reject, confirm receipt
    "close_transfer",
    "see_load",  # open and heavy tickets of each worker, without content (M-7)
    "manage_roster",
    "see_roster",
    "manage_staff",
    "renew_enrolment",  # asks for a new code of an account in use; a second person approves (bot.staff.second_person)
    "approve_enrolment",
    "manage_keys",  # keys of leavers
    "manage_recovery",  # the network's recovery keys
    "own_account",
    "see_audit",
    "export_audit",  # asks for an export; a second person who sees the audit approves (bot.staff.second_person)
    "see_statistics",
    "export_statistics",  # asks for an export; a second person approves (bot.staff.second_person)
    "approve_export",
    "train",
    "see_complaints",  # about behaviour; which of them: bot.complaints.routing (C-4)
    "see_feedback",  # the inbox of everything else that people say
    "see_register",  # what became of complaints, without content; independent organisations only (bot.complaints.register)
    "export_register",  # asks for an export; a second person approves (bot.staff.second_person)
    "publish_notice",  # answers to rumours, what was changed: read by everybody, once somebody of another organisation agreed
    "see_remarks",  # what people said about entries of the directory
    "see_directory",  # its entries up to those for members only (S-2)
    "check_directory",  # sees which are due, says that one is right or closed for now (S-4)
    "administer",
]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

Scope = Literal["country", "claimed", "own_organisation", "everywhere", "network"]

#: What whoever works on requests may do; acts on a ticket, its claimer alone.
_WORK: Final[dict[Action, Scope]] = {
    "open_ticket": "claimed",
    "open_contact": "claimed",
    "release": "claimed",
    "send_answer": "claimed",
    "close": "claimed",
    "recuse": "country",  # from the queue as well, before anything was opened
    "refer": "claimed",
    "accept_movement": "country",
    "see_roster": "country",
    "see_directory": "country",
    "train": "everywhere",
    "own_account": "everywhere",
}

ALLOWED: Final[Mapping[Role, Mapping[Action, Scope]]] = {
    "case_manager": {**_WORK, "see_queue": "country", "claim": "country"},
    "child_protection": {**_WORK, "see_queue": "country", "claim": "country"},
    "supervisor": {
        **_WORK,
        "see_queue": "country",
        "claim": "country",
        "open_ticket": "country",  # content without claiming it; the contact never without (M-1)
        "release": "country",
        "close_transfer": "country",
        "see_load": "own_organisation",
        "manage_roster": "own_organisation",
        "see_audit": "country",
        "export_audit": "country",
        "see_statistics": "country",
        "approve_export": "country",
        "approve_enrolment": "country",
    },
    # Receives what another country hands over, and then works on it; never takes from the queue.
    "national_focal_point": _WORK,
    "psea_focal_point": {
        "see_complaints": "country",
        "see_register": "country",
        "export_register": "country",
        "see_directory": "country",
        "own_account": "everywhere",
    },
    "coordinator": {
        "see_roster": "country",
        "see_statistics": "country",
        "export_statistics": "country",
        "approve_export": "country",
        "see_complaints": "country",  # once they were escalated
        "see_feedback": "country",
        "see_register": "country",
        "export_register": "country",
        "publish_notice": "country",
        "see_remarks": "country",
        "see_directory": "country",
        "check_directory": "country",
        "own_account": "everywhere",
    },
    "member": {
        "see_directory": "country",
        "check_directory": "own_organisation",  # of the directory: bot.directory.checking
        "own_account": "everywhere",
    },
    "administrator": {
        "manage_roster": "country",
        "see_roster": "country",
        "manage_staff": "country",
        "renew_enrolment": "country",
        "approve_enrolment": "country",
        "manage_keys": "country",
        "manage_recovery": "network",
        "see_audit": "everywhere",
        "export_audit": "everywhere",
        "see_remarks": "country",
        "see_directory": "country",
        "check_directory": "country",
        "administer": "everywhere",
        "own_account": "everywhere",
    },
}
"""What is not named here is refused."""

_REQUESTS: Final[frozenset[Action]] = frozenset(
    {
        "see_queue", "claim", "open_ticket", "open_contact", "release", "send_answer", "close", "recuse", "refer",
        "accept_movement", "close_transfer", "see_load", "train",
    }
)  # fmt: skip

#: What is said about those who help: never seen by an account that also works on requests (C-4).
_SAID: Final[frozenset[Action]] = frozenset({"see_complaints", "see_feedback", "see_register", "export_register"})

#: Whoever practises works on invented requests and changes nothing that is real.
_IN_TRAINING: Final[frozenset[Action]] = _REQUESTS - {"see_load"} | {"see_roster", "see_directory", "own_account"}

_READS_ADULT: Final[frozenset[Role]] = frozenset({"case_manager", "supervisor"})
#: D-9: a supervisor of child protection has that role as well.
_READS_CHILD: Final[frozenset[Role]] = frozenset({"child_protection"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in, or an account that is asked about."""

    id: uuid.UUID
    name: str
    """Label of the account, such as ``case-manager-co-1``."""
    organisation: str
    """Key of its employer."""
    roles: tuple[Role, ...]
    countries: tuple[str, ...]
    """ISO codes; empty: none, or all for an administrator."""
    lang: str = "es"
    """Language of the pages."""
    training: bool = False
    """Sees invented requests only."""

    @classmethod
    def of(cls, row: Any, *, training: bool = False) -> Actor:
        """From a row of ``staff``. A role that this program does not know is no role."""
        roles = tuple(role for role in ROLES if role in row.roles)
        return cls(row.id, row.name, row.organisation, roles, tuple(row.countries), row.lang, training)


def may(actor: Actor, action: Action, *, country: str = "", organisation: str = "", claimed: bool = False) -> bool:
    """Whether the actor may do it.

    ``country``: of the ticket, shift or account that it is done to; empty asks whether there is anything to which the actor may
    do it, which is the question of a page or a menu. ``organisation``: of the member of staff that it is done to; empty as
    before. ``claimed``: the actor is who claimed the ticket. Whether a ticket is readable at all is asked of ``may_read``.
    """
    return acting_as(actor, action, country=country, organisation=organisation, claimed=claimed) is not None


def acting_as(actor: Actor, action: Action, *, country: str = "", organisation: str = "", claimed: bool = False) -> Role | None:
    """The role by which the actor may do it, for the audit; None: may not. The arguments are those of ``may``."""
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no action of the desk; bot/staff/roles.py lists them.")
    if actor.training and action not in _IN_TRAINING:
        return None
    if _conflicting(actor.roles) and action in _REQUESTS | _SAID:
        return None
    if action in _SAID and works_on_requests(actor.roles):
        return None
    for role in actor.roles:
        scope = ALLOWED[role].get(action)
        if scope is not None and _within(actor, role, scope, country, organisation, claimed):
            return role
    return None


def may_read(
    actor: Actor,
    *,
    country: str,
    countries: Collection[str] = (),
    child: bool = False,
    not_organisations: Collection[str] = (),
    refused: Collection[str] = (),
) -> bool:
    """Whether a request may ever be readable for this account: the one rule of queues, claims, alerts and envelopes.

    The arguments are the columns of a ticket of the same names. That the account is active and has a key is asked of the
    stores (``bot.staff.keys``); what is opened when is ``may(actor, "open_ticket", …)`` and the window.
    """
    readers = _READS_CHILD if child else _READS_ADULT
    return (
        any(role in readers for role in actor.roles)
        and "psea_focal_point" not in actor.roles
        and any(each in actor.countries for each in (country, *countries))
        and actor.organisation not in not_organisations
        and actor.id.hex not in refused
    )


def role_fault(roles: Iterable[str]) -> str:
    """Why one account cannot have these roles together, as the end of a sentence; empty when it can."""
    roles = tuple(roles)
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        return f"has the role {unknown[0]!r}, which does not exist; the roles are {', '.join(ROLES)}"
    if not roles:
        return f"has no role; give it one of {', '.join(ROLES)}"
    if _conflicting(roles):
        return "receives complaints and requests; whoever receives the ones never sees the others: make two accounts"
    return ""


def works_on_requests(roles: Collection[str]) -> bool:
    """Whether an account with these roles may do anything at all to a request."""
    return any(_REQUESTS & ALLOWED[role].keys() for role in ROLES if role in roles)


def hears(roles: Collection[str]) -> bool:
    """Whether an account with these roles may be meant to read what is said about those who help."""
    return any(_SAID & ALLOWED[role].keys() for role in ROLES if role in roles)


def _conflicting(roles: Collection[str]) -> bool:
    """Complaints and requests in one account (C-4)."""
    return "psea_focal_point" in roles and works_on_requests(roles)


def _within(actor: Actor, role: Role, scope: Scope, country: str, organisation: str, claimed: bool) -> bool:
    if scope == "everywhere":
        return True
    everywhere = role == "administrator" and not actor.countries
    if scope == "network":
        return everywhere
    if not everywhere and (country not in actor.countries if country else not actor.countries):
        return False
    if scope == "claimed":
        return claimed or not country
    return scope != "own_organisation" or not organisation or organisation == actor.organisation
