"""Complaints in the world of the canaries: what people type into them, what the desk reads and writes, and what of it is secret.

Never here: where it is looked for, tests.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.complaints.storing import complaint
from bot.sealing import Envelope, unseal
from tests.privacy.canary_world import CALLED, KEY, OTHER, WRITTEN, World
from tests.privacy.spellings import Secrets

HEARS, COORDINATES = "psea-focal-point-1", "coordinator-1"

CONFIDED = "Fue Hermógenes Zumaya, del galpón Tarabita, teléfono +573118889977"
ADDED = "Lo vieron en la panadería Quillacinga"
THANKED = "Gracias a doña Eustaquia Zurbarán del comedor"
ASKED, REPLIED = "¿Prefieres la Biblioteca Yurupari?", "Nos vemos en la Plaza Catleya"
TYPED = {"confided": CONFIDED, "accused": "Hermógenes Zumaya", "warehouse": "Tarabita", "number": "+573118889977", "added": ADDED,
         "thanked": THANKED, "thanked person": "Eustaquia Zurbarán"}  # fmt: skip

#: From hello to the questions, and to one choice that is sent.
START = ("=hola", "start.hello.es", "start.menu.feedback")
CONDUCT = (*START, "complaint.kind.conduct", "=Colombia", "complaint.safe.yes", "complaint.intro.on", "complaint.help.on")
THANKS = (*START, "complaint.kind.other", "=Colombia", "complaint.other.thanks", "complaint.safe.yes")


async def newest(world: World) -> bytes:
    """Id of the complaint that was sent last."""
    async with world.faro.engine.connect() as connection:
        asked = complaint.select().order_by(complaint.c.created_at.desc()).limit(1)
        return bytes((await connection.execute(asked)).one().id)


async def row(world: World, id: bytes) -> Any:
    async with world.faro.engine.connect() as connection:
        return (await connection.execute(complaint.select().where(complaint.c.id == id))).first()


async def opened(world: World, name: str, id: bytes, kind: Any) -> list[str]:
    """What this account's browser shows."""
    private: X25519PrivateKey = world.staff.accounts[name].private
    copies = (await world.desk(name, f"/complaint/{id.hex()}/open", json={"kind": kind}))["copies"]
    envelopes = [Envelope.decode(base64.urlsafe_b64decode(each["envelope"] + "==")) for each in copies]
    return [unseal(each, private, kind=kind, ticket=id).reveal() for each in envelopes]


async def answers(world: World, name: str, id: bytes, words: str, *, asks: bool) -> None:
    there = await row(world, id)
    sealed = world.sealed(words, there)
    await world.desk(name, f"/complaint/{id.hex()}/preview", json={"text": words})
    await world.desk(name, f"/complaint/{id.hex()}/answer", json={"envelope": sealed, "asks": asks, "version": there.version})


async def complained(world: World, number: str) -> tuple[bytes, str]:
    """About the police, with a note full of what nobody asked for, and more of it later by the code."""
    await world.types(number, *CONDUCT, "complaint.who.police", "complaint.happened.own", "=Cúcuta", "complaint.when.today")
    await world.types(number, "complaint.danger.no", "complaint.child.no", "complaint.helped.yes", "complaint.answered.yes")
    await world.types(number, f"={CONFIDED}", "identifying.as_is", "complaint.paper.no")
    code = world.receipt(await world.types(number, "complaint.check.send"))
    id = await newest(world)
    await world.types(OTHER, f"={code}", "code.known.yes", "code.complaint.write", f"={ADDED}")
    return id, code


async def thanked(world: World) -> tuple[bytes, str]:
    await world.types(WRITTEN, *THANKS, f"={THANKED}", "identifying.as_is")
    code = world.receipt(await world.types(WRITTEN, "complaint.check.send"))
    return await newest(world), code


async def worked_on(world: World, id: bytes, code: str, thanks: bytes) -> None:
    """The desk reads, asks and answers; the person reads it by the code."""
    assert id.hex() in await world.desk(HEARS, "/complaints")
    await world.desk(HEARS, f"/complaint/{id.hex()}/accept", form={})
    await world.desk(COORDINATES, f"/complaint/{thanks.hex()}/accept", form={})
    assert '"when":"today"' in (await opened(world, HEARS, id, "card"))[0]
    assert await opened(world, HEARS, id, "note") == [CONFIDED, ADDED]
    assert await opened(world, COORDINATES, thanks, "note") == [THANKED]
    await answers(world, HEARS, id, ASKED, asks=True)
    assert ASKED in await world.types(OTHER, "=menu", f"={code}", "code.known.yes", "code.complaint.answer")
    world.clock.advance(60)
    await answers(world, HEARS, id, REPLIED, asks=False)
    assert REPLIED in await world.types(OTHER, "=menu", f"={code}", "code.known.yes", "code.complaint.answer")


def all_secrets(world: World) -> Secrets:
    """What must be nowhere, with what is only in complaints."""
    keys = {
        f"key of {name}": world.staff.accounts[name].private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        for name in (HEARS, COORDINATES)
    }
    people = {f"telephone {number[-4:]}": number for number in (CALLED, WRITTEN, OTHER)}
    process: dict[str, str | bytes] = {"secret": KEY, "pepper": world.faro.secret, "passphrase": world.staff.passphrase}
    cookies = {f"session of {name}": each for name, each in world.cookies.items()}
    return Secrets({**people, **process, **TYPED, "asked": ASKED, "replied": REPLIED, **keys, **cookies, **world.secrets})


def nothing_comes_back(world: World) -> list[str]:
    """P-1: what people typed is not said to anybody again, neither to them nor by a page of the desk's server."""
    typed = Secrets(TYPED)
    back = [each for said in world.said.texts.values() for shown in said for each in typed.found("answer", shown.encode())]
    return back + [each for page in world.said.pages for each in typed.found("desk", page)]
