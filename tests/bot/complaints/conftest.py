"""Fixtures of complaints: those of requests, on databases of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from tests.bot.complaints.world import Person, World
from tests.bot.tickets.conftest import (  # noqa: F401 - fixtures
    engine,
    opened,
    postgres_engine,
    postgres_with_tables,
    sqlite_engine,
    sqlite_path,
    sqlite_with_tables,
)

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of this folder share one event loop, since they share engines."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def world(engine: AsyncEngine) -> AsyncIterator[World]:  # noqa: F811
    """A database with nobody in it, once on SQLite and once on PostgreSQL."""
    made = World(engine)
    yield made
    made.codes.close()


@pytest_asyncio.fixture(loop_scope="session")
async def on_sqlite(sqlite_path: Path) -> AsyncIterator[World]:  # noqa: F811
    """The same on SQLite only: for what is about its file, or about no database at all."""
    made_engine = db.open_engine(f"sqlite+aiosqlite:///{sqlite_path}")
    made = World(made_engine)
    yield made
    made.codes.close()
    await made_engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def eva(world: World) -> Person:
    """A PSEA focal point of CO, of an independent organisation."""
    return await world.person("psea-1", "psea_focal_point", organisation="red-observa", independent=True)


@pytest_asyncio.fixture(loop_scope="session")
async def leo(world: World) -> Person:
    """Who stands in for her."""
    return await world.person("psea-2", "psea_focal_point", organisation="red-observa", stands_in=True)


@pytest_asyncio.fixture(loop_scope="session")
async def mar(world: World) -> Person:
    """A coordinator of CO, of another organisation."""
    return await world.person("coordinator-1", "coordinator", organisation="red-centro")
