"""Where alerts go: named by the account, shown to be theirs, sealed, and never written down."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts import addresses as module
from bot.alerts.addresses import Addresses, NotOffered, TooSoon, hidden
from bot.alerts.safe import ROOM, Asked, Kept, Safe, Unreadable
from bot.alerts.telegram import TelegramAlerts
from bot.alerts.ways import BadAddress
from bot.alerts.words import Texts
from bot.exchange import CannotDeliver
from tests.bot.alerts.world import NOW, SECRET, STAFF, Written, account, kept, ways
from tests.fakes.bot_api import TOKEN, BotApi, Chat
from tests.logged import everything_logged

MAIL = "zarzaparrilla@example.org"
MINUTE = timedelta(minutes=1)


def of(engine: AsyncEngine, texts: Texts, **senders: Any) -> Addresses:
    return Addresses(engine, SECRET, ways(**senders), texts)


def code_in(out: Written) -> str:
    return re.findall(r"\d{6}", out.sent[-1][1])[-1]


async def row(engine: AsyncEngine, staff_id: uuid.UUID) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(select(STAFF.c.alert_ways, STAFF.c.alert_sealed).where(STAFF.c.id == staff_id))).one()


# --- by a code that is sent there ----------------------------------------------------------------------------------------


async def test_an_address_counts_once_its_owner_typed_the_code(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: keeping the address when it is named; a code that counts twice; a code in the wrong language."""
    who, out = await account(engine, lang="en"), Written()
    mine = of(engine, texts, email=out)
    assert await mine.begin(who, "email", MAIL, NOW) == ""
    assert out.sent[0][0] == MAIL and "Your key is" in out.sent[0][1]
    assert (await row(engine, who)).alert_ways == () and (await kept(engine, who)).addresses == {}
    assert [(each.way, each.address, each.asked) for each in await mine.shown(who, NOW)] == [("email", "", True)]
    code = code_in(out)
    assert await mine.confirm(who, f" {code[:3]} {code[3:]} ", NOW + MINUTE)
    assert (await row(engine, who)).alert_ways == ("email",) and (await kept(engine, who)).addresses == {"email": MAIL}
    assert [(each.address, each.asked) for each in await mine.shown(who, NOW)] == [("z•••@example.org", False)]
    assert not await mine.confirm(who, code, NOW + MINUTE)


@pytest.mark.parametrize(("minutes", "counts"), [(9, True), (10, False), (-1, False)])
async def test_a_code_counts_for_ten_minutes(engine: AsyncEngine, texts: Texts, minutes: int, counts: bool) -> None:
    """Mutation: no end; a clock that was put back and opens everything."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, email=out)
    await mine.begin(who, "email", MAIL, NOW)
    assert await mine.confirm(who, code_in(out), NOW + minutes * MINUTE) is counts
    assert ((await kept(engine, who)).addresses == {"email": MAIL}) is counts


async def test_a_code_is_not_found_by_trying(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: not counting misses; counting them in the process instead of the row; misses that a tries-at-once race loses."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, email=out)
    await mine.begin(who, "email", MAIL, NOW)
    right = code_in(out)
    wrong = [f"{number:06d}" for number in range(5) if f"{number:06d}" != right]
    for code in ("", "abc", "ñ" * 6, *wrong)[:5]:
        assert not await mine.confirm(who, code, NOW)
    assert not await of(engine, texts, email=out).confirm(who, right, NOW)
    assert (await kept(engine, who)).addresses == {}


async def test_trying_many_at_once_gives_no_more_tries(engine: AsyncEngine, texts: Texts) -> None:
    """While a right code is on its way five wrong ones are counted. Mutation: deciding by what was read before instead of what
    lies there when it is written."""
    who, out = await account(engine), Written()
    mine, beside = of(engine, texts, email=out), of(engine, texts, email=out)
    await mine.begin(who, "email", MAIL, NOW)
    right = code_in(out)

    async def five_tries() -> None:
        for number in range(module.MOST_MISSES):
            assert not await beside.confirm(who, f"x{number}", NOW)

    after_the_first_read(mine, five_tries)
    assert not await mine.confirm(who, right, NOW)
    assert (await kept(engine, who)).addresses == {}


def after_the_first_read(addresses: Addresses, act: Callable[[], Awaitable[None]]) -> None:
    """Somebody else acts between reading and writing."""
    original, waiting = addresses._read, [act]

    async def read_then_changed(staff_id: uuid.UUID) -> Any:
        found = await original(staff_id)
        if waiting:
            await waiting.pop()()
        return found

    addresses._read = read_then_changed  # type: ignore[method-assign]


async def test_nobody_floods_a_stranger_s_telephone(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: a pause that only counts where the code was confirmed, or sent."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, sms=out)

    async def refused(_: str) -> None:
        raise CannotDeliver("refused")

    out.then = refused
    with pytest.raises(CannotDeliver):
        await mine.begin(who, "sms", "+573001234567", NOW)
    out.then = None
    with pytest.raises(TooSoon):
        await mine.begin(who, "sms", "+573001234567", NOW + timedelta(seconds=59))
    await mine.begin(who, "sms", "+573001234567", NOW + MINUTE)
    assert len(out.sent) == 1


async def test_the_last_address_named_is_the_one_that_a_code_confirms(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: a code of the first address that confirms the second, which nobody read anything at."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, email=out)
    await mine.begin(who, "email", MAIL, NOW)
    first = code_in(out)
    await mine.begin(who, "email", "other@example.org", NOW + MINUTE)
    if first != code_in(out):
        assert not await mine.confirm(who, first, NOW + MINUTE)
    assert await mine.confirm(who, code_in(out), NOW + MINUTE)
    assert (await kept(engine, who)).addresses == {"email": "other@example.org"}


async def test_a_way_is_taken_away_with_its_code(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: leaving the code that is out, which brings the address back."""
    who, out = await account(engine, email=MAIL, sms="+573001234567"), Written()
    mine = of(engine, texts, email=out, sms=Written())
    await mine.begin(who, "email", "other@example.org", NOW)
    await mine.remove(who, "email")
    assert not await mine.confirm(who, code_in(out), NOW)
    assert (await row(engine, who)).alert_ways == ("sms",)


async def test_what_is_not_offered_or_no_address_is_refused_before_anything_is_sent(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: keeping first and checking later."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, email=out)
    with pytest.raises(NotOffered):
        await mine.begin(who, "push", "{}", NOW)
    with pytest.raises(BadAddress):
        await mine.begin(who, "email", "", NOW)
    assert out.sent == [] and (await row(engine, who)).alert_sealed is None
    assert not await mine.confirm(who, "000000", NOW)


# --- Telegram --------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def bot() -> AsyncIterator[tuple[BotApi, TelegramAlerts]]:
    api = BotApi(lambda: NOW.timestamp())
    async with api.running() as url:
        sender = TelegramAlerts(TOKEN, url)
        yield api, sender
        await sender.aclose()


def says(api: BotApi, chat: int, text: str, **changes: Any) -> None:
    here = api.chats.setdefault(chat, Chat(chat))
    message = api.incoming(here, text=text)
    message["chat"] |= changes
    api.queue(api.update("message", message))


async def test_a_chat_is_found_by_the_phrase_that_came_from_it(
    engine: AsyncEngine, texts: Texts, bot: tuple[BotApi, TelegramAlerts]
) -> None:
    """Mutation: the newest chat whatever it wrote; a group; a phrase as a part of something longer; a phrase that counts twice."""
    api, sender = bot
    who = await account(engine)
    mine = of(engine, texts, telegram=sender)
    phrase = await mine.begin(who, "telegram", "", NOW)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", phrase) and api.calls == []
    assert not await mine.confirm(who, "", NOW)
    says(api, 111, "hola")
    says(api, 222, phrase + "x")
    says(api, -333, phrase, type="group")
    assert not await mine.confirm(who, "", NOW)
    says(api, 444, f"/start {phrase.lower()}")
    says(api, 555, "hola")
    assert await mine.confirm(who, "", NOW + MINUTE)
    assert (await kept(engine, who)).addresses == {"telegram": "444"}
    assert not await mine.confirm(who, "", NOW + MINUTE)
    assert not api.called("sendMessage")


async def test_looking_for_a_phrase_costs_no_tries_and_a_flood_hides_nothing(
    engine: AsyncEngine, texts: Texts, bot: tuple[BotApi, TelegramAlerts]
) -> None:
    """Mutation: counting looks as misses; asking for the oldest updates (a hundred strangers would hide everybody)."""
    api, sender = bot
    who = await account(engine)
    mine = of(engine, texts, telegram=sender)
    phrase = await mine.begin(who, "telegram", "", NOW)
    for _ in range(module.MOST_MISSES + 1):
        assert not await mine.confirm(who, "", NOW)
    for number in range(300):
        says(api, 1000 + number, "spam")
    says(api, 444, phrase)
    assert await mine.confirm(who, "", NOW)


async def test_telegram_that_cannot_be_asked_is_said(engine: AsyncEngine, texts: Texts, bot: tuple[BotApi, TelegramAlerts]) -> None:
    """Mutation: "not found" where nobody looked; a token in the log."""
    api, sender = bot
    who = await account(engine)
    mine = of(engine, texts, telegram=sender)
    await mine.begin(who, "telegram", "", NOW)
    api.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    with everything_logged() as log, pytest.raises(CannotDeliver):
        await mine.confirm(who, "", NOW)
    assert TOKEN.split(":")[1] not in log.getvalue()


# --- sealed ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
async def test_no_address_lies_readable_or_is_written_down(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: an address or a code in a column, a log line or an exception."""
    who, out = await account(engine), Written()
    mine = of(engine, texts, email=out, sms=Written())

    async def broken(address: str) -> None:
        raise RuntimeError(address)

    with everything_logged() as log:
        await mine.begin(who, "email", MAIL, NOW)
        code = code_in(out)
        await mine.confirm(who, "000000", NOW)
        await mine.confirm(who, code, NOW)
        out.then = broken
        with pytest.raises(RuntimeError):
            await mine.begin(who, "email", MAIL, NOW + 2 * MINUTE)
    async with engine.connect() as connection:
        whole = (await connection.execute(select(STAFF))).one()
    held = b"|".join(each if isinstance(each, bytes) else str(each).encode() for each in whole)
    assert len(whole.alert_sealed) == 12 + ROOM + 16
    for word in (MAIL, "zarza", code):
        assert word.encode() not in held and word not in log.getvalue() and word not in f"{mine!r}{await kept(engine, who)!r}"


_kept = st.builds(
    Kept,
    st.dictionaries(st.sampled_from(["telegram", "sms", "email", "push"]), st.text(min_size=1, max_size=300), max_size=4),
    st.none() | st.builds(Asked, st.just("sms"), st.text(max_size=40), st.text(max_size=10), st.floats(0, 2e9), st.integers(0, 5)),
)


@given(_kept, st.binary(min_size=32, max_size=40), st.uuids(), st.integers(0), st.integers(1, 255))
def test_what_is_sealed_opens_for_the_same_account_and_secret_only(
    inside: Kept, secret: bytes, staff_id: uuid.UUID, place: int, change: int
) -> None:
    """Mutation: leaving the account out of what is bound (one account's addresses pasted into another's row)."""
    safe = Safe(secret)
    sealed = safe.seal(staff_id, inside)
    assert safe.open(staff_id, sealed) == inside
    assert len(sealed) == len(safe.seal(staff_id, Kept())), "neither how many nor how long shows"
    changed = bytearray(sealed)
    changed[place % len(sealed)] ^= change
    for other, who, raw in (
        (safe, uuid.uuid4(), sealed),
        (Safe(bytes([secret[0] ^ 1]) + secret[1:]), staff_id, sealed),
        (safe, staff_id, bytes(changed)),
        (safe, staff_id, sealed[: place % len(sealed)]),
    ):
        with pytest.raises(Unreadable):
            other.open(who, raw)


def test_more_than_fits_is_refused_not_cut() -> None:
    """Mutation: padding that cuts."""
    with pytest.raises(BadAddress):
        Safe(SECRET).seal(uuid.uuid4(), Kept({"push": "x" * ROOM}))
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Safe(b"short")


async def test_addresses_under_another_secret_can_be_given_anew(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: an account that can never name an address again after the secret was changed."""
    who, out = await account(engine, email=MAIL, secret=bytes(range(2, 34))), Written()
    mine = of(engine, texts, email=out)
    assert [each.address for each in await mine.shown(who, NOW)] == [""]
    await mine.begin(who, "email", "other@example.org", NOW)
    assert await mine.confirm(who, code_in(out), NOW)
    assert (await kept(engine, who)).addresses == {"email": "other@example.org"}


async def test_a_change_from_elsewhere_is_not_lost(engine: AsyncEngine, texts: Texts) -> None:
    """Mutation: writing without looking at what lay there before."""
    who, out = await account(engine, sms="+573001234567"), Written()
    mine = of(engine, texts, email=out, sms=Written())

    await mine.begin(who, "email", MAIL, NOW)
    elsewhere = of(engine, texts, email=out, sms=Written())
    after_the_first_read(mine, lambda: elsewhere.remove(who, "sms"))
    assert await mine.confirm(who, code_in(out), NOW)
    assert (await kept(engine, who)).addresses == {"email": MAIL}


async def test_a_row_that_changes_all_the_time_is_given_up(engine: AsyncEngine, texts: Texts) -> None:
    who = await account(engine)
    mine = of(engine, texts, email=Written())
    original = mine._read

    async def always_changed(staff_id: uuid.UUID) -> Any:
        found = await original(staff_id)
        async with engine.begin() as connection:
            new = Safe(SECRET).seal(staff_id, Kept())
            await connection.execute(update(STAFF).where(STAFF.c.id == staff_id).values(alert_sealed=new))
        return found

    mine._read = always_changed  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="at once"):
        await mine.remove(who, "email")


@pytest.mark.parametrize(
    ("way", "address", "shown"),
    [
        ("email", MAIL, "z•••@example.org"),
        ("sms", "+573001234567", "•••67"),
        ("telegram", "4455667788", "•••88"),
        ("push", '{"endpoint":"https://web.push.apple.com/x"}', "•"),
        ("sms", "", ""),
    ],
)
def test_most_of_an_address_is_hidden_from_whoever_looks_over_a_shoulder(way: Any, address: str, shown: str) -> None:
    """Mutation: showing it whole."""
    assert hidden(way, address) == shown
