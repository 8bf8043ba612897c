"""The record of a suspension: why Slack accepts no posts for a destination."""

from pydantic import BaseModel, ConfigDict

from bot.domain import record_formats
from bot.domain.record_formats import Kind, NewerFormatError, UnreadableError
from providers.models import Moment


class Suspension(BaseModel):
    """Why Slack accepts no posts for a destination (its error code), and since when.

    `first` is when the first suspension began: each resumption that fails leads to another one.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    since: Moment
    told: bool = False  # stored
    """Whether the subscribers were notified."""
    first: Moment | None = None


def written(suspension: Suspension) -> str:
    """Return the stored form of a suspension: JSON with its format number."""
    return record_formats.numbered(Kind.SUSPENSION, suspension.model_dump_json())


def read(text: str) -> Suspension:
    """Read a stored suspension. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.SUSPENSION, text, Suspension.model_validate_json)


def last(text: str | None) -> Suspension | None:
    """Read the last suspension of a destination; None if it cannot be read."""
    try:
        return read(text) if text else None
    except (NewerFormatError, UnreadableError):
        return None
