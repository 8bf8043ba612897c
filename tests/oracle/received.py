"""The events in a conversation's messages, as the workspace server received them, with their counts.

It reads what a person reads: single messages, heads and storm messages with the pages of *Show all* clicked through. It
shares no code with the bot.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tests.scenarios.person import Answer, Person, until

KINDS = {"Failed": "failed", "Succeeded": "succeeded", "Cancelled": "cancelled", "Running": "started",
         "Pending": "submitted"}  # fmt: skip
"""First words of a message about one event of one job."""
COUNTED = {"finished": "succeeded", "cancelled": "cancelled", "started": "started", "submitted": "submitted"}
"""Words of a storm message for events that it counts without naming jobs."""
MANY = re.compile(r"^\S+ (\d[\d,]*) (?:of \d[\d,]* jobs? )?(failed|finished|cancelled|started|submitted)")
"""The text of a head or a storm message."""
FINAL = re.compile(r"^All \d[\d,]* jobs? have finished")
"""The text of the final post of a batch."""
ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COUNT = re.compile(rf"(\d[\d,]*) ({'|'.join(COUNTED)})")


@dataclass
class Received:
    """The events of a conversation.

    How often each (kind, job id) appears, and how many of each kind are only counted.
    """

    shown: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    counted: Counter[str] = field(default_factory=Counter[str])


async def messages(person: Person, channel: str, before: Collection[str]) -> list[Answer]:
    """Return the messages about events, without `before`, answers, and lines in heads' threads."""
    said = [each for each in await person.sees(channel) if not each.json["ephemeral"] and each.ts not in before]
    said = [each for each in said if MANY.match(each.json["text"]) or _kind(each)]
    heads = {each.ts for each in said}
    return [each for each in said if each.json["thread_ts"] not in heads]


async def received(person: Person, channel: str, before: Collection[str] = ()) -> Received:
    """Read a conversation, except the messages with a ts of `before`."""
    found = Received()
    for message in await messages(person, channel, before):
        if not MANY.match(message.json["text"]):
            found.shown.update((_kind(message), each) for each in _ids(message))
            continue
        pages = await _pages(person, message, channel) if "Show all" in message.buttons() else [message]
        found.shown.update(("failed", each) for page in pages for each in _ids(page))
        for number, word in COUNT.findall(message.text):
            found.counted[COUNTED[word]] += _number(number)
    return found


async def finals(person: Person, channel: str, before: Collection[str]) -> list[set[str]]:
    """Return the jobs that each final post of a batch offers to show, but not of the messages with a ts of `before`."""
    said = [each for each in await person.sees(channel) if not each.json["ephemeral"] and each.ts not in before]
    return [_offered(each) for each in said if FINAL.match(each.json["text"])]


def failures_in(said: Sequence[Answer]) -> int:
    """Return how many failures messages say that they are about, without a click."""
    many = [found for each in said if (found := MANY.match(each.json["text"]))]
    return sum(_number(each[1]) for each in many if each[2] == "failed") + sum(_kind(each) == "failed" for each in said)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _kind(message: Answer) -> str:
    return KINDS.get(next(iter(re.findall(r"^\S+ (\w+)", message.json["text"])), ""), "")


def _ids(message: Answer) -> set[str]:
    """Return the ids of the jobs whose *Details* a message offers."""
    return _offered(message, "Details")


def _offered(message: Answer, label: str = "") -> set[str]:
    """Return the ids of jobs in the values of a message's buttons, or of those with this label."""
    buttons = [each for _, each in message.elements if label in {"", each.get("text", {}).get("text")}]
    return set(ID.findall(" ".join(str(each.get("value")) for each in buttons)))


async def _pages(person: Person, message: Answer, channel: str) -> list[Answer]:
    """Click *Show all*, and then *Next* until the last page."""
    seen = {each.ts for each in await person.sees(channel)}
    await person.starts("Show all", message, channel)
    pages: list[Answer] = []

    async def answered() -> bool:
        new = (each for each in await person.sees(channel) if each.ts not in seen and each.json["ephemeral"])
        pages.extend(new)
        return bool(pages)

    await until(answered)
    while "Next ▶" in pages[-1].buttons():
        pages.append(await person.turns("Next ▶", pages[-1], channel))
    return pages
