"""The registry: every service there is, and where its provider lives. A new service is one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Service(NamedTuple):
    """The class `provider` of `providers/CLOUD/MODULE.py`; the cloud also says which accounts can have the service."""

    cloud: str
    module: str
    provider: str


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "video-ocr": Service("huawei", "video_ocr", "VideoOcr"),
        "image-moderation": Service("huawei", "image_moderation", "ImageModeration"),
        "digital-human": Service("huawei", "digital_human", "DigitalHuman"),
        "vod-ai": Service("alibaba", "vod_ai", "VodAi"),
        "vod-jobs": Service("alibaba", "vod_jobs", "VodJobs"),
    }
)


def services_of(cloud: str) -> list[str]:
    """Return the services that an account of a cloud can have."""
    return [name for name, service in SERVICES.items() if service.cloud == cloud]
