"""A story in which the bot writes everything of value into Redis and Slack."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import cast

from aiohttp import ClientSession

from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.domain import button_payloads as payloads
from bot.domain.absence import SUSPENDED_AFTER, Absence
from bot.domain.cards import Card, CardJob, On, SubscriptionOptions, To
from bot.domain.changes import EndReason, Kind, found, lost, unfound
from bot.domain.notifications import (
    ChangedSubscriptions,
    DestinationSuspended,
    ForgottenCards,
    LostJob,
    Note,
    SearchExpired,
    UnreadableRecords,
)
from bot.domain.outbox import Doubt, NoteEntry, Urgency
from bot.domain.record_formats import Kind as Record
from bot.domain.slack_ids import qualify
from bot.domain.snooze import Rest
from bot.polling.sweep import sweep
from bot.slack_api.installations import App, InstalledWorkspaces
from bot.slack_api.token_encryption import Installation, TokenCipher
from bot.store.epochs import Epochs
from bot.store.redis.keys import CARDS, POST_INTERVAL
from bot.subscriptions.removed_services import find_removed
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import subscribe, unsubscribe
from bot.task_queue.enqueue import (
    enqueue_automatic_tasks,
    enqueue_card_update,
    enqueue_delivery,
    enqueue_home_refresh,
    enqueue_lost_card_search,
    enqueue_purge,
    enqueue_search,
    enqueue_sweep,
)
from providers.errors import Rejected, Unavailable
from providers.models import JobRef, JobState
from providers.secrets import SecretRef
from sandbox.slack.workspace.faults import Fault
from tests.scenarios.person import until
from tests.stored.slack_data import Snapshots
from tests.stored.stage import START, Stage

KEY_VARIABLE = "CALLBOARD_STORED_KEY"
KEY = "c3RvcmVkLXN0b3JlZC1zdG9yZWQtc3RvcmVkLXN0b3I="
"""A made-up key that encrypts the stored data, and is used for nothing else."""
UNKNOWN = "0123456789abcdef0123456789abcdef"
SOUGHT = "job-7777"
GONE_WORKSPACE = "T0GONE"
JOBS_OF_A_STORM = 14
WORDS: Mapping[str, type[StrEnum]] = {
    "why a subscription ended": EndReason,
    "what a change is about": Kind,
    "what is posted": On,
    "where it is posted": To,
    "why a post is in doubt": Doubt,
    "how urgent an edit is": Urgency,
    "what a record is": Record,
    "the state of a job": JobState,
    "how long a card is snoozed": Rest,
}
"""The stored words, including those that the story does not reach."""


async def write_everything(stage: Stage, snapshots: Snapshots) -> None:
    """Let the bot write everything of value. Nothing runs afterward."""
    await _notice_a_reset(stage)
    await find_removed(stage.deps)
    await _lists(stage, snapshots)
    await _subscriptions(stage, snapshots)
    await _forms(stage, snapshots)
    await _lose_jobs(stage)
    await _end_many(stage)
    await _notes(stage, "U0DANA")
    await _settle(stage)
    await _home(stage, snapshots)
    await _suspend(stage)
    snapshots.take(stage.workspace)
    snapshots.submitted([payload for _, payload in stage.booth.heard])
    await _corrupt(stage)
    await _leave_waiting(stage)
    await _leave_in_flight(stage)
    await _small_things(stage)
    await _tasks(stage)


async def _notice_a_reset(stage: Stage) -> None:
    """Let a process detect that the database was replaced."""
    await stage.deps.store.epochs.check(stage.clock())
    other = Epochs(stage.link, known="another", seen_at=stage.clock())
    await other.check(stage.clock())


async def _lists(stage: Stage, snapshots: Snapshots) -> None:
    """Let Dana use lists and details."""
    dana = stage.booth.dana
    listed = await dana.types("/jobs list limit:1")
    await _look(stage, snapshots)
    listed = await dana.turns("Next ▶", listed)
    await _look(stage, snapshots)
    listed = await dana.picks("❌ Failed", listed)
    await dana.clicks("Share", listed)
    details = await dana.clicks("Details", listed)
    await dana.opens("Raw", details, until='"name"')
    await _look(stage, snapshots)
    await dana.types("/jobs lst")
    await dana.types("/jobs accounts")
    await dana.types(f"/jobs list limit:1 name:film,{'x' * 400}")
    await _look(stage, snapshots)


async def _subscriptions(stage: Stage, snapshots: Snapshots) -> None:
    """Let Dana and Lee subscribe, snooze and unsubscribe."""
    dana = stage.booth.dana
    await dana.types(f"/jobs subscribe {_ref(0)}")
    await dana.types(f"/jobs subscribe {_ref(1)} {_ref(2)} on:any to:thread mention:<@U0SAM>")
    await dana.types(f"/jobs subscribe {_ref(9)} to:dm")
    await dana.types(f"/jobs subscribe acme/audio/job-{0:04}")
    await stage.booth.lee.types(f"/jobs subscribe {_ref(0)} on:failed")
    await _settle(stage)
    await _look(stage, snapshots)
    card = await dana.hears("film 1", ephemeral=False)
    await dana.starts_picking("For 4 hours", card)
    await _look(stage, snapshots)
    await _settle(stage)
    stage.clock.advance(timedelta(seconds=30))
    stage.becomes(1, JobState.FAILED, error={"code": "E.2", "message": "broken"})
    await _sweep(stage)
    await _settle(stage)
    await dana.types("/jobs subscriptions")
    mine = await dana.types("/jobs subscriptions mine")
    await _look(stage, snapshots)
    undo = await dana.clicks("Unsubscribe", mine, nth=2)
    await _look(stage, snapshots)
    await dana.turns("Undo", undo)
    await dana.types(f"/jobs subscribe {UNKNOWN}")
    await dana.types(f"/jobs subscribe {_ref(10)}", "C0FINANCE")
    await _look(stage, snapshots)


async def _look(stage: Stage, snapshots: Snapshots) -> None:
    await until(stage.booth.quiet)
    snapshots.take(stage.workspace)


async def _forms(stage: Stage, snapshots: Snapshots) -> None:
    """Let Dana fill in forms, and pick shortcuts."""
    dana = stage.booth.dana
    form = await dana.asks("/jobs subscribe", until="Subscribe to jobs")
    await _look(stage, snapshots)
    await dana.sends(form, jobs={"value": _ref(11)}, mention={"selected_users": ["U0LEE"]})
    await until(stage.booth.quiet)
    first = await dana.opened(lambda: dana.picks_shortcut(payloads.FIND), "checked")
    form = await dana.asks("/jobs find", until="checked", after=first)
    await _look(stage, snapshots)
    narrowed = await dana.opened(lambda: dana.selects(form, payloads.ACCOUNT, "acme"), "Press *Find*", after=form)
    found_ = await dana.opened(lambda: dana.sends(narrowed, text={"value": "film"}), "1–10 of", after=narrowed)
    await _look(stage, snapshots)
    following = await dana.opened(lambda: dana.uses(found_, "Next ▶"), "11–20 of", after=found_)
    await _look(stage, snapshots)
    await dana.opened(lambda: dana.uses(following, "Details"), "*Ref*")
    await _look(stage, snapshots)
    alert = await dana.reads("VideoOcrStuck")
    for shortcut in (payloads.LOOK_UP, payloads.SUBSCRIBE_TO):
        await dana.chooses(shortcut, alert)
    await _look(stage, snapshots)


async def _home(stage: Stage, snapshots: Snapshots) -> None:
    tab = await stage.booth.dana.looks_at_home(until="Accounts and services")
    await until(stage.booth.quiet)
    await stage.booth.dana.picks_channel(tab, "C0ONCALL")
    await until(stage.booth.quiet)
    snapshots.take(stage.workspace)


async def _lose_jobs(stage: Stage) -> None:
    """Lose one job, and let the provider doubt another until its subscription is suspended."""
    await _follow(stage, "C0MEDIA", [27])
    await _follow(stage, "C0MEDIA", [28])
    await _settle(stage)
    stage.clock.advance(timedelta(seconds=30))
    stage.video.jobs = [job for job in stage.video.jobs if job.id not in {"job-0027", "job-0028"}]
    stage.video.unanswered = {"job-0028": Rejected("no such region")}
    for _ in range(5):
        await _sweep(stage)
        stage.clock.advance(timedelta(minutes=3))
    stage.clock.advance(SUSPENDED_AFTER)
    await _sweep(stage)
    await _settle(stage)


async def _end_many(stage: Stage) -> None:
    """Finish so many jobs that one storm message counts them."""
    numbers = range(JOBS_OF_A_STORM)
    jobs = [stage.video.job(f"job-{100 + number:04}", None, created_at=START) for number in numbers]
    stage.video.jobs = [*stage.video.jobs, *jobs]
    for job in jobs:
        await subscribe(stage.deps, [job.ref], stage.place("C0DIGEST"), _terms(stage, "U0LEE"))
    await _settle(stage)
    stage.clock.advance(timedelta(seconds=30))
    for number in numbers:
        stage.becomes(100 + number, JobState.SUCCEEDED)
    await _sweep(stage)
    await _settle(stage)


def notes(stage: Stage) -> Sequence[Note]:
    """Return one note of each class."""
    now, place = stage.clock(), stage.place("C0MEDIA")
    job = stage.video.job("job-0050", None, created_at=START, state=JobState.RUNNING)
    card_job = CardJob(job=job)
    card = Card(
        id="c0ffee0050", place=place, terms=_terms(stage), jobs={str(job.ref): card_job}, channel="C0MEDIA", ts="1.1"
    )
    absence = Absence(now - timedelta(hours=1), now - timedelta(minutes=50))
    changes = [unfound(job, absence, now, Kind.SUSPENDED)]
    back = [found(job, absence, job, now)]
    return (
        DestinationSuspended(place=place, reason="is_archived", cards=[card]),
        LostJob(card=card, change=lost(job, now - timedelta(hours=1), now, expired=False)),
        LostJob(card=card, change=unfound(job, absence, now, Kind.LOST, EndReason.DROPPED)),
        ChangedSubscriptions(place=place, changes=changes),
        ChangedSubscriptions(place=place, changes=back),
        SearchExpired(ids=[UNKNOWN], looked_in=["acme/video"], minutes=10),
        ForgottenCards(reset_at=now, forgotten=2, people=[stage.place("U0DANA")]),
        UnreadableRecords(place=place, unfollowed=[job], again=[job], posts=False),
    )


async def _notes(stage: Stage, user: str) -> None:
    for number, note in enumerate(notes(stage)):
        await stage.deps.store.outbox.put(stage.place(user), NoteEntry(note=note), f"note:{number}")


async def _suspend(stage: Stage) -> None:
    """Let a channel refuse every post."""
    await _follow(stage, "C0CLOSED", [3])
    await _settle(stage)
    stage.workspace.channels["C0CLOSED"].archived = True
    await _follow(stage, "C0CLOSED", [19])
    await _settle(stage)


async def _corrupt(stage: Stage) -> None:
    """Make a record unreadable, so that it is moved aside."""
    place = stage.place("C0GENERAL")
    await _follow(stage, "C0GENERAL", [20])
    await _settle(stage)
    [card] = (await stage.deps.store.outbox.read(place, ())).records
    await stage.link.execute("HSET", CARDS.of(place), card, "{broken")
    await deliver(stage.deps, place)


async def _leave_waiting(stage: Stage) -> None:
    """Leave entries of every type in outboxes: without a workspace nothing is posted."""
    stage.clock.advance(timedelta(seconds=30))
    await _follow(stage, "C0WAITING", [21])
    await _follow(stage, "C0WAITING", [4, 22])
    await _settle(stage)
    alone = replace(stage.deps, workspaces=None)
    place, dana = stage.place("C0WAITING"), stage.place("U0DANA")
    cards = (await stage.deps.store.outbox.read(place, ())).cards
    [single] = [card.id for card in cards.values() if not card.batch]
    stage.clock.advance(timedelta(seconds=30))
    stage.becomes(0, JobState.RUNNING, raw_state="HALF", progress=50)
    stage.becomes(4, JobState.FAILED, error={"code": "E.2", "message": "broken"})
    await sweep(alone, stage.video)
    stage.audio.trouble = lambda _: Unavailable("away", code="away")
    await sweep(alone, stage.audio)
    await snooze(alone, single, place, dana, stage.clock() + timedelta(hours=1))
    await unsubscribe(alone, [JobRef.parse(_ref(22))], place, dana)
    waits = SubscriptionOptions(user=dana, at=stage.clock(), on=frozenset({On.ANY}), to=To.HERE, mention=("<@U0SAM>",))
    await subscribe(alone, [JobRef.parse(_ref(29))], place, waits)
    await _notes(stage, "U0LEE")
    media = (await stage.deps.store.outbox.read(stage.place("C0MEDIA"), ())).cards
    await stage.deps.store.outbox.refresh((stage.place("C0MEDIA"), card) for card in media)


async def _leave_in_flight(stage: Stage) -> None:
    """Leave posts in flight: one that arrived, one that never did, and one that Slack's error leaves in doubt."""
    for number, (channel, fault) in enumerate(
        [
            ("C0ARRIVED", {"hang_s": 60, "after": True}),
            ("C0NEVER", {"hang_s": 60}),
            ("C0DOUBT", {"error": "internal_error", "error_status": 500, "after": True}),
        ]
    ):
        alone = replace(stage.deps, workspaces=None)
        await subscribe(alone, [JobRef.parse(_ref((13, 31, 36)[number]))], stage.place(channel), _terms(stage))
        stage.workspace.faults.order(Fault.model_validate({"method": "chat.postMessage", "channel": channel, **fault}))
        dying = asyncio.create_task(deliver(stage.deps, stage.place(channel)))

        async def under_way(channel: str = channel) -> bool:
            in_flight = (await stage.deps.store.outbox.read(stage.place(channel), ())).in_flight
            return in_flight is not None and stage.workspace.faults.left == 0

        await until(under_way)
        if "hang_s" in fault:
            dying.cancel()
        with suppress(asyncio.CancelledError):
            await dying


async def _small_things(stage: Stage) -> None:
    """Leave the records of installations, and of Slack's requests."""
    store, now = stage.deps.store, stage.clock()
    cipher = TokenCipher([SecretRef(f"env:{KEY_VARIABLE}")])
    app = App("1.2", "made-up", "http://slack.example/api/", cast("ClientSession", None))  # it is not called
    installed = InstalledWorkspaces(store.installations, cipher, app, stage.clock)
    await installed.add(
        Installation(
            workspace="T0OTHER",
            name="Other",
            team_id="T0OTHER",
            bot_id="B0OTHER",
            bot_user_id="U0OTHER",
            bot_token="xoxb-made-up",
            scopes="chat:write,commands",
            refresh_token="xoxe-made-up",
            expires_at=now + timedelta(hours=12),
            installed_at=now,
        )
    )
    await store.installations.may_renew("T0OTHER")
    await store.installations.finish("made-up-id")
    await store.installations.absent({"T0AWAY"}, now)
    await store.slack.pause(stage.team, "users.info", 600)
    epoch, _ = await store.epochs.check(now)
    await store.epochs.note_searched(epoch, stage.team, stage.place("C0ONCALL"))
    await store.clock.keep(now.timestamp())


def state(stage: Stage) -> str:
    """Return the state of an installation that starts now."""
    return TokenCipher([SecretRef(f"env:{KEY_VARIABLE}")]).new_state(stage.clock())


async def _tasks(stage: Stage) -> None:
    """Enqueue every task."""
    deps, dana = stage.deps, stage.place("U0DANA")
    for place in sorted(await deps.store.outbox.destinations()):
        await enqueue_delivery(deps, place)
        await enqueue_card_update(deps, place)
    for service in deps.catalog.pairs:
        await enqueue_sweep(deps, service)
    soon = stage.clock() + timedelta(seconds=15)
    await enqueue_search(deps, [SOUGHT], stage.place("C0ONCALL"), _terms(stage), soon)
    await enqueue_home_refresh(deps, [dana])
    await enqueue_purge(deps, GONE_WORKSPACE, stage.clock())
    await enqueue_lost_card_search(deps)
    await enqueue_automatic_tasks(deps)


def _ref(number: int) -> str:
    return f"acme/video/job-{number:04}"


def _terms(stage: Stage, user: str = "U0DANA") -> SubscriptionOptions:
    return SubscriptionOptions(user=qualify(stage.team, user), at=stage.clock())


async def _follow(stage: Stage, channel: str, numbers: Sequence[int]) -> None:
    refs = [JobRef.parse(_ref(number)) for number in numbers]
    await subscribe(stage.deps, refs, stage.place(channel), _terms(stage))


async def _sweep(stage: Stage) -> None:
    """Look at all tracked jobs of the video service now."""
    store, service = stage.deps.store, ("acme", "video")
    await store.tracked.pull_back([service], START, stage.clock())
    await sweep(stage.deps, stage.video)


async def _settle(stage: Stage) -> None:
    """Post and edit everything that is possible."""
    for place in sorted(await stage.deps.store.outbox.destinations()):
        for _ in range(100):
            await stage.link.execute("DEL", POST_INTERVAL.of(place))
            if await deliver(stage.deps, place) is None:
                break
        await edit_cards(stage.deps, place)
