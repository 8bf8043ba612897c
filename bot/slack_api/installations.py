"""Workspaces that installed the app over OAuth. Their tokens are encrypted in Redis and renewed before they expire."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.asyncio_tasks import in_background
from bot.deps.deps import utc_now
from bot.domain import record_formats
from bot.domain.errors import StoreUnavailable
from bot.domain.record_formats import Kind
from bot.domain.workspaces import NotInstalled, Workspace
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.token_encryption import Installation, TokenCipher
from bot.store.installations import Installations
from providers.secrets import SecretMissing

RENEW_BEFORE = timedelta(hours=2)
"""Tokens are renewed this long before they expire. Slack's tokens live for 12 hours."""
RENEWAL_CHECK_S = 60.0
"""Seconds between two checks for tokens to renew."""
CACHE_TTL_S = 10.0
"""Seconds for which an installation is cached. It is short because another process may handle an uninstall."""

log = structlog.get_logger("callboard")


@dataclass(frozen=True, slots=True)
class App:
    """The app's credentials and its connection to Slack's Web API."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    session: ClientSession

    def client(self, token: str | None = None) -> AsyncWebClient:
        """Return a client with a token, and without retries."""
        return AsyncWebClient(token=token, base_url=self.api_url, session=self.session, retry_handlers=[])


@dataclass(frozen=True, slots=True)
class InstalledWorkspaces:
    """The workspaces that installed the app, from Redis."""

    store: Installations
    cipher: TokenCipher
    app: App
    clock: Callable[[], datetime] = utc_now
    _known: dict[str, tuple[float, Workspace]] = field(default_factory=dict[str, tuple[float, Workspace]])

    async def get(self, workspace: str) -> Workspace:
        """Return the workspace. Falls back to the cached copy if Redis is down or no key decrypts the token.

        Raises:
            NotInstalled: The workspace has no installation.
            StoreUnavailable: The fallback is needed, and nothing is cached.
        """
        now = asyncio.get_running_loop().time()
        at, known = self._known.get(workspace, (0.0, None))
        if known and now - at < CACHE_TTL_S:
            return known
        try:
            encrypted = await self.store.get(workspace)
            installation = self.cipher.decrypt(encrypted) if encrypted else None
        except (StoreUnavailable, SecretMissing) as error:
            if known is None:
                raise StoreUnavailable(str(error)) from None
            self._known[workspace] = now, known
            return known
        if installation:
            known = installation.in_workspace(self.app.client(installation.bot_token))
        elif known is None or not encrypted:
            self._known.pop(workspace, None)
            raise NotInstalled(workspace)
        self._known[workspace] = now, known
        return known

    async def ids(self) -> Sequence[str]:
        return sorted(await self.store.all())

    async def add(self, installation: Installation) -> None:
        """Store a new installation. Raises StoreUnavailable."""
        await self.store.put(installation.workspace, self.cipher.encrypt(installation))
        self._known.pop(installation.workspace, None)

    async def uninstall(self, workspace: str, reported_at: datetime) -> bool:
        """Delete the tokens of a workspace; return whether they were deleted.

        Keeps the tokens if the workspace reinstalled the app after `reported_at`, or if a newer version recorded them.
        """
        self._known.pop(workspace, None)
        while (encrypted := await self.store.get(workspace)) is not None:
            kept = self.cipher.decrypt(encrypted)
            if record_formats.unprefixed(Kind.INSTALLATION, encrypted) is None:
                return False
            if kept and kept.installed_at.replace(microsecond=0) > reported_at:
                return False
            await self.store.swap(workspace, encrypted, "")  # fails after a renewal by another process, then repeats
        return True

    async def renew(self) -> None:
        """Renew all tokens that expire soon, and reencrypt those that an old key encrypted.

        Raises:
            SecretMissing: An encryption key is missing.
            StoreUnavailable: Redis is down.
        """
        for workspace in await self.ids():
            await self._renew(workspace)

    async def _renew(self, workspace: str) -> None:
        encrypted = await self.store.get(workspace)
        if encrypted is None:
            return
        kept = self.cipher.decrypt(encrypted)
        if kept is None:
            log.error("none of slack.encryption_keys decrypts the tokens of a workspace", workspace=workspace)
        elif self._ends_soon(kept) and await self.store.may_renew(workspace):
            # Read again: another process may have renewed them since, and a refresh token works only once.
            encrypted = await self.store.get(workspace) or ""
            kept = self.cipher.decrypt(encrypted)
            if kept and self._ends_soon(kept) and (renewed := await self._renewed(kept)):
                await self._swap(encrypted, renewed)
        elif self.cipher.needs_reencryption(encrypted) and await self._swap(encrypted, kept):
            log.info("tokens of a workspace reencrypted with the first of slack.encryption_keys", workspace=workspace)

    async def _swap(self, encrypted: str, installation: Installation) -> bool:
        swapped = await self.store.swap(installation.workspace, encrypted, self.cipher.encrypt(installation))
        if swapped:
            self._known.pop(installation.workspace, None)
        return swapped

    async def _renewed(self, kept: Installation) -> Installation | None:
        """Renew the tokens of a workspace at Slack; None on failure."""
        try:
            answer = await self.app.client().oauth_v2_access(
                client_id=self.app.client_id,
                client_secret=self.app.client_secret,
                grant_type="refresh_token",
                refresh_token=kept.refresh_token,
            )
        except SlackApiError as error:
            log.warning("Slack refused to renew a token", workspace=kept.workspace, error=error_code(error))
        except TRANSPORT_ERRORS as error:
            log.warning("token could not be renewed, retrying", workspace=kept.workspace, reason=type(error).__name__)
        else:
            return kept.renewed(cast("dict[str, Any]", answer.data), self.clock())
        return None

    def _ends_soon(self, installation: Installation) -> bool:
        ends = installation.expires_at
        return ends is not None and ends - self.clock() < RENEW_BEFORE


@asynccontextmanager
async def renewing(workspaces: InstalledWorkspaces) -> AsyncGenerator[None]:
    """Renew tokens before the block and while it runs, so that none expires."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(RENEWAL_CHECK_S)
            try:
                await workspaces.renew()
            except (StoreUnavailable, SecretMissing) as error:
                log.warning("tokens could not be renewed, retrying", reason=str(error))

    await workspaces.renew()
    with in_background(forever(), "tokens"):
        yield
