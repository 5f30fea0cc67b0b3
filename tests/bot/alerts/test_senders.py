"""The four ways out, each against a provider of its own: what arrives, what is refused, and that all of it is of one size."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.mail import MailAlerts
from bot.alerts.outbox import enqueue, send_due
from bot.alerts.post import Post
from bot.alerts.push import PushAlerts, is_service
from bot.alerts.senders import close, senders
from bot.alerts.sms import SmsAlerts
from bot.alerts.telegram import TelegramAlerts
from bot.alerts.ways import WAYS, BadAddress, Way
from bot.alerts.words import ROOM, Texts
from bot.channels.twilio_retention import rest_client
from bot.channels.twilio_sending import TwilioSender
from bot.exchange import CannotDeliver, Unreachable
from bot.settings import Settings
from flows.facts import LANGS
from tests.bot.alerts.world import NOW, SECRET, account
from tests.fakes.bot_api import TOKEN, BotApi, Chat, hosted
from tests.fakes.mail_server import MailServer
from tests.fakes.push_service import Browser, PushService, b64
from tests.fakes.twilio_api import ACCOUNT, Redirected, RestApi
from tests.fakes.twilio_api import TOKEN as AUTH
from tests.logged import everything_logged
from tests.servers import serving

CHAT = 4455667788
PHONE = "+573001234567"
MAIL = "someone@example.org"
VAPID = b64(bytes(range(1, 33)))
CANARIES = (str(CHAT), PHONE[1:], PHONE[3:], MAIL, "someone", TOKEN, TOKEN.split(":")[1], AUTH, VAPID, "zarzaparrilla")


@pytest.fixture(scope="module")
def rest() -> Iterator[tuple[RestApi, str]]:
    api = RestApi()
    with serving(api, lifespan="off") as url:
        yield api, url


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that no machine trusts, in one file."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=4000))
        .not_valid_after(NOW + timedelta(days=4000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM))
    return file


class Providers:
    """All four, and the senders that lead to them."""

    def __init__(self, rest: RestApi) -> None:
        self.rest = rest
        self.bot = BotApi(lambda: NOW.timestamp())
        self.mail = MailServer()
        self.push: PushService
        self.browser: Browser
        self.senders: dict[Way, Any] = {}

    def last(self, way: Way) -> bytes:
        """The bytes of the newest message as they left, without what is bound to this one delivery."""
        if way == "telegram":
            return [body for method, body in self.bot.raw if method == "sendMessage"][-1]
        if way == "sms":
            return self.rest.bodies[-1]
        if way == "email":
            raw = self.mail.letters[-1].raw
            token = self.mail.letters[-1].read["Message-ID"].encode()
            assert len(token) == len("<>@example.org") + 32
            return raw.replace(token, b"")
        return self.browser.read(self.push.taken[-1].body).encode()

    def count(self, way: Way) -> int:
        return {
            "telegram": len(self.bot.called("sendMessage")),
            "sms": len(self.rest.sent),
            "email": len(self.mail.letters),
            "push": len(self.push.taken),
        }[way]

    @property
    def addresses(self) -> dict[Way, str]:
        return {"telegram": str(CHAT), "sms": PHONE, "email": MAIL, "push": self.browser.subscription}


@asynccontextmanager
async def providers(rest: tuple[RestApi, str]) -> AsyncIterator[Providers]:
    api, url = rest
    api.sent.clear(), api.bodies.clear(), api.unwanted.clear()
    api.redaction = True
    world = Providers(api)
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(world.bot.running())
        await stack.enter_async_context(world.mail.running())
        world.senders["push"] = PushAlerts(VAPID, "mailto:ops@example.org", allowed=lambda endpoint: "127.0.0.1" in endpoint)
        world.push = PushService(world.senders["push"].public_key, lambda: NOW.timestamp())
        world.push.origin = await stack.enter_async_context(hosted(world.push.app))
        world.browser = Browser(f"{world.push.origin}/subscription/one")
        world.senders["telegram"] = TelegramAlerts(TOKEN, bot)
        client = rest_client(ACCOUNT, AUTH, Redirected(url))
        world.senders["sms"] = SmsAlerts(TwilioSender(ACCOUNT, AUTH, sms_from="+15550199", client=client))
        world.senders["email"] = MailAlerts("127.0.0.1", world.mail.port, "Faro <desk@example.org>", security="none")
        world.bot.chats[CHAT] = chat = Chat(CHAT)
        world.bot.incoming(chat, text="/start")
        try:
            yield world
        finally:
            await close(world.senders)


# --- one text, one size ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
@pytest.mark.requirement("M-7")
async def test_every_alert_is_the_same_bytes_on_every_way(engine: AsyncEngine, texts: Texts, rest: tuple[RestApi, str]) -> None:
    """For requests of any country, age, urgency, way and number, at the same instant: the same bytes leave for the same account. In
    another language: as many. Mutation: a country, a count, a reference or the language's own length in the text."""
    async with providers(rest) as world:
        seen: dict[tuple[str, Way], set[bytes]] = {}
        staff = {}
        for lang in LANGS:
            to = {way: world.senders[way].checked(address) for way, address in world.addresses.items()}
            staff[lang] = await account(engine, f"case-manager-{lang}", lang=lang, countries=("BR", "CO"), **to)  # type: ignore[arg-type]
        post = Post(world.senders, SECRET, texts)
        # An alert is asked for with nothing but accounts: a request cannot get in, whatever it is. So many, for so many, are tried.
        for count, beside in product((1, 2, 7), (False, True)):
            for lang, who in staff.items():
                async with engine.begin() as connection:
                    for _ in range(count):
                        await enqueue(connection, [who, *(staff.values() if beside else ())], NOW)
                assert await send_due(engine, post, NOW, lambda each, at, who=who: each == who) == 1
                for way in WAYS:
                    seen.setdefault((lang, way), set()).add(world.last(way))
        for way in WAYS:
            assert all(len(seen[lang, way]) == 1 for lang in LANGS), way
            assert len({len(next(iter(seen[lang, way]))) for lang in LANGS}) == 1, way
        assert len({len(pushed.body) for pushed in world.push.taken}) == 1
        assert world.bot.errors == []


@pytest.mark.requirement("P-2")
async def test_an_alert_says_that_something_waits_and_nothing_else(rest: tuple[RestApi, str], texts: Texts) -> None:
    """Mutation: any parameter in ``alert.waiting``."""
    async with providers(rest) as world:
        for way, sender in world.senders.items():
            for lang in LANGS:
                await sender.send(sender.checked(world.addresses[way]), texts.waiting(lang), NOW)
        said = texts.waiting("en").strip()
        assert said == "Faro. There is something waiting."
        chat = world.bot.chats[CHAT]
        assert [m.text.strip() for m in chat.messages.values() if m.own][1] == said
        assert chat.lit == 3, "it makes a sound: whoever is on duty shall hear it"
        assert world.rest.sent[1]["Body"].strip() == said
        letter = world.mail.letters[1]
        assert letter.read.get_content().strip() == said and letter.read["Subject"] == "Faro"
        assert (letter.origin, letter.to, letter.hello) == ("desk@example.org", (MAIL,), "example.org")
        told = "From To Subject Date Message-ID Auto-Submitted Content-Type Content-Transfer-Encoding MIME-Version"
        assert set(letter.read.keys()) == set(told.split())
        pushed = world.push.taken[1]
        assert world.browser.read(pushed.body).strip() == said
        assert (pushed.headers["topic"], pushed.headers["urgency"]) == ("waiting", "high")


@pytest.mark.requirement("P-4")
async def test_an_alert_by_sms_leaves_nothing_at_the_provider(rest: tuple[RestApi, str], texts: Texts) -> None:
    """Mutation: either retention parameter left out."""
    async with providers(rest) as world:
        await world.senders["sms"].send(PHONE, texts.waiting("es"), NOW)
        (form,) = world.rest.sent
        assert (form["ContentRetention"], form["AddressRetention"]) == ("discard", "obfuscate")
        left = [entry for entry in world.rest.messages.values() if entry["direction"] == "outbound-api"][-1]
        assert left["to"].endswith("XXXX") and left["body"] == ""
        world.rest.redaction = False
        with pytest.raises(CannotDeliver):
            await world.senders["sms"].send(PHONE, texts.waiting("es"), NOW)
        assert len(world.rest.sent) == 1, "rather none than one that is kept"


# --- what providers refuse -----------------------------------------------------------------------------------------------


async def refuse(world: Providers, way: Way, *, gone: bool) -> None:
    if way == "telegram":
        world.bot.fail("sendMessage", *((403, "Forbidden: bot was blocked by the user") if gone else (500, "Internal")))
    elif way == "sms":
        world.rest.unwanted[PHONE] = (400, 21610) if gone else (503, 20503)
    elif way == "email":
        world.mail.refused[MAIL] = "550 5.1.1 unknown" if gone else "451 4.7.1 later"
    else:
        world.push.answers["/subscription/one"] = 410 if gone else 500


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gone", [True, False])
async def test_a_refusal_is_for_good_or_for_now_and_names_nobody(way: Way, gone: bool, rest: tuple[RestApi, str]) -> None:
    """Mutation: a provider's sentence, which holds the address, in the exception or the log; "gone" for a fault of the provider."""
    async with providers(rest) as world:
        await refuse(world, way, gone=gone)
        sender = world.senders[way]
        with everything_logged() as log, pytest.raises(Unreachable if gone else CannotDeliver) as refused:
            await sender.send(sender.checked(world.addresses[way]), "zarzaparrilla", NOW)
        told = f"{refused.value!r} {refused.value} {refused.value.__cause__!r} {log.getvalue()}"
        assert not [word for word in (*CANARIES, "subscription", world.push.origin) if word in told]
        assert refused.value.__suppress_context__ or refused.value.__context__ is None
        assert world.count(way) == (1 if way == "telegram" else 0)


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("way", WAYS)
async def test_a_provider_that_is_away_is_for_now(way: Way, rest: tuple[RestApi, str]) -> None:
    """Mutation: letting the library's error through, which holds the address called."""
    away: dict[Way, Any] = {
        "telegram": TelegramAlerts(TOKEN, "http://127.0.0.1:9"),
        "sms": SmsAlerts(
            TwilioSender(ACCOUNT, AUTH, sms_from="+15550199", client=rest_client(ACCOUNT, AUTH, Redirected("http://127.0.0.1:9")))
        ),
        "email": MailAlerts("127.0.0.1", 9, "desk@example.org", security="none"),
        "push": PushAlerts(VAPID, "mailto:ops@example.org", allowed=lambda _: True),
    }
    addresses = {
        "telegram": str(CHAT),
        "sms": PHONE,
        "email": MAIL,
        "push": Browser("http://127.0.0.1:9/zarzaparrilla").subscription,
    }
    sender = away[way]
    try:
        with everything_logged() as log, pytest.raises(CannotDeliver) as refused:
            await sender.send(addresses[way], "zarzaparrilla", NOW)
        assert not [word for word in CANARIES if word in f"{refused.value!r} {log.getvalue()}"]
    finally:
        await sender.aclose()


@pytest.mark.requirement("P-2")
async def test_no_sender_shows_what_it_knows(rest: tuple[RestApi, str]) -> None:
    """Mutation: a generated repr."""
    async with providers(rest) as world:
        told = " ".join(f"{sender!r} {sender}" for sender in world.senders.values())
        assert not [word for word in CANARIES if word in told]


# --- mail ----------------------------------------------------------------------------------------------------------------


async def test_a_letter_and_its_password_travel_encrypted(certificate: Path, texts: Texts) -> None:
    """Mutation: ``start_tls=None``, which goes on in the clear."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with MailServer(account=("faro", "a password"), context=server_side).running() as server:
        where = ("localhost", server.port, "Faro <desk@example.org>")
        mail = MailAlerts(*where, name="faro", password="a password", context=trusting)
        await mail.send(MAIL, texts.waiting("es"), NOW)
        assert [(letter.encrypted, letter.to) for letter in server.letters] == [(True, (MAIL,))]
        assert {line for line in server.lines if line.startswith("clear")} == {"clear EHLO example.org", "clear STARTTLS"}

        wrong = MailAlerts(*where, name="faro", password="another password", context=trusting)
        with pytest.raises(CannotDeliver):
            await wrong.send(MAIL, texts.waiting("es"), NOW)
        stranger = MailAlerts(*where, name="faro", password="a password")
        with pytest.raises(CannotDeliver):
            await stranger.send(MAIL, texts.waiting("es"), NOW)
        assert len(server.letters) == 1


async def test_a_server_that_does_not_encrypt_gets_nothing(texts: Texts) -> None:
    """Somebody in between strips STARTTLS from the offers. Mutation: sending all the same."""
    async with MailServer(account=("faro", "a password")).running() as server:
        mail = MailAlerts("127.0.0.1", server.port, "desk@example.org", name="faro", password="a password")
        with pytest.raises(CannotDeliver):
            await mail.send(MAIL, texts.waiting("es"), NOW)
        assert server.letters == [] and not [line for line in server.lines if "AUTH" in line or "MAIL" in line]


@pytest.mark.parametrize(
    "address", ["", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a@@example.org", "x" * 250 + "@a.org"]
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    """Mutation: a pattern without its end, which lets a second header in."""
    with pytest.raises(BadAddress) as refused:
        MailAlerts("h", 25, "desk@example.org").checked(address)
    assert not address or address not in str(refused.value)
    with pytest.raises(ValueError, match="SMTP_FROM"):
        MailAlerts("h", 25, address)


# --- push ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-8")
@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://wns2-am3p.notify.windows.com/w/?token=abc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com.example.org/", False),
        ("https://example.org/fcm.googleapis.com", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://notify.windows.com/x", False),
        ("https://127.0.0.1/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_push_services_are_called(endpoint: str, known: bool) -> None:
    """Mutation: ``endswith`` without the dot; looking at the whole address instead of the host."""
    assert is_service(endpoint) is known
    sender = PushAlerts(VAPID, "mailto:ops@example.org")
    subscription = Browser(endpoint).subscription
    if known:
        assert sender.checked(sender.checked(subscription)) == sender.checked(subscription)
    else:
        with pytest.raises(BadAddress):
            sender.checked(subscription)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text.replace('"auth"', '"other"'),
        lambda text: text.replace('"p256dh": "B', '"p256dh": "C'),
        lambda text: "[]",
        lambda text: text.replace("one", "o" * 2000),
    ],
)
def test_half_a_subscription_is_refused(damage: Any) -> None:
    sender = PushAlerts(VAPID, "mailto:ops@example.org")
    whole = Browser("https://web.push.apple.com/one").subscription
    sender.checked(whole)
    with pytest.raises(BadAddress):
        sender.checked(damage(whole))


@pytest.mark.requirement("P-8")
async def test_nobody_is_sent_on_by_a_push_service(rest: tuple[RestApi, str]) -> None:
    """Mutation: following a redirect (to a machine inside)."""
    async with providers(rest) as world:
        world.push.answers["/subscription/one"] = 307
        sender = world.senders["push"]
        with pytest.raises(CannotDeliver):
            await sender.send(sender.checked(world.browser.subscription), "x", NOW)
        assert world.push.asked == ["POST /subscription/one"]


@pytest.mark.parametrize("key", ["", "abc", b64(bytes(range(1, 32))), b64(bytes(32)), "!" * 43])
def test_a_key_that_no_service_would_take_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="PUSH_KEY"):
        PushAlerts(key, "mailto:ops@example.org")
    with pytest.raises(ValueError, match="PUSH_CONTACT"):
        PushAlerts(VAPID, "ops@example.org")


# --- numbers, chats ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "kept"), [("+57 300 123 45 67", PHONE), (" +573001234567", PHONE)])
def test_a_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert SmsAlerts(TwilioSender(ACCOUNT, AUTH)).checked(typed) == kept


@pytest.mark.parametrize("typed", ["", "3001234567", "+57", "+5730012345678901", "hola", "+999123456789"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    """Mutation: taking what only looks like a number."""
    with pytest.raises(BadAddress) as refused:
        SmsAlerts(TwilioSender(ACCOUNT, AUTH)).checked(typed)
    assert not typed or typed not in str(refused.value)


@pytest.mark.parametrize("typed", ["", "-100123", "0", "٣", "12a", str(1 << 60)])
def test_what_is_no_private_chat_is_refused(typed: str) -> None:
    """Mutation: taking a group (a negative id), where others read."""
    with pytest.raises(BadAddress):
        TelegramAlerts(TOKEN).checked(typed)


# --- what the settings make ----------------------------------------------------------------------------------------------


async def test_only_ways_that_are_set_up_are_there(settings: Settings) -> None:
    """Mutation: a way that is offered and cannot send."""
    assert senders(settings) == {}
    all_of_them = settings.model_copy(
        update=Settings(  # type: ignore[call-arg]
            _env_file=None,
            alerts_telegram_token="1:a",
            twilio_account_sid=ACCOUNT,
            twilio_auth_token="t",
            alerts_sms_from="+15550199",
            smtp_host="mail.example.org",
            smtp_from="desk@example.org",
            push_key=VAPID,
            push_contact="mailto:ops@example.org",
        ).model_dump(exclude_unset=True)
    )
    found = senders(all_of_them)
    assert set(found) == set(WAYS)
    await close(found)
    with pytest.raises(ValueError, match="bot of their own"):
        senders(all_of_them.model_copy(update={"telegram_token": all_of_them.alerts_telegram_token}))


def test_texts_fill_their_room(texts: Texts) -> None:
    """Mutation: a text that is longer in one language."""
    assert {len(texts.waiting(lang).encode()) for lang in LANGS} == {ROOM}
    assert {len(texts.code(lang, "012345").encode()) for lang in LANGS} == {ROOM}
