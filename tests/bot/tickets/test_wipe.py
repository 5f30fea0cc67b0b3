"""Gone means gone: what was wiped is in no file, and what a dump or a backup holds says nothing.

Every text of these tests carries a canary; whatever the store holds is searched for it in the spellings that a program might have
given it.
"""

from __future__ import annotations

import base64
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from sqlalchemy import LargeBinary, String, select, text

from bot import db
from bot.codes import DIGITS
from bot.sealing import CannotOpen, Envelope, Kind, key_id, unseal
from bot.staff.tables import RecoveryKey, StaffKey
from bot.tickets import code, desk, storing
from bot.tickets.clock import tick
from bot.tickets.guard import Guard
from bot.tickets.own_key import unlock_private
from bot.tickets.tables import HandOver, Movement, SealedItem, Ticket
from flows.kernel import Words
from tests.bot.tickets.world import (
    ALL_DAY,
    BOGOTA,
    CARD,
    CONTACT,
    HANDED,
    NOTE,
    NOW,
    NUMBER,
    SECRET,
    Worker,
    World,
    after,
)

CANARIES = (
    "hipopotomonstroses", "zarzamora", "trompeta", "pastel", NUMBER, NUMBER[1:], "3001234567", "answer-canary", "later-canary",
)  # fmt: skip
WINDOWS = (BOGOTA, "morning", "afternoon")


def spellings(word: str) -> set[bytes]:
    """As a program might write it: UTF-8, UTF-16, hexadecimal, base64 at each of its three alignments, backwards, escaped."""
    raw = word.encode()
    found = {raw, raw.upper(), raw[::-1], word.encode("utf-16-le"), raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        # Only the letters that no neighbour has a part in.
        first, last = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
        found |= {encode(b"\0" * shift + raw)[first:last] for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    if word.isascii() and word.strip("+").isdigit():
        number = int(word.strip("+"))
        found |= {number.to_bytes(6), number.to_bytes(6, "little"), msgspec.msgpack.encode(number)[1:]}
    return {each for each in found if len(each) >= 5}


def holds(raw: bytes, words: tuple[str, ...] = CANARIES) -> list[str]:
    """Which of these words are in there, in any spelling."""
    return [word for word in words if any(each in raw for each in spellings(word))]


def files(path: Path) -> bytes:
    """Everything that SQLite keeps for a database."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


async def dump(world: World) -> bytes:
    """Every value of every row of every table, as bytes, one after the other."""
    found = []
    async with world.engine.connect() as connection:
        for table in db.Table.metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\0".join(found)


async def story(world: World, ana: Worker) -> tuple[bytes, Any]:
    """A request with everything that can be said about it, in the middle of its life."""
    ticket_id, derived = await world.taken(ana, way="here", windows=ALL_DAY)
    await code.add_note(world.tickets, derived, Words("later-canary"), "m2", NOW)
    await desk.send_answer(world.tickets, ana.actor, ticket_id, await world.answer(ticket_id, "answer-canary"), NOW)
    await desk.release(world.tickets, ana.actor, ticket_id, HANDED, NOW)
    await desk.claim(world.tickets, ana.actor, ticket_id, NOW)
    return ticket_id, derived


def test_the_search_would_find_it() -> None:
    """Mutation: a search that finds nothing in anything."""
    for word in CANARIES:
        raw = word.encode()
        for written in (
            raw,
            base64.b64encode(b"a" + raw + b"b"),
            base64.b64encode(raw),
            raw.hex().encode(),
            word.encode("utf-16-le"),
        ):
            assert word in holds(b"before" + written + b"after")
    assert holds(msgspec.msgpack.encode({"n": int(NUMBER)})) and not holds(b"nothing of the kind" * 99)


# --- nothing readable ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-1")
@pytest.mark.requirement("P-5")
async def test_a_dump_holds_nothing_readable_of_what_was_said(world: World, ana: Worker, sol: Worker) -> None:
    """At every moment of a request's life. Mutation: any column that takes a text, a number, a window or a code as it is."""
    await world.recovery_key()
    ticket_id, derived = await world.ask()
    row = await world.row(ticket_id)
    said = world.codes.code(bytes(range(16)), 1).reveal()
    assert not holds(await dump(world), (*CANARIES, said, said[:DIGITS]))
    await story(world, ana)
    raw = await dump(world)
    assert not holds(raw, (*CANARIES, said)) and derived.key not in raw
    # The roster's own shifts name their zone; the ticket's row does not.
    shown = b"\0".join(each if isinstance(each, bytes) else str(each).encode() for each in row)
    assert not holds(shown, WINDOWS)


@pytest.mark.requirement("P-5")
async def test_a_dump_and_the_servers_secret_open_no_envelope(world: World, ana: Worker) -> None:
    """The secret opens the windows, and so it must. It opens no text, and no key pair of a ticket.

    Mutation: a key of the server among the recipients; a ticket's private half under a key that the secret leads to."""
    await world.recovery_key()
    ticket_id, _ = await story(world, ana)
    row = await world.row(ticket_id)
    assert Guard(SECRET).open(ticket_id, row.guarded) == ALL_DAY
    people = {each.id for each in await world.rows(StaffKey)} | {each.id for each in await world.rows(RecoveryKey)}
    for item in await world.rows(SealedItem):
        recipients = set(Envelope.decode(item.envelope).recipients)
        assert recipients <= ({key_id(row.public)} if item.kind == "answer" else people)
    server = world.tickets.guard
    keys = [getattr(server, name) for name in server.__slots__] + [SECRET, bytes(32)]
    for each in keys:
        with pytest.raises(Exception, match=r"^$"):  # InvalidTag says nothing
            unlock_private(each, ticket_id, row.private_sealed)


def test_no_column_of_a_ticket_takes_free_text() -> None:
    """P-1. Every column of text is short and named here; a longer or a new one is a decision to be made.

    Mutation: a column for a note, a name, a place or an address."""
    short = {
        "ticket": {
            "country", "countries", "lang", "other_lang", "wish", "not_organisations", "age", "way", "state", "level", "refused",
            "alerted", "relay", "outcome",
        },
        "sealed_item": {"kind"}, "hand_over": {"reason", "reached", "next_step", "risk"},
    }  # fmt: skip
    for table in (storing.ticket, storing.item, storing.hand_over):
        texts = {each.name: each.type for each in table.c if isinstance(getattr(each.type, "impl_instance", each.type), String)}
        assert set(texts) == short[table.name]
        assert all(
            name in ("countries", "not_organisations", "refused", "alerted") or (each.length or 99) <= 40
            for name, each in texts.items()
        )
    sealed = {each.name for each in storing.ticket.c if isinstance(each.type, LargeBinary)}
    assert sealed == {"id", "opening", "lookup", "public", "private_sealed", "guarded"}


# --- wiped on the disk -----------------------------------------------------------------------------------------------


async def _withdraw(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    await code.withdraw(world.tickets, derived, NOW)


async def _close(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    await desk.close(world.tickets, ana.actor, ticket_id, "reached_needs_met", NOW)


async def _expire(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    assert (await tick(world.tickets, after(days=7))).clean


async def _to_code(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    await code.change_way(world.tickets, derived, "code", NOW)


async def _new_contact(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    await code.change_way(world.tickets, derived, "phone", NOW, contact_text=Words("{}"), windows=ALL_DAY)


async def _end_relay(world: World, ana: Worker, ticket_id: bytes, derived: Any) -> None:
    await desk.end_relay(world.tickets, ana.actor, ticket_id, NOW)


ALL_OF_IT = get_args(Kind)
ABOUT = ("contact", "card", "note")


@pytest.mark.requirement("D-10")
@pytest.mark.requirement("P-3")
@pytest.mark.parametrize(
    ("wipes", "kinds"),
    [
        (_withdraw, ALL_OF_IT),
        (_close, ABOUT),
        (_expire, ABOUT),
        (_to_code, ("contact",)),
        (_new_contact, ("contact",)),
        (_end_relay, ("contact",)),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
async def test_neither_file_nor_log_of_sqlite_holds_a_copy(
    on_sqlite: World, sqlite_path: Path, wipes: Any, kinds: tuple[str, ...]
) -> None:
    """What is looked for are the sealed bytes themselves: the beginnings and the ends of every envelope, the sealed windows, and
    the sealed key. They are there before, and nowhere after.

    Mutation: no ``secure_delete``; no checkpoint after the commit; a column of the row that is not emptied."""
    ana = await on_sqlite.worker("ana", duty="primary")
    ticket_id, derived = await story(on_sqlite, ana)
    row = await on_sqlite.row(ticket_id)
    pieces = {
        (kind, number, name): piece
        for kind, rows in (await on_sqlite.items(ticket_id)).items()
        for number, item in enumerate(rows)
        for name, piece in (("head", item.envelope[24:56]), ("body", item.envelope[-400:-300]), ("end", item.envelope[-48:]))
    }
    before = files(sqlite_path)
    assert all(piece in before for piece in pieces.values()) and row.guarded in before and row.private_sealed in before
    await wipes(on_sqlite, ana, ticket_id, derived)
    assert not [each for each in sqlite_path.parent.glob("*-wal") if each.stat().st_size]
    left = files(sqlite_path)
    assert {name[0] for name, piece in pieces.items() if piece in left} == set(ALL_OF_IT) - set(kinds)
    assert row.guarded not in left
    assert (row.private_sealed in left) == (wipes is not _withdraw)
    assert (derived.lookup in left) == (wipes is not _withdraw)


async def test_a_reader_that_holds_on_keeps_the_log_for_the_next_tick(on_sqlite: World, sqlite_path: Path) -> None:
    """And keeps nobody waiting for long who withdraws.

    Mutation: believing that a checkpoint was made; waiting for the reader however long it takes; a tick that tries no more."""
    ana = await on_sqlite.worker("ana", duty="primary")
    ticket_id, derived = await story(on_sqlite, ana)
    (contact,) = (await on_sqlite.items(ticket_id))["contact"]
    reader = sqlite3.connect(sqlite_path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM ticket").fetchone()
    begun = time.monotonic()
    await code.withdraw(on_sqlite.tickets, derived, NOW)
    assert time.monotonic() - begun < 4
    assert contact.envelope[-48:] in files(sqlite_path)
    reader.close()
    assert (await tick(on_sqlite.tickets, NOW)).clean
    assert contact.envelope[-48:] not in files(sqlite_path)


@pytest.mark.requirement("P-3")
async def test_rows_are_gone_on_postgresql(world: World, ana: Worker) -> None:
    """What its log keeps of them is what was stored: sealed bytes. Mutation: a mark "deleted" instead of a deleted row."""
    _, derived = await story(world, ana)
    await code.withdraw(world.tickets, derived, NOW)
    async with world.engine.connect() as connection:
        for table in ("sealed_item", "hand_over", "movement"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0
    raw = await dump(world)
    assert not holds(raw) and derived.lookup not in raw


# --- a backup --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-3")
async def test_a_backup_from_before_the_wipe_shows_nothing_readable(on_sqlite: World, sqlite_path: Path, tmp_path: Path) -> None:
    """A copy of the file, brought back years later, with the server's secret in hand. What it takes to read in it are the keys of
    people on duty, or the code: neither is in it.

    Mutation: a column or an envelope that opens without them."""
    ana = await on_sqlite.worker("ana", duty="primary")
    ticket_id, derived = await story(on_sqlite, ana)
    await db.checkpoint(on_sqlite.engine)
    copy = Path(shutil.copy(sqlite_path, tmp_path / "backup.db"))
    await code.withdraw(on_sqlite.tickets, derived, NOW)
    assert not holds(copy.read_bytes()) and derived.key not in copy.read_bytes()
    engine = db.open_engine(f"sqlite+aiosqlite:///{copy}")
    restored = World(engine)
    items = await restored.items(ticket_id)
    assert set(items) == set(ALL_OF_IT)
    stranger = (await restored.worker("stranger")).private
    for kind, rows in items.items():
        for item in rows:
            with pytest.raises(CannotOpen):
                unseal(Envelope.decode(item.envelope), stranger, kind=kind, ticket=ticket_id)  # type: ignore[arg-type]
    # The proof that something was there to read: with the keys, it opens.
    opened = {kind: ana.opens(items[kind][0].envelope, kind, ticket_id) for kind in ABOUT}  # type: ignore[arg-type]
    assert opened == {"contact": CONTACT, "card": CARD, "note": NOTE}
    # The clock wipes a restored backup at its first tick, since everything in it is over by then.
    assert (await tick(restored.tickets, after(days=70))).clean
    assert not any(item.envelope[-48:] in files(copy) for kind in ABOUT for item in items[kind])
    restored.codes.close()
    await engine.dispose()


async def test_a_movement_goes_with_its_ticket(world: World, ana: Worker) -> None:
    """Rows that hang on a ticket go with it. Mutation: a foreign key that is not enforced."""
    ticket_id, derived = await story(world, ana)
    async with world.engine.begin() as connection:
        await connection.execute(
            Movement.__table__.insert().values(**Movement(ticket_id=ticket_id, what="referral", to_country="PE").model_dump())  # type: ignore[attr-defined]
        )
    await world.set(ticket_id, state="closed", forgotten_at=NOW)
    assert (await tick(world.tickets, NOW)).forgotten == 1
    for table in (Ticket, SealedItem, HandOver, Movement):
        assert await world.rows(table) == []
    assert await code.look(world.tickets, derived, NOW) is None
