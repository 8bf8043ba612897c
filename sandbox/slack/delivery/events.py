"""The Events API: deliver events to the app, with retries until it acknowledges them."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.slack.delivery.delivery import Delivery, RefusedError, Retry, UndeliveredError
from sandbox.slack.delivery.event_payloads import EventPayload
from sandbox.slack.workspace.credentials import VERIFICATION_TOKEN
from sandbox.slack.workspace.model import Enterprise, Json, Team
from sandbox.slack.workspace.workspace import Workspace

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Slack retries three times: almost immediately, after a minute, after five minutes. In seconds."""
EVENTS_KEPT = 10_000


@dataclass
class DeliveredEvent:
    """One event: its payload, its number of attempts, their failures, and whether one succeeded."""

    payload: Json
    attempts: int = 0
    failures: list[str] = field(default_factory=list[str])
    acknowledged: bool = False


class Events:
    """Delivers events in the background. `retry_after` are the seconds before each further attempt."""

    def __init__(self, workspace: Workspace, delivery: Delivery, *, retry_after: Sequence[float] = RETRY_AFTER) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._retry_after = retry_after
        self._under_way: set[asyncio.Task[None]] = set()
        self.sent: deque[DeliveredEvent] = deque(maxlen=EVENTS_KEPT)

    def publish(self, *event_payloads: EventPayload) -> None:
        """Send the app the events that it subscribed to and has the scopes for; drop the others."""
        for event_payload in event_payloads:
            if self._wanted(event_payload):
                delivered = DeliveredEvent(self._payload(event_payload))
                self.sent.append(delivered)
                task = asyncio.create_task(self._deliver(delivered))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    def close(self) -> None:
        """Give up unacknowledged events."""
        for task in self._under_way:
            task.cancel()

    def _wanted(self, event_payload: EventPayload) -> bool:
        installation = event_payload.ending or self._workspace.installation
        if installation is None or event_payload.name not in self._workspace.manifest.bot_events:
            return False
        return set(event_payload.scopes) <= set(installation.scopes)

    async def _deliver(self, delivered: DeliveredEvent) -> None:
        retry: Retry | None = None
        for attempt, wait in enumerate((None, *self._retry_after)):
            if wait is not None:
                await asyncio.sleep(wait)
            delivered.attempts = attempt + 1
            try:
                await self._delivery.deliver("events_api", delivered.payload, retry)
            except UndeliveredError as error:
                delivered.failures.append(error.reason)
                retry = Retry(attempt + 1, error.reason)
                if isinstance(error, RefusedError) and error.final:
                    return
            else:
                delivered.acknowledged = True
                return

    def _payload(self, event_payload: EventPayload) -> Json:
        workspace, ending = self._workspace, event_payload.ending
        return {
            "token": VERIFICATION_TOKEN,
            **self._origin(event_payload),
            "api_app_id": workspace.app.id,
            "event": event_payload.event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(workspace.clock()),
            **({} if ending else self._context(event_payload)),
        }

    def _origin(self, event_payload: EventPayload) -> Json:
        """Return where an event happened; for a person of another organization, their workspace."""
        workspace, ending = self._workspace, event_payload.ending
        if ending:
            return _origin_of(ending.team, ending.enterprise)
        return _origin_of(event_payload.team or workspace.team, None if event_payload.team else workspace.enterprise)

    def _context(self, event_payload: EventPayload) -> Json:
        """Return the recipient of an event; empty for an event about the end of an installation."""
        workspace = self._workspace
        channel = workspace.channels.get(str(event_payload.event.get("channel")))
        enterprise_id = workspace.enterprise.id if workspace.enterprise else None
        authorization = {
            "enterprise_id": enterprise_id,
            "team_id": None if workspace.org_wide else workspace.team.id,
            "user_id": workspace.app.user_id,
            "is_bot": True,
            "is_enterprise_install": workspace.org_wide,
        }
        return {
            "context_team_id": workspace.team.id,
            "context_enterprise_id": enterprise_id,
            "authorizations": [authorization],
            "is_ext_shared_channel": channel is not None and channel.shared,
            "event_context": f"4-{secrets.token_hex(16)}",
        }


def _origin_of(team: Team | None, enterprise: Enterprise | None) -> Json:
    """Return where an event happened, without absent fields, as Slack does."""
    return {**({"team_id": team.id} if team else {}), **({"enterprise_id": enterprise.id} if enterprise else {})}
