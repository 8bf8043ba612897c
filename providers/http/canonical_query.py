"""Queries in the one spelling that both vendors sign: the signed text is sent as it is."""

import re
from collections.abc import Iterable
from urllib.parse import quote

_OTHER = re.compile(r"[^0-9A-Za-z_.~-]+", re.ASCII)


def encoded(text: str) -> str:
    """Percent-encode a text as both vendors do: `a b/c` becomes `a%20b%2Fc` (API notes, sections 3.3 and 4.3)."""
    return _OTHER.sub(_quoted, text)


def _quoted(other: re.Match[str]) -> str:
    return quote(other[0], safe="")  # only these few: quoting a long text is slow


def query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query of these parameters, in their order, such as `limit=10&state=FAILED`."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters)


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return a query sorted as it is signed. Sending the same text rules out other encodings."""
    return query(sorted(parameters))
