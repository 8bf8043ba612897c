"""What a workspace received: the comparable words of messages, and the groups behind them."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from bot.delivery import group_rendering, rendering
from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.changes import Change
from bot.domain.decisions import Decision, Outcome, Reason
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.domain.notifications import BatchEnd, CardChange, Head, NewCard, Notification, ThreadLine, WatchEvent
from bot.store import Store
from bot.store.redis.keys import DECIDED, GROUP_JOBS
from bot.views.slack.block_kit import Message
from tests.bot.promised import FAILURES, Modelled, key
from tests.bot.slack import Said


async def draw(deps: Deps, notification: Notification) -> Message:
    """Draw a notification, with words of this test as its text."""
    real = await rendering.draw(deps, notification)
    return Message(json.dumps(written(notification)), real.blocks)


async def draw_card(deps: Deps, card: Card) -> Message:
    real = await rendering.draw_card(deps, card)
    return Message(json.dumps(drawn(card)), real.blocks)


async def draw_group(deps: Deps, group: FailureGroup, **more: Any) -> Message:
    real = await group_rendering.draw_group(deps, group, **more)
    return Message(json.dumps(shown(group)), real.blocks)


def written(notification: Notification) -> dict[str, Any]:
    """Return a notification in the words of this test."""
    match notification.content:
        case CardChange(card=card, change=change):
            told = [(card.id, words_of(change))]
        case BatchEnd(card=card):
            told = [(card.id, "final")]
        case WatchEvent(change=change):
            told = [("", words_of(change))]
        case ThreadLine(group=group):
            return {"line": group.id, "count": group.count}
        case NewCard():
            told = []
        case content if isinstance(content, Head):
            return {"head": content.group.id, **shown(content.group)}
        case note:
            return {"note": type(note).__name__, "about": getattr(getattr(note, "card", None), "id", "")}
    # A new card whose jobs have finished is itself the notification.
    return {**(drawn(notification.new_card) if notification.new_card else {}), **({"told": told} if told else {})}


def words_of(change: Change) -> str:
    return key(change.job, str(change.happened))


def drawn(card: Card) -> dict[str, Any]:
    return {"card": card.id, "jobs": {ref: each.fate or "" for ref, each in card.jobs.items()}}


def shown(group: FailureGroup) -> dict[str, Any]:
    """Return what the message of a group says."""
    return {"group": group.id, "count": group.count, "counts": dict(group.counts), "open": group.open}


class Received(NamedTuple):
    """What a destination has of events.

    Posts are by card, in their order, `lines` are thread lines, `heads` the posts of groups. `groups` are those that
    it has, with the members of each. `waiting` are failures that a group holds without a decision. `finals` are the
    timestamps of the final posts of batches.
    """

    told: dict[str, list[str]]
    heads: Counter[str]
    lines: Counter[tuple[str, int]]
    groups: dict[str, FailureGroup]
    members: dict[str, list[str]]
    waiting: set[str]
    decisions: dict[str, list[Decision]]
    finals: set[str]

    def found(self, words: Mapping[str, str]) -> Counter[str]:
        """Count how often each step is found. `words` are those of each event, by its id."""
        own = [each for told in self.told.values() for each in told if each != "final"]
        members = [each for found in self.members.values() for each in found]
        finals = {words[event] for event in self.in_finals()}.difference(members)
        return Counter([*own, *members, *finals, *{words[event] for event in self.counted()}])

    def in_finals(self) -> list[str]:
        """Return the ids of failures that the final post of their batch shows."""
        return [
            event
            for event, decisions in self.decisions.items()
            if kind_of(event) in FAILURES
            and any(each.reason is Reason.BATCH and each.ts in self.finals for each in decisions)
        ]

    def counted(self) -> list[str]:
        """Return the ids of other events than failures that are counts of a storm message."""
        return [
            event
            for event, decisions in self.decisions.items()
            for decision in decisions
            if decision.outcome is Outcome.FOLD
            and decision.reason in {Reason.STORM, Reason.CATCH_UP}
            and kind_of(event) not in FAILURES
        ]

    def decided(self, words: Iterable[str]) -> list[str]:
        """Return the decisions about the jobs of these words, for a failing test."""
        refs = tuple(f"{each.partition(' ')[0]}#" for each in words)
        return [
            f"{each.event}: {each.outcome} {each.reason} {each.rule} {each.parameters}"
            for event, decisions in self.decisions.items()
            if event.startswith(refs)
            for each in decisions
        ]


def kind_of(event: str) -> str:
    return event.rpartition("/")[2]


async def received(store: Store, destination: str, said: Iterable[Said], services: Sequence[str]) -> Received:
    """Read what a destination received of events. Deleted messages of Callboard do not count."""
    told: dict[str, list[str]] = {}
    heads, lines, finals = Counter[str](), Counter[tuple[str, int]](), set[str]()
    for each in sorted(said, key=lambda said: float(said.ts)):
        if each.channel.removeprefix("D") != destination or each.taken_back:
            continue
        posted = json.loads(each.posted)  # an edit notifies of nothing
        for card, words in posted.get("told", ()):
            # A card that is posted after its job failed is itself the notification.
            told.setdefault("" if "card" in posted and " failure " in words else card, []).append(words)
        finals |= {each.ts for _, words in posted.get("told", ()) if words == "final"}
        heads.update([posted["head"]] if "head" in posted else [])
        lines.update([(posted["line"], posted["count"])] if "line" in posted else [])
    groups = (await store.outbox.read(destination, services)).groups
    members = {name: await _members(store, destination, name) for name in groups}
    held = {f"{one.job.ref} failure {one.job.name}" for each in groups.values() for one in each.held if one.job}
    decisions = await _decisions(store, destination, services)
    return Received(told, heads, lines, groups, members, held, decisions, finals)


async def _members(store: Store, destination: str, group: str) -> list[str]:
    kept = await store.link.execute("ZRANGE", GROUP_JOBS.of(destination, group), 0, -1)
    return [f"{ref} failure {name}" for ref, _, name in (each.rpartition("\t") for each in kept)]


async def _decisions(store: Store, destination: str, services: Sequence[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for service in services:
        for ref in await store.link.execute("ZRANGE", DECIDED.of(destination, service), 0, -1):
            for decision in await store.decisions.read(destination, ref):
                found.setdefault(decision.event, []).append(decision)
    return found


def check_groups(here: Received, said: Iterable[Said]) -> None:
    """Check that each group is one message, which says what the group has."""
    posted = {name for name, group in here.groups.items() if group.ts}
    assert set(here.heads) == posted, "each head is posted"
    assert set(here.heads.values()) <= {1}, "and once"
    assert set(here.lines.values()) <= {1}, "no thread line comes twice"
    for each in said:
        text = json.loads(each.text)
        group = here.groups.get(text.get("group", ""))
        if each.there and group and each.ts == group.ts and not group.head_lost:
            assert {name: text[name] for name in shown(group)} == shown(group), "a head is as it should be"
    for group in here.groups.values():
        if group.group in {GroupKind.FAILURES, GroupKind.BATCH}:
            undecided = [each for each in group.held if not each.decided]
            assert group.count == len(here.members[group.id]) + len(undecided), (
                f"{group} lists {here.members[group.id]}"
            )
        if group.group is GroupKind.STORM:
            inside = [each for each in here.groups.values() if each.storm == group.id]
            assert {each.id for each in inside} == set(group.groups), "a storm names its groups"
    _check_apart(here)


def _check_apart(here: Received) -> None:
    """Check that failures of one reason are one group at a time."""
    reasons: dict[str, list[FailureGroup]] = {}
    for group in here.groups.values():
        if group.group is GroupKind.FAILURES:
            reasons.setdefault(group.fingerprint, []).append(group)
    for groups in reasons.values():
        in_turn = sorted(groups, key=lambda group: group.opened_at)
        for before, after in pairwise(in_turn):
            assert before.closed_at, "a reason has one open group"
            assert before.closed_at <= after.opened_at


def check_storms(here: Received) -> None:
    """Check that storm messages count exactly the events decided as their counts."""
    counts = Counter[str]()
    for group in here.groups.values():
        counts.update(group.counts)
    assert +counts == Counter(kind_of(event) for event in here.counted()), "a count is an event"


def check_found(here: Received, promised: Mapping[str, bool], words: Mapping[str, str], *, settled: bool) -> None:
    """Check that each step is found where it is promised, and once. Unless `settled`, a group may hold it."""
    found = here.found(words)
    more = set(found) - set(promised)
    assert not more, f"not promised: {more}: {here.decided(more)}"
    assert set(found.values()) <= {1}, f"found more than once: {found - Counter(set(found))}"
    missing = {step for step, surely in promised.items() if surely and not found[step]}
    assert missing <= (set() if settled else here.waiting), f"lacks {missing}: {here.decided(missing)}"


def check_decisions(here: Received, *, settled: bool) -> None:
    """Check that each event has one last decision, or, unless all is `settled`, is held."""
    for event, decisions in here.decisions.items():
        last = [each for each in decisions if each.outcome.final]
        assert len(last) == 1 if settled else len(last) <= 1, f"{event}: {here.decided([event.rpartition('#')[0]])}"
    assert not settled or not here.waiting
    assert not settled or not [name for name, group in here.groups.items() if group.hold]


def check_order(here: Received, cards: Mapping[str, Modelled]) -> None:
    """Check the replies in the thread of each card: their order, and one result per batch."""
    assert set(here.told) <= {*cards, ""}
    for card, model in cards.items():
        told = here.told.get(card, [])
        rest = iter([words for words, _ in model.told])
        assert all(words in rest for words in told), f"{told} is not in the order of {model.told}"
        ends = [surely for words, surely in model.told if words == "final"]
        assert sum(ends) <= told.count("final") <= len(ends)


def check_cards(said: Iterable[Said], cards: Mapping[tuple[str, str], Modelled], lost: Counter[str]) -> None:
    """Check that each card is posted and shows its jobs, and that subscribers are notified of lost jobs."""
    notes, posts = Counter[str](), Counter[tuple[str, str]]()
    for each in said:
        if each.taken_back:
            continue
        text, destination = json.loads(each.text), each.channel.removeprefix("D")
        if "card" in text:
            name = (destination, text["card"])
            posts[name] += 1
            fates = {ref: end_reason or "" for ref, end_reason in cards[name].jobs.items()}
            assert not each.there or cards[name].posts > 1 or text["jobs"] == fates, f"{text} is to show {fates}"
        if text.get("note") == "LostJob":
            notes[text["about"]] += 1
    assert set(posts) == set(cards)
    assert all(1 <= number <= cards[name].posts for name, number in posts.items())
    assert +notes == +lost
