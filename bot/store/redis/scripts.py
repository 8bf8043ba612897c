"""Loads the Lua scripts of `bot/store/redis/lua/`, which Redis runs atomically: one file for each step."""

import re
from functools import cache
from importlib.resources import files

_FUNCTIONS = ("format_of", "log_event")
"""Files with a function that other scripts call."""
_HEADER = re.compile(r"(?:--.*\n)*")


@cache
def script(name: str) -> str:
    """Return the source of `lua/NAME.lua`, with the functions that it calls below its header.

    Example: `script("begin")` reads `lua/begin.lua`.
    """
    source = _read(name)
    functions = "".join(_read(each) for each in _FUNCTIONS if f"{each}(" in source)
    return _HEADER.sub(lambda header: f"{header[0]}{functions}", source, count=1) if functions else source


def _read(name: str) -> str:
    return files("bot.store.redis").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
