"""Sessions: one contract over both stores, and what each store must show besides."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import msgspec
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange import StoreDown
from bot.session_stores import EmbeddedStore, RedisStore, Store
from bot.sessions import Opened, Sessions, _pack, _unpack
from bot.vault import Correspondent, Vault
from flows.kernel import SEEN_LIMIT, Session
from tests.bot.test_redis_batch import Wire
from tests.servers import Redis

NOON = 1_800_000_000.0 - 1_800_000_000.0 % 3600
"""The start of a minute, and of an hour."""

vault = Vault(b"process secret of the tests, long enough")


def someone(number: int = 1, channel: str = "sms") -> Correspondent:
    return vault.person(vault.address(channel, f"+5935550177{number:02}"))


# --- the same room for both stores -----------------------------------------------------------------------------------


class Room(Protocol):
    """A store, and time."""

    store: Store
    embedded: bool

    async def later(self, seconds: float) -> None: ...

    def kept(self) -> dict[bytes, tuple[bytes, float]]:
        """Everything in the store: name -> (contents, seconds that it still has to live)."""
        ...

    def sealed(self) -> dict[bytes, bytes]:
        """The sealed part of every session: name -> ciphertext."""
        ...

    def another(self) -> Store:
        """The store as a second process sees it."""
        ...


class EmbeddedRoom:
    embedded = True

    def __init__(self) -> None:
        self.now = NOON
        self.store = EmbeddedStore(clock=lambda: self.now)

    async def later(self, seconds: float) -> None:
        self.now += seconds

    def kept(self) -> dict[bytes, tuple[bytes, float]]:
        found = {}
        for name, row in self.store._rows.items():
            if row.ends > self.now:
                text = row.token + repr((row.till, row.minute, row.count)).encode() + row.body
                found[b"fs" + name] = (text, row.ends - self.now)
        for name, (ends, entries) in self.store._slices.items():
            if ends > self.now:
                found[b"fm" + name] = (bytes(entries), ends - self.now)
        for name, (ends, body) in self.store._pointers.items():
            if ends > self.now:
                found[b"fp" + name] = (body, ends - self.now)
        if self.store._epochs is not None:
            found[b"fe"] = (self.store._epochs[2], self.store._epochs[1] - self.now)
        return found

    def sealed(self) -> dict[bytes, bytes]:
        return {b"fs" + name: row.body for name, row in self.store._rows.items()}

    def another(self) -> Store:
        return self.store


class RedisRoom:
    embedded = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = RedisStore(url)
        self.others: list[RedisStore] = []

    async def later(self, seconds: float) -> None:
        await asyncio.sleep(seconds + 0.02)

    def kept(self) -> dict[bytes, tuple[bytes, float]]:
        with redis.Redis.from_url(self.url) as client:
            return {name: (client.get(name), client.pttl(name) / 1000) for name in client.scan_iter()}  # type: ignore[misc]

    def sealed(self) -> dict[bytes, bytes]:
        with redis.Redis.from_url(self.url) as client:
            values = {name: client.get(name) for name in client.scan_iter(b"fs*")}
        return {name: value[4 if value[0] == 0 else 18 :] for name, value in values.items()}  # type: ignore[index,misc]

    def another(self) -> Store:
        self.others.append(RedisStore(self.url))
        return self.others[-1]


@pytest.fixture(params=["embedded", "redis"])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    made: EmbeddedRoom | RedisRoom
    made = EmbeddedRoom() if request.param == "embedded" else RedisRoom(request.getfixturevalue("fresh_redis"))
    yield made
    await made.store.close()
    for other in getattr(made, "others", []):
        await other.close()


def sessions(store: Store, **changes: Any) -> Sessions:
    return Sessions(store, **{"idle_seconds": 1200, "per_minute": 20, "wait_seconds": 10, **changes})


async def turn(kept: Sessions, person: Correspondent, message: str, change: Callable[[Session], Session] | None = None) -> Opened:
    """One message, handled as the conversation does."""
    opened = await kept.open(person, message)
    session = opened.session
    after = change(session) if change else msgspec.structs.replace(session, turn=session.turn + 1)
    assert await kept.close(opened, after)
    return opened


FULL = Session(
    id=bytes(range(16)),
    screen="services.details",
    turn=23,
    lang="es",
    slots={
        "country": "MX",
        "place": 3515302,
        "kind": "health",
        "shown": (104233, 104234, 99871),
        "far": (3, 12, 140),
        "service": 104233,
    },
    back=("start.menu", "services.where", "services.place", "services.kind", "services.results", "services.details"),
    misses=1,
    alarms={"C": 29_400_000},
)


class TestContract:
    """What every store must do."""

    async def test_a_session_comes_back_as_it_was_saved(self, room: Room) -> None:
        kept = sessions(room.store)
        first = await kept.open(someone(), "m1")
        assert len(first.session.id) == 16 and not first.session.screen
        assert (first.redelivered, first.limited) == (False, False)
        assert await kept.close(first, FULL)
        again = await sessions(room.another()).open(someone(), "m2")
        assert msgspec.structs.replace(again.session, seen=()) == FULL
        assert len(again.session.seen) == 1 and len(again.session.seen[0]) == 8

    async def test_everybody_has_a_session_of_their_own(self, room: Room) -> None:
        """Mutation: leaving the channel or the address out of ``Vault.person``."""
        kept = sessions(room.store)
        people = [someone(1), someone(2), someone(1, "whatsapp")]
        ids = [(await turn(kept, person, "m1")).session.id for person in people]
        assert len(set(ids)) == 3
        assert [(await turn(kept, person, "m2")).session.id for person in people] == ids

    async def test_chance_gives_the_ids_of_sessions(self, room: Room) -> None:
        kept = sessions(room.store, chance=lambda size: b"x" * size)
        assert (await kept.open(someone(), "m1")).session.id == b"x" * 16

    # -- time

    @pytest.mark.requirement("P-3")
    async def test_a_silent_conversation_is_forgotten(self, room: Room) -> None:
        """Mutation: dropping PX from the script ``_SAVE``, or ``row.ends`` from ``EmbeddedStore.save``."""
        kept = sessions(room.store, idle_seconds=0.2)
        first = (await turn(kept, someone(), "m1")).session.id
        await room.later(0.2)
        assert [name for name in room.kept() if name != b"fe"] == []
        opened = await kept.open(someone(), "m1")
        assert opened.session.id != first and opened.session.seen == () and not opened.redelivered

    @pytest.mark.requirement("P-3")
    async def test_every_message_starts_the_idle_time_anew(self, room: Room) -> None:
        """Mutation: keeping the old end in ``save`` (KEEPTTL)."""
        kept = sessions(room.store, idle_seconds=1.0)
        ids = []
        for number in range(5):
            ids.append((await turn(kept, someone(), f"m{number}")).session.id)
            await room.later(0.3)
        assert len(set(ids)) == 1

    @pytest.mark.requirement("P-3")
    async def test_everything_in_the_store_has_an_end(self, room: Room) -> None:
        """Mutation: setting any key without an end, such as the epochs, or a lease of which nothing is saved."""
        kept = sessions(room.store, epoch_seconds=48 * 3600)
        await turn(kept, someone(1), "m1")
        await kept.open(someone(2), "m1")  # crashes
        await kept.release(await kept.open(someone(3), "m1"))
        await turn(kept, someone(4), "m1", lambda session: msgspec.structs.replace(session, left=True))
        await kept.leftovers.add(someone(1), [1])
        lives = {name: life for name, (_, life) in room.kept().items()}
        assert len(lives) == 6
        assert 0 < lives.pop(b"fe") <= 2 * 48 * 3600
        *short, long = sorted(round(life / 60) for life in lives.values())
        assert short == [1, 1, 10, 20] and 47 * 60 <= long <= 48 * 60

    async def test_a_session_does_not_end_in_the_middle_of_a_turn(self, room: Room) -> None:
        """Mutation: leaving the session's end alone in ``load``."""
        kept = sessions(room.store, idle_seconds=0.2)
        await turn(kept, someone(), "m1", lambda session: FULL)
        opened = await kept.open(someone(), "m2")
        await room.later(0.3)
        assert await kept.close(opened, opened.session)
        assert (await kept.open(someone(), "m3")).session.screen == FULL.screen

    # -- what waits beside a session

    @pytest.mark.requirement("P-3")
    async def test_a_draft_lives_and_ends_with_its_session_and_leaving_wipes_it(self, room: Room) -> None:
        """Mutation: a draft under a name of its own; keeping it when the session was ``left``."""
        kept = sessions(room.store, idle_seconds=0.3)
        opened = await kept.open(someone(), "m1")
        assert opened.draft == b""
        assert await kept.close(opened, FULL, b"+573101234567 canary")
        again = await sessions(room.another(), idle_seconds=0.3).open(someone(), "m2")
        assert again.draft == b"+573101234567 canary" and again.session.screen == FULL.screen
        assert not any(b"canary" in text for text, _ in room.kept().values())
        assert await kept.close(again, msgspec.structs.replace(again.session, left=True), again.draft)
        assert (await kept.open(someone(), "m3")).draft == b""
        await room.later(0.4)
        second = await kept.open(someone(2), "m1")
        assert await kept.close(second, FULL, b"canary")
        await room.later(0.4)
        assert (await kept.open(someone(2), "m2")).draft == b""

    async def test_the_length_of_a_draft_cannot_be_seen(self, room: Room) -> None:
        """Mutation: padding a draft to steps."""
        kept = sessions(room.store)
        lengths = set()
        for number, draft in enumerate((b"x", b"y" * 1500, b"z" * 2400)):
            opened = await kept.open(someone(number), "m1")
            assert await kept.close(opened, FULL, draft)
            assert (await kept.open(someone(number), "m2")).draft == draft
            lengths |= {len(sealed) for sealed in room.sealed().values()}
        assert len(lengths) == 1
        with pytest.raises(ValueError, match="draft"):
            await kept.close(await kept.open(someone(9), "m1"), FULL, b"x" * 4000)

    # -- the way from a chat to its ticket

    async def test_a_chat_is_connected_with_a_ticket_until_it_is_not(self, room: Room) -> None:
        """Mutation: one name for everybody; forgetting nothing on ``drop``."""
        kept, other = sessions(room.store), sessions(room.another())
        assert await kept.pointers.get(someone(1)) is None
        await kept.pointers.set(someone(1), b"t" * 16, 3600)
        assert await other.pointers.get(someone(1)) == b"t" * 16
        assert await other.pointers.get(someone(2)) is None
        assert not any(b"t" * 16 in text for text, _ in room.kept().values())
        await other.pointers.drop(someone(1))
        assert await kept.pointers.get(someone(1)) is None

    @pytest.mark.requirement("P-3")
    async def test_a_pointer_ends_by_itself_and_outlives_one_change_of_keys(self, room: Room) -> None:
        """Mutation: no end; looking under the present epoch only."""
        kept = sessions(room.store, epoch_seconds=0.3)
        await kept.pointers.set(someone(1), b"t" * 16, 0.5)
        await room.later(0.35)
        await kept.open(someone(2), "m1")  # learns of the new epoch
        assert await kept.pointers.get(someone(1)) == b"t" * 16
        await room.later(0.3)
        assert await kept.pointers.get(someone(1)) is None
        assert not [name for name in room.kept() if name.startswith(b"fp")]

    # -- the same message again

    async def test_a_redelivered_message_is_recognised(self, room: Room) -> None:
        """Mutation: not adding the digest in ``close``."""
        kept = sessions(room.store)
        await turn(kept, someone(), "m1")
        assert (await turn(kept, someone(), "m1")).redelivered
        assert not (await turn(kept, someone(), "m2")).redelivered
        assert (await turn(kept, someone(), "m1")).redelivered, "late ones too"
        assert not (await turn(kept, someone(2), "m1")).redelivered, "of this person only"

    async def test_only_the_last_messages_are_remembered(self, room: Room) -> None:
        """Mutation: dropping the limit in ``close`` (the session grows with every message)."""
        kept = sessions(room.store, per_minute=100)
        for number in range(SEEN_LIMIT + 3):
            await turn(kept, someone(), f"m{number}")
        opened = await turn(kept, someone(), "m2")
        assert not opened.redelivered and len(opened.session.seen) == SEEN_LIMIT

    async def test_a_message_twice_at_once_is_handled_once(self, room: Room) -> None:
        """Mutation: taking no lease in ``load`` (both would be new)."""
        kept, other = sessions(room.store), sessions(room.another())
        both = await asyncio.gather(turn(kept, someone(), "m1"), turn(other, someone(), "m1"))
        assert sorted(opened.redelivered for opened in both) == [False, True]

    async def test_a_message_whose_turn_failed_is_new_when_it_comes_again(self, room: Room) -> None:
        """Mutation: noting the message in ``load`` (a redelivery after an error would be taken for answered)."""
        kept = sessions(room.store)
        await kept.release(await kept.open(someone(), "m1"))
        assert not (await kept.open(someone(), "m1")).redelivered

    # -- two messages of one person

    async def test_two_messages_of_one_person_are_never_side_by_side(self, room: Room) -> None:
        """Mutation: letting ``load`` answer OPEN while a lease runs."""
        at_work = 0
        processes = [sessions(room.store, per_minute=100), sessions(room.another(), per_minute=100)]

        async def message(number: int) -> None:
            nonlocal at_work
            kept = processes[number % 2]
            opened = await kept.open(someone(), f"m{number}")
            at_work += 1
            assert at_work == 1
            await asyncio.sleep(0.003)
            at_work -= 1
            assert await kept.close(opened, msgspec.structs.replace(opened.session, turn=opened.session.turn + 1))

        await asyncio.gather(*(message(number) for number in range(10)))
        assert (await processes[0].open(someone(), "last")).session.turn == 10

    async def test_another_person_never_waits(self, room: Room) -> None:
        kept = sessions(room.store, wait_seconds=0)
        await kept.open(someone(1), "m1")
        await kept.open(someone(2), "m1")

    async def test_whoever_waits_too_long_is_delivered_again(self, room: Room) -> None:
        """Mutation: waiting for ever in ``open`` (the provider gives up first and nobody knows)."""
        kept = sessions(room.store, wait_seconds=0.05)
        first = await kept.open(someone(), "m1")
        with pytest.raises(StoreDown):
            await kept.open(someone(), "m2")
        assert await kept.close(first, FULL), "waiting took nothing from the one that is being handled"

    async def test_a_turn_that_died_holds_nobody_up_for_long(self, room: Room) -> None:
        """Mutation: a lease without an end."""
        kept = sessions(room.store, lease_seconds=0.4, wait_seconds=0)
        await turn(kept, someone(), "m0", lambda session: FULL)
        await kept.open(someone(), "m1")  # and its process dies
        with pytest.raises(StoreDown):
            await kept.open(someone(), "m2")
        await room.later(0.4)
        assert (await kept.open(someone(), "m2")).session.screen == FULL.screen

    async def test_an_overtaken_turn_saves_nothing(self, room: Room) -> None:
        """Mutation: saving without comparing the token."""
        kept = sessions(room.store, lease_seconds=0.1)
        slow = await kept.open(someone(), "m1")
        await room.later(0.1)
        quick = await kept.open(someone(), "m2")
        assert not await kept.close(slow, msgspec.structs.replace(slow.session, turn=77)), "while the other is at work"
        await kept.release(slow)
        assert await kept.close(quick, FULL), "giving back what one has lost takes it from nobody"
        assert not await kept.close(slow, msgspec.structs.replace(slow.session, turn=77)), "and after"
        last = await kept.open(someone(), "m1")
        assert last.session.turn == FULL.turn and not last.redelivered

    async def test_a_slow_turn_that_nobody_overtook_is_saved(self, room: Room) -> None:
        kept = sessions(room.store, lease_seconds=0.1)
        slow = await kept.open(someone(), "m1")
        await room.later(0.15)
        assert await kept.close(slow, FULL)

    async def test_a_turn_is_closed_once(self, room: Room) -> None:
        kept = sessions(room.store)
        opened = await turn(kept, someone(), "m1")
        assert not await kept.close(opened, FULL)

    async def test_whatever_happens_every_message_counts_once(self, room: Room) -> None:
        """Turns that are slow, die, or are delivered twice at once, in two processes: the count is right in the end.

        Mutation: not fencing ``save``; noting messages in ``load``; taking the lease without reading the session again.
        """
        dice = random.Random(7)
        lease = 0.03
        processes = [sessions(store, per_minute=4000, lease_seconds=lease) for store in (room.store, room.another())]

        async def deliver(message: str) -> None:
            for _ in range(200):
                kept = dice.choice(processes)
                opened = await kept.open(someone(), message)
                if opened.redelivered:
                    await kept.release(opened)
                    return
                fate = dice.random()
                if fate < 0.15:
                    continue  # died; its lease must run out
                await room.later(lease * 1.5 if fate < 0.3 else 0)
                if await kept.close(opened, msgspec.structs.replace(opened.session, turn=opened.session.turn + 1)):
                    return
            raise AssertionError("never handled")

        async def clock() -> None:
            while room.embedded:
                await asyncio.sleep(0.005)
                await room.later(lease / 3)

        ticking = asyncio.create_task(clock())
        try:
            for batch in range(5):  # a redelivery follows within the memory of six messages
                names = [f"m{batch}.{number}" for number in range(3)]
                await asyncio.gather(*(deliver(name) for name in names * 2))
        finally:
            ticking.cancel()
        await room.later(lease)
        assert (await processes[0].open(someone(), "last")).session.turn == 15

    # -- how often

    async def test_the_rate_is_counted_for_each_person(self, room: Room) -> None:
        """Mutation: counting for all together, or not at all."""
        kept = sessions(room.store, per_minute=5)
        limited = [(await turn(kept, someone(1), f"m{number}")).limited for number in range(11)]
        assert limited[:5] == [False] * 5
        assert any(limited), "of eleven messages six are in one minute, wherever a minute begins"
        assert not (await turn(kept, someone(2), "m1")).limited

    async def test_turns_that_fail_count_too(self, room: Room) -> None:
        """Mutation: counting in ``save``."""
        kept = sessions(room.store, per_minute=5)
        limited = []
        for number in range(11):
            opened = await kept.open(someone(), f"m{number}")
            limited.append(opened.limited)
            await kept.release(opened)
        assert any(limited) and not any(limited[:5])

    # -- leaving

    @pytest.mark.requirement("E-2")
    async def test_leaving_keeps_the_memory_of_messages_and_nothing_else(self, room: Room) -> None:
        """Mutation: saving the session that left as it is (its slots would outlive the leaving)."""
        kept = sessions(room.store)
        first = await turn(kept, someone(), "m1", lambda session: msgspec.structs.replace(FULL, left=False))
        await turn(kept, someone(), "leave", lambda session: msgspec.structs.replace(session, left=True))
        ((_, life),) = (value for name, value in room.kept().items() if name != b"fe")
        assert 590 < life <= 600
        late = await kept.open(someone(), "leave")
        assert late.redelivered and late.session.left
        await kept.release(late)
        new = await kept.open(someone(), "m9")
        assert not new.redelivered and new.session.id not in (b"", first.session.id)
        assert new.session == Session(id=new.session.id, seen=new.session.seen, left=True)

    # -- epochs

    @pytest.mark.requirement("P-2")
    async def test_a_session_survives_the_renewal_of_the_keys_under_another_name(self, room: Room) -> None:
        """Mutation: not asking for the previous epoch; not deleting the old name at close."""
        kept = sessions(room.store, epoch_seconds=0.8)
        first = (await turn(kept, someone(), "m1", lambda session: msgspec.structs.replace(FULL, id=session.id))).session
        before = room.kept()
        await room.later(0.8)
        moved = await turn(kept, someone(), "m1")
        assert (moved.session.id, moved.session.screen, moved.redelivered) == (first.id, FULL.screen, True)
        after = room.kept()
        assert before[b"fe"][0][-40:] in after[b"fe"][0] and len(after[b"fe"][0]) >= 80
        names = [{name for name in kept_then if name != b"fe"} for kept_then in (before, after)]
        assert len(names[0]) == len(names[1]) == 1 and not names[0] & names[1]
        assert (await turn(kept, someone(), "m2")).session.id == first.id

    async def test_the_rate_is_counted_across_a_renewal_of_the_keys(self, room: Room) -> None:
        """Mutation: starting to count anew under the new name."""
        if not room.embedded and time.time() % 60 > 57:  # the counted minute must not end in the middle
            await asyncio.sleep(3.5)
        kept = sessions(room.store, per_minute=5, epoch_seconds=0.6)
        for number in range(5):
            assert not (await turn(kept, someone(), f"m{number}")).limited
        await room.later(0.6)
        assert (await turn(kept, someone(), "m5")).limited

    async def test_the_epoch_before_the_last_is_forgotten(self, room: Room) -> None:
        """Mutation: keeping all epochs."""
        kept = sessions(room.store, epoch_seconds=0.2)
        await turn(kept, someone(), "m1")
        oldest = room.kept()[b"fe"][0][-40:]
        for number in range(2):
            await room.later(0.21)
            await turn(kept, someone(2), f"m{number}")
        assert oldest not in room.kept()[b"fe"][0]

    async def test_all_processes_agree_on_one_epoch(self, room: Room) -> None:
        """Mutation: renewing without comparing (each process would bring its own key)."""
        processes = [sessions(room.another(), epoch_seconds=0.6) for _ in range(5)]
        for number in range(2):
            ids = [
                opened.session.id for opened in await asyncio.gather(*(turn(kept, someone(), f"m{number}") for kept in processes))
            ]
            assert len(set(ids)) == 1
            assert len(room.kept()) == 2
            await room.later(0.6)

    async def test_a_turn_in_the_middle_of_a_renewal_is_not_overtaken(self, room: Room) -> None:
        """Mutation: not looking at the lease under the previous name."""
        kept, other = sessions(room.store, epoch_seconds=0.6), sessions(room.another(), epoch_seconds=0.6, wait_seconds=0)
        slow = await kept.open(someone(), "m1")
        await room.later(0.6)
        with pytest.raises(StoreDown):
            await other.open(someone(), "m2")
        assert await kept.close(slow, FULL)
        assert (await other.open(someone(), "m2")).session.screen == FULL.screen

    async def test_a_turn_that_was_overtaken_across_a_renewal_saves_nothing(self, room: Room) -> None:
        """Mutation: leaving the old lease where it is when it has run out (both turns could save)."""
        options = {"epoch_seconds": 0.6, "lease_seconds": 0.1}
        kept, other = sessions(room.store, **options), sessions(room.another(), **options)
        await turn(kept, someone(), "m0", lambda session: FULL)
        slow = await kept.open(someone(), "m1")
        await room.later(0.61)
        quick = await other.open(someone(), "m2")
        assert quick.session.screen == FULL.screen
        assert not await kept.close(slow, FULL)
        assert await other.close(quick, quick.session)
        assert not await kept.close(slow, FULL)

    async def test_a_store_that_lost_everything_begins_anew(self, room: Room) -> None:
        """Mutation: trusting the epochs that this process remembers."""
        kept = sessions(room.store)
        await turn(kept, someone(), "m1")
        if room.embedded:
            await room.store.close()
        else:
            with redis.Redis.from_url(room.url) as client:  # type: ignore[attr-defined]
                client.flushall()
                client.script_flush()
        opened = await turn(kept, someone(), "m1")
        assert not opened.redelivered

    # -- what cannot be read

    async def test_what_cannot_be_opened_is_a_fresh_start(self, room: Room) -> None:
        """Mutation: letting InvalidTag or a DecodeError out of ``open`` (the person could never write again)."""
        kept = sessions(room.store)
        garbage: list[Callable[[Opened], bytes]] = [
            lambda opened: b"",
            lambda opened: b"short",
            lambda opened: os.urandom(300),
            lambda opened: _sealed(opened, b"\xc1 no msgpack"),
            lambda opened: _sealed(opened, msgspec.msgpack.encode([1, 2, 3])),
        ]
        for number, body in enumerate(garbage):
            opened = await kept.open(someone(), f"m{number}")
            assert opened.session.screen == ""
            await room.store.save(opened._name, b"", opened._token, body(opened), 60_000)
        assert (await turn(kept, someone(), "last")).session.screen == ""

    async def test_a_session_opens_for_nobody_else(self, room: Room) -> None:
        """Mutation: leaving the pseudonym out of what AES-GCM authenticates; one key for everybody."""
        kept = sessions(room.store)
        for number in (1, 2):
            await turn(kept, someone(number), "m1", lambda session: FULL)
        opened = await kept.open(someone(1), "m2")
        (theirs,) = (text for name, text in room.sealed().items() if name != b"fs" + opened._name)
        await room.store.save(opened._name, b"", opened._token, theirs, 60_000)
        assert (await kept.open(someone(1), "m3")).session.screen == ""

    # -- what leaving deletes

    @pytest.mark.requirement("E-2")
    async def test_leftovers_are_taken_once(self, room: Room) -> None:
        """Mutation: not deleting in ``take``."""
        kept = sessions(room.store)
        await kept.leftovers.add(someone(), [7, 8])
        await kept.leftovers.add(someone(), [])
        await kept.leftovers.add(someone(), [9, 2**40])
        await kept.leftovers.add(someone(2), [1])
        assert await sessions(room.another()).leftovers.take(someone()) == [7, 8, 9, 2**40]
        assert await kept.leftovers.take(someone()) == []
        assert await kept.leftovers.take(someone(2)) == [1]
        assert [name for name in room.kept() if name != b"fe"] == []

    @pytest.mark.requirement("P-3")
    async def test_leftovers_live_48_hours_whatever_becomes_of_the_session(self, room: Room) -> None:
        """Mutation: starting their time anew with every message (they would never end while somebody writes)."""
        hour = 3600.0 if room.embedded else 0.02
        kept = sessions(room.store, idle_seconds=hour / 3, leftover_seconds=48 * hour)
        began = time.monotonic()

        def hours() -> float:
            return (room.now - NOON) / hour if room.embedded else (time.monotonic() - began) / hour  # type: ignore[attr-defined]

        ages: dict[int, float] = {}
        for number in range(60):
            ages[number] = hours()
            await kept.leftovers.add(someone(), [number])
            await room.later(max(0.0, hour - (0.0 if room.embedded else 0.02)))
            if number % 12 == 0:
                assert all(name == b"fe" or life <= 48 * hour for name, (_, life) in room.kept().items())
        before = hours()
        found = await kept.leftovers.take(someone())
        after = hours()
        assert found == sorted(found)
        assert {number for number, age in ages.items() if before - age > 48.5} & set(found) == set()
        assert {number for number, age in ages.items() if after - age < 46} <= set(found)

    @pytest.mark.requirement("P-3")
    async def test_all_that_was_said_in_an_hour_ends_together(self, room: Room) -> None:
        """Mutation: ending a slice so long after its first entry (its end would tell the moment of a message)."""
        kept = sessions(room.store, leftover_seconds=48)  # an hour is a second
        while True:
            began = time.time()
            await kept.leftovers.add(someone(1), [1])
            await room.later(0.1)
            await kept.leftovers.add(someone(2), [2])
            await kept.leftovers.add(someone(1), [3])
            lives = [life for name, (_, life) in room.kept().items() if name != b"fe"]
            if room.embedded or int(began) == int(time.time()):
                break
            await kept.leftovers.take(someone(1)), await kept.leftovers.take(someone(2))
        assert len(lives) == 2 and max(lives) - min(lives) < 0.09, "two chats, one end"
        assert max(lives) <= 47.95, "which is that of the hour"

    async def test_leftovers_survive_the_renewal_of_the_keys(self, room: Room) -> None:
        """Mutation: reading the current epoch only in ``take``."""
        kept = sessions(room.store, epoch_seconds=0.6)
        await kept.leftovers.add(someone(), [1])
        await room.later(0.6)
        await kept.leftovers.add(someone(), [2])
        assert await sessions(room.another(), epoch_seconds=0.6).leftovers.take(someone()) == [1, 2]
        assert await kept.leftovers.take(someone()) == []

    # -- what a dump says

    @pytest.mark.requirement("P-2")
    async def test_a_dump_of_the_store_says_nothing(self, room: Room, caplog: pytest.LogCaptureFixture) -> None:
        """Mutation: saving the session unsealed, naming it by address, or sealing it under the epoch's key alone."""
        caplog.set_level(logging.DEBUG)
        secret = b"canary secret canary secret canary!"
        address, message = "+593-canary-0177", "SMcanary00000042"
        person = Vault(secret).person(Vault(secret).address("sms", address))
        kept = sessions(room.store, epoch_seconds=0.3)
        ids = []
        for number in range(2):
            opened = await turn(kept, person, f"{message}{number}", lambda s: msgspec.structs.replace(FULL, id=s.id))
            ids.append(opened.session.id)
            await kept.leftovers.add(person, [1_234_567_890])
            if number == 0:
                await room.later(0.3)
        half = await kept.open(person, "SMcanary-half")
        dump = b"\n".join(name + b" " + contents for name, (contents, _) in room.kept().items())
        told = dump + caplog.text.encode()
        canaries = [address, address[1:], message, FULL.screen, "services", "health", "canary"]
        secrets_ = [secret, *ids, (1_234_567_890).to_bytes(4), (1_234_567_890).to_bytes(4, "little"), *half.session.seen]
        for needle in [text.encode() for text in canaries] + secrets_:
            spellings = [needle, needle[::-1], needle.hex().encode(), base64.b64encode(needle).rstrip(b"=")]
            spellings += [needle.decode("latin-1").encode("utf-16-le"), base64.urlsafe_b64encode(needle)[:-4] or needle]
            for spelling in spellings:
                assert spelling.lower() not in told.lower()
        await kept.release(half)

    @pytest.mark.requirement("P-2")
    async def test_a_dump_does_not_link_a_person_across_epochs(self, room: Room) -> None:
        """Mutation: deriving the pseudonym without the epoch."""
        kept = sessions(room.store, epoch_seconds=0.3)
        dumps: list[dict[bytes, bytes]] = []
        for number in range(2):
            await turn(kept, someone(), f"m{number}", lambda session: FULL)
            await kept.leftovers.add(someone(), [1, 2, 3])
            entries = {name: text for name, (text, _) in room.kept().items() if name[:2] == b"fm"}
            dumps.append({**room.sealed(), **entries})
            await room.later(0.3)

        def pieces(dump: dict[bytes, bytes]) -> set[bytes]:
            """Every run of eight bytes in what leads to a person, or is kept for one."""
            texts = [name[2:18] for name in dump] + list(dump.values())
            return {text[at : at + 8] for text in texts for at in range(len(text) - 7)}

        for name in dumps[0]:  # what is still there under its old name is of the old epoch, not of both
            dumps[1].pop(name, None)
        assert len(dumps[0]) == len(dumps[1]) == 2
        assert pieces(dumps[0]) and not pieces(dumps[0]) & pieces(dumps[1])

    @pytest.mark.requirement("P-2")
    async def test_a_dump_does_not_link_the_hours_of_a_chat(self, room: Room) -> None:
        """Two chats over four hours: eight slices that nothing tells apart, by name, contents, length or end.

        Mutation: leaving the hour out of ``Leftovers._name``, or writing it into the key beside the pseudonym; sealing ids
        as they come (the length of a chat's ids would mark it).
        """
        hour = 3600.0 if room.embedded else 0.5
        kept = sessions(room.store, leftover_seconds=48 * hour)
        began = room.now if room.embedded else time.time()  # type: ignore[attr-defined]
        if not room.embedded:
            await room.later(hour - began % hour)
        for number in range(4):
            await kept.leftovers.add(someone(1), [number + 1])
            await kept.leftovers.add(someone(2), [10**12 + number, 7, 10**9])
            if number < 3:
                await room.later(hour)
        slices = {name: text for name, (text, _) in room.kept().items() if name != b"fe"}
        assert len(slices) == 8
        assert {len(name) for name in slices} == {18} and len({len(text) for text in slices.values()}) == 1
        texts = [name[2:] for name in slices] + list(slices.values())
        runs = [text[at : at + 4] for text in texts for at in range(len(text) - 3)]
        assert len(set(runs)) >= len(runs) - 1, "nothing of four bytes is in two of them, but by chance"
        by_hour = sorted(round(life / hour) for name, (_, life) in room.kept().items() if name != b"fe")
        assert by_hour in ([45, 45, 46, 46, 47, 47, 48, 48], [44, 44, 45, 45, 46, 46, 47, 47])
        assert await kept.leftovers.take(someone(1)) == [1, 2, 3, 4], "whoever has the address finds them all"
        assert len(await sessions(room.another(), leftover_seconds=48 * hour).leftovers.take(someone(2))) == 12

    @pytest.mark.requirement("P-2")
    async def test_the_length_of_what_is_kept_says_little(self, room: Room) -> None:
        """Somebody who said hello, somebody in the middle, and somebody who left are of one length.

        Mutation: sealing a session as it is packed.
        """
        kept = sessions(room.store)
        await turn(kept, someone(1), "m1")
        await turn(kept, someone(2), "m1", lambda session: msgspec.structs.replace(FULL, alarms={}, id=session.id))
        await turn(kept, someone(3), "m1", lambda session: msgspec.structs.replace(session, left=True))
        assert len({len(body) for body in room.sealed().values()}) == 1

    async def test_leaving_finds_what_another_process_with_a_wrong_clock_kept(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Mutation: counting hours by the process's own clock instead of asking the store."""
        kept, other = sessions(room.store), sessions(room.another())
        await kept.leftovers.add(someone(), [1])
        monkeypatch.setattr(time, "time", lambda: NOON + 86_400.0)
        await other.leftovers.add(someone(), [2])
        other.leftovers._hour -= 3  # as it was when this process last looked
        assert await other.leftovers.take(someone()) == [1, 2]

    async def test_leaving_is_one_command(self, room: Room) -> None:
        """Mutation: asking for each of the 48 hours by itself."""
        kept = sessions(room.store)
        await kept.leftovers.add(someone(), [1])
        calls: list[int] = []
        take = room.store.take

        async def counted(epoch: bytes, hour: int, names: Any, life: int) -> Any:
            calls.append(len(names))
            return await take(epoch, hour, names, life)

        room.store.take = counted  # type: ignore[method-assign]
        assert await kept.leftovers.take(someone()) == [1]
        assert calls == [48]

    @pytest.mark.requirement("P-2")
    async def test_store_and_secret_without_the_address_open_nothing(self, room: Room) -> None:
        """Mutation: deriving the key from epoch and secret only."""
        kept = sessions(room.store)
        opened = await turn(kept, someone(1), "m1", lambda session: FULL)
        epoch = kept._epochs.known[0]  # type: ignore[index]
        others = [someone(2), someone(1, "whatsapp")]
        assert opened._name not in [other.pseudonym(epoch.key, b"session") for other in others]
        assert len({person.key(epoch.key, b"session") for person in [someone(1), *others]}) == 3

    async def test_ping(self, room: Room) -> None:
        await sessions(room.store).ping()


def _sealed(opened: Opened, plain: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + opened._cipher.encrypt(nonce, plain, opened._name)


_names = st.sampled_from(["", "start.menu", "start.hello", "services.results", "services.where", "x", "x.y", "a.b.c", "start"])
_sessions = st.builds(
    Session,
    id=st.binary(max_size=16),
    screen=_names,
    turn=st.integers(0, 2**40),
    lang=st.sampled_from(["", "es", "pt"]),
    slots=st.dictionaries(st.sampled_from(["kind", "shown"]), st.one_of(st.text(), st.integers(-9, 9), st.tuples(st.just(4)))),
    back=st.lists(_names, max_size=10).map(tuple),
    seen=st.lists(st.binary(min_size=8, max_size=8), max_size=SEEN_LIMIT).map(tuple),
    misses=st.integers(0, 9),
    alarms=st.dictionaries(st.sampled_from("ABC"), st.integers(0, 2**31)),
    left=st.booleans(),
)


@given(_sessions)
def test_a_packed_session_is_the_same_session(session: Session) -> None:
    """Mutation: cutting the topic off where another topic only begins like it; naming the fields that are kept."""
    assert _unpack(_pack(session)) == session


# --- in this process -------------------------------------------------------------------------------------------------


def remains(thing: Any) -> list[Any]:
    """Everything of substance inside: bytes, text, rows."""
    if isinstance(thing, bytes | bytearray | str):
        return [thing]
    if isinstance(thing, dict):
        return [found for pair in thing.items() for part in pair for found in remains(part)]
    if isinstance(thing, list | tuple | set):
        return [found for part in thing for found in remains(part)]
    return [] if thing is None or isinstance(thing, int | float) else [thing]


@pytest.mark.requirement("P-3")
async def test_the_embedded_store_forgets_although_nobody_asks() -> None:
    """Mutation: expiring on access only (not arming ``_sweep``): sealed sessions would stay in memory for ever."""
    now = NOON
    store = EmbeddedStore(clock=lambda: now)
    store.SWEEP_SECONDS = 0.01  # type: ignore[misc]
    kept = sessions(store)
    for number in range(20):
        await turn(kept, someone(number), "m1", lambda session: FULL)
        await kept.leftovers.add(someone(number), [number])
    assert len(remains(store._rows)) == 40 and remains(store._slices) and store._epochs
    now += 1201
    await asyncio.sleep(0.05)
    assert remains(store._rows) == [] and remains(store._slices)
    now += 48 * 3600
    await asyncio.sleep(0.05)
    assert remains(store._slices) == []
    now += 48 * 3600
    await asyncio.sleep(0.05)
    assert remains([store._rows, store._slices, store._epochs]) == [] and store._timer is None
    await turn(kept, someone(), "m1")
    assert store._timer is not None, "and it starts again"
    await store.close()
    assert remains([store._rows, store._slices, store._epochs]) == [] and store._timer is None


async def test_the_rate_of_a_minute_ends_with_it() -> None:
    """Mutation: counting without the minute."""
    now = NOON
    kept = sessions(EmbeddedStore(clock=lambda: now), per_minute=5)
    for minute in range(3):
        limited = [(await turn(kept, someone(), f"{minute}.{number}")).limited for number in range(7)]
        assert limited == [False] * 5 + [True] * 2
        now += 60


def test_the_embedded_store_lives_through_several_loops() -> None:
    """Mutation: keeping the timer of a loop that has ended (nothing would be swept any more)."""
    store = EmbeddedStore()
    store.SWEEP_SECONDS = 0.01  # type: ignore[misc]

    async def talk(message: str) -> None:
        kept = sessions(store, idle_seconds=0.01)
        await turn(kept, someone(), message)
        if message == "m2":
            await asyncio.sleep(0.05)
            assert not store._rows

    asyncio.run(talk("m1"))
    asyncio.run(talk("m2"))


# --- Redis -----------------------------------------------------------------------------------------------------------


def commands(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        stats: Any = client.info("commandstats")
        return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "eval"))


async def test_a_turn_is_two_commands(fresh_redis: str) -> None:
    """Mutation: asking for epochs, rate or redelivery with a command of their own."""
    store = RedisStore(fresh_redis)
    kept = sessions(store, per_minute=1000)
    await turn(kept, someone(), "first")
    before = commands(fresh_redis)
    for number in range(10):
        await turn(kept, someone(), f"m{number}")
        await turn(kept, someone(number + 10), "m1")
    assert commands(fresh_redis) - before == 40
    await store.close()


async def test_an_idle_session_is_small(fresh_redis: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: keeping the session as a hash, or as JSON."""
    store = RedisStore(fresh_redis)
    kept = sessions(store)
    with redis.Redis.from_url(fresh_redis) as client:
        await turn(kept, someone(99), "warm")
        before = client.info("memory")["used_memory"]  # type: ignore[index]
        count = 500
        for number in range(count):
            for message in range(5):
                await turn(kept, vault.person(vault.address("sms", f"+1{number}")), f"m{message}", idle)
        whole = (client.info("memory")["used_memory"] - before) / count  # type: ignore[index]
        sizes = [client.memory_usage(name, samples=0) for name in client.scan_iter("fs*")]
        longest = max(client.strlen(name) for name in client.scan_iter("fs*"))  # type: ignore[type-var]
    with capsys.disabled():
        print(f"\nidle session: {max(sizes)} bytes (MEMORY USAGE), value {longest}, {whole:.0f} with tables and timers")  # type: ignore[type-var]
    assert max(sizes) <= 400  # type: ignore[type-var]
    await store.close()


def idle(session: Session) -> Session:
    """Six slots, six screens to go back to, five messages seen, an id of its own."""
    return msgspec.structs.replace(FULL, id=session.id, alarms={}, misses=0)


@pytest.mark.requirement("P-3")
async def test_redis_forgets_although_nobody_asks(fresh_redis: str) -> None:
    """Mutation: dropping PX from the script ``_SAVE``."""
    store = RedisStore(fresh_redis)
    kept = sessions(store, idle_seconds=0.1, epoch_seconds=0.1, leftover_seconds=0.1)
    for number in range(20):
        await turn(kept, someone(number), "m1", lambda session: FULL)
        await kept.leftovers.add(someone(number), [number])
    with redis.Redis.from_url(fresh_redis) as client:
        for _ in range(100):
            if client.dbsize() == 0:
                break
            await asyncio.sleep(0.05)
        assert client.dbsize() == 0
    await store.close()


async def down(doing: Awaitable[Any]) -> None:
    with pytest.raises(StoreDown):
        await asyncio.wait_for(doing, 10)


async def test_a_store_that_is_down_says_so_and_comes_back(own_redis: Redis) -> None:
    """Mutation: letting OSError or ReplyError out of the store (the adapter would answer 500, or nothing)."""
    store = RedisStore(own_redis.url, timeout=0.5)
    kept = sessions(store)
    opened = await kept.open(someone(1), "m1")
    own_redis.stop()
    await down(kept.close(opened, FULL))
    await down(kept.open(someone(2), "m1"))
    await down(kept.release(opened))
    await down(kept.leftovers.add(someone(1), [1]))
    await down(kept.leftovers.take(someone(1)))
    await down(kept.ping())
    own_redis.start()
    await asyncio.sleep(0.15)
    assert not (await turn(kept, someone(1), "m1")).redelivered
    await store.close()


async def test_a_turn_that_loses_its_store_changes_nothing(fresh_redis: str) -> None:
    """Mutation: writing part of the turn before ``save`` (a slot, the memory of the message)."""
    wire = await Wire(fresh_redis).lay()
    store, direct = RedisStore(f"redis://127.0.0.1:{wire.port}", timeout=0.2), RedisStore(fresh_redis)
    kept, other = sessions(store, lease_seconds=0.3), sessions(direct, lease_seconds=0.3)
    await turn(kept, someone(), "m1", lambda session: FULL)
    opened = await kept.open(someone(), "m2")
    wire.silent = True
    await down(kept.close(opened, msgspec.structs.replace(opened.session, turn=99, screen="canary")))
    await down(kept.release(opened))
    after = await other.open(someone(), "m2")  # waits for the lease of the turn that died
    assert (after.session.turn, after.session.screen, after.redelivered) == (FULL.turn, FULL.screen, False)
    await wire.cut()
    await store.close()
    await direct.close()


async def test_a_store_that_refuses_is_down_and_quotes_nothing(own_redis: Redis) -> None:
    """Mutation: passing the server's whole refusal on (it may quote keys)."""
    store = RedisStore(own_redis.url)
    kept = sessions(store)
    await turn(kept, someone(), "m1")
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", 1)
        client.config_set("maxmemory-policy", "noeviction")
    with pytest.raises(StoreDown) as caught:
        await kept.open(someone(2), "m1")
    assert str(caught.value).rsplit(" ", 1)[1].isupper()
    await store.close()


async def test_scripts_are_taught_again(fresh_redis: str) -> None:
    """Mutation: treating NOSCRIPT as a refusal (every restart of the server would need one of ours)."""
    store = RedisStore(fresh_redis)
    kept = sessions(store)
    first = await turn(kept, someone(), "m1")
    with redis.Redis.from_url(fresh_redis) as client:
        client.script_flush()
    assert (await turn(kept, someone(), "m2")).session.id == first.session.id
    await store.close()


async def test_a_conversation_that_the_store_lost_lasts_no_longer(own_redis: Redis) -> None:
    """A server that comes back empty, while a message is being handled. Renewed epochs are no loss. Mutation: asking only whether
    the server answers; comparing with the present epoch alone."""
    store = RedisStore(own_redis.url, timeout=0.5)
    kept = sessions(store, epoch_seconds=1.5)
    opened = await kept.open(someone(), "m1")
    await asyncio.sleep(1.6)
    await kept.lasts(someone(), opened)
    own_redis.stop()
    with pytest.raises(StoreDown):
        await kept.lasts(someone(), opened)
    own_redis.start()
    with pytest.raises(StoreDown):
        await kept.lasts(someone(), opened)
    fresh = await kept.open(someone(), "m2")
    await kept.lasts(someone(), fresh)
    await store.close()
