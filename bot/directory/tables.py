"""Tables of the directory, in the terms of HSDS 3.0 (organization, service, location, service_at_location, phone …).

The *entry*, which is what a result shows and what is graded, is a ``ServiceAtLocation``: its audience, its field
audiences and its approval decide what anybody sees (``bot.directory.visibility``). New rows are hidden and not approved.

Never here: anything about a person who writes; people's names (a verifier is a role); queries.
"""

import hashlib
import uuid
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    and_,
    or_,
)
from sqlmodel import Field

from bot.db import Codes, Table, UTCDateTime, now
from flows.facts import KINDS, READERS

Level = Literal["public", "on_request", "members", "hidden"]
#: Widest first. ``on_request``: told by a person on duty. ``members``: never leaves the desk. ``hidden``: nobody.
LEVELS: tuple[Level, ...] = ("public", "on_request", "members", "hidden")

#: Fields of an entry that may have an audience of their own, stricter than the entry's; column ``audience_<field>``.
FIELDS: tuple[str, ...] = (
    "name", "organisation", "address", "point", "municipality", "phones", "email", "url", "hours", "texts",
)  # fmt: skip

STATUSES: tuple[str, ...] = ("active", "temporarily closed", "inactive", "defunct")
AUTHORITIES: tuple[str, ...] = ("", "police", "migration", "informs")
LOCATION_TYPES: tuple[str, ...] = ("physical", "postal", "virtual")
HOWS: tuple[str, ...] = ("phone", "email", "box", "desk", "web", "text")

#: On SQLite an INTEGER key is the place of the row itself, so that a snapshot reads the file from front to back.
_KEY = BigInteger().with_variant(Integer, "sqlite")
#: Rows are found by their UUID, not by a number of SQLite's own: one search in a tree in place of two.
_BY_ID = {"sqlite_with_rowid": False}

#: Namespace of every id that is made from a source's own codes.
NAMESPACE = uuid.UUID("6f1d0a1e-5b0c-5c7a-9d0e-0f4a7c3b2e11")


def stable_id(*parts: str) -> uuid.UUID:
    """The same UUIDv5 for the same codes, on every machine: ``stable_id("service", "br-ubs", "2077485")``."""
    return uuid.uuid5(NAMESPACE, "\x1f".join(parts))


def entry_key(entry_id: uuid.UUID) -> int:
    """``Offer.key`` of an entry: 53 bits of a hash of its id; it says nothing of how many entries there are."""
    return int.from_bytes(hashlib.sha256(b"entry" + entry_id.bytes).digest()[:7]) >> 3


def _one_of(column: str, values: tuple[str, ...], name: str, null: bool = False) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})" + (f" OR {column} IS NULL" if null else ""), name=name)


def belongs(child: Any) -> ColumnElement[bool]:
    """Condition on the columns of ``phone`` or ``schedule``: of the entry's service, at all its locations or at the entry's."""
    entry = ServiceAtLocation.__table__.c  # type: ignore[attr-defined]
    return and_(
        child.service_id == entry.service_id,
        or_(child.service_at_location_id.is_(None), child.service_at_location_id == entry.id),
    )


class Source(Table, table=True):
    """Where rows came from: a file or a register, with its licence. Bulk approval goes by ``name``."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("name"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    name: str = Field(max_length=120)
    file: str = Field(default="", max_length=200)
    licence: str = Field(default="", max_length=200)
    attribution: str = ""
    imported_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Organization(Table, table=True):
    """HSDS ``organization``. It decides itself who may see its entries."""

    __tablename__ = "organization"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    name: str
    description: str = ""
    url: str | None = None
    demo: bool = False


class Service(Table, table=True):
    """HSDS ``service``: what is offered, to whom, on which terms. A boolean that may be ``None``: yes, no, not known."""

    __tablename__ = "service"
    __table_args__ = (
        _one_of("status", STATUSES, "status"),
        _one_of("authority", AUTHORITIES, "authority"),
        CheckConstraint("length(short_name) <= 32", name="short_name"),
        CheckConstraint("min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name="ages"),
        _BY_ID,
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    organization_id: uuid.UUID = Field(foreign_key="organization.id", ondelete="CASCADE", index=True)
    name: str
    short_name: str = Field(max_length=32)
    """Neutral, at most 32 GSM-7 characters (E-7)."""
    status: str = "active"
    kinds: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Codes of ``flows.facts.KINDS``."""
    specialised: bool = False
    languages: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """ISO 639 codes spoken there."""
    email: str | None = None
    url: str | None = None
    free: bool | None = None
    cost: str | None = None
    papers: bool | None = None
    """HSDS ``required_document``: whether papers are needed; which, in ``papers_text``."""
    papers_text: str | None = None
    people_women: bool | None = None
    people_men: bool | None = None
    people_children: bool | None = None
    people_lgbtiq: bool | None = None
    people_disabilities: bool | None = None
    min_age: int | None = None
    max_age: int | None = None
    authority: str = Field(default="", max_length=16)
    """Run by police or migration control, or obliged to inform them (S-6)."""
    verified_on: date | None = None
    """HSDS ``assured_date``. Without it nothing is shown (S-4)."""
    verified_by: str = ""
    """A role, never a person's name."""
    review_on: date | None = None
    """An earlier first limit than the setting's, when the organisation promised one."""
    expires_on: date | None = None
    """The last day of the activity, when known; an earlier second limit than the setting's."""


class ServiceText(Table, table=True):
    """What a service offers, in its organisation's words, one row a language; exactly one of them is the original."""

    __tablename__ = "service_text"
    __table_args__ = (_BY_ID,)

    service_id: uuid.UUID = Field(foreign_key="service.id", ondelete="CASCADE", primary_key=True)
    language: str = Field(max_length=3, primary_key=True)
    text: str
    original: bool = False


class Location(Table, table=True):
    """HSDS ``location``. A ``discreet`` location has no address and no point at all: the database refuses them."""

    __tablename__ = "location"
    __table_args__ = (
        UniqueConstraint("id", "discreet"),
        _one_of("location_type", LOCATION_TYPES, "location_type"),
        CheckConstraint("NOT discreet OR (address IS NULL AND latitude IS NULL AND longitude IS NULL)", name="discreet"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        CheckConstraint("latitude IS NULL OR (latitude BETWEEN -90 AND 90)", name="latitude"),
        CheckConstraint("longitude IS NULL OR (longitude BETWEEN -180 AND 180)", name="longitude"),
        CheckConstraint("length(country) = 2 AND country = upper(country)", name="country"),
        _BY_ID,
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    organization_id: uuid.UUID | None = Field(default=None, foreign_key="organization.id", ondelete="CASCADE", index=True)
    location_type: str = Field(default="physical", max_length=8)
    country: str = Field(max_length=2)
    """ISO 3166-1 alpha-2."""
    region: str | None = None
    municipality: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    wheelchair: bool | None = None
    sign_language: bool | None = None
    discreet: bool = False


class ServiceAtLocation(Table, table=True):
    """HSDS ``service_at_location``: the entry. Grading, approval, source and the number that sessions use are here.

    ``sensitive`` marks shelter-like entries: they are approved one by one, and at any level but ``public`` their
    location must be ``discreet`` (the pair of columns and the composite foreign key let the database itself refuse
    anything else).
    """

    __tablename__ = "service_at_location"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("service_id", "location_id"),
        ForeignKeyConstraint(
            ["location_id", "discreet"],
            ["location.id", "location.discreet"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        _one_of("audience", LEVELS, "audience"),
        *(_one_of(f"audience_{field}", LEVELS, f"audience_{field}", null=True) for field in FIELDS),
        CheckConstraint("NOT sensitive OR audience = 'public' OR discreet", name="sensitive"),
        CheckConstraint("(approved_by IS NULL) = (approved_on IS NULL)", name="approved"),
        Index("ix_service_at_location_location_id_discreet", "location_id", "discreet"),
    )

    key: int = Field(sa_column=Column(_KEY, primary_key=True, autoincrement=False))
    """``entry_key(id)``; set it when making the row. Tables are read in this order, which says nothing."""
    id: uuid.UUID = Field(default_factory=uuid.uuid4)
    service_id: uuid.UUID = Field(foreign_key="service.id", ondelete="CASCADE")
    location_id: uuid.UUID
    discreet: bool = False
    """The same as the location's."""
    remote: bool = False
    """Reached by phone or text from the whole country."""
    demo: bool = False
    sensitive: bool = False

    audience: str = Field(default="hidden", max_length=10, sa_column_kwargs={"server_default": "hidden"})
    audience_name: str | None = Field(default=None, max_length=10)
    audience_organisation: str | None = Field(default=None, max_length=10)
    audience_address: str | None = Field(default=None, max_length=10)
    audience_point: str | None = Field(default=None, max_length=10)
    audience_municipality: str | None = Field(default=None, max_length=10)
    audience_phones: str | None = Field(default=None, max_length=10)
    audience_email: str | None = Field(default=None, max_length=10)
    audience_url: str | None = Field(default=None, max_length=10)
    audience_hours: str | None = Field(default=None, max_length=10)
    audience_texts: str | None = Field(default=None, max_length=10)

    source_id: uuid.UUID | None = Field(default=None, foreign_key="source.id", index=True)
    source_row: str = ""
    """The row's own code or number in its source."""
    held_back: str | None = None
    """Why the import keeps it back (a code, such as ``wrong-country``); what is held back is never shown."""
    approved_by: str | None = None
    """The role that approved it; nothing is public before."""
    approved_on: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Phone(Table, table=True):
    """HSDS ``phone`` of a service, at all its locations or (``service_at_location_id``) at one."""

    __tablename__ = "phone"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    service_id: uuid.UUID = Field(foreign_key="service.id", ondelete="CASCADE", index=True)
    service_at_location_id: uuid.UUID | None = Field(
        default=None, foreign_key="service_at_location.id", ondelete="CASCADE", index=True
    )
    position: int = 0
    """Order in which they are shown."""
    number: str = Field(max_length=32)
    """E.164 or a short code."""
    shown: str = Field(max_length=40)
    """As it is dialled inside the country."""
    text: bool = False
    whatsapp: bool = False


class Schedule(Table, table=True):
    """HSDS ``schedule`` of a service, at all its locations or at one, or of a complaint channel: one row for the days that share
    their hours."""

    __tablename__ = "schedule"
    __table_args__ = (
        CheckConstraint("(service_id IS NULL) <> (complaint_channel_id IS NULL)", name="subject"),
        CheckConstraint("always OR (opens >= 0 AND opens < 1440 AND closes > opens AND closes <= 2880)", name="minutes"),
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    service_id: uuid.UUID | None = Field(default=None, foreign_key="service.id", ondelete="CASCADE", index=True)
    service_at_location_id: uuid.UUID | None = Field(
        default=None, foreign_key="service_at_location.id", ondelete="CASCADE", index=True
    )
    complaint_channel_id: uuid.UUID | None = Field(default=None, foreign_key="complaint_channel.id", ondelete="CASCADE", index=True)
    zone: str = Field(max_length=40)
    """IANA zone."""
    weekdays: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """``"0"`` (Monday) to ``"6"``."""
    opens: int = 0
    """Minutes after midnight."""
    closes: int = 1
    """Minutes after the midnight before it opens; past 1440 it closes on the next day."""
    always: bool = False
    """Open at all hours of all days."""


class ComplaintChannel(Table, table=True):
    """Where an organisation, or an independent body that watches over them, takes complaints. Graded, approved and checked like an
    entry; its hours are ``Schedule`` rows."""

    __tablename__ = "complaint_channel"
    __table_args__ = (
        _one_of("how", HOWS, "how"),
        _one_of("read_by", ("", *READERS), "read_by"),
        _one_of("audience", LEVELS, "audience"),
        CheckConstraint("length(country) = 2 AND country = upper(country)", name="country"),
        CheckConstraint("(approved_by IS NULL) = (approved_on IS NULL)", name="approved"),
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    organization_id: uuid.UUID = Field(foreign_key="organization.id", ondelete="CASCADE", index=True)
    country: str = Field(max_length=2)
    how: str = Field(max_length=8)
    value: str
    independent: bool = False
    free: bool | None = None
    languages: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """ISO 639 codes in which one may complain there."""
    read_by: str = Field(default="", max_length=11)
    """Who reads what comes in: of ``flows.facts.READERS``, never a person; empty: not known."""
    verified_on: date | None = None
    """As of a service: without it nothing is shown (S-4), and the two limits count from it."""
    verified_by: str = ""
    """A role, never a person's name."""
    review_on: date | None = None
    demo: bool = False
    audience: str = Field(default="hidden", max_length=10, sa_column_kwargs={"server_default": "hidden"})
    approved_by: str | None = None
    approved_on: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AudienceChange(Table, table=True):
    """Who may see what, decided when and by which role. One row a decision; it names no value of the entry."""

    __tablename__ = "audience_change"
    __table_args__ = (_one_of("after", LEVELS, "after", null=True),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    service_at_location_id: uuid.UUID = Field(foreign_key="service_at_location.id", ondelete="CASCADE", index=True)
    field: str | None = Field(default=None, max_length=16)
    """``None``: the whole entry."""
    before: str | None = Field(default=None, max_length=10)
    after: str | None = Field(default=None, max_length=10)
    by: str = Field(max_length=80)
    """A role."""
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, index=True))
    """The change stamp with which it was made: readers ask for what is newer than they are."""
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Decision(Table, table=True):
    """What a role decided about a complaint channel, or about many entries of a source at once; never changed, names no value.

    Apart from ``AudienceChange``: that a source was approved is no decision of an organisation about its own entry.
    """

    __tablename__ = "decision"
    __table_args__ = (
        _one_of("what", ("audience", "approval"), "what"),
        _one_of("after", LEVELS, "after"),
        CheckConstraint("(complaint_channel_id IS NULL) <> (source_id IS NULL)", name="subject"),
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    complaint_channel_id: uuid.UUID | None = Field(default=None, foreign_key="complaint_channel.id", ondelete="CASCADE", index=True)
    source_id: uuid.UUID | None = Field(default=None, foreign_key="source.id", ondelete="CASCADE", index=True)
    what: str = Field(max_length=8)
    """``approval`` or ``audience``: only the level changed."""
    before: str = Field(max_length=10)
    after: str = Field(max_length=10)
    """The same as ``before`` where an approval left the level as it was."""
    entries: int = 1
    """How many had the level ``before``: one decision about a source is one row a level."""
    by: str = Field(max_length=80)
    """A role."""
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """The change stamp with which it was made."""
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class DirectoryStamp(Table, table=True):
    """One row. Every writer raises ``version`` in its own transaction (``bot.directory.stamp``); readers poll it."""

    __tablename__ = "directory_stamp"

    id: int = Field(default=1, primary_key=True)
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


assert len(KINDS) == 7  # the Essential Package; a change there is a change here
