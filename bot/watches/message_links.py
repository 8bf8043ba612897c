"""Links to the messages of decisions and heads."""

import asyncio
from collections.abc import Sequence

from bot.deps.deps import Deps
from bot.domain.decisions import Outcome
from bot.domain.explanations import Explained
from bot.slack_api.permalinks import permalink
from bot.slack_api.workspaces import home_of

LINKS_MAX = 10
"""The number of messages whose links are read concurrently, the newest."""


async def linked(deps: Deps, decisions: Sequence[Explained]) -> list[Explained]:
    """Return decisions with the links to their messages, where Slack has them. Raises StoreUnavailable."""
    known = [(each.destination, each.decision.channel, each.decision.ts) for each in decisions if _has_message(each)]
    messages = list(dict.fromkeys(known[::-1]))[:LINKS_MAX]
    links = dict(zip(messages, await asyncio.gather(*(link_to(deps, *each) for each in messages)), strict=True))
    return [
        each._replace(link=links.get((each.destination, each.decision.channel, each.decision.ts), ""))
        for each in decisions
    ]


def _has_message(explained: Explained) -> bool:
    return explained.decision.ts != "" and explained.decision.outcome in {Outcome.POST, Outcome.FOLD}


async def link_to(deps: Deps, destination: str, channel: str, ts: str) -> str:
    """Return the link to a message of a destination, empty where there is none. Raises StoreUnavailable."""
    home = await home_of(deps.workspaces, destination) if channel and ts else None
    return await permalink(home.client, channel, ts) if home else ""
