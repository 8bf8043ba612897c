"""Times as the vendors write them (provider API notes, section 9)."""

import time


def iso(instant: float) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def iso_or(instant: float | None, otherwise: str | None) -> str | None:
    """The same, or something else for an instant that is not known."""
    return otherwise if instant is None else iso(instant)
