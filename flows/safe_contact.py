"""Safe contact: what is agreed before anybody calls or writes (D-5, D-6).

Here belong the safe-contact card with its defaults, the times of day, and the words by which both sides know each other. Never
here: the way of the answer and the number (``flows.ways``), a word that somebody typed (it goes to the draft in an effect), what
happens at the desk.
"""

from __future__ import annotations

from typing import Any

from flows.facts import PRETEXTS, WINDOW_NAMES, WINDOWS, Facts
from flows.kernel import (
    Branch,
    Clock,
    Effect,
    Event,
    Flow,
    Go,
    Listing,
    Phrase,
    Said,
    Session,
    Value,
    Zone,
)

WAYS = ("code", "here", "phone")
"""In the order in which they are offered (D-4)."""
HERE, PHONE = WAYS.index("here"), WAYS.index("phone")

TRIES = 2
"""How often somebody calls at most, where nothing else was said."""

WORDS = tuple(f"request.word.{number:02d}" for number in range(1, 25))
"""Everyday nouns that give nothing away, said aloud without spelling."""

NO_CONTACT: dict[str, Any] = {"way": "code", "contact": "no"}


# --- what was agreed, as closed values -------------------------------------------------------------------------------


def drawn(session_id: bytes) -> tuple[str, str, str]:
    """Catalog ids of three different words: the one the caller says first, the one the person answers, and the one that ends it.

    They follow from the conversation's random id, so that a screen that is drawn again shows the same."""
    left, number = list(WORDS), int.from_bytes(session_id[-6:])
    picked = []
    for _ in range(3):
        number, at = divmod(number, len(left))
        picked.append(left.pop(at))
    caller, person, stop = picked
    return caller, person, stop


def code_words(session: Session, facts: Facts) -> str:
    """``own`` only where a word of their own is really there."""
    chosen = str(session.slot("code_words", "") or "drawn")
    return "drawn" if chosen == "own" and "word" not in facts.draft else chosen


def windows(session: Session) -> tuple[str, ...]:
    """Names of the agreed times of day, in the order of the day."""
    chosen = {WINDOW_NAMES[at] for at in session.slot("windows", ()) if 0 <= at < len(WINDOW_NAMES)}
    return tuple(name for name in WINDOW_NAMES if name in chosen) or ("any",)


def toggled(chosen: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The times with one more or one less. "Any" stands alone; nothing at all is "any"."""
    at, any_time = WINDOW_NAMES.index(name), WINDOW_NAMES.index("any")
    if name == "any":
        return (any_time,)
    kept = tuple(one for one in chosen if one not in (at, any_time))
    return tuple(sorted(kept if at in chosen else (*kept, at))) or (any_time,)


def tries(session: Session) -> int:
    chosen = session.slot("tries", TRIES) or TRIES
    return min(3, max(1, int(chosen)))


def present(session: Session) -> str:
    return str(session.slot("present") or PRETEXTS[0])


# --- on from here ----------------------------------------------------------------------------------------------------


def after(session: Session) -> str:
    """The next screen once the way is settled: the last question, unless it was answered already."""
    return "check" if session.slot("count") else "count"


def onward(filled: dict[str, Any], digit: int) -> Branch:
    """On to what comes after the way of the answer."""
    return Branch(lambda session, event, facts: Go(after(session), set=filled), "count", "check", digit=digit)


# --- the card --------------------------------------------------------------------------------------------------------


def span(name: str) -> Phrase:
    """ "8:00-20:00"."""
    begins, ends = WINDOWS[name]
    return Phrase("request.agreed.span", {"from": Clock(begins), "to": Clock(ends)})


def spans(session: Session) -> Listing:
    return Listing(tuple(span(name) for name in windows(session)))


def words_said(session: Session, facts: Facts) -> tuple[Value, ...]:
    """The words by which both sides know each other, for one who is called; nothing where none were wanted."""
    chosen = code_words(session, facts)
    if chosen == "none":
        return ()
    caller, person, stop = (Phrase(id) for id in drawn(session.id))
    told: dict[str, Any] = {"person": person, "stop": stop}
    if chosen == "own":
        return (Phrase("request.agreed.words.own", told),)
    return (Phrase("request.agreed.words", {"caller": caller, **told}),)


def _first_word(session: Session, facts: Facts) -> tuple[Value, ...]:
    """The word with which a message begins."""
    chosen = code_words(session, facts)
    if chosen == "none":
        return ()
    if chosen == "own":
        return (Phrase("request.agreed.first_word.own"),)
    return (Phrase("request.agreed.first_word", {"caller": Phrase(drawn(session.id)[0])}),)


def _whose_clock(session: Session, facts: Facts) -> Phrase:
    zones = facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0))
    if len(zones) < 2 or not session.slot("zone"):
        return Phrase("request.agreed.your_time")
    return Phrase("request.agreed.zone", {"city": Zone(str(session.slot("zone")))})


def card_parts(session: Session, facts: Facts) -> tuple[Value, ...]:
    """What is agreed so far, in words."""
    when: dict[str, Any] = {"windows": spans(session), "clock": _whose_clock(session, facts)}
    if session.slot("way") != "phone":
        return (Phrase("request.agreed.here", when), *_first_word(session, facts))
    other, message = session.slot("other") == "yes", session.slot("message") == "yes"
    called = {
        **when,
        "answers": Phrase("request.agreed.others" if other else "request.agreed.only_me"),
        "message": Phrase("request.agreed.message" if message else "request.agreed.no_message"),
        "tries": tries(session),
        "dropped": Phrase("request.agreed.call_again" if session.slot("dropped") == "call" else "request.agreed.no_call"),
        "present": Phrase(f"request.present.{present(session)}"),
    }
    return (Phrase("request.agreed.phone", called), *words_said(session, facts))


AGREED = (
    "request.agreed.span", "request.agreed.your_time", "request.agreed.zone", "request.agreed.here",
    "request.agreed.first_word", "request.agreed.first_word.own", "request.agreed.phone", "request.agreed.only_me",
    "request.agreed.others", "request.agreed.message", "request.agreed.no_message", "request.agreed.call_again",
    "request.agreed.no_call", "request.agreed.words", "request.agreed.words.own", *WORDS,
)  # fmt: skip
"""Catalog entries that ``card_parts`` may use, beside the names of the pretexts."""


def _when_called(name: str, value: str, *, unset: bool = False) -> Any:
    """A choice that is there while a call is agreed and this slot has (or, with ``unset``, has not) the value."""
    return lambda session, facts: session.slot("way") == "phone" and (session.slot(name) == value) is not unset


def _called(session: Session, facts: Facts) -> bool:
    return bool(session.slot("way") == "phone")


def _windows_params(session: Session, facts: Facts) -> dict[str, Value]:
    return {name: span(name) for name in WINDOW_NAMES}


def _window(name: str) -> Branch:
    return Branch(lambda s, e, f: Go("card", set={"windows": toggled(tuple(s.slot("windows", ()) or ()), name)}), "card")


def _words_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    caller, person, stop = (Phrase(id) for id in drawn(session.id))
    if _called(session, facts):
        return (Phrase("request.words", {"caller": caller, "person": person, "stop": stop}),)
    return (Phrase("request.words.here", {"caller": caller}),)


def _own_word(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said):
        return None
    keep = Effect("keep_words")
    return Go("card", set={"code_words": "own"}, do=lambda session, facts: keep, outcomes={"bad": "own_word_bad"}, final=False)


# --- the screens -----------------------------------------------------------------------------------------------------


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the request."""
    flow.menu(
        "card",
        say=card_parts,
        says=(*AGREED, *(f"request.present.{name}" for name in PRETEXTS)),
        on=onward({}, 1),
        windows=Go("windows"),
        present=Go("present", only=_called),
        message_yes=Go("card", set={"message": "yes"}, only=_when_called("message", "yes", unset=True)),
        message_no=Go("card", set={"message": "no"}, only=_when_called("message", "yes")),
        other_yes=Go("card", set={"other": "yes"}, only=_when_called("other", "yes", unset=True)),
        other_no=Go("card", set={"other": "no"}, only=_when_called("other", "yes")),
        tries=Go("tries", only=_called),
        call_again=Go("card", set={"dropped": "call"}, only=_when_called("dropped", "call", unset=True)),
        no_call=Go("card", set={"dropped": "no_call"}, only=_when_called("dropped", "call")),
        words=Go("words"),
    )
    flow.menu(
        "windows",
        params=_windows_params,
        any=_window("any"),
        morning=_window("morning"),
        midday=_window("midday"),
        afternoon=_window("afternoon"),
        evening=_window("evening"),
        early=_window("early"),
        night=_window("night"),
        skip=Go("card", digit=6),
    )
    pretexts: dict[str, Any] = {name: Go("card", set={"present": name}) for name in PRETEXTS}
    flow.menu("present", **pretexts, skip=Go("card", digit=6))
    flow.menu(
        "tries",
        one=Go("card", set={"tries": 1}, digit=1),
        two=Go("card", set={"tries": 2}, digit=2),
        three=Go("card", set={"tries": 3}, digit=3),
        skip=Go("card", digit=6),
    )
    flow.menu(
        "words",
        say=_words_say,
        says=("request.words", "request.words.here"),
        drawn=Go("card", set={"code_words": "drawn"}, digit=1),
        own=Go("own_word", digit=2),
        none=Go("card", set={"code_words": "none"}, digit=3),
        skip=Go("card", digit=6),
    )
    for name in ("own_word", "own_word_bad"):
        flow.ask(name, hears=Branch(_own_word, "card", "own_word_bad", "not_saved"), skip=Go("card", digit=6))
