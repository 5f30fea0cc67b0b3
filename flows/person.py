"""Person: where somebody answers: the people on duty where there are any, and lines and organisations that answer by phone.

Here belongs what is said to a person who would rather talk to somebody. Never here: a promise that somebody will; the request to
people on duty itself (topic ``request``), which is begun only where somebody could take it.
"""

from __future__ import annotations

from functools import lru_cache

from flows import accused, on_duty
from flows.crisis import line as helpline
from flows.facts import COUNTRIES, Facts, Query, served
from flows.kernel import Branch, Choice, Country, Data, Event, Flow, Go, Listing, Located, Phrase, Said, Session, Value
from flows.services import named

flow = Flow("person", country=COUNTRIES, accused=accused.HOLDS)


def country_choices(session: Session, facts: Facts) -> tuple[Choice, ...]:
    return _with_first(str(session.slot("country") or facts.country_hint), facts.countries)


@lru_cache(maxsize=64)
def _with_first(known: str, countries: tuple[str, ...]) -> tuple[Choice, ...]:
    # Another country has other places.
    return tuple(
        Choice(code, Country(code), {} if code == known else {"place": 0}) for code in sorted(countries, key=lambda c: c != known)
    )


def _at(session: Session, country: str) -> Go:
    return Go("lines", set={"country": country} if country == session.slot("country") else {"country": country, "place": 0})


def named_country(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said):
        return None
    mention = served(facts.places.named(event.words.reveal()), facts.countries)
    countries = mention.countries or tuple(dict.fromkeys(place.country for place in mention.places))
    return _at(session, countries[0]) if len(countries) == 1 else None


def shared_country(session: Session, event: Event, facts: Facts) -> Go | None:
    if isinstance(event, Located) and len(event.area.countries) == 1 and event.area.countries[0] in facts.countries:
        return _at(session, event.area.countries[0])
    return None


def _answering(go: Go | None, facts: Facts) -> Go | None:
    """To the people on duty of that country; where it has none, to whoever answers by phone."""
    if go is None or not facts.duty.on_call(str(go.set["country"]), facts.now).answers:
        return go
    return Go("request.safe", set=go.set)


def _chosen(session: Session, event: Event, facts: Facts) -> Go | None:
    return _answering(_at(session, str(session.slot("country"))), facts)


def _say(session: Session, facts: Facts) -> tuple[Value, ...]:
    country = str(session.slot("country"))
    lines = facts.helplines.lines(country, ("crisis", "women", "children", "refugee", "legal"), facts.now)
    civil = [one for one in lines if one.operator == "civil"] or lines
    asked = on_duty.home(session, facts).answers
    parts: list[Value] = [Phrase("person.lines.too" if asked else "person.lines", {"country": Country(country)})]
    shown = tuple(helpline(one) for one in civil[: 2 if facts.channel.form == "sms" else 4])
    if shown:
        parts.append(Listing(shown, lines=True))
    theirs = accused.names(session.slots, country, facts)
    offices = accused.search(Query(country=country, kinds=("case-management",), limit=6), theirs, facts)
    # Whoever is tied to police or migration control is shown where there is room to say so before the number (S-6).
    answering = [one.offer for one in offices if one.offer.phones and not one.offer.authority][:2]
    if answering:
        if any(offer.demo for offer in answering):
            parts.insert(0, Phrase("service.demo"))
        rows = tuple(
            Phrase(
                "person.office.due" if offer.check == "due" else "person.office",
                {
                    "name": named(offer),
                    "number": Data("service.phone", offer.phones[0].shown),
                },
            )
            for offer in answering
        )
        known = any(accused.is_of(offer, theirs) for offer in answering)
        parts.append(Listing((Phrase("person.offices.theirs" if known else "person.offices"), *rows), lines=True))
    return tuple(parts)


flow.choose(
    "where",
    slot="country",
    among=country_choices,
    then=Branch(_chosen, "lines", "request.safe"),
    hears=Branch(lambda s, e, f: _answering(named_country(s, e, f), f), "lines", "request.safe"),
    located=Branch(lambda s, e, f: _answering(shared_country(s, e, f), f), "lines", "request.safe"),
)
flow.menu(
    "lines",
    say=_say,
    says=("person.lines", "person.lines.too", "person.offices", "person.offices.theirs", "person.office", "person.office.due"),
    services=Go("services.where", digit=1),
    menu=Go("start.menu", digit=2),
    request=Go("request.safe", only=on_duty.can_be_asked, digit=3),
)
