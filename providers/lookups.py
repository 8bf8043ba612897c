"""Looking up ids: which can be asked for, a few requests at once, and what became of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from providers.errors import Malformed, Missing, ProviderError, Unauthorized
from providers.ids import USUAL, Ids
from providers.json_fields import Unreadable
from providers.models import Job, Lookup, Unanswered

_AT_ONCE = 4
"""Requests that one question has under way; the account's other questions want to be answered too."""

T = TypeVar("T")
U = TypeVar("U")

Outcome = Job | Unreadable | ProviderError | None
"""What is known about an id: a job, an entry that cannot be read, why it could not be asked for, no such job.

That there is no such job is None, or the error Missing. Every other error leaves it open.
"""


class SortedIds(NamedTuple):
    """Ids as they came, each once: those to ask for, and those that cannot be any job's."""

    ids: list[str]
    impossible: list[str]


def sort_ids(ids: Iterable[str], forms: Ids = USUAL) -> SortedIds:
    """Strip ids, drop repetitions, and sort out those that need no request: no job can have them."""
    clean = list(dict.fromkeys(stripped for one in ids if (stripped := one.strip())))
    return SortedIds([one for one in clean if forms.allow(one)], [one for one in clean if not forms.allow(one)])


def batches(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """Cut ids into as few requests as an API allows."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def each(call: Callable[[T], Awaitable[U]], items: Iterable[T]) -> list[U | ProviderError]:
    """Call with every item, a few at once; return results, or the errors that stood in their way, in order.

    Refused credentials are those of every item: what has not been called by then shares the error, for an access key
    may be locked after a few failures more.
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
    """Ask about every id, a few at once, and return what became of each; `ask` may raise Unreadable too."""

    async def one(job_id: str) -> Outcome:
        try:
            return await ask(job_id)
        except Unreadable as error:
            return error

    return dict(zip(ids, await each(one, ids), strict=True))


def silence(malformed: int) -> Unreadable | None:
    """What it means that a reply is silent about an id: no such job, unless an entry that cannot be read may be it."""
    return Unreadable("an entry of the reply cannot be read, and may be this job's") if malformed else None


def lookup(outcomes: Mapping[str, Outcome], impossible: Iterable[str], account: str, service: str) -> Lookup:
    """Sort what became of each id into an answer; an entry that cannot be read is an id unanswered.

    Raises the first error when nothing at all was answered.
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
