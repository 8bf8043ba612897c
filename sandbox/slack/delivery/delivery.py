"""The interface of a transport that hands payloads to the app."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sandbox.slack.workspace.model import Json

ACK_SECONDS = 3.0
"""Slack's timeout for an acknowledgement, in seconds."""

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True)
class Retry:
    """A repeated delivery. `attempt` counts from 1; `reason` is Slack's word for the last attempt's failure."""

    attempt: int
    reason: str


class UndeliveredError(Exception):
    """The app did not accept a payload. `code` is what Slack shows, `reason` a retry's reason."""

    code = "dispatch_failed"
    reason = "connection_failed"


class NotConnectedError(UndeliveredError):
    """No app is connected."""


class RefusedError(UndeliveredError):
    """The app refused the payload. `final` means that it wants no other attempt."""

    reason = "http_error"

    def __init__(self, *, final: bool = False) -> None:
        super().__init__()
        self.final = final


class NotAcknowledgedError(UndeliveredError):
    """The app did not acknowledge in time."""

    code = "operation_timeout"
    reason = "http_timeout"


class Delivery(Protocol):
    """A transport to the app."""

    @property
    def connected(self) -> bool:
        """Whether an app is connected, as known before a delivery."""
        ...

    @property
    def request_url(self) -> str:
        """The app's request URL; empty if the app connects to the workspace."""
        ...

    @property
    def origin(self) -> str:
        """The address under which the app reaches this workspace, without a trailing slash."""
        ...

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Deliver a payload and return the acknowledgement's content. Raises UndeliveredError.

        `retry` marks a repeated delivery.
        """
        ...
