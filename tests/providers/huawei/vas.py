"""Fake VAS endpoints that list and show Video OCR tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from providers.huawei.video_ocr import VideoOcr
from providers.models import JobPage, JobQuery
from tests.providers.huawei.cloud import Answer, Cloud, Json

TASKS = "services/video-ocr/tasks"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def task(number: int, state: str = "RUNNING", **more: Any) -> Json:
    """Return a task that is `number` minutes old."""
    return {
        "id": f"{number:032x}",
        "state": state,
        "name": f"job-{number}",
        "created_at": (START - timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }


def numbers(jobs: Sequence[Any]) -> list[int]:
    return [int(job.id, 16) for job in jobs]


def vas(tasks: Sequence[Json], *, instants_per_second: int = 1000) -> Cloud:
    """Return a VAS that filters as documented, with times in milliseconds or another unit."""

    def listed(asked: httpx.QueryParams) -> Json:
        matching = [one for one in tasks if asked.get("state") in {None, one["state"]}]
        matching = [one for one in matching if asked.get("name_like", "") in one["name"]]
        if since := asked.get("created_since"):
            matching = [one for one in matching if _created(one) * instants_per_second >= int(since)]
        if until := asked.get("created_until"):
            matching = [one for one in matching if _created(one) * instants_per_second <= int(until)]
        offset = int(asked["offset"])
        return {"count": len(matching), "tasks": matching[offset : offset + int(asked["limit"])]}

    def shown(one: Json) -> Answer:
        return lambda _: one

    return Cloud({TASKS: listed} | {f"{TASKS}/{one['id']}": shown(one) for one in tasks})


def _created(one: Json) -> float:
    return datetime.fromisoformat(one["created_at"]).timestamp()


async def pages(subject: VideoOcr, query: JobQuery) -> list[JobPage]:
    found = [await subject.page(query)]
    while found[-1].cursor is not None and len(found) < 50:
        found.append(await subject.page(query, found[-1].cursor))
    return found


def short_pages(tasks: Sequence[Json], **count: Any) -> Cloud:
    """Return a VAS that sends five tasks at a time, regardless of the limit."""

    def listed(asked: httpx.QueryParams) -> Json:
        matching = [one for one in tasks if asked.get("state") in {None, one["state"]}]
        return {"tasks": matching[int(asked["offset"]) :][:5], **count}

    return Cloud({TASKS: listed})
