"""Two versions on one Redis: each reads the other's records, or leaves them unchanged."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.background.reconcile import reasons
from bot.background.tasks import tasks
from bot.config.settings import load
from bot.diagnostics.checks import check
from bot.domain.findings import Status
from bot.domain.outbox import InFlightPost
from bot.domain.record_formats import FORMATS, Kind
from bot.domain.suspensions import Suspension
from bot.runtime.runner import running
from bot.store import Store
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import POST_INTERVAL
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.server import PORT
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, MANIFEST, environment
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.model import Channel
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace
from tests import releases, writing
from tests.releases import ROOT, MissingCommitError, checkout, command_module

COMMIT = (ROOT / "tests" / "previous_release").read_text().strip()
"""The commit that a roll-back leads to; each release replaces it."""
PATIENCE_S = 60.0
KINDS = {kind: f"C0NEWER{index}" for index, kind in enumerate([Kind.CARD, Kind.ENTRY, Kind.MARK, Kind.SUSPENSION])}
"""Channels with one record of a newer format, by its kind."""
KEPT = (":cards", ":begun", ":suspended", ":outbox:")
READ, WAITING, JOB = "C0READ", "C0WAITING", "C0JOB"

pytestmark = pytest.mark.heavy("runs another release of the bot as a process")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A folder with the release before, as git has it."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(checkout(COMMIT, tmp_path_factory.mktemp("previous") / "release"))
        except MissingCommitError as reason:
            pytest.skip(str(reason))


@dataclass
class Site:
    """Two simulated clouds, a workspace, a bot's configuration, and its tracked jobs."""

    world: World
    workspace: Workspace
    file: Path
    link: RedisLink

    def job(self) -> str:
        """Add a job that runs for an hour, and return its ref."""
        order = JobOrder(account="media-cn", service="video-ocr", wait_s=0, run_s=3600)
        job = make(order, self.world.now())
        self.world.store("media-cn", "video-ocr").add(job)
        return f"media-cn/video-ocr/{job.id}"

    def end(self, *refs: str) -> None:
        for ref in refs:
            self.world.end(ref.rpartition("/")[2], "succeeded")

    def texts(self, channel: str) -> list[str]:
        """Return the messages of a channel, oldest first, with the replies in threads."""
        return [message.content.text for message in self.workspace.messages.seen_by(channel, None)]

    def tells_an_end(self, channel: str) -> bool:
        """Return whether the result of its job is posted in a channel."""
        return any("Succeeded" in text for text in self.texts(channel))

    async def records(self, *channels: str) -> set[tuple[str, str, str]]:
        """Return the records of channels, each with its key and its name in there."""
        found: set[tuple[str, str, str]] = set()
        for key in await self.link.execute("KEYS", "callboard:*"):
            if any(channel in key for channel in channels) and any(word in key for word in KEPT):
                match await self.link.execute("TYPE", key):
                    case "hash":
                        found |= {(key, *pair) for pair in (await self.link.execute("HGETALL", key)).items()}
                    case "stream":
                        entries = await self.link.execute("XRANGE", key, "-", "+")
                        found |= {(key, entry, fields["entry"]) for entry, fields in entries}
                    case _:
                        found.add((key, "", await self.link.execute("GET", key)))
        return found


@pytest.fixture
async def site(
    tmp_path: Path, redis_url: str, link: RedisLink, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Site]:
    world, workspace = World(jobs_per_service=5, arrival_s=0), seeded(MANIFEST)
    channels = [*KINDS.values(), READ, WAITING, JOB]
    workspace.channels.update({each: Channel(each, each.lower()) for each in channels})
    async with serving_clouds(world) as clouds, serving_slack(workspace) as slack:
        for name, value in {**environment(slack), "REDIS_URL": redis_url}.items():
            monkeypatch.setenv(name, value)
        file = tmp_path / "callboard.toml"
        file.write_text(CONFIGURATION.read_text().replace(f"http://127.0.0.1:{PORT}", clouds))
        yield Site(world, workspace, file, link)


async def written_by(release: Path, site: Site, posted: str, waiting: str) -> None:
    """Let the release before write subscriptions."""
    command = (sys.executable, "-m", "tests.writing", str(site.file), posted, waiting)
    process = await asyncio.create_subprocess_exec(*command, cwd=release, env=releases.environment(release))
    assert await process.wait() == 0


@asynccontextmanager
async def working(release: Path, site: Site, log: Path) -> AsyncGenerator[Callable[[], str]]:
    """Run a worker of the release before; yields a function that returns its log."""
    command = (sys.executable, "-m", command_module(release), "worker", "--config", str(site.file))
    variables = releases.environment(release)
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, cwd=release, env=variables, stdout=out, stderr=out)
    try:
        yield log.read_text
    finally:
        process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()


async def until(what: Callable[[], object], told: Callable[[], str]) -> None:
    """Wait until a condition is true."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not what():  # noqa: ASYNC110  # other processes change it, without an event
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it never came true; the log:\n{told()}") from None


async def readiness(log: Callable[[], str]) -> httpx.Response:
    """Request a worker's readiness, at the port in its log."""
    lines = (json.loads(line) for line in log().splitlines() if line.startswith("{"))
    [address] = [line["http"] for line in lines if line.get("event") == "ready"]
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://{address}/readyz")


async def write_newer(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write one record of a newer format of each kind; return the jobs."""
    refs = {kind: site.job() for kind in KINDS}
    ref = site.job()
    team, store, now = site.workspace.team.id, Store.over(site.link), datetime.now(UTC)
    for kind, channel in KINDS.items():
        word = f"{channel}={refs[kind]}"
        if kind not in {Kind.CARD, Kind.ENTRY}:
            await writing.write(site.file, word, "")
        with monkeypatch.context() as patch:
            patch.setitem(FORMATS, kind, FORMATS[kind] + 1)
            match kind:
                case Kind.CARD:
                    await writing.write(site.file, word, "")
                case Kind.ENTRY:
                    await writing.write(site.file, "", word)
                case Kind.MARK:
                    await site.link.execute("DEL", POST_INTERVAL.of(f"{team}/{channel}"))
                    in_flight = InFlightPost(id="0" * 16, at=now, channel=channel)
                    assert (await store.outbox.begin(f"{team}/{channel}", in_flight, 0, await turn(site, channel))).ok
                case _:
                    await store.outbox.suspend(f"{team}/{channel}", Suspension(reason="is_archived", since=now))
    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, Kind.JOB, FORMATS[Kind.JOB] + 1)
        await writing.write(site.file, f"{JOB}={ref}", "")
    return [*refs.values(), ref]


async def turn(site: Site, channel: str) -> str:
    return (await Store.over(site.link).outbox.read(f"{site.workspace.team.id}/{channel}", [])).turn


async def test_the_release_before_posts_what_it_can_read_and_leaves_the_rest(
    release: Path, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    refs = [site.job(), site.job()]
    await written_by(release, site, f"{READ}={refs[0]}", f"{WAITING}={refs[1]}")
    newer = await write_newer(site, monkeypatch)
    before = await site.records(*KINDS.values())
    said = {channel: site.texts(channel) for channel in KINDS.values()}
    site.end(*refs, *newer)
    async with working(release, site, tmp_path / "release.log") as log:
        await until(lambda: all(map(site.tells_an_end, (READ, WAITING))), log)
        await until(lambda: all(log().count(f"/{channel}") for channel in KINDS.values()), log)
        told = await readiness(log)
    assert told.status_code == httpx.codes.OK, "the other destinations continue"
    assert "degraded: a newer version wrote records" in told.text
    team = site.workspace.team.id
    assert [channel for channel in KINDS.values() if f"{team}/{channel} (" not in told.text] == []
    assert f"media-cn/video-ocr ({len(newer)} jobs)" in told.text, "this version writes all jobs in a newer format"
    assert {channel: site.texts(channel) for channel in KINDS.values()} == said
    assert before - await site.records(*KINDS.values()) == set(), "more may wait by now"
    await _the_newer_version_goes_on(site, monkeypatch)


async def _the_newer_version_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that nothing was lost: the newer version posts the rest."""
    for kind in Kind:
        monkeypatch.setitem(FORMATS, kind, FORMATS[kind] + 1)
    store = Store.over(site.link)
    await store.outbox.restore(f"{site.workspace.team.id}/{KINDS[Kind.SUSPENSION]}")
    async with running(load(site.file), None, tasks, reasons):
        await until(lambda: all(map(site.tells_an_end, (*KINDS.values(), JOB))), str)
    assert not await store.aside.kept()


async def test_this_version_reads_the_records_of_the_release_before(release: Path, site: Site):
    refs = [site.job(), site.job()]
    await written_by(release, site, f"{READ}={refs[0]}", f"{WAITING}={refs[1]}")
    assert len(site.texts(READ)) == 1
    site.end(*refs)
    async with running(load(site.file), None, tasks, reasons) as deps:
        await until(lambda: all(map(site.tells_an_end, (READ, WAITING))), str)
        assert not await deps.store.aside.kept()
        assert not await deps.store.aside.newer(await deps.store.outbox.destinations(), deps.catalog.scopes)


async def test_check_says_where_a_newer_version_wrote(site: Site, monkeypatch: pytest.MonkeyPatch):
    await write_newer(site, monkeypatch)
    [finding] = [each for each in (await check(load(site.file))).findings if each.subject == "records"]
    assert finding.status is Status.FAIL
    assert [channel for channel in KINDS.values() if f"/{channel} (1 " not in finding.text] == []
