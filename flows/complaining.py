"""Complaining: what leaves a conversation as a complaint, who would read it, the last look, the sending and the receipt.

Here belong ``opening``, the one place that says what is handed over, as closed values and names of drafts; the optional note; the
check; what stands in a receipt (C-5). Never here: what was typed, who may read it on the desk (``bot.complaints``), a question
about what happened (C-3).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from flows import accused, crisis, identifying, naming, on_duty
from flows.complaint_fields import ANSWERED, HARMLESS, TELLING, WHO
from flows.facts import Facts, Helpline, Offer, OnCall, Purpose
from flows.kernel import Aside, Branch, Country, Data, Effect, Event, Flow, Go, Listing, Phrase, Said, Session, SlotValue, Value
from flows.services import for_kind, named
from flows.ticket import does, unkept, unkept_says

WHEN = on_duty.WHEN
"""Catalog entries that ``moment`` may use."""
OF_CONDUCT = "other_behaviour"
"""The one topic of how somebody behaved: what happened is not asked (C-3)."""
NOTE_LIMIT = 300
"""Characters of a note."""


def path_of(session: Session) -> str:
    return str(session.slot("path") or "other")


def inbox_of(session: Session) -> str:
    """``psea``: how somebody behaved; ``feedback``: everything else."""
    return "psea" if path_of(session) == "conduct" else "feedback"


def about_of(session: Session) -> str:
    """Whom it is about. What was not said counts as not known, and goes to whoever is tied to nobody (C-4)."""
    about = str(session.slot("about") or ("unknown" if path_of(session) == "conduct" else "none"))
    return "unknown" if about in ("organisation", "service") and not session.slot("organisation") else about


def organisation_of(session: Session) -> str:
    return str(session.slot("organisation")) if about_of(session) in ("organisation", "service") else ""


def organisation_name(session: Session, facts: Facts) -> str:
    """Public name of the organisation that was chosen; empty: none was, or it is not listed any more."""
    key = organisation_of(session)
    return dict(facts.hearing.organisations(str(session.slot("country")))).get(key, "") if key else ""


def heard_in(session: Session, facts: Facts, about: str, organisation: str = "") -> bool:
    """Whether feedback about this would be read."""
    return facts.hearing.reads(str(session.slot("country")), "feedback", about, organisation)


def conduct_heard(country: str, facts: Facts) -> bool:
    """Whether anybody there reads complaints about how somebody behaved, whomever they are about."""
    return any(facts.hearing.reads(country, "psea", about, "") for about in (*WHO, "unknown"))


def begins(session: Session, facts: Facts, topic: str) -> Go:
    """Something that is about no place that we know: to the question whether the phone is safe, or an honest no. Thanks and ideas
    go to everybody who reads; of all else it is asked later whose people it is about, so that it goes round them."""
    there = facts.hearing.organisations(str(session.slot("country")))
    if topic in HARMLESS:
        about, heard = "none", heard_in(session, facts, "none")
    else:
        about = "service" if there else "unknown"
        heard = heard_in(session, facts, "unknown") or any(heard_in(session, facts, "service", key) for key, _ in there)
    filled: dict[str, SlotValue] = {"topic": topic, "about": about, "organisation": "", "named": "", "path": path_of(session)}
    return Go("complaint.safe" if heard else "complaint.nobody", set=filled)


def whose_is_open(session: Session) -> bool:
    """Whether it is still to be asked which organisation it is about."""
    return path_of(session) != "conduct" and session.slot("about") == "service" and not session.slot("organisation")


def about_responders(session: Session) -> bool:
    """Whether it is about the people who answer here: they are no help beside it."""
    return path_of(session) == "conduct" and session.slot("about") == "responders"


def somebody_else_answers(session: Session, facts: Facts) -> bool:
    """Whether requests here may be offered as help."""
    return not about_responders(session) and on_duty.can_be_asked(session, facts)


def responders(session: Session) -> tuple[Value, ...]:
    """Who answers requests here, to whoever has said something about those people."""
    return (Phrase("complaint.responders"),) if about_responders(session) else ()


def a_child_writes(session: Session) -> bool:
    """Simpler words, and the line that children may call first."""
    return bool(session.slot("minor") == "yes")


# --- help, whatever is said ------------------------------------------------------------------------------------------


def health(digit: int) -> Branch:
    """To health services in the country that was said, others than theirs whom it is about."""
    return Branch(for_kind("health", around=True).pick, "services.results", "services.nothing", digit=digit)


_HELP: tuple[Purpose, ...] = ("women", "crisis", "refugee", "legal")


def lines(session: Session, facts: Facts, most: int, *, danger: bool = False) -> tuple[Value, ...]:
    """Telephone lines, first those that no police or migration control answers or hears from (C-8, C-11). ``danger``: the emergency
    number is among them, last. Where there is no other line it stands alone, with its mark."""
    country = str(session.slot("country"))
    child: tuple[Purpose, ...] = ("children",) if a_child_writes(session) or session.slot("child") == "yes" else ()
    found = facts.helplines.lines(country, (*child, *_HELP), facts.now)
    civil = [one for one in found if _civil(one)]
    emergency = list(facts.helplines.lines(country, ("emergency",), facts.now)[:1]) if danger or not civil else []
    return tuple(crisis.line(one) for one in (*civil[: most - len(emergency) if civil else 0], *emergency))


def _civil(found: Helpline) -> bool:
    return found.operator == "civil" and found.note not in crisis.TOLD


# --- what leaves -----------------------------------------------------------------------------------------------------


def card(session: Session, facts: Facts) -> dict[str, str]:
    """What is sealed of the answers: exactly the fields of C-3, each a closed value or the name of a municipality; and of a place
    of the directory its public name."""
    spot = facts.places.get(int(session.slot("spot") or 0)) if path_of(session) == "conduct" else None
    said = {name: str(session.slot(name) or "unsaid") for name in ANSWERED}
    fields = {
        "whose": said["happened"],
        "place": spot.name if spot is not None else "",
        "when": said["when"],
        "danger": said["danger"],
        "child": "yes" if a_child_writes(session) else said["child"],
        "help": said["helped"],
        "contact": said["answered"],
        # Whether what was written may leave the network on paper: without a yes it does not.
        "paper": str(session.slot("paper") or "unsaid"),
        "about": about_of(session),
        "topic": topic_of(session),
    }
    offer = place_of(session, facts)
    return fields | ({"service": offer.short_name or offer.name} if offer is not None else {})


def place_of(session: Session, facts: Facts) -> Offer | None:
    """The place of the directory that it is about."""
    known = path_of(session) == "service" and about_of(session) == "service"
    return facts.directory.get(int(session.slot("service") or 0)) if known else None


def accusing(session: Session) -> str:
    """The topic by which it is asked whether anybody is accused (``flows.accused``): what goes round somebody's people because of
    what was written does, also as an idea."""
    return OF_CONDUCT if session.slot("named") else topic_of(session)


def topic_of(session: Session) -> str:
    return OF_CONDUCT if path_of(session) == "conduct" else str(session.slot("topic") or "other")


def may_be_sent(session: Session, facts: Facts) -> bool:
    """Nothing leaves but behind the question whether the phone is safe (E-4)."""
    return bool(session.slot("safe") == "yes")


def opening(session: Session, facts: Facts) -> Effect:
    """The complaint as it is handed over. ``note``: whether what waits in the draft goes along."""
    sealed = card(session, facts)
    return Effect(
        "open_complaint",
        {
            "country": str(session.slot("country")),
            "inbox": inbox_of(session),
            "about": about_of(session),
            "organisation": organisation_of(session),
            "topic": topic_of(session),
            "child": sealed["child"] == "yes",
            "urgent": sealed["danger"] == "yes",
            "counted": session.slot("count") == "yes",
            "card": sealed,
            "note": "note" in facts.draft,
        },
    )


# --- the note --------------------------------------------------------------------------------------------------------


HEAVY = frozenset("CH")
"""Classes of cues that tell how somebody behaved: they are not left to wait among feedback without a question."""
HARM = HEAVY | frozenset("BFK")
"""Classes of cues that tell that somebody did harm: perhaps somebody who helps."""
UNNAMED = "?"
"""In place of the organisations that a note names: it is about people who help, or tells what somebody did, and names none."""
NAMED = "keys of organisations that a note names, with spaces between, or complaining.UNNAMED"
"""What the slot ``named`` is, for topics that name it."""


def _noted(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said) or not any(map(str.isalpha, event.words.reveal())):
        return None  # a "3" out of habit, or a heart, is no message
    told: dict[str, SlotValue] = {"heavy": "yes" if event.alarm in HEAVY else "", "named": _named(session, event, facts)}
    go = _kept(session.at(session.screen, slots={**session.slots, **told}), facts, identifying.effect("keep_note"))
    return msgspec.structs.replace(go, set=told)


def _named(session: Session, event: Said, facts: Facts) -> str:
    """Whose people it may have to go round: a rumour about an organisation is read by that organisation else. Of what goes round
    one already, the others. Empty: nobody is named, and nothing tells that it is about people who help."""
    about = about_of(session)
    if about not in ("none", "service"):
        return ""
    keys = naming.within(event.words.reveal(), facts.hearing.organisations(str(session.slot("country"))))
    if about == "service":
        known = facts.hearing.one_with([organisation_of(session)])
        return " ".join(key for key in keys if key not in known)
    if session.slot("topic") == "thanks" and not _accuses(event):
        return ""  # thanks are for those whom they name
    return " ".join(keys) or (UNNAMED if _accuses(event) or _tells(event) else "")


def _accuses(event: Said) -> bool:
    """Whether words tell that somebody did something bad."""
    heard = event.understood
    complains = heard.sure and heard.intents[:1] == ("complaint",)
    return bool(event.alarm in HARM or TELLING & {*heard.remarks} or complains)


def _tells(event: Said) -> bool:
    """Whether words may be about people who help. In doubt they are: it costs one question, and else those people read it."""
    heard = event.understood
    whom = {"organisation", "responders"} & {*heard.whom}
    return bool(whom or "complaint" in heard.intents or "feedback" in heard.topics)


def _kept(session: Session, facts: Facts, do: Callable[[Session, Facts], Effect]) -> Go:
    told = session.slot("heavy") == "yes"
    if path_of(session) == "conduct":
        to = "paper"
    else:
        to = "as_conduct" if told and conduct_heard(str(session.slot("country")), facts) else _as_feedback(session)
    return Go(to, do=do, outcomes={"long": "note_long", identifying.FOUND: identifying.FOUND}, final=False)


def _passed(session: Session, event: Event, facts: Facts) -> Go:
    """Without another message. What was written before, and waits still for an answer to that question, does not slip by."""
    named = str(session.slot("named")).split()
    unasked = "note" in facts.draft and about_of(session) in ("none", "service") and organisation_of(session) not in named
    return Go(_as_feedback(session) if unasked else "check")


_PASSED = Branch(_passed, "check", "round", digit=6)


def _as_feedback(session: Session) -> str:
    """To the last look, or first to the question whether it shall go round somebody's people (``flows.whose``)."""
    return "round" if session.slot("named") else "check"


_NOTE_TO = ("check", "paper", "as_conduct", "round", "note_long", identifying.FOUND, "not_saved")
_NOTE = Branch(_noted, *_NOTE_TO)


def _still_feedback(session: Session, facts: Facts) -> bool:
    """Not whoever said yes and came back: what it is about may have been answered anew."""
    return path_of(session) != "conduct"


def _as_conduct(session: Session, event: Event, facts: Facts) -> Go:
    """The note goes along: others read it now, and the person said so."""
    key = organisation_of(session)
    filled: dict[str, SlotValue] = {"path": "conduct", "about": "organisation" if key else "", "heavy": "", "named": ""}
    return Go("intro", set={**filled, **accused.grown(session, key, OF_CONDUCT)}, do=does("move_note"), final=False)


def _note_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    if path_of(session) != "conduct":
        name = "rumour" if topic_of(session) == "rumour" else "feedback"
    else:
        name = "child" if a_child_writes(session) else "conduct"
    return (Phrase(f"complaint.note.{name}", {"most": NOTE_LIMIT}),)


# --- the last look ---------------------------------------------------------------------------------------------------


def due(session: Session, facts: Facts) -> Value | None:
    """When a first answer to what is sent now can be there, in the person's own time where that is plain."""
    country = str(session.slot("country"))
    at = facts.hearing.due(country, inbox_of(session), facts.now)
    return moment(country, at, session, facts)


def moment(country: str, at: float, session: Session, facts: Facts) -> Value | None:
    """A point in time as people there say it."""
    zones = facts.zones(country, int(session.slot("place", 0) or 0))
    desk = OnCall(country=country, opens_at=at, zone=zones[0])
    there = session.at(session.screen, slots={**session.slots, "country": country})
    return on_duty.when(desk, there, facts)


def _what_of(session: Session, facts: Facts) -> list[Value]:
    """What would go, for the one who looks it over: whom it is about, and which answers were given."""
    if path_of(session) != "conduct":
        said: list[Value] = [Phrase("complaint.check.topic", {"topic": Phrase(f"complaint.what.{topic_of(session)}")})]
        offer = place_of(session, facts)
        said += [Phrase("complaint.check.place", {"place": named(offer)})] if offer is not None else []
        return [*said, *_not_to(session, facts)]
    about = about_of(session)
    said = [Phrase("complaint.check.about", {"about": Phrase(f"complaint.who.{about}")}), *_not_to(session, facts)]
    spot = facts.places.get(int(session.slot("spot") or 0))
    if spot is not None:
        said.append(Phrase("complaint.check.place", {"place": Data("place", spot.name)}))
    if session.slot("happened") not in ("", "unsaid"):
        said.append(Phrase(f"complaint.check.{session.slot('happened')}"))
    if session.slot("when") not in ("", "unsaid"):
        said.append(Phrase(f"complaint.when.{session.slot('when')}"))
    said += [Phrase(f"complaint.check.{name}") for name in ("danger", "child", "helped", "answered") if session.slot(name) == "yes"]
    return said


def _not_to(session: Session, facts: Facts) -> list[Value]:
    name = organisation_name(session, facts)
    return [Phrase("complaint.check.not_to", {"organisation": Data("complaint.organisation", name)})] if name else []


def _read_by(session: Session) -> str:
    """The entry that says who reads it: of feedback that depends on whom it is about."""
    if path_of(session) == "conduct":
        return "complaint.check.psea"
    about = about_of(session)
    return "complaint.check.feedback" if about == "none" else f"complaint.check.feedback.{about}"


def _check_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    offer = place_of(session, facts)
    parts: list[Value] = [Phrase("service.demo")] if offer is not None and offer.demo else []
    parts.append(Phrase(_read_by(session), {"country": Country(str(session.slot("country")))}))
    added = _what_of(session, facts)
    if "note" in facts.draft:
        added.insert(1, Phrase("complaint.check.note.paper" if session.slot("paper") == "yes" else "complaint.check.note"))
    if session.slot("count") == "yes":
        added.append(Phrase("complaint.check.counted"))
    if facts.channel.form == "sms":
        return (*parts, *(Aside(one) for one in added))
    return (*parts, Listing(tuple(Phrase("complaint.check.row", {"what": one}) for one in added), lines=True))


_CHECKED = (
    "service.demo",
    "complaint.check.psea", "complaint.check.feedback", "complaint.check.feedback.service", "complaint.check.feedback.unknown",
    "complaint.check.row", "complaint.check.topic", "complaint.check.place", "complaint.check.about", "complaint.check.not_to",
    "complaint.check.note", "complaint.check.note.paper", "complaint.check.counted",
    *(f"complaint.check.{name}" for name in ("own", "other", "heard", "danger", "child", "helped", "answered")),
    "complaint.what.rumour",
)  # fmt: skip


def _is_counted(session: Session, facts: Facts) -> bool:
    return bool(session.slot("count") == "yes")


def _is_not_counted(session: Session, facts: Facts) -> bool:
    return not _is_counted(session, facts)


def _conduct(session: Session, facts: Facts) -> bool:
    return path_of(session) == "conduct"


# --- the receipt -----------------------------------------------------------------------------------------------------


def _done_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    turn, collision = (*session.slot("opened", ()), 0, 0)[:2]
    code = Data("code", facts.code(session.id, int(turn), int(collision)))
    inbox = inbox_of(session)
    when = due(session, facts)
    read = "child" if inbox == "psea" and a_child_writes(session) else inbox
    shown = lines(session, facts, 1 if facts.channel.form == "sms" else 3) if inbox == "psea" else ()
    return (
        Phrase("complaint.done", {"code": code}),
        Phrase(f"complaint.done.{read}"),
        *((Phrase("complaint.done.when", {"when": when}),) if when is not None else ()),
        Phrase("complaint.done.limits"),
        *responders(session),
        Aside(Phrase("complaint.done.lost")),
        *((Aside(Listing((Phrase("complaint.done.help"), *shown), lines=True)),) if shown else ()),
    )


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the complaint."""
    for name in ("note", "note_long"):
        flow.ask(
            name,
            say=_note_say if name == "note" else lambda session, facts: (Phrase("request.note_long", {"most": NOTE_LIMIT}),),
            says=(
                tuple(f"complaint.note.{form}" for form in ("feedback", "rumour", "conduct", "child"))
                if name == "note"
                else ("request.note_long",)
            ),
            hears=_NOTE,
            addressed=True,
            skip=_PASSED,
        )
    identifying.add_to(
        flow,
        does="keep_note",
        keep=_kept,
        to=_NOTE_TO,
        hears=_NOTE,
        skip=_PASSED,
    )
    flow.menu(
        "paper",
        yes=Go("check", set={"paper": "yes"}, digit=1),
        no=Go("check", set={"paper": "no"}, digit=2),
        skip=Go("check", set={"paper": ""}, digit=6),
    )
    flow.menu(
        "as_conduct",
        yes=Branch(_as_conduct, "intro", "not_saved", digit=1),
        no=Branch(
            lambda session, event, facts: Go(_as_feedback(session), set={"heavy": ""}),
            "check",
            "round",
            only=_still_feedback,
            digit=2,
        ),
        stop=Go("stopped", digit=6),
    )
    flow.menu(
        "check",
        say=_check_say,
        says=_CHECKED,
        send=Go("done", do=opening, only=may_be_sent, outcomes={"nobody": "nobody", "busy": "busy"}),
        write=Go("note"),
        count=Go("check", set={"count": "yes"}, only=_is_not_counted),
        uncount=Go("check", set={"count": "no"}, only=_is_counted),
        help=Go("help", only=_conduct),
        stop=Go("stopped", digit=6),
    )
    flow.page("stopped", params=lambda session, facts: {"minutes": facts.keep_minutes}, then=Go("start.menu"))
    flow.page(
        "done",
        say=_done_say,
        says=(
            "complaint.done", "complaint.done.psea", "complaint.done.child", "complaint.done.feedback", "complaint.done.when",
            "complaint.done.limits", "complaint.done.lost", "complaint.done.help", "complaint.responders", *on_duty.WHEN,
        ),
        then=Go("start.menu"),
        lines=Go("person.lines", digit=2),
        person=Go("request.safe", only=somebody_else_answers, digit=3),
        health=health(4),
    )  # fmt: skip
    flow.menu(
        "not_saved",
        say=unkept("complaint"),
        says=unkept_says("complaint"),
        channels=Go("feedback.channels", digit=1),
        lines=Go("person.lines", digit=2),
    )
    flow.menu("busy", channels=Go("feedback.channels", digit=1), lines=Go("person.lines", digit=2))
