"""Somebody who asks for a person on duty: a conversation with a draft, and a walk over everything that it may come to.

Here belong how to get to a screen of the request by its options, what is in the draft meanwhile, and the walk. Never here: an
assertion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import msgspec

from flows.facts import DutyText, Facts, OnCall, Traits
from flows.kernel import Chose, Data, Effect, Event, Outcome, Session
from flows.topics import GRAPH
from tests.flows.world import SMS, TELEGRAM, WHATSAPP, Play, SomeDuty, facts

ONE_WAY = Traits(name="sms", form="sms", reach="none")
"""A channel on which nobody can be written to later."""

KEPT = {"keep_number": "number", "keep_note": "note", "keep_words": "word"}
SHOWN = {"number": "··· ··· 321", "note": "···", "word": "···"}


class Asking(Play):
    """A ``Play`` that remembers in the draft what was saved to it, as the shell does."""

    def does(self, event: Event) -> Asking:
        if isinstance(event, Outcome) and event.result == "saved":
            name = KEPT.get(event.effect)
            kept = {**self.facts.draft, name: Data(f"draft.{name}", SHOWN[name])} if name else self.facts.draft
            self.facts = msgspec.structs.replace(self.facts, draft={} if event.effect == "open_request" else kept)
        super().does(event)
        return self

    @property
    def opened(self) -> list[Effect]:
        """Every request that was handed over."""
        return [effect for effect in self.asked if effect.name == "open_request"]

    @property
    def request(self) -> dict[str, Any]:
        """What the one request holds that was handed over."""
        (effect,) = self.opened
        return effect.params


def asking(channel: Traits = TELEGRAM, country: str = "CO", **rest: Any) -> Asking:
    """At the question whether the phone is safe."""
    play = Asking(channel, **rest)
    play.session = Session(
        id=b"0123456789abcdef", screen="request.safe", turn=3, lang="es", slots={"country": country}, back=("start.menu",)
    )
    play.turn = None
    return play


def agreed(channel: Traits = TELEGRAM, country: str = "CO", age: str = "adult", **rest: Any) -> Asking:
    """Behind consent (a), where the way is asked."""
    play = asking(channel, country, **rest)
    play.picks("yes", "on", age)
    if age == "under18":
        play.picks("on")
    play.picks("yes")
    return play


class Changed(SomeDuty):
    """The world's roster with some things otherwise, in every country that has a desk."""

    def __init__(self, texts: tuple[str, ...] = ("CO", "MX"), desks: tuple[str, ...] = ("CO", "MX", "VE"), **changes: Any) -> None:
        super().__init__(texts)
        self.desks, self.changes = desks, changes

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        found = super().on_call(country, now, child, without)
        if country not in self.desks:
            return OnCall(country=country)
        if child and not found.answers:
            return found
        return msgspec.structs.replace(found, **self.changes)

    def text(self, country: str, now: float) -> DutyText | None:
        return super().text(country, now)


# --- the walk --------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    before: Session
    by: str
    play: Asking
    facts: Facts
    """As they were before."""

    @property
    def effects(self) -> list[Effect]:
        return self.play.asked


WORDS = ("300 123 4567", "necesito hablar con alguien", "xyzzy")
OUTCOMES = {
    "keep_number": ("saved", "bad", "down"),
    "keep_note": ("saved", "long", "identifying", "lost", "down"),
    "keep_words": ("saved", "bad", "down"),
    "open_request": ("saved", "no_duty", "down"),
}
#: Screens before the way of the answer is asked: what is chosen later makes no difference there.
EARLY = (
    "safe", "same", "not_now", "none", "abroad", "who", "who_more", "whom", "other", "friend", "elsewhere", "before", "child",
    "no_child", "ask", "ask_more", "declined",
)  # fmt: skip
#: Slots by which a way on may differ, on some screens. What only changes what is said is left out.
ON_SOME = {
    "request.safe": ("responders",),
    "request.none": ("responders",),
    "request.abroad": ("responders",),
    "request.who": ("abroad",),
    "request.before": ("abroad",),
    "request.ask": ("abroad",),
    "request.way": ("refused",),
    "request.contact_here": ("refused",),
    "request.contact_phone": ("refused",),
    "request.card": ("message", "other", "dropped"),
    "request.details": ("urgent", "abroad", "contact"),
    "request.check": ("urgent", "contact", "whose"),
    "request.number_read": ("zone",),
    "request.number_known": ("zone",),
}


def _state(session: Session, known: Facts) -> tuple[Any, ...]:
    slots, name = session.slots, session.screen.removeprefix("request.")
    late = name not in EARLY
    some = ON_SOME.get(session.screen, ()) if name != "card" or slots.get("country") == "CO" else ()
    return (
        session.screen,
        *(slots.get(name) or "" for name in ("country", "tells", *some)),
        late and (slots.get("way") or "", bool(slots.get("count"))),
        slots.get("age") == "under18" and (not late or name in ("way", "contact_here", "contact_phone", "number_known", "note")),
        "note" in known.draft and session.screen.startswith(("request.note", "request.identifying")),
    )


def walk(channel: Traits, countries: tuple[str, ...] = ("CO", "MX", "VE", "BR"), graph: Any = GRAPH) -> Iterator[Step]:
    """Every step from the gate of the request on, with every outcome, until a screen of another topic is reached."""
    seen: set[tuple[Any, ...]] = set()
    queue: deque[tuple[Session, Facts]] = deque()
    for country in countries:
        first = asking(channel, country)
        queue.append((first.session, first.facts))
        spoken = first.session.at("request.safe", slots={**first.session.slots, "responders": "yes"})
        queue.append((spoken, first.facts))
    while queue:
        session, known = queue.popleft()
        if not session.screen.startswith("request.") or _state(session, known) in seen:
            continue
        seen.add(_state(session, known))
        screen = graph.view(session, known)
        live = {*graph.ids(session, known)} | {option.id for option in screen.options} - {"leave", "emergency"}
        acts: list[tuple[str, Callable[[Asking], Any]]] = [
            (option, lambda play, option=option: play.does(Chose(option))) for option in sorted(live)
        ]
        acts += [("(words)", lambda play, text=text: play.says(text)) for text in (WORDS if screen.hears else WORDS[-1:])]
        for by, act in acts:
            for outcome in _outcomes(session, known, act):
                play = _played(session, known, act, outcome)
                yield Step(session, by, play, known)
                queue.append((play.session, play.facts))


def _played(session: Session, known: Facts, act: Callable[[Asking], Any], outcome: str) -> Asking:
    play = Asking(known.channel, known=known)
    play.session, play.outcome = session, outcome
    act(play)
    return play


def _outcomes(session: Session, known: Facts, act: Callable[[Asking], Any]) -> tuple[str, ...]:
    """What the effect of this act may come to; one "saved" where it has none."""
    asked = _played(session, known, act, "").asked
    return OUTCOMES.get(asked[0].name, ("saved",)) if asked else ("saved",)


CHANNELS = (SMS, TELEGRAM, WHATSAPP, ONE_WAY)

__all__ = ["CHANNELS", "ONE_WAY", "Asking", "Changed", "Step", "agreed", "asking", "facts", "walk"]
