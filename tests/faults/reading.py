"""The content of the bot's messages, read from their words and their buttons' payloads."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults.memory import Memory
from tests.faults.people import USERS, People, buttons

Json = dict[str, Any]
_STATE = re.compile(r"\S+ (Pending|Running|Succeeded|Failed|Cancelled|Unknown|No longer followed)\b")
RESET = "Callboard's database was reset"
"""Words of a notice after Redis was emptied, and of a lost card."""
ENDED = frozenset({"succeeded", "failed", "cancelled"})
_GROUP = re.compile(r'"(?:card|group)":"(g\d+)"')
"""The payload of a head's buttons."""
_LINE = re.compile(r"^\S+ [\d,]+ more \w+")
"""A line in the thread of a head."""
_BATCH = re.compile(r"^\S+ [\d,]+ of [\d,]+ jobs? failed")
"""The head of a batch."""
_COUNTED = re.compile(r"([\d,]+) (finished|cancelled)\b")
_ABOUT_WATCHES = re.compile(r"^(👁️|🔕 .* removed watch|⚠️ Can't see|✅ .* is back)")
EVENT = "callboard_post"


@dataclass(frozen=True)
class Card:
    """A card's message: its jobs and its text, `unedited` since it was posted."""

    ts: str
    refs: tuple[str, ...]
    text: str
    unedited: bool = False


@dataclass(frozen=True)
class Telling:
    """One job's state in a message other than its card: a reply, the final post of a batch, or a digest."""

    ts: str
    how: str
    ref: str
    state: str
    thread_ts: str | None = None
    broadcast: bool = False


@dataclass
class Conversation:
    """All messages of the bot in one conversation. A final post names no jobs: `finals` has its thread."""

    place: str
    cards: list[Card] = field(default_factory=list[Card])
    tellings: dict[str, list[Telling]] = field(default_factory=lambda: defaultdict[str, list[Telling]](list))
    finals: dict[str, list[Json]] = field(default_factory=lambda: defaultdict[str, list[Json]](list))
    failures: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))
    """The heads and storm messages that name a failed job, by their ts; every page of *Show all* is read."""
    batches: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))
    """The heads of a batch, by their thread."""
    counted: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    """Results that storm messages count without naming jobs."""
    notes: list[str] = field(default_factory=list[str])
    others: list[str] = field(default_factory=list[str])
    posts: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))

    def card_of(self, ref: str) -> list[Card]:
        """Return the messages that are a card of this job."""
        return [card for card in self.cards if ref in card.refs]


async def read(destination: str, people: People, memory: Memory, emptied_at: float | None = None) -> Conversation:
    """Read a conversation."""
    found, messages = Conversation(destination), await people.messages(destination)
    reader = _Reader(found, people, memory, emptied_at)
    for message in messages:
        if message["ephemeral"]:
            continue
        if (message["metadata"] or {}).get("event_type") == EVENT:
            found.posts[message["metadata"]["event_payload"]["id"]].append(message["ts"])
        if not await reader.takes(message):
            await _take(found, message, memory)
    return found


@dataclass
class _Reader:
    """Reads the messages for several failures. What Redis lost is read from its earlier state."""

    found: Conversation
    people: People
    memory: Memory
    emptied_at: float | None

    async def takes(self, message: Json) -> bool:
        """Read a head, a storm message or a line below one; return False for any other message."""
        text, ts = message["text"], message["ts"]
        if _ABOUT_WATCHES.match(text) or (message["thread_ts"] and _LINE.match(text)):
            self.found.notes.append(ts)
        elif message["thread_ts"] and _BATCH.match(text):
            self.found.batches[message["thread_ts"]].append(ts)
        elif _storms(message) or _group_of(message):
            for number, word in _COUNTED.findall(_text(message)) if _storms(message) else ():
                self.found.counted["succeeded" if word == "finished" else word] += int(number.replace(",", ""))
            for ref in await self._members(message):
                self.found.failures[ref].append(ts)
        else:
            return False
        return True

    async def _members(self, message: Json) -> list[str]:
        group = _group_of(message)
        before = self.emptied_at is not None and float(message["ts"]) < self.emptied_at
        if before and (lost := self.memory.lost_members(self.found.place, group)) is not None:
            return lost
        every = [pair for pair in buttons(message["blocks"]) if pair[1]["action_id"] == "group-jobs"]
        if not every:
            return _named(message)
        user = self.found.place if self.found.place in USERS else USERS[0]
        pages = await self.people.shows_all(user, message, *every[0])
        return [ref for page in pages for ref in _named(page)]


def _named(message: Json) -> list[str]:
    """Return the jobs whose details a message offers."""
    values = (
        json.loads(each["value"]) for _, each in buttons(message["blocks"]) if each["action_id"] == "open:details"
    )
    return [ref for value in values for ref in value["text"].split()[1:]]


def _storms(message: Json) -> bool:
    return any(block.get("block_id") == "storm" for block in message["blocks"]) or bool(
        re.match(r"^✅ [\d,]+ (finished|cancelled)", message["text"])
    )


def _group_of(message: Json) -> str:
    """Return the id of the group of which a message is the head; empty for any other message."""
    words = [block.get("block_id") or "" for block in message["blocks"]]
    words += [str(button["value"]) for _, button in buttons(message["blocks"])]
    return next((found[1] for word in words if (found := _GROUP.search(word))), "")


def _text(message: Json) -> str:
    return " ".join(str(block.get("text", {}).get("text", "")) for block in message["blocks"]).replace("*", "")


async def _take(found: Conversation, message: Json, memory: Memory) -> None:
    asks = dict(_asks(message["blocks"]))
    ts, thread = message["ts"], message["thread_ts"]
    if key := asks.get("see-all", {}).get("key"):
        for member in dict.fromkeys((each.ref, each.state) for each in await memory.digest(key)):
            found.tellings[member[0]].append(Telling(ts, "digest", *member))
        return
    if "restore" in asks or RESET in message["text"]:
        found.notes.append(ts)
        return
    refs = tuple(asks.get("open:details", {}).get("text", "").split()[1:])
    if not refs:
        found.others.append(f"{ts}: {message['text']}")
    elif thread is None:
        found.cards.append(Card(ts, refs, message["text"], unedited=not message["edited"]))
    elif any(block.get("block_id") == "final" for block in message["blocks"]):
        found.finals[thread].append(message)
    else:
        told = _STATE.match(message["text"])
        state = told[1].lower() if told else message["text"]
        found.tellings[refs[0]].append(Telling(ts, "reply", refs[0], state, thread, message["broadcast"]))


def _asks(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Yield each button's action with its payload."""
    for _, button in buttons(blocks):
        yield button["action_id"], json.loads(button["value"])
