"""What an operator types: each command says what it did, or in one sentence what is wrong; never a trace."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import catalogs, checkup, db
from bot.__main__ import COMMANDS, main
from bot.app import Faro
from bot.directory.demo import load_demo
from bot.directory.tables import ServiceAtLocation
from bot.session_stores import EmbeddedStore
from bot.settings import Settings
from bot.talk import Clock, Phone
from bot.wording import CONTENT
from flows.facts import LANGS
from flows.graph import edges
from flows.topics import GRAPH

ROOT = Path(__file__).parents[2]
REGISTER = ROOT / "tests" / "data" / "import" / "every_reason.csv"
TOPICS = [flow.name for flow in GRAPH.flows]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, a folder of the test's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


def run(*argv: str) -> int:
    """The exit status, also where argparse ends the program itself."""
    try:
        return main(list(argv))
    except SystemExit as end:
        return int(end.code or 0)


# --- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_shown_as_a_script(topic: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: leaving out a screen, an option, or a way on."""
    assert run("show", topic, "--lang", lang) == 0
    told = capsys.readouterr().out
    flow = next(flow for flow in GRAPH.flows if flow.name == topic)
    for screen in flow.sheets:
        assert f"\n## {screen}\n" in told
    for edge in edges(GRAPH):
        if edge.start in flow.sheets:
            assert edge.end in told.split(f"## {edge.start}\n")[1].split("\n## ")[0], edge


def test_an_unknown_topic_names_the_topics(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (("show", "weather"), ("show",)):
        assert run(*argv) == 2
        said = capsys.readouterr().err
        assert all(topic in said for topic in TOPICS)


def test_the_map_shows_every_screen_and_is_the_one_in_the_docs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: drawing in the order of a set; a screen without a box; forgetting ``show --map docs/pictures/map.svg``."""
    assert run("show", "--map", str(tmp_path / "map.svg")) == 0
    drawn = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert run("show", "--map") == 0
    assert capsys.readouterr().out == drawn
    root = ET.fromstring(drawn)
    space = {"svg": "http://www.w3.org/2000/svg"}
    boxes = {"".join(text.itertext()) for text in root.iterfind(".//svg:text[@class='screen']", space)}
    assert boxes == set(GRAPH.sheets)
    told = root.findtext("svg:desc", namespaces=space) or ""
    assert all(f"{edge.start} leads to " in told and edge.end in told for edge in edges(GRAPH))
    width, height = (float(root.get(name, "0")) for name in ("width", "height"))
    spots = [tuple(float(box.get(name, "0")) for name in ("x", "y", "width", "height")) for box in root.iterfind("svg:rect", space)]
    page, *spots = spots
    assert page == (0, 0, width, height)
    for number, (x, y, wide, high) in enumerate(spots):
        assert x >= 0 and x + wide <= width and y >= 0 and y + high <= height
        for other_x, other_y, other_wide, other_high in spots[:number]:
            apart = x >= other_x + other_wide or other_x >= x + wide or y >= other_y + other_high or other_y >= y + high
            assert apart, "two boxes stand on each other"
    kept = (ROOT / "docs" / "pictures" / "map.svg").read_text(encoding="utf-8")
    assert kept == drawn, "run python -m bot show --map docs/pictures/map.svg"


# --- check -----------------------------------------------------------------------------------------------------------


def test_a_demo_has_nothing_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0, capsys.readouterr().out
    assert "Nothing to mend" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value"), [("MODE", "production"), ("PORT", "eight"), ("SESSION_MINUTES", "500"), ("SURFACES", "none")]
)
@pytest.mark.parametrize("command", ["check", "serve", "work", "demo", "migrate", "export"])
def test_a_setting_that_cannot_be_used_is_named(
    command: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mutation: letting pydantic's own error through."""
    if (command, name) == ("demo", "MODE"):
        value, name = "eight", "PORT"  # a demo is a demo whatever the mode says
    monkeypatch.setenv(name, value)
    assert run(command, *(["out.json"] if command == "export" else [])) == 2
    said = capsys.readouterr().err
    assert name in said and "cannot be used" in said and "docs/settings.md" in said
    assert value not in said or len(value) < 4  # a value may be a secret typed into the wrong place


def test_an_unsafe_setting_is_a_sentence_and_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MODE", "live")
    assert run("check") == 1
    told = capsys.readouterr().out
    assert "SECRET_KEY" in told and "to mend" in told
    assert all(re.match(r"(refuse|mend) +[a-z_]+: \S.*[.)\"]$|\d+ to mend", line) for line in told.splitlines())


@pytest.mark.parametrize("command", ["serve", "work"])
def test_live_refuses_to_start_and_says_why(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mutation: starting with what the doctor refuses."""
    monkeypatch.setenv("MODE", "live")
    assert run(command) == 1
    said = capsys.readouterr().err
    assert said.startswith("Faro does not start with MODE=live until this is mended:")
    assert "SECRET_KEY" in said and "secret_missing" in said


async def test_live_refuses_a_database_of_the_demo(tmp_path: Path) -> None:
    """Mutation: a probe that is never asked."""
    settings = Settings(_env_file=None, mode="live", database_url=f"sqlite+aiosqlite:///{tmp_path}/x.db")  # type: ignore[call-arg]
    engine = db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    asked = checkup.probes(settings).demo_database
    assert asked is not None and await asked() is False
    await load_demo(engine)
    assert await asked() is True
    await engine.dispose()


def test_a_broken_catalog_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mutation: starting with a catalog that cannot be read."""
    for lang in LANGS:
        (tmp_path / lang / "LC_MESSAGES").mkdir(parents=True)
        text = (CONTENT / lang / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
        (tmp_path / lang / "LC_MESSAGES" / "messages.po").write_text(text, encoding="utf-8")
    broken = tmp_path / "pt" / "LC_MESSAGES" / "messages.po"
    text = broken.read_text(encoding="utf-8").replace('msgid "nav.back"\nmsgstr "Voltar"', 'msgid "nav.back"\nmsgstr ""')
    line = text[: text.index('msgid "nav.back"')].count("\n") + 1
    broken.write_text(text, encoding="utf-8")
    monkeypatch.setattr("bot.wording.Wording.load.__func__.__defaults__", (tmp_path,))
    assert run("check") == 1
    told = capsys.readouterr().out
    assert "messages.po" in told and f"line {line}" in told and "nav.back is empty" in told
    for command in (("show", "start"), ("talk",), ("serve",)):
        assert run(*command) == 1
        said = capsys.readouterr()
        assert "nav.back is empty" in said.err + said.out and "Traceback" not in said.err


def test_check_write_adds_what_is_missing_and_then_nothing(tmp_path: Path) -> None:
    """Mutation: adding an id that is there, or not adding one."""
    for lang in LANGS:
        (tmp_path / lang / "LC_MESSAGES").mkdir(parents=True)
        text = (CONTENT / lang / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
        text = re.sub(r'msgid "nav\.back"\nmsgstr ".*"\n', "", text)
        (tmp_path / lang / "LC_MESSAGES" / "messages.po").write_text(text, encoding="utf-8")
    assert all(line.endswith(": 1 added: nav.back") for line in catalogs.write_missing(tmp_path))
    written = {lang: (tmp_path / lang / "LC_MESSAGES" / "messages.po").read_bytes() for lang in LANGS}
    assert all(line.endswith(": 0 added") for line in catalogs.write_missing(tmp_path))
    assert written == {lang: (tmp_path / lang / "LC_MESSAGES" / "messages.po").read_bytes() for lang in LANGS}


def test_nothing_is_missing_in_the_catalogs_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in CONTENT.rglob("*.po")}
    assert run("check", "--write") == 0
    assert capsys.readouterr().out.splitlines() == [f"content/{lang}: 0 added" for lang in LANGS]
    assert before == {path: path.read_bytes() for path in CONTENT.rglob("*.po")}


# --- migrate ---------------------------------------------------------------------------------------------------------


def test_migrate_up_and_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: saying that it went down, and staying."""
    url = f"sqlite:///{tmp_path}/var/faro.db"
    assert run("migrate") == 0 and db.revision_of(url) == db.HEAD
    assert run("migrate") == 0 and "up to date" in capsys.readouterr().out
    assert run("migrate", "--to", "0001") == 0 and db.revision_of(url) == "0001"
    assert "at 0001" in capsys.readouterr().out
    assert run("migrate", "--to", "base") == 0 and db.revision_of(url) == ""
    assert db.revisions()[-1] == db.HEAD
    assert run("migrate", "--to", db.HEAD) == 0 and db.revision_of(url) == db.HEAD


def test_a_revision_or_database_that_does_not_exist_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate", "--to", "9999") == 2
    assert "There is no revision 9999; name one of base, 0001" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://faro:hunter2@127.0.0.1:1/faro")
    assert run("migrate") == 1
    said = capsys.readouterr().err
    assert "cannot be reached" in said and "hunter2" not in said


# --- the directory ---------------------------------------------------------------------------------------------------


def test_a_register_comes_in_is_approved_exported_and_hidden_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """import, approve, export, audience: from a file of somebody else's to the public directory, and back.

    Mutation: passing the arguments of one of these commands on incompletely; exporting what is not public.
    """
    assert run("migrate") == 0
    assert run("import", str(REGISTER), "--map", str(REGISTER.with_suffix(".toml"))) == 0
    assert "every_reason.csv" in capsys.readouterr().out
    target = tmp_path / "public.json"
    assert run("export", str(target)) == 0
    assert "0 public services" in capsys.readouterr().out
    with sqlite3.connect(tmp_path / "var" / "faro.db") as base:
        [(key,)] = base.execute("SELECT key FROM service_at_location WHERE source_row = 'ok'").fetchall()
    assert (
        run("approve", str(key), "--by", "coordinator of Red Puente", "--audience", "public", "--verified-on", f"{date.today()}")
        == 0
    )
    assert run("export", str(target)) == 0
    assert "1 public services" in capsys.readouterr().out
    assert "Centro del Puente" in json.dumps(json.loads(target.read_text(encoding="utf-8")), ensure_ascii=False)
    assert run("audience", str(key), "members", "--field", "phones", "--by", "coordinator of Red Puente") == 0
    assert run("export", str(target)) == 0
    assert "353 7000" not in target.read_text(encoding="utf-8")
    assert run("audience", str(key), "hidden", "--by", "coordinator of Red Puente") == 0
    capsys.readouterr()
    assert run("export", str(target)) == 0
    assert "0 public services" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "status", "says"),
    [
        (("import", "nowhere.csv"), 1, "nowhere.csv"),
        (("audience", "77", "hidden", "--by", "coordinator"), 1, "no entry 77"),
        (("audience", "77", "hidden"), 2, "--by"),
        (("audience", "77", "secret", "--by", "coordinator"), 2, "invalid choice"),
        (("approve", "77", "--by", "somebody@example.org"), 1, "--by takes a role"),
        (("export", "no/such/folder/out.json"), 1, "cannot be written"),
        (("serve", "--prot", "1"), 2, "serve does not take --prot 1"),
        (("dance",), 2, "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    argv: tuple[str, ...], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate") == 0
    capsys.readouterr()
    assert run(*argv) == status
    said = capsys.readouterr()
    assert says in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("command", ["import", "export", "audience", "approve"])
def test_without_tables_the_command_that_makes_them_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = {"import": (str(REGISTER), "--map", str(REGISTER.with_suffix(".toml"))), "export": ("out.json",)}
    by = ("1", "hidden", "--by", "coordinator") if command == "audience" else ("1", "--by", "coordinator")
    assert run(command, *argv.get(command, by)) == 1
    assert "python -m bot migrate" in capsys.readouterr().err


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    assert "usage:" in capsys.readouterr().out


@pytest.mark.requirement("S-2")
async def test_what_is_hidden_by_the_command_is_gone_from_conversations_under_way(tmp_path: Path) -> None:
    """From the next refresh on, which comes within a minute, it is on no list, and its details are not shown any more.

    Mutation: a snapshot that is never read again; details drawn from what the session remembers.
    """
    settings = Settings(_env_file=None, var_dir=tmp_path / "var")  # type: ignore[call-arg]
    engine = db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    await load_demo(engine)
    clock = Clock(None)
    faro = Faro(settings, engine=engine, store=EmbeddedStore(clock), clock=clock)
    await faro.start()
    try:
        phone, other = (Phone(faro, "whatsapp", "en", "TT", clock, number) for number in "12")
        listed = await phone.hears("I need a doctor in port of spain")
        named = re.search(r"^1 (.+?),", listed, re.MULTILINE)
        assert named
        assert named[1] in await phone.hears("1")
        async with engine.connect() as connection:
            rows = (await connection.execute(select(ServiceAtLocation.key))).scalars().all()  # type: ignore[call-overload]
        key = next(key for key in rows if (offer := faro.directory.current.get(key)) and offer.short_name == named[1])
        told = await asyncio.to_thread(run, "audience", str(key), "hidden", "--by", "coordinator of the member")
        assert told == 0
        assert settings.refresh_seconds < 60 and await faro.directory.refresh()
        assert named[1] not in await phone.hears("again")
        assert named[1] not in await phone.hears("8")
        assert named[1] not in await other.hears("I need a doctor in port of spain")
    finally:
        await faro.stop()
