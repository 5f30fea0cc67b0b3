"""The floor: an ASGI application that does the two operations of a turn on the session store, and nothing else.

python -m bench.apps.bare PORT REDIS_URL
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import Any

import uvicorn

from bot.session_stores import OPEN, RedisStore

BODY = os.urandom(180)  # about what a sealed session takes
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"300")]
ANSWER = b"x" * 300


class Bare:
    def __init__(self, url: str) -> None:
        self.store = RedisStore(url)
        self.epoch = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive())["body"]
        if not self.epoch:
            self.epoch = (await self.store.epochs(os.urandom(40), 10**9))[:8]
        name, token = hashlib.sha256(body).digest()[:16], os.urandom(8)
        loaded = await self.store.load(self.epoch, name, b"", token, 15_000, 60_000)
        if loaded.state != OPEN or not await self.store.save(name, b"", token, BODY, 1_200_000):
            raise RuntimeError("the lease was refused")
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(Bare(sys.argv[2]), port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off")
