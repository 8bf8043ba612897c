"""Slack's delivery modes: over WebSockets that the bots open, or at addresses that Slack calls."""

import time
from collections import deque
from typing import Literal

import httpx

from bot.config.settings import Settings
from sandbox.slack.delivery.delivery import Kind, NotConnectedError, Retry
from sandbox.slack.delivery.http import HttpDelivery
from sandbox.slack.workspace.model import Json

Mode = Literal["socket", "http"]
MODES: tuple[Mode, ...] = ("socket", "http")
HTTP = 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"'
"""Replaces the mode in a configuration for Socket Mode."""


def at(settings: Settings, port: int) -> Settings:
    """Return the same settings for a bot at this port."""
    return settings.model_copy(update={"http": settings.http.model_copy(update={"port": port})})


class Balancer:
    """A load balancer in front of the bots. Payloads go to each in turn; closed ports are skipped."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._bots: deque[HttpDelivery] = deque()
        self.origin = ""
        self.request_url = ""

    @property
    def connected(self) -> bool:
        """Whether there is a bot to call."""
        return bool(self._bots)

    def add(self, port: int) -> None:
        """Call the bot at this port too."""
        url = f"http://127.0.0.1:{port}/slack/events"
        self._bots.append(HttpDelivery(url, self.origin, self._client, time.time))

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Hand a payload to the next bot. Raises UndeliveredError."""
        for _ in range(len(self._bots)):
            self._bots.rotate(-1)
            try:
                return await self._bots[-1].deliver(kind, payload, retry)
            except NotConnectedError:
                continue
        raise NotConnectedError
