"""What the cloud remembers between requests: nonces, and how many calls an account made."""

from math import ceil
from typing import NamedTuple

from sandbox.clouds.calls import Refused
from sandbox.clouds.faults import Target

CALLS_PER_SECOND = {"GetJobDetail": 15}
"""Per account (provider API notes, section 5.5); of the other operations no limit is confirmed."""


class Nonces:
    """Nonces that have been used, of the last 15 to 30 minutes: older requests are refused by their date."""

    def __init__(self, generation_s: float = 15 * 60) -> None:
        """Start with none."""
        self._generation_s = generation_s
        self._since = 0.0
        self._young: set[str] = set()
        self._old: set[str] = set()

    def use(self, nonce: str, now: float) -> None:
        """Remember a nonce; raises Refused for one that was used before."""
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
    """Counts calls per account, operation and second of the clock."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._seconds: dict[tuple[str, str], _Second] = {}

    def count(self, target: Target, now: float) -> None:
        """Count a call; raises Refused for one too many, which is not counted."""
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
    """HTTP 400, and the wait in milliseconds (provider API notes, section 3.6)."""
    headers = {"x-acs-retry-after": str(max(1, ceil(wait_ms)))}
    return Refused(400, "Throttling.User", "Request was denied due to user flow control.", headers)
