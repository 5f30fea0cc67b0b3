"""A small world to play the core in: a few places, services and helplines, all in plain sight.

Here belong the facts of these tests and ``Play``, which plays a conversation by ids. Never here: an assertion.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from bot.directory.hours import is_open
from bot.lexicon import Lexicon
from bot.understanding import Understanding
from bot.wording import Wording
from flows.facts import (
    COUNTRIES,
    KINDS,
    RUMOURS,
    SETTLING,
    Area,
    ComplaintChannel,
    ComplaintView,
    DutyText,
    Facts,
    Found,
    Helpline,
    Hours,
    Mention,
    Notice,
    Offer,
    OnCall,
    Phone,
    Place,
    Query,
    Reviewed,
    TicketView,
    Traits,
)
from flows.kernel import (
    Alarm,
    Aside,
    Chose,
    Command,
    Data,
    Effect,
    Event,
    Foot,
    Graph,
    Listing,
    Located,
    Outcome,
    Phrase,
    Said,
    Screen,
    Session,
    Turn,
    Words,
)
from flows.reading import fold, read
from flows.topics import GRAPH

NOW = 1_795_000_000.0
SMS = Traits(name="sms", form="sms")
TELEGRAM = Traits(name="telegram", form="chat", buttons=True, location=True, edits=True, forgets=True)
WHATSAPP = Traits(name="whatsapp", form="chat", location=True, reach="day")

CUCUTA = Place(id=1, name="Cúcuta", region="Norte de Santander", country="CO", lat=7.89, lon=-72.5, population=700_000)
SAN_CRISTOBAL_VE = Place(id=2, name="San Cristóbal", region="Táchira", country="VE", lat=7.77, lon=-72.22, population=250_000)
SAN_CRISTOBAL_MX = Place(id=3, name="San Cristóbal", region="Chiapas", country="MX", lat=16.7, lon=-92.6, population=180_000)
TAPACHULA = Place(id=4, name="Tapachula", region="Chiapas", country="MX", lat=14.9, lon=-92.26, population=300_000)
BOA_VISTA = Place(id=5, name="Boa Vista", region="Roraima", country="BR", lat=2.82, lon=-60.67, population=400_000)
PORT_OF_SPAIN = Place(id=6, name="Port of Spain", region="", country="TT", lat=10.65, lon=-61.51, population=50_000)
SANTA_ROSA_PE = Place(id=7, name="Santa Rosa", region="Tumbes", country="PE", lat=-3.6, lon=-80.4, population=9_000)
SANTA_ROSA_EC = Place(id=8, name="Santa Rosa", region="El Oro", country="EC", lat=-3.45, lon=-79.96, population=60_000)
PLACES = (SANTA_ROSA_PE, SANTA_ROSA_EC, CUCUTA, SAN_CRISTOBAL_VE, SAN_CRISTOBAL_MX, TAPACHULA, BOA_VISTA, PORT_OF_SPAIN)


class SomePlaces:
    """Exact names only; enough for the core, which never looks into them."""

    def get(self, place_id: int) -> Place | None:
        return next((place for place in PLACES if place.id == place_id), None)

    def named(self, text: str, country: str = "") -> Mention:
        folded = fold(text)
        if folded == "panama":
            return Mention(outside="PA")
        if folded in ("colombia", "mexico", "brasil"):
            return Mention(countries=({"colombia": "CO", "mexico": "MX", "brasil": "BR"}[folded],))
        if folded == "colombia o mexico":
            return Mention(countries=("CO", "MX"))
        found = tuple(place for place in PLACES if fold(place.name) == folded and country in ("", place.country))
        if folded == "cucutta":
            return Mention(places=(CUCUTA,), certain=False)
        return Mention(places=found)

    def mentioned(self, text: str, country: str = "") -> Mention:
        for token in ("cucutta", *(fold(place.name) for place in PLACES)):
            if f" {token} " in f" {fold(text)} ":
                return self.named(token, country)
        for token in ("panama", "colombia", "mexico", "brasil"):
            if f" {token} " in f" {fold(text)} ":
                return self.named(token)
        return Mention()

    def at(self, lat: float, lon: float) -> Area:
        raise AssertionError("the core never asks this")


def offer(key: int, country: str, kind: str, **rest: Any) -> Offer:
    place = next((place for place in PLACES if place.country == country), CUCUTA)
    fields: dict[str, Any] = {
        "name": f"Centro Demo {key}",
        "short_name": f"Centro {key}",
        "organisation": "Organización Demo",
        "kinds": (kind,),
        "lat": place.lat,
        "lon": place.lon,
        "address": "Calle 1",
        "phones": (Phone(number="+15555550100", shown="555-0100"),),
        "hours": Hours(zone="America/Bogota", weekly=((0, 480, 960),)),
        "verified_on": date(2026, 11, 1),
        "demo": True,
    } | rest
    return Offer(key=key, country=country, **fields)


def offers() -> list[Offer]:
    """Four of each kind in Colombia and Mexico, one of each in Venezuela, none in Peru."""
    made: list[Offer] = []
    for country, count in (("CO", 4), ("MX", 4), ("BR", 3), ("VE", 1)):
        for kind in KINDS:
            for _ in range(count):
                made.append(offer(len(made) + 1, country, kind))
    return made


class SomeDirectory:
    """All offers, nearest by degrees; ties by key."""

    def __init__(self, rows: list[Offer] | None = None, channels: list[ComplaintChannel] | None = None) -> None:
        self.rows = offers() if rows is None else rows
        self.channels = channels
        self.asked: list[Query] = []

    def search(self, query: Query) -> list[Found]:
        self.asked.append(query)
        rows = [row for row in self.rows if row.country == query.country]
        if query.kinds:
            rows = [row for row in rows if set(row.kinds) & set(query.kinds)]
        if query.general:
            rows = [row for row in rows if not row.specialised]

        def km(row: Offer) -> float | None:
            if query.lat is None or query.lon is None or row.lat is None or row.lon is None:
                return None
            return round((abs(row.lat - query.lat) + abs(row.lon - query.lon)) * 111)

        rows.sort(key=lambda row: (km(row) or 0, row.key))
        return [Found(offer=row, km=km(row)) for row in rows[query.skip : query.skip + query.limit]]

    def get(self, key: int) -> Offer | None:
        return next((row for row in self.rows if row.key == key), None)

    def complaint_channels(self, country: str) -> list[ComplaintChannel]:
        if self.channels is not None:
            return self.channels
        return [
            ComplaintChannel(
                organisation=f"Organización Demo {number}", how="phone", value="555-0100", independent=number == 3, demo=True
            )
            for number in range(6)
            if country != "PE"
        ]


class SomeHelplines:
    def lines(self, country: str, purposes: tuple[str, ...], now: float) -> list[Helpline]:
        return [
            Helpline(
                country=country,
                purpose=purpose,
                number="911" if purpose == "emergency" else "155",
                name="Defensoría Demo" if purpose in SETTLING else "",
                operator="police" if purpose == "emergency" else "civil",
            )  # type: ignore[arg-type]
            for purpose in purposes
        ]

    def everywhere(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("911", ("US", "MX")), ("123", ("CO",))]


class SomeDuty:
    """CO: open, everybody answers. MX: closed now. VE: only adults' desk. Every other country: nobody. ``texts``: which have a
    reviewed duty text."""

    def __init__(self, texts: tuple[str, ...] = ("CO", "MX")) -> None:
        self.texts = texts

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        zones = {"CO": "America/Bogota", "MX": "America/Mexico_City", "VE": "America/Caracas"}
        if country not in zones or (child and country == "VE"):
            return OnCall(country=country)
        return OnCall(
            country=country,
            answers=True,
            open_now=country != "MX",
            opens_at=now + 9 * 3600 if country == "MX" else None,
            zone=zones[country],
            languages=("es", "en", "ht"),
            women=True,
            men=True,
            organisations=(("org-a", "Organización Demo A"), ("org-b", "Organización Demo B")),
        )

    def text(self, country: str, now: float) -> DutyText | None:
        variants = ("children.workers", "danger")
        return DutyText(country=country, variants=variants, confirmed=True) if country in self.texts else None


class SomeHearing:
    """CO: everything is read. MX: feedback only. VE, BR: a little of what is about somebody's conduct. PE: all of that, and no
    organisation is known. Elsewhere: nothing."""

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        if country not in ("CO", "VE"):
            return ()
        return (("org-a", "Organización Demo A"), ("org-b", "Organización Demo B"), ("dir-1", "Organización Demo"))

    def one_with(self, organisations: Collection[str]) -> frozenset[str]:
        """``org-a-pe`` is called like ``org-a``."""
        same = frozenset({"org-a", "org-a-pe"})
        return frozenset(organisations) | (same if same & frozenset(organisations) else frozenset())

    def reads(self, country: str, inbox: str, about: str, organisation: str) -> bool:
        if country == "VE":
            return inbox == "psea" and about in ("police", "official", "organisation") and organisation != "org-a"
        if country == "BR":
            return inbox == "psea" and about == "employer"
        return country == "CO" or (country, inbox) in (("MX", "feedback"), ("PE", "psea"))

    def due(self, country: str, inbox: str, now: float) -> float:
        return now + (48 if inbox == "psea" else 100) * 3600


class SomeReviewed:
    """Every reviewed answer stands."""

    def listed(self, now: float) -> tuple[Reviewed, ...]:
        return tuple(Reviewed(name=name, checked_on=date(2026, 9, 23)) for name in RUMOURS)


class SomeNotices:
    """Six answers to what goes round in CO and VE, two changes; nothing elsewhere."""

    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        if country not in ("CO", "VE"):
            return ()
        return tuple(
            Notice(kind=kind, title=f"Pregunta {number}", text=f"Respuesta {number}.", published_on=date(2026, 11, number))  # type: ignore[arg-type]
            for number in range(1, 7 if kind == "rumour" else 3)
        )


#: What the code of a complaint shows, such that as much as possible can be done with it.
COMPLAINT = ComplaintView(
    status="question_waiting",
    country="CO",
    inbox="psea",
    answer="Zarzamora. ¿Fue cerca de la estación?",
    asks=True,
    unread=2,
    more=True,
    may_contest=True,
    due=NOW + 5 * 3600,
)

#: What a code shows, such that as much as possible can be done with it.
TICKET = TicketView(
    status="told_further",
    country="CO",
    way="phone",
    desk=OnCall(country="CO", answers=True, open_now=True, zone="America/Bogota"),
    windows=("morning", "evening"),
    answer="Zarzamora. Llama al 555-0100 cuando puedas.",
    unread=2,
    more=True,
    may_contest=True,
    may_rate=True,
    abroad=("VE", "EC"),
    agreed=("PE",),
    counted=True,
)

ZONES: dict[str, tuple[str, ...]] = {
    "CO": ("America/Bogota",),
    "VE": ("America/Caracas",),
    "MX": ("America/Mexico_City", "America/Tijuana", "America/Cancun"),
}

NEIGHBOURS: dict[str, tuple[str, ...]] = {"CO": ("VE", "EC"), "VE": ("CO", "BR"), "PE": ("EC", "CL"), "MX": ("US", "GT")}


def facts(channel: Traits = SMS, directory: SomeDirectory | None = None, now: float = NOW, **rest: Any) -> Facts:
    return Facts(
        now=now,
        channel=channel,
        places=SomePlaces(),
        directory=directory or SomeDirectory(),
        neighbours=NEIGHBOURS,
        is_open=is_open,
        **{
            "helplines": SomeHelplines(),
            "duty": SomeDuty(),
            "hearing": SomeHearing(),
            "notices": SomeNotices(),
            "reviewed": SomeReviewed(),
            "code": lambda session, turn, collision: "0412 375 908 264",
            "zones": lambda country, place: ZONES.get(country, ("America/Lima",)),
            "time_in": lambda zone, now: (int(now // 3600) % 24, 5),
            **rest,
        },
    )


@lru_cache(maxsize=1)
def wording() -> Wording:
    return Wording.load()


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    return Lexicon.load(wording())


class Play:
    """A conversation in ids: ``says`` words, ``picks`` options, ``shares`` places, and looks at ``screen``."""

    def __init__(
        self, channel: Traits = SMS, lang: str = "es", graph: Graph = GRAPH, known: Facts | None = None, **rest: Any
    ) -> None:
        self.facts = known or facts(channel, **rest)
        self.graph = graph
        self.session = Session(id=b"0" * 16, lang=lang)
        self.turn: Turn | None = None
        self.outcome: str = "saved"
        """What the effects of the next steps come to. Empty: they are left undone, and ``turn.screen`` is None."""
        self.asked: list[Effect] = []
        """Every effect that was asked for."""
        self._understanding = Understanding(lexicon(), self.facts.places)

    def event(self, text: str) -> Event:
        """What these words are on the present screen."""
        words = Words(text)
        event = read(words, self.graph.readable(self.session, self.facts), lexicon())
        if isinstance(event, Said):
            return self._understanding.event(words, str(self.session.slot("country")))
        return self._understanding.alarmed(event) if isinstance(event, Alarm) else event

    def does(self, event: Event) -> Play:
        self.turn = self.graph.step(self.session, event, self.facts)
        self.session = self.turn.session
        self.asked += self.turn.effects
        if self.turn.cause is not None and self.outcome:
            opened = {"opened": (self.session.turn, 0), "country": self.session.slot("country", "CO")}
            sent = self.turn.effects[-1].name
            if sent == "open_complaint":
                opened |= {name: self.session.slot(name) for name in ("path", "safe", "minor")}
                opened |= {"about": "responders"} if self.session.slot("about") == "responders" else {}
            else:
                opened |= {name: kept for name in ("age", "abroad", "not_org") if (kept := self.session.slot(name))}
            slots = opened if sent in ("open_request", "open_complaint") and self.outcome == "saved" else {}
            return self.does(Outcome(self.turn.effects[-1].name, self.outcome, self.turn.cause, slots))
        return self

    def says(self, *texts: str) -> Play:
        for text in texts:
            self.does(self.event(text))
        return self

    def picks(self, *options: str) -> Play:
        for option in options:
            self.does(Chose(option))
        return self

    def commands(self, name: str) -> Play:
        return self.does(Command(name))

    def shares(self, *places: Place, outside: str = "") -> Play:
        area = Area(
            countries=tuple(place.country for place in places),
            places={place.country: place for place in places},
            outside=outside,
            lat=places[0].lat if places else 0.0,
            lon=places[0].lon if places else 0.0,
        )
        return self.does(Located(area))

    def at(self, screen: str, **slots: Any) -> Play:
        self.session = msgspec.structs.replace(
            self.session, screen=screen, turn=max(1, self.session.turn), slots={**self.session.slots, **slots}
        )
        return self

    @property
    def screen(self) -> Screen:
        assert self.turn is not None and self.turn.screen is not None
        return self.turn.screen

    @property
    def here(self) -> str:
        return self.session.screen

    @property
    def ids(self) -> set[str]:
        """Catalog ids that the present message shows, nested ones included."""
        return ids(self.screen.parts) | {id for option in self.screen.options for id in ids((option.label,))}


def ids(values: Any) -> set[str]:
    found: set[str] = set()
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, Phrase):
            found.add(value.id)
            stack += value.params.values()
        elif isinstance(value, Listing):
            stack += value.items
        elif isinstance(value, Aside | Foot):
            stack.append(value.value)
    return found


def data(values: Any) -> list[Data]:
    """Every directory field in these values."""
    found: list[Data] = []
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, Data):
            found.append(value)
        elif isinstance(value, Phrase):
            stack += value.params.values()
        elif isinstance(value, Listing):
            stack += value.items
        elif isinstance(value, Aside | Foot):
            stack.append(value.value)
    return found


#: A session for every screen, with the slots that its author counts on.
FILLED: dict[str, Any] = {
    "country": "CO",
    "place": CUCUTA.id,
    "kind": "health",
    "candidates": (SAN_CRISTOBAL_VE.id, SAN_CRISTOBAL_MX.id),
    "shown": (1, 2, 3),
    "far": (1, 2, 3),
    "service": 1,
    "outside": "PA",
    "guesses": (0, 2),
    "foreign": "fr",
}

assert set(NEIGHBOURS) <= set(COUNTRIES)
