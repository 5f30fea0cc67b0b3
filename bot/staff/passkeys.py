"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is right.

Here belong challenges, options and their verification. Never here: sessions, wrapped keys and who may what; the secret that a
passkey's PRF gives, which wraps keys and must not leave the browser. ``credential.toJSON()`` contains it: the desk's script
removes ``clientExtensionResults`` before it sends anything, and ``stripped`` drops it here once more, unread.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bot.staff.locks import Locks

CHALLENGE_LIFE: Final = timedelta(minutes=5)
_NONCE: Final = 16
_MAC: Final = 16
_ISSUED: Final = 8
_LONGEST_ID: Final = 1023
"""Bytes of a credential id (WebAuthn, section 4)."""


class PasskeyRefused(ValueError):
    """The browser's answer does not count: forged, too late, of another site. Says no more, and holds nothing of it."""

    def __init__(self) -> None:
        super().__init__("this passkey was not accepted: start again, with the same browser and within five minutes")


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks: the desk under one origin. Passkeys are bound to ``id``."""

    id: str
    """Host name."""
    origin: str
    name: str = "Faro"

    @classmethod
    def at(cls, origin: str) -> Party:
        """For an origin such as ``https://desk.example.org``."""
        return cls(urlsplit(origin).hostname or "", origin)


@dataclass(frozen=True, slots=True)
class Known:
    """A passkey as the table has it."""

    id: bytes
    public_key: bytes
    sign_count: int
    prf_salt: bytes


@dataclass(frozen=True, slots=True)
class Registered:
    id: bytes
    public_key: bytes
    sign_count: int


# --- challenges --------------------------------------------------------------------------------------------------------


def challenge(locks: Locks, purpose: str, now: datetime) -> bytes:
    """A challenge that says itself when and for what it was made, so that asking stores nothing."""
    told = int(now.timestamp() * 1000).to_bytes(_ISSUED) + secrets.token_bytes(_NONCE)
    return told + locks.mac("challenge", purpose.encode(), told)[:_MAC]


def made_at(locks: Locks, purpose: str, given: bytes, now: datetime) -> datetime:
    """When this challenge of ours was made. Raises PasskeyRefused: not ours, for something else, or too old."""
    told, mac = given[: _ISSUED + _NONCE], given[_ISSUED + _NONCE :]
    if not secrets.compare_digest(mac, locks.mac("challenge", purpose.encode(), told)[:_MAC]):
        raise PasskeyRefused
    issued = datetime.fromtimestamp(int.from_bytes(told[:_ISSUED]) / 1000, UTC)
    if not timedelta(0) <= now - issued + timedelta(seconds=1) <= CHALLENGE_LIFE + timedelta(seconds=1):
        raise PasskeyRefused
    return issued


def challenge_in(credential: Mapping[str, Any]) -> bytes:
    """The challenge that the browser's answer names. Raises PasskeyRefused."""
    try:
        return _unpacked(json.loads(_unpacked(credential["response"]["clientDataJSON"]))["challenge"])
    except (KeyError, TypeError, ValueError):
        raise PasskeyRefused from None


def credential_id(credential: Mapping[str, Any]) -> bytes:
    """Which passkey answered, or says so. Raises PasskeyRefused."""
    try:
        raw = _unpacked(credential["rawId"])
    except (KeyError, TypeError, ValueError):
        raise PasskeyRefused from None
    if not 0 < len(raw) <= _LONGEST_ID:
        raise PasskeyRefused
    return raw


# --- registration ------------------------------------------------------------------------------------------------------


def prf_salt(locks: Locks, given: bytes) -> bytes:
    """What the PRF of the passkey that answers this challenge is asked with, now and at each sign-in."""
    return locks.mac("prf salt", given)


def registration_options(
    locks: Locks, party: Party, staff_id: uuid.UUID, name: str, given: bytes, known: Iterable[bytes] = ()
) -> dict[str, Any]:
    """For ``navigator.credentials.create``, as JSON (bytes in base64url). ``known``: passkeys that the account has already."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=staff_id.bytes,
        user_name=name,
        user_display_name=name,
        challenge=given,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    asked: dict[str, Any] = json.loads(options_to_json(options))
    asked["extensions"] = {"prf": {"eval": {"first": packed(prf_salt(locks, given))}}}
    return asked


def registered(party: Party, credential: Mapping[str, Any], given: bytes) -> Registered:
    """The new passkey. ``given``: the challenge that it has to answer. Raises PasskeyRefused."""
    try:
        found = webauthn.verify_registration_response(
            credential=stripped(credential),
            expected_challenge=given,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        found = None
    if found is None:  # outside the except: what the library says may hold what the browser sent
        raise PasskeyRefused
    return Registered(found.credential_id, found.credential_public_key, found.sign_count)


# --- signing in --------------------------------------------------------------------------------------------------------


def authentication_options(party: Party, given: bytes, known: Iterable[tuple[bytes, bytes]] = ()) -> dict[str, Any]:
    """For ``navigator.credentials.get``, as JSON. ``known``: (id, PRF salt) of the passkeys that may answer; none: any."""
    listed = list(known)
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=given,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each, _ in listed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    asked: dict[str, Any] = json.loads(options_to_json(options))
    if listed:
        asked["extensions"] = {"prf": {"evalByCredential": {packed(each): {"first": packed(salt)} for each, salt in listed}}}
    return asked


def authenticated(party: Party, credential: Mapping[str, Any], given: bytes, known: Known) -> int:
    """The passkey's new counter. Raises PasskeyRefused."""
    try:
        found = webauthn.verify_authentication_response(
            credential=stripped(credential),
            expected_challenge=given,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        found = None
    if found is None:
        raise PasskeyRefused
    return found.new_sign_count


def stripped(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Without what extensions returned: the secret of the PRF must not even pass through."""
    return {field: value for field, value in credential.items() if field != "clientExtensionResults"}


def packed(raw: bytes) -> str:
    """As JSON of WebAuthn writes bytes: base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError from None
