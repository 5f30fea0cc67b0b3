"""Numbers single nobody out, and only the operator reads them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels import simulator, telegram, twilio
from bot.metrics import LABELS, Metrics, endpoint, label_values, may_read
from bot.settings import Settings

TOKEN = "m" * 32


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[call-arg]


@pytest.mark.requirement("P-2")
def test_labels_come_from_closed_sets() -> None:
    """Mutation: passing a label's value on as it comes."""
    metrics = Metrics(lambda: 3.0, lambda: 7)
    metrics.turn("sms", "answered", 0.002)
    metrics.turn("+573001234567", "tengo miedo", 0.1)
    metrics.store_failed("redis://user:word@host")
    metrics.store_failed("sessions")
    for label, value in label_values(metrics.registry):
        assert label in LABELS and value in LABELS[label] | {"other"}
    text = metrics.text().decode()
    assert "573001234567" not in text and "miedo" not in text and "word" not in text
    assert "_created" not in text


def test_no_label_of_place_person_language_or_screen() -> None:
    """Mutation: adding such a label."""
    assert set(LABELS) == {"channel", "outcome", "store"}


def test_turns_are_counted() -> None:
    """Mutation: counting in only one of the two, or taking milliseconds for seconds."""
    metrics = Metrics(lambda: 3.0, lambda: 7)
    for _ in range(3):
        metrics.turn("telegram", "answered", 0.002)
    metrics.turn("telegram", "left", 0.2)
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    assert found["faro_turns_total", ("channel", "telegram"), ("outcome", "answered")] == 3
    assert found["faro_turn_seconds_count", ("channel", "telegram")] == 4
    assert found["faro_turn_seconds_bucket", ("channel", "telegram"), ("le", "0.0025")] == 3
    assert found["faro_directory_age_seconds",] == 3 and found["faro_directory_build",] == 7


def test_every_channel_counts_under_its_name() -> None:
    """Mutation: a label that no channel has, or a channel without one."""
    every = (telegram.TRAITS, twilio.SMS, twilio.WHATSAPP, *simulator.PHONES.values())
    assert {traits.name for traits in every} == LABELS["channel"]


@pytest.mark.parametrize(
    ("changes", "authorization", "client", "allowed"),
    [
        ({"mode": "demo"}, "", "127.0.0.1", True),
        ({"mode": "demo"}, "", "::1", True),
        ({"mode": "demo"}, "", "203.0.113.9", False),
        ({"mode": "demo"}, "", "testclient", False),
        ({"mode": "live"}, "", "127.0.0.1", False),
        ({"mode": "live"}, "Bearer ", "127.0.0.1", False),
        ({"mode": "live", "metrics_token": TOKEN}, f"Bearer {TOKEN}", "203.0.113.9", True),
        ({"mode": "live", "metrics_token": TOKEN}, "Bearer other", "127.0.0.1", False),
        ({"mode": "demo", "metrics_token": TOKEN}, "", "127.0.0.1", False),
        ({"mode": "live", "metrics_token": TOKEN}, "Bearer ñ", "127.0.0.1", False),
    ],
)
def test_only_the_operator_reads(changes: dict[str, Any], authorization: str, client: str, allowed: bool) -> None:
    """Mutation: trusting nearness in live mode, or an empty token."""
    assert may_read(settings(**changes), authorization, client) is allowed


async def test_the_endpoint() -> None:
    """Mutation: answering before asking who reads."""
    app = Starlette(routes=[Route("/metrics", endpoint(Metrics(), settings(metrics_token=TOKEN)))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        assert (await client.get("/metrics")).status_code == 404
        shown = await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert shown.status_code == 200 and "faro_turns_total" in shown.text and shown.headers["cache-control"] == "no-store"
