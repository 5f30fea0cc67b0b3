"""The hand-written examples of ``content/<lang>/examples/``: sentences, what they want, and whether they tell of danger.

Here belongs how these files are read and their groups written out. Never here: a sentence (they are content), a weight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bot.understanding.meanings import Meanings
from bot.understanding.questions import NONE
from bot.wording import CONTENT, ContentError, read_lists
from flows.crisis import CLASSES
from flows.facts import INTENTS, LANGS

_VARIANTS = 3
"""Of a sentence with groups in it so many are made."""
_GROUP = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence."""

    text: str
    lang: str
    intents: tuple[str, ...]
    """Any of them is right; empty: nobody has said."""
    danger: str
    """Class of crisis, or ``NONE``; empty: nobody has said."""


def load(folder: Path = CONTENT) -> list[Example]:
    """All examples of all languages, groups written out, in the order of the files. Raises ContentError, which names the file."""
    found: dict[tuple[str, str], Example] = {}
    for lang in LANGS:
        for example in _of(lang, folder / lang / "examples"):
            before = found.get((lang, example.text))
            if before is not None:
                # What stands in both files is wanted as the one says, and dangerous as the other does.
                intents = before.intents or example.intents
                danger = example.danger if before.danger == NONE else before.danger
                example = Example(example.text, lang, intents, danger)
            found[lang, example.text] = example
    return list(found.values())


def of_words(meanings: Meanings) -> list[Example]:
    """Each word and phrase of ``content/words.toml`` that is about an intent, as an example: people also write just one word."""
    return [
        Example(word.replace("*", ""), "", (section,), NONE)
        for name, section in meanings.section.items()
        if section in INTENTS
        for word in meanings.words[name]
    ]


def _of(lang: str, folder: Path) -> list[Example]:
    wants, dangers = (
        read_lists(folder / name, "sentences in that language are not understood") for name in ("intents.toml", "danger.toml")
    )
    groups = {name: _words(text) for lists in (wants, dangers) for name, text in lists.pop("groups", {}).items()}
    found: list[Example] = []
    for key, text in wants.items():
        intents = tuple(key.split("+"))
        wrong = [intent for intent in intents if intent not in INTENTS]
        if wrong:
            raise ContentError(f"{folder / 'intents.toml'}: {wrong[0]} is no intent; they are {', '.join(INTENTS)}.")
        found += [Example(one, lang, intents, NONE) for one in _sentences(folder / "intents.toml", text, groups)]
    for key, text in dangers.items():
        if key not in (*CLASSES, NONE):
            raise ContentError(f"{folder / 'danger.toml'}: {key} is no class of danger; they are A to K, and {NONE}.")
        found += [Example(one, lang, (), key) for one in _sentences(folder / "danger.toml", text, groups)]
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _sentences(path: Path, text: str, groups: dict[str, list[str]]) -> list[str]:
    """The lines of a text, each with groups in it several times with different words."""
    found: list[str] = []
    for number, line in enumerate(text.splitlines()):
        sentence = line.strip()
        if not sentence:
            continue
        names = _GROUP.findall(sentence)
        missing = [name for name in names if name not in groups]
        if missing:
            raise ContentError(f"{path}: “{sentence}” names the group {missing[0]}, which is not in [groups].")
        for variant in range(_VARIANTS if names else 1):
            found.append(_filled(sentence, groups, number * 5 + variant * 7))
    return found


def _filled(sentence: str, groups: dict[str, list[str]], turn: int) -> str:
    def word(match: re.Match[str]) -> str:
        words = groups[match[1]]
        return words[turn % len(words)]

    return _GROUP.sub(word, sentence)
