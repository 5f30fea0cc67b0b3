"""Sending: what may be added to a request, consent (d), the last look, the step that cannot be undone, and the receipt.

Here belong the optional details (kind of help, note, wishes, urgency, another country), being counted, the check screen, and
``opening``: the one place that says what leaves a conversation, as closed values and names of drafts. Never here: what was typed,
the way of the answer (``flows.ways``), how a request is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flows import accused, identifying, on_duty, safe_contact
from flows.facts import OTHER_LANGUAGES, Facts
from flows.kernel import Aside, Branch, Choice, Country, Data, Effect, Event, Flow, Go, Listing, Phrase, Said, Session, Value
from flows.safe_contact import after
from flows.services import KIND_OPTIONS
from flows.ticket import unkept, unkept_says

NOTE_LIMIT = 300
"""Characters of a note (D-1)."""

_KIND_LABELS = {kind: f"services.kind.{option}" for option, kind in KIND_OPTIONS.items()}


# --- what leaves -----------------------------------------------------------------------------------------------------


def may_be_sent(session: Session, facts: Facts) -> bool:
    """Nothing leaves before the person said yes to (a), behind the question whether the phone is safe."""
    return bool(session.slot("safe") == "yes" and session.slot("ask") == "yes")


def way(session: Session, facts: Facts) -> str:
    """The way that was agreed to: without a yes to (b), or without a confirmed number, it is the code."""
    chosen = str(session.slot("way") or "code")
    if session.slot("tells") or session.slot("contact") != "yes":
        return "code"
    if chosen == "phone":
        return "phone" if "number" in facts.draft and session.slot("whose") in ("mine", "theirs") else "code"
    return "here" if chosen == "here" and facts.channel.reach != "none" else "code"


def wishes(session: Session, facts: Facts) -> dict[str, str]:
    """What was wished of the person on duty."""
    return {"wish": str(session.slot("wish")), "other_lang": str(session.slot("other_lang"))}


def opening(session: Session, facts: Facts) -> Effect:
    """The request as it is handed over: exactly what the person agreed to, whatever else was chosen and taken back on the way.

    ``drafts`` names what of the draft may go with it: ``note``, ``number``, ``word``."""
    agreed = way(session, facts)
    called, contacted = agreed == "phone", agreed != "code"
    word = safe_contact.code_words(session, facts) if contacted else "none"
    drafts = [
        name
        for name, wanted in (
            ("note", on_duty.note_box(session, facts)),
            ("number", called),
            ("word", word == "own"),
        )
        if wanted and name in facts.draft
    ]
    abroad = str(session.slot("abroad"))
    return Effect(
        "open_request",
        {
            "country": str(session.slot("country")),
            "countries": (abroad,) if abroad else (),
            "whom": str(session.slot("whom") or "self"),
            "age": str(session.slot("age") or "unsaid"),
            "elsewhere": session.slot("elsewhere") == "yes",
            "representative": session.slot("representative") == "yes",
            "tells": session.slot("tells") == "yes",
            "urgent": session.slot("urgent") == "yes",
            "need": str(session.slot("need") or "unsaid"),
            "counted": session.slot("count") == "yes",
            **wishes(session, facts),
            "not_orgs": on_duty.left_out(session),
            "way": agreed,
            "whose": str(session.slot("whose")) if called else "",
            "windows": safe_contact.windows(session) if contacted else (),
            "zone": str(session.slot("zone")) if contacted else "",
            "other": called and session.slot("other") == "yes",
            "message": called and session.slot("message") == "yes",
            "present": safe_contact.present(session) if called else "",
            "tries": safe_contact.tries(session) if called else 0,
            "dropped": str(session.slot("dropped") or "no_call") if called else "",
            "code_words": word,
            "words": safe_contact.drawn(session.id) if contacted and word != "none" else (),
            "drafts": tuple(drafts),
        },
    )


# --- what may be added -----------------------------------------------------------------------------------------------


def _tells(session: Session, facts: Facts) -> bool:
    return bool(session.slot("tells"))


def _contacted(session: Session, facts: Facts) -> bool:
    return way(session, facts) != "code"


def _another_too(session: Session, facts: Facts) -> bool:
    """Asked only while nobody answers in the country, and where somebody does in another one, which is named."""
    if session.slot("abroad") or on_duty.desk(session, facts).open_now:
        return False
    return bool(on_duty.another(session, facts))


def _kinds(session: Session, facts: Facts) -> Sequence[Choice]:
    return _KIND_CHOICES


_KIND_CHOICES = tuple(Choice(kind, Phrase(label)) for kind, label in _KIND_LABELS.items())
_LANGUAGE_CHOICES = tuple(Choice(code, Phrase(f"request.tongue.{code}")) for code in OTHER_LANGUAGES)


def _languages(session: Session, facts: Facts) -> Sequence[Choice]:
    return _LANGUAGE_CHOICES


def _organisations(session: Session, facts: Facts) -> Sequence[Choice]:
    return tuple(Choice(key, Data("organisation", name)) for key, name in on_duty.desk(session, facts).organisations)


def _has_organisations(session: Session, facts: Facts) -> bool:
    return bool(on_duty.desk(session, facts).organisations)


def _abroad_too_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    other = on_duty.another(session, facts)
    asked = Phrase("request.abroad_too", {"country": Country(str(session.slot("country"))), "other": Country(other)})
    return (asked, *on_duty.duty_parts((other,), facts))


def _abroad_too(session: Session, event: Event, facts: Facts) -> Go | None:
    other = on_duty.another(session, facts)
    return Go("check", set={"abroad": other}) if other else None


# --- the note --------------------------------------------------------------------------------------------------------


def _note_say(id: str) -> Any:
    def say(session: Session, facts: Facts) -> tuple[Value, ...]:
        child = id == "request.note" and on_duty.a_child_writes(session)
        return (Phrase(f"{id}.child" if child else id, {"most": NOTE_LIMIT}),)

    return say


def _noted(session: Session, event: Event, facts: Facts) -> Go | None:
    """D-2 holds here as well: a text that ran out in the meantime closes the box."""
    if not isinstance(event, Said) or not on_duty.note_box(session, facts):
        return None
    if not any(map(str.isalpha, event.words.reveal())):
        return None  # a "3" out of habit, or a heart, is no message
    return _kept(session, facts, identifying.effect("keep_note"))


def _kept(session: Session, facts: Facts, do: Callable[[Session, Facts], Effect]) -> Go | None:
    if not on_duty.note_box(session, facts):
        return None
    return Go(after(session), do=do, outcomes={"long": "note_long", identifying.FOUND: identifying.FOUND}, final=False)


_NOTE = Branch(_noted, "count", "check", "note_long", identifying.FOUND, "not_saved")


def _no_note(session: Session, event: Event, facts: Facts) -> Go:
    """Without words there is nothing to tell: whoever has none may still ask for a person."""
    if session.slot("tells") and "note" not in facts.draft:
        return Go("way", set={"tells": ""})
    return Go(after(session))


# --- the last look ---------------------------------------------------------------------------------------------------


def _heard(session: Session, facts: Facts) -> bool:
    """What was confided is answered first, in one sentence (D-11)."""
    return "note" in facts.draft or session.slot("need") == "case-management"


def _wished(session: Session, facts: Facts) -> list[Value]:
    said: list[Value] = []
    wished, who = wishes(session, facts), on_duty.desk(session, facts)
    missing = False
    if wished["wish"]:
        said.append(Phrase(f"request.check.{wished['wish']}"))
        missing = not (who.women if wished["wish"] == "woman" else who.men)
    if wished["other_lang"]:
        said.append(Phrase("request.check.language", {"language": Phrase(f"request.tongue.{wished['other_lang']}")}))
        missing = missing or wished["other_lang"] not in who.languages
    if missing:
        said.append(Phrase("request.check.cannot"))
    named = dict(facts.hearing.organisations(str(session.slot("country")))) if accused.keys(session) else {}
    named |= dict((*on_duty.home(session, facts).organisations, *who.organisations))
    without = [Data("organisation", named[key]) for key in on_duty.left_out(session) if key in named]
    said += [Phrase("request.check.not_org", {"organisation": organisation}) for organisation in without]
    if without and not who.open_now:  # perhaps because of this wish
        said.append(on_duty.waiting("request.done", session, facts))
    return said


def _check_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    agreed, who = way(session, facts), on_duty.desk(session, facts)
    name = "tells" if session.slot("tells") else agreed
    answer: dict[str, Any] = {"number": facts.draft["number"]} if agreed == "phone" else {}
    # A locked screen shows the first line, which is the same for everybody.
    parts: list[Value] = [Phrase("request.check", {"country": Country(who.country)})]
    parts += [Phrase("request.heard")] if _heard(session, facts) else []
    added: list[Value] = [Phrase(f"request.check.way.{name}", answer)]
    if session.slot("abroad") not in ("", who.country):
        added.append(Phrase("request.check.abroad", {"country": Country(str(session.slot("abroad")))}))
    if "note" in facts.draft:
        added.append(Phrase("request.check.note" if on_duty.note_box(session, facts) else "request.check.no_note"))
    if session.slot("urgent") == "yes":
        added.append(Phrase("request.check.urgent"))
    further = _wished(session, facts)
    if session.slot("need") in _KIND_LABELS:
        further.insert(0, Phrase("request.check.need", {"need": Phrase(_KIND_LABELS[session.slot("need")])}))
    further.append(Phrase("request.check.counted" if session.slot("count") == "yes" else "request.check.not_counted"))
    if facts.channel.form == "sms":  # where there is no room for all of it, what may be reached and by whom stays
        return (*parts, Listing(tuple(added), lines=True), *(Aside(one) for one in further))
    return (*parts, Listing((*added, *further), lines=True))


def _done_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    turn, collision = (*session.slot("opened", ()), 0, 0)[:2]
    code = Data("code", facts.code(session.id, int(turn), int(collision)))
    agreed = str(session.slot("way"))
    reached = (Aside(Phrase(f"request.done.{agreed}")),) if agreed in ("here", "phone") else ()
    return (
        Phrase("request.done", {"code": code}),
        on_duty.waiting("request.done", session, facts),
        *reached,
        Phrase("request.done.lost"),
        Phrase("request.done.worse"),
    )


_SUMMARY = (
    "request.heard", "request.check", *(f"request.check.way.{name}" for name in (*safe_contact.WAYS, "tells")),
    "request.check.note", "request.check.no_note", "request.check.need", "request.check.urgent", "request.check.woman",
    "request.check.man", "request.check.language", "request.check.not_org", "request.check.cannot", "request.check.abroad",
    "request.check.counted", "request.check.not_counted", "request.done.closed", "request.done.unknown", *on_duty.WHEN,
)  # fmt: skip


# --- the screens -----------------------------------------------------------------------------------------------------


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the request."""
    flow.menu(
        "count",
        yes=Go("check", set={"count": "yes"}, digit=1),
        no=Go("check", set={"count": "no"}, digit=2),
        skip=Go("check", set={"count": "no"}, digit=6),
        more=Go("count_more", digit=7),
    )
    flow.page("count_more", then=Go("count"))
    flow.menu(
        "check",
        say=_check_say,
        says=_SUMMARY,
        send=Go("done", do=opening, only=may_be_sent, outcomes={"no_duty": "none"}),
        details=Go("details", digit=2),
        stop=Go("stopped", digit=6),
    )
    flow.page("stopped", params=lambda session, facts: {"minutes": facts.keep_minutes}, then=Go("start.menu"))
    _details(flow)
    _wishes(flow)
    flow.page(
        "done",
        say=_done_say,
        says=(
            "request.done", "request.done.open", "request.done.closed", "request.done.unknown", "request.done.here",
            "request.done.phone", "request.done.lost", "request.done.worse",
        ),
        then=Go("start.menu"),
        lines=Go("person.lines", digit=2),
    )  # fmt: skip
    flow.menu(
        "not_saved",
        say=unkept("request"),
        says=unkept_says("request"),
        lines=Go("person.lines", digit=1),
        services=Go("services.where", digit=2),
    )


def _details(flow: Flow) -> None:
    flow.menu(
        "details",
        need=Go("need"),
        note=Go("note", only=on_duty.note_box),
        wishes=Go("wishes"),
        urgent_yes=Go("check", set={"urgent": "yes"}, only=lambda session, facts: session.slot("urgent") != "yes"),
        urgent_no=Go("check", set={"urgent": "no"}, only=lambda session, facts: session.slot("urgent") == "yes"),
        way=Go("way", only=lambda session, facts: not _tells(session, facts)),
        card=Go("card", only=_contacted),
        abroad=Go("abroad_too", only=_another_too),
        skip=Go("check", digit=6),
    )
    flow.choose(
        "need",
        slot="need",
        among=_kinds,
        then=Go("check"),
        skip=Go("check", set={"need": "unsaid"}, digit=6),
    )
    for name in ("note", "note_long"):
        flow.ask(
            name,
            say=_note_say(f"request.{name}"),
            says=("request.note", "request.note.child") if name == "note" else ("request.note_long",),
            hears=_NOTE,
            addressed=True,
            skip=Branch(_no_note, "count", "check", "way", digit=6),
        )
    identifying.add_to(
        flow,
        does="keep_note",
        keep=_kept,
        to=("count", "check", "note_long", identifying.FOUND, "not_saved"),
        hears=_NOTE,
        skip=Branch(_no_note, "count", "check", "way", digit=6),
    )
    flow.menu(
        "abroad_too",
        say=_abroad_too_say,
        says=("request.abroad_too", *on_duty.DUTY),
        yes=Branch(_abroad_too, "check", only=_another_too, digit=1),
        no=Go("check", digit=2),
        skip=Go("check", digit=6),
    )


def _wishes(flow: Flow) -> None:
    flow.menu(
        "wishes",
        woman=Go("check", set={"wish": "woman"}, digit=1),
        man=Go("check", set={"wish": "man"}, digit=2),
        language=Go("languages", digit=3),
        organisation=Go("organisations", only=_has_organisations, digit=4),
        skip=Go("check", set={"wish": "", "other_lang": "", "not_org": ""}, digit=6),
    )
    flow.choose(
        "languages",
        slot="other_lang",
        among=_languages,
        then=Go("check"),
        say=lambda session, facts: (Phrase("request.languages"),),
        says=("request.languages", *(f"request.tongue.{code}" for code in OTHER_LANGUAGES)),
        skip=Go("check", set={"other_lang": ""}, digit=6),
    )
    flow.choose(
        "organisations",
        slot="not_org",
        among=_organisations,
        then=Go("check"),
        skip=Go("check", set={"not_org": ""}, digit=6),
    )
