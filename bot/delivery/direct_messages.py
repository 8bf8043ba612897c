"""Sends subscribers direct messages about what their channels cannot or should not receive."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.delivery.context import DeliveryContext
from bot.delivery.next_step import DeliveryStep
from bot.delivery.shown_cards import shown
from bot.domain.cards import Card, CardJob
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.failure_groups import POSTS_ID
from bot.domain.notifications import ChangedSubscriptions, DestinationSuspended, LostJob
from bot.domain.outbox import ChangedEntry, Entry, NoteEntry, OutboxSnapshot, SubscribedEntry, read_record
from bot.domain.slack_ids import is_direct_message
from bot.domain.suspensions import Suspension
from bot.task_queue.enqueue import enqueue_delivery


async def notify_of_suspension(context: DeliveryContext, snapshot: OutboxSnapshot, suspension: Suspension) -> None:
    """Notify the subscribers of a destination that it cannot be posted to.

    Those with a card to be edited there count too. Each person is notified at most once a day, while the destination
    keeps refusing for the same reason.
    """
    if suspension.told:
        return
    mine: dict[str, list[Card]] = defaultdict(list)
    waiting = {
        str(entry.body.change.job.ref): entry.body.change.job
        for entry in snapshot.entries
        if isinstance(entry.body, ChangedEntry)
    }
    concerned = [
        card for card in snapshot.cards.values() if not card.over or card.has_held or card.id in snapshot.stale
    ]
    for each in await shown(context.deps, concerned):
        for user in each.card.subscribers:
            mine[user].append(each.card.with_jobs({**waiting, **each.jobs}))
    for entry in snapshot.entries:
        if isinstance(entry.body, SubscribedEntry) and entry.card not in snapshot.cards:
            job = CardJob(job=entry.body.job)
            card = Card(
                id=entry.card, place=snapshot.destination, terms=entry.body.terms, jobs={str(entry.body.job.ref): job}
            )
            mine[card.terms.user].append(card)
    for watch in snapshot.rules.active:
        mine.setdefault(watch.owner, [])
    began = suspension.first or suspension.since
    once = f"suspended:{snapshot.destination}:{began.timestamp():.3f}"
    for user, cards in mine.items():
        if user and user != snapshot.destination:  # a watch from the configuration has no owner
            note = DestinationSuspended(place=snapshot.destination, reason=suspension.reason, cards=cards)
            await _notify(context, user, NoteEntry(note=note), once)
    await context.deps.store.outbox.subscribers_notified(snapshot.destination, suspension)


async def notify_of_lost(context: DeliveryContext, snapshot: OutboxSnapshot, step: DeliveryStep) -> None:
    """Notify subscribers in person of jobs that are lost, suspended or found again.

    Otherwise only their channel would show it. The recipients are the subscribers at that time: the same people if a
    crash repeats this with more entries.
    """
    if is_direct_message(snapshot.destination):
        return
    groups: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry, change, card, users in _changes(snapshot, step):
        if change.fate in {EndReason.NOT_FOUND, EndReason.DROPPED}:
            await _notify_of_loss(context, card, entry, change, users)
        if change.kind in {Kind.SUSPENDED, Kind.FOUND} and not _left(card, change):
            for user in users:
                groups[user, change.kind, change.at, change.doubtful, entry.slot].append(entry)
    for (user, *_), entries in groups.items():
        await _notify_of_subscriptions(context, str(user), entries)


def _changes(snapshot: OutboxSnapshot, step: DeliveryStep) -> Iterator[tuple[Entry, Change, Card, Sequence[str]]]:
    """Return a step's changes on cards, each with the updated card and its subscribers."""
    subscribers = {card.id: dict.fromkeys(card.subscribers) for card in snapshot.cards.values()}
    written = [read_record(write.id, write.after) for write in step.writes if write.after and write.id != POSTS_ID]
    after = {record.id: record for record in written if isinstance(record, Card)}
    for entry in step.entries:
        if isinstance(entry.body, SubscribedEntry):
            subscribers.setdefault(entry.card, {})[entry.body.terms.user] = None
        elif isinstance(entry.body, ChangedEntry) and entry.card in after:
            yield entry, entry.body.change, after[entry.card], [*subscribers[entry.card]]


def _left(card: Card, change: Change) -> bool:
    """Return whether a job of a change left a card because people unsubscribed."""
    card_job = card.jobs.get(str(change.job.ref))
    return card_job is None or card_job.fate is EndReason.UNSUBSCRIBED


async def _notify_of_loss(
    context: DeliveryContext, card: Card, entry: Entry, change: Change, users: Iterable[str]
) -> None:
    note = NoteEntry(note=LostJob(card=card, change=change))
    for user in users:
        await _notify(context, user, note, f"lost:{card.id}:{change.job.id}:{entry.id}")


async def _notify_of_subscriptions(context: DeliveryContext, user: str, entries: Sequence[Entry]) -> None:
    """Notify a person of their subscriptions that one look at a service suspended or restored."""
    changes = [entry.body.change for entry in entries if isinstance(entry.body, ChangedEntry)]
    once = f"{changes[0].kind}:{context.destination}:{entries[0].slot}:{entries[0].id}:{entries[-1].id}"
    await _notify(context, user, NoteEntry(note=ChangedSubscriptions(place=context.destination, changes=changes)), once)


async def _notify(context: DeliveryContext, user: str, note: NoteEntry, once: str) -> None:
    await context.deps.store.outbox.put(user, note, once)
    await enqueue_delivery(context.deps, user)
