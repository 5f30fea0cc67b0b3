"""How the weights are made out of the examples: one deterministic command in plain Python (``python -m bot understand --build``).

A linear model for each question (what is wanted, is there danger, which language), trained together as an averaged
passive-aggressive classifier. All weights of one feature are one integer, a field of bits for each column, so that adding two
integers adds every column at once; nothing depends on the machine. Never here: a sentence, anything that runs while a person waits.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.examples import Example
from bot.understanding.features import features, worth
from bot.understanding.meanings import Meanings
from bot.understanding.questions import COLUMNS, DANGER, HEADS, LANGUAGE
from flows.facts import INTENTS

EPOCHS = 6
STRICTNESS = (0.05, 0.4, 0.05)
"""How far one example may move the weights, for each question."""
SEEN_IN = 2
"""A feature counts when so many examples have it."""
LARGEST = 127
FIELD = 64
"""Bits of one column."""
_ONE = 1 << 24
"""A weight of 1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Features in alphabetical order, and for each the weight in every column, -127 to 127."""

    features: list[str]
    rows: list[list[int]]
    scale: float
    """What one step of a weight is worth."""


@dataclass(slots=True)
class _Case:
    ids: tuple[tuple[int, int], ...]
    """(feature, its worth)"""
    size: float
    right: tuple[tuple[int, ...], ...]
    """For each head the columns that are right; empty: not asked."""
    key: str


def train(examples: Sequence[Example], meanings: Meanings) -> Weights:
    """The weights for these examples."""
    bags = [features(example.text, meanings) for example in examples]
    seen = Counter(feature for bag in bags for feature in bag)
    names = sorted(feature for feature, count in seen.items() if count >= SEEN_IN)
    number = {feature: at for at, feature in enumerate(names)}
    cases = []
    for example, bag in zip(examples, bags, strict=True):
        ids = tuple((number[feature], worth(feature)) for feature in sorted(bag) if feature in number)
        if ids:
            size = 1 / math.sqrt(sum(value * value for _, value in ids))
            cases.append(_Case(ids, size, _right(example), f"{example.lang} {example.text}"))
    weights = [0] * len(names)
    total = [0] * len(names)
    at = 1
    for epoch in range(EPOCHS):
        for case in sorted(cases, key=lambda case: hashlib.sha256(f"{epoch} {case.key}".encode()).digest()):
            _learn(case, weights, total, at)
            at += 1
    mean = [
        [one - sums / at for one, sums in zip(_columns(row), _columns(late), strict=True)]
        for row, late in zip(weights, total, strict=True)
    ]
    scale = max(abs(one) for row in mean for one in row) / LARGEST
    return Weights(names, [[round(one / scale) for one in row] for row in mean], scale / _ONE)


def _right(example: Example) -> tuple[tuple[int, ...], ...]:
    danger = (COLUMNS.index(example.danger, DANGER.start),) if example.danger else ()
    lang = (COLUMNS.index(example.lang, LANGUAGE.start),) if example.lang else ()
    return tuple(INTENTS.index(one) for one in example.intents), danger, lang


_BIAS = sum(1 << (FIELD * column + FIELD - 1) for column in range(len(COLUMNS)))


def _columns(packed: int) -> list[int]:
    """The signed numbers in the fields of one integer."""
    raw = (packed + _BIAS).to_bytes(len(COLUMNS) * FIELD // 8 + 1, "little")
    step = FIELD // 8
    return [int.from_bytes(raw[at : at + step], "little") - (1 << (FIELD - 1)) for at in range(0, len(COLUMNS) * step, step)]


def _learn(case: _Case, weights: list[int], total: list[int], at: int) -> None:
    scores = [one * case.size / _ONE for one in _columns(sum(weights[id] * value for id, value in case.ids))]
    change = 0
    for head, right, most in zip(HEADS, case.right, STRICTNESS, strict=True):
        if not right:
            continue
        best = max(right, key=scores.__getitem__)
        worst = max((column for column in range(head.start, head.stop) if column not in right), key=scores.__getitem__)
        loss = 1 - scores[best] + scores[worst]
        if loss > 0:
            step = round(min(most, loss / 2) * case.size * _ONE)
            change += (step << (FIELD * best)) - (step << (FIELD * worst))
    if change:
        late = change * at
        for id, value in case.ids:
            weights[id] += change * value
            total[id] += late * value
