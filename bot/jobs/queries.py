"""The questions about jobs: list, show and find."""

import heapq
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter

from bot.deps.deps import Deps
from bot.domain.answers import Incomplete, JobDetails, JobList, Late, Missing, Remembered, ServiceError
from bot.domain.catalog import ServiceFilter
from bot.domain.errors import StoreUnavailable
from bot.domain.identifiers import Address, JobId, MediaId, could_be_id
from bot.jobs.collector import Collected, collect, read_pages, read_remembered
from bot.jobs.fan_out import Known, ProviderCall, Question, ServiceAnswer, checked
from bot.jobs.recovery import restore_found
from providers.base import NO_KINDS, Provider
from providers.http.deadline import age
from providers.models import Filter, Job, JobQuery, JobRef, Unanswered
from providers.services import ids_of

MEDIA_JOBS_MAX = 20
"""Jobs shown for a link to one media."""
EVERYWHERE, ANY = ServiceFilter(), JobQuery()


Seen = Callable[[Provider, Sequence[Job], datetime], Awaitable[None]]
"""A callback for the jobs that a provider returned, with the time of the question."""


def list_jobs(
    deps: Deps, service_filter: ServiceFilter, query: JobQuery, *, offset: int = 0, limit: int = 10
) -> Question[Collected, JobList]:
    """Ask for jobs of every service in scope, newest first.

    Returns `limit` of them after the first `offset`.
    """

    async def ask(provider: Provider, into: Collected) -> None:
        await collect(deps, provider, query, offset + limit, into)

    return _listing(deps, service_filter, ask, offset, limit, ("list", query))


def find_jobs(  # as list_jobs
    deps: Deps,
    text: str,
    service_filter: ServiceFilter = EVERYWHERE,
    query: JobQuery = ANY,
    *,
    offset: int = 0,
    limit: int = 10,
) -> Question[Collected, JobList]:
    """Search every service in scope by id, part of an id, or name.

    Only jobs that fit the query count.
    """

    async def ask(provider: Provider, into: Collected) -> None:
        await _search(deps, provider, text, query, offset + limit, into)

    return _listing(deps, service_filter, ask, offset, limit, ("find", text, query))


def _listing(  # noqa: PLR0917  # what a list consists of
    deps: Deps, service_filter: ServiceFilter, call: ProviderCall[Collected], offset: int, limit: int, what: Hashable
) -> Question[Collected, JobList]:
    asked_at, same = deps.clock(), (service_filter, offset + limit, what)

    async def ask_and_restore(provider: Provider, into: Collected) -> None:
        await call(provider, into)
        await _restore_listed(deps, into, asked_at - age())

    async def assemble(known: Known[Collected]) -> JobList:
        return _job_list(known, offset, limit, checked(asked_at, known.asked))

    return Question(deps, service_filter.pick(deps.providers), ask_and_restore, Collected, assemble, same=same)


@dataclass(slots=True)
class Looked:
    """What one service returned for a look-up. `asked_for` are the ids of that look-up."""

    asked_for: tuple[str, ...] = ()
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    unanswered: tuple[Unanswered, ...] = ()


def show_jobs(deps: Deps, addresses: Sequence[Address], seen: Seen | None = None) -> Question[Looked, JobDetails]:
    """Look up these jobs. A bare id is looked up in every service.

    `seen` gets the jobs of each service as soon as it has answered.
    """
    asked_at = deps.clock()
    addresses = tuple(dict.fromkeys(addresses))

    async def ask(provider: Provider, into: Looked) -> None:
        try:
            await _look_up_ids(deps, provider, addresses, into)
        finally:
            await _keep(deps, provider, into.jobs.values(), asked_at - age())
        if seen:
            await seen(provider, list(into.jobs.values()), asked_at - age())

    async def assemble(known: Known[Looked]) -> JobDetails:
        return _job_details(known, addresses, checked(asked_at, known.asked))

    concerned = [each for each in deps.providers if _concerns(each, addresses)]
    return Question(deps, concerned, ask, Looked, assemble, same=("show", addresses))


def _job_details(known: Known[Looked], addresses: Sequence[Address], checked_at: datetime) -> JobDetails:
    return JobDetails(
        jobs=tuple({job.ref: job for address in addresses for job in _named(address, known.asked)}.values()),
        services=known.services,
        missing=tuple(missing for address in addresses if (missing := _missing(address, known))),
        errors=tuple(error for answer in known.asked for error in _errors(answer)),
        checked_at=checked_at,
        pending=known.pending,
        late=known.late,
    )


def _concerns(provider: Provider, addresses: Iterable[Address]) -> bool:
    return any(_is_for(provider, address) for address in addresses)


def _is_for(provider: Provider, address: Address) -> bool:
    match address:
        case JobRef(account, service, _):
            return (provider.account, provider.service) == (account, service)
        case MediaId():
            return provider.capabilities.lists_media
        case JobId(job_id):
            return ids_of(provider.service).allow(job_id)


async def _look_up_ids(deps: Deps, provider: Provider, addresses: Sequence[Address], into: Looked) -> None:
    mine = [address for address in addresses if _is_for(provider, address)]
    for media in (address for address in mine if isinstance(address, MediaId)):
        page = await provider.page(JobQuery(media=media.id, limit=MEDIA_JOBS_MAX))
        into.jobs.update((job.id, job) for job in page.jobs[:MEDIA_JOBS_MAX])
    into.asked_for = tuple(dict.fromkeys(address.id for address in mine if not isinstance(address, MediaId)))
    if into.asked_for:
        lookup = await provider.lookup(into.asked_for, await _known_kinds(deps, provider, into.asked_for))
        into.jobs.update((job.id, job) for job in lookup.found)
        into.unanswered = lookup.unanswered


async def _known_kinds(deps: Deps, provider: Provider, ids: Sequence[str]) -> Mapping[str, str]:
    try:
        return await deps.store.recent.kinds(provider.account, provider.service, ids)
    except StoreUnavailable:
        return NO_KINDS


async def _keep(deps: Deps, provider: Provider, jobs: Iterable[Job], asked_at: datetime) -> None:
    """Remember looked-up jobs of a service that cannot list, and restore lost subscriptions.

    Without Redis the answer is given all the same.
    """
    with suppress(StoreUnavailable):
        if not provider.capabilities.lists:
            await deps.store.recent.remember(jobs, asked_at)
        await restore_found(deps, jobs, asked_at)


async def _restore_listed(deps: Deps, listed: Collected, asked_at: datetime) -> None:
    """Restore lost subscriptions to listed jobs. A remembered job does not count as found again."""
    if listed.remembered is None:
        with suppress(StoreUnavailable):
            await restore_found(deps, listed.jobs.values(), asked_at)


def _named(address: Address, asked: Iterable[ServiceAnswer[Looked]]) -> Iterable[Job]:
    """Return the jobs that an address means, of all services that have it."""
    for answer in asked:
        if isinstance(address, MediaId):
            yield from (job for job in answer.result.jobs.values() if job.media == address.id)
        elif _is_for(answer.provider, address) and (job := answer.result.jobs.get(address.id)):
            yield job


def _missing(address: Address, known: Known[Looked]) -> Missing | None:
    """Describe an address that no service has.

    None when it was found, may still be found, or no service could be asked.
    """
    if any(True for _ in _named(address, known.asked)):
        return None
    if any(_may_know(each, address) for each in known.pending):
        return None
    concerned = [each for each in known.asked if _is_for(each.provider, address)]
    answered = [each for each in concerned if _answered(each, address)]
    looked_in = tuple(f"{each.provider.account}/{each.provider.service}" for each in answered)
    everywhere = len(answered) == len(concerned)
    return Missing(id=str(address), looked_in=looked_in, everywhere=everywhere) if looked_in else None


def _may_know(pending: Late, address: Address) -> bool:
    """Return whether a pending service may have an address."""
    return not isinstance(address, JobRef) or (address.account, address.service) == pending.address


def _answered(answer: ServiceAnswer[Looked], address: Address) -> bool:
    return answer.error is None and all(each.id != address.id for each in answer.result.unanswered)


def _errors(answer: ServiceAnswer[Looked] | ServiceAnswer[Collected]) -> Iterable[ServiceError]:
    """Return the errors of one service, each reason once."""
    if answer.error:
        yield answer.error
    errors = {each.error.code: each.error for each in answer.result.unanswered}
    for error in errors.values():
        yield ServiceError.of(error, answer.provider.account, answer.provider.service)


async def _search(  # noqa: PLR0917  # what a search consists of
    deps: Deps, provider: Provider, text: str, among: JobQuery, want: int, into: Collected
) -> None:
    """Look the text up as an id. Search the lists for it as part of an id or name."""
    by_id, by_name = (among.model_copy(update={part: text}) for part in ("id_part", "name"))

    def either(job: Job) -> bool:
        return by_id.matches(job) or by_name.matches(job)

    def could_match(job: Job) -> bool:
        """Return whether the job matches apart from its state, which may have changed since."""
        return any(each.model_copy(update={"states": frozenset()}).matches(job) for each in (by_id, by_name))

    if could_be_id(text, ids_of(provider.service)):
        await _look_up(deps, provider, text, among, into)
    if not provider.capabilities.lists:
        await read_remembered(deps, provider, into, could_match, either)
    elif {Filter.ID, Filter.NAME} <= provider.capabilities.filters:
        ids = Collected()
        await read_pages(provider, by_id, want, ids)
        into.found.update(ids.jobs)
        await read_pages(provider, by_name, want, into)
        into.more |= ids.more
        into.total = None if into.more else len(into.jobs) + len(into.found)
    else:
        await read_pages(provider, among, want, into, either)


async def _look_up(deps: Deps, provider: Provider, job_id: str, among: JobQuery, into: Collected) -> None:
    asked_at = deps.clock()
    lookup = await provider.lookup([job_id], await _known_kinds(deps, provider, [job_id]))
    into.found.update((job.id, job) for job in lookup.found if among.matches(job))
    into.unanswered = lookup.unanswered
    await _keep(deps, provider, lookup.found, asked_at - age())


def _job_list(known: Known[Collected], offset: int, limit: int, checked_at: datetime) -> JobList:
    """Merge the answers into one page. More jobs may follow from pending services."""
    asked = known.asked
    jobs = tuple(_merged(asked))
    unread = any(each.result.more and not each.result.cut_short and not each.error for each in asked)
    return JobList(
        jobs=jobs[offset : offset + limit],
        offset=offset,
        limit=limit,
        total=_total(asked),
        more=len(jobs) > offset + limit or unread or bool(known.pending),
        services=known.services,
        errors=tuple(error for each in asked for error in _errors(each)),
        remembered=tuple(
            Remembered(
                account=each.provider.account,
                service=each.provider.service,
                known=each.result.remembered,
                current=each.error is None and not each.result.unanswered,
            )
            for each in asked
            if each.result.remembered is not None
        ),
        incomplete=tuple(
            Incomplete(
                account=each.provider.account,
                service=each.provider.service,
                scanned=each.result.scanned if each.result.cut_short else None,
                malformed=each.result.malformed,
                uncoded=each.result.uncoded,
            )
            for each in asked
            if each.result.cut_short or each.result.malformed or each.result.uncoded
        ),
        checked_at=checked_at,
        pending=known.pending,
        late=known.late,
    )


def _total(asked: Iterable[ServiceAnswer[Collected]]) -> int | None:
    """Return how many jobs match at the services that answered. None when one gave no total."""
    results = (each.result for each in asked if not each.error or each.result.jobs or each.result.found)
    totals = [result.total for result in results]
    return None if None in totals else sum(filter(None, totals))


def _merged(asked: Iterable[ServiceAnswer[Collected]]) -> Iterator[Job]:
    """Yield all jobs, newest first, each service's in the order of its list.

    The first jobs of the answer then depend only on the first jobs of each list. Pages fit together however much was
    read for each of them, also where jobs were created in the same second.
    """
    lists = [jobs.values() for each in asked for jobs in (each.result.found, each.result.jobs)]
    dated = heapq.merge(*map(_dated, lists), key=itemgetter(0), reverse=True)
    return (job for _, job in dated)


def _dated(jobs: Iterable[Job]) -> Iterator[tuple[datetime, Job]]:
    """Give each job its place in time: its creation time, else that of the job before it."""
    place = datetime.max.replace(tzinfo=UTC)
    for job in jobs:
        place = job.created_at or place
        yield place, job
