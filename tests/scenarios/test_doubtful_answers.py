"""A gateway's wrong answer ends no subscription: the job is still tracked, or waits until it is found."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sandbox.clouds.jobs import Job
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Answer

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]


def remove(stage: Stage, job: Job, service: str) -> None:
    stage.world.store("vod-sg" if service.startswith("vod") else "media-cn", service).remove(job.id)


def add(stage: Stage, job: Job, service: str) -> None:
    stage.world.store("vod-sg" if service.startswith("vod") else "media-cn", service).add(job)


def said(answers: Sequence[Answer], words: str) -> list[str]:
    return [answer.ts for answer in answers if answer.says(words)]


@pytest.mark.parametrize("service", ["vod-jobs", "vod-ai", "video-ocr", "image-moderation", "digital-human"])
async def test_a_job_is_followed_on_while_its_api_is_missing(
    stage: Stage, service: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.domain.absence.LOST_AFTER", timedelta(seconds=0.5))
    monkeypatch.setattr("bot.domain.sweeps.FAILING", timedelta(seconds=2))
    monkeypatch.setattr("bot.domain.sweeps.BACK_OFF_MAX_S", 0.3)
    job = stage.scene.job(service, name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    await stage.fault(service, "not_found_api")
    await stage.dana.hears("Not checked since")
    await stage.clouds.delete("/control/fault")
    stage.world.end(job.id, "failed")
    await stage.dana.hears("Failed", thread_ts=card.ts)
    assert not said([*await stage.dana.sees(), *await stage.dana.sees("D0DANA")], "Gone")


async def test_a_lost_job_that_is_found_again_restores_its_subscription(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.domain.absence.LOST_AFTER", timedelta(seconds=1))
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    remove(stage, job, "video-ocr")
    await stage.dana.hears("Gone", thread_ts=card.ts)
    add(stage, job, "video-ocr")
    await stage.lee.types(f"/jobs show {job.id}")
    await stage.dana.hears("subscription restored", thread_ts=card.ts)
    await stage.dana.hears("is restored", "D0DANA")
    stage.world.end(job.id, "failed")
    await stage.dana.hears("Failed", thread_ts=card.ts)


async def test_a_job_that_is_not_found_and_has_no_witness_is_suspended_and_restored(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.domain.absence.LOST_AFTER", timedelta(seconds=1))
    job = stage.scene.job("vod-jobs", name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    remove(stage, job, "vod-jobs")
    await stage.dana.hears("still checking", thread_ts=None)
    monkeypatch.setattr("bot.domain.absence.SUSPENDED_AFTER", timedelta(seconds=1))
    note = await stage.dana.hears("Suspended", "D0DANA")
    shown = await stage.dana.hears("Suspended", thread_ts=None)
    assert shown.ts == card.ts
    assert "Restore" in note.buttons()
    monkeypatch.setattr("bot.domain.absence.SUSPENDED_AFTER", timedelta(hours=24))
    add(stage, job, "vod-jobs")
    await stage.dana.starts("Restore", shown)
    await stage.dana.hears("next check", thread_ts=None)
    stage.world.end(job.id, "failed")
    await stage.dana.hears("Failed", thread_ts=card.ts)
    assert not said(await stage.dana.sees(), "Gone")
