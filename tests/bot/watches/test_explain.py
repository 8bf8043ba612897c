"""Explanations: recorded decisions, repeated decisions, acts of people, and who may see them."""

from datetime import timedelta

import pytest

from bot.config.settings import AccessRule
from bot.delivery import sender
from bot.delivery.dispatcher import deliver
from bot.domain.changes import EventKind
from bot.domain.decisions import Outcome, Reason
from bot.domain.errors import Problem, UsageError
from bot.domain.explanations import Action, JobExplanation
from bot.domain.identifiers import JobId
from bot.domain.watches import FailureCode, WatchSpec
from bot.polling.sweep import sweep
from bot.store import Store
from bot.views.slack import why
from bot.views.terminal import json_output
from bot.watches.access import may_see
from bot.watches.explain_group import explain_group
from bot.watches.explain_job import explain_job
from bot.watches.explain_watch import explain_watch
from bot.watches.mute import mute
from bot.watches.unwatch import unwatch
from bot.watches.watch import edit, watch
from providers.models import JobError, JobRef, JobState
from tests.bot.memory import InMemory
from tests.bot.views.judges import accept
from tests.bot.watching import DANA, HERE, LEE, WatchingWorld

VIDEO = WatchSpec(account="acme", service="video")
MINUTE = timedelta(minutes=1)


class Guarded(WatchingWorld):
    """A world where `acme/video` is watched, and jobs fail."""

    @property
    def video(self) -> InMemory:
        provider = self.deps.whole.providers[0]
        assert isinstance(provider, InMemory)
        return provider

    async def look(self) -> None:
        """Sweep and deliver, a minute later."""
        self.now += MINUTE
        await sweep(self.deps, self.video)
        await self.post()

    async def post(self) -> None:
        for destination in (HERE, DANA):
            for _ in range(20):
                if (wait := await deliver(self.deps, destination)) is None:
                    break
                self.now += timedelta(seconds=min(wait, 1))

    async def fails(self, *ids: str, code: str = "ALG.002") -> None:
        """Fail jobs that were unknown before, and look."""
        error = JobError(code=code, message="cannot open")
        new = [
            self.video.job(each, state=JobState.FAILED, error=error, created_at=self.now, finished_at=self.now)
            for each in ids
        ]
        self.video.jobs = [*new, *self.video.jobs]
        await self.look()

    async def why(self, job_id: str, *destinations: str) -> JobExplanation:
        return await explain_job(self.deps, JobRef("acme", "video", job_id), destinations or (HERE,)).whole()


@pytest.fixture
async def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    world = Guarded(store)
    await watch(world.deps, VIDEO, HERE, DANA)
    await world.look()
    return world


def outcomes(explained: JobExplanation) -> list[tuple[str, Outcome, Reason]]:
    return [
        (each.decision.event.rpartition("/")[2], each.decision.outcome, each.decision.reason)
        for each in explained.decisions
    ]


async def test_what_was_posted_and_folded_is_read_back(world: Guarded):
    await world.fails("job-a")
    await world.fails("job-b")
    first, second = await world.why("job-a"), await world.why("job-b")
    assert ("failed", Outcome.POST, Reason.FIRST) in outcomes(first)
    assert ("failed", Outcome.FOLD, Reason.GROUP) in outcomes(second)
    [head] = {each.link for each in (*first.decisions, *second.decisions) if each.link}
    assert head.startswith("https://acme.slack.com/archives/C1/p")
    [failed] = [each for each in first.events if each.happened is EventKind.FAILED]
    assert (failed.source, failed.state) == ("poll", JobState.FAILED)
    assert failed.noticed_at
    assert [each.action for each in first.acts] == [Action.WATCHED]
    shown = why.job(first)
    accept(shown)
    assert "posted, first failure of g1 · for w1" in shown.text
    assert "Nothing was posted" not in shown.text
    assert "open that message" in str(shown.blocks)


async def test_what_no_rule_wants_is_decided_again(world: Guarded):
    world.video.jobs = [world.video.job("job-ok", state=JobState.SUCCEEDED, finished_at=world.now)]
    await world.look()
    explained = await world.why("job-ok")
    reasons = {(event, reason) for event, _, reason in outcomes(explained)}
    assert ("succeeded", Reason.NOT_WANTED) in reasons
    assert not any(each.recorded for each in explained.decisions)
    assert why.job(explained).text.split("\n")[1] == "Nothing was posted for this job here."


async def test_it_is_decided_again_with_the_rules_of_that_time(world: Guarded):
    await edit(world.deps, "w1", WatchSpec(account="acme", service="video", name="lecture"), HERE, LEE)
    await world.fails("job-a")
    world.now += MINUTE
    await edit(world.deps, "w1", VIDEO, HERE, LEE)
    explained = await world.why("job-a")
    assert ("failed", Outcome.DROP, Reason.FILTERED) in outcomes(explained)


async def test_another_destination_has_its_own_answer(world: Guarded):
    await world.fails("job-a")
    explained = await world.why("job-a", "C2")
    assert {reason for _, _, reason in outcomes(explained)} == {Reason.NO_RULE}
    everywhere = await explain_job(world.deps, JobRef("acme", "video", "job-a")).whole()
    assert {each.destination for each in everywhere.decisions} == {HERE}


async def test_after_a_day_only_what_is_recorded_is_known(world: Guarded):
    await world.fails("job-a")
    world.video.jobs = [*world.video.jobs, world.video.job("job-old", 60 * 30, state=JobState.SUCCEEDED)]
    world.now += timedelta(days=2)
    assert ("failed", Outcome.POST, Reason.FIRST) in outcomes(await world.why("job-a"))
    assert outcomes(await world.why("job-old")) == []


async def test_who_muted_and_who_removed(world: Guarded):
    await mute(world.deps, FailureCode("acme", "video", None, "ALG.002"), HERE, LEE)
    await world.fails("job-a")
    explained = await world.why("job-a")
    assert ("failed", Outcome.DROP, Reason.MUTED) in outcomes(explained)
    assert (Action.MUTED, LEE) in {(each.action, each.by) for each in explained.acts}
    await unwatch(world.deps, ["w1"], HERE, LEE)
    acts = {(each.action, each.by) for each in (await world.why("job-a")).acts}
    assert (Action.REMOVED, LEE) in acts


async def test_a_job_that_expired_at_its_provider_is_still_explained(world: Guarded):
    await world.fails("job-1234567890")
    world.video.jobs = []
    explained = await explain_job(world.deps, JobId("job-1234567890"), (HERE,)).whole()
    assert str(explained.ref) == "acme/video/job-1234567890"
    assert ("failed", Outcome.POST, Reason.FIRST) in outcomes(explained)
    assert explained.job
    assert explained.job.error == JobError(code="ALG.002", message="cannot open")


async def test_unknown_and_ambiguous_ids(world: Guarded):
    unknown = await explain_job(world.deps, JobId("job-0000000000"), (HERE,)).whole()
    assert unknown.ref is None
    assert "job-0000000000" in why.job(unknown).text
    both = [each for each in world.deps.providers if isinstance(each, InMemory) and each.service == "video"]
    for each in both:
        each.jobs = [each.job("job-1234567890")]
    with pytest.raises(UsageError) as error:
        await explain_job(world.deps, JobId("job-1234567890"), (HERE,)).whole()
    assert error.value.expected == ("acme/video/job-1234567890", "other/video/job-1234567890")


async def test_what_waits_says_that_slack_takes_nothing(world: Guarded):
    world.slack.trouble = ["is_archived"] * 9
    await world.fails("job-a")
    explained = await world.why("job-a")
    assert {each.suspended for each in explained.waiting} == {"is_archived"}
    assert "waits to be posted" in why.job(explained).text


async def test_a_group(world: Guarded):
    await world.fails("job-a", "job-b")
    [explained] = await explain_group(world.deps, "g1", [HERE])
    assert (explained.group.count, {job.id for job in explained.jobs}) == (2, {"job-a", "job-b"})
    shown = why.group(explained)
    accept(shown)
    for words in ("g1: ❌ 2 failed: ALG.002, video", "For w1", "Its message is in this channel", "Open"):
        assert words in shown.text
    for elsewhere in (["C2"], ["T9/C1"]):
        with pytest.raises(UsageError, match=Problem.NO_SUCH_GROUP.name):
            await explain_group(world.deps, "g1", elsewhere)


async def test_a_watch(world: Guarded):
    await world.fails("job-a", "job-b")
    [explained] = await explain_watch(world.deps, "w1", [HERE])
    assert explained.matched == 2
    assert {each.decision.outcome for _, each in explained.decisions} == {Outcome.POST, Outcome.FOLD}
    shown = why.watch(explained)
    accept(shown)
    for words in ("w1 watches acme/video: posts in the channel", "Created", "Matched 2 events", "Last decisions"):
        assert words in shown.text
    await unwatch(world.deps, ["w1"], HERE, LEE)
    world.now += timedelta(hours=2)
    [gone] = await explain_watch(world.deps, "w1", [HERE])
    assert gone.removed
    assert "Removed" in why.watch(gone).text
    with pytest.raises(UsageError, match=Problem.NO_SUCH_WATCH.name):
        await explain_watch(world.deps, "w1", ["C2"])


async def test_accounts_that_may_not_be_seen(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    world = Guarded(
        store, (AccessRule(accounts=("acme",), users=(DANA,)), AccessRule(accounts=("acme",), channels=(HERE,)))
    )
    await watch(world.deps, VIDEO, HERE, DANA)
    await world.look()
    await world.fails("job-a")
    stranger = world.asked_by(LEE, "C9")
    with pytest.raises(UsageError):
        await explain_job(stranger, JobId("job-a"), ("C9",)).whole()
    for refused in (explain_group(stranger, "g1", [HERE]), explain_watch(stranger, "w1", [HERE])):
        with pytest.raises(UsageError):
            await refused
    for spec in (VIDEO, WatchSpec(without_scopes=("acme",)), WatchSpec(without_scopes=("acme/video",))):
        assert may_see(world.deps, spec)
        assert not may_see(stranger, spec)
    assert may_see(stranger, WatchSpec(without_scopes=("video",)))


async def test_as_json(world: Guarded):
    await world.fails("job-a")
    record = json_output.job_explanation(await explain_job(world.deps, JobRef("acme", "video", "job-a")).whole())
    assert list(record) == ["job", "events", "decisions"]
    assert record["job"]["ref"] == "acme/video/job-a"
    for event in record["events"]:
        assert list(event) == ["id", "at", "noticed_at", "kind", "state", "raw_state", "source"]
    [posted] = [each for each in record["decisions"] if each["decision"] == "post"]
    assert list(posted) == ["at", "destination", "event", "decision", "rule", "also", "reason", "until", "link"]
    assert (posted["event"], posted["rule"], posted["reason"]) == ("acme/video/job-a#1/failed", "w1", "first")
    assert posted["at"].endswith("Z")
