"""Writes the records of subscriptions as a bot does.

The release after this one runs it from a checkout of this one: `python -m tests.writing FILE POSTED WAITING`.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.config.settings import load
from bot.domain.cards import SubscriptionOptions
from bot.runtime.bootstrap import open_deps
from bot.slack_api.connect import open_workspaces
from bot.subscriptions.subscribe import subscribe
from providers.models import JobRef


async def write(file: Path, posted: str, waiting: str) -> None:
    """Subscribe to jobs (`CHANNEL=REF,…`): `posted` ones have cards, `waiting` ones only entries."""
    settings = load(file)
    async with open_deps(settings, redis_needed=True) as deps:
        assert settings.slack
        async with open_workspaces(settings.slack, deps) as workspaces:
            [team] = await workspaces.ids()
            for words, shown in ((posted, replace(deps, workspaces=workspaces)), (waiting, deps)):
                for channel, ref in (word.split("=") for word in words.split(",") if word):
                    options = SubscriptionOptions(user=f"{team}/U0DANA", at=datetime.now(UTC))
                    await subscribe(shown, [JobRef.parse(ref)], f"{team}/{channel}", options)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), *sys.argv[2:]))
