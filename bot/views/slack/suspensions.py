"""Why Slack rejects messages for a destination, and what helps."""

from bot.domain.button_payloads import RESTORE, CommandPayload
from bot.views.slack.block_kit import Block, button
from bot.views.terms import channel
from bot.views.text import code

_INVITE = "Type `/invite @Callboard` in it, then press Restore."
_ADMIN = "Ask an admin of the workspace to let me post there, then press Restore."
_INSTALL = "Ask your Callboard admin to fix that, then press Restore."
_OURS = "That's a problem on our side. Press Restore to try again."
_WORDS = {
    "is_archived": ("{place} is archived", "Unarchive it, then press Restore."),
    "not_in_channel": ("I am not in {place}", _INVITE),
    "channel_not_found": ("I can't see {place}: it is private and I am not in it, or it was deleted", _INVITE),
    "restricted_action": ("only some people may post in {place}", _ADMIN),
    "restricted_action_read_only_channel": ("{place} is read-only", _ADMIN),
    "restricted_action_thread_only_channel": ("only replies may be posted in {place}", _ADMIN),
    "restricted_action_non_threadable_channel": ("{place} allows no threads", _ADMIN),
    "restricted_action_thread_locked": ("the card's thread in {place} is locked", "Unlock it, then press Restore."),
    "user_disabled": ("this person's account is deactivated", "Press Restore once it is active again."),
    "messages_tab_disabled": ("the app accepts no direct messages", _INSTALL),
    "msg_too_long": ("my message for {place} is too long for Slack", _OURS),
    "msg_blocks_too_long": ("my message for {place} is too long for Slack", _OURS),
    "invalid_blocks": ("Slack rejected my message for {place}", _OURS),
}


def why(reason: str, destination: str) -> str:
    """Say why Slack rejects messages, by its error code; no capital, no period."""
    words, _ = _WORDS.get(reason, (f"Slack rejects messages for {{place}} ({code(reason, 80)})", ""))
    return words.replace("{place}", channel(destination))


def help_against(reason: str) -> str:
    """Say what people can do about it."""
    return _WORDS.get(reason, ("", "Once that is fixed, press Restore."))[1]


def line(reason: str, destination: str) -> str:
    """Say why Slack rejects messages and what helps, on a card and in a list."""
    return f"⏸️ Suspended: {why(reason, destination)}. {help_against(reason)}"


def restore_button(destination: str, card: str | None = None) -> list[Block]:
    """Return the button that restores a destination, or the missing jobs of a card."""
    return button("Restore", RESTORE, CommandPayload(place=destination, card=card))
