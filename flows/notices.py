"""Notices: what the network says to everybody. Questions that go round with their answers, and what it changed.

Here belong the lists and the reading of one. Each text was typed by a named role and checked before it was published (E-9). Never
here: an answer to one person, a judgement on whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows import complaining
from flows.complaint_fields import FRESH
from flows.facts import COUNTRIES, Facts, Notice
from flows.kernel import Branch, Choice, Data, Day, Event, Flow, Go, Listing, Phrase, Session, Value
from flows.person import country_choices, named_country, shared_country

flow = Flow("notices", country=COUNTRIES, page=range(0, 100), notice="position in the list")


def _listed(kind: str, session: Session, facts: Facts) -> tuple[Notice, ...]:
    return facts.notices.listed(kind, str(session.slot("country")), session.lang, facts.now)


def _title(notice: Notice) -> Value:
    return Data("notice.title", notice.title)


# --- is it true? -----------------------------------------------------------------------------------------------------


def _rumours(session: Session, facts: Facts) -> Sequence[Choice]:
    return tuple(Choice(at, _title(notice)) for at, notice in enumerate(_listed("rumour", session, facts)))


SIZE = 4


def _rumours_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    found = _listed("rumour", session, facts)
    if not found:
        return (Phrase("notices.rumours.none"),)
    if not facts.channel.buttons:
        return (Phrase("notices.rumours"),)
    start = int(session.slot("page", 0)) % max(1, -(-len(found) // SIZE)) * SIZE
    shown = tuple(
        Phrase("service.numbered", {"number": number, "line": _title(notice)})
        for number, notice in enumerate(found[start : start + SIZE], start=1)
    )
    return (Phrase("notices.rumours"), Listing(shown, lines=True))


def _sends(topic: str, digit: int) -> Branch:
    """Something of one's own goes to those who can find out, or who collect ideas; nothing of an earlier complaint goes along."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        ahead = session.at(session.screen, slots={**session.slots, **FRESH, "path": "other"})
        go = complaining.begins(ahead, facts, topic)
        return Go(go.to, set={**FRESH, **go.set})

    return Branch(pick, "complaint.safe", "complaint.nobody", digit=digit)


def _here(go: Go | None, to: str) -> Go | None:
    return None if go is None else Go(to, set=go.set)


flow.choose(
    "where",
    slot="country",
    among=country_choices,
    then=Go("rumours"),
    hears=Branch(lambda s, e, f: _here(named_country(s, e, f), "rumours"), "rumours"),
    located=Branch(lambda s, e, f: _here(shared_country(s, e, f), "rumours"), "rumours"),
)
flow.choose(
    "rumours",
    slot="notice",
    among=_rumours,
    size=SIZE,
    then=Go("rumour"),
    say=_rumours_say,
    says=("notices.rumours", "notices.rumours.none", "service.numbered"),
    ask=_sends("rumour", 6),
)


def _rumour(session: Session, facts: Facts) -> tuple[Value, ...]:
    found = _listed("rumour", session, facts)
    at = int(session.slot("notice", 0))
    if at >= len(found):
        return (Phrase("notices.gone"),)
    return (_told("notices.rumour", found[at]),)


def _told(id: str, notice: Notice) -> Phrase:
    """Each entry opens with 40 letters of its own, so that a locked screen shows nothing of what follows (E-7)."""
    return Phrase(id, {"title": _title(notice), "text": Data("notice.text", notice.text), "day": Day(notice.published_on)})


flow.menu(
    "rumour",
    say=_rumour,
    says=("notices.rumour", "notices.gone"),
    others=Go("rumours", digit=1),
    ask=_sends("rumour", 6),
    menu=Go("start.menu", digit=2),
)


# --- what we changed -------------------------------------------------------------------------------------------------


def _changed(session: Session, facts: Facts) -> tuple[Value, ...]:
    """One a message: the newest first."""
    found = _listed("changed", session, facts)
    if not found:
        return (Phrase("notices.changed.none"),)
    return (_told("notices.changed", found[int(session.slot("page", 0)) % len(found)]),)


def _next(session: Session, event: Event, facts: Facts) -> Go:
    return Go("changed", set={"page": int(session.slot("page", 0)) + 1})


flow.choose(
    "changes",
    slot="country",
    among=country_choices,
    then=Go("changed"),
    hears=Branch(lambda s, e, f: _here(named_country(s, e, f), "changed"), "changed"),
    located=Branch(lambda s, e, f: _here(shared_country(s, e, f), "changed"), "changed"),
)
flow.menu(
    "changed",
    say=_changed,
    says=("notices.changed", "notices.changed.none"),
    idea=_sends("idea", 1),
    menu=Go("start.menu", digit=2),
    more=Branch(_next, "changed", only=lambda session, facts: len(_listed("changed", session, facts)) > 1, digit=7),
)
