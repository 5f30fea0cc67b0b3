"""(language, id, parameters) to text: the reviewed catalogs of ``content/``, compiled in memory at start.

Here belongs how values become words: entries, country and language names, dates, distances, opening hours. Never here: which entry
is said (``flows``), how paragraphs and choices are arranged for a channel (``bot.layout``), a sentence.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_location
from babel.messages.pofile import PoFileError, read_po

from flows.beside import Beside
from flows.facts import LANGS, Hours, Lang
from flows.kernel import Aside, Clock, Country, Data, Day, Foot, Km, Language, Listing, Opening, Phrase, Zone

CONTENT: Final = Path(__file__).resolve().parent.parent / "content"
LOCALES: Final[dict[str, Locale]] = {"es": Locale.parse("es_419"), "en": Locale.parse("en"), "pt": Locale.parse("pt_BR")}

Form = Literal["chat", "sms"]

_HOLE = re.compile(r"\{([a-z_]+)\}")

#: On SMS a field of the directory is cut to this many letters, so that a long name cannot push out what matters.
SMS_FIELD = 60
#: Fields that may take more of the message than that, and how many times as much.
_WHOLE = frozenset(
    {"answer", "helpline", "service.phone", "service.url", "complaint_channel.address", "iso", "code", "draft.number"}
)
"""What is dialled or opened is shown whole or not at all: half a number is worse than none."""
_WIDE = {
    "service.text": 2.4, "service.address": 1.3, "complaint_channel.value": 1.3, "notice.text": 5, "notice.label": 0.6,
    "complaint.organisation": 0.55,
}  # fmt: skip


class ContentError(Exception):
    """A catalog that cannot be used; says which file, which entry, and what to do."""


def read_lists(path: Path, without: str) -> dict[str, Any]:
    """A file of lists that people write, in TOML. ``without``: what follows where it is missing, as the end of a sentence. Raises
    ContentError, which names the file and what to do."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContentError(f"{path} is missing; without it {without}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{path} cannot be read: {error}. Mend that line.") from None


Template = tuple[str, tuple[str, ...]]
"""An entry with ``%s`` where a parameter stands, and the names of its parameters in that order."""


def _compile(text: str) -> Template:
    names = tuple(_HOLE.findall(text))
    return (_HOLE.sub("%s", text.replace("%", "%%")) if names else text), names


def placeholders(text: str) -> frozenset[str]:
    """Names of the parameters in an entry."""
    return frozenset(_HOLE.findall(text))


class Wording:
    """All catalogs. ``say`` is the only way from an id to a sentence."""

    def __init__(self, texts: dict[str, dict[tuple[str, str], str]]) -> None:
        """``texts``: language -> (context, id) -> text; the context is ``sms`` or empty."""
        self.texts = texts
        self._chat: dict[str, dict[str, Template]] = {}
        self._sms: dict[str, dict[str, Template]] = {}
        for lang, entries in texts.items():
            self._chat[lang] = {id: _compile(text) for (context, id), text in entries.items() if not context}
            short = {id: _compile(text) for (context, id), text in entries.items() if context == "sms"}
            self._sms[lang] = {**self._chat[lang], **short}
        self._voices: dict[tuple[str, Form, int], Voice] = {}

    @classmethod
    def load(cls, folder: Path = CONTENT) -> Wording:
        """Read ``<folder>/<lang>/LC_MESSAGES/messages.po`` of all languages. Raises ContentError, which names the line."""
        return cls({lang: read_catalog(folder / lang / "LC_MESSAGES" / "messages.po") for lang in LANGS})

    def text(self, lang: str, id: str, form: Form = "chat") -> str:
        """The entry as it stands in the catalog, with its placeholders."""
        entries = self.texts[lang]
        return entries.get(("sms", id), "") if form == "sms" and ("sms", id) in entries else entries[("", id)]

    def ids(self, lang: Lang = "es") -> list[str]:
        return [id for context, id in self.texts[lang] if not context]

    def voice(self, lang: str, form: Form = "chat", cut: int = SMS_FIELD) -> Voice:
        """What speaks this language on this form of channel. ``cut`` bounds fields of the directory on SMS, in letters."""
        known = self._voices.get((lang, form, cut))
        if known is None:
            known = self._voices[lang, form, cut] = Voice(lang, form, cut, (self._sms if form == "sms" else self._chat)[lang])
        return known

    def say(self, lang: str, value: Any, form: Form = "chat", cut: int = SMS_FIELD) -> str:
        """A ``Value`` in words: ``voice(…).say(value)``."""
        return self.voice(lang, form, cut).say(value)


class Voice:
    """One language on one form of channel."""

    __slots__ = ("_cut", "_entries", "_form", "_known", "_lang")

    def __init__(self, lang: str, form: Form, cut: int, entries: dict[str, Template]) -> None:
        self._lang, self._form, self._cut, self._entries = lang, form, cut, entries
        self._known = Beside()

    def say(self, value: Any) -> str:
        """A ``Value`` in words."""
        # Kinds are asked in the order in which they are frequent: a list of results takes fifty of these calls.
        kind = type(value)
        if kind is Phrase:
            template = self._entries.get(value.id)
            if template is None:
                raise ContentError(
                    f"The entry {value.id} is missing in content/{self._lang}; add it, or run: python -m bot check --write"
                )
            text, names = template
            if not names:
                return text
            params = value.params
            if len(names) == 1:
                return text % self.say(params[names[0]])
            return text % tuple([self.say(params[name]) for name in names])
        if kind is Data:
            text = " ".join(value.text.split())
            if self._form == "chat" or value.source in _WHOLE:
                return text
            return clipped(text, int(self._cut * _WIDE.get(value.source, 1)))
        if kind is Listing:
            if value.kept:
                return self._kept(value)
            return ("\n" if value.lines else ", ").join([self.say(item) for item in value.items])
        if kind is int:
            return str(value)
        if kind is Country:
            return country_name(self._lang, value.code)
        if kind is Aside or kind is Foot:
            return self.say(value.value)
        if kind is Km:
            return f"{value.km:.0f} km"
        if kind is Day:
            return day(self._lang, value.day, self._form)
        if kind is Clock:
            return _clock(self._lang, value.minutes)
        if kind is Zone:
            return city_name(self._lang, value.name)
        if kind is Opening:
            return hours(self._lang, value.hours)
        if kind is Language:
            return language_name(self._lang, value.code)
        raise TypeError(f"{kind.__name__} cannot be said")

    def _kept(self, listing: Listing) -> str:
        """The words of a listing that comes again."""
        known = self._known.of(listing)
        text: str | None = known.get("text")
        if text is None:
            text = known["text"] = ("\n" if listing.lines else ", ").join([self.say(item) for item in listing.items])
        return text


def clipped(text: str, most: int) -> str:
    """At most ``most`` letters, cut between words where one is near, with three dots where something is missing."""
    if len(text) <= most:
        return text
    head = text[: most - 3]
    space = head.rfind(" ")
    return (head[:space] if space > most // 2 else head).rstrip(" ,.;:-") + "..."


def read_catalog(path: Path) -> dict[tuple[str, str], str]:
    """(context, id) -> text of one catalog, every entry of it written. Raises ContentError, which names file and line."""
    try:
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
    except FileNotFoundError:
        raise ContentError(f"The catalog {path} is missing; every language needs one.") from None
    except (PoFileError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", "?")
        raise ContentError(f"The catalog {path} cannot be read at line {line}: {error}. Mend that line.") from None
    twice = _twice(path)
    if twice:
        raise ContentError(f"{path}: the entry {twice} stands twice; keep one.")
    entries: dict[tuple[str, str], str] = {}
    for message in catalog:
        if not message.id:
            continue
        key = (message.context or "", str(message.id))
        if message.fuzzy or not message.string:
            what = "marked fuzzy" if message.fuzzy else "empty"
            raise ContentError(f"{path}, line {message.lineno}: the entry {key[1]} is {what}; a person has to write and review it.")
        entries[key] = str(message.string)
    return entries


def _twice(path: Path) -> str:
    """An id that stands twice under the same context; the reader of catalogs would silently keep one of them."""
    seen: set[tuple[str, str]] = set()
    context = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("msgctxt "):
            context = line
        elif line.startswith("msgid "):
            if (context, line) in seen:
                return line.removeprefix("msgid ").strip('"')
            seen.add((context, line))
            context = ""
    return ""


@lru_cache(maxsize=2048)
def country_name(lang: str, code: str) -> str:
    """Name of an ISO 3166-1 country in ``lang``."""
    return str(LOCALES[lang].territories.get(code, code))


@lru_cache(maxsize=512)
def language_name(lang: str, code: str) -> str:
    """Name of an ISO 639 language in ``lang``."""
    return str(LOCALES[lang].languages.get(code, code))


@lru_cache(maxsize=512)
def city_name(lang: str, zone: str) -> str:
    """The city that an IANA time zone is named after, in ``lang``."""
    return str(get_timezone_location(zone, locale=LOCALES[lang], return_city=True))


@lru_cache(maxsize=4096)
def day(lang: str, when: date, form: Form) -> str:
    """A date in words: "3 de marzo de 2026"."""
    return format_date(when, format="medium" if form == "sms" else "long", locale=LOCALES[lang])


@lru_cache(maxsize=4096)
def hours(lang: str, opening: Hours) -> str:
    """Opening hours in words: days with the same hours are said together."""
    locale = LOCALES[lang]
    by_day: dict[int, list[tuple[int, int]]] = {}
    for weekday, opens, closes in sorted(opening.weekly):
        by_day.setdefault(weekday, []).append((opens, closes))
    groups: list[tuple[list[int], list[tuple[int, int]]]] = []
    for weekday in sorted(by_day):
        if groups and groups[-1][1] == by_day[weekday] and groups[-1][0][-1] == weekday - 1:
            groups[-1][0].append(weekday)
        else:
            groups.append(([weekday], by_day[weekday]))
    names = locale.days["format"]["abbreviated"]
    said = []
    for days, spans in groups:
        first, last = names[days[0]].rstrip("."), names[days[-1]].rstrip(".")
        when = first if len(days) == 1 else f"{first}-{last}"
        said.append(f"{when} " + ", ".join(f"{_clock(lang, opens)}-{_clock(lang, closes)}" for opens, closes in spans))
    return "; ".join(said)


def _clock(lang: str, minutes: int) -> str:
    if lang == "en":
        text = format_time(time(minutes // 60 % 24, minutes % 60), "h:mm a", locale=LOCALES["en"])
        return text.replace(":00", "").replace("\u202f", " ").replace("AM", "am").replace("PM", "pm").replace(" ", "")
    return f"{minutes // 60 % 24}:{minutes % 60:02d}"
