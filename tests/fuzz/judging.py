"""What holds of whatever arrives; and how many examples of it are tried.

More of them, at random: `CALLBOARD_STORIES=5000 pytest tests/fuzz`
"""

import os

from hypothesis import HealthCheck, settings

from tests.fuzz.booth import HUSH, Outcome


def bounded(usual: int) -> settings:
    """So many examples, or as many others as the environment asks for."""
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
    """It was taken or plainly refused, nothing broke, and nothing was said that is unfit for Slack or for dana."""
    assert outcome.status in {200, *refusals}
    assert not [line for line in outcome.log if line["level"] in {"error", "critical"}], outcome.log
    assert not outcome.unfit
    assert HUSH not in outcome.shown
    assert "Traceback" not in outcome.shown
