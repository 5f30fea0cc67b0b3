"""On duty: whose desk a request goes to, what may be said about it, when it opens, what its people have to tell an authority.

Here belongs what several screens of a request say of the people on duty, taken from the roster and the reviewed texts of
``Facts.duty``. Never here: a screen, an estimate of our own (D-7: what the roster does not say is "not known").
"""

from __future__ import annotations

from datetime import date

from flows import accused
from flows.crisis import line
from flows.facts import DutyText, Facts, Helpline, OnCall
from flows.kernel import Clock, Country, Day, Listing, Phrase, Session, Value, Zone

VARIANTS = (
    "children.everyone", "children.workers", "violence.health", "violence.everyone", "officials", "danger",
)  # fmt: skip
"""Every sentence that a reviewed text may be made of, in the order in which they are said (``data/duty_to_report.toml``)."""

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


# --- whose desk ------------------------------------------------------------------------------------------------------


def left_out(session: Session) -> tuple[str, ...]:
    """Keys of the organisations whose staff shall not see it: the one of a wish, and those that something was said about (C-4).
    Also where they have no staff there any more: others may have become one with them, which the store knows."""
    wished = str(session.slot("not_org"))
    return tuple(dict.fromkeys((*accused.keys(session), *([wished] if wished else []))))


def of(country: str, session: Session, facts: Facts) -> OnCall:
    """The desk of a country, as far as its people may read what is asked here: a child's request, those who are trained for
    children (D-9); not those of an organisation that was left out (C-4, D-12). What is not known yet leaves nobody out."""
    child = bool(session.slot("age") == "under18")
    return facts.duty.on_call(country, facts.now, child=child, without=left_out(session))


def home(session: Session, facts: Facts) -> OnCall:
    """The desk of the country that the person asks for."""
    return of(str(session.slot("country")), session, facts)


def somebody_else(session: Session) -> bool:
    """Whoever writes asks about another person; age and duties are that person's."""
    return session.slot("whom") in ("other", "friend")


def a_child_writes(session: Session) -> bool:
    """Simpler words, and no word to a family that nobody asked for (D-9)."""
    return bool(session.slot("age") == "under18") and not somebody_else(session)


def desk(session: Session, facts: Facts) -> OnCall:
    """Whose people will look: those of the country; where nobody of theirs may, those abroad that the person said yes to."""
    own, abroad = home(session, facts), str(session.slot("abroad"))
    return of(abroad, session, facts) if abroad and not own.answers else own


def as_child(session: Session) -> Session:
    """As if whoever writes had said that it is about somebody under 18."""
    return session.at(session.screen, slots={**session.slots, "age": "under18"})


def another(session: Session, facts: Facts) -> str:
    """The country, named to the person, whose desk could look at it too: the likeliest next one first; empty: none could."""
    country = str(session.slot("country"))
    for code in (*facts.neighbours.get(country, ()), *facts.countries):
        if code in facts.countries and code != country and of(code, session, facts).answers:
            return code
    return ""


def can_be_asked(session: Session, facts: Facts) -> bool:
    """Whether a request may be begun at all: somebody answers in the country, or in another one that the person may say yes to."""
    return home(session, facts).answers or bool(another(session, facts))


# --- when ------------------------------------------------------------------------------------------------------------


def city(zone: str) -> Zone:
    """How people know an IANA zone: by its city."""
    return Zone(zone)


def _minutes(zone: str, at: float, facts: Facts) -> int:
    hour, minute = facts.time_in(zone, at)
    return hour * 60 + minute


def days_ahead(zone: str, at: float, facts: Facts) -> int:
    """How many midnights of that zone lie between now and then. Right also where clocks change in between, by up to half a day."""
    return round((at - facts.now - 60 * (_minutes(zone, at, facts) - _minutes(zone, facts.now, facts))) / _DAY)


def _today(zone: str, facts: Facts) -> int:
    """The ordinal of today's date in that zone, out of its clock: zones lie between 12 hours behind UTC and 14 before."""
    ahead = (_minutes(zone, facts.now, facts) - int(facts.now % _DAY) // 60 + 720) % 1440 - 720
    return _EPOCH + int((facts.now + 60 * ahead) // _DAY)


def when(desk: OnCall, session: Session, facts: Facts) -> Value | None:
    """The next opening, in the person's own time where that is plain, else in the desk's, named as such. None: not known."""
    if desk.opens_at is None:
        return None
    zones = facts.zones(str(session.slot("country")), int(session.slot("place", 0) or 0))
    plain = len(zones) == 1 and desk.country == session.slot("country")
    zone = zones[0] if plain else desk.zone
    time = Clock(_minutes(zone, desk.opens_at, facts))
    days = days_ahead(zone, desk.opens_at, facts)
    said: Value
    if days <= 0:
        said = Phrase("request.when.today", {"time": time})
    elif days == 1:
        said = Phrase("request.when.tomorrow", {"time": time})
    else:
        said = Phrase("request.when.day", {"day": Day(date.fromordinal(_today(zone, facts) + days)), "time": time})
    return said if plain else Phrase("request.when.zone", {"when": said, "zone": city(zone)})


WHEN = ("request.when.today", "request.when.tomorrow", "request.when.day", "request.when.zone")
"""Catalog entries that ``when`` may use."""


def waiting(topic: str, session: Session, facts: Facts, who: OnCall | None = None) -> Phrase:
    """One of ``<topic>.open``, ``<topic>.closed`` (with the next opening) and ``<topic>.unknown``, as the roster has it now.
    ``who``: another desk than that of the request that is being made."""
    who = who or desk(session, facts)
    if who.open_now:
        return Phrase(f"{topic}.open")
    opening = when(who, session, facts)
    return Phrase(f"{topic}.unknown") if opening is None else Phrase(f"{topic}.closed", {"when": opening})


def lines(session: Session, facts: Facts, most: int) -> tuple[Value, ...]:
    """Telephone lines that answer now, no police where others do; with a child's line first for a child."""
    country = str(session.slot("country"))
    child: tuple[Helpline, ...] = ()
    if session.slot("age") == "under18":
        child = tuple(facts.helplines.lines(country, ("children",), facts.now)[:1])
    found = facts.helplines.lines(country, ("crisis", "women", "refugee"), facts.now)
    civil = [one for one in found if one.operator == "civil" and one not in child]
    answering = (*child, *civil) or tuple(facts.helplines.lines(country, ("emergency",), facts.now))
    return tuple(line(one) for one in answering[:most])


# --- what they have to tell ------------------------------------------------------------------------------------------


def readers(session: Session, facts: Facts) -> tuple[str, ...]:
    """The countries whose people may come to read this request, whatever the age and the wishes turn out to be (what they have to
    tell was read before): the person's own, and the one abroad that the person said yes to."""
    own, abroad = facts.duty.on_call(str(session.slot("country")), facts.now), str(session.slot("abroad"))
    return tuple(dict.fromkeys((own.country, abroad) if abroad and own.answers else (abroad or own.country,)))


def texts(countries: tuple[str, ...], facts: Facts) -> tuple[DutyText, ...]:
    """The reviewed texts of these countries. None at all as soon as one of them is missing or has run out."""
    found = [facts.duty.text(country, facts.now) for country in countries]
    return tuple(text for text in found if text is not None) if all(text is not None for text in found) else ()


def note_box(session: Session, facts: Facts) -> bool:
    """D-2: words are taken only where the person has read what may have to be passed on."""
    return bool(texts(readers(session, facts), facts))


def duty_parts(countries: tuple[str, ...], facts: Facts) -> tuple[Value, ...]:
    """What people on duty of these countries have to tell an authority, and how to ask all the same; or the stricter text."""
    found, names = texts(countries, facts), Listing(tuple(Country(code) for code in countries))
    if not found:
        return (Phrase("duty.general", {"country": names}),)
    named = {variant for text in found for variant in text.variants if variant in VARIANTS}
    if "children.everyone" in named:
        named.discard("children.workers")
    sentences = tuple(Phrase(f"duty.variant.{variant}") for variant in VARIANTS if variant in named)
    parts: list[Value] = [Phrase("duty.intro", {"country": names}), Listing(sentences, lines=True)]
    if not all(text.confirmed for text in found):
        parts.append(Phrase("duty.unconfirmed"))
    return (*parts, Phrase("duty.keep_back"))


DUTY = ("duty.intro", "duty.general", "duty.keep_back", "duty.unconfirmed", *(f"duty.variant.{variant}" for variant in VARIANTS))
"""Catalog entries that ``duty_parts`` may use."""
