"""Python's half of what browsers do with passphrases and keys, against WebCrypto itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import playwright
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.staff.accounts import StaffRefused
from bot.staff.enrolling import ROUNDS, CannotUnwrap, derive, enrol_for_demo, new_key, unwrap_private, wrap_private
from bot.staff.locks import Locks
from tests.bot.staff.world import NOW

#: Playwright's own, which has the WebCrypto of browsers.
NODE = Path(playwright.__file__).parent / "driver" / "node"
SALT = bytes(range(16))

WEB = """
const [passphrase, salt, rounds, wrapped] = JSON.parse(process.argv[1]);
const hex = (buffer) => Buffer.from(buffer).toString("hex"), raw = (text) => Buffer.from(text, "hex");
const typed = new TextEncoder().encode(passphrase.normalize("NFKC"));
const base = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveBits"]);
const bits = await crypto.subtle.deriveBits({name: "PBKDF2", hash: "SHA-256", salt: raw(salt), iterations: rounds}, base, 512);
const wrapping = await crypto.subtle.importKey("raw", bits.slice(32), "AES-GCM", false, ["wrapKey", "unwrapKey"]);
const theirs = raw(wrapped), gcm = (iv) => ({name: "AES-GCM", iv});
const opened = await crypto.subtle.unwrapKey(
  "pkcs8", theirs.subarray(12), wrapping, gcm(theirs.subarray(0, 12)), "X25519", true, ["deriveBits"]);
const pair = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
const iv = crypto.getRandomValues(new Uint8Array(12));
const ours = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, wrapping, gcm(iv));
const shared = await crypto.subtle.deriveBits({name: "X25519", public: pair.publicKey}, opened, 256);
console.log(JSON.stringify({proof: hex(bits.slice(0, 32)), shared: hex(shared), wrapped: hex(iv) + hex(ours),
  public: hex(await crypto.subtle.exportKey("raw", pair.publicKey))}));
"""


@pytest.mark.parametrize("passphrase", ["correct horse battery", "contraseña ﬁja Å"])
def test_webcrypto_derives_opens_and_wraps_the_same(passphrase: str) -> None:
    """Mutation: another hash, order of the halves, number of rounds, normal form of Unicode, or form of the key."""
    private, mine = new_key(), derive(passphrase, SALT)
    given = json.dumps([passphrase, SALT.hex(), ROUNDS, wrap_private(private, mine.wrapping).hex()])
    ran = subprocess.run([NODE, "--input-type=module", "-e", WEB, given], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    theirs = {name: bytes.fromhex(value) for name, value in json.loads(ran.stdout).items()}
    assert theirs["proof"] == mine.proof
    opened = unwrap_private(theirs["wrapped"], mine.wrapping)
    assert opened.public_key().public_bytes_raw() == theirs["public"]
    assert theirs["shared"] == private.exchange(opened.public_key())


@given(st.text(min_size=1), st.binary(min_size=16, max_size=16))
def test_neither_half_says_anything_of_the_other_and_a_salt_changes_both(passphrase: str, salt: bytes) -> None:
    """Mutation: one half for both purposes: the server would hold what opens the key."""
    typed = passphrase.encode("utf-8", "replace").decode()
    one, other = derive(typed, salt, 1), derive(typed, bytes(17), 1)
    assert len(one.proof) == len(one.wrapping) == 32
    assert len({one.proof, one.wrapping, other.proof, other.wrapping}) == 4


def test_a_wrap_opens_with_its_passphrase_only_and_says_no_more() -> None:
    """Mutation: no authentication; an error that holds the key."""
    private, wrapping = new_key(), bytes(32)
    wrapped = wrap_private(private, wrapping)
    assert wrapped != wrap_private(private, wrapping), "a nonce of its own each time"
    assert unwrap_private(wrapped, wrapping).private_bytes_raw() == private.private_bytes_raw()
    ed25519 = Ed25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    other_kind = bytes(12) + AESGCM(wrapping).encrypt(bytes(12), ed25519, None)
    no_key = bytes(12) + AESGCM(wrapping).encrypt(bytes(12), b"no key", None)
    for broken in (wrapped[:-1], wrapped[:40] + b"x" + wrapped[41:], b"", other_kind, no_key):
        with pytest.raises(CannotUnwrap) as refused:
            unwrap_private(broken, wrapping)
        assert refused.value.__cause__ is None and refused.value.__context__ is None
    with pytest.raises(CannotUnwrap):
        unwrap_private(wrapped, b"x" * 32)


async def test_a_demo_enrols_only_accounts_that_there_are(engine: AsyncEngine, locks: Locks) -> None:
    """Mutation: making an account on the way, with whatever role."""
    with pytest.raises(StaffRefused, match="no active account 'nobody'"):
        await enrol_for_demo(engine, locks, "nobody", "x", NOW, rounds=1)
