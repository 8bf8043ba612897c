"""The same requests through the vendors' own clients, which block: a thread for each parallel request."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import httpx

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG

Call = Callable[[], Any]


async def ask(calls: Sequence[Call], at_once: int) -> list[Any]:
    """Run every call, up to `at_once` in parallel, and return the answers."""
    with ThreadPoolExecutor(at_once) as threads:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(threads, call) for call in calls))


def video_ocr(url: str, requests: Sequence[httpx.Request]) -> list[Call]:
    """Return calls of Huawei's VAS client."""
    from huaweicloudsdkvas.v2 import ListTasksDetailsRequest, VasClient

    client = _huawei(VasClient, url)
    return [_call(client.list_tasks_details, ListTasksDetailsRequest("video-ocr", **_fields(one))) for one in requests]


def video_ocr_task(url: str, requests: Sequence[httpx.Request]) -> list[Call]:
    """Return calls of Huawei's VAS client, for one task each."""
    from huaweicloudsdkvas.v2 import ShowTaskRequest, VasClient

    client = _huawei(VasClient, url)
    ids = [one.url.path.rsplit("/", 1)[1] for one in requests]
    return [_call(client.show_task, ShowTaskRequest("video-ocr", each)) for each in ids]


def image_moderation(url: str, requests: Sequence[httpx.Request]) -> list[Call]:
    """Return calls of Huawei's Moderation client, of the last release line with batch jobs."""
    from huaweicloudsdkmoderation.v2 import ModerationClient, RunCheckTaskJobsRequest

    client = _huawei(ModerationClient, url)
    return [_call(client.run_check_task_jobs, RunCheckTaskJobsRequest(**_fields(one))) for one in requests]


def digital_human(url: str, requests: Sequence[httpx.Request]) -> list[Call]:
    """Return calls of Huawei's MetaStudio client."""
    from huaweicloudsdkmetastudio.v1 import ListDigitalHumanVideoRequest, MetaStudioClient

    client = _huawei(MetaStudioClient, url)
    return [_call(client.list_digital_human_video, ListDigitalHumanVideoRequest(**_fields(one))) for one in requests]


_VOD_CALLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ListAIJob": ("list_aijob", "ListAIJobRequest"),
        "GetJobDetail": ("get_job_detail", "GetJobDetailRequest"),
        "GetTranscodeTask": ("get_transcode_task", "GetTranscodeTaskRequest"),
        "GetAIMediaAuditJob": ("get_aimedia_audit_job", "GetAIMediaAuditJobRequest"),
    }
)
"""A method of Alibaba's client and the model of its request, by operation."""


def vod(url: str, requests: Sequence[httpx.Request]) -> list[Call]:
    """Return calls of Alibaba's VOD client."""
    from alibabacloud_tea_openapi.models import Config
    from alibabacloud_vod20170321 import client as vod_client
    from alibabacloud_vod20170321 import models

    keys, host = VOD_SG.keys[0], url.removeprefix("http://")
    config: Any = Config(keys.access_key_id, keys.secret_access_key, protocol="http", endpoint=host)
    client: Any = vod_client.Client(config)
    calls: list[Call] = []
    for request in requests:
        method, model = _VOD_CALLS[request.headers["x-acs-action"]]
        calls.append(_call(getattr(client, method), getattr(models, model)().from_map(_query(request))))
    return calls


def _call(method: Callable[[Any], Any], question: Any) -> Call:
    return lambda: method(question)


def _huawei(client: Any, url: str) -> Any:
    from huaweicloudsdkcore.auth.credentials import BasicCredentials

    keys = MEDIA_CN.keys[0]
    credentials = BasicCredentials(keys.access_key_id, keys.secret_access_key, MEDIA_CN.project_id)
    return client.new_builder().with_credentials(credentials).with_endpoints([url]).build()


def _fields(request: httpx.Request) -> dict[str, Any]:
    """Return the query as Huawei's models take it."""
    return {name: int(value) if value.isdecimal() else value for name, value in _query(request).items()}


def _query(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
