"""Encrypts the tokens of an installation, and the OAuth state of a started one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import record_formats
from bot.domain.errors import ConfigError
from bot.domain.record_formats import Kind
from bot.domain.workspaces import Workspace
from bot.slack_api.workspaces import read_scopes
from providers.models import Moment
from providers.secrets import SecretMissing, SecretRef

LASTS = timedelta(minutes=10)
"""An installation must finish within this time."""
_STATE = "installing "
"""The prefix of a state's text. An installation is JSON and never begins like this."""
KEY = "32 random bytes in base64, as `openssl rand -base64 32` prints them"


class Installation(BaseModel):
    """Slack's tokens and ids for a workspace, or for a whole organization."""

    model_config = ConfigDict(frozen=True)

    workspace: str
    name: str = ""
    enterprise_id: str | None = None
    team_id: str | None = None
    bot_id: str = ""
    bot_user_id: str = ""
    bot_token: str = Field(repr=False)
    scopes: str = ""
    refresh_token: str | None = Field(default=None, repr=False)
    expires_at: Moment | None = None
    installed_at: Moment

    def in_workspace(self, client: AsyncWebClient) -> Workspace:
        """Return the workspace, with a client that uses this installation's token."""
        return Workspace(
            self.workspace,
            client,
            team_id=self.team_id,
            enterprise_id=self.enterprise_id,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user_id,
            scopes=read_scopes(self.scopes),
        )

    def renewed(self, response: dict[str, Any], now: datetime) -> "Installation":
        """Return the installation with the tokens of a response of oauth.v2.access."""
        return self.model_copy(
            update={
                "bot_token": response["access_token"],
                "refresh_token": response.get("refresh_token"),
                "expires_at": now + timedelta(seconds=int(response["expires_in"])),
            }
        )


@dataclass(frozen=True, slots=True)
class TokenCipher:
    """Encrypts with the first of several keys, and decrypts with any of them.

    Reads the keys at each use. Raises SecretMissing.
    """

    keys: Sequence[SecretRef]

    def check(self) -> None:
        """Check that all keys are valid. Raises ConfigError."""
        try:
            self._fernet()
        except SecretMissing as error:
            raise ConfigError(f"slack.encryption_keys: {error}") from None

    def encrypt(self, installation: Installation) -> str:
        """Return an encrypted installation, to store in Redis."""
        encrypted = self._fernet().encrypt(installation.model_dump_json().encode()).decode()
        return record_formats.prefixed(Kind.INSTALLATION, encrypted)

    def decrypt(self, encrypted: str) -> Installation | None:
        """Decrypt an installation; None if no key decrypts it or its format is newer."""
        token = record_formats.unprefixed(Kind.INSTALLATION, encrypted)
        if token is None:
            return None
        try:
            return Installation.model_validate_json(self._fernet().decrypt(token.encode()))
        except (InvalidToken, ValidationError):  # dropped, because its text would contain the token
            return None

    def needs_reencryption(self, encrypted: str) -> bool:
        """Return whether another key than the first encrypted this text."""
        token = record_formats.unprefixed(Kind.INSTALLATION, encrypted) or ""
        try:
            _fernet(self.keys[0]).decrypt(token.encode())
        except InvalidToken:
            return True
        return False

    def new_state(self, now: datetime) -> str:
        """Return an encrypted OAuth state for a new installation, such as `gAAAAABp…`.

        It holds the time and a random id, and is not stored. It has no padding, which is not allowed in a cookie.
        """
        text = f"{_STATE}{now.timestamp():.0f} {secrets.token_urlsafe(16)}"
        return self._fernet().encrypt(text.encode()).decode().rstrip("=")

    def state_id(self, state: str, now: datetime) -> str | None:
        """Return the id in a state; None if it is foreign or older than LASTS.

        A state from the future has the same limit, because the clock of its process may be ahead.
        """
        try:
            text = self._fernet().decrypt(state + "=" * (-len(state) % 4)).decode()
        except (InvalidToken, ValueError):  # a text that is not ASCII
            return None
        at, _, state_id = text.removeprefix(_STATE).partition(" ")
        if not text.startswith(_STATE) or abs(now.timestamp() - int(at)) > LASTS.total_seconds():
            return None
        return state_id

    def _fernet(self) -> MultiFernet:
        return MultiFernet([*map(_fernet, self.keys)])


def _fernet(key: SecretRef) -> Fernet:
    try:
        return Fernet(key.read())
    except ValueError:
        raise SecretMissing(f"{key} is not {KEY}") from None
