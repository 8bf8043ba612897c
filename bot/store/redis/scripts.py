"""Lua that must happen at once in Redis: one file a step, in `bot/store/redis/lua/`."""

import re
from functools import cache
from importlib.resources import files

_FUNCTIONS = ("format_of", "log_event")
"""Scripts that are a function, for others."""
_HEADER = re.compile(r"(?:--.*\n)*")


@cache
def script(name: str) -> str:
    """Return the source of `lua/NAME.lua`, with the functions that it calls below its header."""
    source = _read(name)
    functions = "".join(_read(each) for each in _FUNCTIONS if f"{each}(" in source)
    return _HEADER.sub(lambda header: f"{header[0]}{functions}", source, count=1) if functions else source


def _read(name: str) -> str:
    return files("bot.store.redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
