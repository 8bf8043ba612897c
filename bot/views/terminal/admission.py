"""The words of `callboard check` about who is let in."""

from collections.abc import Sequence

from bot.domain.findings import Finding, Status
from bot.domain.slack_scopes import GUESTS_SCOPE
from bot.views.text import listed

_INSTALL_AGAIN = "update the app from what `callboard manifest` prints, then install it to the workspace again"
_NAME_WORKSPACES = (
    "name the workspaces that may install it in slack.workspaces, or those of the table in its workspaces"
)
CHANNELS_MAX = 50


def open_to_all() -> Finding:
    """No limit to who installs the app, and none to what they see."""
    text = "any workspace may install the app and see every account"
    mend = "name the workspaces that may install it in slack.workspaces, or who may see what in [[access]] tables"
    return Finding(Status.FAIL, "slack.workspaces", text, mend)


def open_in_part(accounts: Sequence[str]) -> Finding:
    """No limit to who installs the app, and a rule that is for all people."""
    text = f'any workspace may install the app and see {_names(accounts)}, by an [[access]] table with users = ["*"]'
    return Finding(Status.WARN, "slack.workspaces", text, _NAME_WORKSPACES)


def open_where_shared(accounts: Sequence[str]) -> Finding:
    """No limit to who installs the app, and a rule for channels: a shared one has the same id in each workspace."""
    text = (
        f"a workspace that shares a channel of an [[access]] table may install the app and see {_names(accounts)} there"
    )
    return Finding(Status.WARN, "slack.workspaces", text, _NAME_WORKSPACES)


def _names(accounts: Sequence[str]) -> str:
    """Name some accounts; no name is every account."""
    return listed(accounts, "and") or "every account"


def guests_unknown() -> Finding:
    """Without the scope all people of the workspace count as members."""
    text = f"cannot be distinguished from members without the scope {GUESTS_SCOPE}: they are let in as members are"
    return Finding(Status.WARN, "guests", text, _INSTALL_AGAIN)


def guests_needed() -> Finding:
    """Rules speak of guests, who are not known."""
    text = f"an [[access]] table says guests = …, which needs the scope {GUESTS_SCOPE}"
    return Finding(Status.FAIL, "guests", text, f"{_INSTALL_AGAIN}, or take guests out of the file")


def shared(channels: Sequence[str]) -> Finding:
    """Channels in which other organizations read along."""
    shown = [*channels[:CHANNELS_MAX], *(["…"] if len(channels) > CHANNELS_MAX else [])]
    text = f"people of other organizations read what is posted in {listed(shown, 'and')}"
    mend = "take the bot out of those that are not meant for it, or name in [[access]] what may be seen there"
    return Finding(Status.WARN, "shared channels", text, mend)


def sharing_unknown() -> Finding:
    """Slack does not say which channels are shared."""
    text = "not known without the scope channels:read"
    return Finding(Status.OK, "shared channels", text)
