"""What to do next for a place: from what waits in its outbox to one step. Pure.

A step takes entries out of the outbox in their order and writes the cards as they are after them. Most steps post
nothing: they only change what a card shows. The others post one message, which is the card itself, a reply in its
thread, the final post of a batch, a digest of many changes, or a note to one person.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.cards import Card, Fate, Followed, On
from bot.changes import Change, Kind
from bot.notices import Digest, LostJob, SoughtInVain, SuspendedPlace, Told
from bot.store.entries import ChangedEntry, Entry, NoteEntry, SubscribedEntry, UnsubscribedEntry
from bot.store.outbox import Box, Urgency, Write, encode
from providers.models import JobState

BURST = 3
"""More changes than this at once become one message; a channel takes about one message a second."""
AWAY = timedelta(minutes=5)
"""What was noticed or is told this much later than it could have been counts as caught up on."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message: a new card, a reply to `card`'s thread, its final post, a digest or a note.

    Exactly one of `told`, `final`, `digest` and `note` is set; none of them means the card itself.
    """

    card: Card | None = None
    told: Told | None = None
    final: bool = False
    digest: Digest | None = None
    note: SuspendedPlace | LostJob | SoughtInVain | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Entries to take out, cards to write, and the message to post first, if any."""

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

    def _subscribed(self, card_id: str, body: SubscribedEntry) -> Post | None:
        card = self.cards.get(card_id) or Card(id=card_id, place=self.place, terms=body.terms)
        card = card.asked_for(body.terms).having(str(body.job.ref), Followed())
        self._keep(card, Urgency.STATE)
        return None if card.ts else Post(card=card)

    def _changed(self, card_id: str, change: Change) -> Post | None:
        ref = str(change.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs or card.jobs[ref].fate is not None:
            return None
        if change.fate is not None:
            card = card.having(ref, Followed(fate=change.fate, job=change.job, at=change.at))
        self._keep(card, Urgency.END if change.fate else Urgency.STATE)
        if card.batch and card.over:
            return _final(card)
        told = Told(card, change)
        return Post(card=card, told=told) if _wanted(card, change) else None

    def _unsubscribed(self, card_id: str, body: UnsubscribedEntry) -> Post | None:
        ref = str(body.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs:
            return None
        goes_on = not card.over
        card = card.having(ref, Followed(fate=body.fate, job=body.job, by=body.by, at=body.at))
        self._keep(card, Urgency.STATE)
        if body.by:
            return None  # somebody wanted to hear no more of it
        return _final(card) if card.batch and card.over and goes_on else None

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
    if not box.entries:
        return None
    if digest := _digest(box, now):
        return digest
    folded = _Folded(box.place, dict(box.cards))
    for index, entry in enumerate(box.entries):
        before = folded.copy()
        post = folded.take(entry)
        if post is None:
            continue
        if index:
            return Step(box.entries[:index], before.writes(box.records))
        return _posting(box, folded, post)
    return Step(box.entries, folded.writes(box.records))


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
    folded = _Folded(box.place, dict(box.cards))
    unposted = {e.card for e in box.entries if isinstance(e.body, SubscribedEntry) and not _posted(box, e.card)}
    entries = [e for e in box.entries if e.card not in unposted and not isinstance(e.body, NoteEntry)]
    posts = [post for entry in entries if (post := folded.take(entry))]
    told = [each for post in posts for each in _told(post)]
    away = [each.change.since for each in told if _is_late(each.change, now)]
    if len(posts) <= BURST and not (away and len(posts) > 1):
        return None
    digest = Digest([_alone(each) for each in told], min(away, default=None))
    return Step(entries, folded.writes(box.records), Post(digest=digest))


def _told(post: Post) -> list[Told]:
    """Return the changes that a post tells; the final post of a batch tells the end of each of its jobs."""
    if post.told:
        return [post.told]
    if post.card is None:
        return []
    ends = ((each.fate, each.job, each.at) for each in post.card.jobs.values() if each.fate and not each.fate.by_people)
    return [
        Told(post.card, Change(kind=Kind.MOVED, job=job, before=JobState.UNKNOWN, since=at, at=at, fate=fate))
        for fate, job, at in ends
        if job and at and (fate is not Fate.ENDED or post.card.terms.wants(job.state))
    ]


def _alone(told: Told) -> Told:
    """Leave out what else is on the card: a digest of a large batch would hold all of it once for each of its jobs."""
    return Told(told.card.model_copy(update={"jobs": {}}), told.change)


def _posted(box: Box, card_id: str) -> bool:
    return card_id in box.cards and bool(box.cards[card_id].ts)


def _final(card: Card) -> Post | None:
    """Return the one final post of a batch, when it tells what its terms ask for."""
    ends = [each for each in card.jobs.values() if each.fate and not each.fate.by_people]
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


def withheld(box: Box, hides: Callable[[str], bool]) -> Box:
    """Return a box without news of accounts that the place may not see any more: their jobs are no longer followed."""
    return replace(box, entries=[_withheld(entry, hides) for entry in box.entries])


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


def expected(box: Box) -> dict[str, Card]:
    """Return a place's cards as they will be once everything that waits is taken out."""
    folded = _Folded(box.place, dict(box.cards))
    for entry in box.entries:
        folded.take(entry)
    return folded.cards
