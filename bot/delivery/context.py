"""The context of a delivery: everything that posting to one destination needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.next_step import withheld
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.event_log import Ended
from bot.domain.outbox import ChangedEntry, OutboxSnapshot, SubscribedEntry
from bot.domain.service_key import Service
from bot.domain.slack_ids import is_direct_message, workspace_of
from bot.domain.suspensions import Suspension
from bot.slack_api.errors import RATE_LIMITED, RETRY_S, error_code, retry_after
from bot.slack_api.membership import readers
from bot.slack_api.workspaces import home_of


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """The tools of a delivery. `slack` calls as the app of the destination's workspace."""

    deps: Deps
    slack: AsyncWebClient
    destination: str

    @classmethod
    async def to(cls, deps: Deps, destination: str) -> Self | None:
        """Return the context of a destination. None if its workspace does not have the app.

        Raises StoreUnavailable.
        """
        home = await home_of(deps.workspaces, destination)
        return cls(deps, home.client, destination) if home else None

    @property
    def now(self) -> datetime:
        return self.deps.clock()

    @property
    def workspace(self) -> str:
        return workspace_of(self.destination)

    async def read(self) -> OutboxSnapshot:
        """Return everything that waits for the destination, without accounts that it may no longer read."""
        snapshot = await read_outbox(self.deps, self.destination)
        hides = await self.hidden(snapshot)
        hidden = frozenset(filter(hides, self.deps.whole.catalog.accounts))
        snapshot.rules = snapshot.rules.model_copy(update={"hidden": hidden})
        snapshot.ended = await self._ended(snapshot)
        snapshot.decided = await self._decided(snapshot)
        return withheld(snapshot, hides)

    async def _ended(self, snapshot: OutboxSnapshot) -> Mapping[Service, Sequence[Ended]]:
        """Return the finished jobs of services with a failure judged by its share."""
        specs = [watch.spec for watch in snapshot.rules.active if watch.spec.after and watch.spec.after.share]
        if not specs:
            return {}
        since = self.now - timedelta(seconds=max(spec.after.window_s for spec in specs if spec.after))
        changes = (entry.body.change for entry in snapshot.entries if isinstance(entry.body, ChangedEntry))
        services = {(change.ref.account, change.ref.service) for change in changes if change.happened}
        log = self.deps.store.event_log
        return {
            service: (await log.read(service, since, self.now)).ended
            for service in services
            if any(spec.covers(*service) for spec in specs)
        }

    async def _decided(self, snapshot: OutboxSnapshot) -> frozenset[str]:
        """Return the waiting events of mirrored jobs that already have a decision."""
        changes = [entry.body.change for entry in snapshot.entries if isinstance(entry.body, ChangedEntry)]
        refs = dict.fromkeys(str(change.ref) for change in changes if change.mirrored)
        found = await self.deps.store.decisions.read_all([(self.destination, ref) for ref in refs])
        return frozenset(decision.event for each in found for decision in each)

    async def hidden(self, snapshot: OutboxSnapshot) -> Callable[[str], bool]:
        """Return a test for accounts that the readers of the destination may not see."""
        access = self.deps.access
        if access.open and not is_direct_message(self.destination):
            return lambda _: False
        audience = await readers(self.deps, self.destination, next(_subscribers(snapshot), ""))
        return lambda account: access.hides(account, audience)

    async def suspend(self, reason: str) -> None:
        """Hold everything for the destination. `reason` is Slack's error code."""
        await self.deps.store.outbox.suspend(self.destination, Suspension(reason=reason, since=self.now))

    async def paused(self, method: str, error: SlackApiError) -> float:
        """Return how long Slack asks to wait, and make the whole fleet wait."""
        wait = retry_after(error) or RETRY_S
        if error_code(error) in RATE_LIMITED:
            self.deps.metrics.throttled(method)
            await self.deps.store.slack.pause(self.workspace, method, wait)
        return wait


def _subscribers(snapshot: OutboxSnapshot) -> Iterator[str]:
    """Return the subscribers. In direct messages with the bot that is the one reader."""
    yield from (card.terms.user for card in snapshot.cards.values())
    yield from (entry.body.terms.user for entry in snapshot.entries if isinstance(entry.body, SubscribedEntry))
