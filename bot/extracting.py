"""Finds every job that a message of anybody's names: in its text, blocks, attachments and unfurled links.

Pure: a payload in, addresses out. What ids look like in free text is in section 7 of the provider API notes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.addresses import JOBS_MAX, Address, JobId, MediaId, NotAnAddressError, in_text, read
from bot.catalog import Catalog
from providers.models import JobRef
from providers.services import ids_of

_READ = frozenset({
    "text", "fallback", "pretext", "title", "title_link", "from_url", "original_url", "url", "footer", "author_name",
    "author_link", "alt_text", "preview", "plain_text", "label",
})  # fmt: skip
"""Under these keys stands what people read, or a link that they can follow; the rest are ids and settings of Slack."""
_HIDDEN = frozenset({"metadata", "root", "bot_profile", "user_profile"})
# mrkdwn's italics touch the word, and an underscore can be part of an id.
_ITALICS = re.compile(r"(?<![0-9A-Za-z])_+|_+(?![0-9A-Za-z])")
_LINK = r"(?P<link>https?://[^\s<>|\"'`]+)"
_MASKED = r"(?<![0-9A-Za-z_*-])(?P<masked>(?=[0-9A-Za-z_-]*\d)[0-9A-Za-z_-]{6,60}\*{3,}[0-9A-Za-z_-]*)"
_MEDIA = r"(?<![0-9A-Za-z_-])(?P<media>media:[0-9a-f]{32})(?![0-9A-Za-z_-])"
_REQUEST = (
    r"(?<![0-9A-Za-z_-])(?P<request>(?=[0-9-]*[A-F])[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})(?![0-9A-Za-z_-])"
)
_PUNCTUATION = ".,:;!?…"
"""At the end of a ref it belongs to the sentence."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a message names, in the order of reading.

    `addresses` are the first that one command may name, `left_out` counts the others. `masked` are samples from
    documentation, `requests` are ids of requests: neither is a job's.
    """

    addresses: tuple[Address, ...] = ()
    left_out: int = 0
    masked: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


def extract(message: object, catalog: Catalog) -> Extracted:
    """Return what a message names, whatever its payload holds."""
    pattern = _pattern(catalog)
    found: dict[str, dict[str, None]] = {"address": {}, "masked": {}, "request": {}}
    named: dict[Address, None] = {}
    for text in _texts(message):
        plain = text.replace("&amp;", "&")
        for reading in dict.fromkeys((plain, _ITALICS.sub(" ", plain))):
            for match in pattern.finditer(reading):
                kind = match.lastgroup or ""
                if kind in found:
                    found[kind][match[0]] = None
                else:
                    named.update(dict.fromkeys(_addresses(match[0], kind, catalog)))
    addresses = _each_once(named)
    return Extracted(addresses[:JOBS_MAX], len(addresses[JOBS_MAX:]), tuple(found["masked"]), tuple(found["request"]))


def _pattern(catalog: Catalog) -> re.Pattern[str]:
    """A link is read as a whole, so that the id of a media in it is not taken for a job's."""
    refs = "|".join(
        f"(?i:{re.escape(f'{account}/{service}')})/(?:{ids_of(service).whole})" for account, service in catalog.pairs
    )
    ref = rf"(?<![0-9A-Za-z_/-])(?P<ref>{refs or '(?!)'})(?![0-9A-Za-z_-]|\*{{3}})"
    return re.compile(f"{_LINK}|{ref}|{_MASKED}|{_MEDIA}|{_REQUEST}|(?P<id>{in_text().pattern})")


def _addresses(text: str, kind: str, catalog: Catalog) -> Sequence[Address]:
    match kind:
        case "id":
            return [JobId(text)]
        case _:
            try:
                return read(text.rstrip(_PUNCTUATION) if kind == "ref" else text, catalog)
            except NotAnAddressError:
                return []


def _each_once(named: Mapping[Address, None]) -> tuple[Address, ...]:
    """Leave out ids alone of which more is said elsewhere in the message."""
    known = {one.id for one in named if isinstance(one, JobRef | MediaId)}
    return tuple(one for one in named if not isinstance(one, JobId) or one.id not in known)


def _texts(node: object) -> Iterator[str]:
    """Everything that can be read in a payload."""
    if isinstance(node, list):
        for item in cast("list[object]", node):
            yield from _texts(item)
    elif isinstance(node, dict):
        part = cast("dict[str, Any]", node)
        for key, value in part.items():
            if isinstance(value, str):
                # The value of an attachment's field stands beside its title; that of a button is hidden.
                if key in _READ or (key == "value" and "title" in part and "text" not in part):
                    yield value
            elif key not in _HIDDEN:
                yield from _texts(value)
