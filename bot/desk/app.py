"""The desk as an application: finds the session and the page, asks who may, protects, answers.

Here belongs what happens to every request, in one order. Never here: what a page shows, who may do what, how a session lives.

A request goes through: known host, own origin for what changes something, session, page, permission, the form's token, handler.
Something that a person may not see gets the same bytes as something that does not exist.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot import db, logs
from bot.alerts.addresses import Addresses
from bot.browser_language import language_of
from bot.desk import pages
from bot.desk import pulse as pulses
from bot.desk.pulse import Pulse
from bot.desk.rendering import Rendering
from bot.desk.routing import PUBLIC, REGISTRY, ROOT, Page
from bot.desk.security import Frame, Surroundings, headers
from bot.desk.visit import Malformed, NotHere, Refused, TooLarge, Visit, read, wants_json
from bot.desk.words import Words
from bot.settings import Settings
from bot.staff import desk_sessions
from bot.staff.locks import Locks
from flows.facts import LANGS

for _module in pkgutil.iter_modules(pages.__path__):
    importlib.import_module(f"{pages.__name__}.{_module.name}")

#: Where somebody arrives who is not signed in, or not any more.
SIGN_IN: Final = "/sign-in"
_SAFE: Final = frozenset({"GET", "HEAD"})
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(slots=True)
class Parts:
    """What the composition root hands to pages beside the database. A part that is None is not there, and its pages say so."""

    roster: Any = None
    """``bot.roster.live.LiveRoster``: who is on duty now."""
    tickets: Any = None
    """``bot.tickets.storing.Tickets``: what every act on a ticket needs."""
    complaints: Any = None
    """``bot.complaints.storing.Complaints``: what every act on a complaint needs."""
    relay: Any = None
    """``bot.relay.Relay``: carries an answer to whoever said "write to me here"."""
    demo: Any = None
    """``bot.demo_staff.DemoStaff``: who may be entered as with one click, in a demo and nowhere else."""
    connected: Any = None
    """``(box, ticket id, contact id) -> awaitable``: renews the connection of a chat that was written to."""
    moves: Any = None
    """``bot.tickets.movements.Moves``: what every act on a referral or a transfer needs."""
    duties: Any = None
    """``bot.duty_texts.DutyTextBook``: what is said of a country to whoever hands over to it."""
    codes: Any = None
    """``bot.tickets.attempts.Intake``: codes for invented requests."""
    alerts: Addresses | None = None
    """Where alerts to an account go."""


class Desk:
    """The staff surface over one database. Calling it serves ASGI; ``routes()`` mounts it."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        secret: bytes,
        *,
        clock: Callable[[], float] = time.time,
        parts: Parts | None = None,
        frame: Frame = "none",
        hosts: Collection[str] | None = None,
    ) -> None:
        """``secret``: ``bot.secret.process_secret``, made once in a process. ``frame``: ``self`` shows it beside the phone of a
        demo. ``hosts``: names under which it answers; without it, any in a live installation, and in a demo this machine's, and the
        public one where somebody said so (``SIMULATOR=true``).
        Raises ContentError where the catalogs of the desk lack something.
        """
        self.engine, self.settings, self.locks = engine, settings, Locks(secret)
        self.parts = parts or Parts()
        self._clock = clock
        self.pulse = Pulse(engine)
        self.complaints_pulse = Pulse(engine, pulses.complaints)
        self.words = Words.load()
        self.rendering = Rendering(self, self.words)
        live = settings.mode == "live"
        public = urlsplit(settings.public_url).hostname if settings.simulator else None
        own = ("*",) if live else (*_LOOPBACK, *((public,) if public else ()))
        self.surroundings = Surroundings(live=live, public_url=settings.public_url, hosts=own if hosts is None else hosts)
        self.frame = frame
        self._headers = headers(frame, secure=live)
        self._nowhere = Page("", (), PUBLIC, _nowhere)

    def routes(self) -> list[BaseRoute]:
        """To be mounted at the root of the process's surface."""
        return [Route(ROOT, self), Mount(ROOT, self)]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the desk answers requests, not {scope['type']}")
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            response = PlainTextResponse("", 400)
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    # -- one request

    async def _answer(self, request: Request) -> Response:
        if not self.surroundings.is_known(request):
            return PlainTextResponse("The desk does not answer under this name. PUBLIC_URL gives it one.\n", 403)
        visit = Visit(self, request, self._nowhere, {}, self.now(), self.words.voice(self._language(request)))
        try:
            with db.explained(self.engine.url):
                return await self._guarded(visit)
        except NotHere:
            return self._problem(visit, 404, "desk.common.not_here", "desk.common.not_here.title")
        except Malformed:
            return self._problem(visit, 400, "desk.common.malformed")
        except TooLarge:
            return self._problem(visit, 413, "desk.common.too_large")
        except Refused as refusal:
            return self._problem(visit, refusal.status, refusal.id, params=refusal.params)
        except ClientDisconnect:
            raise
        except db.DatabaseDown as fault:
            logs.failure("desk", fault, store="database", outcome="store_down")
            return self._problem(visit, 503, "desk.common.store_down")
        except Exception as fault:
            logs.failure("desk", fault, outcome="failed")
            return self._problem(visit, 500, "desk.common.failed")

    async def _guarded(self, visit: Visit) -> Response:
        request = visit.request
        path = request.url.path.removeprefix(ROOT) or "/"
        changes = request.method not in _SAFE
        await self._find_session(visit)
        found = REGISTRY.at(path)
        public = [each for each in found if each[0].allow.public]
        if visit.staff is None and not public:
            return self._signed_out(request)
        allowed = [each for each in found if each[0].allow(visit.staff)]
        if not allowed:
            raise NotHere
        if changes and not self.surroundings.is_own(request):
            return self._problem(visit, 403, "desk.common.foreign")
        method = "GET" if request.method == "HEAD" else request.method
        chosen = next((each for each in allowed if method in each[0].methods), None)
        if chosen is None:
            methods = sorted({method for page, _ in allowed for method in page.methods})
            response = self._problem(visit, 405, "desk.common.wrong_method")
            response.headers["allow"] = ", ".join(methods)
            return response
        visit.page, visit.values = chosen
        if visit.session is not None and not visit.page.passive:
            await desk_sessions.touch(self.engine, visit.session, visit.now)
        if changes:
            visit.sent = await read(request, visit.page.body_limit)
            # A public page has no token of a form: that it comes from our own origin has been seen to.
            if visit.staff is not None and not visit.page.allow.public:
                given = request.headers.get("x-csrf") or visit.field("csrf")
                if not desk_sessions.csrf_matches(visit.token, given):
                    return self._problem(visit, 403, "desk.common.stale_form")
        return await visit.page.handler(visit)

    async def _find_session(self, visit: Visit) -> None:
        token = self.surroundings.token(visit.request)
        found = await desk_sessions.find(self.engine, token, visit.now) if token else None
        if found is not None:
            visit.staff, visit.session = found
            visit.token = token
            visit.t = self.words.voice(visit.staff.lang)

    def _language(self, request: Request) -> str:
        """Before somebody has signed in: what they chose on the page, else what their browser prefers."""
        chosen = request.query_params.get("lang", "")
        return chosen if chosen in LANGS else language_of(request.headers.get("accept-language", ""))

    # -- answers that are no page's

    def _signed_out(self, request: Request) -> Response:
        """The same for every address that is not public, whether there is something or not."""
        response: Response = RedirectResponse(ROOT + SIGN_IN, 303)
        if wants_json(request):
            response = Response(b'{"signed_out":true}', 401, media_type="application/json")
        if self.surroundings.token(request):
            self.surroundings.forget(request, response)
        return response

    def _problem(
        self, visit: Visit, status: int, id: str, title: str = "desk.common.problem.title", params: Mapping[str, object] = {}
    ) -> Response:
        """A page, or an answer to a script, that says in a sentence what is wrong and what to do."""
        if visit.wants_json:
            return visit.error(id, status, **params)
        # Drawn as the page "nowhere", so that nothing of it depends on which page was asked for.
        visit.page, visit.values = self._nowhere, {}
        return visit.show("problem.html", status, title=visit.t(title), sentence=visit.t(id, **params))


async def _nowhere(visit: Visit) -> Response:
    raise NotHere
