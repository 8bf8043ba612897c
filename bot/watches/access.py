"""Decides who may watch what where, and which services a watch covers."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.deps.deps import Deps
from bot.deps.permissions import permit
from bot.domain.access import Audience
from bot.domain.errors import Problem, UsageError
from bot.domain.watch_answers import CoveredService
from bot.domain.watches import WatchSpec
from bot.slack_api.membership import readers
from providers.base import Capabilities


class Coverage(NamedTuple):
    """The services of a watch that its readers may see, and the hidden ones."""

    covered: Sequence[CoveredService]
    hidden: Sequence[CoveredService]


def permit_watch(deps: Deps, spec: WatchSpec, destination: str) -> Coverage:
    """Check that the requester may watch the scope, and the destination read some of it.

    Raises UsageError.
    """
    if deps.catalog.nothing:
        raise UsageError(deps.catalog.refusal)
    in_scope = spec.service_filter.pick(deps.providers)
    for account in dict.fromkeys(each.account for each in in_scope):
        if not deps.subscribes(account):
            raise UsageError(Problem.NOT_TO_SUBSCRIBE, account)
    reader = deps.asker.readers(destination) if deps.asker else None
    found = _coverage(deps, spec, reader)
    if not found.covered:
        permit(deps, {each.account for each in in_scope}, destination)
        raise UsageError(Problem.NOTHING_TO_WATCH)
    # All readers of a channel see the words of a watch.
    permit(deps, sorted(spec.first_words & {*deps.catalog.accounts}), destination)
    return found


def may_see(deps: Deps, spec: WatchSpec) -> bool:
    """Return whether the requester may see all accounts that the words of a watch name."""
    named = spec.first_words & {*deps.whole.catalog.accounts}
    return all(deps.sees(each) for each in {*named, spec.account} if each)


async def coverage(deps: Deps, spec: WatchSpec, destination: str, owner: str) -> Coverage:
    """Return the services of a watch that its readers may see. Raises StoreUnavailable."""
    if deps.access.open and destination != owner:
        return _coverage(deps, spec, None)
    return _coverage(deps, spec, await readers(deps, destination, owner))


def _coverage(deps: Deps, spec: WatchSpec, reader: Audience | None) -> Coverage:
    watched = spec.service_filter.pick(deps.providers)
    found = [_covered(each.account, each.service, each.capabilities) for each in watched]
    seen = [each for each in found if reader is None or deps.access.sees(each.account, reader)]
    return Coverage(seen, [each for each in found if each not in seen])


def _covered(account: str, service: str, able: Capabilities) -> CoveredService:
    return CoveredService(account, service, able.lists, able.page_max if able.whole_list else None)
