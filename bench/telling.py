"""The time from a change to its message in Slack; a thousand changes in one channel."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, NamedTuple

import httpx

from bench import followed
from bench.clouds import Running, clouds
from bench.processes import process
from bench.worker import worker
from bot.deps.deps import Deps
from bot.store.redis.embedded import embedded_redis
from providers.base import Provider
from sandbox.demo import MANIFEST
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.seed import MEDIA

PATIENCE_S = 120.0
CHANGES_S = 20.0
"""Changes are spread over this time: two intervals of a young job."""
PERCENTS = (50, 99)


class Delivered(NamedTuple):
    """Seconds from each change at the cloud to its record, and from there to Slack."""

    service: str
    looked: Sequence[float]
    told: Sequence[float]

    @property
    def row(self) -> list[str]:
        seconds = [f"{value:.1f} s" for value in _percentiles(self.looked)]
        return [self.service, f"{len(self.told)}", *seconds, *(f"{v * 1000:,.0f} ms" for v in _percentiles(self.told))]


COLUMNS = ("", "changes", "look p50", "look p99", "posted p50", "posted p99")


def _percentiles(values: Sequence[float]) -> list[float]:
    cuts = quantiles(values, n=100, method="inclusive")
    return [cuts[percent - 1] for percent in PERCENTS]


async def tell(service: str, jobs: int, changes: int, folder: Path, *, limited: bool = False) -> Delivered:
    """Finish young jobs one by one, each tracked in a separate channel; time their notifications.

    With `limited`, the provider's own rate limit delays sweeps.
    """
    changed: dict[str, float] = {}
    with clouds(Running({service: jobs}, youngest_s=20, oldest_s=60)) as where, process(take_posts) as slack:
        slack_url = slack.recv()
        async with embedded_redis(folder) as redis_url, followed.opened(where, redis_url) as (services, _):
            provider = followed.provider_of(services, service)
            await followed.follow(services, provider, where, place=followed.PLACE.format)
            places = await followed.places(services, provider)
            ending = Random(7).sample(sorted(places), changes)
            with worker(where, redis_url, slack_url, limited=limited) as at_work:
                await _looked_at(services, provider)
                async with httpx.AsyncClient(base_url=where.url) as client:
                    for job_id in ending:
                        changed[job_id] = time.time()
                        await end(client, job_id)
                        await asyncio.sleep(CHANGES_S / changes)
                posted = await _posted(slack, changes)
                recorded = at_work.figures().recorded
    looked = [recorded[one] - at for one, at in changed.items()]
    return Delivered(
        f"{service}{', at its limit' * limited}", looked, [posted[places[one]] - recorded[one] for one in ending]
    )


async def end(client: httpx.AsyncClient, job_id: str) -> None:
    """Finish a job at the cloud."""
    (await client.post(f"/control/jobs/{job_id}", json={"state": "succeeded"})).raise_for_status()


async def _looked_at(deps: Deps, provider: Provider) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await followed.due_in(deps, provider) <= 0:  # noqa: ASYNC110  # Redis sends no event
            await asyncio.sleep(0.05)


async def _posted(slack: Connection, number: int) -> dict[str, float]:
    """Return when each destination got its first post, once there are this many."""
    posted: dict[str, float] = {}
    async with asyncio.timeout(PATIENCE_S):
        while len(posted) < number:
            while not slack.poll():  # noqa: ASYNC110  # a pipe has no event
                await asyncio.sleep(0.01)
            place, at = slack.recv()
            posted.setdefault(place, at)
    return posted


class Burst(NamedTuple):
    """The result of many changes in one channel.

    `told_s` is from the worker's start to the last notification. `later_s` is from the record of one more change to its
    message, while the cards of the others wait for their edits.
    """

    changes: int
    messages: int
    refused: int
    edits: int
    told_s: float
    later_s: float

    @property
    def row(self) -> list[str]:
        figures = (self.changes, self.messages, self.refused, self.edits)
        return ["in one channel", *(f"{each:,}" for each in figures), f"{self.told_s:.1f} s", f"{self.later_s:.2f} s"]


BURST_COLUMNS = ("", "changes", "messages", "429s", "edits", "all posted", "the next")


async def burst(service: str, changes: int, folder: Path, *, another: bool = True) -> Burst:
    """Finish this many jobs of one channel before a worker looks; Slack's rate limits are enforced.

    With `another`, one more job finishes afterwards.
    """
    later = 0.0
    with clouds(Running({service: changes + 1}, youngest_s=20, oldest_s=60)) as where, process(serve_slack) as slack:
        slack_url = slack.recv()
        async with (
            embedded_redis(folder) as redis_url,
            followed.opened(where, redis_url) as (services, _),
            httpx.AsyncClient(base_url=where.url) as cloud,
            httpx.AsyncClient(base_url=slack_url) as workspace,
        ):
            provider = followed.provider_of(services, service)
            stamps = await _cards(workspace, changes + 1)
            await followed.follow(services, provider, where, place=lambda _: MEDIA.id, ts=stamps.__getitem__)
            await workspace.post("/test/pace", json={"enforced": True})
            last, *others = await followed.places(services, provider)
            for job_id in others:
                await end(cloud, job_id)
            began = time.time()
            with worker(where, redis_url, slack_url) as at_work:
                await _told(services, provider)
                told, messages = time.time(), len(await _posts(workspace))
                if another:
                    await end(cloud, last)
                    await _until(lambda: _posts(workspace), lambda now: len(now) > messages)
                    later = (await _posts(workspace))[-1]["at"] - at_work.figures().recorded[last]
                calls = await _calls(workspace)
    counted = Counter((call["method"], call["error"] or "ok") for call in calls)
    return Burst(
        changes=len(others),
        messages=messages,
        refused=sum(number for (_, error), number in counted.items() if error == "ratelimited"),
        edits=sum(number for (method, _), number in counted.items() if method == "chat.update"),
        told_s=told - began,
        later_s=later,
    )


async def _cards(workspace: httpx.AsyncClient, number: int) -> list[str]:
    """Post the messages of this many cards, and return their timestamps."""
    said = {"channel": MEDIA.id, "text": "a card"}
    own = {"authorization": f"Bearer {BOT_TOKEN}"}
    posted = [(await workspace.post("/api/chat.postMessage", json=said, headers=own)).json() for _ in range(number)]
    await workspace.delete("/test/calls")
    return [str(each["ts"]) for each in posted]


async def _told(deps: Deps, provider: Provider) -> None:
    async def left() -> tuple[int, bool]:
        number, _, _ = (await deps.store.tracked.state([(provider.account, provider.service)]))[0]
        return number, await followed.quiet(deps, provider)

    await _until(left, lambda now: now == (1, True))


async def _until(ask: Callable[[], Any], right: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not right(await ask()):  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.05)


async def _posts(workspace: httpx.AsyncClient) -> list[dict[str, Any]]:
    return [call for call in await _calls(workspace) if call["method"] == "chat.postMessage" and not call["error"]]


async def _calls(workspace: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await workspace.get("/test/calls")).json()


def serve_slack(parent: Connection) -> None:
    """Serve the local workspace."""
    asyncio.run(_serve_slack(parent))


async def _serve_slack(parent: Connection) -> None:
    from sandbox.slack.server import serving
    from sandbox.slack.workspace.seed import seeded

    async with serving(seeded(MANIFEST)) as url:
        parent.send(url)
        await asyncio.Event().wait()


def take_posts(parent: Connection, reports: bool = True) -> None:  # noqa: FBT001, FBT002  # multiprocessing passes by position
    """Serve a minimal Slack Web API that answers every call with `ok`.

    With `reports`, it sends the destination and time of each post.
    """
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def take(request: Request) -> Response:
        came = time.time()
        asked = await request.json()
        if reports and request.path_params["method"] == "chat.postMessage":
            parent.send((asked["channel"], came))
        return JSONResponse({"ok": True, "channel": asked["channel"], "ts": f"{came:.6f}"})

    with socket.create_server(("127.0.0.1", 0)) as listening:
        parent.send(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = Starlette(routes=[Route("/api/{method}", take, methods=["POST"])])
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listening])
