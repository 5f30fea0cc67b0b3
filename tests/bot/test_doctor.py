"""Each thing that the doctor may find, one case a rule; and that a good deployment hears nothing."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import RULES, Probes, findings, redis_config, refusals, report
from bot.secret import BadSecret, decoded, process_secret
from bot.settings import Settings
from tests.servers import Redis

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(bytes(range(100, 132))).decode()
TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"

GOOD: dict[str, Any] = {
    "mode": "live",
    "secret_key": KEY,
    "redis_url": "unix:///run/valkey/valkey.sock",
    "database_url": "postgresql+psycopg:///faro",
    "public_url": "https://faro.example.org",
    "telegram_token": TOKEN,
    "telegram_secret": "s" * 32,
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "t" * 32,
    "metrics_token": "m" * 32,
}


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **(GOOD | changes))  # type: ignore[call-arg]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def says(value: Any) -> Any:
    async def probe(*_: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return probe


QUIET = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
WELL = Probes(
    redis_config=says(QUIET),
    migrations=says(("0002", "0002")),
    demo_database=says(False),
    unconfirmed_numbers=lambda _: {},
    known_countries=lambda: ["CO", "PE"],
    content_faults=lambda: [],
    twilio_faults=says([]),
    telegram_faults=says([]),
    job_hours=says({"expiry": 1.0}),
    staff_faults=says([]),
    alert_faults=says([]),
    duty_text_faults=lambda countries: [],
    answer_faults=lambda: [],
)


def probes(**changes: Any) -> Probes:
    return Probes(**({name: getattr(WELL, name) for name in Probes.__slots__} | changes))


#: code of the rule -> (what is changed in good settings, what the outside says instead). Nothing else may be found.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("secret_missing", {"secret_key": ""}, {}),
    ("secret_missing", {"secret_key": "not base64 at all"}, {}),
    ("secret_missing", {"secret_key": base64.b64encode(os.urandom(31)).decode()}, {}),
    ("secret_missing", {"secret_key": base64.b64encode(b"change-me" * 4).decode()}, {}),
    ("secret_reused", {"metrics_token": "s" * 32}, {}),
    ("sessions_embedded", {"redis_url": ""}, {}),
    ("sessions_kept", {}, {"redis_config": says(QUIET | {"save": "3600 1"})}),
    ("sessions_kept", {}, {"redis_config": says(QUIET | {"appendonly": "yes"})}),
    ("sessions_kept", {}, {"redis_config": says(OSError("redis://:hunter2@store"))}),
    ("sessions_untold", {}, {"redis_config": says(PermissionError())}),
    ("sessions_evicted", {}, {"redis_config": says(QUIET | {"maxmemory-policy": "allkeys-lru"})}),
    ("sessions_open", {"redis_url": "redis://:word@store.internal:6379"}, {}),
    ("sessions_open", {"redis_url": "rediss://store.internal:6379"}, {}),
    ("database_embedded", {"database_url": ""}, {}),
    ("database_embedded", {"database_url": "sqlite+aiosqlite:///faro.db"}, {}),
    ("database_open", {"database_url": "postgresql+psycopg://faro:word@db.internal/faro"}, {}),
    ("database_behind", {}, {"migrations": says(("0001", "0002"))}),
    ("database_behind", {}, {"migrations": says(OSError())}),
    ("database_of_demo", {}, {"demo_database": says(True)}),
    ("data_of_demo", {"faro_data": "registers"}, {}),
    ("jobs_asleep", {}, {"job_hours": says({"expiry": None})}),
    ("jobs_asleep", {}, {"job_hours": says({"expiry": 27.0})}),
    ("alerts_unwell", {}, {"alert_faults": says(["No alert reaches case-manager-co-1: name an address."])}),
    ("duty_texts_unwell", {}, {"duty_text_faults": lambda countries: ["The duty to report of CO has run out: confirm it."]}),
    ("answers_unwell", {}, {"answer_faults": lambda: ["The answer border has not been checked for a year: check it."]}),
    ("staff_unwell", {}, {"staff_faults": says(["The recovery key for requests was never rehearsed: take two sheets."])}),
    ("public_url_missing", {"public_url": ""}, {}),
    ("public_url_unsafe", {"public_url": "http://faro.example.org"}, {}),
    ("public_url_broken", {"public_url": "faro.example.org"}, {}),
    ("public_url_broken", {"public_url": "https://faro.example.org/?a=1"}, {}),
    ("demo_in_the_open", {"mode": "demo", "simulator": True, "host": "0.0.0.0"}, {}),
    ("mode_forgotten", {"mode": "demo"}, {}),
    ("mode_forgotten", {"mode": "demo", "simulator": False}, {}),
    ("mode_forgotten", {"mode": "demo", "public_url": "", "redis_url": "", "twilio_account_sid": "", "twilio_auth_token": ""}, {}),
    (
        "mode_forgotten",
        {"mode": "demo", "public_url": "", "database_url": "", "twilio_account_sid": "", "twilio_auth_token": ""},
        {},
    ),
    ("simulator_in_live", {"simulator": True}, {}),
    ("metrics_token_short", {"metrics_token": "short"}, {}),
    ("no_channel", {"telegram_token": "", "twilio_account_sid": "", "twilio_auth_token": ""}, {}),
    ("telegram_token_broken", {"telegram_token": "mine"}, {}),
    ("telegram_secret_missing", {"telegram_secret": ""}, {}),
    ("telegram_secret_weak", {"telegram_secret": "ñ" * 32}, {}),
    ("telegram_secret_weak", {"telegram_secret": "short"}, {}),
    ("telegram_api_open", {"telegram_api": "http://bots.example.org"}, {}),
    ("telegram_unwell", {}, {"telegram_faults": says(["The webhook leads elsewhere: run serve once more."])}),
    ("twilio_half_set", {"twilio_auth_token": ""}, {}),
    ("twilio_half_set", {"twilio_account_sid": ""}, {}),
    ("twilio_half_set", {"twilio_account_sid": "mine"}, {}),
    ("twilio_without_address", {"mode": "demo", "simulator": True, "public_url": ""}, {}),
    ("twilio_unwell", {}, {"twilio_faults": says(["The number is called by GET: set POST."])}),
    ("sms_price_broken", {"sms_price": "cheap"}, {}),
    ("country_unknown", {"countries": "CO,XX"}, {}),
    ("numbers_unconfirmed", {}, {"unconfirmed_numbers": lambda countries: {"CO": ["123", "155"]}}),
    ("limits_reversed", {"service_due_days": 180}, {}),
    ("limits_reversed", {"helpline_due_days": 0}, {}),
    ("limits_loose", {"service_stale_days": 900}, {}),
    ("epoch_long", {"epoch_hours": 1000}, {}),
    ("content_broken", {}, {"content_faults": lambda: ["The entry in line 12 of content/es is empty."]}),
]


async def test_a_good_deployment_hears_nothing() -> None:
    """Mutation: yielding from a rule whatever it is asked."""
    assert await findings(settings(), WELL) == []
    assert await findings(Settings(_env_file=None), Probes()) == []  # type: ignore[call-arg] # the demo as it comes


@pytest.mark.parametrize(("code", "changes", "outside"), CASES, ids=[f"{code}-{n}" for n, (code, _, _) in enumerate(CASES)])
async def test_each_fault_is_found_and_nothing_else(code: str, changes: dict[str, Any], outside: dict[str, Any]) -> None:
    """Mutation: dropping any one rule, or turning its comparison round."""
    found = await findings(settings(**changes), probes(**outside))
    assert [finding.code for finding in found] == [code]
    (finding,) = found
    assert finding.sentence[0].isupper() and finding.sentence[-1] in '."', finding.sentence


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize(("code", "changes", "outside"), CASES, ids=[f"{code}-{n}" for n, (code, _, _) in enumerate(CASES)])
async def test_no_sentence_shows_a_secret(code: str, changes: dict[str, Any], outside: dict[str, Any]) -> None:
    """Mutation: writing str(error) of a failed probe, or the value of a setting, into the sentence."""
    told = settings(**changes)
    out = io.StringIO()
    assert report(await findings(told, probes(**outside)), told, out) == 1
    shown = out.getvalue()
    assert code in shown
    for secret in ("secret_key", "telegram_token", "telegram_secret", "twilio_auth_token", "metrics_token"):
        value = getattr(told, secret).get_secret_value()
        assert not value or value == "short" or value not in shown
    assert "hunter2" not in shown and "word@" not in shown


def test_every_rule_has_a_case_and_a_line_in_the_handbook() -> None:
    """Mutation: adding a rule without either."""
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert set(codes) == {code for code, _, _ in CASES}
    handbook = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    missing = [code for code in codes if f"`{code}`" not in handbook]
    assert not missing, f"docs/operating.md does not explain: {', '.join(missing)}"


async def test_what_refuses_a_start() -> None:
    """Mutation: letting refusals() return nothing, or what is only to be mended; asking at a start what cannot refuse it."""
    bad = settings(secret_key="", sms_price="cheap", telegram_token="mine")
    assert [finding.code for finding in refusals(await findings(bad, WELL))] == ["secret_missing", "telegram_token_broken"]
    only = await findings(bad, probes(telegram_faults=says(AssertionError())), ("refuse",))
    assert [finding.code for finding in only] == ["secret_missing", "telegram_token_broken"]
    demo = settings(mode="demo", simulator=True, secret_key="", sms_price="cheap", telegram_token="mine")
    assert [finding.code for finding in refusals(await findings(demo, WELL))] == ["telegram_token_broken"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"telegram_token": TOKEN},  # a bot of one's own to try things with, polled by the worker
        {"telegram_token": TOKEN, "public_url": "http://127.0.0.1:8000"},
        {"telegram_token": TOKEN, "database_url": "sqlite+aiosqlite:///faro.db"},
        {"redis_url": "redis://127.0.0.1:6379", "database_url": "postgresql+psycopg:///faro"},  # nobody can write to it
        {"telegram_token": TOKEN, "telegram_secret": "s" * 32, "public_url": "https://a1b2.tunnel.example", "simulator": True},
    ],
)
async def test_who_develops_is_not_refused(changes: dict[str, Any]) -> None:
    """Mutation: refusing every demo with a token, or one of which somebody said that it is meant."""
    assert refusals(await findings(Settings(_env_file=None, **changes), Probes())) == []  # type: ignore[call-arg]


async def test_countries_are_handed_to_the_probe() -> None:
    """Mutation: asking about all countries whatever COUNTRIES says."""
    asked: list[frozenset[str]] = []

    def unconfirmed(countries: frozenset[str]) -> dict[str, list[str]]:
        asked.append(countries)
        return {}

    await findings(settings(countries="co, PE"), probes(unconfirmed_numbers=unconfirmed))
    assert asked == [frozenset({"CO", "PE"})]


async def test_a_hanging_probe_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: removing the time limit around a rule."""
    import asyncio  # noqa: PLC0415

    async def hangs() -> dict[str, str]:
        await asyncio.sleep(60)
        return {}

    monkeypatch.setattr("bot.doctor.PATIENCE", 0.05)
    codes = [finding.code for finding in await findings(settings(), probes(redis_config=hangs))]
    assert codes == ["sessions_kept", "sessions_untold", "sessions_evicted"]


async def test_a_real_server_tells_what_it_keeps(own_redis: Redis) -> None:
    """Mutation: asking CONFIG GET for another name than the server's."""
    from redis.asyncio import Redis as Client  # noqa: PLC0415

    client = Client.from_url(own_redis.url)
    try:
        await client.config_set("save", "60 1")
        await client.config_set("appendonly", "no")
        told = await redis_config(own_redis.url)()
        assert (told["save"], told["appendonly"]) == ("60 1", "no") and "maxmemory-policy" in told
        await client.config_set("save", "")
        assert (await redis_config(own_redis.url)())["save"] == ""
        await client.acl_setuser("quiet", enabled=True, passwords=["+word"], keys=["*"], commands=["+@all", "-config"])
    finally:
        await client.aclose()
    mark = "&" if "?" in own_redis.url else "?"
    with pytest.raises(PermissionError):
        await redis_config(f"{own_redis.url}{mark}username=quiet&password=word")()


class TestSecret:
    def test_demo_makes_its_own_each_time(self) -> None:
        """Mutation: a constant demo key."""
        demo = Settings(_env_file=None)  # type: ignore[call-arg]
        first, second = process_secret(demo), process_secret(demo)
        assert len(first) >= 32 and first != second

    def test_live_never_does(self) -> None:
        """Mutation: leaving out the test of the mode."""
        with pytest.raises(BadSecret):
            process_secret(settings(secret_key=""))

    def test_both_ways_to_write_base64(self) -> None:
        """Mutation: accepting only one alphabet."""
        raw = bytes(range(190, 255))
        assert decoded(base64.b64encode(raw).decode()) == decoded(base64.urlsafe_b64encode(raw).decode()) == raw
