"""A strict Twilio over HTTP: delivers signed webhooks, reads TwiML as Twilio does, and serves the REST calls that we make.

Here belongs what Twilio promises and what it refuses, written from its documentation and independent of our adapter: its own
signature, its own count of segments. Never here: what Faro should answer.

``FakeTwilio`` is the provider's side, ``Phone`` one person's telephone on it, ``RestApi`` the REST interface (an ASGI
application) and ``Redirected`` the library's HTTP client pointed at it. ``Proxy`` is a reverse proxy to stand before the
application, which rewrites what proxies rewrite.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import smsutil
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "an auth token that only the two of us know"

STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
HELP = ("HELP", "INFO")
START = ("START", "YES", "UNSTOP")

Fields = list[tuple[str, str]]
OptOut = Literal["default", "advanced", "off"]


def signature(token: str, url: str, fields: Fields) -> str:
    """The value of X-Twilio-Signature, after Twilio's description of it (not after its library)."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class TwimlError(Exception):
    """What Twilio's debugger would show. ``code`` is Twilio's."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


def read_twiml(content_type: str, body: bytes) -> list[str]:
    """The texts that a TwiML document sends. Raises TwimlError for everything that Twilio would refuse or ignore."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("text/xml", "application/xml"):
        raise TwimlError(12300, f"content type {content_type!r}")
    if len(body) > 64 * 1024:
        raise TwimlError(11750, "longer than 64 kB")
    try:
        root = ET.fromstring(body.decode("utf-8"))
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise TwimlError(12100, f"no XML: {error}") from error
    if root.tag != "Response" or root.attrib or (root.text or "").strip():
        raise TwimlError(12200, f"the root is <{root.tag}>")
    texts = []
    for verb in root:
        if verb.tag != "Message" or verb.attrib or (verb.tail or "").strip():
            raise TwimlError(12200, f"<{verb.tag} {verb.attrib}> is not a plain Message")
        inner = list(verb)
        if inner and (len(inner) != 1 or inner[0].tag != "Body" or inner[0].attrib or list(inner[0])):
            raise TwimlError(12200, "a Message holds more than a Body")
        text = (inner[0].text if inner else verb.text) or ""
        if not text.strip():
            raise TwimlError(21602, "a Message without a text")
        if len(text.encode("utf-16-be")) // 2 > 1600:
            raise TwimlError(21617, "a Message of more than 1600 characters")
        texts.append(text)
    return texts


def segments(text: str) -> int:
    """How many segments Twilio would bill, counted by a library that is not ours."""
    return len(smsutil.split(text).parts)


@dataclass(slots=True)
class Delivery:
    """One webhook call with its retries, and the call to the fallback address if it came to that."""

    status: int
    """HTTP status of the last call to the main address; 0 where there was no connection or no answer in time."""
    texts: list[str] = field(default_factory=list)
    """What reached the telephone."""
    attempts: int = 1
    fallback: int | None = None
    """HTTP status of the fallback address, where it was called."""
    error: int | None = None
    """Twilio's code for what went wrong."""
    dropped: list[str] = field(default_factory=list)
    """Texts that were not sent on, because the person had sent STOP (21610)."""


class FakeTwilio:
    """The provider. ``url`` is the webhook as it is configured in the console and is what gets signed; ``reach`` is where
    the server listens that stands behind this address. ``opt_out`` chooses who handles STOP, HELP and START:

    - ``default``: Twilio answers by itself and passes the word on as any other message;
    - ``advanced``: the same with texts of one's own, and ``OptOutType`` says so;
    - ``off``: nobody but us.
    """

    def __init__(
        self,
        url: str,
        reach: str,
        *,
        account_sid: str = ACCOUNT,
        token: str = TOKEN,
        opt_out: OptOut = "off",
        fallback_url: str = "",
        media_url: str = "http://127.0.0.1:9/media",
        signs_port: bool = False,
        timeout: float = 15.0,
    ) -> None:
        self.url, self.fallback_url, self.reach = url, fallback_url, reach
        self.account_sid, self.token, self.opt_out = account_sid, token, opt_out
        self.media_url = media_url
        self.signs_port = signs_port
        self.blocked: set[str] = set()
        self.errors: list[TwimlError] = []
        self.calls: list[tuple[str, Fields, dict[str, str]]] = []
        """Every call that was made: address, fields, headers."""
        self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> FakeTwilio:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def sid(self) -> str:
        return f"SM{next(self._numbers):032x}"

    async def inbound(self, fields: Fields) -> Delivery:
        """A message arrives at Twilio: opt-out words are handled, the webhook is called, the answer is sent on."""
        given = dict(fields)
        sender, text = given["From"], given.get("Body", "").strip().upper()
        kind = "STOP" if text in STOP else "HELP" if text in HELP else "START" if text in START else ""
        own: list[str] = []
        if kind and self.opt_out != "off":
            was_blocked = sender in self.blocked
            if kind == "STOP":
                self.blocked.add(sender)
                own = [] if was_blocked else ["(Twilio) STOP"]
            elif kind == "START":
                self.blocked.discard(sender)
                # A default number says something to YES only where there was something to undo.
                own = ["(Twilio) START"] if was_blocked or text != "YES" else []
            else:
                own = ["(Twilio) HELP"]
            if self.opt_out == "advanced":
                fields = [*fields, ("OptOutType", kind)]
        delivery = await self.deliver(fields)
        if sender in self.blocked:
            delivery.dropped, delivery.texts = delivery.texts, []
            if delivery.dropped:
                delivery.error = 21610
        delivery.texts = own + delivery.texts
        return delivery

    async def deliver(self, fields: Fields, **changes: Any) -> Delivery:
        """Call the webhook, again where its address says so, then the fallback address. ``changes`` go to ``call``."""
        overrides = dict(parse_qsl(urlsplit(self.url).fragment))
        policy = set(overrides.get("rp", "ct").split(","))
        status, response, code = 0, None, 0
        attempts = 0
        while attempts <= int(overrides.get("rc", "1")):
            attempts += 1
            try:
                response = await self.call(self.url, fields, **changes)
            except httpx.TimeoutException:
                status, code, failure = 0, 11205, "rt"
            except httpx.TransportError:
                status, code, failure = 0, 11200, "ct"
            else:
                status = response.status_code
                if status < 400:
                    break
                code, failure = 11200, "5xx" if status >= 500 else "4xx"
            if not policy & {failure, "all"}:
                break
        delivery = Delivery(status, attempts=attempts)
        if response is not None and status and status < 400:
            try:
                delivery.texts = read_twiml(response.headers.get("content-type", ""), response.content)
                return delivery
            except TwimlError as error:
                self.errors.append(error)
                code = error.code
        delivery.error = code
        if self.fallback_url:
            again = [*fields, ("ErrorCode", str(code)), ("ErrorUrl", self.url.partition("#")[0])]
            try:
                response = await self.call(self.fallback_url, again, **changes)
            except httpx.TransportError:
                delivery.fallback = 0
                return delivery
            delivery.fallback = response.status_code
            if response.status_code < 400:
                try:
                    delivery.texts = read_twiml(response.headers.get("content-type", ""), response.content)
                except TwimlError as error:
                    self.errors.append(error)
        return delivery

    async def call(
        self,
        url: str,
        fields: Fields,
        *,
        method: str = "POST",
        sign: str | None = None,
        url_signed: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        """One HTTP call, signed. ``sign`` replaces the signature ("" leaves the header out), ``url_signed`` and ``token``
        what it is made with, ``body`` what is sent."""
        # A fragment never leaves Twilio.
        public = urlsplit(url)._replace(fragment="")
        signed = public
        if self.signs_port and not public.port:
            signed = public._replace(netloc=f"{public.netloc}:{443 if public.scheme == 'https' else 80}")
        if sign is None:
            sign = signature(token or self.token, url_signed or urlunsplit(signed), fields)
        sent = {
            "Host": public.netloc,
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": hashlib.sha1(str(fields).encode()).hexdigest(),
            **({"X-Twilio-Signature": sign} if sign else {}),
            **(headers or {}),
        }
        target = urlsplit(self.reach)
        where = urlunsplit(public._replace(scheme=target.scheme, netloc=target.netloc))
        self.calls.append((url, fields, sent))
        content = urlencode(fields).encode() if body is None else body
        return await self._http.request(method, where, content=content, headers=sent)


class Phone:
    """One person's telephone, on SMS or WhatsApp. ``screen`` is everything that ever appeared on it."""

    def __init__(self, twilio: FakeTwilio, channel: Literal["sms", "whatsapp"], number: str, to: str = "+15550100") -> None:
        self.twilio, self.channel = twilio, channel
        prefix = "whatsapp:" if channel == "whatsapp" else ""
        self.number, self._to = prefix + number, prefix + to
        self.screen: list[str] = []
        self.last: Fields = []

    def fields(self, body: str = "", *, sid: str = "", **more: str) -> Fields:
        """The fields of an inbound message, as Twilio sends them for this channel."""
        sid = sid or self.twilio.sid()
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.twilio.account_sid,
            "From": self.number,
            "To": self._to,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": str(max(1, segments(body))),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        if self.channel == "whatsapp":
            fields |= {
                "ProfileName": "P",
                "WaId": self.number.partition("+")[2],
                "MessageType": "text",
                "ReferralNumMedia": "0",
                "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {"ProfileName": "P"}}}),
            }
        else:
            fields |= {"ToCountry": "US", "ToState": "", "ToCity": "", "ToZip": "", "FromCountry": "", "FromState": ""}
        return list((fields | more).items())

    async def sends(self, fields: Fields) -> Delivery:
        self.last = fields
        delivery = await self.twilio.inbound(fields)
        self.screen += delivery.texts
        return delivery

    async def says(self, text: str, **more: str) -> Delivery:
        return await self.sends(self.fields(text, **more))

    async def shares(self, lat: float, lon: float, **more: str) -> Delivery:
        location = {"Latitude": str(lat), "Longitude": str(lon), "MessageType": "location"}
        return await self.sends(self.fields(**(location | more)))

    async def sends_file(self, content_type: str, body: str = "", message_type: str = "", **more: str) -> Delivery:
        url = f"{self.twilio.media_url}/ME{random.getrandbits(128):032x}"
        media = {"NumMedia": "1", "MediaContentType0": content_type, "MediaUrl0": url}
        if message_type and self.channel == "whatsapp":
            media["MessageType"] = message_type
        return await self.sends(self.fields(body, **(media | more)))

    async def redelivers(self) -> Delivery:
        """The same call once more, as after an answer that got lost."""
        delivery = await self.twilio.inbound(self.last)
        self.screen += delivery.texts
        return delivery


# --- what stands between ---------------------------------------------------------------------------------------------

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Proxy:
    """A reverse proxy (an ASGI application): calls ``target`` with a Host of its own, the forwarding headers that it was
    told to write, and without the first part of the path where it strips one."""

    def __init__(
        self, target: str, *, host: str = "internal:8000", headers: Mapping[str, str] | None = None, strip: str = ""
    ) -> None:
        self.target, self.host, self.headers, self.strip = target, host, dict(headers or {}), strip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        headers |= {"host": self.host, **self.headers}
        path = scope["path"].removeprefix(self.strip)
        query = scope["query_string"].decode()
        async with httpx.AsyncClient() as client:
            answer = await client.request(
                scope["method"], f"{self.target}{path}" + (f"?{query}" if query else ""), content=body, headers=headers
            )
        kept = [
            (name.lower().encode(), value.encode()) for name, value in answer.headers.items() if name.lower() != "transfer-encoding"
        ]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        await send({"type": "http.response.body", "body": answer.content})


# --- REST ------------------------------------------------------------------------------------------------------------


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    """The library's own HTTP client, with every host replaced by ``base``; ``calls`` are (method, original address)."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = urlsplit(base)
        self.calls: list[tuple[str, str]] = []

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> TwilioResponse:
        self.calls.append((method.upper(), url))
        moved = urlunsplit(urlsplit(url)._replace(scheme=self.base.scheme, netloc=self.base.netloc))
        return super().request(method, moved, *args, **kwargs)


def record(sid: int, sent: datetime | None, *, status: str = "received", media: int = 0, **more: Any) -> dict[str, Any]:
    """A message as the REST interface shows it."""
    shown = sent.strftime("%a, %d %b %Y %H:%M:%S +0000") if sent else None
    return {
        "sid": f"SM{sid:032x}",
        "account_sid": ACCOUNT,
        "from": "+573001XXXX",
        "to": "+15550100",
        "body": "",
        "direction": "inbound",
        "status": status,
        "date_sent": shown,
        "date_created": shown,
        "date_updated": shown,
        "num_media": str(media),
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "error_message": None,
        "api_version": "2010-04-01",
        "messaging_service_sid": None,
        "uri": "",
        "subresource_uris": {},
    } | more


class RestApi:
    """Messages (create, list by date and page, delete), their media, numbers, messaging services, WhatsApp senders (ASGI).

    ``refusals`` maps the sid of a message to (HTTP status, code) with which its deletion is refused, ``unwanted`` a recipient to
    those with which a message to it is. Of what it sends it keeps number and text, unless the message says otherwise
    (``ContentRetention``, ``AddressRetention``), which an account without redaction refuses.
    """

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.media: dict[str, list[str]] = {}
        self.numbers: list[dict[str, Any]] = []
        self.services: list[dict[str, Any]] = []
        self.senders: list[dict[str, Any]] = []
        self.refusals: dict[str, tuple[int, int]] = {}
        self.unwanted: dict[str, tuple[int, int]] = {}
        self.redaction = True
        """Whether the account has the feature."""
        self.sent: list[dict[str, str]] = []
        """Fields of each message that left, in order."""
        self.bodies: list[bytes] = []
        """Body of each call that asked for one."""
        self.calls: list[tuple[str, str]] = []

    def keep(self, *records: dict[str, Any]) -> None:
        for entry in records:
            self.messages[entry["sid"]] = entry
            self.media[entry["sid"]] = [f"ME{entry['sid'][2:]}"] * (int(entry["num_media"]) > 0)

    @property
    def downloads(self) -> int:
        """Calls for the content of a file."""
        return sum(1 for _, path in self.calls if path.startswith("/media"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await asyncio.sleep(0)
        method, path = scope["method"], scope["path"]
        self.calls.append((method, path))
        body, more = b"", method == "POST"
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name: value for name, value in scope["headers"]}
        expected = b"Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode())
        if headers.get(b"authorization") != expected:
            status, answer = 401, _error(401, 20003, "Authenticate")
        else:
            fields = body if method == "POST" else scope["query_string"]
            status, answer = self._answer(method, path, dict(parse_qsl(fields.decode())))
            if method == "POST":
                self.bodies.append(body)
        body = b"" if answer is None else json.dumps(answer).encode()
        fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
        account = f"/2010-04-01/Accounts/{ACCOUNT}"
        if path.startswith(f"{account}/Messages"):
            parts = path.removeprefix(f"{account}/Messages").removesuffix(".json").strip("/").split("/")
            return self._messages(method, [part for part in parts if part], query, account)
        if method == "GET" and path == f"{account}/IncomingPhoneNumbers.json":
            return 200, {"incoming_phone_numbers": self.numbers, "next_page_uri": None}
        if method == "GET" and path == "/v1/Services":
            return 200, {"services": self.services, "meta": {"key": "services", "next_page_url": None}}
        if method == "GET" and path == "/v2/Channels/Senders":
            if query.get("Channel") != "whatsapp":
                return 400, _error(400, 20001, "Channel is required")
            return 200, {"senders": self.senders, "meta": {"key": "senders", "next_page_url": None}}
        return 404, _error(404, 20404, f"{path} was not found")

    def _messages(self, method: str, parts: list[str], query: dict[str, str], account: str) -> tuple[int, Any]:
        if not parts and method == "POST":
            return self._create(query)
        if not parts:
            return self._list(query, account) if method == "GET" else (405, _error(405, 20004, "Method not allowed"))
        sid, media = parts[0], parts[1:]
        if media[:1] == ["Media"]:
            files = self.media.get(sid, [])
            if method == "GET" and len(media) == 1:
                listed = [{"sid": file, "parent_sid": sid, "account_sid": ACCOUNT} for file in files]
                return 200, {"media_list": listed, "next_page_uri": None}
            if method == "DELETE" and media[1] in files:
                files.remove(media[1])
                return 204, None
            return 404, _error(404, 20404, "not found")
        if sid in self.refusals:
            status, code = self.refusals[sid]
            return status, _error(status, code, "refused")
        if method == "DELETE" and sid in self.messages:
            del self.messages[sid]
            return 204, None
        return 404, _error(404, 20404, "not found")

    def _create(self, form: dict[str, str]) -> tuple[int, Any]:
        to, body = form.get("To", ""), form.get("Body", "")
        sender = form.get("From", "") or form.get("MessagingServiceSid", "")
        if not to:
            return 400, _error(400, 21604, "A 'To' phone number is required.")
        if not sender:
            return 400, _error(400, 21603, "A 'From' phone number is required.")
        if not body.strip():
            return 400, _error(400, 21602, "Message body is required.")
        if len(body.encode("utf-16-be")) // 2 > 1600:
            return 400, _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if not sender.startswith("MG") and sender.startswith("whatsapp:") is not to.startswith("whatsapp:"):
            return 400, _error(400, 21910, "Invalid From and To pair. From and To should be of the same channel")
        for name, values, code in (
            ("ContentRetention", ("retain", "discard"), 30029),
            ("AddressRetention", ("retain", "obfuscate"), 30030),
        ):
            if name in form and (form[name] not in values or not self.redaction):
                return 400, _error(400, code, f"Invalid {name}")
        if not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36_000:
            return 400, _error(400, 21626, "ValidityPeriod is out of range")
        if to in self.unwanted:
            status, code = self.unwanted[to]
            # As the real one does: the number stands in the sentence.
            return status, _error(status, code, f"Message to {to} was refused: {body}")
        self.sent.append(form)
        shown_to = to[:-4] + "XXXX" if form.get("AddressRetention") == "obfuscate" else to
        shown_body = "" if form.get("ContentRetention") == "discard" else body
        entry = record(10**9 + len(self.sent), None, status="queued", to=shown_to, body=shown_body, direction="outbound-api")
        entry["from"] = sender
        self.keep(entry)
        return 201, entry

    def _list(self, query: dict[str, str], account: str) -> tuple[int, Any]:
        found = sorted(self.messages.values(), key=lambda entry: _sent(entry) or datetime.max.replace(tzinfo=UTC), reverse=True)
        if "DateSent<" in query:
            before = datetime.fromisoformat(query["DateSent<"])
            # Twilio compares days: what was sent on that day is in the list as well.
            found = [entry for entry in found if (sent := _sent(entry)) and sent.date() <= before.date()]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        more = found[(page + 1) * size :]
        onward = urlencode({**query, "Page": page + 1})
        return 200, {
            "messages": found[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "next_page_uri": f"{account}/Messages.json?{onward}" if more else None,
        }


def _sent(entry: dict[str, Any]) -> datetime | None:
    shown = entry["date_sent"]
    return datetime.strptime(shown, "%a, %d %b %Y %H:%M:%S %z") if shown else None


def _error(status: int, code: int, message: str) -> dict[str, Any]:
    return {"status": status, "code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
