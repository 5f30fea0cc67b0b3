"""Requests for the tests of the desk: what its parts are made of here, people's chats, and requests that wait in few words.

Here belongs what tests of the list, of tickets, of movements and of training share. Never here: fixtures, tests, accounts
(``tests.desk.stage``).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.codes import Codes, Cost, Derived
from bot.complaints.deadlines import Deadlines
from bot.complaints.storing import Complaints
from bot.desk.app import Parts
from bot.duty_texts import DutyTextBook
from bot.exchange import Unreachable
from bot.focal_points import FocalPointBook
from bot.relay import Relay
from bot.roster import snapshot
from bot.roster.live import LiveRoster
from bot.roster.snapshot import RosterSnapshot
from bot.sealing import Envelope, unseal
from bot.settings import Settings
from bot.staff.tables import AuditEntry, Staff
from bot.tickets.guard import Guard, Windows
from bot.tickets.intake import Opened, Request, open_ticket
from bot.tickets.lifetimes import Lifetimes
from bot.tickets.movements import Moves
from bot.tickets.own_key import unlock_private
from bot.tickets.references import reference
from bot.tickets.storing import Tickets, item, movement, ticket
from bot.vault import Address, Vault
from flows.kernel import Words

if TYPE_CHECKING:
    from tests.desk.stage import Seen, Stage

CHEAP: Final = Cost(memory=64, passes=1)
BOGOTA: Final = "America/Bogota"
NUMBER: Final = "+573001234567"
NOTE: Final = "una palabra rara: hipopotomonstroses"
CARD: Final[dict[str, Any]] = {
    "windows": ["any"], "zone": BOGOTA, "answer_by_other": False, "leave_message": False, "present_as": "clinic", "tries": 2,
    "if_dropped": "no_call", "word_person": "zarzamora", "word_desk": "trompeta", "word_stop": "pastel", "kind": "health",
    "for": "self", "elsewhere": False, "representative": False,
}  # fmt: skip
#: The whole day, wherever the person is.
ALWAYS: Final = ("early", "morning", "midday", "afternoon", "evening", "night")
CHAT: Final = "chat-4711"
READERS: Final = ("case-manager-co-1", "case-manager-co-2", "child-protection-co-1", "supervisor-co-1")


@dataclass
class Chats:
    """What arrived in people's chats of the simulator."""

    arrived: list[tuple[str, str]] = field(default_factory=list)
    """(address, text)."""
    connected: list[bytes] = field(default_factory=list)
    """Tickets whose connection was renewed."""
    blocked: bool = False
    gone: list[bytes] = field(default_factory=list)
    """Tickets whose person left and that have not heard of it."""

    async def send(self, address: Address, text: str, seconds: float) -> None:
        if self.blocked:
            raise Unreachable
        self.arrived.append((address.reveal(), text))

    async def left(self, box: str, ticket_id: bytes) -> bool:
        return ticket_id in self.gone

    async def connect(self, box: str, ticket_id: bytes, contact: bytes) -> None:
        self.connected.append(ticket_id)


def usual_parts(engine: AsyncEngine, settings: Settings, secret: bytes, clock: Callable[[], float], chats: Chats) -> Parts:
    """What a desk is composed of, over this engine. ``bot.app`` does the same with real channels."""
    tickets = Tickets(engine, Guard(secret), Lifetimes.of(settings))
    return Parts(
        roster=LiveRoster(engine, settings, clock),
        tickets=tickets,
        relay=Relay(Vault(secret), {"simulator": chats, "whatsapp": chats}, organisations=lambda: ["Red Norte"]),
        connected=chats.connect,
        left=chats.left,
        moves=Moves(tickets, FocalPointBook.of(settings)),
        duties=DutyTextBook.of(settings),
        codes=Codes(secret, cost=CHEAP),
        complaints=Complaints(engine, Guard(secret), Deadlines.of(settings), Lifetimes.of(settings)),
    )


async def opened(page: Page, kind: str) -> str:
    """What the browser shows after opening what is sealed of this kind."""
    await page.locator(f"#ticket [data-open={kind}]").click()
    place = page.locator(f"[data-sealed={kind}] .opened")
    await expect(place).to_be_visible()
    return await place.inner_text()


class Requests:
    """Requests on a stage: made, looked at behind everybody's back, answered for by their code."""

    def __init__(self, stage: Stage) -> None:
        secret = stage.secret
        self.stage = stage
        self.codes = Codes(secret, cost=CHEAP)
        self.vault = Vault(secret)
        self.tickets = Tickets(stage.engine, Guard(secret), Lifetimes())
        self._turns = itertools.count(1)
        self._keys: dict[bytes, Derived] = {}

    def windows_now(self, *, open_: bool) -> Windows:
        """Two hours around this moment or half a day away from it, so that no test depends on when it runs."""
        behind = self.stage.now().astimezone(UTC).hour - 13
        # In this zone the clock shows about 13 o'clock now; its sign is the other way round.
        return Windows(f"Etc/GMT{behind if behind >= -11 else behind + 24:+d}", ("midday",) if open_ else ("early",), 2)

    async def taken(self, seen: Seen, name: str, **changes: Any) -> bytes:
        """A request, claimed in this window by somebody whose keys are open there. The id of the ticket."""
        await self.stage.sign_in(seen.page, name)
        ticket_id = await self.ask(**changes)
        await self.look(seen.page, ticket_id)
        await seen.page.get_by_role("button", name="Take this request").click()
        await seen.page.wait_for_url(re.compile("done=claimed"), wait_until="load")
        return ticket_id

    async def look(self, page: Page, ticket_id: bytes) -> None:
        """Go to the ticket's page."""
        await page.goto(f"{self.stage.url}/desk/ticket/{ticket_id.hex()}")

    async def ask(self, **changes: Any) -> bytes:
        """Somebody in Colombia who wants to be called at any time. The id of the ticket."""
        way = changes.get("way", "phone")
        card = {**CARD, **changes.pop("card", {})}
        contact: Any = Words(json.dumps({"way": "phone", "number": NUMBER, "someone_else": False}))
        if way == "here":
            channel = changes.pop("channel", "simulator-chat")

            def contact(ticket_id: bytes) -> Words:
                box = self.vault.box(self.vault.address(channel, CHAT), ticket_id)
                return Words(json.dumps({"way": "here", "channel": channel, "box": box}))

        values: dict[str, Any] = {
            "session_id": bytes(range(16)), "turn": next(self._turns), "consent": True, "country": "CO", "lang": "es", "way": way,
            "windows": Windows(BOGOTA, ALWAYS, 2), "contact_text": contact, "note_text": Words(NOTE), "message_id": "m1",
        }  # fmt: skip
        values |= changes
        if way == "code":
            values |= {"contact_text": None, "windows": None}
            card = {name: card[name] for name in ("kind", "for", "elsewhere", "representative")}
        values.setdefault("card_text", Words(json.dumps(card)))
        request = Request(**values)
        opened = await open_ticket(self.tickets, self.codes, request, self.stage.now())
        assert isinstance(opened, Opened), "nobody has a key who may read it"
        code = self.codes.code(request.session_id, request.turn, opened.collision)
        self._keys[opened.ticket_id] = await self.codes.derived(code)
        return opened.ticket_id

    def key(self, ticket_id: bytes) -> Derived:
        """The halves of its code."""
        return self._keys[ticket_id]

    async def row(self, ticket_id: bytes) -> Any:
        async with self.stage.engine.connect() as connection:
            return (await connection.execute(select(ticket).where(ticket.c.id == ticket_id))).first()

    async def set(self, ticket_id: bytes, **values: Any) -> None:
        """Change a ticket's row behind everybody's back."""
        async with self.stage.engine.begin() as connection:
            await connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(**values))

    async def answers(self, ticket_id: bytes) -> list[str]:
        """What the person reads by their code."""
        row = await self.row(ticket_id)
        private = unlock_private(self._keys[ticket_id].key, ticket_id, row.private_sealed)
        asked = select(item.c.envelope).where(item.c.ticket_id == ticket_id, item.c.kind == "answer").order_by(item.c.created_at)
        async with self.stage.engine.connect() as connection:
            kept = (await connection.execute(asked)).scalars().all()
        return [unseal(Envelope.decode(each), private, kind="answer", ticket=ticket_id).reveal() for each in kept]

    async def audited(self, ticket_id: bytes) -> list[tuple[str, str]]:
        """(actor, what) about this ticket, oldest first."""
        table: Any = AuditEntry.__table__  # type: ignore[attr-defined]
        asked = select(table.c.actor, table.c.what).where(table.c.subject == reference(ticket_id)).order_by(table.c.number)
        async with self.stage.engine.connect() as connection:
            return [(actor, what) for actor, what in await connection.execute(asked)]

    async def movements(self, ticket_id: bytes) -> list[Any]:
        async with self.stage.engine.connect() as connection:
            return list((await connection.execute(select(movement).where(movement.c.ticket_id == ticket_id))).all())

    async def clear(self) -> None:
        """Take every ticket away, so that the next test's list is empty."""
        async with self.stage.engine.begin() as connection:
            for table in (movement, item, ticket):
                await connection.execute(table.delete())

    async def caps(self, number: int) -> None:
        """How many open tickets everybody may have."""
        table: Any = Staff.__table__  # type: ignore[attr-defined]
        async with self.stage.engine.begin() as connection:
            await connection.execute(update(table).values(load_cap=number))

    async def roster(self) -> None:
        """Let the desk see the roster as it is now."""
        async with self.stage.engine.connect() as connection:
            rows = await snapshot.read(connection, self.stage.now())
        self.stage.desk.parts.roster.current = RosterSnapshot(rows)

    def later(self, **time: float) -> datetime:
        now: datetime = self.stage.now()
        return now + timedelta(**time)


async def cleared(stage: Stage) -> Requests:
    """A stage without requests, on which whoever reads in Colombia has a key."""
    made = Requests(stage)
    await made.clear()
    stage.chats.arrived.clear()
    stage.chats.blocked = False
    for name in READERS:
        await stage.account(name)
    return made
