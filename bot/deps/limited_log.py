"""A log for events that strangers can cause."""

import time

import structlog

from bot.domain.log_limit import LogLimit


class LimitedLog:
    """A log that writes each event once a minute at most."""

    def __init__(self, log: structlog.stdlib.BoundLogger) -> None:
        self._log = log
        self._limits: dict[str, LogLimit] = {}

    def warning(self, event: str, **fields: object) -> None:
        """Write a warning, unless the same event was written in the last minute."""
        if self._limits.setdefault(event, LogLimit()).allows(time.monotonic()):
            self._log.warning(event, **fields)
