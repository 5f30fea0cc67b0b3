"""The records between a file and the tables: what an adapter read (``Draft``), and what the quarantine made of it.

Here belong these shapes and the list of reasons for holding a row back. Never here: formats of files, tables.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Literal

import msgspec

from flows.facts import Hours, Phone, Tri


class Reason(Enum):
    """Why a row is held back. The value is the line of the report, and what a person can do about it."""

    BROKEN = "broken row: cells are missing or left over; correct the file"
    LETTERS = "unreadable letters in the name; correct the file or its encoding"
    NO_NAME = "no name"
    NO_ID = "no identifier; a row that cannot be recognised again cannot be kept up to date"
    DUPLICATE = "the same identifier came before in this file; the first one counts"
    NO_KIND = "none of the seven kinds of the Essential Package; say in the map which one it is"
    CLOSED = "closed, according to the source"
    ENDED = "its end date has passed"
    UNCLEAR = "the source says neither open nor closed in words that the map knows; add the word to the map"
    SKIPPED = "left out by the map: not a service that is open to everybody"
    NOT_COVERED = "lies in a country that is not covered"
    NO_COUNTRY = "no country stated, and no point to tell it from"
    IMPOSSIBLE = "the point is not a place on earth, or not a number"
    WRONG_COUNTRY = "the point is not inside the stated country"
    NO_PLACE = "no place: neither a point, nor a municipality, nor a number to call"
    REFUSED_NUMBER = "holds a number that must never be given out (S-6)"
    PERSON = "looks like a person's name; enter it by hand if that is how the service is known"
    NO_WAY = "takes complaints, but not how in a word that is known, or not where: one number, mailbox, site or place"
    DISCREET_WAY = "takes complaints at a place that may have to stay discreet; give another way"
    PERSONAL_WAY = "takes complaints where somebody could be reached who is no office; give an office's number or mailbox"


class Note(Enum):
    """What happened to a field of a row that went in."""

    SENSITIVE = "may have to stay discreet (its words, or what it does): kept hidden, without address or point; approve one by one"
    SHORT_NAME = "needs a short name, since none that is neutral could be made: kept hidden, held back until somebody gives one"
    SWAPPED = "axes were swapped: repaired, because only the repaired point lies in the stated country"
    NO_POINT = "no point: found by country and municipality only"
    PHONE_TEXT = "a phone cell held words instead of a number"
    PHONE_INVALID = "a phone number is not possible in its country: dropped"
    PERSONAL_EMAIL = "an e-mail box is not that of an office in words that are known: dropped"
    PERSONAL_TEXT = "a text holds an e-mail, a number, or a person's title or name: dropped"
    PERSONAL_CELL = "an address, a cost, a town or a body's name says whom to ask or where to call: dropped"
    PERSONAL_PHONE = "a phone is somebody's own, by what stands beside it: dropped"
    LINK = "a link is not one, or leads to a messenger, a person, a map or through a shortener: dropped"
    TELLS_WHERE = "a text or town of a place that may have to stay discreet says where it is: dropped"
    TEXT_WAITS = "a text was taken and waits for a person's approval"
    ADDRESS_LETTERS = "an address held unreadable letters: dropped"
    HOURS_UNREAD = "opening hours were not understood: kept as not known"
    AUTHORITY = "marked as run by police or migration control"


Status = Literal["open", "closed", "unclear"]


class Draft(msgspec.Struct, kw_only=True, gc=False):
    """A row as an adapter read it: raw text, nothing judged yet. Empty means: the source does not say."""

    row: int
    """Line of the file, or number of the element, from 1; what a report points to."""
    source_id: str = ""
    country: str = ""
    name: str = ""
    short_names: tuple[str, ...] = ()
    """Better starting points for the short name than ``name``, best first."""
    organisation: str = ""
    labels: tuple[str, ...] = ()
    """Words that are not shown but judged, such as the register's own type."""
    judged: tuple[str, ...] = ()
    """Prose that is not shown but judged, such as who may come."""
    kinds: tuple[str, ...] = ()
    specialised: bool = False
    texts: dict[str, str] = {}
    lat: str | float = ""
    lon: str | float = ""
    address: str = ""
    municipality: str = ""
    phones: tuple[tuple[str, str, bool, bool], ...] = ()
    """(cell, prefix, takes whatsapp, takes text messages)."""
    private_phones: int = 0
    """Numbers that the source says are somebody's own: not read, only counted."""
    email: str = ""
    url: str = ""
    hours: tuple[str, ...] = ()
    """("osm", text) or ("always", text) or ("span", days, opens, closes), several after one another."""
    zone: str = ""
    """IANA zone of the hours, where the source says it; else it is told from the point."""
    free: Tri = None
    cost: str = ""
    papers: Tri = None
    languages: tuple[str, ...] = ()
    people: dict[str, Tri] = {}
    min_age: int | None = None
    max_age: int | None = None
    wheelchair: Tri = None
    sign_language: Tri = None
    authority: str = ""
    remote: bool = False
    status: Status = "open"
    status_words: str = ""
    skip: str = ""
    """Set where the map leaves the row out: the map's own reason."""
    ends: date | None = None
    sensitive: bool = False
    how: str | None = None
    """Set where the row is no service but a complaint channel: how complaints are taken, as the source says it."""
    value: str = ""
    independent: bool = False
    read_by: str = ""


class Broken(msgspec.Struct, frozen=True, gc=False):
    """A row that could not even be read."""

    row: int
    why: str


class Candidate(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A service at one location that may enter the directory, hidden and unapproved."""

    source_id: str
    row: int
    country: str
    name: str
    short_name: str
    organisation: str
    kinds: tuple[str, ...]
    specialised: bool
    texts: dict[str, str]
    lat: float | None
    lon: float | None
    address: str
    municipality: str
    phones: tuple[Phone, ...]
    email: str
    url: str
    hours: Hours | None
    free: Tri
    cost: str
    papers: Tri
    languages: tuple[str, ...]
    people: dict[str, Tri]
    min_age: int | None
    max_age: int | None
    wheelchair: Tri
    sign_language: Tri
    authority: str
    remote: bool
    sensitive: bool


class Channel(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A complaint channel that may enter the directory, hidden and unapproved."""

    source_id: str
    row: int
    country: str
    organisation: str
    how: str
    value: str
    independent: bool
    free: Tri
    hours: Hours | None
    languages: tuple[str, ...]
    read_by: str


class Held(msgspec.Struct, frozen=True, gc=False):
    """A row that stays outside, and why. ``detail`` never repeats text of the row that might be about a person."""

    row: int
    source_id: str
    reason: Reason
    detail: str = ""
