"""Somebody who has something to say: how to get to a screen of a complaint by its options, and a walk over all that it may come to.

Never here: an assertion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from flows.facts import Facts, Traits
from flows.kernel import Chose, Data, Effect, Event, Outcome, Session
from flows.topics import GRAPH
from tests.flows.world import CUCUTA, PLACES, SAN_CRISTOBAL_MX, SMS, TELEGRAM, WHATSAPP, Play

TOPICS = ("complaint.", "notices.")
CHANNELS = (SMS, TELEGRAM, WHATSAPP)


class Complaining(Play):
    """A ``Play`` that remembers in the draft what was saved to it, as the shell does."""

    def does(self, event: Event) -> Complaining:
        if isinstance(event, Outcome) and event.result == "saved" and event.effect in ("keep_note", "open_complaint"):
            kept = {"note": Data("draft.note", "···")} if event.effect == "keep_note" else {}
            self.facts = msgspec.structs.replace(self.facts, draft=kept)
        super().does(event)
        if self.here == "complaint.nobody":
            self.facts = msgspec.structs.replace(self.facts, draft={})
        return self

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Every complaint that was handed over."""
        return [effect.params for effect in self.asked if effect.name == "open_complaint"]


def complaining(channel: Traits = TELEGRAM, lang: str = "es", **rest: Any) -> Complaining:
    """At the three choices."""
    play = Complaining(channel, lang, **rest)
    play.session = Session(id=b"0123456789abcdef", screen="complaint.kind", turn=3, lang=lang, back=("start.menu",))
    return play


def at(play: Complaining, country: str) -> Complaining:
    """Chooses the country, on whichever page it stands."""
    number = next(number for number, choice in enumerate(_countries(play)) if choice == country)
    return play.picks(f"#{number}")  # type: ignore[return-value]


def _countries(play: Complaining) -> list[str]:
    sheet = GRAPH.sheets[play.here]
    assert sheet.among is not None
    return [str(choice.value) for choice in sheet.among(play.session, play.facts)]


def conduct(channel: Traits = TELEGRAM, country: str = "CO", **rest: Any) -> Complaining:
    """Behind the gate, where it is said what is forbidden."""
    return at(complaining(channel, **rest).picks("conduct"), country).picks("yes")  # type: ignore[return-value]


def about(who: str, channel: Traits = TELEGRAM, country: str = "CO", **rest: Any) -> Complaining:
    """Behind the choice whom it is about."""
    return conduct(channel, country, **rest).picks("on", "on", who)  # type: ignore[return-value]


# --- the walk --------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    before: Session
    by: str
    play: Complaining


HEAVY = "me pide sexo para darme comida"
"""Words that tell how somebody behaved, and bring a card."""
TOLD = "dicen que ahí piden dinero"
"""Words that tell what somebody's people did, and name nobody."""
WORDS = (HEAVY, TOLD, "cucuta", "san cristobal", "tapachula", "colombia", "mexico", "organizacion demo a", "cucutta", "xyzzy")
OUTCOMES = {
    "keep_note": ("saved", "long", "identifying", "lost", "down"),
    "open_complaint": ("saved", "nobody", "busy", "down"),
    "move_note": ("saved", "down"),
    "remark": ("saved", "down"),
}


def _state(session: Session, known: Facts) -> tuple[Any, ...]:
    slots, name = session.slots, session.screen.rpartition(".")[2]
    return (
        session.screen,
        slots.get("country"),
        slots.get("path"),
        slots.get("minor"),
        bool(slots.get("service")),
        slots.get("about") if name in ("safe", "which", "note", "note_long", "check", "done", "nobody") else "",
        slots.get("topic") if name == "meant" else "",
        slots.get("heavy") if name in ("identifying", "as_conduct") else "",
        slots.get("named") or "" if name in ("identifying", "as_conduct", "round", "which", "note", "note_long") else "",
        slots.get("count") if name == "check" else "",
        "note" in known.draft and (slots.get("path") == "conduct" or name in ("note", "check", "note_long", "identifying")),
    )


def walk(channel: Traits, countries: tuple[str, ...] = ("CO", "MX", "VE", "PE", "BR")) -> Iterator[Step]:
    """Every step from the three choices on, with and without a place whose details were open, with every outcome."""
    seen: set[tuple[Any, ...]] = set()
    queue: deque[tuple[Session, Facts]] = deque()
    first = complaining(channel, country_hint="CO")
    queue.append((first.session, first.facts))
    queue.append((first.session.at("complaint.kind", slots={"service": 1, "country": "CO"}), first.facts))
    for name in ("notices.where", "notices.changes", "complaint.told"):
        queue.append((first.session.at(name), first.facts))
    for topic, country in (("closed", "CO"), ("asked_money", "CO"), ("asked_money", "VE")):
        about = {"service": 1, "country": country, "path": "service", "topic": topic}
        queue.append((first.session.at("complaint.meant", slots=about), first.facts))
    for name, country in (("as_conduct", "CO"), ("round", "VE")):  # a note that names somebody; nobody may read it in VE
        named = {
            "country": country,
            "safe": "yes",
            "path": "other",
            "topic": "idea",
            "about": "none",
            "heavy": "yes",
            "named": "org-b",
        }
        queue.append((first.session.at(f"complaint.{name}", slots=named), first.facts))
    while queue:
        session, known = queue.popleft()
        if not session.screen.startswith(TOPICS) or _state(session, known) in seen:
            continue
        seen.add(_state(session, known))
        screen = GRAPH.view(session, known)
        live = {*GRAPH.ids(session, known)} | {option.id for option in screen.options} - {"leave", "emergency"}
        if session.screen in ("complaint.where", "notices.where", "notices.changes"):
            live = {
                f"#{number}"
                for number, code in enumerate(_countries(_played(session, known, lambda play: play)))
                if code in countries
            } | {"back"}
        acts: list[tuple[str, Callable[[Complaining], Any]]] = [
            (option, lambda play, option=option: play.does(Chose(option))) for option in sorted(live)
        ]
        acts += [("(words)", lambda play, text=text: play.says(text)) for text in (WORDS if screen.hears else WORDS[-1:])]
        if screen.locates:
            acts += [("(location)", lambda play, place=place: play.shares(place)) for place in (CUCUTA, SAN_CRISTOBAL_MX)]
            acts += [("(location)", lambda play, name=name: _at(play, name)) for name in ("BR", "VE")]
        for by, act in acts:
            for outcome in _outcomes(session, known, act):
                play = _played(session, known, act, outcome)
                yield Step(session, by, play)
                queue.append((play.session, play.facts))


def _at(play: Complaining, country: str) -> Any:
    return play.shares(next(place for place in PLACES if place.country == country))


def _played(session: Session, known: Facts, act: Callable[[Complaining], Any], outcome: str = "saved") -> Complaining:
    play = Complaining(known.channel, known=known)
    play.session, play.outcome = session, outcome
    act(play)
    return play


def _outcomes(session: Session, known: Facts, act: Callable[[Complaining], Any]) -> tuple[str, ...]:
    asked: list[Effect] = _played(session, known, act, "").asked
    return OUTCOMES.get(asked[0].name, ("saved",)) if asked else ("saved",)
