"""Writing back to a person: only with leave, only inside the window, only what was previewed, and by nobody else."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import smsutil

from bot import relay_words
from bot.channels.simulator_inbox import KEEP_SECONDS, MOST_MESSAGES, MOST_PHONES, Inbox
from bot.channels.telegram import Telegram
from bot.channels.telegram_sending import TelegramSender
from bot.channels.twilio_retention import rest_client
from bot.channels.twilio_sending import TwilioSender
from bot.exchange import CannotDeliver, StoreDown, Unreachable
from bot.relay import Delivery, NotPermitted, Relay, Unfit
from bot.relay_permit import Permit
from bot.session_stores import EmbeddedStore
from bot.sessions import Sessions
from bot.vault import Address, CannotUnbox, Vault
from tests.bot.channels.scripted import Scripted
from tests.fakes.bot_api import TOKEN, BotApi, Chat, hosted
from tests.fakes.twilio_api import ACCOUNT, Redirected, RestApi
from tests.fakes.twilio_api import TOKEN as AUTH
from tests.logged import everything_logged
from tests.servers import serving

ROOT = Path(__file__).parents[2]
VAULT = Vault(bytes(range(32)))
TICKET, OTHER = b"t" * 16, b"o" * 16
NOW = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
SECOND, UNTIL = timedelta(seconds=1), timedelta(hours=2)
LATER = NOW + UNTIL
PERMIT = Permit(TICKET, LATER)
PHONE = "+573001234567"
CHAT = 7_100_000_123
TEXT = "Girasol, buenos días. ¿Puedes escribir ahora? Está lo que pediste."
BAD = "Girasol, hola, ¿te va bien si hablamos ahora? Es por la violencia."


def boxed(channel: str = "sms", value: str = PHONE, ticket: bytes = TICKET) -> str:
    return VAULT.box(VAULT.address(channel, value), ticket)


class Noted:
    """A sender that notes what it was given; ``fails`` is raised instead."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.sent: list[tuple[str, str, str, float]] = []
        self.fails = fails

    async def send(self, address: Address, text: str, seconds: float) -> None:
        if self.fails is not None:
            raise self.fails
        self.sent.append((address.channel, address.reveal(), text, seconds))


def relay(out: Any, **more: Any) -> Relay:
    return Relay(VAULT, dict.fromkeys(("telegram", "sms", "whatsapp", "simulator"), out), **more)


async def send(to: Relay, box: str, text: str = TEXT, **changes: Any) -> Delivery:
    given = {"permit": PERMIT, "now": NOW, "written_at": NOW, "lang": "es"} | changes
    return await to.send(given["permit"], box, text, given["now"], written_at=given["written_at"], lang=given["lang"])


# --- with leave only ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-1")
@pytest.mark.requirement("M-8")
@pytest.mark.parametrize("channel", ["telegram", "sms", "whatsapp", "simulator-whatsapp", "simulator-sms"])
async def test_a_message_leaves_exactly_where_window_ticket_channel_and_words_allow_it(channel: str) -> None:
    """Every mixture of times around each limit, a box of this and of another ticket, words that are fine and are not.
    Mutation: ``>`` for ``>=`` at the window's end; not looking at the box's ticket; dropping or widening the WhatsApp limit;
    sending first and checking the words afterwards."""
    boxes = {ticket: boxed(channel, ticket=ticket) for ticket in (TICKET, OTHER)}
    moments = [timedelta(minutes=-60), timedelta(0), UNTIL - SECOND, UNTIL, UNTIL + SECOND, timedelta(days=2)]
    silences = [timedelta(0), timedelta(hours=23), timedelta(hours=24), timedelta(hours=24) + SECOND, timedelta(days=6)]
    for after, silent, (ticket, box), text in product(moments, silences, boxes.items(), (TEXT, BAD, "")):
        await one_mixture(channel, NOW + after, silent, ticket, box, text)


async def one_mixture(channel: str, now: datetime, silent: timedelta, ticket: bytes, box: str, text: str) -> None:
    out = Noted()
    expected: object = Delivery.SENT
    if now >= LATER:
        expected = NotPermitted
    elif ticket != TICKET:
        expected = CannotUnbox
    elif text != TEXT:
        expected = Unfit
    elif "whatsapp" in channel and silent > timedelta(hours=24):
        expected = Delivery.TOO_LATE
    try:
        came: object = await send(relay(out), box, text, now=now, written_at=now - silent)
    except (NotPermitted, CannotUnbox, Unfit) as refused:
        came = type(refused)
    assert came is expected
    assert len(out.sent) == (expected is Delivery.SENT)
    for told_channel, value, told, seconds in out.sent:
        assert (told_channel, value, told) == (channel, PHONE, relay_words.arrives(TEXT, channel))
        assert seconds == (LATER - now).total_seconds()


@pytest.mark.requirement("E-1")
@pytest.mark.parametrize("forged", [None, True, (TICKET, LATER), {"ticket": TICKET, "until": LATER}])
async def test_nothing_but_a_permit_is_leave(forged: Any) -> None:
    """Mutation: taking whatever has the right fields."""
    out = Noted()
    with pytest.raises(NotPermitted):
        await send(relay(out), boxed(), permit=forged)
    assert out.sent == []


@pytest.mark.requirement("M-8")
async def test_the_words_are_checked_against_the_network_s_names_of_this_moment() -> None:
    """Mutation: asking for the names once, at the start."""
    names: list[str] = []
    out = Noted()
    to = relay(out, organisations=lambda: names)
    assert await send(to, boxed(), TEXT + " Casa Luna.") is Delivery.SENT
    names.append("Casa Luna")
    assert [fault.rule for fault in to.preview(TEXT + " Casa Luna.", "sms", "es").faults] == ["organisation"]
    with pytest.raises(Unfit) as refused:
        await send(to, boxed(), TEXT + " Casa Luna.")
    assert [fault.rule for fault in refused.value.faults] == ["organisation"] and "Luna" not in str(refused.value)
    assert len(out.sent) == 1


async def test_a_channel_without_a_sender_is_told_before_and_fails() -> None:
    """Mutation: a KeyError with the address in its frame; saying "sent"."""
    to = Relay(VAULT, {"sms": Noted()})
    assert (to.reaches("sms"), to.reaches("telegram"), to.reaches("simulator-sms")) == (True, False, False)
    assert Relay(VAULT, {"simulator": Noted()}).reaches("simulator-telegram")
    assert await send(to, boxed("telegram", "77")) is Delivery.FAILED


# --- what came of it ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize(
    ("fails", "outcome"),
    [
        (None, Delivery.SENT),
        (Unreachable(), Delivery.BLOCKED),
        (CannotDeliver("refused"), Delivery.FAILED),
        (CannotDeliver("refused", too_late=True), Delivery.TOO_LATE),
        (RuntimeError(f"{PHONE} {TEXT}"), Delivery.FAILED),
        (OSError(PHONE), Delivery.FAILED),
        (StoreDown(PHONE), Delivery.FAILED),
    ],
)
async def test_each_trouble_is_an_outcome_and_the_log_names_nobody(fails: Exception | None, outcome: Delivery) -> None:
    """Mutation: str(error) in the log; taking any error for "blocked"."""
    with everything_logged() as log:
        assert await send(relay(Noted(fails)), boxed()) is outcome
    assert log.getvalue() and "573001234567" not in log.getvalue() and "irasol" not in log.getvalue()
    assert (
        str(outcome) in log.getvalue()
        or "RuntimeError" in log.getvalue()
        or "Error" in log.getvalue()
        or "StoreDown" in log.getvalue()
    )


async def test_a_provider_that_hangs_is_given_up() -> None:
    """Mutation: no limit: the desk waits for ever."""

    class Hangs:
        async def send(self, address: Address, text: str, seconds: float) -> None:
            await asyncio.sleep(60)

    async with asyncio.timeout(5):
        assert await send(relay(Hangs(), patience=0.05), boxed()) is Delivery.FAILED


@pytest.mark.requirement("P-2")
async def test_no_refusal_says_whom_or_what() -> None:
    """Mutation: the text or the box in an exception."""
    to = relay(Noted())
    bad = TEXT + " violencia"
    for arguments in ({"text": bad}, {"box": boxed(ticket=OTHER)}, {"now": LATER}):
        with everything_logged() as log, pytest.raises((Unfit, CannotUnbox, NotPermitted)) as refused:
            box = arguments.pop("box", boxed())
            await send(to, box, **arguments)  # type: ignore[arg-type]
        told = f"{refused.value!r} {refused.value} {log.getvalue()} {to!r}"
        assert "violen" not in told and "irasol" not in told and box not in told and PHONE[1:] not in told


# --- Twilio ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rest() -> Iterator[tuple[RestApi, str]]:
    api = RestApi()
    with serving(api, lifespan="off") as url:
        yield api, url


@pytest.fixture
def twilio(rest: tuple[RestApi, str]) -> tuple[RestApi, TwilioSender]:
    api, url = rest
    api.sent.clear(), api.messages.clear(), api.unwanted.clear()
    client = rest_client(ACCOUNT, AUTH, Redirected(url))
    return api, TwilioSender(ACCOUNT, AUTH, sms_from="+15550199", whatsapp_from="whatsapp:+15550198", client=client)


@pytest.mark.requirement("P-4")
@pytest.mark.parametrize(("channel", "to"), [("sms", PHONE), ("whatsapp", f"whatsapp:{PHONE}")])
async def test_every_message_over_rest_carries_both_retention_parameters(
    twilio: tuple[RestApi, TwilioSender], channel: str, to: str
) -> None:
    """Afterwards the provider holds neither number nor text. Mutation: either parameter left out, on either channel."""
    api, sender = twilio
    assert await send(relay(sender), boxed(channel)) is Delivery.SENT
    (form,) = api.sent
    assert (form["ContentRetention"], form["AddressRetention"], form["To"]) == ("discard", "obfuscate", to)
    assert form["From"] == ("+15550199" if channel == "sms" else "whatsapp:+15550198")
    (left,) = api.messages.values()
    assert left["to"].endswith("XXXX") and left["body"] == ""


@pytest.mark.requirement("M-8")
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        " Mañana: “sí” — ¿está bien? 🙂\r\n",
        "Girasol. " + "á" * 290,
        "uno\n\n\tdos",
        "Girasol & <b> % + = ; ñ € {x}",
        "Olá, às 15h?",
    ],
)
async def test_what_arrives_is_what_the_preview_showed(twilio: tuple[RestApi, TwilioSender], channel: str, text: str) -> None:
    """Mutation: folding for the preview and not for the message, or the other way round."""
    api, sender = twilio
    shown = relay_words.preview(text, channel, "es")
    assert await send(relay(sender), boxed(channel), text) is Delivery.SENT
    assert api.sent[0]["Body"] == shown.text
    if channel == "sms":
        assert len(smsutil.split(api.sent[0]["Body"]).parts) == shown.segments <= 2


@pytest.mark.requirement("E-1")
async def test_an_sms_does_not_outlive_the_window_at_the_provider(twilio: tuple[RestApi, TwilioSender]) -> None:
    """Mutation: leaving a message in the provider's queue for hours: the phone lights up when it must not."""
    api, sender = twilio
    await send(relay(sender), boxed(), now=LATER - timedelta(minutes=5), written_at=NOW)
    await send(relay(sender), boxed(), now=LATER - timedelta(milliseconds=1), written_at=NOW)
    await send(relay(sender), boxed(), permit=Permit(TICKET, NOW + timedelta(days=2)))
    assert [form["ValidityPeriod"] for form in api.sent] == ["300", "1", "36000"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 21610, Delivery.BLOCKED),
        (400, 21211, Delivery.BLOCKED),
        (400, 63016, Delivery.TOO_LATE),
        (400, 30030, Delivery.FAILED),
        (429, 20429, Delivery.FAILED),
        (503, 20503, Delivery.FAILED),
        (401, 20003, Delivery.FAILED),
        (400, 21408, Delivery.FAILED),
    ],
)
async def test_what_twilio_s_refusals_mean(twilio: tuple[RestApi, TwilioSender], status: int, code: int, outcome: Delivery) -> None:
    """Mutation: "blocked" for a fault of the account (nobody would try again); the provider's sentence in the log."""
    api, sender = twilio
    api.unwanted[PHONE] = status, code
    with everything_logged() as log:
        assert await send(relay(sender), boxed()) is outcome
    assert "573001234567" not in log.getvalue() and "irasol" not in log.getvalue()
    assert api.sent == []


async def test_without_a_number_to_send_from_nothing_is_asked_of_twilio(
    twilio: tuple[RestApi, TwilioSender], rest: tuple[RestApi, str]
) -> None:
    """Mutation: a message from whatever number the account has; a messaging service taken for a number."""
    api, url = rest
    before = len(api.calls)
    sender = TwilioSender(ACCOUNT, AUTH, sms_from="MG" + "0" * 32, client=rest_client(ACCOUNT, AUTH, Redirected(url)))
    assert await send(relay(sender), boxed("whatsapp")) is Delivery.FAILED
    assert len(api.calls) == before
    assert await send(relay(sender), boxed()) is Delivery.SENT
    assert api.sent[-1]["MessagingServiceSid"] == "MG" + "0" * 32 and "From" not in api.sent[-1]


# --- Telegram ----------------------------------------------------------------------------------------------------------


class TelegramWorld:
    def __init__(self) -> None:
        self.time = NOW.timestamp()
        self.api = BotApi(lambda: self.time)
        self.store = EmbeddedStore(lambda: self.time)
        self.sessions = Sessions(self.store, idle_seconds=1200, per_minute=1000)
        self.chat = self.api.chats[CHAT] = Chat(CHAT)
        self.sender: TelegramSender
        self.telegram: Telegram

    async def says(self, text: str) -> None:
        await self.api.deliver(self.api.update("message", self.api.incoming(self.chat, text=text)))
        await self.telegram.settle()

    @property
    def own(self) -> list[str]:
        return [message.text for message in self.chat.messages.values() if message.own]


@asynccontextmanager
async def on_telegram() -> AsyncIterator[TelegramWorld]:
    world = TelegramWorld()
    async with world.api.running() as url:
        world.sender = TelegramSender(TOKEN, VAULT, world.sessions.leftovers, url)
        world.telegram = Telegram(
            TOKEN, "secret", Scripted().handle, VAULT, world.sessions.leftovers, url, clock=lambda: world.time
        )
        async with hosted(world.telegram) as webhook:
            await world.telegram.register(webhook)
            yield world
        await world.sender.aclose()
        await world.telegram.aclose()
        await world.store.close()


@pytest.mark.requirement("E-2")
async def test_leaving_deletes_what_a_person_on_duty_wrote() -> None:
    """Mutation: not remembering the message's id; remembering it under another person."""
    async with on_telegram() as world:
        await world.says("hola")
        assert await send(relay(world.sender), boxed("telegram", str(CHAT))) is Delivery.SENT
        assert world.own == ["turn 1", TEXT]
        shown = next(message for message in world.chat.messages.values() if message.text == TEXT)
        assert shown.silent and not shown.preview and not shown.buttons
        await world.says("leave")
        assert world.chat.messages == {} and world.api.errors == []


@pytest.mark.filterwarnings("ignore:.*retry_after")
async def test_somebody_who_blocked_the_bot_is_told_of_as_such() -> None:
    """Mutation: "failed", so that the desk tries for ever."""
    async with on_telegram() as world:
        await world.says("hola")
        world.chat.blocked = True
        assert await send(relay(world.sender), boxed("telegram", str(CHAT))) is Delivery.BLOCKED
        assert await send(relay(world.sender), boxed("telegram", "1234567")) is Delivery.BLOCKED
        world.chat.blocked = False
        world.api.fail("sendMessage", 500, "Internal Server Error")
        assert await send(relay(world.sender), boxed("telegram", str(CHAT))) is Delivery.FAILED
        world.api.fail("sendMessage", 429, "Too Many Requests: retry after 900", retry_after=900)
        assert await send(relay(world.sender), boxed("telegram", str(CHAT))) is Delivery.FAILED
        assert world.own == ["turn 1"]


async def test_a_store_that_is_down_does_not_make_a_sent_message_unsent() -> None:
    """Mutation: "failed" for a message that stands on the screen: the desk would send it twice."""

    class Down:
        async def add(self, person: Any, ids: Any) -> None:
            raise StoreDown("down")

    async with on_telegram() as world:
        await world.says("hola")
        sender = TelegramSender(TOKEN, VAULT, Down(), world.api.url)
        try:
            with everything_logged() as log:
                assert await send(relay(sender), boxed("telegram", str(CHAT))) is Delivery.SENT
            assert "leftovers_lost" in log.getvalue() and str(CHAT) not in log.getvalue()
            assert TOKEN not in f"{sender!r}"
        finally:
            await sender.aclose()


# --- simulator ---------------------------------------------------------------------------------------------------------


async def test_a_page_takes_what_came_for_its_phone_once() -> None:
    """Mutation: another phone's messages; giving them twice; keeping them for a page that was closed."""
    time = NOW.timestamp()
    inbox = Inbox(lambda: time)
    to = Relay(VAULT, {"simulator": inbox})
    phone, other = "ab" * 16, "cd" * 16
    assert await send(to, boxed("simulator-sms", phone)) is Delivery.SENT
    assert await send(to, boxed("simulator-telegram", phone), "Hola.") is Delivery.SENT
    assert inbox.take("sms", other) == [] and inbox.take("whatsapp", phone) == []
    assert inbox.take("sms", phone) == [relay_words.arrives(TEXT, "sms")]
    assert inbox.take("sms", phone) == []
    assert inbox.take("telegram", phone) == ["Hola."]
    inbox.deliver("sms", phone, "a")
    time += KEEP_SECONDS
    assert inbox.take("sms", phone) == [] and repr(inbox) == "Inbox(0)"
    inbox.deliver("sms", phone, "a")
    inbox.forget("sms", phone)
    assert inbox.take("sms", phone) == []


def test_an_inbox_does_not_grow() -> None:
    """Mutation: no limit (a demo that is open to the world fills its memory)."""
    inbox = Inbox(lambda: 0.0)
    for number in range(MOST_MESSAGES + 5):
        inbox.deliver("sms", "ab" * 16, str(number))
    assert inbox.take("sms", "ab" * 16) == [str(number) for number in range(5, MOST_MESSAGES + 5)]
    for number in range(MOST_PHONES + 5):
        inbox.deliver("sms", f"{number:032x}", "x")
    assert repr(inbox) == f"Inbox({MOST_PHONES})" and inbox.take("sms", f"{0:032x}") == []


# --- by nobody else ----------------------------------------------------------------------------------------------------


def calls(tree: ast.AST) -> Iterator[str]:
    """``c`` and ``b.c`` of each call ``a.b.c(…)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            last = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            yield last
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(owner, ast.Name | ast.Attribute):
                yield f"{owner.id if isinstance(owner, ast.Name) else owner.attr}.{last}"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def read(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a module calls and what it imports."""
    tree = ast.parse(source)
    return frozenset(calls(tree)), frozenset(imports(tree))


@pytest.fixture(scope="module")
def modules() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    return {path.relative_to(ROOT).as_posix(): read(path.read_text("utf-8")) for path in sorted((ROOT / "bot").rglob("*.py"))}


#: What makes a message leave -> the files that may say it. Replies leave as the response to a webhook, or in ``telegram.py``.
LEAVING: dict[str, set[str]] = {
    "messages.create": {"bot/channels/twilio_sending.py"},
    "aiosmtplib.send": {"bot/alerts/mail.py"},
    "Permit": set(),
    "Relay": {"bot/app.py"},
}
#: Modules that send -> those that may have them: the root, which builds, and staff alerts.
SENDING = {
    "bot.channels.twilio_sending": {"bot/app.py", "bot/alerts/sms.py", "bot/alerts/senders.py"},
    "bot.channels.telegram_sending": {"bot/app.py"},
    "bot.channels.simulator_inbox": {"bot/app.py", "bot/channels/simulator.py"},
    "bot.channels.telegram_client.Client": {
        "bot/channels/telegram.py", "bot/channels/telegram_sending.py", "bot/alerts/telegram.py",
    },
}  # fmt: skip


Modules = dict[str, tuple[frozenset[str], frozenset[str]]]


def strangers(modules: Modules) -> list[str]:
    found = []
    for name, (called, imported) in modules.items():
        found += [
            f"{name} calls {leaving}"
            for leaving, files in LEAVING.items()
            if leaving in called and name not in files and not (leaving == "Permit" and name.startswith("bot/tickets/"))
        ]
        found += [
            f"{name} imports {module}"
            for module, files in SENDING.items()
            if name not in files and any(each == module or each.startswith(f"{module}.") for each in imported)
        ]
    return found


@pytest.mark.requirement("E-1")
@pytest.mark.requirement("M-8")
def test_nobody_else_sends(modules: Modules) -> None:
    """Mutation: a reminder from ``bot.jobs``, a second way out of the desk, a permit made by whoever wants to send."""
    assert len(modules) > 60
    assert not strangers(modules), "messages to a person leave through bot.relay only, with a permit of bot.tickets"


@pytest.mark.parametrize(
    "planted",
    [
        "from bot.channels import twilio_sending\n",
        "from bot.channels.twilio_sending import TwilioSender\n",
        "import bot.channels.telegram_sending\n",
        "from bot.channels.telegram_client import Client\n",
        "client.messages.create(to=1)\n",
        "permit = relay_permit.Permit(b'', now)\n",
        "permit = Permit(b'', now)\n",
        "Relay(vault, {})\n",
    ],
)
def test_a_planted_way_out_is_seen(planted: str, modules: Modules) -> None:
    """Mutation: a structural test that cannot fail."""
    assert len(strangers(modules | {"bot/jobs.py": read(planted)})) == 1
