"""Decisions: what becomes of one event in one destination, by which rule, and why."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from providers.models import Moment

SUBSCRIPTION = "subscription"
"""What a decision names as its rule where people follow the job itself; a watch is named by its id."""


class Outcome(StrEnum):
    """What becomes of an event, the loudest first."""

    POST = "post"
    FOLD = "fold"
    HOLD = "hold"
    DROP = "drop"

    @property
    def loudness(self) -> int:
        """A number that is higher for a louder outcome."""
        return -list(Outcome).index(self)

    @property
    def final(self) -> bool:
        """Whether no other decision follows; a `hold` is followed by exactly one that is final."""
        return self is not Outcome.HOLD


class Reason(StrEnum):
    """Why an outcome was chosen; the comment names the parameters of each."""

    # drop
    ACCESS = "access"  # account
    BASELINE = "baseline"
    NO_RULE = "no_rule"
    NOT_WANTED = "not_wanted"  # on: the words of the rule
    FILTERED = "filtered"
    MUTED = "muted"  # mute: id
    UNSUBSCRIBED = "unsubscribed"
    NOT_REACHED = "not_reached"  # count, of, window_s: a threshold that was held for and not reached
    AS_BEFORE = "as_before"  # what was held is undone: the job is as it was notified last
    # fold
    GROUP = "group"  # group
    BATCH = "batch"
    STORM = "storm"  # posts, window_s: the post budget is used, or more replies wait than stay replies
    CATCH_UP = "catch_up"  # noticed late, with others
    TOGETHER = "together"  # event: a later event of the same job, noticed at the same time
    BACK = "back"  # group: the message that says since when the service is down
    # hold
    THRESHOLD = "threshold"  # count, of, window_s; or share, of, window_s
    SNOOZED = "snoozed"
    REMOVED = "removed"  # the watch was removed, and can be restored
    # post
    FIRST = "first"  # group: the first failure of a group
    WANTED = "wanted"
    REACHED = "reached"  # group, of, window_s
    BATCH_FAILED = "batch_failed"
    BATCH_FINISHED = "batch_finished"
    RELEASED = "released"  # what was held while snoozed


class Decision(BaseModel):
    """What becomes of the event `event` in a destination. The key of a decision is both.

    `rule` is the loudest rule that matched (`w7`, or `subscription`), `also` the others, `parameters` those of the
    reason, `until` the time to which a `hold` holds. Example: `fold` into group `g12` by `w7`, and by `w9` too.
    `channel` and `ts` are the message that was posted, or into which it was folded, once that is there. `held` says
    that it follows a `hold`.
    """

    model_config = ConfigDict(frozen=True)

    event: str
    at: Moment
    outcome: Outcome
    reason: Reason
    rule: str = ""
    also: tuple[str, ...] = ()
    parameters: Mapping[str, str | int] = {}
    until: Moment | None = None
    channel: str = ""
    ts: str = ""
    held: bool = False

    @property
    def kept(self) -> bool:
        """Whether it is kept for `/jobs why`: an event that is dropped at once is decided again from the event log."""
        return self.held or self.outcome is not Outcome.DROP


class Decided(NamedTuple):
    """A decision about an event of a job, by its ref, or of a service (`ACCOUNT/SERVICE`)."""

    ref: str
    decision: Decision
