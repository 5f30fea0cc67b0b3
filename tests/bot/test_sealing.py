"""Sealed envelopes: who opens them, who never does, and that nothing about the text shows outside."""

from __future__ import annotations

import copy
import dataclasses
import hmac
import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from bot import sealing
from bot.sealing import BadEnvelope, CannotOpen, CannotSeal, Envelope, Kind, Wrap, key_id, rewrap, seal, unseal
from flows.kernel import Words
from tests.bot import forgery

CANARY: Final = "Rosario, +593 555 017 733, calle del Olvido 12"
TICKET: Final = forgery.TICKET
OTHER: Final = bytes(range(1, 17))
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STAFF: Final = [X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(2, 6)]
VECTOR: Final = json.loads((Path(__file__).parents[1] / "data" / "hpke_vector.json").read_text(encoding="utf-8"))

kinds = st.sampled_from(KINDS)
tickets = st.binary(min_size=16, max_size=16)
#: Every Unicode text that fits each kind.
texts = st.text(max_size=127)


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def name(private: X25519PrivateKey) -> bytes:
    return key_id(public(private))


def for_two(kind: Kind = "note", ticket: bytes = TICKET, text: str = CANARY) -> Envelope:
    """For the first two of STAFF."""
    return seal(Words(text), kind, ticket, [public(one) for one in STAFF[:2]])


def opens(envelope: Envelope, private: X25519PrivateKey, kind: Kind = "note", ticket: bytes = TICKET) -> str | None:
    try:
        return unseal(envelope, private, kind=kind, ticket=ticket).reveal()
    except CannotOpen:
        return None


# --- who opens, who does not -----------------------------------------------------------------------------------------


@given(text=texts, kind=kinds, ticket=tickets, count=st.integers(1, 4))
@pytest.mark.requirement("P-5")
def test_every_recipient_opens_and_nobody_else(text: str, kind: Kind, ticket: bytes, count: int) -> None:
    """Mutation: sealing to one recipient more than was asked for."""
    raw = seal(Words(text), kind, ticket, [public(one) for one in STAFF[:count]]).encode()
    envelope = Envelope.decode(raw)
    assert [opens(envelope, one, kind, ticket) for one in STAFF] == [text] * count + [None] * (4 - count)


@pytest.mark.requirement("P-5")
@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_bytes_and_every_derivation_of_a_stranger_show_nothing(kind: Kind) -> None:
    """Mutation: leaving the body or the content key in clear."""
    raw = seal(Words(CANARY), kind, TICKET, [public(STAFF[0])]).encode()
    for piece in (CANARY, "Rosario", "017 733"):
        assert piece.encode() not in raw and piece.encode().hex().encode() not in raw
    assert seal(Words(CANARY), kind, TICKET, [public(STAFF[0])]).encode() != raw, "the same twice says that it is the same"


def test_two_envelopes_of_one_text_share_nothing_but_the_head() -> None:
    """Mutation: a content key that follows from text or ticket, or an ephemeral key that is kept."""
    one, other = for_two(), for_two()
    assert one.commitment != other.commitment and one.body != other.body
    assert not {wrap.sealed[:32] for wrap in one.wraps} & {wrap.sealed[:32] for wrap in other.wraps}
    assert len({wrap.sealed[:32] for wrap in one.wraps}) == 2


@given(text=texts, kind=kinds, others=st.tuples(kinds, tickets))
def test_an_envelope_taken_for_another_stays_shut(text: str, kind: Kind, others: tuple[Kind, bytes]) -> None:
    """Mutation: dropping the comparison of kind and ticket in ``_content``."""
    envelope = seal(Words(text), kind, TICKET, [public(STAFF[0])])
    if others != (kind, TICKET):
        assert opens(envelope, STAFF[0], *others) is None


@pytest.mark.parametrize("change", [{"kind": "answer"}, {"ticket": OTHER}], ids=["kind", "ticket"])
def test_an_envelope_relabelled_as_another_stays_shut(change: dict[str, Any]) -> None:
    """Mutation: leaving the kind or the ticket out of the head (note and answer are equally long)."""
    relabelled = dataclasses.replace(for_two(), **change)
    assert opens(relabelled, STAFF[0], relabelled.kind, relabelled.ticket) is None


def head_of(envelope: Envelope) -> bytes:
    return envelope.encode()[:24]


def test_wraps_cannot_be_moved() -> None:
    """Mutation: leaving the commitment or the key id out of ``_info``."""
    one, other = for_two(), for_two()
    moved = dataclasses.replace(one, wraps=other.wraps)
    assert [opens(moved, each) for each in STAFF[:2]] == [None, None]
    first, second = one.wraps
    crossed = dataclasses.replace(one, wraps=(Wrap(first.key_id, second.sealed), Wrap(second.key_id, first.sealed)))
    assert [opens(crossed, each) for each in STAFF[:2]] == [None, None]


def test_a_body_cannot_be_moved() -> None:
    """Mutation: a content key that is used twice."""
    one, other = for_two(), for_two()
    assert opens(dataclasses.replace(one, body=other.body), STAFF[0]) is None
    assert opens(dataclasses.replace(one, body=other.body, commitment=other.commitment), STAFF[0]) is None


def test_one_body_has_one_content_key() -> None:
    """A forger wraps another content key for one recipient, so that the two would read different texts.

    Mutation: not comparing the commitment in ``_read``; it is compared before the body is decrypted."""
    envelope = for_two()
    forged = sealing._wrap(b"k" * 32, head_of(envelope), envelope.commitment, name(STAFF[0]), STAFF[0].public_key())
    key, nonce, commitment = sealing._keys(b"k" * 32, head_of(envelope))
    body = AESGCM(key).encrypt(nonce, b"\0\2no".ljust(2048, b"\0"), head_of(envelope))
    both = dataclasses.replace(envelope.added(forged), body=body)
    assert commitment != envelope.commitment
    assert opens(both, STAFF[0]) is None
    assert opens(dataclasses.replace(both, commitment=commitment), STAFF[0]) is None  # the wrap is bound to the other one


# --- what was changed on the way -------------------------------------------------------------------------------------


@given(at=st.integers(0), bit=st.integers(0, 7), kind=kinds)
def test_no_changed_bit_is_read(at: int, bit: int, kind: Kind) -> None:
    """Mutation: taking ``_head`` out of the additional data, or skipping the tag. One recipient, so that every byte counts."""
    raw = bytearray(seal(Words(CANARY), kind, TICKET, [public(STAFF[0])]).encode())
    raw[at % len(raw)] ^= 1 << bit
    try:
        changed = Envelope.decode(bytes(raw))
    except BadEnvelope:
        return
    assert opens(changed, STAFF[0], kind) is None
    assert opens(changed, STAFF[0], changed.kind, changed.ticket) is None


@given(cut=st.integers(0), kind=kinds)
def test_no_truncated_or_longer_envelope_is_taken(cut: int, kind: Kind) -> None:
    """Mutation: comparing the length with ``<`` instead of ``!=``."""
    raw = for_two(kind).encode()
    for wrong in (raw[: cut % len(raw)], raw + raw[: 1 + cut % len(raw)]):
        with pytest.raises(BadEnvelope):
            Envelope.decode(wrong)


@given(raw=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: for_two("contact").encode()[:57] + tail))
def test_bytes_of_chance_are_no_envelope(raw: bytes) -> None:
    """Mutation: an IndexError or a ZeroDivisionError in ``decode``."""
    with pytest.raises(BadEnvelope):
        Envelope.decode(raw)


@given(kind=kinds, ticket=tickets, count=st.integers(1, 4))
def test_there_is_one_spelling(kind: Kind, ticket: bytes, count: int) -> None:
    """Mutation: ignoring a field in ``decode``."""
    envelope = seal(Words("x"), kind, ticket, [public(one) for one in STAFF[:count]])
    assert Envelope.decode(envelope.encode()) == envelope
    assert Envelope.decode(memoryview(envelope.encode())).encode() == envelope.encode()  # as databases hand bytes out
    assert len(envelope.encode()) == 57 + 96 * count + sealing.ROOM[kind] + 16


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (0, 2, "version 2"),
        (2, 0x10, "suite 001000010002"),
        (7, 0, "kind 0"),
        (7, 5, "kind 5"),
        (56, 0, "length"),
        (56, 3, "length"),
    ],
)
def test_what_is_not_known_is_refused_with_a_sentence(at: int, value: int, said: str) -> None:
    """Mutation: opening a later version as if it were this one."""
    raw = bytearray(for_two().encode())
    raw[at] = value
    with pytest.raises(BadEnvelope, match=said):
        Envelope.decode(bytes(raw))


def test_an_envelope_for_nobody_is_none() -> None:
    """Mutation: taking an envelope without wraps, of which nobody could ever say what it was."""
    envelope = for_two()
    with pytest.raises(BadEnvelope, match="length"):
        Envelope.decode(dataclasses.replace(envelope, wraps=()).encode())


def test_recipients_stand_in_the_order_of_their_ids_once_each() -> None:
    """Mutation: keeping the order of the roster, which would say who was asked first."""
    envelope = seal(Words("x"), "note", TICKET, [public(one) for one in (*STAFF, *STAFF)])
    assert list(envelope.recipients) == sorted({name(one) for one in STAFF})
    for wraps in (envelope.wraps[::-1], envelope.wraps[:1] * 2):
        with pytest.raises(BadEnvelope, match="order"):
            Envelope.decode(dataclasses.replace(envelope, wraps=wraps).encode())


# --- lengths ---------------------------------------------------------------------------------------------------------


@given(text=texts, kind=kinds)
def test_the_length_says_only_the_kind_and_how_many(text: str, kind: Kind) -> None:
    """Mutation: padding to the next step instead of to the kind's size."""
    assert len(seal(Words(text), kind, TICKET, [public(STAFF[0])]).encode()) == 57 + 96 + sealing.ROOM[kind] + 16


@pytest.mark.parametrize("letter", ["a", "ñ", "€", "👩", "\0"])
def test_a_note_of_300_characters_fits_whatever_they_are(letter: str) -> None:
    """Mutation: less room than 300 characters of four bytes, or padding that eats zeros of the text."""
    assert opens(for_two(text=letter * 300), STAFF[0]) == letter * 300


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_byte_that_fits(kind: Kind) -> None:
    """Mutation: an off-by-one in ``_padded``, which would cut a text or spoil its length."""
    most = sealing.ROOM[kind] - 2
    assert opens(for_two(kind, text="x" * most), STAFF[0], kind) == "x" * most
    with pytest.raises(CannotSeal, match=f"at most {most} bytes"):
        for_two(kind, text="x" * (most + 1))


@pytest.mark.parametrize("padded", forgery.PADDINGS.values(), ids=forgery.PADDINGS.keys())
def test_other_padding_is_refused(padded: bytes) -> None:
    """Mutation: not looking at what follows the text, at the length, or at UTF-8."""
    assert opens(forgery.note(STAFF[0], b"\0\1a".ljust(2048, b"\0")), STAFF[0]) == "a"
    assert opens(forgery.note(STAFF[0], padded), STAFF[0]) is None


def test_another_commitment_is_refused() -> None:
    """Mutation: not comparing the commitment; the wrap is bound to whichever is told."""
    assert opens(forgery.note(STAFF[0], b"\0\1a".ljust(2048, b"\0"), b"x" * 32), STAFF[0]) is None


# --- handing on ------------------------------------------------------------------------------------------------------


def test_one_copy_is_released_without_any_key() -> None:
    """Mutation: releasing the envelope with all its wraps (it would say who else is eligible)."""
    envelope = for_two()
    released = envelope.released(name(STAFF[1]))
    assert released is not None and released.recipients == (name(STAFF[1]),)
    assert opens(Envelope.decode(released.encode()), STAFF[1]) == CANARY
    assert opens(released, STAFF[0]) is None
    assert envelope.released(name(STAFF[2])) is None


@given(kind=kinds, text=texts)
@pytest.mark.requirement("P-5")
def test_whoever_opens_can_hand_on_and_a_leaver_is_removed(kind: Kind, text: str) -> None:
    """Mutation: ``removed`` that removes the others, or a ``rewrap`` bound to the opener instead of the new recipient."""
    envelope = for_two(kind, text=text)
    wrap = rewrap(envelope, STAFF[0], public(STAFF[2]), kind=kind, ticket=TICKET)
    more = Envelope.decode(envelope.added(Wrap.decode(wrap.encode())).encode())
    assert [opens(more, one, kind) for one in STAFF] == [text, text, text, None]
    less = more.removed(name(STAFF[0]))
    assert less is not None
    assert [opens(Envelope.decode(less.encode()), one, kind) for one in STAFF] == [None, text, text, None]
    rest = less.removed(name(STAFF[1]))
    assert rest is not None and rest.removed(name(STAFF[2])) is None
    assert more.removed(name(STAFF[3])) == more


def test_adding_twice_replaces() -> None:
    """Mutation: appending, so that a second wrap for one key makes an envelope that ``decode`` refuses."""
    envelope = for_two()
    again = envelope.added(rewrap(envelope, STAFF[0], public(STAFF[1]), kind="note", ticket=TICKET))
    assert again.recipients == envelope.recipients and again != envelope
    assert opens(Envelope.decode(again.encode()), STAFF[1]) == CANARY


@pytest.mark.parametrize("spoiled", ["stranger", "kind", "ticket", "body"])
def test_nobody_hands_on_what_they_cannot_read(spoiled: str) -> None:
    """Mutation: wrapping the content key again without reading the body (a broken envelope would look handed over)."""
    envelope = for_two()
    if spoiled == "body":
        envelope = dataclasses.replace(envelope, body=bytes(len(envelope.body)))
    with pytest.raises(CannotOpen):
        rewrap(
            envelope,
            STAFF[3] if spoiled == "stranger" else STAFF[0],
            public(STAFF[2]),
            kind="answer" if spoiled == "kind" else "note",
            ticket=OTHER if spoiled == "ticket" else TICKET,
        )


@pytest.mark.parametrize("length", [0, 95, 97])
def test_a_wrap_has_one_length(length: int) -> None:
    """Mutation: taking whatever a browser sends."""
    with pytest.raises(BadEnvelope, match="96"):
        Wrap.decode(bytes(length))


# --- what cannot be sealed -------------------------------------------------------------------------------------------

#: The points of small order of Curve25519 (RFC 7748, section 6.1: what must be refused).
SMALL: Final = [
    (0).to_bytes(32, "little"),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    (325606250916557431795983626356110631294008115727848805560023387167927233504).to_bytes(32, "little"),
    (39382357235489614581723060781553021112529911719440698176882885853963445705823).to_bytes(32, "little"),
]


@pytest.mark.parametrize("key", [*SMALL, b"", b"k" * 31, b"k" * 33])
def test_a_key_that_protects_nothing_is_refused(key: bytes) -> None:
    """Mutation: leaving the check of keys to whoever enrols them."""
    with pytest.raises(CannotSeal, match="public key"):
        seal(Words(CANARY), "note", TICKET, [public(STAFF[0]), key])
    with pytest.raises(CannotSeal, match="public key"):
        rewrap(for_two(), STAFF[0], key, kind="note", ticket=TICKET)


def test_nobody_to_read_is_no_envelope() -> None:
    """Mutation: storing what nobody can ever open (no eligible key = no intake)."""
    with pytest.raises(CannotSeal, match="0 recipients"):
        seal(Words(CANARY), "note", TICKET, [])


def test_more_recipients_than_the_format_counts() -> None:
    """Mutation: a count that wraps round at 256."""
    many = [public(X25519PrivateKey.from_private_bytes(bytes([1, n]) * 16)) for n in range(256)]
    full = seal(Words("x"), "note", TICKET, many[:255])
    assert Envelope.decode(full.encode()) == full
    with pytest.raises(CannotSeal, match="256 recipients"):
        seal(Words("x"), "note", TICKET, many)
    with pytest.raises(CannotSeal, match="255 recipients"):
        full.added(Wrap(name(STAFF[0]), bytes(80)))


@pytest.mark.parametrize("ticket", [b"", b"t" * 15, b"t" * 17])
def test_a_ticket_has_one_length(ticket: bytes) -> None:
    """Mutation: a ticket that could run into what follows it."""
    with pytest.raises(CannotSeal, match="16 bytes"):
        seal(Words("x"), "note", ticket, [public(STAFF[0])])
    assert opens(for_two(), STAFF[0], ticket=ticket) is None


# --- nothing gets out ------------------------------------------------------------------------------------------------


def failures() -> Iterator[tuple[str, Callable[[], object]]]:
    words, me = Words(CANARY), [public(STAFF[0])]
    broken = bytearray(for_two().encode())
    broken[-1] ^= 1
    yield "too long", lambda: seal(Words(CANARY * 100), "contact", TICKET, me)
    yield "no text", lambda: seal(Words(CANARY + "\ud800"), "note", TICKET, me)
    yield "bad key", lambda: seal(words, "note", TICKET, [*me, SMALL[0]])
    yield "bad ticket", lambda: seal(words, "note", b"", me)
    yield "stranger", lambda: unseal(for_two(), STAFF[3], kind="note", ticket=TICKET)
    yield "broken", lambda: unseal(Envelope.decode(bytes(broken)), STAFF[0], kind="note", ticket=TICKET)
    yield "other ticket", lambda: unseal(for_two(), STAFF[0], kind="note", ticket=OTHER)
    yield (
        "bad padding",
        lambda: unseal(forgery.note(STAFF[0], CANARY.encode().ljust(2048, b"\0")), STAFF[0], kind="note", ticket=TICKET),
    )
    yield (
        "no UTF-8",
        lambda: unseal(
            forgery.note(STAFF[0], (b"\0\x80" + CANARY.encode() + b"\xff").ljust(2048, b"\0")), STAFF[0], kind="note", ticket=TICKET
        ),
    )


@pytest.mark.parametrize("way", [pytest.param(way, id=what) for what, way in failures()])
@pytest.mark.requirement("P-2")
def test_no_failure_tells_the_text(way: Callable[[], object]) -> None:
    """Also with the local names of every frame, and of every exception before it.

    Mutation: raising within the ``except`` of ``_padded`` (UnicodeEncodeError carries the whole text)."""
    with pytest.raises((CannotSeal, CannotOpen)) as caught:
        way()
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    of_ours = [frame for frame in frames.stack if frame.filename == sealing.__file__]
    told = str(caught.value) + str([frame.locals for frame in of_ours])
    assert of_ours and not [piece for piece in ("Rosario", "017 733", "Olvido") if piece in told]
    for secret in ("content", "padded", "body"):
        assert not [frame for frame in of_ours if (frame.locals or {}).get(secret, "None") != "None"]


def test_all_that_fails_to_open_fails_alike() -> None:
    """Mutation: an error that says which check failed, by which a forger could feel their way."""
    said = set()
    for what, way in failures():
        if what in {"stranger", "broken", "other ticket", "bad padding", "no UTF-8"}:
            with pytest.raises(CannotOpen) as caught:
                way()
            said.add((type(caught.value), str(caught.value), caught.value.args))
    assert len(said) == 1


def test_what_is_printed_is_short() -> None:
    """Mutation: dropping ``repr=False``."""
    envelope = for_two()
    assert repr(envelope) == "Envelope(note, 2 recipients, …)" and repr(envelope.wraps) == "(Wrap(…), Wrap(…))"
    assert repr(unseal(envelope, STAFF[0], kind="note", ticket=TICKET)) == "Words(…)"
    assert copy.deepcopy(envelope) == envelope  # it may be stored: there is nothing to hide in it


# --- the standard ----------------------------------------------------------------------------------------------------


def test_the_suite_is_that_of_the_rfc() -> None:
    """The single-shot interface of the library against the vector, with the library's own way to give additional data.

    Mutation: another KEM, KDF or AEAD in ``_SUITE``."""
    vector = {each: bytes.fromhex(value) for each, value in VECTOR.items() if each != "source"}
    private = X25519PrivateKey.from_private_bytes(vector["skRm"])
    sealed = vector["pkEm"] + vector["ct"]
    assert openssl.hpke._decrypt_with_aad(sealing._SUITE, sealed, private, vector["info"], vector["aad"]) == vector["pt"]


def test_the_format_is_what_the_docstring_says() -> None:
    """An envelope is opened here with the libraries alone, so that each layer is seen to be bound to the head.

    Mutation: taking the head, the commitment or the key id out of ``info``, or the head out of the keys or of the AAD."""
    raw = for_two().encode()
    head = bytes([1, 0, 0x20, 0, 1, 0, 2, 3]) + TICKET
    assert raw[:24] == head and raw[56] == 2
    own = raw.index(name(STAFF[0]), 57)
    info = b"faro wrap 1\0" + raw[:56] + name(STAFF[0])
    content = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).decrypt(raw[own + 16 : own + 96], STAFF[0], info=info)
    key, nonce, commitment = (
        hmac.digest(content, b"faro " + what + b" 1\0" + head + b"\1", "sha256") for what in (b"key", b"nonce", b"commitment")
    )
    assert raw[24:56] == commitment
    text = CANARY.encode()
    assert AESGCM(key).decrypt(nonce[:12], raw[57 + 2 * 96 :], head) == (len(text).to_bytes(2) + text).ljust(2048, b"\0")


def test_a_key_id_is_of_the_public_key_alone() -> None:
    """Mutation: an id that differs from the browser's (the value is SHA-256 of a prefix and the key, cut to 16 bytes)."""
    key = X25519PublicKey.from_public_bytes(bytes(range(32))).public_bytes_raw()
    assert key_id(key).hex() == "917c32215ae408fe2b341a547c1c8b8d"
