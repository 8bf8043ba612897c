"""How a vendor's refusal is read: by a table of rules in order, each with its source; the HTTP status comes last."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Self

from providers.errors import NO_MESSAGE, NotOffered, ProviderError, Rejected, Throttled, Unauthorized, Unavailable
from providers.redact import scrub

_STATUSES: Mapping[int, type[ProviderError]] = MappingProxyType({401: Unauthorized, 408: Unavailable, 429: Throttled})
"""Statuses that mean the same at every cloud."""
_SAID: Mapping[int, str] = MappingProxyType({407: "a proxy on the way wants credentials"})
_NO_CODES = frozenset({"", "success", "ok"})
_CODE_MAX, _MESSAGE_MAX = 200, 2_000
_SHOWN_MAX = 500
_ECHO = re.compile(
    r"(ACS3|SDK)-HMAC|x-(acs|sdk|auth)-|canonical|string\W?to\W?sign|signature|authorization"
    r"|(access|secret)[ _-]?key|security[ _-]?token|\bAK\b|\bLTAI\w|\bSTS\.\w|\btoken\W{1,3}\w*\d",
    re.IGNORECASE,
)
"""What stands in a message that may repeat the text to sign, a key or a token."""
_NONE: Mapping[str, str] = MappingProxyType({})


class ErrorReply(NamedTuple):
    """What a reply says, and what was asked.

    The code is without surrounding space; it and the message are as long as rules look at. `asked` is the parameter
    that held the one id of the question, empty for a question about none or several.
    """

    code: str
    message: str
    status: int
    asked: str = ""

    @classmethod
    def of(cls, code: str, message: str, status: int, asked: str) -> Self:
        """Cut what is longer than any code or message of a vendor: patterns take long for long texts."""
        return cls(code[:_CODE_MAX], message[:_MESSAGE_MAX], status, asked)


class Codes(NamedTuple):
    """A pattern that whole codes match, and the single codes of it that a document spells out."""

    pattern: re.Pattern[str]
    single: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Codes that mean the same, in upper and lower case alike.

    `source` is the vendor's document that says so. `says` has to be found in the code or message too, the status has to
    lie in `statuses`, and the question has to have been about one id in one of the parameters `asked`, where these are
    given. `meaning` is for people, `meanings` the one of a single code.
    """

    raises: type[ProviderError]
    codes: Codes
    source: str
    meaning: str = ""
    meanings: Mapping[str, str] = field(default_factory=lambda: _NONE)
    says: re.Pattern[str] | None = None
    statuses: range | None = None
    asked: frozenset[str] = frozenset()
    tries: int | None = None
    retry_after: float | None = None

    def fits(self, refusal: ErrorReply) -> bool:
        """Whether this rule is about a refusal."""
        return (
            self.codes.pattern.fullmatch(refusal.code) is not None
            and (self.statuses is None or refusal.status in self.statuses)
            and (not self.asked or refusal.asked in self.asked)
            and (self.says is None or self.says.search(f"{refusal.code} {refusal.message}") is not None)
        )

    def meaning_of(self, code: str) -> str:
        """Return what a code means to a person, empty where nothing is known but its class."""
        own = {spelling.casefold(): meaning for spelling, meaning in self.meanings.items()}
        return own.get(code.casefold(), self.meaning)


def first_segment(*words: str) -> Codes:
    """Codes whose first segment, up to the first dot, is one of these regular expressions."""
    return whole(rf"({'|'.join(words)})(\..*)?")


def begins(*words: str) -> Codes:
    """Codes that begin with one of these regular expressions."""
    return whole(rf"({'|'.join(words)}).*")


def exactly(*codes: str) -> Codes:
    """These codes, as a document spells them."""
    return Codes(whole(*map(re.escape, codes)).pattern, codes)


def whole(*codes: str) -> Codes:
    """Codes that are one of these regular expressions."""
    return Codes(re.compile("|".join(codes), re.IGNORECASE | re.ASCII))


def phrase(text: str) -> re.Pattern[str]:
    """A regular expression to be found in a message, in upper and lower case alike."""
    return re.compile(text, re.IGNORECASE | re.ASCII)


def first_fitting(rules: Iterable[Rule], refusal: ErrorReply) -> Rule | None:
    """Return the first rule that is about a refusal."""
    return next((rule for rule in rules if rule.fits(refusal)), None)


def by_status(status: int, named: Mapping[int, type[ProviderError]]) -> type[ProviderError]:
    """Return what a status means that comes without a code, or with one that no rule is about.

    `named` is what this cloud means by some of them. A redirection is what a wrong endpoint answers, a
    login page for example.
    """
    if known := named.get(status) or _STATUSES.get(status):
        return known
    if status >= 500:
        return Unavailable
    return NotOffered if 300 <= status < 400 else Rejected


def meanings(rules: Iterable[Rule]) -> dict[str, str]:
    """Return the meaning of each single code of a table; the first rule about a code counts."""
    found: dict[str, str] = {}
    for rule in rules:
        for code in (*rule.meanings, *rule.codes.single):
            if meaning := rule.meaning_of(code):
                found.setdefault(code, meaning)
    return found


def is_code(text: str) -> bool:
    """Whether a text is a vendor's code, and neither a number like the HTTP status nor a word of success."""
    return text.casefold() not in _NO_CODES and not text.isdecimal()


def shown(refusal: ErrorReply, meaning: str) -> str:
    """Return what people may read: the vendor's words if they cannot echo a secret, else what they mean."""
    said = scrub(refusal.message)
    kept = "" if _ECHO.search(said) else said[:_SHOWN_MAX]
    return kept or meaning or _SAID.get(refusal.status, NO_MESSAGE)
