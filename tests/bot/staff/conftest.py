"""Databases of these tests: one of each kind is made once, and each test starts with empty tables."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.staff.locks import Locks
from tests.bot.staff.world import SECRET
from tests.servers import postgres_database


async def _make(url: str) -> None:
    engine = db.open_engine(url)
    await db.create_all(engine)
    await engine.dispose()


@pytest.fixture(scope="session")
def staff_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("staff") / "faro.db"
    asyncio.run(_make(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def staff_postgres(postgres_url: str) -> Iterator[str]:
    """URL of a PostgreSQL database with all tables, to be emptied."""
    with postgres_database(postgres_url) as url:
        asyncio.run(_make(url))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with all tables, once on SQLite and once on PostgreSQL; ``engine`` empties it."""
    if request.param == "sqlite":
        path = tmp_path / "faro.db"
        shutil.copy(request.getfixturevalue("staff_sqlite"), path)
        return f"sqlite+aiosqlite:///{path}"
    return str(request.getfixturevalue("staff_postgres"))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with all tables, empty."""
    engine = db.open_engine(database_url)
    if engine.dialect.name == "postgresql":
        async with engine.begin() as connection:
            tables = reversed(db.Table.metadata.sorted_tables)
            await connection.exec_driver_sql("; ".join(f"DELETE FROM {table.name}" for table in tables))
    yield engine
    await engine.dispose()


@pytest.fixture
def locks() -> Locks:
    return Locks(SECRET)
