"""How the workspace hands a payload to the app, whatever the road."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sandbox.slack.workspace.model import Json

ACK_SECONDS = 3.0
"""Slack waits this long for an acknowledgement."""

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True)
class Retry:
    """The `attempt` counts from 1; `reason` is what became of the one before, in Slack's word."""

    attempt: int
    reason: str


class UndeliveredError(Exception):
    """A payload that the app did not take; `code` is what Slack shows, `reason` what a retry says of it."""

    code = "dispatch_failed"
    reason = "connection_failed"


class NotConnectedError(UndeliveredError):
    """There was nobody to give the payload to."""


class RefusedError(UndeliveredError):
    """The app answered that it does not take the payload; `final` says that it wants no other attempt."""

    reason = "http_error"

    def __init__(self, *, final: bool = False) -> None:
        super().__init__()
        self.final = final


class NotAcknowledgedError(UndeliveredError):
    """The app did not acknowledge in time."""

    code = "operation_timeout"
    reason = "http_timeout"


class Delivery(Protocol):
    """One road to the app."""

    @property
    def connected(self) -> bool:
        """Whether somebody is there to take a payload, as far as is known before one is handed over."""
        ...

    @property
    def request_url(self) -> str:
        """Where the app is called; empty where it connects."""
        ...

    @property
    def origin(self) -> str:
        """The address under which the app reaches this workspace, without a slash at the end."""
        ...

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Hand over a payload and return what the acknowledgement carried. Raises UndeliveredError.

        `retry` says that it was handed over before.
        """
        ...
