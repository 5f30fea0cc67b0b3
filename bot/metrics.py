"""Numbers for the operator: how many turns, how quick, how the stores fare.

Here belong the counters and who may read them. Never here: a label of a place, a person, a language, a screen or a kind of
service, since counting by several of them singles people out (T-3). Labels take values from closed sets; anything else
counts as ``other``.

Only the operator's side serves them: to whoever shows the token of the setting ``METRICS_TOKEN``; without that setting, in
demo mode to this machine, and otherwise to nobody. A proxy on the same machine makes every caller look local, so nearness
alone is no proof in live mode.
"""

from __future__ import annotations

import hmac
from bisect import bisect_left
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from bot.settings import Settings

#: Every label and every value that it may have.
LABELS: Final[dict[str, frozenset[str]]] = {
    "channel": frozenset({"telegram", "sms", "whatsapp", "simulator"}),
    "outcome": frozenset({"answered", "left", "redelivered", "limited", "unclear", "silent", "failed", "refused"}),
    "store": frozenset({"sessions"}),
}

#: Seconds; a turn takes well under a millisecond of work, so most of these tell how the stores fare.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

disable_created_metrics()  # type: ignore[no-untyped-call] # they would tell when something was first counted


class _Turns(Collector):
    """Turns and their durations. Counted here in whole numbers, by the one thread that answers, and told in the library's shapes
    when somebody looks: its own counters take a lock and several calls for each number."""

    def __init__(self) -> None:
        channels, outcomes = (*sorted(LABELS["channel"]), "other"), (*sorted(LABELS["outcome"]), "other")
        self._turns = {(channel, outcome): 0 for channel in channels for outcome in outcomes}
        self._slots = {channel: [0] * (len(BUCKETS) + 1) for channel in channels}
        """How many turns ended within each of ``BUCKETS`` and not the one before; the last one: later."""
        self._seconds = dict.fromkeys(channels, 0.0)

    def count(self, channel: str, outcome: str, seconds: float) -> None:
        """One turn. What is in no closed set counts as ``other``."""
        if (channel, outcome) not in self._turns:
            channel = channel if channel in LABELS["channel"] else "other"
            outcome = outcome if outcome in LABELS["outcome"] else "other"
        self._turns[channel, outcome] += 1
        self._slots[channel][bisect_left(BUCKETS, seconds)] += 1
        self._seconds[channel] += seconds

    def collect(self) -> Iterable[Metric]:
        turns = CounterMetricFamily("faro_turns", "Messages answered", labels=["channel", "outcome"])
        for labels, count in self._turns.items():
            turns.add_metric(labels, count)
        seconds = HistogramMetricFamily("faro_turn_seconds", "Time to an answer", labels=["channel"])
        for channel, slots in self._slots.items():
            told = zip((*map(str, BUCKETS), "+Inf"), accumulate(slots), strict=True)
            seconds.add_metric([channel], buckets=list(told), sum_value=self._seconds[channel])
        return turns, seconds


class Metrics:
    """All numbers of one process. ``turn`` and ``store_failed`` are called on the way of an answer; both are cheap."""

    def __init__(self, age: Callable[[], float] | None = None, build: Callable[[], int] | None = None) -> None:
        """``age`` (seconds) and ``build`` (number) of the public directory in use are read when somebody looks."""
        self.registry = CollectorRegistry()
        self._turns = _Turns()
        self.registry.register(self._turns)
        self._stores = Counter("faro_store_errors", "Failures of a store", ["store"], registry=self.registry)
        if age is not None:
            Gauge("faro_directory_age_seconds", "Age of the public directory", registry=self.registry).set_function(age)
        if build is not None:
            Gauge("faro_directory_build", "Number of the public directory", registry=self.registry).set_function(build)

    def turn(self, channel: str, outcome: str, seconds: float) -> None:
        """One message was answered (or met with silence) after ``seconds``."""
        self._turns.count(channel, outcome, seconds)

    def store_failed(self, store: str) -> None:
        """``store`` could not do its work. How the database fares is told by the age of the directory."""
        self._stores.labels(store if store in LABELS["store"] else "other").inc()

    def text(self) -> bytes:
        """All numbers, in Prometheus' text form."""
        return generate_latest(self.registry)


def endpoint(metrics: Metrics, settings: Settings) -> Callable[[Request], Response]:
    """Handler for ``GET /metrics``: the numbers for the operator, 404 for everybody else."""

    def show(request: Request) -> Response:
        if not may_read(settings, request.headers.get("authorization", ""), request.client.host if request.client else ""):
            return Response(status_code=404)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})

    return show


def may_read(settings: Settings, authorization: str, client: str) -> bool:
    """Whether a caller with this ``Authorization`` header and address may read the numbers."""
    token = settings.metrics_token.get_secret_value()
    if token:
        return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())
    return settings.mode == "demo" and _is_loopback(client)


def _is_loopback(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


def label_values(registry: CollectorRegistry) -> Iterable[tuple[str, str]]:
    """Every label and value in use, except the buckets of histograms."""
    for family in registry.collect():
        for sample in family.samples:
            yield from ((name, value) for name, value in sample.labels.items() if name != "le")
