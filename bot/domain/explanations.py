"""Explanations for `/jobs why`: what happened to a job, group or watch, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.domain.answers import JobDetails, Late
from bot.domain.changes import EventKind
from bot.domain.decisions import Decision, Outcome
from bot.domain.failure_groups import FailureGroup, GroupJob
from bot.domain.watch_answers import CoveredService
from bot.domain.watches import Mute, Watch
from providers.models import Job, JobRef, JobState


class KnownEvent(NamedTuple):
    """An event of a job. `at` is the provider's time, `noticed_at` the time of the sweep that saw it.

    `source` is how it was seen, `poll` or `push`. Without `noticed_at` and `source` no sweep saw the event: the
    provider's present answer proves it.
    """

    id: str
    happened: EventKind
    at: datetime | None = None
    noticed_at: datetime | None = None
    state: JobState | None = None
    raw_state: str | None = None
    source: str | None = None


class Explained(NamedTuple):
    """A decision in a destination, with the link to its message; empty without one.

    If it is not `recorded`, it was decided again from the event log, with the rules of that time.
    """

    destination: str
    decision: Decision
    recorded: bool = True
    link: str = ""

    @property
    def certain(self) -> bool:
        """Whether this is the real outcome. Without a record, a post is only what would have happened."""
        return self.recorded or self.decision.outcome is Outcome.DROP


class Action(StrEnum):
    """An action of a person that decided what was posted."""

    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    SNOOZED = "snoozed"
    MUTED = "muted"
    WATCHED = "watched"
    CHANGED = "changed"
    REMOVED = "removed"


class Act(NamedTuple):
    """One action in a destination. `subject` is the id of a watch or a muted code, `until` when it ends.

    `by` is empty if the configuration or the access rules did it. `at` is None if the time is not stored.
    """

    action: Action
    destination: str
    by: str
    at: datetime | None = None
    subject: str = ""
    until: datetime | None = None


class Waiting(NamedTuple):
    """An event that waits in the outbox of a destination behind `ahead` entries.

    `suspended` is why Slack accepts nothing for the destination, None if it does. `paused_s` is how many more seconds
    Slack asks not to post.
    """

    destination: str
    event: str
    ahead: int = 0
    suspended: str | None = None
    paused_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobExplanation:
    """The events of a job and the decisions about it. Empty `destinations` mean all.

    `details` is the answer of the services. Without a `ref` the job is unknown. `recomputed_since` is when the log of
    decisions that are computed again starts.
    """

    details: JobDetails
    destinations: Sequence[str] = ()
    ref: JobRef | None = None
    job: Job | None = None
    events: Sequence[KnownEvent] = ()
    decisions: Sequence[Explained] = ()
    acts: Sequence[Act] = ()
    waiting: Sequence[Waiting] = ()

    @property
    def pending(self) -> Sequence[Late]:
        """The services that have not answered."""
        return self.details.pending


@dataclass(frozen=True, slots=True)
class GroupExplanation:
    """A group (failures, batch, storm message, service down) with the link to its head.

    `storm` is the storm message that is its head, `parts` are the groups of a storm message.
    """

    group: FailureGroup
    jobs: Sequence[GroupJob] = ()
    link: str = ""
    previous_link: str = ""
    mute: Mute | None = None
    storm: FailureGroup | None = None
    parts: Sequence[FailureGroup] = ()


@dataclass(frozen=True, slots=True)
class WatchExplanation:
    """A watch: the services it covers, and its latest decisions.

    `matched` counts the events of the last 24 hours that it wanted, None if unknown. `down` are covered services that
    cannot be read, `partial` those whose lists are too long to be read completely. `decisions` are the newest, each
    with its job.
    """

    watch: Watch
    destination: str
    covered: Sequence[CoveredService] = ()
    hidden: Sequence[CoveredService] = ()
    down: Sequence[tuple[str, datetime]] = ()
    partial: Sequence[str] = ()
    mutes: Sequence[Mute] = ()
    matched: int | None = None
    decisions: Sequence[tuple[str, Explained]] = ()
    removed: bool = False
