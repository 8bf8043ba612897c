"""A dry run: the same rules decide what would have been posted, and it names its sources."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery import sender
from bot.domain.changes import Change, EventKind
from bot.domain.event_log import logged
from bot.domain.notifications import ThreadLine
from bot.domain.watches import FailureCode, WatchSpec
from bot.rules.fingerprints import fingerprint
from bot.store import Store
from bot.views.slack import dry_run as view
from bot.watches.dry_run import changes, dry_run
from bot.watches.forecast import forecast
from bot.watches.mute import mute
from bot.watches.virtual_destination import VirtualDestination
from bot.watches.watch import watch
from providers.base import Capabilities
from providers.models import JobError, JobState
from tests.bot.memory import NOW
from tests.bot.rules.desk import CHANNEL, Desk, ended, failed, rules
from tests.bot.rules.desk import watch as a_watch
from tests.bot.views.judges import accept
from tests.bot.watches.test_explain import VIDEO, Guarded
from tests.bot.watching import DANA, HERE, LEE

MINUTE = timedelta(minutes=1)
SPECS: tuple[dict[str, Any], ...] = (
    {},
    {"on": "done"},
    {"after": {"count": 3, "window_s": 600}},
    {"code": "ALG.001"},
    {"on": "any", "name": "1"},
)


def happening(minutes: Sequence[int]) -> list[Change]:
    """Return failures of two kinds, and some successes, at these minutes."""
    made = [
        ended(number, at=NOW + at * MINUTE)
        if number % 5 == 4
        else failed(number, f"ALG.{number % 2:03}", NOW + at * MINUTE)
        for number, at in enumerate(minutes)
    ]
    return sorted(made, key=lambda change: change.at)


def posted_on(desk: Desk, events: Sequence[Change], minutes: int) -> list[str]:
    """Return the kinds of messages that the rules post for these events, without thread lines."""
    for minute in range(minutes + 1):
        desk.takes(*(event for event in events if event.at == NOW + minute * MINUTE)).waits(minutes=1)
    return [type(content).__name__ for _, content in desk.posts]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=14), st.sampled_from(SPECS))
async def test_it_posts_what_the_same_rules_post(minutes: Sequence[int], spec: dict[str, Any]):
    events, wanted = happening(minutes), rules(a_watch(**spec))
    expected = posted_on(Desk(wanted), events, 40)
    posts = await VirtualDestination(CHANNEL, wanted, NOW).run(events, NOW + 41 * MINUTE)
    assert len(posts) == len([kind for kind in expected if kind != ThreadLine.__name__])
    assert sum(each.lines for each in posts) == expected.count(ThreadLine.__name__)


@pytest.mark.parametrize("change", [failed(1), ended(1), failed(1).model_copy(update={"attempt": 2})], ids=range(3))
def test_a_line_of_the_log_is_the_change_that_it_was(change: Change):
    change = change.model_copy(update={"passed": (EventKind.SUBMITTED, EventKind.STARTED)})
    lines = logged(change, dict.fromkeys(change.events, change.at))
    [read] = changes(("acme", "video"), lines)
    assert isinstance(read, Change)
    assert (read.events, read.id, read.at, read.event_at) == (change.events, change.id, change.at, change.at)
    assert fingerprint(read.job) == fingerprint(change.job)


@pytest.fixture
async def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return Guarded(store)


async def test_from_the_log_it_is_what_was_posted(world: Guarded):
    await watch(world.deps, VIDEO, HERE, DANA)
    await world.look()
    for ids, code in ((("a", "b"), "ALG.002"), (("c",), "ALG.003"), (("d",), "ALG.002")):
        await world.fails(*ids, code=code)
    for _ in range(6):
        await world.look()
    heads = [said for said in world.slack.said if said.text.startswith("❌") and not said.thread_ts]
    lines = [said for said in world.slack.said if said.thread_ts]
    run = await dry_run(world.deps, VIDEO, "C2")
    assert len(run.posts) == len(heads) == 2
    assert sum(each.lines for each in run.posts) == len(lines)
    assert sorted(each.group.count for each in run.posts if each.group) == [1, 3]
    shown = view.dry_run(run)
    accept(shown)
    assert "it would have posted 2 messages" in shown.text
    assert "3 failed: ALG.002, video" in shown.text
    assert "From Callboard's log since" in shown.text
    assert "Not predicted" in shown.text


async def test_without_a_log_the_providers_list_is_read(world: Guarded):
    error = JobError(code="ALG.002", message="cannot open")
    video = world.video
    video.capabilities = Capabilities(lists=True, page_max=2, retention=timedelta(minutes=30))
    video.jobs = [
        video.job(f"job-{minutes:03}", minutes, state=JobState.FAILED, error=error, finished_at=NOW - minutes * MINUTE)
        for minutes in range(0, 90, 3)
    ]
    run = await dry_run(world.deps, VIDEO, HERE)
    assert len(video.asked) == 10, "ten pages at most"
    assert (len(run.posts), run.events) == (1, 20)
    text = view.dry_run(run).text
    assert "From the failed jobs that video lists." in text
    assert "video keeps 30 minutes." in text
    assert "Lists show failed jobs only" in text
    assert not world.slack.said


async def test_what_is_muted_here_would_not_be_posted(world: Guarded):
    await mute(world.deps, FailureCode("acme", "video", None, "ALG.002"), HERE, LEE)
    error = JobError(code="ALG.002", message="cannot open")
    world.video.jobs = [world.video.job("a", 5, state=JobState.FAILED, error=error, finished_at=NOW - 5 * MINUTE)]
    assert not (await dry_run(world.deps, VIDEO, HERE)).posts
    assert len((await dry_run(world.deps, VIDEO, "C2")).posts) == 1


async def test_the_forecast_is_for_the_answer_to_watch(world: Guarded):
    result = await watch(world.deps, WatchSpec(account="acme"), HERE, DANA)
    lines = view.forecast(await forecast(world.deps, result.watch))
    assert lines[0] == "In the last 24 hours it would have posted nothing."
    assert any("No earlier history of *pictures*." in line for line in lines)
