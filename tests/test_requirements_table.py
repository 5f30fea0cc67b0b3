"""The table of requirements tells the truth, and every test that carries an id says what it would catch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements_table import ROOT, TOPICS, Requirement, Tally, requirements, table

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_the_page_has_all_seventy() -> None:
    """Mutation: a row of the page that the pattern does not take."""
    rows = requirements()
    assert len(rows) == len({row.id for row in rows}) == 70
    assert sum(row.level == "M" for row in rows) == 67
    assert all(set(row.waits_for) <= TOPICS and row.text for row in rows)


def marked() -> Iterator[tuple[str, str, list[str]]]:
    """Place, docstring and ids of each test that carries a requirement."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")) + sorted((ROOT / "tests").rglob("contract*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        whole = [call for node in tree.body if isinstance(node, ast.Assign) for call in _marks(node.value)]
        for holder, node in [(tree, child) for child in tree.body] + [
            (above, child) for above in tree.body if isinstance(above, ast.ClassDef) for child in above.body
        ]:
            if not isinstance(node, Function) or not node.name.startswith("test_"):
                continue
            decorators = [*node.decorator_list, *(holder.decorator_list if isinstance(holder, ast.ClassDef) else [])]
            ids = [one for decorator in decorators for one in _marks(decorator)] + whole
            if ids:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", ast.get_docstring(node) or "", ids


def _marks(expression: ast.expr) -> list[str]:
    return [
        str(argument.value) if isinstance(argument, ast.Constant) else ""
        for call in ast.walk(expression)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.requirement"
        for argument in call.args
    ]


def test_each_names_a_mutation_that_it_catches() -> None:
    """Mutation: a requirement's test without the word in its docstring."""
    silent = [place for place, docstring, _ in marked() if "Mutation:" not in docstring]
    assert not silent, "These tests carry a requirement and name no mutation:\n" + "\n".join(silent)


def test_each_carries_an_id_that_exists() -> None:
    """Mutation: a mark with an id that is not on the page."""
    known = {row.id for row in requirements()}
    strange = [f"{place}: {one!r}" for place, _, ids in marked() for one in ids if one not in known]
    assert not strange, "\n".join(strange)


SUITE = """
import pytest

@pytest.mark.requirement("E-1")
@pytest.mark.parametrize("n", [1, 2])
def test_passes(n): pass

@pytest.mark.requirement("E-2")
@pytest.mark.requirement("E-3")
def test_fails(): assert False

@pytest.mark.requirement("E-3")
def test_passes_too(): pass

@pytest.mark.requirement("E-4")
def test_is_skipped(): pytest.skip("no data")

@pytest.fixture
def broken(): raise OSError

@pytest.mark.requirement("E-5")
def test_breaks_before(broken): pass

@pytest.mark.requirement("E-6")
def test_part(): pass

def test_carries_nothing(): assert False
"""


def test_states_come_from_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: counting a skipped case as run, a broken fixture as nothing, or one passing test as enough beside a failing one."""
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    requirement(id)\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8"
    )
    tally = Tally()
    pytest.main(
        ["-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "-c", f"{tmp_path}/pytest.ini", str(tmp_path)], plugins=[tally]
    )
    capsys.readouterr()
    rows = [Requirement(f"E-{n}", "M", "", ("relay",) if n == 6 else ()) for n in range(1, 8)]
    assert [line.split()[:4] for line in table(tally, rows)] == [
        ["E-1", "M", "1", "pass"],
        ["E-2", "M", "1", "fail"],
        ["E-3", "M", "2", "fail"],
        ["E-4", "M", "0", "none"],
        ["E-5", "M", "1", "fail"],
        ["E-6", "M", "1", "part"],
        ["E-7", "M", "0", "none"],
    ]
