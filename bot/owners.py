"""Tells the people who subscribed what their channels cannot be told, or should not have to be."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.cards import Card, Followed
from bot.changes import Change, Fate, Kind
from bot.drawing import shown
from bot.notices import ChangedSubscriptions, LostJob, SuspendedPlace
from bot.outgoing import Step
from bot.places import is_personal
from bot.store.entries import ChangedEntry, Entry, NoteEntry, SubscribedEntry
from bot.store.outbox import Box, Suspension
from bot.visits import Visit
from bot.waking import wake


async def tell_of_suspension(visit: Visit, box: Box, suspension: Suspension) -> None:
    """Tell whoever follows jobs in a place, or has a card to be edited there, that nothing gets there.

    Each once a day at the most, for as long as the place goes on refusing for the same reason.
    """
    if suspension.told:
        return
    mine: dict[str, list[Card]] = defaultdict(list)
    waiting = {
        str(entry.body.change.job.ref): entry.body.change.job
        for entry in box.entries
        if isinstance(entry.body, ChangedEntry)
    }
    concerned = [card for card in box.cards.values() if not card.over or card.owing or card.id in box.stale]
    for each in await shown(visit.services, concerned):
        for user in each.card.owners:
            mine[user].append(each.card.naming({**waiting, **each.jobs}))
    for entry in box.entries:
        if isinstance(entry.body, SubscribedEntry) and entry.card not in box.cards:
            job = Followed(job=entry.body.job)
            card = Card(id=entry.card, place=box.place, terms=entry.body.terms, jobs={str(entry.body.job.ref): job})
            mine[card.terms.user].append(card)
    began = suspension.first or suspension.since
    once = f"suspended:{box.place}:{began.timestamp():.3f}"
    for user, cards in mine.items():
        if user != box.place:
            note = SuspendedPlace(place=box.place, reason=suspension.reason, cards=cards)
            await _tell(visit, user, NoteEntry(note=note), once)
    await visit.services.store.outbox.owners_told(box.place, suspension)


async def tell_of_lost(visit: Visit, box: Box, step: Step) -> None:
    """Tell those who subscribed what a channel alone would read: which jobs are lost, suspended or found again.

    That is who had subscribed by then: the same people, should a crash have this done again with more entries.
    """
    if is_personal(box.place):
        return
    owners = {card.id: dict.fromkeys(card.owners) for card in box.cards.values()}
    groups: dict[str, dict[tuple[object, ...], list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for entry in step.entries:
        if isinstance(entry.body, SubscribedEntry):
            owners.setdefault(entry.card, {})[entry.body.terms.user] = None
        if not isinstance(entry.body, ChangedEntry):
            continue
        change = entry.body.change
        if change.fate in {Fate.GONE, Fate.DROPPED}:
            await _tell_of_loss(visit, step, entry, change, owners.get(entry.card, ()))
        if change.kind in {Kind.SUSPENDED, Kind.FOUND}:
            for user in owners.get(entry.card, ()):
                groups[user][change.kind, change.at, change.doubtful, entry.slot].append(entry)
    for user, mine in groups.items():
        for entries in mine.values():
            await _tell_of_subscriptions(visit, user, entries)


async def _tell_of_loss(visit: Visit, step: Step, entry: Entry, change: Change, users: Iterable[str]) -> None:
    card = next((Card.model_validate_json(w.after) for w in step.writes if w.id == entry.card), None)
    if card:
        note = NoteEntry(note=LostJob(card=card, change=change))
        for user in users:
            await _tell(visit, user, note, f"lost:{entry.card}:{change.job.id}:{entry.id}")


async def _tell_of_subscriptions(visit: Visit, user: str, entries: Sequence[Entry]) -> None:
    """Tell one person which of their subscriptions were suspended, or restored, by one look at a service."""
    changes = [entry.body.change for entry in entries if isinstance(entry.body, ChangedEntry)]
    once = f"{changes[0].kind}:{visit.place}:{entries[0].slot}:{entries[0].id}:{entries[-1].id}"
    await _tell(visit, user, NoteEntry(note=ChangedSubscriptions(place=visit.place, changes=changes)), once)


async def _tell(visit: Visit, user: str, note: NoteEntry, once: str) -> None:
    await visit.services.store.outbox.put(user, note, once)
    await wake(visit.services, user)
