"""Fixtures of the channel tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bot.channels.contract import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """The real conversation over embedded sessions and the demo's directory, with a clock to be moved by hand."""
    from tests.bot.channels.world import a_world  # noqa: PLC0415 - an adapter's own tests need none of the program

    async with a_world() as made:
        yield made
