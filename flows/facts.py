"""What the core may know of the world while it decides one turn.

Here belong the shapes of facts: places, public services, helplines, what a channel can do. Whoever fills them (``bot``)
builds them for the public: what must stay discreet is absent, not hidden. Never here: I/O, tables, anything about the
person who writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any, Literal, Protocol

import msgspec

Lang = Literal["es", "en", "pt"]
LANGS: tuple[Lang, ...] = ("es", "en", "pt")

#: ISO 3166-1 codes of the countries that the network covers, in the order in which they are offered.
COUNTRIES: tuple[str, ...] = (
    "CO", "VE", "EC", "PE", "CL", "BR", "MX", "GT", "HN", "SV", "CR", "US", "DO", "TT",
)  # fmt: skip

#: The seven kinds of the Essential Package (taxonomy ``rssn-essential-package``), in the order in which they are offered.
KINDS: tuple[str, ...] = (
    "health", "mhpss", "legal", "safety", "family-tracing", "alternative-care", "case-management",
)  # fmt: skip

#: Languages that Faro does not speak, but says so in a sentence of its own.
FOREIGN: tuple[str, ...] = ("fr", "ht")

#: What a sentence may ask for, as understanding tells it apart. ``other``: something that Faro has no screen for.
INTENTS: tuple[str, ...] = (
    "health", "psychosocial", "legal", "shelter", "family", "child_care", "case_management", "complaint", "feedback", "callback",
    "rights_info", "food_water_money", "services_near", "language_switch", "stop_exit", "other",
)  # fmt: skip

#: Questions that go round and have a reviewed answer in the catalogs, in the order in which they are offered.
RUMOURS: tuple[str, ...] = (
    "help_costs", "complaining_costs", "sold_places", "asylum_costs", "border", "money_today", "offers", "no_papers",
)  # fmt: skip

#: Groups that a service may say it serves (S-5). Each is yes, no, or not known.
PEOPLE: tuple[str, ...] = ("women", "men", "children", "lgbtiq", "disabilities")

#: Who reads what comes in on a complaint channel: those who work there, a team of theirs for nothing else, an independent team, the
#: network's focal points, a public office.
READERS: tuple[str, ...] = ("staff", "team", "independent", "network", "authority")

Tri = bool | None
"""Yes, no, or not known. Not known is never guessed."""


class Struct(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value."""


# --- places ----------------------------------------------------------------------------------------------------------


class Place(Struct, frozen=True):
    """A town, a municipality or a border post. ``id`` is the GeoNames id, or negative for our own border posts."""

    id: int
    name: str
    region: str
    """The first-order division (state, department, province); empty where there is none."""
    country: str
    lat: float
    lon: float
    population: int = 0


class Mention(Struct, frozen=True):
    """What a text says about where: every place it may mean, and the countries that it names."""

    places: tuple[Place, ...] = ()
    """Best first; at most four. More than one means: ask."""
    countries: tuple[str, ...] = ()
    """ISO codes named as such, of the fourteen."""
    outside: str = ""
    """ISO code of a named country that is not covered."""
    certain: bool = True
    """False where the match is inexact and must be confirmed before it is used."""
    likely: bool = False
    """The one place of an inexact match is a misspelt name, in the country that is known, and nothing else comes near."""


class Places(Protocol):
    """Names and coordinates to places. Pure look-ups in memory."""

    def get(self, place_id: int) -> Place | None: ...

    def named(self, text: str, country: str = "") -> Mention:
        """The whole ``text`` is an answer to "where are you?". ``country`` narrows it when it is known."""
        ...

    def mentioned(self, text: str, country: str = "") -> Mention:
        """A place somewhere inside a longer sentence, such as "doctor en tapachula"."""
        ...

    def at(self, lat: float, lon: float) -> Area: ...


def served(mention: Mention, countries: tuple[str, ...]) -> Mention:
    """What is left of a mention where only some of the fourteen countries are served; a dropped country is ``outside``."""
    dropped = [place.country for place in mention.places if place.country not in countries]
    dropped += [code for code in mention.countries if code not in countries]
    if not dropped:
        return mention
    places = tuple(place for place in mention.places if place.country in countries)
    named = tuple(code for code in mention.countries if code in countries)
    return Mention(
        places=places,
        countries=named,
        outside="" if places or named else dropped[0],
        certain=mention.certain,
        likely=mention.likely,
    )


class Area(Struct, frozen=True):
    """Where a shared location lies, rounded. ``lat`` and ``lon`` serve one search in the same turn and are never stored."""

    countries: tuple[str, ...]
    """The country, or both sides when the border is within 5 km (nearest place's country first); empty = not on land we know."""
    places: dict[str, Place]
    """country -> nearest place (the municipality) in it, for each of the covered countries above."""
    outside: str = ""
    """ISO code when the point lies in a country that is not covered."""
    lat: float = 0.0
    lon: float = 0.0

    def __repr__(self) -> str:
        return "Area(…)"


# --- services --------------------------------------------------------------------------------------------------------


class Phone(Struct, frozen=True):
    """A public number. ``number`` is E.164 or a short code, ``shown`` is how a person dials it in that country."""

    number: str
    shown: str
    text: bool = False
    """Takes text messages."""
    whatsapp: bool = False


class Hours(Struct, frozen=True):
    """Hours in the own zone of a service: (weekday 0 = Monday, opens, closes), minutes after midnight; closes may pass 1440."""

    zone: str
    weekly: tuple[tuple[int, int, int], ...] = ()
    always: bool = False


class Offer(Struct, frozen=True, gc=True, weakref=True):
    """One public service at one location, as anybody may see it. A field that its organisation keeps back is ``None`` or empty."""

    key: int
    """Stable number of the service at its location, used in sessions."""
    country: str
    name: str
    short_name: str
    """Neutral, at most 32 GSM-7 characters; what a list shows (E-7)."""
    organisation: str
    kinds: tuple[str, ...]
    specialised: bool = False
    """Serves one group or one matter only; never listed alone (S-3)."""
    texts: dict[str, str] = {}
    """language -> what it offers, in the organisation's words."""
    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    municipality: str | None = None
    phones: tuple[Phone, ...] = ()
    email: str | None = None
    url: str | None = None
    hours: Hours | None = None
    """None = not known."""
    free: Tri = None
    cost: str | None = None
    papers: Tri = None
    """Whether papers are needed."""
    languages: tuple[str, ...] = ()
    people: dict[str, Tri] = {}
    """group of PEOPLE -> served or not; a missing group is not known."""
    min_age: int | None = None
    max_age: int | None = None
    wheelchair: Tri = None
    sign_language: Tri = None
    authority: Literal["", "police", "migration", "informs"] = ""
    """Run by police or migration control, or obliged to inform them (S-6)."""
    verified_on: date | None = None
    check: Literal["fresh", "due"] = "fresh"
    """``due``: past its first limit, shown with a label. Past the second it is absent (S-4)."""
    remote: bool = False
    """Reached by phone or text from the whole country."""
    demo: bool = False
    """Fictitious; every answer that shows it says so."""
    report_to: str | None = None
    """Where the organisation takes complaints, as it may be shown."""
    report_check: Literal["fresh", "due"] = "fresh"
    """``check`` of that."""


class Found(Struct, frozen=True):
    """An offer and how far it is, in kilometres, rounded; None where distance means nothing (by phone, whole country)."""

    offer: Offer
    km: float | None


class Query(Struct, frozen=True):
    """What to look for. Empty means "any"."""

    country: str
    lat: float | None = None
    lon: float | None = None
    """None: the whole country."""
    kinds: tuple[str, ...] = ()
    language: str = ""
    open_at: float | None = None
    """Seconds since 1970: only what is known to be open then."""
    people: tuple[str, ...] = ()
    """Groups that must be served: known yes. Unknown does not match."""
    general: bool = False
    """Leave out what is specialised."""
    skip: int = 0
    limit: int = 3


class ComplaintChannel(Struct, frozen=True):
    """Where an organisation (or a body that watches over them) takes complaints and feedback."""

    organisation: str
    how: Literal["phone", "email", "box", "desk", "web", "text"]
    value: str
    independent: bool = False
    free: Tri = None
    demo: bool = False
    hours: Hours | None = None
    """None = not known, or there are none, as of a mailbox."""
    languages: tuple[str, ...] = ()
    read_by: str = ""
    """Of READERS; empty: not known."""
    verified_on: date | None = None
    check: Literal["fresh", "due"] = "fresh"
    """As of an offer: past its second limit it is absent (S-4)."""


class Directory(Protocol):
    """The public directory: a snapshot built for the public. Same answer for everybody; it holds nothing else."""

    def search(self, query: Query) -> list[Found]:
        """Nearest first; ties in a fixed order. Without a point: offers for the whole country first, then by a stable order."""
        ...

    def get(self, key: int) -> Offer | None: ...

    def complaint_channels(self, country: str) -> list[ComplaintChannel]: ...


# --- helplines -------------------------------------------------------------------------------------------------------

Purpose = Literal[
    "emergency", "ambulance", "fire", "women", "children", "trafficking", "crisis", "legal", "refugee",
    "ombudsperson", "consumer", "labour",
]  # fmt: skip

#: Purposes of institutions that settle what nobody here does (C-10). They are shown by their name.
SETTLING: tuple[Purpose, ...] = ("ombudsperson", "consumer", "labour")


class Helpline(Struct, frozen=True):
    """A number that may be shown now: still valid, and open now or, if not, replaced by one that is (S-10)."""

    country: str
    purpose: Purpose
    number: str
    """As it is dialled or texted inside the country."""
    name: str = ""
    """Of the institution, for the purposes of ``SETTLING``."""
    operator: Literal["police", "civil", "migration"] = "civil"
    text_to: str = ""
    """Number for text or WhatsApp, where there is one."""
    hours: Hours | None = None
    open_now: Tri = None
    confirmed: bool = False
    """False: shown with "not yet confirmed"."""
    note: str = ""
    """Key of a reviewed note in the catalogs, such as ``helpline.note.geolocates``; empty for none."""


class Helplines(Protocol):
    """Dated helpline data of the fourteen countries."""

    def lines(self, country: str, purposes: tuple[Purpose, ...], now: float) -> list[Helpline]:
        """In the order of ``purposes``; out of hours the next 24-hour line takes the place; never an expired number."""
        ...

    def everywhere(self) -> list[tuple[str, tuple[str, ...]]]:
        """emergency number -> countries, for the short card when the country is not known."""
        ...


# --- a person on duty ------------------------------------------------------------------------------------------------

#: When somebody may be called or written to, in their own time: name -> (from, to), minutes after midnight.
WINDOWS: dict[str, tuple[int, int]] = {
    "any": (480, 1200),
    "early": (360, 540),
    "morning": (540, 720),
    "midday": (720, 900),
    "afternoon": (900, 1080),
    "evening": (1080, 1260),
    "night": (1260, 1440),
}
WINDOW_NAMES: tuple[str, ...] = tuple(WINDOWS)
"""A slot keeps windows as their places in here."""

#: Languages that Faro does not speak and that can be wished for a person on duty (L-4), as ISO 639 codes.
OTHER_LANGUAGES: tuple[str, ...] = (
    "ht", "fr", "qu", "ay", "guc", "wba", "quc", "mam", "kek", "cab", "sgn",
)  # fmt: skip

#: What a caller may say they are calling about (D-5).
PRETEXTS: tuple[str, ...] = ("neutral", "clinic", "delivery", "survey", "friend")


class OnCall(Struct, frozen=True):
    """What may be said of one country's desk, as far as it is asked: of everybody, or of those only who may read one request."""

    country: str
    answers: bool = False
    """Somebody eligible has a key: a request can be taken, now or for later."""
    open_now: bool = False
    """Somebody is on duty who picks it up at once."""
    opens_at: float | None = None
    """Next opening, seconds since 1970; None: not known."""
    zone: str = "UTC"
    """IANA zone in which ``opens_at`` is said."""
    languages: tuple[str, ...] = ()
    women: bool = False
    men: bool = False
    organisations: tuple[tuple[str, str], ...] = ()
    """(key, public name) of those whose staff answer there."""


class DutyText(Struct, frozen=True):
    """What people who work there have to tell an authority, as reviewed for that country (D-2)."""

    country: str
    variants: tuple[str, ...]
    """Each is one sentence, ``duty.variant.<id>``."""
    confirmed: bool = False


class Duty(Protocol):
    """The roster and the duty-to-report texts: a snapshot at most 30 s old."""

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        """``child``: of those who are trained for children, and of nobody else (D-9). ``without``: keys of organisations whose
        staff shall not see it (D-12)."""
        ...

    def text(self, country: str, now: float) -> DutyText | None:
        """None: missing or expired. Then the stricter general text is shown and there is no note box."""
        ...


class NoDuty:
    """Nobody answers anywhere."""

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        return OnCall(country=country)

    def text(self, country: str, now: float) -> DutyText | None:
        return None


class TicketView(Struct, frozen=True):
    """What a code shows: never what was sent."""

    status: Literal["received", "again", "nobody_yet", "told_further", "looked_at", "away", "answer_waiting", "closed", "lapsed"]
    """``again``: it was given back and waits anew. ``told_further``: nobody took it yet, and others were told. ``away``: who took
    it is off duty, and nobody else is there."""
    country: str
    way: Literal["code", "here", "phone"]
    desk: OnCall
    """Those who may read it: whether somebody is there, and when."""
    child: bool = False
    windows: tuple[str, ...] = ()
    relay: Literal["none", "open", "ended"] = "none"
    begun: bool = False
    """Somebody on duty has written to this person: what they write in the connected chat answers a human."""
    answer: str = ""
    """The last answer, typed by a person on duty, or the one before it that ``mark_read`` went back to; empty: none. Only with the
    code's key."""
    unread: int = 0
    more: bool = False
    """There are answers older than that which were not read."""
    tells_only: bool = False
    over: bool = False
    """Closed or lapsed, also while an answer still waits: nothing can be added or changed."""
    may_contest: bool = False
    may_rate: bool = False
    abroad: tuple[str, ...] = ()
    """Countries that could look at it too and were not said yes to."""
    agreed: tuple[str, ...] = ()
    """Further countries that were said yes to."""
    counted: bool = False
    wish_unmet: bool = False
    """Whoever looks at it, or whoever could, is not who was wished for, or does not speak the wished language (D-12)."""


# --- complaints, and what is said to everybody -----------------------------------------------------------------------


class Hearing(Protocol):
    """Who would read a complaint: a snapshot at most 30 s old."""

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        """(key, public name) of those that work there, by name, each name once: of the network, also those that watch over the
        others, and of the public directory."""
        ...

    def one_with(self, organisations: Collection[str]) -> frozenset[str]:
        """Keys of these and of all that have become one with them or are called like them."""
        ...

    def reads(self, country: str, inbox: str, about: str, organisation: str) -> bool:
        """Whether somebody has a key who may read it: without, it is not taken, and that is said (``bot.complaints.tables`` has
        the values of ``inbox`` and ``about``)."""
        ...

    def due(self, country: str, inbox: str, now: float) -> float:
        """When the first answer to one that is sent now is due, seconds since 1970."""
        ...


class NobodyHears:
    """Nobody takes complaints anywhere."""

    def organisations(self, country: str) -> tuple[tuple[str, str], ...]:
        return ()

    def one_with(self, organisations: Collection[str]) -> frozenset[str]:
        return frozenset(organisations)

    def reads(self, country: str, inbox: str, about: str, organisation: str) -> bool:
        return False

    def due(self, country: str, inbox: str, now: float) -> float:
        return now


class ComplaintView(Struct, frozen=True):
    """What the code of a complaint shows: never what was sent (C-7)."""

    status: Literal["received", "looked_at", "question_waiting", "answer_waiting", "closed"]
    country: str
    inbox: Literal["psea", "feedback"]
    answer: str = ""
    """The last answer or question, or the one before it that ``mark_read`` went back to; empty: none."""
    asks: bool = False
    """It is a question."""
    unread: int = 0
    more: bool = False
    """There are older ones that were not read."""
    over: bool = False
    """Closed: nothing can be added."""
    may_contest: bool = False
    erased: bool = False
    """Nothing of what was sent is left: whoever looks at it again has only what is written from now on."""
    due: float | None = None
    """By when the next step is due (being looked at, then the first answer), seconds since 1970; None: nothing is."""
    late: bool = False
    """That time has passed."""


class Notice(Struct, frozen=True):
    """What the network says to everybody, in one language."""

    kind: Literal["rumour", "changed"]
    title: str
    text: str
    published_on: date


class Notices(Protocol):
    """Published notices: a snapshot at most 30 s old."""

    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        """Newest first, those of the country and of every country."""
        ...


class NoNotices:
    def listed(self, kind: str, country: str, lang: str, now: float) -> tuple[Notice, ...]:
        return ()


class Reviewed(Struct, frozen=True):
    """A reviewed answer of the catalogs that stands."""

    name: str
    """One of RUMOURS."""
    checked_on: date


class ReviewedAnswers(Protocol):
    """Which of RUMOURS have an answer that stands. They hold in every country."""

    def listed(self, now: float) -> tuple[Reviewed, ...]:
        """In the order of RUMOURS; one that nobody checked for too long is absent."""
        ...


class NoReviewed:
    def listed(self, now: float) -> tuple[Reviewed, ...]:
        return ()


# --- the turn --------------------------------------------------------------------------------------------------------


class Traits(Struct, frozen=True):
    """What a channel can do. ``form`` chooses between the full and the short texts."""

    name: str
    form: Literal["chat", "sms"] = "chat"
    buttons: bool = False
    location: bool = False
    """A location can be asked for with one button."""
    edits: bool = False
    """The last message can be replaced in place."""
    forgets: bool = False
    """Messages can be deleted on leaving."""
    reach: Literal["any", "day", "none"] = "any"
    """When a person on duty can write here: at any time, within 24 hours of the last message (WhatsApp), or not at all."""


class Facts(Struct, frozen=True):
    """Everything a turn may look at."""

    now: float
    """Seconds since 1970, UTC."""
    channel: Traits
    places: Places
    directory: Directory
    helplines: Helplines
    country_hint: str = ""
    """Guess from the address (telephone prefix); to be confirmed, never stored (S-1)."""
    lang_hint: str = ""
    keep_minutes: int = 20
    """How long a silent conversation is kept."""
    ticket_days: int = 7
    """How long a request is kept at most while it is open, with its contact and notes."""
    closed_days: int = 60
    """How long the outcome and the answers of a closed request are kept at most."""
    complaint_days: int = 30
    """How long what was sent as a complaint is kept after it was passed on or closed."""
    mode: Literal["demo", "live"] = "live"
    countries: tuple[str, ...] = COUNTRIES
    """Countries that this deployment serves, of the fourteen."""
    neighbours: dict[str, tuple[str, ...]] = {}
    """country -> countries that people usually reach next from it, likeliest first."""
    is_open: Callable[[Hours, float], bool] = lambda hours, now: hours.always
    """Whether these hours hold at this moment; time zones are the shell's."""
    duty: Duty = NoDuty()
    code: Callable[[bytes, int, int], str] = lambda session, turn, collision: ""
    """(session id, opening turn, collision) -> the code in groups, for the receipt."""
    draft: dict[str, Any] = {}
    """What waits for a later yes, masked: name -> ``flows.kernel.Data``. ``number`` shows its last three digits."""
    ticket: TicketView | None = None
    """What the code shows that was typed in this conversation, or that this chat is connected with."""
    complaint: ComplaintView | None = None
    """What the code shows that was typed in this conversation, where it is the code of a complaint."""
    hearing: Hearing = NobodyHears()
    notices: Notices = NoNotices()
    reviewed: ReviewedAnswers = NoReviewed()
    zones: Callable[[str, int], tuple[str, ...]] = lambda country, place: ("UTC",)
    """(country, place id or 0) -> IANA zones that people there live by: one where it is plain, several to choose from."""
    time_in: Callable[[str, float], tuple[int, int]] = lambda zone, now: (0, 0)
    """(zone, instant) -> hour and minute on the wall there."""
    once: dict[Any, Any] = {}
    """What this turn looked up already and may need again; it ends with the turn."""
