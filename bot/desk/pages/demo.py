"""The demo's way in: everybody on its desk, to be entered as with one click.

Here belong this page and what its script asks. It exists where the composition root handed over people of a demo, and nowhere else.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from bot.desk.routing import PUBLIC, page
from bot.desk.visit import NotHere, Visit


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    name: str


@page("/demo", allow=PUBLIC)
async def demo(visit: Visit) -> Response:
    people = _people(visit)
    if people is None:
        raise NotHere
    return visit.go("/") if visit.staff is not None else visit.show("demo.html", people=await people.listed())


@page("/demo/entrance", methods=("POST",), allow=PUBLIC)
async def entrance(visit: Visit) -> Response:
    """What that account would type. Its keys still open in the browser only."""
    people = _people(visit)
    if people is None or (name := visit.decoded(Wanted).name) not in people.accounts:
        raise NotHere
    passphrase, second = await people.entrance(name, visit.now)
    return visit.json({"passphrase": passphrase, "second": second})


def _people(visit: Visit) -> Any:
    """Nobody where people write, whatever the composition root handed over."""
    return visit.desk.parts.demo if visit.desk.settings.mode == "demo" else None
