import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.jobs import Job, Plan, end_now, lay_out
from sandbox.clouds.raw_states import KINDS, Outcome, RawStates
from sandbox.clouds.sample_texts import NASTY_NAMES
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import START, Clock

SERVICES = [(account.name, service) for account in (MEDIA_CN, VOD_SG) for service in account.services]
ALL_WORDS = [words for kinds in KINDS.values() for words in kinds.values()]
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["succeeded", "failed", "cancelled"])


def ids(world: World, account: str, service: str) -> list[str]:
    return [job.id for job in world.store(account, service).select(world.now())]


@pytest.mark.parametrize(("account", "service"), SERVICES)
def test_two_worlds_with_one_seed_are_equal(account: str, service: str):
    clock = Clock()
    one, two, other = World(1, clock), World(1, clock), World(2, clock)
    clock.now += 600
    assert ids(one, account, service) == ids(two, account, service)
    assert set(ids(one, account, service)) != set(ids(other, account, service))


def test_a_world_does_not_depend_on_the_number_of_requests():
    clock = Clock()
    often, once = World(1, clock), World(1, clock)
    for _ in range(60):
        clock.now += 10
        often.store("media-cn", "digital-human").select(often.now())
    stores = [world.store("media-cn", "digital-human") for world in (often, once)]
    assert stores[0].counts(clock.now) == stores[1].counts(clock.now)
    words = KINDS["digital-human"]["2D_DIGITAL_HUMAN_VIDEO"].every
    assert stores[0].select(clock.now, words=words) == stores[1].select(clock.now)


@pytest.mark.parametrize(("account", "service"), SERVICES)
def test_new_jobs_keep_arriving_and_end(account: str, service: str):
    clock = Clock()
    world = World(1, clock, jobs_per_service=50, arrival_s=20)
    before = ids(world, account, service)
    clock.now += 200
    arrived = [job for job in world.store(account, service).select(clock.now) if job.created > START - 10]
    assert len([job for job in arrived if job.id not in before]) == 10
    assert any(job.finished_by(clock.now) for job in arrived)


@pytest.mark.parametrize(("account", "service"), SERVICES)
def test_jobs_are_realistic(account: str, service: str):
    world = World(1, Clock())
    jobs = world.store(account, service).select(START)
    assert len(jobs) > 300
    created = [job.created for job in jobs]
    assert created == sorted(created)
    assert len({job.id for job in jobs}) == len(jobs)
    assert any(job.finished_by(START) is None for job in jobs)
    failed = [job for job in jobs if job.failure_by(START)]
    assert 20 < len(failed) < 100
    assert any(re.fullmatch(r"[a-z-]+-\d{4}-\d\d-\d\d-part\d\.\w+", job.name) for job in jobs)
    assert any(job.name in NASTY_NAMES for job in jobs)


def test_more_jobs_are_recent_than_old():
    jobs = World(1, Clock()).store("media-cn", "video-ocr").select(START)
    recent = [job for job in jobs if job.created > START - 2.5 * 86_400]
    assert len(recent) > len(jobs) * 0.6


def newest(world: World) -> list[tuple[str, Job]]:
    """Return a list's first page: the newest ten jobs of the listing services, each with its service."""
    deps = MEDIA_CN.services
    jobs = [(service, job) for service in deps for job in world.store("media-cn", service).select(world.now())]
    return sorted(jobs, key=lambda found: -found[1].created)[:10]


def test_the_first_page_of_a_list_is_varied():
    clock = Clock()
    world = World(clock=clock)
    mixed: list[bool] = []
    for _ in range(30):
        jobs = [job for _, job in newest(world)]
        running = [job for job in jobs if job.started_by(clock.now) and not job.finished_by(clock.now)]
        failed = [job for job in jobs if job.failure_by(clock.now)]
        assert {service for service, _ in newest(world)} == set(MEDIA_CN.services)
        mixed.append(bool(running and failed))
        clock.now += 60
    assert mixed[0]
    assert sum(mixed) > 20


def test_the_clock_never_goes_back():
    clock = Clock()
    world = World(1, clock)
    world.advance(60)
    assert world.now() == START + 60
    clock.now -= 3600
    assert world.now() == START + 60


def test_a_media_asset_is_worked_on_by_several_jobs():
    world = World(1, Clock())
    store = world.store("vod-sg", "vod-jobs")
    job = next(job for job in reversed(store.select(START)) if job.kind == "snapshot")
    assert {other.kind for other in store.of_media(job.media, START)} >= {"transcode", "snapshot", "ai"}


@given(
    words=st.sampled_from(ALL_WORDS),
    wait_s=st.integers(0, 100),
    run_s=st.integers(0, 4000),
    outcome=outcomes,
    salt=st.integers(0, 2**31),
)
def test_stages_are_in_order_and_end_as_planned(words: RawStates, wait_s: int, run_s: int, outcome: Outcome, salt: int):
    stages, started, finished = lay_out(words, Plan(START, wait_s, run_s, outcome), salt)
    assert all(before.at <= after.at for before, after in pairwise(stages))
    assert stages[0].at >= START
    assert {stage.word for stage in stages} <= words.every
    assert stages[-1] == (finished, words.ending(outcome, salt))
    assert started is None or START <= started <= finished


@given(after_s=st.integers(0, 300), outcome=outcomes)
def test_a_job_can_be_ended_at_any_time_before_its_end(after_s: int, outcome: Outcome):
    job = make(JobOrder(account="media-cn", service="video-ocr", wait_s=50, run_s=200), START)
    words, now = KINDS["video-ocr"]["video-ocr"], START + after_s
    if after_s >= 250:
        with pytest.raises(ValueError, match="already finished"):
            end_now(job, words, now, outcome)
        return
    ended = end_now(job, words, now, outcome)
    assert ended.word(now) == words.ending(outcome)
    assert ended.finished_by(now) == now
    assert [stage for stage in ended.stages if stage.at > now] == []


def test_a_job_that_cannot_be_canceled_is_not():
    job = make(JobOrder(account="media-cn", service="image-moderation"), START)
    with pytest.raises(ValueError, match="cannot be canceled"):
        end_now(job, KINDS["image-moderation"]["image-moderation"], START, "cancelled")
