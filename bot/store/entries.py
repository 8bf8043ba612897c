"""What stands in an outbox: everything that a place is to be told, or that its cards have to show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.cards import Snooze, Terms
from bot.changes import Change, Fate
from bot.notices import Note
from bot.store import formats
from bot.store.formats import Kind
from providers.models import Job, JobRef, Moment


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscribedEntry(_Body):
    """A job was subscribed to, or its terms were changed."""

    type: Literal["subscribed"] = "subscribed"
    job: Job
    terms: Terms


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
    fate: Fate = Fate.UNSUBSCRIBED


class SnoozedEntry(_Body):
    """Somebody wants to hear nothing about a card for a while; without `snooze` from now on everything again."""

    type: Literal["snoozed"] = "snoozed"
    at: Moment
    snooze: Snooze | None = None


class NoteEntry(_Body):
    """A message for one person that belongs to no card."""

    type: Literal["note"] = "note"
    note: Note


Body = SubscribedEntry | ChangedEntry | UnsubscribedEntry | SnoozedEntry | NoteEntry
_BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])


class Entry(NamedTuple):
    """An entry of the outbox that stands beside `slot`: a service (`ACCOUNT/SERVICE`), or the place itself."""

    slot: str
    id: str
    card: str
    body: Body

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
            case NoteEntry():
                return None


def read(slot: str, entry_id: str, fields: Mapping[str, str]) -> Entry:
    """Read an entry as Redis keeps it. Raises NewerFormatError and UnreadableError."""
    body = formats.read(Kind.ENTRY, fields.get("entry", ""), _parsed)
    if "card" not in fields:
        raise formats.UnreadableError(Kind.ENTRY)
    return Entry(slot, entry_id, fields["card"], body)


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
        case SnoozedEntry() | NoteEntry():
            return None


def numbered(body: str) -> str:
    """Return the JSON of an entry with its format; an empty text stays empty."""
    return formats.numbered(Kind.ENTRY, body) if body.startswith("{") else body
