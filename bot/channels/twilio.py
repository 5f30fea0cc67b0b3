"""SMS and WhatsApp over Twilio: signed webhooks in, TwiML out.

Here belongs what Twilio says and expects: signature, form fields, kinds of media, opt-out words, TwiML. Never here: what is
said to a person (``handle`` knows), calls to Twilio's REST interface (``twilio_retention``), anything that is kept.

The number behind ``From`` becomes a ``Person`` and a guess of the country in ``_inbound`` and is let go there; the body
becomes ``Words``. Neither is logged, and a file that somebody sends is never fetched (L-5).

Decisions, and why:

- **One configured address.** A signature covers the address that Twilio called. It is put together from ``public_url``,
  our own path and the query, never from ``Host`` or ``X-Forwarded-*``, which anybody may write.
- **Whatever happens, an answer.** Twilio hardly tries again, so a store that is down, a fault or 10 seconds of waiting (it
  gives up after 15) end in the constant text of ``last_resort`` with HTTP 200, which reaches the person.
- **Words that Twilio answers itself.** With Advanced Opt-Out it adds ``OptOutType`` and has sent the configured reply
  already. STOP then leaves without a word, whatever the word in that language was; HELP and START get no second reply and
  touch nothing. Without ``OptOutType`` the words go to the conversation like all others.
- **Text beside a file.** The words win, because a plea for help may be a caption. The name of a document or of a shared
  contact, which WhatsApp puts into the body, is no text of the person's.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from twilio.request_validator import add_port, remove_port  # type: ignore[import-untyped]

from bot import gsm7, logs
from bot.countries import usual_language
from bot.exchange import Handle, Inbound, Message, NotLeft, Person, Point, StoreDown, What
from flows.facts import Traits
from flows.kernel import Words

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SMS_PATH: Final = "/twilio/sms"
WHATSAPP_PATH: Final = "/twilio/whatsapp"
FALLBACK_PATH: Final = "/twilio/fallback"
PATHS: Final = (SMS_PATH, WHATSAPP_PATH, FALLBACK_PATH)
_CHANNEL = {SMS_PATH: "sms", WHATSAPP_PATH: "whatsapp", FALLBACK_PATH: "sms"}

SMS: Final = Traits(name="sms", form="sms")
#: A location can be shared with the telephone's own button; TwiML can send none.
WHATSAPP: Final = Traits(name="whatsapp", form="chat", location=True, reach="day")

#: Longest text of one ``<Message>``; a longer one is refused by Twilio (21617), so it goes out in several.
LONGEST: Final = 1600
#: More segments than this are a fault of the content (L-2); the message is sent all the same.
MOST_SEGMENTS: Final = 3
#: Seconds after which the constant answer goes out; Twilio waits 15.
PATIENCE: Final = 10.0

_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 200
_FORM = b"application/x-www-form-urlencoded"

#: The fields that are read. One of them twice in a call is refused: it could mean two things.
_READ = frozenset(
    {"AccountSid", "MessageSid", "From", "Body", "NumMedia", "MediaContentType0", "Latitude", "Longitude", "MessageType",
     "ButtonPayload", "ListId", "OptOutType"}
)  # fmt: skip

_OPEN = '<?xml version="1.0" encoding="UTF-8"?><Response>'
_SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response />'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FILE_NAME = re.compile(r"[^\n]{1,250}\.[A-Za-z0-9]{1,5}\s*")


class Vault(Protocol):
    """The two functions of ``bot.vault.Vault`` that are needed here."""

    def address(self, channel: str, value: str) -> Any: ...

    def person(self, address: Any) -> Person: ...


class Refused(Exception):
    """The call does not come from Twilio, or not for us. The reason is for our log only; the caller is told nothing."""


class Form(dict[str, list[str]]):
    """The form fields of one call, with every value of a name; ``getall`` is what Twilio's validator asks for first."""

    def getall(self, name: str) -> list[str]:
        return self[name]

    def first(self, name: str) -> str:
        values = self.get(name)
        return values[0] if values else ""


class Twilio:
    """ASGI application with three paths: ``/twilio/sms``, ``/twilio/whatsapp`` and ``/twilio/fallback``.

    ``public_url`` is the address under which Twilio reaches us, up to where these paths begin; it may have a path of its
    own. ``handle`` is the conversation. ``country_of`` says which country an E.164 number seems to belong to, or "".
    ``last_resort(country, lang)`` gives the constant text "not saved", with emergency numbers, where all else fails; both
    arguments may be empty. Raises ValueError where an answer could never be right: a missing secret or address.
    """

    paths = PATHS

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        public_url: str,
        handle: Handle,
        vault: Vault,
        country_of: Callable[[str], str],
        last_resort: Callable[[str, str], str],
        *,
        patience: float = PATIENCE,
    ) -> None:
        if not account_sid or not auth_token:
            raise ValueError("Twilio needs both an account SID and its auth token: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("PUBLIC_URL must be the address that Twilio calls, such as https://faro.example.org")
        self._account_sid = account_sid
        self._auth_token = auth_token.encode()
        base = public_url.rstrip("/")
        # Twilio signs the address now with, now without the default port. The validator's own ``validate`` takes both, but
        # takes them apart anew for each call, which costs more than the signature itself.
        self._addresses = {path: (remove_port(urlsplit(base + path)), add_port(urlsplit(base + path))) for path in PATHS}
        self._handle = handle
        self._vault = vault
        self._country_of = country_of
        self._last_resort = last_resort
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"Twilio speaks HTTP only, this is {scope['type']}")
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        if path not in PATHS:
            await _respond(send, 404)
            return
        if scope["method"] != "POST":
            await _respond(send, 405, headers=[(b"allow", b"POST")])
            return
        try:
            form = await self._verified(scope, path, receive)
        except Refused as refused:
            logs.event("refused", level=logging.WARNING, channel=_CHANNEL[path], outcome=str(refused))
            await _respond(send, 403)
            return
        try:
            answer = await self._answer(path, form)
        except Exception as error:
            # Even the constant text failed. 500 makes Twilio call the fallback address, which may lie elsewhere.
            logs.failure("no_answer", error, channel=_CHANNEL[path])
            await _respond(send, 500)
            return
        await _respond(send, 200, answer.encode())

    # -- who calls

    async def _verified(self, scope: Scope, path: str, receive: Receive) -> Form:
        """The form of a call that Twilio signed for this account. Raises Refused."""
        signatures, kinds = [], []
        for name, value in scope["headers"]:
            if name == b"x-twilio-signature":
                signatures.append(value.decode("latin-1"))
            elif name == b"content-type":
                kinds.append(value.partition(b";")[0].strip().lower())
        if len(signatures) != 1 or not signatures[0]:
            raise Refused("no_signature")
        if kinds != [_FORM]:
            raise Refused("no_form")
        form = _form(await _body(receive))
        query = scope.get("query_string", b"").decode("latin-1")
        behind = f"?{query}" if query else ""
        given = signatures[0].encode()
        if not any(
            hmac.compare_digest(signature(self._auth_token, f"{url}{behind}", form), given) for url in self._addresses[path]
        ):
            raise Refused("wrong_signature")
        if form.get("AccountSid") != [self._account_sid]:
            raise Refused("other_account")
        if any(len(form[name]) > 1 for name in _READ & form.keys()):
            raise Refused("field_twice")
        return form

    # -- what is answered

    async def _answer(self, path: str, form: Form) -> str:
        """The TwiML for one verified call."""
        sender = form.first("From")
        prefix, _, number = sender.rpartition(":")
        # By sender, not by path: one address may be configured for both.
        traits = WHATSAPP if prefix == "whatsapp" else SMS
        country = self._country(number)
        lang = usual_language(country) or ""
        opt_out = form.first("OptOutType").upper()
        if path == FALLBACK_PATH or not number or not form.first("MessageSid"):
            logs.event("constant_answer", level=logging.ERROR, channel=traits.name, outcome="fallback")
        elif opt_out in ("HELP", "START"):
            return _SILENCE
        else:
            try:
                inbound = self._inbound(form, number, traits, opt_out, country, lang)
                async with asyncio.timeout(self._patience):
                    reply = await self._handle(inbound)
                if reply.message is None:
                    return _SILENCE
                return self._twiml(reply.message, traits, reply.screen)
            except NotLeft:  # E-2: whoever leaves is not answered, whatever became of it; the conversation ends by its own time
                logs.event("constant_answer", level=logging.ERROR, channel=traits.name, outcome="not_left")
                return _SILENCE
            except StoreDown:
                logs.event("constant_answer", level=logging.ERROR, channel=traits.name, outcome="store_down")
            except TimeoutError:
                logs.event("constant_answer", level=logging.ERROR, channel=traits.name, outcome="too_late")
            except Exception as error:
                logs.failure("constant_answer", error, channel=traits.name, outcome="failed")
        return self._twiml(Message(self._last_resort(country, lang)), traits, "last_resort")

    def _country(self, number: str) -> str:
        try:
            return self._country_of(number) if number.startswith("+") else ""
        except Exception:
            return ""

    def _inbound(self, form: Form, number: str, traits: Traits, opt_out: str, country: str, lang: str) -> Inbound:
        person = self._vault.person(self._vault.address(traits.name, number))
        words: Words | None = None
        point: Point | None = None
        unreadable: What | None = None
        text = form.first("ButtonPayload") or form.first("ListId") or form.first("Body")
        media = form.first("MediaContentType0") if form.first("NumMedia") not in ("", "0") else None
        if opt_out == "STOP":
            words = Words("STOP")
        elif form.first("Latitude") or form.first("Longitude"):
            point = _point(form.first("Latitude"), form.first("Longitude"))
            unreadable = "other" if point is None else None
        elif media is not None:
            kind = _kind(media, traits)
            if text.strip() and kind != "contact" and not (kind == "file" and _FILE_NAME.fullmatch(text)):
                words = Words(text)
            else:
                unreadable = kind
        elif text or form.first("MessageType") in ("", "text", "button", "interactive"):
            words = Words(text)
        else:
            unreadable = _TYPES.get(form.first("MessageType"), "other")
        return Inbound(
            person=person,
            traits=traits,
            message_id=form.first("MessageSid"),
            words=words,
            point=point,
            unreadable=unreadable,
            country_hint=country,
            lang_hint=lang,
        )

    def _twiml(self, message: Message, traits: Traits, screen: str) -> str:
        text = message.text
        if traits.form == "sms":
            text = gsm7.to_gsm7(text)
            segments = gsm7.segments(text)
            if segments > MOST_SEGMENTS:
                logs.event("long_message", level=logging.WARNING, channel=traits.name, screen=screen, count=segments)
        return twiml(text)


# --- TwiML -----------------------------------------------------------------------------------------------------------


def twiml(text: str) -> str:
    """The TwiML that sends ``text``, in as many messages as its length needs; an empty text sends nothing.

    The same as ``twilio.twiml.messaging_response`` writes (a test compares them), without building a tree for each turn.
    Characters that XML cannot carry are left out: Twilio would refuse the document and the person would get nothing.
    """
    text = _NOT_XML.sub("", text)
    if not text.strip():
        return _SILENCE
    bodies = "".join(f"<Message>{_escaped(piece)}</Message>" for piece in pieces(text))
    return f"{_OPEN}{bodies}</Response>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """``text`` in pieces of at most ``longest`` UTF-16 units, cut between paragraphs, lines or words where there are any."""
    found: list[str] = []
    while _units(text) > longest:
        # Cut on letters; where some count twice, take half as many, which is always short enough.
        room = longest if text.isascii() or max(text) <= "\uffff" else longest // 2
        head = text[: room + 1]
        cut = next((at for at in (head.rfind("\n\n"), head.rfind("\n"), head.rfind(" ")) if at > room // 2), room)
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    found.append(text)
    return [piece for piece in found if piece]


def _units(text: str) -> int:
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


# --- reading a call --------------------------------------------------------------------------------------------------

_TYPES: Final[dict[str, What]] = {
    "audio": "voice", "voice": "voice", "image": "picture", "video": "picture", "document": "file", "sticker": "sticker",
    "contact": "contact", "contacts": "contact",
}  # fmt: skip


def _kind(content_type: str, traits: Traits) -> What:
    """What a file is, by its content type: nothing else of it is looked at."""
    content_type = content_type.partition(";")[0].strip().lower()
    if content_type == "image/webp" and traits is WHATSAPP:
        return "sticker"
    if content_type in ("text/vcard", "text/x-vcard", "text/directory"):
        return "contact"
    family = content_type.partition("/")[0]
    return "voice" if family == "audio" else "picture" if family in ("image", "video") else "file"


def _point(lat: str, lon: str) -> Point | None:
    try:
        north, east = float(lat), float(lon)
    except ValueError:
        return None
    # "nan" is a number to float(), and in no range.
    return Point(north, east) if abs(north) <= 90 and abs(east) <= 180 else None


def signature(auth_token: bytes, address: str, form: Mapping[str, Sequence[str]]) -> bytes:
    """How Twilio signs a call: HMAC-SHA1 over the address and the sorted fields. What its own library computes (a test compares
    them), without taking the key apart anew for each call."""
    signed = address + "".join([name + value for name in sorted(form) for value in sorted(set(form[name]))])
    return base64.b64encode(hmac.digest(auth_token, signed.encode(), "sha1"))


def _form(body: bytes) -> Form:
    """The fields of a form, as ``urllib.parse.parse_qsl`` reads them (a test compares them), in a third of its time."""
    form = Form()
    try:
        pairs = body.decode("ascii").split("&")
        if len(pairs) > _MOST_FIELDS:
            raise Refused("unreadable_form")
        for pair in pairs:
            if pair:
                name, _, value = pair.partition("=")
                form.setdefault(_unquoted(name), []).append(_unquoted(value))
    except ValueError:
        raise Refused("unreadable_form") from None
    return form


def _unquoted(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Refused("cut_short")
        part: bytes = event.get("body", b"")
        size += len(part)
        if size > _LARGEST_BODY:
            raise Refused("too_large")
        parts.append(part)
        if not event.get("more_body", False):
            return b"".join(parts)


async def _respond(send: Send, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> None:
    fields = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"), *(headers or ())]
    if body:
        fields.append((b"content-type", b"text/xml; charset=utf-8"))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
