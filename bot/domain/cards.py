"""Cards: each is a message that shows the state of one or several jobs, with their subscription options.

A subscription is one job tracked in one destination. Its card is the message about it; jobs subscribed to in one
command share a card.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from bot.domain.absence import Absence
from bot.domain.answers import ServiceError
from bot.domain.changes import Change, EndReason, EventKind
from providers.models import Job, JobRef, JobState, Moment


class On(StrEnum):
    """What is notified: `failed` includes lost jobs, `done` is any final state, `any` everything."""

    FAILED = "failed"
    STUCK = "stuck"
    DOWN = "down"
    DONE = "done"
    STARTED = "started"
    ANY = "any"


_ORDER = (On.FAILED, On.DONE, On.STARTED, On.STUCK, On.DOWN, On.ANY)


def on_words(on: Iterable[On]) -> str:
    """Return the words as they are typed and stored, in a fixed order. Example: `done,stuck`."""
    wanted = set(on)
    return ",".join(each.value for each in _ORDER if each in wanted)


def read_on(text: str) -> frozenset[On]:
    """Parse the text that `on_words` returns. Raises ValueError for an unknown word."""
    return frozenset(map(On, text.split(",")))


def plainest_on(on: frozenset[On]) -> frozenset[On]:
    """Return the shortest set with the same notifications: `any` is everything, and `done` includes `failed`."""
    if On.ANY in on:
        return frozenset({On.ANY})
    return on - {On.FAILED} if On.DONE in on else on


def _on(value: object) -> object:
    return read_on(value) if isinstance(value, str) else value


ENDS = frozenset({EventKind.SUCCEEDED, EventKind.FAILED, EventKind.CANCELLED, EventKind.LOST})
_NOTIFIED = {
    On.FAILED: frozenset({EventKind.FAILED, EventKind.LOST}),
    On.STUCK: frozenset({EventKind.STUCK, EventKind.UNSTUCK}),
    On.DOWN: frozenset({EventKind.DOWN, EventKind.UP}),
    On.DONE: ENDS,
    On.STARTED: frozenset({EventKind.STARTED}),
    On.ANY: frozenset(EventKind),
}


@cache
def wanted(on: frozenset[On]) -> frozenset[EventKind]:
    """Return the events that these words select."""
    return frozenset(event for each in on for event in _NOTIFIED[each])


def wants(on: frozenset[On], event: EventKind) -> bool:
    """Return whether one of these words selects an event."""
    return event in wanted(on)


OnSet = Annotated[frozenset[On], BeforeValidator(_on), PlainSerializer(on_words)]
"""What is notified. In JSON: words with commas between them, or one word."""


class To(StrEnum):
    """Where a notification goes: to the thread and the channel, only to the thread, or only to the subscriber."""

    HERE = "here"
    THREAD = "thread"
    DM = "dm"


SUBSCRIPTION_ON = frozenset({On.DONE, On.STUCK})
"""What a subscription notifies by default."""
_REACHES_MORE = (To.DM, To.THREAD, None, To.HERE)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscriptionOptions(_Value):
    """The options of a subscription. `user` is the subscriber's qualified id; `mention` is in Slack's markup.

    Without `to`, the final state is a reply in the card's thread, sent to the channel too if the job failed.
    """

    user: str
    at: Moment
    on: OnSet = SUBSCRIPTION_ON
    to: To | None = None
    mention: tuple[str, ...] = ()

    @classmethod
    def joined(cls, subscriptions: Sequence["SubscriptionOptions"]) -> "SubscriptionOptions":
        """Return the first options, extended by the others: the most notifications and all mentions."""
        calling = dict.fromkeys(person for options in subscriptions for person in options.mention)
        return subscriptions[0].model_copy(
            update={
                "on": frozenset[On]().union(*(options.on for options in subscriptions)),
                "to": max((options.to for options in subscriptions), key=_REACHES_MORE.index),
                "mention": tuple(calling),
            }
        )

    def wants(self, state: JobState) -> bool:
        """Return whether a job's change to this state is notified."""
        return (
            On.ANY in self.on
            or (On.DONE in self.on and state.ended)
            or (On.FAILED in self.on and state is JobState.FAILED)
            or (On.STARTED in self.on and state is JobState.RUNNING)
        )

    def wants_event(self, event: EventKind) -> bool:
        """Return whether an event of a job is notified. A loss always is, and so is its reversal."""
        return event in {EventKind.LOST, EventKind.REOPENED} or wants(self.on, event)

    def broadcasts(self, state: JobState | None) -> bool:
        """Return whether a reply about this state goes to the channel as well."""
        if self.to is None:
            return state is JobState.FAILED
        return self.to is not To.THREAD


class CardJob(_Value):
    """One job on a card. `fate` is None while the job is tracked; `job` is how it was last seen, after that.

    `by` is who unsubscribed, empty if the access rules ended the subscription. `at` is when it ended.
    """

    fate: EndReason | None = None  # stored
    job: Job | None = None
    by: str | None = None
    at: Moment | None = None


SNOOZE_MAX = timedelta(hours=26)
"""The longest snooze that can be picked (until a morning, 25 hours), and one hour in reserve."""


class Snooze(_Value):
    """A pause in the posts about a card. `by` is who set it."""

    until: Moment
    by: str

    def over(self, now: datetime) -> bool:
        """Return whether the snooze is over. One longer than SNOOZE_MAX was set by a wrong clock and is over."""
        return not now < self.until <= now + SNOOZE_MAX


def _ref(text: str) -> str:
    JobRef.parse(text)
    return text


Ref = Annotated[str, AfterValidator(_ref)]
"""The ref of a job, as text."""


class Card(_Value):
    """A message that tracks jobs, by ref. `place` is a channel or, for direct messages, a person.

    `channel` and `ts` are the conversation and timestamp of the message, empty until it is posted. If several people
    subscribed, `asked` are the options of each, and `terms` combines them. While the card is snoozed, `held` keeps the
    last change of each job, and `held_final` is set if the batch finished.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    id: str
    place: str  # stored
    terms: SubscriptionOptions  # stored
    jobs: Mapping[Ref, CardJob] = {}
    channel: str = ""
    ts: str = ""
    per_subscriber: tuple[SubscriptionOptions, ...] = Field(default=(), alias="asked")  # stored
    snooze: Snooze | None = None
    held: Mapping[str, Change] = {}
    held_final: bool = False

    @property
    def subscribers(self) -> tuple[str, ...]:
        """The subscribers, in the order in which they subscribed."""
        return tuple(options.user for options in self.per_subscriber or (self.terms,))

    @property
    def has_held(self) -> bool:
        """Whether a held notification waits to be posted."""
        return bool(self.held) or self.held_final

    @property
    def quiet(self) -> Snooze | None:
        """The snooze, if the card can still post anything."""
        return None if self.over and not self.has_held else self.snooze

    @property
    def batch(self) -> bool:
        """Whether several jobs share the card."""
        return len(self.jobs) > 1

    @property
    def over(self) -> bool:
        """Whether none of its jobs is tracked any longer."""
        return all(each.fate is not None for each in self.jobs.values())

    def subscribed_by(self, subscription_options: SubscriptionOptions) -> Self:
        """Return the card with these options in place of the same subscriber's earlier ones."""
        each = {one.user: one for one in self.per_subscriber or (self.terms,)} | {
            subscription_options.user: subscription_options
        }
        options = tuple(each.values())
        several = options if len(options) > 1 else ()
        return self.model_copy(update={"per_subscriber": several, "terms": SubscriptionOptions.joined(options)})

    def having(self, ref: str, card_job: CardJob) -> Self:
        """Return the card with one job added or replaced."""
        return self.model_copy(update={"jobs": {**self.jobs, ref: card_job}})

    def with_jobs(self, jobs: Mapping[str, Job]) -> Self:
        """Return the card with the latest of its jobs, by ref. Readers need their names."""
        named = {ref: each.model_copy(update={"job": jobs.get(ref, each.job)}) for ref, each in self.jobs.items()}
        return self.model_copy(update={"jobs": named})


class Check(_Value):
    """When a service was last swept, and when it will be next.

    `error` says why the service could not be asked since `failing_since`.
    """

    at: datetime | None = None
    next_at: datetime | None = None
    failing_since: datetime | None = None
    error: ServiceError | None = None


class Shown(_Value):
    """A card as it is drawn: `jobs` has the latest of each job, `checks` the sweeps that saw them.

    `suspended` is why Slack accepts nothing for its destination. Only lists of cards show it, because the card itself
    cannot be edited then. `absences` has the jobs whose absence the card shows.
    """

    card: Card
    jobs: Mapping[str, Job] = {}
    checks: Mapping[str, Check] = {}
    suspended: str | None = None
    absences: Mapping[str, Absence] = {}


def options(options: SubscriptionOptions) -> str:
    """Return the options as they are typed: `on:failed to:dm mention:<@U0DANA>`; empty for the defaults."""
    what = [] if options.on == SUBSCRIPTION_ON else [f"on:{on_words(options.on)}"]
    where = [f"to:{options.to}"] if options.to else []
    whom = [f"mention:{','.join(options.mention)}"] if options.mention else []
    return " ".join([*what, *where, *whom])
