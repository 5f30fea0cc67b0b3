"""What is the same on every channel: one table of cases over every driver, over real HTTP, with the real conversation.

Here belongs what any channel owes to a person. What only one channel has is tested beside its adapter. Tests speak ids
of screens; sentences appear in transcripts only.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.layout import clipped
from flows.kernel import Phrase
from tests.bot.channels.contract import Driver, Open, Seen, World, registered
from tests.bot.channels.listening import everything_written
from tests.bot.channels.world import a_world

DRIVERS = registered()
channels = pytest.mark.parametrize("channel", DRIVERS)

#: What to type, from nothing, to reach screens of different makes: a menu, a list of places, words wanted, results, a page.
SCREENS: dict[str, tuple[str, ...]] = {
    "hello": ("hola",),
    "menu": ("hola", "1"),
    "where": ("hola", "1", "1"),
    "place": ("hola", "1", "1", "Guatemala"),
    "results": ("hola", "1", "medico en Tapachula"),
    "page": ("hola", "3", "7", "2"),
}

TAPACHULA = (14.90551, -92.26344)


async def to(phone: Driver, screen: str) -> Seen:
    seen = Seen()
    for text in SCREENS[screen]:
        seen = await phone.says(text)
        assert not seen.silent
    return seen


async def by_digit(world: World, phone: Driver, digit: int, seen: Seen) -> Seen:
    """9 or 0 as this channel has it: a button where there are buttons."""
    if not seen.buttons:
        return await phone.says(str(digit))
    name = {9: "nav.emergency", 0: "nav.leave"}[digit]
    label = clipped(world.more["say"](world.replies[-1].lang, name))
    return await phone.presses(label)


def ids(world: World) -> list[str]:
    """Ids of the phrases of the last answer."""
    return [part.id for part in world.replies[-1].parts if isinstance(part, Phrase)]


def screen(world: World) -> str:
    return world.replies[-1].screen


# --- a conversation begins -------------------------------------------------------------------------------------------


@channels
async def test_whatever_comes_first_is_greeted(channel: str, world: World) -> None:
    for text in ("hola", "?", "hello there", "123456"):
        async with DRIVERS[channel](world) as phone:
            seen = await phone.says(text)
            assert screen(world) == "start.hello", text
            assert len(seen.texts) == 1 and seen.text.strip() and seen.status == 200


@channels
async def test_a_conversation_goes_on_where_it_stands(channel: str, world: World) -> None:
    async with DRIVERS[channel](world) as phone:
        for name in SCREENS:
            await to(phone, name)
            reached = screen(world)
            await phone.says("qqqq wwww")
            assert screen(world) == reached
            await phone.says("0")


@channels
async def test_buttons_and_digits_mean_the_same(channel: str, world: World) -> None:
    async with DRIVERS[channel](world) as phone:
        seen = await phone.says("hola")
        assert bool(seen.buttons) == phone.traits.buttons
        seen = await phone.presses(1)
        assert screen(world) == "start.menu"
        if phone.traits.edits:
            assert seen.edited == 1
        await phone.presses(1)
        assert screen(world) == "services.where"


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-5")
@channels
async def test_everything_that_is_not_read_gets_an_answer_and_nothing_is_fetched(channel: str, world: World) -> None:
    """Mutation: an adapter that returns nothing for stickers, or asks the provider for the file of a voice note."""
    async with DRIVERS[channel](world) as phone:
        assert phone.kinds
        for name in SCREENS:
            await to(phone, name)
            reached = screen(world)
            for kind in phone.kinds:
                seen = await phone.sends(kind)
                assert seen.texts and all(text.strip() for text in seen.texts), (name, kind)
                assert f"unclear.{kind}" in ids(world), (name, kind)
                assert screen(world) == reached and seen.status == 200
            await phone.says("0")
        assert phone.downloads == 0


# --- deliveries ------------------------------------------------------------------------------------------------------


@channels
async def test_a_redelivery_shows_the_same_screen_and_takes_no_second_step(channel: str, world: World) -> None:
    """Mutation: message ids that differ between a delivery and its redelivery."""
    async with DRIVERS[channel](world) as phone:
        await phone.says("hola")
        for text, reached in (("1", "start.menu"), ("1", "services.where")):
            first = await phone.says(text)
            assert screen(world) == reached
            for _ in range(2):
                again = await phone.redelivers()
                assert screen(world) == reached and again.texts[-1] == first.texts[-1]


@channels
async def test_a_forged_delivery_gets_403_and_nothing_else(channel: str, world: World) -> None:
    """Mutation: checking the signature only where there is one."""
    async with DRIVERS[channel](world) as phone:
        await phone.says("hola")
        answered, sent = len(world.replies), phone.outbound
        seen = await phone.forges()
        assert seen.status == 403 and seen.silent and seen.deleted == 0
        assert len(world.replies) == answered and phone.outbound == sent


@channels
async def test_two_messages_at_once_are_both_answered_and_no_step_is_lost(channel: str, world: World) -> None:
    """Mutation: saving a session without its lease."""
    async with DRIVERS[channel](world) as phone:
        await phone.says("hola")
        seen = await phone.at_once("1", "1")
        assert len(world.replies) == 3 and screen(world) == "services.where"
        assert len([text for text in seen.texts if text.strip()]) >= 2 and seen.status == 200


@channels
async def test_when_the_store_is_down_nothing_is_half_done(channel: str, world: World) -> None:
    """Telegram delivers again; the others answer in words that nothing was kept. Mutation: catching StoreDown in silence."""
    async with DRIVERS[channel](world) as phone:
        await to(phone, "menu")
        world.store_is_down = True
        seen = await phone.says("1")
        if channel == "telegram":
            assert seen.status == 503 and seen.silent
        else:
            assert len(seen.texts) == 1 and seen.text.strip()
        world.store_is_down = False
        seen = await phone.redelivers() if channel == "telegram" else await phone.says("1")
        assert screen(world) == "services.where" and not seen.silent


@channels
async def test_a_fault_of_the_program_is_no_silence_for_ever(channel: str, world: World) -> None:
    async with DRIVERS[channel](world) as phone:
        await to(phone, "menu")
        world.breaks = ValueError("a fault")
        await phone.says("1")
        world.breaks = None
        seen = await phone.redelivers() if channel == "telegram" else await phone.says("1")
        assert screen(world) == "services.where" and not seen.silent


# --- leaving, emergency numbers, location ----------------------------------------------------------------------------


@pytest.mark.requirement("E-2")
@channels
async def test_leaving_is_silent_from_everywhere_and_forgets(channel: str, world: World) -> None:
    """Mutation: a good-bye text, or a session that survives."""
    words = ["0", "salir", "SAIR", "Exit.", "０"]
    async with DRIVERS[channel](world) as phone:
        for number, name in enumerate([*SCREENS, *SCREENS]):
            before = await to(phone, name)
            sent = phone.outbound
            if number < len(SCREENS):
                seen = await by_digit(world, phone, 0, before)
            else:
                seen = await phone.says(words[number % len(words)])
            assert seen.silent and seen.status == 200, name
            assert world.replies[-1].outcome == "left"
            again = await phone.redelivers()
            assert again.silent and phone.outbound == sent
            if phone.traits.forgets:
                assert seen.deleted >= 2 * len(SCREENS[name])
        await phone.says("hola")
        assert screen(world) == "start.hello"


@pytest.mark.requirement("E-5")
@channels
async def test_emergency_numbers_are_one_step_away_and_the_screen_stays(channel: str, world: World) -> None:
    """Mutation: an emergency card that leads to the menu."""
    async with DRIVERS[channel](world) as phone:
        seen = await phone.says("9")
        assert "911" in seen.text, "before any language or country is known"
        await phone.says("0")
        for name in SCREENS:
            seen = await to(phone, name)
            reached = screen(world)
            seen = await by_digit(world, phone, 9, seen)
            assert any(digits.isdigit() and len(digits) == 3 for digits in _numbers(seen.text)), name
            assert screen(world) == reached
            await phone.says("0")


def _numbers(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()


@pytest.mark.requirement("S-8")
@channels
async def test_a_shared_location_is_answered_and_never_shown(channel: str, world: World) -> None:
    """Mutation: writing the coordinates into a text, a button or a link."""
    async with DRIVERS[channel](world) as phone:
        if not phone.can_share:
            return
        for name in SCREENS:
            await to(phone, name)
            seen = await phone.shares(*TAPACHULA)
            assert not seen.silent and seen.status == 200
            for trace in ("14.9", "92.2", "14,9", "92,2"):
                assert trace not in seen.text + repr(seen.buttons) + repr(world.replies[-1]), name
            await phone.says("0")


# --- never first, never silent ---------------------------------------------------------------------------------------


@pytest.mark.requirement("E-1")
@channels
async def test_two_days_of_silence_bring_nothing(channel: str, world: World) -> None:
    """Mutation: a reminder, a survey, an "are you still there?"."""
    async with DRIVERS[channel](world) as phone:
        await to(phone, "where")
        sent = phone.outbound
        for _ in range(48):
            world.clock.advance(hours=1)
        assert phone.outbound == sent
        await phone.says("hola")
        assert screen(world) == "start.hello", "and the conversation is forgotten"


anything = st.text(min_size=1, max_size=60) | st.text(
    alphabet=st.sampled_from("aeñ 0123456789٣４🙂🇲🇽\u200b\u200f\u202e\ufeff\u0301\n\t/\\<>&\"'%{}1️⃣"), min_size=1, max_size=30
)  # fmt: skip


@channels
@given(texts=st.lists(anything, min_size=3, max_size=10))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_anything_at_all_gets_an_answer(channel: str, texts: list[str]) -> None:
    """Mutation: an exception, or silence, for a text of marks only."""
    async with a_world() as world, DRIVERS[channel](world) as phone:
        for text in [*texts, "🙂" * 2500, "palabra " * 1250, "\u200b" * 10_000, "ا" * 10_000]:
            if not text.strip():
                continue  # no phone sends it
            before = len(world.replies)
            seen = await phone.says(text)
            left = any(reply.outcome in ("left", "redelivered") and reply.message is None for reply in world.replies[before:])
            assert seen.status == 200 and (left or seen.text.strip()), repr(text[:40])


@pytest.mark.requirement("P-2")
@channels
async def test_nothing_that_was_typed_is_logged(channel: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: a log line with the text of an update, of a form, or of an exception."""
    async with DRIVERS[channel](world) as phone:
        with everything_written() as lines:
            await phone.says("canario uno")
            world.breaks = ValueError("canario dos")
            await phone.says("canario tres")
            world.breaks = None
            world.store_is_down = True
            await phone.says("canario cuatro")
            world.store_is_down = False
            if phone.can_share:
                await phone.shares(*TAPACHULA)
            await phone.says("0")
    written = "\n".join([*lines, *capsys.readouterr()])
    assert written and "canario" not in written and "14.90" not in written


def test_every_channel_is_here() -> None:
    kinds: dict[str, Any] = {name.split()[0] for name in DRIVERS}  # type: ignore[assignment]
    assert {"telegram", "twilio", "simulator"} <= set(kinds)
    assert all(isinstance(driver, object) for driver in DRIVERS.values())
    _: dict[str, Open] = DRIVERS
