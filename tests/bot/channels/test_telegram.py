"""The Telegram adapter alone, over real HTTP against the strict fake Bot API, with a scripted conversation behind it.

Here belongs what only Telegram has: the secret, edits, keyboards, deletion, kinds of updates, polling, set-up. What is the
same on all channels is in ``test_contract.py``.
"""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
import telegram as library
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.channels.telegram import BODY_LIMIT, TRAITS, Profile, Telegram
from bot.channels.telegram_client import Transport, split
from bot.exchange import NotLeft, Press, StoreDown
from bot.session_stores import EmbeddedStore
from bot.sessions import Sessions
from bot.vault import Vault
from tests.bot.channels.contract import Clock
from tests.bot.channels.driver_telegram import SECRET, TelegramDriver, opened
from tests.bot.channels.listening import everything_written
from tests.bot.channels.scripted import Scripted
from tests.fakes.bot_api import BOT_ID, CANARIES, CONTENT, TOKEN, BotApi, Chat, Delivery

pytestmark = pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")


class Small:
    """What an adapter is built over, with a scripted conversation."""

    def __init__(self) -> None:
        self.script = Scripted()
        self.handle = self.script.handle
        self.vault = Vault(b"secret of these tests only " * 2)
        self.clock = Clock()
        self.store = EmbeddedStore(self.clock)
        self.leftovers: Any = Sessions(self.store, idle_seconds=1200, per_minute=1000).leftovers


@pytest.fixture
async def small() -> AsyncIterator[Small]:
    world = Small()
    yield world
    await world.store.close()


@pytest.fixture
async def phone(small: Small) -> AsyncIterator[TelegramDriver]:
    async with opened(small) as driver:
        yield driver


# --- screens in a chat -----------------------------------------------------------------------------------------------


async def test_a_typed_message_is_answered_by_a_plain_silent_message_with_buttons(phone: TelegramDriver) -> None:
    seen = await phone.says("hola")
    assert seen.texts == ["turn 1"] and seen.buttons == ["on", "leave"] and seen.status == 200
    shown = phone.present
    assert shown is not None and not shown.preview and not shown.parse_mode and not shown.protected
    assert phone.chat.lit == 0, "an answer must not ring"
    assert not phone.api.errors


async def test_a_pressed_button_edits_its_message_in_the_body_of_the_response(phone: TelegramDriver) -> None:
    await phone.says("hola")
    before = len(phone.api.called("sendMessage"))
    seen = await phone.presses("on")
    assert seen.texts == ["turn 2"] and seen.edited == 1
    assert len(phone.api.called("sendMessage")) == before
    assert not phone.api.waiting, "the press must be acknowledged, or the phone shows a clock"
    assert phone.api.called("answerCallbackQuery")[-1].keys() == {"callback_query_id"}
    assert not phone.api.errors and not phone.api.body_errors


async def test_a_redelivered_press_shows_the_same_screen(phone: TelegramDriver, small: Small) -> None:
    await phone.says("hola")
    await phone.presses("on")
    seen = await phone.redelivers()
    assert seen.texts == ["turn 2"] and seen.status == 200
    assert small.script.inbound[-1].message_id == small.script.inbound[-2].message_id


async def test_an_old_turn_button_is_edited_where_it_stands(phone: TelegramDriver) -> None:
    await phone.says("one")
    old = phone.present
    await phone.says("two")
    assert old is not None
    await phone.delivered(phone.api.press(phone.chat, old.buttons[0], old))
    assert old.text == "turn 3" and old.edits == 1


@given(data=st.text(max_size=70) | st.from_regex(r"[0-9٣+_-]{0,12}:[0-9٣]{0,5}(:[0-9]{0,14})?", fullmatch=True))
@settings(max_examples=150, deadline=None)
async def test_any_callback_data_is_a_press(data: str) -> None:
    """Mutation: int(data) without a pattern raises on foreign data."""
    script, adapter = _bare()
    query = {
        "id": "1",
        "from": {"id": 5, "is_bot": False},
        "data": data,
        "message": {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}},
    }
    adapter._clock = lambda: 2
    status, body = await _ask(adapter, json.dumps({"update_id": 1, "callback_query": query}).encode())
    press = script.last.press
    assert isinstance(press, Press) and (press.turn >= 0 or press == Press(-1, 0))
    left = press.turn >= 0 and press.ordinal == 1
    assert status == 200 and (body == b"" if left else json.loads(body)["method"] == "editMessageText")
    await _stop(adapter)


async def test_a_message_that_cannot_be_edited_or_deleted_any_more_is_replaced_by_a_new_one(
    phone: TelegramDriver, small: Small
) -> None:
    await phone.says("hola")
    old = phone.present
    assert old is not None
    small.clock.advance(hours=47.5)
    seen = await phone.presses("on")
    assert (seen.edited, seen.texts, old.edits) == (0, ["turn 2"], 0)
    shown = phone.present
    assert shown is not None
    seen = await phone.delivered(phone.api.press(phone.chat, shown.buttons[0], shown, reachable=False))
    assert (seen.edited, seen.texts) == (0, ["turn 3"])
    assert not phone.api.errors and not phone.api.body_errors


@given(st.text(alphabet=st.sampled_from("añ🙂 \n.x"), max_size=300), st.integers(8, 60))
@settings(max_examples=200, deadline=None)
def test_a_long_text_is_cut_into_messages_that_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


async def test_a_screen_beyond_the_limit_goes_out_in_parts_with_the_buttons_on_the_last(
    phone: TelegramDriver, small: Small
) -> None:
    small.script.say = "\n\n".join(f"paragraph {n} " + "ñ🙂" * 200 for n in range(12))
    seen = await phone.says("hola")
    assert len(seen.texts) > 1 and not phone.api.errors and seen.buttons
    seen = await phone.presses("on")
    assert len(seen.texts) > 1 and seen.edited == 0 and not phone.api.body_errors


# --- the button that shares a location -------------------------------------------------------------------------------


async def test_the_location_button_appears_and_goes_when_the_person_moves_on(phone: TelegramDriver) -> None:
    for move_on in (lambda: phone.presses("on"), lambda: phone.says("a town"), lambda: phone.shares(14.9, -92.3)):
        await phone.says("where")
        assert phone.chat.location_button == "Share where I am"
        assert phone.present is not None and phone.present.buttons, "the other options stay buttons"
        await move_on()
        assert phone.chat.location_button == ""
    assert not phone.api.errors and not phone.api.body_errors


async def test_the_location_button_goes_even_after_a_restart(small: Small) -> None:
    """The prompt's id travels in the buttons and in Telegram's own reply mark, not only in memory."""
    async with opened(small) as phone:
        await phone.says("where")
        phone.telegram._prompts.clear()
        await phone.presses("on")
        assert phone.chat.location_button == ""
        await phone.says("where")
        carrier = phone.chat.messages[phone.chat.keyboard]
        phone.telegram._prompts.clear()
        await phone.does(
            "message", location={"latitude": 1.0, "longitude": 2.0}, reply_to_message=phone.api._message(phone.chat, carrier)
        )
        assert phone.chat.location_button == ""


async def test_the_location_button_is_put_there_once_and_reached_by_a_press_too(phone: TelegramDriver, small: Small) -> None:
    await phone.says("where")
    seen = await phone.says("where")
    assert seen.texts == ["turn 2"], "the keyboard stands there already"
    await phone.says("elsewhere")
    small.script._answer = _asks_where(small.script._answer)  # type: ignore[method-assign]
    seen = await phone.presses("on")
    assert seen.edited == 1 and phone.chat.location_button
    assert phone.chat.lit == 0


def _asks_where(answer: Any) -> Any:
    def with_label(inbound: Any) -> Any:
        reply = answer(inbound)
        return replace(reply, message=replace(reply.message, location_label="Share where I am"))

    return with_label


# --- every kind of update (L-5) --------------------------------------------------------------------------------------

KINDS = {
    "voice": "voice", "audio": "voice", "video_note": "voice", "photo": "picture", "video": "picture", "animation": "picture",
    "document": "file", "sticker": "sticker", "contact": "contact", "live": "live", "poll": "other", "dice": "other",
    "game": "other", "story": "other", "unheard_of": "other",
}  # fmt: skip


@pytest.mark.requirement("L-5")
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_read_is_answered_and_never_fetched(phone: TelegramDriver, small: Small, kind: str) -> None:
    """Mutation: leaving video_note out of the voice kinds, or calling getFile for any of them."""
    seen = await phone.does("message", **CONTENT[kind])
    assert small.script.last.unreadable == KINDS[kind]
    assert seen.texts and phone.downloads == 0
    if kind != "unheard_of":
        assert library.Update.de_json(phone.last, None).effective_message is not None  # the shapes are the real ones


async def test_what_can_be_read_is_read(phone: TelegramDriver, small: Small) -> None:
    script = small.script
    await phone.does("message", **CONTENT["forwarded"])
    assert script.last.words is not None and script.last.words.reveal() == "forwarded-words"
    await phone.does("message", **CONTENT["photo_with_caption"])
    assert script.last.words is not None and script.last.words.reveal() == "caption-words"
    for where in ({"location": {"latitude": 14.5, "longitude": -92.25}}, CONTENT["venue"]):
        await phone.does("message", **where)
        assert script.last.point is not None
    assert script.inbound[-2].point.reveal() == (14.5, -92.25)  # type: ignore[union-attr]


async def test_a_live_location_is_answered_once_and_its_movements_are_not_looked_at(phone: TelegramDriver, small: Small) -> None:
    await phone.sends("live")
    assert small.script.last.unreadable == "live" and small.script.last.point is None
    moved = phone.api.incoming(phone.chat, **CONTENT["live"]) | {"edit_date": 5}
    for _ in range(5):
        seen = await phone.delivered(phone.api.update("edited_message", moved))
        assert seen.silent and seen.status == 200
    assert len(small.script.inbound) == 1
    seen = await phone.sends("edited")
    assert small.script.last.unreadable == "edited" and not seen.silent


async def test_an_album_is_answered_once_also_when_its_first_picture_comes_again(phone: TelegramDriver, small: Small) -> None:
    album = [phone.api.update("message", phone.api.incoming(phone.chat, media_group_id="77", **CONTENT["photo"])) for _ in range(6)]
    seen = [await phone.delivered(update) for update in [*album, album[0]]]
    assert [len(each.texts) for each in seen] == [1, 0, 0, 0, 0, 0, 1]
    await phone.says("leave")
    assert not phone.chat.messages, "the pictures that got no answer are deleted on leaving as well"


@pytest.mark.parametrize("kind", ["pinned", "timer"])
async def test_notices_of_the_app_get_no_answer(phone: TelegramDriver, small: Small, kind: str) -> None:
    seen = await phone.does("message", **CONTENT[kind])
    assert seen.silent and seen.status == 200 and not small.script.inbound


async def test_groups_and_channels_are_left_without_a_word(phone: TelegramDriver, small: Small) -> None:
    group = {"id": -100777, "type": "supergroup", "title": "canary-first"}
    sender = {"id": phone.chat.id, "is_bot": False, "first_name": "canary-first"}
    shown = {"message_id": 5, "date": 1, "chat": group}
    member = {"user": sender, "status": "member"}
    for kind, body in (
        ("message", shown | {"from": sender, "text": "9"}),
        ("callback_query", {"id": "x", "from": sender, "message": shown, "data": "1:0", "chat_instance": "1"}),
        ("my_chat_member", {"chat": group, "from": sender, "date": 1, "old_chat_member": member, "new_chat_member": member}),
        (
            "my_chat_member",
            {
                "chat": group | {"type": "channel", "id": -100778},
                "from": sender,
                "date": 1,
                "old_chat_member": member,
                "new_chat_member": member | {"status": "administrator"},
            },
        ),
    ):
        seen = await phone.delivered(phone.api.update(kind, body))
        assert seen.status == 200 and seen.silent
    assert phone.api.left == [-100777, -100777, -100777, -100778]
    assert not small.script.inbound and not phone.api.called("sendMessage")
    out = {"chat": group, "from": sender, "date": 1, "old_chat_member": member, "new_chat_member": member | {"status": "kicked"}}
    await phone.delivered(phone.api.update("my_chat_member", out))
    assert len(phone.api.left) == 4


async def test_bots_blocking_and_unknown_updates_get_nothing(phone: TelegramDriver, small: Small) -> None:
    phone.api.webhook["allowed"] = None
    chat = {"id": phone.chat.id, "type": "private"}
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "b"}
    member = {"user": bot, "status": "kicked"}
    for kind, body in (
        ("message", {"message_id": 1, "date": 1, "chat": chat, "from": bot, "text": "hola"}),
        ("my_chat_member", {"chat": chat, "from": bot, "date": 1, "old_chat_member": member, "new_chat_member": member}),
        ("inline_query", {"id": "1", "from": bot, "query": "x", "offset": ""}),
        ("channel_post", {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "channel"}, "text": "x"}),
        ("message_of_2031", {"anything": [1, {}]}),
        ("callback_query", {"id": "1", "from": {"id": 4, "is_bot": False}, "inline_message_id": "9", "data": "1:0"}),
    ):
        seen = await phone.delivered(phone.api.update(kind, body))
        assert seen.status == 200 and seen.silent
    assert not small.script.inbound and not phone.api.called("sendMessage") and not phone.api.left


@pytest.mark.parametrize(
    ("typed", "words", "lang", "country"),
    [
        ("/start", "start", "es", ""),
        ("/start pt-BR", "start", "pt", "BR"),
        ("/start en", "start", "en", ""),
        ("/start MX", "start", "es", "MX"),
        ("/start es_MX", "start", "es", "MX"),
        ("/start ref-of-somebody", "start", "es", ""),
        ("/menu@faro_bot", "menu", "es", ""),
        ("/salir", "salir", "es", ""),
        ("/idioma pt", "idioma pt", "es", ""),
        ("/¿?", "/¿?", "es", ""),
    ],
)
async def test_commands_are_words_and_a_link_carries_a_language_or_a_country_at_most(
    phone: TelegramDriver, small: Small, typed: str, words: str, lang: str, country: str
) -> None:
    await phone.says(typed)
    inbound = small.script.last
    assert inbound.words is not None and inbound.words.reveal() == words
    assert (inbound.lang_hint, inbound.country_hint) == (lang, country)


# --- forged and unreadable deliveries --------------------------------------------------------------------------------


async def test_without_the_right_secret_nothing_is_even_read(phone: TelegramDriver, small: Small) -> None:
    """Mutation: comparing only when the header is there."""
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": ""}, {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"}):
        delivery = Delivery({})
        await phone.api.post(b'{"update_id": 1}', delivery, headers)
        assert (delivery.status, delivery.bodies) == (403, [b""])
    assert not small.script.inbound and not phone.api.calls
    async with aiohttp.ClientSession() as http, http.get(phone.api.webhook["url"]) as answer:
        assert answer.status == 405


async def test_an_adapter_without_a_secret_takes_no_webhook_at_all() -> None:
    _, adapter = _bare(secret="")
    assert (await _ask(adapter, b"{}", secret=b""))[0] == 403
    with pytest.raises(RuntimeError, match="TELEGRAM_SECRET"):
        await adapter.register("https://faro.example.org/telegram")
    with pytest.raises(ValueError, match="TELEGRAM_SECRET"):
        _bare(secret="spaces are not allowed")
    with pytest.raises(ValueError, match="TELEGRAM_TOKEN"):
        Telegram("", "x", Scripted().handle, Vault(b"x" * 32), Sessions(EmbeddedStore(), idle_seconds=1, per_minute=5).leftovers)
    await _stop(adapter)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "update_id",
                    "message",
                    "callback_query",
                    "chat",
                    "from",
                    "id",
                    "text",
                    "date",
                    "data",
                    "message_id",
                    "location",
                    "type",
                    "edited_message",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(body=st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, deadline=None)
async def test_whatever_comes_with_the_right_secret_is_accepted_once(body: bytes) -> None:
    """Otherwise Telegram would deliver it for ever and hold back what comes after it."""
    _, adapter = _bare()
    assert (await _ask(adapter, body))[0] == 200
    await _stop(adapter)


async def test_an_endless_body_is_not_collected(phone: TelegramDriver, small: Small) -> None:
    delivery = Delivery({})
    with suppress(aiohttp.ClientError):
        await phone.api.post(b" " * (BODY_LIMIT * 3), delivery)
    assert delivery.status in (0, 200) and not small.script.inbound


# --- faults ----------------------------------------------------------------------------------------------------------


async def test_a_store_that_is_down_makes_telegram_deliver_again(phone: TelegramDriver, small: Small) -> None:
    """Mutation: answering 200 when the store is down."""
    small.script.fails = [StoreDown("away")] * 2
    update = phone.api.update("message", phone.api.incoming(phone.chat, text="hola"))
    delivery = await phone.api.deliver(update)
    assert delivery.statuses == [503, 503, 200]
    assert [event[0] for event in phone.chat.events] == ["sent"]


async def test_whoever_writes_to_a_store_that_stays_away_reads_the_last_words(small: Small) -> None:
    """Mutation: putting off without end, in silence, and answering hours later."""
    async with opened(small, BotApi(small.clock, attempts=9), last_words={"es": "not saved: 911"}) as phone:
        small.script.fails = [StoreDown("away")] * 5
        delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="hola")))
        assert delivery.statuses == [503, 503, 503, 503, 200]
        assert phone.chat.messages[phone.chat.events[-1][1]].text == "not saved: 911"


async def test_whoever_left_gets_no_last_words_while_the_store_is_away(small: Small) -> None:
    """Mutation: a store that cannot say what is left to delete, counted like any that is away."""
    async with opened(small, BotApi(small.clock, attempts=9), last_words={"es": "not saved: 911"}) as phone:
        await phone.says("hola")
        phone.telegram._leftovers = _Away()
        for number in range(5):
            seen = await (phone.redelivers() if number else phone.presses("leave"))
            assert seen.silent, "nothing is written to whoever left"


@pytest.mark.requirement("E-2")
async def test_leaving_is_never_given_up_while_the_store_is_away(small: Small) -> None:
    """Mutation: five tries and last words to somebody who wanted silence, and a chat that is never erased."""
    async with opened(small, BotApi(small.clock, attempts=9), last_words={"es": "not saved: 911"}) as phone:
        await phone.says("hola")
        small.script.fails = [NotLeft("away")] * 8
        sent = phone.outbound
        delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="leave")))
        assert delivery.statuses == [503] * 8 + [200] and phone.outbound == sent and phone.chat.messages == {}


async def test_a_fault_of_our_own_is_put_off_and_given_up_with_a_last_word(small: Small) -> None:
    words = {"pt": "-", "es": "not saved: 911"}
    async with opened(small, BotApi(small.clock, attempts=9), last_words=words) as phone:
        small.script.fails = [ValueError("canary-of-the-fault")] * 5
        delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="hola")))
        assert delivery.statuses == [503, 503, 503, 503, 200]
        assert phone.chat.messages[phone.chat.events[-1][1]].text == "not saved: 911"
        assert (await phone.says("again")).texts == ["turn 1"]


async def test_a_short_flood_limit_is_waited_for_and_a_long_one_left_to_redelivery(phone: TelegramDriver) -> None:
    phone.api.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="one")))
    assert delivery.statuses == [200] and phone.chat.events[-1][2] == "turn 1"
    phone.api.fail("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60)
    update = phone.api.update("message", phone.api.incoming(phone.chat, text="two"))
    delivery = await phone.api.deliver(update)
    assert delivery.statuses == [503, 200] and phone.chat.events[-1][2] == "turn 2"


async def test_when_telegram_itself_fails_the_update_comes_again(phone: TelegramDriver) -> None:
    phone.api.fail("sendMessage", 500, "Internal Server Error")
    delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="hola")))
    assert delivery.statuses == [503, 200] and len(phone.chat.events) == 1


async def test_somebody_who_blocked_us_is_let_go(phone: TelegramDriver) -> None:
    await phone.says("hola")
    phone.chat.blocked = True
    assert (await phone.says("again")).status == 200
    assert (await phone.says("leave")).status == 200


# --- leaving (E-2) ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-2")
@pytest.mark.parametrize("by", ["word", "button"])
async def test_leaving_deletes_everything_and_says_nothing(phone: TelegramDriver, small: Small, by: str) -> None:
    """Mutation: not adding the person's own messages, or the prompt, to what is deleted."""
    await phone.says("hola")
    await phone.sends("voice")
    await phone.presses("on")
    await phone.says("where")
    sent = phone.outbound
    seen = await (phone.says("leave") if by == "word" else phone.presses("leave"))
    assert seen.silent and seen.status == 200 and phone.outbound == sent
    assert phone.chat.messages == {} and phone.chat.location_button == ""
    assert not phone.api.waiting and not phone.api.errors
    seen = await phone.redelivers()
    assert seen.silent and phone.outbound == sent


@pytest.mark.requirement("E-2")
async def test_leaving_deletes_hundreds_of_messages_and_skips_what_is_too_old(phone: TelegramDriver, small: Small) -> None:
    """Mutation: giving up on a whole batch because one message in it is older than 48 hours."""
    await phone.says("hola")
    old = set(phone.chat.messages)
    person = small.vault.person(small.vault.address("telegram", str(phone.chat.id)))
    small.clock.advance(hours=47.9)
    many = [phone.api.incoming(phone.chat, text="x")["message_id"] for _ in range(250)]
    await small.leftovers.add(person, many)
    small.leftovers = _Remembers(small.leftovers, old)
    phone.telegram._leftovers = small.leftovers
    small.clock.advance(hours=0.2)
    assert (await phone.says("leave")).silent
    assert set(phone.chat.messages) == old
    assert all(len(call["message_ids"]) <= 100 for call in phone.api.called("deleteMessages"))


class _Remembers:
    """A store of ids that kept some for longer than it should."""

    def __init__(self, real: Any, old: set[int]) -> None:
        self.real, self.old = real, old

    async def add(self, person: Any, ids: Any) -> None:
        await self.real.add(person, ids)

    async def take(self, person: Any) -> list[int]:
        return [*await self.real.take(person), *self.old]


@pytest.mark.requirement("E-2")
async def test_leaving_goes_on_until_everything_is_deleted(phone: TelegramDriver) -> None:
    """Mutation: taking the ids out of the store and losing them when Telegram does not answer."""
    for trouble in (
        {"code": 500, "description": "Internal Server Error"},
        {"code": 429, "description": "Too Many Requests", "retry_after": 60},
    ):
        await phone.says("hola")
        await phone.says("where")
        phone.api.fail("deleteMessages", times=2, **trouble)  # type: ignore[arg-type]
        sent = phone.outbound
        delivery = await phone.api.deliver(phone.api.update("message", phone.api.incoming(phone.chat, text="leave")))
        assert delivery.statuses == [503, 503, 200]
        assert phone.chat.messages == {} and phone.outbound == sent


@pytest.mark.requirement("E-2")
async def test_leaving_is_silent_even_when_it_is_given_up(small: Small) -> None:
    """Mutation: sending the last words after a leave whose deletions failed."""
    async with opened(small, BotApi(small.clock, attempts=9), last_words={"es": "not saved"}) as phone:
        await phone.says("hola")
        phone.api.fail("deleteMessages", 500, "Internal Server Error", times=9)
        sent = phone.outbound
        seen = await phone.says("leave")
        assert seen.status == 200 and phone.outbound == sent


async def test_leaving_without_the_store_still_deletes_what_is_at_hand(phone: TelegramDriver, small: Small) -> None:
    await phone.says("hola")
    phone.telegram._leftovers = _Away()
    seen = await phone.presses("leave")
    assert seen.silent and seen.deleted == 1 and seen.status == 503
    phone.telegram._leftovers = small.leftovers
    seen = await phone.redelivers()
    assert seen.silent and seen.status == 200 and phone.chat.messages == {}


class _Away:
    async def add(self, person: Any, ids: Any) -> None:
        raise StoreDown("away")

    async def take(self, person: Any) -> list[int]:
        raise StoreDown("away")


# --- never first (E-1) -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("E-1")
async def test_time_alone_sends_nothing(phone: TelegramDriver, small: Small) -> None:
    """Mutation: any timer in the adapter that sends."""
    await phone.says("where")
    await phone.presses("on")
    calls = len(phone.api.calls)
    for _ in range(48):
        small.clock.advance(hours=1)
        await phone.telegram.settle()
        await asyncio.sleep(0.002)
    assert len(phone.api.calls) == calls


# --- polling ---------------------------------------------------------------------------------------------------------


async def _until(condition: Any, seconds: float = 8.0) -> None:
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to pass")


async def test_polling_answers_in_order_edits_by_calls_and_loses_nothing(small: Small) -> None:
    async with opened(small) as phone:
        api, chat, script = phone.api, phone.chat, small.script
        other = api.chats.setdefault(6_100_000_001, Chat(6_100_000_001))
        script.fails = [StoreDown("away"), ValueError("once")]
        for text in ("one", "two", "where"):
            api.queue(api.update("message", api.incoming(chat, text=text)))
        api.queue(api.update("message", {"text": 5}))  # not what an update looks like
        api.queue(api.update("message", api.incoming(other, text="from somebody else")))
        task = asyncio.create_task(phone.telegram.poll(seconds=1))
        await _until(lambda: len(script.inbound) == 4 and not api.unconfirmed)
        assert api.webhook == {}, "polling takes the webhook away first"
        heard = [i.words.reveal() for i in script.inbound if i.words]
        assert [words for words in heard if words != "from somebody else"] == ["one", "two", "where"]
        assert [e[2] for e in chat.events if e[0] == "sent"][-1].startswith("turn")
        shown = next(m for m in reversed(chat.messages.values()) if m.buttons)
        await phone.telegram.settle()
        api.queue(api.update("message", api.incoming(other, text="two")))
        api.queue(api.press(chat, shown.buttons[0], shown))
        await _until(lambda: not api.waiting and not api.unconfirmed)
        assert shown.edits == 1 and chat.location_button == ""
        # An edit that changes nothing is fine; one of a message that is gone becomes a new message.
        sent = chat.arrived
        press = api.press(chat, shown.buttons[0], shown)
        api.fail("editMessageText", 400, "Bad Request: message is not modified: same")
        api.queue(press)
        await _until(lambda: not api.unconfirmed)
        assert chat.arrived == sent
        api.queue(api.press(chat, shown.buttons[0], shown))
        api.fail("editMessageText", 400, "Bad Request: message to edit not found")
        await _until(lambda: not api.unconfirmed)
        assert chat.arrived == sent + 1
        api.fail("getUpdates", 429, "Too Many Requests: retry after 1", retry_after=1)
        await _until(lambda: not api._failures)
        api.queue(api.update("message", api.incoming(chat, text="leave")))
        await _until(lambda: not api.unconfirmed)
        assert chat.messages == {}
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_polling_says_in_one_sentence_that_the_token_is_wrong(small: Small) -> None:
    async with BotApi(small.clock).running() as url:
        adapter = Telegram("1:wrong-canary", "", small.handle, small.vault, small.leftovers, url)
        for work in (adapter.poll(), adapter.register("")):
            with pytest.raises(RuntimeError, match="TELEGRAM_TOKEN") as told:
                await work
            assert "canary" not in str(told.value)
        await adapter.aclose()


# --- set-up ----------------------------------------------------------------------------------------------------------


async def test_register_sets_the_webhook_and_writes_only_texts_that_differ(small: Small) -> None:
    profiles = {
        lang: Profile((("menu", f"menu {lang}"), ("exit", f"exit {lang}")), f"short {lang}", f"long {lang}")
        for lang in ("es", "en", "pt")
    }
    api = BotApi(small.clock)
    api.unconfirmed.append({"update_id": 1})
    async with api.running() as url:
        adapter = Telegram(TOKEN, SECRET, small.handle, small.vault, small.leftovers, url)
        await adapter.register("https://faro.example.org/telegram", profiles)
        assert api.webhook == {
            "url": "https://faro.example.org/telegram",
            "secret": SECRET,
            "max_connections": 64,
            "allowed": ["message", "edited_message", "callback_query", "my_chat_member"],
        }
        assert api.unconfirmed, "what waited while we were away is answered"
        assert api.profile["description", ""] == "long es" and api.profile["short_description", "pt"] == "short pt"
        assert api.profile["commands", "en"][0]["description"] == "menu en"
        written = len([name for name, _ in api.calls if name.startswith("set")])
        await adapter.register("https://faro.example.org/telegram", profiles)
        assert len([name for name, _ in api.calls if name.startswith("set")]) == written + 1
        with pytest.raises(RuntimeError, match=r"(?i)https"):
            await adapter.register("http://faro.example.org/telegram")
        await adapter.register("")
        assert api.webhook == {}
        await adapter.aclose()


# --- what is written down (P-2, P-4) ---------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
async def test_no_log_at_any_level_holds_a_token_a_text_or_a_person(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: leaving the library's logger to propagate, or putting an address into an error of the transport."""
    with everything_written() as lines:
        person = await _a_whole_life(small)
    written = "\n".join([*lines, *capsys.readouterr()])
    assert "turn_failed" in written and "asyncio" in written, "the test must look at the lines that are written"
    for canary in (*CANARIES, SECRET, person, "canary-typed", "14.98", "92.12"):
        assert canary not in written, canary


async def _a_whole_life(small: Small) -> str:
    """Everything that can happen to an adapter, with canaries in it; gives the person's address."""
    async with opened(small) as phone:
        await phone.says("canary-typed words")
        for kind in ("voice", "contact", "live", "edited"):
            await phone.sends(kind)  # type: ignore[arg-type]
        await phone.shares(14.987654, -92.123456)
        small.script.fails = [ValueError("canary-typed"), StoreDown("canary-typed")]
        await phone.says("canary-typed again")
        for code, text in ((500, "canary-typed"), (429, "canary-typed"), (403, "canary-typed"), (400, "canary-typed")):
            phone.api.fail("sendMessage", code, text, **({"retry_after": 99} if code == 429 else {}))
            await phone.says("canary-typed")
        await phone.presses("on")
        await phone.forges()
        await phone.api.post(b"canary-typed", Delivery({}))
        phone.api.fail("deleteMessages", 500, "canary-typed")
        await phone.says("leave")
        task = asyncio.create_task(phone.telegram.poll(seconds=1))
        phone.api.queue(phone.api.update("message", phone.api.incoming(phone.chat, text="canary-typed poll")))
        await _until(lambda: not phone.api.unconfirmed)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        person = str(phone.chat.id)
        assert repr(phone.telegram) == "Telegram(…)" and TOKEN not in repr(phone.telegram._client._bot)
    return person


@pytest.mark.requirement("P-2")
async def test_errors_of_the_transport_carry_no_address_and_files_are_refused() -> None:
    """Mutation: raising NetworkError(str(error)): aiohttp's time-out names the whole address, token included."""
    transport = Transport(seconds=0.2)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(TimedOut) as slow:
        await transport.do_request(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe", "POST")
    server.close()
    with pytest.raises(NetworkError) as gone:
        await transport.do_request(f"http://127.0.0.1:1/bot{TOKEN}/getMe", "POST")
    for told in (slow, gone):
        assert TOKEN not in repr(told.value) + str(told.value) and told.value.__suppress_context__
    with pytest.raises(TelegramError, match="neither fetched nor sent"):
        await transport.do_request(f"http://127.0.0.1:{port}/file/bot{TOKEN}/x", "GET")
    await transport.shutdown()


@pytest.mark.requirement("P-4")
async def test_every_message_that_can_be_deleted_is_known_for_deletion(phone: TelegramDriver, small: Small) -> None:
    """Mutation: forgetting to note the id of a new message. Telegram keeps copies: deletion is all that we can do."""
    await phone.says("hola")
    await phone.sends("picture")
    await phone.says("where")
    person = small.vault.person(small.vault.address("telegram", str(phone.chat.id)))
    assert set(await small.leftovers.take(person)) == set(phone.chat.messages)


@pytest.mark.requirement("S-8")
async def test_an_exact_point_is_neither_kept_nor_printed(phone: TelegramDriver, small: Small) -> None:
    """Mutation: a Point with a repr, or one in the adapter's memory."""
    await phone.shares(14.987654, -92.123456)
    assert "14.98" not in repr(small.script.last)
    assert "14.98" not in repr(vars(phone.telegram))
    assert "14.98" not in repr([parameters for _, parameters in phone.api.calls])


def test_the_traits_say_what_a_chat_can_do() -> None:
    assert TRAITS.buttons and TRAITS.location and TRAITS.edits and TRAITS.forgets and TRAITS.form == "chat"


# --- without HTTP ----------------------------------------------------------------------------------------------------


def _bare(secret: str = SECRET) -> tuple[Scripted, Telegram]:
    """An adapter whose calls lead nowhere."""
    script = Scripted()
    leftovers = Sessions(EmbeddedStore(), idle_seconds=1200, per_minute=1000).leftovers
    adapter = Telegram(TOKEN, secret, script.handle, Vault(b"x" * 32), leftovers, "http://127.0.0.1:1")

    async def nowhere(url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        chat = {"id": 5, "type": "private"}
        if url.endswith("/sendMessage"):
            return 200, json.dumps({"ok": True, "result": {"message_id": 9, "date": 1, "chat": chat}}).encode()
        return 200, b'{"ok": true, "result": true}'

    transport = type("Nowhere", (Transport,), {"__slots__": (), "post_json": staticmethod(nowhere)})()
    adapter._client._bot._request = (transport, transport)
    adapter._client._acks.post = lambda body: None  # type: ignore[method-assign]
    return script, adapter


async def _stop(adapter: Telegram) -> None:
    await adapter.settle()


async def _ask(adapter: Telegram, body: bytes, secret: bytes = SECRET.encode()) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"x-telegram-bot-api-secret-token", secret)]}
    await adapter.webhook(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def test_the_fake_is_not_the_real_secret() -> None:
    assert set(SECRET) <= set(string.ascii_letters + string.digits + "_-")
