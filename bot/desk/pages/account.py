"""One's own account: language, passphrase, passkeys, recovery codes, key.

Here belong its page and what its script sends. Never here: other people's accounts, how a passphrase or a passkey is checked and
what a change entails (``bot.staff.own_account``), alerts (``alerts``).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.desk.pages.alerts import ways_shown
from bot.desk.pages.signin import Packed, Pair, shown, unpacked
from bot.desk.routing import ANY_OF, REGISTRY, page
from bot.desk.visit import Malformed, Refused, Visit
from bot.desk.words import family
from bot.staff import keys, own_account
from bot.staff.enrolling import ROUNDS
from bot.staff.enrolment import salt_of
from bot.staff.keys import KeyRefused, OwnKey
from bot.staff.locks import CannotUnlock
from bot.staff.passkeys import packed
from bot.staff.signin import Later
from bot.staff.tables import ROLES, Passkey, Staff
from flows.facts import LANGS

#: What was done, said on the page to which a form leads back.
DONE: Final = ("language", "passphrase", "passkey", "removed", "opens", "key", "alerts")
family("desk.account.done", DONE)
family("desk.common.role", ROLES)

OWN: Final = ANY_OF("own_account")
_staff: Final[Any] = Staff.__table__  # type: ignore[attr-defined]
_passkey: Final[Any] = Passkey.__table__  # type: ignore[attr-defined]


class ChangesPassphrase(msgspec.Struct, forbid_unknown_fields=True):
    old: Packed
    new: Packed
    wraps: dict[Packed, Packed]


class AddsPasskey(msgspec.Struct, forbid_unknown_fields=True):
    credential: dict[str, Any]
    wraps: dict[Packed, Packed]


class LetsOpen(msgspec.Struct, forbid_unknown_fields=True):
    passkey: Packed
    wraps: dict[Packed, Packed]


class ChangesKey(msgspec.Struct, forbid_unknown_fields=True):
    key: Pair
    replaces: Packed | None
    passkey: Packed | None


@page("/account", allow=OWN, nav=90)
async def account(visit: Visit) -> Response:
    async with visit.engine.connect() as connection:
        standing = await own_account.standing(connection, visit.actor)
        own = await _own(visit, connection)
    opens = {wrap.passkey_id for wrap in own[0].wraps} if own and own[0].retired_at is None else set()
    listed = [{"id": packed(id), "since": since, "opens": id in opens} for id, since in standing.passkeys]
    done = visit.query("done")
    return visit.show(
        "account.html",
        standing=standing,
        passkeys=listed,
        any_key=bool(own),
        codes_few=standing.passphrase and standing.recovery_codes_left < 3,
        done=done if done in DONE else "",
        ways=await ways_shown(visit),
    )


@page("/account/language", methods=("POST",), allow=OWN)
async def language(visit: Visit) -> Response:
    wanted = visit.field("lang")
    if wanted not in LANGS:
        raise Malformed
    async with visit.engine.begin() as connection:
        await connection.execute(update(_staff).where(_staff.c.id == visit.actor.id).values(lang=wanted))
    return visit.go("/account", done="language")


# --- one's own keys ----------------------------------------------------------------------------------------------------


@page("/unlock", allow=OWN)
async def unlock(visit: Visit) -> Response:
    """Where keys are opened that are not in this browser; then ``back``."""
    async with visit.engine.connect() as connection:
        standing = await own_account.standing(connection, visit.actor)
    back = visit.query("back")
    return visit.show("unlock.html", standing=standing, back=back if _ours(back) else "/")


def _ours(path: str) -> bool:
    """The path of a page, and of no other site."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and bool(REGISTRY.at(path))


@page("/account/keys", allow=OWN)
async def own_keys(visit: Visit) -> Response:
    """The wrapped keys of whoever is signed in, and what is needed to open them in the browser."""
    async with visit.engine.connect() as connection:
        own = await _own(visit, connection)
        standing = await own_account.standing(connection, visit.actor)
        asked = select(_passkey.c.id, _passkey.c.prf_salt).where(_passkey.c.staff_id == visit.actor.id)
        salts = (await connection.execute(asked)).all()
    return visit.json(
        {
            "keys": [shown(each) for each in own],
            "salt": packed(salt_of(visit.desk.locks, visit.actor.name)),
            "rounds": ROUNDS,
            "passphrase": standing.passphrase,
            "passkeys": [{"id": packed(row.id), "salt": packed(row.prf_salt)} for row in salts],
        }
    )


async def _own(visit: Visit, connection: AsyncConnection) -> list[OwnKey]:
    try:
        return await keys.own_keys(connection, visit.desk.locks, visit.actor.id)
    except CannotUnlock:  # locked under another process secret; whoever has no key they can open makes a new one
        return []


@page("/account/key", methods=("POST",), allow=OWN)
async def change_key(visit: Visit) -> Response:
    """A new key in place of the one in use, or a first one."""
    sent = visit.decoded(ChangesKey)
    replaces = unpacked(sent.replaces) if sent.replaces is not None else None
    passkey = unpacked(sent.passkey) if sent.passkey is not None else None
    try:
        made = await own_account.rotate_key(
            visit.engine, visit.desk.locks, visit.actor, sent.key.key(), replaces, passkey, visit.now
        )
    except KeyRefused:
        return visit.error("desk.account.changed_meanwhile", 409)
    return visit.json({"id": packed(made)})


# --- how one signs in --------------------------------------------------------------------------------------------------


@page("/account/passphrase", methods=("POST",), allow=OWN)
async def change_passphrase(visit: Visit) -> Response:
    sent, session = visit.decoded(ChangesPassphrase), visit.session
    assert session is not None
    wraps = _wraps(sent.wraps)
    try:
        done = await own_account.change_passphrase(
            visit.engine, visit.desk.locks, visit.actor, session, unpacked(sent.old), unpacked(sent.new), wraps, visit.now
        )
    except KeyRefused:
        return visit.error("desk.account.changed_meanwhile", 409)
    if isinstance(done, Later):
        return visit.json({"error": visit.t.count("desk.signin.later", max(1, round(done.wait.total_seconds())))}, 429)
    return visit.json({}) if done else visit.error("desk.account.wrong_passphrase", 403)


@page("/account/codes", methods=("POST",), allow=OWN)
async def renew_codes(visit: Visit) -> Response:
    codes = await own_account.renew_recovery_codes(visit.engine, visit.desk.locks, visit.actor, visit.now)
    return visit.json({"codes": codes})


@page("/account/passkey/options", methods=("POST",), allow=OWN)
async def passkey_options(visit: Visit) -> Response:
    session = visit.session
    assert session is not None
    return visit.json(
        await own_account.passkey_options(visit.engine, visit.desk.locks, visit.party, visit.actor, session, visit.now)
    )


@page("/account/passkey", methods=("POST",), allow=OWN)
async def add_passkey(visit: Visit) -> Response:
    sent, session = visit.decoded(AddsPasskey), visit.session
    assert session is not None
    try:
        added = await own_account.add_passkey(
            visit.engine, visit.desk.locks, visit.party, visit.actor, session, sent.credential, _wraps(sent.wraps), visit.now
        )
    except KeyRefused:
        return visit.error("desk.account.changed_meanwhile", 409)
    return visit.json({"id": packed(added)}) if added else visit.error("desk.account.passkey.refused", 403)


@page("/account/passkey/open", methods=("POST",), allow=OWN)
async def let_passkey_open(visit: Visit) -> Response:
    """From now on a passkey of one's own opens these keys as well."""
    sent = visit.decoded(LetsOpen)
    try:
        await own_account.wrap_by_passkey(visit.engine, visit.desk.locks, visit.actor, unpacked(sent.passkey), _wraps(sent.wraps))
    except KeyRefused:
        return visit.error("desk.account.changed_meanwhile", 409)
    return visit.json({})


@page("/account/passkey/remove", methods=("POST",), allow=OWN)
async def remove_passkey(visit: Visit) -> Response:
    try:
        await own_account.remove_passkey(visit.engine, visit.actor, unpacked(visit.field("id")), visit.now)
    except KeyRefused:
        raise Refused("desk.account.passkey.last") from None
    return visit.go("/account", done="removed")


def _wraps(sent: dict[str, str]) -> dict[bytes, bytes]:
    return {unpacked(key): unpacked(wrapped) for key, wrapped in sent.items()}
