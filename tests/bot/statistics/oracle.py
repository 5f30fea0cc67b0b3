"""What a reader can work out, by linear programming: an independent answer to the question that suppression asks of flows.

Here belongs a small simplex method, which knows nothing of tables, networks or thresholds. Never here: tests.

``Feasible(equations, number)`` holds all x >= 0 with the given sums. ``least`` and ``most`` give the range of one variable or of a
sum of some. Coefficients are 1 in all our equations, and amounts are small, so floating point is exact enough; Bland's rule ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

_NOUGHT: Final = 1e-7


class Infeasible(ValueError):
    """No x >= 0 fulfils the equations: they were not read off a real table."""


class Feasible:
    """All x >= 0 of ``number`` variables with, for each of ``equations``, the sum of the named variables equal to an amount."""

    def __init__(self, equations: Iterable[tuple[Sequence[int], float]], number: int) -> None:
        self._number = number
        rows = [([1.0 if index in set(names) else 0.0 for index in range(number)], float(amount)) for names, amount in equations]
        artificial = len(rows)
        self._rows = [
            row + [1.0 if place == at else 0.0 for place in range(artificial)] + [amount] for at, (row, amount) in enumerate(rows)
        ]
        self._basis = list(range(number, number + artificial))
        cost = [0.0] * number + [1.0] * artificial + [0.0]
        if self._minimize(cost, number + artificial) > _NOUGHT:
            raise Infeasible
        for at, name in enumerate(self._basis):  # artificial ones that stayed at nought leave, or their equation says nothing
            if name >= number:
                column = next((index for index in range(number) if abs(self._rows[at][index]) > _NOUGHT), None)
                if column is not None:
                    self._pivot(at, column)
        kept = [at for at, name in enumerate(self._basis) if name < number]
        self._rows = [[*self._rows[at][:number], self._rows[at][-1]] for at in kept]
        self._basis = [self._basis[at] for at in kept]

    def least(self, names: Iterable[int]) -> float:
        """The least value of the sum of these variables."""
        return self._minimize(self._cost(names, 1.0), self._number)

    def most(self, names: Iterable[int]) -> float:
        """Their greatest value; infinite where nothing bounds it."""
        return -self._minimize(self._cost(names, -1.0), self._number)

    def _cost(self, names: Iterable[int], weight: float) -> list[float]:
        cost = [0.0] * (self._number + 1)
        for index in names:
            cost[index] += weight
        return cost

    def _minimize(self, cost: list[float], columns: int) -> float:
        reduced = list(cost)
        for at, name in enumerate(self._basis):
            if reduced[name]:
                factor = reduced[name]
                reduced = [one - factor * other for one, other in zip(reduced, self._rows[at], strict=True)]
        while True:
            column = next((index for index in range(columns) if reduced[index] < -_NOUGHT), None)
            if column is None:
                return -reduced[-1]
            ratios = [(row[-1] / row[column], self._basis[at], at) for at, row in enumerate(self._rows) if row[column] > _NOUGHT]
            if not ratios:
                return -math.inf
            smallest = min(ratio for ratio, _, _ in ratios)
            at = min((name, at) for ratio, name, at in ratios if ratio <= smallest + _NOUGHT)[1]
            self._pivot(at, column)
            factor = reduced[column]
            reduced = [one - factor * other for one, other in zip(reduced, self._rows[at], strict=True)]

    def _pivot(self, at: int, column: int) -> None:
        pivot = self._rows[at][column]
        self._rows[at] = [value / pivot for value in self._rows[at]]
        for other, row in enumerate(self._rows):
            if other != at and abs(row[column]) > _NOUGHT:
                factor = row[column]
                self._rows[other] = [one - factor * two for one, two in zip(row, self._rows[at], strict=True)]
        self._basis[at] = column
