"""What a message is to say: values that `bot.views.slack` turns into messages."""

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
"""For so long a suspended destination is waited for: what it was to be told is dropped then, once its jobs have
ended."""


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that is posted, and notifies of nothing."""

    card: Card


@dataclass(frozen=True, slots=True)
class CardChange:
    """One change that the options of a card ask for; `held` says that it waited until a snooze was over."""

    card: Card
    change: Change
    held: bool = False


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The last job of a batch ended; `held` says that this waited until a snooze was over."""

    card: Card
    held: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """Many changes in one message, as versions before posted it: *See all* lists them for 7 days.

    `away` is since when nothing was looked at, for what was noticed late.
    """

    told: Sequence[CardChange]  # stored
    away: datetime | None = None


@dataclass(frozen=True, slots=True)
class DestinationSuspended:
    """Notifies a subscriber that Slack takes no posts for a destination; `reason` is Slack's error code."""

    place: str  # stored
    reason: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class LostJob:
    """A job that its provider no longer knows, for a subscriber of the card that showed it."""

    card: Card
    change: Change


@dataclass(frozen=True, slots=True)
class ChangedSubscriptions:
    """Subscriptions of a destination that were suspended or restored at once, for one of their subscribers.

    Each change is of the kind SUSPENDED, or each is of the kind FOUND.
    """

    place: str  # stored
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class SearchExpired:
    """Ids that no service knew for as long as Callboard kept looking; `looked_in` are ACCOUNT/SERVICE."""

    ids: Sequence[str]
    looked_in: Sequence[str]
    minutes: int


@dataclass(frozen=True, slots=True)
class UnreadableRecords:
    """Records of a destination were corrupt.

    `unfollowed` are jobs that are no longer followed, `again` those that are looked at again. `posts` says that one of
    the records was about a message that was under way.
    """

    place: str  # stored
    unfollowed: Sequence[Job]
    again: Sequence[Job]
    posts: bool


@dataclass(frozen=True, slots=True)
class ForgottenCards:
    """Cards of a destination that a reset of the database lost; `people` subscribed to them."""

    reset_at: Moment
    forgotten: int
    people: Sequence[str]


class WatchChange(StrEnum):
    """What was done to watches or a mute."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class ChangedWatches:
    """Watches of a destination were changed; `by` is empty where the configuration did it."""

    place: str  # stored
    watch_change: WatchChange
    watches: Sequence[Watch]
    by: str


@dataclass(frozen=True, slots=True)
class ChangedMute:
    """A code of failures is muted in a destination, or no longer."""

    place: str  # stored
    mute_change: WatchChange
    mute: Mute
    by: str


@dataclass(frozen=True, slots=True)
class WatchTest:
    """A test of how a watch notifies, which `tester` asked for."""

    watch: Watch
    tester: str


@dataclass(frozen=True, slots=True)
class SnoozedGroup:
    """A head was snoozed, or, without `snooze`, no longer is: a line in its thread."""

    place: str  # stored
    group: str
    by: str
    snooze: Snooze | None = None


WatchNote = ChangedWatches | ChangedMute | WatchTest | SnoozedGroup
"""A message about watches, for the destination that has them."""
OtherNote = DestinationSuspended | LostJob | ChangedSubscriptions | SearchExpired | ForgottenCards | UnreadableRecords
Note = OtherNote | WatchNote
"""A message for one person, or one destination, that belongs to no card."""


@dataclass(frozen=True, slots=True)
class GroupHead:
    """The head of a group: its first failure, `change`, or what it held, if there is none.

    With a `card` that is posted it is a reply in the thread of the card, and goes to the channel too.
    """

    group: FailureGroup
    change: Change | None = None
    card: Card | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """What is new in a group, in the thread of its head: `members`, the newest first, and `more` without a name.

    `broadcast` says that it goes to the channel too.
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
    """An event that watches want (`rules`), and that is no failure."""

    change: Change
    rules: Sequence[str] = ()
    mentions: Sequence[str] = ()
    held: bool = False


Head = GroupHead | StormHead | ServiceHead
"""What is posted once for a group, and edited afterwards."""
Content = NewCard | CardChange | BatchEnd | Head | ThreadLine | WatchEvent | Note


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to post. A change or a batch's end is a reply to its card, or the card if that is not posted yet."""

    content: Content

    @property
    def card(self) -> Card | None:
        """The card that it is about."""
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
        """The thread in which it is a reply, empty for a message of its own."""
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
        """Whether it says what its subscribers asked to be notified of."""
        return isinstance(self.content, CardChange | BatchEnd | Head | ThreadLine | WatchEvent)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """How a command to subscribe went, for the answer to whoever typed it.

    `card` is the card that follows the new ones; `changed` are jobs that were subscribed to here before and are now
    followed on the new options, beside those of `others`; `suspended` is why Slack takes no message for the
    destination; `resumed` says that it took none until now, `shared` that people of another organization read along
    there.
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
    """How a command to unsubscribe went: each card with the jobs taken off it, and the words that named none."""

    removed: Sequence[tuple[Card, Sequence[JobRef]]] = ()
    unknown: Sequence[str] = ()
