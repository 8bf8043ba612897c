"""Slack in, Slack out: one user journey a file."""

from slack_bolt.async_app import AsyncApp

from handlers import jobs


def register(app: AsyncApp) -> None:
    """Add every handler to the app."""
    jobs.register(app)
