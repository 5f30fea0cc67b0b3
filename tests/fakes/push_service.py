"""A push service (RFC 8030) and the browsers that subscribed to it.

Here belong what a service checks (the signature of RFC 8292, the headers, the size) and what a browser reads (RFC 8291, by the
library ``http_ece``). Never here: anything of Faro.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import http_ece  # type: ignore[import-untyped]
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

LARGEST = 4096


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One browser, subscribed at ``endpoint``."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._private = generate_private_key(SECP256R1())
        self._auth = os.urandom(16)

    @property
    def subscription(self) -> str:
        """``JSON.stringify(subscription)``."""
        public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": b64(public), "auth": b64(self._auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> str:
        """What a message says. Raises http_ece.ECEException where it is for somebody else."""
        text: bytes = http_ece.decrypt(body, private_key=self._private, auth_secret=self._auth)
        return text.decode()


@dataclass
class Pushed:
    """A message that the service took."""

    path: str
    body: bytes
    headers: dict[str, str]
    claims: dict[str, Any]


@dataclass
class PushService:
    """``public_key``: the only sender's (base64url); others get 403. ``answers`` maps a path to the status that it gives instead.
    ``clock`` gives seconds since 1970."""

    public_key: str
    clock: Callable[[], float] = time.time
    origin: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    taken: list[Pushed] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._push, methods=["GET", "POST"])])

    async def _push(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}")
        status = self.answers.get(request.url.path, 201)
        if status == 307:
            return RedirectResponse(f"{self.origin}/elsewhere")
        if status >= 400:
            return Response(request.url.path, status)
        body, headers = await request.body(), dict(request.headers)
        if len(body) > LARGEST:
            return Response(status_code=413)
        if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdigit():
            return Response(status_code=400)
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or parts.get("k", "").rstrip("=") != self.public_key:
            return Response(status_code=403)
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), unb64(parts["k"]))
        try:
            claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.origin, options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return Response(status_code=403)
        if not str(claims.get("sub", "")).startswith("mailto:") or not 0 < claims["exp"] - self.clock() <= 24 * 3600:
            return Response(status_code=403)
        self.taken.append(Pushed(request.url.path, body, headers, claims))
        return Response(status_code=status)
