"""How the weights are made out of the examples: one deterministic command (``python -m bot understand --build``).

A logistic regression for each question (what is wanted, is there danger, which language) over rare features first (tf-idf), by
scikit-learn, which is installed with the tests and is not needed to answer. Never here: a sentence, anything that runs while a
person waits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.examples import Example
from bot.understanding.features import features, worth
from bot.understanding.meanings import Meanings
from bot.understanding.questions import COLUMNS, DANGER, HEADS, LANGUAGE
from flows.facts import INTENTS

SEEN_IN = 3
"""A feature counts when so many examples have it."""
SMOOTH = 1e-6
"""How strongly weights are held near 0 (``alpha``). Chosen on sentences that were written apart from the examples."""
EPOCHS = 12
LARGEST = 127


@dataclass(frozen=True, slots=True)
class Weights:
    """What ``model.packed`` writes."""

    features: list[str]
    """In alphabetical order."""
    values: list[float]
    """What each feature counts in the length of a text: rarity times worth."""
    rows: list[list[int]]
    """For each feature the weight times its value in every column, -127 to 127."""
    scale: float
    """What one step of a weight is worth."""
    base: list[float]
    """What every text starts with in each column."""


def train(examples: Sequence[Example], meanings: Meanings) -> Weights:
    """The weights for these examples. Raises ImportError where what learns is not installed."""
    import numpy  # noqa: PLC0415 - learning needs libraries that come with the tests only
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415

    bags = [features(example.text, meanings) for example in examples]
    seen = Counter(feature for bag in bags for feature in bag)
    names = sorted(feature for feature, count in seen.items() if count >= SEEN_IN)
    number = {feature: at for at, feature in enumerate(names)}
    values = numpy.array([worth(name) * math.log((1 + len(bags)) / (1 + seen[name])) for name in names])
    ends, ids, data = [0], [], []
    for bag in bags:
        known = sorted(number[feature] for feature in bag if feature in number)
        row = values[known]
        ids += known
        data.append(row / (math.sqrt(float(row @ row)) or 1.0))  # a text of any length counts the same
        ends.append(len(ids))
    texts = csr_matrix((numpy.concatenate(data), ids, ends), shape=(len(bags), len(names)))
    weights, base = numpy.zeros((len(names), len(COLUMNS))), numpy.zeros(len(COLUMNS))
    for head in HEADS:
        lines, columns, shares = _asked(examples, head)
        if len(set(columns)) < 2:
            continue
        model = SGDClassifier(loss="log_loss", alpha=SMOOTH, max_iter=EPOCHS, tol=None, random_state=0)
        model.fit(texts[lines], columns, sample_weight=shares)
        found = model.coef_ if len(model.classes_) > 2 else numpy.vstack((-model.coef_, model.coef_))
        start = model.intercept_ if len(model.classes_) > 2 else (-model.intercept_[0], model.intercept_[0])
        for column, row, first in zip(model.classes_, found, start, strict=True):
            weights[:, column], base[column] = row * values, first
    scale = float(numpy.abs(weights).max()) / LARGEST or 1.0
    return Weights(names, values.tolist(), numpy.rint(weights / scale).astype(int).tolist(), scale, base.tolist())


def _asked(examples: Sequence[Example], head: slice) -> tuple[list[int], list[int], list[float]]:
    """Of the examples of which somebody said it: which one, what is right, and how much it counts. One for each right answer."""
    lines, columns, shares = [], [], []
    for at, example in enumerate(examples):
        right = _right(example, head)
        lines += [at] * len(right)
        columns += right
        shares += [1 / max(1, len(right))] * len(right)
    return lines, columns, shares


def _right(example: Example, head: slice) -> list[int]:
    if head == DANGER:
        return [COLUMNS.index(example.danger, DANGER.start)] if example.danger else []
    if head == LANGUAGE:
        return [COLUMNS.index(example.lang, LANGUAGE.start)] if example.lang else []
    return [INTENTS.index(one) for one in example.intents]
