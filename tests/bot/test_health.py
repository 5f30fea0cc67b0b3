"""Living and being ready are two things; neither tells why."""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette

from bot import health


async def good() -> None:
    return


async def bad() -> None:
    raise OSError("redis://:hunter2@store")


async def ask(path: str, probes: dict[str, health.Probe], draining: bool = False) -> httpx.Response:
    app = Starlette(routes=health.routes(probes, lambda: draining))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.get(f"/health/{path}")


async def test_ready_when_every_part_is() -> None:
    """Mutation: answering 503, or leaving caching to chance."""
    answer = await ask("ready", {"sessions": good, "directory": health.fresh(lambda: 10.0, 90)})
    assert answer.status_code == 200 and answer.json() == {"ready": True, "waiting_for": []}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_part_that_fails_is_named_and_nothing_else_is_told() -> None:
    """Mutation: putting the error's text into the answer, or stopping at the first failure."""
    parts = {"sessions": bad, "database": good, "directory": health.fresh(lambda: 100.0, 90)}
    answer = await ask("ready", parts)
    assert answer.status_code == 503 and answer.json() == {"ready": False, "waiting_for": ["sessions", "directory"]}
    assert (await ask("live", parts)).status_code == 200


async def test_an_age_that_is_no_number_is_not_fresh() -> None:
    """Mutation: writing ``age() > limit``, which is false for nan."""
    assert (await ask("ready", {"directory": health.fresh(lambda: float("nan"), 90)})).status_code == 503


async def test_a_hanging_part_is_not_waited_for() -> None:
    """Mutation: awaiting a probe without a limit."""

    async def hangs() -> None:
        await asyncio.sleep(60)

    assert await health.failing({"sessions": hangs, "database": good}, patience=0.05) == ["sessions"]


async def test_a_stopping_process_is_alive_and_not_ready() -> None:
    """Mutation: asking the probes only."""
    stopping = await ask("ready", {"sessions": good}, draining=True)
    assert stopping.json() == {"ready": False, "waiting_for": ["stopping"]}
    assert (await ask("live", {"sessions": good}, draining=True)).status_code == 200
