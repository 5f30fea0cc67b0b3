"""Whose: which organisation it is about, so that it goes round its people (C-4).

Here belong the list that is asked from, what somebody types instead, and where the answer leads: of how somebody behaved to the
next question, of everything else to the note. And the question whether something that goes to everybody shall go round the people
whom the note names, or of whom it tells something. Never here: a name that is in no list (it is not kept), who may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from flows import accused, complaining, naming
from flows.facts import Facts
from flows.kernel import Branch, Choice, Data, Event, Flow, Go, Listing, Phrase, Said, Session, Value

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
    # What named them, or told what they did, is written already.
    to = "happened" if conduct else "check" if session.slot("named") else "note"
    return Go(to, set={"about": about, "organisation": organisation})


def _about(session: Session) -> str:
    return "organisation" if complaining.path_of(session) == "conduct" else "service"


def told(key: str, session: Session, facts: Facts) -> Go:
    """Whoever has chosen an organisation and then looks for help is not led to its staff, sent or not."""
    go = _onward(session, facts, _about(session), key)
    return Go(go.to, set={**go.set, **accused.grown(session, key, complaining.accusing(session))})


def _chosen(session: Session, event: Event, facts: Facts) -> Go:
    return told(str(session.slot("organisation")), session, facts)


def _named(session: Session, event: Event, facts: Facts) -> Go | None:
    """The name of one of the list, typed; what is typed otherwise is no name that we know, and is not kept."""
    if not isinstance(event, Said):
        return None
    found = naming.chosen(event.words.reveal(), facts.hearing.organisations(str(session.slot("country"))))
    return told(found[0], session, facts) if len(found) == 1 else None


def _unnamed(session: Session, event: Event, facts: Facts) -> Go:
    """Nobody knows whose: it is for those who are tied to nobody."""
    return _onward(session, facts, "unknown", "")


# --- round the people whom a note names --------------------------------------------------------------------------------


def _hint(session: Session, facts: Facts) -> str:
    """Public name of the organisation that the note names; empty: none, or it is not listed any more."""
    there = dict(facts.hearing.organisations(str(session.slot("country"))))
    return there.get(str(session.slot("named")), "")


def _round_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    name = _hint(session, facts)
    if name:
        return (Phrase("complaint.round.named", {"organisation": Data("complaint.organisation", name)}),)
    return (Phrase("complaint.round"),)


def _round(session: Session, event: Event, facts: Facts) -> Go:
    """It stays what it is, a question, an idea or thanks, and others answer it."""
    if _hint(session, facts):
        return told(str(session.slot("named")), session, facts)
    if facts.hearing.organisations(str(session.slot("country"))):
        return Go("which", set={"about": "service", "organisation": ""})
    return _unnamed(session, event, facts)


def add_to(flow: Flow) -> None:
    """Write the questions into the topic of the complaint."""
    as_before = Go("check", set={"about": "none", "organisation": "", "named": ""}, digit=2)
    flow.menu(
        "round",
        say=_round_say,
        says=("complaint.round", "complaint.round.named"),
        yes=Branch(_round, "which", "check", "nobody", digit=1),
        no=as_before,
        skip=msgspec.structs.replace(as_before, digit=6),
    )
    onward: Any = ("happened", "note", "check", "nobody")
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
