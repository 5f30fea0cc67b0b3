"""The simulator over HTTP: what it takes, what it refuses, what every answer carries."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot import gsm7
from bot.channels import simulator
from bot.vault import Vault
from tests.bot.channels.simulator_script import RESULTS, Script
from tests.servers import serving

PAGE = Path(simulator.__file__).parent / "simulator_page"
PHONE = "0123456789abcdef" * 2
EVERY_PATH = (
    "/",
    "/simulator/left",
    "/simulator/static/phone.css",
    "/simulator/static/phone.js",
    "/simulator/static/lighthouse.svg",
)


def say(lang: str, name: str) -> str:
    return f"{name} ({lang})"


def app(script: Script, **more: Any) -> Starlette:
    more = {"say": say, "last_resort": lambda country, lang: f"not saved ({country} {lang})", **more}
    return Starlette(routes=simulator.routes(handle=script.handle, vault=Vault(b"s" * 32), **more))


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Script, str]]:
    script = Script()
    with serving(app(script)) as url:
        yield script, url


@pytest.fixture
def script(shared: tuple[Script, str]) -> Script:
    script = shared[0]
    script.reset()
    return script


@pytest.fixture
async def client(shared: tuple[Script, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shared[1], trust_env=False) as client:
        yield client


def message(**more: Any) -> dict[str, Any]:
    return {"phone": PHONE, "channel": "telegram", "kind": "text", "text": "hola", "id": "m-1", "lang": "pt", **more}


# --- what gets in ----------------------------------------------------------------------------------------------------


async def test_a_text_reaches_the_conversation_with_the_traits_of_its_phone(script: Script, client: httpx.AsyncClient) -> None:
    for number, (channel, traits) in enumerate(simulator.PHONES.items()):
        sent = message(channel=channel, id=f"m{number}", country="CO")
        assert (await client.post("/simulator/message", json=sent)).status_code == 200
        inbound = script.seen[-1]
        assert inbound.traits is traits and inbound.message_id == f"m{number}"
        assert inbound.words is not None and inbound.words.reveal() == "hola"
    telegram, sms, whatsapp = script.seen
    # An account of Telegram tells a language and no country; a number the other way round.
    assert (telegram.lang_hint, telegram.country_hint) == ("pt", "")
    assert (sms.lang_hint, sms.country_hint) == (whatsapp.lang_hint, whatsapp.country_hint) == ("", "CO")
    assert len({inbound.person.pseudonym(b"e", b"p") for inbound in script.seen}) == 3


async def test_the_answer_says_what_the_phone_is_to_show(script: Script, client: httpx.AsyncClient) -> None:
    first = (await client.post("/simulator/message", json=message())).json()
    assert not first["edit"] and first["screen"] == "menu" and first["lang"] == "es" and first["sent"] is None
    assert [len(row) for row in first["messages"][0]["rows"]] == [1, 1, 1, 2]
    data = first["messages"][0]["rows"][0][0]["data"]
    pressed = (await client.post("/simulator/message", json=message(kind="press", text="", data=data, id="m-2"))).json()
    assert pressed["edit"] and pressed["messages"][0]["location_label"]
    press = script.seen[-1].press
    assert press is not None and (press.turn, press.ordinal) == (1, 0)
    left = (await client.post("/simulator/message", json=message(text="0", id="m-3"))).json()
    assert left["messages"] == [] and left["forget"] and left["left"]


async def test_a_phone_without_deletion_keeps_its_messages(script: Script, client: httpx.AsyncClient) -> None:
    for channel in ("sms", "whatsapp"):
        left = (await client.post("/simulator/message", json=message(channel=channel, text="0"))).json()
        assert left["left"] and not left["forget"]


async def test_sms_are_counted_and_priced_as_carriers_do(script: Script, client: httpx.AsyncClient) -> None:
    for number, text in enumerate(["a" * 160, "a" * 161, "ã" * 71, "€" * 81, "x\n" * 200]):
        script.says = text
        answer = (await client.post("/simulator/message", json=message(channel="sms", text=text, id=f"c{number}"))).json()
        expected = {
            "segments": gsm7.segments(text),
            "encoding": gsm7.encoding(text),
            "price": str(Decimal("0.05") * gsm7.segments(text)),
            "currency": "USD",
        }
        assert answer["messages"][0]["sms"] == expected or "ã" in text  # the script folds letters for SMS
        assert answer["sent"] == expected


@pytest.mark.requirement("L-5")
async def test_what_is_not_read_is_told_by_kind_only(script: Script, client: httpx.AsyncClient) -> None:
    """A file never leaves the page: the endpoint has no field that could carry one.

    Mutation: dropping ``forbid_unknown_fields`` from ``Sent``.
    """
    kinds = [kind for kind in simulator.ATTACHMENTS["telegram"] if kind != "location"]
    for kind in kinds:
        answer = await client.post("/simulator/message", json=message(kind=kind, text="", id=f"k-{kind}"))
        assert answer.json()["messages"], kind
        assert script.seen[-1].unreadable == kind and script.seen[-1].words is None
    with_file = message(kind="voice", content="UklGRg==")
    assert (await client.post("/simulator/message", json=with_file)).status_code == 400


@pytest.mark.requirement("S-8")
async def test_a_point_is_in_no_answer_and_no_address(script: Script, client: httpx.AsyncClient) -> None:
    """Mutation: echoing the shared point in the JSON of the answer."""
    answer = await client.post("/simulator/message", json=message(kind="location", text="", lat=7.8939123, lon=-72.5078456))
    assert answer.json()["messages"][0]["text"] == RESULTS
    point = script.seen[-1].point
    assert point is not None and point.reveal() == (7.8939123, -72.5078456)
    assert "7.8939123" not in answer.text + str(answer.headers) and "72.5078" not in answer.text + str(answer.url)


async def test_a_redelivery_keeps_its_id(script: Script, client: httpx.AsyncClient) -> None:
    answers = [await client.post("/simulator/message", json=message()) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert [inbound.message_id for inbound in script.seen] == ["m-1", "m-1"]


async def test_each_page_gets_a_phone_of_its_own(client: httpx.AsyncClient) -> None:
    phones = {(await client.post("/simulator/phone", json={})).json()["phone"] for _ in range(20)}
    assert len(phones) == 20 and all(re.fullmatch("[0-9a-f]{32}", phone) for phone in phones)


# --- bad input -------------------------------------------------------------------------------------------------------

BAD: dict[str, bytes | dict[str, Any]] = {
    "no JSON": b"{",
    "no object": b"[]",
    "nothing": b"",
    "half a letter": b'{"phone":"\\ud800"}',
    "no UTF-8": b'{"phone":"\xff"}',
    "deep": b"[" * 5000,
    "no phone": {**message(), "phone": ""},
    "a number for a phone": {**message(), "phone": "+573001112233"},
    "a phone and more": {**message(), "phone": PHONE + "\n"},
    "unknown channel": {**message(), "channel": "fax"},
    "unknown kind": {**message(), "kind": "video"},
    "no id": {**message(), "id": ""},
    "endless id": {**message(), "id": "x" * 65},
    "odd id": {**message(), "id": "a b"},
    "unknown language": {**message(), "lang": "fr"},
    "unknown country": {**message(), "country": "ZZ"},
    "unknown field": {**message(), "admin": True},
    "text of another type": {**message(), "text": 7},
    "text that no phone sends at once": {**message(), "text": "a" * 4097},
    "SMS that no phone sends at once": {**message(), "channel": "sms", "text": "a" * 1601},
    "no point": {**message(), "kind": "location"},
    "half a point": {**message(), "kind": "location", "lat": 1.0},
    "a point off the earth": {**message(), "kind": "location", "lat": 91, "lon": 0},
    "a point without end": b'{"phone":"%s","channel":"telegram","kind":"location","id":"1","lat":1e999,"lon":0}' % PHONE.encode(),
    "a button that we never made": {**message(), "kind": "press", "data": "drop table"},
    "a button with a sign": {**message(), "kind": "press", "data": "-1:0"},
    "a button with foreign digits": {**message(), "kind": "press", "data": "١:٢"},
    "a button on a phone without": {**message(), "channel": "sms", "kind": "press", "data": "1:0"},
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_gets_one_sentence_in_the_readers_language(script: Script, client: httpx.AsyncClient, name: str) -> None:
    bad = BAD[name]
    content = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    headers = {"content-type": "application/json", "accept-language": "pt-BR,pt;q=0.9"}
    for path in ("/simulator/message", "/simulator/kept"):
        answer = await client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": "simulator.bad (pt)"})
        assert answer.headers["cache-control"] == "no-store"
    assert script.seen == []


async def test_a_body_beyond_the_limit_is_not_read(script: Script, client: httpx.AsyncClient) -> None:
    whole = json.dumps(message(text="😀" * 4096)).encode()
    assert len(whole) < simulator.BODY_LIMIT
    json_type = {"content-type": "application/json"}
    assert (await client.post("/simulator/message", content=whole, headers=json_type)).status_code == 200
    for path in ("/simulator/phone", "/simulator/message", "/simulator/kept"):
        beyond = b" " * (simulator.BODY_LIMIT + 1)
        assert (await client.post(path, content=beyond, headers=json_type)).status_code == 413


async def test_a_store_that_is_down_is_said_and_nothing_half_done(script: Script, client: httpx.AsyncClient) -> None:
    script.down = True
    answer = await client.post("/simulator/message", json=message(channel="sms", country="BR"))
    assert (answer.status_code, answer.json()) == (503, {"error": "not saved (BR pt)"})
    script.down, script.breaks = False, True
    answer = await client.post("/simulator/message", json=message())
    assert (answer.status_code, answer.json()) == (500, {"error": "not saved ( pt)"})
    script.breaks = False
    assert (await client.post("/simulator/message", json=message())).json()["screen"] == "menu"


# --- protection ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-8")
async def test_every_answer_is_locked_down(client: httpx.AsyncClient) -> None:
    """The policy leaves no way to another origin, to storage in caches, or to a referrer.

    Mutation: answering one route without ``HEADERS``, or adding an origin to ``POLICY``.
    """
    json_type = {"content-type": "application/json"}
    answers = [await client.get(path) for path in EVERY_PATH]
    answers += [
        await client.post("/simulator/phone", json={}),
        await client.post("/simulator/message", json=message()),
        await client.post("/simulator/message", content=b"{", headers=json_type),
        await client.post("/simulator/message", data={"text": "hola"}),
        await client.get("/simulator/static/none.js"),
        await client.get("/", headers={"host": "elsewhere.example"}),
    ]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "geolocation=(self)" in answer.headers["permissions-policy"]
        assert "set-cookie" not in answer.headers
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
        assert policy["img-src"] == "'self' data:" and policy["require-trusted-types-for"] == "'script'"


@pytest.mark.requirement("P-8")
async def test_the_page_names_nobody_else_and_holds_nothing_of_anybody(client: httpx.AsyncClient) -> None:
    """Mutation: a font or script from elsewhere in the page, or the phone's address in its source."""
    pages = [(await client.get("/")).text for _ in range(2)]
    assert pages[0] == pages[1]
    sources = pages[0] + "".join(file.read_text() for file in (PAGE / "static").iterdir())
    for address in re.findall(r"(?:https?:)?//[a-z][\w.-]+", sources):
        assert address == "http://www.w3.org", f"the page names {address}"
    for store in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "serviceWorker", "sendBeacon"):
        assert store not in sources


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": "elsewhere.example"},
        {"host": "127.0.0.1.elsewhere.example"},
        {"host": ""},
    ],
)
async def test_another_site_is_refused(script: Script, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for path in ("/simulator/phone", "/simulator/message", "/simulator/kept"):
        answer = await client.post(path, json=message(), headers=headers)
        assert answer.status_code == 403 and "hola" not in answer.text
    assert script.seen == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_form_of_another_site_cannot_write(script: Script, client: httpx.AsyncClient, kind: str) -> None:
    content = json.dumps(message()).encode()
    answer = await client.post("/simulator/message", content=content, headers={"content-type": kind})
    assert answer.status_code == 415 and script.seen == []


async def test_other_names_are_allowed_where_the_deployment_says_so(script: Script) -> None:
    for hosts, host, status in (
        (("demo.example.org",), "demo.example.org", 200),
        (("demo.example.org",), "DEMO.example.org:8000", 200),
        (("demo.example.org",), "127.0.0.1", 403),
        (("[::1]",), "[::1]:8000", 200),
        (("*",), "anything.example", 200),
    ):
        transport = httpx.ASGITransport(app(script, hosts=hosts))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/", headers={"host": host})).status_code == status


# --- leaving, rows, words --------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-2")
async def test_the_page_after_leaving_is_empty(client: httpx.AsyncClient) -> None:
    """Mutation: a name, a link or a picture on the page that takes the conversation's place."""
    page = (await client.get("/simulator/left", headers={"accept-language": "en"})).text
    body = page[page.index("<body") : page.index("</body>")]
    assert re.sub("<[^>]*>", "", body).strip() == "" and "<a" not in page and "<script" not in page
    assert "Faro" not in page and "faro" not in page


async def test_the_panel_shows_sizes_and_ends_of_what_is_held(script: Script) -> None:
    looked: list[bytes] = []

    async def look(person: Any) -> list[simulator.Kept]:
        looked.append(person.pseudonym(b"epoch", b"script"))
        return [simulator.Kept(212, 1190)]

    transport = httpx.ASGITransport(app(script, look=look, hosts=("test",)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/simulator/message", json=message())
        answer = await client.post("/simulator/kept", json={"phone": PHONE, "channel": "telegram"})
    assert answer.json() == {"rows": [{"size": 212, "seconds": 1190}]}
    assert looked == [script.seen[0].person.pseudonym(b"epoch", b"script")]


async def test_a_look_that_fails_claims_nothing(script: Script) -> None:
    async def look(person: Any) -> list[simulator.Kept]:
        raise RuntimeError("a fault of the program, for this test")

    transport = httpx.ASGITransport(app(script, look=look, hosts=("test",)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/simulator/kept", json={"phone": PHONE, "channel": "telegram"})
    assert (answer.status_code, answer.content) == (500, b"") and answer.headers["cache-control"] == "no-store"


async def test_without_a_look_into_the_store_the_panel_is_silent(client: httpx.AsyncClient) -> None:
    assert (await client.post("/simulator/kept", json={"phone": PHONE, "channel": "sms"})).status_code == 404


def test_every_sentence_of_the_page_is_an_entry_and_every_entry_is_used() -> None:
    html = (PAGE / "templates" / "phone.html").read_text() + (PAGE / "templates" / "left.html").read_text()
    script = (PAGE / "static" / "phone.js").read_text()
    named = set(re.findall(r'["(\s]([a-z]+(?:[._][a-z_]+)*)"', html + script))  # quoted words; those that are entries count
    ids = {name.removeprefix("simulator.") for name in simulator.IDS}
    asked = set(re.findall(r'(?:data-(?:say|label|hint)=|say\(|t\[)"([\w.]+)"', html)) - {"attachment.", "place.", "time."}
    assert asked <= ids, f"the page asks for unknown entries: {sorted(asked - ids)}"
    made = {f"attachment.{kind}" for kinds in simulator.ATTACHMENTS.values() for kind in kinds}
    made |= {f"place.{name}" for name, _, _ in simulator.PRESETS} | set(simulator.PHONES) | {"bad"}
    made |= {f"time.{name}" for name, _ in simulator.STEPS}
    made |= {f"{part}.{channel}" for part in ("under", "after") for channel in simulator.PHONES}
    assert ids <= named | made, f"entries that nothing shows: {sorted(ids - named - made)}"


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "es"),
        ("fr,de;q=0.9", "es"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("fr,en;q=0.3,pt;q=0.7", "pt"),
        ("en;q=0,pt;q=0.1", "pt"),
        ("EN-gb", "en"),
        (";q=x,en", "en"),
        ("," * 400, "es"),
        ("*", "es"),
    ],
)
def test_the_page_opens_in_a_language_that_the_browser_names(header: str, lang: str) -> None:
    assert simulator.language_of(header) == lang


@pytest.mark.parametrize("text", ["", "0.05", "USD 0.05", "-1 USD", "x USD", "0.05 usd", "0.05 DOLLARS", "NaN USD", "Infinity USD"])
def test_a_broken_price_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="SMS_PRICE"):
        simulator.price_of(text)


def test_prices_stay_exact() -> None:
    price, currency = simulator.price_of("0.0079 USD")
    assert (price * 3, currency) == (Decimal("0.0237"), "USD")
