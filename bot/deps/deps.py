"""The dependencies of all use cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.deps.admission import AdmissionGate
from bot.deps.answer_timeouts import AnswerTimeouts
from bot.deps.asyncio_tasks import Background
from bot.deps.clock import FleetClock, SlackTime
from bot.deps.configured_watches import ConfiguredWatches
from bot.deps.long_texts import LongTexts
from bot.deps.metrics import Metrics
from bot.deps.question_queue import Questions
from bot.deps.settled_jobs import SettledJobs
from bot.domain.access import Access, Audience
from bot.domain.catalog import Catalog
from bot.domain.errors import Problem
from bot.domain.membership import Standings
from bot.domain.user_groups import GroupNames
from bot.store import Store
from providers.base import Provider

if TYPE_CHECKING:  # slow to import, and the terminal needs neither
    from docket import Docket

    from bot.domain.workspaces import Workspaces

ANSWER_S = 10.0
"""A command is answered after this many seconds at the latest, with the responses so far."""


TERMINAL = "terminal"
"""The requester of commands outside Slack."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of use cases, for every handler and task.

    A handler gets them limited to the `audience`, the readers of its answer: `providers` and the names that people can
    type are only those that the audience may see. The right to subscribe depends on the `asker`, the requester, who is
    the audience unless other people read the answer too. `whole` is for work without a requester, such as delivery.
    `workspaces` and `docket` are None in the terminal. `projects` are the configured project ids, and `configured` the
    configured watches. `clock` returns fleet time. `fleet_clock` is that clock, None in a process without one, and
    `slack_time` is Slack's clock.
    """

    providers: Sequence[Provider]
    store: Store
    clock: Callable[[], datetime] = utc_now
    fleet_clock: FleetClock | None = None
    slack_time: SlackTime = field(default_factory=SlackTime)
    answer_s: float = ANSWER_S
    admission: AdmissionGate = field(default_factory=AdmissionGate)
    questions: Questions = field(default_factory=Questions)
    answer_timeouts: AnswerTimeouts = field(default_factory=AnswerTimeouts)
    background: Background = field(default_factory=Background)
    long_texts: LongTexts = field(default_factory=LongTexts)
    workspaces: "Workspaces | None" = None
    docket: "Docket | None" = None
    metrics: Metrics = field(default_factory=Metrics)
    access: Access = field(default_factory=Access)
    group_names: GroupNames = field(default_factory=GroupNames)
    standings: Standings = field(default_factory=Standings)
    audience: Audience | None = None
    asker: Audience | None = None
    every: Sequence[Provider] | None = None
    projects: frozenset[str] = frozenset()
    configured: ConfiguredWatches = field(default_factory=ConfiguredWatches)
    settled: SettledJobs = field(default_factory=SettledJobs)

    @property
    def catalog(self) -> Catalog:
        return Catalog.of(self.providers, narrowed=self.narrowed, projects=self.projects, refusal=self._problem)

    @property
    def narrowed(self) -> bool:
        """Whether access rules may hide accounts here."""
        return self.audience is not None and not (self.access.open and self._asked_by_member)

    @property
    def _asked_by_member(self) -> bool:
        return all(each is None or each.member for each in (self.asker, self.audience))

    @property
    def _problem(self) -> Problem:
        """The message for a person without access."""
        match self.asker:
            case Audience(outside=True):
                return Problem.NOT_FOR_OUTSIDERS
            case Audience(unsure=True):
                return Problem.NOT_FOR_THE_UNSURE
            case Audience(guest=True):
                return Problem.NOT_FOR_GUESTS
            case _:
                return Problem.NOTHING_FOR_YOU

    @property
    def requester(self) -> str:
        """The requester, for the queue of questions and for fair request budgets."""
        return self.asker.user if self.asker else TERMINAL

    @property
    def whole(self) -> "Deps":
        """The same dependencies with every provider."""
        if self.every is None:
            return self
        return replace(self, providers=self.every, every=None, audience=None, asker=None)

    def seen_by(self, asker: Audience) -> "Deps":
        """Return the dependencies limited to what a requester may see, without earlier limits."""
        return replace(self, asker=asker).read_by(asker)

    def asked_in(self, channel: str) -> "Deps":
        """Return the dependencies limited to what the requester may see in another channel."""
        return self.seen_by(replace(self.asker, channel=channel)) if self.asker else self

    def read_by(self, audience: Audience) -> "Deps":
        """Return the dependencies limited to what both these readers and the requester may see."""
        every = self.providers if self.every is None else self.every
        narrowed = replace(self, audience=audience, every=every)
        return replace(narrowed, providers=[each for each in every if narrowed.sees(each.account)])

    def sees(self, account: str) -> bool:
        """Return whether the audience and the requester may see an account."""
        return all(self.access.sees(account, each) for each in (self.audience, self.asker) if each)

    def subscribes(self, account: str) -> bool:
        """Return whether the requester may subscribe to an account's jobs."""
        return self.asker is None or self.access.subscribes(account, self.asker)
