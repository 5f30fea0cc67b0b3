"""What the tests of alerts share: the tables on both databases, accounts, and ways out that only write down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.alerts.words import Texts
from tests.bot.alerts.world import emptied


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Both databases with all tables, empty; the one on PostgreSQL is shared by a file's tests."""
    shared = request.param == "postgresql"
    url = request.getfixturevalue("module_postgres") if shared else f"sqlite+aiosqlite:///{tmp_path / 'faro.db'}"
    engine = db.open_engine(url)
    await db.create_all(engine)
    await emptied(engine)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load()
