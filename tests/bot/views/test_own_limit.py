"""A wait for our own rate limit is named, so that the service doesn't look slow."""

import io

import pytest

from bot.domain.answers import AccountsHealth, Late, OwnLimit, ServiceError, ServiceHealth
from bot.domain.errors import Problem, UsageError
from bot.views import errors, lateness
from bot.views.slack.accounts import accounts
from bot.views.slack.errors import usage
from bot.views.terminal import tables
from providers.http.rate_limit import OWN_LIMIT
from tests.bot.views import judges
from tests.bot.views.anything import NOON

WAIT = OwnLimit(seconds=1.2, per_second=5)
LATE = ServiceError(
    account="media-cn", service="video-ocr", kind="late", code="late", message="no answer within 10 s", retryable=True
)
USED_UP = LATE.model_copy(
    update={"kind": "throttled", "code": OWN_LIMIT, "message": "Callboard's own request budget is used up"}
)
ANSWERS = ServiceHealth(
    account="media-cn",
    service="video-ocr",
    region="cn-north-4",
    lists=True,
    latency_s=0.052,
    waited=WAIT,
    budget_left=0,
    budget=5,
)
HEALTH = AccountsHealth(services=(ANSWERS,), checked_at=NOON)


def test_accounts_show_the_wait_beside_the_latency():
    said = judges.words(accounts(HEALTH))
    assert "OK · 52 ms · waited 1 s for our own limit of 5 requests/s · 0 of 5 requests left" in said


def test_the_terminal_shows_it_too():
    output = io.StringIO()
    tables.console(output).print(tables.accounts(HEALTH))
    assert "52 ms" in output.getvalue()
    assert "waited 1 s for our own limit of 5 requests/s" in output.getvalue()


def test_a_late_service_shows_our_share_of_the_wait():
    error = LATE.model_copy(update={"waited": WAIT})
    said = "(no answer within 10 s; waited 1 s for our own limit of 5 requests/s). Try again in a moment."
    assert said in errors.service_error(error)
    assert "waited" not in errors.service_error(LATE)


def test_a_service_that_could_not_be_asked_blames_our_budget():
    error = USED_UP.model_copy(update={"waited": OwnLimit(seconds=9.6, per_second=0.5)})
    said = errors.service_error(error)
    assert "*media-cn/video-ocr* wasn't called in time (waited 10 s for our own limit of 0.5 requests/s)" in said
    assert "(`budget`: Callboard's own request budget is used up)" in errors.service_error(USED_UP)


@pytest.mark.parametrize(
    ("per_second", "said"),
    [(1, "1 request/s"), (1.5, "1.5 requests/s"), (0.5, "0.5 requests/s"), (15, "15 requests/s")],
)
def test_limits_in_words(per_second: float, said: str):
    assert errors.waited(OwnLimit(seconds=2, per_second=per_second)) == f"waited 2 s for our own limit of {said}"


def test_a_late_answer_shows_our_share_of_the_wait():
    late = Late(account="media-cn", service="video-ocr", after_s=4.1, waited=WAIT)
    ours = "(waited 1 s for our own limit of 5 requests/s)"
    assert f"video-ocr after 4 s {ours}: 3 jobs" in lateness.came(late, 3, [])
    assert f"didn't respond in 4 s {ours}" in lateness.came(late, 0, [LATE])


def test_too_many_questions_are_refused_in_words():
    message = usage(UsageError(Problem.TOO_MANY_QUESTIONS, "12"))
    judges.accept(message)
    assert "You have 12 questions in progress" in message.text
