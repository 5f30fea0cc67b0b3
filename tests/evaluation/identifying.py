"""How well identifying data are noticed, and the figures that must not fall.

The texts of ``identifying.toml`` are parted once by a hash; those of ``identifying_seen.toml`` were
looked at: development, all of them.

Here belong reading and counting. Never here: a text that somebody wrote to Faro.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.identifying import Span, spans

_MARK = re.compile(r"\[\[(\w+)\|(.+?)\]\]")


class Marked(NamedTuple):
    """A text and what ought to be found in it."""

    text: str
    spans: list[Span]
    part: str
    """``development`` or ``test``."""


class Figures(NamedTuple):
    """Over some texts."""

    texts: int
    """Texts with something to find."""
    missed: list[str]
    """Those of them in which something went unnoticed, in whole or in part."""
    found: int
    wrong: list[str]
    """What was found where nothing is, or more than a word beyond it."""
    mistyped: list[str]
    """Found as something else than it is."""

    @property
    def unnoticed(self) -> float:
        return len(self.missed) / self.texts

    @property
    def precision(self) -> float:
        return 1 - len(self.wrong) / self.found


def texts() -> list[Marked]:
    """All texts, without their marks."""
    beside = Path(__file__)
    return [*_read(beside.with_suffix(".toml")), *_read(beside.with_name("identifying_seen.toml"), part="development")]


def _read(path: Path, part: str = "") -> Iterator[Marked]:
    """The texts of one file: all of one part, or parted by a hash of the text."""
    for lines in tomllib.loads(path.read_text("utf-8")).values():
        for line in lines:
            text, at, marked = "", 0, []
            for match in _MARK.finditer(line):
                text += line[at : match.start()]
                marked.append(Span(len(text), len(text) + len(match[2]), match[1]))
                text += match[2]
                at = match.end()
            text += line[at:]
            parted = "development" if hashlib.sha256(text.encode()).digest()[0] < 128 else "test"
            yield Marked(text, marked, part or parted)


def measured(part: str) -> Figures:
    """The figures of one part."""
    chosen = [one for one in texts() if one.part == part]
    missed, wrong, mistyped, count = [], [], [], 0
    for one in chosen:
        got = spans(one.text)
        count += len(got)
        for span in one.spans:
            covering = [g for g in got if g.start <= span.start and span.end <= g.end]
            if not covering:
                missed.append(one.text)
                break
            if covering[0].type != span.type:
                mistyped.append(f"{one.text}: {covering[0].type}")
        for g in got:
            if not any(g.start < span.end and span.start < g.end for span in one.spans):
                wrong.append(f"{one.text}: {one.text[g.start : g.end]}")
    return Figures(sum(bool(one.spans) for one in chosen), missed, count, wrong, mistyped)
