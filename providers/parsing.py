"""Field types for vendors' replies: whatever stands there, a field is a value or None and never an exception."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

T = TypeVar("T")


class Record(BaseModel):
    """A vendor's object: unknown fields are ignored, every field has a default."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


def instant(value: Any) -> datetime | None:
    """Read a vendor's time as aware UTC: ISO 8601 with surrounding space or line feed; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def text(value: Any) -> str | None:
    """Read a text; numbers are written out, blank text and anything else is None."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def percentage(value: Any) -> int | None:
    """Read a progress from 0 to 100; None for anything else."""
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= 100 else None


def mapping(value: Any) -> dict[str, Any]:
    """Read a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def listing(value: Any) -> list[Any]:
    """Read a JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def readable(items: Iterable[Any], read: Callable[[Any], T]) -> tuple[list[T], int]:
    """Read every item that can be read, and count the others: one malformed job never hides its neighbours."""
    found: list[T] = []
    malformed = 0
    for item in items:
        try:
            found.append(read(item))
        except ValidationError:
            malformed += 1
    return found, malformed


Instant = Annotated[datetime | None, BeforeValidator(instant)]
Text = Annotated[str | None, BeforeValidator(text)]
Percentage = Annotated[int | None, BeforeValidator(percentage)]
Object = Annotated[dict[str, Any], BeforeValidator(mapping)]
