"""Services: where, what for, what there is, the details of one, another place, the next stop.

Here belongs how a search is asked for and how its answer is laid out for a person. Never here: who may see what (the directory that
flows receive is built for the public), distances and indexes (``bot.directory.search``), names of places (``bot.places``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import msgspec

from flows import accused
from flows.beside import Beside
from flows.complaint_fields import of_place
from flows.facts import COUNTRIES, KINDS, LANGS, Area, Facts, Found, Mention, Offer, Place, Query, served
from flows.intents import KIND_OF
from flows.kernel import (
    Aside,
    Branch,
    Choice,
    Choices,
    Country,
    Data,
    Day,
    Event,
    Flow,
    Go,
    Km,
    Language,
    Listing,
    Located,
    Opening,
    Phrase,
    Said,
    Session,
    Understood,
    Value,
)

flow = Flow(
    "services",
    country=COUNTRIES,
    place="place id",
    candidates="place ids",
    kind=KINDS,
    shown="offer keys",
    far="kilometres, one for each of shown",
    skip=range(0, 1000),
    accused=accused.HOLDS,
    around=("yes",),
    asked="what the list answers: positions in COUNTRIES and KINDS (-1: any), and a place id",
    beyond=COUNTRIES,
    outside="ISO 3166-1 code",
    service="offer key",
)

NEAR_KM = 100
"""Beyond this, an answer is called "the nearest that we know of" instead of "near"."""
FAR_KM = 500
"""Beyond this, a place is left out of a list that has two nearer ones."""
TARGET = 3
"""How many services an answer aims at (S-3)."""


# --- where -----------------------------------------------------------------------------------------------------------


def _countries(session: Session, facts: Facts) -> tuple[Choice, ...]:
    """The guessed or known country first, then the others as the network offers them."""
    return _with_first(str(session.slot("country") or facts.country_hint), facts.countries)


@lru_cache(maxsize=64)
def _with_first(known: str, countries: tuple[str, ...]) -> tuple[Choice, ...]:
    order = sorted(countries, key=lambda code: code != known)
    return tuple(Choice(code, Country(code), {"place": 0}) for code in order)


def _can_share(session: Session, facts: Facts) -> bool:
    return facts.channel.location and facts.channel.buttons


def _town_or_on(session: Session, event: Event, facts: Facts) -> Go | None:
    return Go("town")


def _onward(session: Session, facts: Facts, filled: dict[str, Any]) -> Go | None:
    """Once the place is known: the results from their beginning when the need is known too, else the question what for."""
    filled = {"beyond": "", "skip": 0, **filled}
    ahead = {**session.slots, **filled}
    if ahead.get("kind"):
        return _search(session, facts, filled)
    return Go("kind", set=filled)


def _from_mention(session: Session, facts: Facts, mention: Mention, filled: dict[str, Any]) -> Go | None:
    """Where a mention of places leads; None when it names none."""
    filled = {"beyond": "", "skip": 0, **filled}
    mention = served(mention, facts.countries)
    if len(mention.places) == 1 and mention.certain:
        place = mention.places[0]
        return _onward(session, facts, {**filled, "country": place.country, "place": place.id})
    if mention.places:
        return Go("which", set={**filled, "candidates": tuple(place.id for place in mention.places)})
    if len(mention.countries) == 1:
        country = mention.countries[0]
        if "kind" in filled or session.slot("kind"):
            return _onward(session, facts, {**filled, "country": country, "place": 0})
        return Go("town", set={**filled, "country": country, "place": 0})
    if mention.countries:
        return Go("where", set=filled)
    if mention.outside:
        return Go("outside", set={**filled, "outside": mention.outside})
    return None


def _where_said(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said):
        return None
    kind = kind_of(event.understood)
    filled = {"kind": kind} if kind else {}
    mention = facts.places.named(event.words.reveal())
    if not (mention.places or mention.countries or mention.outside):
        mention = event.understood.mention
    return _from_mention(session, facts, mention, filled)


def _town_said(session: Session, event: Event, facts: Facts) -> Go | None:
    if not isinstance(event, Said):
        return None
    country = str(session.slot("country"))
    mention = facts.places.named(event.words.reveal(), country)
    if not (mention.places or mention.countries or mention.outside):
        mention = facts.places.named(event.words.reveal())
    if not (mention.places or mention.countries or mention.outside):
        mention = event.understood.mention
    if mention.countries == (country,) and not mention.places:
        return _onward(session, facts, {"place": 0})
    return _from_mention(session, facts, mention, {})


def located(session: Session, event: Event, facts: Facts) -> Go | None:
    """A shared location: the municipality, or both sides of a border to choose from, or an honest "not covered"."""
    if not isinstance(event, Located):
        return None
    area = event.area
    sides = [country for country in area.countries if country in area.places and country in facts.countries]
    if len(sides) > 1:
        return Go("side", set={"candidates": tuple(area.places[country].id for country in sides)})
    if sides:
        filled: dict[str, Any] = {"country": sides[0], "place": area.places[sides[0]].id, "beyond": "", "skip": 0}
        if session.slot("kind"):
            return _search(session, facts, filled, area)
        return Go("kind", set=filled)
    return Go("outside", set={"outside": area.outside or next(iter(area.countries), "")})


def _candidates(session: Session, facts: Facts) -> list[Choice]:
    places = (facts.places.get(place_id) for place_id in session.slot("candidates", ()))
    return [Choice(place.id, place_name(place), {"country": place.country, "beyond": "", "skip": 0}) for place in places if place]


def _sides(session: Session, facts: Facts) -> list[Choice]:
    places = (facts.places.get(place_id) for place_id in session.slot("candidates", ()))
    return [
        Choice(place.id, Country(place.country), {"country": place.country, "beyond": "", "skip": 0}) for place in places if place
    ]


def place_name(place: Place) -> Value:
    """ "San Cristóbal, Táchira, Venezuela": enough to tell homes of one name apart."""
    names: list[Value] = [Data("place", place.name)]
    if place.region and place.region != place.name:
        names.append(Data("place", place.region))
    return Phrase("place.full", {"place": Listing((*names, Country(place.country)))})


def _chosen_place(session: Session, event: Event, facts: Facts) -> Go | None:
    return _onward(session, facts, {"place": session.slot("place"), "country": session.slot("country")})


def _country_name(session: Session, facts: Facts) -> dict[str, Value]:
    return {"country": Country(str(session.slot("country")))}


def _outside_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    code = str(session.slot("outside"))
    if code:
        return (Phrase("services.outside", {"country": Country(code), "count": len(facts.countries)}),)
    return (Phrase("services.outside.unknown"),)


flow.choose(
    "where",
    slot="country",
    among=_countries,
    then=Branch(_town_or_on, "town"),
    say=lambda session, facts: (
        Phrase("services.where.or_location" if facts.channel.location and not facts.channel.buttons else "services.where"),
    ),
    says=("services.where", "services.where.or_location"),
    hears=Branch(_where_said, "kind", "results", "nothing", "which", "town", "where", "outside"),
    located=Branch(located, "side", "kind", "results", "nothing", "outside"),
    share=Go("share", only=_can_share, digit=6),
)
flow.ask(
    "share",
    asks_location=True,
    hears=Branch(_where_said, "kind", "results", "nothing", "which", "town", "where", "outside"),
    located=Branch(located, "side", "kind", "results", "nothing", "outside"),
    typed=Go("where"),
)
flow.ask(
    "town",
    params=_country_name,
    hears=Branch(_town_said, "kind", "results", "nothing", "which", "town", "where", "outside"),
    located=Branch(located, "side", "kind", "results", "nothing", "outside"),
    share=Go("share", only=_can_share, digit=1),
    whole=Branch(lambda s, e, f: _onward(s, f, {"place": 0}), "kind", "results", "nothing", digit=6),
)
flow.choose(
    "which",
    slot="place",
    among=_candidates,
    say=lambda session, facts: (Phrase("services.which" if len(session.slot("candidates", ())) > 1 else "services.which.one"),),
    says=("services.which", "services.which.one"),
    size=4,
    then=Branch(_chosen_place, "kind", "results", "nothing"),
    hears=Branch(_town_said, "kind", "results", "nothing", "which", "town", "where", "outside"),
    none=Go("where", digit=6),
)
flow.choose(
    "side",
    slot="place",
    among=_sides,
    then=Branch(_chosen_place, "kind", "results", "nothing"),
    hears=Branch(_where_said, "kind", "results", "nothing", "which", "town", "where", "outside"),
    skip=Go("where", digit=6),
)
flow.menu(
    "outside",
    say=_outside_say,
    says=("services.outside", "services.outside.unknown"),
    where=Go("where"),
    person=Go("person.where", digit=6),
)


# --- what for --------------------------------------------------------------------------------------------------------


def for_kind(kind: str, *, around: bool = False) -> Branch:
    """A move to the services of one kind, from any topic: the results, or first the question where. ``around``: leave out, up to
    the menu, the organisations that something was said about (C-8)."""

    def pick(session: Session, event: Event, facts: Facts) -> Go | None:
        filled: dict[str, Any] = {"kind": kind, "beyond": "", "skip": 0, **({"around": "yes"} if around else {})}
        if not session.slot("country"):
            return Go("services.where", set=filled)
        return _search(session, facts, filled)

    return Branch(pick, "services.where", "services.results", "services.nothing")


#: Option ids of the question "what for", in the order shown.
KIND_OPTIONS: dict[str, str] = {kind.replace("-", "_"): kind for kind in KINDS}
_KINDS: dict[str, Any] = {option: Branch(for_kind(kind).pick, "results", "nothing") for option, kind in KIND_OPTIONS.items()}


def _kind_said(session: Session, event: Event, facts: Facts) -> Go | None:
    if isinstance(event, Said) and (kind := kind_of(event.understood)):
        return wanted(kind, session, event, facts)
    return None


def kind_of(heard: Understood) -> str:
    """The kind of help that a sentence asks for; empty where it asks for none, or plainly for something else."""
    first = heard.intents[0] if heard.intents else ""
    if heard.sure:
        return KIND_OF.get(first, "") if first != "other" else next(iter(heard.kinds), "")
    return next(iter(heard.kinds), "")


def wanted(kind: str, session: Session, event: Said, facts: Facts) -> Go | None:
    """To the services of one kind, at the place that the same sentence names."""
    go = _from_mention(session, facts, event.understood.mention, {"kind": kind}) or for_kind(kind).pick(session, event, facts)
    return _full(go)


def somewhere(session: Session, event: Said, facts: Facts) -> Go | None:
    """To what there is at the place that a sentence names; None where it names none."""
    return _full(_from_mention(session, facts, event.understood.mention, {}))


def _full(go: Go | None) -> Go | None:
    return None if go is None else Go(go.to if "." in go.to else f"services.{go.to}", go.set, go.only, go.do, go.digit)


flow.menu(
    "kind",
    hears=Branch(_kind_said, "results", "nothing", "which", "outside"),
    **_KINDS,
    basics=Go("basics.where_to_ask"),
    other=Go("person.where", digit=6),
)


# --- what there is ---------------------------------------------------------------------------------------------------


def _search(session: Session, facts: Facts, filled: dict[str, Any], area: Area | None = None) -> Go:
    """Search with the slots as they will be, and go to the answer. An exact point serves this one search and goes with it."""
    slots = {**session.slots, **filled}
    found, beyond = find(slots, facts, area)
    if not found:
        return Go("services.nothing", set={**filled, "shown": (), "far": (), "beyond": ""})
    return Go(
        "services.results",
        set={
            **filled,
            "shown": tuple(one.offer.key for one in found),
            "far": tuple(-1 if one.km is None else int(one.km) for one in found),
            "beyond": beyond,
            "asked": (COUNTRIES.index(slots["country"]), _index(KINDS, slots.get("kind", "")), int(slots.get("place") or 0)),
        },
    )


def _index(values: tuple[str, ...], value: Any) -> int:
    return values.index(value) if value in values else -1


def _asked(session: Session) -> dict[str, Any]:
    """Where and what the present list was looked for. Country, place and kind may have changed since: somebody came back to it."""
    asked = session.slot("asked", ())
    if len(asked) != 3:
        return {name: session.slot(name) for name in ("country", "kind", "place")}
    country, kind, place = asked
    return {"country": COUNTRIES[country], "kind": KINDS[kind] if kind >= 0 else "", "place": place}


def find(slots: dict[str, Any], facts: Facts, area: Area | None = None) -> tuple[list[Found], str]:
    """What an answer lists, and the other country when nothing is known in this one.

    S-3: at least two where two exist; what is specialised never stands alone, but beside something general, or not at all.
    """
    country, kind, skip = str(slots.get("country", "")), str(slots.get("kind", "")), int(slots.get("skip", 0))
    lat, lon = _point(slots, facts, area)
    asked = Query(country=country, lat=lat, lon=lon, kinds=(kind,) if kind else (), skip=skip, limit=TARGET)
    if skip and slots.get("beyond"):
        country = str(slots["beyond"])
        asked = msgspec.structs.replace(asked, country=country)
    found = _search_around(asked, slots, facts)
    if len(found) < 2 and (not skip or any(one.offer.specialised for one in found)):
        found = _beside(found, asked, slots, facts)
    if skip:
        return found, str(slots.get("beyond", ""))
    if found:
        return _reachable(found), ""
    for other in (code for code in _neighbours(country, facts) if code in facts.countries):
        query = Query(country=other, lat=lat, lon=lon, kinds=asked.kinds, limit=TARGET)
        elsewhere = _search_around(query, slots, facts)
        if len(elsewhere) < 2:
            elsewhere = _beside(elsewhere, query, slots, facts)
        if elsewhere:
            return elsewhere, other
    return [], ""


def _reachable(found: list[Found]) -> list[Found]:
    """Two at least, and beyond them only what somebody could think of going to."""
    return found[:2] + [one for one in found[2:] if one.km is None or one.km <= FAR_KM]


def _theirs(slots: Mapping[str, Any], country: str, facts: Facts) -> frozenset[str]:
    """Names of those whom this search goes round."""
    return accused.names(slots, country, facts) if slots.get("around") else frozenset()


def _search_around(asked: Query, slots: Mapping[str, Any], facts: Facts) -> list[Found]:
    return accused.search(asked, _theirs(slots, asked.country, facts), facts)


def _beside(found: list[Found], asked: Query, slots: Mapping[str, Any], facts: Facts) -> list[Found]:
    """One answer is joined by general ones; one that is specialised and stays alone is left out."""
    if not found:
        return []
    query = Query(country=asked.country, lat=asked.lat, lon=asked.lon, general=True, limit=TARGET + 1)
    general = _search_around(query, slots, facts)
    keys = {one.offer.key for one in found}
    both = found + [one for one in general if one.offer.key not in keys][: TARGET - len(found)]
    if len(both) == 1 and both[0].offer.specialised:
        return []
    theirs = _theirs(slots, asked.country, facts)
    return sorted(both, key=lambda one: accused.is_of(one.offer, theirs)) if theirs else both


def _point(slots: dict[str, Any], facts: Facts, area: Area | None) -> tuple[float | None, float | None]:
    if area is not None:
        return area.lat, area.lon
    place = facts.places.get(int(slots.get("place") or 0))
    return (place.lat, place.lon) if place else (None, None)


def _neighbours(country: str, facts: Facts) -> tuple[str, ...]:
    return facts.neighbours.get(country, ())


def _more(session: Session, event: Event, facts: Facts) -> Go | None:
    skip = int(session.slot("skip", 0)) + len(session.slot("shown", ()))
    go = _search(session, facts, {**_asked(session), "skip": skip})
    if go.to == "services.nothing":
        return Go("no_more")
    return go


T = TypeVar("T")
Rest = ParamSpec("Rest")


def of_offer(make: Callable[Concatenate[Offer, Rest], T]) -> Callable[Concatenate[Offer, Rest], T]:
    """Remembers what was made of an offer, as long as the directory holds it. The other arguments are from closed sets, so nothing
    of whoever asked is in it."""
    beside = Beside()

    def remembered(offer: Offer, /, *rest: Rest.args, **named: Rest.kwargs) -> T:
        known = beside.of(offer)
        found = known.get(rest)
        if found is None:
            found = known[rest] = make(offer, *rest, **named)
        return cast(T, found)

    return remembered


def _listed(session: Session, facts: Facts) -> list[tuple[Offer, float | None]]:
    """The services of the present list that may still be shown, and how far they are."""
    keys, far = session.slot("shown", ()), session.slot("far", ())
    known: list[tuple[Offer, float | None]] | None = facts.once.get(("listed", keys, far))
    if known is not None:
        return known
    pairs = ((facts.directory.get(key), None if km < 0 else float(km)) for key, km in zip(keys, far, strict=False))
    listed = [(offer, km) for offer, km in pairs if offer is not None]
    # An entry may be taken back while its list is on the screen; what is specialised is not left alone by that either (S-3).
    listed = [] if len(listed) == 1 and listed[0][0].specialised else listed
    facts.once["listed", keys, far] = listed
    return listed


def named(offer: Offer) -> Value:
    """Its neutral short name, or what it offers where the organisation keeps the name back."""
    if offer.short_name:
        return Data("service.short_name", offer.short_name)
    kind = offer.kinds[0].replace("-", "_") if offer.kinds else ""
    return Phrase(f"services.kind.{kind}" if kind in KIND_OPTIONS else "services.any_kind")


def line(offer: Offer, km: float | None, facts: Facts) -> Phrase:
    """One service in a list: name, distance, open now, free (the rest is in the details)."""
    head, tail = _line_parts(offer, open_now(offer, facts), facts.channel.form)
    if offer.remote or km is None:
        return Phrase("service.line", {"facts": Listing((head, tail))}) if tail else Phrase("service.line", {"facts": head})
    return Phrase("service.line", {"facts": Listing((head, Km(km), tail) if tail else (head, Km(km)))})


@of_offer
def _line_parts(offer: Offer, is_open: bool | None, form: str) -> tuple[Listing, Listing | None]:
    """What stands before the distance, and what behind it."""
    head: list[Value] = [named(offer)]
    if offer.authority:
        # S-6: who is behind it is read before anything else about it.
        head.append(Phrase(f"service.authority_short.{offer.authority}"))
    if offer.remote:
        head.append(Phrase("service.remote"))
    tail: list[Value] = []
    if is_open is not None:
        tail.append(Phrase("service.open_now" if is_open else "service.closed_now"))
    if offer.free is not None:
        tail.append(Phrase("service.free" if offer.free else "service.paid"))
    if offer.check == "due" and not (offer.authority and form == "sms"):
        tail.append(Phrase("service.call_first_short"))
    return Listing(tuple(head), kept=True), Listing(tuple(tail), kept=True) if tail else None


def open_now(offer: Offer, facts: Facts) -> bool | None:
    """Whether it is open at this moment, in its own zone; None when its hours are not known."""
    if offer.hours is None:
        return None
    return facts.is_open(offer.hours, facts.now)


def _services(session: Session, facts: Facts) -> list[Choice]:
    buttons = facts.channel.buttons
    return [
        Choice(offer.key, _button(number, offer) if buttons else line(offer, km, facts))
        for number, (offer, km) in enumerate(_listed(session, facts), start=1)
    ]


def _button(number: int, offer: Offer) -> Phrase:
    return Phrase("service.numbered", {"number": number, "line": named(offer)})


def _results_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    listed = _listed(session, facts)
    if not listed:
        return (Phrase("services.no_more"), Phrase("services.more_than_listed"))
    parts: list[Value] = [*_demo(offer for offer, _ in listed), _heading(session, facts, listed)]
    if any(accused.is_of(offer, _theirs(session.slots, offer.country, facts)) for offer, _ in listed):
        parts.append(Phrase("services.results.theirs"))
    if facts.channel.buttons:
        parts.append(
            Listing(
                tuple(
                    Phrase("service.numbered", {"number": number, "line": line(offer, km, facts)})
                    for number, (offer, km) in enumerate(listed, start=1)
                ),
                lines=True,
            )
        )
    else:
        parts.append(Choices())
    parts.append(Phrase("services.more_than_listed"))
    if facts.channel.form != "sms" or not session.slot("skip"):
        # On SMS the line about free help stands on the first list of a search (S-9), elsewhere on each.
        parts.append(Phrase("services.help_is_free"))
    return tuple(parts)


def _heading(session: Session, facts: Facts, listed: list[tuple[Offer, float | None]]) -> Value:
    asked = _asked(session)
    beyond = str(session.slot("beyond"))
    country = Country(str(asked["country"]))
    what = _what(str(asked["kind"]))
    if beyond:
        return Phrase("services.results.beyond", {"what": what, "country": country, "other": Country(beyond)})
    place = facts.places.get(int(asked["place"] or 0))
    if place is None:
        return Phrase("services.results.country", {"what": what, "country": country})
    nearest = min((km for _, km in listed if km is not None), default=None)
    far = nearest is not None and nearest > NEAR_KM
    return Phrase("services.results.far" if far else "services.results", {"what": what, "place": Data("place", place.name)})


def _demo(offers: Any) -> list[Value]:
    return [Phrase("service.demo")] if any(offer.demo for offer in offers) else []


def _again(session: Session, event: Event, facts: Facts) -> Go | None:
    return Go("kind")


flow.choose(
    "results",
    slot="service",
    among=_services,
    size=3,
    then=Go("details"),
    say=_results_say,
    says=(
        "services.results", "services.results.far", "services.results.country", "services.results.beyond",
        "services.results.theirs",
        "services.help_is_free", "services.more_than_listed", "services.any_kind", "services.no_more",
        "service.demo", "service.line", "service.numbered", "service.remote", "service.open_now", "service.closed_now",
        "service.free", "service.paid", "service.call_first_short",
        "service.authority_short.police", "service.authority_short.migration", "service.authority_short.informs",
    ),
    located=Branch(located, "side", "results", "nothing", "outside"),
    another=Go("next", digit=4),
    kind=Go("kind", digit=5),
    person=Go("person.where", digit=6),
    more=Branch(_more, "results", "no_more", digit=7),
)  # fmt: skip
flow.menu(
    "no_more",
    say=lambda session, facts: (Phrase("services.no_more"), Phrase("services.more_than_listed")),
    says=("services.no_more",),
    another=Go("next", digit=4),
    kind=Go("kind", digit=5),
    person=Go("person.where", digit=6),
)
flow.menu(
    "nothing",
    say=lambda session, facts: (
        Phrase("services.nothing", {"what": _what(str(session.slot("kind"))), "country": Country(str(session.slot("country")))}),
        Phrase("services.more_than_listed"),
    ),
    says=("services.nothing",),
    another=Go("next", digit=4),
    kind=Go("kind", digit=5),
    person=Go("person.where", digit=6),
)


def _what(kind: str) -> Value:
    return Phrase(f"services.kind.{kind.replace('-', '_')}") if kind else Phrase("services.any_kind")


# --- another place, the next stop ------------------------------------------------------------------------------------


def _next_countries(session: Session, facts: Facts) -> list[Choice]:
    """The countries beside this one first: the usual next stops (S-7)."""
    here = str(session.slot("country"))
    order = [here, *_neighbours(here, facts)]
    order += [code for code in facts.countries if code not in order]
    return [Choice(code, Country(code), {"place": 0, "beyond": "", "skip": 0}) for code in order if code in facts.countries]


flow.choose(
    "next",
    slot="country",
    among=_next_countries,
    then=Go("town"),
    hears=Branch(_where_said, "results", "nothing", "which", "town", "where", "outside"),
    located=Branch(located, "side", "results", "nothing", "outside"),
    share=Go("share", only=_can_share, digit=6),
)


# --- one of them -----------------------------------------------------------------------------------------------------


def _offer(session: Session, facts: Facts) -> Offer | None:
    return facts.directory.get(int(session.slot("service") or 0))


def _tri(name: str, value: bool | None) -> Phrase:
    answer = "unknown" if value is None else "yes" if value else "no"
    return Phrase(f"service.{name}.{answer}")


def _details_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    offer = _offer(session, facts)
    if offer is None:
        return (Phrase("services.details.gone"),)
    if facts.channel.form == "sms":
        return (*_demo((offer,)), *_contact(offer))
    return _details(offer, session.lang)


@of_offer
def _details(offer: Offer, lang: str) -> tuple[Value, ...]:
    """All that is known of a service, where there is room for it."""
    contact = _contact(offer)
    return (
        *_demo((offer,)),
        contact[0],
        Listing(tuple(contact[1:]), lines=True, kept=True),
        *(Listing(tuple(block), lines=True, kept=True) for block in _blocks(_further(offer, lang))),
    )


def _blocks(parts: list[Value]) -> list[list[Value]]:
    """What it offers as a paragraph of its own, then the facts a line each."""
    told: list[Value] = [part for part in parts if isinstance(part, Phrase) and part.id in ("service.text", "service.text_in")]
    return [block for block in (told, [part for part in parts if part not in told]) if block]


def _contact(offer: Offer) -> list[Value]:
    """Who, how to get there or call, hours, cost, papers: what a person needs before walking in."""
    parts: list[Value] = [Data("service.name", offer.name) if offer.name else named(offer)]
    if offer.authority:
        parts.append(Phrase(f"service.authority.{offer.authority}"))
    if offer.check == "due":
        parts.append(Phrase("service.call_first"))
    if offer.phones:
        numbers = tuple(Data("service.phone", phone.shown) for phone in offer.phones[:2])
        parts.append(Phrase("service.phone", {"numbers": Listing(numbers)}))
    else:
        parts.append(Phrase("service.phone.unknown"))
    if offer.address:
        parts.append(Phrase("service.address", {"address": Data("service.address", offer.address)}))
    elif offer.municipality and not offer.remote:
        known = "service.address_town" if offer.phones else "service.address_town.unknown"
        parts.append(Phrase(known, {"town": Data("service.municipality", offer.municipality)}))
    elif not offer.remote:
        parts.append(Phrase("service.address.unknown"))
    if offer.hours is None:
        parts.append(Phrase("service.hours.unknown"))
    elif offer.hours.always:
        parts.append(Phrase("service.hours.always"))
    else:
        parts.append(Phrase("service.hours", {"hours": Opening(offer.hours)}))
    parts += [_tri("cost", offer.free), _tri("papers", offer.papers)]
    return parts


def _further(offer: Offer, lang: str) -> list[Value]:
    """What for, for whom, languages, access, when it was checked."""
    parts: list[Value] = []
    text = offer.texts.get(lang)
    if text:
        parts.append(Phrase("service.text", {"text": Data("service.text", text)}))
    elif offer.texts:
        # A text in another language is better than none, and is marked as such.
        other = next((code for code in LANGS if code in offer.texts), next(iter(offer.texts)))
        text = offer.texts[other]
        parts.append(Phrase("service.text_in", {"language": Language(other), "text": Data("service.text", text)}))
    served = tuple(Phrase(f"service.people.{group}") for group, yes in offer.people.items() if yes)
    not_served = tuple(Phrase(f"service.people.{group}") for group, yes in offer.people.items() if yes is False)
    if served:
        parts.append(Phrase("service.for", {"people": Listing(served)}))
    if not_served:
        parts.append(Phrase("service.not_for", {"people": Listing(not_served)}))
    if not served and not not_served:
        parts.append(Phrase("service.for.unknown"))
    if offer.min_age is not None or offer.max_age is not None:
        parts.append(Phrase("service.ages", {"least": offer.min_age or 0, "most": offer.max_age or 120}))
    if offer.languages:
        parts.append(Phrase("service.languages", {"languages": Listing(tuple(Language(code) for code in offer.languages))}))
    else:
        parts.append(Phrase("service.languages.unknown"))
    parts += [_tri("wheelchair", offer.wheelchair), _tri("sign", offer.sign_language)]
    if offer.url:
        parts.append(Phrase("service.url", {"url": Data("service.url", offer.url)}))
    if offer.report_to:
        key = "service.report_to.old" if offer.report_check == "due" else "service.report_to"
        parts.append(Phrase(key, {"where": Data("service.report_to", offer.report_to)}))
    parts.append(
        Phrase("service.checked", {"day": Day(offer.verified_on)}) if offer.verified_on else Phrase("service.checked.unknown")
    )
    return parts


def _further_say(session: Session, facts: Facts) -> tuple[Value, ...]:
    offer = _offer(session, facts)
    if offer is None:
        return (Phrase("services.details.gone"),)
    parts = _further(offer, session.lang)
    return (*_demo((offer,)), named(offer), *parts[:1], *(Aside(part) for part in parts[1:]))


DETAIL_TEXTS = (
    "services.details.gone", "service.demo", "service.call_first", "service.phone", "service.phone.unknown", "service.address",
    "service.address.unknown", "service.address_town", "service.address_town.unknown",
    "service.hours", "service.hours.unknown", "service.hours.always", "service.text", "service.text_in", "service.for",
    "service.not_for", "service.for.unknown", "service.ages", "service.languages", "service.languages.unknown", "service.url",
    "service.report_to", "service.report_to.old", "service.checked", "service.checked.unknown",
    *(f"service.authority.{who}" for who in ("police", "migration", "informs")),
    *(f"service.{field}.{answer}" for field in ("cost", "papers", "wheelchair", "sign") for answer in ("yes", "no", "unknown")),
    *(f"service.people.{group}" for group in ("women", "men", "children", "lgbtiq", "disabilities")),
)  # fmt: skip


def _said_of_it(session: Session, event: Event, facts: Facts) -> Go | None:
    """To say something about this place: that the entry is wrong, thanks, a complaint."""
    offer = _offer(session, facts)
    if offer is None:
        return None
    return Go("complaint.what", set=of_place(session, offer))


flow.menu(
    "details",
    say=_details_say,
    says=DETAIL_TEXTS,
    others=Go("results", only=lambda session, facts: bool(session.slot("shown"))),
    said=Branch(_said_of_it, "complaint.what", only=lambda session, facts: _offer(session, facts) is not None, digit=2),
    person=Go("person.where", digit=6),
    more=Go(
        "further",
        only=lambda session, facts: facts.channel.form == "sms" and _offer(session, facts) is not None,
        digit=7,
    ),
)
flow.menu(
    "further",
    say=_further_say,
    says=DETAIL_TEXTS,
    others=Go("results", only=lambda session, facts: bool(session.slot("shown"))),
    person=Go("person.where", digit=6),
)


# --- from anywhere ---------------------------------------------------------------------------------------------------


def said_here(session: Session, event: Said, facts: Facts) -> Go | None:
    """What is said of the place whose details are open: that it is closed, that somebody asked for money."""
    if session.screen not in ("services.details", "services.further"):
        return None
    heard, go = event.understood, _said_of_it(session, event, facts)
    if go is None or not (heard.remarks or "feedback" in heard.topics):
        return None
    return Go("complaint.meant", set={**go.set, "topic": heard.remarks[0]}) if len(heard.remarks) == 1 else go


def told(heard: Understood) -> Go | None:
    """What is said about help that was given, or asked about something heard, whatever kind of help it names: "they treated me
    badly at the hospital"."""
    return next((Go(TOPICS[topic]) for topic in TOLD if topic in heard.topics), None)


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """Words or a location that the present screen does not take: where they lead, or None."""
    go = None
    if isinstance(event, Located):
        go = located(session, event, facts)
    elif isinstance(event, Said):
        heard = event.understood
        if heard.kinds:
            return wanted(heard.kinds[0], session, event, facts)
        if heard.topics:
            return Go(TOPICS[heard.topics[0]])
        return somewhere(session, event, facts)
    return _full(go)


#: Topics that come before every kind of help.
TOLD = ("my_complaint", "changed", "feedback", "rumour")
#: What a sentence may be about, beside kinds of help and places -> the screen that answers it.
TOPICS: dict[str, str] = {
    "services": "services.where",
    "person": "person.where",
    "feedback": "complaint.kind",
    "my_complaint": "code.safe",
    "rumour": "notices.where",
    "changed": "notices.changes",
    "rights": "rights.asylum",
    "basics": "basics.where_to_ask",
    "privacy": "privacy.answer",
    "code": "code.safe",
}
