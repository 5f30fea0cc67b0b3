"""The code of a complaint: how far it is, what was answered or asked, writing again, a new look, taking it all back (C-7).

Here belong the screens of the topic ``code`` that show a complaint. Never here: what was sent, which nobody sees again; whom it was
about; a word that tells a wrong code from one that is over.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from flows import complaining, identifying
from flows.complaining import NOTE_LIMIT
from flows.facts import ComplaintView, Facts
from flows.kernel import Branch, Condition, Data, Effect, Event, Flow, Go, Listing, Phrase, Say, Session, SlotValue, Value
from flows.ticket import does, entry, message

STATES = ("received", "looked_at", "question_waiting", "answer_waiting", "closed")
ACTS = ("again", "complaint", "not_saved")
"""Where an act may lead beside its target."""
IDENTIFYING = "complaint_identifying"
"""The question about a text that identifies somebody."""


def acts(to: str, name: str, **filled: SlotValue) -> Go:
    """Something that can be done again. A complaint that is gone is answered like a wrong code; one that was closed meanwhile shows
    that it is."""
    outcomes = {"gone": "again", "ended": "complaint", "full": "complaint_full"}
    return Go(to, set=filled, do=does(name), outcomes=outcomes, final=False)


def where(holds: Callable[[ComplaintView], bool]) -> Condition:
    """An option that is there while the complaint is, and this holds of it."""
    return lambda session, facts: facts.complaint is not None and holds(facts.complaint)


def _status(session: Session, facts: Facts) -> tuple[Value, ...]:
    """In few words, each against its deadline; late is called late (C-6)."""
    complaint = facts.complaint
    if complaint is None:
        return (Phrase("code.ask"),)
    said: list[Value] = [Phrase(f"code.complaint.{complaint.status}")]
    if complaint.late:
        said.append(Phrase("code.complaint.late"))
        lines = complaining.lines(_there(session, complaint), facts, 1 if facts.channel.form == "sms" else 3)
        said += [Listing((Phrase("request.meanwhile"), *lines), lines=True)] if lines else []
    elif complaint.due is not None:
        when = complaining.moment(complaint.country, complaint.due, session, facts)
        said += [Phrase("code.complaint.due", {"when": when})] if when is not None else []
    return tuple(said)


def _there(session: Session, complaint: ComplaintView) -> Session:
    return session.at(session.screen, slots={**session.slots, "country": complaint.country})


def _read(more: int) -> Callable[[Session, Event, Facts], Go]:
    """An answer counts as read when it is shown."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        back = int(session.slot("older", 0)) + more if more else 0
        read = acts("complaint_answer", "mark_read", older=back)
        return replace(read, do=lambda session, facts: Effect("mark_read", {"back": back}))

    return pick


def _takes_words(session: Session, facts: Facts) -> bool:
    return facts.complaint is not None and not facts.complaint.over


def _noted(session: Session, event: Event, facts: Facts) -> Go | None:
    text = message(event)
    if not text or not _takes_words(session, facts):
        return None
    return Go("complaint_long") if len(text) > NOTE_LIMIT else _kept(session, facts, identifying.effect("add_note"))


def _kept(session: Session, facts: Facts, do: Callable[[Session, Facts], Effect]) -> Go | None:
    if not _takes_words(session, facts):
        return None
    sent = acts("complaint_noted", "add_note")
    return replace(sent, do=do, outcomes={**sent.outcomes, identifying.FOUND: IDENTIFYING})


def _short_of(id: str) -> Say:
    said: tuple[Value, ...] = (Phrase(id, {"letters": NOTE_LIMIT}),)
    return lambda session, facts: said


def _with_what_is_left(id: str) -> Say:
    """Whoever looks at it again cannot read what is erased by then: who wants them to know it writes it again."""

    def say(session: Session, facts: Facts) -> tuple[Value, ...]:
        erased = facts.complaint is not None and facts.complaint.erased
        return (Phrase(id), Phrase("code.complaint_erased")) if erased else (Phrase(id),)

    return say


def add_to(flow: Flow, hears: Branch, parts_of: Callable[[str, bool], list[str]]) -> None:
    """Write these screens into the topic of the code. ``hears``: what another code does; ``parts_of``: (an answer, by SMS) -> its
    pieces."""

    def pieces(facts: Facts) -> list[str]:
        return parts_of(facts.complaint.answer, facts.channel.form == "sms") if facts.complaint else []

    def answer(session: Session, facts: Facts) -> tuple[Value, ...]:
        parts = pieces(facts)
        if not parts or facts.complaint is None:
            return _status(session, facts)
        number = int(session.slot("page", 0)) % len(parts)
        # The entry opens with 40 letters of its own, so that a locked screen shows nothing of the answer (E-7).
        id = "code.complaint_question" if facts.complaint.asks else "code.answer"
        said = Phrase(id, {"answer": Data("answer", parts[number])})
        return (said,) if len(parts) == 1 else (said, Phrase("code.answer.part", {"part": number + 1, "parts": len(parts)}))

    def rest(session: Session, event: Event, facts: Facts) -> Go:
        return Go("complaint_answer", set={"page": int(session.slot("page", 0)) + 1})

    states = tuple(f"code.complaint.{state}" for state in STATES)
    status = ("code.ask", *states, "code.complaint.due", "code.complaint.late", "request.meanwhile", *complaining.WHEN)
    flow.menu(
        "complaint",
        say=_status,
        says=status,
        hears=hears,
        answer=Branch(_read(0), "complaint_answer", *ACTS, "complaint_full", only=where(lambda one: bool(one.answer))),
        write=Go("complaint_note", only=_takes_words),
        contest=Go("complaint_contest", only=where(lambda one: one.may_contest)),
        withdraw=Go("complaint_withdraw", only=where(lambda one: True)),
        lost=Go("lost", only=lambda session, facts: facts.complaint is None, digit=6),
        menu=Go("start.menu"),
    )
    flow.menu(
        "complaint_answer",
        say=answer,
        says=("code.answer", "code.complaint_question", "code.answer.part", *status),
        older=Branch(_read(1), "complaint_answer", *ACTS, "complaint_full", only=where(lambda one: one.more)),
        write=Go("complaint_note", only=_takes_words),
        status=Go("complaint"),
        more=Branch(rest, "complaint_answer", only=lambda session, facts: len(pieces(facts)) > 1, digit=7),
    )
    heard = Branch(_noted, "complaint_noted", "complaint_long", "complaint_full", IDENTIFYING, *ACTS)
    said_note, said_long = _short_of("code.complaint_note"), _short_of("code.note_long")
    for name in ("complaint_note", "complaint_long"):
        flow.ask(
            name,
            say=said_long if name == "complaint_long" else said_note,
            says=("code.complaint_note",) if name == "complaint_note" else ("code.note_long",),
            hears=heard,
            addressed=True,
            skip=Go("complaint", digit=6),
        )
    identifying.add_to(
        flow,
        does="add_note",
        keep=_kept,
        to=("complaint_noted", "complaint_full", IDENTIFYING, *ACTS),
        hears=heard,
        skip=Go("complaint", digit=6),
        name=IDENTIFYING,
        note="complaint_note",
    )
    flow.menu("complaint_noted", another=Go("complaint_note", only=_takes_words), status=Go("complaint"))
    flow.menu("complaint_full", status=Go("complaint"))
    flow.menu(
        "complaint_contest",
        say=_with_what_is_left("code.complaint_contest"),
        says=("code.complaint_contest", "code.complaint_erased"),
        yes=acts("complaint_contested", "contest"),
        no=Go("complaint", digit=2),
    )
    flow.menu(
        "complaint_contested",
        say=_with_what_is_left("code.complaint_contested"),
        says=("code.complaint_contested", "code.complaint_erased"),
        write=Go("complaint_note", only=_takes_words),
        status=Go("complaint"),
    )
    flow.menu("complaint_withdraw", yes=Go("complaint_withdrawn", do=does("withdraw")), no=Go("complaint", digit=2))
    flow.menu("complaint_withdrawn", say=entry("code.complaint_withdrawn"), says=("code.complaint_withdrawn",), on=Go("start.menu"))
