"""Live events for open pages."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.slack.workspace.model import Json

NOTICES_KEPT = 1000


@dataclass(frozen=True)
class Notice:
    """A line like Slackbot's that only `user` sees in `channel`."""

    user: str
    channel: str | None
    text: str


class Feed:
    """Sends events to the open pages of one user, or of everyone."""

    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Queue[Json]]] = defaultdict(set)
        self.notices: deque[Notice] = deque(maxlen=NOTICES_KEPT)

    @contextmanager
    def page(self, user: str) -> Generator[asyncio.Queue[Json]]:
        """Yield the events for one open page of that user, until it closes."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._pages[user].add(queue)
        try:
            yield queue
        finally:
            self._pages[user].discard(queue)

    def send(self, event: Json, to: str | None = None) -> None:
        """Send an event to the pages of one user, or of everyone."""
        for user, pages in self._pages.items():
            if to in (None, user):
                for page in pages:
                    page.put_nowait(event)

    def notice(self, user: str, channel: str | None, text: str) -> None:
        """Show one person a line like Slackbot's."""
        self.notices.append(Notice(user, channel, text))
        self.send({"type": "notice", "channel": channel, "text": text}, to=user)


class Feeds:
    """The feeds of several workspaces as one."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds

    def send(self, event: Json) -> None:
        """Send an event to every open page."""
        for feed in self._feeds:
            feed.send(event)
