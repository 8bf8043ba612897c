"""Alibaba's JSON inside strings: decoded for people to read, loosely, and stripped of secrets."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from providers.redact import REMOVED, redact

LEAKS = frozenset({"userid", "userdata", "taskinput", "recommend"})
"""What must not leak (provider API notes, section 10): the account's number, and what users put into workflows."""

_LOOKS_LIKE_JSON = re.compile(r"\s*\\?[\[{]")
_DEPTH_MAX = 40  # deeper than any real reply, and far from what recursion can do


def looks_like_json(text: str) -> bool:
    """Whether a text begins like an object or an array, escaped or not."""
    return _LOOKS_LIKE_JSON.match(text) is not None


def decode(text: str) -> Any:
    """Decode JSON, mending the vendor's escaped brackets; raises ValueError (provider API notes, section 5.2)."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.replace("\\[", "[").replace("\\]", "]"))


def clean(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a vendor's object with the JSON in its strings decoded, and without secrets."""
    return redact(unpack(record), remove=LEAKS)


def unpack(value: Any, depth: int = 0) -> Any:
    """Return a copy of a JSON value in which every text that is JSON itself is decoded.

    Text that only looks like JSON stays as it is, unless it names something that must not leak.
    """
    if depth > _DEPTH_MAX:
        return REMOVED
    if isinstance(value, Mapping):
        return {key: unpack(item, depth + 1) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [unpack(item, depth + 1) for item in cast("list[Any]", value)]
    if isinstance(value, str) and looks_like_json(value):
        return _unpacked(value, depth)
    return value


def _unpacked(text: str, depth: int) -> Any:
    try:
        return unpack(decode(text), depth + 1)
    except (ValueError, RecursionError):
        low = text.lower()
        return REMOVED if any(leak in low for leak in LEAKS) else text
