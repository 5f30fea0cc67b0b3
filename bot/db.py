"""The database behind the directory and the desk: engine, column types, base class of tables, creation and migration.

Here belongs what every table needs. Never here: tables, queries, anything about a person who writes.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, MetaData, String, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Dialect, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

if TYPE_CHECKING:
    from alembic.config import Config

    from bot.settings import Settings

#: The newest migration in ``bot/migrations`` (a test compares them); ``create_all`` marks new databases with it.
HEAD = "0009"

#: Seconds for which a statement of SQLite waits for another process, or for another connection of this one.
_BUSY = 5

#: Every constraint has a name, so that a migration can drop it on both databases.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of every table of the program."""

    metadata = MetaData(naming_convention=NAMES)


def insert_or(dialect: Dialect, table: Any) -> Any:
    """An INSERT that can say what happens where the row is there already (``on_conflict_do_update``, ``on_conflict_do_nothing``),
    which each database has in its own dialect."""
    return (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(table)


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. SQLite returns naive datetimes; here they come back in UTC; naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime without a time zone was about to be stored; give it one, such as UTC.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Codes(TypeDecorator[tuple[str, ...]]):
    """A short set of codes, stored as ``",a,b,"`` (``LIKE '%,a,%'`` finds one), in the order given; empty is ``""``."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        codes = [value] if isinstance(value, str) else list(dict.fromkeys(value))
        if any(not code or "," in code for code in codes):
            raise ValueError("A code must be a word without a comma.")
        return f",{','.join(codes)}," if codes else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return codes(value or "")


@lru_cache(maxsize=4096)
def codes(stored: str) -> tuple[str, ...]:
    """The codes in a column of type ``Codes`` as it is stored."""
    return tuple(stored.strip(",").split(",")) if stored else ()


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


# --- engine ----------------------------------------------------------------------------------------------------------


class DatabaseDown(RuntimeError):
    """The database cannot be reached or is not ready. The message is a sentence for the operator, without secrets."""


class NoAnswer(DatabaseDown):
    """A commit was asked for, and the connection broke before the answer: it may be on the disk."""


def url_of(settings: Settings) -> str:
    """The database's URL: the setting, or an SQLite file in ``var_dir`` (the folder is made, closed to others)."""
    if settings.database_url:
        return settings.database_url
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite+aiosqlite:///{(settings.var_dir / 'faro.db').resolve()}"


def open_engine(url: str) -> AsyncEngine:
    """An engine for ``sqlite+aiosqlite:///file`` or ``postgresql+psycopg://…``. Nothing is connected yet.

    Values of rows never show in its errors. Raises DatabaseDown for a URL that it cannot use.
    """
    parsed = _parsed(url)
    engine = create_async_engine(parsed, hide_parameters=True, **_pool(parsed))
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseDown("DATABASE_URL is not a database URL; write postgresql+psycopg://name@host/database.") from None
    names = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    backend = parsed.drivername.partition("+")[0]
    if backend not in names:
        raise DatabaseDown(f"Faro keeps its directory in SQLite or PostgreSQL; {backend!r} is neither. Change DATABASE_URL.")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseDown("An SQLite database in memory cannot be shared by the threads of Faro; name a file.")
    return parsed.set(drivername=names[backend])


def _pool(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {}
    return {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5, "connect_args": {"connect_timeout": 10}}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # synchronous=FULL: in WAL mode, NORMAL would lose the last commits at a power cut, and with them a request whose receipt
    # somebody holds. It costs 0.2 ms a commit (measured on a virtual disk, 6 KB a row).
    for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", f"busy_timeout={_BUSY * 1000}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sync_engine(url: URL | str) -> Engine:
    parsed = _parsed(url if isinstance(url, str) else url.render_as_string(hide_password=False))
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed.set(drivername="sqlite"), hide_parameters=True, poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(parsed, hide_parameters=True, poolclass=NullPool, connect_args={"connect_timeout": 10})


@contextlib.contextmanager
def _plain(url: URL | str) -> Iterator[Engine]:
    """A synchronous engine for one task; what goes wrong on the way to the database becomes a sentence."""
    engine = _sync_engine(url)
    try:
        with explained(engine.url):
            yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn the drivers' errors about reaching the database into DatabaseDown with one sentence. Others pass."""
    try:
        yield
    except (OperationalError, NoSuchModuleError, OSError) as error:
        raise DatabaseDown(_sentence(url, error)) from None
    except DBAPIError as error:
        if not _names_missing_table(error):
            raise
        raise DatabaseDown(_sentence(url, error)) from None


def _names_missing_table(error: Exception) -> bool:
    said = str(getattr(error, "orig", error)).lower()
    return "no such table" in said or "undefinedtable" in type(getattr(error, "orig", error)).__name__.lower()


def _sentence(url: URL, error: Exception) -> str:
    where = url.database if url.get_backend_name() == "sqlite" else f"{url.database} on {url.host or 'its local socket'}"
    if _names_missing_table(error):
        return f"The database {where} has no tables yet; run `python -m bot migrate`."
    said = str(getattr(error, "orig", error)).lower()
    if "locked" in said:
        return f"The database {where} is locked by another process; stop that process, or use PostgreSQL for several."
    if "authentication" in said or "password" in said or "role" in said:
        return f"The database {where} refuses the name or the password; correct DATABASE_URL."
    if "does not exist" in said:
        return f"The database {where} does not exist; create it, or correct DATABASE_URL."
    if url.get_backend_name() == "sqlite":
        return f"The database file {where} cannot be opened or written; check VAR_DIR and its permissions."
    return f"The database {where} cannot be reached; start it, or correct DATABASE_URL."


@contextlib.contextmanager
def reading(engine: AsyncEngine) -> Iterator[Connection]:
    """A synchronous connection for a worker thread, in one read-only transaction that sees one state of everything.

    Only for long reads off the event loop. Raises DatabaseDown.
    """
    with _plain(engine.url) as plain:
        if plain.dialect.name == "sqlite":
            with plain.connect() as connection:
                for pragma in ("query_only=ON", "cache_size=-393216", "temp_store=MEMORY"):
                    connection.exec_driver_sql(f"PRAGMA {pragma}")
                connection.exec_driver_sql("BEGIN")  # the driver itself begins at the first write only
                try:
                    yield connection
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        else:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with plain.connect().execution_options(**options) as connection:
                yield connection


async def ping(engine: AsyncEngine) -> None:
    """Return when the database answers. Raises DatabaseDown with a sentence when it does not."""
    with explained(engine.url):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))


async def checkpoint(engine: AsyncEngine, patience: float = _BUSY) -> bool:
    """After a wipe: empty SQLite's write-ahead log, where deleted bytes would stay. True when nothing is left there.

    ``patience``: seconds for which it waits for whoever still reads from the log; then it gives up, and says False.
    On PostgreSQL there is nothing to do here: only sealed bytes may be stored in it.
    """
    if engine.dialect.name != "sqlite":
        return True
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        try:
            busy, *_ = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        finally:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY * 1000}")
    return not busy


# --- making and changing the tables ----------------------------------------------------------------------------------


def know_all_tables() -> None:
    """Import every module that declares a table, so that ``Table.metadata`` is complete. They import this module."""
    for name in (
        "bot.job_runs",
        "bot.directory.tables",
        "bot.staff.tables",
        "bot.roster.tables",
        "bot.tickets.tables",
        "bot.alerts.tables",
        "bot.complaints.tables",
        "bot.notices.tables",
        "bot.statistics.agreements",
    ):
        importlib.import_module(name)


async def create_all(engine: AsyncEngine) -> None:
    """Make every table that is missing and mark the database as migrated: for the demo, in a tenth of Alembic's time.

    Raises DatabaseDown, also when the database is at an older revision.
    """
    know_all_tables()
    with explained(engine.url):
        async with engine.begin() as connection:
            marked = text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            await connection.execute(marked)
            at = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
            if at not in (None, HEAD):
                # Making the missing tables here would leave the next migration nothing but tables that exist.
                raise DatabaseDown(f"The database is at revision {at}, this program at {HEAD}; run `python -m bot migrate`.")
            await connection.run_sync(Table.metadata.create_all)
            if at is None:
                await connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
            stamp = Table.metadata.tables["directory_stamp"]
            if not (await connection.execute(stamp.select())).first():
                await connection.execute(stamp.insert().values(id=1, version=1))
    if engine.dialect.name == "sqlite" and engine.url.database:
        with contextlib.suppress(OSError):
            os.chmod(engine.url.database, 0o600)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to a revision (synchronous; seconds). Raises DatabaseDown."""
    from alembic import command  # noqa: PLC0415 - half a second that a running program need not pay

    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision, ``base`` for none. Data of what is dropped are lost."""
    from alembic import command  # noqa: PLC0415

    with _migrating(url) as config:
        command.downgrade(config, revision)


def revisions() -> tuple[str, ...]:
    """Every revision of ``bot/migrations``, oldest first. They are numbered, so that their order is that of their names."""
    return tuple(sorted(path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")))


def revision_of(url: str) -> str:
    """The revision that the database is at; empty when it has none."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with _plain(url) as engine, engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


@contextlib.contextmanager
def _migrating(url: str) -> Iterator[Config]:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with _plain(url) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # a table that is made anew is dropped first: what hangs on its rows is to stay
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        config.attributes["connection"] = connection
        yield config
