"""Slack in, Slack out: one user journey a file."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp


def register(app: "AsyncApp") -> None:
    """Add every handler to the app."""
    # The terminal, which is in this package too, does without Bolt.
    from handlers import conversation, finding, forms, home, jobs, leaving, links, shortcuts, subscriptions

    conversation.register(app)
    finding.register(app)
    forms.register(app)
    home.register(app)
    leaving.register(app)
    links.register(app)
    shortcuts.register(app)
    subscriptions.register(app)
    jobs.register(app)  # last: it answers every button that nobody else knows
