"""Line numbers of keys in a TOML file, which `tomllib` does not report."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast

Path = tuple[str | int, ...]
"""The path to a value: keys and list positions, such as `("accounts", 0, "region")`."""


def key_lines(text: str) -> dict[Path, int]:
    """Map every key and table of a valid TOML text to its first line.

    Lines count from 1. `a = 1` maps `("a",)` to 1.
    """
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        paths = list(_paths(tomllib.loads(statement)))
        if statement.lstrip().startswith("["):
            table = _opened(paths[-1], counts, array=statement.lstrip().startswith("[["))
            paths, prefix = [table], ()
        else:
            prefix = table
        for path in paths:
            lines.setdefault(prefix + path, number)
    return lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """Return the line of a value, or of the nearest table around it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield headers and `key = value` statements with the number of their first line.

    A statement that continues in the next line has an open string, list or table, which does not parse.
    """
    begun, statement = 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not statement:
            begun = number
        statement += line + "\n"
        try:
            empty = not tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if not empty:
            yield begun, statement
        statement = ""


def _paths(value: Mapping[str, Any]) -> Iterator[Path]:
    for key, item in value.items():
        yield (key,)
        # Without keys, `[[accounts]]` parses as a list of one empty table.
        inner = cast("list[Any]", item)[0] if item == [{}] else item
        if isinstance(inner, Mapping):
            yield from ((key, *rest) for rest in _paths(cast("Mapping[str, Any]", inner)))


def _opened(keys: Path, counts: dict[Path, int], *, array: bool) -> Path:
    """Return the path of the table that a header opens. `counts` has the length of each list of tables."""
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path] - 1)
    path = (*path, keys[-1])
    if array:
        counts[path] = counts.get(path, 0) + 1
        path = (*path, counts[path] - 1)
    return path
