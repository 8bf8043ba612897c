"""Slack's rate limits for the whole fleet: paused methods, and budgets by the minute."""

from dataclasses import dataclass
from math import ceil

from bot.domain.outbox import Urgency
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DIRECT, PAUSE
from bot.store.request_budget import SharedBudget

EDITS_A_MINUTE = 50
"""Calls of chat.update in a workspace (Slack's rate limits page, tier 3)."""
HEADS_A_MINUTE = 30
"""The part of these for heads of failure groups. The rest is for cards."""
POSTS_A_MINUTE = 200
"""Calls of chat.postMessage in a workspace: "several hundred per minute" (Slack's rate limits page)."""
SEARCHES_A_MINUTE = 20
"""Searches for unconfirmed posts in a workspace. conversations.history allows 50 calls a minute (rate limits page, tier
3), and one search may read several pages. Slack allows some apps one call a minute."""
READS_A_MINUTE = 10
"""Searches for lost cards in a workspace. Most calls of conversations.history are left to unconfirmed posts."""
_EARLY_SEARCHES = "early searches"  # stored
"""The method name to pause when Slack limits searches. The last search for a post ignores this pause."""
PAUSE_MAX_S = 600
_KEPT_FOR_MORE_URGENT = {Urgency.END: 0, Urgency.STATE: 10, Urgency.PROGRESS: 25}


@dataclass(frozen=True, slots=True)
class SlackRateLimits:
    """Slack's rate limits for each workspace, shared by all processes. Raises StoreUnavailable."""

    link: RedisLink
    budget: SharedBudget

    async def pause(self, workspace: str, method: str, seconds: float) -> None:
        """Pause a method in all processes for `seconds`, as Slack requires, 600 at most."""
        await self.link.execute("SET", PAUSE.of(workspace, method), "1", "EX", max(1, min(PAUSE_MAX_S, ceil(seconds))))

    async def paused(self, workspace: str, method: str) -> float:
        """Return for how many seconds a method is paused; 0 if it may be called."""
        left = await self.link.execute("PTTL", PAUSE.of(workspace, method))
        return left / 1000 if 0 < left <= PAUSE_MAX_S * 1000 else 0  # longer: the clock of Redis was set back

    async def may_post(self, workspace: str) -> float:
        """Take one post; return 0, or after how many seconds to try again."""
        paused = await self.paused(workspace, "chat.postMessage")
        return paused or await self.budget.take(f"slack/posts/{workspace}", POSTS_A_MINUTE, 60)

    async def may_edit(self, workspace: str, urgency: Urgency) -> float:
        """Take one edit; return 0, or after how many seconds to try again.

        Less urgent edits leave some of the budget for more urgent ones.
        """
        keep = _KEPT_FOR_MORE_URGENT[urgency]
        paused = await self.paused(workspace, "chat.update")
        return paused or await self.budget.take(f"slack/edits/{workspace}", EDITS_A_MINUTE, 60, keep)

    async def may_edit_head(self, workspace: str) -> float:
        """Take one edit for a head; return 0, or after how many seconds to try again."""
        heads, edits = f"slack/heads/{workspace}", f"slack/edits/{workspace}"
        if wait := await self.paused(workspace, "chat.update"):
            return wait
        # Check one budget before taking from the other, so that a refused edit uses up neither.
        wait = await self.budget.wait(heads, HEADS_A_MINUTE, 60)
        wait = wait or await self.budget.take(edits, EDITS_A_MINUTE, 60)
        return wait or await self.budget.take(heads, HEADS_A_MINUTE, 60)

    async def may_search(self, workspace: str) -> bool:
        """Take one search for an unconfirmed post; return whether the budget allows it."""
        if await self.paused(workspace, _EARLY_SEARCHES):
            return False
        return not await self.budget.take(f"slack/searches/{workspace}", SEARCHES_A_MINUTE, 60)

    async def may_read(self, workspace: str) -> float:
        """Reserve a call that searches for lost cards; return 0, or the seconds to wait."""
        paused = await self.paused(workspace, "conversations.history")
        return paused or await self.budget.take(f"slack/reads/{workspace}", READS_A_MINUTE, 60)

    async def searches_limited(self, workspace: str) -> None:
        """Pause searches for 600 seconds, after Slack rate limited one."""
        await self.pause(workspace, _EARLY_SEARCHES, PAUSE_MAX_S)

    async def direct(self, user: str) -> str | None:
        """Return the bot's direct message channel with a person, if it is known."""
        return await self.link.execute("GET", DIRECT.of(user))

    async def remember_direct(self, user: str, channel: str) -> None:
        """Store the bot's direct message channel with a person."""
        await self.link.execute("SET", DIRECT.of(user), channel, "EX", DIRECT.seconds)

    async def purge(self, user: str) -> None:
        """Delete the bot's direct message channel with a person."""
        await self.link.execute("DEL", DIRECT.of(user))
