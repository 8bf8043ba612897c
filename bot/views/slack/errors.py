"""Errors as messages: what went wrong, and a button that helps if there is one."""

from bot.domain.button_payloads import BUTTON_MAX, RUN, CommandPayload
from bot.domain.errors import UsageError
from bot.views.errors import sentence
from bot.views.slack.block_kit import Message, actions, button, message, section
from bot.views.text import code, unformatted

NOT_INSTALLED = "🔌 Callboard is no longer installed in this workspace. Ask an administrator to reinstall it."
"""The text that Slack shows to people who use the app in a workspace without a token."""


def usage(error: UsageError) -> Message:
    """Say what is wrong with a command, with a button that runs the likely correction."""
    text = sentence(error)
    if not error.suggestion:
        return message(unformatted(text), [section(f"🤔 {text}")])
    meant = f"{text}\nDid you mean {code(f'/jobs {error.suggestion}', 300)}?"
    run = button(
        "Yes, run it", f"{RUN}:correction", CommandPayload(text=error.suggestion), style="primary", limit=BUTTON_MAX
    )
    return message(unformatted(meant), [section(f"🤔 {meant}"), *actions("correction", run)])


def expired() -> Message:
    """Answer a button whose data has expired."""
    text = "This button has expired. Type the command again, for example `/jobs list`."
    again = button("List jobs", f"{RUN}:list", CommandPayload(text="list"))
    return message(unformatted(text), [section(f"⌛ {text}"), *actions("expired", again)])


def no_place() -> Message:
    """Say that Slack accepts no answer there: it is too late, or the channel was deleted."""
    text = "Slack no longer lets me reply there. Try again; `/jobs subscriptions` lists subscriptions."
    return message(unformatted(text), [section(f"⌛ {text}")])


def memory_lost() -> Message:
    """Say that Redis is unavailable and this answer needs it."""
    text = (
        "Callboard's database (Redis) is unavailable, and this needs it. Try again soon. "
        "Until then you can type `/jobs list`, `/jobs failed`, `/jobs show` and `/jobs find`."
    )
    return message(unformatted(text), [section(f"⚠️ {text}")])


def no_answer() -> Message:
    """Say that Slack did not respond to a call, so its outcome is unknown."""
    text = "Slack didn't respond, so that may or may not have been posted. Check before you try again."
    return message(text, [section(f"⌛ {text}")])


def our_fault(reference: str) -> Message:
    """Say that an internal error occurred, with the reference that the log has."""
    text = f"Something went wrong on our side. Reference: {reference}. Your Callboard admin can find it in the log."
    return message(text, [section(f"💥 {text.replace(reference, code(reference))}")])
