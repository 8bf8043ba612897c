"""Metrics for Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from bot.deps.metrics import Metrics, Rejection


def samples(metrics: Metrics) -> dict[str, float]:
    """Return every sample by its name and labels, such as `callboard_sweeps_total media video-ocr ok`."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        " ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in families
        for sample in family.samples
    }


def test_sweeps_are_counted_and_timed():
    metrics = Metrics()
    metrics.swept("media", "video-ocr", "ok", 0.2)
    metrics.swept("media", "video-ocr", "ok", 0.4)
    metrics.swept("media", "video-ocr", "throttled", 1.0)
    read = samples(metrics)
    assert read["callboard_sweeps_total media ok video-ocr"] == 2
    assert read["callboard_sweeps_total media throttled video-ocr"] == 1
    assert read["callboard_sweep_duration_seconds_count media video-ocr"] == 3
    assert read["callboard_sweep_duration_seconds_bucket media 0.25 video-ocr"] == 1


def test_counters_are_exported():
    metrics = Metrics()
    metrics.requested("media", "video-ocr", "ok", 3)
    metrics.delivered("posted")
    metrics.delivered("posted")
    metrics.throttled("chat.update")
    metrics.notified(0.1)
    read = samples(metrics)
    assert read["callboard_provider_requests_total media ok video-ocr"] == 3
    assert read["callboard_deliveries_total posted"] == 2
    assert read["callboard_slack_throttled_total chat.update"] == 1
    assert read["callboard_delivery_delay_seconds_sum"] == 0.1


def test_gauges_hold_the_last_value_and_lag_is_never_negative():
    metrics = Metrics()
    metrics.outbox(7)
    metrics.outbox(2)
    metrics.lag("media", "video-ocr", 4.5)
    metrics.lag("media", "image-moderation", -3)
    read = samples(metrics)
    assert read["callboard_outbox_depth"] == 2
    assert read["callboard_sweep_lag_seconds media video-ocr"] == 4.5
    assert read["callboard_sweep_lag_seconds media image-moderation"] == 0


def test_two_registries_are_separate():
    first, second = Metrics(), Metrics()
    first.outbox(7)
    assert samples(second)["callboard_outbox_depth"] == 0


def test_refused_connections_are_counted_by_reason():
    metrics = Metrics()
    for reason in (Rejection.CONNECTIONS, Rejection.SIZE, Rejection.SIZE):
        metrics.refused(reason)
    read = samples(metrics)
    assert read["callboard_http_refused_total too many bytes"] == 2
    assert read["callboard_http_refused_total too many connections"] == 1
    assert read["callboard_http_refused_total not HTTP"] == 0
