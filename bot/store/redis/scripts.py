"""Lua that must happen at once in Redis: one file a step, in `bot/store/redis/lua/`."""

import re
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"(?:--.*\n)*")


@cache
def script(name: str) -> str:
    """Return the source of `lua/NAME.lua`, with `format_of` below its header if it calls that."""
    source = _read(name)
    if "format_of(" not in source:
        return source
    return _HEADER.sub(lambda header: f"{header[0]}{_read('format_of')}", source, count=1)


def _read(name: str) -> str:
    return files("bot.store.redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
