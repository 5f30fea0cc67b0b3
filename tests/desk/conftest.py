"""A desk and a browser for the tests of this package, each made once for a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import launched
from tests.desk.complaints import Hearings, heard
from tests.desk.requests import Requests, cleared
from tests.desk.stage import Stage, staged


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A desk over SQLite, then one over PostgreSQL."""
    folder = tmp_path_factory.mktemp("desk")
    async with staged(_url(request, folder), folder) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A desk over SQLite only: for what no database can change."""
    folder = tmp_path_factory.mktemp("desk")
    async with staged(f"sqlite+aiosqlite:///{folder / 'faro.db'}", folder) as stage:
        yield stage


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{folder / 'faro.db'}"
    return str(request.getfixturevalue("module_postgres"))


@pytest_asyncio.fixture(loop_scope="module")
async def requests(stage: Stage) -> AsyncIterator[Requests]:
    """No request yet, everybody who reads in Colombia has a key; on both databases."""
    yield await cleared(stage)


@pytest_asyncio.fixture(loop_scope="module")
async def small_requests(small_stage: Stage) -> AsyncIterator[Requests]:
    """The same over SQLite only."""
    yield await cleared(small_stage)


@pytest_asyncio.fixture(loop_scope="module")
async def hearings(stage: Stage) -> AsyncIterator[Hearings]:
    """No complaint yet, and those who read them in Colombia have keys; on both databases."""
    yield await heard(stage)


@pytest_asyncio.fixture(loop_scope="module")
async def small_hearings(small_stage: Stage) -> AsyncIterator[Hearings]:
    """The same over SQLite only."""
    yield await heard(small_stage)
