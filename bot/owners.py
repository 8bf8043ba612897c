"""Tells the people who subscribed what their channels cannot be told, or should not have to be."""

from collections import defaultdict

from bot.cards import Card, Followed
from bot.changes import Fate
from bot.drawing import shown
from bot.notices import LostJob, SuspendedPlace
from bot.outgoing import Step
from bot.places import is_personal
from bot.store.entries import ChangedEntry, NoteEntry, SubscribedEntry
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
            await visit.services.store.outbox.put(user, NoteEntry(note=note), once)
            await wake(visit.services, user)
    await visit.services.store.outbox.owners_told(box.place, suspension)


async def tell_of_lost(visit: Visit, box: Box, step: Step) -> None:
    """Tell the owners of each job that its provider lost, where the channel alone would read it.

    That is who had subscribed by then: the same people, should a crash have this done again with more entries.
    """
    owners = {card.id: dict.fromkeys(card.owners) for card in box.cards.values()}
    for entry in step.entries:
        if isinstance(entry.body, SubscribedEntry):
            owners.setdefault(entry.card, {})[entry.body.terms.user] = None
        if not isinstance(entry.body, ChangedEntry) or entry.body.change.fate is not Fate.GONE:
            continue
        card = next((Card.model_validate_json(w.after) for w in step.writes if w.id == entry.card), None)
        if card and not is_personal(card.place):
            once = f"lost:{entry.card}:{entry.body.change.job.id}:{entry.id}"
            note = NoteEntry(note=LostJob(card=card, change=entry.body.change))
            for user in owners[card.id]:
                await visit.services.store.outbox.put(user, note, once)
                await wake(visit.services, user)
