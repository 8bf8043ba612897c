"""Findings of `callboard check` about who has access."""

from collections.abc import Sequence

from bot.domain.findings import Finding, Status
from bot.domain.slack_scopes import GUESTS_SCOPE
from bot.views.text import listed

_INSTALL_AGAIN = "update the app with the output of `callboard manifest`, then reinstall it to the workspace"
_NAME_WORKSPACES = (
    "list the workspaces that may install it in slack.workspaces, or in workspaces of the [[access]] table"
)
CHANNELS_MAX = 50


def open_to_all() -> Finding:
    """Report that any workspace can install the app and see everything."""
    text = "any workspace can install the app and see every account"
    mend = "list the workspaces that may install it in slack.workspaces, or say who can see what in [[access]] tables"
    return Finding(Status.FAIL, "slack.workspaces", text, mend)


def open_in_part(accounts: Sequence[str]) -> Finding:
    """Report that any workspace can install the app, and a rule admits all people."""
    text = f'any workspace can install the app and see {_names(accounts)}, by an [[access]] table with users = ["*"]'
    return Finding(Status.WARN, "slack.workspaces", text, _NAME_WORKSPACES)


def open_where_shared(accounts: Sequence[str]) -> Finding:
    """Report that any workspace can install the app, and a rule admits channels.

    A shared channel has the same id in each workspace.
    """
    text = (
        f"a workspace that shares a channel of an [[access]] table can install the app and see {_names(accounts)} there"
    )
    return Finding(Status.WARN, "slack.workspaces", text, _NAME_WORKSPACES)


def _names(accounts: Sequence[str]) -> str:
    """Name some accounts; an empty list means every account."""
    return listed(accounts, "and") or "every account"


def guests_unknown() -> Finding:
    """Report that without the scope, guests count as members."""
    text = f"can't be distinguished from members without the scope {GUESTS_SCOPE}: they have the same access"
    return Finding(Status.WARN, "guests", text, _INSTALL_AGAIN)


def guests_needed() -> Finding:
    """Report that rules name guests, who are unknown without the scope."""
    text = f"an [[access]] table has guests = …, which needs the scope {GUESTS_SCOPE}"
    return Finding(Status.FAIL, "guests", text, f"{_INSTALL_AGAIN}, or remove guests from the file")


def shared(channels: Sequence[str]) -> Finding:
    """Report the channels that other organizations can read."""
    shown = [*channels[:CHANNELS_MAX], *(["…"] if len(channels) > CHANNELS_MAX else [])]
    text = f"people from other organizations can read posts in {listed(shown, 'and')}"
    mend = "remove the bot from channels where it shouldn't post, or limit in [[access]] what can be seen there"
    return Finding(Status.WARN, "shared channels", text, mend)


def sharing_unknown() -> Finding:
    """Report that Slack doesn't say which channels are shared."""
    text = "unknown without the scope channels:read"
    return Finding(Status.OK, "shared channels", text)
