"""The examples of ``content/<lang>/examples/``: sentences, what they want, and whether they tell of danger.

Here belongs how these files are read. Never here: a sentence (they are content), a weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.understanding.meanings import Meanings
from bot.understanding.questions import NONE
from bot.wording import CONTENT, ContentError
from flows.crisis import CLASSES
from flows.facts import INTENTS, LANGS

ORDINARY, ALIKE = "-", "~"
KINDS = (ORDINARY, ALIKE, *CLASSES)
"""What stands between the bars: no danger, only sounds so, or a class of danger."""
FORM = "intents | -, ~ or a class of danger | the sentence"


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence."""

    text: str
    lang: str
    intents: tuple[str, ...]
    """Any of them is right; empty: nobody has said."""
    danger: str
    """Class of crisis, or ``NONE``; empty: nobody has said."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence as somebody wrote it down, with what is right for it."""

    intents: tuple[str, ...]
    kind: str
    text: str


def lines(path: Path) -> Iterator[Line]:
    """The sentences of one file. Raises ContentError, which names the line that is wrong."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|", 2)]
        if len(parts) < 3 or not parts[2]:
            raise ContentError(f"{path}, line {number}: write {FORM}.")
        wants, kind, text = parts
        intents = tuple(wants.split())
        for intent in intents:
            if intent not in INTENTS:
                raise ContentError(f"{path}, line {number}: {intent} is no intent; they are {', '.join(INTENTS)}.")
        if kind not in KINDS:
            raise ContentError(f"{path}, line {number}: {kind} is no class of danger; they are A to K, -, and ~. Write {FORM}.")
        yield Line(intents, kind, text)


def load(folder: Path = CONTENT) -> list[Example]:
    """All examples of all languages. Raises ContentError, which names the file, and a sentence that stands in it twice."""
    found: list[Example] = []
    for lang in LANGS:
        seen: dict[str, Path] = {}
        for path in sorted((folder / lang / "examples").glob("*.txt")):
            for line in lines(path):
                if line.text in seen:
                    raise ContentError(f"{path}: “{line.text}” stands in {seen[line.text].name} too; keep it in one place.")
                seen[line.text] = path
                found.append(Example(line.text, lang, line.intents, line.kind if line.kind in CLASSES else NONE))
        if not seen:
            raise ContentError(f"{folder / lang / 'examples'} holds no sentence, so that language is not understood.")
    return found


def of_words(meanings: Meanings) -> list[Example]:
    """Each word and phrase of ``content/words.toml`` that is about an intent, as an example: people also write just one word."""
    return [
        Example(word.replace("*", ""), "", (section,), NONE)
        for name, section in meanings.section.items()
        if section in INTENTS
        for word in meanings.words[name]
    ]
