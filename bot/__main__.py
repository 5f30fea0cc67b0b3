"""The commands: demo, serve, work, migrate, check, show, talk, understand, import, export, audience, approve, staff, roster.

Here belongs what each command starts. Never here: how a part works. Imports wait until a command needs them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    options, rest = _parser().parse_known_args(argv)
    command = COMMANDS[options.command]
    if rest and options.command not in PASSED_ON:
        print(f"{options.command} does not take {' '.join(rest)}; see: python -m bot {options.command} --help", file=sys.stderr)
        return 2
    options.rest = rest
    try:
        status = command(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        if not _nobody_reads_on():
            raise
        return 0
    except _sentences() as error:
        print(error, file=sys.stderr)
        return 1


def _nobody_reads_on() -> bool:
    """Whether it was our own output that closed, as with ``| head``; what is left of it then goes nowhere."""
    try:
        print(flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _sentences() -> tuple[type[BaseException], ...]:
    """Errors whose text is written for the operator. Anything else is a fault of ours and shows its trace."""
    from bot.db import DatabaseDown
    from bot.duty_texts import DutyTextError
    from bot.exchange import CannotStart, StoreDown
    from bot.helplines import HelplineError
    from bot.secret import BadSecret
    from bot.wording import ContentError

    return (CannotStart, DatabaseDown, StoreDown, BadSecret, ContentError, DutyTextError, HelplineError)


PASSED_ON = ("import", "export", "audience", "approve", "staff", "roster")
"""These commands parse their own arguments."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faro", description="Faro: which help is near and safe to show.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, what: str, **rest: Any) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=what, description=what, **rest)

    demo = add("demo", "everything on this machine, with invented services: nothing to set up")
    demo.add_argument("--port", type=int, help="port to listen on (also the setting PORT)")
    add("serve", "answer messages: webhooks, health, metrics")
    add("work", "recurring jobs, and polling for Telegram where there is no public address")
    migrate = add("migrate", "bring the database up to this version")
    migrate.add_argument("--to", default="head", help="a revision, or base")
    check = add("check", "say everything about the settings that is unsafe or incomplete")
    check.add_argument("--start", action="store_true", help="say only what forbids a start; nothing where nothing does")
    check.add_argument("--write", action="store_true", help="add missing ids to the catalogs, as empty entries to be written")
    show = add("show", "print a topic as a readable script, or draw the map of all screens")
    show.add_argument("topic", nargs="?", help="such as services")
    show.add_argument("--lang", choices=("es", "en", "pt"), default="es")
    show.add_argument("--map", metavar="FILE", nargs="?", const="-", help="write the map of all screens as SVG (to FILE)")
    talk = add("talk", "a terminal phone: lines are messages", formatter_class=argparse.RawDescriptionHelpFormatter)
    talk.epilog = (
        "@4.65,-74.05 shares a location, [Salud] presses a button, !40m lets time pass,\n"
        "%voice sends a voice note, %again delivers the last message again, # is a remark"
    )
    talk.add_argument("--channel", choices=("sms", "telegram", "whatsapp"), default="sms")
    talk.add_argument("--lang", choices=("es", "en", "pt"), default="es", help="language that the phone or its country suggests")
    talk.add_argument("--country", default="", help="ISO code of the country of the number, such as CO")
    talk.add_argument("--now", help="fix the clock, such as 2026-03-02T15:00:00Z")
    talk.add_argument("--seed", type=int, help="fix chance")
    understand = add("understand", "read JSON lines with a text each, and print what is understood of it")
    understand.add_argument("--task", choices=("intent", "place", "pii"), default="intent", help="what the texts are")
    understand.add_argument("--build", action="store_true", help="make the weights anew out of content/, and read nothing")
    for name, what in (
        ("import", "take rows of a register into the directory, hidden until a named role approves them"),
        ("export", "write what is public as HSDS 3.0"),
        ("audience", "change who may see an entry, or one field of it"),
        ("approve", "let a named role approve imported entries"),
        ("staff", "accounts of the people who answer, and the printed recovery key"),
        ("roster", "who is on duty when: load, show, coverage, calendars"),
    ):
        add(name, what, add_help=False)
    return parser


# --- one function a command ------------------------------------------------------------------------------------------


def _settings(**changes: Any) -> Any:
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings(**changes)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"]).upper()
            print(f"The setting {name} cannot be used: {fault['msg']}. See docs/settings.md.", file=sys.stderr)
        raise SystemExit(2) from None


def demo(options: argparse.Namespace) -> int:
    from bot.checkup import refused
    from bot.demo import run

    settings = _settings(mode="demo", **({"port": options.port} if options.port is not None else {}))
    return 1 if asyncio.run(refused(settings)) else run(settings)


def serve(options: argparse.Namespace) -> int:
    from bot.checkup import refused
    from bot.serve import run

    settings = _settings()
    return 1 if asyncio.run(refused(settings)) else run(settings)


def work(options: argparse.Namespace) -> int:
    from bot.jobs import run

    settings = _settings()
    # In a process of its own: the questions need most of the program, 50 MB that the worker would keep and never use.
    asked = subprocess.run([sys.executable, "-m", "bot", "check", "--start"], stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(asked.stderr)
    return 1 if asked.returncode else run(settings)


def migrate(options: argparse.Namespace) -> int:
    from bot import db

    target, known = options.to, ("base", *db.revisions(), "head")
    if target not in known:
        print(f"There is no revision {target}; name one of {', '.join(known)}.", file=sys.stderr)
        return 2
    url = db.url_of(_settings())
    if target == "base" or (target != "head" and target < db.revision_of(url)):
        db.downgrade(url, target)
    else:
        db.migrate(url, target)
    print("The database is up to date." if target == "head" else f"The database is at {target}.")
    return 0


def check(options: argparse.Namespace) -> int:
    from bot.catalogs import write_missing
    from bot.checkup import refused, report

    if options.start:
        return int(asyncio.run(refused(_settings())))
    if options.write:
        for line in write_missing():
            print(line)
        return 0
    return asyncio.run(report(_settings(), sys.stdout))


def show(options: argparse.Namespace) -> int:
    from bot.show import drawn, script
    from bot.wording import Wording
    from flows.topics import GRAPH

    if options.map:
        picture = drawn(GRAPH)
        if options.map == "-":
            print(picture, end="")
        else:
            Path(options.map).write_text(picture, encoding="utf-8")
        return 0
    if not options.topic:
        print(f"Which topic? {', '.join(flow.name for flow in GRAPH.flows)}. Or --map for the map of all screens.", file=sys.stderr)
        return 2
    try:
        print(script(GRAPH, options.topic, options.lang, Wording.load()))
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    return 0


def talk(options: argparse.Namespace) -> int:
    from bot.talk import main as talk_main

    _settings()  # says which one cannot be used
    return asyncio.run(talk_main(options))


def understand(options: argparse.Namespace) -> int:
    from bot.understand_command import main as understand_main

    return understand_main(options.task, options.build)


def import_(options: argparse.Namespace) -> int:
    from bot.directory.importing import main as import_main

    return import_main(options.rest, _settings())


def export(options: argparse.Namespace) -> int:
    from bot.directory.exporting import main as export_main

    return export_main(options.rest, _settings())


def audience(options: argparse.Namespace) -> int:
    from bot.directory.audience import main as audience_main

    return audience_main(options.rest, _settings())


def approve(options: argparse.Namespace) -> int:
    from bot.directory.approval import main as approve_main

    return approve_main(options.rest, _settings())


def staff(options: argparse.Namespace) -> int:
    from bot.staff.command import main as staff_main

    return staff_main(options.rest, _settings())


def roster(options: argparse.Namespace) -> int:
    from bot.roster.commands import main as roster_main

    return roster_main(options.rest, _settings())


COMMANDS = {
    "demo": demo,
    "serve": serve,
    "work": work,
    "migrate": migrate,
    "check": check,
    "show": show,
    "talk": talk,
    "understand": understand,
    "import": import_,
    "export": export,
    "audience": audience,
    "approve": approve,
    "staff": staff,
    "roster": roster,
}

if __name__ == "__main__":
    sys.exit(main())
