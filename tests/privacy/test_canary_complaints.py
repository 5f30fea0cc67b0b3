"""Complaints from the first word to the last trace, by words and numbers that occur nowhere else: nothing holds them.

As for requests, the whole program runs, over real stores that are overheard while it does, and read afterwards.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.logged import everything_logged
from tests.privacy.canary_complaints import (
    ADDED,
    CONDUCT,
    CONFIDED,
    HEARS,
    REPLIED,
    THANKED,
    all_secrets,
    complained,
    nothing_comes_back,
    row,
    thanked,
    worked_on,
)  # fmt: skip
from tests.privacy.canary_world import CALLED, OTHER, World
from tests.privacy.test_canary_requests import Places, stores, world
from tests.screens import NotOnScreen
from tests.servers import Postgres, Redis

__all__ = ["stores", "world"]


@pytest.mark.requirement("P-1", "P-2", "P-3", "P-5", "C-7")
async def test_a_whole_run_of_complaints_leaves_nothing(
    world: World, own_redis: Redis, stores: tuple[str, Postgres | None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Looked for while everything is there, and once more when it was closed, withdrawn and has run out.

    Mutation: a note, a name, a place, an answer, a code or a key in any column, key, value, statement, log line, metric or file, in
    whatever spelling; the text of a complaint shown to whoever holds its code."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1], sealed="complaint_item")
        id, code = await complained(world, CALLED)
        thanks, thanks_code = await thanked(world)
        await worked_on(world, id, code, thanks)
        await world.passes(60)
        assert await places.look(all_secrets(world), log.getvalue()) == []
        there = await row(world, id)
        await world.desk(HEARS, f"/complaint/{id.hex()}/close", form={"version": str(there.version), "outcome": "answered"})
        await world.types(
            OTHER, "=menu", f"={thanks_code}", "code.known.yes", "code.complaint.withdraw", "code.complaint_withdraw.yes"
        )
        await world.passes(61 * 86_400)
        await world.passes(180 * 86_400)
        secrets = all_secrets(world)
        assert await places.look(secrets, log.getvalue()) == []
        async with world.faro.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM complaint"))).scalar_one() == 0
        places.heard.close()
    assert nothing_comes_back(world) == []
    printed = capfd.readouterr()
    assert secrets.found("output", (printed.out + printed.err).encode()) == []


@pytest.mark.requirement("P-2")
async def test_nor_when_taking_and_looking_up_complaints_breaks(
    world: World,
    own_redis: Redis,
    stores: tuple[str, Postgres | None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors that know everything are raised where complaints are stored, looked up and added to. Mutation: str(error) or a locals
    dump in a log line or in an answer."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1], sealed="complaint_item")
        _, code = await complained(world, CALLED)
        await world.sms(CALLED, "0")
        for place in ("bot.effects.complaining.open_complaint", "bot.complaints.code.look", "bot.complaints.code.add_note"):
            with monkeypatch.context() as broken:
                broken.setattr(place, _raises)
                await world.sms(OTHER, code)
                await world.sms(OTHER, ADDED)
                await world.types(CALLED, *CONDUCT, "complaint.who.police", "complaint.happened.end", "complaint.check.write")
                await world.types(CALLED, f"={CONFIDED}", "identifying.as_is", "complaint.paper.no")
                with contextlib.suppress(NotOnScreen):
                    await world.types(CALLED, "complaint.check.send")
                await world.sms(CALLED, "0")
        places.heard.close()
        secrets, written = all_secrets(world), log.getvalue()
        shown = await places.look(secrets, written)
    assert "RuntimeError" in written, "nothing broke"
    printed = capfd.readouterr()
    assert shown + secrets.found("output", (printed.out + printed.err).encode()) == []
    assert nothing_comes_back(world) == []


def _raises(*given: Any, **named: Any) -> Any:
    raise RuntimeError(f"{CONFIDED} {ADDED} {THANKED} {REPLIED} {given} {named}")
