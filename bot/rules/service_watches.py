"""Routes events to the destinations with a watch that wants them. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any

from bot.domain.attempts import event_time
from bot.domain.cards import ENDS, On, wants
from bot.domain.changes import Change, EventKind
from bot.domain.event_log import COUNTED, WITH_LINES, counted, logged
from bot.domain.outbox import ChangedEntry
from bot.domain.record_formats import readable_or
from bot.domain.routes import Route, Routes
from bot.domain.tracked_jobs import JobUpdate
from bot.domain.watches import WatchSpec
from providers.mirrors import views
from providers.models import Job

FAILURES = frozenset({On.FAILED, On.STUCK, On.DOWN})
"""Watches that want only these have no use for the ends of other jobs."""


@dataclass(frozen=True)
class ServiceWatches:
    """The watches on a service, with the version of its rules."""

    version: str = "0"
    watches: Mapping[Route, WatchSpec] = field(default_factory=dict[Route, WatchSpec])

    @classmethod
    def of(cls, routes: Routes) -> "ServiceWatches":
        """Read copies of watches. Leaves out those that cannot be read."""
        read = ((route, readable_or(None, _spec, text)) for route, text in routes.watches.items())
        return cls(routes.version, {route: spec for route, spec in read if spec})

    @property
    def failures_only(self) -> bool:
        """Whether no watch wants the ends of jobs that did not fail."""
        return all(spec.on <= FAILURES and not (spec.after and spec.after.share) for spec in self.watches.values())

    def for_change(self, change: Change) -> dict[str, str]:
        """Return the destinations that want an event of a change, each with its watches."""
        interested = {route: spec for event in change.events for route, spec in self._by_event[event].items()}
        return _joined(route for route, spec in interested.items() if _matches(spec, change.job))

    def for_service(self, account: str, service: str, event: EventKind) -> dict[str, str]:
        """Return the destinations that want an event of the service itself, each with its watches."""
        watches = self.watches.items()
        return _joined(route for route, spec in watches if spec.covers(account, service) and wants(spec.on, event))

    def want(self, job: Job, event: EventKind) -> bool:
        """Return whether a watch wants an event of a job."""
        return any(_matches(spec, job) for spec in self._by_event[event].values())

    @cached_property
    def _by_event(self) -> Mapping[EventKind, Mapping[Route, WatchSpec]]:
        """The watches that may want each event. No watch wants most events of most jobs."""
        watches = self.watches.items()
        return {event: {route: spec for route, spec in watches if wants(spec.on, event)} for event in EventKind}


def _matches(spec: WatchSpec, job: Job) -> bool:
    return any(spec.matches(view) for view in views(job))


def _joined(routes: Iterable[Route]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for route in routes:
        found.setdefault(route.destination, []).append(route.watch)
    return {destination: " ".join(sorted(watches)) for destination, watches in found.items()}


@lru_cache(maxsize=1_000)
def _spec(text: str) -> WatchSpec:
    watch: Any = json.loads(text)
    return WatchSpec.model_validate(watch["spec"])


def routed(update: JobUpdate, watches: ServiceWatches, skew: timedelta) -> JobUpdate:
    """Return a change to record, with its watches and its lines for the event log."""
    change = update.change
    if change is None or not change.events:
        return update
    wanted = watches.for_change(change)
    entry = update.entry or (ChangedEntry(change=change).model_dump_json() if wanted else "")
    lines, counts = _log(change, watches, skew)
    return update._replace(entry=entry, watches=wanted, lines=lines, counts=counts)


def _log(change: Change, watches: ServiceWatches, skew: timedelta) -> tuple[list[str], list[str]]:
    times = {event: event_time(change, event, skew) for event in change.events}
    lines, counts = list[str](), list[str]()
    for line in logged(change, times):
        if line.event not in COUNTED or watches.want(change.job, line.event):
            lines.append(line.model_dump_json(exclude_defaults=True))
            counts += [counted(line.when, WITH_LINES)] if line.event in ENDS else []
        elif line.event is EventKind.SUCCEEDED:
            counts.append(counted(line.when, line.event, change.job.kind or ""))
    return lines, counts


def log_lines(change: Change, watches: ServiceWatches, skew: timedelta) -> list[str]:
    """Return the lines of a change for the event log."""
    return _log(change, watches, skew)[0]
