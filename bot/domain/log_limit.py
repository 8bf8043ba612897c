"""Limits equal log events to one per minute."""


class LogLimit:
    """Allows one of several equal events per minute."""

    EVERY_S = 60.0

    def __init__(self) -> None:
        self._allowed_at = float("-inf")

    def allows(self, now: float) -> bool:
        """Return whether an event at `now` may pass. `now` is in seconds of any clock."""
        if abs(now - self._allowed_at) < self.EVERY_S:
            return False
        self._allowed_at = now
        return True
