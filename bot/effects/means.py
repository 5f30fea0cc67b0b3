"""What the handlers about requests need, and the errors that they turn into "deliver it again".

Here belongs what several files of handlers share. Never here: a handler.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot import db
from bot.codes import Busy, Derived
from bot.countries import neighbours
from bot.drafts import Draft
from bot.effects import Asked
from bot.exchange import StoreDown
from bot.sessions import Pointers
from bot.tickets.attempts import Line
from bot.tickets.code import Connected
from bot.tickets.guard import Windows
from bot.tickets.storing import Tickets
from bot.vault import Address, Vault
from flows.facts import WINDOW_NAMES, Duty
from flows.kernel import Session, Words

Say = Callable[[str, str], str]
"""(language, id) -> the entry as it stands in the catalog."""


@dataclass(frozen=True, slots=True)
class Means:
    """Made once a process, by the composition root."""

    tickets: Tickets
    line: Line
    vault: Vault
    pointers: Pointers
    duty: Callable[[], Duty]
    zones: Callable[[str, int], tuple[str, ...]]
    say: Say
    clock: Callable[[], float]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def connected_seconds(self) -> float:
        """How long a chat stays connected at most after either side last wrote."""
        return self.tickets.lifetimes.contact.total_seconds()

    def others(self, country: str) -> tuple[str, ...]:
        """Countries near this one in which somebody takes requests at present."""
        duty, now = self.duty(), self.clock()
        return tuple(code for code in neighbours(country) if duty.on_call(code, now).open_now)

    def windows(self, session: Session, country: str) -> Windows:
        """When the person may be contacted: what they chose, else in the day, by the clock of their country."""
        zone = str(session.slot("zone")) or self.zones(country, int(session.slot("place", 0)))[0]
        places = session.slot("windows", ())
        names = tuple(WINDOW_NAMES[place] for place in places if 0 <= place < len(WINDOW_NAMES)) or ("any",)
        return Windows(zone, names, int(session.slot("tries", 2)))

    def contact(self, way: str, asked: Asked) -> Callable[[bytes], Words] | None:
        """What leads to the person, made of the ticket's id; None for the code alone, or where there is no number."""
        if way == "here":
            address = address_of(asked)
            return lambda ticket: _json(way="here", channel=address.channel, box=self.vault.box(address, ticket))
        if way == "phone" and asked.draft.number:
            text = _json(way="phone", number=asked.draft.number, someone_else=asked.session.slot("whose") == "theirs")
            return lambda ticket: text
        return None


def address_of(asked: Asked) -> Address:
    """Where this message came from. Channels make persons in the vault, which remember it while the message is handled."""
    address: Address = asked.inbound.person.address  # type: ignore[attr-defined]
    return address


def by(draft: Draft) -> Derived | Connected:
    """What stands for the ticket in the draft: its code, or the chat."""
    return Derived(draft.ticket, draft.key) if draft.key else Connected(draft.ticket)


def _json(**fields: Any) -> Words:
    return Words(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


@contextlib.contextmanager
def or_again() -> Iterator[None]:
    """The database failed, or too many codes are being looked up: nothing is known to have been kept. The message comes again,
    finds the session where it was, and whatever was kept all the same."""
    try:
        yield
    except (DBAPIError, db.DatabaseDown, OSError) as error:
        raise StoreDown(f"the database did not take it ({type(error).__name__})") from None
    except Busy:
        raise StoreDown("too many codes are being looked up") from None
