"""Alibaba's JSON inside strings: decoded leniently for people to read, and stripped of secrets."""

import json
import re
from itertools import accumulate
from typing import Any, cast

from providers.http.transport import Json
from providers.json_fields import well_formed
from providers.redact import DEPTH_MAX, REMOVED, is_secret, redact, scrub

LEAKS = frozenset({"userid", "userdata", "taskinput", "recommend"})
"""Keys that must not leak: the account's number, and users' values in workflows (provider API notes, section 10)."""

_LOOKS_LIKE_JSON = re.compile(r"\s*\\?[\[{]")
_STRING = re.compile(r'"[^"]*"')
_KEY = re.compile(r'"([^"]*)"\s*:')
_BRACKET = re.compile(r"[][{}]")
_DEPTH_MAX = DEPTH_MAX - 2  # the object is inside another object of the reply


def looks_like_json(text: str) -> bool:
    """Return whether a text begins like an object or an array, escaped or not."""
    return _LOOKS_LIKE_JSON.match(text) is not None


def decode(text: str) -> Any:
    """Decode JSON, fixing the vendor's escaped brackets; raises ValueError (provider API notes, section 5.2)."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_mended(text))


def clean(record: Json) -> Json:
    """Return a vendor's object with the JSON in its strings decoded, and without secrets."""
    return {
        scrub(key): REMOVED if item is not None and is_secret(key, LEAKS) else _shown(item)
        for key, item in record.items()
    }


def _shown(item: Any) -> Any:
    """Decode and redact a value. Short texts and long harmless results skip the walk through every value."""
    if isinstance(item, str):
        if not looks_like_json(item):
            return scrub(item)
        if (harmless := _harmless(item)) is not None:
            return harmless
    return redact(unpack(item), remove=LEAKS)


def _harmless(text: str) -> Any:
    """Decode JSON that `redact` would not change and that holds no further JSON; return None for other text.

    Without backslashes a string hides nothing: no escaped key, and no JSON with its own keys.
    """
    text = _mended(well_formed(text))
    if "\\" in text or "=" in text or "://" in text:
        return None
    if _depth(text) > _DEPTH_MAX or any(is_secret(key, LEAKS) for key in set(_KEY.findall(text))):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _depth(text: str) -> int:
    """Return the depth of JSON without backslashes. For JSON with few brackets this is an upper bound."""
    opening = text.count("[") + text.count("{")
    if opening <= _DEPTH_MAX:
        return opening
    steps = (1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(_STRING.sub("", text)))
    return max(accumulate(steps), default=0)


def _mended(text: str) -> str:
    return text.replace("\\[", "[").replace("\\]", "]") if "\\" in text else text


def unpack(value: Any, depth: int = 0) -> Any:
    """Return a copy of a JSON value with every JSON text decoded.

    Text that only looks like JSON is unchanged, unless it names something that must not leak.
    """
    if isinstance(value, str):
        return _unpacked(value, depth) if looks_like_json(value) else value
    if not isinstance(value, dict | list):
        return value
    if depth > _DEPTH_MAX:
        return REMOVED
    if isinstance(value, dict):
        return {key: unpack(item, depth + 1) for key, item in cast("Json", value).items()}
    return [unpack(item, depth + 1) for item in cast("list[Any]", value)]


def _unpacked(text: str, depth: int) -> Any:
    try:
        return unpack(decode(text), depth + 1)
    except (ValueError, RecursionError):
        low = text.lower()
        return REMOVED if any(leak in low for leak in LEAKS) else text
