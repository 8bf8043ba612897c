"""Metrics keep their names, types, labels and label values: alerts and dashboards name them.

The words here are written out, not taken from the code. Account and service names are the configuration's, and the
methods of `callboard_slack_throttled_total` are Slack's.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.deps.deps import Deps
from bot.deps.metrics import Metrics
from bot.domain.errors import StoreUnavailable
from bot.domain.outbox import ChangedEntry
from bot.jobs.fan_out import Known, Question
from bot.polling.sweep import sweep
from bot.slack_api.errors import ErrorAction
from bot.store import Store
from providers.base import Provider
from providers.errors import ProviderError, Unavailable
from providers.models import JobState
from tests.bot.delivery_world import ANY, World
from tests.bot.memory import InMemory, services
from tests.bot.samples import DESTINATION, moved

METRICS = {
    "callboard_clock_offset_seconds": ("gauge", {"to"}),
    "callboard_database_reset_timestamp_seconds": ("gauge", set[str]()),
    "callboard_deliveries_total": ("counter", {"outcome"}),
    "callboard_delivery_delay_seconds_bucket": ("histogram", {"le"}),
    "callboard_delivery_delay_seconds_count": ("histogram", set[str]()),
    "callboard_delivery_delay_seconds_sum": ("histogram", set[str]()),
    "callboard_http_refused_total": ("counter", {"reason"}),
    "callboard_newer_records": ("gauge", {"kind"}),
    "callboard_outbox_depth": ("gauge", set[str]()),
    "callboard_provider_requests_total": ("counter", {"account", "service", "outcome"}),
    "callboard_slack_throttled_total": ("counter", {"method"}),
    "callboard_sweep_duration_seconds_bucket": ("histogram", {"account", "service", "le"}),
    "callboard_sweep_duration_seconds_count": ("histogram", {"account", "service"}),
    "callboard_sweep_duration_seconds_sum": ("histogram", {"account", "service"}),
    "callboard_sweep_lag_seconds": ("gauge", {"account", "service"}),
    "callboard_sweeps_total": ("counter", {"account", "service", "outcome"}),
    "callboard_task_messages_dropped_total": ("counter", set[str]()),
    "callboard_unreadable_records": ("gauge", {"kind"}),
}
"""The samples: types, and names of labels. The client library adds `…_created` to counters and histograms."""
SWEEPS = {
    "ok",
    "unauthorized",
    "forbidden",
    "invalid_query",
    "not_offered",
    "throttled",
    "unavailable",
    "malformed",
    "rejected",
}
REQUESTS = SWEEPS | {"late", "memory"}
DELIVERIES = {
    "posted",
    "edited",
    "found",
    "unsure",
    "retry",
    "hold",
    "suspend",
    "detach",
    "plain",
    "unknown",
}
KINDS = {
    "card",
    "entry",
    "mark",
    "suspension",
    "job",
    "list of followers",
    "lost job",
    "digest",
    "failure group",
    "watch",
    "installation",
}
FROM_THE_START = {
    ("callboard_clock_offset_seconds", "to"): {"redis", "slack"},
    ("callboard_http_refused_total", "reason"): {
        "too many connections",
        "too many bytes of incomplete requests",
        "no complete request in time",
        "too many bytes",
        "not HTTP",
    },
    ("callboard_newer_records", "kind"): KINDS,
    ("callboard_unreadable_records", "kind"): KINDS,
}
BOUNDS = {
    "callboard_delivery_delay_seconds_bucket": "0.05 0.1 0.25 0.5 1.0 2.5 5.0 15.0 60.0 300.0 1800.0 +Inf",
    "callboard_sweep_duration_seconds_bucket": "0.05 0.1 0.25 0.5 1.0 2.5 5.0 10.0 30.0 60.0 120.0 +Inf",
}
REFUSALS = ("internal_error", "internal_error!", "token_revoked", "is_archived",
            "cannot_reply_to_message", "invalid_blocks", "never_heard_of", "lost")  # fmt: skip
"""Responses of Slack to a post, one for each `ErrorAction` except that for rate limits."""


def families(metrics: Metrics) -> list[Metric]:
    read = text_string_to_metric_families(metrics.text().decode())
    return [family for family in read if not family.name.endswith("_created")]


def values(metrics: Metrics) -> Mapping[tuple[str, str], list[str]]:
    """Return the values of each label, in their order."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for sample in (sample for family in families(metrics) for sample in family.samples):
        for label, value in sample.labels.items():
            found[sample.name, label].append(value)
    return found


def outcomes(metrics: Metrics, name: str) -> set[str]:
    return set(values(metrics)[name, "outcome"])


def errors(kind: type[ProviderError] = ProviderError) -> list[ProviderError]:
    """Return one error of each type."""
    return [each for kind in kind.__subclasses__() for each in (kind("trouble"), *errors(kind))]


def test_names_types_labels_and_bounds():
    metrics = Metrics()
    metrics.swept("media", "video-ocr", "ok", 0.2)
    metrics.requested("media", "video-ocr", "ok")
    metrics.lag("media", "video-ocr", 1)
    metrics.delivered("posted")
    metrics.throttled("chat.update")
    assert [family.name for family in families(metrics) if not family.samples] == [], "each label is used above"
    samples = [(sample, family.type) for family in families(metrics) for sample in family.samples]
    assert {sample.name: (kind, set(sample.labels)) for sample, kind in samples} == METRICS
    assert {name: " ".join(values(metrics)[name, "le"]) for name in BOUNDS} == BOUNDS


def test_values_present_from_the_start():
    assert {key: set(found) for key, found in values(Metrics()).items() if key[1] != "le"} == FROM_THE_START


async def test_outcomes_of_sweeps(store: Store):
    world = World(store)
    await world.follow()
    for error in [None, *errors()]:
        world.provider.trouble = lambda _, error=error: error
        world.now += timedelta(minutes=10)
        await sweep(world.deps, world.provider)
    assert outcomes(world.deps.metrics, "callboard_sweeps_total") == SWEEPS


async def test_outcomes_of_requests(store: Store):
    troubles = [None, *errors(), Unavailable("no answer", code="timeout"), StoreUnavailable("no Redis")]
    parts: Deps = services(store, *(InMemory(service=str(index)) for index in range(len(troubles))))

    async def ask(provider: Provider, _: list[str]) -> None:
        if error := troubles[int(provider.service)]:
            raise error

    async def as_known(known: Known[list[str]]) -> Known[list[str]]:
        return known

    await Question(parts, parts.providers, ask, list[str], as_known)
    assert outcomes(parts.metrics, "callboard_provider_requests_total") == REQUESTS


async def test_outcomes_of_deliveries(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    world = World(store)
    await world.follow(ANY)
    await world.told()
    [card] = (await world.snapshot()).cards
    for number, refusal in enumerate(REFUSALS, start=1):
        running = world.provider.jobs[0].model_copy(update={"state": JobState.RUNNING})
        started = moved(running, before=JobState.PENDING).model_copy(update={"attempt": number})
        await store.outbox.put(DESTINATION, ChangedEntry(change=started), f"R{number}", card)
        world.slack.trouble = [refusal]
        await world.told()
        await store.outbox.restore(DESTINATION)
    await edit_cards(world.deps, DESTINATION)
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["ratelimited"]
    await deliver(world.deps, DESTINATION)
    assert outcomes(world.deps.metrics, "callboard_deliveries_total") == DELIVERIES
    assert set(ErrorAction) < DELIVERIES, "each verdict is tried"
