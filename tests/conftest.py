"""Fixtures that every test may ask for: real servers, started once a run and only when something asks."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.settings import Settings
from tests.servers import Redis, empty_redis, postgres_database, postgres_server, redis_server

# A busy machine is no counterexample.
hypothesis.settings.register_profile("faro", deadline=None)
hypothesis.settings.load_profile("faro")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-transcripts", action="store_true", help="write the conversations of tests/transcripts as they are now"
    )


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a Redis server for this run: TEST_REDIS_URL, else a wheel's. ``fresh_redis`` empties it.

    Of several processes each takes a database of its own on the named server: the 2nd ``gw1``, database 1.
    """
    explicit = os.environ.get("TEST_REDIS_URL", "")
    if explicit:
        process = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        yield explicit if process == "0" else urlunsplit(urlsplit(explicit)._replace(path=f"/{process}"))
        return
    with redis_server() as server:
        yield server.url


@pytest.fixture
def fresh_redis(redis_url: str) -> str:
    """URL of the run's Redis server, emptied before the test."""
    empty_redis(redis_url)
    return redis_url


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis server of the test's own, which it may ``stop()`` and ``start()``."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server for this run: TEST_DATABASE_URL, else a wheel's. ``fresh_postgres`` uses it."""
    explicit = os.environ.get("TEST_DATABASE_URL", "")
    if explicit:
        yield explicit
        return
    with postgres_server() as url:
        yield url


@pytest.fixture
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """``postgresql+psycopg://`` URL of an empty database of the test's own."""
    with postgres_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres(postgres_url: str) -> Iterator[str]:
    """``postgresql+psycopg://`` URL of a database that the tests of one file share; empty at first."""
    with postgres_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of the test's own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'faro.db'}"
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
