"""Reads the texts that name a job: an id, a ref, or a link to a cloud's console."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.catalog import Catalog
from bot.domain.plain_text import plain
from providers.ids import Ids
from providers.models import JobRef
from providers.services import every_ids, ids_of

JOBS_MAX = 20
"""Jobs that one command may name."""
SHORTEST = 12
"""Characters of the shortest ids: `task` and eight word characters."""
# A sample from documentation: the characters of an id, and `*` (provider API notes, section 7).
_MASKED = re.compile(r"[0-9A-Za-z_*-]{1,64}")
_MEDIA = re.compile("media[:=：]", re.IGNORECASE)
_BARE = re.compile(r"[\w-](?:\S*[\w-])?")


@dataclass(frozen=True, slots=True)
class JobId:
    """An id that any service may have."""

    id: str

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class MediaId:
    """A media, named in place of its jobs."""

    id: str

    def __str__(self) -> str:
        return f"media:{self.id}"


Address = JobId | JobRef | MediaId


class NotAnAddressError(ValueError):
    """A text that names no job."""


class MaskedIdError(ValueError):
    """An id with `*` in it, copied from documentation."""


def read(text: str, catalog: Catalog) -> tuple[Address, ...]:
    """Return the addresses in a text: one job or media or, for a link, every id in it.

    Examples: `1a2b…`, `media-cn/video-ocr/1a2b…`, `media:1a2b…`, `https://…`.

    Raises:
        MaskedIdError: The text is a sample id from documentation.
        NotAnAddressError: The text names no job.
    """
    if is_link(text):
        return _read_link(text, catalog)
    if (media := _MEDIA.match(text)) and catalog.allows(text[media.end() :]):
        return (MediaId(text[media.end() :]),)
    if (ref := _ref(text)) and _is_meant(ref, text, catalog):
        return (ref,)
    if catalog.allows(text) and not (ref and ref[:2] in catalog.pairs):
        return (JobId(_as_vendors_write(text, every_ids())),)
    last = re.split("[/:=：]", text)[-1]
    raise MaskedIdError(text) if "*" in last and _MASKED.fullmatch(last) else NotAnAddressError(text)


def read_if_known(typed: str, catalog: Catalog) -> tuple[Address, ...]:
    """Return the addresses in a text; empty if no service of the catalog can have them."""
    try:
        return read(typed, catalog)
    except (NotAnAddressError, MaskedIdError):
        return ()


def _ref(text: str) -> JobRef | None:
    try:
        ref = JobRef.parse(text)
    except ValueError:
        return None
    account, service = ref.account.lower(), ref.service.lower()
    return JobRef(account, service, _as_vendors_write(ref.id, [ids_of(service)]))


def _is_meant(ref: JobRef, text: str, catalog: Catalog) -> bool:
    """Return whether a text is a ref, perhaps misspelled. An id may contain slashes too."""
    if ref[:2] in catalog.pairs:
        return ids_of(ref.service).allow(ref.id)
    near = ref.account in catalog.accounts or ref.service in catalog.services
    possible = catalog.allows(ref.id) or ids_of(ref.service).allow(ref.id)
    return possible and (near or not catalog.allows(text))


def _as_vendors_write(job_id: str, forms: Sequence[Ids]) -> str:
    """Return an id typed in capitals in its real form: the hexadecimal forms of section 7 are lower case."""
    lower = job_id.lower()
    typed_in_capitals = job_id == job_id.upper() and not any(ids.recognize(job_id) for ids in forms)
    return lower if typed_in_capitals and any(ids.recognize(lower) for ids in forms) else job_id


def as_typed(address: object) -> str:
    """Return a job as it is typed: in double quotes if its edges look like punctuation."""
    text = str(address)
    return text if _BARE.fullmatch(text) else f'"{text}"'


def is_link(text: str) -> bool:
    """Return whether a text is a web address."""
    return re.match("https?://", text, re.IGNORECASE) is not None


def could_be_id(text: str, ids: Ids) -> bool:
    """Return whether a text can be a whole id of a service.

    It has a form of the service's ids, or it is long enough and has a digit.
    """
    return ids.recognize(text) or (ids.allow(text) and len(text) >= SHORTEST and any(map(str.isdigit, text)))


def media_shown(link: str) -> MediaId | None:
    """Return the media of a console link; None for any other link."""
    return next((found for found in shown(link) if isinstance(found, MediaId)), None)


def _read_link(link: str, catalog: Catalog) -> tuple[Address, ...]:
    ids = dict.fromkeys(each[0] for each in in_text().finditer(plain(link)))
    found = shown(link) or tuple(JobId(each) for each in ids if each not in catalog.projects and catalog.allows(each))
    if not found:
        raise NotAnAddressError(link)
    return found


def shown(link: str) -> tuple[Address, ...]:
    """Return the jobs of a console page. Its URL may be a parameter of a login link."""
    pages = [page for ids in every_ids() for page in ids.links]
    for address in re.split("(?=https?://)|(?<==)(?=//)", plain(link), flags=re.IGNORECASE):
        host = _host(address)
        for page in pages:
            if page.host == host and (match := re.search(page.pattern, address)):
                found = match.groupdict()
                return (MediaId(found["media"]) if found.get("media") else JobId(found["id"]),)
    return ()


def refs_in_text(catalog: Catalog) -> str:
    """Return a pattern for the refs of the catalog's services in running text."""
    refs = (
        f"(?i:{re.escape(f'{account}/{service}')})/(?:{ids_of(service).whole})" for account, service in catalog.pairs
    )
    return rf"(?<![0-9A-Za-z_/-])(?:{'|'.join(refs) or '(?!)'})"


def in_text() -> re.Pattern[str]:
    """Return a pattern for the ids of all services in running text.

    No letter, digit, `-` or `_` touches such an id.
    """
    forms = "|".join(f"(?:{ids.in_text})" for ids in every_ids() if ids.in_text)
    return re.compile(rf"(?<![0-9A-Za-z_-])(?:{forms or '(?!)'})(?![0-9A-Za-z_-])")


def _host(link: str) -> str | None:
    try:
        return (urlsplit(link).hostname or "").removesuffix(".")
    except ValueError:  # for example, brackets are not allowed in a host name
        return None
