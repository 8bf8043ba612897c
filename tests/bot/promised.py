"""The model of what is to be told: cards as they should be, and the words of posts by which they are compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.cards import Card, On, SubscriptionOptions
from bot.domain.changes import EndReason
from bot.domain.notifications import BatchEnd, CardChange, Digest, NewCard, Notification
from providers.models import Job, JobState


@dataclass
class Modelled:
    """A card as it should be; `left_at` is when it was last unsubscribed from, `posts` how often it may be posted.

    `snoozed` is until when nothing is told; what would have been is `held` then, by job or as "final".
    """

    asked: dict[str, SubscriptionOptions] = field(default_factory=dict[str, SubscriptionOptions])
    jobs: dict[str, EndReason | None] = field(default_factory=dict[str, EndReason | None])
    left_at: datetime | None = None
    posts: int = 1
    told: list[str] = field(default_factory=list[str])
    ends: dict[str, JobState] = field(default_factory=dict[str, JobState])
    snoozed: datetime | None = None
    held: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def options(self) -> SubscriptionOptions:
        """What tells enough for everybody who subscribed."""
        each = list(self.asked.values())
        return each[0].model_copy(update={"on": frozenset(on for one in each for on in one.on)})

    @property
    def batch(self) -> bool:
        return len(self.jobs) > 1

    @property
    def over(self) -> bool:
        return all(self.jobs.values())

    def changed(self, job: Job, kind: str, end_reason: EndReason | None) -> None:
        ref = str(job.ref)
        self.jobs[ref] = end_reason
        if end_reason:
            self.ends[ref] = job.state
        all_over = self.batch and self.over
        # Kept back beside the end of all: should one of the others be followed again, that is not told.
        if self._wants(key(ref, kind, job)) and (self.snoozed or not all_over):
            self._tell(ref, key(ref, kind, job))
        if all_over:
            self._final()

    def _wants(self, words: str) -> bool:
        """Whether the terms want a job's own change to be told."""
        _, kind, state, _ = words.split()
        if kind == "found":
            return True
        return (On.ANY in self.options.on) if self.batch else (kind == "lost" or self.options.wants(JobState(state)))

    def _tell(self, about: str, words: str) -> None:
        """Tell it, or after the snooze; of each job the last alone, and still that it was found again."""
        if self.snoozed:
            found = " found " in self.held.get(about, "")
            self.held[about] = words.replace(" moved ", " found ") if found else words
        else:
            self.told.append(words)

    def wakes(self) -> None:
        """The snooze is over: what the terms still want is told."""
        self.snoozed = None
        held, self.held = self.held, {}
        self.told += [held["final"]] if "final" in held else filter(self._wants, held.values())

    def followed(self, ref: str, options: SubscriptionOptions) -> None:
        """A job is followed, on these terms: no end is the end of all any more, nor is one lost that is there again."""
        self.posts += self.over and bool(self.jobs)
        self.held.pop("final", None)
        if " lost " in self.held.get(ref, ""):
            del self.held[ref]
        self.asked[options.user], self.jobs[ref] = options, None

    def found(self, ref: str, job: Job) -> None:
        """A lost job is there again and followed as before: news only where it was told that it was lost."""
        self.held.pop("final", None)
        self.jobs[ref] = None
        kind = "moved" if " lost " in self.held.pop(ref, "") else "found"
        self._tell(ref, key(ref, kind, job))

    def left(self, ref: str, at: datetime) -> None:
        went_on = not self.over
        self.jobs[ref], self.left_at = EndReason.UNSUBSCRIBED, at
        self.held.pop(ref, None)
        if self.batch and self.over and went_on:
            self._final()

    def _final(self) -> None:
        ends = [(ref, end_reason) for ref, end_reason in self.jobs.items() if end_reason is not EndReason.UNSUBSCRIBED]
        if any(end_reason is not EndReason.ENDED or self.options.wants(self.ends[ref]) for ref, end_reason in ends):
            self._tell("final", "final")


def key(ref: str, kind: str, job: Job) -> str:
    return f"{ref} {kind} {job.state.value} {job.raw_state}"


def words_of(one: CardChange) -> tuple[str, str]:
    """Card and words of one change; what a digest tells of the end of a batch has no time before it."""
    change = one.change
    if change.since == change.at:
        return one.card.id, "final"
    return one.card.id, key(str(change.job.ref), change.kind.value, change.job)


def digested(changes: Sequence[CardChange]) -> list[tuple[str, str]]:
    """The words of a digest: the end of a batch is one for all its jobs, and another one where a job is named again."""
    words: list[tuple[str, str]] = []
    named: set[str] = set()
    for each in changes:
        ref, said = str(each.change.job.ref), words_of(each)
        if said[1] != "final" or words[-1:] != [said] or ref in named:
            words.append(said)
            named = set()
        named.add(ref)
    return words


def fates_of(card: Card) -> dict[str, str]:
    return {ref: each.fate or "" for ref, each in card.jobs.items()}


def written(notification: Notification) -> dict[str, Any]:
    """A notification in the words of this test."""
    match notification.content:
        case Digest() as digest:
            return {"told": digested(digest.told)}
        case CardChange() as change:
            told = [words_of(change)]
        case BatchEnd(card=card):
            told = [(card.id, "final")]
        case NewCard():
            told = []
        case note:
            return {"note": type(note).__name__, "about": getattr(getattr(note, "card", None), "id", "")}
    # A new card whose jobs have ended is the notification of that.
    return {**(drawn(notification.new_card) if notification.new_card else {}), **({"told": told} if told else {})}


def drawn(card: Card) -> dict[str, Any]:
    return {"card": card.id, "jobs": fates_of(card)}
