"""Ticket: what the screens of a code have in common, whatever it is that is done with the request.

Here belong the moves that ask for something to be done, the conditions under which they are offered, and what words are like a code
or a number. Never here: a screen, a sentence, what was sent.
"""

from __future__ import annotations

from collections.abc import Callable

from flows import on_duty
from flows.facts import Facts, TicketView
from flows.kernel import Condition, Effect, Event, Go, Phrase, Said, Say, Session, SlotValue, Value, Words
from flows.reading import fold

ACTS = ("again", "status", "not_saved")
"""Where an act may lead beside its target."""


def does(name: str) -> Callable[[Session, Facts], Effect]:
    """What a move asks for."""
    effect = Effect(name)
    return lambda session, facts: effect


def acts(to: str, name: str, only: Condition | None = None, **filled: SlotValue) -> Go:
    """Something that can be done again and changed: the way back stays. A ticket that is gone is answered like a wrong code; one
    that was closed meanwhile shows that it is."""
    return Go(to, set=filled, do=does(name), outcomes={"gone": "again", "ended": "status"}, only=only, final=False)


def where(holds: Callable[[TicketView], bool]) -> Condition:
    """An option that is there while the ticket is, and this holds of it."""
    return lambda session, facts: facts.ticket is not None and holds(facts.ticket)


def living(ticket: TicketView) -> bool:
    """Somebody looks at it or will: it can be added to and changed."""
    return not ticket.over and ticket.status not in ("closed", "lapsed")


def has_contact(ticket: TicketView) -> bool:
    return ticket.way != "code"


def open_to_words(session: Session, facts: Facts) -> bool:
    """D-2: where what people there have to tell an authority is not known, words are taken only once somebody on duty has written:
    then the person talks with a human, who can say it."""
    ticket = facts.ticket
    return ticket is not None and (ticket.begun or bool(on_duty.texts((ticket.country,), facts)))


def entry(id: str) -> Say:
    """Paragraphs of a screen that says another one's entry."""
    said: tuple[Value, ...] = (Phrase(id),)
    return lambda session, facts: said


def unkept(topic: str) -> Say:
    """What a topic says where something was not kept, or nobody can say whether it was (slot ``unsure``)."""
    known, unsure = ((Phrase(id),) for id in unkept_says(topic))
    return lambda session, facts: unsure if session.slot("unsure") == "yes" else known


def unkept_says(topic: str) -> tuple[str, str]:
    """The entries that ``unkept`` may use."""
    return f"{topic}.not_saved", f"{topic}.not_saved.unsure"


def message(event: Event) -> str:
    """What somebody wrote to a person; empty where it is none, such as a "2" out of habit."""
    text = event.words.reveal().strip() if isinstance(event, Said) else ""
    return text if any(map(str.isalpha, fold(text))) else ""


def digits(words: Words) -> int:
    """How many digits of any script somebody typed."""
    return sum(map(str.isdecimal, words.reveal()))
