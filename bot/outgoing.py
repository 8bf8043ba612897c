"""What to do next for a place: from what waits in its outbox to one step. Pure.

A step takes entries out of the outbox in their order and writes the cards as they are after them. Most steps post
nothing: they only change what a card shows. The others post one message, which is the card itself, a reply in its
thread, the final post of a batch, a digest of many changes, or a note to one person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from bot.cards import Card, Followed, On, Snooze
from bot.changes import Change, Fate, Kind
from bot.notices import Digest, LostJob, SoughtInVain, SuspendedPlace, Told
from bot.store.entries import ChangedEntry, Entry, NoteEntry, SnoozedEntry, SubscribedEntry, UnsubscribedEntry
from bot.store.outbox import Box, Urgency, Write, encode
from providers.models import JobState

BURST = 3
"""More changes than this at once become one message; a channel takes about one message a second."""
AWAY = timedelta(minutes=5)
"""What was noticed or is told this much later than it could have been counts as caught up on."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message: a new card, a reply to `card`'s thread, its final post, a digest or a note.

    Exactly one of `told`, `final`, `digest` and `note` is set; none of them means the card itself. `held` says of a
    final post that it waited for the end of a snooze.
    """

    card: Card | None = None
    told: Told | None = None
    final: bool = False
    held: bool = False
    digest: Digest | None = None
    note: SuspendedPlace | LostJob | SoughtInVain | None = None


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


@dataclass(slots=True)
class _Folded:
    """Cards as they become when entries are taken out one after the other."""

    place: str
    cards: dict[str, Card]
    changed: dict[str, Urgency | None] = field(default_factory=dict[str, Urgency | None])

    def copy(self) -> "_Folded":
        return replace(self, cards=dict(self.cards), changed=dict(self.changed))

    def take(self, entry: Entry) -> Post | None:
        """Take an entry out; return what is to be posted for it."""
        match entry.body:
            case NoteEntry(note=note):
                return Post(note=note)
            case SubscribedEntry() as body:
                return self._subscribed(entry.card, body)
            case ChangedEntry(change=change):
                return self._changed(entry.card, change)
            case UnsubscribedEntry() as body:
                return self._unsubscribed(entry.card, body)
            case SnoozedEntry(snooze=snooze):
                return self._snoozed(entry.card, snooze)

    def wake(self, card_id: str, now: datetime) -> None:
        """End the snooze of a card if its time is over."""
        card = self.cards.get(card_id)
        if card and card.snooze and card.snooze.until <= now:
            self._keep(card.model_copy(update={"snooze": None}), Urgency.STATE)

    def owed(self, entry: Entry | None = None) -> Post | None:
        """Take off the cards the first thing that was held back and may be told by now; return its post.

        Before an entry that came after the end of a snooze, this is what the snooze held back.
        """
        if entry and entry.at:
            self.wake(entry.card, entry.at)
        for card in [*self.cards.values()]:
            if card.owing and not card.snooze and (post := self._owed(card)):
                return post
        return None

    def _owed(self, card: Card) -> Post | None:
        """Take off one card what comes first; what nobody asks for any more goes with it."""
        if card.held_final:
            card = card.model_copy(update={"held": {}, "held_final": False})
            self._keep(card, Urgency.STATE)
            final = _final(card)
            return final and replace(final, held=True)
        for ref, change in card.held.items():
            card = _without(card, ref)
            self._keep(card, Urgency.STATE)
            if _wanted(card, change):
                return Post(card=card, told=Told(card, change, held=True))
        return None

    def _subscribed(self, card_id: str, body: SubscribedEntry) -> Post | None:
        card = self.cards.get(card_id) or Card(id=card_id, place=self.place, terms=body.terms)
        ref = str(body.job.ref)
        if ref in card.held and card.held[ref].kind is Kind.LOST:
            card = _without(card, ref)  # it is there again
        card = card.model_copy(update={"terms": body.terms, "held_final": False}).having(ref, Followed())
        self._keep(card, Urgency.STATE)
        return None if card.ts else Post(card=card)

    def _changed(self, card_id: str, change: Change) -> Post | None:
        ref = str(change.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs or card.jobs[ref].fate is not None:
            return None
        if change.fate is not None:
            card = card.having(ref, Followed(fate=change.fate, job=change.job, at=change.at))
        post = _telling(card, change)
        card = _holding(card, change, post) if card.snooze else card
        self._keep(card, Urgency.END if change.fate else Urgency.STATE)
        return None if card.snooze else post

    def _unsubscribed(self, card_id: str, body: UnsubscribedEntry) -> Post | None:
        ref = str(body.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs:
            return None
        was_over = card.over
        followed = Followed(fate=Fate.UNSUBSCRIBED, job=body.job, by=body.by, at=body.at)
        card = _without(card, ref).having(ref, followed)
        post = _final(card) if card.batch and card.over and not was_over else None
        card = card.model_copy(update={"held_final": card.held_final or bool(post)}) if card.snooze else card
        self._keep(card, Urgency.STATE)
        return None if card.snooze else post

    def _snoozed(self, card_id: str, snooze: Snooze | None) -> None:
        card = self.cards.get(card_id)
        if card is None:
            return
        self._keep(card.model_copy(update={"snooze": snooze}), Urgency.STATE)

    def _keep(self, card: Card, urgency: Urgency) -> None:
        self.cards[card.id] = card
        self.changed[card.id] = min(urgency, self.changed.get(card.id) or urgency)

    def writes(self, records: Mapping[str, str]) -> list[Write]:
        """Return the cards that changed, against those that Redis has."""
        return [
            Write(id=card_id, before=records.get(card_id, ""), after=encode(self.cards[card_id]), urgency=urgency)
            for card_id, urgency in self.changed.items()
        ]


def next_step(box: Box, now: datetime) -> Step | None:
    """Return what to do first for a place, None when nothing waits."""
    if digest := _digest(box, now):
        return digest
    folded = _awake(box, now)
    if post := folded.owed():
        return Step((), folded.writes(box.records), post)
    for index, entry in enumerate(box.entries):
        before = folded.copy()
        owed = folded.owed(entry)
        post = owed or folded.take(entry)
        if post is None:
            continue
        if index:
            return Step(box.entries[:index], before.writes(box.records))
        return Step((), folded.writes(box.records), owed) if owed else _posting(box, folded, post)
    writes = folded.writes(box.records)
    return Step(box.entries, writes) if box.entries or writes else None


def _awake(box: Box, now: datetime) -> _Folded:
    """Return the cards with those awake whose snooze is over; where entries wait, these say when that was."""
    folded = _Folded(box.place, dict(box.cards))
    waiting = {entry.card for entry in box.entries}
    for card_id in box.cards:
        if card_id not in waiting:
            folded.wake(card_id, now)
    return folded


def due(box: Box, now: datetime) -> bool:
    """Whether something is to be done of which no entry tells: a snooze is over, or what it held back is untold."""
    return any(card.snooze.until <= now if card.snooze else card.owing for card in box.cards.values())


def noticed_late(entry: Entry) -> datetime | None:
    """Return when a change was noticed that could have been noticed long before; None for any other entry."""
    if not isinstance(entry.body, ChangedEntry) or entry.body.change.at - entry.body.change.since <= AWAY:
        return None
    return entry.body.change.at


def _posting(box: Box, folded: _Folded, post: Post) -> Step:
    """Return the step that posts for the first entry; a new card takes all the jobs of its command at once."""
    if post.card is None or post.card.ts or post.told or post.final:
        return Step(box.entries[:1], folded.writes(box.records), post)
    card_id = post.card.id
    mine = [box.entries[0]]
    for entry in box.entries[1:]:
        if entry.card != card_id:
            continue
        if not isinstance(entry.body, SubscribedEntry):
            break
        folded.take(entry)
        mine.append(entry)
    folded.changed[card_id] = None  # it is drawn now, as it is
    return Step(mine, folded.writes(box.records), Post(card=folded.cards[card_id]))


def _digest(box: Box, now: datetime) -> Step | None:
    """Return the step that tells many changes in one message; those of cards that are not posted yet wait."""
    folded = _awake(box, now)
    unposted = {e.card for e in box.entries if isinstance(e.body, SubscribedEntry) and not _posted(box, e.card)}
    entries = [e for e in box.entries if e.card not in unposted and not isinstance(e.body, NoteEntry)]
    posts = [*_posts(folded, entries)]
    told = [each for post in posts for each in _told(post)]
    away = [each.change.since for each in told if _is_late(each.change, now) and not each.held]
    if len(posts) <= BURST and not (away and len(posts) > 1):
        return None
    digest = Digest([_alone(each) for each in told], min(away, default=None))
    return Step(entries, folded.writes(box.records), Post(digest=digest))


def _posts(folded: _Folded, entries: Iterable[Entry]) -> Iterator[Post]:
    """Take out entries and what was held back; return a post for each thing that is to be told."""
    yield from iter(folded.owed, None)
    for entry in entries:
        yield from iter(partial(folded.owed, entry), None)
        if post := folded.take(entry):
            yield post
    yield from iter(folded.owed, None)


def _told(post: Post) -> list[Told]:
    """Return the changes that a post tells; the final post of a batch tells the end of each of its jobs."""
    if post.told:
        return [post.told]
    if post.card is None:
        return []
    terms, ends = post.card.terms, [(each.fate, each.job, each.at) for each in post.card.jobs.values()]
    changes = (
        Change(kind=Kind.MOVED, job=job, before=JobState.UNKNOWN, since=at, at=at, fate=fate)
        for fate, job, at in ends
        if job and at and fate is not Fate.UNSUBSCRIBED and (fate is not Fate.ENDED or terms.wants(job.state))
    )
    return [Told(post.card, change, post.held) for change in changes]


def _alone(told: Told) -> Told:
    """Leave out what else is on the card: a digest of a large batch would hold all of it once for each of its jobs."""
    return replace(told, card=told.card.model_copy(update={"jobs": {}, "held": {}}))


def _posted(box: Box, card_id: str) -> bool:
    return card_id in box.cards and bool(box.cards[card_id].ts)


def _telling(card: Card, change: Change) -> Post | None:
    """Return the post that a change asks for: its own, or the final one of a batch that it ends."""
    if card.batch and card.over:
        return _final(card)
    return Post(card=card, told=Told(card, change)) if _wanted(card, change) else None


def _holding(card: Card, change: Change, post: Post | None) -> Card:
    """Return a snoozed card that remembers what a change asks to tell: of each job the last change alone."""
    ref = str(change.job.ref)
    card = card.model_copy(update={"held_final": card.held_final or bool(post and post.final)})
    if not _wanted(card, change):
        return card
    if (before := card.held.get(ref)) and change.kind is Kind.MOVED:
        known = {"before": before.before, "before_raw": before.before_raw, "since": before.since}
        change = change.model_copy(update=known)
    if (change.before, change.before_raw) == (change.job.state, change.job.raw_state) and change.kind is Kind.MOVED:
        return _without(card, ref)  # it is again as it was told last
    return card.model_copy(update={"held": {**card.held, ref: change}})


def _without(card: Card, ref: str) -> Card:
    """Return a card that holds nothing back about one job."""
    return card.model_copy(update={"held": {name: held for name, held in card.held.items() if name != ref}})


def _final(card: Card) -> Post | None:
    """Return the one final post of a batch, when it tells what its terms ask for."""
    ends = [each for each in card.jobs.values() if each.fate is not Fate.UNSUBSCRIBED]
    wanted = any(each.fate is not Fate.ENDED or (each.job and card.terms.wants(each.job.state)) for each in ends)
    return Post(card=card, final=True) if wanted else None


def _wanted(card: Card, change: Change) -> bool:
    """Whether a change is told by itself. A job that its provider lost always is; a batch tells its end alone."""
    if change.kind is Kind.PROGRESSED:
        return False
    if card.batch:
        return card.terms.on is On.ANY
    return change.kind is Kind.LOST or card.terms.wants(change.job.state)


def _is_late(change: Change, now: datetime) -> bool:
    return change.at - change.since > AWAY or now - change.at > AWAY


def expected(box: Box) -> dict[str, Card]:
    """Return a place's cards as they will be once everything that waits is taken out."""
    folded = _Folded(box.place, dict(box.cards))
    for entry in box.entries:
        folded.take(entry)
    return folded.cards
