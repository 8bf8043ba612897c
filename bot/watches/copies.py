"""Keeps copies of watches beside the services that they cover, where they route events.

A destination has the watches themselves. They are written first, so a crash in between leaves outdated copies. The
reconciler compares them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from bot.deps.deps import Deps
from bot.domain.mirrored_scopes import services_to_watch
from bot.domain.outbox import OutboxSnapshot
from bot.domain.service_key import Service
from bot.domain.slack_ids import workspace_of
from bot.domain.watches import Rules, written
from bot.store.routes import Route, Routes
from bot.task_queue.enqueue import enqueue_sweep_now

READ_MAX = 200
"""Destinations whose rules are read in one round trip."""
Copies = Mapping[Service, Mapping[Route, str | None]]
"""Copies to write beside each service. None removes one."""


async def copy_watches(deps: Deps, destination: str) -> None:
    """Write the copies of a destination's watches until they match its newest rules.

    Raises StoreUnavailable.
    """
    deps, version = deps.whole, -1
    while True:
        # Read the copies first, because a watch is written before its copy.
        routes = await deps.store.routes.read(deps.catalog.pairs)
        (snapshot,) = await deps.store.watches.read([destination])
        if snapshot.newer or snapshot.rules.version == version:
            return
        version = snapshot.rules.version
        for service, copies in _differences(deps, snapshot, routes).items():
            await deps.store.routes.put_all(service, copies.items())
            await enqueue_sweep_now(deps, service)  # failures before the first look are not noticed


def _differences(deps: Deps, snapshot: OutboxSnapshot, routes: Mapping[Service, Routes]) -> Copies:
    """Return the changes to the copies of one destination. Those of unreadable watches stay."""
    unreadable = {each.name for each in snapshot.broken}
    found: dict[Service, dict[Route, str | None]] = {}
    for service in deps.catalog.pairs:
        there = {
            route: text
            for route, text in routes[service].watches.items()
            if route.destination == snapshot.destination and route.watch not in unreadable
        }
        wanted = _wanted(snapshot.destination, snapshot.rules, service)
        changes = {route: wanted.get(route) for route in {**there, **wanted} if there.get(route) != wanted.get(route)}
        if changes:
            found[service] = changes
    return found


def _wanted(destination: str, rules: Rules, service: Service) -> dict[Route, str]:
    """Return the copies beside a service. It may own the events of jobs that another service shows."""
    return {
        Route(destination, each.id): written(each) for each in rules.watches if services_to_watch(each.spec, [service])
    }


async def repair_copies(deps: Deps, destinations: Collection[str]) -> None:
    """Repair the copies of all watches, and their number. Drop watches and mutes whose time is over.

    `destinations` are all that have watches. Raises StoreUnavailable.
    """
    deps = deps.whole
    routes = await deps.store.routes.read(deps.catalog.pairs)
    copied = {route.destination for each in routes.values() for route in each.watches}
    everywhere = sorted({*destinations, *copied})
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for start in range(0, len(everywhere), READ_MAX):
        for snapshot in await deps.store.watches.read(everywhere[start : start + READ_MAX]):
            if snapshot.newer:
                continue
            await _drop_over(deps, snapshot)
            if _differences(deps, snapshot, routes):
                await copy_watches(deps, snapshot.destination)
            if active := len(snapshot.rules.active):
                counts[workspace_of(snapshot.destination)][snapshot.destination] = active
    for workspace in {*map(workspace_of, everywhere)}:
        await _repair_counts(deps, workspace, counts[workspace])


async def _drop_over(deps: Deps, snapshot: OutboxSnapshot) -> None:
    """Remove watches that can no longer be restored, and mutes that are over."""
    now, rules = deps.clock(), snapshot.rules
    over = [
        *(each.id for each in rules.watches if each.expired(now)),
        *(each.id for each in rules.mutes if each.over(now)),
    ]
    if over and await deps.store.watches.change(snapshot.destination, rules, dict.fromkeys(over), now) is not None:
        await copy_watches(deps, snapshot.destination)


async def _repair_counts(deps: Deps, workspace: str, counts: Mapping[str, int]) -> None:
    counted = await deps.store.watches.counted(workspace)
    for destination in counted.keys() | counts.keys():
        if counted.get(destination) != counts.get(destination):
            await deps.store.watches.count(destination, counts.get(destination, 0))
