"""Explains a watch and its recent matches and decisions: `/jobs why w7`."""

from collections.abc import Sequence
from datetime import datetime

from bot.deps.deps import Deps
from bot.domain.cards import wants
from bot.domain.decisions import Decision, Reason
from bot.domain.errors import Problem, UsageError
from bot.domain.event_log import KEPT_FOR, LoggedEvent
from bot.domain.explanations import Explained, WatchExplanation
from bot.domain.mirrored_scopes import services_to_watch
from bot.domain.service_key import Service
from bot.domain.watch_answers import CoveredService
from bot.domain.watches import Mute, Rules, Watch
from bot.watches.access import coverage, may_see
from bot.watches.message_links import linked
from bot.watches.rules import read_rules
from providers.mirrors import views

NEWEST = 5
"""The number of decisions that an explanation shows."""
READ = 20
"""The number of jobs of each service whose decisions are read."""


async def explain_watch(deps: Deps, watch_id: str, destinations: Sequence[str]) -> list[WatchExplanation]:
    """Return what is known of a watch in each of these destinations.

    Destinations count that have it, or had it in the last 30 days. Raises StoreUnavailable, and UsageError where none
    has it that the requester may see.
    """
    each = zip(destinations, await read_rules(deps, *destinations), strict=True)
    found = [
        await _explained(deps, destination, rules, watch)
        for destination, rules in each
        if (watch := rules.watch(watch_id) or (await deps.store.watches.former(destination, rules)).get(watch_id))
        if may_see(deps, watch.spec)
    ]
    if not found:
        raise UsageError(Problem.NO_SUCH_WATCH, watch_id)
    return found


async def _explained(deps: Deps, destination: str, rules: Rules, watch: Watch) -> WatchExplanation:
    covered, hidden = await coverage(deps, watch.spec, destination, watch.owner)
    pairs = [(each.account, each.service) for each in covered]
    down, partial = await _blind(deps, covered)
    return WatchExplanation(
        watch,
        destination,
        covered,
        hidden,
        down,
        partial,
        [each for each in rules.mutes if not each.over(deps.clock()) and _covers(watch, each)],
        await _matched(deps, watch, pairs),
        await _decisions(deps, destination, watch, pairs),
        removed=watch.removed or rules.watch(watch.id) is None,
    )


def _covers(watch: Watch, mute: Mute) -> bool:
    return watch.spec.covers(mute.account, mute.service)


async def _blind(deps: Deps, covered: Sequence[CoveredService]) -> tuple[list[tuple[str, datetime]], list[str]]:
    """Return the unreadable services, each with since when, and those that cannot be read whole."""
    known = [(str(each), (await deps.store.discovery.read((each.account, each.service)))[1]) for each in covered]
    down = [(name, each.down_since) for name, each in known if each.down_since]
    return down, [name for name, each in known if each.partial]


async def _matched(deps: Deps, watch: Watch, pairs: Sequence[Service]) -> int | None:
    """Return how many events of the last 24 hours a watch wanted. None where no log is that old."""
    now = deps.clock()
    since = max(now - KEPT_FOR, watch.at)
    known = services_to_watch(watch.spec, [pair for pair in deps.catalog.pairs if deps.sees(pair[0])])
    pages = [await deps.store.event_log.read(each, since, now) for each in known or pairs]
    if not any(page.complete_since for page in pages):
        return None
    return len({line.id for page in pages for line in page.events if _wanted(watch, line)})


def _wanted(watch: Watch, line: LoggedEvent) -> bool:
    if not line.job or line.noticed_at < watch.at or not wants(watch.spec.on, line.event):
        return False
    return any(watch.spec.matches(view) for view in views(line.change().job))


async def _decisions(
    deps: Deps, destination: str, watch: Watch, pairs: Sequence[Service]
) -> list[tuple[str, Explained]]:
    """Return the newest decisions in which a watch had a part."""
    services = services_to_watch(watch.spec, deps.catalog.pairs)
    slots = ["/".join(each) for each in services or pairs]
    newest = await deps.store.decisions.newest(destination, slots, READ)
    mine = [each for each in newest if _has_part(watch, each.decision) and deps.sees(each.ref.partition("/")[0])]
    mine = mine[:NEWEST]
    explained = await linked(deps, [Explained(destination, each.decision) for each in mine])
    return [(each.ref, one) for each, one in zip(mine, explained, strict=True)]


def _has_part(watch: Watch, decision: Decision) -> bool:
    """Whether a decision is about an event that a watch wanted."""
    named = watch.id in {decision.rule, *decision.also}
    return named and decision.reason not in {Reason.NOT_WANTED, Reason.FILTERED}
