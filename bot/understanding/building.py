"""The committed file of weights: made anew out of ``content`` by one command, and compared with it.

Never here: how weights are learned (``training``), anything that runs while a person waits.
"""

from __future__ import annotations

from pathlib import Path

from bot.understanding import examples
from bot.understanding.meanings import Meanings
from bot.understanding.model import FILE, packed
from bot.understanding.training import train
from bot.wording import CONTENT


def made(folder: Path = CONTENT) -> tuple[bytes, str]:
    """The file as the examples of today make it, and one sentence about them. Raises ContentError, which names a wrong entry."""
    meanings = Meanings.load(folder)
    sentences, words = examples.load(folder), examples.of_words(meanings)
    weights = train([*sentences, *words], meanings)
    told = f"{len(sentences)} sentences and {len(words)} words became the weights of {len(weights.features)} features"
    return packed(weights.features, weights.rows, weights.scale), told


def build(folder: Path = CONTENT, file: Path = FILE) -> str:
    """Write the file; says what it was made of."""
    blob, told = made(folder)
    file.write_bytes(blob)
    return f"{told}: {file.name}, {len(blob) // 1000} kB. See the effect: make evaluate"
