"""The databases of tests of tickets serve here too, and with them their one event loop."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.tickets.conftest import (
    engine,
    opened,
    postgres_engine,
    postgres_with_tables,
    sqlite_engine,
    sqlite_with_tables,
    world,
)

__all__ = ["engine", "opened", "postgres_engine", "postgres_with_tables", "sqlite_engine", "sqlite_with_tables", "world"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
