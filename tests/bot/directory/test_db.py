"""Engine, creation and migrations, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot import db
from bot.directory.snapshot import build
from bot.settings import Settings
from flows.facts import Query
from tests.bot.directory.world import NOW, key_of, rows, write


def differences(url: str) -> list[object]:
    with db._plain(url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, db.Table.metadata))


async def test_migrations_up_and_down_with_data(database_url: str, settings: Settings) -> None:
    """Mutation: a column of the tables that no migration makes, or a table that the way down forgets."""
    db.migrate(database_url)
    assert db.revision_of(database_url) == db.HEAD
    assert differences(database_url) == []
    engine = db.open_engine(database_url)
    await write(engine, *(rows(number, complaint=True, always=True) for number in range(5)))
    assert len((await build(engine, NOW, settings)).search(Query(country="CO", limit=9))) == 5
    await db.create_all(engine)  # nothing to do, nothing lost
    assert (await build(engine, NOW, settings)).get(key_of(1)) is not None
    await engine.dispose()
    db.migrate(database_url)
    db.downgrade(database_url, "base")
    assert db.revision_of(database_url) == ""
    with db._plain(database_url) as plain, plain.connect() as connection:
        left = set(plain.dialect.get_table_names(connection))
    assert left <= {"alembic_version"}
    db.migrate(database_url)
    engine = db.open_engine(database_url)
    assert len(await build(engine, NOW, settings)) == 0
    await engine.dispose()


async def test_what_was_there_before_complaint_channels_had_a_day_is_kept(database_url: str) -> None:
    """Mutation: decisions that go with a table that SQLite makes anew; a channel that is shown no more since nobody wrote down when
    it was looked at; who was tied by name, and is not any more after the next name."""
    db.migrate(database_url, "0005")
    one, two, three = ("1" * 32, "2" * 32, "3" * 32)
    with db._plain(database_url) as engine, engine.begin() as connection:
        for statement in (
            f"INSERT INTO organization (id, name, description, demo) VALUES ('{one}', 'Red  Nórte', '', FALSE)",
            "INSERT INTO employer (key, name, merged_into, independent) VALUES ('red', 'RED norte', '', FALSE)",
            "INSERT INTO complaint_channel (id, organization_id, country, how, value, independent, demo, approved_by, approved_on) "
            f"VALUES ('{two}', '{one}', 'CO', 'box', 'a box', FALSE, FALSE, 'steward', '2026-11-01 12:00:00')",
            'INSERT INTO decision (id, complaint_channel_id, what, before, after, entries, "by", version, at) '
            f"VALUES ('{three}', '{two}', 'approval', 'hidden', 'public', 1, 'steward', 1, '2026-11-01 12:00:00')",
        ):
            connection.execute(text(statement))
    for again in range(2):
        db.migrate(database_url)
        with db._plain(database_url) as engine, engine.connect() as connection:
            found = connection.execute(text("SELECT verified_on, verified_by, languages, read_by FROM complaint_channel")).one()
            assert (str(found[0]), *found[1:]) == ("2026-11-01", "steward", "", "")
            assert connection.execute(text("SELECT employer FROM employer_listing")).scalars().all() == ["red"]
            assert connection.execute(text("SELECT count(*) FROM decision")).scalar() == 1
        if not again:
            db.downgrade(database_url, "0005")


async def test_what_was_in_figures_before_is_not_counted_again(database_url: str) -> None:
    """Mutation: a complaint of before the upgrade whose answer or end is counted a second time; one that waits, and never is."""
    db.migrate(database_url, "0007")
    now = "'2026-11-01 12:00:00'"
    made = {"waits": "received", "taken": "accepted", "asked": "received", "ended": "closed"}
    with db._plain(database_url) as engine, engine.begin() as connection:
        for name, state in made.items():
            taken = now if state == "accepted" else "NULL"
            bytes_of = f"CAST('{name}' AS {'BYTEA' if engine.dialect.name == 'postgresql' else 'BLOB'})"
            connection.execute(
                text(
                    "INSERT INTO complaint (id, opening, lookup, public, private_sealed, collision, inbox, country, lang, about, "
                    "topic, state, level, created_at, heard_at, answer_by, expires_at, accepted_at, child, urgent, asks, "
                    "contested, concluded, counted, organisation, alerted, refused, outcome, version) "
                    f"VALUES ({', '.join([bytes_of] * 5)}, 0, 'psea', 'CO', 'es', 'police', 'money', '{state}', 'focal', "
                    f"{', '.join([now] * 4)}, {taken}, FALSE, FALSE, FALSE, FALSE, FALSE, TRUE, '', '', '', '', 1)"
                )
            )
            if name == "asked":
                connection.execute(
                    text(
                        "INSERT INTO complaint_item (id, complaint_id, kind, envelope, created_at, asks, expires_at) "
                        f"VALUES ('{'1' * 32}', {bytes_of}, 'answer', {bytes_of}, {now}, TRUE, {now})"
                    )
                )
    db.migrate(database_url)
    with db._plain(database_url) as engine, engine.connect() as connection:
        found = {bytes(row[0]).decode(): row[1] for row in connection.execute(text("SELECT id, in_figures FROM complaint"))}
    assert found == {
        "waits": "", "taken": ",complaint_accept,", "asked": ",complaint_accept,complaint_answer,",
        "ended": ",complaint_accept,complaint_answer,complaint_outcome,",
    }  # fmt: skip


async def test_what_create_all_makes_is_what_migrations_make(database_url: str) -> None:
    """The demo's database can be migrated later."""
    engine = db.open_engine(database_url)
    await db.create_all(engine)
    await db.create_all(engine)
    await engine.dispose()
    assert differences(database_url) == []
    assert db.revision_of(database_url) == db.HEAD
    db.migrate(database_url)


def test_the_head_is_the_newest_migration() -> None:
    """Mutation: a new migration without a new ``db.HEAD``."""
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == db.HEAD


def test_migrations_run_from_any_folder(tmp_path: Path) -> None:
    """An installed package has no alembic.ini beside it."""
    code = f"from bot import db; db.migrate('sqlite:///{tmp_path}/x.db'); print(db.revision_of('sqlite:///{tmp_path}/x.db'))"
    root = str(Path(db.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == db.HEAD


async def test_every_connection_of_sqlite_is_prepared(tmp_path: Path) -> None:
    """Mutation: setting the pragmas once instead of on every connection; ``synchronous=NORMAL`` (1), which a power cut undoes."""
    engine = db.open_engine(f"sqlite:///{tmp_path}/x.db")
    wanted = {"journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 2}
    async with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            for pragma, value in wanted.items():
                assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value
    await engine.dispose()


@pytest.mark.requirement("P-2")
async def test_errors_of_the_database_are_sentences_without_secrets_or_values(tmp_path: Path, database_url: str) -> None:
    """Mutation: dropping ``hide_parameters``; printing the URL with its password."""
    away = "postgresql+psycopg://faro:hunter2@127.0.0.1:1/faro"
    with pytest.raises(db.DatabaseDown, match="cannot be reached") as caught:
        await db.ping(db.open_engine(away))
    assert "hunter2" not in str(caught.value) and caught.value.__cause__ is None
    with pytest.raises(db.DatabaseDown, match="cannot be opened"):
        await db.ping(db.open_engine(f"sqlite:///{tmp_path}/no/such/folder.db"))
    for url, says in (("nonsense", "not a database URL"), ("mysql://x/y", "neither"), ("sqlite://", "in memory")):
        with pytest.raises(db.DatabaseDown, match=says):
            db.open_engine(url)
    engine = db.open_engine(database_url)
    with pytest.raises(db.DatabaseDown, match="bot migrate"):
        await build(engine, NOW, Settings(_env_file=None))  # type: ignore[call-arg]
    await db.create_all(engine)
    await db.ping(engine)
    with pytest.raises(Exception, match=r"CHECK|check") as broken:
        await write(engine, rows(1, address="a canary street", status="no such status"))
    assert "canary" not in str(broken.value)
    await engine.dispose()


def test_the_embedded_database_lies_in_its_own_folder(tmp_path: Path) -> None:
    """Closed to other accounts of the machine."""
    settings = Settings(_env_file=None, var_dir=tmp_path / "var")  # type: ignore[call-arg]
    assert db.url_of(settings) == f"sqlite+aiosqlite:///{tmp_path / 'var' / 'faro.db'}"
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0
    named = Settings(_env_file=None, database_url="postgresql+psycopg://x/y")  # type: ignore[call-arg]
    assert db.url_of(named) == "postgresql+psycopg://x/y"
