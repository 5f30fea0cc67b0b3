"""The weights at work: what a text most likely wants, whether it tells of danger, and its language.

Here belongs how the committed file of weights is read and added up. Never here: how they are made (``training``), what follows from
an answer, a text that is kept. The weights of a feature are bytes side by side, one for each column; read as one large integer,
adding two of them adds all columns at once, which takes well under a millisecond for a message and no time when the program starts.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from struct import Struct
from typing import Any

from bot.understanding.questions import COLUMNS
from bot.wording import ContentError

FILE = Path(__file__).resolve().parents[2] / "data" / "understanding.bin"
_WIDTH = len(COLUMNS) + 1
"""Bytes of one feature: its weights, then what it counts in the length of a text."""
_ZERO = 128
"""How a weight of nothing is written."""
_AT_ONCE = 256
"""So many bytes can be added in a field of two."""
_FIELDS = Struct(f"<{(_WIDTH + 1) // 2}H")
"""The sums of the even, or of the odd, bytes."""
_EVEN = int.from_bytes(b"\xff\0" * (_FIELDS.size // 2), "little")
"""Every other byte; the rest are looked at one byte further on."""


class Model:
    """Read once; read-only afterwards."""

    def __init__(self, names: Sequence[str], rows: bytes, scale: float, value: float, base: Sequence[float]) -> None:
        """``rows``: for each feature a byte for each column, 128 being none, and one for what it counts. ``scale``, ``value``: what
        one step of either is worth."""
        self._at = dict(zip(names, range(0, len(rows), _WIDTH), strict=True))
        self._rows = rows
        self._unit = scale / value
        self._base = tuple(base)

    @classmethod
    def load(cls, path: Path = FILE) -> Model:
        """Raises ContentError where the file is missing or was made for other questions."""
        try:
            head, names, rows = unpacked(path.read_bytes())
        except FileNotFoundError:
            raise ContentError(f"{path} is missing. Make it: python -m bot understand --build") from None
        except (zlib.error, ValueError, KeyError):
            raise ContentError(f"{path} cannot be read. Make it anew: python -m bot understand --build") from None
        if head.get("columns") != list(COLUMNS) or len(rows) != len(names) * _WIDTH:
            raise ContentError(f"{path} was made for other intents. Make it anew: python -m bot understand --build")
        return cls(names, rows, head["scale"], head["value"], head["base"])

    def knows(self, feature: str) -> bool:
        """Whether it has weights: a word as it is, in sounded spelling."""
        return feature in self._at

    def scores(self, features: Iterable[str]) -> list[float] | None:
        """A number for each column: the higher, the likelier; None where no feature is known."""
        rows, size = [], 0
        for at in map(self._at.get, features):
            if at is not None:
                row = self._rows[at : at + _WIDTH]
                size += row[-1] * row[-1]
                rows.append(int.from_bytes(row, "little"))
        if not size:
            return None
        sums = [-_ZERO * len(rows)] * (_WIDTH + 1)
        for start in range(0, len(rows), _AT_ONCE):
            even = odd = 0
            for packed_row in rows[start : start + _AT_ONCE]:
                even += packed_row & _EVEN
                odd += packed_row >> 8 & _EVEN
            for first, total in ((0, even), (1, odd)):
                for field, one in enumerate(_FIELDS.unpack(total.to_bytes(_FIELDS.size, "little"))):
                    sums[2 * field + first] += one
        unit = self._unit / math.sqrt(size)
        return [start + one * unit for start, one in zip(self._base, sums, strict=False)]


def packed(
    names: Sequence[str], values: Sequence[float], rows: Sequence[Sequence[int]], scale: float, base: Sequence[float], of: str
) -> bytes:
    """The weights as a file. ``values``: what each feature counts; ``rows``: its weight in each column, -127 to 127; ``of``: the
    digest of what they were made of."""
    value = max(values, default=1.0) / 255
    head = json.dumps({"columns": list(COLUMNS), "scale": scale, "value": value, "base": base, "of": of})
    lines = (
        bytes((*(weight + _ZERO for weight in row), max(1, round(one / value)))) for row, one in zip(rows, values, strict=True)
    )
    return zlib.compress("\n".join((head, *names)).encode() + b"\n\n" + b"".join(lines), 9)


def unpacked(file: bytes) -> tuple[dict[str, Any], list[str], bytes]:
    """Head, names, and the bytes of all features. Raises ValueError."""
    text, _, rows = zlib.decompress(file).partition(b"\n\n")
    head, *names = text.decode().split("\n")
    return json.loads(head), names, rows
