"""Changing: another time, another way, another country, or another yes or no for a request that was sent, by its code (D-10).

Here belong these screens, under the same rules as in the request itself (``flows.safe_contact``): a number is shown masked, a way
that was refused is not offered again, the person's own clock counts, and what is agreed is shown before it is saved. Never here: a
contact that was given before, which nobody sees again.

    change -> times: (zone) -> windows -> changed
           -> way:   here  -> (zone) -> card -> changed
                     phone -> number -> confirm -> (zone) -> card -> changed
           -> consents: (home) -> consented
"""

from __future__ import annotations

from collections.abc import Callable

from flows import on_duty, safe_contact
from flows.facts import PRETEXTS, WINDOW_NAMES, Facts
from flows.kernel import (
    Among,
    Branch,
    Choice,
    Clock,
    Condition,
    Country,
    Event,
    Flow,
    Go,
    Listing,
    Phrase,
    Said,
    Session,
    SlotValue,
    Value,
)
from flows.ticket import acts, digits, does, entry, has_contact, living, open_to_words, where

LIKE_A_NUMBER = 7
"""A text with so many digits is taken for a telephone number."""


# --- what it is now --------------------------------------------------------------------------------------------------


def _change(session: Session, facts: Facts) -> tuple[Value, ...]:
    ticket = facts.ticket
    if ticket is None:
        return (Phrase("code.ask"),)
    parts: list[Value] = [Phrase(f"code.change.{ticket.way}")]
    if has_contact(ticket) and ticket.windows:
        parts.append(Phrase("code.change.now", {"windows": Listing(tuple(map(safe_contact.span, ticket.windows)))}))
    return tuple(parts)


def _changed(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (Phrase("code.changed"), *_change(session, facts))


_CHANGE = ("code.ask", "code.change.now", "request.agreed.span", *(f"code.change.{way}" for way in safe_contact.WAYS))


# --- where and when --------------------------------------------------------------------------------------------------


def _at_home(session: Session, facts: Facts) -> dict[str, SlotValue]:
    """The country of the request, by which numbers and clocks are read, and the times of day that were agreed."""
    ticket = facts.ticket
    if ticket is None:
        return {}
    place: dict[str, SlotValue] = {} if ticket.country == session.slot("country") else {"place": 0}
    return {"country": ticket.country, **place, "windows": tuple(map(WINDOW_NAMES.index, ticket.windows))}


def _zones(session: Session, facts: Facts) -> tuple[str, ...]:
    return facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0))


def _by_the_clock(session: Session, facts: Facts, to: str, filled: dict[str, SlotValue]) -> Go:
    """On, but first the question what time it is there, where the country has several."""
    zones = _zones(session.at(session.screen, slots={**session.slots, **filled}), facts)
    if len(zones) > 1 and session.slot("zone") not in zones:
        return Go("zone", set={**filled, "zone": ""})
    return Go(to, set={**filled, "zone": str(session.slot("zone")) if len(zones) > 1 else zones[0]})


def _clocks(session: Session, facts: Facts) -> list[Choice]:
    found = []
    for zone in _zones(session, facts):
        hour, minute = facts.time_in(zone, facts.now)
        found.append(Choice(zone, Phrase("request.zone.one", {"time": Clock(hour * 60 + minute), "city": on_duty.city(zone)})))
    return found


def _zoned(session: Session, event: Event, facts: Facts) -> Go:
    """Back to what the clock was asked for. Whoever does not know it has the one by which most people there live."""
    to = "card" if session.slot("way") else "windows"
    return Go(to) if session.slot("zone") else Go(to, set={"zone": _zones(session, facts)[0]})


def _times(chosen: Callable[[Session, Facts], tuple[int, ...]]) -> Among:
    """The times of day. Each choice is what is chosen, with this one more or this one less."""
    return lambda session, facts: [
        Choice(safe_contact.toggled(chosen(session, facts), name), Phrase(f"request.windows.{name}")) for name in WINDOW_NAMES
    ]


_SPANS = Phrase("request.windows", {name: safe_contact.span(name) for name in WINDOW_NAMES})
_WINDOWS = ("request.windows", "request.agreed.span", *(f"request.windows.{name}" for name in WINDOW_NAMES))


def _windows(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (_SPANS,)


# --- which way -------------------------------------------------------------------------------------------------------


def _refused(session: Session) -> tuple[int, ...]:
    return tuple(session.slot("refused", ()) or ())


def _offered(way: str) -> Condition:
    """A way is offered where it is not the present one, was not refused, and the channel has it."""

    def only(session: Session, facts: Facts) -> bool:
        if facts.ticket is None or not living(facts.ticket) or facts.ticket.way == way:
            return False
        return safe_contact.WAYS.index(way) not in _refused(session) and (way != "here" or facts.channel.reach != "none")

    return only


def _way(session: Session, facts: Facts) -> tuple[Value, ...]:
    """Each way that is offered, in this order, with what it means (D-4)."""
    days: dict[str, Value] = {"days": facts.ticket_days}
    about = []
    for way in safe_contact.WAYS:
        if _offered(way)(session, facts):
            about.append(Phrase(f"request.way.{way}.means", days if way != "code" else {}))
            if way == "here" and not open_to_words(session, facts):
                about.append(Phrase("request.way.here.wait"))
            if way == "here" and facts.channel.reach == "day":
                about.append(Phrase("request.contact.day"))
    if facts.ticket is None:
        return (Phrase("code.ask"),)
    return (Phrase("code.way"), Listing(tuple(about), lines=True)) if about else (Phrase("code.way"),)


def _here(session: Session, event: Event, facts: Facts) -> Go:
    return _by_the_clock(session, facts, "card", {**_at_home(session, facts), "way": "here"})


def _phone(session: Session, event: Event, facts: Facts) -> Go:
    return Go("number", set={**_at_home(session, facts), "way": "phone"})


def _refuse(session: Session, event: Event, facts: Facts) -> Go:
    """No call. Another way may be offered still."""
    filled: dict[str, SlotValue] = {"way": "", "refused": tuple(sorted({*_refused(session), safe_contact.PHONE}))}
    ahead = session.at(session.screen, slots={**session.slots, **filled})
    return Go("way" if any(_offered(way)(ahead, facts) for way in safe_contact.WAYS) else "status", set=filled)


def _numbered(session: Session, event: Event, facts: Facts) -> Go | None:
    if isinstance(event, Said) and digits(event.words) >= LIKE_A_NUMBER:
        return Go("confirm", do=does("keep_number"), outcomes={"bad": "number_bad"}, final=False)
    return None


def _confirmed(whose: str) -> Branch:
    return Branch(lambda s, e, f: _by_the_clock(s, f, "card", {"whose": whose}), "zone", "card")


# --- another country -------------------------------------------------------------------------------------------------


def _abroad(session: Session, facts: Facts) -> list[Choice]:
    return [Choice(country, Country(country)) for country in facts.ticket.abroad] if facts.ticket else []


def _abroad_duty(session: Session, facts: Facts) -> tuple[Value, ...]:
    """Whoever says yes has read what people there have to tell an authority: it is another country's law (D-2)."""
    country = str(session.slot("abroad"))
    return on_duty.duty_parts((country,), facts)


def _country(session: Session, facts: Facts) -> dict[str, Value]:
    return {"country": Country(str(session.slot("abroad")))}


# --- what was agreed to ----------------------------------------------------------------------------------------------


def _agreed(session: Session, facts: Facts) -> tuple[Value, ...]:
    """How each consent stands: to be contacted, to people of further countries, to be counted. To take back that of handing it
    over is to withdraw."""
    ticket = facts.ticket
    if ticket is None:
        return (Phrase("code.ask"),)
    abroad = {"countries": Listing(tuple(map(Country, ticket.agreed)))}
    return (
        Phrase(f"code.change.{ticket.way}"),
        *((Phrase("code.consents.abroad", abroad),) if ticket.agreed else ()),
        Phrase("code.consents.counted" if ticket.counted else "code.consents.uncounted"),
    )


def _consents(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (Phrase("code.consents"), *_agreed(session, facts)) if facts.ticket else _agreed(session, facts)


def _consented(session: Session, facts: Facts) -> tuple[Value, ...]:
    return (Phrase("code.changed"), *_agreed(session, facts))


_AGREED = (
    "code.ask", "code.consents.abroad", "code.consents.counted", "code.consents.uncounted",
    *(f"code.change.{way}" for way in safe_contact.WAYS),
)  # fmt: skip


def _at(session: Session, facts: Facts) -> dict[str, Value]:
    return {"country": Country(facts.ticket.country if facts.ticket else str(session.slot("country")))}


# --- the screens -----------------------------------------------------------------------------------------------------


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the code."""
    flow.menu(
        "change",
        say=_change,
        says=_CHANGE,
        times=Branch(
            lambda s, e, f: _by_the_clock(s, f, "windows", {**_at_home(s, f), "way": ""}),
            "zone",
            "windows",
            only=where(lambda ticket: living(ticket) and has_contact(ticket)),
        ),
        way=Go("way", only=where(living)),
        consents=Go("consents", only=where(living)),
        skip=Go("status", digit=6),
    )
    flow.menu(
        "changed", say=_changed, says=("code.changed", *_CHANGE), change=Go("change", only=where(living)), status=Go("status")
    )
    flow.choose(
        "zone",
        slot="zone",
        among=_clocks,
        say=entry("request.zone"),
        says=("request.zone", "request.zone.one"),
        then=Branch(_zoned, "card", "windows"),
        skip=Branch(_zoned, "card", "windows", digit=6),
    )
    flow.choose(
        "windows",
        slot="windows",
        among=_times(lambda session, facts: tuple(map(WINDOW_NAMES.index, facts.ticket.windows)) if facts.ticket else ()),
        say=_windows,
        says=_WINDOWS,
        then=acts("changed", "set_windows"),
        skip=Go("status", digit=6),
    )
    flow.menu(
        "way",
        say=_way,
        says=(
            "code.way",
            "code.ask",
            "request.way.here.wait",
            "request.contact.day",
            *(f"request.way.{way}.means" for way in safe_contact.WAYS),
        ),
        code=acts("changed", "set_way", _offered("code"), way="code"),
        here=Branch(_here, "zone", "card", only=_offered("here")),
        phone=Branch(_phone, "number", only=_offered("phone")),
        skip=Go("status", digit=6),
    )
    number = Branch(_numbered, "confirm", "number_bad", "not_saved")
    refuse = Branch(_refuse, "way", "status", digit=6)
    flow.ask("number", say=entry("request.number"), says=("request.number",), hears=number, skip=refuse)
    flow.ask("number_bad", say=entry("request.number_bad"), says=("request.number_bad",), hears=number, skip=refuse)
    flow.menu(
        "confirm",
        # Its last three digits and nothing else: enough to see a slip, too little for whoever reads along.
        say=lambda session, facts: (
            Phrase("code.confirm", {"number": facts.draft.get("number", Phrase("request.number_read.none"))}),
        ),
        says=("code.confirm", "request.number_read.none"),
        mine=_confirmed("mine"),
        known=_confirmed("theirs"),
        another=Go("number"),
        none=refuse,
    )
    flow.menu(
        "card",
        say=safe_contact.card_parts,
        says=(*safe_contact.AGREED, *(f"request.present.{name}" for name in PRETEXTS)),
        yes=acts("changed", "set_way"),
        times=Go("times"),
        skip=Go("status", digit=6),
    )
    flow.choose(
        "times",
        slot="windows",
        among=_times(lambda session, facts: tuple(session.slot("windows", ()) or ())),
        say=_windows,
        says=_WINDOWS,
        then=Go("card"),
        skip=Go("card", digit=6),
    )
    flow.choose("abroad", slot="abroad", among=_abroad, then=Go("abroad_duty"), no=Go("status", digit=6))
    flow.page("abroad_duty", say=_abroad_duty, says=on_duty.DUTY, then=Go("abroad_ok"), no=Go("status", digit=6))
    flow.menu("abroad_ok", params=_country, yes=acts("abroad_done", "allow_abroad"), no=Go("status", digit=2))
    flow.page("abroad_done", params=_country, then=Go("status"))
    flow.menu(
        "consents",
        say=_consents,
        says=("code.consents", *_AGREED),
        contact_no=acts("consented", "set_way", where(lambda ticket: living(ticket) and has_contact(ticket)), way="code"),
        home=Go("home", only=where(lambda ticket: living(ticket) and bool(ticket.agreed))),
        count_no=acts("consented", "be_counted", where(lambda ticket: living(ticket) and ticket.counted), count="no"),
        count_yes=acts("consented", "be_counted", where(lambda ticket: living(ticket) and not ticket.counted), count="yes"),
        skip=Go("status", digit=6),
    )
    flow.menu("home", params=_at, yes=acts("consented", "only_here"), no=Go("consents", digit=2))
    flow.menu(
        "consented",
        say=_consented,
        says=("code.changed", *_AGREED),
        consents=Go("consents", only=where(living)),
        status=Go("status"),
    )
