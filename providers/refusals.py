"""Rules for reading a vendor's refusals: in order, each with its source; the HTTP status is last."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Self

from providers.errors import NO_MESSAGE, NotOffered, ProviderError, Rejected, Throttled, Unauthorized, Unavailable
from providers.redact import scrub

_STATUSES: Mapping[int, type[ProviderError]] = MappingProxyType({401: Unauthorized, 408: Unavailable, 429: Throttled})
"""Statuses that mean the same for every cloud."""
_SAID: Mapping[int, str] = MappingProxyType({407: "a proxy requires credentials"})
_NO_CODES = frozenset({"", "success", "ok"})
_CODE_MAX, _MESSAGE_MAX = 200, 2_000
_SHOWN_MAX = 500
_ECHO = re.compile(
    r"(ACS3|SDK)-HMAC|x-(acs|sdk|auth)-|canonical|string\W?to\W?sign|signature|authorization"
    r"|(access|secret)[ _-]?key|security[ _-]?token|\bAK\b|\bLTAI\w|\bSTS\.\w|\btoken\W{1,3}\w*\d",
    re.IGNORECASE,
)
"""Words of a message that may repeat the string to sign, a key or a token."""
_NONE: Mapping[str, str] = MappingProxyType({})


class ErrorReply(NamedTuple):
    """The code and message of a reply, and the parameter of its request.

    The code has no surrounding space. Both are cut to the length that rules read. `asked` is the parameter that held
    the request's single id; it is empty for a request about none or several.
    """

    code: str
    message: str
    status: int
    asked: str = ""

    @classmethod
    def of(cls, code: str, message: str, status: int, asked: str) -> Self:
        """Cut texts longer than any vendor's code or message: patterns are slow on long texts."""
        return cls(code[:_CODE_MAX], message[:_MESSAGE_MAX], status, asked)


class Codes(NamedTuple):
    """A pattern that whole codes match, and the codes that a document spells out."""

    pattern: re.Pattern[str]
    single: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Codes with the same meaning, regardless of case.

    `source` is the vendor's document. Where given, `says` must be found in the code or message, the status must be in
    `statuses`, and the request must have been about one id in one of the parameters `asked`. `meaning` is for people;
    `meanings` has that of single codes.
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
        """Return whether this rule matches a refusal."""
        return (
            self.codes.pattern.fullmatch(refusal.code) is not None
            and (self.statuses is None or refusal.status in self.statuses)
            and (not self.asked or refusal.asked in self.asked)
            and (self.says is None or self.says.search(f"{refusal.code} {refusal.message}") is not None)
        )

    def meaning_of(self, code: str) -> str:
        """Return a code's meaning for people; empty where only its class is known."""
        own = {spelling.casefold(): meaning for spelling, meaning in self.meanings.items()}
        return own.get(code.casefold(), self.meaning)


def first_segment(*words: str) -> Codes:
    """Return codes whose first segment, up to a dot, matches one of these regular expressions."""
    return whole(rf"({'|'.join(words)})(\..*)?")


def begins(*words: str) -> Codes:
    """Return codes that begin with one of these regular expressions."""
    return whole(rf"({'|'.join(words)}).*")


def exactly(*codes: str) -> Codes:
    """Return these codes, as a document spells them."""
    return Codes(whole(*map(re.escape, codes)).pattern, codes)


def whole(*codes: str) -> Codes:
    """Return codes that match one of these regular expressions as a whole."""
    return Codes(re.compile("|".join(codes), re.IGNORECASE | re.ASCII))


def phrase(text: str) -> re.Pattern[str]:
    """Return a regular expression that finds a phrase in a message, regardless of case."""
    return re.compile(text, re.IGNORECASE | re.ASCII)


def first_fitting(rules: Iterable[Rule], refusal: ErrorReply) -> Rule | None:
    """Return the first rule that matches a refusal."""
    return next((rule for rule in rules if rule.fits(refusal)), None)


def by_status(status: int, named: Mapping[int, type[ProviderError]]) -> type[ProviderError]:
    """Return the error of a status without a code that any rule matches.

    `named` is this cloud's meaning of some of them. A wrong endpoint answers with a redirect, for example to a login
    page.
    """
    if known := named.get(status) or _STATUSES.get(status):
        return known
    if status >= 500:
        return Unavailable
    return NotOffered if 300 <= status < 400 else Rejected


def meanings(rules: Iterable[Rule]) -> dict[str, str]:
    """Return the meaning of each single code of a table; the first rule about a code decides."""
    found: dict[str, str] = {}
    for rule in rules:
        for code in (*rule.meanings, *rule.codes.single):
            if meaning := rule.meaning_of(code):
                found.setdefault(code, meaning)
    return found


def is_code(text: str) -> bool:
    """Return whether a text is a vendor's code: not a number like the HTTP status, nor a word of success."""
    return text.casefold() not in _NO_CODES and not text.isdecimal()


def shown(refusal: ErrorReply, meaning: str) -> str:
    """Return the message for people: the vendor's words if they cannot echo a secret, else their meaning."""
    said = scrub(refusal.message)
    kept = "" if _ECHO.search(said) else said[:_SHOWN_MAX]
    return kept or meaning or _SAID.get(refusal.status, NO_MESSAGE)
