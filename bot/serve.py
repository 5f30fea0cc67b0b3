"""Serve: the web process of a deployment.

Here belongs how the server runs. Never here: what it serves (``bot.app``), whether it may start (``bot.checkup``).
"""

from __future__ import annotations

import uvicorn

from bot import logs
from bot.app import Faro
from bot.settings import Settings


def run(settings: Settings) -> int:
    """Serve until a stop signal; what is under way is finished first."""
    logs.configure()
    faro = Faro(settings)
    config = uvicorn.Config(
        faro, host=settings.host, port=settings.port, timeout_graceful_shutdown=20, proxy_headers=False, **logs.UVICORN
    )
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else 1
