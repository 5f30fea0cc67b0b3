"""What these tests share: accounts in few words, and an authenticator in software.

Here belongs what several files use. Never here: fixtures, tests.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.sealing import Envelope, Kind
from bot.staff import keys
from bot.staff.enrolling import Derived, derive, wrap_private
from bot.staff.enrolment import salt_of
from bot.staff.keys import NewWrap
from bot.staff.locks import Locks
from bot.staff.passkeys import Party, packed
from bot.staff.roles import Actor
from bot.staff.tables import ROLES, Employer, Staff
from bot.tickets.tables import SealedItem, Ticket

SECRET: Final = bytes(range(32))
NOW: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ROUNDS: Final = 2
"""Of the derivation: tests need no slowness."""
PARTY: Final = Party.at("https://desk.example.org")
PASSPHRASE: Final = "correct horse battery"

FILE: Final = """
[[employer]]
key = "red-norte"
name = "Red Norte"

[[staff]]
name = "administrator-1"
organisation = "red-norte"
roles = ["administrator"]

[[staff]]
name = "case-manager-co-1"
organisation = "red-norte"
roles = ["case_manager"]
countries = ["CO"]
languages = ["es", "guc"]
honours = "woman"
"""

_staff: Any = Staff.__table__  # type: ignore[attr-defined]
_ticket: Any = Ticket.__table__  # type: ignore[attr-defined]
_item: Any = SealedItem.__table__  # type: ignore[attr-defined]
_employer: Any = Employer.__table__  # type: ignore[attr-defined]


def after(**time: float) -> datetime:
    """NOW and so much later."""
    return NOW + timedelta(**time)


def written(folder: Path, text: str = FILE) -> Path:
    """A file of staff."""
    path = folder / "staff.toml"
    path.write_text(text, encoding="utf-8")
    return path


def actor(*roles: str, countries: Sequence[str] = ("CO",), organisation: str = "red-norte", training: bool = False) -> Actor:
    """An actor that is in no database."""
    known = tuple(role for role in ROLES if role in roles)
    return Actor(uuid.uuid4(), "somebody", organisation, known, tuple(countries), "es", training)


async def employ(
    connection: AsyncConnection, name: str, *roles: str, countries: Sequence[str] = ("CO",), organisation: str = "red-norte"
) -> Actor:
    """An account that is not enrolled."""
    if (await connection.execute(select(_employer).where(_employer.c.key == organisation))).first() is None:
        await connection.execute(insert(_employer).values(key=organisation, name=organisation.title()))
    row = Staff(name=name, organisation=organisation, roles=roles or ("case_manager",), countries=tuple(countries))
    await connection.execute(insert(_staff).values(**row.model_dump()))
    return Actor.of(row)


async def give_key(connection: AsyncConnection, locks: Locks, actor: Actor, now: datetime = NOW) -> X25519PrivateKey:
    """A key, wrapped by nobody's passphrase."""
    private = X25519PrivateKey.generate()
    wrap = NewWrap(wrap_private(private, bytes(32)))
    await keys.register(connection, locks, actor.id, private.public_key().public_bytes_raw(), [wrap], now)
    return private


async def on_the_desk(engine: AsyncEngine, locks: Locks, name: str, *roles: str, **scope: Any) -> tuple[Actor, X25519PrivateKey]:
    """An account with a key."""
    async with engine.begin() as connection:
        found = await employ(connection, name, *roles, **scope)
        return found, await give_key(connection, locks, found)


def derived(locks: Locks, name: str, passphrase: str = PASSPHRASE) -> Derived:
    """What the browser makes of the passphrase."""
    return derive(passphrase, salt_of(locks, name), ROUNDS)


def totp(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


async def rows(engine: AsyncEngine, table: Any) -> list[Any]:
    """All rows of a table."""
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.__table__))).all())


async def whole(engine: AsyncEngine, name: str) -> Any:
    """The row of an account."""
    return next(row for row in await rows(engine, Staff) if row.name == name)


@dataclasses.dataclass
class Authenticator:
    """A passkey: makes what a browser posts, with the PRF's secret in it, as ``credential.toJSON()`` does."""

    id: bytes = b"a passkey of 20 byte"
    counter: int = 0
    verifies: bool = True
    """Asks for a finger or a PIN."""
    private: ec.EllipticCurvePrivateKey = dataclasses.field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any], origin: str = PARTY.origin) -> dict[str, Any]:
        """The answer to ``navigator.credentials.create``."""
        numbers = self.private.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        data = self._data(options["rp"]["id"], 0x40) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._posted(
            clientDataJSON=packed(self._client("webauthn.create", options, origin)), attestationObject=packed(attestation)
        )

    def get(self, options: dict[str, Any], origin: str = PARTY.origin) -> dict[str, Any]:
        """The answer to ``navigator.credentials.get``."""
        client = self._client("webauthn.get", options, origin)
        data = self._data(options["rpId"], 0)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._posted(clientDataJSON=packed(client), authenticatorData=packed(data), signature=packed(signature))

    def _data(self, rp: str, further: int) -> bytes:
        flags = 0x01 | (0x04 if self.verifies else 0) | further
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client(self, type: str, options: dict[str, Any], origin: str) -> bytes:
        return json.dumps({"type": type, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}).encode()

    def _posted(self, **response: str) -> dict[str, Any]:
        secret = {"prf": {"results": {"first": "prf-secret-canary"}}}
        return {
            "id": packed(self.id),
            "rawId": packed(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": secret,
        }


def ticket(id: bytes, **values: Any) -> dict[str, Any]:
    """The columns of a ticket that waits, without anything in it."""
    given = {"way": "phone", "age": "adult", "country": "CO", "lang": "es", "expires_at": after(days=7), **values}
    row = Ticket(id=id, opening=id, lookup=id, public=bytes(32), private_sealed=b"", **given)
    return row.model_dump()


async def open_ticket(engine: AsyncEngine, id: bytes, sealed: dict[Kind, Envelope], **values: Any) -> None:
    """A ticket with these envelopes."""
    async with engine.begin() as connection:
        await connection.execute(insert(_ticket).values(**ticket(id, **values)))
        for kind, envelope in sealed.items():
            item = SealedItem(ticket_id=id, kind=kind, envelope=envelope.encode(), expires_at=after(days=7))
            await connection.execute(insert(_item).values(**item.model_dump()))
