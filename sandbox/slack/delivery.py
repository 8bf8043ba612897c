"""How the workspace hands a payload to the app, whatever the road."""

from typing import Literal, Protocol

from sandbox.slack.model import Json

ACK_SECONDS = 3.0
"""Slack waits this long for an acknowledgement."""

Kind = Literal["slash_commands", "interactive", "events_api"]


class UndeliveredError(Exception):
    """A payload that the app did not take; `code` is what Slack shows."""

    code = "dispatch_failed"


class NotConnectedError(UndeliveredError):
    """There was nobody to give the payload to, or it was refused."""


class NotAcknowledgedError(UndeliveredError):
    """The app did not acknowledge in time."""

    code = "operation_timeout"


class Delivery(Protocol):
    """One road to the app."""

    @property
    def connected(self) -> bool:
        """Whether somebody is there to take a payload."""
        ...

    @property
    def origin(self) -> str:
        """The address under which the app reaches this workspace, without a slash at the end."""
        ...

    async def deliver(self, kind: Kind, payload: Json) -> Json | None:
        """Hand over a payload and return what the acknowledgement carried. Raises UndeliveredError."""
        ...
