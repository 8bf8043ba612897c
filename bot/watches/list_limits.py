"""Finds the covered services whose lists are too long to see all their jobs."""

from collections.abc import Sequence
from contextlib import suppress

from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.domain.walks import Discovery
from bot.domain.watch_answers import CoveredService, ListLimit


async def list_limits(deps: Deps, covered: Sequence[CoveredService]) -> list[ListLimit]:
    """Return the services whose lists are longer than what can be read of them.

    Services count that may have such a list because they were not read yet.
    """
    limits: list[ListLimit] = []
    for each in covered:
        if each.list_limit is not None:
            known = Discovery()
            with suppress(StoreUnavailable):
                known = (await deps.store.discovery.read((each.account, each.service)))[1]
            if known.partial or known.since is None:
                limits.append(ListLimit(str(each), each.list_limit, exceeded=known.partial))
    return limits
