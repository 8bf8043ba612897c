"""The app's tokens. Each belongs to an installation, and can end alone or with it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation

LIFE_S = 43_200
"""A rotating token lives 12 hours (docs.slack.dev, "Using token rotation")."""

TokenKind = Literal["app", "bot", "user"]
_PREFIXES = {"bot": "xoxb", "user": "xoxp"}


@dataclass(eq=False)
class Token:
    """One access token. `user` is the bot or the person that it acts for; an app-level token has no installation.

    `expires` is in seconds since 1970, None is never; `refresh` is the token for the next one. `refusal` is
    Slack's answer to every call with an invalid token.
    """

    value: str
    kind: TokenKind
    installation: Installation | None = None
    user: str = ""
    scopes: tuple[str, ...] = ()
    expires: float | None = None
    refresh: str | None = None
    refusal: str | None = None

    def check(self, now: float) -> None:
        """Raise `account_inactive`, `token_revoked` or `token_expired` for an invalid token."""
        if self.refusal:
            raise SlackError(self.refusal)
        if self.expires is not None and now >= self.expires:
            raise SlackError("token_expired")


class Tokens:
    """Every token ever issued. With `rotating` new ones live for `life_s` seconds and have a refresh token."""

    def __init__(self, clock: Clock, *, rotating: bool) -> None:
        self._clock = clock
        self._all: dict[str, Token] = {}
        self._refreshing: dict[str, Token] = {}
        self.rotating = rotating
        self.life_s = LIFE_S

    def add(self, token: Token) -> None:
        """Add a token with a known value."""
        self._all[token.value] = token

    def find(self, value: str | None) -> Token:
        """Return a token, valid or not. Raises `not_authed` or `invalid_auth`."""
        if not value:
            raise SlackError("not_authed")
        if value not in self._all:
            raise SlackError("invalid_auth")
        return self._all[value]

    def installations(self) -> list[Installation]:
        """Return every installation that has or had a token, the newest first."""
        found = (token.installation for token in reversed(self._all.values()) if token.installation)
        return list(dict.fromkeys(found))

    def of(self, installation: Installation) -> Iterator[Token]:
        """Yield the tokens of an installation, oldest first, invalid ones included."""
        return (token for token in self._all.values() if token.installation is installation)

    def issue(self, installation: Installation, kind: Literal["bot", "user"], user: str, scopes: list[str]) -> Token:
        """Return a token for an exchanged code: without rotation the existing one, as in Slack."""
        standing = [each for each in self.of(installation) if (each.kind, each.user) == (kind, user)]
        lasting = next((each for each in standing if each.expires is None and not each.refusal), None)
        granted = dict.fromkeys([*(scope for each in standing if not each.refusal for scope in each.scopes), *scopes])
        if lasting and not self.rotating:
            lasting.scopes = tuple(granted)
            return lasting
        return self._new(installation, kind, user, tuple(granted))

    def rotate(self, refresh: str) -> Token:
        """Return the next token for a refresh token, which is used up. The old token stays valid until it expires.

        Raises `invalid_refresh_token`.
        """
        last = self._refreshing.pop(refresh, None)
        if last is None or last.refusal or last.installation is None or last.kind == "app":
            raise SlackError("invalid_refresh_token")
        last.refresh = None
        return self._new(last.installation, last.kind, last.user, last.scopes)

    def revoke(self, token: Token) -> None:
        """Revoke a token and its refresh token."""
        token.refusal = "token_revoked"

    def end(self, installation: Installation, refusal: str) -> None:
        """Invalidate every token of an installation."""
        for token in self.of(installation):
            token.refusal = refusal

    def restore(self, installation: Installation) -> None:
        """Make every token of an installation valid again."""
        for token in self.of(installation):
            token.refusal = None

    def _new(
        self, installation: Installation, kind: Literal["bot", "user"], user: str, scopes: tuple[str, ...]
    ) -> Token:
        value = f"{_PREFIXES[kind]}-{secrets.token_hex(12)}"
        token = Token(value, kind, installation, user, scopes)
        if self.rotating:
            token.value = f"xoxe.{value.replace('-', '-1-', 1)}"
            token.expires = self._clock() + self.life_s
            token.refresh = f"xoxe-1-{secrets.token_hex(16)}"
            self._refreshing[token.refresh] = token
        self.add(token)
        return token
