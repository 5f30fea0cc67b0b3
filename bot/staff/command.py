"""``python -m bot staff``: accounts from a file, leaving, new codes, recovery keys.

Here belongs what the command takes and prints. Never here: what it does. Codes and sheets are printed once and kept nowhere.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.settings import Settings
from bot.staff import accounts, audit, leaving, recovery
from bot.staff.accounts import Enrolment, StaffRefused
from bot.staff.recovery import WrongSheets
from bot.staff.tables import RECOVERY_PURPOSES
from bot.tickets.lifetimes import Lifetimes

Act = Callable[[AsyncEngine, argparse.Namespace], Awaitable[int]]


def main(argv: Sequence[str], settings: Settings) -> int:
    """Run one of the commands below; 0 when done, 1 when refused."""
    asked = _parser().parse_args(argv)
    act: Act = asked.act
    asked.settings = settings

    async def run() -> int:
        engine = db.open_engine(db.url_of(settings))
        try:
            return await act(engine, asked)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (StaffRefused, WrongSheets, db.DatabaseDown) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot staff", description="The people who answer: accounts and recovery keys.")
    commands = parser.add_subparsers(required=True, metavar="WHAT")

    def add(name: str, act: Act, what: str, within: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
        made = within.add_parser(name, help=what, description=what)
        made.set_defaults(act=act)
        return made

    load = add("load", _load, "make and change the accounts of a file; prints a code for each new one", commands)
    load.add_argument("file", type=Path, help="TOML with [[employer]] and [[staff]]; bot/staff/accounts.py shows one")
    add("list", _list, "print all accounts", commands)
    enrol = add("enrol", _enrol, "print a new enrolment code: the first ran out, or a passphrase or device is lost", commands)
    enrol.add_argument("name", help="of the account")
    leave = add("leave", _leave, "close an account for good and free what it had claimed", commands)
    leave.add_argument("name", help="of the account")
    add("audit", _audit, "check that nothing in the audit was changed or removed", commands)
    keys = commands.add_parser("recovery", help="the printed recovery key", description="The printed recovery key.")
    within = keys.add_subparsers(required=True, metavar="WHAT")
    make = add("make", _make, "make a recovery key and print its three sheets, once; the one before is retired", within)
    make.add_argument("--purpose", choices=RECOVERY_PURPOSES, default="requests")
    make.add_argument("--html", action="store_true", help="as three pages for a browser's printer")
    add("list", _keys, "print the marks of all recovery keys and when they were rehearsed", within)
    add("rehearse", _rehearse, "type two sheets in and open a test envelope", within)
    add("rescue", _rescue, "type two sheets in and seal what lies waiting to everybody who may read it now", within)
    return parser


# --- accounts ----------------------------------------------------------------------------------------------------------


async def _load(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    made = await accounts.load_staff(engine, asked.file, db.now())
    print(f"The accounts are as in {asked.file}. {len(made)} new.")
    for enrolment in made:
        _print(enrolment)
    return 0


async def _enrol(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    _print(await accounts.issue_enrolment(engine, asked.name, db.now()))
    return 0


def _print(enrolment: Enrolment) -> None:
    print(f"{enrolment.name}: {enrolment.code} (until {enrolment.ends_at:%Y-%m-%d %H:%M} UTC, once, at /desk/enrol)")


async def _list(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    with db.explained(engine.url):
        async with engine.connect() as connection:
            rows = await accounts.everybody(connection)
    for row in rows:
        state = "left" if not row.active else "waits for its code" if row.enrolment_hash else "in use"
        where = ",".join(row.countries) or "all countries"
        print(f"{row.name}  {row.organisation}  {','.join(row.roles)}  {where}  {state}")
    if not rows:
        print("There are no accounts yet; load some with `python -m bot staff load FILE`.")
    return 0


async def _leave(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    left = await leaving.leave(engine, asked.name, db.now(), lifetimes=Lifetimes.of(asked.settings))
    print(f"{left.name} has left: {left.sessions_ended} sessions ended, {left.wraps_deleted} ways to open its key deleted.")
    for what, tickets in (
        ("Waiting again", left.released),
        ("Also sealed to it until they end, and closed to it", left.still_wrapped),
        ("Open to no colleague now; type two sheets into `python -m bot staff recovery rescue`", left.stranded),
    ):
        if tickets:
            print(f"{what}: {', '.join(tickets)}.")
    return 0


async def _audit(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    with db.explained(engine.url):
        broken, head = await audit.verify(engine), await audit.head(engine)
    if broken is not None:
        print(f"The audit was changed: entry {broken} does not follow from the one before. Compare with a backup.", file=sys.stderr)
        return 1
    if head is None:
        print("The audit is empty.")
    else:
        print(f"The audit is whole. Write this down elsewhere: entry {head.number}, {head.digest.hex()[:16]}.")
    return 0


# --- recovery keys -----------------------------------------------------------------------------------------------------


async def _make(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    for sheet in await recovery.make(engine, asked.purpose, db.now()):
        print(sheet.html() if asked.html else sheet.text() + "\f", end="")
    print("These sheets are shown once. Print them, give each to somebody else, then run: recovery rehearse", file=sys.stderr)
    return 0


async def _keys(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    with db.explained(engine.url):
        async with engine.connect() as connection:
            rows = await recovery.listed(connection)
    for row in rows:
        rehearsed = f"rehearsed {row.rehearsed_at:%Y-%m-%d}" if row.rehearsed_at else "never rehearsed"
        state = f"retired {row.retired_at:%Y-%m-%d}" if row.retired_at else "in use"
        print(f"{recovery.mark_of(row.id)}  {row.purpose}  made {row.created_at:%Y-%m-%d}  {rehearsed}  {state}")
    if not rows:
        print("There is no recovery key yet; make one with `python -m bot staff recovery make`.")
    return 0


async def _rehearse(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    mark = await recovery.rehearse(engine, _typed(), db.now())
    print(f"The sheets open what is sealed to key {mark}.")
    return 0


async def _rescue(engine: AsyncEngine, asked: argparse.Namespace) -> int:
    extended, unopened = await recovery.rescue(engine, _typed(), db.now())
    print(f"{extended} envelopes now open to everybody who may read them.")
    if unopened:
        print(f"{unopened} were not: they are sealed to another recovery key, or changed meanwhile. Run it again.", file=sys.stderr)
    return 1 if unopened else 0


def _typed() -> list[str]:
    """Two sheets from the terminal, or from a pipe: each ends with an empty line."""
    sheets = []
    for number in ("first", "second"):
        print(f"Words of the {number} sheet, then an empty line:", file=sys.stderr)
        lines: list[str] = []
        while line := sys.stdin.readline().strip():
            lines.append(line)
        sheets.append(" ".join(lines))
    return sheets
