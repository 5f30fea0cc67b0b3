"""The one room: an address never gets out by accident, and what is derived from it says nothing about it."""

from __future__ import annotations

import copy
import dataclasses
import hmac
import json
import logging
import pickle
import traceback
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange import Inbound
from bot.vault import Address, Correspondent, Vault, _Mac
from flows.facts import Traits
from flows.kernel import Words

CANARY = "+593555017733"
SECRET = bytes(range(32))


def room() -> tuple[Vault, Address, Correspondent]:
    vault = Vault(SECRET)
    address = vault.address("sms", CANARY)
    return vault, address, vault.person(address)


def tell(way: Any, thing: Any) -> str:
    """What is said, or the whole traceback with the local names of every frame."""
    try:
        told = way(thing)
    except Exception as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return told if isinstance(told, str) else repr(told)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["vault", "address", "person"])
@pytest.mark.requirement("P-2")
def test_nothing_in_the_room_can_be_written_down(which: int) -> None:
    """Mutation: removing ``_Unspoken.__getstate__`` or ``__reduce_ex__`` (the address can be pickled or copied)."""
    thing = room()[which]
    ways: list[Any] = [
        repr,
        str,
        format,
        lambda x: f"{x!r} {x!s} {x}",
        lambda x: "%s %r" % (x, x),  # noqa: UP031 - the way of the logging module
        lambda x: json.dumps({"a": x}),
        lambda x: json.dumps({"a": x}, default=str),
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        vars,
        lambda x: x.__getstate__(),
        copy.copy,
        copy.deepcopy,
        *(lambda x, p=p: pickle.dumps(x, protocol=p) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
        hash,
        lambda x: x == x,
        lambda x: {x: 1},
    ]
    for shown in [tell(way, thing) for way in ways]:
        assert CANARY not in shown and CANARY[1:] not in shown
        assert repr(SECRET)[2:-1] not in shown
    for way in ways[-12:]:
        with pytest.raises(TypeError):
            way(thing)


@pytest.mark.requirement("P-2")
def test_a_message_with_its_sender_can_be_logged_by_mistake(caplog: pytest.LogCaptureFixture) -> None:
    """Mutation: removing ``_Unspoken.__repr__`` (a dataclass that holds the person prints it)."""
    person = room()[2]
    inbound = Inbound(person, Traits(name="sms"), "SM1", words=Words("help in tapachula"))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("any").error("cannot handle %s", inbound)
    assert CANARY[1:] not in caplog.text and "tapachula" not in caplog.text
    with pytest.raises(TypeError):
        dataclasses.asdict(inbound)


def test_the_adapter_can_answer() -> None:
    _, address, person = room()
    assert address.reveal() == CANARY and address.channel == "sms"
    assert person.address is address


def test_a_short_secret_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Vault(b"x" * 31)


def test_a_message_without_a_sender_is_refused() -> None:
    with pytest.raises(ValueError, match="without a sender"):
        Vault(SECRET).address("sms", "")


_parts = st.tuples(
    st.binary(min_size=32, max_size=40),  # secret
    st.sampled_from(["sms", "smsx", "s", "telegram"]),
    st.sampled_from(["1", "x1", "ms1", "593555017733", "+593555017733"]),
    st.binary(min_size=32, max_size=32),  # epoch
    st.sampled_from([b"session", b"leftovers", b"draft"]),
)


def derived(parts: tuple[bytes, str, str, bytes, bytes]) -> tuple[bytes, bytes]:
    secret, channel, value, epoch, purpose = parts
    vault = Vault(secret)
    person = vault.person(vault.address(channel, value))
    return person.pseudonym(epoch, purpose), person.key(epoch, purpose)


@given(_parts, _parts)
@pytest.mark.requirement("P-2")
def test_each_of_secret_channel_address_epoch_and_purpose_counts(one: Any, other: Any) -> None:
    """Mutation: leaving the channel's length out of ``Vault.person`` ("sms"+"x1" and "smsx"+"1" become one person)."""
    (name, key), (other_name, other_key) = derived(one), derived(other)
    assert (name == other_name) is (one == other) and (key == other_key) is (one == other)
    assert len(name) == 16 and len(key) == 32
    assert key[:16] != name, "a pseudonym is no part of its key"


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_the_prepared_mac_is_hmac_sha256(key: bytes, message: bytes) -> None:
    """Mutation: updating the prepared hash itself instead of a copy."""
    mac = _Mac(key)
    for _ in range(2):
        assert mac.digest(message) == hmac.digest(key, message, "sha256")


def test_the_same_person_is_found_again_after_a_restart() -> None:
    assert derived((SECRET, "sms", CANARY, b"e" * 32, b"session")) == derived((SECRET, "sms", CANARY, b"e" * 32, b"session"))
