"""Whose: which organisation it is about, so that it goes round its people (C-4).

Here belong the list that is asked from, what somebody types instead, and where the answer leads: of how somebody behaved to the
next question, of everything else to the note. Never here: a name that is in no list (it is not kept), who may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flows import accused, complaining
from flows.facts import Facts
from flows.kernel import Branch, Choice, Data, Event, Flow, Go, Listing, Phrase, Said, Session, Value
from flows.reading import fold

PAGE = 4
"""Organisations on one page."""


def _organisations(session: Session, facts: Facts) -> Sequence[Choice]:
    there = facts.hearing.organisations(str(session.slot("country")))
    return tuple(Choice(key, Data("complaint.organisation", name)) for key, name in there)


def _which(session: Session, facts: Facts) -> tuple[Value, ...]:
    """On buttons long names are cut: there they stand in the text as well."""
    asked = Phrase("complaint.which" if complaining.path_of(session) == "conduct" else "complaint.which.feedback")
    if not facts.channel.buttons:
        return (asked,)
    shown = _organisations(session, facts)
    pages = max(1, -(-len(shown) // PAGE))
    start = int(session.slot("page", 0)) % pages * PAGE
    names = tuple(
        Phrase("service.numbered", {"number": number, "line": choice.label})
        for number, choice in enumerate(shown[start : start + PAGE], start=1)
    )
    return (asked, Listing(names, lines=True))


def _onward(session: Session, facts: Facts, about: str, organisation: str) -> Go:
    """Nothing further is asked where nobody could read it."""
    conduct = complaining.path_of(session) == "conduct"
    if not facts.hearing.reads(str(session.slot("country")), complaining.inbox_of(session), about, organisation):
        return Go("nobody", set={"about": about, "organisation": organisation})
    return Go("happened" if conduct else "note", set={"about": about, "organisation": organisation})


def _about(session: Session) -> str:
    return "organisation" if complaining.path_of(session) == "conduct" else "service"


def told(key: str, session: Session, facts: Facts) -> Go:
    """Whoever has chosen an organisation and then looks for help is not led to its staff, sent or not."""
    go = _onward(session, facts, _about(session), key)
    return Go(go.to, set={**go.set, **accused.grown(session, key, complaining.topic_of(session))})


def _chosen(session: Session, event: Event, facts: Facts) -> Go:
    return told(str(session.slot("organisation")), session, facts)


def _named(session: Session, event: Event, facts: Facts) -> Go | None:
    """The name of one of the list, typed; what is typed otherwise is no name that we know, and is not kept."""
    if not isinstance(event, Said):
        return None
    typed = fold(event.words.reveal())
    there = facts.hearing.organisations(str(session.slot("country")))
    found = [key for key, name in there if typed == fold(name)] or [
        key for key, name in there if len(typed) > 3 and f" {typed} " in f" {fold(name)} "
    ]
    return told(found[0], session, facts) if len(found) == 1 else None


def _unnamed(session: Session, event: Event, facts: Facts) -> Go:
    """Nobody knows whose: it is for those who are tied to nobody."""
    return _onward(session, facts, "unknown", "")


def add_to(flow: Flow) -> None:
    """Write the question into the topic of the complaint."""
    onward: Any = ("happened", "note", "nobody")
    flow.choose(
        "which",
        slot="organisation",
        among=_organisations,
        size=PAGE,
        say=_which,
        says=("complaint.which", "complaint.which.feedback", "service.numbered"),
        then=Branch(_chosen, *onward),
        hears=Branch(_named, *onward),
        skip=Branch(_unnamed, *onward, digit=6),
    )
