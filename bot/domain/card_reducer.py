"""Cards as they become when the entries of an outbox are taken out one after the other, and what that tells. Pure.

A card that is snoozed shows what happens as any other does; what would have been told is held back on the card itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.cards import Card, CardJob, On, Snooze
from bot.domain.changes import LOSSES, Change, EndReason, Kind
from bot.domain.notifications import Digest, Note, Notification
from bot.domain.outbox import (
    ChangedEntry,
    Entry,
    NoteEntry,
    OutboxSnapshot,
    SnoozedEntry,
    SubscribedEntry,
    UnsubscribedEntry,
    Urgency,
    Write,
    encode,
)
from bot.domain.slack_ids import is_direct_message


@dataclass(frozen=True, slots=True)
class Post:
    """One message: a new card, a reply to `card`'s thread, its final post, a digest or a note.

    At most one of `notification`, `final`, `digest` and `note` is set. A card without a message is posted
    itself; with `notification` or `final` it is the notification, as the reply or the final post would be. `held` says
    of a final post that it waited for the end of a snooze.
    """

    card: Card | None = None
    notification: Notification | None = None
    final: bool = False
    held: bool = False
    digest: Digest | None = None
    note: Note | None = None

    @property
    def new_card(self) -> Card | None:
        """The card whose message this becomes."""
        return self.card if self.card and not self.card.ts else None

    @property
    def notifies(self) -> bool:
        """Whether it says what its subscribers asked to be notified of."""
        return bool(self.notification or self.final or self.digest)


@dataclass(slots=True)
class Folded:
    """Cards as they become when entries are taken out one after the other."""

    destination: str
    cards: dict[str, Card]
    changed: dict[str, Urgency | None] = field(default_factory=dict[str, Urgency | None])

    def copy(self) -> "Folded":
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

    def end_snooze(self, card_id: str, now: datetime) -> None:
        """End the snooze of a card if its time is over."""
        card = self.cards.get(card_id)
        if card and card.snooze and card.snooze.over(now):
            self._keep(card.model_copy(update={"snooze": None}), Urgency.STATE)

    def owed(self, entry: Entry | None = None) -> Post | None:
        """Take off the cards the first thing that was held back and may be told by now; return its post.

        Before an entry that came after the end of a snooze, this is what the snooze held back.
        """
        if entry and entry.at:
            self.end_snooze(entry.card, entry.at)
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
                return Post(card=card, notification=Notification(card, change, held=True))
        return None

    def _subscribed(self, card_id: str, body: SubscribedEntry) -> Post | None:
        card = self.cards.get(card_id) or Card(id=card_id, place=self.destination, terms=body.terms)
        ref = str(body.job.ref)
        if ref in card.held and card.held[ref].kind is Kind.LOST:
            card = _without(card, ref)  # it is there again
        card = card.subscribed_by(body.terms).model_copy(update={"held_final": False}).having(ref, CardJob())
        self._keep(card, Urgency.STATE)
        return None if card.ts else Post(card=card)

    def _changed(self, card_id: str, change: Change) -> Post | None:
        ref = str(change.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs or not _concerns(card.jobs[ref], change):
            return None
        if change.kind is Kind.FOUND:
            card = card.having(ref, CardJob()).model_copy(update={"held_final": False})
        if change.fate is not None:
            card = card.having(ref, CardJob(fate=change.fate, job=change.job, at=change.at))
        post = _telling(card, change)
        card = _holding(card, change, post) if card.snooze else card
        self._keep(card, Urgency.END if change.fate else Urgency.STATE)
        return None if card.snooze else post

    def _unsubscribed(self, card_id: str, body: UnsubscribedEntry) -> Post | None:
        ref = str(body.job.ref)
        card = self.cards.get(card_id)
        if card is None or ref not in card.jobs:
            return None
        goes_on = not card.over
        card_job = CardJob(fate=body.fate, job=body.job, by=body.by, at=body.at)
        card = _without(card, ref).having(ref, card_job)
        # Whoever leaves the rest of a batch has not heard yet how the others ended.
        post = _final(card) if card.batch and card.over and goes_on else None
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


def _concerns(card_job: CardJob, change: Change) -> bool:
    """Whether a job is followed on a card, or was until it was lost and is found again."""
    return card_job.fate is None or (change.kind is Kind.FOUND and card_job.fate in LOSSES)


def _telling(card: Card, change: Change) -> Post | None:
    """Return the post that a change asks for: its own, or the final one of a batch that it ends."""
    if card.batch and card.over:
        return _final(card)
    return Post(card=card, notification=Notification(card, change)) if _wanted(card, change) else None


def _holding(card: Card, change: Change, post: Post | None) -> Card:
    """Return a snoozed card that remembers what a change asks to tell: of each job the last change alone."""
    ref = str(change.job.ref)
    card = card.model_copy(update={"held_final": card.held_final or bool(post and post.final)})
    if not _wanted(card, change):
        return card
    if (before := card.held.get(ref)) and change.kind in {Kind.MOVED, Kind.FOUND}:
        known = {"before": before.before, "before_raw": before.before_raw, "since": before.since}
        # A job that is found again is news only where its loss was notified.
        kind = Kind.FOUND if before.kind is Kind.FOUND else Kind.MOVED
        change = change.model_copy(update={**known, "kind": kind})
    if (change.before, change.before_raw) == (change.job.state, change.job.raw_state) and change.kind is Kind.MOVED:
        return _without(card, ref)  # it is again as it was told last
    return card.model_copy(update={"held": {**card.held, ref: change}})


def _without(card: Card, ref: str) -> Card:
    """Return a card that holds nothing back about one job."""
    return card.model_copy(update={"held": {name: held for name, held in card.held.items() if name != ref}})


def _final(card: Card) -> Post | None:
    """Return the one final post of a batch, when it tells what its options ask for."""
    ends = [each for each in card.jobs.values() if each.fate and not each.fate.by_people]
    wanted = any(each.fate is not EndReason.ENDED or (each.job and card.terms.wants(each.job.state)) for each in ends)
    return Post(card=card, final=True) if wanted else None


def _wanted(card: Card, change: Change) -> bool:
    """Whether a change has a post of its own. A lost job always has; a batch has one for its end alone.

    Of a suspended subscription its subscribers are notified by direct message.
    """
    match change.kind:
        case Kind.PROGRESSED:
            return False
        case Kind.SUSPENDED:
            return is_direct_message(card.place)
        case Kind.FOUND:
            return True
        case Kind.MOVED | Kind.LOST:
            pass
    if card.batch:
        return On.ANY in card.terms.on
    return change.kind is Kind.LOST or card.terms.wants(change.job.state)


def cards_of(snapshot: OutboxSnapshot) -> set[str]:
    """Return the ids of a destination's cards: those kept, readable or not, and those expected."""
    return {*snapshot.records, *expected(snapshot)}


def expected(snapshot: OutboxSnapshot) -> dict[str, Card]:
    """Return a destination's cards as they will be once everything that waits is taken out."""
    folded = Folded(snapshot.destination, dict(snapshot.cards))
    for entry in snapshot.entries:
        folded.take(entry)
    return folded.cards
