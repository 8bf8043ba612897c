"""Lua that must happen at once in Redis: one file a step, in `bot/store/lua/`."""

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """Return the source of `lua/NAME.lua`, with `format_of` where it asks for the format of a record."""
    folder = files("bot.store").joinpath("lua")
    source, format_of = (folder.joinpath(f"{each}.lua").read_text(encoding="utf-8") for each in (name, "format_of"))
    return f"{format_of}{source}" if "format_of(" in source else source
