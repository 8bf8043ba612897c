"""Explanations and dry runs, as messages and in the terminal: Slack accepts any text of a provider in them."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.domain.changes import EventKind, compare
from bot.domain.decisions import Decision, Outcome, Reason
from bot.domain.dry_runs import DryRun, ServiceBasis, WouldPost
from bot.domain.explanations import (
    Act,
    Action,
    Explained,
    GroupExplanation,
    JobExplanation,
    KnownEvent,
    WatchExplanation,
)
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind, Hold, PreviousHead
from bot.domain.watch_answers import CoveredService
from bot.domain.watches import Mute, Watch, WatchSpec
from bot.views.slack import dry_run, why
from bot.views.terminal import why as terminal
from providers.models import Job, JobState
from tests.bot.memory import NOW
from tests.bot.views import anything, judges

REF = "media-cn/video-ocr/job-1"
events = st.builds(
    KnownEvent,
    st.sampled_from([f"{REF}#1/failed", f"{REF}#2/started"]),
    st.sampled_from(EventKind),
    st.none() | st.just(NOW),
    st.none() | st.just(NOW),
    st.none() | st.sampled_from(JobState),
    anything.maybe,
    st.sampled_from([None, "poll", "push"]),
)
decisions = st.builds(
    Decision,
    event=st.just(f"{REF}#1/failed"),
    at=st.just(NOW),
    outcome=st.sampled_from(Outcome),
    reason=st.sampled_from(Reason),
    rule=st.sampled_from(["", "w7", "subscription"]),
    also=st.sampled_from([(), ("w9", "subscription")]),
    parameters=st.dictionaries(
        st.sampled_from(["group", "mute", "on", "event", "account", "count", "of", "share", "window_s", "waiting"]),
        st.integers(0, 9) | anything.nasty,
        max_size=4,
    ),
    until=st.none() | st.just(NOW),
)
links = st.sampled_from(["", "https://acme.slack.com/archives/C1/p1", "javascript:alert(1)"])
explained = st.builds(Explained, st.just("T1/C1"), decisions, st.booleans(), links)
acts = st.builds(
    Act, st.sampled_from(Action), st.just("T1/C1"), st.sampled_from(["", "T1/U1"]), st.none() | st.just(NOW),
    anything.nasty, st.none() | st.just(NOW),
)  # fmt: skip


def printed(renderable: Any) -> str:
    console = Console(width=200, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


@settings(max_examples=20, deadline=None)
@given(
    anything.details, st.none() | anything.jobs(), anything.many(events), anything.many(explained), anything.many(acts)
)
def test_an_explanation_of_a_job(details: Any, job: Any, known: Any, decided: Any, done: Any):
    ref = job.ref if job else None
    found = JobExplanation(details, (), ref, job, known, decided, done)
    judges.accept(why.job(found))
    assert not judges.UNSEEN.search(printed(terminal.job(found)).replace("\n", ""))


jobs_of_groups = st.builds(GroupJob, ref=st.just(REF), name=anything.maybe, at=st.just(NOW))
heads = st.builds(
    FailureGroup,
    id=st.just("g12"),
    place=st.just("T1/C1"),
    group=st.sampled_from(GroupKind),
    account=anything.places,
    service=anything.places,
    kind=anything.maybe,
    code=anything.maybe,
    message=anything.maybe,
    rules=st.sampled_from([(), ("w7", "subscription")]),
    first_at=st.just(NOW),
    last_at=st.just(NOW),
    opened_at=st.just(NOW),
    changed_at=st.just(NOW),
    count=st.integers(0, 5_000),
    lines=st.integers(0, 9),
    ts=st.sampled_from(["", "1.2"]),
    hold=st.none() | st.just(Hold(until=NOW, of=5, window_s=600)) | st.just(Hold(until=NOW)),
    closed_at=st.none() | st.just(NOW),
    head_lost=st.booleans(),
    previous=st.none() | st.just(PreviousHead(channel="C1", ts="1.1", count=3, closed_at=NOW)),
)


@settings(max_examples=20, deadline=None)
@given(heads, anything.many(jobs_of_groups), links, st.none() | heads, anything.many(heads))
def test_an_explanation_of_a_group(head: Any, jobs: Any, link: str, storm: Any, parts: Any):
    mute = Mute(id="m3", account="a", service="s", code="E1", by="T1/U1", at=NOW)
    found = GroupExplanation(head, jobs[:5], link, link, mute, storm, parts)
    judges.accept(why.group(found))
    assert "g12" in printed(terminal.group_explanations([found]))


@settings(max_examples=20, deadline=None)
@given(anything.many(explained), st.booleans(), st.none() | st.integers(0, 9), anything.places)
def test_an_explanation_of_a_watch(decided: Any, removed: bool, matched: Any, name: str):  # noqa: FBT001
    spec = WatchSpec(account="media-cn", without=(("name", name),))
    watch = Watch(
        id="w7",
        place="T1/C1",
        owner="T1/U1",
        at=NOW,
        spec=spec,
        removed_at=NOW if removed else None,
        removed_by="T1/U2",
    )
    service = CoveredService("media-cn", name, lists=False)
    found = WatchExplanation(
        watch, "T1/C1", [service], [service], [(name, NOW)], [name], (), matched, [(REF, each) for each in decided[:5]],
        removed,
    )  # fmt: skip
    judges.accept(why.watch(found))
    assert "w7" in printed(terminal.watch_explanations([found]))


bases = st.builds(
    ServiceBasis,
    anything.places,
    anything.places,
    st.booleans(),
    st.none() | st.just(NOW - timedelta(hours=3)),
    st.none() | st.just(NOW - timedelta(hours=20)),
    st.none() | st.just(timedelta(minutes=30)),
    st.booleans(),
    st.integers(0, 3),
)


def ended(job: Job) -> WouldPost:
    before = job.model_copy(update={"state": JobState.PENDING})
    return WouldPost(NOW, None, compare(before, NOW, job, NOW))


would_post = st.builds(WouldPost, st.just(NOW), heads, st.none(), st.integers(0, 4)) | anything.jobs().map(ended)


@settings(max_examples=20, deadline=None)
@given(anything.many(would_post), anything.many(bases), st.integers(0, 9))
def test_a_dry_run(posts: Any, basis: Any, left_out: int):
    spec = WatchSpec.model_validate({"account": "media-cn", "code": "ALG.*", "on": "failed,down"})
    run = DryRun(spec, NOW - timedelta(hours=24), NOW, posts, len(posts) + left_out, left_out, basis)
    judges.accept(dry_run.dry_run(run))


def test_a_dry_run_shows_ten_messages_and_counts_the_others():
    head = FailureGroup(
        id="g1",
        place="C1",
        code="E1",
        service="video",
        first_at=NOW,
        last_at=NOW,
        opened_at=NOW,
        changed_at=NOW,
        count=2,
    )
    posts = [WouldPost(NOW - timedelta(minutes=minute), head) for minute in range(14)]
    text = dry_run.dry_run(DryRun(WatchSpec(), NOW - timedelta(hours=24), NOW, posts, 28)).text
    assert text.count("2 failed: E1, video") == 10
    assert "… and 4 more" in text
    assert "it would have posted 14 messages, for 28 events" in text


def test_a_dry_run_says_that_it_tried_the_newest_events_only():
    text = dry_run.dry_run(DryRun(WatchSpec(), NOW, NOW, (), 5_000, 4_000)).text
    assert "Only the newest 1,000 of 5,000 events" in text
    assert "In the last 24 hours" not in text
