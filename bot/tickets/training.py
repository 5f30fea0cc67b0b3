"""Invented requests, for people who practise (``Actor.training``).

Here belong the situations that can be practised and how one becomes a ticket: by the same intake as a real one, marked as invented
for good. Such a ticket is seen in training alone (``sight``), is never counted (``counting``) and alerts nobody (``telling``).
Never here: what the invented people say (catalogs), pages.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.countries import zones
from bot.staff.roles import Actor, may, may_read
from bot.tickets.guard import Windows
from bot.tickets.intake import Deriving, NoDuty, Opened, Request, open_ticket
from bot.tickets.sight import NotThere
from bot.tickets.storing import Tickets
from flows.facts import WINDOW_NAMES
from flows.kernel import Words

ALL_DAY: Final = ("early", "morning", "midday", "afternoon", "evening", "night")
NUMBER: Final = "+000 000 0000"
"""Nobody can be called there."""
CHANNEL: Final = "training"
"""Of an invented chat. No sender has this name, and the box beside it is empty: nothing could leave."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What there is to practise. The fields are those of a request and of its card."""

    way: str
    kind: str
    for_: str = "self"
    age: str = "adult"
    child: bool = False
    urgent: bool = False
    wish: str = ""
    tells_only: bool = False
    closed_now: bool = False
    """The person's hours are over at this moment."""
    present_as: str = "neutral"
    answer_by_other: bool = False


SITUATIONS: Final[Mapping[str, Situation]] = {
    "call": Situation("phone", "health", wish="woman", present_as="clinic"),
    "chat": Situation("here", "legal"),
    "outside_hours": Situation("phone", "unsaid", closed_now=True, present_as="survey", answer_by_other=True),
    "danger": Situation("code", "unsaid", urgent=True),
    "friend": Situation("code", "unsaid", for_="friend", tells_only=True),
    "child": Situation("here", "unsaid", age="under18", child=True),
}
"""Name -> situation; the catalogs tell its story."""


def situations(actor: Actor) -> list[str]:
    """Those that this actor could read, in their order."""
    country = actor.countries[0] if actor.countries else ""
    return [name for name, each in SITUATIONS.items() if may_read(actor, country=country, child=each.child)]


async def invent(
    tickets: Tickets,
    codes: Deriving,
    actor: Actor,
    name: str,
    lang: str,
    say: Callable[[str], str],
    now: datetime,
) -> Opened | NoDuty:
    """Put an invented request into the training list of the actor's first country.

    ``say``: ``story``, ``word_person``, ``word_desk`` or ``word_stop`` -> text in ``lang``. Raises NotThere for somebody who does
    not practise, and for a situation that is none or not for them."""
    if not actor.training or not may(actor, "train") or name not in situations(actor):
        raise NotThere
    situation, zone = SITUATIONS[name], zones(actor.countries[0])[0]
    windows = None if situation.way == "code" else _windows(zone, now, closed=situation.closed_now)
    request = Request(
        session_id=secrets.token_bytes(16), turn=1, consent=True, country=actor.countries[0], lang=lang, way=situation.way,
        wish=situation.wish, age=situation.age, child=situation.child, urgent=situation.urgent, tells_only=situation.tells_only,
        windows=windows, contact_text=_contact(situation), card_text=Words(json.dumps(_card(situation, windows, say))),
        note_text=Words(say("story")), message_id="1", training=True,
    )  # fmt: skip
    return await open_ticket(tickets, codes, request, now)


def _windows(zone: str, now: datetime, *, closed: bool) -> Windows:
    if not closed:
        return Windows(zone, ALL_DAY)
    over = (Windows(zone, (name,)) for name in reversed(WINDOW_NAMES) if name != "any")
    return next(each for each in over if not each.open_at(now))


def _contact(situation: Situation) -> Words | None:
    if situation.way == "code":
        return None
    if situation.way == "phone":
        return Words(json.dumps({"way": "phone", "number": NUMBER, "someone_else": False}))
    return Words(json.dumps({"way": "here", "channel": CHANNEL, "box": ""}))


def _card(situation: Situation, windows: Windows | None, say: Callable[[str], str]) -> dict[str, Any]:
    card: dict[str, Any] = {"kind": situation.kind, "for": situation.for_, "elsewhere": False, "representative": False}
    if windows is None:
        return card
    return card | {
        "windows": list(windows.names), "zone": windows.zone, "answer_by_other": situation.answer_by_other, "leave_message": False,
        "present_as": situation.present_as, "tries": windows.tries, "if_dropped": "no_call",
        "word_person": say("word_person"), "word_desk": say("word_desk"), "word_stop": say("word_stop"),
    }  # fmt: skip
