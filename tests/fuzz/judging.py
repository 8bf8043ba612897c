"""The checks for any payload, and the number of examples to try.

More of them, at random: `CALLBOARD_STORIES=5000 pytest tests/fuzz`
"""

import os

from hypothesis import HealthCheck, settings

from tests.fuzz.booth import HUSH, Outcome


def bounded(usual: int) -> settings:
    """Return settings for this many examples, or as many random ones as the environment sets."""
    return settings(
        max_examples=int(os.environ.get("CALLBOARD_STORIES", usual)),
        database=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )


def judge(outcome: Outcome, *refusals: int) -> None:
    """Check an outcome: accepted or plainly refused, no error, and no words unfit for Slack or for Dana."""
    assert outcome.status in {200, *refusals}
    assert not [line for line in outcome.log if line["level"] in {"error", "critical"}], outcome.log
    assert not outcome.unfit
    assert HUSH not in outcome.shown
    assert "Traceback" not in outcome.shown
