"""Lets this version read and finish the records of another version."""

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.background.tasks import tasks
from bot.domain.outbox import OutboxSnapshot, Urgency
from bot.store.redis.keys import CONFIGURED
from bot.task_queue.worker import supervise
from providers.models import JobState
from tests.scenarios.person import until
from tests.stored import redis_data, slack_data
from tests.stored.stage import JOB, START, Stage, stage
from tests.stored.story import SOUGHT

Json = dict[str, Any]
LATER = timedelta(minutes=2)
"""The age of the stored data when it is read: scheduled tasks are due, and posts in flight are overdue."""
OVER = timedelta(hours=5)
"""After this time every snooze of the story has ended."""


@asynccontextmanager
async def replaying(url: str, redis: Json, slack: Json) -> AsyncGenerator[Stage]:
    """Start the bot on the stored data."""
    await redis_data.load(url, redis["keys"])
    async with stage(url, datetime.fromisoformat(redis["at"]) + LATER) as opened:
        opened.workspace.channels["C0CLOSED"].archived = True
        opened.video.jobs = [
            *(job for job in opened.video.jobs if job.id != "job-0027"),
            opened.video.job(SOUGHT, None, created_at=START),
        ]
        for message in slack["history"]:
            slack_data.say(opened.workspace, message)
        yield opened


async def press_all(opened: Stage, redis: Json, slack: Json) -> list[list[Json]]:
    """Press everything in every surface, each time on the stored data; return the bot's actions."""
    found: list[list[Json]] = []
    for surface in slack["surfaces"]:
        answers: list[Json] = []
        for act in surface["acts"]:
            await redis_data.load(opened.url, redis["keys"])
            answers.append(await slack_data.press(opened, surface, act))
        found.append(answers)
    return found


async def finish(opened: Stage) -> Json:
    """Run a worker until it is idle, before and after finishing the jobs; return the new messages."""
    before = {(each["channel"], each["ts"]) for each in slack_data.history(opened.workspace)}
    cards = await _cards(opened)
    opened.workspace.calls.reset()
    deps = opened.deps
    async with supervise(opened.docket, tasks(deps), clock=deps.clock):
        await until(lambda: _tasks_ran(opened))
        await until(lambda: _is_quiet(opened))
        first = _posted(opened, before)
        opened.video.jobs = [
            job if job.state.ended else job.model_copy(update={"state": JobState.SUCCEEDED})
            for job in opened.video.jobs
        ]
        opened.audio.jobs = [job.model_copy(update={"state": JobState.SUCCEEDED}) for job in opened.audio.jobs]
        opened.clock.advance(OVER)
        await until(lambda: _all_ended(opened))
        await until(lambda: _is_quiet(opened))
    return {
        "first": first,
        "then": _posted(opened, before),
        "left as they were": sorted(cards - _edited(opened)),
        "most posts of one id": _most_of_one_id(opened),
    }


async def _tasks_ran(opened: Stage) -> bool:
    """Return whether each stored task has done its work."""
    store, now = opened.deps.store, opened.clock() - LATER
    service = ("acme", "video")
    sweep = (await store.sweeps.read([service]))[service]
    epoch = await store.epochs.read()
    configured = await opened.link.execute("HGET", CONFIGURED.of(), "/".join(service))
    log = opened.booth.log.getvalue()
    return bool(
        sweep.tried_at
        and sweep.tried_at > now  # sweep
        and int(configured) / 1000 > now.timestamp()  # visit
        and epoch
        and opened.team in await store.epochs.searched(epoch, opened.team)  # search
        and "T0GONE" in log  # leave
        and b'callboard_sweep_lag_seconds{account="acme",service="video"}' in opened.deps.metrics.text()  # tend
        and any(call.method == "views.publish" for call in opened.workspace.calls)  # home
        and any(SOUGHT in json.dumps(each) for each in _posted(opened, set()))  # seek
    )


async def _all_ended(opened: Stage) -> bool:
    return not any(
        number for number, _, _ in await opened.deps.store.tracked.state([("acme", "video"), ("acme", "audio")])
    )


async def _is_quiet(opened: Stage) -> bool:
    """Return whether no work waits for any destination that accepts posts."""
    outbox = opened.deps.store.outbox
    snapshots = [await outbox.read(place, opened.deps.catalog.scopes) for place in await outbox.destinations()]
    return not any(
        snapshot.entries or snapshot.in_flight or _urgent(snapshot) for snapshot in snapshots if not snapshot.suspension
    )


def _urgent(snapshot: OutboxSnapshot) -> bool:
    """Return whether a card's edit is urgent. An edit of only its progress may wait for Slack's limit per minute."""
    return any(mark[:1] != Urgency.PROGRESS for mark in snapshot.stale.values())


def _posted(opened: Stage, before: set[tuple[str, str]]) -> list[Json]:
    """Return the new messages: their destinations, and the jobs that they name."""
    workspace = opened.workspace
    found = [message for name in workspace.channels for message in workspace.messages.seen_by(name, None)]
    new = [
        {
            "channel": message.channel,
            "reply": message.thread_ts is not None,
            "broadcast": message.broadcast,
            "jobs": sorted(set(JOB.findall(json.dumps([message.content.text, message.content.blocks])))),
        }
        for message in found
        if message.user == workspace.app.user_id and (message.channel, message.ts) not in before
    ]
    return sorted(new, key=json.dumps)


async def _cards(opened: Stage) -> set[tuple[str, str]]:
    """Return the messages of cards with tracked jobs, where Slack accepts edits."""
    outbox = opened.deps.store.outbox
    snapshots = [await outbox.read(place, ()) for place in await outbox.destinations()]
    cards = [
        card for snapshot in snapshots if not snapshot.suspension for card in snapshot.cards.values() if not card.over
    ]
    return {(card.channel, card.ts) for card in cards}


def _edited(opened: Stage) -> set[tuple[str, str]]:
    calls = [call.arguments for call in opened.workspace.calls if call.method == "chat.update" and not call.error]
    return {(str(each["channel"]), str(each["ts"])) for each in calls}


def _most_of_one_id(opened: Stage) -> int:
    history = slack_data.history(opened.workspace)
    return max(Counter(each["metadata"]["event_payload"]["id"] for each in history).values())
