"""What stands in an outbox: everything that a destination is to be told, or that its cards have to show."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from bot.domain import failure_groups, record_formats
from bot.domain.cards import Card, Snooze, SubscriptionOptions
from bot.domain.changes import Change, EndReason
from bot.domain.decisions import Decided, Outcome
from bot.domain.event_log import Ended
from bot.domain.failure_groups import POSTS_ID, FailureGroup, is_group_id
from bot.domain.notifications import Note
from bot.domain.record_formats import Kind, NewerFormatError, T, UnreadableError
from bot.domain.service_events import ServiceEvent
from bot.domain.service_key import Service
from bot.domain.suspensions import Suspension
from bot.domain.unreadable_records import Broken
from bot.domain.watches import Rules
from providers.models import Job, JobRef, Moment


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscribedEntry(_Body):
    """A job was subscribed to, or its options were changed."""

    type: Literal["subscribed"] = "subscribed"
    job: Job
    terms: SubscriptionOptions  # stored


class ChangedEntry(_Body):
    """A followed job changed."""

    type: Literal["changed"] = "changed"
    change: Change


class UnsubscribedEntry(_Body):
    """Somebody stopped following a job; `job` is what was last seen of it.

    `by` is empty where access rules did it, or the configuration, as `fate` tells.
    """

    type: Literal["unsubscribed"] = "unsubscribed"
    job: Job
    by: str
    at: Moment
    fate: EndReason = EndReason.UNSUBSCRIBED  # stored


class SnoozedEntry(_Body):
    """Somebody wants to hear nothing about a card for a while; without `snooze` from now on everything again."""

    type: Literal["snoozed"] = "snoozed"
    at: Moment
    snooze: Snooze | None = None


class NoteEntry(_Body):
    """A message for one person that belongs to no card."""

    type: Literal["note"] = "note"
    note: Note


class ServiceEntry(_Body):
    """A watched service cannot be read, or can be again."""

    type: Literal["service"] = "service"
    event: ServiceEvent


Body = SubscribedEntry | ChangedEntry | UnsubscribedEntry | SnoozedEntry | NoteEntry | ServiceEntry
_BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])


class Entry(NamedTuple):
    """An entry of the outbox that stands beside `slot`: a service (`ACCOUNT/SERVICE`), or the destination itself.

    `card` is empty for one that only watches want: `watches` are their ids, `rules` the version of the service's rules
    by which they were found.
    """

    slot: str
    id: str
    card: str
    body: Body
    watches: tuple[str, ...] = ()
    rules: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """When it was put there: milliseconds and a number within them, as Redis Streams count."""
        at, number = self.id.split("-")
        return int(at), int(number)

    @property
    def at(self) -> datetime | None:
        """When what it tells was done or seen; None for a note."""
        match self.body:
            case SubscribedEntry(terms=terms):
                return terms.at
            case ChangedEntry(change=change):
                return change.at
            case UnsubscribedEntry(at=at) | SnoozedEntry(at=at):
                return at
            case ServiceEntry(event=event):
                return event.at
            case NoteEntry():
                return None


def read(slot: str, entry_id: str, fields: Mapping[str, str]) -> Entry:
    """Read an entry as Redis keeps it. Raises NewerFormatError and UnreadableError."""
    body = record_formats.read(Kind.ENTRY, fields.get("entry", ""), _parsed)
    if "card" not in fields:
        raise record_formats.UnreadableError(Kind.ENTRY)
    watches = tuple(fields.get("watches", "").split())
    return Entry(slot, entry_id, fields["card"], body, watches, fields.get("rules", ""))


def _parsed(text: str) -> Body:
    body = _BODY.validate_json(text)
    job = _job(body)
    if job and JobRef.parse(str(job.ref)) != job.ref:
        raise ValueError("the job has no address")
    return body


def _job(body: Body) -> Job | None:
    match body:
        case SubscribedEntry(job=job) | UnsubscribedEntry(job=job) | ChangedEntry(change=Change(job=job)):
            return job
        case SnoozedEntry() | NoteEntry() | ServiceEntry():
            return None


def numbered(body: str) -> str:
    """Return the JSON of an entry with its format; an empty text stays empty."""
    return record_formats.numbered(Kind.ENTRY, body) if body.startswith("{") else body


EntryId = Annotated[str, StringConstraints(pattern=r"^\d+-\d+$")]
"""The id of an entry, as Redis gives it."""


class Urgency(StrEnum):
    """How soon a card is to be edited: ends go before changes of state, those before progress."""

    END = "0"
    STATE = "1"
    PROGRESS = "2"


class Write(BaseModel):
    """A record after a step: `before` is the one that the step was decided on, `after` the one to keep, both as JSON.

    A record that is new has an empty `before`, one that goes an empty `after`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    before: str
    after: str
    urgency: Urgency | None = None


class Doubt(StrEnum):
    """Why it is unknown whether Slack has a post: it answered with an error of its own, or gave no answer."""

    ANSWERED = "answered"
    SILENT = "silent"


class InFlightPost(BaseModel):
    """A post that is under way, with all that is to be recorded once Slack has it.

    `id` goes with the message as metadata. `card` is the card or group whose message it becomes. `channel` is the
    conversation where it can be found again, empty while that is unknown; `ts` is its timestamp, empty until Slack has
    it. `entries` are the ids of what it tells, by slot. A step that `posts` nothing is begun and recorded at once.

    `doubt` is why its outcome is unknown, `since` when that was noticed; both are empty while the call to Slack runs,
    after a crash, and in marks of earlier versions. `searched` is when the conversation was last searched for it.
    `oldest` is the timestamp after which Slack's history may have the message, empty in marks of earlier versions.

    `members` are jobs to add to groups, each with its time in ms, `decisions` those that the step was taken by.

    A mark that `replaces` one that could not be read knows nothing of its post, and has an id of its own.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: Moment
    channel: str = ""
    thread_ts: str = ""
    card: str = ""
    writes: tuple[Write, ...] = ()
    entries: Mapping[str, tuple[EntryId, ...]] = {}
    members: Mapping[str, tuple[tuple[str, int], ...]] = {}
    decisions: tuple[Decided, ...] = ()
    ts: str = ""
    posts: bool = True
    doubt: Doubt | None = None
    since: Moment | None = None
    searched: Moment | None = None
    oldest: str = ""
    replaces: bool = False

    @property
    def recorded(self) -> bool:
        """Whether the cards are as they are after it, so that only its entries are left to be taken out."""
        return bool(self.ts) or not self.posts

    def arrived(self, channel: str, ts: str) -> Self:
        """Return the same post with its message known."""
        message = {"channel": channel, "ts": ts}
        writes = tuple(self._with_message(each, message) if each.id == self.card else each for each in self.writes)
        decisions = tuple(_with_link(each, message) for each in self.decisions)
        return self.model_copy(update={**message, "writes": writes, "decisions": decisions})

    def _with_message(self, write: Write, message: Mapping[str, str]) -> Write:
        record = read_record(write.id, write.after).model_copy(update=message)
        if isinstance(record, FailureGroup):
            record = record.model_copy(update={"thread_ts": self.thread_ts, "posted_at": self.at})
        return write.model_copy(update={"after": encode_record(record)})


def _with_link(decided: Decided, message: Mapping[str, str]) -> Decided:
    """Return a decision with the message of its step, which a `fold` without a message of its own is folded into."""
    decision = decided.decision
    if decision.ts or decision.outcome not in {Outcome.POST, Outcome.FOLD}:
        return decided
    return decided._replace(decision=decision.model_copy(update=message))


@dataclass(slots=True)
class OutboxSnapshot:
    """Everything that waits for one destination, as it was when it was read.

    `records` are its cards and groups as they are kept, with the record of `posts`: when it got its last messages.
    `turn` is the last step taken for it, `rules` what it asked for besides subscriptions, `ended` the jobs that ended
    of services that its rules judge by a share. `decided` are the events of mirrored jobs that wait and were decided on
    before, as events of the other service. `newer` counts the records of
    a newer format: while there are any, the destination is left alone. `broken` are the corrupt ones. `full` says that
    more entries may wait than were read.
    """

    destination: str
    entries: list[Entry] = field(default_factory=list[Entry])
    newer: Counter[Kind] = field(default_factory=Counter[Kind])
    broken: list[Broken] = field(default_factory=list[Broken])
    full: bool = False
    cards: dict[str, Card] = field(default_factory=dict[str, Card])
    groups: dict[str, FailureGroup] = field(default_factory=dict[str, FailureGroup])
    posts: tuple[datetime, ...] = ()
    records: dict[str, str] = field(default_factory=dict[str, str])
    stale: dict[str, str] = field(default_factory=dict[str, str])
    in_flight: InFlightPost | None = None
    suspension: Suspension | None = None
    turn: str = ""
    rules: Rules = field(default_factory=Rules)
    ended: Mapping[Service, Sequence[Ended]] = field(default_factory=dict[Service, Sequence[Ended]])
    decided: frozenset[str] = frozenset()

    @property
    def unreadable(self) -> dict[str, list[str]]:
        """The ids of the entries that are corrupt, by slot."""
        ids: dict[str, list[str]] = {}
        for each in self.broken:
            if each.location.kind is Kind.ENTRY:
                ids.setdefault(each.slot, []).append(each.name)
        return ids

    def read(self, broken: Broken, parse: Callable[[str], T]) -> T | None:
        """Read a record of the destination; note one that cannot be read, and return None."""
        try:
            return parse(broken.text)
        except NewerFormatError:
            self.newer[broken.location.kind] += 1
        except UnreadableError:
            self.broken.append(broken)
        return None


_RAW = {"__all__": {"job": {"raw"}}}


_LEFT_OUT = {"jobs": _RAW, "held": _RAW}


def encode(card: Card) -> str:
    """Return a card as it is kept."""
    return record_formats.numbered(Kind.CARD, card.model_dump_json(exclude_defaults=True, exclude=_LEFT_OUT))


def read_card(text: str) -> Card:
    """Read a card as it is kept. Raises NewerFormatError and UnreadableError, as all that read records."""
    return record_formats.read(Kind.CARD, text, Card.model_validate_json)


def encode_record(record: Card | FailureGroup) -> str:
    """Return a card or a group as it is kept."""
    return encode(record) if isinstance(record, Card) else failure_groups.encode(record)


def read_record(record_id: str, text: str) -> Card | FailureGroup:
    """Read what is kept under an id among the cards of a destination."""
    return failure_groups.read(text) if is_group_id(record_id) else read_card(text)


def check_write(write: Write) -> None:
    """Read what a step leaves. Raises NewerFormatError and UnreadableError."""
    match write:
        case Write(after=""):
            pass
        case Write(id=record_id, after=text) if record_id == POSTS_ID:
            failure_groups.read_posts(text)
        case _:
            read_record(write.id, write.after)
