"""Channels that another organization shares (Slack Connect): its people read what is posted there."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain.slack_ids import bare_id, is_direct_message, workspace_of
from bot.domain.workspaces import NotInstalled
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.users import TYPES, conversations
from bot.slack_api.workspaces import teams_of
from providers.json_fields import mapping, text

WAIT_S = 1.0
"""Most seconds that an answer waits for it."""

log = structlog.get_logger("callboard")


async def read_by_outsiders(deps: Deps, destination: str) -> bool:
    """Whether people of another organization read what is posted to a destination.

    Without the scope channels:read, or groups:read for private channels, Slack does not say so. Raises
    StoreUnavailable.
    """
    if deps.workspaces is None or is_direct_message(destination) or not workspace_of(destination):
        return False
    try:
        workspace = await deps.workspaces.get(workspace_of(destination))
        async with asyncio.timeout(WAIT_S):
            answer = mapping((await workspace.client.conversations_info(channel=bare_id(destination))).data)
    except NotInstalled:
        return False
    except SlackApiError as error:
        reason = error_code(error)
    except TRANSPORT_ERRORS as error:
        reason = type(error).__name__
    else:
        return _is_shared(mapping(answer.get("channel")))
    log.info("unknown whether a channel is shared", channel=destination, reason=reason)
    return False


async def shared_channels(slack: AsyncWebClient, workspace: str) -> Sequence[str]:
    """Return the shared channels that the bot is in, by id and name. Raises SlackApiError."""
    for types in TYPES:
        try:
            found = [
                each for team in await teams_of(slack, workspace) for each in await conversations(slack, types, team)
            ]
        except SlackApiError as error:
            if error_code(error) != "missing_scope" or types == TYPES[-1]:
                raise
        else:
            return [f"{text(each.get('id'))} ({text(each.get('name'))})" for each in found if _is_shared(each)]
    return ()


def _is_shared(channel: Mapping[str, Any]) -> bool:
    """Whether a channel is shared with another organization, not only among workspaces of one."""
    return channel.get("is_ext_shared") is True
