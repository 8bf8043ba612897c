"""Removes secrets from vendors' replies, before other code sees them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from providers.json_fields import well_formed

REMOVED = "[removed]"
DEPTH_MAX = 30
"""Far more than any vendor's reply has, and far less than what exhausts the stack."""

_SECRET_KEY = re.compile(
    r"pass(word|wd)|secret|token|authori[sz]ation|signature|credential|access_?key|cookie|headers?$|webhook|^vcn$"
    r"|^(user_?id|userdata|taskinput|recommend|cover_?url|preview_?video_?url|encoded_authorization_message)$",
    re.IGNORECASE,
)
# Start at `://`: a search from the first letter of a scheme reads `a.a.a…` again from each of its letters.
_URL = re.compile(r"://(?<=[0-9A-Za-z+.-]://)([^\s\"'<>]+)")
_LONG_SECRET = re.compile(r"(?i)\b(AccessKeyId|Access|Credential|Signature|SecurityToken|x-auth-token)=[^\s&,\"']+")


def redact(value: Any, remove: frozenset[str] = frozenset(), *, depth: int = DEPTH_MAX) -> Any:
    """Return a copy of a JSON value without secrets.

    Replaced are values under keys that name a secret or that `remove` lists (a provider's own leaks, in lower case),
    and values deeper than `depth` levels. URLs in any text lose their user name, query and fragment:
    `https://u:p@host/a?k=v` becomes `https://host/a`.
    """
    if isinstance(value, str):
        return scrub(value)
    if not isinstance(value, Mapping | list):
        return value
    if depth == 0:
        return REMOVED
    if isinstance(value, list):
        return [redact(item, remove, depth=depth - 1) for item in cast("list[Any]", value)]
    return {
        scrub(str(key)): REMOVED
        if item is not None and is_secret(str(key), remove)
        else redact(item, remove, depth=depth - 1)
        for key, item in cast("Mapping[object, Any]", value).items()
    }


def scrub(text: str) -> str:
    """Return text without what a URL or a copied request line could leak."""
    text = well_formed(text)
    if "=" not in text and "://" not in text:
        return text
    return _LONG_SECRET.sub(rf"\1={REMOVED}", _URL.sub(_bare_url, text))


@lru_cache(maxsize=4096)  # a vendor has few keys, and sends them with every job
def is_secret(key: str, remove: frozenset[str] = frozenset()) -> bool:
    """Return whether the value under a key is replaced."""
    return key.lower() in remove or _SECRET_KEY.search(key) is not None


def _bare_url(match: re.Match[str]) -> str:
    host, slash, path = re.split(r"[?#]", match[1], maxsplit=1)[0].partition("/")
    return f"://{host.rpartition('@')[2]}{slash}{path}"
