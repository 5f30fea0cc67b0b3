"""Request: a person on duty looks at what somebody asks, on that person's own terms. First part: up to the consent.

Here belong the question whether this phone is safe now (E-4), who is on duty and when (D-7), for whom it is, what people on duty
have to tell an authority and then the age (D-2, D-9), and consent (a). The way of the answer is in ``flows.ways``, what is agreed
about it in ``flows.safe_contact``, the rest and the sending in ``flows.sending``. Never here: a question about what happened (D-1),
a promise, what a person typed.

    safe -> (same) -> who -> before (duty to report, age) -> ask (a) -> way … -> count (d) -> check -> done
"""

from __future__ import annotations

from typing import Any

from flows import accused, complaining, feedback, identifying, on_duty, safe_contact, sending, ways
from flows.crisis import line
from flows.facts import COUNTRIES, KINDS, OTHER_LANGUAGES, PRETEXTS, Facts
from flows.kernel import Aside, Branch, Country, Data, Event, Flow, Go, Language, Listing, Phrase, Session, Value

flow = Flow(
    "request",
    country=COUNTRIES,
    place="place id",
    page=range(0, 100),
    safe=("yes",),
    unsure=("yes",),
    whom=("self", "other", "friend"),
    tells=("yes",),
    elsewhere=("yes", "no"),
    representative=("yes", "no"),
    age=("under18", "adult", "unsaid"),
    ask=("yes",),
    contact=("yes", "no"),
    count=("yes", "no"),
    abroad=COUNTRIES,
    way=safe_contact.WAYS,
    refused="places in WAYS of ways that the person said no to",
    whose=("mine", "theirs"),
    zone="IANA zone, one of facts.zones",
    windows="places in WINDOW_NAMES",
    other=("yes", "no"),
    message=("yes", "no"),
    present=PRETEXTS,
    tries=range(1, 4),
    dropped=("no_call", "call"),
    code_words=("drawn", "own", "none"),
    need=(*KINDS, "unsaid"),
    urgent=("yes", "no"),
    wish=("woman", "man"),
    other_lang=OTHER_LANGUAGES,
    not_org="key of an organisation whose staff answer there",
    accused=accused.HOLDS,
    responders=("yes",),
    how=identifying.HOW,
    opened="(turn, collision) of a request that was sent",
)


def _country(session: Session, facts: Facts) -> dict[str, Value]:
    return {"country": Country(str(session.slot("country")))}


def _asked_of(session: Session, facts: Facts) -> dict[str, Any]:
    return {"country": Country(on_duty.desk(session, facts).country), "days": facts.ticket_days}


# --- is it safe? -----------------------------------------------------------------------------------------------------


def _to_them(session: Session) -> str:
    """To the people on duty; first to the word that it is they who read it, where something was said about them (C-4)."""
    return "same" if accused.are_answerers(session) else "who"


def _safe(session: Session, event: Event, facts: Facts) -> Go:
    return Go(_to_them(session) if on_duty.desk(session, facts).answers else "none", set={"safe": "yes"})


def _none_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    shown = on_duty.lines(session, facts, 1 if facts.channel.form == "sms" else 2)
    listing = (Aside(Listing(shown, lines=True)),) if shown else ()
    return (Phrase("request.none", _country(session, facts)), *listing)


def _has_another(session: Session, facts: Facts) -> bool:
    return bool(on_duty.another(session, facts)) and not session.slot("abroad")


flow.menu(
    "safe",
    yes=Branch(_safe, "who", "same", "none", digit=1),
    no=Go("not_now", digit=2),
    lines=Go("person.lines", digit=6),
)
flow.menu("not_now", menu=Go("start.menu", digit=1))
flow.menu(
    "none",
    say=_none_say,
    says=("request.none",),
    lines=Go("person.lines", digit=1),
    services=Go("services.where", digit=2),
    abroad=Go("abroad", only=_has_another, digit=3),
)


# --- the people whom something was said about -----------------------------------------------------------------------


def _same_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    """Lines, and who watches over the others: they do not depend on the people who answer here."""
    most = 1 if facts.channel.form == "sms" else 3
    lines = complaining.lines(session, facts, most)
    independent = [one for one in feedback.in_order(session, facts) if one.independent][:most]
    demo = (Phrase("service.demo"),) if any(one.demo for one in independent) else ()
    country = Country(on_duty.desk(session, facts).country)
    return (
        *demo,
        Phrase("request.same", {"country": country}),
        *((Listing(lines, lines=True),) if lines else ()),
        *((Listing(feedback.channel_rows(independent), lines=True),) if independent else ()),
    )


flow.menu(
    "same",
    say=_same_say,
    says=("request.same", "service.demo", *feedback.ROWS),
    lines=Go("person.lines", digit=1),
    channels=Go("feedback.channels", digit=2),
    anyway=Go("who", digit=3),
    skip=Go("not_now", digit=6),
)


# --- another country, named ------------------------------------------------------------------------------------------


def _abroad_params(session: Session, facts: Facts) -> dict[str, Value]:
    return {**_country(session, facts), "other": Country(on_duty.another(session, facts))}


def _abroad(session: Session, event: Event, facts: Facts) -> Go | None:
    """Begin with the people there: who they are, and what they have to tell, which is another country's law."""
    other = on_duty.another(session, facts)
    return Go(_to_them(session), set={"abroad": other, "ask": ""}) if other else None


flow.menu(
    "abroad",
    params=_abroad_params,
    yes=Branch(_abroad, "who", "same", only=_has_another, digit=1),
    no=Go("declined", digit=2),
    skip=Go("declined", digit=6),
)


# --- who answers -----------------------------------------------------------------------------------------------------


def _who_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    who, short = on_duty.desk(session, facts), facts.channel.form == "sms"
    waiting = on_duty.waiting("request.who", session, facts)
    if who.open_now:
        if not session.slot("age") and not on_duty.desk(on_duty.as_child(session), facts).open_now:
            waiting = Phrase("request.who.open_adults")  # nobody knows yet who asks, and a child would wait in vain
        return (Phrase("request.who"), waiting)
    shown = on_duty.lines(session, facts, 1 if short else 3)
    meanwhile = (Phrase("request.meanwhile"), Listing(shown, lines=True)) if shown else ()
    return (waiting, *meanwhile, Aside(Phrase("request.who")))


def _who_more(session: Session, facts: Facts) -> tuple[Value, ...]:
    who = on_duty.desk(session, facts)
    parts: list[Value] = [Phrase("request.who_more", _asked_of(session, facts))]
    if who.languages:
        spoken = Listing(tuple(Language(code) for code in who.languages[:6]))
        parts.append(Aside(Phrase("request.who_more.languages", {"languages": spoken})))
    if who.organisations:
        named = Listing(tuple(Data("organisation", name) for _, name in who.organisations[:6]))
        parts.append(Aside(Phrase("request.who_more.organisations", {"organisations": named})))
    return tuple(parts)


_FOR_ME: dict[str, Any] = {"whom": "self", "tells": "", "elsewhere": "", "representative": ""}

flow.menu(
    "who",
    say=_who_say,
    says=(
        "request.who", "request.who.open", "request.who.open_adults", "request.who.closed", "request.who.unknown",
        "request.meanwhile", *on_duty.WHEN,
    ),
    on=Go("before", set=_FOR_ME, digit=1),
    whom=Go("whom", digit=2),
    lines=Go("person.lines", digit=6),
    more=Go("who_more", digit=7),
)  # fmt: skip
flow.page(
    "who_more",
    say=_who_more,
    says=("request.who_more", "request.who_more.languages", "request.who_more.organisations"),
    then=Go("who"),
)


# --- for whom --------------------------------------------------------------------------------------------------------

flow.menu(
    "whom",
    other=Go("other", set=_FOR_ME, digit=1),
    friend=Go("friend", set={**_FOR_ME, "whom": "friend"}, digit=2),
    tells=Go("before", set={**_FOR_ME, "tells": "yes"}, only=on_duty.note_box, digit=3),
    elsewhere=Go("elsewhere", set=_FOR_ME, digit=4),
    skip=Go("before", set=_FOR_ME, digit=6),
)
flow.menu(
    "other",
    yes=Go("before", set={"whom": "other"}, digit=1),
    no=Go("friend", set={"whom": "friend"}, digit=2),
    skip=Go("friend", set={"whom": "friend"}, digit=6),
)
flow.page("friend", then=Go("before"))
flow.menu(
    "elsewhere",
    mine=Go("before", set={"elsewhere": "yes", "representative": "no"}, digit=1),
    represent=Go("before", set={"elsewhere": "yes", "representative": "yes", "whom": "other"}, digit=2),
    skip=Go("before", digit=6),
)


# --- what they have to tell, and then the age ------------------------------------------------------------------------


def _before_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    said = on_duty.duty_parts(on_duty.readers(session, facts), facts)
    return (*said, Phrase("request.age.other" if on_duty.somebody_else(session) else "request.age"))


def _under_18(session: Session, event: Event, facts: Facts) -> Go:
    return Go("child" if on_duty.desk(on_duty.as_child(session), facts).answers else "no_child", set={"age": "under18"})


def _child_line(session: Session, facts: Facts) -> tuple[Value, ...]:
    """First of all the line that children may call (D-9)."""
    found = facts.helplines.lines(str(session.slot("country")), ("children",), facts.now)[:1]
    return tuple(line(one) for one in found)


def _child_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    said = Phrase("request.child.other" if on_duty.somebody_else(session) else "request.child")
    parts = (*_child_line(session, facts), said)
    # D-7: what was said before the age holds for adults.
    return parts if on_duty.desk(session, facts).open_now else (*parts, on_duty.waiting("request.done", session, facts))


def _no_child_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (*_child_line(session, facts), Phrase("request.no_child", _asked_of(session, facts)))


flow.menu(
    "before",
    say=_before_say,
    says=(*on_duty.DUTY, "request.age", "request.age.other"),
    under18=Branch(_under_18, "child", "no_child", digit=1),
    adult=Go("ask", set={"age": "adult"}, digit=2),
    skip=Go("ask", set={"age": "unsaid"}, digit=6),
)
flow.page(
    "child",
    say=_child_say,
    says=("request.child", "request.child.other", "request.done.closed", "request.done.unknown", *on_duty.WHEN),
    then=Go("ask"),
)
flow.menu(
    "no_child",
    say=_no_child_say,
    says=("request.no_child",),
    lines=Go("person.lines", digit=1),
    services=Go("services.where", digit=2),
    abroad=Go("abroad", only=_has_another, digit=3),
)


# --- consent (a): hand it to the people on duty ----------------------------------------------------------------------


def _ask_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    child = session.slot("age") == "under18"
    return (Phrase("request.ask.child" if child else "request.ask", _asked_of(session, facts)),)


def _handed(session: Session, event: Event, facts: Facts) -> Go:
    """Whoever only wants to tell writes; everybody else says how the answer may come."""
    if session.slot("tells") and on_duty.note_box(session, facts):
        return Go("note", set={"ask": "yes", "way": "code", "contact": "no"})
    return Go("way", set={"ask": "yes", "tells": ""})


flow.menu(
    "ask",
    say=_ask_say,
    says=("request.ask", "request.ask.child"),
    yes=Branch(_handed, "way", "note", digit=1),
    no=Go("declined", set={"ask": ""}, digit=2),
    skip=Go("declined", set={"ask": ""}, digit=6),
    more=Go("ask_more", digit=7),
)
flow.page("ask_more", params=_asked_of, then=Go("ask"))
flow.menu("declined", lines=Go("person.lines", digit=1), services=Go("services.where", digit=2))

ways.add_to(flow)
safe_contact.add_to(flow)
sending.add_to(flow)
