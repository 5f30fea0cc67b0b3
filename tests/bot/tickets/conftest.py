"""Fixtures of tickets. Making all tables takes longer than most of these tests, so that it is done once for each database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from tests.bot.tickets.world import Worker, World
from tests.servers import postgres_database


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


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with all tables, empty, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        engine = db.open_engine(f"sqlite+aiosqlite:///{request.getfixturevalue('sqlite_path')}")
    else:
        engine = db.open_engine(request.getfixturevalue("postgres_with_tables"))
        async with engine.begin() as connection:
            names = ", ".join(f'"{table.name}"' for table in db.Table.metadata.sorted_tables)
            await connection.execute(text(f"TRUNCATE {names} CASCADE"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def world(engine: AsyncEngine) -> AsyncIterator[World]:
    """A database with nobody in it, once on SQLite and once on PostgreSQL."""
    made = World(engine)
    yield made
    made.codes.close()


@pytest.fixture
async def on_sqlite(sqlite_path: Path) -> AsyncIterator[World]:
    """The same on SQLite only: for what is about its file, or about no database at all."""
    engine = db.open_engine(f"sqlite+aiosqlite:///{sqlite_path}")
    made = World(engine)
    yield made
    made.codes.close()
    await engine.dispose()


@pytest.fixture
async def ana(world: World) -> Worker:
    """A case manager of CO, on duty at all times."""
    return await world.worker("case-manager-co-1", duty="primary")


@pytest.fixture
async def ben(world: World) -> Worker:
    """A second one, of another organisation."""
    return await world.worker("case-manager-co-2", organisation="casa-sur", duty="primary")


@pytest.fixture
async def sol(world: World) -> Worker:
    """A supervisor of CO, on duty at all times."""
    return await world.worker("supervisor-co-1", "supervisor", duty="supervisor")
