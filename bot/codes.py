"""Follow-up codes: a number with which somebody comes back, and which nobody keeps.

Here belong the making of a code, its reading from what a person typed, and what is derived from it: a look-up value and a key.
Never here: tickets, stores, limits on attempts, sentences.

**The number.** 12 digits of chance and a check digit, in groups, as telephone numbers are written. The check digit is Damm's
(2004), which finds every single wrong digit and every swap of two neighbours with one table, keeps to ten digits, and looks
the same wherever it stands; ISO 7064's MOD 11,10 misses some swaps, Verhoeff's needs three tables for the same promise.

**Nothing stores it.** It follows from the session's random id, the turn in which the request was opened and a counter for
collisions, under a key of its own, so that a repeated message shows the same code. Who has neither session nor key cannot.

**Look-up and key.** One Argon2id (RFC 9106) over the code, with a pepper that no store holds, is split by HKDF. There can be no
salt for each ticket, since the code alone has to find it; the pepper is what stands before a dump, the memory what makes trying
dear once the pepper is lost too (docs/privacy.md says how dear). Every code costs the same work, whether or not there is a
ticket for it: nothing here knows of tickets. A wrong check digit costs nothing and tells nobody anything that they could not
work out themselves.

**Memory.** At most ``slots`` derivations run at once, and at most ``waiting`` more stand in line; further ones are told so at
once (``Busy``), before anything was spent on them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import re
import threading
import unicodedata
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from flows.kernel import Words

DIGITS: Final = 12
"""Digits of chance; one more checks them."""
GROUPS: Final = (4, 3, 3, 3)
SESSION_LENGTH: Final = 16
MIN_SECRET: Final = 32
SLOTS: Final = 2
WAITING: Final = 32
"""Two slots on two cores derive 6 codes a second (measured: memory holds them back), so the last in line waits 6 s."""


class Busy(RuntimeError):
    """Too many codes are being looked up; nothing was done. Try again after a moment."""

    def __init__(self) -> None:
        super().__init__("too many codes are being looked up at once: try again after a moment, or give the process more slots")


class Code(Words):
    """A code with a right check digit. Like all that a person types it cannot be printed, compared, copied or stored.

    ``reveal()`` gives its 13 digits."""

    __slots__ = ()

    def shown(self) -> str:
        """In groups, for the one message that tells it: ``0412 375 908 264``."""
        digits, groups = self.reveal(), []
        for length in GROUPS:
            groups.append(digits[:length])
            digits = digits[length:]
        return " ".join(groups)

    def __repr__(self) -> str:
        return "Code(…)"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """What a code leads to."""

    lookup: bytes = dataclasses.field(repr=False)
    """32 bytes under which a store knows a ticket."""
    key: bytes = dataclasses.field(repr=False)
    """32 bytes that open the private half of the ticket's key pair. Never stored."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """What one derivation costs (RFC 9106). Changing it makes all codes that are out unknown."""

    memory: int = 64 * 1024
    """KiB."""
    passes: int = 3
    lanes: int = 1


# Damm's quasigroup of order 10 in its usual form: weakly totally anti-symmetric, noughts on the diagonal.
_DAMM: Final = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_BETWEEN: Final = r"[\s.,()/‐‑‒–—―−_-]{0,3}"
_RUN: Final = re.compile(rf"\d(?:{_BETWEEN}\d)*")
#: What makes a keycap of a digit, and marks without width that copying brings along.
_NO_WIDTH: Final = dict.fromkeys(
    [0xFE0F, 0xFE0E, 0x20E3, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F, 0x202A, 0x202C]
)


def check_digit(digits: str) -> str:
    """Damm's check digit of ASCII digits. With it appended, the check digit of the whole is ``0``."""
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def reading(text: str) -> Code | None:
    """The one code in what a person typed; None where there is none, or more than one.

    Digits of any script count, full-width and keycaps too, with up to three spaces, dashes, dots, commas, brackets, slashes
    between them; words may stand around. Thirteen digits with a right check digit are a code, whether or not it was ever given.
    """
    plain = text.translate(_NO_WIDTH)
    found = set()
    for run in _RUN.finditer(plain):
        digits = "".join(str(unicodedata.decimal(each)) for each in run[0] if each.isdecimal())
        if len(digits) == DIGITS + 1 and check_digit(digits) == "0":
            found.add(digits)
    return Code(found.pop()) if len(found) == 1 else None


class Codes:
    """Makes codes and derives from them. ``secret`` is the process secret, ``cost`` is for tests only.

    One for each process: it holds ``slots`` threads and, while they work, ``slots`` times ``cost.memory``. ``close()`` ends them.
    """

    def __init__(self, secret: bytes, *, slots: int = SLOTS, waiting: int = WAITING, cost: Cost | None = None) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(f"the process secret has {len(secret)} bytes and needs at least {MIN_SECRET}: set SECRET_KEY")
        if slots < 1 or waiting < 0:
            raise ValueError("codes need at least one slot, and a line of nought or more")
        self._naming, self._pepper, salt = (
            hmac.digest(secret, b"faro codes 1 " + purpose, "sha256") for purpose in (b"naming", b"pepper", b"salt")
        )
        self._salt = salt[:16]
        self._cost = cost or Cost()
        self._free = threading.BoundedSemaphore(slots + waiting)
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="codes")

    def __repr__(self) -> str:
        return "Codes(…)"

    def code(self, session: bytes, turn: int, collision: int = 0) -> Code:
        """The code of a request: always the same for the same three.

        ``session``: the session's 16 random bytes. ``turn``: the turn in which the request was opened. ``collision``: how many
        codes before this one were taken by other tickets. Raises ValueError."""
        if len(session) != SESSION_LENGTH:
            raise ValueError(f"a session's id has {SESSION_LENGTH} bytes, and this has {len(session)}")
        if not (0 <= turn < 1 << 64 and 0 <= collision < 1 << 32):
            raise ValueError("turns and collisions are counted from nought")
        drawn = hmac.digest(self._naming, session + turn.to_bytes(8) + collision.to_bytes(4), "sha256")
        # 256 bits down to 40: no code is likelier than another by more than one part in 10 to the 64.
        digits = f"{int.from_bytes(drawn) % 10**DIGITS:0{DIGITS}d}"
        return Code(digits + check_digit(digits))

    async def derived(self, code: Code) -> Derived:
        """Look-up value and key of a code. Raises Busy when too many wait already."""
        if not self._free.acquire(blocking=False):
            raise Busy
        try:
            future = self._pool.submit(self._derive, code)
        except BaseException:
            self._free.release()
            raise
        # Given back when the work ends, not when whoever waited goes away: until then the memory is in use.
        future.add_done_callback(self._give_back)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Ends the threads; whoever still stands in line is told so (CancelledError)."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _give_back(self, _: Future[Derived]) -> None:
        self._free.release()

    def _derive(self, code: Code) -> Derived:
        cost = self._cost
        hard = Argon2id(
            salt=self._salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory, secret=self._pepper
        )
        root = hard.derive(code.reveal().encode())
        lookup, key = (HKDFExpand(SHA256(), 32, b"faro code " + what + b" 1").derive(root) for what in (b"lookup", b"key"))
        return Derived(lookup, key)
