"""Requests from the first word to the last trace, on every way, by words and numbers that occur nowhere else: nothing holds them.

The whole program runs: SMS, Telegram and the desk over HTTP, the worker's jobs, real stores that are overheard while it does, and
read afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import db
from bot.app import Faro, running
from bot.demo_clock import DemoClock
from bot.demo_staff import people_demo
from bot.directory.demo import load_demo
from bot.jobs import repeat
from bot.settings import Settings
from bot.staff.enrolling import enrol_for_demo
from tests.fakes.bot_api import TOKEN, BotApi, hosted
from tests.fakes.twilio_api import ACCOUNT, Redirected, RestApi
from tests.logged import everything_logged
from tests.privacy.canary_world import (
    ANSWER,
    ASK,
    AUTH,
    CALLED,
    CHATTED,
    FURTHER,
    KEY,
    NOTE,
    NUMBER,
    ONE,
    OTHER,
    RELAYED,
    RELAYED_SMS,
    SECRET,
    TOLD_ONLY,
    WORD,
    WRITTEN,
    World,
    asked_to_be_called,
    asked_to_be_written_to,
    asked_to_be_written_to_by_sms,
    ended,
    only_told,
    read_and_answered,
    secrets_of,
    worked_on,
)  # fmt: skip
from tests.privacy.places import Disk, Overheard, Spoken, files, tables
from tests.privacy.spellings import Secrets
from tests.privacy.test_canary import dump
from tests.screens import NotOnScreen
from tests.servers import Postgres, Redis, short_folder

# --- where it is looked for ------------------------------------------------------------------------------------------


class Places:
    """Everything that was sent and everything that lies there."""

    def __init__(self, world: World, redis: Redis, folder: Path, postgres: Postgres | None, sealed: str = "sealed_item") -> None:
        """``sealed``: the table whose envelopes show that a place is looked at."""
        self.table = sealed
        self.world, self.redis, self.folder = world, redis, folder
        self.heard = Overheard(redis.socket)
        self.spoken = Spoken(world.faro.engine)
        self.disk = Disk(postgres.folder) if postgres is not None else None

    async def look(self, secrets: Secrets, logged: str) -> list[str]:
        faro = self.world.faro
        held = [
            ("sent to the session store", self.heard.bytes),
            ("sent to the database", self.spoken.bytes),
            ("session store", dump(self.redis.url)),
            ("tables", await tables(faro.engine)),
            ("log", logged.encode()),
            ("metrics", faro.metrics.text()),
            *files(self.folder),
        ]
        assert min(len(raw) for _, raw in held[:6]) > 200, "a place is empty that ought to hold something"
        if self.disk is not None:
            async with faro.engine.connect() as connection:
                await connection.execute(text("CHECKPOINT"))
                sealed = bytes((await connection.execute(text(f"SELECT envelope FROM {self.table}"))).scalars().first() or b"")
            written = await self.disk.written()
            assert sealed in written, "the tables are not looked at"
            assert f"INSERT INTO {self.table}".encode() in written, "the server's log is not looked at"
            assert sealed.hex().encode() in written, "the server's log has no values"
            held.append(("the database server's files", written))
        return [each for place, raw in held for each in secrets.found(place, raw)]


def nothing_comes_back(world: World) -> list[str]:
    """P-1: what people typed is not said to anybody again, neither to them nor by a page of the desk's server."""
    typed = Secrets({"number": NUMBER, "word": WORD, "note": NOTE, "further": FURTHER, "chatted": CHATTED, "told": TOLD_ONLY})
    back = [each for said in world.said.texts.values() for shown in said for each in typed.found("answer", shown.encode())]
    return back + [each for page in world.said.pages for each in typed.found("desk", page)]


@pytest.fixture(params=["sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Postgres | None]]:
    """URL of an empty database ("" means SQLite), and its server, which writes down every statement with its values."""
    if request.param == "sqlite":
        yield "", None
        return
    talkative = "log_statement = all\nlog_min_messages = debug1\nlog_min_error_statement = debug1\nlog_parameter_max_length = -1"
    with short_folder() as folder:
        server = await asyncio.to_thread(Postgres, folder, f"fsync = off\n{talkative}\nlog_parameter_max_length_on_error = -1\n")
        await asyncio.to_thread(server.start)
        try:
            yield server.url, server
        finally:
            await asyncio.to_thread(server.stop)


@pytest.fixture
async def world(
    stores: tuple[str, Postgres | None], own_redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    spilled = tmp_path / "tmp"
    spilled.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spilled))
    clock = DemoClock()
    # The middle of the day where people write, when they may be called and written to.
    clock.advance((18 - datetime.fromtimestamp(clock(), UTC).hour) % 24 * 3600)
    api, rest = BotApi(clock), RestApi()
    async with api.running() as telegram, hosted(rest) as twilio:
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None,
            secret_key=KEY,
            redis_url=own_redis.url,
            database_url=stores[0],
            var_dir=tmp_path / "var",
            telegram_token=TOKEN,
            telegram_secret=SECRET,
            telegram_api=telegram,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=AUTH,
            twilio_sms_from="+15005550006",
            messages_per_minute=4000,
        )
        engine = db.open_engine(db.url_of(settings))
        await db.create_all(engine)
        await load_demo(engine)
        # The address is needed for signatures, but nobody is to be told it.
        faro = Faro(settings.model_copy(update={"public_url": "https://faro.example.org"}), engine=engine, clock=clock)
        faro.settings = settings
        monkeypatch.setattr("twilio.http.http_client.TwilioHttpClient", lambda **_: Redirected(twilio))
        monkeypatch.setattr("bot.demo_staff.enrol_for_demo", partial(enrol_for_demo, rounds=1000))
        staff = await people_demo(engine, faro.secret, datetime.fromtimestamp(clock(), UTC))
        async with running(faro), hosted(faro) as url:
            api.webhook = {"url": f"{url}/telegram", "secret": SECRET, "allowed": ["message", "edited_message", "callback_query"]}
            made = World(faro, url, api, rest, staff, clock)
            try:
                yield made
            finally:
                await made.aclose()


@pytest.mark.requirement("P-1", "P-2", "P-3", "P-5")
async def test_a_whole_run_of_requests_leaves_nothing(
    world: World, own_redis: Redis, stores: tuple[str, Postgres | None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Looked for while everything is there, and once more when it was closed, withdrawn and has run out.

    Mutation: a note, a number, a word, an answer, a code or a key in any column, key, value, statement, log line, metric or file,
    in whatever spelling; a preview that is remembered; a page of the desk with an opened contact."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1])
        called, called_code = await asked_to_be_called(world)
        chat, _ = await asked_to_be_written_to(world)
        sms, _ = await asked_to_be_written_to_by_sms(world)
        told, told_code = await only_told(world)
        await worked_on(world, called, chat, sms, told)
        await read_and_answered(world, chat, called_code)
        await world.passes(60)
        assert await places.look(secrets_of(world), log.getvalue()) == []
        await ended(world, called, sms, told_code)
        for days in (2, 8):  # a claim that nobody works on ends first, and then the waiting
            await world.passes(days * 86_400)
        assert [(await world.row(id)).state for id in (called, chat, sms)] == ["closed", "lapsed", "lapsed"]
        await world.passes(61 * 86_400)
        secrets = secrets_of(world)
        assert await places.look(secrets, log.getvalue()) == []
        async with world.faro.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM ticket"))).scalar_one() == 0
        places.heard.close()
    assert nothing_comes_back(world) == []
    printed = capfd.readouterr()
    assert secrets.found("output", (printed.out + printed.err).encode()) == []


@pytest.mark.requirement("P-2")
async def test_nor_when_everything_breaks(
    world: World,
    own_redis: Redis,
    stores: tuple[str, Postgres | None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors that know everything are raised where requests are stored, looked up, answered and ticked, a provider refuses and
    repeats what it was sent, and tables are not there. Mutation: str(error), a statement's values or a locals dump in a log line,
    in a page, in an answer; an engine without ``hide_parameters``."""
    with everything_logged() as log:
        places = Places(world, own_redis, tmp_path, stores[1])
        sms, code = await asked_to_be_written_to_by_sms(world)
        await world.desk(ONE, f"/ticket/{sms.hex()}/claim", form={})
        await world.opened(ONE, sms, "card")
        await _refused_by_the_provider(world, sms, monkeypatch)
        await _without_a_table(world, sms, code)
        for place in ("bot.effects.requests.open_ticket", "bot.tickets.code.look", "bot.tickets.code.add_note"):
            with monkeypatch.context() as broken:
                broken.setattr(place, _raises)
                await world.sms(OTHER, code)
                await world.sms(OTHER, FURTHER)
                await world.types(CALLED, *_TO_THE_NOTE)
                await world.types(CALLED, f"={NOTE}", "identifying.as_is")
                with contextlib.suppress(NotOnScreen):
                    await world.types(CALLED, "request.check.send")
                await world.sms(CALLED, "0")
        for place in ("bot.tickets.desk.send_answer", "bot.tickets.desk.permit_relay", "bot.relay_words.preview"):
            with monkeypatch.context() as broken:
                broken.setattr(place, _raises)
                row = await world.row(sms)
                given = {"envelope": world.sealed(ANSWER, row), "version": row.version}
                writes = {**given, "text": RELAYED, "box": "QQ", "contact": "0" * 32, "channel": "sms"}
                for path, body in (("answer", given), ("write", writes), ("preview", {"text": RELAYED, "channel": "sms"})):
                    await world.desk(ONE, f"/ticket/{sms.hex()}/{path}", json=body, status=-1)
        with monkeypatch.context() as broken:
            broken.setattr("bot.jobs.tickets_clock.tick", _raises)
            await _job_fails(world)
        places.heard.close()
        secrets, written = secrets_of(world), log.getvalue()
        shown = await places.look(secrets, written)
    for kind in ("RuntimeError", "StoreDown", "DatabaseDown"):
        assert kind in written, f"nothing broke with {kind}"
    printed = capfd.readouterr()
    assert shown + secrets.found("output", (printed.out + printed.err).encode()) == []
    assert nothing_comes_back(world) == []


_TO_THE_NOTE = (*ASK, "request.way.code", "request.count.no", "request.check.details", "request.details.note")


def _raises(*given: Any, **named: Any) -> Any:
    raise RuntimeError(f"{NOTE} {NUMBER} {WORD} {ANSWER} {RELAYED} {FURTHER} {given} {named}")


async def _refused_by_the_provider(world: World, sms: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers with the number and the text in its sentence, and then not at all."""
    world.rest.unwanted[WRITTEN] = (400, 21610)
    await world.writes(ONE, sms, RELAYED_SMS, status=409)
    world.rest.unwanted[WRITTEN] = (500, 20500)
    await world.writes(ONE, sms, RELAYED_SMS, status=409)
    world.rest.unwanted.clear()
    with monkeypatch.context() as broken:
        broken.setattr("bot.channels.twilio_sending.TwilioSender._create", _raises)
        await world.writes(ONE, sms, RELAYED_SMS, status=409)


async def _without_a_table(world: World, sms: bytes, code: str) -> None:
    """What is written fails in the database itself, with everything that was to be written in the driver's error."""
    for old, new in (("sealed_item", "elsewhere"), ("elsewhere", "sealed_item")):
        async with world.faro.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        await world.types(CALLED, *_TO_THE_NOTE, f"={NOTE}", "identifying.as_is")
        await world.types(CALLED, "request.check.send")
        await world.sms(CALLED, "0")
        await world.sms(OTHER, code)
        await world.sms(OTHER, "0")
        row = await world.row(sms)
        await world.desk(
            ONE, f"/ticket/{sms.hex()}/answer", status=-1, json={"envelope": world.sealed(ANSWER, row), "version": row.version}
        )
        await world.desk(ONE, f"/ticket/{sms.hex()}", status=-1)


async def _job_fails(world: World) -> None:
    """As the worker runs it: a failure is logged, and the job comes again."""
    job = next(job for job in world.clockwork.jobs() if job.name == "tickets")

    async def enough(seconds: float) -> None:
        raise asyncio.CancelledError

    with contextlib.suppress(asyncio.CancelledError):
        await repeat(job, world.faro.engine, enough)
