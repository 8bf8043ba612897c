"""Why Slack takes no message for a destination, and what helps."""

from bot.domain.button_payloads import RESTORE, CommandPayload
from bot.views.slack.block_kit import Block, button
from bot.views.terms import channel
from bot.views.text import code

_INVITE = "Type `/invite @Callboard` in it, then press Restore."
_ADMIN = "Ask an admin of the workspace to let me post there, then press Restore."
_INSTALL = "Whoever runs Callboard mends that; then press Restore."
_OURS = "That's our fault, not yours. Press Restore to try again."
_WORDS = {
    "is_archived": ("{place} is archived", "Unarchive it, then press Restore."),
    "not_in_channel": ("I am not in {place}", _INVITE),
    "channel_not_found": ("I cannot see {place}: it is private and I am not in it, or it is gone", _INVITE),
    "restricted_action": ("only some people may post in {place}", _ADMIN),
    "restricted_action_read_only_channel": ("{place} is for reading only", _ADMIN),
    "restricted_action_thread_only_channel": ("only replies may be posted in {place}", _ADMIN),
    "restricted_action_non_threadable_channel": ("{place} allows no threads", _ADMIN),
    "restricted_action_thread_locked": ("the card's thread in {place} is locked", "Unlock it, then press Restore."),
    "user_disabled": ("this person's account is deactivated", "Press Restore once it is active again."),
    "messages_tab_disabled": ("the app takes no direct messages", _INSTALL),
    "msg_too_long": ("Slack finds my message too long for {place}", _OURS),
    "msg_blocks_too_long": ("Slack finds my message too long for {place}", _OURS),
    "invalid_blocks": ("Slack does not understand my message for {place}", _OURS),
}


def why(reason: str, destination: str) -> str:
    """What is in the way, by Slack's error code; no capital, no full stop."""
    words, _ = _WORDS.get(reason, (f"Slack takes no message for {{place}} ({code(reason, 80)})", ""))
    return words.replace("{place}", channel(destination))


def help_against(reason: str) -> str:
    """What somebody can do about it."""
    return _WORDS.get(reason, ("", "Once that is mended, press Restore."))[1]


def line(reason: str, destination: str) -> str:
    """What is in the way, and what helps, on a card and in a list."""
    return f"⏸️ Suspended: {why(reason, destination)}. {help_against(reason)}"


def restore_button(destination: str, card: str | None = None) -> list[Block]:
    """Try again to post to a destination, or to follow what a card's provider had lost or does not find."""
    return button("Restore", RESTORE, CommandPayload(place=destination, card=card))
