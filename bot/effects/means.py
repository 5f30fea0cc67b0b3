"""What the handlers about requests and complaints need, and the errors that they turn into "deliver it again".

Here belongs what several files of handlers share. Never here: a handler.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot import db
from bot.codes import Busy, Derived
from bot.complaints.limits import Limits
from bot.complaints.storing import Complaints
from bot.drafts import Draft
from bot.effects import Asked, Done
from bot.effects.drafting import noted
from bot.exchange import Person, StoreDown, Unsure
from bot.roster.snapshot import RosterSnapshot
from bot.sessions import Pointers
from bot.tickets import code
from bot.tickets.attempts import Line
from bot.tickets.code import Connected
from bot.tickets.guard import Windows
from bot.tickets.storing import Changed, Tickets
from bot.vault import Address, Vault
from flows import safe_contact
from flows.facts import WINDOW_NAMES
from flows.kernel import Session, Words

Result = TypeVar("Result", bound=str)
Say = Callable[[str, str], str]
"""(language, id) -> the entry as it stands in the catalog."""


@dataclass(frozen=True, slots=True)
class Means:
    """Made once a process, by the composition root."""

    tickets: Tickets
    complaints: Complaints
    limits: Limits
    """In front of taking complaints in."""
    line: Line
    vault: Vault
    pointers: Pointers
    roster: Callable[[], RosterSnapshot]
    zones: Callable[[str, int], tuple[str, ...]]
    say: Say
    clock: Callable[[], float]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def connected_seconds(self) -> float:
        """How long a chat stays connected at most after either side last wrote."""
        return self.tickets.lifetimes.contact.total_seconds()

    async def connect(self, person: Person, ticket: bytes) -> None:
        """This person's chat leads to the ticket from now on, as the ticket leads to the chat."""
        found = await code.connection(self.tickets, ticket)
        if found is not None:
            await self.pointers.set(person, found.pack(), self.connected_seconds)

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
            return lambda ticket: sealed_text(way="here", channel=address.channel, box=self.vault.box(address, ticket))
        if way == "phone" and asked.draft.number:
            text = sealed_text(way="phone", number=asked.draft.number, someone_else=asked.session.slot("whose") == "theirs")
            return lambda ticket: text
        return None

    def reach(self, asked: Asked, way: str, windows: Windows, own_word: str) -> dict[str, object]:
        """The part of the card that says how to reach the person safely (D-5, D-6): closed values, but for code words.

        ``own_word``: the word of the person's own, where one goes along."""
        session, called = asked.session, way == "phone"
        return {
            "windows": list(windows.names),
            "zone": windows.zone,
            "answer_by_other": called and session.slot("other") == "yes",
            "leave_message": called and session.slot("message") == "yes",
            "present_as": safe_contact.present(session),
            "tries": windows.tries,
            "if_dropped": str(session.slot("dropped") or "no_call"),
            **self._code_words(session, own_word),
        }

    def _code_words(self, session: Session, own: str) -> dict[str, str]:
        """Both ways: what the caller says, what the person answers, and what ends the call as a wrong number."""
        chosen = str(session.slot("code_words") or "drawn")
        if chosen == "none":
            return {}
        caller, person, stop = (self.say(session.lang, id) for id in safe_contact.drawn(session.id))
        return {"word_desk": own if chosen == "own" and own else caller, "word_person": person, "word_stop": stop}


def address_of(asked: Asked) -> Address:
    """Where this message came from. Channels make persons in the vault, which remember it while the message is handled."""
    address: Address = asked.inbound.person.address  # type: ignore[attr-defined]
    return address


def by(draft: Draft) -> Derived | Connected:
    """What stands for the ticket in the draft: its code, or the chat."""
    return Derived(draft.ticket, draft.key) if draft.key else Connected.unpack(draft.ticket)


def sealed_text(**fields: Any) -> Words:
    """JSON, as the desk's browser reads it once it has opened the envelope."""
    return Words(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


@contextlib.contextmanager
def or_again(*, behind: bool = False) -> Iterator[None]:
    """The database failed, or too many codes are being looked up: Unsure where something may be kept all the same, else StoreDown.

    ``behind``: something was kept before this block, and belongs to it."""
    down = Unsure if behind else StoreDown
    try:
        yield
    except db.NoAnswer as error:
        raise Unsure(f"the database did not say whether it took it ({type(error).__name__})") from None
    except (DBAPIError, NoConnection, Changed, db.DatabaseDown, OSError) as error:
        raise down(f"the database did not take it ({type(error).__name__})") from None
    except Busy:
        raise down("too many codes are being looked up") from None
    except StoreDown as error:
        if behind and not isinstance(error, Unsure):
            raise Unsure(str(error)) from None
        raise


@contextlib.contextmanager
def named(asked: Asked, name: str, *texts: str) -> Iterator[str]:
    """The name under which something is stored once: ``name``, or the one of the same thing that was tried before and may have been
    kept. What is stored is in the effect and in ``texts``."""
    what = hashlib.blake2b(msgspec.msgpack.encode((asked.effect.name, asked.effect.params, texts)), digest_size=16).digest()
    draft = asked.draft
    first = draft.tried_as if draft.tried == what else name
    try:
        yield first
    except Unsure:
        draft.tried, draft.tried_as = what, first
        raise
    except StoreDown as error:
        if draft.tried == what:
            raise Unsure(str(error)) from None
        raise
    draft.tried, draft.tried_as = b"", ""


async def added(asked: Asked, add: Callable[[Words, str], Awaitable[Result]]) -> Result | Done:
    """What came of handing a note over with ``add``, under the name of its message, or what ``noted`` says instead. A text that
    waited for an answer goes with it once it was taken."""
    text = noted(asked)
    if isinstance(text, Done):
        return text
    with named(asked, asked.inbound.message_id, text) as message, or_again():
        result = await add(Words(text), message)
    if result == "saved":
        asked.draft.typed = ""
    return result
