"""The last answer of a service."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.answers import ServiceError
from bot.store import Health, HealthBook, Outcome, Store
from bot.store.redis.connection import RedisLink

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OCR = ("media", "video-ocr")
HUMAN = ("media", "digital-human")


def failure(message: str = "too many") -> ServiceError:
    return ServiceError(
        account="media", service="video-ocr", kind="throttled", code="APIG.0308", message=message, retryable=True
    )


@pytest.fixture
def health(store: Store) -> HealthBook:
    return store.health


async def test_a_service_never_asked_has_no_health(health: HealthBook):
    assert await health.read([OCR]) == {OCR: Health()}
    assert await health.read([]) == {}
    assert await health.record([], NOW) == {}


async def test_an_answer(health: HealthBook):
    assert await health.record([Outcome(*OCR, 0.25)], NOW) == {}
    assert await health.read([OCR, HUMAN]) == {OCR: Health(NOW, 0.25), HUMAN: Health()}


async def test_failing_since_is_the_first_failure_in_a_row(health: HealthBook):
    await health.record([Outcome(*OCR, 0.25)], NOW)
    first = await health.record([Outcome(*OCR, 1.0, failure("one"))], NOW + timedelta(minutes=1))
    second = await health.record([Outcome(*OCR, 1.0, failure("two"))], NOW + timedelta(minutes=2))
    assert first == second == {OCR: NOW + timedelta(minutes=1)}
    known = (await health.read([OCR]))[OCR]
    assert known.last_ok_at == NOW
    assert known.latency_s == 0.25
    assert known.error == failure("two").model_copy(update={"failing_since": NOW + timedelta(minutes=1)})


async def test_an_answer_ends_the_failing(health: HealthBook):
    await health.record([Outcome(*OCR, 1.0, failure())], NOW)
    assert await health.record([Outcome(*OCR, 0.5)], NOW + timedelta(minutes=1)) == {}
    ended = Health(NOW + timedelta(minutes=1), 0.5, last_error=failure(), last_error_at=NOW)
    assert (await health.read([OCR]))[OCR] == ended


async def test_many_services_at_once(health: HealthBook):
    outcomes = [Outcome(*OCR, 0.1), Outcome(*HUMAN, 0.2, failure())]
    assert await health.record(outcomes, NOW) == {HUMAN: NOW}
    known = await health.read([OCR, HUMAN])
    assert known[OCR].error is None
    assert known[HUMAN].error


async def test_a_secret_in_a_message_is_not_kept(health: HealthBook, link: RedisLink):
    leak = "GET https://me:hunter2@host/path?Signature=hunter2 AccessKeyId=hunter2"
    await health.record([Outcome(*OCR, 1.0, failure(leak))], NOW)
    for name in await link.execute("KEYS", "*"):
        assert "hunter2" not in str(await link.execute("HGETALL", name))
