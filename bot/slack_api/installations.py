"""The workspaces that installed the app by themselves: their tokens, encrypted in Redis and renewed in time."""

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
"""Tokens are renewed this long before their end; Slack's live for 12 hours."""
RENEWAL_CHECK_S = 60.0
"""Between two looks whether a token is to be renewed."""
CACHE_TTL_S = 10.0
"""For so long an installation is used without a look into Redis: another process may have heard that it is gone."""

log = structlog.get_logger("callboard")


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
    cipher: TokenCipher
    app: App
    clock: Callable[[], datetime] = utc_now
    _known: dict[str, tuple[float, Workspace]] = field(default_factory=dict[str, tuple[float, Workspace]])

    async def get(self, workspace: str) -> Workspace:
        """Return a workspace; without Redis, or the key that another process encrypted with, as it was known last.

        Raises NotInstalled, and StoreUnavailable where it was never known.
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
        """Keep a workspace that installed the app just now. Raises StoreUnavailable."""
        await self.store.put(installation.workspace, self.cipher.encrypt(installation))
        self._known.pop(installation.workspace, None)

    async def uninstall(self, workspace: str, reported_at: datetime) -> bool:
        """Forget the tokens of a workspace; return whether they were forgotten.

        They stay if the workspace installed the app again since, or if a newer version recorded them.
        """
        self._known.pop(workspace, None)
        while (encrypted := await self.store.get(workspace)) is not None:
            kept = self.cipher.decrypt(encrypted)
            if record_formats.unprefixed(Kind.INSTALLATION, encrypted) is None:
                return False
            if kept and kept.installed_at.replace(microsecond=0) > reported_at:
                return False
            await self.store.swap(workspace, encrypted, "")  # unless it was renewed meanwhile
        return True

    async def renew(self) -> None:
        """Have every token renewed that ends soon, and encrypt again what an old key encrypted.

        Raises StoreUnavailable and SecretMissing.
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
            # Somebody else may have done it since they were read: a refresh token can be used once.
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
        """Have Slack renew the tokens of a workspace; None where it does not."""
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
            log.warning("a token could not be renewed", workspace=kept.workspace, reason=type(error).__name__)
        else:
            return kept.renewed(cast("dict[str, Any]", answer.data), self.clock())
        return None

    def _ends_soon(self, installation: Installation) -> bool:
        ends = installation.expires_at
        return ends is not None and ends - self.clock() < RENEW_BEFORE


@asynccontextmanager
async def renewing(workspaces: InstalledWorkspaces) -> AsyncGenerator[None]:
    """Keep tokens from ending while the block runs; those that end soon are renewed before it begins."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(RENEWAL_CHECK_S)
            try:
                await workspaces.renew()
            except (StoreUnavailable, SecretMissing) as error:
                log.warning("tokens cannot be renewed now", reason=str(error))

    await workspaces.renew()
    with in_background(forever(), "tokens"):
        yield
