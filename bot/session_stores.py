"""Where sessions lie: the port that ``bot.sessions`` speaks to, and its two implementations, in this process and in Redis.

Both pass one contract test. Times are the store's own. Never here: what is in a session, keys, pseudonyms' making, addresses.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from bot.exchange import StoreDown
from bot.redis_batch import BatchedRedis, ReplyError

SLICES = 48
"""Their ids are kept together in so many slices (hours), so that none needs an end of its own. All slices of one hour end
together, whoever wrote in it, and nobody without the address can tell which slices belong to one chat."""
RATE_SECONDS = 60

EPOCH_ID, EPOCH_KEY = 8, 32
EPOCH = EPOCH_ID + EPOCH_KEY
MAX_RATE = 4095

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

    async def keep(self, name: bytes, body: bytes, life: int) -> None:
        """Keep ``body`` under ``name`` for ``life``, in place of what was there."""
        ...

    async def kept(self, names: Sequence[bytes]) -> list[bytes]:
        """What is kept under each name; empty where nothing is."""
        ...

    async def drop(self, names: Sequence[bytes]) -> None:
        """Forget what is kept under these names."""
        ...

    async def ping(self) -> None:
        """Raise StoreDown when the store does not answer."""
        ...

    async def close(self) -> None: ...


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
        self._pointers: dict[bytes, tuple[float, bytes]] = {}
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
        for name in [name for name, (ends, _) in self._pointers.items() if ends <= now]:
            del self._pointers[name]
        if self._epochs is not None and self._epochs[1] <= now:
            self._epochs = None
        if self._rows or self._slices or self._pointers or self._epochs:
            self._arm()

    def _row(self, name: bytes, now: float) -> _Row | None:
        row = self._rows.get(name)
        if row is not None and row.ends <= now:
            del self._rows[name]
            return None
        return row

    def _is_current(self, epoch: bytes, now: float) -> bool:
        return self._epochs is not None and self._epochs[0] > now and self._epochs[2][:EPOCH_ID] == epoch

    def look(self, names: Sequence[bytes]) -> list[tuple[int, int]]:
        """(bytes, seconds left) of what is kept under these pseudonyms. Nothing is opened or changed."""
        now = self._clock()
        found = [
            (len(row.body), int(row.ends - now))
            for name, row in self._rows.items()
            if name in names and row.ends > now and row.body
        ]
        for rows in (self._slices, self._pointers):
            found += [(len(kept), int(ends - now)) for name, (ends, kept) in rows.items() if name in names and ends > now]
        return found

    # -- the port

    async def epochs(self, candidate: bytes, period: int) -> bytes:
        now, seconds = self._clock(), period / 1000
        known = self._epochs
        if known is None or known[1] <= now:
            self._epochs = (now + seconds, now + 2 * seconds, candidate)
        elif known[0] <= now:
            self._epochs = (now + seconds, now + 2 * seconds, candidate + known[2][:EPOCH])
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
        row.count = min(count + 1, MAX_RATE) if minute == this else 1
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

    async def keep(self, name: bytes, body: bytes, life: int) -> None:
        self._pointers[name] = (self._clock() + life / 1000, body)
        self._arm()

    async def kept(self, names: Sequence[bytes]) -> list[bytes]:
        now = self._clock()
        found = [self._pointers.get(name, (0.0, b"")) for name in names]
        return [body if ends > now else b"" for ends, body in found]

    async def drop(self, names: Sequence[bytes]) -> None:
        for name in names:
            self._pointers.pop(name, None)

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._epochs = None
        self._rows.clear()
        self._slices.clear()
        self._pointers.clear()


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

    async def _plainly(self, *command: bytes | int) -> Any:
        try:
            return await self._redis.execute(*command)
        except ReplyError as error:
            raise StoreDown(_refusal(error)) from None

    async def keep(self, name: bytes, body: bytes, life: int) -> None:
        await self._plainly(b"SET", b"fp" + name, body, b"PX", life)

    async def kept(self, names: Sequence[bytes]) -> list[bytes]:
        return [body or b"" for body in await self._plainly(b"MGET", *(b"fp" + name for name in names))]

    async def drop(self, names: Sequence[bytes]) -> None:
        await self._plainly(b"DEL", *(b"fp" + name for name in names))

    async def ping(self) -> None:
        await self._plainly(b"PING")

    async def close(self) -> None:
        await self._redis.close()


def _refusal(error: Exception) -> str:
    # Only the server's code, such as OOM or READONLY: the rest of the line may quote keys.
    return f"the session store refuses a command: {str(error).split(' ', 1)[0]}"
