"""A storm of failures in one watched channel, under Slack's rate limits."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bench.apps import run_callboard
from bench.clouds import clouds
from bench.processes import process
from bench.telling import serve_slack
from bot.store.redis.embedded import embedded_redis
from sandbox.slack.workspace.seed import DANA, ON_CALL

SCOPE = "media-cn/video-ocr"
FAILURES = 1_000
KINDS = 3
WITHIN_S = 60.0
PATIENCE_S = 240.0
MINUTE_S = 60.0
BUSY_S = 3.0
POLL_S = 0.2
Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Storm:
    """The result of a storm in its channel.

    `first_lines` are the thread lines of the first minute after the first post. `listed` is how many of the failures
    *Show all* has. `counted_s` is the time from the last failure until the heads count all of them.
    """

    failures: int
    posts: int
    first_lines: int
    lines: int
    edits: int
    refused: int
    listed: int
    counted_s: float

    @property
    def row(self) -> list[str]:
        counts = (self.failures, self.posts, self.first_lines, self.lines, self.edits, self.refused, self.listed)
        return [*(f"{each:,}" for each in counts), f"{self.counted_s:.0f} s"]


COLUMNS = ("failures", "posts", "lines in 1 min", "lines", "edits", "429s", "in Show all", "counted after")


class Channel:
    """The channel, as the workspace's page shows it."""

    def __init__(self, page: httpx.AsyncClient) -> None:
        self._page = page

    async def types(self, text: str) -> None:
        """Send a command."""
        await self._post("message", text=text)

    async def messages(self) -> list[Json]:
        """Return the app's messages in the channel that this person sees."""
        asked = {"channel": ON_CALL.id, "user": DANA.id}
        return [each for each in (await self._page.get("/test/messages", params=asked)).json() if each["bot"]]

    async def clicks(self, label: str, message: Json) -> Json:
        """Press a button, and return the message that answers or replaces this one."""
        block, button = next(pair for pair in _buttons(message) if pair[1]["text"]["text"].endswith(label))
        before = {str(each) for each in await self.messages()}
        where = {"message_ts": message["ts"], "block_id": block["block_id"], "action_id": button["action_id"]}
        await self._post("action", **where, type="button", value=button["value"])
        return await until(self._new(before))

    def _new(self, before: set[str]) -> Callable[[], Awaitable[Json | None]]:
        async def find() -> Json | None:
            found = [each for each in await self.messages() if each["ephemeral"] and str(each) not in before]
            return found[-1] if found else None

        return find

    async def all_of(self, head: Json) -> set[str]:
        """Return the ids of all jobs under a head's *Show all*, page by page."""
        page, found = await self.clicks("Show all", head), set[str]()
        while True:
            found |= {*_IDS.findall(str(page["blocks"]))}
            if not any(button["text"]["text"].startswith("Next") for _, button in _buttons(page)):
                return found
            page = await self.clicks("Next ▶", page)

    async def _post(self, what: str, **body: Any) -> None:
        order = {"user": DANA.id, "channel": ON_CALL.id, **body}
        (await self._page.post(f"/ui/{what}", json=order)).raise_for_status()


_IDS = re.compile(r"`([0-9a-f]{32})`")
_COUNT = re.compile(r"([0-9,]+) failed")


def _buttons(message: Json) -> Iterator[tuple[Json, Json]]:
    for block in message["blocks"]:
        elements = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        yield from ((block, each) for each in elements if each["type"] == "button")


async def until(find: Callable[[], Awaitable[T | None]]) -> T:
    """Return the result as soon as there is one; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while (found := await find()) is None:  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(POLL_S)
    return found


async def measure(
    folder: Path,
    *,
    failures: int = FAILURES,
    within_s: float = WITHIN_S,
    after_s: float = MINUTE_S,
    bot: Callable[..., None] = run_callboard,
) -> Storm:
    """Fail jobs of a watched service within some seconds; the whole `bot` runs in another process.

    The measurement runs until the heads count all failures, and for at least `after_s` seconds from the first post.
    """
    with clouds(1) as where, process(serve_slack) as slack:
        slack_url = slack.recv()
        async with (
            embedded_redis(folder) as redis_url,
            httpx.AsyncClient(base_url=where.url) as cloud,
            httpx.AsyncClient(base_url=slack_url) as page,
        ):
            channel = Channel(page)
            (await page.post("/test/pace", json={"enforced": True})).raise_for_status()
            with process(bot, f"{slack_url}/api/", redis_url, where, True):
                await _busy(cloud)
                await _watch(channel)
                storm = await _order(cloud, failures=failures, causes=KINDS, within_s=within_s)
                heads = await until(lambda: _heads(channel, failures))
                counted_s = time.time() - storm["until"]
                await asyncio.sleep(max(0.0, float(heads[0]["ts"]) + after_s - time.time()))
                made = (await page.get("/test/calls")).json()
                listed = set[str]().union(*[await channel.all_of(head) for head in heads])
                refused = _refused((await page.get("/test/calls")).json())
    posts = [each for each in made if each["method"] == "chat.postMessage" and not each["error"]]
    posts = [each for each in posts if each["at"] >= float(heads[0]["ts"]) - 1]
    lines = [each["at"] for each in posts if each["arguments"].get("thread_ts")]
    return Storm(
        failures=failures,
        posts=len(posts) - len(lines),
        first_lines=sum(at <= float(heads[0]["ts"]) + MINUTE_S for at in lines),
        lines=len(lines),
        edits=sum(each["method"] == "chat.update" for each in made),
        refused=refused,
        listed=len(listed & {ref.rpartition("/")[2] for ref in storm["failing"]}),
        counted_s=counted_s,
    )


async def _order(cloud: httpx.AsyncClient, **order: float) -> Json:
    return (await cloud.post("/control/storm", json={"services": [SCOPE], **order})).json()


async def _busy(cloud: httpx.AsyncClient) -> None:
    """Finish a hundred jobs, so that the bot looks for new ones every ten seconds."""
    await _order(cloud, failures=1, succeeding=0.99, within_s=BUSY_S)
    await asyncio.sleep(BUSY_S)


def _refused(calls: Iterable[Json]) -> int:
    return sum(each["error"] == "ratelimited" for each in calls)


async def _watch(channel: Channel) -> None:
    """Watch the service as soon as the app answers."""

    async def answered() -> Json | None:
        await channel.types(f"/jobs watch {SCOPE}")
        await asyncio.sleep(1)
        return next((each for each in await channel.messages() if "`w1`" in str(each["blocks"])), None)

    await until(answered)


async def _heads(channel: Channel, failures: int) -> list[Json] | None:
    """Return the heads once they count all failures."""
    said = [each for each in await channel.messages() if not each["ephemeral"] and not each["thread_ts"]]
    heads = [each for each in said if any("Show all" in button["text"]["text"] for _, button in _buttons(each))]
    counts = [int(found[1].replace(",", "")) for each in heads if (found := _COUNT.search(each["text"]))]
    return heads if sum(counts) >= failures else None
