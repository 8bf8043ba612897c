"""Messages about several events: heads of failures or of a batch, storm messages, services that are down.

Each is updated like a card and stored with the cards of its destination.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from bot.domain import record_formats
from bot.domain.cards import Ref, Snooze
from bot.domain.changes import Change, EndReason
from bot.domain.decisions import SUBSCRIPTION
from bot.domain.record_formats import Kind
from bot.domain.watches import FailureCode, Mute
from providers.models import Job, JobRef, Moment

GROUP_ID = re.compile(r"g\d+", re.ASCII)
"""The id of a group, which no card has."""
NEWEST = 3
"""Jobs that a head names, the newest first."""
TIMES_MAX = 100
"""Failures whose times a group keeps, the largest count that a threshold may have."""
CLOSES_AFTER = timedelta(hours=1)
"""A group closes this long after its last failure."""
OPEN_MAX = timedelta(hours=24)
"""A group closes this long after its head was posted, even if jobs still fail."""
STORM_CLOSES_AFTER = timedelta(minutes=10)
"""A storm message closes after this long without news."""
THREAD_LINES_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30))
"""When a thread line follows its head. After these, one line follows every hour."""
ALSO_TO_CHANNEL = (10, 100, 1_000)
"""Counts at which a thread line also goes to the channel."""
BUDGET = 3
"""New messages that a channel gets in BUDGET_WINDOW. Further events fold into a storm message."""
BUDGET_WINDOW = timedelta(minutes=1)
KEPT_AFTER_CLOSING = timedelta(days=7)
"""How long *Show all* lists the jobs of a closed group."""
JOBS_MAX = 5_000
"""Jobs that *Show all* lists, the newest."""
POSTS_ID = "budget"
"""The id of the record, among cards and groups, with the times of a destination's last messages."""
_GROUP_ID = re.compile(r"g\d+")
NAME_MAX = 80
"""Characters of a job's name that are stored with its group."""
_SEPARATOR = "\t"
"""Before the name. A name on one line has no tab."""


class GroupKind(StrEnum):
    """What a message is about."""

    FAILURES = "failures"
    BATCH = "batch"
    STORM = "storm"
    DOWN = "down"


class GroupJob(BaseModel):
    """A job that a head names. `at` is when it failed, in event time, `took_s` how many seconds it ran."""

    model_config = ConfigDict(frozen=True)

    ref: Ref
    name: str | None = None
    at: Moment
    took_s: float | None = None

    @classmethod
    def of(cls, job: Job, at: datetime) -> Self:
        return cls(ref=str(job.ref), name=job.name, at=at, took_s=job.duration_s)

    @property
    def id(self) -> str:
        """The id that the provider gave it."""
        return JobRef.parse(self.ref).id

    @property
    def member(self) -> str:
        """The job as stored with the other jobs of its group. Their score is `milliseconds(at)`."""
        return f"{self.ref}{_SEPARATOR}{' '.join((self.name or '').split())[:NAME_MAX]}"

    @classmethod
    def kept(cls, member: str, at: datetime) -> Self | None:
        """Return the job of a member; None if it cannot be read."""
        ref, _, name = member.rpartition(_SEPARATOR)
        try:
            return cls(ref=ref, name=name or None, at=at)
        except ValueError:
            return None


class HeldEvent(BaseModel):
    """An event that a group holds until a final decision. `rules` are those that want it.

    `job` is the failed job, None for any other event. An event that is `decided` only counts for a threshold: another
    rule has notified it, or holds it.
    """

    model_config = ConfigDict(frozen=True)

    event: str
    job: GroupJob | None = None
    noticed_at: Moment
    rules: tuple[str, ...] = ()
    decided: bool = False

    @property
    def ref(self) -> str:
        """The key of its decision: the ref of the job, or the service of the event."""
        return self.event.rpartition("#")[0]


class Hold(BaseModel):
    """Why a head is held: a threshold (`of` failures, or `share` percent, in `window_s`), or a snooze.

    `removed` is set if its watch was removed and can be restored until then.
    """

    model_config = ConfigDict(frozen=True)

    until: Moment
    of: int | None = None
    share: int | None = None
    window_s: int | None = None
    removed: bool = False


class PreviousHead(BaseModel):
    """The previous head of a group: its message, and the last count on it."""

    model_config = ConfigDict(frozen=True)

    channel: str
    ts: str
    count: int
    closed_at: Moment


class FailureGroup(BaseModel):
    """Failures with one fingerprint in one destination, with their message, the head.

    `first_at` and `last_at` are in event time; `opened_at` and `changed_at` are when the first and the last were
    noticed. `times` are those of the last failures, at most TIMES_MAX, in event time. `held` are events without a final
    decision, while the head is not posted. `channel` and `ts` are its message, `thread_ts` the root of the thread for
    its lines; `lines` counts those, `line_count` is the count on the last one. `previous` is the head before it.
    `card` is the card whose thread has the head; a batch always has one. `mentioned` were mentioned in the head or a
    line, `mentions` includes those that still wait.

    `storm` is the id of the storm message that is its head. A storm message has `groups`, those whose head it is, and
    `counts` of events other than failures, by their kind. After a downtime of Callboard, `offline_from` and
    `offline_until` are its limits; such a message is a storm message too.

    A service that is down is a group without jobs: `first_at` is when it went down; `kind`, `code` and `message` are
    those of its `ServiceError`; `closed_at` is when it was back, and `count` how many failures were found then.

    `head_lost` is set if its message was deleted or can no longer be edited. No later head links to it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    place: str  # stored
    group: GroupKind = GroupKind.FAILURES
    fingerprint: str = ""
    account: str = ""
    service: str = ""
    kind: str | None = None
    code: str | None = None
    message: str | None = None
    rules: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    first_at: Moment
    last_at: Moment
    opened_at: Moment
    changed_at: Moment
    count: int = 0
    newest: tuple[GroupJob, ...] = ()
    times: tuple[Moment, ...] = ()
    held: tuple[HeldEvent, ...] = ()
    hold: Hold | None = None
    snooze: Snooze | None = None
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    card: str = ""
    posted_at: Moment | None = None
    lines: int = 0
    line_count: int = 0
    previous: PreviousHead | None = None
    fate: EndReason | None = None
    storm: str = ""
    groups: tuple[str, ...] = ()
    counts: Mapping[str, int] = {}
    offline_from: Moment | None = None
    offline_until: Moment | None = None
    closed_at: Moment | None = None
    head_lost: bool = False

    @property
    def posted(self) -> bool:
        """Whether its head, or the storm message that is its head, was posted."""
        return bool(self.ts or self.storm)

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def takes(self) -> bool:
        """Whether it adds further failures silently while its head is held: it does not wait for a threshold.

        A group adds them too if its head is about to be posted: the head shows them.
        """
        begun = self.posted or self.posted_at is not None
        return self.open and (begun or (self.hold is not None and not self.hold.window_s))

    @property
    def counting(self) -> bool:
        """Whether it is held until a threshold is reached."""
        return self.hold is not None and self.hold.window_s is not None

    @property
    def in_gap(self) -> bool:
        """Whether it is held because its watch was removed and can be restored."""
        return self.open and self.hold is not None and self.hold.removed

    @property
    def full(self) -> bool:
        """Whether it holds as many events as it can."""
        return len(self.held) >= TIMES_MAX

    @property
    def has_news(self) -> bool:
        """Whether it has failures or mentions that are not in its last message or line."""
        return self.count > self.line_count or not set(self.mentions) <= set(self.mentioned)

    @property
    def watches(self) -> Sequence[str]:
        """The ids of the watches that want it; empty if only subscriptions do."""
        return [rule for rule in self.rules if rule != SUBSCRIPTION]

    @property
    def failure_code(self) -> FailureCode | None:
        """The code that *Mute this code* mutes; None without a code."""
        return FailureCode(self.account, self.service, self.kind, self.code) if self.code else None

    def closes_at(self) -> datetime:
        """Return when it closes if nothing new arrives."""
        if self.group is GroupKind.STORM:
            return self.changed_at + STORM_CLOSES_AFTER
        return min(self.changed_at + CLOSES_AFTER, (self.posted_at or self.opened_at) + OPEN_MAX)

    def next_line_at(self) -> datetime | None:
        """Return when the next thread line is due if there is news; None before the head is posted."""
        if self.posted_at is None:
            return None
        if self.lines < len(THREAD_LINES_AFTER):
            return self.posted_at + THREAD_LINES_AFTER[self.lines]
        hours = self.lines - len(THREAD_LINES_AFTER) + 1
        return self.posted_at + THREAD_LINES_AFTER[-1] + timedelta(hours=hours)


class ShownGroup(NamedTuple):
    """A group as it is drawn.

    `ended` counts all jobs of its service that ended since its first failure, None if unknown. `mute` is the mute of
    its code in the destination. `link` leads to the head before it, empty without one. `groups` are those of a storm
    message, in any order. `change` is its first failure, while that is posted.
    """

    group: FailureGroup
    ended: int | None = None
    mute: Mute | None = None
    link: str = ""
    groups: Sequence[FailureGroup] = ()
    change: Change | None = None


class _LastPosts(BaseModel):
    """The times of a destination's last messages, at most BUDGET."""

    posts: tuple[Moment, ...] = ()


def is_group_id(record_id: str) -> bool:
    """Return whether a record's id is that of a group. Example: `g12`."""
    return _GROUP_ID.fullmatch(record_id) is not None


def encode(group: FailureGroup) -> str:
    """Return the stored form of a group: JSON with its format number."""
    return record_formats.numbered(Kind.GROUP, group.model_dump_json(exclude_defaults=True))


def read(text: str) -> FailureGroup:
    """Read a stored group. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.GROUP, text, _group)


@lru_cache(maxsize=256)  # a delivery reads each group of its destination several times
def _group(text: str) -> FailureGroup:
    return FailureGroup.model_validate_json(text)


def encode_posts(posts: Sequence[datetime]) -> str:
    """Return the stored form of a destination's last post times, for POSTS_ID."""
    return record_formats.numbered(Kind.GROUP, _LastPosts(posts=tuple(posts[-BUDGET:])).model_dump_json())


def read_posts(text: str) -> tuple[datetime, ...]:
    """Read the times of a destination's last messages. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.GROUP, text, _LastPosts.model_validate_json).posts


class GroupPage(NamedTuple):
    """A page of a group's jobs, the newest first. A storm message lists them by group, the worst first.

    `parts` has the groups of this page with their jobs on it, `offset` how many jobs come before them, `total` how many
    there are. `muted` are the mutes of the codes, by group.
    """

    group: FailureGroup
    parts: Sequence[tuple[FailureGroup, Sequence[GroupJob]]]
    offset: int
    total: int
    muted: Mapping[str, Mute]


def worst_first(groups: Iterable[FailureGroup]) -> Sequence[FailureGroup]:
    """Return groups, the worst first: services that are down, then the most failures, then the newest."""

    def worst(group: FailureGroup) -> tuple[bool, int, datetime]:
        return group.group is GroupKind.DOWN, group.count, group.last_at

    return sorted(groups, key=worst, reverse=True)
