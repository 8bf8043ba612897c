"""Moves corrupt records of a destination aside, repairs the consequences, and notifies people.

A repair removes the difference between the service records and the cards of a destination.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.delivery.context import DeliveryContext
from bot.deps.deps import Deps
from bot.deps.outboxes import last_seen, read_outbox
from bot.domain.cards import Card
from bot.domain.notifications import UnreadableRecords
from bot.domain.outbox import (
    ChangedEntry,
    Doubt,
    InFlightPost,
    NoteEntry,
    OutboxSnapshot,
    SubscribedEntry,
    UnsubscribedEntry,
)
from bot.domain.record_formats import Kind
from bot.domain.slack_ids import bare_id, is_direct_message, is_user
from bot.domain.unreadable_records import Broken
from bot.rules.card_reducer import expected
from bot.store.outbox import mark_text
from bot.task_queue.enqueue import enqueue_delivery, enqueue_sweep
from providers.models import Job, JobRef, JobState

_OF_NO_JOB = {Kind.SUSPENSION, Kind.WATCH, Kind.GROUP}


@dataclass(frozen=True, slots=True)
class _Difference:
    """Jobs followed only by service records (`orphans`), or only by a card (`untracked`)."""

    orphans: Sequence[JobRef]
    untracked: Sequence[tuple[Card, JobRef]]


async def repair(context: DeliveryContext, snapshot: OutboxSnapshot) -> bool:
    """Move corrupt records of a destination aside. Return whether there were any.

    While a post is in flight, only its mark is moved.
    """
    if mark := next((each for each in snapshot.broken if each.location.kind is Kind.MARK), None):
        await _replace_mark(context, snapshot, mark)
        return True
    if snapshot.broken and not snapshot.in_flight:
        await _set_aside(context)
        return True
    return False


async def _replace_mark(context: DeliveryContext, snapshot: OutboxSnapshot, broken: Broken) -> None:
    """Replace a corrupt mark with a readable one.

    The post of the corrupt mark is searched for like one without an answer, and deleted.
    """
    channel = (
        await context.deps.store.slack.direct(snapshot.destination)
        if is_user(snapshot.destination)
        else bare_id(snapshot.destination)
    )
    mark = InFlightPost(
        id=secrets.token_hex(8),
        at=context.now,
        channel=channel or "",
        doubt=Doubt.SILENT,
        since=context.now,
        replaces=True,
    )
    note = UnreadableRecords(place=snapshot.destination, unfollowed=(), again=(), posts=True)
    await _notify(context, snapshot.destination, note, [broken])
    await context.deps.store.aside.move(broken.location, broken.text, instead=mark_text(mark))


async def _set_aside(context: DeliveryContext) -> None:
    """Move the other corrupt records of a destination aside, and notify people.

    They are moved last: after a crash all steps run again, which is harmless.
    """
    store = context.deps.store
    # Read before the snapshot, so that the entry of a job that finishes in between is in the snapshot.
    followed = await store.tracked.subscribed(context.destination, context.deps.whole.catalog.pairs)
    snapshot = await context.read()
    broken = [each for each in snapshot.broken if each.location.kind is not Kind.MARK]
    if snapshot.newer or not broken:
        return
    difference = _compare(snapshot, followed)
    orphans = [await last_seen(context.deps, ref) for ref in difference.orphans]
    await _notify_people(context, snapshot, broken, [*orphans, *_ended(snapshot, broken)], difference.untracked)
    for job in orphans:
        entry = UnsubscribedEntry(job=job, by="", at=context.now).model_dump_json()
        await store.tracked.unsubscribe(job.ref, snapshot.destination, entry)
    for card, ref in difference.untracked:
        await _track_again(context, card, ref)
    for each in broken:
        await store.aside.move(each.location, each.text, name=each.name)
    await store.outbox.ack(snapshot.destination, snapshot.unreadable)


def _compare(snapshot: OutboxSnapshot, followed: Mapping[JobRef, str]) -> _Difference:
    """Compare the service records of what a destination follows with its expected cards."""
    cards = expected(snapshot)
    records = [each for each in snapshot.broken if each.location.kind not in _OF_NO_JOB]
    concerned = {each.card for each in records}
    # An unread entry may explain an orphan, as a subscription or its final change.
    all_of_them = "" in concerned and not snapshot.full
    on_cards = {(card_id, ref) for card_id, card in cards.items() for ref, each in card.jobs.items() if not each.fate}
    orphans = [
        ref
        for ref, card_id in followed.items()
        if (card_id, str(ref)) not in on_cards and (all_of_them or card_id in concerned)
    ]
    refs = [] if snapshot.full else [(cards[card_id], JobRef.parse(ref)) for card_id, ref in sorted(on_cards)]
    lost = {each.slot for each in records if each.location.kind is Kind.ENTRY}
    return _Difference(
        orphans, [(card, ref) for card, ref in refs if ref not in followed and f"{ref.account}/{ref.service}" in lost]
    )


def _ended(snapshot: OutboxSnapshot, broken: Iterable[Broken]) -> list[Job]:
    """Return the jobs of corrupt cards whose result is not posted yet."""
    cards = {each.name for each in broken if each.location.kind is Kind.CARD}
    bodies = [entry.body for entry in snapshot.entries if entry.card in cards]
    return [body.change.job for body in bodies if isinstance(body, ChangedEntry) and body.change.fate]


async def _track_again(context: DeliveryContext, card: Card, ref: JobRef) -> None:
    """Follow a job of a card again, in an unknown state."""
    job = Job(account=ref.account, service=ref.service, id=ref.id, state=JobState.UNKNOWN)
    options = (card.per_subscriber or (card.terms,))[0]
    entry = SubscribedEntry(job=job, terms=options).model_dump_json()
    await context.deps.store.tracked.subscribe(job, context.now, context.now, card.place, card.id, entry, options.user)
    await enqueue_sweep(context.deps, (ref.account, ref.service))


async def _notify_people(
    context: DeliveryContext,
    snapshot: OutboxSnapshot,
    broken: Sequence[Broken],
    gone: Sequence[Job],
    again: Sequence[tuple[Card, JobRef]],
) -> None:
    """Notify the subscribers of the cards, or the destination if a card is unknown."""
    records = [each for each in broken if each.location.kind is not Kind.SUSPENSION]
    people: dict[str, list[Job]] = {}
    for card in [snapshot.cards[each.card] for each in records if each.card in snapshot.cards]:
        jobs = [await last_seen(context.deps, ref) for of, ref in again if of.id == card.id]
        for user in [snapshot.destination] if is_direct_message(snapshot.destination) else card.subscribers:
            people.setdefault(user, []).extend(jobs)
    if gone or any(each.card not in snapshot.cards for each in records):
        people.setdefault(snapshot.destination, [])
    hides = await context.hidden(snapshot)
    for user, jobs in people.items():
        mine = [job for job in gone if user == snapshot.destination and not hides(job.account)]
        note = UnreadableRecords(place=snapshot.destination, unfollowed=mine, again=jobs, posts=False)
        await _notify(context, user, note, records)


async def _notify(
    context: DeliveryContext, destination: str, note: UnreadableRecords, records: Iterable[Broken]
) -> None:
    """Notify a person or a destination of corrupt records, once."""
    name = "\n".join(f"{each.location.key} {each.name} {each.text}" for each in records)
    digest = blake2b(name.encode(errors="surrogateescape"), digest_size=8).hexdigest()
    await context.deps.store.outbox.put(destination, NoteEntry(note=note), f"unreadable:{note.place}:{digest}")
    if destination != context.destination:
        await enqueue_delivery(context.deps, destination)


async def repair_subscribers(deps: Deps) -> None:
    """Rebuild corrupt lists of subscribers from the cards of all destinations. Raises StoreUnavailable."""
    corrupt = await deps.store.tracked.corrupt_subscribers(deps.whole.catalog.pairs)
    if not corrupt:
        return
    snapshots = [await read_outbox(deps, destination) for destination in await deps.store.outbox.destinations()]
    if any(snapshot.newer or snapshot.broken for snapshot in snapshots):
        return  # their cards may follow the job too
    cards = [card for snapshot in snapshots for card in expected(snapshot).values()]
    for ref, text in corrupt.items():
        mine = {card.place: card.id for card in cards if (each := card.jobs.get(str(ref))) and not each.fate}
        await deps.store.tracked.replace_subscribers(ref, text, mine)
