"""Turns notifications into messages, with what is known of each job just now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.deps.deps import Deps
from bot.domain.cards import Card, Check, Shown
from bot.domain.notifications import (
    BatchEnd,
    CardChange,
    ChangedSubscriptions,
    DestinationSuspended,
    Digest,
    ForgottenCards,
    LostJob,
    NewCard,
    Note,
    Notification,
    SearchExpired,
    UnreadableRecords,
)
from bot.domain.service_key import Service
from bot.domain.sweeps import Sweep, next_try
from bot.domain.tracked_jobs import Kept
from bot.views.slack import cards, database_reset, digests, notifications
from bot.views.slack.block_kit import Message
from providers.models import JobRef
from providers.registry import meaning


async def draw(deps: Deps, notification: Notification) -> Message:
    """Return the message of a notification. Raises StoreUnavailable."""
    if card := notification.new_card:
        return await draw_card(deps, card, mentions=notification.notifies)
    match notification.content:
        case NewCard(card=card):
            return await draw_card(deps, card)
        case CardChange() as change:
            return notifications.thread_reply(change, meaning)
        case BatchEnd(card=card):
            return notifications.final(card, meaning)
        case Digest() as digest:
            return digests.digest(digest, await deps.store.digests.put(digest))
        case note:
            return _note(note)


def _note(note: Note) -> Message:
    match note:
        case DestinationSuspended():
            return notifications.suspended(note)
        case LostJob():
            return notifications.lost(note)
        case ChangedSubscriptions():
            return notifications.subscriptions(note)
        case SearchExpired():
            return notifications.search_expired(note)
        case UnreadableRecords():
            return notifications.unreadable(note)
        case ForgottenCards():
            return database_reset.notice(note)


async def draw_card(deps: Deps, card: Card, *, mentions: bool = False) -> Message:
    """Return a card's message as of now, with the `mentions` of its options if it notifies."""
    (now,) = await shown(deps, [card])
    return cards.card(now, deps.clock(), mentions=mentions)


async def shown(deps: Deps, drawn: Sequence[Card]) -> list[Shown]:
    """Return cards with what is known of their jobs, and of the services that these belong to."""
    refs = [JobRef.parse(ref) for card in drawn for ref, each in card.jobs.items() if each.fate is None]
    known = {str(ref): found for ref, found in (await deps.store.tracked.read(refs)).items()}
    sweeps = await deps.store.sweeps.read(list(dict.fromkeys((ref.account, ref.service) for ref in refs)))
    return [_shown(card, known, sweeps) for card in drawn]


def _shown(card: Card, known: Mapping[str, tuple[Kept, datetime]], sweeps: Mapping[Service, Sweep]) -> Shown:
    ended = {ref: each.job for ref, each in card.jobs.items() if each.job}
    mine = {ref: known[ref] for ref in card.jobs if ref in known}
    checks: dict[str, Check] = {}
    for kept, next_at in mine.values():
        service = (kept.job.account, kept.job.service)
        sweep = sweeps.get(service, Sweep())
        before = checks.get("/".join(service), Check(at=kept.checked_at, next_at=next_at))
        checks["/".join(service)] = Check(
            at=max(filter(None, (before.at, kept.checked_at))),
            next_at=next_try(sweep) or min(filter(None, (before.next_at, next_at))),
            failing_since=sweep.failing_since,
            error=sweep.error,
        )
    return Shown(
        card=card,
        jobs={**ended, **{ref: kept.job for ref, (kept, _) in mine.items()}},
        checks=checks,
        absences={ref: kept.absence for ref, (kept, _) in mine.items() if kept.absence and kept.absence.shown},
    )
