"""What the checkup asks of this deployment's bot at Telegram: read only, and in sentences."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram.error import TelegramError

from bot import checkup, db, doctor
from bot.app import Faro
from bot.channels.telegram import MOST_WAITING, faults, webhook_url
from bot.settings import Settings
from tests.fakes.bot_api import CANARIES, TOKEN, BotApi

URL = "https://faro.example.org"
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
NOW = 1_900_000_000.0
WELL = {"url": f"{URL}/telegram", "secret": "s" * 32, "allowed": ALLOWED, "max_connections": 64}


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **{"telegram_token": TOKEN, "public_url": URL, "simulator": True, **changes})  # type: ignore[call-arg]


def asked(settings: Settings) -> Callable[[], Awaitable[Iterable[str]]]:
    probe = checkup.telegram_faults(settings)
    assert probe is not None
    return probe


@pytest.mark.parametrize(
    ("webhook", "waiting", "failed_at", "public_url", "says"),
    [
        (WELL, 0, 0, URL, ""),
        (WELL, MOST_WAITING, 0, f"{URL}/", ""),
        (WELL, 0, NOW - 3601, URL, ""),
        ({}, 0, 0, "", ""),
        ({}, 0, 0, URL, "has no webhook"),
        (WELL | {"url": "https://other.example/telegram"}, 0, 0, URL, "another address"),
        (WELL | {"allowed": ["message"]}, 0, 0, URL, "every kind of message"),
        (WELL, 0, NOW - 3599, URL, "could not deliver"),
        (WELL, MOST_WAITING + 1, 0, URL, f"{MOST_WAITING + 1} messages wait"),
        (WELL, 0, 0, "", "PUBLIC_URL is empty"),
    ],
)
async def test_what_telegram_says_of_the_webhook(
    webhook: dict[str, Any], waiting: int, failed_at: int, public_url: str, says: str
) -> None:
    """Mutation: a question less, or a comparison turned round; a probe that sets something."""
    api = BotApi(lambda: NOW)
    api.webhook, api.failed_at = dict(webhook), int(failed_at)
    api.unconfirmed.extend({"update_id": number} for number in range(waiting))
    async with api.running() as address:
        told = await faults(TOKEN, webhook_url(public_url), address, lambda: NOW)
    assert len(told) == bool(says) and all(says in sentence and sentence.endswith(".") for sentence in told)
    assert [name for name, _ in api.calls] == ["getWebhookInfo"] and api.webhook == webhook
    assert not any(canary in sentence for canary in CANARIES for sentence in told)


async def test_the_deployment_is_asked_with_its_own_settings() -> None:
    """Mutation: a probe that nobody hands to the doctor; asking Telegram's own address instead of TELEGRAM_API."""
    api = BotApi(lambda: NOW)
    async with api.running() as address:
        wanted = settings(telegram_api=address, mode="live")
        probes = checkup.probes(wanted)
        assert probes.telegram_faults is not None
        found = await doctor.findings(wanted, doctor.Probes(telegram_faults=probes.telegram_faults), ("mend",))
        assert ["no webhook" in finding.sentence for finding in found if finding.code == "telegram_unwell"] == [True]
        assert any("TELEGRAM_TOKEN" in sentence for sentence in await asked(settings(telegram_api=address, telegram_token="1:x"))())
    with pytest.raises(TelegramError) as gone:
        await asked(settings(telegram_api="http://127.0.0.1:1"))()
    assert TOKEN not in str(gone.value)


def test_nobody_is_asked_where_there_is_no_bot() -> None:
    assert checkup.telegram_faults(settings(telegram_token="")) is None
    assert checkup.telegram_faults(settings(surfaces="desk")) is None


async def test_a_demo_asks_nobody_before_it_opens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutation: making whoever develops wait for providers; forgetting that COUNTRIES can be wrong in a demo as well."""

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(checkup, "probes", never)
    assert not await checkup.refused(settings())
    assert await checkup.refused(settings(countries="XX"))
    assert await checkup.refused(settings(simulator=None))
    said = capsys.readouterr().err
    assert "country_unknown" in said and "mode_forgotten" in said and "MODE=demo" in said


@pytest.mark.parametrize(("said", "status"), [(None, 403), (True, 200)])
async def test_the_page_answers_under_the_public_name_only_where_somebody_said_so(
    said: bool | None, status: int, tmp_path: Path
) -> None:
    """Also where a start was forced past the checkup. Mutation: adding the public name to every demo."""
    faro = Faro(settings(simulator=said, telegram_token="", var_dir=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(faro)) as client:
        assert (await client.get(f"{URL}/")).status_code == status
        assert (await client.get("http://localhost:8000/")).status_code == 200
    await faro.engine.dispose()


async def test_a_broken_file_of_helplines_is_named(tmp_path: Path) -> None:
    """Mutation: looking at the file of the package whatever HELPLINES_FILE says."""
    path = tmp_path / "helplines.toml"
    path.write_text('[[line]]\ncountry = "XX"\n')
    out = io.StringIO()
    assert await checkup.report(settings(helplines_file=path, telegram_token=""), out) == 1
    assert f"{path}, record 1 (XX" in out.getvalue()


async def test_a_desk_where_nobody_has_an_account_is_one_sentence(tmp_path: Path) -> None:
    """The command that mends it, not fourteen countries without a focal point. Mutation: asking the countries all the same."""
    engine = db.open_engine(f"sqlite+aiosqlite:///{tmp_path / 'f.db'}")
    await db.create_all(engine)
    (said,) = await checkup.staff_faults(settings(), engine)
    await engine.dispose()
    assert "python -m bot staff load" in said
