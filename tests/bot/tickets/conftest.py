"""Fixtures of tickets. Making all tables takes longer than most of these tests, so that it is done once for each database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from tests.bot.tickets.world import Worker, World
from tests.servers import postgres_database

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of this folder share one event loop, since they share engines."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _make(url: str) -> None:
    async def make() -> None:
        engine = db.open_engine(url)
        await db.create_all(engine)
        await db.checkpoint(engine)
        await engine.dispose()

    # In a thread, since whoever asks for it first may have a loop running.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, make()).result()


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy."""
    path = tmp_path_factory.mktemp("tickets") / "faro.db"
    _make(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_url: str) -> Iterator[str]:
    """A database to empty."""
    with postgres_database(postgres_url) as url:
        _make(url)
        yield url


@pytest.fixture
def sqlite_path(sqlite_with_tables: Path, tmp_path: Path) -> Path:
    """The file of an empty database."""
    return Path(shutil.copy(sqlite_with_tables, tmp_path / "faro.db"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened() -> AsyncIterator[list[AsyncEngine]]:
    """Engines that live as long as the loop, and end with it."""
    engines: list[AsyncEngine] = []
    yield engines
    for engine in engines:
        await engine.dispose()


@pytest.fixture(scope="session")
def sqlite_engine(sqlite_with_tables: Path, tmp_path_factory: pytest.TempPathFactory, opened: list[AsyncEngine]) -> AsyncEngine:
    path = shutil.copy(sqlite_with_tables, tmp_path_factory.mktemp("tickets") / "faro.db")
    opened.append(db.open_engine(f"sqlite+aiosqlite:///{path}"))
    return opened[-1]


@pytest.fixture(scope="session")
def postgres_engine(postgres_with_tables: str, opened: list[AsyncEngine]) -> AsyncEngine:
    opened.append(db.open_engine(postgres_with_tables))
    return opened[-1]


@pytest_asyncio.fixture(params=["sqlite", "postgresql"], loop_scope="session")
async def engine(request: pytest.FixtureRequest, opened: list[AsyncEngine]) -> AsyncEngine:
    """An engine on a database with all tables, empty, once on SQLite and once on PostgreSQL.

    One for all tests: it has compiled every statement by the second one."""
    made: AsyncEngine = request.getfixturevalue("sqlite_engine" if request.param == "sqlite" else "postgres_engine")
    names = [table.name for table in reversed(db.Table.metadata.sorted_tables)]
    async with made.connect() as connection:
        script = "; ".join(f'DELETE FROM "{name}"' for name in names)  # in one go: forty round trips take longer than a test
        if request.param == "sqlite":
            await (await connection.get_raw_connection()).driver_connection.executescript(script)  # type: ignore[union-attr]
        else:
            await connection.exec_driver_sql(script)
        await connection.commit()
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def world(engine: AsyncEngine) -> AsyncIterator[World]:
    """A database with nobody in it, once on SQLite and once on PostgreSQL."""
    made = World(engine)
    yield made
    made.codes.close()


@pytest_asyncio.fixture(loop_scope="session")
async def on_sqlite(sqlite_path: Path) -> AsyncIterator[World]:
    """The same on SQLite only: for what is about its file, or about no database at all."""
    engine = db.open_engine(f"sqlite+aiosqlite:///{sqlite_path}")
    made = World(engine)
    yield made
    made.codes.close()
    await engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def ana(world: World) -> Worker:
    """A case manager of CO, on duty at all times."""
    return await world.worker("case-manager-co-1", duty="primary")


@pytest_asyncio.fixture(loop_scope="session")
async def ben(world: World) -> Worker:
    """A second one, of another organisation."""
    return await world.worker("case-manager-co-2", organisation="casa-sur", duty="primary")


@pytest_asyncio.fixture(loop_scope="session")
async def sol(world: World) -> Worker:
    """A supervisor of CO, on duty at all times."""
    return await world.worker("supervisor-co-1", "supervisor", duty="supervisor")
