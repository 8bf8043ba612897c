"""Writes the data of this folder's tests: `python -m tests.stored.write`, on the commit whose data is kept."""

import asyncio
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from tests.redis_server import Server
from tests.stored import redis_data, slack_data
from tests.stored.replay import finish, press_all, replaying
from tests.stored.stage import START, stage
from tests.stored.story import KEY, KEY_VARIABLE, WORDS, state, write_everything

FOLDER = Path(__file__).parent
Json = dict[str, Any]


async def written(url: str) -> tuple[Json, Json]:
    """Return what the bot writes into an empty Redis, and into Slack."""
    snapshots = slack_data.Snapshots()
    async with stage(url, START) as opened:
        await write_everything(opened, snapshots)
        words = {name: [each.value for each in words] for name, words in WORDS.items()}
        redis = {
            "at": opened.clock().isoformat(),
            "state": state(opened),
            "words": words,
            "keys": await redis_data.dump(url),
        }
        slack = {"history": slack_data.history(opened.workspace), "surfaces": snapshots.as_json()}
    return redis, slack


async def answered(url: str, redis: Json, slack: Json) -> None:
    """Add the bot's answers to the stored data."""
    async with replaying(url, redis, slack) as opened:
        slack["answers"] = await press_all(opened, redis, slack)
    async with replaying(url, redis, slack) as opened:
        slack["finished"] = await finish(opened)


def main(folder: Path) -> None:
    os.environ[KEY_VARIABLE] = KEY
    server = Server(folder)
    try:
        redis, slack = asyncio.run(written(server.url))
        asyncio.run(answered(server.url, redis, slack))
    finally:
        server.dies()
    for name, data in (("redis", redis), ("slack", slack)):
        (FOLDER / f"{name}.json").write_text(_in_lines(data))


def _in_lines(data: Json) -> str:
    """Return JSON with a line for each record."""
    parts: list[str] = []
    for name, value in data.items():
        match value:
            case dict():
                lines = [f"{json.dumps(key)}: {_line(inner)}" for key, inner in cast("Json", value).items()]
                parts.append(f"{json.dumps(name)}: {{\n  {_joined(lines)}\n }}")
            case list():
                parts.append(f"{json.dumps(name)}: [\n  {_joined(map(_line, cast('list[Any]', value)))}\n ]")
            case _:
                parts.append(f"{json.dumps(name)}: {_line(value)}")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _joined(lines: Iterable[str]) -> str:
    return ",\n  ".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
