"""A browser and one whole Faro for the stories, each made once for a file: over embedded stores, then over real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import launched
from tests.story.both import Both, both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["embedded", "PostgreSQL and Redis"])
async def all_of_it(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Both]:
    urls = ("", "")
    if request.param != "embedded":
        urls = request.getfixturevalue("module_postgres"), request.getfixturevalue("redis_url")
    async with both(browser, tmp_path_factory.mktemp("story"), *urls) as made:
        yield made
