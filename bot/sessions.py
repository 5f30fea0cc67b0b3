"""Where each person is in the conversation, for as long as a silent conversation is kept, and under no name.

Here belong the sealing of sessions, the lease that keeps two messages of one person apart, the rate, the epochs, the list
of messages that leaving deletes, and the pointer from a chat to its ticket. Never here: the stores themselves
(``bot.session_stores``), addresses (a person comes as a ``bot.exchange.Person``), what a screen is, protocols of a provider.

What a store holds is five things, and each of them ends by itself:

* ``epochs``: two random keys, the current one and the one before;
* under a pseudonym of the current (or previous) epoch: lease, rate and the sealed session, for the idle time;
* with the session, in the same seal, what waits for a later yes (``Opened.draft``);
* under a pseudonym of its own, where a chat is connected with a person on duty: the sealed id of its ticket;
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
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.exchange import Person, StoreDown
from bot.session_stores import (
    EPOCH,
    EPOCH_ID,
    MAX_RATE,
    OPEN,
    RATE_SECONDS,
    SLICES,
    STALE,
    EmbeddedStore,
    Store,
)
from flows.kernel import SEEN_LIMIT, Session

LEFT_SECONDS = 600
"""How long the mark of somebody who left is kept."""
LEFTOVER_SECONDS = 48 * 3600
"""Older messages cannot be deleted by a bot (Telegram, deleteMessage)."""

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
        record = await self._store.epochs(secrets.token_bytes(EPOCH), self._period)
        current = _Epoch(record[:EPOCH_ID], record[EPOCH_ID:EPOCH])
        rest = record[EPOCH:]
        self.known = current, _Epoch(rest[:EPOCH_ID], rest[EPOCH_ID:]) if rest else None
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


_DRAFT_ROOM = 3072
"""A session with a draft beside it has this length, whatever is in the draft."""
_WITH_DRAFT = b"\xc1"  # no message of msgpack begins with it


def _padded(plain: bytes, draft: bytes = b"") -> bytes:
    if draft:
        plain = _WITH_DRAFT + len(plain).to_bytes(2) + plain + draft + b"\x80"
        if len(plain) > _DRAFT_ROOM:
            raise ValueError("this draft is longer than a draft may be")
        return plain.ljust(_DRAFT_ROOM, b"\0")
    plain += b"\x80"
    return plain.ljust(_LEAST + max(0, -(-(len(plain) - _LEAST) // _STEP)) * _STEP, b"\0")


def _unpadded(plain: bytes) -> tuple[bytes, bytes]:
    """The session and the draft beside it."""
    plain = plain.rstrip(b"\0")[:-1]
    if not plain.startswith(_WITH_DRAFT):
        return plain, b""
    end = 3 + int.from_bytes(plain[1:3])
    return plain[3:end], plain[end:]


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
    draft: bytes
    """What waits beside the session for a later yes; empty: nothing. It lives and ends with the session."""
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
        self._per_minute = min(per_minute, MAX_RATE - 1)
        self._lease = int(lease_seconds * 1000)
        self._floor = max(self._lease, RATE_SECONDS * 1000)
        self._wait = wait_seconds
        self._epochs = _Epochs(store, epoch_seconds)
        self._chance = chance
        self.leftovers = Leftovers(store, self._epochs, leftover_seconds)
        self.pointers = Pointers(store, self._epochs)

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
        session, draft = None, b""
        if loaded.body:
            if loaded.before and previous:
                plain = _unseal(AESGCM(person.key(previous.key, b"session")), before, loaded.body)
            else:
                plain = _unseal(cipher, name, loaded.body)
            session, draft = _decoded(plain)
        if session is None:
            session = Session(id=self._chance(16))
        elif not session.id:  # all that is left of somebody who left
            session = msgspec.structs.replace(session, id=self._chance(16))
        digest = hashlib.blake2b(message_id.encode(), digest_size=_DIGEST).digest()
        return Opened(
            session=session,
            redelivered=digest in session.seen,
            limited=loaded.messages > self._per_minute,
            draft=draft,
            _token=token,
            _name=name,
            _before=before if loaded.before else b"",
            _cipher=cipher,
            _digest=digest,
        )

    async def close(self, opened: Opened, session: Session, draft: bytes = b"") -> bool:
        """Save, start the idle time anew, and let the person's next message in. ``draft`` waits beside the session.

        False: this message took so long that another one has overtaken it. Nothing was saved; start the turn over. Of a
        session that was ``left``, only what recognises a redelivery is kept, for ten minutes.
        """
        seen = opened.session.seen
        if opened._digest not in seen:
            seen = (*seen, opened._digest)[-SEEN_LIMIT:]
        if session.left:
            session, life, draft = Session(seen=seen, left=True), self._left_life, b""
        else:
            session, life = msgspec.structs.replace(session, seen=seen), self._life
        body = _seal(opened._cipher, opened._name, _padded(_pack(session), draft))
        return await self._store.save(opened._name, opened._before, opened._token, body, life)

    async def lasts(self, person: Person, opened: Opened) -> None:
        """Raise StoreDown where the store was lost since this message got the floor: what is done now could never be told.

        For what is done outside and cannot be undone. A store that comes back empty has other epochs."""
        current, previous = await self._epochs.learn()
        if opened._name not in [person.pseudonym(epoch.key, b"session") for epoch in (current, previous) if epoch]:
            raise StoreDown("the session store lost this conversation meanwhile")

    async def release(self, opened: Opened) -> None:
        """Let the person's next message in without saving anything: an error came in between."""
        await self._store.release(opened._name, opened._token)

    async def held(self, person: Person) -> list[tuple[int, int]]:
        """(sealed bytes, seconds until they go) of everything kept for this person, for the demo's panel.

        Only the embedded store can be looked into; of any other it is empty."""
        if not isinstance(self._store, EmbeddedStore):
            return []
        current, previous = self._epochs.known or await self._epochs.learn()
        purposes = (b"session", b"pointer")
        names = [person.pseudonym(epoch.key, purpose) for epoch in (current, previous) if epoch for purpose in purposes]
        return self._store.look([*names, *self.leftovers.names(person, current, previous)])

    async def ping(self) -> None:
        """Raise StoreDown when sessions cannot be kept at present."""
        await self._store.ping()


def _decoded(plain: bytes | None) -> tuple[Session | None, bytes]:
    if plain is None:
        return None, b""
    packed, draft = _unpadded(plain)
    try:
        return _unpack(packed), draft
    except (msgspec.MsgspecError, ValueError):
        return None, b""


# --- the way from a chat to its ticket -------------------------------------------------------------------------------


class Pointers:
    """Which ticket a chat is connected with, so that what the person writes there reaches the person on duty.

    Under a pseudonym of the present epoch, sealed, all of one length. It is renewed whenever either side writes, because a
    pseudonym ends with its epoch; a chat that was silent for two epochs is no longer connected, and its code still works.

    Where somebody left while the database could not be told, the pointer says so until it can: whoever writes back asks it first.
    """

    _CONNECTED, _LEFT = b"\x01", b"\x00"

    def __init__(self, store: Store, epochs: _Epochs) -> None:
        self._store = store
        self._epochs = epochs

    async def _names(self, person: Person, learn: bool) -> list[tuple[_Epoch, bytes]]:
        known = None if learn else self._epochs.known
        current, previous = known or await self._epochs.learn()
        return [(epoch, person.pseudonym(epoch.key, b"pointer")) for epoch in (current, previous) if epoch]

    async def set(self, person: Person, ticket: bytes, seconds: float) -> None:
        """Connect this person's chat with a ticket. ``ticket``: what leads to it, always of one length."""
        await self._keep(person, self._CONNECTED + ticket, seconds)

    async def leave(self, person: Person, ticket: bytes, seconds: float) -> None:
        """Disconnect it, and remember that the ticket has still to hear of it."""
        await self._keep(person, self._LEFT + ticket, seconds)

    async def get(self, person: Person) -> bytes | None:
        """The ticket that this chat is connected with."""
        return await self._kept(person, self._CONNECTED)

    async def left(self, person: Person) -> bytes | None:
        """The ticket that this chat was connected with, and that has not heard yet that the person left."""
        return await self._kept(person, self._LEFT)

    async def _keep(self, person: Person, text: bytes, seconds: float) -> None:
        epoch, name = (await self._names(person, learn=True))[0]
        body = _seal(AESGCM(person.key(epoch.key, b"pointer")), name, text)
        await self._store.keep(name, body, int(seconds * 1000))

    async def _kept(self, person: Person, state: bytes) -> bytes | None:
        names = await self._names(person, learn=False)
        for (epoch, name), body in zip(names, await self._store.kept([name for _, name in names]), strict=True):
            text = _unseal(AESGCM(person.key(epoch.key, b"pointer")), name, body) if body else None
            if text is not None:  # of the present epoch first: what was said last counts
                return text[1:] if text[:1] == state else None
        return None

    async def drop(self, person: Person) -> None:
        """Disconnect it."""
        await self._store.drop([name for _, name in await self._names(person, learn=True)])


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
