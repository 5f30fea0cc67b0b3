"""The quarantine: what may enter the directory, what is mended or left out on the way, what is held back and why.

Pure: a ``Draft`` in, a ``Candidate`` or ``Held`` out, and counts of what happened. Never here: formats of files, tables.
Everything that comes out is still hidden and unapproved.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from datetime import date

import tzfpy

from bot.directory import neutral
from bot.directory.importing import hours as opening
from bot.directory.importing import personal
from bot.directory.importing import phones as numbers
from bot.directory.importing.candidate import Candidate, Channel, Draft, Held, Note, Reason
from bot.directory.tables import HOWS
from bot.places import country_at
from flows.facts import COUNTRIES, READERS, Hours, Phone

LOST = "\ufffd"


def inspect(
    draft: Draft,
    notes: Counter[Note],
    *,
    today: date,
    countries: Collection[str] = COUNTRIES,
    organisation: str = "",
) -> Candidate | Channel | Held:
    """Judge one row.

    ``notes`` is counted up. ``organisation`` stands in where the row names none. The first reason that applies is given.
    """

    def held(reason: Reason, detail: str = "") -> Held:
        return Held(draft.row, draft.source_id, reason, detail)

    if not draft.source_id:
        return held(Reason.NO_ID)
    if draft.status == "closed":
        return held(Reason.CLOSED)
    if draft.status == "unclear":
        return held(Reason.UNCLEAR, "" if personal.speaks_of_somebody(draft.status_words) else draft.status_words)
    if draft.ends is not None and draft.ends < today:
        return held(Reason.ENDED)
    placed = _place(draft)
    if isinstance(placed, Reason):
        if placed is Reason.WRONG_COUNTRY and draft.country not in countries:
            placed = Reason.NOT_COVERED
        return held(placed)
    country, lat, lon, swapped = placed
    if country not in countries:
        return held(Reason.NOT_COVERED, country)
    if draft.skip:
        return held(Reason.SKIPPED, draft.skip)
    if draft.how is not None:
        return _channel(draft, notes, country, organisation)
    if not any(c.isalnum() for c in draft.name):
        return held(Reason.NO_NAME)
    if LOST in draft.name:
        return held(Reason.LETTERS)
    cells = (draft.name, draft.organisation, draft.address, draft.municipality, draft.cost, draft.email, draft.url)
    if any(map(numbers.refused, (*cells, *draft.short_names, *(cell for cell, *_ in draft.phones), *draft.texts.values()))):
        return held(Reason.REFUSED_NUMBER)
    if personal.names_somebody(draft.name) or personal.holds_contact(draft.name, country):
        return held(Reason.PERSON)
    if not draft.kinds:
        return held(Reason.NO_KIND)

    found: list[Phone] = []
    tally: Counter[Note] = Counter()
    tally[Note.PERSONAL_PHONE] += draft.private_phones
    for cell, prefix, whatsapp, takes_text in draft.phones:
        if personal.whose_phone(cell):
            tally[Note.PERSONAL_PHONE] += 1
            continue
        read, invalid, words = numbers.read(cell, country, prefix=prefix, whatsapp=whatsapp, text=takes_text)
        found += (phone for phone in read if all(phone.number != other.number for other in found))
        tally[Note.PHONE_INVALID] += invalid
        tally[Note.PHONE_TEXT] += words
    name = neutral.tidy(draft.name)
    body = draft.organisation
    if personal.names_somebody(body) or personal.holds_contact(body, country):
        body = ""
        tally[Note.PERSONAL_CELL] += 1
    body = neutral.tidy(body or organisation or name)
    sensitive = _sensitive(draft)

    def kept(text: str, *, prose: bool = False) -> str:
        """What stands in a cell, unless it is about a person."""
        if personal.speaks_of_somebody(text) if prose else personal.reaches_somebody(text, country):
            tally[Note.PERSONAL_CELL] += 1
            return ""
        return " ".join(text.replace("_", " ").split())

    municipality = neutral.tidy(kept(draft.municipality))
    if sensitive and neutral.tells_where(municipality):
        municipality = ""
        tally[Note.TELLS_WHERE] += 1
    if lat is None and not municipality and not found and not draft.remote:
        return held(Reason.NO_PLACE)

    shorts = (text for text in draft.short_names if not (personal.names_somebody(text) or personal.holds_contact(text, country)))
    short = neutral.short_name(*shorts, name)
    email = draft.email
    if email and not personal.role_box(email, draft.name, body, municipality):
        email = ""
        tally[Note.PERSONAL_EMAIL] += 1
    url = draft.url
    if url and not personal.open_site(url):
        url = ""
        tally[Note.LINK] += 1
    texts = {}
    for language, text in draft.texts.items():
        if LOST in text or personal.speaks_of_somebody(text):
            tally[Note.PERSONAL_TEXT] += 1
        elif sensitive and neutral.tells_where(text):
            tally[Note.TELLS_WHERE] += 1
        else:
            texts[language] = " ".join(text.split())
            tally[Note.TEXT_WAITS] += 1
    address = kept(draft.address)
    if LOST in address:
        address = ""
        tally[Note.ADDRESS_LETTERS] += 1
    authority = _authority(draft)
    if sensitive:
        lat = lon = None
        address = ""
        tally[Note.SENSITIVE] += 1
    elif lat is None:
        tally[Note.NO_POINT] += 1
    times = _hours(draft, country, lat, lon)
    tally[Note.HOURS_UNREAD] += bool(draft.hours) and times is None
    tally[Note.SWAPPED] += swapped
    tally[Note.SHORT_NAME] += not short
    tally[Note.AUTHORITY] += bool(authority)
    notes.update(note for note, times_seen in tally.items() for _ in range(times_seen))
    return Candidate(
        source_id=draft.source_id,
        row=draft.row,
        country=country,
        name=name,
        short_name=short,
        organisation=body,
        kinds=draft.kinds,
        specialised=draft.specialised,
        texts=texts,
        lat=lat,
        lon=lon,
        address=address if not address.isupper() else neutral.tidy(address),
        municipality=municipality,
        phones=tuple(found),
        email=email,
        url=url,
        hours=times,
        free=draft.free,
        cost=kept(draft.cost, prose=True),
        papers=draft.papers,
        languages=draft.languages,
        people=draft.people,
        min_age=draft.min_age,
        max_age=draft.max_age,
        wheelchair=draft.wheelchair,
        sign_language=draft.sign_language,
        authority=authority,
        remote=draft.remote,
        sensitive=sensitive,
    )


def _channel(draft: Draft, notes: Counter[Note], country: str, title: str) -> Channel | Held:
    """Judge a row that is a complaint channel. One that leads to a person is held back whole: there is nothing left without it."""

    def held(reason: Reason) -> Held:
        return Held(draft.row, draft.source_id, reason)

    how, body, value = draft.how or "", neutral.tidy(draft.organisation or title), " ".join(draft.value.split())
    if not body:
        return held(Reason.NO_NAME)
    if LOST in body or LOST in value:
        return held(Reason.LETTERS)
    if how not in HOWS or not value:
        return held(Reason.NO_WAY)
    if numbers.refused(value):
        return held(Reason.REFUSED_NUMBER)
    if how in ("box", "desk") and (neutral.shelter_like(value) or neutral.kept_secret(value)):
        return held(Reason.DISCREET_WAY)
    if personal.names_somebody(body) or personal.holds_contact(body, country):
        return held(Reason.PERSON)
    if not _of_an_office(how, value, body, country):
        return held(Reason.PERSONAL_WAY)
    if how in ("phone", "text"):
        phones, _, _ = numbers.read(value, country)
        if len(phones) != 1:
            return held(Reason.NO_WAY)
        value = phones[0].shown
    hours = _hours(draft, country, None, None)
    notes[Note.HOURS_UNREAD] += bool(draft.hours) and hours is None
    return Channel(
        source_id=draft.source_id,
        row=draft.row,
        country=country,
        organisation=body,
        how=how,
        value=value,
        independent=draft.independent,
        free=draft.free,
        hours=hours,
        languages=draft.languages,
        read_by=draft.read_by if draft.read_by in READERS else "",
    )


def _of_an_office(how: str, value: str, body: str, country: str) -> bool:
    if how in ("phone", "text"):
        return not personal.whose_phone(value)
    if how == "email":
        return personal.role_box(value, body)
    return personal.open_site(value) if how == "web" else not personal.reaches_somebody(value, country)


#: Kinds of service that often mean a house where people live.
_HOUSES = frozenset({"safety", "alternative-care"})


def _authority(draft: Draft) -> str:
    return draft.authority or neutral.authority_of(draft.name) or neutral.authority_of(draft.organisation)


def _sensitive(draft: Draft) -> bool:
    """Whether a row may be a place to be kept discreet: it says so, its words do, or what it does.

    A service of safety or of care for children is one unless police, migration control or a body of the state runs it, or
    it is reached by phone only. So is one for LGBTIQ people alone.
    """
    if draft.sensitive:
        return True
    names = (draft.name, *draft.short_names, draft.organisation, *draft.labels)
    if any(map(neutral.shelter_like, names)) or any(map(neutral.offers_shelter, (*draft.texts.values(), *draft.judged))):
        return True
    if any(map(neutral.kept_secret, (draft.address, draft.municipality, *draft.labels))):
        return True
    if draft.specialised and draft.people.get("lgbtiq"):
        return True
    somewhere = draft.address or draft.lat != "" or not draft.remote
    return bool(_HOUSES & set(draft.kinds) and somewhere and not _authority(draft) and not any(map(neutral.public_body, names)))


def _place(draft: Draft) -> tuple[str, float | None, float | None, bool] | Reason:
    """(country, lat, lon, whether the axes were swapped), or why not."""
    if draft.lat == "" and draft.lon == "":
        return (draft.country, None, None, False) if draft.country else Reason.NO_COUNTRY
    try:
        lat, lon = float(draft.lat), float(draft.lon)
    except ValueError:
        return Reason.IMPOSSIBLE
    if not (math.isfinite(lat) and math.isfinite(lon)) or max(abs(lat), abs(lon)) > 180 or (lat == 0 == lon):
        return Reason.IMPOSSIBLE
    here = country_at(lat, lon)
    if not draft.country:
        return (here, lat, lon, False) if here else Reason.NO_COUNTRY
    if here == draft.country:
        return here, lat, lon, False
    if country_at(lon, lat) == draft.country:
        return draft.country, lon, lat, True
    return Reason.IMPOSSIBLE if abs(lat) > 90 else Reason.WRONG_COUNTRY


#: One zone for countries that have one, for hours of services without a point.
_ONE_ZONE = {
    "CO": "America/Bogota", "VE": "America/Caracas", "PE": "America/Lima", "GT": "America/Guatemala",
    "HN": "America/Tegucigalpa", "SV": "America/El_Salvador", "CR": "America/Costa_Rica", "DO": "America/Santo_Domingo",
    "TT": "America/Port_of_Spain",
}  # fmt: skip


def _hours(draft: Draft, country: str, lat: float | None, lon: float | None) -> Hours | None:
    if not draft.hours:
        return None
    zone = draft.zone or (tzfpy.get_tz(lon, lat) if lat is not None and lon is not None else _ONE_ZONE.get(country, ""))
    if not zone:
        return None
    weekly: list[tuple[int, int, int]] = []
    parts = iter(draft.hours)
    for style in parts:
        read: opening.Weekly | str | None
        if style == "always":
            read = opening.ALWAYS if opening.says_always(next(parts)) else None
        elif style == "osm":
            read = opening.osm(next(parts))
        else:
            read = opening.span(next(parts), next(parts), next(parts))
        if read == opening.ALWAYS:
            return Hours(zone=zone, always=True)
        if read is None:
            return None
        weekly += read  # type: ignore[arg-type]
    return Hours(zone=zone, weekly=tuple(sorted(set(weekly)))) if weekly else None
