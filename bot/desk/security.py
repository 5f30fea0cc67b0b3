"""What protects the desk in a browser: the headers of every answer, the cookie's name, where a request may come from.

Here belong these rules and nothing that knows a page. Never here: who may do what (``bot.staff.roles``), sessions
(``bot.staff.desk_sessions``).
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from typing import Final, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from bot.staff.desk_sessions import TOKEN_LENGTH

Frame = Literal["none", "self"]
"""Who may show the desk inside a page: nobody, or (in the demo, beside the phone) our own pages."""

#: Sent when somebody signs out. Not "cookies": that would take those of neighbouring names of the same organisation too.
CLEAR: Final = '"cache", "storage"'
#: The same for a browser that gets alerts: clearing its storage would end them. What lies there (wrapped keys of nobody, since
#: the page's script wipes the ring) is wiped by the scripts of leaving and of the page of signing in.
CLEAR_BUT_ALERTS: Final = '"cache"'
#: How long a browser is known as one that signed in before.
MARK_DAYS: Final = 180


def policy(frame: Frame, trusted: str = "'none'") -> str:
    """The content security policy: nothing from elsewhere, no inline script or style, no text that becomes markup.

    ``trusted``: the name of the one policy by which a page may make an address of a script, where it needs to (a worker's)."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            f"frame-ancestors '{frame}'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {trusted}",
        )
    )


def headers(frame: Frame, *, secure: bool) -> dict[str, str]:
    """Headers of every answer. ``secure``: this deployment is reached by https only."""
    return {
        "content-security-policy": policy(frame),
        # Not "no-referrer": browsers then send forms with the origin "null", which says nothing about where they come from.
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
        "permissions-policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=(), browsing-topics=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        **({"strict-transport-security": "max-age=31536000"} if secure else {}),
    }


class Surroundings:
    """Where the desk is reached: which names, which origin, by https or not."""

    def __init__(self, *, live: bool, public_url: str, hosts: Collection[str]) -> None:
        """``hosts``: names, without port, under which it answers (``*``: any); others get 403, so that a foreign page cannot reach
        a desk on this machine by a name of its own."""
        public = urlsplit(public_url)
        self._live = live
        self._origin = f"{public.scheme}://{public.netloc}".lower() if public.netloc else ""
        self._hosts = frozenset(name.lower() for name in hosts)

    def is_known(self, request: Request) -> bool:
        """The request names us by one of our names."""
        return "*" in self._hosts or _name(request.headers.get("host", "").lower()) in self._hosts

    def is_own(self, request: Request) -> bool:
        """A request that changes something comes from one of our own pages: the browser says so itself."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "").lower()
        if site not in (None, "same-origin"):
            return False
        if not origin:
            return site == "same-origin"
        return origin == self._origin or urlsplit(origin).netloc == request.headers.get("host", "").lower()

    def secure(self, request: Request) -> bool:
        """Cookies may travel by https only: everywhere but in a demo on plain http."""
        return self._live or request.url.scheme == "https"

    def origin(self, request: Request) -> str:
        """Our own origin, as a browser writes it."""
        return self._origin if self._live and self._origin else f"{request.url.scheme}://{request.headers.get('host', '').lower()}"

    def _cookie(self, request: Request) -> str:
        return "__Host-desk" if self.secure(request) else "desk"

    def token(self, request: Request) -> bytes:
        """What the session's cookie holds; empty when there is none, or none of ours."""
        try:
            token = bytes.fromhex(request.cookies.get(self._cookie(request), ""))
        except ValueError:
            return b""
        return token if len(token) == TOKEN_LENGTH else b""

    def remember(self, request: Request, response: Response, token: bytes) -> None:
        """A cookie that lives as long as the browser's window, and no longer than the session."""
        secure = self.secure(request)
        response.set_cookie(self._cookie(request), token.hex(), path="/", secure=secure, httponly=True, samesite="strict")

    def mark(self, request: Request) -> bytes:
        """The mark of an earlier sign-in, so that others who guess do not make this browser wait; it opens nothing."""
        try:
            return bytes.fromhex(request.cookies.get(f"{self._cookie(request)}-browser", ""))
        except ValueError:
            return b""

    def leave_mark(self, request: Request, response: Response, mark: bytes) -> None:
        name, secure = f"{self._cookie(request)}-browser", self.secure(request)
        response.set_cookie(name, mark.hex(), max_age=MARK_DAYS * 86_400, path="/", secure=secure, httponly=True, samesite="strict")

    def forget(self, request: Request, response: Response) -> None:
        secure = self.secure(request)
        response.delete_cookie(self._cookie(request), path="/", secure=secure, httponly=True, samesite="strict")
        response.headers["clear-site-data"] = CLEAR_BUT_ALERTS if self._alerts(request) in request.cookies else CLEAR

    def keep_alerts(self, request: Request, response: Response, wanted: bool) -> None:
        """Whether signing out leaves the worker in this browser that shows alerts."""
        name, secure = self._alerts(request), self.secure(request)
        if wanted:
            response.set_cookie(name, "1", max_age=MARK_DAYS * 86_400, path="/", secure=secure, httponly=True, samesite="strict")
        else:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")

    def _alerts(self, request: Request) -> str:
        return f"{self._cookie(request)}-alerts"


def tag(token: bytes) -> str:
    """A name of the session for the page's own script, from which the cookie cannot be told."""
    return hmac.digest(token, b"faro desk tag 1", "sha256")[:16].hex()


def _name(host: str) -> str:
    """``localhost:8000`` -> ``localhost``; brackets of an IPv6 address stay."""
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
