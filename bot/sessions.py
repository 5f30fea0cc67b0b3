"""Where each person is in the conversation, for as long as a silent conversation is kept, and under no name.

Here belong the sealing of sessions, the lease that keeps two messages of one person apart, the rate, the epochs, the list
of messages that leaving deletes, and the two stores (in this process, Redis). Never here: addresses (a person comes as a
``bot.exchange.Person``), what a screen is, protocols of a provider.

What a store holds is four things, and each of them ends by itself:

* ``epochs``: two random keys, the current one and the one before;
* under a pseudonym of the current (or previous) epoch: lease, rate and the sealed session, for the idle time;
* under a pseudonym of its own for each hour: sealed ids of messages in a chat, for 48 hours at most;
* nothing else. Whoever leaves keeps a mark, without any position, for ten minutes: a late redelivery then stays silent.

A turn costs two commands: ``load`` (epoch check, lease, rate, session) and ``save`` (fence, session, release).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.exchange import Person, StoreDown
from bot.redis_batch import BatchedRedis, ReplyError
from flows.kernel import SEEN_LIMIT, Session

LEFT_SECONDS = 600
"""How long the mark of somebody who left is kept."""
LEFTOVER_SECONDS = 48 * 3600
"""Older messages cannot be deleted by a bot (Telegram, deleteMessage)."""
SLICES = 48
"""Their ids are kept together in so many slices (hours), so that none needs an end of its own. All slices of one hour end
together, whoever wrote in it, and nobody without the address can tell which slices belong to one chat."""
RATE_SECONDS = 60

_EPOCH_ID, _EPOCH_KEY = 8, 32
_EPOCH = _EPOCH_ID + _EPOCH_KEY
_MAX_RATE = 4095

STALE, BUSY, OPEN = 0, 1, 2


# --- the port --------------------------------------------------------------------------------------------------------


class Loaded(NamedTuple):
    """Answer to ``load``. ``state`` is STALE (the epoch is over: learn it anew), BUSY (another message has the lease) or OPEN."""

    state: int
    messages: int = 0
    """Messages of this person in the present minute, this one included."""
    body: bytes = b""
    """The sealed session, or nothing."""
    before: bool = False
    """It was found under the pseudonym of the previous epoch."""


class Store(Protocol):
    """What sessions need of a store. Each call is one command, and either happens as a whole or raises StoreDown.

    Times are the store's own; durations are milliseconds.
    """

    async def epochs(self, candidate: bytes, period: int) -> bytes:
        """The current epoch and, if there is one, the previous (id of 8 bytes, key of 32, each).

        When none exists, or the current one is older than ``period``, ``candidate`` becomes the current one, once, and the
        current one the previous.
        """
        ...

    async def load(self, epoch: bytes, name: bytes, before: bytes, token: bytes, lease: int, floor: int) -> Loaded:
        """Take the lease for ``token``, count the message, read the session under ``name`` or else under ``before``.

        ``before`` is empty where there is no previous epoch. What is kept lives at least ``floor`` longer.
        """
        ...

    async def save(self, name: bytes, before: bytes, token: bytes, body: bytes, life: int) -> bool:
        """If ``token`` still has the lease: keep ``body``, for ``life``, forget ``before`` and give the lease back."""
        ...

    async def release(self, name: bytes, token: bytes) -> None:
        """Give the lease back, if ``token`` still has it."""
        ...

    async def add(self, epoch: bytes, hour: int, name: bytes, entries: bytes, life: int) -> int | None:
        """Append to what leaving will need, if ``hour`` is the present one. Gives the present hour; None: the epoch is over.

        An "hour" is a ``SLICES``-th of ``life``, counted since 1970. What is added ends ``life`` after its hour began.
        """
        ...

    async def take(self, epoch: bytes, hour: int, names: Sequence[bytes], life: int) -> list[bytes] | int | None:
        """What was added under each name, which then is no longer there, if ``hour`` is the present one.

        Otherwise the present hour, and nothing was taken; None: the epoch is over.
        """
        ...

    async def ping(self) -> None:
        """Raise StoreDown when the store does not answer."""
        ...

    async def close(self) -> None: ...


# --- epochs ----------------------------------------------------------------------------------------------------------


class _Epoch(NamedTuple):
    id: bytes
    key: bytes


class _Epochs:
    """The two epochs as this process last saw them. A store that knows better says so with its next answer."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._period = int(seconds * 1000)
        self.known: tuple[_Epoch, _Epoch | None] | None = None

    async def learn(self) -> tuple[_Epoch, _Epoch | None]:
        record = await self._store.epochs(secrets.token_bytes(_EPOCH), self._period)
        current = _Epoch(record[:_EPOCH_ID], record[_EPOCH_ID:_EPOCH])
        rest = record[_EPOCH:]
        self.known = current, _Epoch(rest[:_EPOCH_ID], rest[_EPOCH_ID:]) if rest else None
        return self.known


_NEVER = "the session store changes its keys faster than they can be used"
_TRIES = 6


# --- sessions --------------------------------------------------------------------------------------------------------

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Session).decode
_DIGEST = 8


_LENGTHS = range(0, _DIGEST * SEEN_LIMIT + 1, _DIGEST)
_DIGESTS = [struct.Struct(f"{_DIGEST}s" * count).unpack for count in range(SEEN_LIMIT + 1)]


def _pack(session: Session) -> bytes:
    """Compact: screens of the present topic lose its name (``services.results .kind .where start.menu``), digests are joined."""
    screen = session.screen
    path = " ".join((screen, *session.back)).replace(f" {screen.partition('.')[0]}.", " .")
    return _encode(msgspec.structs.replace(session, screen=path, back=(), seen=(b"".join(session.seen),)))


def _unpack(plain: bytes) -> Session:
    """Raises MsgspecError or ValueError where this is no session."""
    packed = _decode(plain)
    path = packed.screen
    topic = path.partition(" ")[0].partition(".")[0]
    screen, *back = path.replace(" .", f" {topic}.").split(" ")
    joined = packed.seen[0] if packed.seen else b""
    if len(joined) not in _LENGTHS:
        raise ValueError("these are not the digests of a session")
    seen = _DIGESTS[len(joined) // _DIGEST](joined)
    return msgspec.structs.replace(packed, screen=screen, back=tuple(back), seen=seen)


_LEAST, _STEP = 220, 60
"""Sessions are padded to one of few lengths, so that theirs says little about them. With nonce, tag and head these are the
largest values that Redis' allocator keeps in 256, 320, 384 bytes: it would round up anyway."""


def _padded(plain: bytes) -> bytes:
    plain += b"\x80"
    return plain.ljust(_LEAST + max(0, -(-(len(plain) - _LEAST) // _STEP)) * _STEP, b"\0")


def _unpadded(plain: bytes) -> bytes:
    return plain.rstrip(b"\0")[:-1]


def _seal(cipher: AESGCM, name: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(12)  # never from an injected source: it must not repeat
    return nonce + cipher.encrypt(nonce, plain, name)


def _unseal(cipher: AESGCM, name: bytes, sealed: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:12], sealed[12:], name)
    except (InvalidTag, ValueError):
        return None


class Opened(msgspec.Struct, gc=False):
    """One message has the floor: its person's session, and the right to save it."""

    session: Session
    redelivered: bool
    """This very message was handled before."""
    limited: bool
    """More messages in this minute than are allowed."""
    _token: bytes
    _name: bytes
    _before: bytes
    _cipher: AESGCM
    _digest: bytes

    def __repr__(self) -> str:
        return "Opened(…)"


class Sessions:
    """Opens and closes sessions.

    ``idle_seconds``: a silent conversation is forgotten after this. ``per_minute``: messages of one person. ``lease_seconds``:
    how long one message may take before another one of the same person overtakes it. ``wait_seconds``: how long a message
    waits for the one before it. ``epoch_seconds``: the keys behind pseudonyms are renewed after this. ``chance`` gives the
    ids of sessions (and only them: keys and nonces are always the operating system's).
    """

    def __init__(
        self,
        store: Store,
        *,
        idle_seconds: float,
        per_minute: int,
        lease_seconds: float = 15.0,
        wait_seconds: float = 10.0,
        epoch_seconds: float = 48 * 3600,
        leftover_seconds: float = LEFTOVER_SECONDS,
        chance: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._store = store
        self._life = int(idle_seconds * 1000)
        self._left_life = min(self._life, LEFT_SECONDS * 1000)
        self._per_minute = min(per_minute, _MAX_RATE - 1)
        self._lease = int(lease_seconds * 1000)
        self._floor = max(self._lease, RATE_SECONDS * 1000)
        self._wait = wait_seconds
        self._epochs = _Epochs(store, epoch_seconds)
        self._chance = chance
        self.leftovers = Leftovers(store, self._epochs, leftover_seconds)

    async def open(self, person: Person, message_id: str) -> Opened:
        """Give this message the floor; wait for the person's message before it, if that is still being handled.

        Raises StoreDown when the store is, or when the message before it does not end: the provider delivers again.
        """
        token = os.urandom(8)
        pause, give_up, stale = 0.005, 0.0, 0
        while True:
            current, previous = self._epochs.known or await self._epochs.learn()
            name = person.pseudonym(current.key, b"session")
            before = person.pseudonym(previous.key, b"session") if previous else b""
            loaded = await self._store.load(current.id, name, before, token, self._lease, self._floor)
            if loaded.state == OPEN:
                break
            if loaded.state == STALE:
                stale += 1
                if stale > 3:
                    raise StoreDown(_NEVER)
                await self._epochs.learn()
                continue
            now = asyncio.get_running_loop().time()
            give_up = give_up or now + self._wait
            if now >= give_up:
                raise StoreDown("an earlier message of the same person is still being handled")
            await asyncio.sleep(min(pause, give_up - now))
            pause = min(pause * 1.5, 0.1)

        cipher = AESGCM(person.key(current.key, b"session"))
        session = None
        if loaded.body:
            if loaded.before and previous:
                plain = _unseal(AESGCM(person.key(previous.key, b"session")), before, loaded.body)
            else:
                plain = _unseal(cipher, name, loaded.body)
            session = _decoded(plain)
        if session is None:
            session = Session(id=self._chance(16))
        elif not session.id:  # all that is left of somebody who left
            session = msgspec.structs.replace(session, id=self._chance(16))
        digest = hashlib.blake2b(message_id.encode(), digest_size=_DIGEST).digest()
        return Opened(
            session=session,
            redelivered=digest in session.seen,
            limited=loaded.messages > self._per_minute,
            _token=token,
            _name=name,
            _before=before if loaded.before else b"",
            _cipher=cipher,
            _digest=digest,
        )

    async def close(self, opened: Opened, session: Session) -> bool:
        """Save, start the idle time anew, and let the person's next message in.

        False: this message took so long that another one has overtaken it. Nothing was saved; start the turn over. Of a
        session that was ``left``, only what recognises a redelivery is kept, for ten minutes.
        """
        seen = opened.session.seen
        if opened._digest not in seen:
            seen = (*seen, opened._digest)[-SEEN_LIMIT:]
        if session.left:
            session, life = Session(seen=seen, left=True), self._left_life
        else:
            session, life = msgspec.structs.replace(session, seen=seen), self._life
        body = _seal(opened._cipher, opened._name, _padded(_pack(session)))
        return await self._store.save(opened._name, opened._before, opened._token, body, life)

    async def release(self, opened: Opened) -> None:
        """Let the person's next message in without saving anything: an error came in between."""
        await self._store.release(opened._name, opened._token)

    async def held(self, person: Person) -> list[tuple[int, int]]:
        """(sealed bytes, seconds until they go) of everything kept for this person, for the demo's panel.

        Only the embedded store can be looked into; of any other it is empty."""
        if not isinstance(self._store, EmbeddedStore):
            return []
        current, previous = self._epochs.known or await self._epochs.learn()
        names = [person.pseudonym(epoch.key, b"session") for epoch in (current, previous) if epoch]
        return self._store.look([*names, *self.leftovers.names(person, current, previous)])

    async def ping(self) -> None:
        """Raise StoreDown when sessions cannot be kept at present."""
        await self._store.ping()


def _decoded(plain: bytes | None) -> Session | None:
    if plain is None:
        return None
    try:
        return _unpack(_unpadded(plain))
    except (msgspec.MsgspecError, ValueError):
        return None


# --- what leaving deletes --------------------------------------------------------------------------------------------


_IDS = struct.Struct(">4q")
_ENTRY = 12 + _IDS.size + 16


class Leftovers:
    """Ids of messages in a chat, so that leaving can delete them there. Kept apart from the session, 48 hours at most.

    Ids are collected by the hour: what ``take`` gives is never older than 48 hours, and always all of the last 47. The hour
    goes into the pseudonym. So a dump shows slices of one hour each, and not which of them belong to one chat; only with
    the address, as the person's own message brings it, can the names of the last 48 hours be computed, when leaving.

    Ids are sealed in fours, so that all entries are of one length.
    """

    def __init__(self, store: Store, epochs: _Epochs, seconds: float) -> None:
        self._store = store
        self._epochs = epochs
        self._life = int(seconds * 1000)
        self._hour = 0  # as the store last told it: its clock counts, not ours

    @staticmethod
    def _name(person: Person, epoch: _Epoch, hour: int) -> bytes:
        return person.pseudonym(epoch.key, b"leftovers" + hour.to_bytes(6))

    def names(self, person: Person, *epochs: _Epoch | None) -> list[bytes]:
        """Every name under which something of this person may lie at present, oldest first."""
        hours = range(max(0, self._hour - SLICES + 1), self._hour + 1)
        return [self._name(person, epoch, hour) for epoch in reversed(epochs) if epoch for hour in hours]

    async def add(self, person: Person, ids: Sequence[int]) -> None:
        """Remember messages of this person's chat. Called after the reply, off the turn's path."""
        if not ids:
            return
        for _ in range(_TRIES):
            current, _previous = self._epochs.known or await self._epochs.learn()
            hour, name = self._hour, self._name(person, current, self._hour)
            cipher = AESGCM(person.key(current.key, b"leftovers"))
            fours = [(*ids[at : at + 4], 0, 0, 0)[:4] for at in range(0, len(ids), 4)]
            entries = b"".join(_seal(cipher, name, _IDS.pack(*four)) for four in fours)
            answer = await self._store.add(current.id, hour, name, entries, self._life)
            if answer is None:
                await self._epochs.learn()
            elif answer == hour:
                return
            else:
                self._hour = answer
        raise StoreDown(_NEVER)

    async def take(self, person: Person) -> list[int]:
        """All messages that can still be deleted, oldest first; from now on they are not known here any more."""
        for _ in range(_TRIES):
            current, previous = self._epochs.known or await self._epochs.learn()
            names = self.names(person, current, previous)
            taken = await self._store.take(current.id, self._hour, names, self._life)
            if taken is None:
                await self._epochs.learn()
            elif isinstance(taken, int):
                self._hour = taken
            else:
                ciphers = [AESGCM(person.key(epoch.key, b"leftovers")) for epoch in (previous, current) if epoch]
                per_epoch = len(names) // len(ciphers)
                found: list[int] = []
                for number, (name, entries) in enumerate(zip(names, taken, strict=True)):
                    found += self._read(ciphers[number // per_epoch], name, entries)
                return found
        raise StoreDown(_NEVER)

    @staticmethod
    def _read(cipher: AESGCM, name: bytes, entries: bytes) -> list[int]:
        found: list[int] = []
        for at in range(0, len(entries), _ENTRY):
            plain = _unseal(cipher, name, entries[at : at + _ENTRY])
            if plain is not None:
                found += filter(None, _IDS.unpack(plain))
        return found


# --- in this process -------------------------------------------------------------------------------------------------


class _Row:
    """What is kept under one pseudonym."""

    __slots__ = ("body", "count", "ends", "minute", "till", "token")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.token = b""
        self.till = 0.0
        self.minute = 0
        self.count = 0
        self.body = b""


class EmbeddedStore:
    """Everything in the memory of this one process; nothing survives it. For the demo, the terminal phone and tests.

    What has ended is gone for whoever asks, and a sweep once a second, as long as there is anything, takes it out of memory
    although nobody asks. ``clock`` gives seconds since 1970.
    """

    SWEEP_SECONDS = 1.0

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._epochs: tuple[float, float, bytes] | None = None  # renewed after, forgotten after, the record
        self._rows: dict[bytes, _Row] = {}
        self._slices: dict[bytes, tuple[float, bytearray]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- expiry

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_later(self.SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._clock()
        for name in [name for name, row in self._rows.items() if row.ends <= now]:
            del self._rows[name]
        for name in [name for name, (ends, _) in self._slices.items() if ends <= now]:
            del self._slices[name]
        if self._epochs is not None and self._epochs[1] <= now:
            self._epochs = None
        if self._rows or self._slices or self._epochs:
            self._arm()

    def _row(self, name: bytes, now: float) -> _Row | None:
        row = self._rows.get(name)
        if row is not None and row.ends <= now:
            del self._rows[name]
            return None
        return row

    def _is_current(self, epoch: bytes, now: float) -> bool:
        return self._epochs is not None and self._epochs[0] > now and self._epochs[2][:_EPOCH_ID] == epoch

    def look(self, names: Sequence[bytes]) -> list[tuple[int, int]]:
        """(bytes, seconds left) of what is kept under these pseudonyms. Nothing is opened or changed."""
        now = self._clock()
        found = [
            (len(row.body), int(row.ends - now))
            for name, row in self._rows.items()
            if name in names and row.ends > now and row.body
        ]
        return found + [(len(kept), int(ends - now)) for name, (ends, kept) in self._slices.items() if name in names and ends > now]

    # -- the port

    async def epochs(self, candidate: bytes, period: int) -> bytes:
        now, seconds = self._clock(), period / 1000
        known = self._epochs
        if known is None or known[1] <= now:
            self._epochs = (now + seconds, now + 2 * seconds, candidate)
        elif known[0] <= now:
            self._epochs = (now + seconds, now + 2 * seconds, candidate + known[2][:_EPOCH])
        self._arm()
        assert self._epochs is not None
        return self._epochs[2]

    async def load(self, epoch: bytes, name: bytes, before: bytes, token: bytes, lease: int, floor: int) -> Loaded:
        now = self._clock()
        if not self._is_current(epoch, now):
            return Loaded(STALE)
        row = self._row(name, now)
        if row is not None and row.till > now:
            return Loaded(BUSY)
        body, minute, count = (row.body, row.minute, row.count) if row is not None else (b"", 0, 0)
        old = self._row(before, now) if before and not body else None
        if old is not None:
            if old.till > now:
                return Loaded(BUSY)
            old.token, old.till = b"", 0.0  # whoever had it cannot save any more
            body = old.body
            if row is None:
                minute, count = old.minute, old.count
        if row is None:
            row = self._rows[name] = _Row(now)
        this = int(now // RATE_SECONDS)
        row.count = min(count + 1, _MAX_RATE) if minute == this else 1
        row.minute = this
        row.token, row.till = token, now + lease / 1000
        row.ends = max(row.ends, now + floor / 1000)
        self._arm()
        return Loaded(OPEN, row.count, body, old is not None and bool(body))

    async def save(self, name: bytes, before: bytes, token: bytes, body: bytes, life: int) -> bool:
        now = self._clock()
        row = self._row(name, now)
        if row is None or row.token != token:
            return False
        row.token, row.till, row.body, row.ends = b"", 0.0, body, now + life / 1000
        if before:
            self._rows.pop(before, None)
        self._arm()
        return True

    async def release(self, name: bytes, token: bytes) -> None:
        row = self._row(name, self._clock())
        if row is not None and row.token == token:
            row.token, row.till = b"", 0.0

    async def add(self, epoch: bytes, hour: int, name: bytes, entries: bytes, life: int) -> int | None:
        now, width = self._clock(), life / SLICES / 1000
        if not self._is_current(epoch, now):
            return None
        present = int(now // width)
        if present == hour:
            _, kept = self._slices.setdefault(name, (hour * width + life / 1000, bytearray()))
            kept += entries
            self._arm()
        return present

    async def take(self, epoch: bytes, hour: int, names: Sequence[bytes], life: int) -> list[bytes] | int | None:
        now, width = self._clock(), life / SLICES / 1000
        if not self._is_current(epoch, now):
            return None
        present = int(now // width)
        if present != hour:
            return present
        taken = [self._slices.pop(name, (0.0, b"")) for name in names]
        return [bytes(kept) if ends > now else b"" for ends, kept in taken]

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._epochs = None
        self._rows.clear()
        self._slices.clear()


# --- Redis -----------------------------------------------------------------------------------------------------------

# One string a person: is there a lease (1 byte), rate (3: minute modulo 4096, times 4096, plus count), with a lease its token
# (8) and end (6), then the sealed session. A string, because a hash with a field longer than hash-max-listpack-value (64 by
# default) is kept as a table and takes twice the memory. The clock is the server's; `struct` is part of every server.

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""

_CURRENT = """
local known = redis.call('GETRANGE', KEYS[1], 0, 13)
if #known < 14 or string.sub(known, 7) ~= ARGV[1] or struct.unpack('>I6', known) <= now then return 0 end
"""

_EPOCHS = (
    _NOW
    + """
local known = redis.call('GET', KEYS[1])
if known and struct.unpack('>I6', known) > now then return string.sub(known, 7) end
local record = ARGV[1]
if known then record = record .. string.sub(known, 7, 46) end
local period = tonumber(ARGV[2])
redis.call('SET', KEYS[1], struct.pack('>I6', now + period) .. record, 'PX', 2 * period)
return record
"""
)

_LOAD = (
    _NOW
    + _CURRENT
    + """
local function read(value)
  if string.byte(value) == 0 then return 0, struct.unpack('>I3', value, 2), string.sub(value, 5) end
  return struct.unpack('>I6', value, 13), struct.unpack('>I3', value, 2), string.sub(value, 19)
end
local value = redis.call('GET', KEYS[2])
local till, rate, body, life, before = 0, 0, '', tonumber(ARGV[4]), 0
if value then
  till, rate, body = read(value)
  if till > now then return 1 end
  life = math.max(life, redis.call('PTTL', KEYS[2]))
end
if body == '' and KEYS[3] then
  local old = redis.call('GET', KEYS[3])
  if old then
    local old_till, old_rate, old_body = read(old)
    if old_till > now then return 1 end
    if old_till > 0 then
      redis.call('SET', KEYS[3], '\\0' .. string.sub(old, 2, 4) .. old_body, 'KEEPTTL')
    end
    if not value then rate = old_rate end
    body = old_body
    if body ~= '' then before = 1 end
  end
end
local minute = math.floor(now / 60000) % 4096
local count = 1
if math.floor(rate / 4096) == minute then count = math.min(rate % 4096 + 1, 4095) end
local kept = before == 1 and '' or body
local head = struct.pack('>BI3c8I6', 1, minute * 4096 + count, ARGV[2], now + tonumber(ARGV[3]))
redis.call('SET', KEYS[2], head .. kept, 'PX', life)
return {count, body, before}
"""
)

_OURS = """
if string.byte(value) ~= 1 or string.sub(value, 5, 12) ~= ARGV[1] then return 0 end
"""

_SAVE = (
    "local value = redis.call('GETRANGE', KEYS[1], 0, 11)"
    + _OURS
    + """
redis.call('SET', KEYS[1], '\\0' .. string.sub(value, 2, 4) .. ARGV[2], 'PX', ARGV[3])
if KEYS[2] then redis.call('DEL', KEYS[2]) end
return 1
"""
)

_RELEASE = (
    "local value = redis.call('GET', KEYS[1]) or ''"
    + _OURS
    + """
redis.call('SET', KEYS[1], '\\0' .. string.sub(value, 2, 4) .. string.sub(value, 19), 'KEEPTTL')
return 1
"""
)

_HOURLY = _NOW + _CURRENT.replace("return 0", "return -1")  # every other number is an hour

_ADD = (
    _HOURLY
    + """
local present = math.floor(now / tonumber(ARGV[4]))
if present ~= tonumber(ARGV[2]) then return present end
if redis.call('APPEND', KEYS[2], ARGV[3]) == #ARGV[3] then
  redis.call('PEXPIREAT', KEYS[2], present * tonumber(ARGV[4]) + tonumber(ARGV[5]))
end
return present
"""
)

_TAKE = (
    _HOURLY
    + """
local present = math.floor(now / tonumber(ARGV[3]))
if present ~= tonumber(ARGV[2]) then return present end
local names = {unpack(KEYS, 2)}
local found = redis.call('MGET', unpack(names))
redis.call('DEL', unpack(names))
return found
"""
)


class _Script:
    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text.strip().encode()
        self.digest = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()


class RedisStore:
    """Sessions in Redis 7.0 or later, or Valkey; one server (not a cluster), shared by as many processes as there are.

    ``url`` as in ``BatchedRedis``. The server must write nothing to disk (``save ""``, ``appendonly no``): the doctor checks.
    """

    EPOCHS = b"fe"

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        self._redis = BatchedRedis(url, timeout=timeout)
        self._epochs, self._load, self._save = _Script(_EPOCHS), _Script(_LOAD), _Script(_SAVE)
        self._release, self._add, self._take = _Script(_RELEASE), _Script(_ADD), _Script(_TAKE)

    async def _call(self, script: _Script, keys: int, *rest: bytes | int) -> Any:
        try:
            return await self._redis.execute(b"EVALSHA", script.digest, keys, *rest)
        except ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise StoreDown(_refusal(error)) from None
        try:  # the server was started anew: EVAL also teaches it the script
            return await self._redis.execute(b"EVAL", script.text, keys, *rest)
        except ReplyError as error:
            raise StoreDown(_refusal(error)) from None

    async def epochs(self, candidate: bytes, period: int) -> bytes:
        record: bytes = await self._call(self._epochs, 1, self.EPOCHS, candidate, period)
        return record

    async def load(self, epoch: bytes, name: bytes, before: bytes, token: bytes, lease: int, floor: int) -> Loaded:
        if before:
            answer = await self._call(self._load, 3, self.EPOCHS, b"fs" + name, b"fs" + before, epoch, token, lease, floor)
        else:
            answer = await self._call(self._load, 2, self.EPOCHS, b"fs" + name, epoch, token, lease, floor)
        if isinstance(answer, int):
            return Loaded(answer)
        return Loaded(OPEN, answer[0], answer[1], answer[2] == 1)

    async def save(self, name: bytes, before: bytes, token: bytes, body: bytes, life: int) -> bool:
        if before:
            return bool(await self._call(self._save, 2, b"fs" + name, b"fs" + before, token, body, life))
        return bool(await self._call(self._save, 1, b"fs" + name, token, body, life))

    async def release(self, name: bytes, token: bytes) -> None:
        await self._call(self._release, 1, b"fs" + name, token)

    async def add(self, epoch: bytes, hour: int, name: bytes, entries: bytes, life: int) -> int | None:
        width = life // SLICES
        present: int = await self._call(self._add, 2, self.EPOCHS, b"fm" + name, epoch, hour, entries, width, width * SLICES)
        return None if present < 0 else present

    async def take(self, epoch: bytes, hour: int, names: Sequence[bytes], life: int) -> list[bytes] | int | None:
        keys = [b"fm" + name for name in names]
        answer = await self._call(self._take, 1 + len(keys), self.EPOCHS, *keys, epoch, hour, life // SLICES)
        if isinstance(answer, int):
            return None if answer < 0 else answer
        return [entries or b"" for entries in answer]

    async def ping(self) -> None:
        try:
            await self._redis.execute(b"PING")
        except ReplyError as error:
            raise StoreDown(_refusal(error)) from None

    async def close(self) -> None:
        await self._redis.close()


def _refusal(error: Exception) -> str:
    # Only the server's code, such as OOM or READONLY: the rest of the line may quote keys.
    return f"the session store refuses a command: {str(error).split(' ', 1)[0]}"
