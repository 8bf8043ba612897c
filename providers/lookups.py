"""Looks up ids: sorts out impossible ones, sends a few requests in parallel, collects outcomes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from providers.errors import Malformed, Missing, ProviderError, Unauthorized
from providers.ids import USUAL, Ids
from providers.json_fields import Unreadable
from providers.models import Job, Lookup, Unanswered

_AT_ONCE = 4
"""Parallel requests of one question. The account's other questions need some room."""

T = TypeVar("T")
U = TypeVar("U")

Outcome = Job | Unreadable | ProviderError | None
"""The outcome of an id: a job, an unreadable entry, the error of its request, or no such job.

None and the error Missing mean that there is no such job. Every other error leaves that open.
"""


class SortedIds(NamedTuple):
    """Ids in their order, without repetitions: those to request, and those that cannot be a job's."""

    ids: list[str]
    impossible: list[str]


def sort_ids(ids: Iterable[str], forms: Ids = USUAL) -> SortedIds:
    """Strip ids, drop repetitions, and set aside ids that cannot be a job's."""
    clean = list(dict.fromkeys(stripped for one in ids if (stripped := one.strip())))
    return SortedIds([one for one in clean if forms.allow(one)], [one for one in clean if not forms.allow(one)])


def batches(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """Split ids into as few requests as an API allows."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def each(call: Callable[[T], Awaitable[U]], items: Iterable[T]) -> list[U | ProviderError]:
    """Call with every item, a few in parallel; return results or errors, in order.

    An error about the credentials applies to every item. Items not called by then share it, because a few more failures
    may lock an access key.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    refused: list[Unauthorized] = []

    async def one(item: T) -> U | ProviderError:
        async with gate:
            if refused:
                return refused[0]
            try:
                return await call(item)
            except Unauthorized as error:
                refused.append(error)
                return error
            except ProviderError as error:
                return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]


async def ask_each(ask: Callable[[str], Awaitable[Outcome]], ids: Sequence[str]) -> dict[str, Outcome]:
    """Look up every id, a few in parallel, and return their outcomes; `ask` may raise Unreadable too."""

    async def one(job_id: str) -> Outcome:
        try:
            return await ask(job_id)
        except Unreadable as error:
            return error

    return dict(zip(ids, await each(one, ids), strict=True))


def silence(malformed: int) -> Unreadable | None:
    """Return the outcome of an id that a reply omits: no such job, unless an unreadable entry may be its job."""
    return Unreadable("an unreadable entry of the reply may be this job") if malformed else None


def lookup(outcomes: Mapping[str, Outcome], impossible: Iterable[str], account: str, service: str) -> Lookup:
    """Sort outcomes into a `Lookup`; an id with an unreadable entry is unanswered.

    Raises the first error when nothing was answered.
    """
    outcomes = {one: None if isinstance(outcome, Missing) else outcome for one, outcome in outcomes.items()}
    errors = [outcome for outcome in outcomes.values() if isinstance(outcome, ProviderError)]
    missing = [one for one, outcome in outcomes.items() if outcome is None] + list(impossible)
    if errors and len(errors) == len(outcomes) and not missing:
        raise errors[0]
    return Lookup(
        tuple(outcome for outcome in outcomes.values() if isinstance(outcome, Job)),
        tuple(missing),
        tuple(
            Unanswered(one, _error(outcome, account, service))
            for one, outcome in outcomes.items()
            if isinstance(outcome, ProviderError | Unreadable)
        ),
    )


def _error(outcome: ProviderError | Unreadable, account: str, service: str) -> ProviderError:
    if isinstance(outcome, ProviderError):
        return outcome
    return Malformed(str(outcome), account=account, service=service)
