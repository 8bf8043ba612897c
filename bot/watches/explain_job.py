"""Explains what was posted about a job, and what was not: `/jobs why JOB`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from bot.delivery.context import DeliveryContext
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.answers import JobDetails
from bot.domain.cards import Card
from bot.domain.errors import Problem, UsageError
from bot.domain.event_log import KEPT_FOR, LoggedEvent
from bot.domain.explanations import Act, Explained, JobExplanation, KnownEvent, Waiting
from bot.domain.identifiers import Address, JobId
from bot.domain.mirrored_scopes import owns
from bot.domain.outbox import ChangedEntry, OutboxSnapshot
from bot.domain.slack_ids import workspace_of
from bot.jobs.fan_out import Asking
from bot.jobs.queries import show_jobs
from bot.rules.decide import decide
from bot.rules.destination_state import DestinationState
from bot.rules.job_events import JobEvent
from bot.watches.acts import acts
from bot.watches.job_history import history, logged
from bot.watches.message_links import linked
from providers.mirrors import mirrors_of, owner
from providers.models import Job, JobRef
from providers.services import ids_of


class _Local(NamedTuple):
    """Callboard's own records of a job: lines of the event log, the last seen job, and its attempt."""

    lines: Sequence[LoggedEvent] = ()
    job: Job | None = None
    attempt: int = 1

    def __bool__(self) -> bool:
        return bool(self.lines or self.job)


class _Known(NamedTuple):
    """What is known of a job: `recorded` are the decisions of all destinations."""

    ref: JobRef
    job: Job | None
    lines: Sequence[LoggedEvent]
    events: Sequence[KnownEvent]
    recorded: Sequence[Explained]


@dataclass(frozen=True, slots=True)
class JobQuestion:
    """Asks the services about a job, and explains its decisions in `destinations`.

    Without destinations it explains those of all.
    """

    deps: Deps
    address: Address
    destinations: Sequence[str]
    details: Asking[JobDetails]

    async def first(self) -> JobExplanation:
        """Return what is there after a second."""
        return await _explained(self, await self.details.first())

    async def whole(self) -> JobExplanation:
        """Return the whole explanation."""
        return await _explained(self, await self.details.whole())


def explain_job(deps: Deps, address: Address, destinations: Sequence[str] = ()) -> JobQuestion:
    """Ask what happened to a job, and why it was posted or not.

    The terminal explains all destinations. Raises UsageError for an id that several services have, and
    StoreUnavailable.
    """
    return JobQuestion(deps, address, destinations, show_jobs(deps, [address]))


async def _explained(asked: JobQuestion, details: JobDetails) -> JobExplanation:
    deps, nothing = asked.deps, JobExplanation(details, asked.destinations)
    found = _owned(deps, details.jobs)
    if len(found) > 1:
        raise _several(asked.address, list(found))
    refs = list(found) or _possible(deps, asked.address)
    destinations = {ref: await _destinations(deps, ref, asked.destinations) for ref in refs}
    local = {ref: await _local(deps, ref) for ref in refs}
    decided = {ref: await _recorded(deps, ref, destinations[ref]) for ref in refs}
    known = [ref for ref in refs if ref in found or local[ref] or decided[ref]]
    if not known:
        return nothing
    if len(known) > 1:
        raise _several(asked.address, known)
    [ref] = known
    lines, seen, attempt = local[ref]
    job = found.get(ref) or seen or next((line.change().job for line in lines[::-1]), None)
    mine = _Known(ref, job, lines, history(ref, lines, job, attempt), decided[ref])
    return await _completed(deps, nothing, mine, destinations[ref])


async def _completed(deps: Deps, nothing: JobExplanation, known: _Known, destinations: Iterable[str]) -> JobExplanation:
    """Return an explanation with its job's facts, and the result in each destination."""
    parts = [await _of_destination(deps, each, known) for each in destinations]
    decisions = [*known.recorded, *(each for part in parts for each in part.decisions)]
    return replace(
        nothing,
        ref=known.ref,
        job=known.job,
        events=known.events,
        decisions=await linked(deps, sorted(decisions, key=lambda each: each.decision.at)),
        acts=[act for part in parts for act in part.acts],
        waiting=[each for part in parts for each in part.waiting],
    )


def _owned(deps: Deps, jobs: Iterable[Job]) -> dict[JobRef, Job]:
    """Return jobs by the address of their events: two services may show one job."""
    found: dict[JobRef, Job] = {}
    for job in jobs:
        ref = job.ref if owns(job, deps.catalog.pairs) else owner(job)
        if ref not in found or job.ref == ref:
            found[ref] = job
    return found


def _possible(deps: Deps, address: Address) -> list[JobRef]:
    """Return the jobs that an address may mean, although no service has it now."""
    match address:
        case JobRef():
            owners = [each.service for each in deps.providers if address.service in mirrors_of(each.service)]
            return [address, *(address._replace(service=service) for service in owners)]
        case JobId(job_id):
            able = [each for each in deps.providers if ids_of(each.service).allow(job_id)]
            return [JobRef(each.account, each.service, job_id) for each in able]
        case _:
            return []


def _several(address: Address, refs: Sequence[JobRef]) -> UsageError:
    names = tuple(map(str, refs))
    return UsageError(Problem.SEVERAL_JOBS, str(address), expected=names, suggestion=f"why {names[0]}")


async def _destinations(deps: Deps, ref: JobRef, wanted: Sequence[str]) -> Sequence[str]:
    """Return the destinations to explain: those wanted, else all with possible decisions."""
    if wanted:
        return wanted
    services = [(ref.account, name) for name in (ref.service, *mirrors_of(ref.service))]
    routes = await deps.store.routes.read(services)
    watching = {route.destination for each in routes.values() for route in each.watches}
    following = await deps.store.tracked.subscribed_cards(ref)
    known = sorted(await deps.store.outbox.destinations())
    read = await deps.store.decisions.read_all([(each, str(ref)) for each in known])
    decided = {each for each, found in zip(known, read, strict=True) if found}
    return sorted({*watching, *following, *decided})


async def _local(deps: Deps, ref: JobRef) -> _Local:
    lines = await logged(deps, ref)
    tracked = (await deps.store.tracked.read([ref])).get(ref)
    attempt = max([*(line.attempt for line in lines), tracked[0].attempt.number if tracked else 1])
    return _Local(lines, tracked[0].job if tracked else None, attempt)


async def _recorded(deps: Deps, ref: JobRef, destinations: Sequence[str]) -> list[Explained]:
    read = await deps.store.decisions.read_all([(each, str(ref)) for each in destinations])
    return [
        Explained(destination, each) for destination, found in zip(destinations, read, strict=True) for each in found
    ]


class _Part(NamedTuple):
    """The explanation of one destination, apart from its recorded decisions."""

    decisions: Sequence[Explained] = ()
    acts: Sequence[Act] = ()
    waiting: Sequence[Waiting] = ()


async def _of_destination(deps: Deps, destination: str, known: _Known) -> _Part:
    snapshot = await _snapshot(deps, destination)
    mine = [each.decision for each in known.recorded if each.destination == destination]
    waiting = await _waiting(deps, snapshot, known.ref)
    done = {each.event for each in (*mine, *waiting)}
    rest = [each for each in _lines(known) if each.id not in done]
    again = [each for line in rest if (each := await _again(deps, snapshot, line))]
    decisions = [*mine, *(each.decision for each in again)]
    return _Part(again, await acts(deps, snapshot, known.ref, known.job, decisions), waiting)


async def _snapshot(deps: Deps, destination: str) -> OutboxSnapshot:
    """Return the snapshot of a destination, with the accounts that its readers may not see.

    These are known where Slack can say who reads there.
    """
    context = await DeliveryContext.to(deps.whole, destination) if deps.workspaces else None
    return await (context.read() if context else read_outbox(deps, destination))


def _lines(known: _Known) -> Iterator[LoggedEvent]:
    """Yield the events to decide on again: those logged, and those that the log lacks."""
    yield from known.lines
    job = known.job
    for event in known.events:
        if job and event.noticed_at is None and event.at:
            error = job.error if event.state is job.state else None
            yield LoggedEvent(
                id=event.id, event=event.happened, job=job.id, name=job.name, kind=job.kind, media=job.media,
                code=error.code if error else None, message=error.message if error else None, at=event.at,
                noticed_at=event.at,
            )  # fmt: skip


async def _again(deps: Deps, snapshot: OutboxSnapshot, line: LoggedEvent) -> Explained | None:
    """Decide on an event again, with the rules of that time. None where these are not kept."""
    if deps.clock() - line.noticed_at > KEPT_FOR:
        return None
    rules = await deps.store.watches.at(snapshot.destination, snapshot.rules, line.noticed_at)
    if rules is None:
        return None
    rules = rules.model_copy(update={"hidden": snapshot.rules.hidden})
    cards = {name: card for name, card in snapshot.cards.items() if _since(card) <= line.noticed_at}
    state = DestinationState(snapshot.destination, line.noticed_at, cards, rules=rules)
    event = JobEvent(line.change(), line.event, _is_followed(cards.values(), line))
    decision = decide(event, snapshot.destination, rules, state, line.noticed_at)
    return Explained(snapshot.destination, decision, recorded=False)


def _since(card: Card) -> datetime:
    return min(each.at for each in card.per_subscriber or (card.terms,))


def _is_followed(cards: Iterable[Card], line: LoggedEvent) -> bool:
    jobs = [job for card in cards if (job := card.jobs.get(str(line.ref)))]
    return any(job.fate is None or (job.at is not None and job.at >= line.noticed_at) for job in jobs)


async def _waiting(deps: Deps, snapshot: OutboxSnapshot, ref: JobRef) -> list[Waiting]:
    """Return the events of a job that wait for Slack, each with the reason."""
    found = [
        (index, entry.body.change)
        for index, entry in enumerate(snapshot.entries)
        if isinstance(entry.body, ChangedEntry) and entry.body.change.ref == ref
    ]
    if not found:
        return []
    paused = await deps.store.slack.paused(workspace_of(snapshot.destination), "chat.postMessage")
    suspended = snapshot.suspension.reason if snapshot.suspension else None
    return [
        Waiting(snapshot.destination, change.event_id(event), index, suspended, paused)
        for index, change in found
        for event in change.events
    ]
