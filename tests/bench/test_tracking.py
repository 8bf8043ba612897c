"""The benchmark of following jobs, small: what it counts is what it should be; its times are not looked at."""

from pathlib import Path

import pytest

from bench import polling, rounds, sweeps, telling

pytestmark = pytest.mark.heavy("measures CPU and memory of thousands of jobs")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sweeps, "ROUNDS", 1)
    monkeypatch.setattr(polling, "ROUNDS", 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("service", "jobs"), [("video-ocr", 2_030), ("vod-ai", 55)])
async def test_a_look_takes_the_fewest_requests_and_little_memory(service: str, jobs: int, tmp_path: Path):
    swept = await sweeps.measure(service, jobs, tmp_path)
    assert (swept.jobs, swept.requests) == (jobs, swept.least)
    assert swept.quiet, "no job has changed"
    assert jobs < 1_000 or swept.redis_bytes < swept.kilobyte, "what is there once weighs less with many"
    assert len(swept.row) == len(sweeps.COLUMNS)


@pytest.mark.parametrize("service", ["video-ocr", "vod-ai"])
async def test_ten_minutes_take_hardly_more_requests_than_needed(service: str, tmp_path: Path):
    kept = await sweeps.keep_up(service, 100, tmp_path)
    assert kept.requests <= kept.least * 1.2
    assert len(kept.row) == len(sweeps.KEPT_COLUMNS)


async def test_a_worker_looks_at_the_jobs_of_two_services(tmp_path: Path):
    done = await rounds.measure(40, tmp_path)
    assert done.jobs == 40
    assert done.rss_bytes < 300 * 2**20
    assert len(done.row) == len(rounds.COLUMNS)


async def test_many_changes_in_one_channel_are_few_messages(tmp_path: Path):
    burst = await telling.burst("video-ocr", 120, tmp_path, another=False)
    assert burst.messages <= 10
    assert burst.refused == 0
    assert len(burst.row) == len(telling.BURST_COLUMNS)


@pytest.mark.usefixtures("small")
@pytest.mark.filterwarnings("ignore:datetime.datetime.utc.*:DeprecationWarning", "ignore:invalid escape sequence")
@pytest.mark.parametrize(("service", "a_request"), [("video-ocr", 100), ("vod-ai", 10)])
async def test_loops_ask_about_each_job_alone(service: str, a_request: int, tmp_path: Path):
    pytest.importorskip("huaweicloudsdkcore", reason="the vendors' clients are not installed")
    pytest.importorskip("alibabacloud_vod20170321", reason="the vendors' clients are not installed")
    card_job = await polling.measure(service, 20, tmp_path)
    assert card_job.loop_requests == 20 * polling.LOOKS
    assert card_job.requests == -(-20 // a_request) * polling.LOOKS
    assert len(card_job.row) == len(polling.COLUMNS)
