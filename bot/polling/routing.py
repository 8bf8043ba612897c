"""Whom an event is routed to: the destinations with a watch that wants it. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.domain.cards import On
from bot.domain.changes import Change, EventKind
from bot.domain.record_formats import readable_or
from bot.domain.watches import WatchSpec
from bot.store.routes import Route, Routes
from providers.mirrors import views
from providers.models import Job

_ENDS = frozenset({EventKind.SUCCEEDED, EventKind.FAILED, EventKind.CANCELLED, EventKind.LOST})
_WANTED: Mapping[On, frozenset[EventKind]] = {
    On.FAILED: frozenset({EventKind.FAILED, EventKind.LOST}),
    On.STUCK: frozenset({EventKind.STUCK, EventKind.UNSTUCK}),
    On.DOWN: frozenset({EventKind.DOWN, EventKind.UP}),
    On.DONE: _ENDS,
    On.STARTED: frozenset({EventKind.STARTED}),
    On.ANY: frozenset(EventKind),
}


def wants(on: Iterable[On], event: EventKind) -> bool:
    """Whether a set of what is notified has an event."""
    return any(event in _WANTED[each] for each in on)


@dataclass(frozen=True, slots=True)
class Rules:
    """The watches on a service, and the version of its rules that they are."""

    version: str = "0"
    watches: Mapping[Route, WatchSpec] = {}  # never changed

    @classmethod
    def of(cls, routes: Routes) -> "Rules":
        """Read copies of watches; nothing is routed to one that cannot be read."""
        read = ((route, readable_or(None, _spec, text)) for route, text in routes.watches.items())
        return cls(routes.version, {route: spec for route, spec in read if spec})

    def only(self, wanted: frozenset[On]) -> bool:
        """Whether no watch wants anything else."""
        return all(spec.on <= wanted for spec in self.watches.values())

    def for_change(self, change: Change) -> dict[str, str]:
        """Return the destinations that want one of the events of a change, each with its watches."""
        found = [route for route, spec in self.watches.items() if _wanted(spec, change)]
        return _joined(found)

    def for_service(self, account: str, service: str, event: EventKind) -> dict[str, str]:
        """Return the destinations that want an event of the service itself, each with its watches."""
        watches = self.watches.items()
        return _joined(route for route, spec in watches if spec.covers(account, service) and wants(spec.on, event))

    def wants_line(self, change: Change, event: EventKind) -> bool:
        """Whether a watch wants an event of a change."""
        return any(wants(spec.on, event) and _matches(spec, change.job) for spec in self.watches.values())


def _wanted(spec: WatchSpec, change: Change) -> bool:
    return any(wants(spec.on, event) for event in change.events) and _matches(spec, change.job)


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
