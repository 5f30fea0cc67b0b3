"""Tables of requests. Columns hold closed sets, times and sealed bytes; there is no column for free text (a test looks).

Never here: queries, an address, a code, a place finer than a country, an incident type (T-1).
"""

import uuid
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field

from bot.db import Codes, Table, UTCDateTime, now

State = Literal["waiting", "claimed", "closed", "withdrawn", "lapsed"]
STATES: Final[tuple[State, ...]] = ("waiting", "claimed", "closed", "withdrawn", "lapsed")
Way = Literal["code", "here", "phone"]
WAYS: Final[tuple[Way, ...]] = ("code", "here", "phone")
AGES: Final = ("under18", "adult", "unsaid")
WISHES: Final = ("", "woman", "man")
Outcome = Literal[
    "reached_needs_met", "reached_referred", "transferred", "could_not_reach_safely", "withdrawn", "not_for_us", "wiped_unclaimed"
]
#: M-6. ``withdrawn`` and ``wiped_unclaimed`` are never chosen on the desk.
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "reached_needs_met", "reached_referred", "transferred", "could_not_reach_safely", "withdrawn", "not_for_us", "wiped_unclaimed",
)  # fmt: skip
LEVELS: Final = ("primary", "backup", "supervisor", "network")
"""Who has been told: grows with the clock (D-8)."""


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Ticket(Table, table=True):
    """A request. What identifies anybody is not here but in ``SealedItem``."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("opening"),
        UniqueConstraint("lookup"),
        _one_of("state", STATES, "state"),
        _one_of("way", WAYS, "way"),
        _one_of("age", AGES, "age"),
        _one_of("wish", WISHES, "wish"),
        _one_of("level", LEVELS, "level"),
    )

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """16 random bytes; envelopes are bound to it."""
    opening: bytes = Field(sa_type=LargeBinary)
    """MAC of (session id, opening turn): the same request, sent again, finds this row."""
    collision: int = 0
    """How many codes before this one were taken (``Codes.code``)."""
    lookup: bytes = Field(sa_type=LargeBinary)
    """Half of the slow hash of the code (``codes.Derived.lookup``)."""
    public: bytes = Field(sa_type=LargeBinary)
    """The ticket's own public key: answers are sealed to it."""
    private_sealed: bytes = Field(sa_type=LargeBinary)
    """Its private half under the code's key."""

    country: str = Field(max_length=2, index=True)
    countries: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Further countries that the person said yes to, when nobody in theirs takes it."""
    lang: str = Field(max_length=2)
    other_lang: str = Field(default="", max_length=8)
    """A wished language that Faro does not speak."""
    wish: str = Field(default="", max_length=5)
    not_organisations: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Keys of employers whose staff shall not see it: of the one that the person named, and of all that have become one with it."""
    age: str = Field(max_length=7)
    child: bool = False
    """For child-protection case managers only (D-9)."""
    urgent: bool = False
    heavy: bool = False
    """The worker marked it as heavy (M-7); no reason."""
    way: str = Field(max_length=5)
    tells_only: bool = False
    """ "I only want to tell": no contact wanted."""
    counted: bool = False
    """Consent (d): may be counted."""
    training: bool = False
    """Invented: seen in training mode only, and never counted."""

    state: str = Field(default="waiting", max_length=9, index=True)
    level: str = Field(default="primary", max_length=10)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    heard_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    """When the person last wrote about it."""
    written_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When they last wrote in the chat in which they want to be written to: WhatsApp counts its day from there."""
    queued_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    """Since when it waits to be claimed: from its creation, or from the last time it was given back. Escalation counts from it."""
    alerted: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Ids (hex) of staff who were alerted since then: whoever comes on duty later is told too, and nobody twice."""
    escalates_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    """The next time at which somebody further is to be told, from the clock alone; None: everybody may be."""
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)
    """Contact, card and notes are wiped then at the latest (P-3)."""
    forgotten_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    """After closing: when the row itself goes, and the code is like a wrong one."""

    claimed_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL", index=True)
    claimed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    touched_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The claimer's last act; an unattended claim lapses."""
    version: int = 1
    """Counts changes: a form made from an older version is refused."""
    refused: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Ids (hex) of staff who recused themselves."""

    guarded: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Windows and zone, encrypted under the process secret: the server enforces them, a dump does not show them."""
    tries_left: int = 2
    relay: str = Field(default="none", max_length=6)
    """``none``, ``open``, ``ended``."""

    outcome: str = Field(default="", max_length=24)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the last answer was read by code."""
    contested: bool = False
    rated: bool = False


class SealedItem(Table, table=True):
    """One envelope of a ticket. Contact at most one; cards at most two: the first, and one for another way to reach the person that
    was agreed on since; notes and answers one a message."""

    __tablename__ = "sealed_item"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    ticket_id: bytes = Field(foreign_key="ticket.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    kind: str = Field(max_length=7)
    """``bot.sealing.Kind``."""
    envelope: bytes = Field(sa_type=LargeBinary)
    message: bytes | None = Field(default=None, sa_type=LargeBinary)
    """MAC of the provider's message id: the same message, delivered again, is kept once."""
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)

    __table_args__ = (UniqueConstraint("ticket_id", "message"),)


class HandOver(Table, table=True):
    """What a worker leaves for the next one, in fixed fields (M-2)."""

    __tablename__ = "hand_over"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    ticket_id: bytes = Field(foreign_key="ticket.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    reason: str = Field(max_length=24)
    """``shift_ends``, ``recused``, ``cannot_honour_wish``, ``other_language``, ``lapsed``, ``load``."""
    reached: str = Field(default="", max_length=16)
    """``not_tried``, ``tried``, ``reached``."""
    next_step: str = Field(default="", max_length=24)
    """``call``, ``write``, ``wait_for_person``, ``refer``, ``transfer``, ``close``."""
    risk: str = Field(default="", max_length=16)
    """``none_known``, ``watch``, ``high``."""


class Movement(Table, table=True):
    """A referral (I keep the case) or a transfer (ownership passes), as a state machine (M-3, M-5)."""

    __tablename__ = "movement"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    ticket_id: bytes = Field(foreign_key="ticket.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    what: str = Field(max_length=8)
    """``referral`` or ``transfer``."""
    state: str = Field(default="draft", max_length=10)
    """``draft``, ``proposed``, ``accepted``, ``rejected``, ``received``, ``closed``, ``cancelled``."""
    to_country: str = Field(max_length=2)
    to_staff: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL")
    """A named receiver; empty: the national focal point of ``to_country``."""
    consent: str = Field(default="chat", max_length=18)
    """``chat`` (never enough for a transfer), ``written``, ``assent``, ``representative``."""
    consent_on: date | None = None
    service_confirmed_on: date | None = None
    best_interest_on: date | None = None
    """Best-interest assessment of a child, dated before any transfer or authority (D-9)."""
    to_authority: bool = False
    high_risk: bool = False
    case_conference: bool = False
    voluntary_repatriation: bool = False
    moves_country: bool = True
    """A transfer takes the ticket to ``to_country``; False: the ticket stays where it is, and its new owner follows it there."""
    reason: str = Field(default="", max_length=24)
    """Of a rejection: ``no_capacity``, ``not_our_area``, ``service_closed``, ``consent_unclear``, ``not_safe_here``."""
    proposed_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL")
    proposed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL")


class Counter(Table, table=True):
    """Consented counts: an increment without identifier, session or ticket (T-1). ``week`` is its Monday."""

    __tablename__ = "counter"

    week: date = Field(primary_key=True)
    country: str = Field(primary_key=True, max_length=2)
    what: str = Field(primary_key=True, max_length=24)
    """``request``, ``need``, ``age``, ``lang``, ``way``, ``outcome``, ``rating``, ``wait``, ``escalated``, ``shown``."""
    value: str = Field(primary_key=True, max_length=24)
    number: int = 0
