"""Tables of complaints and feedback. Columns hold closed sets, times and sealed bytes; there is no column for free text.

What routes a complaint lies in clear: its country, what kind of giver of help it is about, and their organisation. All else that
was said (place, when, whose, the note) is sealed. Never here: queries, a code, a name, a place finer than a country.
"""

import uuid
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field

from bot.db import Codes, Table, UTCDateTime, now

Inbox = Literal["psea", "feedback"]
INBOXES: Final[tuple[Inbox, ...]] = ("psea", "feedback")
"""``psea``: behaviour of somebody who gives help, or of an official; PSEA focal points read it. ``feedback``: everything else."""
About = Literal[
    "organisation", "responders", "official", "police", "soldier", "smuggler", "employer", "other", "unknown", "service", "none"
]
ABOUT: Final[tuple[About, ...]] = (
    "organisation", "responders", "official", "police", "soldier", "smuggler", "employer", "other", "unknown", "service", "none",
)  # fmt: skip
"""``organisation``: staff of the organisation in ``organisation``. ``responders``: the people who answer here. ``service``:
feedback about a place, or about what ``organisation`` does; ``none``: thanks, ideas and questions, about nobody."""
INDEPENDENT: Final = frozenset({"responders", "unknown"})
"""Read by independent focal points only (C-4)."""
TOPICS: Final = (
    "sexual", "money", "violence", "threat", "discrimination", "papers", "other_behaviour",
    "waited", "turned_away", "asked_money", "disrespect", "wrong_information", "closed", "thanks", "idea", "rumour", "other",
)  # fmt: skip
"""What it is about in one word; the first seven of ``psea``, the others of ``feedback``."""
State = Literal["received", "accepted", "closed", "withdrawn"]
STATES: Final[tuple[State, ...]] = ("received", "accepted", "closed", "withdrawn")
LEVELS: Final = ("focal", "backup", "network")
"""Who has been told: grows with the clock (C-6). ``network``: coordinators."""
OUTCOMES: Final = ("answered", "forwarded", "out_of_scope", "published", "withdrawn")
"""``withdrawn`` is never chosen on the desk."""


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Complaint(Table, table=True):
    """A complaint or feedback. What identifies anybody is not here but in ``ComplaintItem``, sealed."""

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("opening"),
        UniqueConstraint("lookup"),
        _one_of("inbox", INBOXES, "inbox"),
        _one_of("about", ABOUT, "about"),
        _one_of("topic", TOPICS, "topic"),
        _one_of("state", STATES, "state"),
        _one_of("level", LEVELS, "level"),
    )

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """16 random bytes; envelopes are bound to it."""
    opening: bytes = Field(sa_type=LargeBinary)
    """MAC of (session id, opening turn): the same complaint, sent again, finds this row."""
    collision: int = 0
    lookup: bytes = Field(sa_type=LargeBinary)
    """Half of the slow hash of the code (``codes.Derived.lookup``)."""
    public: bytes = Field(sa_type=LargeBinary)
    """The complaint's own public key: answers are sealed to it."""
    private_sealed: bytes = Field(sa_type=LargeBinary)
    """Its private half under the code's key."""

    inbox: str = Field(max_length=8, index=True)
    country: str = Field(max_length=2, index=True)
    lang: str = Field(max_length=2)
    about: str = Field(max_length=12)
    organisation: str = Field(default="", max_length=40)
    """Key of the organisation that it is about, as it was called then (``Employer.key``, or ``dir-`` and the id of one of the
    directory); whoever is tied to it never meets this row (``routing``)."""
    topic: str = Field(max_length=20)
    child: bool = False
    """A child is concerned."""
    urgent: bool = False
    """Somebody is in danger now."""
    counted: bool = False
    """May be counted (T-1)."""
    in_figures: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Indicators in which it stands already: in each of them once, however often it is given back or contested."""

    state: str = Field(default="received", max_length=9, index=True)
    level: str = Field(default="focal", max_length=8)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    heard_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    """When the person last wrote about it."""
    accept_by: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Deadlines of C-6, settled at intake. Of feedback only ``answer_by``."""
    forward_by: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answer_by: datetime = Field(sa_type=UTCDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    forwarded_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The answer that was due: the first one, or the first after the person has answered a question."""
    asks: bool = False
    """The last answer is a question that waits for the person."""
    escalates_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    """The next time at which somebody further, or coordination again, is to be told; None: nothing is due."""
    alerted: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Ids (hex) of staff who were alerted."""
    held_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL", index=True)
    """Who accepted it and works on it."""
    refused: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Ids (hex) of staff who recused themselves."""
    version: int = 1
    """Counts changes: a form made from an older version is refused."""

    outcome: str = Field(default="", max_length=12)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the last answer was read by code."""
    contested: bool = False
    concluded: bool = False
    """Something was answered that is no question, since it was sent or since it was contested: it may be closed (C-7)."""
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)
    """Content is wiped then at the latest (P-3)."""
    forgotten_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    """When the row itself goes, and the code is like a wrong one."""


class ComplaintItem(Table, table=True):
    """One envelope of a complaint: ``card`` (the closed fields that are nobody else's business), ``note``, ``answer``."""

    __tablename__ = "complaint_item"
    __table_args__ = (UniqueConstraint("complaint_id", "message"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    complaint_id: bytes = Field(foreign_key="complaint.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    kind: str = Field(max_length=7)
    """``bot.sealing.Kind``."""
    envelope: bytes = Field(sa_type=LargeBinary)
    message: bytes | None = Field(default=None, sa_type=LargeBinary)
    """MAC of the provider's message id, or hash of an answer: the same thing, delivered again, is kept once."""
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    asks: bool = False
    """An answer that is a question."""
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


class Forwarding(Table, table=True):
    """That a complaint was passed to the entity concerned, and whether it said that it has it."""

    __tablename__ = "forwarding"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    complaint_id: bytes = Field(foreign_key="complaint.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    organisation: str = Field(default="", max_length=40)
    """Key of the entity; empty: outside of the network."""
    way: str = Field(max_length=8)
    """``unit``: sealed to the investigation unit that the network designated. ``outside``: by that entity's own channel."""
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="SET NULL")
    received_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it said that it has it."""
    earlier: bool = False
    """From before the person contested that it was closed: since then it is to be passed on again, by its own deadline."""


class ComplaintPast(Table, table=True):
    """How many complaints that are gone were alike in all of these: nothing leads from here to one of them, or to whom it was
    about."""

    __tablename__ = "complaint_past"

    week: date = Field(primary_key=True)
    """The Monday of the week in which they were sent."""
    country: str = Field(primary_key=True, max_length=2)
    inbox: str = Field(primary_key=True, max_length=8)
    about: str = Field(primary_key=True, max_length=12)
    outcome: str = Field(primary_key=True, max_length=12)
    """Of OUTCOMES; empty: nobody ever closed it."""
    accepted: str = Field(primary_key=True, max_length=7)
    """``in_time``, ``late`` or empty: it was not due, or had not come to it. So are the next two."""
    forwarded: str = Field(primary_key=True, max_length=7)
    answered: str = Field(primary_key=True, max_length=7)
    received: int = Field(primary_key=True)
    """Entities that confirmed that they have it."""
    contested: bool = Field(primary_key=True)
    number: int = 0


class ComplaintEntry(Table, table=True):
    """Who did what to which complaint: a chain like ``AuditEntry``, and apart from it, since whoever sees that one must not even
    learn from a number how many complaints there are."""

    __tablename__ = "complaint_entry"

    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)
    actor: str = Field(max_length=40)
    """Label of an account, ``clock``, ``person`` or ``command``."""
    role: str = Field(default="", max_length=24)
    what: str = Field(max_length=40)
    """Of ``bot.complaints.trail.WHATS``."""
    subject: str = Field(default="", max_length=40, index=True)
    """Reference of the complaint."""
    before: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)


class Remark(Table, table=True):
    """ "This place is closed": work for whoever keeps the directory, without a trace of who said it."""

    __tablename__ = "remark"
    __table_args__ = (UniqueConstraint("service_id", "what", "day"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    service_id: str = Field(max_length=36, index=True)
    """Id of the service in the directory."""
    country: str = Field(max_length=2, index=True)
    what: str = Field(max_length=12)
    """``closed``, ``moved``, ``number``, ``hours``, ``not_free``, ``turned_away``."""
    day: datetime = Field(sa_type=UTCDateTime)
    """The Monday of its week, at midnight UTC: no finer."""
    times: int = 1
    """How often it was said in that week."""
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
