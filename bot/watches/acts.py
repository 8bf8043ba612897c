"""Lists people's acts that decided on a job's posts: followed, unfollowed, snoozed, muted, watched."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.changes import EndReason
from bot.domain.decisions import Decision
from bot.domain.explanations import Act, Action
from bot.domain.outbox import OutboxSnapshot
from bot.domain.watches import FailureCode, Mute, Watch
from providers.mirrors import views
from providers.models import Job, JobRef


async def acts(
    deps: Deps, snapshot: OutboxSnapshot, ref: JobRef, job: Job | None, decisions: Iterable[Decision]
) -> Sequence[Act]:
    """Return people's acts about a job in a destination, oldest first.

    Those of an unknown time come last. Watches and mutes count if decisions name them, or if they cover the job. Raises
    StoreUnavailable.
    """
    decisions, here = list(decisions), snapshot.destination
    former = await deps.store.watches.former(here, snapshot.rules)
    named = {rule for each in decisions for rule in (each.rule, *each.also)}
    mutes = {str(each.parameters["mute"]) for each in decisions if "mute" in each.parameters}
    groups = {str(each.parameters["group"]) for each in decisions if "group" in each.parameters}
    watches = [each for each in snapshot.rules.watches if each.id in named]
    watches += [each for each in former.values() if each.id in named or (each.removed and _matches(each, job))]
    found = [
        *(act for card in snapshot.cards.values() for act in _of_card(card, str(ref))),
        *(act for watch in watches for act in _of_watch(watch)),
        *(_of_mute(here, mute) for mute in snapshot.rules.mutes if mute.id in mutes or _mutes(mute, job)),
        *_snoozes(snapshot, groups),
    ]
    return sorted(found, key=lambda act: (act.at is None, act.at and act.at.timestamp()))


def _matches(watch: Watch, job: Job | None) -> bool:
    return job is not None and any(watch.spec.matches(each) for each in views(job))


def _mutes(mute: Mute, job: Job | None) -> bool:
    return job is not None and mute.failure_code == FailureCode.of(job)


def _of_card(card: Card, ref: str) -> Iterator[Act]:
    if (job := card.jobs.get(ref)) is None:
        return
    yield from (Act(Action.FOLLOWED, card.place, each.user, each.at) for each in card.per_subscriber or (card.terms,))
    if job.fate is EndReason.UNSUBSCRIBED:
        yield Act(Action.UNFOLLOWED, card.place, job.by or "", job.at)
    if card.quiet:
        yield Act(Action.SNOOZED, card.place, card.quiet.by, until=card.quiet.until)


def _of_watch(watch: Watch) -> Iterator[Act]:
    yield Act(Action.WATCHED, watch.place, watch.owner, watch.at, watch.id)
    if watch.changed_at:
        yield Act(Action.CHANGED, watch.place, watch.changed_by, watch.changed_at, watch.id)
    if watch.removed_at:
        yield Act(Action.REMOVED, watch.place, watch.removed_by, watch.removed_at, watch.id)


def _of_mute(destination: str, mute: Mute) -> Act:
    return Act(Action.MUTED, destination, mute.by, mute.at, mute.code, mute.until)


def _snoozes(snapshot: OutboxSnapshot, groups: Collection[str]) -> Iterator[Act]:
    for group in snapshot.groups.values():
        if group.id in groups and group.snooze:
            yield Act(Action.SNOOZED, group.place, group.snooze.by, subject=group.id, until=group.snooze.until)
