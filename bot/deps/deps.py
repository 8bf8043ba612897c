"""What every use case needs, in one place."""

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

if TYPE_CHECKING:  # slow to import, and the terminal does without both
    from docket import Docket

    from bot.domain.workspaces import Workspaces

ANSWER_S = 10.0
"""A question is answered after this many seconds at the latest, with what is there."""


TERMINAL = "terminal"
"""The requester of questions that no person in Slack asks."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """The parts that use cases work with; handed to every handler and task.

    A handler gets them narrowed to what may be seen by whoever reads the answer, its `audience`: `providers` are those
    alone, and so are the names that can be typed. Whether jobs may be subscribed to depends on the `asker`, who is the
    audience unless others read the answer too. `whole` is for what works on nobody's behalf, such as delivery.
    `workspaces` and `docket` are None in the terminal, which answers alone. `projects` are the configured project ids,
    `configured` the watches of the configuration.
    `clock` returns fleet time; `fleet_clock` is that clock in a process that has one, `slack_time` is Slack's clock.
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
        """Whether there may be accounts that cannot be seen here."""
        return self.audience is not None and not (self.access.open and self._asked_by_member)

    @property
    def _asked_by_member(self) -> bool:
        return all(each is None or each.member for each in (self.asker, self.audience))

    @property
    def _problem(self) -> Problem:
        """The message for a person who may see nothing."""
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
        """Who asks, in the line of questions and where a request budget is short."""
        return self.asker.user if self.asker else TERMINAL

    @property
    def whole(self) -> "Deps":
        """The same with every provider."""
        if self.every is None:
            return self
        return replace(self, providers=self.every, every=None, audience=None, asker=None)

    def seen_by(self, asker: Audience) -> "Deps":
        """The same with what whoever asks may see, whatever could be seen before."""
        return replace(self, asker=asker).read_by(asker)

    def asked_in(self, channel: str) -> "Deps":
        """The same with what the person who asks may see in another channel."""
        return self.seen_by(replace(self.asker, channel=channel)) if self.asker else self

    def read_by(self, audience: Audience) -> "Deps":
        """The same, narrowed to what these readers and the person who asks may see."""
        every = self.providers if self.every is None else self.every
        narrowed = replace(self, audience=audience, every=every)
        return replace(narrowed, providers=[each for each in every if narrowed.sees(each.account)])

    def sees(self, account: str) -> bool:
        """Whether an account may be seen here."""
        return all(self.access.sees(account, each) for each in (self.audience, self.asker) if each)

    def subscribes(self, account: str) -> bool:
        """Whether whoever asks may subscribe to an account's jobs."""
        return self.asker is None or self.access.subscribes(account, self.asker)
