"""Errors as messages: what went wrong, with a button that helps where there is one."""

from bot.domain.button_payloads import BUTTON_MAX, RUN, CommandPayload
from bot.domain.errors import UsageError
from bot.views.errors import sentence
from bot.views.slack.block_kit import Message, actions, button, message, section
from bot.views.text import code, unformatted

NOT_INSTALLED = "🔌 Callboard is not installed in this workspace any more: ask an administrator to install it again."
"""What Slack shows to whoever uses the app where it has no token."""


def usage(error: UsageError) -> Message:
    """A command that was not understood, with a button that runs the likely correction."""
    text = sentence(error)
    if not error.suggestion:
        return message(unformatted(text), [section(f"🤔 {text}")])
    meant = f"{text}\nDid you mean {code(f'/jobs {error.suggestion}', 300)}?"
    run = button(
        "Yes, run it", f"{RUN}:correction", CommandPayload(text=error.suggestion), style="primary", limit=BUTTON_MAX
    )
    return message(unformatted(meant), [section(f"🤔 {meant}"), *actions("correction", run)])


def expired() -> Message:
    """A button whose data is gone."""
    text = "This button is too old: its data is no longer kept. Type the command again, for example `/jobs list`."
    again = button("List jobs", f"{RUN}:list", CommandPayload(text="list"))
    return message(unformatted(text), [section(f"⌛ {text}"), *actions("expired", again)])


def no_place() -> Message:
    """Slack lets nothing be opened or said where it was asked for: it is too late, or the place is gone."""
    text = "Slack no longer lets me answer there. Please try again; `/jobs subscriptions` tells what is followed."
    return message(unformatted(text), [section(f"⌛ {text}")])


def memory_lost() -> Message:
    """Redis is away, and this answer needs it."""
    text = (
        "I cannot reach my memory (Redis) just now, and this needs it. Try again soon; "
        "meanwhile `/jobs list`, `/jobs failed`, `/jobs show` and `/jobs find` answer when you type them."
    )
    return message(unformatted(text), [section(f"⚠️ {text}")])


def no_answer() -> Message:
    """Slack did not answer a call, so that nobody knows whether it was carried out."""
    text = "Slack did not answer me, so I can't tell whether that arrived. Look for it before you try again."
    return message(text, [section(f"⌛ {text}")])


def our_fault(reference: str) -> Message:
    """Anything that is not the asker's to mend."""
    text = f"That's our fault, not yours. Whoever runs Callboard finds it in the log under reference {reference}."
    return message(text, [section(f"💥 {text.replace(reference, code(reference))}")])
