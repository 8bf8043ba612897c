"""An app behind every transport: it records payloads, and answers as ordered."""

from collections import deque
from typing import Any

from sandbox.slack.delivery.delivery import Kind, Retry, UndeliveredError
from sandbox.slack.workspace.model import Json


class Recorder:
    """Keeps the payloads, the newest last. `fails` are the failures of the next deliveries."""

    connected = True
    request_url = ""
    origin = "http://slack.test"

    def __init__(self) -> None:
        self.payloads: list[Any] = []
        self.retries: list[Retry | None] = []
        self.fails: deque[UndeliveredError] = deque()
        self.answer: Any = None

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Any:
        assert (kind == "events_api") == (payload.get("type") == "event_callback")
        self.payloads.append(payload)
        self.retries.append(retry)
        if self.fails:
            raise self.fails.popleft()
        return self.answer

    @property
    def events(self) -> list[Json]:
        return [payload["event"] for payload in self.payloads if payload["type"] == "event_callback"]

    def event(self, kind: str) -> Json:
        """Return the newest event of that kind."""
        return [each for each in self.events if each["type"] == kind][-1]
