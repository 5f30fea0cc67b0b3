"""Small numbers are hidden, and so are the others from which they could be worked out (T-2).

Here belong the rules of hiding, for anything whose numbers add up as amounts do that flow from one place to another. Never
here: what the numbers count, stores, dates, words.

**Two steps.** A number below the threshold is hidden, nought as well (primary suppression). Then numbers that would be safe by
themselves are hidden too, until nobody can narrow a hidden one down from the sums that stay visible (complementary
suppression). Both look the same: "<5" is said to mean "fewer than 5, or held back so that nobody can work out another number".

**What a reader can work out.** A table with its totals is a network: each row and each column, totals included, is a node, each
number an arc, and what goes into a node comes out of it. The visible numbers are fixed. The hidden ones may be any numbers of
at least nought that balance, so the least and the greatest value that a hidden number may have follow from the flow that the
other hidden arcs can carry around it (Gusfield 1988). This is exact, and needs whole numbers only.

**When a number is hidden well enough** (``goal``). A small one: from what is visible it may be anything from 0 to one below the
threshold. One that was hidden to protect others: its range is at least as wide. Hiding more never narrows a range, so the search
below ends, at the latest when all is hidden.

**Which ones go along.** The cheapest way around the number that is not yet safe: first as few numbers as possible and inner ones
before totals, then the smallest.

Numbers that are parts of sums in several networks at once (``parts`` of several slices) are ranged by adding what each slice
allows by itself. All those worlds are possible, so nothing is called safe that is not; a few numbers more than needed may go.

Falls short: whoever knows these rules may ask which tables would have led to just this pattern of hidden numbers, and so rule
out some of the worlds counted here. No practical method of suppression stands against that; its remedy is a higher threshold.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Cell = Hashable
Node = Hashable

THRESHOLDS: Final = (5, 10)
"""Those that a deployment may choose from; the first is the default."""


class CannotHide(ValueError):
    """Even with everything hidden that may be, this cell's range stays too narrow: nothing of it may be shown."""

    def __init__(self, cell: Cell) -> None:
        super().__init__("the numbers published before leave too little room around a small one: show nothing of this table")
        self.cell = cell


@dataclass(frozen=True, slots=True)
class Part:
    """A cell, or the part of it that lies in one slice: an amount that flows from one node to another."""

    cell: Cell
    tail: Node
    head: Node
    value: int


class Network:
    """Numbers that balance at every node, in one or several slices; a cell has at most one part in each."""

    def __init__(
        self,
        slices: Iterable[Iterable[Part]],
        *,
        cost: Mapping[Cell, int] | None = None,
        upward_only: Iterable[Cell] = (),
    ) -> None:
        """``cost``: how dear a cell is to lose, counted in inner cells; 1 where nothing is said. What is visible and stays so,
        because it was seen before, is no part. ``upward_only``: hidden sums that are never shown themselves and of whose terms
        each may be nought: only their greatest value has to be wide."""
        self.slices = [list(parts) for parts in slices]
        self.values: dict[Cell, int] = defaultdict(int)
        self._cost, self._upward_only = dict(cost or {}), frozenset(upward_only)
        self._places: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
        self._at: list[dict[Node, list[int]]] = []
        for number, parts in enumerate(self.slices):
            at: dict[Node, list[int]] = defaultdict(list)
            for index, part in enumerate(parts):
                self.values[part.cell] += part.value
                self._places[part.cell].append((number, index))
                at[part.tail].append(index)
                at[part.head].append(index)
            self._at.append(at)

    def hide(self, threshold: int, hidden: Iterable[Cell] = ()) -> frozenset[Cell]:
        """All cells that must be hidden. ``hidden``: those that are so from the start. Raises CannotHide."""
        chosen = {cell for cell, value in self.values.items() if value < threshold} | set(hidden)
        waiting = sorted(chosen, key=repr)
        for cell in waiting:  # grows while it is read
            waiting.extend(self._protect(cell, threshold, chosen))
        return frozenset(chosen)

    def span(self, cell: Cell, hidden: Iterable[Cell], most: int) -> tuple[int, int]:
        """The least and greatest value that a hidden cell can be shown to be able to have, looked for ``most`` down and up only."""
        among, value = set(hidden), self.values[cell]
        down = sum(self._around(place, among, False, most)[0] for place in self._places[cell])
        up = sum(self._around(place, among, True, most)[0] for place in self._places[cell])
        return value - min(down, most), value + min(up, most)

    def _lacks(self, cell: Cell, span: tuple[int, int], threshold: int) -> tuple[bool, bool]:
        """Whether the range of a hidden cell has to grow downwards, upwards."""
        low, high = span
        if cell in self._upward_only:
            return False, high < threshold - 1
        if self.values[cell] < threshold:
            return low > 0, high < threshold - 1
        narrow = high - low < threshold - 1
        return narrow, narrow

    def _protect(self, cell: Cell, threshold: int, hidden: set[Cell]) -> list[Cell]:
        """Hide what it takes that this hidden cell is safe, and say what that was."""
        added: list[Cell] = []
        either = self.values[cell] >= threshold  # wide is wide enough, whichever way
        while True:
            down, up = self._lacks(cell, self.span(cell, hidden, threshold - 1), threshold)
            if not down and not up:
                return added
            ways = [
                self._cheapest_way(cell, hidden, upwards, threshold - 1) for upwards, lacks in ((False, down), (True, up)) if lacks
            ]
            found = [way for way in ways if way is not None]
            if not found or (len(found) < len(ways) and not either):
                raise CannotHide(cell)
            new = min(found, key=_order)[1:] if either else tuple({each for way in found for each in way[1:]})
            hidden.update(new)
            added.extend(new)

    def _around(self, place: tuple[int, int], hidden: set[Cell], up: bool, most: int) -> tuple[int, list[int]]:
        """How far a part can move (at most ``most``) while only hidden ones move along, and what each of them then moves."""
        number, own = place
        parts, at = self.slices[number], self._at[number]
        source, sink = (parts[own].head, parts[own].tail) if up else (parts[own].tail, parts[own].head)
        wanted = most if up else min(most, parts[own].value)
        moved, done = [0] * len(parts), 0
        while done < wanted:
            came: dict[Node, tuple[int, int]] = {source: (-1, 0)}
            line = deque([source])
            while line and sink not in came:
                node = line.popleft()
                for index in at[node]:
                    part = parts[index]
                    if index == own or part.cell not in hidden:
                        continue
                    for onward, step in ((part.head, 1), (part.tail, -1)):
                        backwards = part.tail if step > 0 else part.head
                        if backwards == node and onward not in came and (step > 0 or part.value + moved[index] > 0):
                            came[onward] = (index, step)
                            line.append(onward)
            if sink not in came:
                break
            steps: list[tuple[int, int]] = []
            node = sink
            while node != source:
                index, step = came[node]
                steps.append((index, step))
                node = parts[index].tail if step > 0 else parts[index].head
            amount = min([wanted - done, *(parts[index].value + moved[index] for index, step in steps if step < 0)])
            for index, step in steps:
                moved[index] += step * amount
            done += amount
        return done, moved

    def _cheapest_way(self, cell: Cell, hidden: set[Cell], up: bool, most: int) -> tuple[Any, ...] | None:
        """Cost, then the visible cells to hide, so that the cell can move one further; None: there is no such way."""
        ways = (self._way(place, hidden, up, most) for place in self._places[cell])
        return min((way for way in ways if way is not None), default=None, key=_order)

    def _way(self, place: tuple[int, int], hidden: set[Cell], up: bool, most: int) -> tuple[Any, ...] | None:
        """The same for one part (Dijkstra), beside what already flows around it."""
        number, own = place
        parts, at = self.slices[number], self._at[number]
        done, moved = self._around(place, hidden, up, most)
        if not up and done >= parts[own].value:
            return None
        source, sink = (parts[own].head, parts[own].tail) if up else (parts[own].tail, parts[own].head)
        count = itertools.count()
        line: list[tuple[tuple[int, int], int, Node, tuple[Cell, ...]]] = [((0, 0), next(count), source, ())]
        reached: set[Node] = set()
        while line:
            spent, _, node, lost = heapq.heappop(line)
            if node == sink:
                return (spent, *lost)
            if node in reached:
                continue
            reached.add(node)
            for index in at[node]:
                part = parts[index]
                free = part.cell in hidden
                if index == own:
                    continue
                dearer = spent if free else (spent[0] + self._cost.get(part.cell, 1), spent[1] + self.values[part.cell])
                if part.tail == node:
                    heapq.heappush(line, (dearer, next(count), part.head, lost if free else (*lost, part.cell)))
                if part.head == node and part.value + moved[index] > 0:
                    heapq.heappush(line, (dearer, next(count), part.tail, lost if free else (*lost, part.cell)))
        return None


def _order(way: tuple[Any, ...]) -> tuple[Any, str]:
    """Cheapest first; names of cells break ties, so that the same numbers always hide the same way."""
    return way[0], repr(way[1:])


# --- plain tables ------------------------------------------------------------------------------------------------------

TOTAL: Final = "*"
"""Stands for a sum in the names of cells: ``("CO", TOTAL)`` is the total of a row."""


def hidden_in_row(numbers: Mapping[str, int], threshold: int, *, total: bool = True) -> frozenset[str]:
    """Names of the numbers to hide in a list; ``TOTAL`` among them where the sum itself must not be seen.

    ``total``: the sum is known to readers, or shown; without it only small numbers are hidden."""
    if not total:
        return frozenset(name for name, value in numbers.items() if value < threshold)
    parts = [Part(name, "out", "in", value) for name, value in numbers.items()]
    network = Network([[*parts, Part(TOTAL, "in", "out", sum(numbers.values()))]], cost={TOTAL: len(numbers) + 1})
    return frozenset(str(cell) for cell in network.hide(threshold))


def hidden_in_table(numbers: Mapping[tuple[str, str], int], threshold: int) -> frozenset[tuple[str, str]]:
    """Cells to hide in a table of two dimensions that is shown with the totals of its rows, its columns and itself.

    ``numbers``: (row, column) -> number, every combination there. The result names totals with ``TOTAL`` in place of what was
    added up. Raises ValueError when a combination is missing."""
    rows, columns = (list(dict.fromkeys(name[side] for name in numbers)) for side in (0, 1))
    if len(numbers) != len(rows) * len(columns):
        raise ValueError("a table needs a number for each row and column; nought is a number too")
    parts = [Part((row, column), ("row", row), ("column", column), number) for (row, column), number in numbers.items()]
    across = {row: sum(numbers[row, column] for column in columns) for row in rows}
    down = {column: sum(numbers[row, column] for row in rows) for column in columns}
    parts += [Part((row, TOTAL), ("column", TOTAL), ("row", row), number) for row, number in across.items()]
    parts += [Part((TOTAL, column), ("column", column), ("row", TOTAL), number) for column, number in down.items()]
    parts += [Part((TOTAL, TOTAL), ("row", TOTAL), ("column", TOTAL), sum(across.values()))]
    dear = {part.cell: 3 for part in parts[len(numbers) : -1]} | {(TOTAL, TOTAL): len(parts)}
    hidden: Any = Network([parts], cost=dear).hide(threshold)
    return frozenset(hidden)
