"""Code: coming back with a code, to see how far a request is, to read an answer, to write, to take it all back.

Here belongs what somebody with a code may see and do; another time, way or country, and what was agreed to, is in
``flows.changing``. Never here: what was sent, which nobody sees again; a word that tells a wrong code from one that is over (P-6);
anything that reaches somebody who did not ask (E-1).

Everything but the question for the code lies behind "is it fine to read and write on this phone now?" (E-4): ``safe`` stands before
the question, ``known`` behind a code that was typed somewhere else. ``wrong`` and ``busy`` answer there too, and so have twins
behind the gate (``again``, ``wait``) that say the same and lead on without asking twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from flows import changing, complaint_code, identifying, on_duty, safe_contact
from flows.facts import COUNTRIES, Facts, TicketView
from flows.kernel import Branch, Choice, Data, Effect, Event, Flow, Go, Listing, Move, Phrase, Said, Session, SlotValue, Value
from flows.ticket import ACTS, acts, digits, does, entry, living, message, open_to_words, unkept, unkept_says, where

flow = Flow(
    "code",
    safe=("yes",),
    unsure=("yes",),
    country=COUNTRIES,
    place="place id",
    page=range(0, 100),
    way=safe_contact.WAYS,
    whose=("mine", "theirs"),
    refused="places in WAYS of ways that the person said no to",
    zone="IANA zone, one of facts.zones",
    windows="places in WINDOW_NAMES",
    older="how many answers before the last one",
    rating="1 to 5",
    abroad=COUNTRIES,
    count=("yes", "no"),
    how=identifying.HOW,
)

LIKE_A_CODE = 6
"""Where a code is asked for, a text with so many digits is taken for one."""
NOTE_LENGTH = 300
"""Characters of a note."""
PART_CHAT, PART_SMS = 1500, 230
"""What one message holds of an answer, in letters; whoever wants the rest asks for it."""


# --- the code --------------------------------------------------------------------------------------------------------


def _tries(to: str, complaint: str, wrong: str, busy: str) -> Go:
    return Go(to, do=does("try_code"), outcomes={"complaint": complaint, "wrong": wrong, "busy": busy}, final=False)


def _typed(to: str, complaint: str, wrong: str, busy: str) -> Branch:
    """Anything like a code is tried. Only trying tells whether it is one, and all that are not get the same answer."""

    def pick(session: Session, event: Event, facts: Facts) -> Go | None:
        return _tries(to, complaint, wrong, busy) if isinstance(event, Said) and digits(event.words) >= LIKE_A_CODE else None

    return Branch(pick, *dict.fromkeys((to, complaint)), wrong, busy, "not_saved")


ANYWHERE = ("code.known", "code.wrong", "code.busy", "code.not_saved")


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """A code that is typed where nothing asks for one."""
    if isinstance(event, Said) and event.understood.code:
        known, wrong, busy, _ = ANYWHERE
        return _tries(known, known, wrong, busy)
    return None


_ASK = _typed("status", "complaint", "again", "wait")
_ELSEWHERE = _typed("known", "known", "wrong", "busy")


def _shown(session: Session, event: Event, facts: Facts) -> Go:
    """What the code belongs to."""
    return Go("status" if facts.complaint is None else "complaint", set={"safe": "yes"})


_YES: dict[str, Move] = {"safe": Go("ask", set={"safe": "yes"}, digit=1), "known": Branch(_shown, "status", "complaint", digit=1)}
for _name, _yes in _YES.items():
    flow.menu(
        _name,
        say=entry("request.safe"),
        says=("request.safe",),
        yes=_yes,
        no=Go("request.not_now", digit=2),
    )
flow.ask("ask", hears=_ASK, lost=Go("lost", digit=6))
for _name, _hears, _text in (
    ("wrong", _ELSEWHERE, "code.wrong"),
    ("again", _ASK, "code.wrong"),
    ("busy", _ELSEWHERE, "code.busy"),
    ("wait", _ASK, "code.busy"),
):
    flow.ask(_name, say=entry(_text), says=(_text,), hears=_hears, lost=Go("lost", digit=6))
flow.menu("lost", params=lambda session, facts: {"days": facts.ticket_days}, person=Go("person.where"), menu=Go("start.menu"))
flow.page("not_saved", say=unkept("code"), says=unkept_says("code"), then=Go("start.menu"))


# --- how far it is ---------------------------------------------------------------------------------------------------

_WAITING = (*(f"request.done.{name}" for name in ("open", "closed", "unknown")), *on_duty.WHEN)
STATES = ("received", "again", "nobody_yet", "told_further", "looked_at", "away", "answer_waiting", "closed", "lapsed")


def _in_vain(ticket: TicketView) -> bool:
    return ticket.status in ("nobody_yet", "told_further", "away", "lapsed")


def _status(session: Session, facts: Facts) -> tuple[Value, ...]:
    ticket = facts.ticket
    if ticket is None:
        return (Phrase("code.ask"),)
    said = Phrase(f"code.status.{ticket.status}")
    there = session.at(
        session.screen, slots={**session.slots, **_country(ticket, session), "age": "under18" if ticket.child else ""}
    )
    parts: list[Value] = [said]
    if ticket.status in ("received", "again", "away"):
        parts.append(on_duty.waiting("request.done", there, facts, ticket.desk))
    if ticket.wish_unmet:
        parts.append(Phrase("code.status.wish"))
    # D-8: whoever waits in vain is told where somebody answers now.
    if _in_vain(ticket) and (lines := on_duty.lines(there, facts, 1 if facts.channel.form == "sms" else 3)):
        parts.append(Listing((Phrase("request.meanwhile"), *lines), lines=True))
    return tuple(parts)


def _country(ticket: TicketView, session: Session) -> dict[str, SlotValue]:
    """The country of the request; a place that was chosen in another one goes."""
    return {"country": ticket.country} if ticket.country == session.slot("country") else {"country": ticket.country, "place": 0}


def _by_phone(session: Session, event: Event, facts: Facts) -> Go | None:
    return None if facts.ticket is None else Go("person.lines", set=_country(facts.ticket, session))


def _takes_words(session: Session, facts: Facts) -> bool:
    return facts.ticket is not None and living(facts.ticket) and open_to_words(session, facts)


def _read(more: int) -> Callable[[Session, Event, Facts], Go]:
    """An answer counts as read when it is shown. ``more``: so many before the one on the screen; 0: the last one."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        back = int(session.slot("older", 0)) + more if more else 0
        return replace(acts("answer", "mark_read", older=back), do=lambda session, facts: Effect("mark_read", {"back": back}))

    return pick


flow.menu(
    "status",
    say=_status,
    says=("code.ask", *(f"code.status.{state}" for state in STATES), "code.status.wish", "request.meanwhile", *_WAITING),
    hears=_ASK,
    answer=Branch(_read(0), "answer", *ACTS, only=where(lambda ticket: bool(ticket.answer))),
    abroad=Go("abroad", only=where(lambda ticket: living(ticket) and bool(ticket.abroad))),
    lines=Branch(_by_phone, "person.lines", only=where(_in_vain)),
    new=Go("person.where", only=where(lambda ticket: ticket.status == "lapsed")),
    write=Go("note", only=_takes_words),
    change=Go("change", only=where(living)),
    contest=Go("contest", only=where(lambda ticket: ticket.may_contest)),
    rate=Go("rate", only=where(lambda ticket: ticket.may_rate)),
    withdraw=Go("withdraw", only=where(lambda ticket: True)),
    lost=Go("lost", only=lambda session, facts: facts.ticket is None, digit=6),
    menu=Go("start.menu"),
)


# --- the answer ------------------------------------------------------------------------------------------------------


def parts_of(text: str, most: int) -> list[str]:
    """An answer in pieces of at most ``most`` letters, cut between words where there are any. A mark may take two letters of an
    SMS."""
    return list(_pieces(" ".join(text.split()), most))


def _pieces(text: str, most: int) -> Iterator[str]:
    while text:
        room, end = most, 0
        for letter in text:
            room -= 1 if letter.isalnum() or letter in " .,;:!?()" else 2
            if room < 0:
                break
            end += 1
        if end < len(text):
            space = text.rfind(" ", 0, end + 1)
            end = space if space > end // 2 else end
        yield text[:end].rstrip()
        text = text[end:].lstrip()


def _parts(answer: str, sms: bool) -> list[str]:
    return parts_of(answer, PART_SMS if sms else PART_CHAT)


def _answer_parts(facts: Facts) -> list[str]:
    return _parts(facts.ticket.answer, facts.channel.form == "sms") if facts.ticket else []


def _answer(session: Session, facts: Facts) -> tuple[Value, ...]:
    parts = _answer_parts(facts)
    if not parts:
        return _status(session, facts)
    number = int(session.slot("page", 0)) % len(parts)
    # The entry opens with 40 letters of its own, so that a locked screen shows nothing of the answer (E-7).
    said = Phrase("code.answer", {"answer": Data("answer", parts[number])})
    return (said,) if len(parts) == 1 else (said, Phrase("code.answer.part", {"part": number + 1, "parts": len(parts)}))


def _rest(session: Session, event: Event, facts: Facts) -> Go:
    return Go("answer", set={"page": int(session.slot("page", 0)) + 1})


flow.menu(
    "answer",
    say=_answer,
    says=("code.answer", "code.answer.part"),
    older=Branch(_read(1), "answer", *ACTS, only=where(lambda ticket: ticket.more)),
    write=Go("note", only=_takes_words),
    status=Go("status"),
    more=Branch(_rest, "answer", only=lambda session, facts: len(_answer_parts(facts)) > 1, digit=7),
)


# --- writing again ---------------------------------------------------------------------------------------------------


def _noted(session: Session, event: Event, facts: Facts) -> Go | None:
    text = message(event)
    if not text or not _takes_words(session, facts):
        return None
    return Go("note_long") if len(text) > NOTE_LENGTH else _kept(session, facts, identifying.effect("add_note"))


def _kept(session: Session, facts: Facts, do: Callable[[Session, Facts], Effect]) -> Go | None:
    if not _takes_words(session, facts):
        return None
    sent = acts("noted", "add_note")
    return replace(sent, do=do, outcomes={**sent.outcomes, identifying.FOUND: identifying.FOUND})


_NOTE = Branch(_noted, "noted", "note_long", identifying.FOUND, *ACTS)
_LENGTH: dict[str, Value] = {"letters": NOTE_LENGTH}

for _name in ("note", "note_long"):
    flow.ask(_name, hears=_NOTE, params=lambda session, facts: _LENGTH, addressed=True, skip=Go("status", digit=6))
identifying.add_to(
    flow, does="add_note", keep=_kept, to=("noted", identifying.FOUND, *ACTS), hears=_NOTE, skip=Go("status", digit=6)
)
flow.menu("noted", another=Go("note", only=_takes_words), status=Go("status"))

changing.add_to(flow)
complaint_code.add_to(flow, _ASK, _parts)


# --- the end ---------------------------------------------------------------------------------------------------------

RATINGS = range(1, 6)

flow.menu("contest", yes=acts("contested", "contest"), no=Go("status", digit=2))
flow.menu("contested", write=Go("note", only=_takes_words), status=Go("status"))
flow.choose(
    "rate",
    slot="rating",
    among=lambda session, facts: [Choice(rating, Phrase(f"code.rate.{rating}")) for rating in RATINGS],
    say=entry("code.rate"),
    says=("code.rate", *(f"code.rate.{rating}" for rating in RATINGS)),
    then=acts("rated", "rate"),
    skip=Go("status", digit=6),
)
flow.page("rated", then=Go("status"))
flow.menu("withdraw", yes=Go("withdrawn", do=does("withdraw")), no=Go("status", digit=2))
flow.page("withdrawn", then=Go("start.menu"))
