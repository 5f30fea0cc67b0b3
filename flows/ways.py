"""Ways: how the answer may come, consent (b), the number, and what time it is where the person is (D-3b, D-4).

Here belong the screens between consent (a) and the safe-contact card. Never here: what is agreed about a call or a message
(``flows.safe_contact``), a number that somebody typed: it goes to the draft in an effect, and is seen again masked.

    way -> contact (b) -> number -> number_read -> zone -> card …
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flows.facts import Facts
from flows.kernel import Branch, Choice, Clock, Effect, Event, Flow, Go, Listing, Phrase, Said, Say, Session, Value
from flows.on_duty import a_child_writes, city, note_box
from flows.safe_contact import HERE, NO_CONTACT, PHONE, WAYS, after, onward

LIKE_A_NUMBER = 5
"""A text with so many digits, of whatever script, is tried as a telephone number."""


# --- which ways there are --------------------------------------------------------------------------------------------


def _refused(session: Session) -> tuple[int, ...]:
    return tuple(session.slot("refused", ()) or ())


def _here(session: Session, facts: Facts) -> bool:
    """A way that was refused is not offered again; nor one that this channel does not have."""
    return facts.channel.reach != "none" and HERE not in _refused(session)


def _phone(session: Session, facts: Facts) -> bool:
    return PHONE not in _refused(session)


def _without(digit: int) -> Branch:
    """No contact: the answer waits under the code."""
    return onward(NO_CONTACT, digit)


def _way_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    offered = ("code", *(("here",) if _here(session, facts) else ()), *(("phone",) if _phone(session, facts) else ()))
    days = {"days": facts.ticket_days}
    means = tuple(Phrase(f"request.way.{way}.means", days if way != "code" else {}) for way in offered)
    return (Phrase("request.way"), Listing(means, lines=True))


# --- consent (b): be contacted ---------------------------------------------------------------------------------------


def _contact_say(id: str) -> Say:
    def say(session: Session, facts: Facts) -> tuple[Value, ...]:
        asked = Phrase(f"{id}.child" if a_child_writes(session) else id, {"days": facts.ticket_days})
        if id != "request.contact_here":
            return (asked,)
        wait = () if note_box(session, facts) else (Phrase("request.way.here.wait"),)
        day = (Phrase("request.contact.day"),) if facts.channel.reach == "day" else ()
        return (asked, *wait, *day)

    return say


def _agreed(way: str) -> Branch:
    """Yes to this way. Only now it is the way."""
    at = WAYS.index(way)

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        filled: dict[str, Any] = {"way": way, "contact": "yes", "refused": tuple(one for one in _refused(session) if one != at)}
        if way == "phone":
            return Go("number", set={**filled, "whose": ""})
        return _to_card(session, facts, filled)

    return Branch(pick, *(("number",) if way == "phone" else ("zone", "card")), digit=1)


def _declined(way: str) -> Branch:
    """No to this way. Another one may still be offered; the answer waits under the code where there is none."""
    at = WAYS.index(way)

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        filled = {**NO_CONTACT, "refused": tuple(sorted({*_refused(session), at}))}
        ahead = session.at(session.screen, slots={**session.slots, **filled})
        if _here(ahead, facts) or _phone(ahead, facts):
            return Go("way", set=filled)
        return Go(after(session), set=filled)

    return Branch(pick, "way", "count", "check", digit=2)


# --- the number, and whose it is -------------------------------------------------------------------------------------


def _keep_number(session: Session, facts: Facts) -> Effect:
    return Effect("keep_number")


def _number(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said) or sum(map(str.isdecimal, event.words.reveal())) < LIKE_A_NUMBER:
        return None
    return Go("number_read", set={"whose": ""}, do=_keep_number, outcomes={"bad": "number_bad"}, final=False)


def _number_params(session: Session, facts: Facts) -> dict[str, Value]:
    return {"number": facts.draft.get("number", Phrase("request.number_read.none"))}


def _known_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (Phrase("request.number_known.child" if a_child_writes(session) else "request.number_known"),)


def _to_card(session: Session, facts: Facts, filled: dict[str, Any]) -> Go:
    """The card; first the question what time it is there, where a country has several."""
    zones = facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0))
    if len(zones) > 1 and session.slot("zone") not in zones:
        return Go("zone", set=filled)
    return Go("card", set=filled if len(zones) > 1 else {**filled, "zone": zones[0]})


def _whose(whose: str, digit: int) -> Branch:
    """On with this number; whoever took the yes to a call back meanwhile is asked for it again."""

    def pick(session: Session, event: Event, facts: Facts) -> Go:
        if session.slot("contact") != "yes" or session.slot("way") != "phone":
            return Go("contact_phone")
        return _to_card(session, facts, {"whose": whose})

    return Branch(pick, "zone", "card", "contact_phone", digit=digit)


def _zones(session: Session, facts: Facts) -> Sequence[Choice]:
    found = []
    for zone in facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0)):
        hour, minute = facts.time_in(zone, facts.now)
        found.append(Choice(zone, Phrase("request.zone.one", {"time": Clock(hour * 60 + minute), "city": city(zone)})))
    return found


def _likeliest(session: Session, event: Event, facts: Facts) -> Go:
    zones = facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0))
    return Go("card", set={"zone": zones[0]})


# --- the screens -----------------------------------------------------------------------------------------------------


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the request."""
    flow.menu(
        "way",
        say=_way_say,
        says=("request.way", *(f"request.way.{way}.means" for way in WAYS)),
        code=_without(1),
        here=Go("contact_here", set=NO_CONTACT, only=_here, digit=2),
        phone=Go("contact_phone", set=NO_CONTACT, only=_phone, digit=3),
        skip=_without(6),
    )
    for way in ("here", "phone"):
        name = f"contact_{way}"
        limits = ("request.way.here.wait", "request.contact.day") if way == "here" else ()
        flow.menu(
            name,
            say=_contact_say(f"request.{name}"),
            says=(f"request.{name}", f"request.{name}.child", *limits),
            yes=_agreed(way),
            no=_declined(way),
            skip=_without(6),
            more=Go(f"{name}_more", digit=7),
        )
        flow.page(
            f"{name}_more",
            say=lambda session, facts: (Phrase("request.contact_more", {"days": facts.ticket_days}),),
            says=("request.contact_more",),
            then=Go(name),
        )
    for name in ("number", "number_bad"):
        flow.ask(name, hears=Branch(_number, "number_read", "number_bad", "not_saved"), skip=_without(6))
    flow.menu(
        "number_read",
        say=lambda session, facts: (Phrase("request.number_read", _number_params(session, facts)),),
        says=("request.number_read", "request.number_read.none"),
        mine=_whose("mine", 1),
        someone=Go("number_known", digit=2),
        again=Go("number", digit=3),
        skip=_without(6),
    )
    flow.menu(
        "number_known",
        say=_known_say,
        says=("request.number_known", "request.number_known.child"),
        yes=_whose("theirs", 1),
        no=Go("way", set={"whose": "", **NO_CONTACT}, digit=2),
        skip=_without(6),
    )
    flow.choose(
        "zone",
        slot="zone",
        among=_zones,
        then=Go("card"),
        say=lambda session, facts: (Phrase("request.zone"),),
        says=("request.zone", "request.zone.one"),
        skip=Branch(_likeliest, "card", digit=6),
    )
