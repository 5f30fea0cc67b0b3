"""The demo: everything in one process, over stores that end with it.

Here belongs what makes a fresh demo: a database of its own, the invented services or, with ``FARO_DATA``, real registers
approved for trying out only, people on duty, a clock that can be put forward, and the worker's jobs beside the server. Never here:
anything that a live deployment uses.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from bot import db, logs
from bot.app import Faro
from bot.demo_clock import DemoClock
from bot.demo_staff import people_demo
from bot.directory.demo import approve_for_demo, load_demo
from bot.directory.importing import import_folder, to_stderr
from bot.jobs import Clockwork, repeat
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
    clock = DemoClock()
    faro = Faro(settings, engine=engine, clock=clock)
    assert faro.desk is not None
    faro.desk.parts.demo = await people_demo(engine, faro.secret, datetime.fromtimestamp(clock(), UTC))
    server = uvicorn.Server(uvicorn.Config(faro, timeout_graceful_shutdown=5, proxy_headers=False, **logs.UVICORN))
    serving = asyncio.create_task(until_stopped(server, faro, listener))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        seconds = time.perf_counter() - began
        print(f"Faro is open at {address_of(listener)} (ready in {seconds:.1f} s). Ctrl-C ends it.", flush=True)
    clockwork = Clockwork(settings, engine, faro.roster, secret=faro.secret, clock=clock)
    work = [asyncio.create_task(repeat(job, engine)) for job in clockwork.jobs()]
    try:
        return await serving
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await clockwork.aclose()
