"""The demo: everything in one process, over stores that end with it.

Here belongs what makes a fresh demo: a database of its own, the invented services or, with ``FARO_DATA``, real registers
approved for trying out only. Never here: anything that a live deployment uses.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from bot import db, logs
from bot.app import Faro
from bot.directory.demo import approve_for_demo, load_demo
from bot.directory.importing import import_folder, to_stderr
from bot.serve import Listener, address_of, listen, until_stopped
from bot.settings import Settings


def run(settings: Settings) -> int:
    """Serve until stopped. Raises what kept it from starting."""
    logs.configure()
    # The server sends itself the signal again when it is done, which would end us before the folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The loop that ``serve`` gets from the server: uvloop where there is one.
    loop = uvicorn.Config("bot.app:Faro", **logs.UVICORN).get_loop_factory()
    with (
        listen(settings) as listener,
        TemporaryDirectory(prefix="faro-demo-") as folder,
        asyncio.Runner(loop_factory=loop) as runner,
    ):
        # Stores of a deployment are left alone: what the demo invents would stay in them.
        own = {"var_dir": Path(folder), "database_url": "", "redis_url": ""}
        return runner.run(_run(settings.model_copy(update=own), listener))


async def _run(settings: Settings, listener: Listener) -> int:
    began = time.perf_counter()
    engine = db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    if settings.faro_data is not None:
        if not settings.faro_data.is_dir():
            print(f"FARO_DATA names {settings.faro_data}, which is no folder; name one with registers in it.", file=sys.stderr)
            return 2
        for report in await import_folder(engine, settings.faro_data, progress=to_stderr):
            print(report.text(), file=sys.stderr)
        print(f"{await approve_for_demo(engine)} rows approved for this demo only.", file=sys.stderr)
    else:
        await load_demo(engine)
    faro = Faro(settings, engine=engine)
    server = uvicorn.Server(uvicorn.Config(faro, timeout_graceful_shutdown=5, proxy_headers=False, **logs.UVICORN))
    serving = asyncio.create_task(until_stopped(server, faro, listener))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        seconds = time.perf_counter() - began
        print(f"Faro is open at {address_of(listener)} (ready in {seconds:.1f} s). Ctrl-C ends it.", flush=True)
    return await serving
