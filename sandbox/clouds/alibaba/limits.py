"""State that the cloud keeps between requests: nonces, and call counts by account."""

from math import ceil
from typing import NamedTuple

from sandbox.clouds.calls import Refused
from sandbox.clouds.faults import Target

CALLS_PER_SECOND = {"GetJobDetail": 15}
"""Limit for each account (provider API notes, section 5.5). No limit of another operation is confirmed."""


class Nonces:
    """The used nonces of the last 15 to 30 minutes. The date check refuses older requests."""

    def __init__(self, generation_s: float = 15 * 60) -> None:
        """Start without nonces."""
        self._generation_s = generation_s
        self._since = 0.0
        self._young: set[str] = set()
        self._old: set[str] = set()

    def use(self, nonce: str, now: float) -> None:
        """Store a nonce. Raises Refused for a used one."""
        if now - self._since > self._generation_s:
            self._old = self._young if now - self._since <= 2 * self._generation_s else set()
            self._young, self._since = set(), now
        if nonce in self._young or nonce in self._old:
            raise Refused(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._young.add(nonce)


class _Second(NamedTuple):
    number: int
    calls: int


class RateLimits:
    """Call counts by account, operation and second of the clock."""

    def __init__(self) -> None:
        """Start without counts."""
        self._seconds: dict[tuple[str, str], _Second] = {}

    def count(self, target: Target, now: float) -> None:
        """Count a call. Raises Refused above the limit; that call does not count."""
        allowed = CALLS_PER_SECOND.get(target.operation)
        if allowed is None:
            return
        key = (target.account, target.operation)
        second = self._seconds.get(key)
        calls = second.calls if second and second.number == int(now) else 0
        if calls >= allowed:
            raise throttled(1000 * (1 - now % 1))
        self._seconds[key] = _Second(int(now), calls + 1)


def throttled(wait_ms: float) -> Refused:
    """Return the error: HTTP 400, with the wait in milliseconds (provider API notes, section 3.6)."""
    headers = {"x-acs-retry-after": str(max(1, ceil(wait_ms)))}
    return Refused(400, "Throttling.User", "Request was denied due to user flow control.", headers)
