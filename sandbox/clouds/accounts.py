"""The simulated accounts and their well-known, clearly made-up keys."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

MARKED_SECRET = "LEAK-sandbox"  # noqa: S105  # part of every secret in a reply, to make leaks visible
"""Part of each signed URL, password and header in the clouds' replies. It must never reach a person."""


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key, temporary if it has a security token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expired: bool = False


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """One customer of one cloud. The first keys are permanent; `token` is an IAM token (Huawei only)."""

    name: str
    cloud: Literal["huawei", "alibaba"]
    region: str
    services: tuple[str, ...]
    keys: tuple[Keys, ...]
    project_id: str = ""
    token: str | None = field(default=None, repr=False)


MEDIA_CN = CloudAccount(
    name="media-cn",
    cloud="huawei",
    region="cn-north-4",
    project_id="6204a5bd270343b5885144cf9c8c158d",
    services=("video-ocr", "image-moderation", "digital-human"),
    keys=(
        Keys("SANDBOXHUAWEIAK", "sandbox-huawei-secret-key"),
        Keys("SANDBOXHUAWEITEMPORARYAK", "sandbox-huawei-temporary-key", "sandbox-huawei-security-token"),
        Keys("SANDBOXHUAWEIEXPIREDAK", "sandbox-huawei-expired-key", "sandbox-huawei-expired-token", expired=True),
    ),
    token="sandbox-huawei-iam-token",  # noqa: S106  # made up; opens nothing but the simulated cloud
)
VOD_SG = CloudAccount(
    name="vod-sg",
    cloud="alibaba",
    region="ap-southeast-1",
    services=("vod-ai", "vod-jobs"),
    keys=(
        Keys("SANDBOXALIBABAAK", "sandbox-alibaba-secret-key"),
        Keys("STS.SANDBOXALIBABATEMPORARYAK", "sandbox-alibaba-temporary-key", "sandbox-alibaba-security-token"),
        Keys("STS.SANDBOXALIBABAEXPIREDAK", "sandbox-alibaba-expired-key", "sandbox-alibaba-expired-token", True),
    ),
)
ACCOUNTS = (MEDIA_CN, VOD_SG)


def find_keys(accounts: Iterable[CloudAccount], cloud: str, access_key_id: str) -> tuple[CloudAccount, Keys] | None:
    """Return the account and the keys with an access key id, if there are any."""
    for account in accounts:
        for keys in account.keys:
            if account.cloud == cloud and keys.access_key_id == access_key_id:
                return account, keys
    return None
