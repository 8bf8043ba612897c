"""Error messages: what went wrong, and what to do about it."""

import pytest
from hypothesis import given, settings

from bot.domain.answers import ServiceError
from bot.domain.errors import Problem, UsageError
from bot.views import errors as views
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON


def failure(**values: object) -> ServiceError:
    everyday: dict[str, object] = {
        "account": "vod-sg", "service": "vod-ai", "kind": "unavailable", "code": "unavailable", "message": "",
        "retryable": True,
    }  # fmt: skip
    return ServiceError.model_validate({**everyday, **values})


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "⚠️ *vod-sg/vod-ai* is unavailable. Try again in a moment."),
        ({"kind": "throttled", "code": "Throttling.User", "message": "Too many.", "retry_after": 2.2},
         "⚠️ *vod-sg/vod-ai* is rate limiting us (`Throttling.User`: Too many.). Try again in 3 s."),
        ({"kind": "throttled", "code": "throttled", "retry_after": 0.01},
         "⚠️ *vod-sg/vod-ai* is rate limiting us. Try again in 1 s."),
        ({"kind": "unauthorized", "code": "InvalidAccessKeyId.NotFound", "retryable": False, "request_id": "r1"},
         ("⚠️ *vod-sg/vod-ai* rejected our credentials (`InvalidAccessKeyId.NotFound`). "
          "Ask your Callboard admin to run `callboard check`. Request id `r1`.")),
        ({"kind": "malformed", "code": "malformed", "failing_since": NOON, "retryable": False},
         ("⚠️ *vod-sg/vod-ai* sent an invalid response, failing since "
          "<!date^1795176000^{date_short_pretty} at {time}|2026-11-20 12:00 UTC>. Retrying won't help.")),
        ({"kind": "memory", "code": "memory"},
         "⚠️ *vod-sg/vod-ai* can't be listed now. Callboard runs without it and recovers automatically."),
        ({"kind": "rejected", "code": "Unheard.Of", "message": "No.", "retryable": False, "request_id": "r1"},
         "⚠️ *vod-sg/vod-ai* refused the request (`Unheard.Of`: No.). Request id `r1`."),
        ({"kind": "rejected", "code": "rejected", "retryable": False},
         "⚠️ *vod-sg/vod-ai* refused the request."),
        ({"kind": "unauthorized", "code": "APIGW.0301", "retryable": False,
          "message": "this machine's clock is off by 16 minutes"},
         ("⚠️ *vod-sg/vod-ai* rejected the time of our requests (`APIGW.0301`: this machine's clock is off by 16 "
          "minutes). Set the clock of Callboard's host, ideally with NTP.")),
        ({"kind": "unheard of", "code": "X"}, "⚠️ *vod-sg/vod-ai* returned an error (`X`). Try again in a moment."),
    ],
)  # fmt: skip
def test_a_line_for_each_failure(values: dict[str, object], line: str):
    assert views.service_error(failure(**values)) == line


@settings(max_examples=60)
@given(anything.errors)
def test_no_vendor_text_breaks_a_line(error: ServiceError):
    line = views.service_error(error)
    judges.accept_mrkdwn(line)
    assert len(line) < 1000
    assert "\n" not in line


def test_a_number_of_jobs_is_no_code():
    said = views.sentence(UsageError(Problem.TOO_MANY_JOBS, "60", expected=("20",)))
    assert said == "60 jobs are too many. Name at most 20."


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_sentence(problem: Problem):
    """With and without choices."""
    assert views.sentence(UsageError(problem))[-1] in ".?"
    said = views.sentence(UsageError(problem, "<!here>", expected=("a", "b", "c")))
    assert "{" not in said
    judges.accept_mrkdwn(said)
