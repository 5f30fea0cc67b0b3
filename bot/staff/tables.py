"""Tables of the people who answer. Staff are known by a role label ("case manager CO 1"), never by their own name.

Never here: queries, a request, a secret in the clear.
"""

import uuid
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bot.db import Codes, Table, UTCDateTime, now

Role = Literal[
    "case_manager", "child_protection", "supervisor", "national_focal_point",
    "psea_focal_point", "coordinator", "member", "administrator",
]  # fmt: skip
ROLES: Final[tuple[Role, ...]] = (
    "case_manager", "child_protection", "supervisor", "national_focal_point",
    "psea_focal_point", "coordinator", "member", "administrator",
)  # fmt: skip
RECOVERY_PURPOSES: Final = ("requests", "complaints")


class Employer(Table, table=True):
    """An organisation of the network whose staff answer. ``key`` is what wishes and exclusions name."""

    __tablename__ = "employer"

    key: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=120)
    """As people on the move know it."""
    merged_into: str = Field(default="", max_length=40)
    """Key of the organisation of which it has become a part; whoever works for either is tied to both (C-4)."""
    independent: bool = False
    """Watches over the others and gives no help itself: its PSEA focal points read what is about the people who answer here."""


class EmployerListing(Table, table=True):
    """An organisation of the directory that is this employer, since they had one name at some time (``bot.staff.listings``)."""

    __tablename__ = "employer_listing"

    organization_id: uuid.UUID = Field(primary_key=True)
    """No foreign key: what is loaded anew there is the same organisation."""
    employer: str = Field(primary_key=True, max_length=40)


class Staff(Table, table=True):
    """An account. ``countries`` and ``organisation`` are its scope; an administrator's countries may be empty (all)."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("name"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    name: str = Field(max_length=40)
    """Sign-in name and label, such as ``case-manager-co-1``: a role, not a person's name."""
    organisation: str = Field(foreign_key="employer.key", index=True)
    roles: tuple[str, ...] = Field(default=(), sa_type=Codes)
    countries: tuple[str, ...] = Field(default=(), sa_type=Codes)
    languages: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """ISO 639 codes, also of languages that Faro does not speak."""
    honours: str = Field(default="", max_length=5)
    """The wish that this account honours: ``woman``, ``man`` or empty (D-12)."""
    stands_in: bool = False
    """Of the PSEA focal points of a country: told second (C-6)."""
    investigates: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Keys of organisations whose investigation unit this account is, as the network set it: it reads what was forwarded to them,
    its own organisation included (C-4)."""
    load_cap: int = 5
    """Open tickets at once (M-7)."""
    lang: str = Field(default="es", max_length=2)
    """Language of the desk's pages."""
    active: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UTCDateTime)

    enrolment_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Hash of the one-time enrolment code; empty once used."""
    enrolment_ends_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Salt of the passphrase; the browser derives proof and wrapping key from it."""
    proof_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    """MAC of the sign-in proof under the process secret. The server never sees the passphrase or the wrapping key."""
    totp_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Secret of the second factor, encrypted under the process secret."""
    totp_step: int = 0
    """The last time step that was accepted: a code counts once (RFC 6238)."""
    recovery_hashes: tuple[str, ...] = Field(default=(), sa_type=Codes)
    alert_ways: tuple[str, ...] = Field(default=(), sa_type=Codes)
    """Ways on which this account wants alerts: ``telegram``, ``sms``, ``email``, ``push``."""
    alert_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Addresses for alerts, encrypted under the process secret."""


class Passkey(Table, table=True):
    """A WebAuthn credential of an account."""

    __tablename__ = "passkey"

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """WebAuthn credential id."""
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = 0
    prf_salt: bytes = Field(sa_type=LargeBinary)
    """What its PRF is asked with; the answer wraps keys, and stays in the browser."""
    challenged_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the newest challenge that it answered was made: an older one, or the same, counts no more."""
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class StaffKey(Table, table=True):
    """A public key to which envelopes are sealed (``bot.sealing.key_id``)."""

    __tablename__ = "staff_key"
    __table_args__ = (
        # At most one in use, whoever registers at the same moment.
        Index(
            "uq_staff_key_in_use",
            "staff_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    public: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Nothing new is sealed to it; what was sealed before may still be opened."""


class KeyWrap(Table, table=True):
    """The private half of a staff key, wrapped in the browser by a passkey's PRF or a passphrase."""

    __tablename__ = "key_wrap"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    key_id: bytes = Field(foreign_key="staff_key.id", ondelete="CASCADE", sa_type=LargeBinary, index=True)
    passkey_id: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The passkey that opens it; empty: the passphrase."""
    wrapped: bytes = Field(sa_type=LargeBinary)
    """nonce 12 · AES-256-GCM of the PKCS#8 key, made in the browser; around it the same once more, under the process secret."""


class RecoveryKey(Table, table=True):
    """An offline key to which every envelope is sealed too. Its private half was printed in three parts and kept nowhere."""

    __tablename__ = "recovery_key"

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    purpose: str = Field(max_length=10)
    """One of ``RECOVERY_PURPOSES``."""
    public: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    rehearsed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When two parts last opened the test envelope."""


class DeskSession(Table, table=True):
    """Somebody is signed in. ``id`` is a hash of the cookie."""

    __tablename__ = "desk_session"

    id: bytes = Field(sa_type=LargeBinary, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    seen_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    challenge: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Of a WebAuthn ceremony under way."""
    training: bool = False
    """Sees invented requests only."""


class AuditEntry(Table, table=True):
    """Who did what to which ticket, without content. Each entry holds a hash of the one before it (M-1)."""

    __tablename__ = "audit_entry"

    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)
    actor: str = Field(max_length=40)
    """Staff name (a role label), ``clock`` or ``person``."""
    role: str = Field(default="", max_length=24)
    what: str = Field(max_length=40)
    """A code such as ``opened_contact``, ``claimed``, ``closed``."""
    subject: str = Field(default="", max_length=40, index=True)
    """Reference of a ticket, name of an account, or empty."""
    before: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)


class SignInBrake(Table, table=True):
    """How long the next try must wait. One row for each of a fixed number of buckets, so that made-up names fill no table."""

    __tablename__ = "sign_in_brake"

    bucket: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """From a MAC of the name or of the browser's mark; no name can be read from it."""
    failures: int = 0
    """In a row."""
    free_at: datetime = Field(sa_type=UTCDateTime)
    """No try counts before this."""


class Approval(Table, table=True):
    """Somebody asks for what takes two people; somebody else agrees (M-8). Good for one time."""

    __tablename__ = "approval"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    what: str = Field(max_length=40)
    """The action of ``bot.staff.roles`` that is asked for."""
    digest: bytes = Field(sa_type=LargeBinary)
    """Hash of what exactly: another choice of months or countries is another thing."""
    asked_by: uuid.UUID = Field(foreign_key="staff.id", ondelete="CASCADE", index=True)
    asked_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    approved_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id", ondelete="CASCADE")
    approved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
