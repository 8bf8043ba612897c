"""Watch, edit and unwatch: the rules of a destination, their copies, and the posts in its channel."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from bot.background.reconcile import reconcile_destinations
from bot.config.settings import AccessRule
from bot.delivery import sender
from bot.delivery.dispatcher import deliver
from bot.domain.errors import Problem, UsageError
from bot.domain.watch_answers import Outcome
from bot.domain.watches import UNDO, FailureCode, WatchSpec
from bot.store import Store
from bot.store.routes import Route
from bot.subscriptions.uninstall import purge_workspace
from bot.watches.copies import repair_copies
from bot.watches.listing import watches
from bot.watches.mute import mute, unmute
from bot.watches.unwatch import rewatch, unwatch
from bot.watches.watch import edit, send_test, watch
from providers.models import Job, JobError, JobState
from tests.bot.memory import NOW
from tests.bot.watching import DANA, HERE, LEE, WatchingWorld

VIDEO = WatchSpec(service="video")
CODE = FailureCode("acme", "video", None, "ALG.002")


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> WatchingWorld:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return WatchingWorld(store)


def refusal(problem: Problem) -> AbstractContextManager[object]:
    return pytest.raises(UsageError, match=problem.name)


async def test_a_watch_is_copied_to_the_services_that_it_covers(world: WatchingWorld):
    result = await watch(world.deps, VIDEO, HERE, DANA)
    assert (result.outcome, result.watch.id, result.watch.owner) == (Outcome.ADDED, "w1", DANA)
    assert [str(each) for each in result.covered] == ["acme/video", "other/video"]
    w1 = Route(HERE, "w1")
    assert await world.copied() == {"acme/video": {w1}, "acme/pictures": set(), "other/video": {w1}}
    assert await world.store.watches.counted("") == {HERE: 1}
    assert ["w1" in said.text for said in world.slack.said] == [True], "one visible line"


async def test_an_equal_watch_is_refused_by_naming_the_one_that_is_there(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    again = await watch(world.deps, WatchSpec(service="video"), HERE, LEE)
    assert (again.outcome, again.watch.id) == (Outcome.EXISTING, "w1")
    elsewhere = await watch(world.deps, VIDEO.model_copy(update={"to": "dm"}), HERE, LEE)
    assert (elsewhere.watch.id, elsewhere.watch.place) == ("w2", LEE)
    assert len(world.slack.said) == 1, "what a person does alone needs no line"


async def test_a_channel_has_at_most_twenty_and_what_was_removed_does_not_count(world: WatchingWorld):
    for number in range(20):
        await watch(world.deps, WatchSpec(name=str(number)), HERE, DANA)
    with refusal(Problem.TOO_MANY_WATCHES):
        await watch(world.deps, VIDEO, HERE, DANA)
    await unwatch(world.deps, ["w3"], HERE, LEE)
    assert (await watch(world.deps, VIDEO, HERE, DANA)).outcome is Outcome.ADDED
    with refusal(Problem.TOO_MANY_WATCHES):
        await rewatch(world.deps, ["w3"], HERE, LEE)
    assert await world.store.watches.counted("") == {HERE: 20}


async def test_an_edited_watch_keeps_its_id_and_moves_with_its_destination(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    changed = await edit(world.deps, "w1", WatchSpec(account="acme"), HERE, LEE)
    assert (changed.outcome, changed.watch.changed_by, changed.watch.owner) == (Outcome.CHANGED, LEE, DANA)
    w1 = Route(HERE, "w1")
    assert await world.copied() == {"acme/video": {w1}, "acme/pictures": {w1}, "other/video": set()}
    moved = await edit(world.deps, "w1", WatchSpec(account="acme", to="dm"), HERE, LEE)
    assert (moved.watch.id, moved.watch.place) == ("w1", LEE)
    assert (await world.copied())["acme/video"] == {Route(LEE, "w1")}
    assert await world.store.watches.counted("") == {LEE: 1}
    with refusal(Problem.NO_SUCH_WATCH):
        await edit(world.deps, "w1", VIDEO, HERE, DANA)


async def test_undo_restores_a_watch_for_an_hour_and_its_copies_stay_so_long(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    before = await world.copies()
    result = await unwatch(world.deps, None, HERE, LEE)
    assert [each.id for each in result.removed] == ["w1"]
    assert not (await watches(world.deps, here=HERE)).watches
    assert (await world.copied())["acme/video"] == {Route(HERE, "w1")}, "events of the gap are routed, and held"
    (held,) = (await world.of()).watches
    assert held.held_until == NOW + UNDO
    world.now += UNDO - timedelta(seconds=1)
    await repair_copies(world.deps, {HERE})
    (restored,) = await rewatch(world.deps, ["w1"], HERE, LEE)
    assert not restored.removed
    assert await world.copies() == before


async def test_after_an_hour_it_is_deleted(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    await unwatch(world.deps, ["w1"], HERE, LEE)
    world.now += UNDO
    with refusal(Problem.UNDO_IS_OVER):
        await rewatch(world.deps, ["w1"], HERE, LEE)
    await reconcile_destinations(world.deps)
    assert not (await world.of()).some
    assert not any((await world.copied()).values())
    assert (await watch(world.deps, VIDEO, HERE, DANA)).watch.id == "w2", "no id is used again"


async def test_unwatch_says_what_it_does_not_find(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    result = await unwatch(world.deps, ["w9", "w1", "w1"], HERE, DANA)
    assert ([each.id for each in result.removed], result.unknown) == (["w1"], ["w9"])
    assert not (await unwatch(world.deps, ["w1"], HERE, DANA)).removed, "it is removed already"


async def test_the_reconciler_repairs_copies_and_counts(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    right = await world.copies()
    service = ("acme", "video")
    await world.store.routes.put_all(service, [(Route(HERE, "w1"), None), (Route("C9", "w7"), "{}")])
    await world.store.routes.put(("acme", "pictures"), HERE, "w1", "old")
    await world.store.watches.count("C9", 3)
    await reconcile_destinations(world.deps)
    assert await world.copies() == right
    assert await world.store.watches.counted("") == {HERE: 1}


async def test_a_test_is_one_marked_message(world: WatchingWorld):
    await watch(world.deps, VIDEO.model_copy(update={"mention": ("<@U7>",)}), HERE, DANA)
    await send_test(world.deps, "w1", HERE, LEE)
    while await deliver(world.deps, HERE) is not None:
        pass
    said = world.slack.said[-1]
    assert said.text.startswith("🧪 Test of watch w1")
    assert "<@U7>" in str(said.blocks)
    assert "<@U7>" not in str([each.blocks for each in world.slack.said[:-1]]), "a line about a watch mentions no one"


async def test_a_channel_that_takes_no_messages_is_suspended_with_its_watches(world: WatchingWorld):
    world.slack.trouble = ["not_in_channel"] * 9
    result = await watch(world.deps, VIDEO, HERE, DANA)
    assert result.suspended == "not_in_channel"
    (listed,) = (await watches(world.deps, here=HERE)).watches
    assert listed.suspended == "not_in_channel"
    world.slack.trouble = []
    assert (await watch(world.deps, VIDEO, HERE, DANA)).suspended is None


async def test_who_may_watch_what(store: Store):
    rules = (
        AccessRule(accounts=("acme",), channels=("C1", "C2")),
        AccessRule(accounts=("other",), users=(DANA,)),
        AccessRule(accounts=("other",), channels=("C2",), subscribe=False),
    )
    world = WatchingWorld(store, rules)
    result = await watch(world.asked_by(DANA), VIDEO, HERE, DANA)
    assert [str(each) for each in result.covered] == ["acme/video"]
    assert [str(each) for each in result.hidden] == ["other/video"], "dana sees it, the channel does not"
    for words in ({"account": "other"}, {"without_scopes": ("other",)}):
        with refusal(Problem.NOT_FOR_ALL):
            await watch(world.asked_by(DANA), WatchSpec.model_validate(words), HERE, DANA)
    with refusal(Problem.NOT_TO_SUBSCRIBE):
        await watch(world.asked_by(LEE, "C2"), WatchSpec(), "C2", LEE)
    with refusal(Problem.NOTHING_FOR_YOU):
        await watch(world.asked_by(LEE, "C9"), WatchSpec(), "C9", LEE)


async def test_a_watch_whose_accounts_become_invisible_waits_and_resumes(store: Store):
    seen = AccessRule(accounts=("*",), channels=("C1",))
    await watch(WatchingWorld(store, (seen,)).deps, VIDEO, HERE, DANA)
    unseen = WatchingWorld(store, (AccessRule(accounts=("*",), users=(LEE,)),))
    listed = await watches(unseen.asked_by(LEE), here=HERE)
    assert [each.unseen for each in listed.watches] == [True]
    assert [each.unseen for each in (await watches(WatchingWorld(store, (seen,)).deps, here=HERE)).watches] == [False]


async def test_a_mute_lasts_a_week_or_for_ever(world: WatchingWorld):
    job = Job(
        account="acme", service="video", id="a", state=JobState.FAILED, error=JobError(code="ALG.002", message="")
    )
    first = await mute(world.deps, CODE, HERE, DANA)
    assert first.until == NOW + timedelta(days=7)
    assert (await world.of()).muting(job, NOW) == first
    for_ever = await mute(world.deps, CODE, HERE, LEE, for_ever=True)
    assert (for_ever.id, for_ever.until) == (first.id, None)
    assert [each for _, each in (await watches(world.deps, here=HERE)).mutes] == [for_ever]
    assert await unmute(world.deps, "m1", HERE, DANA) == for_ever
    assert await unmute(world.deps, "m1", HERE, DANA) is None
    await mute(world.deps, CODE, HERE, DANA)
    world.now += timedelta(days=7)
    assert (await world.of()).muting(job, world.now) is None
    await repair_copies(world.deps, {HERE})
    assert not (await world.of()).some
    with refusal(Problem.NO_CODE):
        await mute(world.deps, CODE._replace(code=""), HERE, DANA)


async def test_uninstalling_deletes_watches_and_their_copies(world: WatchingWorld):
    await watch(world.deps, VIDEO, HERE, DANA)
    await mute(world.deps, CODE, HERE, DANA)
    await purge_workspace(world.deps, "", NOW)
    assert not any((await world.copied()).values())
    left = await world.store.link.execute("KEYS", "*")
    assert not [key for key in left if (HERE in key and ":told:" not in key) or "number" in key or "watched" in key]
