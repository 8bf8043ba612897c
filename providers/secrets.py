"""References to secrets. The configuration names a location; the secret is read on each use."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

EXPECTED = 'expected "env:NAME" (an environment variable) or "file:/path" (a file that contains only the secret)'


class SecretMissing(Exception):  # noqa: N818  # reads as what happened
    """The location that a reference names has no secret."""


class SecretRef:
    """The location of a secret: `env:NAME` or `file:/path`. Its text never holds the secret."""

    __slots__ = ("_place", "_scheme")

    def __init__(self, reference: str) -> None:
        self._scheme, _, self._place = reference.partition(":")
        if self._scheme not in {"env", "file"} or not self._place:
            # Do not repeat the value: it may be the secret itself.
            raise ValueError(f"secrets are not allowed in this file; {EXPECTED}")

    def read(self) -> str:
        """Return the current secret, so that a rotated file takes effect. Raises SecretMissing."""
        value = self._from_environment() if self._scheme == "env" else self._from_file()
        if not (value.isascii() and value.isprintable()):
            # An HTTP header cannot carry such a secret, and the HTTP client's error message might quote it.
            raise SecretMissing(f"{self} holds several lines or characters that no secret has")
        return value

    def _from_environment(self) -> str:
        value = os.environ.get(self._place, "").strip()
        if not value:
            raise SecretMissing(f"the environment variable {self._place} is not set")
        return value

    def _from_file(self) -> str:
        try:
            value = Path(self._place).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise SecretMissing(f"the file {self._place} cannot be read ({reason})") from None
        if not value:
            raise SecretMissing(f"the file {self._place} is empty")
        return value

    def __str__(self) -> str:
        return f"{self._scheme}:{self._place}"

    def __repr__(self) -> str:
        return f"SecretRef({str(self)!r})"


def _reference(value: object) -> SecretRef:
    if isinstance(value, SecretRef):
        return value
    if not isinstance(value, str):
        raise ValueError(EXPECTED)  # noqa: TRY004  # pydantic reports ValueErrors
    return SecretRef(value)


Secret = Annotated[SecretRef, BeforeValidator(_reference)]
"""A field of a configuration model that holds the location of a secret."""
