"""When the notifications of a destination become one message. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.card_reducer import Applied, apply_all
from bot.domain.cards import Card
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.destination_state import DestinationState
from bot.domain.notifications import BatchEnd, CardChange, Digest, Notification
from bot.domain.outbox import ChangedEntry, Entry, NoteEntry, OutboxSnapshot, SubscribedEntry
from providers.models import JobState

DIGEST_THRESHOLD = 3
"""More changes than this at once become one message; a channel takes about one message a second."""
LATE_AFTER = timedelta(minutes=5)
"""What was noticed or is posted this much later than it could have been counts as caught up on."""


def digest(snapshot: OutboxSnapshot, state: DestinationState, now: datetime) -> tuple[Sequence[Entry], Applied] | None:
    """Return the entries whose notifications become one message, with that message; None where each has its own.

    What belongs to cards that are not posted yet waits.
    """
    unposted = {
        e.card for e in snapshot.entries if isinstance(e.body, SubscribedEntry) and not _posted(snapshot, e.card)
    }
    entries = [e for e in snapshot.entries if e.card not in unposted and not isinstance(e.body, NoteEntry)]
    state, notifications = apply_all(state, entries)
    away = [change.since for change in _fresh(notifications, entries) if _is_late(change, now)]
    if len(notifications) <= DIGEST_THRESHOLD and not (away and len(notifications) > 1):
        return None
    changes = [_alone(change) for each in notifications for change in _card_changes(each)]
    return entries, Applied(state, (Notification(Digest(changes, min(away, default=None))),))


def _fresh(notifications: Sequence[Notification], entries: Sequence[Entry]) -> Iterator[Change]:
    """Yield the changes that were noticed just now; the end of a batch covers earlier ends too."""
    contents = [each.content for each in notifications]
    yield from (each.change for each in contents if isinstance(each, CardChange) and not each.held)
    batches = {each.card.id for each in contents if isinstance(each, BatchEnd)}
    bodies = [entry.body for entry in entries if entry.card in batches]
    yield from (body.change for body in bodies if isinstance(body, ChangedEntry))


def _card_changes(notification: Notification) -> Sequence[CardChange]:
    """Return the changes that a notification is about: of a batch those that ended its jobs."""
    if isinstance(end := notification.content, BatchEnd):
        return [CardChange(end.card, change, end.held) for change in _ends(end.card)]
    return notification.changes


def _ends(card: Card) -> Iterator[Change]:
    """Yield how the jobs of a batch ended, as far as its options ask for it."""
    for card_job in card.jobs.values():
        end_reason, job, at = card_job.fate, card_job.job, card_job.at
        if end_reason is None or end_reason.by_people or job is None or at is None:
            continue
        if end_reason is not EndReason.ENDED or card.terms.wants(job.state):
            yield Change(kind=Kind.MOVED, job=job, before=JobState.UNKNOWN, since=at, at=at, fate=end_reason)


def _alone(change: CardChange) -> CardChange:
    """Leave out what else is on the card: a digest of a large batch would hold all of it once for each of its jobs."""
    return replace(change, card=change.card.model_copy(update={"jobs": {}, "held": {}}))


def _posted(snapshot: OutboxSnapshot, card_id: str) -> bool:
    return card_id in snapshot.cards and bool(snapshot.cards[card_id].ts)


def _is_late(change: Change, now: datetime) -> bool:
    return _noticed_late(change) or now - change.at > LATE_AFTER


def _noticed_late(change: Change) -> bool:
    return change.kind.late and change.at - change.since > LATE_AFTER


def noticed_late(entry: Entry) -> datetime | None:
    """Return when a change was noticed that could have been noticed long before; None for any other entry."""
    if not isinstance(entry.body, ChangedEntry) or not _noticed_late(entry.body.change):
        return None
    return entry.body.change.at
