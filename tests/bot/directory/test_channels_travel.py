"""Ways to complain come in from a file as services do, hidden until somebody approves each, and leave in the export."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.directory import snapshot
from bot.directory.approval import approve
from bot.directory.exporting import export_json, export_tables
from bot.directory.importing import candidates, import_file, maps
from bot.directory.importing.candidate import Candidate, Channel, Held, Reason
from bot.directory.importing.loading import CHANNEL, ORGANISATION
from bot.directory.importing.report import Report
from bot.settings import Settings
from flows.facts import ComplaintChannel, Hours
from tests.bot.directory import world

DATA = Path(__file__).parents[2] / "data" / "channels"
FILE, MAP = DATA / "channels.csv", DATA / "channels.toml"
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
ROLE = "directory steward"
WEEK = Hours(zone="America/Bogota", weekly=tuple((day, 480, 1020) for day in range(5)))


def judged(path: Path, map_path: Path | None, format: str = "csv") -> list[Candidate | Channel | Held]:
    spec = maps.read_map(map_path) if map_path else None
    return list(candidates(path, spec, Report(path.name), format=format, today=TODAY))


async def helping(engine: AsyncEngine) -> None:
    """Red Puente, with a place that everybody may see in Colombia."""
    await world.write(engine, world.rows(1, audience="public", complaint=False))
    async with engine.begin() as connection:
        await connection.execute(update(ORGANISATION).values(name="Red Puente"))


async def approved(engine: AsyncEngine, settings: Settings) -> list[ComplaintChannel]:
    """What anybody may see in Colombia after a role approved everything."""
    async with engine.connect() as connection:
        ids = (await connection.execute(select(CHANNEL.c.id))).scalars().all()
    for each in ids:
        await approve(engine, str(each), ROLE, "public", TODAY)
    return (await snapshot.build(engine, NOW, settings)).complaint_channels("CO")


@pytest.mark.requirement("C-9")
def test_each_row_is_taken_or_held_back_with_its_reason() -> None:
    """Mutation: leaving out any one check of ``quarantine._channel``."""
    found = judged(FILE, MAP)
    taken = {one.source_id: one for one in found if isinstance(one, Channel)}
    assert {one.source_id: one.reason for one in found if isinstance(one, Held)} == {
        "pigeon": Reason.NO_WAY, "twice": Reason.NO_WAY, "gossip": Reason.PERSONAL_WAY, "friend": Reason.PERSONAL_WAY,
        "asks": Reason.PERSONAL_WAY, "hidden": Reason.DISCREET_WAY, "elsewhere": Reason.NOT_COVERED, "nobody": Reason.NO_NAME,
        "tipline": Reason.REFUSED_NUMBER,
    }  # fmt: skip
    assert set(taken) == {"line", "box", "mail", "site"}
    line, box, mail, site = (taken[each] for each in ("line", "box", "mail", "site"))
    assert (line.how, line.value, line.hours, line.languages, line.read_by) == ("phone", "(601) 3537000", WEEK, ("es",), "team")
    assert (box.how, box.hours, box.languages, box.read_by) == ("box", None, (), ""), "what nobody knows is not told"
    assert (mail.languages, mail.read_by) == (("es", "pt"), "network")
    assert [one.independent for one in (line, box, mail, site)] == [False, False, False, True]


@pytest.mark.requirement("C-9")
async def test_a_channel_is_shown_when_somebody_approved_it_with_the_day_of_a_check(
    engine: AsyncEngine, settings: Settings
) -> None:
    """It belongs to the organisation of that name that helps there. Mutation: audience "public" at once; a new organisation for
    each file; an approval without a day that counts."""
    await helping(engine)
    report = await import_file(engine, FILE, MAP)
    assert (report.new, len(report.channels)) == (4, 4) and all(each in report.text() for each in report.channels)
    assert (await snapshot.build(engine, NOW, settings)).complaint_channels("CO") == []
    async with engine.connect() as connection:
        names = (await connection.execute(select(ORGANISATION.c.name).order_by(ORGANISATION.c.name))).scalars().all()
    assert names == ["Oficina de Quejas", "Red Puente"]
    for each in report.channels:
        await approve(engine, each, ROLE, "public")
    assert (await snapshot.build(engine, NOW, settings)).complaint_channels("CO") == [], "nobody said that it was checked"
    shown = {each.value: each for each in await approved(engine, settings)}
    assert set(shown) == {
        "(601) 3537000",
        "Sala de espera del primer piso",
        "quejas@puente.example",
        "https://quejas.example/formulario",
    }
    assert shown["(601) 3537000"].hours == WEEK and shown["(601) 3537000"].verified_on == TODAY


@pytest.mark.requirement("C-9")
async def test_a_second_import_changes_nothing_and_a_change_needs_approval_again(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    """Mutation: ids anew on each run; hours that are not compared; an approval that outlives the number; a row that is held back
    now and stays."""
    await helping(engine)
    await import_file(engine, FILE, MAP)
    before = await approved(engine, settings)
    again = await import_file(engine, FILE, MAP)
    assert (again.new, again.updated, again.unchanged, again.channels) == (0, 0, 4, [])
    assert (await snapshot.build(engine, NOW, settings)).complaint_channels("CO") == before

    text = FILE.read_text(encoding="utf-8")
    changed = tmp_path / "channels.csv"
    changed.write_text(text.replace("08:00", "09:00").replace("quejas@puente.example", "marta.perez@gmail.com"), encoding="utf-8")
    report = await import_file(engine, changed, MAP)
    assert (report.updated, report.unapproved, report.withdrawn, report.unchanged) == (1, 1, 1, 2)
    left = (await snapshot.build(engine, NOW, settings)).complaint_channels("CO")
    assert {each.value for each in left} == {"Sala de espera del primer piso", "https://quejas.example/formulario"}


@pytest.mark.requirement("C-9")
async def test_a_public_channel_leaves_in_the_export_and_comes_back_the_same(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    """Json and tables; one that is not public is in neither. Mutation: an export that forgets hours, readers or languages."""
    await helping(engine)
    await import_file(engine, FILE, MAP)
    await approved(engine, settings)
    async with engine.connect() as connection:
        box = (await connection.execute(select(CHANNEL.c.id).where(CHANNEL.c.how == "box"))).scalar_one()
    await approve(engine, str(box), ROLE, "members")
    assert await export_json(engine, settings, tmp_path / "out.json", now=NOW) == 4
    assert await export_tables(engine, settings, tmp_path / "out", now=NOW) == 4
    assert b"Sala de espera" not in b"".join(path.read_bytes() for path in [tmp_path / "out.json", *(tmp_path / "out").iterdir()])
    for form in ("out.json", "out"):
        back = [_said(one) for one in judged(tmp_path / form, None, "hsds") if isinstance(one, Channel)]
        sent = [_said(one) for one in judged(FILE, MAP) if isinstance(one, Channel) and one.how != "box"]
        assert sorted(back, key=str) == sorted(sent, key=str), form
    names = {node["organization"]["name"] for node in json.loads((tmp_path / "out.json").read_bytes())}
    assert names >= {"Red Puente", "Oficina de Quejas"}


def _said(channel: Channel) -> tuple[Any, ...]:
    return (channel.country, channel.organisation, channel.how, channel.value, channel.independent, channel.free, channel.hours,
            channel.languages, channel.read_by)  # fmt: skip
