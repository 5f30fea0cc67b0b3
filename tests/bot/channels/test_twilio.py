"""SMS and WhatsApp over Twilio: who may call, what is read, what goes back, and what never leaves a trace.

Over HTTP against a strict fake (``tests.fakes.twilio_api``), with Twilio's own validator and TwiML writer as judges. What every
channel promises alike is in ``test_contract``. The conversation here is a stand-in that answers what a case needs.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bot import gsm7, logs
from bot.channels import twilio as channel
from bot.channels.twilio import FALLBACK_PATH, SMS_PATH, WHATSAPP_PATH, Twilio, pieces, twiml
from bot.channels.twilio_retention import Removed, check_number, check_redaction, faults, remove_older_records, rest_client
from bot.exchange import Inbound, Message, NotLeft, Reply, StoreDown
from bot.vault import Correspondent, Vault
from flows import reserved
from tests.fakes import twilio_api
from tests.fakes.twilio_api import ACCOUNT, TOKEN, FakeTwilio, Fields, OptOut, Phone, Proxy, Redirected, RestApi, record, signature
from tests.servers import serving

PUBLIC = "https://faro.example.org"
NUMBER = "+573001234567"
RESORT = "Not saved: try again. {country}{lang} 112"


def last_resort(country: str, lang: str) -> str:
    return RESORT.format(country=country, lang=lang)


def country_of(number: str) -> str:
    return {"+57": "CO", "+55": "BR", "+1": "US"}.get(number[:3] if number[:2] != "+1" else "+1", "")


@dataclass
class Talk:
    """A conversation that answers ``text`` (None: silence) and keeps what it was given, as plain values."""

    text: str | None = "hello"
    fault: BaseException | None = None
    slow: float = 0.0
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, inbound: Inbound) -> Reply:
        person = inbound.person
        assert isinstance(person, Correspondent)
        self.heard.append(
            {
                "channel": inbound.traits.name,
                "form": inbound.traits.form,
                "address": (person.address.channel, person.address.reveal()),
                "id": inbound.message_id,
                "words": inbound.words and inbound.words.reveal(),
                "point": inbound.point and inbound.point.reveal(),
                "unreadable": inbound.unreadable,
                "country": inbound.country_hint,
                "lang": inbound.lang_hint,
            }
        )
        assert sum(what is None for what in (inbound.words, inbound.press, inbound.point, inbound.unreadable)) == 3
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.fault:
            raise self.fault
        return Reply(None if self.text is None else Message(self.text), screen="start.hello", outcome="answered")

    @property
    def last(self) -> dict[str, Any]:
        return self.heard[-1]


@dataclass
class Line:
    """The adapter behind its address, the fake before it, a telephone on each channel."""

    talk: Talk
    twilio: FakeTwilio
    sms: Phone
    whatsapp: Phone


class Stage:
    """One server for all cases of this file: starting one takes longer than a case. ``inner`` is what it serves now."""

    def __init__(self) -> None:
        self.url = ""
        self.inner: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inner(scope, receive, send)


ADAPTER, REST = Stage(), Stage()


@pytest.fixture(scope="module", autouse=True)
def stages() -> Iterator[None]:
    with serving(ADAPTER, lifespan="off") as ADAPTER.url, serving(REST, lifespan="off") as REST.url:
        yield


@asynccontextmanager
async def line(
    talk: Talk | None = None,
    *,
    path: str = SMS_PATH,
    public: str = PUBLIC,
    called: str = "",
    proxy: Callable[[str], Proxy] | None = None,
    patience: float = 5.0,
    resort: Callable[[str, str], str] = last_resort,
    **fake: Any,
) -> AsyncIterator[Line]:
    talk = talk or Talk()
    adapter = Twilio(ACCOUNT, TOKEN, public, talk.handle, Vault(b"s" * 32), country_of, resort, patience=patience)
    ADAPTER.inner = adapter
    fake = {"fallback_url": public + FALLBACK_PATH} | fake
    with nullcontext(ADAPTER.url) if proxy is None else serving(proxy(ADAPTER.url), lifespan="off") as outside:
        async with FakeTwilio(called or public + path, outside, **fake) as twilio:
            yield Line(talk, twilio, Phone(twilio, "sms", NUMBER), Phone(twilio, "whatsapp", NUMBER))


# --- the fake is right -----------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(["Body", "From", "A", "Z9", "ñ"]), st.text(max_size=8)), max_size=6),
    st.sampled_from(["https://faro.example.org/twilio/sms", "https://faro.example.org/a?b=c&d=%20", "http://127.0.0.1:8000/x"]),
)
@settings(max_examples=200, deadline=None)
def test_the_fake_signs_as_twilio_does(fields: Fields, url: str) -> None:
    form = channel.Form()
    for name, value in fields:
        form.setdefault(name, []).append(value)
    signed = signature(TOKEN, url, fields)
    assert RequestValidator(TOKEN).compute_signature(url, form) == signed == channel.signature(TOKEN.encode(), url, form).decode()
    assert RequestValidator(TOKEN).validate(url, form, signed)
    assert not RequestValidator(TOKEN + "x").validate(url, form, signed)


@given(
    st.lists(
        st.sampled_from(["a", "Body", "=", "&", "&&", "+", "%", "%20", "%C3", "%B1", "%c3%b1", "%zz", "%ff", "ñ", ";", "\0"]),
        max_size=12,
    )
)
@settings(max_examples=500, deadline=None)
def test_a_form_is_read_as_the_standard_library_reads_it(pieces: list[str]) -> None:
    """Mutation: a field without "=" left out, "+" or broken percents taken otherwise, bytes that are no UTF-8 let in."""
    body = "".join(pieces).encode()
    try:
        expected = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        with pytest.raises(channel.Refused):
            channel._form(body)
        return
    assert [(name, value) for name, values in channel._form(body).items() for value in values] == sorted(
        expected, key=lambda pair: [name for name, _ in expected].index(pair[0])
    )


def test_the_fake_reads_strictly() -> None:
    good = b'<?xml version="1.0" encoding="UTF-8"?><Response><Message>a &amp; b</Message></Response>'
    assert twilio_api.read_twiml("text/xml; charset=utf-8", good) == ["a & b"]
    assert twilio_api.read_twiml("application/xml", b"<Response/>") == []
    for kind, body, code in (
        ("text/html", good, 12300),
        ("text/xml", b"<Response><Message>a & b</Message></Response>", 12100),
        ("text/xml", b"<Response><Say>a</Say></Response>", 12200),
        ("text/xml", b"<Response>a</Response>", 12200),
        ("text/xml", b'<Response><Message to="+1">a</Message></Response>', 12200),
        ("text/xml", b"<Response><Message> </Message></Response>", 21602),
        ("text/xml", b"<Response><Message>" + b"a" * 1601 + b"</Message></Response>", 21617),
    ):
        with pytest.raises(twilio_api.TwimlError) as caught:
            twilio_api.read_twiml(kind, body)
        assert caught.value.code == code


def test_the_same_reserved_words() -> None:
    """The fake keeps its own list, from Twilio's description."""
    assert set(twilio_api.STOP) == reserved.STOP_LIKE
    assert set(twilio_api.HELP) == reserved.HELP_LIKE
    assert set(twilio_api.START) == reserved.START_LIKE


# --- who may call ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public", "called", "good"),
    [
        (PUBLIC, PUBLIC + "/twilio/sms", True),
        (PUBLIC + "/", PUBLIC + "/twilio/sms", True),
        (PUBLIC, PUBLIC + ":443/twilio/sms", True),
        (PUBLIC + ":443", PUBLIC + "/twilio/sms", True),
        (PUBLIC, PUBLIC + "/twilio/sms?a=b&c=d%20e", True),
        (PUBLIC, PUBLIC + "/twilio/sms#rc=2&rp=5xx", True),
        (PUBLIC, PUBLIC + ":8443/twilio/sms", False),
        (PUBLIC, "http://faro.example.org/twilio/sms", False),
        (PUBLIC, "https://faro.example.com/twilio/sms", False),
        (PUBLIC, "https://www.faro.example.org/twilio/sms", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/twilio/sms", True),
    ],
)
async def test_one_configured_address(public: str, called: str, good: bool) -> None:
    async with line(public=public, called=called) as on:
        delivery = await on.sms.says("hola")
        assert delivery.status == (200 if good else 403)
        assert bool(on.talk.heard) == good
        _, fields, headers = on.twilio.calls[0]
        ours = public.rstrip("/") + SMS_PATH + ("?" + urlsplit(called).query if urlsplit(called).query else "")
        assert RequestValidator(TOKEN).validate(ours, dict(fields), headers["X-Twilio-Signature"]) == good


async def test_port_in_the_signature() -> None:
    """Twilio sometimes signs the address with its default port."""
    async with line(signs_port=True) as on:
        assert (await on.sms.says("hola")).texts == ["hello"]


@pytest.mark.parametrize("path", ["/twilio/sms/", "/twilio", "/twilio/voice", "/twilio//sms", "/TWILIO/SMS"])
async def test_other_paths(path: str) -> None:
    async with line(path=path) as on:
        delivery = await on.twilio.deliver(on.sms.fields("hola"))
        assert delivery.status == 404
        assert not on.talk.heard


PROXIES = {
    "host rewritten": {},
    "forwarded": {"x-forwarded-host": "faro.example.org", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"},
    "forwarded wrongly": {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-port": "8080"},
    "forwarded by the standard": {"forwarded": "for=203.0.113.9;host=evil.example;proto=http"},
    "original url": {"x-original-url": "/twilio/other", "x-rewrite-url": "/twilio/other"},
}


@pytest.mark.parametrize("headers", PROXIES.values(), ids=PROXIES)
async def test_behind_a_proxy(headers: dict[str, str]) -> None:
    """What a proxy writes into headers changes nothing, in either direction."""
    async with line(proxy=lambda target: Proxy(target, headers=headers)) as on:
        assert (await on.sms.says("hola")).texts == ["hello"]
        evil = "http://evil.example/twilio/sms"
        for forged in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}):
            assert (await on.twilio.deliver(on.sms.fields("x"), url_signed=evil, headers=forged)).status == 403
        assert len(on.talk.heard) == 1


async def test_behind_a_proxy_that_strips_a_path() -> None:
    """PUBLIC_URL may have a path of its own, which the proxy takes away."""
    async with line(public=PUBLIC + "/faro", proxy=lambda target: Proxy(target, strip="/faro")) as on:
        assert (await on.sms.says("hola")).texts == ["hello"]


FORGERIES: dict[str, dict[str, Any]] = {
    "no signature": {"sign": ""},
    "empty signature": {"sign": "", "headers": {"X-Twilio-Signature": ""}},
    "wrong signature": {"sign": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    "no base64": {"sign": "ñ"},
    "another token": {"token": "another"},
    "another path": {"url_signed": PUBLIC + "/twilio/whatsapp"},
    "a query that was not signed": {"url_signed": PUBLIC + "/twilio/sms?x=1"},
    "empty body": {"body": b""},
    "another body": {"body": urlencode({"From": NUMBER, "AccountSid": ACCOUNT, "Body": "0"}).encode()},
    "json": {"headers": {"Content-Type": "application/json"}},
    "multipart": {"headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    "no content type": {"headers": {"Content-Type": ""}},
    "raw bytes": {"body": b"Body=\xff\xfe"},
    "broken escapes": {"body": b"Body=%ff%fe&From=x"},
    "huge": {"body": b"Body=" + b"a" * 100_000},
    "many fields": {"body": b"&".join(b"a%d=1" % n for n in range(1000))},
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("path", [SMS_PATH, WHATSAPP_PATH, FALLBACK_PATH])
async def test_forged(path: str, forgery: dict[str, Any]) -> None:
    async with line(path=path, fallback_url="") as on:
        changes = {key: value.encode() if key == "sign" and value == "ñ" else value for key, value in forgery.items()}
        if forgery.get("url_signed", "").endswith(path):
            changes["url_signed"] = PUBLIC + SMS_PATH
        response = await on.twilio.call(on.twilio.url, on.sms.fields("hola"), **changes)
        assert response.status_code == 403
        assert response.content == b""
        assert not on.talk.heard


async def test_too_large_to_be_read() -> None:
    """Signed or not: nobody makes us hold more than a message can be, and the check comes while reading."""
    async with line() as on:
        assert (await on.twilio.deliver(on.sms.fields("a" * 70_000))).status == 403
        assert (await on.twilio.deliver(on.sms.fields("a" * 1600 * 10))).status == 200
        assert len(on.talk.heard) == 1


async def test_two_signatures_are_none() -> None:
    async with line() as on:
        fields = on.sms.fields("hola")
        good = signature(TOKEN, on.twilio.url, fields)
        headers = [("X-Twilio-Signature", good), ("X-Twilio-Signature", "x"), ("Content-Type", "application/x-www-form-urlencoded")]
        async with httpx.AsyncClient() as client:
            response = await client.post(ADAPTER.url + SMS_PATH, content=urlencode(fields), headers=headers)
        assert response.status_code == 403


async def test_another_account() -> None:
    """Signed with our token, and for somebody else's account all the same."""
    async with line(account_sid="AC" + "f" * 32) as on:
        assert (await on.sms.says("hola")).status == 403
        assert (await on.twilio.deliver([("Body", "hola"), ("From", NUMBER), ("MessageSid", "SM1")])).status == 403
        assert not on.talk.heard


@pytest.mark.parametrize("name", ["From", "Body", "AccountSid", "MessageSid", "OptOutType"])
async def test_a_field_twice(name: str) -> None:
    """Signed, and yet refused: it could mean two people or two messages."""
    async with line() as on:
        fields = [*on.sms.fields("hola", OptOutType="X"), (name, "other")]
        assert (await on.twilio.deliver(fields)).status == 403
        assert not on.talk.heard


async def test_other_fields_may_come_twice() -> None:
    """Fields that are not read may do what they like; the signature covers them."""
    async with line() as on:
        assert (await on.twilio.deliver([*on.sms.fields("hola"), ("Extra", "2"), ("Extra", "1"), ("Extra", "1")])).status == 200


@pytest.mark.requirement("P-4")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [SMS_PATH, WHATSAPP_PATH, FALLBACK_PATH])
async def test_only_post(method: str, path: str) -> None:
    """A call by GET would write number and text into the logs of every proxy on its way.

    Mutation: reading the fields from the query where there is no body.
    """
    async with line(path=path) as on:
        fields = on.sms.fields("hola")
        url = f"{PUBLIC}{path}?{urlencode(fields)}"
        response = await on.twilio.call(url, [], method=method, body=b"")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert not on.talk.heard


@pytest.mark.parametrize(
    ("sid", "token", "public"),
    [
        ("", TOKEN, PUBLIC),
        (ACCOUNT, "", PUBLIC),
        (ACCOUNT, TOKEN, ""),
        (ACCOUNT, TOKEN, "faro.example.org"),
        (ACCOUNT, TOKEN, PUBLIC + "/#a"),
    ],
)
def test_never_half_set_up(sid: str, token: str, public: str) -> None:
    with pytest.raises(ValueError, match=r"Twilio|PUBLIC_URL"):
        Twilio(sid, token, public, Talk().handle, Vault(b"s" * 32), country_of, last_resort)


# --- what goes back --------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300).filter(str.strip))
@settings(max_examples=200, deadline=None)
def test_twiml_is_that_of_twilio(text: str) -> None:
    theirs = MessagingResponse()
    theirs.message(text)
    text = "".join(letter for letter in text if letter not in "\ufffe\uffff")
    if text.strip() and "\ufffe" not in str(theirs) and "\uffff" not in str(theirs):
        assert twiml(text) == str(theirs)
        assert twilio_api.read_twiml("text/xml", twiml(text).encode()) == [text]


def test_twiml_of_nothing_is_silence() -> None:
    assert twiml("") == twiml(" \n") == twiml("\x00") == str(MessagingResponse())
    assert twilio_api.read_twiml("text/xml", twiml("").encode()) == []


@pytest.mark.parametrize("text", ["</Message><Message>", "a\x00\x0b\ud800b", "]]>", "<![CDATA[", "&amp;", "<!-- -->", "a\r\nb"])
def test_twiml_cannot_be_broken(text: str) -> None:
    (read,) = twilio_api.read_twiml("text/xml", twiml(text).encode())
    assert read == text.replace("\x00\x0b\ud800", "").replace("\r\n", "\n")


@given(st.text(st.sampled_from("ab \n🏠ñ"), max_size=400), st.integers(4, 60))
@settings(max_examples=300, deadline=None)
def test_pieces(text: str, longest: int) -> None:
    """Nothing but white space is lost, and every piece fits."""
    found = pieces(text, longest)
    assert all(len(piece.encode("utf-16-be")) // 2 <= longest for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


async def test_a_long_text_arrives_in_several_messages() -> None:
    paragraphs = "\n\n".join("palabra " * 60 for _ in range(8))
    async with line(Talk(paragraphs), path=WHATSAPP_PATH) as on:
        delivery = await on.whatsapp.says("hola")
        assert len(delivery.texts) > 1
        assert not on.twilio.errors
        assert " ".join(" ".join(delivery.texts).split()) == " ".join(paragraphs.split())


@pytest.mark.requirement("L-2")
async def test_sms_is_always_gsm7() -> None:
    """Whatever the layout left in, an SMS goes out in the 7-bit alphabet; WhatsApp keeps every accent.

    Mutation: sending the text as it came.
    """
    text = "¿Dónde está? “Aquí” — 🏠 señal"
    async with line(Talk(text)) as on:
        (sent,) = (await on.sms.says("hola")).texts
        assert sent == '¿Donde esta? "Aqui" - señal'
        assert gsm7.encoding(sent) == "gsm7"
        assert twilio_api.segments(sent) == 1
        (sent,) = (await on.whatsapp.says("hola")).texts
        assert sent == text


@pytest.mark.requirement("E-1")
async def test_one_answer_for_one_message_and_nothing_else() -> None:
    """No inbound message, nothing outbound; one inbound, one answer in its own response, and no call to anybody.

    Mutation: sending a second message by REST, or two <Message> for one reply.
    """
    async with line() as on:
        await asyncio.sleep(0)
        assert on.sms.screen == []
        for number in range(3):
            assert len((await on.sms.says(str(number))).texts) == 1
        assert len(on.sms.screen) == len(on.talk.heard) == 3


@pytest.mark.requirement("E-2")
async def test_silence_is_an_empty_answer() -> None:
    """Leaving sends nothing at all: an empty document, which Twilio takes without a complaint.

    Mutation: a message with an empty text, which Twilio reports as an error, or a good-bye.
    """
    async with line(Talk(None)) as on:
        delivery = await on.sms.says("0")
        assert (delivery.status, delivery.texts, delivery.error, delivery.fallback) == (200, [], None, None)
        assert not on.twilio.errors
        response = await on.twilio.call(on.twilio.url, on.sms.fields("0"))
        assert response.text == str(MessagingResponse())
        assert response.headers["content-type"].startswith("text/xml")


# --- what is read ----------------------------------------------------------------------------------------------------


async def test_an_sms() -> None:
    async with line() as on:
        await on.sms.says("  Hola, ¿dónde? 1️⃣ ")
        assert on.talk.last == {
            "channel": "sms",
            "form": "sms",
            "address": ("sms", NUMBER),
            "id": dict(on.sms.last)["MessageSid"],
            "words": "  Hola, ¿dónde? 1️⃣ ",
            "point": None,
            "unreadable": None,
            "country": "CO",
            "lang": "es",
        }


async def test_a_whatsapp_message() -> None:
    async with line(path=WHATSAPP_PATH) as on:
        await on.whatsapp.says("oi")
        assert on.talk.last["channel"] == "whatsapp"
        assert on.talk.last["form"] == "chat"
        assert on.talk.last["address"] == ("whatsapp", NUMBER)


async def test_the_sender_says_which_channel_it_is() -> None:
    """One address may be configured for both; the two stay two people."""
    async with line(path=SMS_PATH) as on:
        await on.whatsapp.says("hola")
        assert on.talk.last["address"] == ("whatsapp", NUMBER)


@pytest.mark.parametrize(
    ("sender", "country", "lang"),
    [
        ("+5511912345678", "BR", "pt"),
        ("+12025550123", "US", "en"),
        ("+4915112345678", "", ""),
        ("22395", "", ""),
        ("Anonymous", "", ""),
    ],
)
async def test_guesses(sender: str, country: str, lang: str) -> None:
    async with line() as on:
        await on.sms.says("x", From=sender)
        assert (on.talk.last["country"], on.talk.last["lang"]) == (country, lang)


async def test_a_guess_that_fails_is_no_guess() -> None:
    talk = Talk()

    def broken(number: str) -> str:
        raise KeyError(number)

    adapter = Twilio(ACCOUNT, TOKEN, PUBLIC, talk.handle, Vault(b"s" * 32), broken, last_resort)
    ADAPTER.inner = adapter
    async with FakeTwilio(PUBLIC + SMS_PATH, ADAPTER.url) as twilio:
        assert (await Phone(twilio, "sms", NUMBER).says("x")).texts == ["hello"]
        assert talk.last["country"] == ""


async def test_redelivery_keeps_its_id() -> None:
    """The same MessageSid, so that the conversation can draw the same screen; another message, another id."""
    async with line() as on:
        await on.sms.says("1")
        await on.sms.redelivers()
        await on.sms.says("1")
        first, again, other = (heard["id"] for heard in on.talk.heard)
        assert first == again != other


#: content type -> kind on SMS, kind on WhatsApp
MEDIA = {
    "audio/ogg": ("voice", "voice"),
    "audio/ogg; codecs=opus": ("voice", "voice"),
    "audio/amr": ("voice", "voice"),
    "image/jpeg": ("picture", "picture"),
    "IMAGE/PNG": ("picture", "picture"),
    "image/webp": ("picture", "sticker"),
    "video/mp4": ("picture", "picture"),
    "text/vcard": ("contact", "contact"),
    "text/x-vcard": ("contact", "contact"),
    "text/directory": ("contact", "contact"),
    "application/pdf": ("file", "file"),
    "text/plain": ("file", "file"),
    "application/octet-stream": ("file", "file"),
    "": ("file", "file"),
}


@pytest.mark.requirement("L-5")
@pytest.mark.parametrize("content_type", MEDIA)
async def test_files_are_named_and_never_fetched(content_type: str) -> None:
    """Each kind gets a defined answer, and nobody asks Twilio for the content.

    Mutation: downloading MediaUrl0, or silence for an unknown type.
    """
    REST.inner = rest = RestApi()
    async with line(media_url=f"{REST.url}/media") as on:
        for phone, kind in zip((on.sms, on.whatsapp), MEDIA[content_type], strict=True):
            delivery = await phone.sends_file(content_type)
            assert delivery.texts == ["hello"]
            assert on.talk.last["unreadable"] == kind
    assert rest.calls == []


@pytest.mark.requirement("L-5")
async def test_words_beside_a_file() -> None:
    """A caption is read, as it may be a plea for help; the name of a document or of a contact is no words of the person's.

    Mutation: looking at the body only where there is no file.
    """
    async with line() as on:
        await on.whatsapp.sends_file("image/jpeg", "me quiere matar", "image")
        assert on.talk.last["words"] == "me quiere matar"
        await on.sms.sends_file("image/jpeg", "1")
        assert on.talk.last["words"] == "1"
        await on.whatsapp.sends_file("application/pdf", "mis papeles 2024.pdf", "document")
        assert (on.talk.last["words"], on.talk.last["unreadable"]) == (None, "file")
        await on.whatsapp.sends_file("application/pdf", "necesito ayuda con esto", "document")
        assert on.talk.last["words"] == "necesito ayuda con esto"
        await on.whatsapp.sends_file("text/vcard", "A Name", "contacts")
        assert (on.talk.last["words"], on.talk.last["unreadable"]) == (None, "contact")
        await on.sms.sends_file("image/jpeg", " ")
        assert on.talk.last["unreadable"] == "picture"


@pytest.mark.requirement("L-5")
async def test_locations() -> None:
    """A shared location is a point; one that is none is named, not dropped.

    Mutation: float() without a check, so that NaN reaches the search.
    """
    async with line(path=WHATSAPP_PATH) as on:
        await on.whatsapp.shares(14.9, -92.26, Body="Parque", Label="Parque", Address="Calle 1")
        assert on.talk.last["point"] == (14.9, -92.26)
        assert on.talk.last["words"] is None
        for lat, lon in (("nan", "1"), ("91", "1"), ("1", "181"), ("x", "1"), ("1", ""), ("inf", "1")):
            await on.whatsapp.says("", Latitude=lat, Longitude=lon, MessageType="location")
            assert (on.talk.last["point"], on.talk.last["unreadable"]) == (None, "other")


@pytest.mark.requirement("L-5")
async def test_buttons_and_what_has_no_name() -> None:
    """Buttons and lists of templates are words; empty messages too; other kinds are named.

    Mutation: ignoring MessageType, so that an unknown kind looks like an empty text.
    """
    async with line(path=WHATSAPP_PATH) as on:
        await on.whatsapp.says("Salir", ButtonPayload="0", ButtonText="Salir", MessageType="button")
        assert on.talk.last["words"] == "0"
        await on.whatsapp.says("Salud", ListId="1", ListTitle="Salud", MessageType="interactive")
        assert on.talk.last["words"] == "1"
        for kind, named in (("unsupported", "other"), ("order", "other"), ("sticker", "sticker"), ("contacts", "contact")):
            await on.whatsapp.says("", MessageType=kind)
            assert on.talk.last["unreadable"] == named
        await on.sms.says("")
        assert on.talk.last["words"] == ""


# --- words that carriers keep (E-8) ----------------------------------------------------------------------------------


@pytest.mark.requirement("E-8")
@pytest.mark.parametrize("word", sorted(reserved.RESERVED))
@pytest.mark.parametrize("opt_out", ["default", "advanced", "off"])
async def test_reserved_words(word: str, opt_out: OptOut) -> None:
    """However Twilio is set up: stop-like words reach the conversation (which leaves) and nothing comes back from us; with
    Advanced Opt-Out the other words get Twilio's reply and no second one.

    Mutation: handing HELP with OptOutType to the conversation, which answers a second time.
    """
    stops = word in reserved.STOP_LIKE
    async with line(Talk(None if stops else "hello"), opt_out=opt_out) as on:
        if word in reserved.START_LIKE:
            await on.sms.says("STOP")
            on.sms.screen.clear()
        delivery = await on.sms.says(word.capitalize())
        ours = [text for text in delivery.texts if not text.startswith("(Twilio)")]
        assert delivery.status == 200
        if stops:
            assert on.talk.last["words"] == ("STOP" if opt_out == "advanced" else word.capitalize())
            assert ours == []
        elif opt_out == "advanced":
            assert ours == []
            assert len(delivery.texts) == 1
        else:
            assert on.talk.last["words"] == word.capitalize()
            assert ours == ["hello"]


@pytest.mark.requirement("E-8")
@pytest.mark.parametrize("phone", ["sms", "whatsapp"])
async def test_words_of_other_languages_that_mean_stop(phone: str) -> None:
    """Advanced Opt-Out knows BAJA or PARAR too: what counts is what Twilio took them for.

    Mutation: handing on the body, which the conversation does not know as a word for leaving.
    """
    async with line(Talk(None)) as on:
        await getattr(on, phone).says("Baja", OptOutType="STOP")
        assert on.talk.last["words"] == "STOP"
        heard = len(on.talk.heard)
        for kind in ("HELP", "START"):
            delivery = await getattr(on, phone).says("Ayuda", OptOutType=kind)
            assert delivery.texts == []
        assert len(on.talk.heard) == heard


@pytest.mark.requirement("E-8")
async def test_back_after_stop() -> None:
    """After STOP nothing of ours arrives, until START.

    Mutation: none of ours; it shows that the path back which the check-list announces is there.
    """
    async with line(opt_out="advanced") as on:
        await on.sms.says("STOP")
        assert (await on.sms.says("hola")).dropped == ["hello"]
        assert (await on.sms.says("START")).texts == ["(Twilio) START"]
        assert (await on.sms.says("hola")).texts == ["hello"]


@pytest.mark.requirement("E-8")
def test_the_texts_to_be_configured_at_twilio() -> None:
    """Nine replies: three languages, three words; one segment each, without accents, and STOP says how to come back.

    Mutation: an accent in the Spanish text (70 letters a segment), or a STOP reply without START.
    """
    page = Path(__file__).parents[3] / "docs" / "connect-twilio.md"
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in page.read_text("utf-8").splitlines()
        if row.startswith(("| es ", "| en ", "| pt "))
    ]
    replies = {(lang, kind): reply for lang, kind, _, reply in rows}
    assert len(rows) == len(replies) == 9
    for (lang, kind), reply in replies.items():
        assert gsm7.segments(reply) == twilio_api.segments(reply) == 1, (lang, kind)
        assert gsm7.encoding(reply) == "gsm7"
        assert ("START" in reply) == (kind == "STOP")
    keywords = {word.strip() for _, _, words, _ in rows for word in words.split(",")} - {"as above"}
    assert keywords == reserved.RESERVED - {"YES"}


# --- when something fails --------------------------------------------------------------------------------------------

FAULTS: dict[str, BaseException] = {
    "store down": StoreDown("redis at 10.0.0.1"),
    "a fault": RuntimeError(f"no way with {NUMBER}"),
    "a broken key": KeyError("words of a person"),
    "timeout": TimeoutError(),
    "group": ExceptionGroup("several", [ValueError("x")]),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_the_constant_answer(fault: BaseException) -> None:
    async with line(Talk(fault=fault)) as on:
        for phone in (on.sms, on.whatsapp):
            delivery = await phone.says("hola")
            assert delivery.status == 200
            assert delivery.texts == ["Not saved: try again. COes 112"]
            assert delivery.fallback is None


@pytest.mark.requirement("E-2")
async def test_whoever_leaves_reads_nothing_while_the_store_is_away() -> None:
    """Mutation: the constant answer, which lights a phone up that somebody wanted dark."""
    async with line(Talk(fault=NotLeft())) as on:
        for phone in (on.sms, on.whatsapp):
            delivery = await phone.says("0")
            assert (delivery.status, delivery.texts) == (200, [])


async def test_too_slow() -> None:
    """Twilio gives up after 15 seconds; we answer before."""
    assert channel.PATIENCE <= 12
    async with line(Talk(slow=30), patience=0.05, timeout=3.0) as on:
        assert (await on.sms.says("hola")).texts == ["Not saved: try again. COes 112"]


async def test_when_even_that_fails() -> None:
    """Then Twilio is told, so that it calls the fallback address, which may be elsewhere."""

    def broken(country: str, lang: str) -> str:
        raise RuntimeError("no catalog")

    async with line(Talk(fault=StoreDown()), resort=broken) as on:
        delivery = await on.sms.says("hola")
        assert (delivery.status, delivery.fallback) == (500, 500)


async def test_the_fallback_address() -> None:
    """A constant text for whoever has a valid signature; the conversation is not asked."""
    async with line(path=FALLBACK_PATH) as on:
        for phone in (on.sms, on.whatsapp):
            delivery = await phone.says("hola", ErrorCode="11200", ErrorUrl=PUBLIC + SMS_PATH)
            assert delivery.texts == ["Not saved: try again. COes 112"]
        assert not on.talk.heard


async def test_twilio_comes_back_by_the_fallback_address() -> None:
    """The whole way: the main address is gone, Twilio tries again, then calls the other one."""
    async with line(called="https://faro.example.org/twilio/gone#rc=2&rp=4xx,5xx,ct") as on:
        delivery = await on.sms.says("hola")
        assert (delivery.status, delivery.attempts, delivery.fallback) == (404, 3, 200)
        assert delivery.texts == ["Not saved: try again. COes 112"]


@pytest.mark.parametrize("missing", ["From", "MessageSid"])
async def test_a_signed_call_without_a_sender(missing: str) -> None:
    async with line() as on:
        delivery = await on.sms.says("hola", **{missing: ""})
        assert delivery.status == 200
        assert len(delivery.texts) == 1
        assert not on.talk.heard


async def test_many_at_once() -> None:
    """Deliveries do not mix: each gets its own answer."""

    class Echo(Talk):
        async def handle(self, inbound: Inbound) -> Reply:
            await asyncio.sleep(0.001)
            assert inbound.words is not None
            return Reply(Message(inbound.words.reveal()))

    async with line(Echo()) as on:
        texts = [f"text {number}" for number in range(40)]
        deliveries = await asyncio.gather(*(on.sms.says(text) for text in texts))
        assert [delivery.texts for delivery in deliveries] == [[text] for text in texts]


# --- no trace (P-2) --------------------------------------------------------------------------------------------------

CANARY = "canario7391"
DIGITS = "3001234567"


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("configured", [True, False], ids=["our log", "a log of any kind"])
async def test_no_number_and_no_words_in_any_log(configured: bool, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, with and without our own set-up of logging, on every way out: number, words, names, places and token are nowhere.

    Mutation: logging the text of the exception, or the form.
    """
    out = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    # What the fake and its HTTP client write is not ours to judge.
    for name in ("httpx", "httpcore", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    caplog.set_level(logging.DEBUG)
    if configured:
        logs.configure(out, logging.DEBUG)
    try:
        faults_ = [None, StoreDown(f"{CANARY} {NUMBER}"), RuntimeError(f"{CANARY} {NUMBER}"), KeyError(NUMBER)]
        for fault in faults_:
            async with line(Talk(f"{CANARY} {NUMBER} " * 40, fault=fault), patience=0.3) as on:
                await on.sms.says(CANARY)
                await on.whatsapp.says(CANARY, ProfileName=CANARY)
                await on.sms.says(CANARY, OptOutType="STOP")
                await on.whatsapp.sends_file("image/jpeg", CANARY)
                await on.whatsapp.shares(14.907391, -92.26)
                await on.twilio.deliver(on.sms.fields(CANARY), sign="")
                await on.twilio.deliver(on.sms.fields(CANARY), token="x")
                await on.twilio.deliver([*on.sms.fields(CANARY), ("Body", CANARY)])
        async with line(Talk(slow=5), patience=0.02) as on:
            await on.sms.says(CANARY)
        if not configured:
            async with line(Talk(fault=StoreDown()), resort=lambda country, lang: [][0]) as on:
                await on.sms.says(CANARY)
    finally:
        root.handlers[:], root.level = before
        logs._out = None
    written = out.getvalue() + caplog.text + "".join(str(entry.__dict__) for entry in caplog.records)
    for secret in (CANARY, DIGITS, "907391", TOKEN):
        assert secret not in written
    if configured:
        for fact in ('"constant_answer"', '"store_down"', '"too_late"', '"refused"', '"wrong_signature"', '"long_message"'):
            assert fact in written


# --- what Twilio keeps (P-4) -----------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def account(rest: RestApi, token: str = TOKEN) -> AsyncIterator[Any]:
    REST.inner = rest
    yield rest_client(ACCOUNT, token, Redirected(REST.url))


@pytest.mark.requirement("P-4")
async def test_older_records_are_deleted_with_their_files() -> None:
    """All records from before the time, over several pages, and the files that came with them; younger ones stay.

    Mutation: deleting while paging (skips every other page), or leaving the files.
    """
    rest = RestApi()
    old = [record(number, NOW - timedelta(days=3, minutes=number), media=int(number % 10 == 0)) for number in range(120)]
    young = [record(1000 + number, NOW - timedelta(hours=number), media=1) for number in range(5)]
    rest.keep(*old, *young)
    async with account(rest) as client:
        removed = await remove_older_records(client, NOW - timedelta(days=2))
    assert removed == Removed(deleted=120, postponed=0, more=False)
    assert set(rest.messages) == {entry["sid"] for entry in young}
    assert {sid for sid, files in rest.media.items() if files} == {entry["sid"] for entry in young}


@pytest.mark.requirement("P-4")
async def test_a_day_is_not_rounded() -> None:
    """Twilio's filter knows days; a record of that day that is younger than the time stays.

    Mutation: trusting the filter.
    """
    rest = RestApi()
    rest.keep(record(1, NOW - timedelta(hours=1)), record(2, NOW + timedelta(hours=1)))
    async with account(rest) as client:
        assert (await remove_older_records(client, NOW)).deleted == 1
    assert list(rest.messages) == [f"SM{2:032x}"]


@pytest.mark.requirement("P-4")
async def test_records_that_cannot_go_yet() -> None:
    """20009 is no failure: the others go, and a later run takes the rest. What is gone already is no failure either.

    Mutation: stopping at the first refusal.
    """
    rest = RestApi()
    rest.keep(*(record(number, NOW - timedelta(days=5, minutes=number)) for number in range(6)))
    rest.refusals = {f"SM{1:032x}": (409, 20009), f"SM{3:032x}": (404, 20404)}
    async with account(rest) as client:
        assert await remove_older_records(client, NOW) == Removed(deleted=4, postponed=1, more=False)
        rest.refusals.clear()
        assert await remove_older_records(client, NOW) == Removed(deleted=2, postponed=0, more=False)
    assert rest.messages == {}


async def test_a_run_ends() -> None:
    rest = RestApi()
    rest.keep(*(record(number, NOW - timedelta(days=5)) for number in range(9)))
    async with account(rest) as client:
        assert await remove_older_records(client, NOW, limit=4) == Removed(deleted=4, postponed=0, more=True)
        rest.refusals = {sid: (429, 20429) for sid in rest.messages}
        assert await remove_older_records(client, NOW) == Removed(deleted=0, postponed=0, more=True)


async def test_a_refusal_is_told() -> None:
    rest = RestApi()
    rest.keep(record(1, NOW - timedelta(days=5)))
    rest.refusals = {f"SM{1:032x}": (403, 20003)}
    async with account(rest) as client:
        with pytest.raises(TwilioRestException):
            await remove_older_records(client, NOW)
        with pytest.raises(ValueError, match="time zone"):
            await remove_older_records(client, datetime(2026, 1, 1))


def number(**changes: Any) -> dict[str, Any]:
    return {
        "sid": "PN1",
        "friendly_name": "Faro",
        "phone_number": "+15550100",
        "sms_url": PUBLIC + "/twilio/sms#rc=2&rp=ct,rt,5xx",
        "sms_method": "POST",
        "sms_fallback_url": PUBLIC + "/twilio/fallback",
        "sms_fallback_method": "POST",
    } | changes


def service(**changes: Any) -> dict[str, Any]:
    return {
        "sid": "MG1",
        "friendly_name": "Faro",
        "inbound_request_url": PUBLIC + "/twilio/sms#rc=2&rp=all",
        "inbound_method": "POST",
        "fallback_url": "https://handler.twilio.com/twiml/EH1",
        "fallback_method": "POST",
        "use_inbound_webhook_on_number": False,
    } | changes


def sender(**changes: Any) -> dict[str, Any]:
    webhook = {
        "callback_url": PUBLIC + "/twilio/whatsapp#rp=5xx",
        "callback_method": "POST",
        "fallback_url": PUBLIC + "/twilio/fallback",
        "fallback_method": "POST",
    }
    return {"sid": "XE1", "status": "ONLINE", "sender_id": "whatsapp:+15550100", "webhook": webhook | changes}


@pytest.mark.requirement("P-4")
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (number(), ""),
        (number(sms_method="GET"), "by GET"),
        (number(sms_url=PUBLIC + "/twilio/sms?x=1#rp=5xx"), ""),
        (number(sms_fallback_url=""), "no fallback address"),
        (number(sms_fallback_method="GET"), "fallback address by GET"),
        (number(sms_url=PUBLIC + "/twilio/sms"), "not tried again"),
        (number(sms_url=PUBLIC + "/twilio/sms#rc=0&rp=5xx"), "not tried again"),
        (number(sms_url=PUBLIC + "/twilio/sms#rc=3"), "not tried again"),
        (number(sms_url=PUBLIC + "/twilio/sms/#rp=all"), "no address of ours"),
        (number(sms_url="http://faro.example.org/twilio/sms#rp=all"), "https"),
        (number(sms_url="https://elsewhere.example/twilio/sms"), "Nothing in the Twilio account"),
        (number(sms_url=None), "Nothing in the Twilio account"),
        (service(), ""),
        (service(inbound_method="GET"), "Messaging service Faro calls us by GET"),
        (service(fallback_url=None), "no fallback address"),
        (service(use_inbound_webhook_on_number=True), "Nothing in the Twilio account"),
        (sender(), ""),
        (sender(callback_method="GET"), "WhatsApp sender"),
        (sender(fallback_url=""), "no fallback address"),
    ],
)
async def test_how_the_account_is_set_up(entry: dict[str, Any], sentence: str) -> None:
    """Webhooks by GET are refused, and so is everything that would leave a person without an answer.

    Mutation: looking at telephone numbers only, or taking GET for granted.
    """
    rest = RestApi()
    (rest.numbers if "sms_url" in entry else rest.services if "inbound_method" in entry else rest.senders).append(entry)
    async with account(rest) as client:
        found = await check_number(client, PUBLIC)
    assert len(found) == bool(sentence), found
    assert sentence in "".join(found)


@pytest.mark.requirement("P-4")
async def test_redaction_is_checked() -> None:
    """Records that still show a number or a text say that redaction is off, without repeating either.

    Mutation: looking at what we sent, which carries our own number.
    """
    rest = RestApi()
    rest.keep(
        record(1, NOW, **{"from": "+15550100", "to": "+573001XXXX", "direction": "outbound-reply", "body": ""}),
        record(2, NOW, **{"from": f"whatsapp:{NUMBER}"}),
        record(3, NOW),
    )
    rest.numbers.append(number())
    async with account(rest) as client:
        assert await faults(client, PUBLIC) == []
        rest.keep(record(4, NOW, **{"from": NUMBER, "body": CANARY}))
        found = await check_redaction(client)
    assert len(found) == 2
    assert "number" in found[0]
    assert "text" in found[1]
    assert NUMBER not in str(found)
    assert CANARY not in str(found)


@pytest.mark.requirement("P-2")
async def test_the_rest_client_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Twilio's library logs addresses and parameters at INFO; it is silenced where a client is made.

    Mutation: making the client without ``logs.silence``.
    """
    caplog.set_level(logging.DEBUG)
    for name in ("twilio", "twilio.http_client", "urllib3", "urllib3.connectionpool"):
        # As if nobody had silenced them before.
        logger = logging.getLogger(name)
        logger.disabled, logger.propagate, logger.level, logger.handlers[:] = False, True, logging.NOTSET, []
    rest = RestApi()
    rest.keep(record(1, NOW - timedelta(days=9)))
    async with account(rest) as client:
        await remove_older_records(client, NOW)
    assert "SM0000" not in caplog.text
    assert ACCOUNT not in caplog.text
