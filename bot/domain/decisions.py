"""Decisions: the outcome of one event in one destination, by which rule, and why."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from providers.models import Moment

SUBSCRIPTION = "subscription"
"""The rule that a decision names if it comes from a subscription. A watch is named by its id."""


class Outcome(StrEnum):
    """The outcome of an event, the loudest first."""

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
        """Whether no other decision follows. Exactly one final decision follows a `hold`."""
        return self is not Outcome.HOLD


class Reason(StrEnum):
    """The reason of an outcome. The comments name the parameters of each."""

    # drop
    ACCESS = "access"  # account
    BASELINE = "baseline"
    NO_RULE = "no_rule"
    NOT_WANTED = "not_wanted"  # on: the words of the rule
    FILTERED = "filtered"
    MUTED = "muted"  # mute: id
    UNSUBSCRIBED = "unsubscribed"
    NOT_REACHED = "not_reached"  # count, of, window_s: a threshold that was not reached in its window
    AS_BEFORE = "as_before"  # the held change was undone: the job is as it was last notified
    # fold
    GROUP = "group"  # group
    BATCH = "batch"
    STORM = "storm"  # posts, window_s: the post budget is used, or more replies wait than stay replies
    CATCH_UP = "catch_up"  # noticed late, with others
    TOGETHER = "together"  # event: a later event of the same job, noticed at the same time
    BACK = "back"  # group: the message about the service that was down
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
    RELEASED = "released"  # was held while snoozed


class Decision(BaseModel):
    """The outcome of the event `event` in a destination. Both together are the key of a decision.

    `rule` is the loudest rule that matched (`w7`, or `subscription`), `also` the others, `parameters` those of the
    reason, `until` when a `hold` ends. Example: `fold` into group `g12` by `w7`, and by `w9` too. `channel` and `ts`
    are the message that was posted or that has the folded event, once it is there. `held` is set if the decision
    follows a `hold`.
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
        """Whether `/jobs why` reads it from the store. Other drops are decided again from the event log."""
        return self.held or self.outcome is not Outcome.DROP


class Decided(NamedTuple):
    """A decision about an event of `ref`: a job or a service (`ACCOUNT/SERVICE`)."""

    ref: str
    decision: Decision
