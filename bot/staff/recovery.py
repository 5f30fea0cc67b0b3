"""The recovery key: to which every envelope is sealed too, and whose private half exists on three sheets of paper only.

Here belong making it, splitting it (SLIP-0039: any two of three lists of words), putting two together again, rehearsing, and
opening by it what no colleague's key opens any more. Never here: a sheet in a store or a log; the private half longer than one
call; what the opened texts say.

The sheets hold words of a list of 1,024, with a checksum: a wrong word is noticed, and says so before anything is tried. One
sheet alone says nothing at all about the key.
"""

from __future__ import annotations

import hashlib
import html
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics  # type: ignore[import-untyped]
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import db
from bot.complaints import routing
from bot.complaints.storing import rows as complaint_rows
from bot.sealing import CannotOpen, Envelope, Kind, key_id, rewrap, seal, unseal
from bot.staff import audit
from bot.staff.keys import eligible_keys
from bot.staff.tables import RECOVERY_PURPOSES, RecoveryKey
from bot.tickets.rows import SealedRows, transact
from bot.tickets.storing import rows as ticket_rows
from bot.tickets.tables import SealedItem, Ticket
from flows.kernel import Words

SHEETS: Final = 3
NEEDED: Final = 2
REHEARSED_EVERY: Final = timedelta(days=180)
#: SLIP-0039 can slow down guessing at a passphrase; these sheets have none.
_EXPONENT: Final = 0
_TEST_TICKET: Final = b"faro rehearsal\0\0"
_TEST_KIND: Final[Kind] = "note"

_recovery: Any = RecoveryKey.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_item: Any = SealedItem.__table__  # type: ignore[attr-defined]


class WrongSheets(ValueError):
    """These sheets do not give the key; the text says what to do, and holds no word of them."""


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """One of the three. To be printed and kept apart from the others; nothing keeps it."""

    number: int
    """1 to 3."""
    purpose: str
    """``requests`` or ``complaints``."""
    mark: str
    """Of the key: the same on all three, and in ``python -m bot staff recovery list``."""
    made_on: date
    words: tuple[str, ...]

    def text(self) -> str:
        """For a printer that prints plain text, in the language of the commands. A page has its own words for it."""
        numbered = [f"{place:2} {word}" for place, word in enumerate(self.words, 1)]
        lines = ["   ".join(f"{each:<12}" for each in numbered[at : at + 4]).rstrip() for at in range(0, len(numbered), 4)]
        return "\n".join((*self._head(), "", *lines, ""))

    def html(self) -> str:
        """The same as a page of its own, for a printer: no script, nothing from elsewhere."""
        head = "".join(f"<p>{html.escape(line)}</p>" for line in self._head())
        words = "".join(f"<li>{html.escape(word)}</li>" for word in self.words)
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sheet {self.number}</title>'
            f"<body>{head}<ol>{words}</ol></body></html>\n"
        )

    def _head(self) -> tuple[str, ...]:
        return (
            f"Sheet {self.number} of {SHEETS}, key {self.mark} ({self.purpose}), made on {self.made_on.isoformat()}.",
            f"Any {NEEDED} of the {SHEETS} sheets open what was sealed. Keep each with somebody else, in a closed envelope.",
            "Do not photograph it and do not type it anywhere but into: python -m bot staff recovery rehearse",
        )


@dataclass(frozen=True, slots=True)
class Due:
    """A recovery key that somebody has to see to, for ``bot.doctor``."""

    purpose: str
    why: Literal["missing", "never_rehearsed", "rehearsed_long_ago"]
    since: datetime | None
    """When it was made, or last rehearsed."""


# --- making and putting together (no store) ------------------------------------------------------------------------------


def split(private: X25519PrivateKey, purpose: str, made_on: date) -> tuple[Sheet, ...]:
    """The three sheets of a key."""
    lists = generate_mnemonics(1, [(NEEDED, SHEETS)], private.private_bytes_raw(), iteration_exponent=_EXPONENT)[0]
    mark = mark_of(key_id(_public(private)))
    return tuple(Sheet(number, purpose, mark, made_on, tuple(text.split())) for number, text in enumerate(lists, 1))


def combine(sheets: Sequence[str]) -> X25519PrivateKey:
    """The private key of two sheets, as somebody typed their words: numbers, line breaks and case do not matter.

    Raises WrongSheets. Whether it is the key of this deployment only the database says (``rehearse``, ``rescue``).
    """
    typed = [" ".join(word for word in each.lower().replace(",", " ").split() if not word.rstrip(".").isdigit()) for each in sheets]
    if len({*typed}) != NEEDED or not all(typed):
        raise WrongSheets(f"{NEEDED} different sheets are needed.")
    try:
        secret = combine_mnemonics(typed)
        found = X25519PrivateKey.from_private_bytes(secret)
    except (MnemonicError, ValueError):
        found = None
    if found is None:  # outside the except: what the library says may hold words
        raise WrongSheets("A word is wrong or missing, or the sheets belong to different keys; compare them with the paper.")
    return found


def mark_of(id: bytes) -> str:
    """A short name of a key, from which nothing follows: ``4F2A-91C0``."""
    digits = hashlib.sha256(b"faro recovery mark 1\0" + id).hexdigest()[:8].upper()
    return f"{digits[:4]}-{digits[4:]}"


# --- with the database ---------------------------------------------------------------------------------------------------


async def make(engine: AsyncEngine, purpose: str, now: datetime, *, by: str = audit.COMMAND, role: str = "") -> tuple[Sheet, ...]:
    """A new recovery key for a purpose, and its three sheets, which are shown once. The one before is retired: nothing more is
    sealed to it, but its sheets are needed as long as something lives that was.

    Raises ValueError for an unknown purpose, DatabaseDown."""
    if purpose not in RECOVERY_PURPOSES:
        raise ValueError(f"{purpose!r} is no purpose of a recovery key; they are {', '.join(RECOVERY_PURPOSES)}.")
    private = X25519PrivateKey.generate()
    public = _public(private)
    sheets = split(private, purpose, now.date())
    if _public(combine([" ".join(sheets[0].words), " ".join(sheets[2].words)])) != public:
        raise AssertionError("sheets that do not give back their key must not be printed")
    with db.explained(engine.url):
        async with engine.begin() as connection:
            old = (_recovery.c.purpose == purpose) & _recovery.c.retired_at.is_(None)
            retired = (await connection.execute(update(_recovery).where(old).values(retired_at=now))).rowcount
            values = {"id": key_id(public), "purpose": purpose, "public": public, "created_at": now}
            await connection.execute(insert(_recovery).values(**values))
            if retired:
                await audit.record(connection, by, role, "recovery_key_retired", purpose, now)
            await audit.record(connection, by, role, "recovery_key_made", sheets[0].mark, now)
    return sheets


async def rehearse(engine: AsyncEngine, sheets: Sequence[str], now: datetime, *, by: str = audit.COMMAND, role: str = "") -> str:
    """Open a test envelope by two sheets, and note that it was done; the key's mark. Raises WrongSheets, DatabaseDown."""
    private = combine(sheets)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            row = await _known(connection, private)
            test = seal(Words("rehearsal"), _TEST_KIND, _TEST_TICKET, [row.public])
            try:
                opened = unseal(Envelope.decode(test.encode()), private, kind=_TEST_KIND, ticket=_TEST_TICKET).reveal()
            except CannotOpen:
                opened = ""
            if opened != "rehearsal":
                raise WrongSheets("The sheets gave a key that does not open; make a new recovery key.")
            await connection.execute(update(_recovery).where(_recovery.c.id == row.id).values(rehearsed_at=now))
            await audit.record(connection, by, role, "recovery_rehearsed", mark_of(row.id), now)
    return mark_of(row.id)


async def rescue(
    engine: AsyncEngine, sheets: Sequence[str], now: datetime, *, by: str = audit.COMMAND, role: str = ""
) -> tuple[int, int]:
    """Seal what open tickets hold to those who are eligible now and cannot open it: after a loss, or a new key. By the sheets for
    complaints, what complaints hold.

    How many envelopes were extended, and how many the sheets could not open. Nothing is shown. Raises WrongSheets, DatabaseDown.
    """
    private = combine(sheets)

    async def work(connection: AsyncConnection) -> tuple[int, int]:
        row = await _known(connection, private)
        if row.purpose == "complaints":
            done = [
                await _extend(connection, item, private, eligible, complaint_rows) for item, eligible in await _said(connection)
            ]
        else:
            done = [
                await _extend(connection, item, private, await _eligible(connection, item), ticket_rows)
                for item in await _open_items(connection)
            ]
        await audit.record(connection, by, role, "recovery_used", mark_of(row.id), now)
        return sum(added for added, _ in done), sum(failed for _, failed in done)

    with db.explained(engine.url):
        return await transact(engine, work)


async def listed(connection: AsyncConnection) -> list[Any]:
    """Rows of all recovery keys, newest first."""
    return list((await connection.execute(select(_recovery).order_by(_recovery.c.created_at.desc()))).all())


async def purposes(connection: AsyncConnection) -> tuple[str, ...]:
    """What is sealed here: requests, and complaints where somebody hears them."""
    return RECOVERY_PURPOSES if await routing.readers(connection) else ("requests",)


async def due(connection: AsyncConnection, now: datetime, purposes: Sequence[str] = ("requests",)) -> list[Due]:
    """Purposes without a key, and keys that were never rehearsed, or not for 180 days."""
    found = []
    for purpose in purposes:
        mine = [row for row in await listed(connection) if row.purpose == purpose and row.retired_at is None]
        if not mine:
            found.append(Due(purpose, "missing", None))
        found += [Due(purpose, "never_rehearsed", row.created_at) for row in mine if row.rehearsed_at is None]
        found += [
            Due(purpose, "rehearsed_long_ago", row.rehearsed_at)
            for row in mine
            if row.rehearsed_at is not None and now - row.rehearsed_at > REHEARSED_EVERY
        ]
    return found


# --- within ------------------------------------------------------------------------------------------------------------


def _public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


async def _known(connection: AsyncConnection, private: X25519PrivateKey) -> Any:
    """The row of this key, retired or not. Raises WrongSheets."""
    row = (await connection.execute(select(_recovery).where(_recovery.c.id == key_id(_public(private))))).first()
    if row is None:
        raise WrongSheets("These two sheets belong together, but to no key of this deployment; take sheets with its mark.")
    return row


async def _open_items(connection: AsyncConnection) -> Sequence[Any]:
    columns = (_ticket.c.country, _ticket.c.countries, _ticket.c.child, _ticket.c.not_organisations, _ticket.c.refused)
    asked = select(_item.c.id, _item.c.ticket_id, _item.c.kind, _item.c.envelope, *columns)
    joined = asked.join(_ticket, _ticket.c.id == _item.c.ticket_id)
    return (await connection.execute(joined.where(_ticket.c.state.in_(("waiting", "claimed")), _item.c.kind != "answer"))).all()


async def _said(connection: AsyncConnection) -> list[tuple[Any, dict[uuid.UUID, bytes]]]:
    """What complaints hold, each with the keys of those who may read it."""
    found = []
    asked = select(complaint_rows.items, complaint_rows.items.c.complaint_id.label("ticket_id"))
    for row in (await connection.execute(select(complaint_rows.table).order_by(complaint_rows.table.c.id))).all():
        mine = asked.where(complaint_rows.items.c.complaint_id == row.id, complaint_rows.items.c.kind != "answer")
        eligible = await routing.eligible(connection, row, await routing.units_of(connection, row.id))
        found += [(item, eligible) for item in (await connection.execute(mine)).all()]
    return found


async def _eligible(connection: AsyncConnection, item: Any) -> dict[uuid.UUID, bytes]:
    return await eligible_keys(
        connection,
        country=item.country,
        countries=item.countries,
        child=item.child,
        not_organisations=item.not_organisations,
        refused=item.refused,
    )


async def _extend(
    connection: AsyncConnection, item: Any, private: X25519PrivateKey, eligible: dict[uuid.UUID, bytes], rows: SealedRows
) -> tuple[int, int]:
    """(1, 0) when a wrap was added, (0, 1) when the key does not open the envelope, (0, 0) when nobody lacked one."""
    envelope = Envelope.decode(item.envelope)
    lacking = [public for public in eligible.values() if key_id(public) not in envelope.recipients]
    if not lacking:
        return 0, 0
    try:
        for public in lacking:
            envelope = envelope.added(rewrap(envelope, private, public, kind=item.kind, ticket=item.ticket_id))
    except CannotOpen:
        return 0, 1
    as_read = (rows.items.c.id == item.id) & (rows.items.c.envelope == item.envelope)
    done = await connection.execute(update(rows.items).where(as_read).values(envelope=envelope.encode()))
    return (1, 0) if done.rowcount else (0, 1)
