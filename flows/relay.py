"""Relay: writing with the person on duty, in a chat that is connected with them.

Here belongs what happens to words that are meant for that person, and how either side ends it. Never here: what was written
(receipts show nothing of it), a message that nobody asked for (``bot.relay`` sends those of the desk).

A connected chat begins anew on ``open``, on whatever phone shows it and whoever holds it: neither that screen nor a receipt says
what this is about (E-7). What tells more lies behind ``safe`` (E-4). Digits 1 to 6 have no meaning here, so that "2" can be an
answer to a question of the person on duty.
"""

from __future__ import annotations

from flows.code import STATES
from flows.facts import Facts
from flows.kernel import MORE, Branch, Event, Flow, Go, Phrase, Said, Session, Value
from flows.ticket import does, entry, open_to_words, unkept, unkept_says

flow = Flow("relay", safe=("yes",), unsure=("yes",))

BYTES = 2000
"""UTF-8 of one message; the envelope of a note has room for so many."""

PASSED = ("relay.passed", "relay.ended", "relay.long", "relay.not_yet", "relay.not_saved")


def connected(facts: Facts) -> bool:
    """Whether somebody on duty reads along here."""
    return facts.ticket is not None and facts.ticket.relay == "open"


def _waits(session: Session, facts: Facts) -> bool:
    """Whether the person cannot write yet. Not asked while the store is away: then nothing is passed on, and that is said."""
    return facts.ticket is not None and not open_to_words(session, facts)


def _may_write(session: Session, facts: Facts) -> bool:
    return not _waits(session, facts)


def said(session: Session, event: Event, facts: Facts) -> Go | None:
    """Words to the person on duty. A code that stands alone is none: it is tried (``flows.code``), and they need not know it."""
    if not isinstance(event, Said) or (event.understood.code and _alone(event.words.reveal())):
        return None
    passed, ended, long, not_yet, _ = PASSED
    if _waits(session, facts):
        return Go(not_yet)
    if len(event.words.reveal().encode(errors="replace")) > BYTES:
        return Go(long)
    return Go(passed, do=does("say_relay"), outcomes={"ended": ended, "gone": ended}, final=False)


def _alone(text: str) -> bool:
    """No word stands beside the digits, and no mark of a telephone number from abroad."""
    return not any(letter.isalpha() or letter == "+" for letter in text)


def _is_safe(session: Session, facts: Facts) -> bool:
    return bool(session.slot("safe") == "yes")


def _is_not(session: Session, facts: Facts) -> bool:
    return not _is_safe(session, facts)


def _now(id: str, session: Session, facts: Facts) -> Phrase:
    """This entry, or the one for who cannot write yet."""
    return Phrase(f"{id}.wait" if _waits(session, facts) else id)


def _open(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (_now("relay.open" if _is_safe(session, facts) else "relay.open.neutral", session, facts),)


def _choices(session: Session, facts: Facts) -> tuple[Value, ...]:
    known = (Phrase(f"code.status.{facts.ticket.status}"),) if facts.ticket else ()
    return (*known, _now("relay.choices", session, facts))


_OPEN = ("relay.open", "relay.open.wait", "relay.open.neutral", "relay.open.neutral.wait")
_SAY = {"open": _open, "not_saved": unkept("relay")}
_SAYS = {"open": _OPEN, "not_saved": unkept_says("relay")}
TALK = ("open", "passed", "long", "not_yet", "not_saved")
GATES = (("relay.safe", "yes"), *((f"relay.{name}", "choices") for name in TALK))
"""Choices that lead behind the question of E-4."""

for _name in TALK:
    flow.ask(
        _name,
        say=_SAY.get(_name) or entry(f"relay.{_name}"),
        says=_SAYS.get(_name) or (f"relay.{_name}",),
        hears=Branch(said, *PASSED),
        addressed=True,
        more=Go("safe", only=_is_not, digit=MORE),
        choices=Go("choices", only=_is_safe, digit=MORE),
    )
flow.menu(
    "safe",
    say=entry("request.safe"),
    says=("request.safe",),
    yes=Go("choices", set={"safe": "yes"}, digit=1),
    no=Go("request.not_now", digit=2),
)
flow.menu(
    "choices",
    say=_choices,
    says=("relay.choices", "relay.choices.wait", *(f"code.status.{state}" for state in STATES)),
    chat=Go("open", only=_may_write),
    code=Go("code.ask"),
    menu=Go("start.menu"),
    end=Go("closed", do=does("end_relay")),
)
flow.page("closed", then=Go("start.menu"))
flow.menu("ended", code=Go("code.safe"), menu=Go("start.menu"))
