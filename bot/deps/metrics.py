"""Metrics for operators: counters, gauges and histograms for Prometheus.

Each `Metrics` has its own registry, so that nothing is global.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.record_formats import Kind

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The format that `text` returns (prometheus.io, "Exposition formats", text-based format)."""
SWEEP_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Bounds in seconds for a sweep, from one fast request to the longest interval between two sweeps."""
TOLD_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0)
"""Bounds in seconds for the delay of a notification. 250 ms is the aim, one post a second in a channel is the usual
limit, and a suspended channel is the maximum."""
CLOCKS: Final = ("redis", "slack")
"""The clocks to compare with this machine's. An unknown offset is NaN."""
_SERVICE = ("account", "service")


class Rejection(StrEnum):
    """Why an HTTP connection was closed."""

    CONNECTIONS = "too many connections"
    HELD = "too many bytes of incomplete requests"
    TIME = "no complete request in time"
    SIZE = "too many bytes"
    SYNTAX = "not HTTP"


class Metrics:
    """The metrics of this process since its start."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        outcomes = (*_SERVICE, "outcome")
        self._sweeps = counter("callboard_sweeps", "Sweeps of a service.", outcomes)
        self._sweep_s = histogram(
            "callboard_sweep_duration_seconds", "How long a sweep took.", _SERVICE, buckets=SWEEP_S
        )
        self._requests = counter("callboard_provider_requests", "Requests to a service.", outcomes)
        self._lag = gauge("callboard_sweep_lag_seconds", "How late a service's next sweep is.", _SERVICE)
        self._outbox = gauge("callboard_outbox_depth", "Notifications that are not posted yet.")
        self._clock = gauge(
            "callboard_clock_offset_seconds", "How far this machine's clock is ahead of another.", ["to"]
        )
        self._deliveries = counter("callboard_deliveries", "Posts and edits, by outcome.", ["outcome"])
        self._throttled = counter("callboard_slack_throttled", "Calls that Slack rate limited (429).", ["method"])
        self._newer = gauge("callboard_newer_records", "Records of a newer version, which are left alone.", ["kind"])
        self._unreadable = gauge("callboard_unreadable_records", "Corrupt records that were moved aside.", ["kind"])
        self._refused = counter("callboard_http_refused", "HTTP connections that were closed.", ["reason"])
        self._dropped = counter("callboard_task_messages_dropped", "Unreadable task messages that were dropped.")
        self._told = histogram(
            "callboard_delivery_delay_seconds", "From recording a change to Slack's answer.", buckets=TOLD_S
        )
        self._reset_at = gauge(
            "callboard_database_reset_timestamp_seconds",
            "When a reset of the database was detected, as Unix time; 0 without a reset.",
        )
        # Create all labels now, so that rates are right from the first event and an unknown offset appears.
        for other in CLOCKS:
            self._clock.labels(other).set(math.nan)
        for reason in Rejection:
            self._refused.labels(reason.value)
        self.records({}, {})

    def swept(self, account: str, service: str, outcome: str, seconds: float) -> None:
        """Count a sweep that took `seconds`. `outcome` is "ok" or the kind of failure."""
        self._sweeps.labels(account, service, outcome).inc()
        self._sweep_s.labels(account, service).observe(seconds)

    def requested(self, account: str, service: str, outcome: str, number: int = 1) -> None:
        """Count requests to a service. `outcome` is "ok" or the kind of failure."""
        self._requests.labels(account, service, outcome).inc(number)

    def lag(self, account: str, service: str, seconds: float) -> None:
        """Set by how many seconds the sweep of a service is overdue; 0 if it is on time."""
        self._lag.labels(account, service).set(max(seconds, 0.0))

    def outbox(self, depth: int) -> None:
        """Set the number of undelivered notifications, over all destinations."""
        self._outbox.set(depth)

    def delivered(self, outcome: str) -> None:
        """Count calls that notify, by outcome: posted, edited, unsure, found, or the value of an `ErrorAction`."""
        self._deliveries.labels(outcome).inc()

    def throttled(self, method: str) -> None:
        """Count a call of a Web API method that Slack rate limited."""
        self._throttled.labels(method).inc()

    def records(self, newer: Mapping[str, int], unreadable: Mapping[str, int]) -> None:
        """Set the numbers of newer and of unreadable records, by kind."""
        for gauge, numbers in ((self._newer, newer), (self._unreadable, unreadable)):
            for kind in {*Kind, *numbers}:
                gauge.labels(kind).set(numbers.get(kind, 0))

    def refused(self, reason: Rejection) -> None:
        """Count an HTTP connection that was closed."""
        self._refused.labels(reason.value).inc()

    def dropped(self) -> None:
        """Count an unreadable task message that was dropped."""
        self._dropped.inc()

    def notified(self, seconds: float) -> None:
        """Count a change that reached Slack `seconds` after it was recorded."""
        self._told.observe(seconds)

    def clock(self, to: str, ahead_s: Callable[[], float | None]) -> None:
        """Report at each scrape by how many seconds this machine's clock is ahead of another."""
        self._clock.labels(to).set_function(lambda: math.nan if (ahead := ahead_s()) is None else ahead)

    def reset(self, at: datetime | None) -> None:
        """Set when a reset of the database was detected; None without a reset."""
        self._reset_at.set(at.timestamp() if at else 0)

    def text(self) -> bytes:
        """Return all metrics, in the format of CONTENT_TYPE."""
        return generate_latest(self._registry)
