"""The whole of it: people write, the killer kills, people come back, and what they hold is compared with what is stored."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.job_runs import hours_since
from bot.jobs import NAMES
from bot.sealing import Envelope, unseal
from bot.tickets.storing import item, ticket
from tests.fire.people import Network, Person, Traffic, ask, come_back
from tests.fire.targets import Killer, World, world
from tests.screens import Screens
from tests.servers import short_folder

MESSAGES = 13
"""From hello to the receipt, when nothing happens."""
HEARTBEAT = 30.0
"""Seconds between two lines that say that it goes on."""
READER = "case-manager-1"
"""Whose key opens every request of the demo's first country."""

Tell = Callable[[str], Any]


@dataclass
class Tally:
    """What came of it."""

    wanted: int
    people: list[Person] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    traffic: Traffic = field(default_factory=Traffic)
    unanswered: int = 0
    """People who gave up."""
    tickets: int = 0
    left_behind: int = 0
    """Tickets of people who began anew after the session store was lost while their request was being sent."""
    lost: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    """Numbers of the people concerned, as they are counted here."""
    worker: bool = False
    """The worker's jobs ended well after everything."""
    asking: float = 0.0
    reading: float = 0.0
    """Seconds."""

    @property
    def receipts(self) -> list[str]:
        return [person.code for person in self.people if person.code]

    @property
    def good(self) -> bool:
        whole = len(set(self.receipts)) == len(self.receipts) == self.wanted
        return whole and self.worker and not (self.lost or self.untrue or self.doubled or self.unanswered)

    def told(self) -> str:
        traffic, seconds = self.traffic, sorted(person.seconds for person in self.people) or [0.0]

        def share(number: int) -> str:
            return f"{number / max(1, traffic.messages):.1%}"

        lines = (
            f"{self.wanted} people, {len(self.receipts)} receipts, {self.tickets} tickets, {self.unanswered} gave up",
            f"killed: {dict(self.kills)}; stopped and started: {dict(self.stops)}",
            f"messages: {traffic.messages}, delivered again: {share(traffic.redelivered)}, "
            f"to both web processes at once: {share(traffic.twice)}, answered with 'not saved': {share(traffic.unsaved)}",
            f"began anew: {sum(person.began_anew for person in self.people)}; tickets left behind: {self.left_behind}",
            f"lost: {len(self.lost)}, untrue: {len(self.untrue)}, doubled: {len(self.doubled)} of {len(self.receipts)}",
            f"the worker works at the end: {'yes' if self.worker else 'NO'}",
            f"asking took {self.asking:.0f} s ({self.asking / max(1, self.wanted) * 10_000 / 60:.0f} min for 10,000), "
            f"half of the people {seconds[len(seconds) // 2]:.1f} s, the slowest {seconds[-1]:.0f} s",
            f"coming back took {self.reading:.0f} s ({self.reading / max(1, self.wanted) * 10_000 / 60:.0f} min for 10,000)",
        )
        strange = [f"nobody knew what to do {number} times at: {shown!r}" for shown, number in traffic.strange.most_common(5)]
        return "\n".join((*lines, *strange))


async def play(requests: int, at_once: int, kills: int, seed: int, tell: Tell = lambda line: None) -> Tally:
    """``kills`` are spread evenly over the messages of all ``requests``; ``at_once`` people write at the same time."""
    tally, chance = Tally(requests), random.Random(seed)
    with short_folder() as folder:
        context = world(folder, secrets.token_bytes(64))
        made = await asyncio.to_thread(context.__enter__)
        try:
            await _play(made, tally, at_once, kills, chance, tell)
            if not tally.good:
                tell(made.logs())
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)
    return tally


async def _play(made: World, tally: Tally, at_once: int, kills: int, chance: random.Random, tell: Tell) -> None:
    screens, network, gate = Screens("es"), Network(made.ports), asyncio.Semaphore(at_once)
    tally.traffic = network.traffic
    await network.ready()
    every = max(1.0, tally.wanted * MESSAGES / (kills + 1))
    killer = Killer(made.targets, chance, lambda: min(kills, int(network.traffic.messages / every)))
    tally.kills, tally.stops = killer.kills, killer.stops
    began = time.monotonic()

    async def one(number: int) -> None:
        person = Person(f"+5731{number:08d}", f"+5732{number:08d}", _note("pregunta", number), _note("vuelve", number))
        async with gate:
            try:
                await ask(person, network, screens)
            except TimeoutError:
                tally.unanswered += 1
        tally.people.append(person)
        _progress(len(tally.people), tally.wanted, began, "receipts", f"kills {dict(tally.kills)}", tell)

    async def still_there() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            traffic = network.traffic
            tell(f"{traffic.messages} messages, {traffic.redelivered} delivered again, {traffic.unsaved} answered with 'not saved'")

    heartbeat = asyncio.create_task(still_there())
    async with killer.shooting():
        await asyncio.gather(*(one(number) for number in range(tally.wanted)))
    heartbeat.cancel()
    tally.asking = time.monotonic() - began
    await network.ready()
    back, began = 0, time.monotonic()

    async def again(person: Person) -> None:
        nonlocal back
        async with gate:
            await come_back(person, network, screens)
        back += 1
        _progress(back, len(tally.receipts), began, "came back", "", tell)

    await asyncio.gather(*(again(person) for person in tally.people if person.code))
    tally.reading = time.monotonic() - began
    await network.aclose()
    await reckon(made, tally)


def _note(what: str, number: int) -> str:
    return f"Nota que {what} en la vuelta {number:05d}."


def _progress(done: int, of: int, began: float, what: str, more: str, tell: Tell) -> None:
    if done % max(1, min(100, of // 10)) == 0:
        tell(f"{done} of {of} {what}, {time.monotonic() - began:.0f} s {more}")


# --- the reckoning ---------------------------------------------------------------------------------------------------


async def reckon(made: World, tally: Tally) -> None:
    """Compare what people hold with what lies there, opened with the key of somebody on duty."""
    engine = db.open_engine(made.database.url)
    try:
        notes = await _opened(engine, made)
        tally.tickets = len(notes)
        compare(tally, notes)
        tally.worker = await _works(engine)
    finally:
        await engine.dispose()


async def _opened(engine: AsyncEngine, made: World) -> dict[bytes, list[str]]:
    """Ticket -> the notes in it."""
    private = made.staff.accounts[READER].private
    async with engine.connect() as connection:
        notes: dict[bytes, list[str]] = {id: [] for id in (await connection.execute(select(ticket.c.id))).scalars()}
        asked = select(item.c.ticket_id, item.c.envelope).where(item.c.kind == "note")
        for row in await connection.execute(asked):
            opened = unseal(Envelope.decode(row.envelope), private, kind="note", ticket=row.ticket_id)
            notes[row.ticket_id].append(opened.reveal())
    return notes


def compare(tally: Tally, notes: dict[bytes, list[str]]) -> None:
    """``notes``: ticket -> the notes in it."""
    held: dict[str, list[bytes]] = defaultdict(list)
    for id, texts in notes.items():
        for text in texts:
            held[text].append(id)
    twice = {code for code, number in Counter(tally.receipts).items() if number > 1}
    for person in tally.people:
        mine, by_code = held.pop(person.note, []), held.pop(person.further, [])
        if not person.code:  # gave up, and is counted as such
            continue
        if not person.came_back or not mine or not by_code:
            tally.lost.append(person.number)
        elif person.code in twice or not set(by_code) <= set(mine):
            tally.untrue.append(person.number)
        further = len(set(mine)) - 1
        tally.left_behind += max(0, min(further, person.left_behind))
        if further > person.left_behind or any(len(set(ids)) != len(ids) for ids in (mine, by_code)) or len(by_code) > 1:
            tally.doubled.append(person.number)
    tally.untrue += [f"words that nobody typed, in {len(ids)} tickets" for ids in held.values()]


async def _works(engine: AsyncEngine, seconds: float = 60.0) -> bool:
    """Whether the worker's jobs end well after everything. Each of those that come often is waited for once."""
    give_up, began = time.monotonic() + seconds, time.monotonic()
    often = [name for name in NAMES if name != "sweep"]
    while time.monotonic() < give_up:
        since = await hours_since(engine, often)
        if all(hours is not None and hours * 3600 < time.monotonic() - began for hours in since.values()):
            return True
        await asyncio.sleep(1)
    return False
