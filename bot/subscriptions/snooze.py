"""Snooze a card or the head of a failure group, and end its snooze."""

import secrets
from datetime import datetime

from bot.delivery.dispatcher import deliver_now
from bot.delivery.shown_cards import shown
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox, refuse_newer
from bot.deps.permissions import may_see
from bot.domain.cards import Card, Snooze
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.domain.notifications import SnoozedGroup
from bot.domain.outbox import NoteEntry, SnoozedEntry
from bot.domain.slack_ids import is_direct_message
from bot.rules.card_reducer import expected
from providers.models import JobRef


async def snooze(deps: Deps, card_id: str, here: str, user: str, until: datetime | None) -> Card | None:
    """Hold notifications about a card until a time. None ends the snooze.

    The card is in the channel `here`, or in the direct messages of `user`. Returns the card, None where all its jobs
    have finished and nothing is left to post. Raises StoreUnavailable, and UsageError for a person who may not see all
    of it.
    """
    snapshots = [await read_outbox(deps, destination) for destination in (here, user)]
    card = next((cards[card_id] for cards in map(expected, snapshots) if card_id in cards), None)
    refuse_newer(*(snapshot for snapshot in snapshots if card is None or snapshot.destination == card.place))
    if card is None or (card.over and not card.has_held):
        return None
    may_see(deps, {JobRef.parse(ref).account for ref in card.jobs})
    now = deps.clock()
    entry = SnoozedEntry(at=now, snooze=Snooze(until=until, by=user) if until else None)
    await deps.store.outbox.put(card.place, entry, f"snoozed:{card_id}:{secrets.token_hex(5)}", card_id)
    (now_,) = await shown(deps, [expected(await deliver_now(deps, card.place)).get(card_id, card)])
    return now_.card.with_jobs(now_.jobs)


async def snooze_group(deps: Deps, group_id: str, here: str, user: str, until: datetime | None) -> FailureGroup | None:
    """Snooze the head of a group until a time. None ends the snooze.

    The head is in the channel `here`, or in the direct messages of `user`. Returns the group, None where it is not
    open. Raises StoreUnavailable, and UsageError where the requester may not see its account.
    """
    found = [(await deps.store.groups.read(destination, [group_id])).get(group_id) for destination in (here, user)]
    group = next((each for each in found if each and each.open), None)
    if group is None or group.group is not GroupKind.FAILURES:
        return None
    may_see(deps, [group.account])
    snooze = Snooze(until=until, by=user) if until else None
    once = f"snoozed:{group_id}:{secrets.token_hex(5)}"
    await deps.store.outbox.put(group.place, SnoozedEntry(at=deps.clock(), snooze=snooze), once, group_id)
    if not is_direct_message(group.place):
        line = NoteEntry(note=SnoozedGroup(place=group.place, group=group_id, by=user, snooze=snooze))
        await deps.store.outbox.put(group.place, line, f"line:{once}", group_id)
    await deliver_now(deps, group.place)
    return group.model_copy(update={"snooze": snooze})
