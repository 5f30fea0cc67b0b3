"""``python -m bot staff``, as somebody types it."""

from __future__ import annotations

import io
import re
import sqlite3
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS, PASSED_ON
from bot.settings import Settings
from bot.staff.command import main
from tests.bot.staff.world import FILE, written


@pytest.fixture
def here(settings: Settings, staff_sqlite: Path, tmp_path: Path) -> Settings:
    """Settings of a machine with an empty database."""
    (tmp_path / "faro.db").write_bytes(staff_sqlite.read_bytes())
    return settings.model_copy(update={"var_dir": tmp_path})


def test_the_first_administrator_is_made_by_command(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: a code that is printed again; an account that is in use before its code was used."""
    assert main(["load", str(written(tmp_path))], here) == 0
    told = capsys.readouterr().out
    assert "2 new" in told and re.search(r"^administrator-1: (\w{4}-){4}\w{4} \(until ", told, re.M)
    assert main(["load", str(written(tmp_path))], here) == 0
    assert "0 new" in (again := capsys.readouterr().out) and "administrator-1" not in again
    assert main(["list"], here) == 0
    assert "administrator-1  red-norte  administrator  all countries  waits for its code" in capsys.readouterr().out
    assert main(["enrol", "administrator-1"], here) == 0
    assert capsys.readouterr().out.startswith("administrator-1: ")


def test_leaving_says_what_it_entailed(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: a trace, or nothing, where it is refused."""
    main(["load", str(written(tmp_path))], here)
    assert main(["leave", "case-manager-co-1"], here) == 0
    assert "case-manager-co-1 has left: 0 sessions ended" in capsys.readouterr().out
    assert main(["leave", "administrator-1"], here) == 1
    said = capsys.readouterr()
    assert "only administrator" in said.err and not said.out
    main(["list"], here)
    assert "case_manager  CO  left" in capsys.readouterr().out


def test_a_broken_file_is_a_sentence(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: a trace."""
    assert main(["load", str(written(tmp_path, FILE.replace("CO", "XX")))], here) == 1
    said = capsys.readouterr()
    assert "account 'case-manager-co-1': countries is a list of" in said.err and not said.out


@pytest.mark.requirement("P-5")
def test_sheets_are_printed_typed_in_again_and_listed(
    here: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: sheets that cannot be typed back as they were printed; a rehearsal that is not remembered."""
    assert main(["recovery", "list"], here) == 0
    assert "no recovery key yet" in capsys.readouterr().out
    assert main(["recovery", "make"], here) == 0
    pages = [page for page in capsys.readouterr().out.split("\f") if page]
    assert len(pages) == 3
    words = ["\n".join(page.split("\n\n")[1].splitlines()) for page in pages]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words[0]}\n\n{words[2]}\n\n"))
    assert main(["recovery", "rehearse"], here) == 0
    mark = re.search(r"key (\w{4}-\w{4})", pages[0])
    assert mark and mark[1] in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words[0]}\n\n{words[1]}\n\n"))
    assert main(["recovery", "rescue"], here) == 0
    assert main(["recovery", "list"], here) == 0
    assert "never rehearsed" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words[0]}\n"))
    assert main(["recovery", "rehearse"], here) == 1
    assert capsys.readouterr().err.endswith("then an empty line:\n2 different sheets are needed.\n")
    assert main(["recovery", "make", "--purpose", "complaints", "--html"], here) == 0
    assert capsys.readouterr().out.count("<!doctype html>") == 3


def test_the_audit_is_checked_and_its_end_told(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: an end that says nothing; a broken chain that ends with 0."""
    assert main(["audit"], here) == 0
    assert "empty" in capsys.readouterr().out
    main(["load", str(written(tmp_path))], here)
    capsys.readouterr()
    assert main(["audit"], here) == 0
    assert re.search(r"entry 2, [0-9a-f]{16}\.", capsys.readouterr().out)
    main(["enrol", "administrator-1"], here)
    with sqlite3.connect(tmp_path / "faro.db") as database:
        database.execute("UPDATE audit_entry SET subject = 'x' WHERE number = 2")
    assert main(["audit"], here) == 1
    assert "entry 2 does not follow" in capsys.readouterr().err


def test_a_database_that_is_not_there_is_a_sentence(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: a trace where the tables are missing."""
    empty = settings.model_copy(update={"var_dir": tmp_path / "empty"})
    for argv in (["list"], ["load", str(written(tmp_path))], ["leave", "x"], ["recovery", "make"], ["audit"]):
        assert main(argv, empty) == 1
        assert "run `python -m bot migrate`" in capsys.readouterr().err


def test_the_program_has_the_command() -> None:
    """Mutation: a command that nobody can reach."""
    assert "staff" in COMMANDS and "staff" in PASSED_ON
