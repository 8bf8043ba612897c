"""The tokens of the app: each belongs to an installation, and may end on its own or with it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation

LIFE_S = 43_200
"""A token that rotates lives 12 hours (docs.slack.dev, "Using token rotation")."""

TokenKind = Literal["app", "bot", "user"]
_PREFIXES = {"bot": "xoxb", "user": "xoxp"}


@dataclass(eq=False)
class Token:
    """One access token. `user` is who acts with it, the bot or a person; an app-level token has no installation.

    `expires` is in seconds since 1970, None is never; `refresh` is the token to get the next one with. `refusal` is
    what Slack answers to every call with it, once it is worth nothing.
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
        """Raises `account_inactive`, `token_revoked` or `token_expired` for one that is worth nothing."""
        if self.refusal:
            raise SlackError(self.refusal)
        if self.expires is not None and now >= self.expires:
            raise SlackError("token_expired")


class Tokens:
    """Every token there ever was. With `rotating` new ones live for `life_s` and come with a refresh token."""

    def __init__(self, clock: Clock, *, rotating: bool) -> None:
        self._clock = clock
        self._all: dict[str, Token] = {}
        self._refreshing: dict[str, Token] = {}
        self.rotating = rotating
        self.life_s = LIFE_S

    def add(self, token: Token) -> None:
        """Know a token whose value was given."""
        self._all[token.value] = token

    def find(self, value: str | None) -> Token:
        """A token, whatever it is worth now. Raises `not_authed` or `invalid_auth`."""
        if not value:
            raise SlackError("not_authed")
        if value not in self._all:
            raise SlackError("invalid_auth")
        return self._all[value]

    def installations(self) -> list[Installation]:
        """Every installation that has or had a token, the newest first."""
        found = (token.installation for token in reversed(self._all.values()) if token.installation)
        return list(dict.fromkeys(found))

    def of(self, installation: Installation) -> Iterator[Token]:
        """The tokens of an installation, oldest first, those without worth among them."""
        return (token for token in self._all.values() if token.installation is installation)

    def issue(self, installation: Installation, kind: Literal["bot", "user"], user: str, scopes: list[str]) -> Token:
        """A token for whoever exchanged a code: without rotation the one that is there already, as in Slack."""
        standing = [each for each in self.of(installation) if (each.kind, each.user) == (kind, user)]
        lasting = next((each for each in standing if each.expires is None and not each.refusal), None)
        granted = dict.fromkeys([*(scope for each in standing if not each.refusal for scope in each.scopes), *scopes])
        if lasting and not self.rotating:
            lasting.scopes = tuple(granted)
            return lasting
        return self._new(installation, kind, user, tuple(granted))

    def rotate(self, refresh: str) -> Token:
        """The next token for a refresh token, which is used up; the token before lives on until its end.

        Raises `invalid_refresh_token`.
        """
        last = self._refreshing.pop(refresh, None)
        if last is None or last.refusal or last.installation is None or last.kind == "app":
            raise SlackError("invalid_refresh_token")
        last.refresh = None
        return self._new(last.installation, last.kind, last.user, last.scopes)

    def revoke(self, token: Token) -> None:
        """Make a token worth nothing, and its refresh token."""
        token.refusal = "token_revoked"

    def end(self, installation: Installation, refusal: str) -> None:
        """Make every token of an installation worth nothing."""
        for token in self.of(installation):
            token.refusal = refusal

    def restore(self, installation: Installation) -> None:
        """Make every token of an installation good again."""
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
