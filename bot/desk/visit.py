"""One request to the desk, as a page's handler gets it, and the ways to answer.

Here belongs what every handler needs: who asks, what was sent, words, pages. Never here: which page answers, protection
(``bot.desk.app`` has seen to both before a handler is called).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from python_multipart.exceptions import FormParserError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk.routing import ROOT, Page
from bot.desk.words import Voice
from bot.staff.desk_sessions import Open
from bot.staff.passkeys import Party
from bot.staff.roles import Actor

if TYPE_CHECKING:
    from bot.desk.app import Desk

T = TypeVar("T")


class NotHere(Exception):
    """There is nothing under this address, or not for this person: both are answered in the same words (404)."""


class Refused(Exception):
    """What was asked for cannot be done. The entry ``id`` with its parameters says why and what to do."""

    def __init__(self, id: str, status: int = 409, **params: object) -> None:
        super().__init__(id)
        self.id, self.status, self.params = id, status, params


class Malformed(Exception):
    """The body is not what a page of ours sends (400)."""


@dataclass(slots=True, repr=False)
class Sent:
    """The body of a request, read once. Which of the fields is filled depends on what kind of body it was."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    raw: bytes = b""
    """A body of JSON, as it came."""


@dataclass(slots=True, repr=False)
class Visit:
    """A request whose sender may ask for ``page``."""

    desk: Desk
    request: Request
    page: Page
    values: dict[str, Any]
    """Of the ``{names}`` in the page's path."""
    now: datetime
    t: Voice
    staff: Actor | None = None
    """Who asks; None on a public page. ``actor`` is the same for pages that need a sign-in."""
    session: Open | None = None
    token: bytes = b""
    sent: Sent = field(default_factory=Sent)

    @property
    def actor(self) -> Actor:
        if self.staff is None:
            raise NotHere
        return self.staff

    @property
    def engine(self) -> AsyncEngine:
        return self.desk.engine

    @property
    def party(self) -> Party:
        """Who asks for a passkey: the desk under the name by which this browser reaches it."""
        return Party.at(self.desk.surroundings.origin(self.request))

    @property
    def lang(self) -> str:
        return self.t.lang

    # -- what was sent

    def field(self, name: str) -> str:
        """The last value of a form's field, without blanks around it; empty when it was not sent."""
        values = self.sent.fields.get(name) or [""]
        return values[-1].strip()

    def fields(self, name: str) -> tuple[str, ...]:
        """Every value of a field, such as ticked boxes."""
        return tuple(self.sent.fields.get(name, ()))

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def decoded(self, kind: type[T]) -> T:
        """The JSON body as this msgspec shape. Raises Malformed."""
        try:
            return msgspec.json.decode(self.sent.raw, type=kind)
        except (msgspec.MsgspecError, UnicodeError):
            raise Malformed from None

    # -- answers

    def show(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page from ``templates/``."""
        return self.desk.rendering.response(self, template, status, context)

    def json(self, what: Any, status: int = 200) -> Response:
        return Response(msgspec.json.encode(what), status, media_type="application/json")

    def error(self, id: str, status: int = 422, **params: object) -> Response:
        """A sentence for a script that asked: ``{"error": …}``."""
        return self.json({"error": self.t(id, **params)}, status)

    def go(self, path: str, **query: str) -> Response:
        """To another page of the desk, with closed codes only in its query."""
        return RedirectResponse(ROOT + path + (f"?{urlencode(query)}" if query else ""), 303)

    @property
    def wants_json(self) -> bool:
        return wants_json(self.request)


def wants_json(request: Request) -> bool:
    """A script asks, rather than somebody who will look at the answer."""
    accepted = request.headers.get("accept", "")
    return "text/html" not in accepted and ("application/json" in accepted or "text/event-stream" in accepted)


async def read(request: Request, limit: int) -> Sent:
    """The body, read no further than ``limit`` bytes. Raises Malformed and TooLarge."""
    taken = bytearray()
    async for part in request.stream():
        taken += part
        if len(taken) > limit:
            raise TooLarge
    body = bytes(taken)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return Sent(raw=body)
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500, errors="strict")
        except ValueError:
            raise Malformed from None
        return Sent(fields=_gathered(pairs))
    if kind == "multipart/form-data":
        return await _multipart(request.headers, body)
    if body:
        raise Malformed
    return Sent()


class TooLarge(Exception):
    """More was sent than this page takes (413)."""


async def _multipart(headers: Headers, body: bytes) -> Sent:
    async def stream() -> Any:
        yield body

    try:
        # All of it is in memory already and within the page's limit: no part may spill into a file.
        parser = MultiPartParser(headers, stream(), max_files=5, max_fields=500, max_part_size=len(body) + 1)
        parser.spool_max_size = len(body) + 1
        form = await parser.parse()
    except (MultiPartException, FormParserError, KeyError, UnicodeError):
        raise Malformed from None
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    files = {name: await value.read() for name, value in form.multi_items() if isinstance(value, UploadFile)}
    await form.close()
    return Sent(fields=_gathered(pairs), files=files)


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Raises Malformed for a letter that no form has and no column of PostgreSQL takes."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise Malformed
        fields.setdefault(name, []).append(value)
    return fields


def dumped(what: Any) -> str:
    """JSON for a page's ``<script type="application/json">``: nothing in it can end the element."""
    return json.dumps(what, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
