"""What the bot's messages tell, read as a person would: from their words and from what their buttons name."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults.memory import Memory
from tests.faults.people import buttons

Json = dict[str, Any]
_STATE = re.compile(r"\S+ (Pending|Running|Succeeded|Failed|Cancelled|Unknown|No longer followed)\b")
RESET = "Callboard's database was reset"
"""Words of a notice after Redis was emptied, and of a lost card."""
ENDED = frozenset({"succeeded", "failed", "cancelled"})
EVENT = "callboard_post"


@dataclass(frozen=True)
class Card:
    """A card's message: whose jobs it is about, and what it says, `unedited` since it was posted."""

    ts: str
    refs: tuple[str, ...]
    text: str
    unedited: bool = False


@dataclass(frozen=True)
class Telling:
    """One job's state, told beside its card: in a reply, in the final post of a batch, or in a digest."""

    ts: str
    how: str
    ref: str
    state: str
    thread_ts: str | None = None
    broadcast: bool = False


@dataclass
class Conversation:
    """Everything that the bot said in one place. A final post tells of no job by itself: `finals` has its thread."""

    place: str
    cards: list[Card] = field(default_factory=list[Card])
    tellings: dict[str, list[Telling]] = field(default_factory=lambda: defaultdict[str, list[Telling]](list))
    finals: dict[str, list[Json]] = field(default_factory=lambda: defaultdict[str, list[Json]](list))
    notes: list[str] = field(default_factory=list[str])
    others: list[str] = field(default_factory=list[str])
    posts: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))

    def card_of(self, ref: str) -> list[Card]:
        """The messages that are a card of this job."""
        return [card for card in self.cards if ref in card.refs]


async def read(destination: str, messages: list[Json], memory: Memory) -> Conversation:
    """Read what stands in a place."""
    found = Conversation(destination)
    for message in messages:
        if message["ephemeral"]:
            continue
        if (message["metadata"] or {}).get("event_type") == EVENT:
            found.posts[message["metadata"]["event_payload"]["id"]].append(message["ts"])
        await _take(found, message, memory)
    return found


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
    """Each button's action with what it carries."""
    for _, button in buttons(blocks):
        yield button["action_id"], json.loads(button["value"])
