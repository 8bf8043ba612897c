"""Many services under one deadline: each costs at most one line of the answer."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.jobs.fan_out import Known, ProviderCall, Question, ServiceAnswer
from bot.store import Store
from bot.store.redis.connection import RedisLink
from providers.base import Provider
from providers.errors import Throttled, Unauthorized
from providers.http.deadline import remaining
from providers.models import JobQuery
from tests.bot.memory import NOW, InMemory, failing, services

T = TypeVar("T")
SOON = 0.2
REFUSED = Unauthorized("wrong key", code="APIGW.0301", request_id="r-1")


async def pages(provider: Provider, result: list[str]) -> None:
    """Ask for two pages, and keep each immediately."""
    for _ in range(2):
        page = await provider.page(JobQuery())
        result.extend(job.id for job in page.jobs)


async def asked(parts: Deps) -> Sequence[ServiceAnswer[list[str]]]:
    return await answers(parts, pages, list[str])


async def answers(parts: Deps, call: ProviderCall[T], empty: Callable[[], T]) -> Sequence[ServiceAnswer[T]]:
    return (await Question(parts, parts.providers, call, empty, as_known)).asked


async def as_known(known: Known[T]) -> Known[T]:
    return known


async def test_answers_are_in_the_order_of_the_providers(store: Store):
    first, second = InMemory(service="a").filled(1, "a"), InMemory(service="b").filled(1, "b")
    told = await asked(services(store, first, second))
    assert [answer.address for answer in told] == [("acme", "a"), ("acme", "b")]
    assert [answer.result[0] for answer in told] == ["a-0000", "b-0000"]


async def test_one_that_hangs_delays_none_and_loses_nothing(store: Store):
    slow, quick = InMemory(service="slow", hangs_from=2).filled(1), InMemory(service="quick").filled(1)
    late, well = await asked(services(store, slow, quick, answer_s=SOON))
    assert late.error
    assert (late.error.kind, late.error.retryable) == ("late", True)
    assert late.error.message == "no answer within 0.2 s"
    assert late.result == ["job-0000"]
    assert (well.error, len(well.result)) == (None, 2)
    assert well.latency_s < late.latency_s


async def test_one_that_fails_returns_its_partial_result(store: Store):
    broken = InMemory(trouble=failing(Throttled("slow down", code="Throttling", retry_after=3, request_id="r-2")))
    [answer] = await asked(services(store, broken))
    assert answer.error
    expected = ("acme", "video", "throttled", "Throttling", "slow down", True, "r-2", 3)
    error = answer.error
    told = (error.account, error.service, error.kind, error.code, error.message, error.retryable, error.request_id)
    assert (*told, error.retry_after) == expected


async def test_since_when_a_service_fails_is_shown_from_the_first_failure_on(store: Store):
    provider = InMemory(trouble=failing(REFUSED))
    parts = services(store, provider)
    later = Deps([provider], store, clock=lambda: NOW + timedelta(hours=2))
    first, second = await asked(parts), await asked(later)
    assert [each.error.failing_since for each in (*first, *second) if each.error] == [NOW, NOW]


async def test_an_answer_ends_the_failing(store: Store):
    provider = InMemory(trouble=lambda number: REFUSED if number in {1, 4} else None).filled(1)
    later = Deps([provider], store, clock=lambda: NOW + timedelta(hours=2))
    await asked(services(store, provider))
    [well] = await asked(later)
    [again] = await asked(later)
    assert well.error is None
    assert again.error
    assert again.error.failing_since == NOW + timedelta(hours=2)


async def test_an_answer_from_records_only_says_nothing_about_a_services_health(store: Store):
    provider = InMemory(trouble=failing(REFUSED))
    parts = services(store, provider)
    await asked(parts)

    async def remember(_: Provider, __: list[str]) -> None: ...

    await answers(parts, remember, list[str])
    health = (await store.health.read([("acme", "video")]))["acme", "video"]
    assert health.failing_since == NOW
    assert health.last_ok_at is None


async def test_a_lost_redis_is_the_services_error_where_it_is_needed_and_else_nothing(nowhere: RedisLink):
    async def needs_memory(provider: Provider, _: list[str]) -> None:
        if provider.service == "memory":
            raise StoreUnavailable

    parts = services(Store.over(nowhere), InMemory(service="memory"), InMemory(service="well"))
    lost, well = await answers(parts, needs_memory, list[str])
    assert lost.error
    assert lost.error.kind == "memory"
    assert well.error is None


async def test_what_is_asked_sees_the_deadline(store: Store):
    async def tell(_: Provider, result: list[float]) -> None:
        result.append(remaining())

    parts = services(store, InMemory(), answer_s=3)
    [answer] = await answers(parts, tell, list[float])
    assert 0 < answer.result[0] <= 3


async def test_a_bug_in_a_provider_is_no_other_providers_error(store: Store):
    def bug(_: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asked(services(store, InMemory(trouble=bug)))


async def test_no_service_to_ask(store: Store):
    assert list(await asked(services(store))) == []


async def test_requests_are_counted_by_service_and_outcome(store: Store):
    parts = services(store, InMemory(service="a").filled(1), InMemory(service="b", trouble=failing(REFUSED)))
    await asked(parts)
    told = parts.metrics.text().decode()
    assert 'callboard_provider_requests_total{account="acme",outcome="ok",service="a"} 2.0' in told
    assert 'callboard_provider_requests_total{account="acme",outcome="unauthorized",service="b"} 1.0' in told
