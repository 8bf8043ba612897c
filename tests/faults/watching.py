"""The watches of a run, and their failures: the true events, matched without the bot's code."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.world import CHANNELS

Json = dict[str, Any]
SERVICES = ("video-ocr", "image-moderation", "digital-human")
"""Services that list their jobs, all of one account."""
STRANGER = "nightly"
"""Names of jobs without subscribers."""
BEFORE_EMPTIED_S, AFTER_RESTORED_S = 120.0, 15.0
"""A failure this shortly before Redis was emptied may be unposted.

One this soon after the watches are back may be part of a baseline.
"""


@dataclass(frozen=True)
class Watch:
    """A watch of a channel, as it is typed, and the failures that it matches."""

    channel: str
    words: str
    services: tuple[str, ...] = SERVICES
    name: str = ""
    without: str = ""
    least: int = 1

    def wants(self, job: Json) -> bool:
        """Return whether it matches the failure of a job of GET /control/transitions."""
        name = job["name"] if job["service"] != "image-moderation" else ""  # its API has no names
        return (
            job["account"] == "media-cn"
            and job["service"] in self.services
            and self.name in name
            and not (self.without and self.without in name)
        )


FIRST, SECOND, THIRD = (channel.id for channel in CHANNELS[:3])
WATCHES = (
    Watch(FIRST, "media-cn"),
    Watch(FIRST, "video-ocr name:job on:failed", ("video-ocr",), name="job"),
    Watch(SECOND, f"media-cn -image-moderation -name:{STRANGER}", ("video-ocr", "digital-human"), without=STRANGER),
    Watch(THIRD, "image-moderation on:failed,down", ("image-moderation",)),
    Watch(THIRD, "media-cn/digital-human after:2/10m", ("digital-human",), least=2),
)


def words_in(channel: str) -> Iterator[str]:
    """Yield the commands that are typed in a channel."""
    yield from (each.words for each in WATCHES if each.channel == channel)


@dataclass
class Watched:
    """When the watches took effect, on the clouds' clock, and when Redis was emptied."""

    since: float = float("inf")
    emptied_at: float | None = None
    restored_at: float = float("inf")

    def sure(self, at: float) -> bool:
        """Return whether a failure at this time must be posted where a watch matches it."""
        if self.emptied_at is None:
            return at >= self.since
        return self.since <= at < self.emptied_at - BEFORE_EMPTIED_S or at >= self.restored_at + AFTER_RESTORED_S


@dataclass(frozen=True)
class Failures:
    """The failures that watches match, by channel."""

    wanted: dict[str, set[str]]
    possible: dict[str, set[str]]

    @classmethod
    def of(cls, jobs: Iterable[Json], watched: Watched) -> "Failures":
        """Match each failure with each watch; a threshold or an emptied Redis may drop those that are `possible`."""
        wanted: dict[str, set[str]] = {each.channel: set() for each in WATCHES}
        possible: dict[str, set[str]] = {each.channel: set() for each in WATCHES}
        for job in jobs:
            times: list[float] = [each["at"] for each in job["transitions"] if each["state"] == "failed"]
            ref = f"{job['account']}/{job['service']}/{job['id']}"
            for watch in WATCHES:
                if times and watch.wants(job):
                    possible[watch.channel].add(ref)
                    if watch.least == 1 and watched.sure(times[0]):
                        wanted[watch.channel].add(ref)
        return cls(wanted, possible)
