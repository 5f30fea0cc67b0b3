"""``python -m bot roster``: load a roster file, show who is on duty, draw the coverage, write and read calendars.

Here belong arguments and what a terminal is told. Never here: what any of it means (the other modules of this package).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.roster import holidays, ical_import, loading, snapshot
from bot.roster.calendar_faults import CalendarError
from bot.roster.coverage import DAYS, Coverage, Hole, Warned, coverage
from bot.roster.holidays import HolidayError
from bot.roster.ical import export
from bot.roster.ical_import import Purpose
from bot.roster.reading import RosterError
from bot.roster.snapshot import ANSWERING, Member, RosterSnapshot
from bot.roster.tables import DUTIES
from bot.settings import Settings
from bot.staff import audit
from flows.facts import COUNTRIES


class _Refused(ValueError):
    """What was asked for is not there; the message is a sentence."""


def main(argv: Sequence[str], settings: Settings) -> int:
    """Run one of the sub-commands; 0 when done, 1 when refused. ``coverage`` is also 1 where a country has nobody for hours."""
    asked = _parser().parse_args(argv)
    work: Callable[[AsyncEngine, argparse.Namespace, Settings], Coroutine[Any, Any, int]] = asked.work

    async def run() -> int:
        engine = db.open_engine(db.url_of(settings))
        try:
            return await work(engine, asked, settings)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (_Refused, RosterError, CalendarError, HolidayError, db.DatabaseDown) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot roster", description="Who is on duty when.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, work: Any, what: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what)
        command.set_defaults(work=work)
        return command

    load = add("load", _load, "take in a roster file and the public holidays; again changes nothing")
    load.add_argument("file", type=Path, help="TOML, as the head of bot/roster/reading.py shows it")
    load.add_argument("--holidays", type=Path, default=holidays.HOLIDAYS, help="another list than data/holidays.toml")
    show = add("show", _show, "who is on duty now, and when somebody is next")
    show.add_argument("--country", choices=COUNTRIES)
    cover = add("coverage", _coverage, "the next days of each country, with every hole")
    cover.add_argument("--country", choices=COUNTRIES)
    cover.add_argument("--days", type=int, default=DAYS, choices=range(1, 93), metavar="DAYS")
    write = add("export", _export, "write duties as a calendar (iCalendar)")
    write.add_argument("file", type=Path, help="where to; - for the terminal")
    write.add_argument("--country", choices=COUNTRIES)
    write.add_argument("--staff", help="only this account")
    read = add("import", _import, "take somebody's calendar in as times away or duties in addition")
    read.add_argument("file", type=Path)
    read.add_argument("--staff", required=True, help="the account whose calendar it is")
    read.add_argument("--as", dest="what", required=True, choices=("off", "extra"))
    read.add_argument("--country", choices=COUNTRIES, default="", help="with --as extra")
    read.add_argument("--duty", choices=DUTIES, default="", help="with --as extra")
    read.add_argument("--zone", default="", help="for whole days and times without a zone, such as America/Bogota")
    return parser


# --- the commands ----------------------------------------------------------------------------------------------------


async def _load(engine: AsyncEngine, asked: argparse.Namespace, settings: Settings) -> int:
    loaded = await loading.load(engine, _text(asked.file), holidays.load(asked.holidays), db.now())
    plan = loaded.plan
    print(
        f"{len(plan.shifts)} shifts and {len(plan.changes)} exceptions: {loaded.added} rows added, {loaded.removed} taken away. "
        "Running conversations follow within half a minute."
    )
    if plan.without_key:
        print(f"These have no key yet and count once they have signed in: {', '.join(plan.without_key)}.")
    return 0


async def _show(engine: AsyncEngine, asked: argparse.Namespace, settings: Settings) -> int:
    now = db.now()
    roster = await _roster(engine, now)
    for country in _countries(asked, settings):
        zone = roster.zone_of(country)
        on = roster.on_duty(country, now)
        for each in on:
            where = f", {each.area}" if each.area else ""
            print(f"{country}  {each.duty:10} {roster.name(each.staff_id)}{where} until {_when(each.until, zone)}")
        if not any(each.duty in ANSWERING for each in on):
            opening = roster.next_opening(country, now)
            print(f"{country}  nobody picks up now; " + (f"next {_when(opening, zone)}" if opening else "nobody in three weeks"))
    return 0


async def _coverage(engine: AsyncEngine, asked: argparse.Namespace, settings: Settings) -> int:
    now = db.now()
    roster = await _roster(engine, now)
    pictures = [coverage(roster, country, now, days=asked.days) for country in _countries(asked, settings)]
    for picture in pictures:
        _draw(picture)
    return int(any(hole.what == "nobody" for picture in pictures for hole in picture.holes))


async def _export(engine: AsyncEngine, asked: argparse.Namespace, settings: Settings) -> int:
    now = db.now()
    roster = await _roster(engine, now)
    staff_id = _account(roster, asked.staff).id if asked.staff else None
    data = export(roster, now, countries=_countries(asked, settings), staff_id=staff_id)
    if str(asked.file) == "-":
        sys.stdout.write(data.decode())
    else:
        try:
            asked.file.write_bytes(data)
        except OSError as error:
            raise _Refused(f"{asked.file} cannot be written ({type(error).__name__}); name another file.") from None
    return 0


async def _import(engine: AsyncEngine, asked: argparse.Namespace, settings: Settings) -> int:
    now = db.now()
    try:
        data = asked.file.read_bytes()
    except OSError as error:
        raise _Refused(f"{asked.file} cannot be read ({type(error).__name__}); name a calendar file.") from None
    purpose = Purpose(asked.what, asked.country, asked.duty, asked.zone)
    with db.explained(engine.url):
        async with engine.begin() as connection:
            member = _account(RosterSnapshot(await snapshot.read(connection, now)), asked.staff)
            changes = ical_import.read(data, member, purpose, now)
            number = await ical_import.save(connection, member, purpose, changes, now)
            await audit.record(connection, audit.COMMAND, "", "exception_added", member.name, now)
    print(f"{number} {'times away' if asked.what == 'off' else 'duties'} of {member.name} taken in.")
    return 0


# --- what is said ----------------------------------------------------------------------------------------------------


def _draw(picture: Coverage) -> None:
    print(f"\n{picture.country}, {_when(picture.begins, picture.zone)} to {_when(picture.ends, picture.zone)} ({picture.zone})")
    for stretch in picture.stretches:
        if stretch.people:
            people = ", ".join(f"{p.name} ({p.duty}{', ' + p.area if p.area else ''})" for p in stretch.people)
            spoken = f" [{' '.join(stretch.languages)}]" if stretch.languages else ""
            print(f"  {_when(stretch.begins, picture.zone)} - {_when(stretch.ends, picture.zone)}  {people}{spoken}")
    for hole in picture.holes:
        print(f"  hole: {_when(hole.begins, picture.zone)} - {_when(hole.ends, picture.zone)}  {_hole(hole)}")
    for warned in picture.warnings:
        print(f"  mend: {_warning(warned)}")


def _hole(hole: Hole) -> str:
    return {
        "nobody": "nobody picks up requests",
        "duty": f"nobody in duty {hole.value}",
        "one": f"{hole.value} is alone",
        "wish": f"nobody for whom a wish for a {hole.value} holds",
        "language": f"nobody speaks {hole.value}",
    }[hole.what]


def _warning(warned: Warned) -> str:
    return {
        "no_answer": "no account could read a request from here: enrol somebody with a key",
        "no_holidays": "there is no list of holidays: load one",
        "holidays_end": f"the list of holidays ends on {warned.day}, which is soon: load the next one now",
        "holidays_short": f"the list of holidays ends on {warned.day}: load the next one",
        "shift_ends": f"a shift of {warned.subject} ends on {warned.day}",
        "left": f"a shift of {warned.subject} does not count: the account has left",
        "key": f"a shift of {warned.subject} does not count: the account has no key yet",
        "country": f"a shift of {warned.subject} does not count: the account does not work here",
        "role": f"a shift of {warned.subject} does not count: the account lacks the role",
        "zone": f"a shift of {warned.subject} does not count: its time zone is not known",
    }[warned.what]


def _when(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"


def _countries(asked: argparse.Namespace, settings: Settings) -> tuple[str, ...]:
    if asked.country:
        return (asked.country,)
    served = {code.strip().upper() for code in settings.countries.split(",") if code.strip()}
    return tuple(code for code in COUNTRIES if not served or code in served)


def _account(roster: RosterSnapshot, name: str) -> Member:
    for member in roster.rows.members:
        if member.name == name:
            return member
    raise _Refused(f"There is no account {name!r}; python -m bot staff lists them.")


async def _roster(engine: AsyncEngine, now: datetime) -> RosterSnapshot:
    with db.explained(engine.url):
        async with engine.connect() as connection:
            return RosterSnapshot(await snapshot.read(connection, now))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _Refused(f"{path} cannot be read ({type(error).__name__}); name a roster file in UTF-8.") from None
