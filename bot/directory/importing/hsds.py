"""HSDS 3.0 to drafts: canonical JSON (nested, lists, pages) and tabular (a folder of CSV files, or one tabular.json).

Everything becomes nested services first, so that one function reads all forms. Only named fields are read: contacts and
their phones, ``attention`` lines, ``assurer_email`` and metadata hold people's names and are never touched.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import msgspec

from bot.directory.importing import maps
from bot.directory.importing.candidate import Broken, Draft, Status
from bot.directory.importing.files import FileError, json_items, top_mark
from bot.directory.importing.personal import whose_phone
from bot.directory.neutral import fold
from flows.facts import KINDS, PEOPLE, Tri

#: Our taxonomies, by which an export of ours is read back without a map.
KIND_TAXONOMY = "rssn-essential-package"
PEOPLE_TAXONOMY = "rssn-population"
TERMS_TAXONOMY = "rssn-terms"
LANGUAGE_TAXONOMY = "rssn-text-language"
#: A service with a term of this one is a complaint channel: ``how-phone`` and so on, ``independent``, ``read-by-team`` and so on.
CHANNEL_TAXONOMY = "rssn-complaint-channel"

#: Their terms are read as codes; in others' taxonomies the names are judged like any label.
OURS = (KIND_TAXONOMY, PEOPLE_TAXONOMY, TERMS_TAXONOMY, LANGUAGE_TAXONOMY)

#: What an export of ours writes where HSDS demands a value and the directory has none.
NOT_STATED = "not stated"

Node = dict[str, Any]

_FILES = {
    "organization": "organizations", "service": "services", "location": "locations", "phone": "phones",
    "service_at_location": "service_at_location", "schedule": "schedules", "language": "languages",
    "attribute": "attributes", "taxonomy_term": "taxonomy_terms", "taxonomy": "taxonomies", "address": "addresses",
    "service_area": "service_areas", "cost_option": "cost_options", "required_document": "required_documents",
    "accessibility": "accessibility", "program": "programs",
}  # fmt: skip
_STATUS: dict[str, Status] = {"active": "open", "inactive": "closed", "defunct": "closed", "temporarily closed": "closed"}


def drafts(path: Path, spec: maps.Map | None = None) -> Iterator[Draft | Broken]:
    """One draft for each service at each of its locations. ``spec`` gives country and kinds where the data does not."""
    reader = _Reader(spec)
    for number, node in services(path):
        if isinstance(node, Broken):
            yield node
            continue
        try:
            yield from reader.read(number, node)
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            yield Broken(number, f"not of the shape of HSDS 3.0 ({type(error).__name__})")


def services(path: Path) -> Iterator[tuple[int, Node | Broken]]:
    """Nested services with their organisation inside, numbered by the element that they came from."""
    if path.is_dir():
        yield from _joined(_folder(path))
    elif top_mark(path) == "[":
        yield from _unfolded(json_items(path))
    else:
        try:
            node = msgspec.json.decode(path.read_bytes())
        except msgspec.DecodeError as error:
            raise FileError(f"{path.name} is not JSON: {error}.") from None
        if isinstance(node.get("services.csv"), list):
            yield from _joined({table: node.get(f"{name}.csv") or [] for table, name in _FILES.items()})
        elif isinstance(node.get("contents"), list):
            yield from _unfolded(enumerate(node["contents"], 1))
        else:
            yield from _unfolded([(1, node)])


def _unfolded(items: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Node | Broken]]:
    for number, node in items:
        if not isinstance(node, dict):
            yield number, Broken(number, "not an object")
        elif "service" in node and "location" in node:  # service_at_location
            service = dict(node["service"])
            service["service_at_locations"] = [{key: value for key, value in node.items() if key != "service"}]
            yield number, service
        elif isinstance(node.get("services"), list):  # organization
            organisation = {key: value for key, value in node.items() if key != "services"}
            for service in node["services"]:
                yield number, {"organization": organisation, **service}
        elif "status" in node or "service_at_locations" in node or "organization" in node:
            yield number, node
        else:
            yield number, Broken(number, "neither a service, nor an organization with services, nor a service_at_location")


# --- tabular ---------------------------------------------------------------------------------------------------------


def _folder(path: Path) -> dict[str, list[Node]]:
    """The tables of a CSV folder. ``datapackage.json`` may rename files; without it the usual names hold."""
    names = {table: f"{name}.csv" for table, name in _FILES.items()}
    package = path / "datapackage.json"
    if package.exists():
        try:
            for resource in msgspec.json.decode(package.read_bytes()).get("resources", []):
                if resource.get("name") in names and isinstance(resource.get("path"), str):
                    names[resource["name"]] = Path(resource["path"]).name  # never outside of the folder
        except (msgspec.DecodeError, AttributeError):
            raise FileError(f"{package.name} cannot be read; correct it or leave it out.") from None
    if not (path / names["service"]).exists():
        raise FileError(f"{path.name} holds no {names['service']}; a tabular HSDS package needs it.")
    tables: dict[str, list[Node]] = {}
    for table, name in names.items():
        if (path / name).exists():
            with (path / name).open(encoding="utf-8-sig", errors="replace", newline="") as stream:
                tables[table] = [{key: value for key, value in row.items() if key and value} for row in csv.DictReader(stream)]
    return tables


def _joined(tables: dict[str, list[Node]]) -> Iterator[tuple[int, Node | Broken]]:
    def by(table: str, key: str) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = defaultdict(list)
        for row in tables.get(table, []):
            if row.get(key):
                found[row[key]].append(row)
        return found

    def first(table: str) -> dict[str, Node]:
        return {row["id"]: row for row in tables.get(table, []) if row.get("id")}

    organisations, locations, terms, taxonomies, programs = map(
        first, ("organization", "location", "taxonomy_term", "taxonomy", "program")
    )
    for term in terms.values():
        if term.get("taxonomy_id") in taxonomies:
            term["taxonomy_detail"] = taxonomies[term["taxonomy_id"]]
    attributes: dict[str, list[Node]] = defaultdict(list)
    for attribute in tables.get("attribute", []):
        if attribute.get("taxonomy_term_id") in terms:
            attributes[attribute.get("link_id", "")].append({**attribute, "taxonomy_term": terms[attribute["taxonomy_term_id"]]})
    for table in ("address", "accessibility"):
        for key, rows in by(table, "location_id").items():
            if key in locations:
                locations[key]["addresses" if table == "address" else table] = rows
    for key, location in locations.items():
        location["attributes"] = attributes.get(key, [])
    # A phone or schedule belongs to the narrowest thing that it names.
    for table, name in (("phone", "phones"), ("schedule", "schedules")):
        for key, rows in by(table, "location_id").items():
            if key in locations:
                locations[key][name] = [row for row in rows if not row.get("service_at_location_id") and not row.get("service_id")]
    parts = {name: by(table, "service_id") for table, name in (
        ("phone", "phones"), ("schedule", "schedules"), ("language", "languages"), ("service_area", "service_areas"),
        ("cost_option", "cost_options"), ("required_document", "required_documents"),
        ("service_at_location", "service_at_locations"),
    )}  # fmt: skip
    at_location = {name: by(table, "service_at_location_id") for table, name in (("phone", "phones"), ("schedule", "schedules"))}
    for number, row in enumerate(tables.get("service", []), 1):
        if not row.get("id"):
            yield number, Broken(number, "a service without id")
            continue
        service = {**row, **{name: rows.get(row["id"], []) for name, rows in parts.items()}}
        service["organization"] = organisations.get(row.get("organization_id", ""))
        service["attributes"] = attributes.get(row["id"], [])
        service["program"] = programs.get(row.get("program_id", ""))
        for name in ("phones", "schedules"):
            service[name] = [part for part in service[name] if not part.get("service_at_location_id")]
        service["service_at_locations"] = [
            {
                **link,
                "location": locations.get(link.get("location_id", "")),
                **{name: rows.get(link.get("id", ""), []) for name, rows in at_location.items()},
            }
            for link in service["service_at_locations"]
        ]
        yield number, service


# --- one service -----------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, spec: maps.Map | None) -> None:
        self.country = spec.country if spec else ""
        self.default = tuple(spec.kind) if spec else ()
        rule = spec.kinds if spec else None
        self.kinds = {fold(value): tuple(codes) for value, codes in rule.values.items()} if rule else {}
        self.fallback = tuple(rule.default) if rule else ()

    def read(self, number: int, service: Node) -> Iterator[Draft]:
        terms = list(_terms(service))
        if channel := {code for taxonomy, code, _ in terms if taxonomy == CHANNEL_TAXONOMY}:
            yield self._channel(number, service, channel, {code for taxonomy, code, _ in terms if taxonomy == TERMS_TAXONOMY})
            return
        kinds = [code for taxonomy, code, _ in terms if taxonomy == KIND_TAXONOMY and code in KINDS]
        for _, code, name in terms:
            kinds += self.kinds.get(fold(code), ()) + self.kinds.get(fold(name), ())
        ours = {code for taxonomy, code, _ in terms if taxonomy == TERMS_TAXONOMY}
        people: dict[str, Tri] = {}
        for taxonomy, code, _ in terms:
            if taxonomy == PEOPLE_TAXONOMY and code.removeprefix("not-") in PEOPLE:
                people[code.removeprefix("not-")] = not code.startswith("not-")
        organisation = service.get("organization") or {}
        program = service.get("program") or {}
        language = next((code.removeprefix("text-") for taxonomy, code, _ in terms if taxonomy == LANGUAGE_TAXONOMY), "")
        links = service.get("service_at_locations") or [{}]
        wide, reach = _reach(service)
        identity = _text(service.get("id"))
        description = _text(service.get("description"))
        documents = [_text(part.get("document")) for part in service.get("required_documents") or ()]
        for link in links:
            location = link.get("location") or {}
            addresses: list[Node] = location.get("addresses") or []
            address = next((one for one in addresses if _text(one.get("address_type")) != "postal"), {})
            schedules = link.get("schedules") or service.get("schedules") or location.get("schedules") or []
            place_terms = {code for _, code, _ in _terms(location)}
            every = [*(link.get("phones") or ()), *(service.get("phones") or ()), *(location.get("phones") or ())]
            phones = [phone for phone in every if not _own(phone)]
            names = (
                *(node.get("alternate_name") for node in (location, organisation, program)),
                location.get("name"),
                program.get("name"),
            )
            prose = (*(node.get("description") for node in (location, link, organisation, program)), *map(service.get, _JUDGED))
            country = next(filter(None, (_text(one.get("country")) for one in addresses)), "")
            if len(links) > 1 and not _text(link.get("id")):
                link = {**link, "id": _text(location.get("id"))}
            yield Draft(
                row=number,
                source_id="/".join(filter(None, (identity, _text(link.get("id")) if len(links) > 1 else ""))),
                country=(country or reach or self.country)[:2].upper(),
                name=_text(service.get("name")),
                short_names=tuple(filter(None, (_text(service.get("alternate_name")),))),
                organisation=_text(organisation.get("name")),
                labels=tuple(
                    filter(None, (*(name for taxonomy, _, name in terms if taxonomy not in OURS), *map(_text, names)))
                ),
                judged=tuple(filter(None, map(_text, prose))),
                private_phones=len(every) - len(phones),
                kinds=tuple(dict.fromkeys(kinds)) or self.fallback or self.default,
                specialised="specialised" in ours,
                texts={language or "und": description} if description else {},
                lat=_number(location.get("latitude")),
                lon=_number(location.get("longitude")),
                address=", ".join(filter(None, (_text(address.get("address_1")), _text(address.get("address_2"))))),
                municipality=_text(address.get("city")),
                phones=tuple(
                    (
                        _text(phone.get("number")).strip('"'),
                        "",
                        "whatsapp" in fold(_text(phone.get("description"))).split(),
                        _text(phone.get("type")) == "text",
                    )
                    for phone in phones
                    if _text(phone.get("type")) not in ("fax", "pager") and phone.get("number")
                ),
                email=_text(service.get("email")) or _text(organisation.get("email")),
                url=_text(service.get("url")) or _text(organisation.get("website")),
                hours=_hours(schedules),
                zone=_zone(schedules),
                free=True if "free" in ours else False if service.get("cost_options") or "not-free" in ours else None,
                cost=_text(service.get("fees_description")),
                papers=True if any(documents) or "papers" in ours else False if "no-papers" in ours else None,
                languages=_languages(service),
                people=people,
                min_age=_age(service.get("minimum_age")),
                max_age=_age(service.get("maximum_age")),
                wheelchair=True if "wheelchair" in place_terms else False if "no-wheelchair" in place_terms else None,
                sign_language=True if "sign-language" in place_terms else False if "no-sign-language" in place_terms else None,
                authority=next((code.removeprefix("authority-") for code in ours if code.startswith("authority-")), ""),
                remote=bool(wide) or _text(location.get("location_type")) == "virtual",
                status=_STATUS.get(_text(service.get("status")), "unclear"),
                status_words=_text(service.get("status"))[:40],
                ends=_latest_end(schedules),
            )  # fmt: skip

    def _channel(self, number: int, service: Node, channel: set[str], ours: set[str]) -> Draft:
        """A complaint channel: of what a service says, the one thing by which complaints are taken."""
        how = next((code.removeprefix("how-") for code in sorted(channel) if code.startswith("how-")), "")
        phone = next((_text(each.get("number")) for each in service.get("phones") or () if not _own(each)), "")
        values = {"phone": phone, "text": phone, "email": _text(service.get("email")), "web": _text(service.get("url"))}
        schedules = service.get("schedules") or []
        return Draft(
            row=number,
            source_id=_text(service.get("id")),
            country=(_reach(service)[1] or self.country)[:2].upper(),
            organisation=_text((service.get("organization") or {}).get("name")),
            how=how,
            value=values.get(how, _text(service.get("description"))),
            independent="independent" in channel,
            read_by=next((code.removeprefix("read-by-") for code in sorted(channel) if code.startswith("read-by-")), ""),
            free=True if "free" in ours else False if "not-free" in ours else None,
            hours=_hours(schedules),
            zone=_zone(schedules),
            languages=_languages(service),
            status=_STATUS.get(_text(service.get("status")), "unclear"),
            status_words=_text(service.get("status"))[:40],
        )


#: Prose of a service that is not taken, but may say that it is a place to be kept discreet.
_JUDGED = ("eligibility_description", "application_process", "alert", "interpretation_services", "fees_description", "wait_time")


def _own(phone: Node) -> bool:
    """Whether a phone belongs to a contact, who is a person, or is described as somebody's own."""
    return bool(phone.get("contact_id")) or whose_phone(_text(phone.get("description")))


def _reach(service: Node) -> tuple[list[Node], str]:
    """Areas that are whole countries, and the code of the first."""
    wide = [area for area in service.get("service_areas") or () if area.get("extent_type") == "country"]
    return wide, next((code for area in wide if len(code := _text(area.get("extent"))) == 2 and code.isalpha()), "")


def _languages(service: Node) -> tuple[str, ...]:
    codes = (_text(part.get("code")).lower() for part in service.get("languages") or ())
    return tuple(dict.fromkeys(code for code in codes if 2 <= len(code) <= 3))


def _terms(node: Node) -> Iterator[tuple[str, str, str]]:
    """(taxonomy, code, name) of each attribute."""
    for attribute in node.get("attributes") or ():
        term = attribute.get("taxonomy_term") or {}
        detail = term.get("taxonomy_detail") or {}
        yield _text(detail.get("name")) or _text(term.get("taxonomy")), _text(term.get("code")), _text(term.get("name"))


def _text(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return "" if text == NOT_STATED else text


def _number(value: Any) -> str | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)


def _age(value: Any) -> int | None:
    try:
        years = int(float(value))
    except (TypeError, ValueError):
        return None
    return years if 0 <= years <= 120 else None


def _plain(schedule: Node) -> bool:
    """Whether a schedule repeats every week on named days, between two times. Anything else is not understood."""
    simple = not any(schedule.get(key) for key in ("byweekno", "bymonthday", "byyearday", "count"))
    return bool(
        simple and _text(schedule.get("freq") or "WEEKLY") == "WEEKLY" and _text(schedule.get("interval") or 1) in ("1", "1.0")
        and schedule.get("byday") and schedule.get("opens_at") and schedule.get("closes_at")
    )  # fmt: skip


def _hours(schedules: list[Node]) -> tuple[str, ...]:
    """All of the schedules, or a mark that is not understood if one of them is not."""
    return tuple(part for schedule in schedules for part in _span(schedule)) if all(map(_plain, schedules)) else ("osm", "?")


def _span(schedule: Node) -> tuple[str, str, str, str]:
    return "span", _text(schedule["byday"]), _text(schedule["opens_at"]), _text(schedule["closes_at"])


def _zone(schedules: list[Node]) -> str:
    """The IANA zone that an export of ours notes; HSDS itself knows offsets only."""
    notes = {_text(schedule.get("notes")) for schedule in schedules}
    return notes.pop() if len(notes) == 1 and notes <= _zones() else ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _latest_end(schedules: list[Node]) -> date | None:
    """The last day on which anything is open; only if every schedule ends."""
    ends = []
    for schedule in schedules:
        try:
            ends.append(date.fromisoformat(_text(schedule.get("valid_to") or schedule.get("until"))[:10]))
        except ValueError:
            return None
    return max(ends, default=None)
