"""Somebody who comes back: with a code, or in a chat that is connected. What their tickets may be, and a walk over all of it.

Here belong how to get to a screen of these topics and the walk. Never here: an assertion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from flows.facts import ComplaintView, Facts, OnCall, TicketView, Traits
from flows.kernel import Chose, Data, Outcome, Session
from flows.relay import TALK
from flows.topics import GRAPH
from tests.flows.world import COMPLAINT, NOW, SMS, TICKET, WHATSAPP, Play, SomeDuty, facts

CODE = "0412 375 908 269"
WRONG_DIGIT = "0412 375 908 264"
"""Its check digit is not right."""


def ticket(**changes: Any) -> TicketView:
    return msgspec.structs.replace(TICKET, **changes)


#: Nobody is there until the next morning.
AWAY = OnCall(country="CO", answers=True, opens_at=NOW + 20 * 3600, zone="America/Bogota")
OVER: dict[str, Any] = {"over": True, "way": "code", "windows": (), "abroad": (), "agreed": ()}
#: Every kind of ticket that there is a difference to.
TICKETS: dict[str, TicketView | None] = {
    "received": ticket(
        status="received",
        way="code",
        windows=(),
        answer="",
        unread=0,
        more=False,
        may_contest=False,
        may_rate=False,
        counted=False,
        agreed=(),
    ),
    "given back": ticket(status="again", answer="", unread=0, more=False, may_contest=False, may_rate=False),
    "nobody yet": ticket(status="nobody_yet"),
    "told further": TICKET,
    "away": ticket(status="away", desk=AWAY, child=True, answer="", unread=0, more=False, may_contest=False, may_rate=False),
    "looked at": ticket(status="looked_at", way="here", relay="open", unread=0, more=False, may_contest=False, may_rate=False),
    "not as wished": ticket(status="received", wish_unmet=True, answer="", unread=0, more=False, may_contest=False, may_rate=False),
    "answer waiting": ticket(status="answer_waiting", country="MX", may_contest=False, may_rate=False),
    "here": ticket(status="looked_at", country="MX", way="here", may_contest=False, may_rate=False),
    "closed": ticket(status="closed", unread=0, more=False, **OVER),
    "closed, answer waiting": ticket(status="answer_waiting", **OVER),
    "closed again": ticket(status="closed", may_contest=False, may_rate=False, answer="", unread=0, more=False, **OVER),
    "lapsed": ticket(status="lapsed", answer="", unread=0, more=False, may_contest=False, may_rate=False, **OVER),
    "no text": ticket(status="looked_at", country="VE", may_contest=False, may_rate=False),
    "no text, here": ticket(status="looked_at", country="VE", way="here", relay="open", may_contest=False, may_rate=False),
    "long answer": ticket(status="answer_waiting", answer="palabra " * 200),
    "none": None,
}


def complaint(**changes: Any) -> ComplaintView:
    return msgspec.structs.replace(COMPLAINT, **changes)


_UNANSWERED: dict[str, Any] = {"answer": "", "asks": False, "unread": 0, "more": False, "may_contest": False}
_CLOSED: dict[str, Any] = {"over": True, "due": None, "asks": False}
#: Every kind of complaint that there is a difference to.
COMPLAINTS: dict[str, ComplaintView] = {
    "received": complaint(status="received", **_UNANSWERED),
    "late": complaint(status="received", late=True, **_UNANSWERED),
    "looked at": complaint(status="looked_at", country="MX", inbox="feedback", **_UNANSWERED),
    "question waiting": COMPLAINT,
    "answer waiting": complaint(status="answer_waiting", asks=False, may_contest=False),
    "closed": complaint(status="closed", unread=0, more=False, **_CLOSED),
    "closed again": complaint(status="closed", **{**_UNANSWERED, **_CLOSED}),
    "long answer": complaint(status="answer_waiting", answer="palabra " * 200, asks=False),
}

ONE_WAY = Traits(name="sms", form="sms", reach="none")
"""A channel on which nobody can be written to later."""


def back(channel: Traits = SMS, lang: str = "es", **rest: Any) -> Play:
    """On the menu, with what a code shows once it was typed (``ticket``)."""
    play = Play(channel, lang, **{"ticket": TICKET, **rest})
    play.session = Session(id=b"0123456789abcdef", screen="start.menu", turn=3, lang=lang)
    return play


def at_status(channel: Traits = SMS, lang: str = "es", **rest: Any) -> Play:
    """Behind the gate, the code was right."""
    return back(channel, lang, **rest).picks("code", "yes").says(CODE)


def connected(channel: Traits = SMS, lang: str = "es", **rest: Any) -> Play:
    """A chat that begins anew while somebody on duty is in touch, as the shell lets it begin."""
    play = Play(channel, lang, **{"ticket": ticket(status="looked_at", way="here", relay="open", answer="", unread=0), **rest})
    play.session = Session(id=b"0123456789abcdef", screen="relay.open", lang=lang)
    return play


# --- the walk --------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    before: Session
    by: str
    play: Play


TEXTS = (CODE, "xyzzy qwrt")
HEARD = (WRONG_DIGIT, "hola", "2", "300 123 4567")
"""Where words are an answer."""
ADDRESSED = ("x" * 301, "y" * 2001)
"""Where they are for a person."""
OUTCOMES: dict[str, tuple[str, ...]] = {
    "add_note": ("saved", "gone", "ended", "full", "identifying", "lost", "down"),
    "try_code": ("saved", "complaint", "wrong", "busy", "down"),
    "keep_number": ("saved", "bad", "down"),
    "say_relay": ("saved", "ended", "gone", "down"),
    "end_relay": ("saved", "down"),
    "remark": ("saved", "down"),
    "open_complaint": ("saved", "nobody", "busy", "down"),
    "keep_note": ("saved", "long", "identifying", "lost", "down"),
    "withdraw": ("saved", "down"),
    **dict.fromkeys(
        ("mark_read", "set_windows", "set_way", "allow_abroad", "only_here", "be_counted", "contest", "rate"),
        ("saved", "gone", "ended", "full", "down"),
    ),
}
#: Slots by which a way on may differ, on the screens where they matter.
TELLS = {
    "code.way": ("refused",),
    **dict.fromkeys(("code.change", "code.zone", "code.confirm"), ("way", "zone")),
    **dict.fromkeys(("code.status", "code.answer", "code.complaint", "code.complaint_answer"), ("older", "page")),
    **dict.fromkeys((f"relay.{each}" for each in TALK), ("safe",)),
}


def walk(known: Facts, *screens: str) -> Iterator[Step]:
    """Every step from these screens on, with every outcome, until another topic is reached."""
    seen: set[tuple[Any, ...]] = set()
    queue = deque(
        Session(
            id=b"0123456789abcdef",
            screen=screen,
            turn=3,
            lang="es",
            slots={"safe": "yes"} if screen in ("code.status", "code.complaint", "relay.not_yet") else {},
            back=("start.menu",),
        )
        for screen in screens
    )
    while queue:
        session = queue.popleft()
        slots = (session.slots.get(name) or "" for name in TELLS.get(session.screen, ()))
        state = (session.screen, bool(session.back), *(bool(value) if isinstance(value, int) else value for value in slots))
        if state in seen or not session.screen.startswith(("code.", "relay.")) or session.left:
            continue
        seen.add(state)
        screen = GRAPH.view(session, known)
        live = {*GRAPH.ids(session, known)} | {option.id for option in screen.options} - {"leave", "emergency"}
        acts: list[tuple[str, Callable[[Play], Any]]] = [
            (option, lambda play, option=option: play.does(Chose(option))) for option in sorted(live)
        ]
        sheet = GRAPH.sheets[session.screen]
        texts = (*TEXTS, *(HEARD if sheet.hears else ()), *(ADDRESSED if sheet.addressed else ()))
        acts += [("(words)", lambda play, text=text: play.says(text)) for text in texts]
        for by, act in acts:
            play = _played(session, known, act)
            if play.turn is None or play.turn.cause is None:
                yield Step(session, by, play)
                queue.append(play.session)
                continue
            (effect,), cause, pending = play.turn.effects, play.turn.cause, play.session
            for result in OUTCOMES[effect.name]:
                came = Play(known.channel, known=known)
                came.session, came.asked = pending, [effect]
                came.does(Outcome(effect.name, result, cause))
                yield Step(session, by, came)
                queue.append(came.session)


def _played(session: Session, known: Facts, act: Callable[[Play], Any]) -> Play:
    play = Play(known.channel, known=known)
    play.session, play.outcome = session, ""
    act(play)
    return play


def all_walks(channel: Traits = SMS) -> Iterator[Step]:
    """Every step of both topics, whatever the ticket."""
    for name, view in TICKETS.items():
        known = facts(
            channel, ticket=view, draft={"number": Data("draft.number", "··· ··· 567")}, duty=SomeDuty(texts=("CO", "MX", "EC"))
        )
        yield from walk(
            known, "code.safe", "code.known", "code.wrong", "code.busy", *(f"relay.{each}" for each in TALK), "code.status"
        )
        if name == "told further":
            yield from walk(facts(WHATSAPP, ticket=view), "code.status")
        if name == "received":
            yield from walk(facts(ONE_WAY, ticket=view), "code.status")
    for view in COMPLAINTS.values():
        yield from walk(facts(channel, complaint=view), "code.safe", "code.known", "code.complaint")
