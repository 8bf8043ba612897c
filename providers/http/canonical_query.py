"""A query in the one spelling that both vendors sign: the same text is signed and sent."""

import re
from collections.abc import Iterable
from urllib.parse import quote

_OTHER = re.compile(r"[^0-9A-Za-z_.~-]+", re.ASCII)


def encoded(text: str) -> str:
    """Percent-encode all but letters, digits, `-`, `.`, `_` and `~` (provider API notes, sections 3.3 and 4.3)."""
    return _OTHER.sub(_quoted, text)


def _quoted(other: re.Match[str]) -> str:
    return quote(other[0], safe="")  # these few alone: quote takes long for a long text


def query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query of these parameters, in their order."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters)


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query sorted as it is signed; to send the same text leaves nothing to interpretation."""
    return query(sorted(parameters))
