"""Fingerprints: decide which failures form one group. Pure.

Vendor messages are compared with ids, numbers, URLs, paths and times masked. Too much masking joins two reasons that
share a code. Too little splits one reason into a group for each job. The first is the lesser fault: codes stay apart.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from unicodedata import normalize

from providers.models import Job

MASK = "#"
READ_MAX = 2_000
"""Characters of a message that are read."""
MESSAGE_MAX = 300
"""Characters of a message that count, after masking."""
_OWN_MIN = 3
"""The shortest name or id of the job that is masked where it appears. A shorter one may be any word."""

_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_MASKED = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        # URLs
        (r"(?<![a-z0-9])[a-z][a-z0-9+.-]*://[!#-&(-;=?-~]*", 0),
        # quoted names with a digit, a slash or a dot; they may contain spaces
        (r"""(["'`])(?:(?!\1).)*?[\d/\\.](?:(?!\1).)*\1""", 0),
        # dates: 2026/11/20, Fri, Nov before a number, Nov after one, PM, GMT, +08:00
        (r"\d{1,4}([/-])\d{1,2}\1\d{1,4}(?![a-z/])", re.ASCII),
        (rf"\b{_WEEKDAY},?\s+(?={_MONTH}|\d)|\b{_MONTH}\.?[\s-]+(?=\d)|(?<=\d)[\s-]+{_MONTH}\b\.?,?", re.ASCII),
        (r"(?<=[\d#])\s*(?:[ap]\.?m\b\.?|utc\b|gmt\b|z\b)(?:[+-]\d+(?::?\d+)?)?", re.ASCII),
        # paths, then file names
        (r"(?:\b[a-z]:)?(?:[\w.~%@+$#-]*[/\\])+[\w.~%@+=$#&()\[\],:-]*", 0),
        (r"[\w%@~+#-]+(?:\.(?=[a-z0-9]*[a-z])[a-z0-9%@~+#_-]+)+", 0),
        # ids and numbers
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8,}\b", re.ASCII),
        (r"(?<![a-z0-9_])[a-z_-]*\d(?:[a-z0-9_-]|[.,:](?=[a-z0-9])|(?<=\de)\+)*", re.ASCII),
        (r"\d+", 0),
    )
)
_BESIDE = re.compile(r"[^\w#]*#[^\w#]*")
_BETWEEN = re.compile(r"[^\w#]+")
_RUN = re.compile(r"#(?: #)+")


def fingerprint(job: Job) -> str:
    """Return the fingerprint of a failed job. Jobs that failed for one reason share it.

    It has 16 hexadecimal characters and covers account, service, kind, code and the masked message. A job without a
    code and a message has the fingerprint of "reason not known".
    """
    code = (job.error.code or "").casefold() if job.error else ""
    return _digest(job.account, job.service, (job.kind or "").casefold(), code, masked_message(job))


def fingerprint_of_lost(job: Job) -> str:
    """Return the fingerprint of a job that its provider lost."""
    return _digest(job.account, job.service, (job.kind or "").casefold(), "", "\0lost")


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def masked_message(job: Job) -> str:
    """Return the vendor's message without the parts that differ between jobs; empty without one."""
    message = job.error.message if job.error else None
    return mask(message, _own_words(job)) if message else ""


def _own_words(job: Job) -> Iterable[str]:
    return filter(None, (job.id, job.name, job.media, job.input, job.output, job.request_id))


def mask(message: str, own: Iterable[str] = ()) -> str:
    """Return a message with ids, numbers, URLs, paths, times and the job's `own` words masked.

    Example: `Failed to open obs://b/a.mp4 after 25 s (f18320e6)` becomes `failed to open # after # s #`.
    """
    text = normalize("NFKC", message[:READ_MAX]).casefold()
    for word in sorted({normalize("NFKC", each).casefold() for each in own if len(each) >= _OWN_MIN}, key=len)[::-1]:
        text = text.replace(word, MASK)
    for pattern in _MASKED:
        text = pattern.sub(MASK, text)
    words = _BETWEEN.sub(" ", _BESIDE.sub(f" {MASK} ", text))
    return _RUN.sub(MASK, words).strip()[:MESSAGE_MAX]
