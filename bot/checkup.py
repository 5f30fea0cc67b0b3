"""The checkup of a deployment: which questions the doctor may ask here, and the refusal to start.

Here belong the probes over this deployment's stores, files and providers. Never here: the rules themselves (``bot.doctor``).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TextIO

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db, doctor, jobs
from bot.alerts import checks as alerts
from bot.app import Content, helplines
from bot.catalogs import faults
from bot.channels import telegram
from bot.complaints import checks as complaint_checks
from bot.directory.demo import is_demo_database
from bot.duty_texts import DutyTextBook
from bot.exchange import CannotStart
from bot.focal_points import FocalPointBook
from bot.notices.reviewed import Answers
from bot.secret import BadSecret, process_secret
from bot.settings import Settings
from bot.staff import checks
from flows.facts import COUNTRIES


def probes(settings: Settings) -> doctor.Probes:
    """Questions to the stores and providers of this deployment."""
    engine = db.open_engine(db.url_of(settings))

    async def demo_database() -> bool:
        return await is_demo_database(engine) is not None

    async def migrations() -> tuple[str, str]:
        return await asyncio.to_thread(db.revision_of, db.url_of(settings)), db.HEAD

    return doctor.Probes(
        redis_config=doctor.redis_config(settings.redis_url) if settings.redis_url else None,
        migrations=migrations if settings.database_url else None,
        demo_database=demo_database if settings.database_url else None,
        unconfirmed_numbers=lambda countries: helplines(settings).unconfirmed(tuple(countries) or COUNTRIES, db.now().date()),
        known_countries=lambda: COUNTRIES,
        content_faults=lambda: content_faults(settings),
        telegram_faults=telegram_faults(settings),
        twilio_faults=jobs.twilio_faults(settings),
        job_hours=jobs.asleep(settings, engine) if settings.database_url else None,
        duty_text_faults=lambda countries: DutyTextBook.of(settings).faults(countries, db.now().date()),
        answer_faults=lambda: Answers.load().faults(db.now().date()),
        staff_faults=(lambda: staff_faults(settings, engine)) if settings.database_url and settings.surfaces != "public" else None,
        alert_faults=(lambda: alert_faults(settings, engine)) if settings.database_url and settings.surfaces != "public" else None,
    )


async def staff_faults(settings: Settings, engine: AsyncEngine) -> list[str]:
    """Sentences about accounts, recovery keys, the audit, countries in which nobody hears complaints, and to which nothing can be
    handed over."""
    if not await checks.any_account(engine):
        return ["Nobody has an account, so no request is taken: give the network's people theirs with python -m bot staff load."]
    found = list(await checks.faults(engine, db.now()))
    async with engine.connect() as connection:
        wanted = tuple(doctor.served(settings))
        found += await complaint_checks.faults(connection, wanted)
        return found + await FocalPointBook.of(settings).faults(connection, wanted, db.now().date())


async def alert_faults(settings: Settings, engine: AsyncEngine) -> list[str]:
    """Sentences about alerts to staff: settings, the alerts' bot, accounts that no alert reaches."""
    found = list(alerts.setting_faults(settings))
    with suppress(BadSecret):  # a rule of its own
        found += await alerts.without_way(engine, settings, process_secret(settings))
    return found + await alerts.telegram_faults(settings)


def telegram_faults(settings: Settings) -> Callable[[], Awaitable[Iterable[str]]] | None:
    """The doctor's question to Telegram, where there is a bot and this side of the program serves it."""
    token = settings.telegram_token.get_secret_value()
    if not token or settings.surfaces == "desk":
        return None
    return lambda: telegram.faults(token, telegram.webhook_url(settings.public_url), settings.telegram_api)


def content_faults(settings: Settings) -> Iterable[str]:
    """Sentences about catalogs, cues, places and helplines that cannot be used."""
    try:
        content = Content.load(settings)
    except CannotStart as error:
        return [str(error)]
    return faults(content.wording)


async def report(settings: Settings, out: TextIO) -> int:
    """The doctor's findings, a line each; 1 where there is any."""
    return doctor.report(await doctor.findings(settings, probes(settings)), settings, out)


async def refused(settings: Settings) -> bool:
    """Whether this process must not start; says on standard error what to mend."""
    # A demo has to open at once: it is asked about its settings only.
    asked = probes(settings) if settings.mode == "live" else doctor.Probes(known_countries=lambda: COUNTRIES)
    refusals = doctor.refusals(await doctor.findings(settings, asked, ("refuse",)))
    if refusals:
        print(f"Faro does not start with MODE={settings.mode} until this is mended:", file=sys.stderr)
        doctor.report(refusals, settings, sys.stderr)
    return bool(refusals)
