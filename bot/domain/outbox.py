"""The outbox of a destination: events that wait for delivery, and records with their changes."""

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
    """A subscription to a job was added, or its options were changed."""

    type: Literal["subscribed"] = "subscribed"
    job: Job
    terms: SubscriptionOptions  # stored


class ChangedEntry(_Body):
    """A tracked job changed."""

    type: Literal["changed"] = "changed"
    change: Change


class UnsubscribedEntry(_Body):
    """A subscription ended; `job` is the job as last seen.

    `by` is empty if the access rules or the configuration ended it; `fate` says which.
    """

    type: Literal["unsubscribed"] = "unsubscribed"
    job: Job
    by: str
    at: Moment
    fate: EndReason = EndReason.UNSUBSCRIBED  # stored


class SnoozedEntry(_Body):
    """A card was snoozed or, without `snooze`, unsnoozed."""

    type: Literal["snoozed"] = "snoozed"
    at: Moment
    snooze: Snooze | None = None


class NoteEntry(_Body):
    """A message for one person that has no card."""

    type: Literal["note"] = "note"
    note: Note


class ServiceEntry(_Body):
    """A watched service cannot be read, or can be again."""

    type: Literal["service"] = "service"
    event: ServiceEvent


Body = SubscribedEntry | ChangedEntry | UnsubscribedEntry | SnoozedEntry | NoteEntry | ServiceEntry
_BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])


class Entry(NamedTuple):
    """An entry of the outbox. Its `slot` is a service (`ACCOUNT/SERVICE`) or the destination itself.

    `card` is empty for an entry that only watches want: `watches` are their ids, `rules` the version of the service's
    rules by which they were found.
    """

    slot: str
    id: str
    card: str
    body: Body
    watches: tuple[str, ...] = ()
    rules: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """Its position: milliseconds and a number within them, the format of Redis Streams."""
        at, number = self.id.split("-")
        return int(at), int(number)

    @property
    def at(self) -> datetime | None:
        """When its event happened or was seen; None for a note."""
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
    """Read a stored entry. Raises NewerFormatError and UnreadableError."""
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
    """Return the JSON of an entry with its format number; an empty text stays empty."""
    return record_formats.numbered(Kind.ENTRY, body) if body.startswith("{") else body


EntryId = Annotated[str, StringConstraints(pattern=r"^\d+-\d+$")]
"""The id of an entry in Redis. Example: `1795516864000-0`."""


class Urgency(StrEnum):
    """How soon a card is edited: final states first, then other states, then progress."""

    END = "0"
    STATE = "1"
    PROGRESS = "2"


class Write(BaseModel):
    """A record after a step. `before` is the version that the step read, `after` the new one, both as JSON.

    A new record has an empty `before`, a deleted one an empty `after`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    before: str
    after: str
    urgency: Urgency | None = None


class Doubt(StrEnum):
    """Why it is unknown whether Slack has a post: Slack returned its own error, or no answer."""

    ANSWERED = "answered"
    SILENT = "silent"


class InFlightPost(BaseModel):
    """A post in flight, with all changes to commit once Slack has it.

    `id` goes with the message as metadata. `card` is the card or group whose message it becomes. `channel` is the
    conversation where it can be found again, empty while unknown; `ts` is its timestamp, empty until Slack has it.
    `entries` are the ids of the entries in it, by slot. A step that `posts` nothing starts and commits in one call.

    `doubt` is why its outcome is unknown, `since` when that was noticed; both are empty while the call to Slack runs,
    after a crash, and in marks of earlier versions. `searched` is when the conversation was last searched for it.
    `oldest` is the timestamp after which Slack's history may have the message, empty in marks of earlier versions.

    `members` are jobs to add to groups, each with its time in ms; `decisions` are the decisions of the step.

    A mark that `replaces` an unreadable one has no data of its post, and a new id.
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
        """Whether its changes are committed and only its entries are left to remove."""
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
    """Return a decision with the message of its step. A `fold` without its own message is folded into that one."""
    decision = decided.decision
    if decision.ts or decision.outcome not in {Outcome.POST, Outcome.FOLD}:
        return decided
    return decided._replace(decision=decision.model_copy(update=message))


@dataclass(slots=True)
class OutboxSnapshot:
    """Everything that waited for one destination at one time.

    `records` are its stored cards and groups, with the record of `posts`, the times of its last messages. `turn` is the
    last step taken for it, `rules` its watches and mutes. `ended` are the jobs that ended in services with a threshold
    on the share of failures. `decided` are the waiting events of mirrored jobs that were already decided on as events
    of the other service. `newer` counts the records of a newer format: while there are any, the destination is not
    touched. `broken` are the corrupt ones. `full` is set if more entries may wait than were read.
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
        """The ids of the corrupt entries, by slot."""
        ids: dict[str, list[str]] = {}
        for each in self.broken:
            if each.location.kind is Kind.ENTRY:
                ids.setdefault(each.slot, []).append(each.name)
        return ids

    def read(self, broken: Broken, parse: Callable[[str], T]) -> T | None:
        """Read a record of the destination. Note an unreadable one and return None."""
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
    """Return the stored form of a card: JSON with its format number."""
    return record_formats.numbered(Kind.CARD, card.model_dump_json(exclude_defaults=True, exclude=_LEFT_OUT))


def read_card(text: str) -> Card:
    """Read a stored card. Raises NewerFormatError and UnreadableError, as do all that read records."""
    return record_formats.read(Kind.CARD, text, Card.model_validate_json)


def encode_record(record: Card | FailureGroup) -> str:
    """Return the stored form of a card or a group."""
    return encode(record) if isinstance(record, Card) else failure_groups.encode(record)


def read_record(record_id: str, text: str) -> Card | FailureGroup:
    """Read a card or a group by its id among the records of a destination."""
    return failure_groups.read(text) if is_group_id(record_id) else read_card(text)


def check_write(write: Write) -> None:
    """Check that the result of a step can be read. Raises NewerFormatError and UnreadableError."""
    match write:
        case Write(after=""):
            pass
        case Write(id=record_id, after=text) if record_id == POSTS_ID:
            failure_groups.read_posts(text)
        case _:
            read_record(write.id, write.after)
