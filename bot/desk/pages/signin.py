"""Signing in and enrolling: the pages, and what their scripts ask.

Here belong the shapes of what the scripts send and get. Never here: what is checked (``bot.staff.signin``,
``bot.staff.enrolment``); a passphrase, a private key, the secret of a passkey: they never leave the browser.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final

import msgspec
import segno
from starlette.responses import Response

from bot.desk.routing import PUBLIC, page
from bot.desk.security import tag
from bot.desk.visit import Malformed, Visit
from bot.desk.words import family
from bot.staff import desk_sessions, enrolment, keys, signin
from bot.staff.enrolling import ROUNDS
from bot.staff.enrolment import NewKey
from bot.staff.keys import KeyRefused
from bot.staff.locks import CannotUnlock
from bot.staff.passkeys import packed

#: Why somebody finds themselves on the page of signing in.
WHY: Final = ("idle", "over")
family("desk.signin.why", WHY)

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Packed = Annotated[str, msgspec.Meta(max_length=400)]
"""Bytes in base64url."""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    name: Label


class Proved(msgspec.Struct, forbid_unknown_fields=True):
    name: Label
    proof: Packed
    second: Code
    """Six digits, or a recovery code."""


class Answered(msgspec.Struct, forbid_unknown_fields=True):
    """What a passkey answered, as JSON of WebAuthn, without what extensions returned."""

    credential: dict[str, Any]


class Coded(msgspec.Struct, forbid_unknown_fields=True):
    name: Label
    code: Code


class Pair(msgspec.Struct, forbid_unknown_fields=True):
    """A key pair that the browser made: the private half wrapped."""

    public: Packed
    wrapped: Packed

    def key(self) -> NewKey:
        return NewKey(unpacked(self.public), unpacked(self.wrapped))


class EnrolsWithPassphrase(msgspec.Struct, forbid_unknown_fields=True):
    name: Label
    code: Code
    proof: Packed
    totp: Code
    key: Pair


class EnrolsWithPasskey(msgspec.Struct, forbid_unknown_fields=True):
    name: Label
    code: Code
    credential: dict[str, Any]
    key: Pair


def unpacked(text: str) -> bytes:
    """Bytes from base64url without padding. Raises Malformed."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error is one; letters outside of ASCII raise another
        raise Malformed from None


def account_name(typed: str) -> str:
    """As accounts are called: small letters."""
    return typed.strip().lower()


# --- signing in --------------------------------------------------------------------------------------------------------


@page("/sign-in", allow=PUBLIC)
async def sign_in(visit: Visit) -> Response:
    if visit.staff is not None:
        return visit.go("/")
    why = visit.query("why")
    return visit.show("signin.html", why=why if why in WHY else "", rounds=ROUNDS)


@page("/sign-in/salt", methods=("POST",), allow=PUBLIC)
async def salt(visit: Visit) -> Response:
    """For every name there could be."""
    name = account_name(visit.decoded(Named).name)
    return visit.json({"salt": packed(signin.salt_of(visit.desk.locks, name)), "rounds": ROUNDS})


@page("/sign-in/passphrase", methods=("POST",), allow=PUBLIC)
async def with_passphrase(visit: Visit) -> Response:
    sent = visit.decoded(Proved)
    mark = visit.desk.surroundings.mark(visit.request)
    found = await signin.sign_in(
        visit.engine, visit.desk.locks, account_name(sent.name), unpacked(sent.proof), sent.second, visit.now, browser=mark
    )
    if isinstance(found, signin.Later):
        seconds = max(1, round(found.wait.total_seconds()))
        return visit.json({"error": visit.t.count("desk.signin.later", seconds), "wait": seconds}, 429)
    if found is None:
        return visit.error("desk.signin.wrong", 403)
    return await _begun(visit, found)


@page("/sign-in/passkey/options", methods=("POST",), allow=PUBLIC)
async def passkey_options(visit: Visit) -> Response:
    name = account_name(visit.decoded(Named).name)
    return visit.json(await signin.passkey_options(visit.engine, visit.desk.locks, visit.party, name, visit.now))


@page("/sign-in/passkey", methods=("POST",), allow=PUBLIC)
async def with_passkey(visit: Visit) -> Response:
    credential = visit.decoded(Answered).credential
    found = await signin.sign_in_with_passkey(visit.engine, visit.desk.locks, visit.party, credential, visit.now)
    if found is None:
        return visit.error("desk.signin.wrong_passkey", 403)
    return await _begun(visit, found)


async def _begun(visit: Visit, found: signin.SignedIn) -> Response:
    """The session's cookie, and for the browser the wrapped keys of the account."""
    if visit.token:
        await desk_sessions.end(visit.engine, visit.token)
    try:
        async with visit.engine.connect() as connection:
            own = await keys.own_keys(connection, visit.desk.locks, found.staff_id)
    except CannotUnlock:  # locked under another process secret: they enrol again
        own = []
    response = visit.json({"session": tag(found.token), "codes": found.recovery_codes_left, "keys": [shown(each) for each in own]})
    visit.desk.surroundings.remember(visit.request, response, found.token)
    visit.desk.surroundings.leave_mark(visit.request, response, found.browser)
    return response


def shown(key: keys.OwnKey) -> dict[str, Any]:
    """A key of one's own, for the script that opens it."""
    wraps = [
        {"passkey": packed(wrap.passkey_id) if wrap.passkey_id else None, "wrapped": packed(wrap.wrapped)} for wrap in key.wraps
    ]
    return {"id": packed(key.id), "public": packed(key.public), "retired": key.retired_at is not None, "wraps": wraps}


# --- enrolling ---------------------------------------------------------------------------------------------------------


@page("/enrol", allow=PUBLIC)
async def enrol(visit: Visit) -> Response:
    return visit.show("enrol.html")


@page("/enrol/begin", methods=("POST",), allow=PUBLIC)
async def begin(visit: Visit) -> Response:
    sent = visit.decoded(Coded)
    begun = await enrolment.begin(visit.engine, visit.desk.locks, visit.party, account_name(sent.name), sent.code, visit.now)
    if begun is None:
        return visit.error("desk.signin.wrong_enrolment", 403)
    return visit.json(
        {
            "salt": packed(begun.salt),
            "rounds": ROUNDS,
            "totp": begun.totp_secret,
            "qr": drawn(begun.totp_uri),
            "passkey": begun.passkey_options,
        }
    )


@page("/enrol/passphrase", methods=("POST",), allow=PUBLIC)
async def enrol_with_passphrase(visit: Visit) -> Response:
    sent = visit.decoded(EnrolsWithPassphrase)
    name, proof, key = account_name(sent.name), unpacked(sent.proof), sent.key.key()
    try:
        done = await enrolment.with_passphrase(visit.engine, visit.desk.locks, name, sent.code, proof, sent.totp, key, visit.now)
    except KeyRefused:
        raise Malformed from None
    return await _enrolled(visit, done) if done else visit.error("desk.signin.wrong_totp", 403)


@page("/enrol/passkey", methods=("POST",), allow=PUBLIC)
async def enrol_with_passkey(visit: Visit) -> Response:
    sent = visit.decoded(EnrolsWithPasskey)
    name, key = account_name(sent.name), sent.key.key()
    try:
        done = await enrolment.with_passkey(
            visit.engine, visit.desk.locks, visit.party, name, sent.code, sent.credential, key, visit.now
        )
    except KeyRefused:
        raise Malformed from None
    return await _enrolled(visit, done) if done else visit.error("desk.signin.wrong_passkey", 403)


async def _enrolled(visit: Visit, done: enrolment.Enrolled) -> Response:
    if visit.token:
        await desk_sessions.end(visit.engine, visit.token)
    response = visit.json({"session": tag(done.token), "codes": done.recovery_codes})
    visit.desk.surroundings.remember(visit.request, response, done.token)
    return response


def drawn(text: str) -> dict[str, Any]:
    """A QR code as a path for SVG, in modules, without the quiet zone: the script makes the elements."""
    rows = tuple(segno.make(text, error="m", micro=False).matrix)
    lines = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return {"size": len(rows), "path": "".join(lines)}
