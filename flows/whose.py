"""Whose: which organisation it is about, so that it goes round its people (C-4).

Here belong the list that is asked from, what somebody types instead, and where the answer leads: of how somebody behaved to the
next question, of everything else to the note. And the question whether something that goes to everybody shall go round the people
whom the note names, or of whom it tells something. Never here: a name that is in no list (it is not kept), who may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    to = "happened" if conduct else _written(session, facts)
    return Go(to, set={"about": about, "organisation": organisation})


def _written(session: Session, facts: Facts) -> str:
    """What named them, or told what they did, is written already; not where it was forgotten since (``nobody``)."""
    return "check" if session.slot("named") and "note" in facts.draft else "note"


def _about(session: Session) -> str:
    return "organisation" if complaining.path_of(session) == "conduct" else "service"


def told(key: str, session: Session, facts: Facts) -> Go:
    """Whoever has chosen an organisation and then looks for help is not led to its staff, sent or not."""
    go = _onward(session, facts, _about(session), key)
    named = {"named": key} if session.slot("named") else {}
    return Go(go.to, set={**go.set, **named, **accused.grown(session, key, complaining.accusing(session))})


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


def _keys(session: Session, facts: Facts) -> tuple[str, ...]:
    """Those that the note names and that are listed still."""
    there = dict(facts.hearing.organisations(str(session.slot("country"))))
    return tuple(key for key in str(session.slot("named")).split() if key in there)


def _round_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    keys = _keys(session, facts)
    if len(keys) == 1:
        name = dict(facts.hearing.organisations(str(session.slot("country"))))[keys[0]]
        return (Phrase("complaint.round.named", {"organisation": Data("complaint.organisation", name)}),)
    return (Phrase("complaint.round"),)


def _round(session: Session, event: Event, facts: Facts) -> Go:
    """It stays what it is, a question, an idea or thanks, and others answer it. One complaint goes round one organisation: what has
    to go round several is for those who are tied to nobody."""
    keys, before = _keys(session, facts), str(session.slot("organisation"))
    if not keys and facts.hearing.organisations(str(session.slot("country"))):
        return Go("which", set={"about": "service", "organisation": ""})
    if keys and before in ("", *keys) and len(keys) == 1:
        return told(keys[0], session, facts)
    go = _round_all(session, event, facts)
    all_of_them = " ".join((*keys, before))
    return Go(go.to, set={**go.set, **accused.grown(session, all_of_them, complaining.accusing(session))})


def _round_all(session: Session, event: Event, facts: Facts) -> Go:
    """For those who are tied to nobody. What was chosen before is kept, for a no that takes this answer back."""
    go = _unnamed(session, event, facts)
    return Go(go.to, set={**go.set, "organisation": session.slot("organisation")})


def _as_before(session: Session, event: Event, facts: Facts) -> Go:
    """To everybody who reads, or still round the one that it was about before the note named others."""
    before, to = str(session.slot("organisation")), _written(session, facts)
    if before and before not in str(session.slot("named")).split():
        return Go(to, set={"about": "service", "named": ""})
    return Go(to, set={"about": "none", "organisation": "", "named": ""})


def add_to(flow: Flow) -> None:
    """Write the questions into the topic of the complaint."""
    flow.menu(
        "round",
        say=_round_say,
        says=("complaint.round", "complaint.round.named"),
        yes=Branch(_round, "which", "check", "note", "nobody", digit=1),
        no=Branch(_as_before, "check", "note", digit=2),
        skip=Branch(_round_all, "check", "note", "nobody", digit=6),
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
