"""Notifications: values that `bot.views.slack` turns into messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cards import Card, Snooze
from bot.domain.changes import Change
from bot.domain.failure_groups import FailureGroup, GroupJob
from bot.domain.watches import Mute, Watch
from providers.models import Job, JobRef, Moment

WAITS = timedelta(days=30)
"""How long entries wait for a suspended destination. After that they are dropped if their jobs have ended."""


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that is posted without a notification."""

    card: Card


@dataclass(frozen=True, slots=True)
class CardChange:
    """One change that a card's options want. `held` is set if it waited for a snooze to be over."""

    card: Card
    change: Change
    held: bool = False


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The last job of a batch ended. `held` is set if this waited for a snooze to be over."""

    card: Card
    held: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """Many changes in one message. Only earlier versions posted it: *See all* lists them for 7 days.

    `away` is when the sweeps stopped, for changes that were noticed late.
    """

    told: Sequence[CardChange]  # stored
    away: datetime | None = None


@dataclass(frozen=True, slots=True)
class DestinationSuspended:
    """Notifies a subscriber that Slack accepts no posts for a destination. `reason` is Slack's error code."""

    place: str  # stored
    reason: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class LostJob:
    """A job that its provider lost, for a subscriber of the card that showed it."""

    card: Card
    change: Change


@dataclass(frozen=True, slots=True)
class ChangedSubscriptions:
    """Subscriptions of a destination suspended or restored together, for one of their subscribers.

    All changes are of the kind SUSPENDED, or all of the kind FOUND.
    """

    place: str  # stored
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class SearchExpired:
    """Ids that no service found while Callboard kept searching. `looked_in` are ACCOUNT/SERVICE pairs."""

    ids: Sequence[str]
    looked_in: Sequence[str]
    minutes: int


@dataclass(frozen=True, slots=True)
class UnreadableRecords:
    """Records of a destination were corrupt.

    `unfollowed` are jobs that are no longer tracked, `again` those that are checked again. `posts` is set if one of the
    records was about a message in flight.
    """

    place: str  # stored
    unfollowed: Sequence[Job]
    again: Sequence[Job]
    posts: bool


@dataclass(frozen=True, slots=True)
class ForgottenCards:
    """Cards of a destination that a reset of the database lost. `people` subscribed to them."""

    reset_at: Moment
    forgotten: int
    people: Sequence[str]


class WatchChange(StrEnum):
    """A change of watches or of a mute."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class ChangedWatches:
    """Watches of a destination were changed. `by` is empty if the configuration did it."""

    place: str  # stored
    watch_change: WatchChange
    watches: Sequence[Watch]
    by: str


@dataclass(frozen=True, slots=True)
class ChangedMute:
    """A code of failures was muted in a destination, or unmuted."""

    place: str  # stored
    mute_change: WatchChange
    mute: Mute
    by: str


@dataclass(frozen=True, slots=True)
class WatchTest:
    """A test message of a watch, requested by `tester`."""

    watch: Watch
    tester: str


@dataclass(frozen=True, slots=True)
class SnoozedGroup:
    """A head was snoozed or, without `snooze`, unsnoozed: a line in its thread."""

    place: str  # stored
    group: str
    by: str
    snooze: Snooze | None = None


WatchNote = ChangedWatches | ChangedMute | WatchTest | SnoozedGroup
"""A message about watches, for their destination."""
OtherNote = DestinationSuspended | LostJob | ChangedSubscriptions | SearchExpired | ForgottenCards | UnreadableRecords
Note = OtherNote | WatchNote
"""A message for one person or one destination that has no card."""


@dataclass(frozen=True, slots=True)
class GroupHead:
    """The head of a group: its first failure, `change`, or else its held events.

    With a `card` that is posted, it is a reply in the card's thread and goes to the channel too.
    """

    group: FailureGroup
    change: Change | None = None
    card: Card | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """The news of a group, in the thread of its head: `members`, the newest first, and `more` without a name.

    `broadcast` is set if it goes to the channel too.
    """

    group: FailureGroup
    members: Sequence[GroupJob]
    more: int = 0
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class StormHead:
    """A storm message: the head of the `groups` in it."""

    group: FailureGroup
    groups: Sequence[FailureGroup] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class ServiceHead:
    """A watched service cannot be read."""

    group: FailureGroup
    held: bool = False


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """An event, other than a failure, that the watches in `rules` want."""

    change: Change
    rules: Sequence[str] = ()
    mentions: Sequence[str] = ()
    held: bool = False


Head = GroupHead | StormHead | ServiceHead
"""A message that is posted once for a group and edited afterwards."""
Content = NewCard | CardChange | BatchEnd | Head | ThreadLine | WatchEvent | Note


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to post. A change or a finished batch is a reply to its card, or posts the card first."""

    content: Content

    @property
    def card(self) -> Card | None:
        """The card of the message."""
        return self.content.card if isinstance(self.content, NewCard | CardChange | BatchEnd | GroupHead) else None

    @property
    def new_card(self) -> Card | None:
        """The card whose message this becomes."""
        return None if isinstance(self.content, GroupHead) or not self.card or self.card.ts else self.card

    @property
    def record(self) -> Card | FailureGroup | None:
        """The record whose message this becomes."""
        return self.content.group if isinstance(self.content, Head) else self.new_card

    @property
    def thread_ts(self) -> str:
        """The thread in which it is a reply, empty for a message outside of threads."""
        if isinstance(self.content, ThreadLine):
            return self.content.group.thread_ts or self.content.group.ts
        return self.card.ts if self.card else ""

    @property
    def changes(self) -> Sequence[CardChange]:
        """The changes that it names one by one."""
        match self.content:
            case CardChange() as change:
                return [change]
            case _:
                return []

    @property
    def fresh(self) -> Sequence[Change]:
        """The changes that it names one by one, without those that were held."""
        match self.content:
            case GroupHead(change=Change() as change, held=False) | WatchEvent(change=change, held=False):
                return [change]
            case _:
                return [each.change for each in self.changes if not each.held]

    @property
    def notifies(self) -> bool:
        """Whether it notifies subscribers of an event."""
        return isinstance(self.content, CardChange | BatchEnd | Head | ThreadLine | WatchEvent)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The result of a command to subscribe.

    `card` is the card of the new subscriptions. `changed` are jobs with an earlier subscription here, which now has the
    new options, with those of `others`. `suspended` is why Slack accepts no message for the destination. `resumed` is
    set if it accepted none until now, `shared` if people from another organization can read there.
    """

    card: Card | None
    followed: Sequence[JobRef] = ()
    changed: Sequence[JobRef] = ()
    others: Sequence[str] = ()
    suspended: str | None = None
    resumed: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The result of a command to unsubscribe: each card with the jobs removed from it, and unknown words."""

    removed: Sequence[tuple[Card, Sequence[JobRef]]] = ()
    unknown: Sequence[str] = ()
