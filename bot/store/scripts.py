"""Lua that must happen at once in Redis: one file a step, in `bot/store/lua/`."""

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """Return the source of `lua/NAME.lua`."""
    return files("bot.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
