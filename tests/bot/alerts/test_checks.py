"""What the doctor can say about alerts, and what the texts must be before anything starts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import TelegramError

from bot.alerts.checks import setting_faults, telegram_faults, without_way
from bot.alerts.words import ROOM, Texts
from bot.settings import Settings
from bot.wording import CONTENT, ContentError
from flows.facts import LANGS
from tests.bot.alerts.world import SECRET, account
from tests.fakes.bot_api import TOKEN, BotApi

SID = "AC" + "0" * 32


def told(**given: Any) -> str:
    return " ".join(setting_faults(Settings(_env_file=None, **given)))  # type: ignore[call-arg]


MAIL = {"smtp_host": "mail.example.org", "smtp_from": "desk@example.org"}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "Staff get no alerts"),
        ({"alerts_sms_from": "+15550199"}, "TWILIO_ACCOUNT_SID"),
        ({"alerts_sms_from": "+1", "twilio_sms_from": "+1", "twilio_account_sid": SID}, "number of its own"),
        ({"alerts_telegram_token": "1:a", "telegram_token": "1:a"}, "a bot of their own"),
        (MAIL | {"smtp_security": "none"}, "readable"),
        (MAIL | {"smtp_name": "faro"}, "SMTP_PASSWORD"),
        (MAIL | {"smtp_from": "desk"}, "SMTP_FROM"),
        ({"push_key": "abc", "push_contact": "mailto:a@example.org"}, "PUSH_KEY"),
    ],
)
def test_each_fault_of_the_settings_is_a_sentence(given: dict[str, Any], word: str) -> None:
    """Mutation: dropping any of the questions; a secret in a sentence."""
    found = told(**given)
    assert word in found and found.endswith(".")
    assert "1:a" not in found and "abc" not in found


@pytest.mark.parametrize(
    "given", [MAIL, MAIL | {"smtp_security": "none", "smtp_host": "127.0.0.1"}, {"alerts_telegram_token": "1:a"}]
)
async def test_good_settings_are_not_complained_about(given: dict[str, Any]) -> None:
    assert told(**given) == ""


async def test_accounts_that_no_alert_reaches_are_named(engine: AsyncEngine, settings: Settings) -> None:
    """Mutation: a way that this deployment does not have; accounts that have left, or for whom nothing waits."""
    by_mail = settings.model_copy(update=MAIL)
    await account(engine, "case-manager-co-1", email="a@example.org")
    await account(engine, "case-manager-co-2", sms="+573001234567")
    await account(engine, "supervisor-co", roles=("supervisor",))
    await account(engine, "administrator", roles=("administrator",))
    await account(engine, "gone", active=False)
    await account(engine, "older-secret", secret=bytes(range(2, 34)), email="a@example.org")
    first, second = await without_way(engine, by_mail, SECRET)
    assert "case-manager-co-2, supervisor-co:" in first and "SECRET_KEY" in second and "older-secret" in second
    for name in ("co-1", "administrator", "gone"):
        assert name not in first + second
    assert await without_way(engine, settings, SECRET) == []
    assert await without_way(engine, settings.model_copy(update={"push_key": settings.metrics_token}), SECRET) == []


@pytest.mark.requirement("C-6")
@pytest.mark.parametrize("role", ["psea_focal_point", "coordinator"])
async def test_who_hears_complaints_and_can_be_told_in_no_way_is_named(engine: AsyncEngine, settings: Settings, role: str) -> None:
    """Mutation: naming those only for whom a request can wait."""
    await account(engine, "hears-1", roles=(role,))
    await account(engine, "hears-2", roles=(role,), email="a@example.org")
    (found,) = await without_way(engine, settings.model_copy(update=MAIL), SECRET)
    assert "hears-1" in found and "hears-2" not in found


async def test_the_bot_of_alerts_is_asked_for_at_telegram(settings: Settings) -> None:
    """Mutation: saying that TELEGRAM_TOKEN is wrong; a webhook that nobody notices; changing anything there."""
    api = BotApi(lambda: 0.0)
    assert await telegram_faults(settings) == []
    async with api.running() as url:

        def with_token(token: str) -> Settings:
            return settings.model_copy(update={"alerts_telegram_token": SecretStr(token), "telegram_api": url})

        assert await telegram_faults(with_token(TOKEN)) == []
        (refused,) = await telegram_faults(with_token("1:wrong"))
        assert "ALERTS_TELEGRAM_TOKEN" in refused and "1:wrong" not in refused
        api.webhook = {"url": "https://elsewhere.example.org/", "allowed": []}
        (taken,) = await telegram_faults(with_token(TOKEN))
        assert "webhook" in taken and "elsewhere" not in taken
        assert {method for method, _ in api.calls} == {"getWebhookInfo"}
        api.fail("getWebhookInfo", 500, "Internal")
        with pytest.raises(TelegramError):
            await telegram_faults(with_token(TOKEN))


# --- the texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("espera", "espera en Colombia y se ruega que alguien lo mire en cuanto pueda"),
        lambda text: text.replace("Hay", "Háy"),
        lambda text: text.replace('"Faro. Hay algo en espera."', '""'),
        lambda text: text.replace("Hay algo en espera", "Mira {code}"),
        lambda text: text.replace("{code}", "012345"),
        lambda text: text.replace('msgid "alert.code"', 'msgid "alert.other"'),
    ],
)
def test_a_text_whose_size_would_tell_its_language_stops_the_start(tmp_path: Path, damage: Callable[[str], str]) -> None:
    """Mutation: no limit, or letters that are more than one byte."""
    for lang in LANGS:
        shutil.copytree(CONTENT / lang / "LC_MESSAGES", tmp_path / lang / "LC_MESSAGES", ignore=shutil.ignore_patterns("desk"))
    path = tmp_path / "es" / "LC_MESSAGES" / "alerts.po"
    Texts.load(tmp_path)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(ContentError, match="alert"):
        Texts.load(tmp_path)


@pytest.mark.requirement("L-1")
def test_texts_are_there_in_every_language_and_fit(texts: Texts) -> None:
    """Mutation: another language's sentence."""
    assert len({texts.waiting(lang) for lang in LANGS}) == len(LANGS)
    for lang in LANGS:
        assert len(texts.waiting(lang)) == len(texts.code(lang, "012345")) == ROOM
        assert "012345" in texts.code(lang, "012345")
    assert texts.waiting("fr") == texts.waiting("es")
