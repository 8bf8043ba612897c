"""Accounts, as the configuration has them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from providers.accounts import Account, AlibabaAccount, HuaweiAccount

KEYS = {"access_key_id": "env:AK", "secret_access_key": "env:SK"}
HUAWEI: dict[str, Any] = {
    "name": "media-cn",
    "cloud": "huawei",
    "region": "cn-north-4",
    "project_id": "6204a5bd270343b5885144cf9c8c158d",
    "services": ["video-ocr"],
}
ALIBABA: dict[str, Any] = {"name": "vod", "cloud": "alibaba", "region": "cn-shanghai", "services": ["vod-ai"]}


def read(values: dict[str, Any]) -> HuaweiAccount | AlibabaAccount:
    return TypeAdapter[Any](Account).validate_python(values)


def test_a_cloud_picks_its_model():
    assert isinstance(read(HUAWEI | KEYS), HuaweiAccount)
    assert isinstance(read(ALIBABA | KEYS), AlibabaAccount)


def test_an_iam_token_replaces_a_key_pair():
    account = read(HUAWEI | {"token": "env:TOKEN"})
    assert not account.has_key_pair


WRONG: list[tuple[dict[str, Any], str]] = [
    (HUAWEI, "expected access_key_id and secret_access_key, or token"),
    (HUAWEI | {"access_key_id": "env:AK"}, "expected access_key_id and secret_access_key, or token"),
    (ALIBABA, "expected access_key_id and secret_access_key"),
    (HUAWEI | KEYS | {"endpoints": {"digital-human": "http://x"}}, "endpoints names digital-human"),
    (HUAWEI | KEYS | {"requests_per_second": {"vod-ai": 1}}, "requests_per_second names vod-ai"),
    (HUAWEI | KEYS | {"requests_per_second": {"video-ocr": 0}}, "greater than 0"),
    (HUAWEI | KEYS | {"services": ["vod-ai"]}, "should be 'video-ocr', "),
    (ALIBABA | KEYS | {"services": ["video-ocr"]}, "should be 'vod-ai'"),
    (ALIBABA | KEYS | {"services": [None]}, "should be 'vod-ai'"),
    (HUAWEI | KEYS | {"services": ["video-ocr", "video-ocr"]}, "each service once, not video-ocr again"),
    (ALIBABA | KEYS | {"services": ["vod-ai", "vod-ai"]}, "each service once"),
    (HUAWEI | KEYS | {"token": "env:TOKEN"}, "found token and access_key_id, secret_access_key, expected one"),
    (HUAWEI | {"token": "env:TOKEN", "access_key_id": "env:AK"}, "found token and access_key_id, expected one"),
    (HUAWEI | {"token": "env:TOKEN", "security_token": "env:ST"}, "found token and security_token, expected one"),
    (HUAWEI | KEYS | {"name": "vod-ai"}, "expected a name that no service has"),
    (ALIBABA | KEYS | {"name": "video-ocr"}, "expected a name that no service has"),
    (HUAWEI | KEYS | {"services": []}, "at least 1 item"),
    (HUAWEI | KEYS | {"endpoints": {"video-ocr": "no url"}}, "valid URL"),
    (HUAWEI | KEYS | {"project_id": "../x"}, "should match pattern"),
    (HUAWEI | KEYS | {"name": "a/b"}, "should match pattern"),
    (HUAWEI | KEYS | {"region": "cn.evil.example"}, "should match pattern"),
    (HUAWEI | KEYS | {"surprise": 1}, "not permitted"),
]


@pytest.mark.parametrize(("values", "message"), WRONG)
def test_a_wrong_account_is_refused(values: dict[str, Any], message: str):
    with pytest.raises(ValidationError, match=message):
        read(values)


def test_endpoints_and_rates_have_defaults():
    account = read(
        HUAWEI | KEYS | {"endpoints": {"video-ocr": "http://127.0.0.1:9100/"}, "requests_per_second": {"video-ocr": 2}}
    )
    assert account.endpoint("video-ocr", "https://default") == "http://127.0.0.1:9100"
    assert account.rate("video-ocr", 5) == 2
    plain = read(HUAWEI | KEYS)
    assert plain.endpoint("video-ocr", "https://default") == "https://default"
    assert plain.rate("video-ocr", 5) == 5
