"""The words of the desk: one catalog a page and language, ``content/<lang>/LC_MESSAGES/desk/<page>.po``.

Here belongs how an id and its parameters become text, and the check that every id which the desk's sources name is written in
every language. Never here: a sentence; what people on the move read (``bot.wording``).

An id is ``desk.<page>.<name>`` and stands in the catalog of its page. What is counted has two entries, ``….one`` and ``….other``.
Ids that are put together while the program runs are declared beside the code that does so: ``family("desk.<page>.role", ROLES)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from bot.wording import CONTENT, LOCALES, ContentError, city_name, country_name, hours, language_name, placeholders, read_catalog
from flows.facts import LANGS, Hours

SOURCES: Final = Path(__file__).parent
_USED: Final = re.compile(r"""["'`](desk(?:\.[a-z0-9_]+){2,})["'`]""")
_IMPORTED: Final = re.compile(r"""(?:from|import)\s*\(?\s*["']\./([a-z_]+\.js)["']""")
_HOLE: Final = re.compile(r"\{([a-z_]+)\}")
_FAMILIES: Final[dict[str, tuple[str, ...]]] = {}
_ASKED: Final[set[str]] = set()


def ask_for(id: str) -> None:
    """Declare one id that no source names as it stands."""
    _ASKED.add(id)


def family(stem: str, names: Iterable[str]) -> None:
    """Declare that ``<stem>.<name>`` is asked for, for each of these names. Once for a stem."""
    given = tuple(names)
    if _FAMILIES.setdefault(stem, given) != given:
        raise ValueError(f"The family {stem} is declared twice, with different names.")


class Words:
    """All catalogs of the desk. ``voice`` gives what speaks one language."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        """``texts``: language -> id -> text. Raises ContentError where a used id is missing or the languages differ."""
        self.texts = texts
        self._voices = {lang: Voice(lang, entries) for lang, entries in texts.items()}
        self._of_scripts: dict[tuple[str, ...], tuple[str, ...]] = {}
        found = next(lacking(texts), "")
        if found:
            raise ContentError(found)

    @classmethod
    def load(cls, folder: Path = CONTENT) -> Words:
        """Read the catalogs of all languages. Raises ContentError, which names the file and what to do."""
        return cls({lang: read_folder(folder / lang / "LC_MESSAGES" / "desk") for lang in LANGS})

    def voice(self, lang: str) -> Voice:
        return self._voices[lang if lang in self._voices else "es"]

    def of_scripts(self, lang: str, scripts: Iterable[str]) -> dict[str, str]:
        """The entries that these scripts and whatever they import ask for, as they stand in the catalog.

        A script that names the stem of a family gets all its members."""
        names = tuple(scripts)
        if names not in self._of_scripts:
            used = {id for name in _with_imports(names) for id in _USED.findall(_source(name))}
            known = self.texts["es"]
            members = {f"{stem}.{name}" for stem in used & set(_FAMILIES) for name in _FAMILIES[stem]}
            wanted = sorted((used - set(_FAMILIES)) | members)
            self._of_scripts[names] = tuple(each for id in wanted for each in _forms(id, known))
        return {id: self.texts[lang][id] for id in self._of_scripts[names]}


class Voice:
    """One language. Called with an id and parameters it gives the text; beside that it says times, countries, amounts."""

    def __init__(self, lang: str, entries: dict[str, str]) -> None:
        self.lang = lang
        self._entries = entries
        self._locale = LOCALES[lang]

    def __call__(self, id: str, **params: object) -> str:
        """Raises ContentError for an id that is not there, KeyError for a parameter that was not given."""
        text = self._entries.get(id)
        if text is None:
            raise ContentError(f"The entry {id} is missing in content/{self.lang}/LC_MESSAGES/desk; write it in every language.")
        return _HOLE.sub(lambda hole: str(params[hole[1]]), text)

    def count(self, id: str, number: int, **params: object) -> str:
        """The entry ``<id>.one`` or ``<id>.other``, with ``{number}`` filled in."""
        return self(f"{id}.{'one' if number == 1 else 'other'}", number=number, **params)

    def span(self, seconds: float) -> str:
        """A length of time in words, rounded down: "12 minutes", "3 hours", "2 days"; never less than a minute."""
        minutes = max(1, int(seconds // 60))
        if minutes < 120:
            return self.count("desk.common.minutes", minutes)
        if minutes < 2880:
            return self.count("desk.common.hours", minutes // 60)
        return self.count("desk.common.days", minutes // 1440)

    def day(self, when: date) -> str:
        """ "Friday, 27 November 2026"; of a datetime, the day in the zone that it carries."""
        return format_date(when, format="full", locale=self._locale)

    def short_day(self, when: date) -> str:
        """ "27 Nov 2026"."""
        return format_date(when, format="medium", locale=self._locale)

    def near_day(self, when: date) -> str:
        """ "Fri, 27 Nov": for what lies within weeks."""
        return format_skeleton("MMMEd", when, locale=self._locale)

    def weekday(self, number: int) -> str:
        """ "Monday" for 0, with a capital in every language: it stands as a heading."""
        name = str(self._locale.days["stand-alone"]["wide"][number])
        return name[:1].upper() + name[1:]

    def clock(self, when: datetime, zone: str = "UTC") -> str:
        """ "18:05" in this IANA zone, in 24 hours in every language: a roster knows no noon and midnight that could be mistaken."""
        return format_time(when.astimezone(ZoneInfo(zone)), "HH:mm", locale=self._locale)

    def moment(self, when: datetime, zone: str = "UTC") -> str:
        """Day and time in this zone, with the zone's name where it is UTC."""
        local = when.astimezone(ZoneInfo(zone))
        return f"{self.short_day(local)}, {self.clock(local, zone)}" + (" UTC" if zone == "UTC" else "")

    def country(self, code: str) -> str:
        return country_name(self.lang, code)

    def city(self, zone: str) -> str:
        """The city that an IANA zone is named after: how people name the time of a place."""
        return city_name(self.lang, zone)

    def language(self, code: str) -> str:
        return language_name(self.lang, code)

    def hours(self, opening: Hours) -> str:
        """ "Mon-Fri 8am-5pm", on the clocks of the place, as people on the move read it."""
        return hours(self.lang, opening)

    def listed(self, names: Iterable[str]) -> str:
        return ", ".join(names)


def read_folder(folder: Path) -> dict[str, str]:
    """Every entry of the catalogs in a folder. Raises ContentError, also for an entry that stands in another page's file."""
    entries: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        for (context, id), text in read_catalog(path).items():
            if context or not id.startswith(f"desk.{path.stem}."):
                raise ContentError(f"{path}: the entry {id} does not belong here; its id must begin with desk.{path.stem}.")
            entries[id] = text
    return entries


def used() -> frozenset[str]:
    """Every id that a template, a script or a page of the desk names, and every member of a family."""
    found = {id for path in _sources() for id in _USED.findall(path.read_text(encoding="utf-8"))}
    return frozenset((found - set(_FAMILIES)) | _ASKED | {f"{stem}.{name}" for stem, names in _FAMILIES.items() for name in names})


def lacking(texts: dict[str, dict[str, str]]) -> Iterator[str]:
    """Sentences about what is missing or differs between languages: with any of them, the desk does not start."""
    wanted = {id for asked in used() for id in _forms(asked, texts["es"])}
    for lang, entries in texts.items():
        where = f"content/{lang}/LC_MESSAGES/desk"
        for id in sorted((wanted | set(texts["es"])) - set(entries)):
            yield f"{where}: the entry {id} is missing; write it into {id.split('.')[1]}.po."
        for id in sorted(set(entries) - set(texts["es"])):
            yield f"content/es/LC_MESSAGES/desk: the entry {id} of {lang} is missing; write it into {id.split('.')[1]}.po."
        for id in sorted(set(entries) & set(texts["es"])):
            if placeholders(entries[id]) != placeholders(texts["es"][id]):
                yield f"{where}: {id} must hold the same {{placeholders}} as in es."


def left_over(texts: dict[str, dict[str, str]]) -> list[str]:
    """Ids that nothing asks for."""
    wanted = {id for asked in used() for id in _forms(asked, texts["es"])}
    return sorted({id for entries in texts.values() for id in entries} - wanted)


def _forms(id: str, known: dict[str, Any]) -> tuple[str, ...]:
    """The entries behind an id: itself, or its two forms where it is counted."""
    return (f"{id}.one", f"{id}.other") if id not in known and f"{id}.other" in known else (id,)


def _sources() -> Iterator[Path]:
    return (path for path in sorted(SOURCES.rglob("*")) if path.suffix in (".py", ".html", ".js"))


@lru_cache(maxsize=256)
def _source(script: str) -> str:
    return (SOURCES / "static" / script).read_text(encoding="utf-8")


def _with_imports(scripts: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = list(scripts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _IMPORTED.findall(_source(name))
    return frozenset(seen)
