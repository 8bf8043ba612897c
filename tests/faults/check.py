"""The verdict: every promise compared with the messages in the workspace."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.ledger import Ledger, SubscriptionOptions
from tests.faults.reading import ENDED, Card, Conversation, Telling
from tests.faults.watching import Failures

Json = dict[str, Any]
NONE = Failures({}, {})


@dataclass(frozen=True)
class Finding:
    """A difference from what was promised: `kind` is "lost", "doubled" or another fault."""

    kind: str
    place: str
    ref: str
    what: str


@dataclass
class ErrorAction:
    """All findings, and the number of results posted as promised."""

    findings: list[Finding] = field(default_factory=list[Finding])
    told: int = 0
    watched: int = 0
    """Failures that watches match."""
    emptied: int = 0
    """Subscriptions in a Redis that was emptied: their pending posts may be lost."""

    def number(self, kind: str) -> int:
        """Return the number of findings of one kind."""
        return sum(each.kind == kind for each in self.findings)


def judge(ledger: Ledger, conversations: Sequence[Conversation], failures: Failures = NONE) -> ErrorAction:
    """Compare the promises, and the `failures` that watches match, with the messages."""
    action = ErrorAction([Finding("lost", "", "", what) for what in ledger.forgotten])
    for conversation in conversations:
        action.findings += _strangers(ledger, conversation)
        action.findings += _watched(ledger, conversation, failures)
        action.findings += _counted(ledger, conversation)
        action.watched += len(failures.wanted.get(conversation.place, ()))
        for (destination, card_id), refs in ledger.batches().items():
            if destination == conversation.place and not ledger.emptied.isdisjoint((destination, ref) for ref in refs):
                action.emptied += len(refs)
                action.findings += _posted_twice(conversation, refs)
            elif destination == conversation.place:
                judged = _Batch(ledger, conversation, card_id, refs) if len(refs) > 1 else None
                for ref in refs:
                    action.findings += _card(ledger, conversation, ref, refs)
                if judged:
                    action.findings += judged.findings()
                    action.told += judged.wanted
                else:
                    action.findings += _single(ledger, conversation, refs[0], failures)
                    action.told += _wanted(ledger, destination, refs[0])
    return action


def _wanted(ledger: Ledger, destination: str, ref: str) -> bool:
    options = ledger.options[destination, ref]
    return (destination, ref) in ledger.promised and options.wants(ledger.ends[ref])


def _watched(ledger: Ledger, found: Conversation, failures: Failures) -> Iterator[Finding]:
    """Check the failures that watches match in addition to subscriptions: each once, in a head or a storm message."""
    wanted, possible = failures.wanted.get(found.place, set()), failures.possible.get(found.place, set())
    for ref in {*found.failures, *wanted}:
        heads, followed = found.failures.get(ref, []), (found.place, ref) in ledger.cards
        if len(heads) > 1:
            yield Finding("doubled", found.place, ref, f"it is in several heads: {heads}")
        elif ref in wanted and not heads and not followed:
            yield Finding("lost", found.place, ref, "a watch wants its failure, which no head has")
        elif heads and not followed and ref not in possible and (found.place, ref) not in ledger.emptied:
            yield Finding("unasked", found.place, ref, f"no watch wants its failure: {heads}")


def _counted(ledger: Ledger, found: Conversation) -> Iterator[Finding]:
    """Check results other than failures without a message: as many as storm messages count."""
    short = Counter(
        ledger.ends[ref]
        for (place, ref) in ledger.cards
        if place == found.place and (place, ref) not in ledger.emptied and _alone(ledger, place, ref)
        if ledger.ends[ref] != "failed" and _wanted(ledger, place, ref) and not _shown(ledger, found, ref)
    )
    emptied = any(place == found.place for place, _ in ledger.emptied)  # some of those may be counted
    for state in {*short, *found.counted}:
        what = f"{short[state]} {state} have no message, and storm messages count {found.counted[state]}"
        if short[state] > found.counted[state]:
            yield Finding("lost", found.place, "", what)
        elif short[state] < found.counted[state] and not emptied:
            yield Finding("doubled", found.place, "", what)


def _alone(ledger: Ledger, place: str, ref: str) -> bool:
    return len(ledger.batches()[place, ledger.cards[place, ref]]) == 1


def _by_card(ledger: Ledger, found: Conversation, ref: str) -> bool:
    """Return whether a job's card was the notification of its result."""
    wanted = _wanted(ledger, found.place, ref)
    return wanted and _notified(ledger.options[found.place, ref], found.card_of(ref))


def _shown(ledger: Ledger, found: Conversation, ref: str) -> int:
    """Return how many messages show the result of a job with a separate card."""
    ends = [each for each in found.tellings.get(ref, []) if each.state in ENDED]
    heads = found.failures.get(ref, [])
    # A card may be posted after a head already showed its failure. Then it repeats the head.
    before = any(head < card.ts for head in heads for card in found.card_of(ref))
    return len(ends) + len(heads) + (_by_card(ledger, found, ref) and not before)


def _strangers(ledger: Ledger, found: Conversation) -> Iterator[Finding]:
    """Find results without a subscription, and posts that appear twice with the same id."""
    for other in found.others:
        yield Finding("unasked", found.place, "", other)
    for post, timestamps in found.posts.items():
        if len(timestamps) > 1:
            yield Finding("doubled", found.place, "", f"the post {post} stands at {', '.join(timestamps)}")
    for ref in {*found.tellings, *(ref for card in found.cards for ref in card.refs)}:
        if (found.place, ref) not in {*ledger.cards, *ledger.emptied}:
            yield Finding("unasked", found.place, ref, "it has no subscription here")


def _posted_twice(found: Conversation, refs: list[str]) -> Iterator[Finding]:
    """Find results that were posted more than once, even if Redis lost their records."""
    for ref in refs:
        ends = [each for each in found.tellings.get(ref, []) if each.state in ENDED]
        if len(ends) > 1:
            yield Finding("doubled", found.place, ref, f"its result was posted {len(ends)} times: {ends}")
    for ts in {card.ts for ref in refs for card in found.card_of(ref)}:
        if len(finals := found.finals.get(ts, [])) > 1:
            yield Finding("doubled", found.place, refs[0], f"its batch has {len(finals)} final posts below {ts}")


def _card(ledger: Ledger, found: Conversation, ref: str, refs: list[str]) -> Iterator[Finding]:
    """Check a job's card: one, with its batch, and showing the job's result."""
    cards = found.card_of(ref)
    if len(cards) != 1:
        kind = "doubled" if cards else "lost"
        yield Finding(kind, found.place, ref, f"{len(cards)} cards, at {', '.join(c.ts for c in cards)}")
        return
    if set(cards[0].refs) != set(refs):
        yield Finding("wrong", found.place, ref, f"its card is about {cards[0].refs}, not about {refs}")
    shown = [_shown_on_card(ledger, found.place, each) for each in refs]
    words = shown if len(refs) == 1 else [f"{n} {word}" for word, n in Counter(shown).items()]
    if missing := [word for word in words if word not in cards[0].text.lower()]:
        yield Finding("stale", found.place, ref, f"its card does not say {missing}: {cards[0].text}")


def _shown_on_card(ledger: Ledger, destination: str, ref: str) -> str:
    if (destination, ref) in ledger.promised:
        return ledger.ends[ref]
    return (
        "no longer followed"
        if len(ledger.batches()[destination, ledger.cards[destination, ref]]) == 1
        else "unsubscribed"
    )


def _notified(options: SubscriptionOptions, cards: Sequence[Card]) -> bool:
    """Return whether a card was the notification: posted with the result, in the place that `to:` sets."""
    return options.to != "thread" and any(card.unedited for card in cards)


def _single(ledger: Ledger, found: Conversation, ref: str, failures: Failures) -> Iterator[Finding]:
    """Check a job with a separate card: its result once if wanted, and nothing after it."""
    tellings = sorted(found.tellings.get(ref, []), key=lambda each: each.ts)
    ends = [each for each in tellings if each.state in ENDED]
    options, failed = ledger.options[found.place, ref], ledger.ends[ref] == "failed"
    least = int(_wanted(ledger, found.place, ref) or ref in failures.wanted.get(found.place, ()))
    most = least or int(failed and ref in failures.possible.get(found.place, ()))
    number = _shown(ledger, found, ref)
    if number > most or (number < least and failed):  # other results may be counted in a storm message
        kind = "lost" if number < least else "doubled"
        what = f"its result was posted {number} times, not {least}: {ends}, {found.failures.get(ref, [])}"
        yield Finding(kind, found.place, ref, what)
    if (ends and tellings[-1] is not ends[-1]) or (_by_card(ledger, found, ref) and tellings):
        yield Finding("disordered", found.place, ref, f"a post came after its result: {tellings}")
    if any(each.state != ledger.ends[ref] for each in ends):
        yield Finding("wrong", found.place, ref, f"it finished as {ledger.ends[ref]}: {ends}")
    if options.on != "any" and len(ends) != len(tellings):
        yield Finding("unasked", found.place, ref, f"more than its result was posted: {tellings}")
    yield from _misplaced(options, found.card_of(ref), tellings)


def _misplaced(options: SubscriptionOptions, cards: list[Card], tellings: list[Telling]) -> Iterator[Finding]:
    for each in tellings:
        if each.how == "reply" and cards and each.thread_ts != cards[0].ts:
            yield Finding("misplaced", options.place, each.ref, f"not in the thread of {cards[0].ts}: {each}")
        if each.how == "reply" and each.broadcast != _broadcast(options, [each.state]):
            yield Finding("misplaced", options.place, each.ref, f"{options}, but broadcast is {each.broadcast}: {each}")


def _broadcast(options: SubscriptionOptions, states: list[str]) -> bool:
    return options.to in {"here", "dm"} or (options.to != "thread" and "failed" in states)


@dataclass
class _Batch:
    """A card of several jobs: one post has their results, the card's own or a digest."""

    ledger: Ledger
    found: Conversation
    card: str
    refs: list[str]

    @property
    def ended(self) -> list[str]:
        """Return the jobs that were tracked until they finished."""
        return [ref for ref in self.refs if (self.found.place, ref) in self.ledger.promised]

    @property
    def wanted(self) -> int:
        """Return how many results the final post must have."""
        return sum(_wanted(self.ledger, self.found.place, ref) for ref in self.ended)

    def findings(self) -> Iterator[Finding]:
        """Yield the faults of its results' posts."""
        destination, first = self.found.place, self.refs[0]
        threads = {card.ts for card in self.found.card_of(first)}
        finals = [post for ts in threads for post in self.found.finals.get(ts, [])]
        tellings = [each for ref in self.refs for each in self.found.tellings.get(ref, [])]
        digests = {each.ts for each in tellings if each.how == "digest"}
        wanted = int(self.wanted > 0)
        by_card = bool(wanted) and _notified(self.ledger.options[destination, first], self.found.card_of(first))
        number = len(finals) + len(digests) + by_card
        if number != wanted:
            kind = "lost" if number < wanted else "doubled"
            posts = [post["ts"] for post in finals]
            what = f"its result was posted {number} times, not {wanted}: in {posts}, in digests {sorted(digests)}"
            yield Finding(kind, destination, f"{self.card}: {', '.join(self.refs)}", what)
        if digests and Counter(each.ref for each in tellings) != Counter(
            ref for ref in self.ended if _wanted(self.ledger, destination, ref)
        ):
            yield Finding(
                "wrong", destination, first, f"the digest has other results than those of {self.ended}: {tellings}"
            )
        if any(len(self.found.batches.get(ts, [])) > 1 for ts in threads):
            yield Finding("doubled", destination, first, "the batch has two heads")
        if any(each.how == "reply" for each in tellings):
            yield Finding("unasked", destination, first, f"jobs of a batch posted one by one: {tellings}")
        options, states = self.ledger.options[destination, first], [self.ledger.ends[ref] for ref in self.ended]
        for post in finals:
            if post["broadcast"] != _broadcast(options, states):
                yield Finding(
                    "misplaced", destination, first, f"{options}, but broadcast is {post['broadcast']}: {post['ts']}"
                )
