"""The committed file of weights: made anew out of ``content`` by one command, and compared with it by a digest.

Never here: how weights are learned (``training``), anything that runs while a person waits.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.understanding import examples
from bot.understanding.meanings import Meanings
from bot.understanding.model import FILE, packed
from bot.understanding.training import train
from bot.wording import CONTENT, ContentError

_MAKERS = ("features.py", "meanings.py", "questions.py", "sounds.py", "training.py")
"""The modules on which the weights depend."""


def sources(folder: Path = CONTENT) -> list[Path]:
    """All files on which the weights depend, in a fixed order."""
    own = Path(__file__).parent
    return [folder / "words.toml", *sorted(folder.glob("*/examples/*.txt")), *(own / name for name in _MAKERS)]


def digest(folder: Path = CONTENT) -> str:
    """Of everything the weights are made of."""
    summed = hashlib.sha256()
    for path in sources(folder):
        text = path.read_text(encoding="utf-8")  # as text: whatever ends a line on this machine
        known_as = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name  # wherever the clone lies
        summed.update(f"{known_as} {len(text)}\n{text}".encode())
    return summed.hexdigest()


def build(folder: Path = CONTENT, file: Path = FILE) -> str:
    """Write the file; says what it was made of. Raises ContentError, which names a wrong entry or what is to be installed."""
    meanings = Meanings.load(folder)
    sentences, words = examples.load(folder), examples.of_words(meanings)
    try:
        made = train([*sentences, *words], meanings)
    except ImportError as error:
        raise ContentError(f"{error.name} is missing, which makes the weights. It comes with the tests: make check.") from None
    blob = packed(made.features, made.values, made.rows, made.scale, made.base, digest(folder))
    file.write_bytes(blob)
    told = f"{len(sentences)} sentences and {len(words)} words became the weights of {len(made.features)} features"
    return f"{told}: {file.name}, {len(blob) // 1000} kB. See the effect: make evaluate"
