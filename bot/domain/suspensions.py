"""Reads and writes why Slack takes no posts for a destination."""

from pydantic import BaseModel, ConfigDict

from bot.domain import record_formats
from bot.domain.record_formats import Kind, NewerFormatError, UnreadableError
from providers.models import Moment


class Suspension(BaseModel):
    """Why Slack takes no posts for a destination (its error code), and since when.

    `told` says that the subscribers know. `first` is when that began: each restoring that does not help leads to
    another suspension.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    since: Moment
    told: bool = False  # stored
    first: Moment | None = None


def written(suspension: Suspension) -> str:
    """Return a suspension as it is kept."""
    return record_formats.numbered(Kind.SUSPENSION, suspension.model_dump_json())


def read(text: str) -> Suspension:
    """Read a suspension as it is kept. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.SUSPENSION, text, Suspension.model_validate_json)


def last(text: str | None) -> Suspension | None:
    """Read the last suspension of a destination, None if it cannot be read."""
    try:
        return read(text) if text else None
    except (NewerFormatError, UnreadableError):
        return None
