"""``python -m bot roster``: what a terminal is told, and how it ends."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from bot import db
from bot.__main__ import main as program
from bot.roster.commands import main
from bot.roster.tables import ShiftException
from bot.settings import Settings
from bot.staff.tables import AuditEntry
from tests.bot.roster.test_ical import LUNCH, calendar
from tests.bot.roster.world import NOW, at, member, write

ROSTER = """
[[shift]]
staff = "ana"
country = "CO"
duty = "primary"
days = ["mon-fri"]
from = "08:00"
to = "20:00"
zone = "America/Bogota"
area = "Cauca"

[[shift]]
staff = "new"
country = "CO"
duty = "backup"
days = ["mon-sun"]
from = "00:00"
to = "24:00"
zone = "America/Bogota"
"""


@pytest.fixture
def here(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an embedded database with two accounts, on a Wednesday morning."""
    monkeypatch.setattr(db, "now", lambda: NOW)
    here = settings.model_copy(update={"var_dir": tmp_path / "var", "countries": "CO, ve"})

    async def fill() -> None:
        engine = db.open_engine(db.url_of(here))
        await db.create_all(engine)
        await write(engine, [member("ana", languages=("es", "ht")), member("new", has_key=False)])
        await engine.dispose()

    asyncio.run(fill())
    (tmp_path / "roster.toml").write_text(ROSTER, encoding="utf-8")
    return here


def run(settings: Settings, *argv: object) -> int:
    return main([str(each) for each in argv], settings)


def rows(settings: Settings, table: type) -> list[tuple[object, ...]]:
    async def read() -> list[tuple[object, ...]]:
        engine = db.open_engine(db.url_of(settings))
        async with engine.connect() as connection:
            found = (await connection.execute(select(table))).all()
        await engine.dispose()
        return [tuple(row) for row in found]

    return asyncio.run(read())


@pytest.mark.requirement("D-7")
def test_a_roster_is_loaded_shown_and_covered(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: countries that are not served, a status of 0 although a country has nobody, an account without a key on duty."""
    assert run(here, "load", tmp_path / "roster.toml") == 0
    said = capsys.readouterr().out
    assert "12 shifts and 0 exceptions" in said and "have no key yet and count once they have signed in: new." in said
    assert run(here, "load", tmp_path / "roster.toml") == 0
    assert ": 0 rows added, 0 taken away" in capsys.readouterr().out
    assert run(here, "show") == 0
    assert capsys.readouterr().out.splitlines() == [
        "CO  primary    ana, Cauca until Wed 02 Dec 20:00",
        "VE  nobody picks up now; nobody in three weeks",
    ]
    assert run(here, "coverage", "--country", "CO", "--days", "3") == 1
    told = capsys.readouterr().out
    for line in (
        "CO, Wed 02 Dec 10:00 to Sat 05 Dec 10:00 (America/Bogota)",
        "  Wed 02 Dec 10:00 - Wed 02 Dec 20:00  ana (primary, Cauca) [es ht]",
        "  hole: Wed 02 Dec 20:00 - Thu 03 Dec 08:00  nobody picks up requests",
        "  hole: Wed 02 Dec 10:00 - Wed 02 Dec 20:00  ana is alone",
        "  hole: Wed 02 Dec 10:00 - Sat 05 Dec 10:00  nobody in duty backup",
        "  hole: Wed 02 Dec 10:00 - Wed 02 Dec 20:00  nobody speaks pt",
        "  hole: Wed 02 Dec 10:00 - Wed 02 Dec 20:00  nobody for whom a wish for a woman holds",
        "  mend: a shift of new does not count: the account has no key yet",
    ):
        assert line in told.splitlines(), line
    assert run(here, "coverage", "--country", "VE") == 1
    assert "mend: no account could read a request from here: enrol somebody with a key" in capsys.readouterr().out


def test_show_says_when_somebody_is_next(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The eighth of December is a holiday in Colombia. Mutation: lists of holidays that are not loaded with the roster."""
    assert run(here, "load", tmp_path / "roster.toml") == 0
    capsys.readouterr()
    monkeypatch.setattr(db, "now", lambda: at(2026, 12, 8, 2))
    assert run(here, "show", "--country", "CO") == 0
    assert capsys.readouterr().out == "CO  nobody picks up now; next Wed 09 Dec 08:00\n"


def test_calendars_go_out_and_come_in(here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: an account that is not asked for, an import without audit entry, or one in halves."""
    assert run(here, "load", tmp_path / "roster.toml") == 0
    out = tmp_path / "out.ics"
    assert run(here, "export", out, "--country", "CO", "--staff", "ana") == 0
    assert len(Calendar.from_ical(out.read_bytes()).walk("VEVENT")) == 5
    assert run(here, "export", "-", "--staff", "new") == 0
    assert "BEGIN:VEVENT" not in capsys.readouterr().out.partition("BEGIN:VCALENDAR")[2]
    assert run(here, "export", tmp_path / "no" / "out.ics") == 1
    (tmp_path / "in.ics").write_bytes(calendar(LUNCH))
    asked = ("import", tmp_path / "in.ics", "--staff", "ana", "--as", "extra", "--country", "CO", "--duty", "primary")
    assert run(here, *asked) == 0
    assert "1 duties of ana taken in." in capsys.readouterr().out
    assert [row[3] for row in rows(here, ShiftException)] == [datetime.fromisoformat("2026-12-07T10:00Z")]
    assert [(row[4], row[5]) for row in rows(here, AuditEntry)] == [("roster_loaded", ""), ("exception_added", "ana")]
    (tmp_path / "in.ics").write_bytes(calendar(LUNCH, LUNCH + "\nSTATUS:TENTATIVE"))
    assert run(here, *asked) == 1
    assert "Event 2 is not certain yet" in capsys.readouterr().err
    assert len(rows(here, ShiftException)) == 1 and len(rows(here, AuditEntry)) == 2
    assert run(here, "import", tmp_path / "none.ics", "--staff", "ana", "--as", "off") == 1
    assert run(here, "export", "-", "--staff", "nobody") == 1
    said = capsys.readouterr().err
    assert "cannot be read (FileNotFoundError)" in said and "There is no account 'nobody'" in said


def test_what_is_wrong_is_a_sentence(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    """Mutation: a trace in the place of a sentence, or a fault that ends with 0."""
    (tmp_path / "bad.toml").write_text(ROSTER.replace("primary", "night"), encoding="utf-8")
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    for argv, said in (
        (("load", tmp_path / "bad.toml"), "line 2 ([[shift]] of ana): duty 'night' is none"),
        (("load", tmp_path / "none.toml"), "name a roster file in UTF-8"),
        (("load", tmp_path / "empty.toml", "--holidays", tmp_path / "none.toml"), "Name a readable list of holidays"),
    ):
        assert run(here, *argv) == 1
        assert said in capsys.readouterr().err
    assert run(settings.model_copy(update={"var_dir": tmp_path / "other"}), "show") == 1
    assert "python -m bot migrate" in capsys.readouterr().err


def test_the_program_knows_the_command(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutation: a command that is not in the list of those that parse their own arguments."""
    monkeypatch.setenv("VAR_DIR", str(here.var_dir))
    monkeypatch.setenv("COUNTRIES", "VE")
    monkeypatch.chdir(tmp_path)
    assert program(["roster", "show"]) == 0
    assert capsys.readouterr().out == "VE  nobody picks up now; nobody in three weeks\n"
