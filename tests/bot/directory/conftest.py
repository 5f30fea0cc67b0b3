"""A directory to write into, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of the test's own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'directory.db'}"
    return str(request.getfixturevalue("fresh_postgres"))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with all tables, empty."""
    engine = db.open_engine(database_url)
    await db.create_all(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
def settings() -> Settings:
    """The settings as they are when nobody sets anything."""
    return Settings(_env_file=None)  # type: ignore[call-arg]
