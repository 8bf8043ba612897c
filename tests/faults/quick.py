"""The bot with shorter intervals: `python -m tests.faults.quick serve|worker --config …` is `callboard`, faster.

Only numbers differ, and they keep their order. An unconfirmed post counts as failed (TIMEOUT_S) well after the client's
timeout (SLACK_S). A dead worker's tasks are claimed by another (LEASE) no sooner than that, and a task is retried
(AGAIN) sooner than either. Jobs are looked at every second, a destination gets five posts per second, and Slack's
budgets per minute grow as much. The operating system's part is not shortened: heartbeats, Socket Mode's pings, and the
time limit of Redis.

A process exits when its standard input is closed, so that none outlives its parent.
"""

import os
import threading
from datetime import timedelta
from functools import partial

from bot.background import tasks
from bot.delivery import card_editor, closed_groups, context, dispatcher, posts_in_doubt, sender
from bot.domain import absence, failure_groups, sweeps, walks
from bot.polling import discovery, planner, recorder, sweep, witness
from bot.rules import decide, destination_state
from bot.runtime import runner
from bot.slack_api import connect, errors
from bot.store import slack_rate_limits
from bot.task_queue import worker
from callboard import cli

ANSWER_S = 3.0
"""The time limit of a question to the clouds."""
QUICK_GROUPS = {
    "CLOSES_AFTER": timedelta(seconds=40),
    "STORM_CLOSES_AFTER": timedelta(seconds=20),
    "THREAD_LINES_AFTER": tuple(timedelta(seconds=seconds) for seconds in (3, 8, 15, 30)),
    "BUDGET_WINDOW": timedelta(seconds=6),
}
"""Heads get lines and close within the run, and channels get their few messages more often than each minute."""
SLACK_S = 2.5
TIMEOUT_S = 4.0
LEASE_S = 4.0


def hurry() -> None:
    """Shorten the times."""
    for module, numbers in (
        (planner, {"YOUNG": timedelta(seconds=1), "OLDEST": timedelta(seconds=3)}),
        (sweep, {"LOOKAHEAD": timedelta(seconds=0.3), "LEAST_S": 0.2}),
        (recorder, {"AFTER_MISS": timedelta(seconds=3)}),
        (sweeps, {"MOST_S": 1.0, "BACK_OFF_MAX_S": 5.0}),
        (absence, {"LOST_AFTER": timedelta(seconds=6)}),
        (witness, {"ASKED_EVERY": timedelta(seconds=1)}),
        (sender, {"POST_INTERVAL_S": 0.2, "IN_FLIGHT_TIMEOUT_S": TIMEOUT_S, "RETRY_S": 1.0, "HOLD_S": 5.0}),
        (posts_in_doubt, {"ANSWERED_S": (0.3, 0.8, 1.5), "SILENT_S": 0.8}),
        (dispatcher, {"POST_INTERVAL_S": 0.2, "VISIT": timedelta(seconds=2), "HOLD_S": 5.0}),
        (
            card_editor,
            {"RETRY_S": 1.0, "HOLD_S": 5.0, "GROWS_FAST": timedelta(seconds=1), "GROWS": timedelta(seconds=3)},
        ),
        (walks, {"PACE_MIN_S": 1.0, "PACE_MAX_S": 3.0}),
        (discovery, {"PACE_MIN_S": 1.0}),
        (failure_groups, QUICK_GROUPS),
        *(
            (each, {"BUDGET_WINDOW": QUICK_GROUPS["BUDGET_WINDOW"]})
            for each in (closed_groups, decide, destination_state)
        ),
        (errors, {"RETRY_S": 1.0}),
        (context, {"RETRY_S": 1.0}),
        (
            slack_rate_limits,
            {"EDITS_A_MINUTE": 500, "HEADS_A_MINUTE": 300, "POSTS_A_MINUTE": 2000, "SEARCHES_A_MINUTE": 200},
        ),
        (tasks, {"AGAIN": timedelta(seconds=1)}),
        (worker, {"LEASE": timedelta(seconds=LEASE_S), "GRACE_S": 5.0}),
        (connect, {"SLACK_S": SLACK_S}),
        (runner, {"running": partial(runner.running, answer_s=ANSWER_S)}),
    ):
        for name, value in numbers.items():
            assert hasattr(module, name), f"{module.__name__} has no {name} any more"
            setattr(module, name, value)
    assert sender.IN_FLIGHT_TIMEOUT_S > connect.SLACK_S
    assert worker.LEASE.total_seconds() >= sender.IN_FLIGHT_TIMEOUT_S


def end_with_parent() -> None:
    """Exit when standard input is closed."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    hurry()
    end_with_parent()
    cli.main()
