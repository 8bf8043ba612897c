"""What `/jobs why` answers: what happened to a job, what was decided about it, who acted; groups and watches too."""

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
    """Something that happened to a job. `at` is the provider's time, `noticed_at` the time of the look that saw it.

    `source` is how it was seen, `poll` or `push`. Without `noticed_at` and `source` the event was not noticed as it
    happened: the provider's present answer proves it.
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

    One that is not `recorded` was decided again, with the event log and the rules of that time.
    """

    destination: str
    decision: Decision
    recorded: bool = True
    link: str = ""

    @property
    def certain(self) -> bool:
        """Whether it is what became of the event: what would have been posted without a record of it, is not."""
        return self.recorded or self.decision.outcome is Outcome.DROP


class Action(StrEnum):
    """What a person did that decided what was posted."""

    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    SNOOZED = "snoozed"
    MUTED = "muted"
    WATCHED = "watched"
    CHANGED = "changed"
    REMOVED = "removed"


class Act(NamedTuple):
    """Who did what in a destination. `subject` is the id of a watch, or a muted code; `until` when it is over.

    `by` is empty where the configuration or the rules of access did it, `at` is None where the time is not kept.
    """

    action: Action
    destination: str
    by: str
    at: datetime | None = None
    subject: str = ""
    until: datetime | None = None


class Waiting(NamedTuple):
    """An event that waits in the outbox of a destination behind `ahead` entries.

    `suspended` is why Slack takes nothing for the destination, None where it does; `paused_s` for how many more seconds
    Slack asks not to post.
    """

    destination: str
    event: str
    ahead: int = 0
    suspended: str | None = None
    paused_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobExplanation:
    """What is known of a job and of the decisions about it, in `destinations`, or (without any) everywhere.

    `details` is what the services answered. Without a `ref` nothing is known of the job. `recomputed_since` is from
    when on decisions that were not recorded are explained.
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
        """The services that are still being asked."""
        return self.details.pending


@dataclass(frozen=True, slots=True)
class GroupExplanation:
    """A failure group, a batch, a storm message or a service that is down, with where its head is.

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
    """A watch: what it covers, and what it decided lately.

    `matched` counts the events of the last 24 hours that it wanted, None where that is not known. `down` are covered
    services that cannot be read, `partial` those whose lists are too long to be read whole. `decisions` are the newest,
    each with the job that it is about.
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
