"""The workspaces that installed the app by themselves: their tokens, encrypted in Redis and renewed in time."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from aiohttp import ClientSession
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.asyncio_tasks import in_background
from bot.deps.deps import utc_now
from bot.domain import record_formats
from bot.domain.errors import ConfigError, StoreUnavailable
from bot.domain.record_formats import Kind
from bot.domain.workspaces import NotInstalled, Workspace
from bot.slack_api.errors import NO_ANSWER, refusal
from bot.slack_api.workspaces import read_scopes
from bot.store.installations import Installations
from providers.models import Moment
from providers.secrets import SecretMissing, SecretRef

EARLY = timedelta(hours=2)
"""Tokens are renewed this long before their end; Slack's live for 12 hours."""
LOOK_S = 60.0
"""Between two looks whether a token is to be renewed."""
KNOWN_S = 10.0
"""For so long an installation is used without a look into Redis: another process may have heard that it is gone."""
LASTS = timedelta(minutes=10)
"""An installation is finished within this time."""
_STATE = "installing "
"""The prefix of a state's text. An installation is JSON and never begins like this."""
KEY = "32 random bytes in base64, as `openssl rand -base64 32` prints them"

log = structlog.get_logger("callboard")


class Installation(BaseModel):
    """What Slack gave us for one workspace, or for all of an organisation."""

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
        """Return the workspace, called by a client with this installation's token."""
        return Workspace(
            self.workspace,
            client,
            team_id=self.team_id,
            enterprise_id=self.enterprise_id,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user_id,
            scopes=read_scopes(self.scopes),
        )

    def renewed(self, told: dict[str, Any], now: datetime) -> "Installation":
        """Return the installation with the tokens of an answer to oauth.v2.access."""
        return self.model_copy(
            update={
                "bot_token": told["access_token"],
                "refresh_token": told.get("refresh_token"),
                "expires_at": now + timedelta(seconds=int(told["expires_in"])),
            }
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts with the first of some keys, and decrypts with any of them; keys are read at each use.

    Raises SecretMissing.
    """

    keys: Sequence[SecretRef]

    def check(self) -> None:
        """See that every key is one; raises ConfigError."""
        try:
            self._fernet()
        except SecretMissing as error:
            raise ConfigError(f"slack.encryption_keys: {error}") from None

    def close(self, installation: Installation) -> str:
        """Return an installation as it may be kept."""
        sealed = self._fernet().encrypt(installation.model_dump_json().encode()).decode()
        return record_formats.prefixed(Kind.INSTALLATION, sealed)

    def open(self, sealed: str) -> Installation | None:
        """Decrypt an installation; None if no key opens it or its format is newer."""
        token = record_formats.unprefixed(Kind.INSTALLATION, sealed)
        if token is None:
            return None
        try:
            return Installation.model_validate_json(self._fernet().decrypt(token.encode()))
        except (InvalidToken, ValidationError):  # whose text would hold the token
            return None

    def is_old(self, sealed: str) -> bool:
        """Whether this was sealed with another key than the first."""
        token = record_formats.unprefixed(Kind.INSTALLATION, sealed) or ""
        try:
            _fernet(self.keys[0]).decrypt(token.encode())
        except InvalidToken:
            return True
        return False

    def new_state(self, now: datetime) -> str:
        """Return a sealed state for an installation that begins, such as `gAAAAABp…`.

        It holds the time and a random id, and is not kept anywhere. It has no padding, which a cookie may not hold.
        """
        text = f"{_STATE}{now.timestamp():.0f} {secrets.token_urlsafe(16)}"
        return self._fernet().encrypt(text.encode()).decode().rstrip("=")

    def state_id(self, state: str, now: datetime) -> str | None:
        """Return the id in a state; None if it is foreign or older than LASTS.

        The clock of the process that made it may be behind or ahead.
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


@dataclass(frozen=True, slots=True)
class App:
    """The app, as Slack knows it, and how its Web API is reached."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    session: ClientSession

    def client(self, token: str | None = None) -> AsyncWebClient:
        """Return a client that calls with a token, and sends nothing twice."""
        return AsyncWebClient(token=token, base_url=self.api_url, session=self.session, retry_handlers=[])


@dataclass(frozen=True, slots=True)
class InstalledWorkspaces:
    """Every workspace that installed the app, as Redis has them."""

    store: Installations
    seal: Seal
    app: App
    clock: Callable[[], datetime] = utc_now
    _known: dict[str, tuple[float, Workspace]] = field(default_factory=dict[str, tuple[float, Workspace]])

    async def get(self, workspace: str) -> Workspace:
        """Return a workspace; without Redis, or the key that another process sealed with, as it was known last.

        Raises NotInstalled, and StoreUnavailable where it was never known.
        """
        now = asyncio.get_running_loop().time()
        at, known = self._known.get(workspace, (0.0, None))
        if known and now - at < KNOWN_S:
            return known
        try:
            sealed = await self.store.get(workspace)
            installation = self.seal.open(sealed) if sealed else None
        except (StoreUnavailable, SecretMissing) as error:
            if known is None:
                raise StoreUnavailable(str(error)) from None
            self._known[workspace] = now, known
            return known
        if installation:
            known = installation.in_workspace(self.app.client(installation.bot_token))
        elif known is None or not sealed:
            self._known.pop(workspace, None)
            raise NotInstalled(workspace)
        self._known[workspace] = now, known
        return known

    async def ids(self) -> Sequence[str]:
        return sorted(await self.store.all())

    async def add(self, installation: Installation) -> None:
        """Keep a workspace that installed the app just now. Raises StoreUnavailable."""
        await self.store.put(installation.workspace, self.seal.close(installation))
        self._known.pop(installation.workspace, None)

    async def forget(self, workspace: str, told_at: datetime) -> bool:
        """Forget the tokens of a workspace; return whether they were forgotten.

        They stay if the workspace installed the app again since, or if a newer version recorded them.
        """
        self._known.pop(workspace, None)
        while (sealed := await self.store.get(workspace)) is not None:
            kept = self.seal.open(sealed)
            if record_formats.unprefixed(Kind.INSTALLATION, sealed) is None:
                return False
            if kept and kept.installed_at.replace(microsecond=0) > told_at:
                return False
            await self.store.swap(workspace, sealed, "")  # unless it was renewed meanwhile
        return True

    async def renew(self) -> None:
        """Have every token renewed that ends soon, and seal anew what an old key sealed.

        Raises StoreUnavailable and SecretMissing.
        """
        for workspace in await self.ids():
            await self._renew(workspace)

    async def _renew(self, workspace: str) -> None:
        sealed = await self.store.get(workspace)
        if sealed is None:
            return
        kept = self.seal.open(sealed)
        if kept is None:
            log.error("none of slack.encryption_keys opens the tokens of a workspace", workspace=workspace)
        elif self._ends_soon(kept) and await self.store.may_renew(workspace):
            # Somebody else may have done it since they were read: a refresh token can be used once.
            sealed = await self.store.get(workspace) or ""
            kept = self.seal.open(sealed)
            if kept and self._ends_soon(kept) and (renewed := await self._renewed(kept)):
                await self._swap(sealed, renewed)
        elif self.seal.is_old(sealed) and await self._swap(sealed, kept):
            log.info("the first of slack.encryption_keys encrypts the tokens of a workspace now", workspace=workspace)

    async def _swap(self, sealed: str, installation: Installation) -> bool:
        swapped = await self.store.swap(installation.workspace, sealed, self.seal.close(installation))
        if swapped:
            self._known.pop(installation.workspace, None)
        return swapped

    async def _renewed(self, kept: Installation) -> Installation | None:
        """Have Slack renew the tokens of a workspace; None where it does not."""
        try:
            answer = await self.app.client().oauth_v2_access(
                client_id=self.app.client_id,
                client_secret=self.app.client_secret,
                grant_type="refresh_token",
                refresh_token=kept.refresh_token,
            )
        except SlackApiError as error:
            log.warning("Slack does not renew a token", workspace=kept.workspace, error=refusal(error))
        except NO_ANSWER as error:
            log.warning("a token could not be renewed", workspace=kept.workspace, reason=type(error).__name__)
        else:
            return kept.renewed(cast("dict[str, Any]", answer.data), self.clock())
        return None

    def _ends_soon(self, installation: Installation) -> bool:
        ends = installation.expires_at
        return ends is not None and ends - self.clock() < EARLY


@asynccontextmanager
async def renewing(workspaces: InstalledWorkspaces) -> AsyncGenerator[None]:
    """Keep tokens from ending while the block runs; those that end soon are renewed before it begins."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await workspaces.renew()
            except (StoreUnavailable, SecretMissing) as error:
                log.warning("tokens cannot be renewed now", reason=str(error))

    await workspaces.renew()
    with in_background(forever(), "tokens"):
        yield
