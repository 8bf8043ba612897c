"""Bolt listeners, with one user journey per file."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp


def register(app: "AsyncApp") -> None:
    """Add every handler to the app."""
    # Listeners import this package as well, so these imports would be circular at the top.
    from handlers.slack import (
        buttons,
        failure_groups,
        find_form,
        home,
        jobs,
        messages,
        shortcuts,
        subscribe_form,
        subscriptions,
        unfurls,
        uninstall,
        watches,
    )

    messages.register(app)
    find_form.register(app)
    subscribe_form.register(app)
    home.register(app)
    uninstall.register(app)
    unfurls.register(app)
    shortcuts.register(app)
    failure_groups.register(app)
    subscriptions.register(app)
    watches.register(app)
    jobs.register(app)
    buttons.register(app)  # last: it answers every button without another listener
