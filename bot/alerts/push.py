"""Alerts by web push (RFC 8030), encrypted for the browser that subscribed (RFC 8291) and signed by our key (RFC 8292).

Here belong a subscription's form, which push services may be called, and what their answers mean. Never here: the page that
subscribes and its service worker, which shows the text as it comes (``event.data.text().trim()``).

An endpoint is an address that a browser named, and calling whatever a page names would let anybody with an account send this server
anywhere. So only the services of the four browser makers are called, over HTTPS, without following where they point.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.alerts.ways import BadAddress
from bot.exchange import CannotDeliver, Unreachable

TIMEOUT: Final = 15.0
LIFE_SECONDS: Final = 3600
"""How long a push service keeps it for a browser that is off."""
SIGNED_FOR: Final = timedelta(hours=12)
LONGEST_ENDPOINT: Final = 1024
SERVICES: Final = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", ".notify.windows.com")
"""Hosts that may be called; those that begin with a dot with whatever stands before it."""


class Subscription(msgspec.Struct, frozen=True):
    """What an alert is encrypted with and where it goes, as the browser's ``PushSubscription`` gives it; no word without a key."""

    endpoint: str
    p256dh: str
    """Public key of the browser, 65 bytes, base64url."""
    auth: str
    """16 bytes, base64url."""

    def __repr__(self) -> str:
        return "Subscription(…)"


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Given(msgspec.Struct):
    """``JSON.stringify(subscription)``."""

    endpoint: str
    keys: _Keys


def is_service(endpoint: str) -> bool:
    """Whether an endpoint leads to a push service that may be called."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    known = any(host == service or (service[0] == "." and host.endswith(service)) for service in SERVICES)
    return known and parts.scheme == "https" and not parts.username and parts.port in (None, 443)


class PushAlerts:
    """``key``: our VAPID key, the 32 bytes of a P-256 scalar, base64url. ``contact``: ``mailto:`` address of whoever runs this.
    ``allowed`` replaces ``is_service``, for tests. Raises ValueError for a key or contact that no push service would take."""

    def __init__(self, key: str, contact: str, *, allowed: Callable[[str], bool] = is_service) -> None:
        from py_vapid import Vapid02  # type: ignore[import-untyped]  # noqa: PLC0415 - only where web push is set up

        if not contact.startswith("mailto:") or "@" not in contact:
            raise ValueError("PUSH_CONTACT is no mailto: address: push services want to know whom to ask")
        try:
            raw = _decoded(key)
            if len(raw) != 32:
                raise ValueError
            self._signer = Vapid02.from_raw(key.rstrip("=").encode())
        except (ValueError, binascii.Error):
            raise ValueError("PUSH_KEY is no VAPID key: 32 bytes in base64url are needed") from None
        self._contact = contact
        self._allowed = allowed
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "PushAlerts(…)"

    @property
    def public_key(self) -> str:
        """``applicationServerKey`` for the page that subscribes: 65 bytes, base64url."""
        raw = self._signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def checked(self, address: str) -> str:
        """From the browser's own JSON, or from what this gave before."""
        wrong = BadAddress("this browser's subscription cannot be used: allow notices for this page and try again")
        try:
            try:
                given = msgspec.json.decode(address, type=_Given)
                found = Subscription(given.endpoint, given.keys.p256dh.rstrip("="), given.keys.auth.rstrip("="))
            except msgspec.ValidationError:
                found = msgspec.json.decode(address, type=Subscription)
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _decoded(found.p256dh))
            usable = len(_decoded(found.p256dh)) == 65 and len(_decoded(found.auth)) == 16
            usable = usable and len(found.endpoint) <= LONGEST_ENDPOINT and self._allowed(found.endpoint)
        except (msgspec.MsgspecError, ValueError, UnicodeError):
            raise wrong from None
        if not usable:
            raise wrong
        return msgspec.json.encode(found).decode()

    async def send(self, address: str, text: str, now: datetime) -> None:
        try:
            to = msgspec.json.decode(self.checked(address), type=Subscription)
        except BadAddress:
            raise Unreachable from None  # a service that is no longer called
        parts = urlsplit(to.endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + SIGNED_FOR).timestamp()),
            "sub": self._contact,
        }
        headers = {
            **self._signer.sign(claims),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(LIFE_SECONDS),
            "Urgency": "high",
            # One notice takes the place of the one before it.
            "Topic": "waiting",
        }
        try:
            async with self._open().post(to.endpoint, data=_encrypted(to, text), headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):  # they hold the endpoint
            raise CannotDeliver("not_reached") from None
        if status in (404, 410):
            raise Unreachable
        if status not in (200, 201, 202):
            raise CannotDeliver("refused")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _encrypted(to: Subscription, text: str) -> bytes:
    from pywebpush import WebPusher  # type: ignore[import-untyped]  # noqa: PLC0415

    info: dict[str, Any] = {"endpoint": to.endpoint, "keys": {"p256dh": to.p256dh, "auth": to.auth}}
    # Only the encryption is the library's (0.4 ms, so in no thread): its own call would follow redirects and read proxies from the
    # environment.
    body: bytes = WebPusher(info).encode(text.encode())["body"]
    return body


def _decoded(text: str) -> bytes:
    """Raises ValueError where ``text`` is no base64url."""
    raw = text.rstrip("=")
    return base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
