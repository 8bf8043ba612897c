"""Check everything once: the configuration, Slack, Redis, and each service by one real call."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, cast

import httpx
from redis.exceptions import RedisError, ResponseError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.config.settings import Settings, Slack
from bot.deps.deps import utc_now
from bot.diagnostics import admission
from bot.diagnostics.configured_watches import configured_watches
from bot.domain.access import Access
from bot.domain.errors import ConfigError, StoreUnavailable
from bot.domain.findings import Finding, Report, Status
from bot.domain.service_key import Service
from bot.jobs.account_health import probe
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.token_encryption import TokenCipher
from bot.store import Store
from bot.store.redis.open_servers import open_to_strangers
from bot.views.terminal import advice
from bot.views.terminal.advice import BOT_TOKEN, CLIENT_SECRET, SIGNING_SECRET
from providers import registry
from providers.accounts import Account
from providers.base import Provider
from providers.errors import ProviderError
from providers.http.deadline import within
from providers.http.rate_limit import WindowBudget
from providers.json_fields import mapping
from providers.secrets import SecretMissing, SecretRef

CALL_S = 10.0
"""Timeout of each call, in seconds."""
_Tell = Callable[[Mapping[str, Any], Mapping[str, str]], list[Finding]]
"""Returns findings from Slack's answer and its headers."""


async def check(
    settings: Settings, http: httpx.AsyncClient | None = None, *, acknowledge_reset: bool = False
) -> Report:
    """Call everything in the settings, and report what works and how to fix the rest.

    The calls run in parallel. An operator's mistake is a finding, never an exception. `http` calls the clouds, by
    default the bot's own client. `acknowledge_reset` marks a reset of the database as known.
    """
    access = Access(settings.access)
    parts = await asyncio.gather(
        _slack(settings.slack, access),
        _redis(settings, access, acknowledge_reset=acknowledge_reset),
        _accounts(settings.accounts, http),
    )
    unnamed = access.unnamed(account.name for account in settings.accounts)
    deps = sum(len(account.services) for account in settings.accounts)
    counted = advice.configuration(len(settings.accounts), deps, settings.slack and settings.slack.mode)
    found = [counted, *([advice.seen_by_nobody(unnamed)] if unnamed else [])]
    found += admission.installers(settings)
    found += configured_watches(settings)
    if settings.slack and (settings.slack.mode == "http" or settings.slack.client_id):
        found.append(advice.ports(settings.http.admin_port))
    return Report((*found, *(finding for part in parts for finding in part)))


async def _slack(slack: Slack | None, access: Access) -> list[Finding]:
    if slack is None:
        return []
    second = _app_token(slack, slack.app_token) if slack.mode == "socket" else _there(SIGNING_SECRET, slack)
    if slack.bot_token is None:
        parts = await asyncio.gather(_app(slack), second)
        return [*_token_encryption(slack), *(finding for part in parts for finding in part)]
    named = [_group(slack, slack.bot_token, group) for group in access.groups]
    parts = await asyncio.gather(_bot(slack, BOT_TOKEN, slack.bot_token, access), second, *named)
    return [finding for part in parts for finding in part]


async def _group(slack: Slack, token: SecretRef, group: str) -> list[Finding]:
    """Read a user group's members, which access rules need."""

    def report(reply: Mapping[str, Any], _: Mapping[str, str]) -> list[Finding]:
        return [advice.group(group, len(reply.get("users", ())))]

    return await _call(slack, f"user group {group}", token, "usergroups.users.list", report, usergroup=group)


async def _bot(slack: Slack, subject: str, token: "_Token", access: Access) -> list[Finding]:
    """Ask Slack for a token's owner and scopes."""

    def report(reply: Mapping[str, Any], headers: Mapping[str, str]) -> list[Finding]:
        found = [advice.slack_accepts(subject, f"is {reply.get('user')} in {reply.get('team')}")]
        lower = {name.lower(): value for name, value in headers.items()}
        if "x-oauth-scopes" in lower:
            granted = [name.strip() for name in lower["x-oauth-scopes"].split(",")]
            found += [advice.scopes(granted, groups=bool(access.groups)), *admission.guests(granted, access)]
        if "date" in lower:
            found.append(advice.clock((datetime.now(UTC) - parsedate_to_datetime(lower["date"])).total_seconds()))
        return found

    found = await _call(slack, subject, token, "auth.test", report)
    return [*found, *(await admission.shared(_client(slack, token), CALL_S) if found[0].status is Status.OK else [])]


async def _app_token(slack: Slack, reference: SecretRef | None) -> list[Finding]:
    def report(_: Mapping[str, Any], __: Mapping[str, str]) -> list[Finding]:
        return [advice.slack_accepts(advice.APP_TOKEN, "opens Socket Mode connections")]

    return await _call(slack, advice.APP_TOKEN, reference, "apps.connections.open", report) if reference else []


async def _app(slack: Slack) -> list[Finding]:
    """Check the app's id and secret with a code that Slack never issued.

    Slack refuses a wrong id or secret first. If it refuses only the code, both are correct.
    """
    found, secret = await _there(CLIENT_SECRET, slack), slack.client_secret
    if secret is None or found[0].status is not Status.OK:
        return found

    async def offer(client: AsyncWebClient) -> AsyncSlackResponse:
        try:
            return await client.oauth_v2_access(client_id=slack.client_id or "", client_secret=secret.read(), code="no")
        except SlackApiError as error:
            if error_code(error) != "invalid_code":
                raise
            return cast("AsyncSlackResponse", error.response)

    def report(_: Mapping[str, Any], __: Mapping[str, str]) -> list[Finding]:
        return [advice.slack_accepts(CLIENT_SECRET, "belongs to slack.client_id")]

    return await _ask(slack, CLIENT_SECRET, None, offer, report)


async def _there(subject: str, slack: Slack) -> list[Finding]:
    """Report whether a secret is set. Only a later call from or to Slack shows whether it is correct."""
    reference = cast("SecretRef | None", getattr(slack, subject.removeprefix("slack.")))
    if reference is None:
        return []
    try:
        reference.read()
    except SecretMissing as error:
        return [advice.secret_missing(subject, reference, str(error))]
    return [advice.slack_accepts(subject, "is set")]


def _token_encryption(slack: Slack) -> list[Finding]:
    try:
        TokenCipher(slack.encryption_keys).check()
    except ConfigError as error:
        return [advice.keys_unusable(str(error))]
    return [advice.keys_usable(len(slack.encryption_keys))]


async def _installed(slack: Slack, store: Store, access: Access) -> list[Finding]:
    """Check the token of each workspace that installed the app."""
    cipher, found = TokenCipher(slack.encryption_keys), list[Finding]()
    try:
        cipher.check()
    except ConfigError:
        return []  # `_token_encryption` reports it
    for workspace, encrypted in sorted((await store.installations.all()).items()):
        kept = cipher.decrypt(encrypted)
        if kept is None:
            found.append(advice.installation_locked(workspace))
        else:
            found += await _bot(slack, f"workspace {workspace}", _Given(kept.bot_token), access)
            found += [advice.encrypted_with_old_key(workspace)] if cipher.needs_reencryption(encrypted) else []
    return found or [advice.nobody_installed()]


class _Token(Protocol):
    """A token, or a reference to one."""

    def read(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Given:
    token: str = field(repr=False)

    def read(self) -> str:
        return self.token


async def _call(slack: Slack, subject: str, token: _Token, method: str, tell: _Tell, **arguments: str) -> list[Finding]:
    """Call one Web API method with a token."""
    return await _ask(slack, subject, token, lambda client: client.api_call(method, params=arguments), tell)


def _client(slack: Slack, token: _Token | None) -> AsyncWebClient:
    return AsyncWebClient(token=token.read() if token else None, base_url=slack.api_url, timeout=int(CALL_S))


async def _ask(
    slack: Slack,
    subject: str,
    token: _Token | None,
    call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
    tell: _Tell,
) -> list[Finding]:
    try:
        client = _client(slack, token)
        async with asyncio.timeout(CALL_S):
            response = await call(client)
    except SecretMissing as error:
        return [advice.secret_missing(subject, token, str(error))]
    except SlackApiError as error:
        return [advice.slack_refuses(subject, error_code(error) or "an invalid response")]
    except TRANSPORT_ERRORS as error:
        return [advice.slack_unreachable(subject, str(slack.api_url), type(error).__name__)]
    return tell(mapping(response.data), dict(cast("Mapping[str, str]", response.headers)))


async def _redis(settings: Settings, access: Access, *, acknowledge_reset: bool) -> list[Finding]:
    embedded = False
    try:
        url = settings.redis.address()
        embedded = url is None
        async with Store.open(url, settings.redis.data) as store:
            pairs = [(account.name, service) for account in settings.accounts for service in account.services]
            found = [advice.redis(await store.link.describe(), embedded=embedded), *await records(store, pairs)]
            found += advice.redis_clock(await _ahead_of_redis(store))
            if strangers := await open_to_strangers(store.url, store.link):
                found.append(advice.redis_open(strangers))
            found += await _reset(store, acknowledge=acknowledge_reset)
            if settings.slack and settings.slack.client_id:
                found += await _installed(settings.slack, store, access)
            return found
    except (ConfigError, StoreUnavailable, RedisError) as error:
        return [advice.redis_unusable(str(error), embedded=embedded)]


async def _ahead_of_redis(store: Store) -> float:
    """Return by how many seconds this machine's clock is ahead of Redis's."""
    before = time.time()
    try:
        server, _ = await store.clock.read()
    except ResponseError:  # a Redis user without permission for scripts
        return 0.0
    return (before + time.time()) / 2 - server


async def records(store: Store, pairs: Sequence[Service]) -> list[Finding]:
    """Find records that this version can't read: newer or corrupt. Raises StoreUnavailable."""
    slots = ["/".join(pair) for pair in pairs]
    destinations = await store.outbox.destinations()
    for _, _, waiting in await store.tracked.state(pairs):
        destinations |= waiting
    corrupt = await store.aside.kept() + await store.tracked.corrupt(pairs)
    for destination in destinations:
        corrupt += Counter(
            (destination, each.location.kind.value) for each in (await store.outbox.read(destination, slots)).broken
        )
    return advice.records(await store.aside.newer(destinations, slots), corrupt)


async def _reset(store: Store, *, acknowledge: bool) -> list[Finding]:
    """Report whether the database was recently emptied or replaced."""
    if acknowledge:
        await store.epochs.acknowledge()
    epoch = await store.epochs.read()
    reset = epoch and epoch.recent_reset(utc_now())
    return [advice.database_reset(reset, acknowledged=epoch.acknowledged)] if epoch and reset else []


async def _accounts(accounts: Sequence[Account], http: httpx.AsyncClient | None) -> list[Finding]:
    by_name = {account.name: account for account in accounts}
    async with nullcontext(http) if http else registry.http_client() as client:
        providers = registry.build(accounts, client, WindowBudget())
        return await asyncio.gather(*(_service(provider, by_name[provider.account]) for provider in providers))


async def _service(provider: Provider, account: Account) -> Finding:
    regions = provider.capabilities.regions
    try:
        async with within(CALL_S) as question:
            await probe(provider)
    except ProviderError as error:
        return advice.service_fails(account, provider.service, error, _missing(account), regions)
    except TimeoutError:
        return advice.service_late(account, provider.service, CALL_S, regions)
    return advice.service_answers(provider.account, provider.service, question.latency_s or 0.0)


def _missing(account: Account) -> list[str]:
    """Return the account's references to missing secrets."""
    found: list[str] = []
    for name in type(account).model_fields:
        if isinstance(reference := getattr(account, name), SecretRef):
            try:
                reference.read()
            except SecretMissing:
                found.append(str(reference))
    return found
