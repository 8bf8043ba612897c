"""Check who has access: workspaces that install the app, guests, and other organizations."""

import asyncio
from collections.abc import Collection, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config.settings import Settings
from bot.domain.access import Access, Rule
from bot.domain.findings import Finding
from bot.domain.slack_scopes import GUESTS_SCOPE
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.shared_channels import shared_channels
from bot.slack_api.workspaces import OneWorkspace
from bot.views.terminal import admission


def installers(settings: Settings) -> list[Finding]:
    """Report where any workspace can install the app and see accounts."""
    if settings.slack is None or settings.slack.client_id is None or settings.slack.workspaces:
        return []
    if not settings.access:
        return [admission.open_to_all()]
    anywhere = [rule for rule in settings.access if not rule.workspaces]
    to_all = [rule for rule in anywhere if rule.everybody]
    shared = [rule for rule in anywhere if rule.channels and not rule.everybody and not rule.outsiders]
    return [
        *([admission.open_in_part(_accounts(to_all))] if to_all else []),
        *([admission.open_where_shared(_accounts(shared))] if shared else []),
    ]


def _accounts(rules: Sequence[Rule]) -> list[str]:
    """Name the accounts of some rules. An empty list means every account."""
    if any(rule.all_accounts for rule in rules):
        return []
    return [*dict.fromkeys(account for rule in rules for account in rule.accounts)]


def guests(granted: Collection[str], access: Access) -> list[Finding]:
    """Report where guests can't be distinguished from members."""
    if GUESTS_SCOPE in granted:
        return []
    return [admission.guests_needed() if access.names_guests else admission.guests_unknown()]


async def shared(client: AsyncWebClient, seconds: float) -> list[Finding]:
    """List the channels that another organization shares. Lists nothing if Slack does not answer in time."""
    try:
        async with asyncio.timeout(seconds):
            workspace = (await OneWorkspace.of(client)).workspace
            found: Sequence[str] = await shared_channels(client, workspace.id)
    except SlackApiError as error:
        return [admission.sharing_unknown()] if error_code(error) == "missing_scope" else []
    except TRANSPORT_ERRORS:
        return []  # the finding about the token reports it
    return [admission.shared(found)] if found else []
