"""The failures of every provider: each documented refusal becomes one of the eight errors, without secrets."""

import logging
from collections import Counter
from typing import Any

import httpx
import pytest

from providers import errors, registry
from providers.models import Job, JobError, JobState
from providers.services import SERVICES
from tests.contracts.asking import all_texts, ask, provider
from tests.contracts.case import LEAK, Case, Failure
from tests.contracts.cases import cases

CASES = cases()
FAILURES = [pytest.param(case, failure, id=f"{case}: {failure.name}") for case in CASES for failure in case.failures]


def test_every_service_has_a_case():
    without = sorted({*SERVICES} - {case.service for case in CASES})
    assert not without, f"services without a case in tests/contracts/cases: {', '.join(without)}"
    assert len(CASES) == len(SERVICES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_has_each_kind_of_failure(case: Case):
    lacking = {*errors.ProviderError.__subclasses__()} - {failure.raises for failure in case.failures}
    assert not lacking, f"{case} has no failure that raises {', '.join(sorted(each.__name__ for each in lacking))}"
    assert any(failure.retry_after for failure in case.failures), f"no failure of {case} says when to ask again"
    assert LEAK in all_texts(*case.failures), f"no failure of {case} holds a secret"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_meaning_of_a_code_is_available(case: Case):
    failed = Job(account=case.account.name, service=case.service, id=case.ids[0], state=JobState.FAILED)
    for code in ("no such code", *(failure.code for failure in case.failures)):
        meaning = registry.meaning(failed.model_copy(update={"error": JobError(code=code)}))
        assert meaning is None or meaning


@pytest.mark.parametrize(("case", "failure"), FAILURES)
async def test_a_refusal_becomes_its_error(case: Case, failure: Failure, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    asked: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        asked[str(request.url)] += 1
        return failure.response()

    with pytest.raises(failure.raises) as caught:
        await ask(case, provider(case, answer))
    error = caught.value
    assert type(error) is failure.raises
    assert failure.code is None or error.code == failure.code
    assert error.message
    assert error.request_id == failure.request_id
    assert error.retry_after == failure.retry_after
    assert error.retryable is (failure.raises.retryable_by_default if failure.retryable is None else failure.retryable)
    assert (error.account, error.service) == (case.account.name, case.service)
    assert LEAK not in all_texts(error, vars(error)) + caplog.text
    if not error.retryable:
        assert {*asked.values()} == {1}


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("LEAK"), "unreachable"),
        (httpx.ReadTimeout("LEAK"), "timeout"),
        (httpx.RemoteProtocolError("LEAK"), "broken_connection"),
        (httpx.DecodingError("LEAK"), "broken_connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_broken_connection_is_unavailable(case: Case, raised: Exception, kind: str):
    def answer(request: httpx.Request) -> Any:
        raise raised

    with pytest.raises(errors.Unavailable) as caught:
        await ask(case, provider(case, answer))
    assert caught.value.code == kind
    assert LEAK not in all_texts(caught.value)
