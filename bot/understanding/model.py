"""The weights at work: what a text most likely wants, whether it tells of danger, and its language.

Here belongs how the committed file of weights is read and added up. Never here: how they are made (``training``), what follows from
an answer, a text that is kept. Each feature's weights are one integer with a field of bits for each column: adding these integers
adds all columns at once, which takes well under a millisecond for a message.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.understanding.features import worth
from bot.understanding.questions import COLUMNS
from bot.wording import ContentError

FILE = Path(__file__).resolve().parents[2] / "data" / "understanding.bin"
_FIELD = 3
"""Bytes of one column in memory."""
_ZERO = 128
"""How a weight of nothing is written in the file."""


def _everywhere(value: int, field: int = _FIELD) -> int:
    return sum(value << (8 * field * column) for column in range(len(COLUMNS)))


_SHIFT = _everywhere(_ZERO)
_BIAS = _everywhere(1 << (8 * _FIELD - 1))


class Model:
    """Read once; read-only afterwards."""

    def __init__(self, names: Sequence[str], rows: bytes, scale: float) -> None:
        """``rows``: all weights of the first column, then of the second, and so on; each a byte, 128 being none."""
        count, width = len(names), len(COLUMNS) * _FIELD
        spread = bytearray(count * width)
        for column in range(len(COLUMNS)):
            spread[column * _FIELD :: width] = rows[column * count : (column + 1) * count]
        take = int.from_bytes
        self._weights: dict[str, tuple[int, int]] = {}
        """feature -> its weights times what it is worth, and that squared"""
        for name, at in zip(names, range(0, len(spread), width), strict=True):
            value = worth(name)
            self._weights[name] = (take(spread[at : at + width], "little") - _SHIFT) * value, value * value
        self._scale = scale

    @classmethod
    def load(cls, path: Path = FILE) -> Model:
        """Raises ContentError where the file is missing or was made for other questions."""
        try:
            head, names, rows = unpacked(path.read_bytes())
        except FileNotFoundError:
            raise ContentError(f"{path} is missing. Make it: python -m bot understand --build") from None
        except (zlib.error, ValueError, KeyError):
            raise ContentError(f"{path} cannot be read. Make it anew: python -m bot understand --build") from None
        if head["columns"] != list(COLUMNS) or len(rows) != len(names) * len(COLUMNS):
            raise ContentError(f"{path} was made for other intents. Make it anew: python -m bot understand --build")
        return cls(names, rows, float(str(head["scale"])))

    def scores(self, features: Iterable[str]) -> list[float] | None:
        """A number for each column, about -1 to 1; None where no feature is known."""
        known = self._weights.get
        total = size = 0
        for feature in features:
            found = known(feature)
            if found is not None:
                total += found[0]
                size += found[1]
        if not size:
            return None
        raw = (total + _BIAS).to_bytes(len(COLUMNS) * _FIELD + 1, "little")
        middle, unit = 1 << (8 * _FIELD - 1), self._scale / math.sqrt(size)
        take = int.from_bytes
        return [(take(raw[at : at + _FIELD], "little") - middle) * unit for at in range(0, len(COLUMNS) * _FIELD, _FIELD)]


def packed(names: Sequence[str], rows: Sequence[Sequence[int]], scale: float) -> bytes:
    """The weights as a file. ``rows``: for each feature a weight for each column, -127 to 127."""
    head = json.dumps({"columns": list(COLUMNS), "scale": scale})
    columns = b"".join(bytes(weight + _ZERO for weight in column) for column in zip(*rows, strict=True))
    return zlib.compress("\n".join((head, *names)).encode() + b"\n\n" + columns, 9)


def unpacked(file: bytes) -> tuple[dict[str, object], list[str], bytes]:
    """Head, names and columns of ``packed``, however it was compressed."""
    text, _, columns = zlib.decompress(file).partition(b"\n\n")
    head, *names = text.decode().split("\n")
    return json.loads(head), names, columns
