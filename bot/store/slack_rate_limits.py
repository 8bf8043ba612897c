"""What Slack allows the whole fleet: methods that it asked not to call for a while, and budgets by the minute."""

from dataclasses import dataclass
from math import ceil

from bot.domain.outbox import Urgency
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DIRECT, PAUSE
from bot.store.request_budget import SharedBudget

EDITS_A_MINUTE = 50
"""chat.update, for a whole workspace (Slack's rate limits page, tier 3)."""
HEADS_A_MINUTE = 30
"""Of these, for heads of failure groups: the others are for cards."""
POSTS_A_MINUTE = 200
"""chat.postMessage, for a whole workspace: "several hundred per minute" (Slack's rate limits page)."""
SEARCHES_A_MINUTE = 20
"""Searches for posts in doubt, for a whole workspace: conversations.history allows 50 a minute (rate limits page, tier
3), and a search may read several pages. Slack allows some apps one a minute."""
READS_A_MINUTE = 10
"""Searches for lost cards, a workspace: most calls of conversations.history are left to posts in doubt."""
_EARLY_SEARCHES = "early searches"
"""What is paused where Slack limits searches: the last search for a post is made all the same."""
PAUSE_MAX_S = 600
_KEPT_FOR_MORE_URGENT = {Urgency.END: 0, Urgency.STATE: 10, Urgency.PROGRESS: 25}


@dataclass(frozen=True, slots=True)
class SlackRateLimits:
    """Slack's patience, shared by all processes; each workspace has its own. Raises StoreUnavailable."""

    link: RedisLink
    budget: SharedBudget

    async def pause(self, workspace: str, method: str, seconds: float) -> None:
        """Keep everybody from calling a method for as long as Slack asked."""
        await self.link.execute("SET", PAUSE.of(workspace, method), "1", "EX", max(1, min(PAUSE_MAX_S, ceil(seconds))))

    async def paused(self, workspace: str, method: str) -> float:
        """Return for how many seconds a method is not to be called; 0 for one that may be."""
        left = await self.link.execute("PTTL", PAUSE.of(workspace, method))
        return left / 1000 if 0 < left <= PAUSE_MAX_S * 1000 else 0  # longer: the clock of Redis was set back

    async def may_post(self, workspace: str) -> float:
        """Take one post; return 0, or after how many seconds to try again."""
        paused = await self.paused(workspace, "chat.postMessage")
        return paused or await self.budget.take(f"slack/posts/{workspace}", POSTS_A_MINUTE, 60)

    async def may_edit(self, workspace: str, urgency: Urgency) -> float:
        """Take one edit; return 0, or after how many seconds to try again. Less urgent ones leave some for others."""
        keep = _KEPT_FOR_MORE_URGENT[urgency]
        paused = await self.paused(workspace, "chat.update")
        return paused or await self.budget.take(f"slack/edits/{workspace}", EDITS_A_MINUTE, 60, keep)

    async def may_edit_head(self, workspace: str) -> float:
        """Take one edit for a head; return 0, or after how many seconds to try again."""
        heads, edits = f"slack/heads/{workspace}", f"slack/edits/{workspace}"
        if wait := await self.paused(workspace, "chat.update"):
            return wait
        # Only looked at so far: an edit that one of the two refuses takes nothing from the other.
        wait = await self.budget.wait(heads, HEADS_A_MINUTE, 60)
        wait = wait or await self.budget.take(edits, EDITS_A_MINUTE, 60)
        return wait or await self.budget.take(heads, HEADS_A_MINUTE, 60)

    async def may_search(self, workspace: str) -> bool:
        """Take one search for a post in doubt; whether there was budget for it."""
        if await self.paused(workspace, _EARLY_SEARCHES):
            return False
        return not await self.budget.take(f"slack/searches/{workspace}", SEARCHES_A_MINUTE, 60)

    async def may_read(self, workspace: str) -> float:
        """Reserve a call that searches for lost cards; return 0, or the seconds to wait."""
        paused = await self.paused(workspace, "conversations.history")
        return paused or await self.budget.take(f"slack/reads/{workspace}", READS_A_MINUTE, 60)

    async def searches_limited(self, workspace: str) -> None:
        """Leave no budget for searches for a while: Slack refused one."""
        await self.pause(workspace, _EARLY_SEARCHES, PAUSE_MAX_S)

    async def direct(self, user: str) -> str | None:
        """Return the conversation of the bot with a person, where it is known."""
        return await self.link.execute("GET", DIRECT.of(user))

    async def remember_direct(self, user: str, channel: str) -> None:
        """Keep the conversation of the bot with a person."""
        await self.link.execute("SET", DIRECT.of(user), channel, "EX", DIRECT.seconds)

    async def purge(self, user: str) -> None:
        """Forget the conversation of the bot with a person."""
        await self.link.execute("DEL", DIRECT.of(user))
