"""Conduct: how somebody who helps, or an official, behaved. What is forbidden, help first, then few questions, one a message.

Here belongs everything between the gate and the last look of such a complaint. All of it lies behind "is it fine to read and write
on this phone now?" (E-4). Exactly the fields of C-3 are asked, and each can be passed over; ``end`` leads to the last look at
once, so that one choice is enough (C-9). Never here: a question about the name of anybody, what happened, proof, witnesses, or why.

    intro -> help -> who -> (which) -> happened -> spot -> when -> danger -> (numbers) -> child -> helped -> answered -> note
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flows import accused, complaining, crisis, whose
from flows.complaining import a_child_writes
from flows.complaint_fields import WHO
from flows.facts import Facts, served
from flows.kernel import Branch, Choice, Country, Event, Flow, Go, Listing, Located, Phrase, Said, Session, Value
from flows.services import place_name

WHEN = ("today", "week", "month", "longer")
HAPPENED = ("own", "other", "heard")
_ENDS = 5
"""The digit that leads to the last look from every question."""


# --- what is forbidden, and help first -------------------------------------------------------------------------------


def _child_line(session: Session, facts: Facts) -> tuple[Value, ...]:
    found = facts.helplines.lines(str(session.slot("country")), ("children",), facts.now)[:1]
    return tuple(crisis.line(one) for one in found if one.operator == "civil")


def _intro(session: Session, facts: Facts) -> tuple[Value, ...]:
    if a_child_writes(session):
        return (*_child_line(session, facts), Phrase("complaint.intro.child"))
    return (Phrase("complaint.intro"),)


def _help(session: Session, facts: Facts) -> tuple[Value, ...]:
    shown = complaining.lines(session, facts, 1 if facts.channel.form == "sms" else 3)
    listing = (Listing(shown, lines=True),) if shown else ()
    said = complaining.responders(session)
    return (Phrase("complaint.help.child" if a_child_writes(session) else "complaint.help"), *said, *listing)


# --- whom it is about ------------------------------------------------------------------------------------------------


def _about(about: str) -> Branch:
    """Nothing further is asked where nobody could read it."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        filled: dict[str, Any] = {"about": about, "organisation": "", **accused.answerers(about)}
        if about == "organisation" and facts.hearing.organisations(str(session.slot("country"))):
            return Go("which", set=filled)
        return Go("happened" if _read(session, facts, "unknown" if about == "organisation" else about) else "nobody", set=filled)

    return Branch(
        pick, *(("which",) if about == "organisation" else ()), "happened", "nobody", digit=6 if about == "unknown" else None
    )


def _read(session: Session, facts: Facts, about: str) -> bool:
    return facts.hearing.reads(str(session.slot("country")), "psea", about, "")


# --- where, no finer than a municipality -----------------------------------------------------------------------------


def _placed(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said):
        return None
    country = str(session.slot("country"))
    mention = served(facts.places.named(event.words.reveal(), country), facts.countries)
    if not mention.places:
        mention = event.understood.mention
    there = tuple(place for place in mention.places if place.country == country)
    if len(there) == 1 and mention.certain:
        return Go("when", set={"spot": there[0].id})
    if there:
        return Go("which_spot", set={"candidates": tuple(place.id for place in there)})
    # A second time it is asked in other words. A place in another country leads to no search.
    return Go("spot_unknown") if session.screen != "complaint.spot_unknown" or mention.places or mention.countries else None


def _located(session: Session, event: Event, facts: Facts) -> Go | None:
    """Of a shared place only the municipality remains, where it lies in the country that was said."""
    if not isinstance(event, Located):
        return None
    place = event.area.places.get(str(session.slot("country")))
    return Go("when", set={"spot": place.id}) if place is not None else Go("spot_unknown")


def _spots(session: Session, facts: Facts) -> list[Choice]:
    places = (facts.places.get(place_id) for place_id in session.slot("candidates", ()))
    return [Choice(place.id, place_name(place)) for place in places if place]


# --- danger, and a child ---------------------------------------------------------------------------------------------


def _numbers(session: Session, facts: Facts) -> tuple[Value, ...]:
    """Numbers first; no police before others (C-11)."""
    shown = complaining.lines(session, facts, 3, danger=True)
    return (
        Phrase("emergency.numbers", {"country": Country(str(session.slot("country")))}),
        Listing(shown, lines=True),
        Phrase("complaint.numbers"),
    )


def _past_danger(session: Session, event: Event, facts: Facts) -> Go:
    """A child who writes is not asked whether a child is concerned."""
    return Go("helped" if a_child_writes(session) else "child")


def _danger(answer: str, digit: int) -> Branch:
    def pick(session: Session, event: Event, facts: Facts) -> Go:
        return Go(_past_danger(session, event, facts).to, set={"danger": answer})

    return Branch(pick, "child", "helped", digit=digit)


def _last(answer: str, digit: int) -> Branch:
    """Who has written something already is not asked for it again."""
    return Branch(
        lambda session, event, facts: Go("paper" if "note" in facts.draft else "note", set={"answered": answer}),
        "note",
        "paper",
        digit=digit,
    )


def _plain(slot: str, to: str, answers: Sequence[str]) -> dict[str, Any]:
    """One question of closed answers: a digit each, 5 to the last look, 6 to pass it over."""
    return {
        **{answer: Go(to, set={slot: answer}, digit=digit) for digit, answer in enumerate(answers, start=1)},
        "end": Go("check", digit=_ENDS),
        "skip": Go(to, set={slot: "unsaid"}, digit=6),
    }


def _worded(id: str) -> Callable[[Session, Facts], tuple[Value, ...]]:
    """A question that is put more simply to a child."""
    return lambda session, facts: (Phrase(f"{id}.child" if a_child_writes(session) else id),)


# --- the screens -----------------------------------------------------------------------------------------------------


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the complaint."""
    flow.menu(
        "intro",
        say=_intro,
        says=("complaint.intro", "complaint.intro.child"),
        on=Go("help", digit=1),
        minor=Go("intro", set={"minor": "yes"}, only=lambda session, facts: not a_child_writes(session), digit=2),
        stop=Go("stopped", digit=6),
        more=Go("readers", digit=7),
    )
    flow.page("readers", then=Go("intro"))
    flow.menu(
        "help",
        say=_help,
        says=("complaint.help", "complaint.help.child", "complaint.responders"),
        on=Go("who", digit=1),
        person=Go("request.safe", only=complaining.somebody_else_answers, digit=2),
        health=complaining.health(3),
        lines=Go("person.lines", digit=4),
    )
    _whom(flow)
    whose.add_to(flow)
    flow.menu(
        "happened",
        say=_worded("complaint.happened"),
        says=_both("complaint.happened"),
        **_plain("happened", "spot", HAPPENED),
    )
    _spot(flow)
    flow.menu("when", **_plain("when", "danger", WHEN))
    flow.menu(
        "danger",
        yes=Go("numbers", set={"danger": "yes"}, digit=1),
        no=_danger("no", 2),
        end=Go("check", digit=_ENDS),
        skip=_danger("unsaid", 6),
    )
    flow.page(
        "numbers",
        say=_numbers,
        says=("emergency.numbers", "complaint.numbers"),
        then=Branch(_past_danger, "child", "helped"),
        end=Go("check", digit=_ENDS),
    )
    flow.menu("child", **_plain("child", "helped", ("yes", "no")))
    flow.menu(
        "helped",
        say=_worded("complaint.helped"),
        says=_both("complaint.helped"),
        **_plain("helped", "answered", ("yes", "no")),
    )
    flow.menu("answered", yes=_last("yes", 1), no=_last("no", 2), end=Go("check", digit=_ENDS), skip=_last("unsaid", 6))


def _both(id: str) -> tuple[str, str]:
    return (id, f"{id}.child")


def _whom(flow: Flow) -> None:
    abouts: dict[str, Any] = {about: _about(about) for about in WHO}
    flow.menu(
        "who",
        say=_worded("complaint.who"),
        says=(*_both("complaint.who"), "complaint.who.again"),
        other_words="complaint.who.again",
        size=4,
        **abouts,
        unknown=_about("unknown"),
    )


def _spot(flow: Flow) -> None:
    for name in ("spot", "spot_unknown"):
        flow.ask(
            name,
            hears=Branch(_placed, "when", "which_spot", "spot_unknown"),
            located=Branch(_located, "when", "spot_unknown"),
            end=Go("check", digit=_ENDS),
            skip=Go("when", set={"spot": 0}, digit=6),
        )
    flow.choose(
        "which_spot",
        slot="spot",
        among=_spots,
        size=4,
        then=Go("when"),
        end=Go("check", digit=_ENDS),
        skip=Go("when", set={"spot": 0}, digit=6),
    )
