"""The box in which an address comes back: only the same secret opens it, for the same ticket, and nothing of it shows."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.vault import BOX_ROOM, CannotUnbox, Vault

SECRET = bytes(range(32))
TICKET = bytes(range(100, 116))
VAULT = Vault(SECRET)

channels = st.sampled_from(["telegram", "sms", "whatsapp", "simulator-telegram", "simulator-sms", "simulator-whatsapp"])
values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["+573001234567", "987654321987", "ab" * 16, "x\x80", "é", "ends with €"]
)
tickets = st.binary(min_size=16, max_size=16)


@given(channels, values, tickets)
def test_what_is_boxed_comes_out(channel: str, value: str, ticket: bytes) -> None:
    """Mutation: padding that an address may end with (``rstrip``); a channel that runs into its value."""
    address = VAULT.unbox(VAULT.box(VAULT.address(channel, value), ticket), ticket)
    assert (address.channel, address.reveal()) == (channel, value)
    again = Vault(SECRET).unbox(VAULT.box(address, ticket), ticket)
    assert (again.channel, again.reveal()) == (channel, value), "another process with the same secret"


@pytest.mark.requirement("P-2")
@given(channels, values, channels, values, tickets)
def test_neither_length_nor_letters_say_what_is_inside(one: str, value: str, other: str, another: str, ticket: bytes) -> None:
    """Mutation: no padding; the channel in clear; an encryption that gives the same twice (whose two tickets are one person's)."""
    first, second = VAULT.box(VAULT.address(one, value), ticket), VAULT.box(VAULT.address(other, another), ticket)
    assert len(first) == len(second) == 236 and re.fullmatch("[A-Za-z0-9_-]+", first)
    assert VAULT.box(VAULT.address(one, value), ticket) != first
    raw = base64.urlsafe_b64decode(first)
    assert one.encode() not in raw
    assert len(value) < 5 or value.encode() not in raw


@given(tickets, tickets, st.integers(0, 235), st.sampled_from("AZaz09-_"))
def test_any_other_ticket_secret_or_letter_is_refused_in_one_way(ticket: bytes, other: bytes, place: int, letter: str) -> None:
    """Mutation: leaving the ticket out of ``info`` (a worker hands the box of one ticket in with another)."""
    assume(ticket != other)
    box = VAULT.box(VAULT.address("sms", "+573001234567"), ticket)
    changed = box[:place] + letter + box[place + 1 :]
    tries = [(VAULT, box, other), (Vault(SECRET[::-1]), box, ticket), (VAULT, box[:-1], ticket), (VAULT, box + "A", ticket)]
    if changed != box:
        tries.append((VAULT, changed, ticket))
    said = set()
    for vault, given_box, for_ticket in tries:
        with pytest.raises(CannotUnbox) as refused:
            vault.unbox(given_box, for_ticket)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None
        said.add(str(refused.value))
    assert len(said) == 1


@given(st.text(max_size=300))
def test_anything_else_is_refused_in_the_same_way(text: str) -> None:
    """Mutation: an error of base64, of HPKE or of UTF-8 that gets out."""
    with pytest.raises(CannotUnbox):
        VAULT.unbox(text, TICKET)


def test_nobody_makes_a_box_with_the_public_half() -> None:
    """HPKE's base mode says nothing of who sealed. Mutation: an ``info`` that everybody knows."""
    public = VAULT._relay.public_key()
    plain = (b"sms\0+573001234567\x80").ljust(BOX_ROOM, b"\0")
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    for info in (b"", TICKET, b"faro relay 1\0" + TICKET, b"faro relay 1\0" + bytes(32)):
        forged = base64.urlsafe_b64encode(b"\1" + suite.encrypt(plain, public, info=info)).decode()
        with pytest.raises(CannotUnbox):
            VAULT.unbox(forged, TICKET)
    right = base64.urlsafe_b64encode(b"\1" + suite.encrypt(plain, public, info=VAULT._bound(TICKET))).decode()
    assert VAULT.unbox(right, TICKET).reveal() == "+573001234567", "only the keyed binding stood in the way"


def test_the_key_of_boxes_is_none_that_anything_else_uses() -> None:
    """Mutation: deriving it under the label of the persons' key."""
    assert VAULT._relay.private_bytes_raw() != X25519PrivateKey.from_private_bytes(SECRET).private_bytes_raw()
    assert Vault(SECRET)._relay.private_bytes_raw() == VAULT._relay.private_bytes_raw()
    assert Vault(SECRET[::-1])._relay.private_bytes_raw() != VAULT._relay.private_bytes_raw()


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize("value", ["9" * 130, "a\0b"])
def test_an_address_that_no_channel_gives_is_refused_without_being_named(value: str) -> None:
    """Mutation: a box that is longer than the others; the address in the error."""
    with pytest.raises(ValueError, match="boxed") as refused:
        VAULT.box(VAULT.address("sms", value), TICKET)
    assert value not in str(refused.value)
    for ticket in (b"", bytes(15), bytes(17)):
        with pytest.raises(ValueError, match="16 bytes"):
            VAULT.box(VAULT.address("sms", "+573001234567"), ticket)
