"""No hidden number can be worked out from what is shown: held against linear programming, which knows nothing of hiding."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.statistics.suppression import THRESHOLDS, TOTAL, CannotHide, Network, Part, hidden_in_row, hidden_in_table
from tests.bot.statistics.oracle import Feasible

numbers = st.integers(0, 6) | st.integers(0, 40) | st.sampled_from([0, 0, 1, 4, 5, 9, 10])
thresholds = st.sampled_from(THRESHOLDS)


def tables(most_rows: int = 4, most_columns: int = 4) -> st.SearchStrategy[dict[tuple[str, str], int]]:
    """Tables of any shape, with many small numbers in them."""
    return st.tuples(st.integers(1, most_rows), st.integers(1, most_columns)).flatmap(
        lambda shape: st.fixed_dictionaries(
            {(f"r{row}", f"c{column}"): numbers for row, column in itertools.product(range(shape[0]), range(shape[1]))}
        )
    )


def with_totals(table: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Everything that is shown of a table."""
    shown = dict(table)
    for (row, column), number in table.items():
        for cell in ((row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            shown[cell] = shown.get(cell, 0) + number
    return shown


def worlds(
    table: Mapping[tuple[str, str], int], hidden: frozenset[tuple[str, str]]
) -> tuple[Feasible, dict[tuple[str, str], list[int]]]:
    """All tables that would be shown in the same way. The variables are the inner cells; totals are sums of them."""
    cells = list(table)
    sums = {
        cell: [index for index, (row, column) in enumerate(cells) if cell[0] in (row, TOTAL) and cell[1] in (column, TOTAL)]
        for cell in with_totals(table)
    }
    equations = [(sums[cell], number) for cell, number in with_totals(table).items() if cell not in hidden]
    return Feasible(equations, len(cells)), sums


@pytest.mark.requirement("T-2")
@settings(max_examples=300, deadline=None)
@given(tables(), thresholds)
@example({("r0", "c0"): 3, ("r0", "c1"): 9, ("r1", "c0"): 9, ("r1", "c1"): 9}, 5)  # 3 alone would follow from its row
@example({("r0", "c0"): 0, ("r0", "c1"): 1, ("r1", "c0"): 1, ("r1", "c1"): 0, ("r2", "c0"): 50, ("r2", "c1"): 60}, 5)
@example({("r0", "c0"): 4}, 5)
@example({("r0", "c0"): 5}, 5)
def test_no_hidden_number_can_be_worked_out(table: dict[tuple[str, str], int], threshold: int) -> None:
    """Mutation: no complementary suppression; ``down`` or ``up`` ignored in ``_lacks``; a part's own arc used as its way around."""
    hidden = hidden_in_table(table, threshold)
    feasible, sums = worlds(table, hidden)
    for cell, number in with_totals(table).items():
        if number < threshold:
            assert cell in hidden, f"{cell} is small and shown"
        if cell not in hidden:
            continue
        low, high = feasible.least(sums[cell]), feasible.most(sums[cell])
        if number < threshold:
            assert low < 1e-6, f"{cell} = {number} is known to be at least {low}"
            assert high > threshold - 1 - 1e-6, f"{cell} = {number} is known to be at most {high}"
        else:
            assert high - low > threshold - 1 - 1e-6, f"{cell} = {number} is known to be between {low} and {high}"


@pytest.mark.requirement("T-2")
@settings(max_examples=60, deadline=None)
@given(tables(1, 7), thresholds)
@example({("r", "a"): 0, ("r", "b"): 50, ("r", "c"): 0}, 5)  # the sum stays
def test_nor_in_a_list_with_its_sum(table: dict[tuple[str, str], int], threshold: int) -> None:
    """Mutation: one number alone is hidden beside a sum that is shown."""
    row = {column: number for (_, column), number in table.items()}
    hidden = hidden_in_row(row, threshold)
    names = list(row)
    known = [([names.index(name)], row[name]) for name in names if name not in hidden]
    if TOTAL not in hidden:
        known.append((list(range(len(names))), sum(row.values())))
    feasible = Feasible(known, len(names))
    assert {name for name in names if row[name] < threshold} <= hidden
    assert (TOTAL in hidden) == (sum(row.values()) < threshold) or len(names) == 1
    for name in hidden - {TOTAL}:
        low, high = feasible.least([names.index(name)]), feasible.most([names.index(name)])
        assert high - low > threshold - 1 - 1e-6
        assert row[name] >= threshold or low < 1e-6
    assert hidden_in_row(row, threshold, total=False) == {name for name in names if row[name] < threshold}


@settings(max_examples=60, deadline=None)
@given(tables(3, 4), st.data())
def test_the_range_that_the_program_sees_is_the_true_one(table: dict[tuple[str, str], int], data: st.DataObject) -> None:
    """Mutation: flow counted twice, or an arc used beyond its value, so that a range looks wider than it is."""
    everything = with_totals(table)
    hidden = frozenset(data.draw(st.sets(st.sampled_from(sorted(everything)), min_size=1)))
    feasible, sums = worlds(table, hidden)
    rows, columns = {row for row, _ in table}, {column for _, column in table}
    # the network as suppression makes it, once more by hand: a total runs against its parts
    parts = [Part((row, column), ("r", row), ("c", column), table[row, column]) for row, column in table]
    parts += [Part((row, TOTAL), ("c", TOTAL), ("r", row), everything[row, TOTAL]) for row in rows]
    parts += [Part((TOTAL, column), ("c", column), ("r", TOTAL), everything[TOTAL, column]) for column in columns]
    parts += [Part((TOTAL, TOTAL), ("r", TOTAL), ("c", TOTAL), everything[TOTAL, TOTAL])]
    network = Network([parts])
    for cell in hidden:
        low, high = network.span(cell, hidden, 9)
        number = everything[cell]
        assert low == pytest.approx(max(feasible.least(sums[cell]), number - 9), abs=1e-6)
        assert high == pytest.approx(min(feasible.most(sums[cell]), number + 9), abs=1e-6)


@pytest.mark.requirement("T-2")
def test_nought_and_a_small_number_look_alike() -> None:
    """Mutation: nought is shown, "since it is nobody"."""
    zero = {("r0", "c0"): 0, ("r0", "c1"): 9, ("r1", "c0"): 12, ("r1", "c1"): 30}
    assert ("r0", "c0") in hidden_in_table(zero, 5)
    assert hidden_in_table(zero, 5) == hidden_in_table(zero | {("r0", "c0"): 4}, 5)


def test_as_little_as_possible_is_hidden() -> None:
    """Mutation: costs are ignored; totals, or large numbers, would go."""
    table = {(row, column): 50 for row in "abcd" for column in "wxyz"} | {
        ("a", "w"): 1,
        ("b", "x"): 7,
        ("b", "w"): 8,
        ("a", "x"): 9,
    }
    assert hidden_in_table(table, 5) == {("a", "w"), ("b", "x"), ("b", "w"), ("a", "x")}
    assert hidden_in_table({cell: 50 for cell in table}, 5) == frozenset()
    assert hidden_in_row({"a": 3, "b": 9, "c": 6, "d": 80}, 5) == {"a", "c"}


def test_what_is_hidden_from_the_start_is_protected_too() -> None:
    """Mutation: only small numbers are looked at; a large one, hidden earlier, would follow from the sum."""
    parts = [Part("a", "out", "in", 20), Part("b", "out", "in", 9), Part("c", "out", "in", 70), Part("sum", "in", "out", 99)]
    assert Network([parts], cost={"sum": 9}).hide(5, ["a"]) == {"a", "b"}
    assert Network([parts], cost={"sum": 9}).hide(5) == frozenset()


def test_a_number_alone_that_everybody_knows_cannot_be_hidden() -> None:
    """Mutation: the search ends without having found anything, and says nothing."""
    with pytest.raises(CannotHide) as fault:
        Network([[Part("a", "out", "in", 2)]]).hide(5)
    assert fault.value.cell == "a"


def test_a_table_with_a_gap_is_refused() -> None:
    """Mutation: the missing number is taken for nought, and the totals are not those of the table."""
    with pytest.raises(ValueError, match="nought is a number too"):
        hidden_in_table({("a", "x"): 1, ("b", "y"): 2}, 5)
