"""Help, generated from the declarations of the commands."""

from collections.abc import Sequence

from bot.domain.button_payloads import RUN, CommandPayload
from bot.views.slack.block_kit import Message, actions, button, context, message, section
from bot.views.slack.watches import watch_button
from bot.views.text import code, unformatted


def overview(commands: Sequence[tuple[str, str]]) -> Message:
    """Show each command, usage and summary, on one page."""
    lines = "\n".join(f"{code(usage)} {summary}" for usage, summary in commands)
    text = f"*Callboard* tracks cloud jobs from Slack.\n{lines}"
    examples = [
        ("Recent jobs", "list"),
        ("Failed today", "failed"),
        ("Subscriptions", "subscriptions"),
        ("Accounts", "accounts"),
    ]
    buttons = [
        each for label, command in examples for each in button(label, f"{RUN}:{command}", CommandPayload(text=command))
    ]
    buttons += watch_button("Watch for failures")
    note = context("Order and case don't matter. See `/jobs help list` for one command.")
    return message(unformatted(text), [section(text), note, *actions("help", buttons)])


def command(
    usage: str,
    summary: str,
    details: Sequence[str],
    examples: Sequence[str],
    words: Sequence[tuple[str, str]],
    *,
    title: str = "Filters",
) -> Message:
    """Show one command: usage, filters or options, and examples.

    `words` are pairs of example and meaning, shown below `title`.
    """
    parts = ["\n".join([code(usage), f"{summary[0].upper()}{summary[1:]}.", *details])]
    if words:
        parts.append(f"*{title}*\n" + "\n".join(f"{code(example)} {meaning}" for example, meaning in words))
    if examples:
        parts.append("*Examples*\n" + "\n".join(code(f"/jobs {example}") for example in examples))
    text = "\n\n".join(parts)
    return message(unformatted(text), [section(text)])
