"""Behavior that the lists of all services share."""

from typing import Any

import pytest

from providers.base import Provider
from providers.errors import Malformed
from providers.models import JobQuery
from tests.providers.huawei.cloud import Cloud, Json

LISTS = {"video_ocr": "tasks", "image_moderation": "result", "digital_human": "jobs"}
PATHS = ("services/video-ocr/tasks", "moderation/image/batch/jobs", "digital-human-videos")

every = pytest.mark.parametrize(("service", "items"), LISTS.items(), ids=LISTS)


def answering(service: str, body: Json) -> Provider:
    """Return a service whose list is always this."""
    return getattr(Cloud(dict.fromkeys(PATHS, lambda _: body)), service)()


@every
@pytest.mark.parametrize("body", [{"message": "forbidden"}, {"count": 5}, {"count": "1"}], ids=str)
async def test_a_reply_without_its_list_is_malformed(service: str, items: str, body: Json):
    with pytest.raises(Malformed, match=items) as told:
        await answering(service, body).page(JobQuery())
    assert (told.value.account, told.value.service) == ("media-cn", service.replace("_", "-"))
    assert told.value.request_id


@every
@pytest.mark.parametrize(("entries", "count"), [(None, 4), (None, None), ({}, 0), ("none", 0), (7, None)])
async def test_another_type_in_its_place_is_malformed(service: str, items: str, entries: Any, count: int | None):
    with pytest.raises(Malformed, match=items):
        await answering(service, {items: entries, "count": count}).page(JobQuery())


@every
@pytest.mark.parametrize("count", [0, "0"])
async def test_none_is_no_list_where_the_count_says_so(service: str, items: str, count: Any):
    for body in ({"count": count}, {"count": count, items: None}):
        page = await answering(service, body).page(JobQuery())
        assert (page.jobs, page.total, page.cursor) == ((), 0, None)
