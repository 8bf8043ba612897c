"""Subscribe to jobs, unsubscribe, restore suspended subscriptions, and refresh jobs on request."""

import secrets
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from bot.delivery.dispatcher import deliver_now
from bot.deps.deps import Deps
from bot.deps.outboxes import (
    cards_to_change,
    last_seen,
    outbox_to_change,
    read_outbox,
    refuse_newer,
    refuse_newer_jobs,
)
from bot.deps.permissions import permit, permit_some
from bot.domain.answers import JobDetails, Late
from bot.domain.cards import Card, SubscriptionOptions, To
from bot.domain.changes import EndReason
from bot.domain.identifiers import Address, JobId
from bot.domain.notifications import Subscribed, Unsubscribed
from bot.domain.outbox import SubscribedEntry, UnsubscribedEntry
from bot.domain.slack_ids import is_direct_channel
from bot.domain.tracked_jobs import JobUpdate, record
from bot.jobs.fan_out import Question
from bot.jobs.queries import Looked, show_jobs
from bot.polling import planner
from bot.polling.recorder import observe
from bot.rules.card_reducer import expected
from bot.slack_api.shared_channels import read_by_outsiders
from bot.subscriptions.listing import tracked_jobs, visible_part
from bot.task_queue.enqueue import enqueue_delivery, enqueue_sweep
from providers.http.deadline import fresh
from providers.models import Job, JobRef, JobState

BEFORE = timedelta(milliseconds=10)
"""The recorded state counts as this much older than the answer compared with it."""


class Subscribing(NamedTuple):
    """The known jobs to follow, and the result. No result while some services are pending."""

    details: JobDetails
    result: Subscribed

    @property
    def pending(self) -> Sequence[Late]:
        return self.details.pending


@dataclass(frozen=True, slots=True)
class Subscription:
    """A question about jobs, which follows them once every service has answered.

    They are followed in the channel `here`, or only for `options.user` when the options say so. Finished jobs are not
    followed, unless `ended_too` wants a notification of them. `card` is the card to use again, if it still exists: that
    of an undone unsubscription. Raises StoreUnavailable, and UsageError where the rules of access forbid it.
    """

    deps: Deps
    options: SubscriptionOptions
    destination: str
    card: str
    ended_too: bool
    question: Question[Looked, JobDetails]

    def __await__(self) -> Generator[Any, Any, Subscribing]:
        return self.whole().__await__()

    async def first(self) -> Subscribing:
        """Return the result, or what is known after a second while some services are pending."""
        permit_some(self.deps, self.destination)
        with fresh():
            details = await self.question.first()
        return Subscribing(details, Subscribed(None)) if details.pending else await self._subscribed(details)

    async def whole(self) -> Subscribing:
        """Follow the jobs, and return the result."""
        permit_some(self.deps, self.destination)
        with fresh():
            details = await self.question.whole()
        return await self._subscribed(details)

    async def _subscribed(self, details: JobDetails) -> Subscribing:
        deps, destination, options = self.deps, self.destination, self.options
        permit(deps, [job.account for job in details.jobs], destination)
        jobs = [job for job in details.jobs if self.ended_too or not job.state.ended]
        if not jobs:
            return Subscribing(details, Subscribed(None))
        await refuse_newer_jobs(deps, destination, [job.ref for job in jobs])
        card = await _begun_card(deps, jobs, destination, options) or self.card
        followed, changed, cards = await _track(deps, jobs, details.checked_at, destination, options, card)
        await deps.store.outbox.restore(destination)
        snapshot = await deliver_now(deps, destination)
        after = expected(snapshot)
        result = Subscribed(
            card=next((snapshot.cards[each] for each in cards if each in snapshot.cards), None),
            followed=followed,
            changed=changed,
            others=[
                user for each in cards if each in after for user in after[each].subscribers if user != options.user
            ],
            suspended=snapshot.suspension.reason if snapshot.suspension else None,
            shared=await read_by_outsiders(deps, destination),
        )
        return Subscribing(details, result)


def subscribe(
    deps: Deps,
    addresses: Sequence[Address],
    here: str,
    options: SubscriptionOptions,
    *,
    card: str | None = None,
    ended_too: bool = False,
) -> Subscription:
    """Follow these jobs. Return the question to await, a `Subscription`."""
    destination, question = options.user if options.to is To.DM else here, show_jobs(deps, addresses)
    return Subscription(deps, options, destination, card or secrets.token_hex(5), ended_too, question)


async def _begun_card(deps: Deps, jobs: Sequence[Job], destination: str, options: SubscriptionOptions) -> str | None:
    """Return the unposted card of an equal command that a crash interrupted, else None."""
    if len(jobs) < 2:  # a single followed job keeps its card anyway
        return None
    snapshot = await read_outbox(deps, destination)
    waiting = [(entry.card, entry.body) for entry in snapshot.entries if isinstance(entry.body, SubscribedEntry)]
    refs = {job.ref for job in jobs}
    for card in dict.fromkeys(card for card, _ in waiting if card not in snapshot.cards):
        mine = [body for each, body in waiting if each == card]
        if all(
            body.job.ref in refs and body.terms == options.model_copy(update={"at": body.terms.at}) for body in mine
        ):
            return card
    return None


async def _track(  # noqa: PLR0917  # what a subscription consists of
    deps: Deps, jobs: Sequence[Job], asked_at: datetime, destination: str, options: SubscriptionOptions, card: str
) -> tuple[list[JobRef], list[JobRef], list[str]]:
    """Follow jobs on one card, in their states at `asked_at`.

    Returns those that are new here, those that were followed already, and the cards.
    """
    followed: list[JobRef] = []
    changed: list[JobRef] = []
    cards: dict[str, None] = {}
    soon = deps.clock() + planner.YOUNG
    for job in jobs:
        # A finished job is first followed as unfinished, so that its result is posted like any other.
        job_now = job.model_copy(update={"state": JobState.UNKNOWN, "raw_state": None}) if job.state.ended else job
        at = asked_at - BEFORE if job.state.ended else asked_at
        entry = SubscribedEntry(job=job_now.model_copy(update={"raw": None}), terms=options).model_dump_json()
        found, new = await deps.store.tracked.subscribe(job_now, at, soon, destination, card, entry, options.user)
        (followed if new else changed).append(job.ref)
        cards[found] = None
    for service in dict.fromkeys((job.account, job.service) for job in jobs):
        await enqueue_sweep(deps, service)
    await _observe(deps, [job for job in jobs if job.state.ended], asked_at)
    return followed, changed, list(cards)


async def _observe(deps: Deps, jobs: Iterable[Job], asked_at: datetime) -> None:
    by_service: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        by_service[job.account, job.service].append(job)
    for provider in deps.providers:
        if mine := by_service.get((provider.account, provider.service)):
            await observe(deps, provider, mine, asked_at)


async def unsubscribe(deps: Deps, addresses: Sequence[Address] | None, here: str, user: str) -> Unsubscribed:
    """Stop following these jobs in the channel `here` or only for `user`.

    None means all jobs followed there. Jobs that may not be seen are treated as missing.

    Raises StoreUnavailable, and UsageError where a newer version recorded the subscriptions.
    """
    removed: list[tuple[Card, list[JobRef]]] = []
    here_alone = addresses is None and not is_direct_channel(here)
    snapshots = [await read_outbox(deps, destination) for destination in ((here,) if here_alone else (here, user))]
    for snapshot in snapshots:
        for card in cards_to_change(snapshot):
            refs = [ref for ref in tracked_jobs(visible_part(deps, card)) if _named(ref, addresses)]
            if gone := [job for ref in refs if (job := await end_subscription(deps, ref, snapshot.destination, user))]:
                removed.append((card.with_jobs({str(job.ref): job for job in gone}), [job.ref for job in gone]))
    if not removed:
        refuse_newer(*snapshots)
    for destination in {card.place for card, _ in removed}:
        await deliver_now(deps, destination)
    found = {name for _, refs in removed for ref in refs for name in (ref.id, str(ref))}
    unknown = [str(address) for address in addresses or () if str(address) not in found]
    return Unsubscribed(removed, unknown)


def _named(ref: JobRef, addresses: Sequence[Address] | None) -> bool:
    return addresses is None or any(address in {ref, JobId(ref.id)} for address in addresses)


async def end_subscription(deps: Deps, ref: JobRef, destination: str, user: str) -> Job | None:
    """Stop following one job in one destination. Return its last seen state, None if it was not followed."""
    job = await last_seen(deps, ref)
    entry = UnsubscribedEntry(job=job, by=user, at=deps.clock()).model_dump_json()
    return job if await deps.store.tracked.unsubscribe(ref, destination, entry) else None


async def restore(deps: Deps, destination: str, card: str | None, user: str) -> Subscribed:
    """Resume posting to a suspended destination, and polling its suspended jobs.

    With `card` only the jobs of the card are resumed, and its lost jobs are followed again. Raises StoreUnavailable,
    and UsageError where the rules of access forbid it.
    """
    cards = (await outbox_to_change(deps, destination)).cards
    kept = cards.get(card or "")
    mine = [kept] if kept else [] if card else list(cards.values())
    jobs = [each.job for each in kept.jobs.values() if each.fate in _RESTORED and each.job] if kept else []
    suspended = await _suspended(deps, [ref for each in mine for ref in tracked_jobs(each)])
    if kept:
        permit(deps, {ref.account for ref in [*suspended, *(job.ref for job in jobs)]}, destination)
    resumed = await deps.store.outbox.restore(destination)
    for ref in suspended:
        await _look_as_usual(deps, ref)
    followed: list[JobRef] = []
    if kept and jobs:
        options = kept.terms.model_copy(update={"user": user, "at": deps.clock()})
        followed, _, _ = await _track(deps, jobs, deps.clock(), destination, options, kept.id)
    snapshot = await deliver_now(deps, destination)
    return Subscribed(
        card=snapshot.cards.get(card or ""),
        followed=[*followed, *suspended],
        suspended=snapshot.suspension.reason if snapshot.suspension else None,
        resumed=resumed,
    )


_RESTORED = frozenset({EndReason.NOT_FOUND, EndReason.DROPPED})  # jobs that *Restore* follows again


async def _suspended(deps: Deps, refs: Sequence[JobRef]) -> list[JobRef]:
    """Return the suspended jobs among these, without those that may not be seen here."""
    known = await deps.store.tracked.read([ref for ref in refs if deps.sees(ref.account)])
    return [ref for ref, (kept, _) in known.items() if kept.absence and kept.absence.suspended]


async def _look_as_usual(deps: Deps, ref: JobRef) -> None:
    """End the suspension of a job for all its subscribers, and poll it now."""
    tracked, service = deps.store.tracked, (ref.account, ref.service)
    recorded: dict[str, dict[str, str]] = {}
    while not recorded and await _suspended(deps, [ref]):  # a look may have recorded another answer in between
        for kept, _ in (await tracked.read([ref])).values():
            step = JobUpdate(ref.id, kept.record, record(kept.job, kept.seen), deps.clock())
            recorded = await tracked.record(service, [step])
    for destinations in recorded.values():
        await deps.store.outbox.refresh(destinations.items())
        await enqueue_delivery(deps, *destinations)
    await enqueue_sweep(deps, service)


async def refresh(deps: Deps, addresses: Sequence[Address]) -> None:
    """Poll followed jobs now, before their turn. Their cards are updated. Raises StoreUnavailable."""
    with fresh():
        details = await show_jobs(deps, addresses, partial(observe, deps))
    subscribers = [await deps.store.tracked.subscribed_cards(job.ref) for job in details.jobs]
    cards = {pair for destinations in subscribers for pair in destinations.items()}
    await deps.store.outbox.refresh(cards)
    await enqueue_delivery(deps, *{destination for destination, _ in cards})
