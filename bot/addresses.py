"""What a person pastes to name a job: an id, a ref, or a link into a cloud's console."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from providers.lookups import possible_id
from providers.models import JobRef

JOBS_MAX = 20
"""Jobs that one command may name."""
_SHORTEST = 12  # `task` and eight word characters
# A sample from documentation: the characters of an id, and `*` (provider API notes, section 7).
_MASKED = re.compile(r"[0-9A-Za-z_*-]{1,64}")
_MEDIA = re.compile("media[:=：]", re.IGNORECASE)
ID_IN_TEXT = (
    r"(?<![0-9A-Za-z_-])"
    r"(?:\d{11}_[0-9a-f]{32}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|task[0-9A-Za-z_]{8})"
    r"(?![0-9A-Za-z_-])"
)
"""The forms that ids have in free text: 32 hex, lower-case UUID, VAS's `task` form, moderation v3's."""
_IN_TEXT = re.compile(ID_IN_TEXT)
# Section 8: the page of one media in the VOD console. It shows the media, not the job.
_VOD_MEDIA = re.compile(r"/media/video/detail/([0-9A-Za-z_-]{1,64})(?:/|$)")
VOD_CONSOLE = "vod.console.aliyun.com"


@dataclass(frozen=True, slots=True)
class JobId:
    """An id that any service may know."""

    id: str

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class MediaId:
    """A media whose jobs are meant."""

    id: str

    def __str__(self) -> str:
        return f"media:{self.id}"


Address = JobId | JobRef | MediaId


class NotAnAddressError(ValueError):
    """A text that names no job."""


class MaskedIdError(ValueError):
    """An id with `*` in it, copied from documentation."""


def read(text: str) -> tuple[Address, ...]:
    """Return what a text names: one job or media, or, for a link, every id in it.

    Raises MaskedIdError for a sample id from documentation, and NotAnAddressError for anything else.
    """
    if is_link(text):
        return _read_link(text)
    media, last = _MEDIA.match(text), re.split("[/:=：]", text)[-1]
    if "*" in last and _MASKED.fullmatch(last):
        raise MaskedIdError(text)
    if not possible_id(last):
        raise NotAnAddressError(text)
    if media and media.end() + len(last) == len(text):
        return (MediaId(last),)
    match text.split("/"):
        case [job_id] if job_id == last:
            return (JobId(_as_vendors_write(job_id)),)
        case [account, service, job_id] if account and service:
            return (JobRef(account.lower(), service.lower(), _as_vendors_write(job_id)),)
        case _:
            raise NotAnAddressError(text)


def _as_vendors_write(job_id: str) -> str:
    """Return an id typed in capitals as it is known: the hexadecimal forms of section 7 are lower case."""
    lower = job_id.lower()
    return lower if job_id == job_id.upper() and _IN_TEXT.fullmatch(lower) else job_id


def is_link(text: str) -> bool:
    """Whether a text is a web address."""
    return re.match("https?://", text, re.IGNORECASE) is not None


def could_be_id(text: str) -> bool:
    """Whether a text can be a whole job id: letters and digits, and no shorter than the shortest ids there are."""
    return possible_id(text) and len(text) >= _SHORTEST and any(map(str.isdigit, text))


def looks_like_id(text: str) -> bool:
    """Whether a text has the form of a vendor's job id, so that it can hardly be a word."""
    return _IN_TEXT.fullmatch(text) is not None


def _read_link(link: str) -> tuple[Address, ...]:
    plain = unquote(link)
    if _host(link) == VOD_CONSOLE and (media := _VOD_MEDIA.search(plain)):
        return (MediaId(media[1]),)
    ids = tuple(JobId(found) for found in dict.fromkeys(_IN_TEXT.findall(plain)))
    if not ids:
        raise NotAnAddressError(link)
    return ids


def _host(link: str) -> str | None:
    try:
        return urlsplit(link).hostname
    except ValueError:  # brackets and some other characters make no host name
        return None
