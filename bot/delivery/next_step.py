"""What to do next for a destination: from what waits in its outbox to one step. Pure.

A step takes entries out of the outbox in their order and writes the cards as they are after them. Most steps post
nothing: they only change what a card shows. The others post one message, which is the card itself, a reply in its
thread, the final post of a batch, a digest of many changes, or a note to one person.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from bot.domain.card_reducer import Folded, Post
from bot.domain.cards import Card, To
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.notifications import Digest, Notification
from bot.domain.outbox import ChangedEntry, Entry, NoteEntry, OutboxSnapshot, SubscribedEntry, UnsubscribedEntry, Write
from bot.domain.slack_ids import is_direct_message
from providers.models import JobState

DIGEST_THRESHOLD = 3
"""More changes than this at once become one message; a channel takes about one message a second."""
LATE_AFTER = timedelta(minutes=5)
"""What was noticed or is told this much later than it could have been counts as caught up on."""


@dataclass(frozen=True, slots=True)
class Step:
    """Entries to take out, cards to write, and the message to post first, if any.

    A step about what a card held back has no entries: the card itself remembers it.
    """

    entries: Sequence[Entry]
    writes: Sequence[Write] = ()
    post: Post | None = None

    @property
    def by_slot(self) -> dict[str, tuple[str, ...]]:
        """The ids of the entries, by the slot they stand in."""
        slots: dict[str, tuple[str, ...]] = {}
        for entry in self.entries:
            slots[entry.slot] = (*slots.get(entry.slot, ()), entry.id)
        return slots


def next_step(snapshot: OutboxSnapshot, now: datetime) -> Step | None:
    """Return what to do first for a destination, None when nothing waits."""
    if digest := _digest(snapshot, now):
        return digest
    folded = _awake(snapshot, now)
    if post := folded.owed():
        return Step((), folded.writes(snapshot.records), post)
    for index, entry in enumerate(snapshot.entries):
        before = folded.copy()
        owed = folded.owed(entry)
        post = owed or folded.take(entry)
        if post is None:
            continue
        if index:
            return Step(snapshot.entries[:index], before.writes(snapshot.records))
        return Step((), folded.writes(snapshot.records), owed) if owed else _posting(snapshot, folded, post, now)
    writes = folded.writes(snapshot.records)
    return Step(snapshot.entries, writes) if snapshot.entries or writes else None


def _awake(snapshot: OutboxSnapshot, now: datetime) -> Folded:
    """Return the cards with those awake whose snooze is over; where entries wait, these say when that was."""
    folded = Folded(snapshot.destination, dict(snapshot.cards))
    waiting = {entry.card for entry in snapshot.entries}
    for card_id in snapshot.cards:
        if card_id not in waiting:
            folded.end_snooze(card_id, now)
    return folded


def due(snapshot: OutboxSnapshot, now: datetime) -> bool:
    """Whether something is to be done of which no entry tells: a snooze is over, or what it held back is untold."""
    return any(card.snooze.over(now) if card.snooze else card.owing for card in snapshot.cards.values())


def noticed_late(entry: Entry) -> datetime | None:
    """Return when a change was noticed that could have been noticed long before; None for any other entry."""
    if not isinstance(entry.body, ChangedEntry) or not _noticed_late(entry.body.change):
        return None
    return entry.body.change.at


def _posting(snapshot: OutboxSnapshot, folded: Folded, post: Post, now: datetime) -> Step:
    """Return the step that posts for the first entry; a new card takes all the jobs of its command at once."""
    if not post.new_card:
        return Step(snapshot.entries[:1], folded.writes(snapshot.records), post)
    card_id = post.new_card.id
    mine = [entry for entry in snapshot.entries if entry.card == card_id]
    entries = list(takewhile(lambda entry: isinstance(entry.body, SubscribedEntry), mine))
    for entry in entries[1:]:
        folded.take(entry)
    post = Post(card=folded.cards[card_id])
    if whole := _with_news(folded, card_id, mine[len(entries) :], now):
        entries, (folded, post) = mine, whole
    folded.changed[card_id] = None  # it is drawn now, as it is
    return Step(entries, folded.writes(snapshot.records), post)


def _with_news(folded: Folded, card_id: str, news: Sequence[Entry], now: datetime) -> tuple[Folded, Post] | None:
    """Return a new card with its news on it, and the one post that covers them.

    None where they need a post of their own: more than one notification, or one that belongs in the thread.
    """
    if any(isinstance(entry.body, SubscribedEntry) for entry in news):
        return None
    ahead = folded.copy()
    posts = [*_posts(ahead, news)]
    ahead.end_snooze(card_id, now)
    posts += iter(ahead.owed, None)
    card = ahead.cards[card_id]
    if not posts:
        return ahead, Post(card=card)
    if len(posts) == 1 and _is_end(posts[0], card) and _notifies_in_place(card):
        return ahead, replace(posts[0], card=card)
    return None


def _is_end(post: Post, card: Card) -> bool:
    """Whether a post notifies that a card follows no job any longer."""
    return card.over and (post.final or (post.notification is not None and post.notification.change.fate is not None))


def _notifies_in_place(card: Card) -> bool:
    """Whether a card's message is where its options want notifications; `to:thread` keeps them out of the channel."""
    return card.terms.to is not To.THREAD or is_direct_message(card.place)


def _digest(snapshot: OutboxSnapshot, now: datetime) -> Step | None:
    """Return the step that tells many changes in one message; those of cards that are not posted yet wait."""
    folded = _awake(snapshot, now)
    unposted = {
        e.card for e in snapshot.entries if isinstance(e.body, SubscribedEntry) and not _posted(snapshot, e.card)
    }
    entries = [e for e in snapshot.entries if e.card not in unposted and not isinstance(e.body, NoteEntry)]
    posts = [*_posts(folded, entries)]
    away = [change.since for change in _fresh(posts, entries) if _is_late(change, now)]
    if len(posts) <= DIGEST_THRESHOLD and not (away and len(posts) > 1):
        return None
    digest = Digest([_alone(each) for post in posts for each in _notified_changes(post)], min(away, default=None))
    return Step(entries, folded.writes(snapshot.records), Post(digest=digest))


def _fresh(posts: Iterable[Post], entries: Iterable[Entry]) -> Iterator[Change]:
    """Return what was noticed just now of what is told; the final post of a batch tells of earlier ends too."""
    finals: set[str] = set()
    for post in posts:
        if post.notification and not post.notification.held:
            yield post.notification.change
        elif post.card and post.final:
            finals.add(post.card.id)
    for entry in entries:
        if isinstance(entry.body, ChangedEntry) and entry.card in finals:
            yield entry.body.change


def _posts(folded: Folded, entries: Iterable[Entry]) -> Iterator[Post]:
    """Take out entries and what was held back; return a post for each thing that is to be told."""
    yield from iter(folded.owed, None)
    for entry in entries:
        yield from iter(partial(folded.owed, entry), None)
        if post := folded.take(entry):
            yield post
    yield from iter(folded.owed, None)


def _notified_changes(post: Post) -> list[Notification]:
    """Return the changes that a post tells; the final post of a batch tells the end of each of its jobs."""
    if post.notification:
        return [post.notification]
    if post.card is None:
        return []
    options = post.card.terms
    ends = ((each.fate, each.job, each.at) for each in post.card.jobs.values() if each.fate and not each.fate.by_people)
    changes = (
        Change(kind=Kind.MOVED, job=job, before=JobState.UNKNOWN, since=at, at=at, fate=end_reason)
        for end_reason, job, at in ends
        if job and at and (end_reason is not EndReason.ENDED or options.wants(job.state))
    )
    return [Notification(post.card, change, post.held) for change in changes]


def _alone(notification: Notification) -> Notification:
    """Leave out what else is on the card: a digest of a large batch would hold all of it once for each of its jobs."""
    return replace(notification, card=notification.card.model_copy(update={"jobs": {}, "held": {}}))


def _posted(snapshot: OutboxSnapshot, card_id: str) -> bool:
    return card_id in snapshot.cards and bool(snapshot.cards[card_id].ts)


def _is_late(change: Change, now: datetime) -> bool:
    return _noticed_late(change) or now - change.at > LATE_AFTER


def _noticed_late(change: Change) -> bool:
    return change.kind.late and change.at - change.since > LATE_AFTER


def withheld(snapshot: OutboxSnapshot, hides: Callable[[str], bool]) -> OutboxSnapshot:
    """Return a snapshot without entries about accounts that the destination may no longer see."""
    return replace(snapshot, entries=[_withheld(entry, hides) for entry in snapshot.entries])


def _withheld(entry: Entry, hides: Callable[[str], bool]) -> Entry:
    match entry.body:
        case ChangedEntry(change=change) if hides(change.job.account):
            before = {"state": change.before, "raw_state": change.before_raw, "error": None, "progress": None}
            job = change.job.model_copy(update=before)
            return entry._replace(body=UnsubscribedEntry(job=job, by="", at=change.at))
        case SubscribedEntry(job=job, terms=terms) if hides(job.account):
            return entry._replace(body=UnsubscribedEntry(job=job, by="", at=terms.at))
        case _:
            return entry
