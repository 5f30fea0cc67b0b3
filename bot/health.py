"""Whether this process lives, and whether it can answer people now.

Here belong ``/health/live`` and ``/health/ready``. Never here: how a store is asked (the caller hands in probes), reasons
in detail: the address is open to everybody, so it names which part is not ready and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Probe = Callable[[], Awaitable[object]]
"""Returns when its part is ready; raises when it is not."""

PATIENCE = 2.0
"""Seconds that a probe may take."""


class NotReady(Exception):
    """A part cannot do its work now."""


def fresh(age: Callable[[], float], limit: float) -> Probe:
    """A probe that fails when ``age()`` is above ``limit``, both in seconds."""

    async def probe() -> None:
        if not age() <= limit:
            raise NotReady

    return probe


async def failing(probes: Mapping[str, Probe], patience: float = PATIENCE) -> list[str]:
    """Names of the parts that are not ready, in the order of ``probes``."""

    async def passes(probe: Probe) -> bool:
        try:
            await asyncio.wait_for(probe(), patience)
        except Exception:
            return False
        return True

    results = await asyncio.gather(*(passes(probe) for probe in probes.values()))
    return [name for name, passed in zip(probes, results, strict=True) if not passed]


def routes(probes: Mapping[str, Probe], draining: Callable[[], bool] = lambda: False) -> list[Route]:
    """The two routes. ``draining`` is true from the first stop signal on, so that balancers send nobody here any more."""

    async def live(_: Request) -> JSONResponse:
        return _answer(200, {"live": True})

    async def ready(_: Request) -> JSONResponse:
        waiting = ["stopping"] if draining() else await failing(probes)
        return _answer(503 if waiting else 200, {"ready": not waiting, "waiting_for": waiting})

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _answer(status: int, body: dict[str, object]) -> JSONResponse:
    return JSONResponse(body, status_code=status, headers={"cache-control": "no-store"})
