"""The jobs of failure groups, which *Show all* lists, and the groups that are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.domain import failure_groups
from bot.domain.failure_groups import FailureGroup, GroupJob
from bot.domain.record_formats import NewerFormatError, UnreadableError
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import CARDS, CLOSED_GROUP, GROUP_JOBS, GROUPS


class Slice(NamedTuple):
    """A slice of a group's jobs: `most` jobs after the first `skip`, newest first."""

    group: str
    skip: int
    most: int


@dataclass(frozen=True, slots=True)
class GroupBook:
    """Groups and their jobs, until 7 days after a group closes. Raises StoreUnavailable."""

    link: RedisLink

    async def numbers(self, destination: str, groups: Sequence[str]) -> dict[str, int]:
        """Return how many jobs each group has."""
        counted = await self.link.execute_many([("ZCARD", GROUP_JOBS.of(destination, each)) for each in groups])
        return dict(zip(groups, counted, strict=True))

    async def jobs(self, destination: str, slices: Sequence[Slice]) -> list[list[GroupJob]]:
        """Return the jobs of each slice."""
        replies = await self.link.execute_many([_range(destination, each) for each in slices])
        return [_jobs(reply) for reply in replies]

    async def keep(self, group: FailureGroup) -> None:
        """Store a closed group, without the fields that only open groups need."""
        closed = group.model_copy(update={"times": (), "held": ()})
        key, index = CLOSED_GROUP.of(group.place, group.id), GROUPS.of(group.place)
        known = [("ZADD", index, milliseconds(group.last_at), group.id), ("EXPIRE", index, GROUPS.seconds)]
        kept = ("SET", key, failure_groups.encode(closed), "EX", CLOSED_GROUP.seconds)
        await self.link.execute_many([*known, kept])

    async def purge(self, destination: str) -> None:
        """Delete the jobs of all groups of a destination, and its closed groups."""
        index = GROUPS.of(destination)
        groups = await self.link.execute("ZRANGE", index, 0, -1)
        keys = [key.of(destination, each) for each in groups for key in (GROUP_JOBS, CLOSED_GROUP)]
        await self.link.execute_many([("DEL", key) for key in [*keys, index]])

    async def read(self, destination: str, groups: Sequence[str]) -> Mapping[str, FailureGroup]:
        """Return the groups with these ids that are open or were closed within 7 days."""
        if not groups:
            return {}
        closed = [("GET", CLOSED_GROUP.of(destination, each)) for each in groups]
        replies = await self.link.execute_many([("HMGET", CARDS.of(destination), *groups), *closed])
        texts = [open_text or text for open_text, text in zip(replies[0], replies[1:], strict=True)]
        found = {each: _readable(text) for each, text in zip(groups, texts, strict=True) if text}
        return {name: group for name, group in found.items() if group and group.id == name}


def parts(members: Mapping[str, Sequence[tuple[str, int]]]) -> list[Part]:
    """Return jobs as arguments of apply.lua: the group, the time and the text of each job."""
    return [part for group, jobs in members.items() for member, at in jobs for part in (group, at, member)]


def _range(destination: str, part: Slice) -> Sequence[Part]:
    return ("ZREVRANGE", GROUP_JOBS.of(destination, part.group), part.skip, part.skip + part.most - 1, "WITHSCORES")


def _jobs(reply: Sequence[Any]) -> list[GroupJob]:
    """Read members with their scores: pairs in RESP3, one flat list in RESP2."""
    pairs: Sequence[Any] = (
        reply if reply and isinstance(reply[0], list) else [*zip(reply[::2], reply[1::2], strict=True)]
    )
    return [job for member, score in pairs if (job := GroupJob.kept(member, instant(float(score))))]


def _readable(text: str) -> FailureGroup | None:
    """Read a group; None for an unreadable record, which delivery reports."""
    try:
        return failure_groups.read(text)
    except (NewerFormatError, UnreadableError):
        return None
