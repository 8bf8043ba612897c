"""Query parameters, with the service's own error for invalid ones."""

from collections.abc import Callable, Collection

from sandbox.clouds.calls import Call, Refused

Refuse = Callable[[str], Refused]


def whole_number(call: Call, name: str, default: int, bounds: tuple[int, int], refuse: Refuse) -> int:
    """Return a whole number within its bounds, both inclusive."""
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not bounds[0] <= int(text) <= bounds[1]:
        raise refuse(f"{name} must be a whole number from {bounds[0]} to {bounds[1]}")
    return int(text)


def one_of(call: Call, name: str, allowed: Collection[str], refuse: Refuse) -> str | None:
    """Return one of the allowed words, or None if the parameter was not sent."""
    text = call.query.get(name)
    if text is not None and text not in allowed:
        raise refuse(f"{name} must be one of {', '.join(sorted(allowed))}")
    return text
