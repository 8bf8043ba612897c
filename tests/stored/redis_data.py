"""The content of Redis, as JSON: written by one version, and loaded for another."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from redis.asyncio import Redis

from bot.store.redis.keys import ALL, PREFIX, REPLY, TOLD, VIEW, Key

Json = dict[str, Any]
LIFETIME_LEAST_MS = 60_000
"""The shortest lifetime of a loaded key, so that none expires during a test."""


async def dump(url: str) -> Json:
    """Return every key with its type, its lifetime in milliseconds and its value."""
    async with _client(url) as redis:
        names = sorted(map(_text, await redis.keys("*")))
        found = {name: await _dumped(redis, name) for name in names}
        return _without_marks({name: each for name, each in found.items() if each["type"] != "none"})


def _without_marks(kept: dict[str, Json]) -> dict[str, Json]:
    """Leave out keys that only mark something as done, except one of each structure."""
    found: dict[str, str] = {}
    for name, record in kept.items():
        mark = family(name, record["type"])[:1] in ([REPLY], [TOLD], [VIEW])
        found.setdefault(str(shape({name: record})) if mark else name, name)
    return {name: kept[name] for name in found.values()}


async def load(url: str, kept: Mapping[str, Json]) -> None:
    """Replace everything in Redis with what `dump` returned."""
    async with _client(url) as redis:
        pipeline = redis.pipeline(transaction=False)
        pipeline.flushall()
        for name, record in kept.items():
            for command in _commands(name, record):
                pipeline.execute_command(*command)
            if record["lifetime_ms"]:
                pipeline.pexpire(name, max(record["lifetime_ms"], LIFETIME_LEAST_MS))
        await pipeline.execute()


def _client(url: str) -> Any:
    return Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]


async def _dumped(redis: Any, name: str) -> Json:
    kind = _text(await redis.type(name))
    return {"type": kind, "lifetime_ms": max(0, await redis.pttl(name)), "value": await _value(redis, name, kind)}


async def _value(redis: Any, name: str, kind: Any) -> Any:  # noqa: PLR0911  # one for each kind
    match kind:
        case "string":
            return _text(await redis.get(name))
        case "hash":
            return _texts(await redis.hgetall(name))
        case "set":
            return sorted(map(_text, await redis.smembers(name)))
        case "zset":
            return {_text(member): score for member, score in await redis.zrange(name, 0, -1, withscores=True)}
        case "list":
            return [_text(each) for each in await redis.lrange(name, 0, -1)]
        case "stream":
            return [[_text(entry), _texts(fields)] for entry, fields in await redis.xrange(name)]
        case "none":
            return None  # it expired after its name was read
        case _:
            raise AssertionError(f"{name!r} is a {kind}")


def _commands(name: str, record: Json) -> Iterator[list[Any]]:
    kind, value = record["type"], record["value"]
    match kind:
        case "string":
            yield ["SET", name, as_bytes(value)]
        case "hash":
            yield ["HSET", name, *_flat(value)]
        case "set":
            yield ["SADD", name, *value]
        case "zset":
            yield ["ZADD", name, *(part for member, score in value.items() for part in (score, member))]
        case "list":
            yield ["RPUSH", name, *value]
        case _:
            yield from (["XADD", name, entry, *_flat(fields)] for entry, fields in value)


def _flat(fields: Mapping[str, Any]) -> list[Any]:
    return [part for name, value in fields.items() for part in (name, as_bytes(value))]


def _texts(fields: Mapping[bytes, bytes]) -> Json:
    return {_text(name): _text(value) for name, value in sorted(fields.items())}


def _text(value: bytes) -> Any:
    """Return a text; other bytes, such as a pickle, as base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def as_bytes(value: Any) -> bytes:
    return base64.b64decode(cast("Json", value)["base64"]) if isinstance(value, dict) else str(value).encode()


def family(name: str, kind: str) -> list[Key]:
    """Return the declared keys that match a name and a type, the closest first."""
    found = [
        key for key in ALL if fnmatchcase(name, PREFIX + key.name.format("*", "*")) and fnmatchcase(kind, key.type)
    ]
    return sorted(found, key=lambda key: -len(key.name))


def shape(kept: Mapping[str, Json]) -> set[str]:
    """Return the structure of everything kept: keys without the names of things, fields, and words of enums."""
    return {
        f"{record['type']} {_plain(name)} {path}" for name, record in kept.items() for path in _paths(record["value"])
    }


WORDS = frozenset(
    {"type", "kind", "fate", "on", "to", "doubt", "state", "before", "function", "reason", "action_id", "callback_id"}
)
"""Fields with words that other versions read."""
_VARYING = (
    (re.compile(r"(?<=:payload:)[\w-]+"), "RANDOM"),
    (re.compile(r"\b[TCDUE]0?[A-Z0-9]{3,}\b(?:/[CDU][A-Z0-9]+)?"), "ID"),
    (re.compile(r"\b[a-z]+/[a-z]+(?:/[\w-]+)?\b"), "REF"),
    (re.compile(r"job-\d+"), "JOB"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HEX"),
    (re.compile(r"\d+(?:\.\d+)?"), "0"),
)
_NAMES_ONE = re.compile(r"\bID\b|REF|JOB|HEX|\b0\b")


def _plain(text: str) -> str:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def _paths(value: Any, name: str = "") -> Iterator[str]:
    """Return the paths to everything in a value, also in JSON within a text."""
    match value:
        case dict():
            for field, inner in cast("Json", value).items():
                plain = _plain(field)
                step = "*" if _NAMES_ONE.search(plain) or len(field) > 30 else plain
                yield from (f"{step}.{path}" for path in _paths(inner, field)) if inner not in ({}, []) else [step]
        case list():
            for each in cast("list[Any]", value):
                yield from (f"[].{path}" for path in _paths(each, name))
        case str():
            yield from _of_text(value, name)
        case _:
            yield type(value).__name__


def _of_text(text: str, name: str) -> Iterator[str]:
    if name in WORDS:
        yield from text.split(",") if name == "on" else [text]
        return
    for line in text.split("\n"):
        try:
            inner = json.loads(line)
        except ValueError:
            inner = None
        if isinstance(inner, dict | list):
            yield from _paths(inner, name)
        elif re.fullmatch(r"[\d?|/.:a-z-]+", line) and "|" in line:
            yield _plain(line)
        else:
            yield "text"
