"""The benchmark of the providers, small: every contestant asks what Callboard asks."""

import httpx
import pytest

from bench import bare, providers, vendors
from bench.clouds import clouds
from bench.measure import in_turns

pytest.importorskip("huaweicloudsdkcore", reason="the vendors' clients are not installed")
pytest.importorskip("alibabacloud_vod20170321", reason="the vendors' clients are not installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence"),
]

JOBS = 40
MEASURES = pytest.mark.heavy("measures the CPU of contestants")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(providers, "JOBS", JOBS)
    monkeypatch.setattr(providers, "SINGLE_LOOKUPS", 12)
    monkeypatch.setattr(providers, "TRANSPORT_REQUESTS", 10)
    monkeypatch.setattr(providers, "ROUNDS", 1)


@MEASURES
@pytest.mark.usefixtures("small")
async def test_every_contestant_is_asked_the_same():
    with clouds(JOBS, frozen=True) as where:
        for work in providers.workloads(where):
            jobs, requests = await providers.recorded(work)
            async with httpx.AsyncClient() as client:
                bodies = await bare.ask(client, bare.signed(requests, providers.auth_of(work.account)), work.at_once)
            models = await vendors.ask(work.vendor(where.url, requests), work.at_once)
            assert len(bodies) == len(models) == len(requests) > 0, work.title
            assert len(jobs) >= 12, work.title


@MEASURES
@pytest.mark.usefixtures("small")
async def test_the_tables():
    with clouds(JOBS, frozen=True) as where:
        work = providers.workloads(where)[-1]
        row = await providers.compare(work, where)
        transports = await providers.compare_transports(where)
    assert row[:2] == ["look up vod-jobs", "12"]
    assert [name for name, *_ in transports] == ["httpx's own", "aiohttp under httpx"]


async def test_contestants_take_turns():
    turns: list[str] = []

    async def run(name: str) -> None:
        turns.append(name)

    costs = await in_turns({name: lambda name=name: lambda: run(name) for name in ("one", "other")}, rounds=3)
    assert turns == ["one", "other"] * 3
    assert list(costs) == ["one", "other"]
