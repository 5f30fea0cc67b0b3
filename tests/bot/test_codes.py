"""Follow-up codes: numbers that slips do not turn into others, that repeat, and that a store knows nothing of."""

from __future__ import annotations

import asyncio
import collections
import copy
import hmac
import json
import pickle
import random
import re
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from bot import codes
from bot.codes import Busy, Code, Codes, Cost, Derived, check_digit, reading

SECRET: Final = bytes(range(32))
CHEAP: Final = Cost(memory=64, passes=1)
SESSION: Final = bytes(range(16))

bodies = st.text("0123456789", min_size=12, max_size=12)
numbers = bodies.map(lambda digits: digits + check_digit(digits))


@pytest.fixture
def cheap() -> Iterator[Codes]:
    made = Codes(SECRET, cost=CHEAP)
    yield made
    made.close()


def digits_of(text: str) -> str | None:
    found = reading(text)
    return found.reveal() if found else None


# --- the check digit -------------------------------------------------------------------------------------------------


def test_the_table_is_damms() -> None:
    """The two properties that the promise rests on, over all digits: each row and column holds every digit once, and a swap
    always changes the outcome, in the middle as at the end. The example is that of his thesis.

    Mutation: any cell of the table."""
    table = [[int(each) for each in row] for row in codes._DAMM]
    ten = set(range(10))
    assert (
        len(table) == 10
        and all(set(row) == ten for row in table)
        and all(set(column) == ten for column in zip(*table, strict=True))
    )
    assert all(table[n][n] == 0 for n in range(10))
    for c in range(10):
        for x in range(10):
            for y in range(10):
                assert x == y or table[table[c][x]][y] != table[table[c][y]][x]
    assert check_digit("572") == "4" and check_digit("5724") == "0"


@given(number=numbers)
def test_every_slip_of_one_digit_and_every_swap_of_neighbours_is_found(number: str) -> None:
    """All 117 single slips and all swaps of a number, wherever they are.

    Mutation: a sum of digits, or Luhn's (it lets 09 and 90 pass)."""
    assert digits_of(number) == number
    for at in range(13):
        for digit in "0123456789":
            assert (digits_of(number[:at] + digit + number[at + 1 :]) is None) == (digit != number[at])
    for at in range(12):
        swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert swapped == number or digits_of(swapped) is None


@given(number=numbers)
def test_a_digit_more_or_less_is_no_code(number: str) -> None:
    """Mutation: reading the first thirteen digits of a longer number (a telephone number with its country's code)."""
    assert digits_of(number[:-1]) is None and digits_of(number + "0") is None and digits_of("1" + number) is None


# --- what is shown and what is read ----------------------------------------------------------------------------------


@given(number=numbers)
@pytest.mark.requirement("P-6")
def test_it_is_shown_like_an_ordinary_number_and_read_back(number: str) -> None:
    """Mutation: groups that lose a digit, or dots between them that a reader does not know."""
    shown = Code(number).shown()
    assert re.fullmatch(r"\d{4} \d{3} \d{3} \d{3}", shown, re.ASCII)
    assert digits_of(shown) == number


#: A Damm number to spell in many ways.
ONE: Final = "041237590826" + check_digit("041237590826")
GROUPED: Final = Code(ONE).shown()


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        GROUPED,
        f"  {GROUPED}\n",
        GROUPED.replace(" ", "-"),
        GROUPED.replace(" ", " - "),
        GROUPED.replace(" ", "–"),
        GROUPED.replace(" ", "."),
        GROUPED.replace(" ", ", "),
        GROUPED.replace(" ", "/"),
        GROUPED.replace(" ", "_"),
        GROUPED.replace(" ", "\u00a0"),
        GROUPED.replace(" ", "\u2011"),
        f"({GROUPED[:4]}) {GROUPED[5:]}",
        " ".join(ONE),
        "".join(chr(0xFF10 + int(each)) for each in ONE),
        "".join(chr(0x0660 + int(each)) for each in ONE),
        "".join(each + "\ufe0f\u20e3" for each in ONE),
        "\u202a" + GROUPED + "\u202c",
        f"Mi código es {GROUPED}, gracias",
        f"o código: {ONE}.",
        f"{GROUPED}; {ONE}",  # the same twice
        f"tengo 2 preguntas. {ONE}",
        f"{ONE}!",
    ],
)
def test_the_ways_in_which_people_write_it(text: str) -> None:
    """Mutation: dropping any of the marks between digits, the scripts, or the words around."""
    assert digits_of(text) == ONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hola",
        ONE[:6] + "x" + ONE[6:],
        ONE[:6] + "    " + ONE[6:],
        ONE[:6] + ":" + ONE[6:],
        "²" * 13,
        "Ⅷ" * 13,
        "0" * 12,
        "0" * 14,
        f"2 {ONE}",
    ],
)
def test_what_is_no_code(text: str) -> None:
    """Mutation: taking all digits of a text together, or a pattern that takes ² for a digit."""
    assert reading(text) is None


def test_two_codes_are_none() -> None:
    """Mutation: taking the first, which may be somebody else's."""
    other = "111111111111" + check_digit("111111111111")
    assert reading(f"{ONE} o {other}") is None


@given(text=st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    """Mutation: ``int()`` on a digit of a script that it does not know; a pattern that takes for ever."""
    found = reading(text)
    assert found is None or (len(found.reveal()) == 13 and found.reveal().isascii() and found.reveal().isdecimal())


def test_a_long_text_is_read_in_a_walk() -> None:
    """Mutation: a pattern that tries each start anew (a second for 10,000 digits becomes hours)."""
    for text in ("1" * 200_000, "1 " * 100_000, "1   -" * 50_000):
        assert reading(text) is None


# --- where a code comes from -----------------------------------------------------------------------------------------


@given(session=st.binary(min_size=16, max_size=16), turn=st.integers(0, 2**64 - 1), collision=st.integers(0, 2**32 - 1))
def test_a_repeat_shows_the_same_and_anything_else_another(session: bytes, turn: int, collision: int) -> None:
    """Mutation: leaving turn or collision out, or drawing a number."""
    one, again = Codes(SECRET), Codes(SECRET)
    code = one.code(session, turn, collision).reveal()
    assert again.code(session, turn, collision).reveal() == code and check_digit(code) == "0"
    others = [
        Codes(SECRET[::-1]).code(session, turn, collision),
        one.code(session[::-1] if session != session[::-1] else bytes(15) + b"\1", turn, collision),
        one.code(session, (turn + 1) % 2**64, collision),
        one.code(session, turn, (collision + 1) % 2**32),
    ]
    assert code not in [other.reveal() for other in others]


def test_fields_do_not_run_into_each_other() -> None:
    """Mutation: joining the numbers as text (turn 1, collision 11 against turn 11, collision 1)."""
    made = Codes(SECRET)
    assert len({made.code(SESSION, turn, collision).reveal() for turn in range(120) for collision in range(120)}) == 14_400


@pytest.mark.requirement("P-6")
def test_all_twelve_digits_are_drawn_evenly() -> None:
    """60,000 codes: each digit at each place, each pair of neighbours, and the check digit, by chi-squared at one in a million.

    The input is fixed, so it passes or fails always. Mutation: ``% 10**11``, drawing from eight digits, or from four bytes."""
    made = Codes(SECRET)
    drawn = [made.code(SESSION, turn).reveal() for turn in range(60_000)]
    assert len(set(drawn)) == len(drawn)  # a collision among so many has a chance of 0.2 %
    for at in range(13):
        counts = collections.Counter(each[at] for each in drawn)
        assert sum((counts[digit] - 6000) ** 2 / 6000 for digit in "0123456789") < 47.0  # 9 degrees of freedom
    for at in range(11):
        pairs = collections.Counter(each[at : at + 2] for each in drawn)
        assert sum((pairs[f"{n:02}"] - 600) ** 2 / 600 for n in range(100)) < 180.0  # 99 degrees of freedom


@pytest.mark.parametrize(
    ("session", "turn", "collision"), [(b"", 0, 0), (bytes(15), 0, 0), (bytes(17), 0, 0), (SESSION, -1, 0), (SESSION, 0, -1)]
)
def test_a_code_of_nothing_is_refused(session: bytes, turn: int, collision: int) -> None:
    """Mutation: a session's id that is short, so that codes can be guessed."""
    with pytest.raises(ValueError, match=r"16 bytes|from nought"):
        Codes(SECRET).code(session, turn, collision)


def test_it_needs_a_real_secret_and_a_slot() -> None:
    """Mutation: dropping the checks of the constructor."""
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Codes(b"s" * 31)
    for wrong in ({"slots": 0}, {"waiting": -1}):
        with pytest.raises(ValueError, match="slot"):
            Codes(SECRET, **wrong)


# --- look-up and key -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-6")
async def test_what_is_derived_is_what_the_docstring_says(cheap: Codes) -> None:
    """Built again from RFC 9106 and RFC 5869, with a pepper, a salt and labels of their own.

    Mutation: leaving the pepper out, one value for both, or another label (all codes that are out would be lost)."""
    derived = await cheap.derived(Code(ONE))
    pepper, salt = (hmac.digest(SECRET, b"faro codes 1 " + what, "sha256") for what in (b"pepper", b"salt"))
    hard = Argon2id(salt=salt[:16], length=32, iterations=1, lanes=1, memory_cost=64, secret=pepper)
    root = hard.derive(ONE.encode())
    assert derived.lookup == hmac.digest(root, b"faro code lookup 1\1", "sha256")
    assert derived.key == hmac.digest(root, b"faro code key 1\1", "sha256")
    assert derived.lookup != derived.key


async def test_each_code_and_each_process_secret_leads_elsewhere(cheap: Codes) -> None:
    """Mutation: deriving from fewer digits, or from the code alone."""
    other = Codes(SECRET[::-1], cost=CHEAP)
    found = [await cheap.derived(cheap.code(SESSION, turn)) for turn in range(50)]
    found.append(await other.derived(Code(ONE)))
    found.append(await cheap.derived(Code(ONE)))
    again = await cheap.derived(reading(GROUPED) or Code(""))
    other.close()
    assert len({each.lookup for each in found} | {each.key for each in found}) == 2 * len(found)
    assert (again.lookup, again.key) == (found[-1].lookup, found[-1].key)


def test_the_cost_is_what_the_threat_model_counts_with() -> None:
    """Mutation: a cheaper hash than docs/privacy.md says (RFC 9106, section 4, has 64 MiB and 3 passes as its second choice)."""
    assert Cost() == Cost(memory=65536, passes=3, lanes=1)
    assert Codes(SECRET)._cost == Cost()


async def test_the_real_cost_runs_here() -> None:
    """The value is fixed: another one means that the codes of a deployment are lost.

    Mutation: any change of parameters, labels or order; a library that was built without Argon2."""
    made = Codes(SECRET)
    derived = await made.derived(Code(ONE))
    made.close()
    assert derived.lookup.hex() == "4fa644f40381d33c95df8de480ec76add6aa5b6520f6b6680389072dafef67da"


@pytest.mark.requirement("P-6")
async def test_right_and_wrong_codes_cost_the_same_work(monkeypatch: pytest.MonkeyPatch, cheap: Codes) -> None:
    """Every code with a right check digit is one Argon2 with the same parameters over as many bytes; none is remembered.

    Mutation: a cache of codes, or asking the store first."""
    seen: list[Any] = []

    class Counted:
        def __init__(self, **parameters: Any) -> None:
            self.parameters = parameters

        def derive(self, material: bytes) -> bytes:
            seen.append((len(material), tuple(sorted(self.parameters.items()))))
            return Argon2id(**self.parameters).derive(material)

    monkeypatch.setattr(codes, "Argon2id", Counted)
    for turn in (1, 2, 1, 1):
        await cheap.derived(cheap.code(SESSION, turn))
    assert len(seen) == 4 and len(set(seen)) == 1


# --- the pool --------------------------------------------------------------------------------------------------------


class Held(Codes):
    """Its derivations last until they are let go, and count how many run."""

    def __init__(self, **given: Any) -> None:
        super().__init__(SECRET, cost=CHEAP, **given)
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = self.done = 0

    def _derive(self, code: Code) -> Derived:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.go.wait(30)
        try:
            return super()._derive(code)
        finally:
            with self.lock:
                self.running -= 1
                self.done += 1


async def settled(tasks: list[asyncio.Task[Derived]]) -> list[asyncio.Task[Derived]]:
    """Those that ended while nothing was derived: each of them has had its turn in the loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task for task in tasks if task.done()]


def all_is_free(held: Held) -> None:
    """Every place was given back, and none twice: one more is one too many."""
    with pytest.raises(ValueError, match="released too many"):
        held._free.release()


@pytest.mark.requirement("P-6")
async def test_a_flood_takes_no_more_than_its_slots_and_the_rest_is_told() -> None:
    """Mutation: a thread for each, or a line without end."""
    held = Held(slots=2, waiting=5)
    tasks = [asyncio.create_task(held.derived(Code(ONE))) for _ in range(40)]
    refused = await settled(tasks)
    assert len(refused) == 33 and all(isinstance(task.exception(), Busy) for task in refused)
    held.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(each, Derived) for each in outcomes) == 7
    assert held.most == 2 and held.done == 7
    held.close()
    all_is_free(held)


async def test_whoever_goes_away_gives_the_place_back_once_and_not_too_early() -> None:
    """Those in line free theirs at once; those who are being served when the work ends.

    Mutation: releasing in the coroutine's ``finally`` (the memory is still in use), or never."""
    held = Held(slots=1, waiting=2)
    tasks = [asyncio.create_task(held.derived(Code(ONE))) for _ in range(3)]
    while not held.running:
        await asyncio.sleep(0.001)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    more = [asyncio.create_task(held.derived(Code(ONE))) for _ in range(3)]
    refused = await settled(more)
    assert len(refused) == 1  # two find a place, the first is still at work
    held.go.set()
    await asyncio.gather(*set(more) - set(refused))
    assert held.most == 1 and held.done == 3
    held.close()
    all_is_free(held)


async def test_the_loop_turns_while_a_code_is_derived() -> None:
    """Mutation: deriving in the event loop's thread."""
    here = threading.get_ident()
    held = Held()
    held.go.set()
    where: list[int] = []
    derive = held._derive
    held._derive = lambda code: where.append(threading.get_ident()) or derive(code)  # type: ignore[method-assign]
    await held.derived(Code(ONE))
    held.close()
    assert where and here not in where


async def test_after_closing_nobody_waits_in_vain() -> None:
    """Mutation: ``shutdown`` without ``cancel_futures`` (those in line would be served while the process should stop)."""
    held = Held(slots=1, waiting=3)
    tasks = [asyncio.create_task(held.derived(Code(ONE))) for _ in range(4)]
    while not held.running:
        await asyncio.sleep(0.001)
    threading.Timer(0.05, held.go.set).start()
    await asyncio.to_thread(held.close)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in outcomes] == [Derived] + [asyncio.CancelledError] * 3
    with pytest.raises(RuntimeError):
        await held.derived(Code(ONE))
    all_is_free(held)


# --- nothing gets out ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
async def test_neither_a_code_nor_what_it_leads_to_is_printed(cheap: Codes) -> None:
    """Mutation: dropping ``repr=False`` or Words' refusals."""
    code = cheap.code(SESSION, 1)
    derived = await cheap.derived(code)
    told = f"{code!r} {code} {[code]} {derived!r} {cheap!r}"
    assert told == "Code(…) Code(…) [Code(…)] Derived() Codes(…)"
    for way in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            way(code)  # type: ignore[operator]
    with pytest.raises(TypeError):
        assert code == reading(code.reveal())


def test_numbers_of_chance_are_refused_nine_times_in_ten() -> None:
    """What a check digit does for those who guess, and all that it does.

    Mutation: a check that passes always, or that says something about the other digits."""
    chance = random.Random(5)
    taken = sum(reading(f"{chance.randrange(10**13):013d}") is not None for _ in range(20_000))
    assert 1_800 < taken < 2_200
