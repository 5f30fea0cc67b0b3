"""Column maps: which columns of a file are read at all, and what they mean. One TOML file a source, in ``data/maps``.

A column that the map does not name is never read: not kept, not logged, not counted. Here belong the shape of a map and
the turning of one row into a ``Draft``. Never here: file formats, judgement about a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from bot.directory import neutral
from bot.directory.importing.candidate import Draft, Status
from bot.directory.neutral import fold
from flows.facts import KINDS, PEOPLE, Tri

Row = Mapping[str, str]


class MapError(ValueError):
    """A map that cannot be used. The message names the file, what is wrong and what to do."""


class _Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the values of one column mean. Compared folded, so that two spellings of one value are one."""

    column: str


class Yes(_Rule, forbid_unknown_fields=True, kw_only=True):
    """Value -> yes or no; any other value is not known."""

    values: dict[str, bool]


class One(_Rule, forbid_unknown_fields=True, kw_only=True):
    """Value -> code; any other value gives ``default``. ``words``: a whole word inside the value -> code."""

    values: dict[str, str] = {}
    words: dict[str, str] = {}
    default: str = ""


class Many(_Rule, forbid_unknown_fields=True, kw_only=True):
    """The same with several codes."""

    values: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    default: list[str] = []


class Among(_Rule, forbid_unknown_fields=True, kw_only=True):
    """True where the value is one of these, or holds one of the words."""

    values: list[str] = []
    words: list[str] = []


class Skip(Among, forbid_unknown_fields=True, kw_only=True):
    """Rows that are left out, and the reason that the report gives."""

    reason: str


class Open(_Rule, forbid_unknown_fields=True, kw_only=True):
    """Which values mean open and which closed. Anything else is unclear and held back, unless ``lenient``."""

    open: list[str] = []
    closed: list[str] = []


class PhoneColumn(_Rule, forbid_unknown_fields=True, kw_only=True):
    """A column of numbers. ``prefix`` names a column with the area code; the others name columns that say yes."""

    prefix: str = ""
    whatsapp: str = ""
    yes: tuple[str, ...] = ("yes", "si", "sim")
    text: bool = False


class ChannelRule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Every row is no service but a complaint channel of ``organisation``.

    ``how`` gives one of ``tables.HOWS``, ``read_by`` one of ``flows.facts.READERS``; ``value`` is a template."""

    how: One
    value: str
    independent: Among | None = None
    read_by: One | None = None
    languages: Many | None = None


class Prefix(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A word before names that lack it: a register of hospitals that lists "SANTA ROSA". None of ``unless`` may be in the name."""

    text: str
    unless: list[str] = []


class HoursRule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``style`` osm: opening_hours; always: words for "round the clock" and nothing else; span: columns for days and times."""

    style: Literal["osm", "always", "span"]
    column: str = ""
    days: str = ""
    opens: str = ""
    closes: str = ""
    values: dict[str, str] = {}
    """For ``days``: value -> "MO-FR"."""


class Map(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A map file. Texts with ``{column}`` are templates; a template whose columns are all empty is empty."""

    source: str
    """Short code of the source; part of every identifier, so it never changes."""
    title: str = ""
    licence: str = ""
    attribution: str = ""
    file: str = ""
    """Name of the file, with ``*``; how a folder import recognises it."""
    format: Literal["csv", "osm", "geojson", "hsds"] = "csv"

    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8-sig"
    empty: list[str] = []
    """Values that stand for nothing, such as "NOT AVAILABLE"."""

    country: str = ""
    country_from: One | None = None
    id: list[str] = []
    """Columns that together recognise a row in a later file. The first is needed in every row."""
    name: str = ""
    prefix: Prefix | None = None
    short_names: list[str] = []
    organisation: str = ""
    labels: list[str] = []
    lat: str = ""
    lon: str = ""
    address: str = ""
    municipality: str = ""
    phones: list[PhoneColumn] = []
    email: str = ""
    url: str = ""
    cost: str = ""
    texts: dict[str, str] = {}
    hours: list[HoursRule] = []
    ends: str = ""
    languages: list[str] = []

    channel: ChannelRule | None = None
    kinds: Many | None = None
    people: list[Many] = []
    specialised: Among | None = None
    remote: Among | None = None
    free: Yes | None = None
    papers: Yes | None = None
    wheelchair: Yes | None = None
    sign_language: Yes | None = None
    authority: One | None = None
    status: Open | None = None
    skip: list[Skip] = []

    kind: list[str] = []
    """Kinds of every row, where no column says."""
    repairs: dict[str, str] = {}
    """Exact replacements in addresses, for letters that the source lost in a known way."""


#: Tags of OpenStreetMap that say what a place is, whether or not a map names them: judged, never kept or shown.
JUDGED_NAMES: tuple[str, ...] = (
    "amenity", "social_facility", "social_facility:for", "healthcare:speciality", "office", "building", "name", "name:es",
    "name:en",
    "name:pt", "alt_name", "official_name", "short_name", "loc_name", "operator", "operator:type", "community_centre:for",
)  # fmt: skip
JUDGED_PROSE: tuple[str, ...] = ("description", "description:es", "description:en", "description:pt", "note")

_COLUMN = re.compile(r"\{([^{}]+)\}")


def read_map(path: Path) -> Map:
    """Raises ``MapError``: unknown keys, wrong types, unknown kinds and groups are all said, with the file's name."""
    try:
        spec = msgspec.toml.decode(path.read_bytes(), type=Map)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MapError(f"The map {path.name} cannot be read: {error}. Correct it; data/maps holds examples.") from None
    kinds = {*spec.kind, *(_codes(spec.kinds) if spec.kinds else ())}
    if wrong := kinds - set(KINDS):
        raise MapError(f"The map {path.name} names kinds that do not exist: {', '.join(sorted(wrong))}. Use {', '.join(KINDS)}.")
    for rule in spec.people:
        if wrong := _codes(rule) - set(PEOPLE):
            raise MapError(
                f"The map {path.name} names groups that do not exist: {', '.join(sorted(wrong))}. Use {', '.join(PEOPLE)}."
            )
    if spec.format != "hsds":
        missing = [key for key in ("id", "organisation" if spec.channel else "name") if not getattr(spec, key)]
        if not spec.country and spec.country_from is None:
            missing.append("country or country_from")
        if missing:
            raise MapError(f"The map {path.name} does not say: {', '.join(missing)}. Every row needs them.")
    return spec


def _codes(rule: Many) -> set[str]:
    return {code for codes in (*rule.values.values(), *rule.words.values(), rule.default) for code in codes}


def columns(spec: Map) -> list[str]:
    """The allow-list: every column that the map names, and no other but the tags by which OpenStreetMap says what a place is."""
    found: dict[str, None] = {}
    for template in (
        spec.name, *spec.short_names, spec.organisation, *spec.labels, spec.address, spec.municipality, spec.email, spec.url,
        spec.cost, *spec.texts.values(), spec.ends, spec.channel.value if spec.channel else "",
    ):  # fmt: skip
        found.update(dict.fromkeys(_COLUMN.findall(template)))
    rules: list[_Rule | None] = [
        spec.country_from, spec.kinds, *spec.people, spec.specialised, spec.remote, spec.free, spec.papers, spec.wheelchair,
        spec.sign_language, spec.authority, spec.status, *spec.skip, *spec.phones,
        *((part.how, part.independent, part.read_by, part.languages) if (part := spec.channel) else ()),
    ]  # fmt: skip
    found.update(dict.fromkeys(rule.column for rule in rules if rule is not None))
    for phone in spec.phones:
        found.update(dict.fromkeys((phone.prefix, phone.whatsapp)))
    for hours in spec.hours:
        found.update(dict.fromkeys((hours.column, hours.days, hours.opens, hours.closes)))
    found.update(dict.fromkeys((*spec.id, spec.lat, spec.lon)))
    if spec.format == "osm":
        found.update(dict.fromkeys((*JUDGED_NAMES, *JUDGED_PROSE)))
    found.pop("", None)
    return list(found)


# --- one row ---------------------------------------------------------------------------------------------------------


def reader(spec: Map) -> Callable[[int, Row], Draft]:
    """A function from (line, row) to ``Draft``. A row maps the columns of ``columns(spec)`` to text."""
    nothing = frozenset(fold(value) for value in spec.empty)
    cells: dict[str, str] = {}

    has_word = _has(spec.prefix.unless) if spec.prefix else None

    def prefixed(text: str) -> str:
        if spec.prefix is None or has_word is None or not text or has_word(fold(text)):
            return text
        whole = f"{spec.prefix.text} {text}"
        return neutral.tidy(whole.upper()) if text.isupper() else whole

    def clean(value: str) -> str:
        value = value.strip()
        if not nothing:
            return value
        known = cells.get(value)
        if known is None:
            known = "" if fold(value) in nothing else value
            if len(cells) < 100_000:
                cells[value] = known
        return known

    name, organisation = _template(spec.name), _template(spec.organisation)
    shorts = [_template(text, whole=True) for text in spec.short_names]
    labels = [_template(text) for text in spec.labels]
    tags, prose = (JUDGED_NAMES, JUDGED_PROSE) if spec.format == "osm" else ((), ())
    address, municipality = _template(spec.address), _template(spec.municipality)
    email, url, cost, ends = (_template(text) for text in (spec.email, spec.url, spec.cost, spec.ends))
    texts = {language: _template(text) for language, text in spec.texts.items()}
    country = _one(spec.country_from)
    kinds, people = _many(spec.kinds), [_many(rule) for rule in spec.people]
    specialised, remote = _among(spec.specialised), _among(spec.remote)
    free, papers, wheelchair, sign = (_yes(rule) for rule in (spec.free, spec.papers, spec.wheelchair, spec.sign_language))
    authority, status = _one(spec.authority), _status(spec.status)
    channel = spec.channel
    how, read_by = (_one(channel.how), _one(channel.read_by)) if channel else (_one(None), _one(None))
    value, independent = _template(channel.value if channel else ""), _among(channel.independent if channel else None)
    spoken = _many(channel.languages if channel else None)
    skips = [(_among(rule), rule.reason) for rule in spec.skip]
    yes = [frozenset(fold(value) for value in phone.yes) for phone in spec.phones]
    day_values = [{fold(value): days for value, days in rule.values.items()} for rule in spec.hours]

    def read(number: int, raw: Row) -> Draft:
        row = {column: clean(value) for column, value in raw.items()}
        hours: list[str] = []
        for rule, values in zip(spec.hours, day_values, strict=True):
            if rule.style == "span":
                days = values.get(fold(row[rule.days]), "")
                if days and row[rule.opens] and row[rule.closes]:
                    hours += ("span", days, row[rule.opens], row[rule.closes])
            elif row[rule.column]:
                hours += (rule.style, row[rule.column])
        place = address(row)
        for lost, restored in spec.repairs.items():
            place = place.replace(lost, restored)
        served: dict[str, Tri] = {group: True for rule in people for group in rule(row)}
        return Draft(
            row=number,
            source_id="/".join(row[column] for column in spec.id) if row[spec.id[0]] else "",
            country=country(row) or spec.country,
            name=prefixed(name(row)),
            short_names=tuple(text for text in (short(row) for short in shorts) if text),
            organisation=organisation(row),
            labels=tuple(text for text in (*(label(row) for label in labels), *(row[tag] for tag in tags)) if text),
            judged=tuple(row[tag] for tag in prose if row[tag]),
            kinds=tuple(dict.fromkeys((*kinds(row), *spec.kind))),
            specialised=specialised(row),
            texts={language: made for language, text in texts.items() if (made := text(row))},
            lat=_decimal(row.get(spec.lat, ""), spec.decimal),
            lon=_decimal(row.get(spec.lon, ""), spec.decimal),
            address=place,
            municipality=municipality(row),
            phones=tuple(
                (row[p.column], row.get(p.prefix, ""), bool(p.whatsapp) and fold(row[p.whatsapp]) in known, p.text)
                for p, known in zip(spec.phones, yes, strict=True)
                if row[p.column]
            ),
            email=email(row),
            url=url(row),
            cost=cost(row),
            hours=tuple(hours),
            free=free(row),
            papers=papers(row),
            languages=tuple(dict.fromkeys((*spec.languages, *spoken(row)))),
            people=served,
            wheelchair=wheelchair(row),
            sign_language=sign(row),
            authority=authority(row),
            remote=remote(row),
            status=status(row),
            status_words=row[spec.status.column][:40] if spec.status else "",
            skip=next((reason for applies, reason in skips if applies(row)), ""),
            ends=_day(ends(row)),
            how=how(row) if channel else None,
            value=value(row),
            independent=independent(row),
            read_by=read_by(row),
        )

    return read


def _template(text: str, *, whole: bool = False) -> Callable[[Row], str]:
    """``whole``: empty as soon as one of its columns is."""
    parts = _COLUMN.split(text)
    names = parts[1::2]
    if not names:
        return lambda row: text
    if parts[0] == "" and len(parts) == 3 and parts[2] == "":
        only = names[0]
        return lambda row: row[only]

    def fill(row: Row) -> str:
        values = [row[column] for column in names]
        if not (all(values) if whole else any(values)):
            return ""
        made = parts[0] + "".join(value + after for value, after in zip(values, parts[2::2], strict=True))
        return " ".join(_GAPS.sub(", ", made).split()).strip(" ,;-–/")

    return fill


#: What an empty cell leaves behind: a comma after nothing.
_GAPS = re.compile(r"(?:\s*,)+\s*")


def _decimal(text: str, mark: str) -> str:
    return text.replace(".", "").replace(",", ".") if mark == "," and "," in text else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _parts(value: str) -> list[str]:
    """A cell with several values, as the readers join them, each folded."""
    return [fold(part) for part in value.split("|")] if "|" in value else [fold(value)]


def _has(words: list[str]) -> Callable[[str], bool]:
    """Whether a folded text holds one of the words, whole."""
    if not words:
        return lambda folded: False
    found = re.compile(r"\b(?:" + "|".join(re.escape(fold(word)) for word in words) + r")\b").search
    return lambda folded: found(folded) is not None


def _many(rule: Many | None) -> Callable[[Row], tuple[str, ...]]:
    if rule is None:
        return lambda row: ()
    values = {fold(value): codes for value, codes in rule.values.items()}
    words = [(_has([word]), codes) for word, codes in rule.words.items()]
    cache: dict[str, tuple[str, ...]] = {}

    def read(row: Row) -> tuple[str, ...]:
        value = row[rule.column]
        known = cache.get(value)
        if known is None:
            found: list[str] = []
            for part in _parts(value):
                found += values.get(part, ())
                found += (code for has, codes in words if has(part) for code in codes)
            known = tuple(dict.fromkeys(found or rule.default))
            if len(cache) < 10_000:
                cache[value] = known
        return known

    return read


def _one(rule: One | None) -> Callable[[Row], str]:
    if rule is None:
        return lambda row: ""
    read = _many(
        Many(
            column=rule.column,
            values={value: [code] for value, code in rule.values.items()},
            words={word: [code] for word, code in rule.words.items()},
            default=[rule.default] if rule.default else [],
        )
    )
    return lambda row: next(iter(read(row)), "")


def _yes(rule: Yes | None) -> Callable[[Row], Tri]:
    if rule is None:
        return lambda row: None
    values = {fold(value): answer for value, answer in rule.values.items()}

    def read(row: Row) -> Tri:
        answers = {values[part] for part in _parts(row[rule.column]) if part in values}
        return answers.pop() if len(answers) == 1 else None

    return read


def _among(rule: Among | None) -> Callable[[Row], bool]:
    if rule is None:
        return lambda row: False
    values = frozenset(fold(value) for value in rule.values)
    has = _has(rule.words)
    return lambda row: any(part in values or has(part) for part in _parts(row[rule.column]))


def _status(rule: Open | None) -> Callable[[Row], Status]:
    if rule is None:
        return lambda row: "open"
    known: dict[str, Status] = {fold(value): "open" for value in rule.open}
    known |= {fold(value): "closed" for value in rule.closed}
    return lambda row: known.get(fold(row[rule.column]), "unclear")
