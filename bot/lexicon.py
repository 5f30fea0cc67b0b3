"""The words that people may type, in all three languages at once, out of the catalogs and the lists of crisis cues.

Here belongs the look-up from a folded text to a digit, a command, an option, a topic, a kind of help, a crisis cue. Never here:
a word (they are content), a decision about the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.understanding.danger import Danger
from bot.understanding.finding import found_in, is_denied
from bot.understanding.sense import Sense
from bot.wording import CONTENT, ContentError, Wording, city_name, country_name, read_lists
from flows.complaint_fields import SAID, WHO, WORDED, WRONG
from flows.crisis import CLASSES, Cues
from flows.facts import FOREIGN, KINDS, LANGS, RUMOURS
from flows.kernel import Country, Data, Listing, Phrase, Value, Zone
from flows.reading import fold, fold_constant
from flows.services import TOPICS

COMMANDS = ("leave", "emergency", "back", "menu", "more", "language", "again")

_GROUP = re.compile(r"\{([a-z_]+)\}")


def words_of(text: str) -> list[str]:
    """A comma-separated entry as folded words."""
    return [folded for folded in (fold(word) for word in text.split(",")) if folded]


class Lexicon:
    """Satisfies ``flows.reading.Lexicon``. Built once; read-only afterwards."""

    def __init__(self, wording: Wording, cues: Cues | Danger, foreign: dict[str, frozenset[str]] | None = None) -> None:
        self._digits: dict[str, int] = {}
        self._commands: dict[str, str] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._cues = cues
        self._foreign = foreign or {}
        self.topics: dict[str, str] = {}
        """folded phrase -> topic"""
        self.kinds: dict[str, str] = {}
        """folded phrase -> kind of help"""
        self.rumours: dict[str, str] = {}
        """folded phrase -> question that goes round"""
        self.another: dict[str, str] = {}
        """folded phrase with which somebody says that they write for somebody else -> ``another``"""
        self.marks: dict[str, frozenset[str]] = {}
        """language -> words that tell it"""
        for lang in LANGS:
            for digit in range(10):
                for word in words_of(wording.text(lang, f"words.digit.{digit}")):
                    self._digits[word] = digit
            for command in COMMANDS:
                self._fill(self._commands, wording, lang, f"words.{command}", command)
            for code in LANGS:
                self._fill(self._commands, wording, lang, f"words.lang.{code}", code)
            for topic in TOPICS:
                self._fill(self._commands, wording, lang, f"words.topic.{topic}", topic)
                self._fill(self.topics, wording, lang, f"words.topic.{topic}", topic)
            for kind in KINDS:
                self._fill(self.kinds, wording, lang, f"words.kind.{kind.replace('-', '_')}", kind)
            for name in RUMOURS:
                self._fill(self.rumours, wording, lang, f"words.rumour.{name}", name)
            begun, whom = (words_of(wording.text(lang, id)) for id in ("words.another", "words.another.whom"))
            self.another |= {f"{words} {person}": "another" for words in begun for person in whom}
            self.marks[lang] = self._marks(wording, lang)
        for id in wording.ids():
            if not id.startswith("words."):
                said = {fold(wording.text(lang, id, form)) for lang in LANGS for form in ("chat", "sms")}
                self._names[id] = frozenset(text for text in said if text and len(text) <= 40)
        self._words = {id: frozenset(self._further(wording, id)) for id in WORDED}
        articles = [article for lang in LANGS for article in words_of(wording.text(lang, "words.article"))]
        for id, words in self._words.items():
            with_articles = {f"{article} {word}" for article in articles for word in words}
            self._names[id] = self._names.get(id, frozenset()) | words | with_articles
        self.whom = self._by_word("complaint.who.", WHO)
        """folded phrase -> whom a complaint can be about"""
        self.remarks = self._by_word("complaint.what.", (*WRONG, *SAID))
        """folded phrase -> what is said of a place"""

    @staticmethod
    def _further(wording: Wording, id: str) -> Iterable[str]:
        return (word for lang in LANGS for word in words_of(wording.text(lang, f"words.{id}")))

    def _by_word(self, prefix: str, among: Iterable[str]) -> dict[str, str]:
        return {word: name for name in among for word in self._words.get(f"{prefix}{name}", ())}

    @staticmethod
    def _marks(wording: Wording, lang: str) -> frozenset[str]:
        """Words that tell a language: its list, and single words for kinds of help that no other language shares."""
        kinds = [f"words.kind.{kind.replace('-', '_')}" for kind in KINDS]
        own = {word for id in kinds for word in words_of(wording.text(lang, id)) if " " not in word}
        others = {word for other in LANGS if other != lang for id in kinds for word in words_of(wording.text(other, id))}
        return frozenset(words_of(wording.text(lang, "words.mark"))) | (own - others)

    @staticmethod
    def _fill(into: dict[str, str], wording: Wording, lang: str, id: str, meaning: str) -> None:
        for word in words_of(wording.text(lang, id)):
            known = into.setdefault(word, meaning)
            if known != meaning:
                raise ContentError(f"content/{lang}, {id}: the word “{word}” already means {known}; keep it in one place.")

    @classmethod
    def load(cls, wording: Wording, folder: Path = CONTENT, numbers: Iterable[str] = ()) -> Lexicon:
        """With the crisis cues of ``<folder>/<lang>/cues.toml``. Raises ContentError, which names the file.

        ``numbers`` are emergency numbers: whoever types one here means the command ``emergency`` (E-5)."""
        lexicon = cls(wording, Danger(load_cues(folder), Sense.load()), load_foreign(folder))
        for number in numbers:
            for one in number.split("/"):
                lexicon._commands.setdefault(fold(one), "emergency")
        return lexicon

    def digit(self, folded: str) -> int | None:
        return self._digits.get(folded)

    def command(self, folded: str) -> str:
        return self._commands.get(folded, "")

    def within(self, folded: str, labels: tuple[Value, ...]) -> int | None:
        """The place of the one label whose further words stand in a sentence; None: of none, of several, or they are denied."""
        phrases: dict[str, int] = {}
        for at, label in enumerate(labels):
            if isinstance(label, Phrase) and not label.params:
                phrases |= dict.fromkeys(self._words.get(label.id, ()), at)
        tokens = folded.split()
        found = {at for start, at in found_in(tokens, phrases)[0] if not is_denied(tokens, start)} if phrases else set()
        return found.pop() if len(found) == 1 else None

    def cue(self, folded: str) -> str:
        return self._cues.find(folded)

    def language(self, word: str) -> str:
        """The one of our languages that this word names, or empty; "en" and "es" are words of their own."""
        command = self._commands.get(word, "")
        return command if command in LANGS and len(word) > 2 else ""

    def foreign(self, tokens: list[str]) -> str:
        """A language that Faro has one sentence in, where two words or more, and half of a text, are of it; else empty."""
        found = {lang: sum(token in words for token in tokens) for lang, words in self._foreign.items()}
        lang = max(found, key=found.__getitem__, default="")
        return lang if lang and found[lang] >= max(2, len(tokens) / 2) else ""

    def names(self, label: Value) -> frozenset[str]:
        if isinstance(label, Phrase):
            return self._names.get(label.id, frozenset()) if not label.params else _said_inside(label)
        if isinstance(label, Country):
            return frozenset((label.code.lower(), *(fold_constant(country_name(lang, label.code)) for lang in LANGS)))
        if isinstance(label, Data):
            return frozenset((fold_constant(label.text),))
        return frozenset()


def _said_inside(label: Phrase) -> frozenset[str]:
    """Names of a composed label are the fields that it shows, such as the short name of a service, and the city of a time zone."""
    found: set[str] = set()
    stack: list[Any] = list(label.params.values())
    while stack:
        value = stack.pop()
        if isinstance(value, Data):
            found.add(fold_constant(value.text))
        elif isinstance(value, Zone):
            found |= {fold_constant(city_name(lang, value.name)) for lang in LANGS}
        elif isinstance(value, Phrase):
            stack += value.params.values()
        elif isinstance(value, Listing):
            stack += value.items[:1]
            if all(isinstance(item, Data | Country) for item in value.items):
                # A place with its region and country, as it is written out.
                found |= {fold_constant(" ".join(_said(lang, item) for item in value.items)) for lang in LANGS}
    return frozenset(found)


def _said(lang: str, value: Data | Country) -> str:
    return value.text if isinstance(value, Data) else country_name(lang, value.code)


def load_foreign(folder: Path = CONTENT) -> dict[str, frozenset[str]]:
    """language -> words by which a text in it is known (``<folder>/foreign.toml``). Raises ContentError."""
    path = folder / "foreign.toml"
    lists = read_lists(path, "other languages are not told apart")
    unknown = [lang for lang in lists if lang not in FOREIGN]
    if unknown:
        raise ContentError(f"{path}: there is no sentence in {unknown[0]}; write start.foreign.{unknown[0]} first.")
    return {lang: frozenset(words_of(text.replace(" ", ","))) for lang, text in lists.items()}


def load_cues(folder: Path = CONTENT) -> Cues:
    """The crisis cues of all languages. Raises ContentError with the file and the entry that is wrong."""
    cues: list[tuple[str, str]] = []
    idioms: list[str] = []
    negations: list[str] = []
    for lang in LANGS:
        path = folder / lang / "cues.toml"
        lists = read_lists(path, "crisis cues in that language go unseen")
        groups = lists.pop("groups", {})
        for name, phrases in lists.items():
            if name == "idioms":
                idioms += [fold(phrase) for phrase in phrases]
            elif name == "negations":
                negations += [fold(phrase) for phrase in phrases]
            elif name in CLASSES:
                cues += [(name, _cue(path, phrase, groups)) for phrase in phrases]
            else:
                raise ContentError(f"{path}: {name} is no class of cues; classes are A to K, groups, idioms and negations.")
        missing = [name for name in CLASSES if not lists.get(name)]
        if missing:
            raise ContentError(f"{path}: no cues of class {', '.join(missing)}; every language needs some of each.")
    return Cues(cues, idioms, negations)


def _cue(path: Path, phrase: str, groups: dict[str, str]) -> str:
    """One cue, folded, its groups written out. Raises ContentError where it can never be found."""
    try:
        cue = folded_cue(_GROUP.sub(lambda name: "|".join(groups[name[1]].split()), phrase))
        Cues([("A", cue)], (), ())
    except KeyError as name:
        raise ContentError(f"{path}: the cue “{phrase}” names the group {name}, which is not in [groups].") from None
    except ValueError as error:
        raise ContentError(f"{path}: the cue “{phrase}” cannot be used: {error}.") from None
    return cue


def folded_cue(phrase: str) -> str:
    """A cue folded like a text, its ``*``, ``?``, ``|``, ``_``, ``!``, ``$`` and leading ``=`` kept."""
    parts = []
    for part in phrase.removeprefix("=").split():
        denied, words = ("!", part[1:]) if part.startswith("!") else ("", part)
        either = (fold(word.rstrip("*?")) + word[len(word.rstrip("*?")) :] for word in words.split("|"))
        parts.append(part if part in ("_", "$") else denied + "|".join(either))
    return ("=" if phrase.startswith("=") else "") + " ".join(parts)
