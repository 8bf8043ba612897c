"""Times as the vendors write them (provider API notes, section 9)."""

import time


def iso(instant: float) -> str:
    """Return a time in UTC, for example `2026-11-21T08:30:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def iso_or(instant: float | None, otherwise: str | None) -> str | None:
    """Return a time in the same form, or `otherwise` for an unknown instant."""
    return otherwise if instant is None else iso(instant)
