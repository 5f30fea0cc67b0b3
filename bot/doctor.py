"""What is unsafe or incomplete about this deployment, each as one sentence that says what to do.

Here belong the rules; each is a small function with a code, a level and the modes in which it is asked. What the rules need to
know of the outside comes through ``Probes``, which the composition root fills. Never here: mending anything, printing the
value of a setting.

``refuse``: the program does not start. ``mend``: it starts, but ``check`` still ends with an error. Most rules are asked with
``MODE=live`` only; those of a demo are about settings that cannot work, and about a demo that is open to the world.
Each code is explained in docs/operating.md (a test checks that).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal, TextIO
from urllib.parse import parse_qs, urlsplit

from bot.secret import BadSecret, decoded
from bot.settings import Settings

Level = Literal["refuse", "mend"]
Mode = Literal["demo", "live"]

PATIENCE: Final = 20.0
"""Seconds that one rule may take."""

_LONG_KEPT_HOURS: Final = 168
_SHORT_TOKEN: Final = 24
_TELEGRAM_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{30,}\Z")
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_TWILIO_SID = re.compile(r"AC[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend."""

    code: str
    level: Level
    sentence: str
    """What is wrong and what to do, for the operator. Holds names of settings, never their secret values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Questions to the outside. One that is None is not asked; one that raises becomes a finding of its rule."""

    redis_config: Callable[[], Awaitable[Mapping[str, str]]] | None = None
    """What the session store says of itself: ``save``, ``appendonly``, ``maxmemory-policy``. Raises PermissionError where the
    server does not tell, anything else where it cannot be reached."""
    migrations: Callable[[], Awaitable[tuple[str, str]]] | None = None
    """Revision of the database and newest revision of the program; raises where the database cannot be reached."""
    demo_database: Callable[[], Awaitable[bool]] | None = None
    """Whether the database holds the demo's rows or rows that only the demo approved."""
    unconfirmed_numbers: Callable[[frozenset[str]], Mapping[str, Collection[str]]] | None = None
    """Of these countries (none given: all), those with numbers that people would be shown though no two roles confirmed them in
    time, and the numbers."""
    known_countries: Callable[[], Collection[str]] | None = None
    """ISO codes of the countries that this program knows."""
    content_faults: Callable[[], Iterable[str]] | None = None
    """Sentences about broken catalogs, with file and line."""
    twilio_faults: Callable[[], Awaitable[Iterable[str]]] | None = None
    """Sentences about numbers and services of the Twilio account: GET webhooks, missing fallback, redaction off."""
    telegram_faults: Callable[[], Awaitable[Iterable[str]]] | None = None
    """Sentences about the bot as Telegram knows it."""
    job_hours: Callable[[], Awaitable[Mapping[str, float | None]]] | None = None
    """Recurring job -> hours since it last ended well; None: never."""
    staff_faults: Callable[[], Awaitable[Iterable[str]]] | None = None
    """Sentences about recovery keys that are missing or were not rehearsed, and about an audit that was changed."""
    alert_faults: Callable[[], Awaitable[Iterable[str]]] | None = None
    """Sentences about ways on which staff get alerts, and about accounts that none reaches."""
    duty_text_faults: Callable[[Iterable[str]], Iterable[str]] | None = None
    """Countries -> sentences about duty-to-report texts that are not shown, or soon no longer."""
    answer_faults: Callable[[], Iterable[str]] | None = None
    """Sentences about reviewed answers to what goes round that are not shown, or soon no longer."""


Ask = Callable[[Settings, Probes], AsyncIterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    level: Level
    modes: frozenset[Mode]
    ask: Ask


RULES: Final[list[Rule]] = []


def _rule(level: Level, *modes: Mode) -> Callable[[Ask], Ask]:
    """Register a rule under the name of its function; without modes it is asked in each."""

    def register(ask: Ask) -> Ask:
        RULES.append(Rule(ask.__name__, level, frozenset(modes or ("demo", "live")), ask))
        return ask

    return register


async def findings(settings: Settings, probes: Probes | None = None, levels: Collection[str] = ("refuse", "mend")) -> list[Finding]:
    """Everything to mend, in the order of the rules. Probes are asked side by side."""
    asked = [rule for rule in RULES if settings.mode in rule.modes and rule.level in levels]
    told = await asyncio.gather(*(_told(rule, settings, probes or Probes()) for rule in asked))
    return [finding for each in told for finding in each]


async def _told(rule: Rule, settings: Settings, probes: Probes) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE):
            return [Finding(rule.code, rule.level, sentence) async for sentence in rule.ask(settings, probes)]
    except Exception as error:
        # A check that cannot be made is no reason to think that all is well. The exception's text may hold an address.
        sentence = (
            f"This could not be checked ({type(error).__name__}): see that the part it asks can be reached, then run check again."
        )
        return [Finding(rule.code, rule.level, sentence)]


def refusals(found: Sequence[Finding]) -> list[Finding]:
    """Those for which this program must not start."""
    return [finding for finding in found if finding.level == "refuse"]


def report(found: Sequence[Finding], settings: Settings, out: TextIO) -> int:
    """Print each finding as a line and return the exit status of ``check``: 1 where there is any."""
    for finding in found:
        print(f"{finding.level:6} {finding.code}: {finding.sentence}", file=out)
    if found:
        print(f"{len(found)} to mend. docs/operating.md explains each under its name.", file=out)
    else:
        print(f"Nothing to mend (MODE={settings.mode}).", file=out)
    return 1 if found else 0


# --- the secret ------------------------------------------------------------------------------------------------------


@_rule("refuse", "live")
async def secret_missing(settings: Settings, _: Probes) -> AsyncIterator[str]:
    try:
        decoded(settings.secret_key.get_secret_value())
    except BadSecret as bad:
        yield str(bad)


@_rule("refuse")
async def secret_reused(settings: Settings, _: Probes) -> AsyncIterator[str]:
    secrets = {
        "SECRET_KEY": settings.secret_key,
        "METRICS_TOKEN": settings.metrics_token,
        "TELEGRAM_TOKEN": settings.telegram_token,
        "TELEGRAM_SECRET": settings.telegram_secret,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
    }
    seen: dict[str, str] = {}
    for name, secret in secrets.items():
        value = secret.get_secret_value()
        if value and value in seen:
            yield f"{name} and {seen[value]} are the same; whoever knows one would know both: give each its own."
        seen.setdefault(value, name)


# --- stores ----------------------------------------------------------------------------------------------------------


@_rule("refuse", "live")
async def sessions_embedded(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not settings.redis_url:
        yield "REDIS_URL is not set: embedded sessions live in one process only and end with it. Name a Redis or Valkey server."


@_rule("refuse", "live")
async def sessions_kept(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if not settings.redis_url or probes.redis_config is None:
        return
    try:
        config = await probes.redis_config()
    except PermissionError:
        return  # sessions_untold says so
    if config.get("save", "").strip():
        yield 'The session store writes snapshots to disk (RDB), where forgotten sessions would remain: set save "".'
    if config.get("appendonly", "no") != "no":
        yield "The session store writes a log to disk (AOF), where forgotten sessions would remain: set appendonly no."


@_rule("mend", "live")
async def sessions_untold(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if not settings.redis_url or probes.redis_config is None:
        return
    try:
        await probes.redis_config()
    except PermissionError:
        yield (
            "The session store does not tell its configuration, so nobody knows whether it writes sessions to disk: "
            "allow CONFIG GET to this account, or have the provider confirm that RDB, AOF and backups are off."
        )
    except Exception:
        return  # sessions_kept says so


@_rule("mend", "live")
async def sessions_evicted(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if not settings.redis_url or probes.redis_config is None:
        return
    try:
        policy = (await probes.redis_config()).get("maxmemory-policy", "noeviction")
    except Exception:
        return  # sessions_kept and sessions_untold say so
    if policy != "noeviction":
        yield (
            f"The session store throws keys away when it is full ({policy}), also those that open all sessions: "
            "set maxmemory-policy noeviction."
        )


@_rule("mend", "live")
async def sessions_open(settings: Settings, _: Probes) -> AsyncIterator[str]:
    url = urlsplit(settings.redis_url)
    if url.scheme in ("redis", "valkey") and url.hostname and not _near(url.hostname):
        yield "REDIS_URL leads over a network without encryption: use rediss://, a unix socket or an address of this machine."
    if url.hostname and not _near(url.hostname) and not url.password:
        yield "REDIS_URL holds no password, so anybody on that network may wipe sessions: set one on the server and in the URL."


@_rule("refuse", "live")
async def database_embedded(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not settings.database_url or settings.database_url.startswith("sqlite"):
        yield "DATABASE_URL names no PostgreSQL: an SQLite file serves one machine only. Set postgresql+psycopg://host/name."


@_rule("mend", "live")
async def database_open(settings: Settings, _: Probes) -> AsyncIterator[str]:
    url = urlsplit(settings.database_url)
    if not url.scheme.startswith("postgres") or not url.hostname or _near(url.hostname):
        return
    if parse_qs(url.query).get("sslmode", [""])[0] not in ("require", "verify-ca", "verify-full"):
        yield "DATABASE_URL leads over a network and does not insist on encryption: add ?sslmode=verify-full."


@_rule("refuse", "live")
async def database_behind(_: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.migrations is None:
        return
    current, newest = await probes.migrations()
    if current != newest:
        yield f"The tables are at revision {current or 'none'}, the program wants {newest}: run python -m bot migrate."


@_rule("refuse", "live")
async def database_of_demo(_: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.demo_database is not None and await probes.demo_database():
        yield "This database was filled by the demo: nobody checked whether its places may be shown. Start with an empty one."


@_rule("refuse", "live")
async def data_of_demo(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.faro_data is not None:
        yield "FARO_DATA is for the demo, which approves rows by itself: unset it, and bring services in with python -m bot import."


@_rule("mend", "live")
async def jobs_asleep(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.job_hours is None:
        return
    for job, hours in (await probes.job_hours()).items():
        if hours is None or hours > 26:
            last = "has never ended well" if hours is None else f"last ended well {hours:.0f} hours ago"
            yield f"The job {job}, which deletes what is due, {last}: see that python -m bot work is running."


@_rule("mend", "live")
async def staff_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    for sentence in await probes.staff_faults() if probes.staff_faults else ():
        yield sentence


@_rule("mend", "live")
async def duty_texts_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    for sentence in probes.duty_text_faults(tuple(served(settings))) if probes.duty_text_faults else ():
        yield sentence


@_rule("mend", "live")
async def answers_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    for sentence in probes.answer_faults() if probes.answer_faults else ():
        yield sentence


@_rule("mend", "live")
async def alerts_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    for sentence in await probes.alert_faults() if probes.alert_faults else ():
        yield sentence


# --- how we are reached ----------------------------------------------------------------------------------------------


@_rule("refuse", "live")
async def public_url_missing(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not settings.public_url:
        yield "PUBLIC_URL is not set: providers are told it, and signatures are checked against it. Set https://your.host."


@_rule("refuse", "live")
async def public_url_unsafe(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.public_url.startswith("http://"):
        yield "PUBLIC_URL begins with http://, so messages would travel in the clear: serve https and write https:// here."


@_rule("refuse")
async def public_url_broken(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not settings.public_url:
        return
    url = urlsplit(settings.public_url)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        yield "PUBLIC_URL is not an address up to where our paths begin: write it like https://faro.example.org."


@_rule("mend", "demo")
async def demo_in_the_open(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not _near(settings.host):
        yield "HOST lets other machines reach the demo, whose places are made up: use 127.0.0.1, or MODE=live with real services."


@_rule("refuse", "demo")
async def mode_forgotten(settings: Settings, _: Probes) -> AsyncIterator[str]:
    # Only SIMULATOR=true says that a demo is meant: nobody sets it for people, and with MODE=live it is refused.
    if settings.simulator:
        return
    outright = "set MODE=live, or say SIMULATOR=true if a demo is meant"
    if settings.public_url and not _near(urlsplit(settings.public_url).hostname or ""):
        yield f"PUBLIC_URL would lead people to a demo, with invented places and numbers that nobody dialled: {outright}."
        return
    urls = {"REDIS_URL": settings.redis_url, "DATABASE_URL": settings.database_url}
    stores = [name for name, url in urls.items() if url and not url.startswith("sqlite")]
    if stores and (settings.telegram_token.get_secret_value() or settings.twilio_account_sid):
        yield f"{' and '.join(stores)} and a channel are set up as if for people, yet this is a demo: {outright}."


@_rule("refuse", "live")
async def simulator_in_live(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.simulator:
        yield "SIMULATOR shows its phone, and what it holds, to anybody who asks: unset it with MODE=live."


@_rule("mend")
async def metrics_token_short(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if 0 < len(settings.metrics_token.get_secret_value()) < _SHORT_TOKEN:
        yield f"METRICS_TOKEN is short enough to be tried out: use at least {_SHORT_TOKEN} random characters."


# --- channels --------------------------------------------------------------------------------------------------------


@_rule("mend", "live")
async def no_channel(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not settings.telegram_token.get_secret_value() and not settings.twilio_account_sid and settings.surfaces != "desk":
        yield "No channel is set up, so nobody can write to us: set TELEGRAM_TOKEN or TWILIO_ACCOUNT_SID."


@_rule("refuse")
async def telegram_token_broken(settings: Settings, _: Probes) -> AsyncIterator[str]:
    token = settings.telegram_token.get_secret_value()
    if token and not _TELEGRAM_TOKEN.match(token):
        yield "TELEGRAM_TOKEN does not look like a bot token (digits, a colon, letters): copy it again from BotFather."


@_rule("refuse", "live")
async def telegram_secret_missing(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.telegram_token.get_secret_value() and not settings.telegram_secret.get_secret_value():
        yield "TELEGRAM_SECRET is not set, so anybody could pretend to be Telegram: set 32 or more random letters and digits."


@_rule("refuse")
async def telegram_secret_weak(settings: Settings, _: Probes) -> AsyncIterator[str]:
    secret = settings.telegram_secret.get_secret_value()
    if secret and not _TELEGRAM_SECRET.match(secret):
        yield "TELEGRAM_SECRET holds signs that Telegram refuses: use letters, digits, _ and - only, at most 256."
    elif secret and len(secret) < _SHORT_TOKEN:
        yield f"TELEGRAM_SECRET is short enough to be tried out: use at least {_SHORT_TOKEN} random letters and digits."


@_rule("refuse", "live")
async def telegram_api_open(settings: Settings, _: Probes) -> AsyncIterator[str]:
    url = urlsplit(settings.telegram_api)
    if settings.telegram_api and url.scheme != "https" and not _near(url.hostname or ""):
        yield "TELEGRAM_API would carry the bot's token in the clear: use https://, or leave it empty for Telegram's own address."


@_rule("mend", "live")
async def telegram_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if settings.telegram_token.get_secret_value() and probes.telegram_faults is not None:
        for sentence in await probes.telegram_faults():
            yield sentence


@_rule("refuse")
async def twilio_half_set(settings: Settings, _: Probes) -> AsyncIterator[str]:
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    if sid and not token:
        yield "TWILIO_AUTH_TOKEN is not set, so Twilio's signature cannot be checked: copy it from the account's console."
    if token and not sid:
        yield "TWILIO_ACCOUNT_SID is not set, though its token is: copy it from the account's console, or unset both."
    if sid and not _TWILIO_SID.match(sid):
        yield "TWILIO_ACCOUNT_SID does not look like one (AC and 32 digits and letters a to f): copy it again."


@_rule("mend", "demo")
async def twilio_without_address(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.twilio_account_sid and not settings.public_url:
        yield "PUBLIC_URL is not set: Twilio signs the address that it calls, so without it every message would be refused."


@_rule("refuse", "live")
async def twilio_unwell(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if settings.twilio_account_sid and probes.twilio_faults is not None:
        for sentence in await probes.twilio_faults():
            yield sentence


@_rule("mend")
async def sms_price_broken(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if not re.fullmatch(r"\d+(\.\d+)? [A-Z]{3}", settings.sms_price):
        yield "SMS_PRICE is not a number and a currency: write it like 0.05 USD."


# --- what people are told --------------------------------------------------------------------------------------------


@_rule("refuse")
async def country_unknown(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.known_countries is None:
        return
    if strange := sorted(served(settings) - set(probes.known_countries())):
        yield f"COUNTRIES names {', '.join(strange)}, about which nothing is known here: use ISO codes from data/, such as CO,PE."


@_rule("refuse", "live")
async def numbers_unconfirmed(settings: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.unconfirmed_numbers is None:
        return
    if open_ones := probes.unconfirmed_numbers(served(settings)):
        listed = "; ".join(f"{country} {', '.join(numbers)}" for country, numbers in sorted(open_ones.items()))
        yield (
            f"No two roles have confirmed these numbers in time: {listed}. Have each dialled and recorded in the copy that "
            "HELPLINES_FILE names, take it out there, or serve fewer countries with COUNTRIES."
        )


@_rule("refuse")
async def limits_reversed(settings: Settings, _: Probes) -> AsyncIterator[str]:
    for what in ("service", "helpline"):
        due, stale = getattr(settings, f"{what}_due_days"), getattr(settings, f"{what}_stale_days")
        if not 0 < due < stale:
            name = what.upper()
            yield f"{name}_DUE_DAYS must be above 0 and below {name}_STALE_DAYS: first a label, then not shown (S-4, S-10)."


@_rule("mend", "live")
async def limits_loose(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.service_stale_days > 365 or settings.helpline_stale_days > 730:
        yield "SERVICE_STALE_DAYS or HELPLINE_STALE_DAYS shows people what nobody checked for years: use 180 and 365."


@_rule("mend")
async def epoch_long(settings: Settings, _: Probes) -> AsyncIterator[str]:
    if settings.epoch_hours > _LONG_KEPT_HOURS:
        yield f"EPOCH_HOURS keeps the same pseudonyms for longer than a week: use 48, at most {_LONG_KEPT_HOURS}."


@_rule("refuse")
async def content_broken(_: Settings, probes: Probes) -> AsyncIterator[str]:
    if probes.content_faults is not None:
        for sentence in probes.content_faults():
            yield sentence


# --- helpers ---------------------------------------------------------------------------------------------------------


def served(settings: Settings) -> frozenset[str]:
    """ISO codes named in ``COUNTRIES``; empty: all."""
    return frozenset(code.strip().upper() for code in settings.countries.split(",") if code.strip())


def _near(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def redis_config(url: str) -> Callable[[], Awaitable[Mapping[str, str]]]:
    """A probe for ``Probes.redis_config`` that asks the server at ``url``."""

    async def ask() -> Mapping[str, str]:
        from redis.asyncio import Redis  # noqa: PLC0415 - a tenth of a second that no start needs
        from redis.exceptions import NoPermissionError, ResponseError  # noqa: PLC0415

        store = Redis.from_url(url, socket_connect_timeout=10, socket_timeout=10, decode_responses=True)
        try:
            await store.ping()
            return {
                str(key): str(value)
                for pattern in ("save", "appendonly", "maxmemory-policy")
                for key, value in (await store.config_get(pattern)).items()
            }
        except (NoPermissionError, ResponseError):
            raise PermissionError("CONFIG GET is refused") from None
        finally:
            await store.aclose()

    return ask
