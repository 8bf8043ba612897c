"""Field types for vendors' replies. A malformed field is None, never an exception."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

T = TypeVar("T")

_DIGITS_MAX = 18
"""A number with more digits is not a count: no cloud holds that many."""


class Unreadable(ValueError):  # noqa: N818  # reads as what happened
    """A vendor's object without its one required field: it holds no job."""


class Record(BaseModel):
    """A vendor's object: unknown fields are ignored, every field has a default."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


def instant(value: Any) -> datetime | None:
    """Read a vendor's time as aware UTC: ISO 8601, such as `2026-11-30T08:15:00Z`; None for anything else.

    Surrounding spaces and line feeds are ignored.
    """
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if parsed.tzinfo is UTC:
        return parsed
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:  # the first and the last day of the calendar, in another zone
        return None


def text(value: Any) -> str | None:
    """Read a text. Numbers become text; blank text and anything else is None."""
    if isinstance(value, str):
        return (value if value.isascii() else well_formed(value)).strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def well_formed(value: str) -> str:
    """Return text that can be encoded: half a surrogate pair, which JSON can spell, becomes a question mark."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def identity(value: Any) -> str:
    """Read the id of a job; raises Unreadable when there is none."""
    if (found := text(value)) is None:
        raise Unreadable("an entry without an id")
    return found


def number(value: Any) -> float | None:
    """Read a finite number, also in a text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def count(value: Any) -> int | None:
    """Read a count, also in a text; None for anything but a whole number from 0 on."""
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= _DIGITS_MAX else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def percentage(value: Any) -> int | None:
    """Read a progress from 0 to 100; None for anything else."""
    found = number(value)
    return int(found) if found is not None and 0 <= int(found) <= 100 else None


def mapping(value: Any) -> dict[str, Any]:
    """Read a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def listing(value: Any) -> list[Any]:
    """Read a JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def unwrapped(value: Any) -> list[Any] | None:
    """Read a list, or the list that is the only member of an object.

    JSON made from XML has such objects. There, an object in the list's position is its one entry. Null and an object
    without members are None. Raises Unreadable for anything else.
    """
    inside = [*mapping(value).values()]
    if isinstance(value, dict) and len(inside) < 2:
        value = inside[0] if inside else None
        value = [value] if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType]
    if value is None or isinstance(value, list):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise Unreadable("not a list")


def readable(items: Iterable[Any], read: Callable[[Any], T]) -> tuple[list[T], int]:
    """Read every readable item, and count the others: one malformed job never hides its neighbors."""
    found: list[T] = []
    malformed = 0
    for item in items:
        try:
            found.append(read(item))
        except (ValidationError, Unreadable):
            malformed += 1
    return found, malformed


Instant = Annotated[datetime | None, BeforeValidator(instant)]
Text = Annotated[str | None, BeforeValidator(text)]
Percentage = Annotated[int | None, BeforeValidator(percentage)]
Object = Annotated[dict[str, Any], BeforeValidator(mapping)]
