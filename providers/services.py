"""The registry: each service, the module of its provider, and the format of its ids."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from providers.ids import HEX, USUAL, UUID, Ids, Link

# VAS has a second format, `task7qe4sbmo` (provider API notes, section 7). Words have it too, such as `task_timeout`,
# `taskmanager1` and `task20261130`. In free text it must have a digit before a letter.
_VAS = Ids(in_text=f"{HEX}|task(?=[0-9A-Za-z]{{0,6}}[0-9][A-Za-z])[0-9A-Za-z]{{8}}")
_MODERATION = Ids(in_text=rf"{UUID}|[0-9]{{11}}_{HEX}")
# The page of a media shows the media, not the job (section 8).
_VOD_MEDIA = r"/media/video/detail/(?P<media>[0-9A-Za-z_-]{1,64})(?![0-9A-Za-z_-])"
_VOD_CONSOLES = ("vod.console.aliyun.com", "vod.console.alibabacloud.com")  # mainland and international
_VOD = Ids(in_text=HEX, links=tuple(Link(host, _VOD_MEDIA) for host in _VOD_CONSOLES))


class Service(NamedTuple):
    """The class `provider` of `providers/CLOUD/MODULE.py`. The cloud also says which accounts can have the service."""

    cloud: str
    module: str
    provider: str
    ids: Ids = USUAL


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "video-ocr": Service("huawei", "video_ocr", "VideoOcr", _VAS),
        "image-moderation": Service("huawei", "image_moderation", "ImageModeration", _MODERATION),
        "digital-human": Service("huawei", "digital_human", "DigitalHuman", Ids(in_text=UUID)),
        "vod-ai": Service("alibaba", "vod_ai", "VodAi", _VOD),
        "vod-jobs": Service("alibaba", "vod_jobs", "VodJobs", _VOD),
    }
)


def services_of(cloud: str) -> list[str]:
    """Return the services that an account of a cloud can have."""
    return [name for name, service in SERVICES.items() if service.cloud == cloud]


def ids_of(service: str) -> Ids:
    """Return the format of a service's ids."""
    return SERVICES[service].ids if service in SERVICES else USUAL


def every_ids() -> tuple[Ids, ...]:
    """Return the formats of all services' ids, without repetitions."""
    return tuple(dict.fromkeys(service.ids for service in SERVICES.values()))


def recognized(text: str) -> bool:
    """Return whether a text has the format of any service's id; words are unlikely."""
    return any(ids.recognize(text) for ids in every_ids())
