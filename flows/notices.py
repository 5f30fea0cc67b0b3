"""Notices: what the network says to everybody. Questions that go round with their answers, and what it changed.

Here belong the lists and the reading of one. Each text was typed by a named role and checked before it was published, or is a
reviewed entry of the catalogs, which holds in every country (E-9). Never here: an answer to one person, a judgement on whoever
asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from flows import complaining
from flows.complaint_fields import FRESH
from flows.facts import COUNTRIES, RUMOURS, Facts, Notice, Reviewed
from flows.kernel import Branch, Choice, Data, Day, Event, Flow, Go, Listing, Phrase, Session, Understood, Value
from flows.person import country_choices, named_country, shared_country

flow = Flow("notices", country=COUNTRIES, page=range(0, 100), notice="position in the list, or one of RUMOURS")


def _listed(kind: str, session: Session, facts: Facts) -> tuple[Notice, ...]:
    return facts.notices.listed(kind, str(session.slot("country")), session.lang, facts.now)


def _title(notice: Notice) -> Value:
    return Data("notice.title", notice.title)


# --- is it true? -----------------------------------------------------------------------------------------------------


QUESTIONS = {name: f"notices.reviewed.{name}" for name in RUMOURS}
"""One of RUMOURS -> the catalog entry of its question."""
REPLIES = {name: f"{question}.text" for name, question in QUESTIONS.items()}
"""One of RUMOURS -> the catalog entry of its answer."""


def _rumours(session: Session, facts: Facts) -> Sequence[Choice]:
    """What was published for the country first: it is newer, and says more."""
    published = enumerate(_listed("rumour", session, facts))
    return (
        *(Choice(at, Data("notice.label", notice.title)) for at, notice in published),
        *(Choice(answer.name, Phrase(QUESTIONS[answer.name])) for answer in facts.reviewed.listed(facts.now)),
    )


SIZE = 5


def _rumours_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    found = _rumours(session, facts)
    if not found:
        return (Phrase("notices.rumours.none"),)
    if not facts.channel.buttons:
        return (Phrase("notices.rumours"),)
    start = int(session.slot("page", 0)) % max(1, -(-len(found) // SIZE)) * SIZE
    shown = tuple(
        Phrase("service.numbered", {"number": number, "line": choice.label})
        for number, choice in enumerate(found[start : start + SIZE], start=1)
    )
    return (Phrase("notices.rumours"), Listing(shown, lines=True))


def answering(heard: Understood, session: Session, facts: Facts) -> Go | None:
    """To the one reviewed answer that is asked for; None where nobody asks whether something is true, or names none that stands, or
    several. Before the list the name of one is enough."""
    if len(heard.rumours) != 1 or not ("rumour" in heard.topics or session.screen == "notices.rumours"):
        return None
    name = heard.rumours[0]
    stands = any(answer.name == name for answer in facts.reviewed.listed(facts.now))
    return Go("notices.rumour", set={"notice": name}) if stands else None


def _list(session: Session, event: Event, facts: Facts) -> Go:
    """Whoever came to an answer by words was not asked for the country yet."""
    return Go("rumours" if session.slot("country") else "where")


def _asks(topic: str) -> Callable[[Session, Event, Facts], Go]:
    """Something of one's own goes to those who can find out, or who collect ideas; nothing of an earlier complaint goes along."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        ahead = session.at(session.screen, slots={**session.slots, **FRESH, "path": "other"})
        go = complaining.begins(ahead, facts, topic)
        return Go(go.to, set={**FRESH, **go.set})

    return pick


_ask_rumour = _asks("rumour")


def _ask_somewhere(session: Session, event: Event, facts: Facts) -> Go:
    return _ask_rumour(session, event, facts) if session.slot("country") else Go("where")


def _sends(topic: str, digit: int) -> Branch:
    return Branch(_asks(topic), "complaint.safe", "complaint.nobody", digit=digit)


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
    says=("notices.rumours", "notices.rumours.none", "service.numbered", *QUESTIONS.values()),
    ask=_sends("rumour", 6),
)


def _rumour(session: Session, facts: Facts) -> tuple[Value, ...]:
    chosen = session.slot("notice", 0)
    if isinstance(chosen, str):
        answer = next((one for one in facts.reviewed.listed(facts.now) if one.name == chosen), None)
        return (Phrase("notices.gone") if answer is None else _reviewed(answer),)
    found = _listed("rumour", session, facts)
    return (_told("notices.rumour", found[chosen]) if chosen < len(found) else Phrase("notices.gone"),)


def _reviewed(answer: Reviewed) -> Phrase:
    return _dated("notices.rumour", Phrase(QUESTIONS[answer.name]), Phrase(REPLIES[answer.name]), answer.checked_on)


def _told(id: str, notice: Notice) -> Phrase:
    return _dated(id, _title(notice), Data("notice.text", notice.text), notice.published_on)


def _dated(id: str, title: Value, text: Value, day: date) -> Phrase:
    """Each entry opens with 40 letters of its own, so that a locked screen shows nothing of what follows (E-7)."""
    return Phrase(id, {"title": title, "text": text, "day": Day(day)})


flow.menu(
    "rumour",
    say=_rumour,
    says=("notices.rumour", "notices.gone", *QUESTIONS.values(), *REPLIES.values()),
    others=Branch(_list, "rumours", "where", digit=1),
    menu=Go("start.menu", digit=2),
    feedback=Go("complaint.kind", digit=3),
    person=Go("person.where", digit=4),
    ask=Branch(_ask_somewhere, "where", "complaint.safe", "complaint.nobody", digit=6),
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
