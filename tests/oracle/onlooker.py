"""A judge that types rules, causes events in the clouds, and checks the messages."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import httpx

from tests.oracle.matcher import Event, Rule, events, judge
from tests.oracle.received import failures_in, finals, messages, received
from tests.scenarios.person import PATIENCE_S, Answer, Person

POLL_S = 0.1
TRIES = 3
ENDED = {"succeeded", "failed", "cancelled"}
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "": "*posted*|*added to a message*",
        "not then": "happened before",
        "filtered": "leave it out|no watch or subscription here covers it",
        "not wanted": "includes only",
        "muted": "is muted here",
        "threshold": "so far, for|too few for",
    }
)
"""The possible answers of `why` for each outcome of the matcher."""


@dataclass
class Onlooker:
    """`people` read the conversations: by channel, for those that only some members read."""

    dana: Person
    clouds: httpx.AsyncClient
    people: Mapping[str, Person]
    rules: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict[str, list[Rule]](list))
    batches: dict[str, list[set[str]]] = field(default_factory=lambda: defaultdict[str, list[set[str]]](list))
    ordered: set[str] = field(default_factory=set[str])
    deleted: set[str] = field(default_factory=set[str])
    before: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def reader(self, channel: str) -> Person:
        """Return the reader of a conversation."""
        return self.people.get(channel, self.dana)

    async def transitions(self) -> Any:
        """Return the true transitions."""
        return (await self.clouds.get("/control/transitions", params={"account": "media-cn"})).json()

    async def calm(self) -> None:
        """Finish all running jobs, so that only ordered ones cause events."""
        ids = [
            each["id"] for each in (await self.transitions())["jobs"] if each["transitions"][-1]["state"] not in ENDED
        ]
        (await self.clouds.post("/control/end", json={"ids": ids, "state": "succeeded"})).raise_for_status()

    async def watch(self, words: str, channel: str, *, typed_in: str = "") -> None:
        """Type a watch."""
        answer = await self.reader(channel).types(f"/jobs watch {words}", typed_in or channel)
        assert answer.says("watches"), answer.text
        self.rules[channel].append(Rule(words, 0))

    async def follow(self, ids: Sequence[str], channel: str, on: str = "done") -> None:
        """Subscribe to jobs."""
        answer = await self.reader(channel).types(f"/jobs subscribe {' '.join(ids)} on:{on}", channel)
        assert answer.says("Following"), answer.text
        # A batch has one more message with all results.
        batch = len(ids) > 1
        self.batches[channel] += [{*ids}] if batch else []
        self.rules[channel] += [Rule(f"id:{each} on:{'failed' if batch else on}", 0, batch=batch) for each in ids]
        self.ordered |= {*ids}

    async def begin(self) -> None:
        """Start judging: earlier messages do not count."""
        now = int((await self.transitions())["now"])
        for channel, rules in self.rules.items():
            self.rules[channel] = [replace(each, since=each.since or now) for each in rules]
            seen = await self.reader(channel).sees(channel)
            self.before.setdefault(channel, {each.ts for each in seen})

    async def mute(self, channel: str) -> None:
        """Click *Mute this code* on a head."""
        said = await messages(self.reader(channel), channel, self.before[channel])
        head = next(each for each in said if "Mute this code" in each.buttons())
        code = re.findall(r"[A-Z]+\.\w+", head.json["text"])[0]
        await self.reader(channel).turns("Mute this code", head, channel)
        now = (await self.transitions())["now"]
        self.rules[channel] = [
            each if each.typed.startswith("id:") else replace(each, muted=(*each.muted, (code, now)))
            for each in self.rules[channel]
        ]

    async def fault(self, fault: str, service: str = "*", **details: object) -> None:
        """Make the first cloud misbehave."""
        asked = {"account": "media-cn", "service": service, "fault": fault, **details}
        (await self.clouds.post("/control/fault", json=asked)).raise_for_status()

    async def storm(self, services: Iterable[str], failures: int, **order: object) -> None:
        """Start a storm in services of the first cloud."""
        wanted = {"services": [f"media-cn/{each}" for each in services], "failures": failures, "within_s": 2, **order}
        made = (await self.clouds.post("/control/storm", json=wanted)).raise_for_status().json()
        self.ordered |= {each.rpartition("/")[2] for each in (*made["failing"], *made["succeeding"])}

    async def happened(self) -> list[Event]:
        """Wait until all ordered jobs have finished; return all their events."""
        rows: list[Any] = []

        async def over() -> bool:
            rows[:] = [each for each in (await self.transitions())["jobs"] if each["id"] in self.ordered]
            self.deleted = {each["id"] for each in rows if each["deleted"]}
            return all(each["deleted"] or each["transitions"][-1]["state"] in ENDED for each in rows)

        await _until(over)
        # The API of image moderation has no names.
        return list(events([each | {"name": ""} if each["service"] == "image-moderation" else each for each in rows]))

    async def judge(self, *channels: str, why: bool = True) -> None:
        """Check that each conversation shows every wanted event exactly once.

        With `why`, check also that it explains the rest. A deleted job may be missing.
        """
        happened = await self.happened()
        for channel in channels or tuple(self.rules):
            wanted = judge(self.rules[channel], happened)
            wanted = {event: left_out for event, left_out in wanted.items() if event[1] not in self.deleted}
            await self._wait(channel, sum(not each for (kind, _), each in wanted.items() if kind == "failed"))
            wrong = await self._wrong(channel, wanted)
            for _ in range(TRIES):
                if wrong:  # an edit of a head may be pending
                    await asyncio.sleep(0.5)
                    wrong = await self._wrong(channel, wanted)
            assert not wrong, await self._report(channel, wrong)
            if why:
                await self._ask_why(channel, wanted)

    async def _report(self, channel: str, wrong: Mapping[str, Sequence[tuple[str, str]]]) -> str:
        said = [each.json["text"][:80] for each in await messages(self.reader(channel), channel, self.before[channel])]
        why = [f"{name}: {(await self.why(each[0][1], channel)).text}" for name, each in wrong.items()]
        return "\n".join([f"{channel}: { {name: len(each) for name, each in wrong.items()} }", *said, *why])

    async def _wait(self, channel: str, failures: int) -> None:
        person = self.reader(channel)

        async def there() -> bool:
            return failures_in(await messages(person, channel, self.before[channel])) >= failures

        with suppress(TimeoutError):  # missing events are reported by name
            await _until(there)

    async def _wrong(self, channel: str, wanted: Mapping[tuple[str, str], str]) -> dict[str, list[tuple[str, str]]]:
        """Return the differences between what a conversation shows and what it must show."""
        found = await received(self.reader(channel), channel, self.before[channel])
        mine = {event: times for event, times in found.shown.items() if event[1] in self.ordered}
        missing = [each for each, why in wanted.items() if not why and each not in mine]
        wrong: dict[str, list[tuple[str, str]]] = {
            "doubled": [each for each, times in mine.items() if times > 1],
            "not wanted": [each for each in mine if each[1] not in self.deleted and wanted.get(each, "not then")],
            "missing": [each for each in missing if each[0] == "failed"],
        }
        posts = await finals(self.reader(channel), channel, self.before[channel])
        for batch in self.batches[channel]:
            if (number := sum(bool(each & batch) for each in posts)) != 1 and not batch & self.deleted:
                wrong[f"{number} final posts"] = [("final", each) for each in sorted(batch)]
        for kind in {kind for kind, _ in missing if kind != "failed"}:
            lacking = [each for each in missing if each[0] == kind]
            explained = [each for each in lacking if await self._explained(channel, each[1], kind)]
            if len(lacking) != len(explained) + found.counted[kind]:
                wrong[f"{kind}: {len(explained)} explained, {found.counted[kind]} counted"] = lacking
        return {name: each for name, each in wrong.items() if each}

    async def _explained(self, channel: str, job: str, kind: str) -> bool:
        """Return whether an event is merged with the job's next, or was too short."""
        happened, _, here = (await self.why(job, channel)).text.partition("*Here*")
        together = [line for line in here.split("\n") if f"*{kind}*" in line.partition("in one message with")[0]]
        return any("in one message with" in line for line in together) or f"*{kind}*" not in happened

    async def why(self, job: str, channel: str) -> Answer:
        """Ask why a job was posted, or not."""
        return await self.reader(channel).types(f"/jobs why {job}", channel)

    async def _ask_why(self, channel: str, wanted: Mapping[tuple[str, str], str]) -> None:
        """Ask about one failure for each kind of the matcher's answers."""
        asked = {why: job for (kind, job), why in wanted.items() if kind == "failed"}
        for why, job in asked.items():
            answer = await self.why(job, channel)
            lines = [line for line in answer.text.split("\n") if "*failed*" in line and "noticed" not in line]
            assert any(words in line for words in WORDS[why].split("|") for line in lines), (why, answer.text)


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition that takes a second or more, and is costly to check."""
    async with asyncio.timeout(PATIENCE_S):
        while not await done():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
