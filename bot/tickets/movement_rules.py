"""Referral and transfer as two state machines, written as data (M-3).

Here belong the states, the acts, who does them, and what must hold before one is done; all of it pure. Never here: stores, who is
who (``movements``), sentences.

A *referral* asks somebody else for a service; ticket and plan stay with the sender, and so does everything sealed. In a *transfer*
the ownership passes, and with it what is sealed. They share their first steps and end differently: the sender closes a referral
once its receipt is confirmed; a transfer is closed by a supervisor who neither proposed it nor receives it.

Whoever rejects gives a reason from a closed set, and the movement is the sender's again: to be revised, or cancelled. The sender
may take it back at any time before the end, since the person may change their mind at any time.

**Consent.** "Yes" in a chat is a request, no consent (M-4): it stays ``chat``, which the desk calls "verbal/chat request only",
until a worker has taken the proper form. M-3 asks for a recorded consent for either movement, so ``chat`` suffices for neither;
a referral tells another organisation that this person asks for help, which is not ours to tell on a word in a chat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, cast, get_args

What = Literal["referral", "transfer"]
State = Literal["draft", "proposed", "accepted", "rejected", "received", "closed", "cancelled"]
Act = Literal["revise", "propose", "accept", "reject", "receive", "close", "cancel"]
Party = Literal["sender", "receiver", "supervisor"]
Consent = Literal["chat", "written", "assent", "representative"]
Reason = Literal["no_capacity", "not_our_area", "service_closed", "consent_unclear", "not_safe_here"]
Guard = Literal[
    "receiver",  # there is somebody who can receive it
    "consent",  # a consent that suffices is recorded
    "consent_date",
    "service",  # the service was confirmed in the last days
    "best_interest",  # assessed, for a child, before a transfer or an authority
    "case_conference",  # flagged where the risk is high
    "return_focal_point",  # somebody looks after a wish to return
    "wraps",  # the receiver can open everything that is sealed
    "reason",  # a rejection says why
    "someone_else",  # a supervisor who neither proposed nor receives
]

WHATS: Final[tuple[What, ...]] = get_args(What)
STATES: Final[tuple[State, ...]] = get_args(State)
ACTS: Final[tuple[Act, ...]] = get_args(Act)
CONSENTS: Final[tuple[Consent, ...]] = get_args(Consent)
CONSENTS_FOR_CHILD: Final[tuple[Consent, ...]] = ("assent", "representative")
CONSENTS_FOR_ADULT: Final[tuple[Consent, ...]] = ("written", "representative")
REASONS_TO_REJECT: Final[tuple[Reason, ...]] = get_args(Reason)
ENDED: Final[frozenset[State]] = frozenset({"closed", "cancelled"})
FRESH: Final = timedelta(days=7)
"""How long a confirmation that the service is available counts."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an act leads, who does it, and what must hold."""

    to: State
    by: Party
    guards: tuple[Guard, ...] = ()


_AGREED: Final[tuple[Guard, ...]] = (
    "receiver",
    "consent",
    "consent_date",
    "service",
    "best_interest",
    "case_conference",
    "return_focal_point",
)

REFERRAL: Final[Mapping[tuple[State, Act], Step]] = {
    ("draft", "revise"): Step("draft", "sender"),
    ("draft", "propose"): Step("proposed", "sender", _AGREED),
    ("proposed", "accept"): Step("accepted", "receiver", _AGREED),
    ("proposed", "reject"): Step("rejected", "receiver", ("reason",)),
    ("rejected", "revise"): Step("draft", "sender"),
    ("accepted", "receive"): Step("received", "receiver"),
    ("received", "close"): Step("closed", "sender"),
    ("draft", "cancel"): Step("cancelled", "sender"),
    ("proposed", "cancel"): Step("cancelled", "sender"),
    ("rejected", "cancel"): Step("cancelled", "sender"),
    ("accepted", "cancel"): Step("cancelled", "sender"),
    ("received", "cancel"): Step("cancelled", "sender"),
}

TRANSFER: Final[Mapping[tuple[State, Act], Step]] = {
    ("draft", "revise"): Step("draft", "sender"),
    ("draft", "propose"): Step("proposed", "sender", (*_AGREED, "wraps")),
    ("proposed", "accept"): Step("accepted", "receiver", (*_AGREED, "wraps")),
    ("proposed", "reject"): Step("rejected", "receiver", ("reason",)),
    ("rejected", "revise"): Step("draft", "sender"),
    ("accepted", "receive"): Step("received", "receiver"),
    ("received", "close"): Step(
        "closed", "supervisor", ("someone_else", "receiver", "consent", "consent_date", "best_interest", "wraps")
    ),
    ("draft", "cancel"): Step("cancelled", "sender"),
    ("proposed", "cancel"): Step("cancelled", "sender"),
    ("rejected", "cancel"): Step("cancelled", "sender"),
    ("accepted", "cancel"): Step("cancelled", "sender"),
    ("received", "cancel"): Step("cancelled", "sender"),
}

BEFORE_WRAPS: Final[tuple[Guard, ...]] = ("consent", "consent_date", "best_interest")
"""What must hold before anything sealed is wrapped for a receiver: a draft is no consent, and nor is a word in a chat."""

MACHINES: Final[Mapping[What, Mapping[tuple[State, Act], Step]]] = {"referral": REFERRAL, "transfer": TRANSFER}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sender says about a movement. Closed sets and days only."""

    what: What
    to_country: str
    to_staff: str = ""
    """Label of a named receiver's account; empty: the national focal point of ``to_country``."""
    consent: Consent = "chat"
    consent_on: date | None = None
    service_confirmed_on: date | None = None
    best_interest_on: date | None = None
    to_authority: bool = False
    high_risk: bool = False
    case_conference: bool = False
    """Always true where ``high_risk`` is (M-5)."""
    voluntary_repatriation: bool = False
    moves_country: bool = True
    """A transfer takes the ticket to ``to_country``; False: it stays where it is, and its new owner follows it there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at, read in the transaction of the act."""

    what: What
    child: bool
    today: date
    """In UTC: nowhere in our countries is the day further."""
    consent: str
    consent_on: date | None
    service_confirmed_on: date | None
    best_interest_on: date | None
    to_authority: bool
    high_risk: bool
    case_conference: bool
    voluntary_repatriation: bool
    has_receiver: bool = False
    has_return_focal_point: bool = False
    wraps_missing: bool = True
    reason: str = ""
    someone_else: bool = False


def _past(day: date | None, today: date) -> bool:
    return day is not None and day <= today


def _fresh(facts: Facts) -> bool:
    return _past(facts.service_confirmed_on, facts.today) and facts.today - (facts.service_confirmed_on or facts.today) <= FRESH


def _assessed(facts: Facts) -> bool:
    needed = facts.child and (facts.what == "transfer" or facts.to_authority)
    return not needed or _past(facts.best_interest_on, facts.today)


GUARDS: Final[Mapping[Guard, Callable[[Facts], bool]]] = {
    "receiver": lambda facts: facts.has_receiver,
    "consent": lambda facts: facts.consent in (CONSENTS_FOR_CHILD if facts.child else CONSENTS_FOR_ADULT),
    "consent_date": lambda facts: _past(facts.consent_on, facts.today),
    "service": _fresh,
    "best_interest": _assessed,
    "case_conference": lambda facts: facts.case_conference or not facts.high_risk,
    "return_focal_point": lambda facts: facts.has_return_focal_point or not facts.voluntary_repatriation,
    "wraps": lambda facts: not facts.wraps_missing,
    "reason": lambda facts: facts.reason in REASONS_TO_REJECT,
    "someone_else": lambda facts: facts.someone_else,
}


def step(what: What, state: str, act: Act) -> Step | None:
    """The step of this act from this state; None: there is none."""
    return MACHINES[what].get((cast(State, state), act))


def unmet(guards: Iterable[Guard], facts: Facts) -> tuple[Guard, ...]:
    """What of these still has to be seen to, in their order."""
    return tuple(guard for guard in guards if not GUARDS[guard](facts))
