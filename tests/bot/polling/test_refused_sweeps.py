"""Real providers whose cloud refuses for a while. Followed jobs stay followed, and their news arrives afterwards."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast

import httpx
import pytest

from bot.deps.deps import Deps
from bot.domain.catalog import ServiceFilter
from bot.domain.changes import Change, EndReason
from bot.domain.outbox import ChangedEntry, SubscribedEntry
from bot.domain.sweeps import BACK_OFF_MAX_S
from bot.jobs.queries import list_jobs, show_jobs
from bot.polling.sweep import sweep
from bot.store import Store
from bot.views.errors import service_error
from bot.views.terminal import json_output
from providers.base import Provider
from providers.models import Job, JobQuery, JobRef, JobState
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, TERMS
from tests.providers.alibaba.cloud import Cloud as Alibaba
from tests.providers.alibaba.cloud import refused as refused_by_vod
from tests.providers.huawei.cloud import Cloud as Huawei
from tests.providers.huawei.cloud import Json
from tests.providers.huawei.cloud import refused as refused_by_vas

ID = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
MEDIA = "2dc1634e00000000003f1d22d1a0174f"
TASKS = "services/video-ocr/tasks"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOD_TEST_AK", "VOD_TEST_SK", "HUAWEI_TEST_AK", "HUAWEI_TEST_SK"):
        monkeypatch.setenv(name, "testid")


@dataclass
class Gateway:
    """A cloud with one failed job, whose gateway answers with `reply` while that is set."""

    store: Store
    reply: httpx.Response | None = None
    now: datetime = NOW
    deps: Deps = field(init=False)

    def video_ocr(self) -> Provider:
        def answer(shown: Json) -> Json | httpx.Response:
            return self.reply or shown

        task = {"id": ID, "state": "FAILED", "error": {"code": "ALG.002", "message": "no input"}}
        listed: Json = {"count": 1, "tasks": [task]}
        cloud = Huawei({f"{TASKS}/{ID}": lambda _: answer(task), TASKS: lambda _: answer(listed)})
        return self._opened(cloud.video_ocr())

    def vod_jobs(self) -> Provider:
        def answer(shown: Json) -> Json | httpx.Response:
            return self.reply or shown

        detail = {"TranscodeJobDetail": {"JobId": ID, "Status": "TranscodeFail"}}
        cloud = Alibaba(GetJobDetail=lambda _: answer(detail), ListJobInfo=lambda _: answer({"JobInfoList": []}))
        return self._opened(cloud.vod_jobs())

    def _opened(self, made: object) -> Provider:
        provider = cast("Provider", made)
        self.deps = Deps([provider], self.store, clock=lambda: self.now)
        return provider

    async def told(self, provider: Provider) -> list[Change]:
        snapshot = await self.store.outbox.read(DESTINATION, [f"{provider.account}/{provider.service}"])
        return [entry.body.change for entry in snapshot.entries if isinstance(entry.body, ChangedEntry)]

    async def follow(self, provider: Provider) -> None:
        job = Job(account=provider.account, service=provider.service, id=ID, state=JobState.RUNNING, created_at=NOW)
        entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
        await self.store.tracked.subscribe(job, NOW - timedelta(seconds=10), NOW, DESTINATION, "card", entry, "U1")


@pytest.fixture
def gateway(store: Store) -> Gateway:
    return Gateway(store)


async def refuses_for_an_hour(gateway: Gateway, provider: Provider, kind: str) -> None:
    """The job stays followed, the service is polled less and less often, and then the news arrives."""
    await gateway.follow(provider)
    waits: list[float] = []
    while gateway.now < NOW + timedelta(hours=1):
        wait = await sweep(gateway.deps, provider)
        assert wait is not None
        assert await gateway.told(provider) == []
        waits.append(wait)
        gateway.now += timedelta(seconds=wait)
    assert all(before <= after for before, after in pairwise(waits))
    assert waits[-1] == BACK_OFF_MAX_S
    service = (provider.account, provider.service)
    failing = (await gateway.store.sweeps.read([service]))[service]
    assert failing.error
    assert (failing.error.kind, failing.failing_since) == (kind, NOW)
    gateway.reply = None
    await sweep(gateway.deps, provider)
    [change] = await gateway.told(provider)
    assert (change.fate, change.job.state) == (EndReason.ENDED, JobState.FAILED)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("InvalidAction.NotFound", 404, "not_offered"),
        ("InvalidRegionId.NotFound", 404, "not_offered"),
        ("InvalidVideo.NotFound", 404, "rejected"),
        ("Unheard.Of", 400, "rejected"),
        ("IllegalTimestamp", 400, "unauthorized"),
    ],
)
async def test_a_vod_job_outlives_a_gateway_that_refuses(gateway: Gateway, code: str, status: int, kind: str):
    gateway.reply = refused_by_vod(code, status)
    await refuses_for_an_hour(gateway, gateway.vod_jobs(), kind)


@pytest.mark.parametrize(
    ("code", "kind"), [("IVA.0005", "not_offered"), ("APIGW.0101", "not_offered"), ("Unheard.0001", "rejected")]
)
async def test_an_ocr_job_outlives_a_service_that_is_not_there(gateway: Gateway, code: str, kind: str):
    gateway.reply = refused_by_vas(code, 404)
    await refuses_for_an_hour(gateway, gateway.video_ocr(), kind)


async def test_a_media_that_cannot_be_listed_is_a_line_about_the_service(gateway: Gateway):
    gateway.reply = refused_by_vod("InvalidAction.NotFound", 404, "no such api")
    gateway.vod_jobs()
    answer = await list_jobs(gateway.deps, ServiceFilter(), JobQuery(media=MEDIA))
    [error] = answer.errors
    assert "isn't available to this account or region (`InvalidAction.NotFound`: no such api)" in service_error(error)


async def test_a_media_that_does_not_exist_has_no_jobs(gateway: Gateway):
    gateway.reply = refused_by_vod("InvalidVideo.NotFound", 404)
    gateway.vod_jobs()
    answer = await list_jobs(gateway.deps, ServiceFilter(), JobQuery(media=MEDIA))
    assert (answer.jobs, answer.errors, answer.total) == ((), (), 0)


async def test_an_undocumented_refusal_is_shown_as_it_is(gateway: Gateway):
    gateway.reply = refused_by_vod("Unheard.Of", 400, "The moon is full.")
    provider = gateway.vod_jobs()
    answer = await show_jobs(gateway.deps, [JobRef(provider.account, provider.service, ID)])
    [error] = answer.errors
    assert (answer.jobs, [each.id for each in answer.missing if each.everywhere]) == ((), [])
    line = service_error(error)
    failed = "⚠️ *vod-sg/vod-jobs* refused the request (`Unheard.Of`: The moon is full.)"
    assert line.startswith(f"{failed}, failing since <!date^")
    assert line.endswith(">. Request id `REFUSED`.")
    assert json_output.error(error) == {
        "account": "vod-sg",
        "service": "vod-jobs",
        "code": "Unheard.Of",
        "message": "The moon is full.",
        "retryable": False,
    }
