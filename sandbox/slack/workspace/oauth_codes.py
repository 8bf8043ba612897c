"""The codes that browsers carry to the app, which exchanges them for tokens."""

import secrets
from dataclasses import dataclass

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation

LIFE_S = 600
"""A code lives ten minutes (docs.slack.dev, "Installing with OAuth")."""


@dataclass(eq=False)
class Code:
    """A granted request. `redirect_uri` is the app's, empty if its request had none."""

    installation: Installation
    user: str
    scopes: list[str]
    user_scopes: list[str]
    redirect_uri: str
    expires: float
    used: bool = False


class Codes:
    """The codes. Each works once, within ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}

    def issue(
        self, installation: Installation, user: str, scopes: list[str], user_scopes: list[str], redirect_uri: str
    ) -> str:
        """Return a new code for a granted request."""
        value = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(32)}"
        self._codes[value] = Code(installation, user, scopes, user_scopes, redirect_uri, self._clock() + LIFE_S)
        return value

    def exchange(self, value: str, redirect_uri: str) -> Code:
        """Use up a code. Raises `invalid_code`, `code_already_used` or `bad_redirect_uri`."""
        code = self._codes.get(value)
        if code is None or self._clock() >= code.expires:
            raise SlackError("invalid_code")
        if code.used:
            raise SlackError("code_already_used")
        if redirect_uri != code.redirect_uri:
            raise SlackError("bad_redirect_uri")
        code.used = True
        return code
