"""Complaint: what somebody wants to say about a place, about how they were treated, or about anything else.

First part: the entry with its three plain choices (C-1), the country, what is said of a place, and everything else. How somebody
behaved is in ``flows.conduct``, what is sent and its receipt in ``flows.complaining``, what nobody here settles in
``flows.out_of_scope``. Never here: a question about who did it, what happened, or proof (C-3); a complaint itself, which is kept
nowhere but sealed.

    kind -> where -> what     -> safe -> (which) -> note -> check -> done
                  -> safe -> intro … (conduct)  -> note -> check -> done
                  -> other    -> safe -> (which) -> note -> check -> done

A remark that an entry is wrong is no complaint: it is handed over at once and leaves no code (``thanked``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flows import accused, complaining, conduct, identifying, out_of_scope
from flows.complaining import heard_in, path_of
from flows.complaint_fields import ABOUT, FRESH, SAID, TOPICS, WRONG, of_place
from flows.facts import COUNTRIES, Facts, Offer
from flows.feedback import ROWS, channel_rows, in_order
from flows.kernel import Aside, Branch, Choice, Country, Effect, Event, Flow, Go, Listing, Phrase, Session, Value
from flows.person import country_choices, named_country, shared_country
from flows.reading import fold
from flows.services import named
from flows.ticket import entry

flow = Flow(
    "complaint",
    country=COUNTRIES,
    place="place id",
    page=range(0, 100),
    safe=("yes",),
    unsure=("yes",),
    service="offer key",
    path=("service", "conduct", "other"),
    about=ABOUT,
    organisation="key of an organisation that the person chose from the list",
    topic=TOPICS,
    happened=("own", "other", "heard", "unsaid"),
    spot="place id",
    candidates="place ids",
    when=("today", "week", "month", "longer", "unsaid"),
    danger=("yes", "no", "unsaid"),
    child=("yes", "no", "unsaid"),
    minor=("yes",),
    helped=("yes", "no", "unsaid"),
    answered=("yes", "no", "unsaid"),
    count=("yes", "no"),
    matter=out_of_scope.MATTERS,
    how=identifying.HOW,
    heavy=("yes",),
    named=complaining.NAMED,
    paper=("yes", "no"),
    accused=accused.HOLDS,
    responders=("yes",),
    opened="(turn, collision) of a complaint that was sent",
)


# --- what about, and where -------------------------------------------------------------------------------------------


def offered(session: Session, facts: Facts) -> Offer | None:
    """The place whose details the person had open."""
    return facts.directory.get(int(session.slot("service") or 0))


def _service(session: Session, event: Event, facts: Facts) -> Go:
    """About the place whose details were open, if there were any: nobody is asked where it is."""
    offer = offered(session, facts)
    if offer is None:
        return Go("where", set={**FRESH, "path": "service", "service": 0})
    return Go("what", set=of_place(session, offer))


def _elsewhere(session: Session, country: str) -> dict[str, Any]:
    """Another country has other places."""
    return {} if country == session.slot("country") else {"place": 0}


def _onward(session: Session, country: str, facts: Facts) -> Go:
    """Where the country leads. What nobody could read is not asked first and refused afterwards."""
    filled: dict[str, Any] = {"country": country, **_elsewhere(session, country)}
    path = path_of(session)
    if path == "service":
        return Go("what", set=filled)
    if path == "other":
        return Go("other", set=filled)
    return Go("safe" if complaining.conduct_heard(country, facts) else "nobody", set=filled)


def _chosen(session: Session, event: Event, facts: Facts) -> Go:
    return _onward(session, str(session.slot("country")), facts)


def _told(go: Go | None, session: Session, facts: Facts) -> Go | None:
    return None if go is None else _onward(session, str(go.set["country"]), facts)


flow.menu(
    "kind",
    service=Branch(_service, "where", "what", digit=1),
    conduct=Go("where", set={**FRESH, "path": "conduct"}, digit=2),
    other=Go("where", set={**FRESH, "path": "other"}, digit=3),
    how=Go("feedback.where", digit=7),
)
flow.menu(
    "told",
    yes=Go("where", set={**FRESH, "path": "conduct"}, digit=1),
    person=Go("person.where", digit=2),
    services=Go("services.where", digit=3),
    skip=Go("start.menu", digit=6),
)
flow.choose(
    "where",
    slot="country",
    among=country_choices,
    then=Branch(_chosen, "what", "other", "safe", "nobody"),
    hears=Branch(lambda s, e, f: _told(named_country(s, e, f), s, f), "what", "other", "safe", "nobody"),
    located=Branch(lambda s, e, f: _told(shared_country(s, e, f), s, f), "what", "other", "safe", "nobody"),
)


# --- is it safe? -----------------------------------------------------------------------------------------------------


def _behind(session: Session, event: Event, facts: Facts) -> Go:
    to = "intro" if path_of(session) == "conduct" else "which" if complaining.whose_is_open(session) else "note"
    return Go(to, set={"safe": "yes"})


flow.menu(
    "safe",
    say=entry("request.safe"),
    says=("request.safe",),
    yes=Branch(_behind, "intro", "which", "note", digit=1),
    no=Go("request.not_now", digit=2),
    how=Go("feedback.channels", digit=6),
)


def _nobody(session: Session, facts: Facts) -> tuple[Value, ...]:
    """C-4: where nobody may read it, it is not taken; others who take complaints are named, independent ones first."""
    channels = in_order(session, facts)
    shown = channel_rows(channels[: 1 if facts.channel.form == "sms" else 3])
    demo = (Phrase("service.demo"),) if any(channel.demo for channel in channels[:3]) else ()
    lines = complaining.lines(session, facts, 1 if facts.channel.form == "sms" else 3)
    return (
        *demo,
        Phrase("complaint.nobody", {"country": Country(str(session.slot("country")))}),
        *((Listing(shown, lines=True),) if shown else ()),
        *((Aside(Listing(lines, lines=True)),) if lines else ()),
    )


flow.menu(
    "nobody",
    say=_nobody,
    says=("complaint.nobody", "service.demo", *ROWS),
    channels=Go("feedback.channels", digit=1),
    lines=Go("person.lines", digit=2),
    menu=Go("start.menu", digit=3),
)


# --- about a place ---------------------------------------------------------------------------------------------------


def _whats(session: Session, facts: Facts) -> Sequence[Choice]:
    return _OF_A_PLACE if offered(session, facts) is not None else _OF_ANY


def _what_choices(topics: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(topic, Phrase(f"complaint.what.{topic}")) for topic in topics)


_OF_ANY = _what_choices(("closed", *SAID))
_OF_A_PLACE = _what_choices((*WRONG, *SAID))


def _what_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    offer = offered(session, facts)
    if offer is None:
        return (Phrase("complaint.what"),)
    demo = (Phrase("service.demo"),) if offer.demo else ()
    return (*demo, Phrase("complaint.what.place", {"place": named(offer)}))


def _remark(session: Session, facts: Facts) -> Effect:
    return Effect(
        "remark",
        {
            "service": int(session.slot("service")),
            "country": str(session.slot("country")),
            "what": str(session.slot("topic")),
        },
    )


def _heard(session: Session, event: Event, facts: Facts) -> Go:
    """An entry that is wrong is somebody's work at once; everything else is for those who read what is said."""
    offer, topic = offered(session, facts), str(session.slot("topic"))
    if offer is None:
        return complaining.begins(session, facts, topic)
    if topic in WRONG:
        return Go("thanked", do=_remark, final=False)
    owner = _key(offer.organisation, session, facts)
    # Whose place it is nobody here knows: only whoever is tied to no one reads it.
    about = "service" if owner else "unknown"
    known = heard_in(session, facts, about, owner)
    filled = {"about": about, "organisation": owner, **accused.grown(session, owner, topic)}
    return Go("safe" if known else "nobody", set=filled)


def _key(name: str, session: Session, facts: Facts) -> str:
    """The key of the organisation behind a place, so that whoever is tied to it never meets what is said about it (C-4)."""
    there = facts.hearing.organisations(str(session.slot("country")))
    return next((key for key, public in there if fold(public) == fold(name)), "")


flow.choose(
    "what",
    slot="topic",
    among=_whats,
    then=Branch(_heard, "safe", "nobody", "thanked", "not_saved"),
    say=_what_say,
    says=("complaint.what", "complaint.what.place", "service.demo", *(f"complaint.what.{topic}" for topic in (*WRONG, *SAID))),
    another=Go("where", set={"service": 0}, only=lambda session, facts: offered(session, facts) is not None, digit=6),
    skip=Branch(
        lambda session, event, facts: complaining.begins(session, facts, "other"),
        "safe",
        "nobody",
        only=lambda session, facts: offered(session, facts) is None,
        digit=6,
    ),
)


def _meant(session: Session, facts: Facts) -> tuple[Value, ...]:
    offer = offered(session, facts)
    topic = Phrase(f"complaint.what.{session.slot('topic') or 'other'}")
    if offer is None:
        return (Phrase("complaint.meant.any", {"topic": topic}),)
    demo = (Phrase("service.demo"),) if offer.demo else ()
    return (*demo, Phrase("complaint.meant", {"place": named(offer), "topic": topic}))


flow.menu(
    "meant",
    say=_meant,
    says=("complaint.meant", "complaint.meant.any", "service.demo"),
    yes=Branch(_heard, "safe", "nobody", "thanked", "not_saved", digit=1),
    other=Go("what", digit=2),
    skip=Go("services.details", digit=6),
)
flow.menu(
    "thanked", say=entry("complaint.thanked"), says=("complaint.thanked",), more=Go("what", digit=7), on=Go("start.menu", digit=1)
)


# --- anything else ---------------------------------------------------------------------------------------------------


def _begins(topic: str, digit: int | None = None) -> Branch:
    return Branch(lambda session, event, facts: complaining.begins(session, facts, topic), "safe", "nobody", digit=digit)


flow.menu(
    "other",
    rumour=Go("notices.rumours"),
    thanks=_begins("thanks"),
    idea=_begins("idea"),
    matter=Go("matter"),
    changed=Go("notices.changed"),
    skip=_begins("other", digit=6),
)

out_of_scope.add_to(flow)
conduct.add_to(flow)
complaining.add_to(flow)
