"""A query in the one spelling that both vendors sign: the same text is signed and sent."""

from collections.abc import Iterable
from urllib.parse import quote


def encoded(text: str) -> str:
    """Percent-encode all but letters, digits, `-`, `.`, `_` and `~` (provider API notes, sections 3.3 and 4.3)."""
    return quote(text, safe="~")


def query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query of these parameters, in their order."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters)


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query sorted as it is signed; to send the same text leaves nothing to interpretation."""
    return query(sorted(parameters))
