"""Half of a fleet is the release before, as in a rolling restart: watches lose and repeat no failure."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import pytest

from bot.background.reconcile import reasons
from bot.background.tasks import tasks
from bot.config.settings import load
from bot.deps.deps import Deps
from bot.domain.watches import WatchSpec
from bot.runtime.runner import running
from bot.store.group_jobs import Slice
from bot.watches.watch import watch
from sandbox.clouds.job_orders import JobOrder, make
from tests.test_previous_release import READ, Site, release, site, working, written_by

SERVICE = ("media-cn", "video-ocr")
PATIENCE_S = 180.0
"""A release that does not read newer records. It takes half of the tasks and does nothing in them."""
__all__ = ["release", "site"]

pytestmark = pytest.mark.heavy("runs another release of the bot as a process")


def add(site: Site, run_s: float, ago_s: float = 0) -> str:
    """Add a job with this age that fails after a time; return its ref."""
    order = JobOrder(account=SERVICE[0], service=SERVICE[1], wait_s=0, run_s=run_s, outcome="failed")
    job = make(order, site.world.now() - ago_s)
    site.world.store(*SERVICE).add(job)
    return f"{'/'.join(SERVICE)}/{job.id}"


async def refs_in_heads(deps: Deps, destination: str) -> Counter[str]:
    """Return the jobs of all heads of a channel, with their counts."""
    snapshot = await deps.store.outbox.read(destination, deps.catalog.scopes)
    parts = [Slice(group.id, 0, 100) for group in snapshot.groups.values() if group.ts or group.storm]
    jobs = await deps.store.groups.jobs(destination, parts) if parts else []
    return Counter(job.ref for found in jobs for job in found)


async def discovers(deps: Deps) -> bool:
    """Return whether the service has a baseline, after which new jobs are discovered."""
    _, known, _ = await deps.store.discovery.read(SERVICE)
    return known.unfinished


async def eventually(what: Callable[[], Awaitable[bool]], log: Callable[[], str]) -> None:
    """Wait until a condition is true."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await what():  # noqa: ASYNC110  # other processes change it, without an event
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"it never came true; the log:\n{log()}") from None


async def test_each_failure_is_in_one_head_while_the_release_before_works_too(
    release: Path, site: Site, tmp_path: Path
):
    destination = f"{site.workspace.team.id}/{READ}"
    # Created long before the watch: either version may look at them first.
    long_running = [add(site, run_s=7200, ago_s=1800) for _ in range(6)]
    await written_by(release, site, f"{READ}={long_running[0]}", "")
    async with (
        working(release, site, tmp_path / "release.log") as log,
        running(load(site.file), None, tasks, reasons) as deps,
    ):
        await watch(deps, WatchSpec(account=SERVICE[0], service=SERVICE[1]), destination, "U0DANA")
        await eventually(lambda: discovers(deps), log)
        for ref in long_running:
            site.world.end(ref.rpartition("/")[2], "failed")
        failed = {*long_running, *(add(site, run_s=1) for _ in range(3))}
        await eventually(lambda: _all_there(deps, destination, failed), log)
        for ref in failed:
            decided = [each for each in await deps.store.decisions.read(destination, ref) if each.outcome.final]
            assert len([each for each in decided if each.event.endswith("/failed")]) == 1, ref
        others = ("more failed", "Failed (")  # lines below a head, and the card of the tracked job
        failures = [text for text in site.texts(READ) if text[0] == "❌" and not any(words in text for words in others)]
        # Where the release before looked at the job of its card first, it replied there: it knows no watch.
        replies = [text for text in failures if long_running[0] in text]
        groups = (await deps.store.outbox.read(destination, deps.catalog.scopes)).groups.values()
        assert len(replies) <= 1
        assert len(failures) - len(replies) == sum(bool(group.ts) for group in groups), failures


async def _all_there(deps: Deps, destination: str, failed: Collection[str]) -> bool:
    found = await refs_in_heads(deps, destination)
    assert max(found.values(), default=0) <= 1
    return set(found) == set(failed)
