"""Words that mean the same, and chat spelling: ``content/words.toml``, in all three languages at once.

Here belongs how that file is read, and how its words and phrases are found in a text. Never here: a word of any language.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.understanding.sounds import level, sounded
from bot.wording import CONTENT, ContentError, read_lists
from flows.facts import INTENTS
from flows.reading import fold_constant

SECTIONS = (*INTENTS, "danger", "any")
DROPPED = "drop"
SPELLINGS = "spellings"
_SHORTEST_STEM = 3
_LONGEST = 7
"""Words in the longest phrase."""


class Meanings:
    """Read once; read-only afterwards. ``found`` tells the meanings of the words of a text."""

    def __init__(self, lists: dict[str, Any], path: Path) -> None:
        self.section: dict[str, str] = {}
        """meaning -> the intent that it is mostly about, ``danger``, or ``any``"""
        self.words: dict[str, list[str]] = {}
        """meaning -> its words and phrases as they are written in the file"""
        self._exact: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        self._phrases: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
        """(first word, first letter of the second) -> phrases, long ones first"""
        self.spellings = {level(short): level(meant) for short, meant in lists.get(SPELLINGS, {}).items()}
        self.dropped = frozenset(sounded(word) for word in level(lists.get(DROPPED, {}).get("drop", "")).split())
        for section, meanings in lists.items():
            if section in (DROPPED, SPELLINGS):
                continue
            if section not in SECTIONS:
                raise ContentError(f"{path}: [{section}] is no section; they are {', '.join((*SECTIONS, DROPPED, SPELLINGS))}.")
            for name, text in meanings.items():
                if name in self.section:
                    raise ContentError(f"{path}: the meaning {name} stands in two sections; give one of them another name.")
                self.section[name] = section
                self.words[name] = [one.replace("_", " ") for one in text.split()]
                for one in text.split():
                    self._add(name, one, path)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))

    @classmethod
    def load(cls, folder: Path = CONTENT) -> Meanings:
        """Raises ContentError, which names the file and the entry that is wrong."""
        path = folder / "words.toml"
        lists = read_lists(path, "sentences are not understood")
        return cls(lists, path)

    def _add(self, name: str, one: str, path: Path) -> None:
        words = [
            (levelled, word.endswith("*"))
            for word in one.split("_")
            if (levelled := fold_constant(word.rstrip("*")).replace(" ", ""))
        ]
        if not words:
            raise ContentError(f"{path}: {name} has an entry without a letter: “{one}”.")
        if len(words) > 1:
            if len(words) > _LONGEST:
                raise ContentError(f"{path}: “{one}” of {name} has more than {_LONGEST} words.")
            phrase = tuple(sounded(word) + "*" * stem for word, stem in words)
            self._phrases.setdefault((phrase[0].rstrip("*"), phrase[1][0]), []).append((phrase, name))
            return
        word, stem = words[0]
        if stem and len(word) < _SHORTEST_STEM:
            raise ContentError(f"{path}: “{one}” of {name} is a stem of fewer than three letters.")
        for spelt in _spelt(word) if stem else {sounded(word)}:
            (self._stems if stem else self._exact).setdefault(spelt, []).append(name)

    def found(self, tokens: list[str]) -> Iterator[tuple[list[str], int]]:
        """For each word or phrase of a text (in sounded spelling): its meanings, and how many words it takes."""
        at = 0
        following = [*(token[0] for token in tokens[1:]), ""]
        while at < len(tokens):
            meanings, taken = self.of(tokens[at]), 1
            for phrase, name in self._phrases.get((tokens[at], following[at]), ()):
                if _stands(phrase, tokens, at):
                    meanings, taken = [name, *meanings], len(phrase)
                    break
            yield meanings, taken
            at += taken

    def of(self, token: str) -> list[str]:
        """The meanings of a word in sounded spelling."""
        names = list(self._exact.get(token, ()))
        for size in range(_SHORTEST_STEM, len(token) + 1):
            names += self._stems.get(token[:size], ())
        return names


def _stands(phrase: tuple[str, ...], tokens: list[str], at: int) -> bool:
    return len(tokens) - at >= len(phrase) and all(
        token.startswith(word[:-1]) if word.endswith("*") else token == word
        for word, token in zip(phrase, tokens[at : at + len(phrase)], strict=True)
    )


def _spelt(stem: str) -> set[str]:
    """A stem in sounded spelling; its last letter sounds as the next one makes it."""
    ends = {"c": ("ca", "ce"), "g": ("ga", "ge"), "q": ("qui",)}.get(stem[-1])
    return {sounded(stem[:-1] + end)[: -len(end) + 1] for end in ends} if ends else {sounded(stem + "_").rstrip("_")}
