"""Channels shared with another organization (Slack Connect). Its people can read the posts there."""

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
"""The maximum of seconds that an answer waits for this check."""

log = structlog.get_logger("callboard")


async def read_by_outsiders(deps: Deps, destination: str) -> bool:
    """Return whether people of another organization can read a destination.

    Returns False if Slack does not say so, for example without the scope channels:read, or groups:read for a private
    channel. Raises StoreUnavailable.
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
    """Return the shared channels with the bot in them, such as `C0OPS (ops)`. Raises SlackApiError."""
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
    """Return whether a channel is shared with another organization, not only among workspaces of one."""
    return channel.get("is_ext_shared") is True
