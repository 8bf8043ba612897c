from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import given
from hypothesis import strategies as st

from providers.alibaba.auth import ALGORITHM, Acs3Auth, authorization
from providers.http.canonical_query import canonical_query
from providers.secrets import SecretMissing, SecretRef

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
KEYS = ("testid", "testsecret")
STS = {"x-acs-accesskey-id": "testid", "x-acs-security-token": "ststoken"}


def headers(host: str, action: str, **more: str) -> dict[str, str]:
    return {
        "host": host,
        "x-acs-action": action,
        "x-acs-version": "2017-03-21",
        "x-acs-date": "2024-01-02T03:04:05Z",
        "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
        "x-acs-content-sha256": EMPTY,
        **more,
    }


def signature(signed: dict[str, str], parameters: dict[str, str], keys: tuple[str, str] = KEYS) -> str:
    url = httpx.URL(f"https://{signed['host']}/?{canonical_query(parameters.items())}")
    return authorization("POST", url, signed, *keys).rpartition("Signature=")[2]


def test_the_vendors_published_vector():
    signed = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": EMPTY,
    }
    parameters = {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    expected = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert signature(signed, parameters, ("YourAccessKeyId", "YourAccessKeySecret")) == expected


@pytest.mark.parametrize(
    ("signed", "parameters", "expected"),
    [
        (
            headers("vod.cn-shanghai.aliyuncs.com", "ListAIJob"),
            {"JobIds": "a718a3a1e8bb42ee3bc88921e9400000,aasdcsfg782740asd300000000000000"},
            "0642affa9639e38b2145c7d9e76d65d50a281a90f984839a115b810cc54e0015",
        ),
        (
            headers("vod.ap-southeast-1.aliyuncs.com", "GetJobDetail"),
            {"JobId": "5c9dff751ba000000000059d50a967f5", "JobType": "ai"},
            "cf6900ae636180a96affc1f388ca6cac5013cfb7430ee50b9a1e7b596c1e512a",
        ),
        (
            headers("vod.ap-southeast-1.aliyuncs.com", "GetJobDetail", **STS),
            {"JobId": "5c9dff751ba000000000059d50a967f5", "JobType": "ai"},
            "caefb43c76d062130039e99eca34b6f50546cbc4ed91696b57d6176e2bb67411",
        ),
    ],
    ids=["two ids", "id and type", "temporary credentials"],
)
def test_vectors_computed_with_the_vendors_signer(signed: dict[str, str], parameters: dict[str, str], expected: str):
    assert signature(signed, parameters) == expected


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TOKENS = st.from_regex(r"[!-~]{1,40}", fullmatch=True)


@given(
    parameters=st.dictionaries(NAMES, VALUES, max_size=6),
    nonce=TOKENS,
    date=st.datetimes(timezones=st.just(UTC)),
    keys=st.tuples(st.from_regex(r"[A-Za-z0-9.]{1,30}", fullmatch=True), TOKENS),
    token=st.none() | TOKENS,
)
def test_random_requests_are_signed_like_the_vendors_own_client_does(
    parameters: dict[str, str], nonce: str, date: datetime, keys: tuple[str, str], token: str | None
):
    sts = {} if token is None else {"x-acs-accesskey-id": keys[0], "x-acs-security-token": token}
    signed = headers("vod.cn-shanghai.aliyuncs.com", "ListAIJob", **sts)
    signed |= {"x-acs-signature-nonce": nonce, "x-acs-date": date.strftime("%Y-%m-%dT%H:%M:%SZ")}
    url = httpx.URL(f"https://vod.cn-shanghai.aliyuncs.com/?{canonical_query(parameters.items())}")
    theirs = SimpleNamespace(method="POST", pathname="/", query=parameters, headers=signed)
    expected = Utils.get_authorization(theirs, ALGORITHM, EMPTY, *keys)  # pyright: ignore[reportUnknownMemberType]  # no types
    assert authorization("POST", url, signed, *keys) == expected


def signed_request(auth: Acs3Auth, request: httpx.Request) -> httpx.Headers:
    return next(auth.auth_flow(request)).headers


def new_request() -> httpx.Request:
    acs = {"x-acs-action": "ListAIJob", "x-acs-version": "2017-03-21", "accept": "application/json"}
    return httpx.Request("POST", "https://vod.cn-shanghai.aliyuncs.com/?JobIds=a%2Cb", headers=acs)


PAIR = (SecretRef("env:VOD_TEST_AK"), SecretRef("env:VOD_TEST_SK"))


def test_each_try_has_its_own_nonce():
    auth, request = Acs3Auth(*PAIR), new_request()
    first = dict(signed_request(auth, request))
    second = dict(signed_request(auth, request))
    assert first["x-acs-signature-nonce"] != second["x-acs-signature-nonce"]
    assert first["authorization"] != second["authorization"]


def test_each_try_has_the_date_of_its_time():
    dates = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    auth, request = Acs3Auth(*PAIR, now=lambda: next(dates)), new_request()
    assert signed_request(auth, request)["x-acs-date"] == "2026-01-01T00:00:00Z"
    assert signed_request(auth, request)["x-acs-date"] == "2026-01-02T00:00:00Z"


def test_only_headers_that_arrive_unchanged_are_signed():
    sent = signed_request(Acs3Auth(*PAIR), new_request())["authorization"]
    names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    assert f"SignedHeaders={names}," in sent


def test_temporary_credentials_are_sent_and_signed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VOD_TEST_TOKEN", "ststoken")
    sent = signed_request(Acs3Auth(*PAIR, SecretRef("env:VOD_TEST_TOKEN")), new_request())
    assert (sent["x-acs-accesskey-id"], sent["x-acs-security-token"]) == ("testid", "ststoken")
    assert "x-acs-accesskey-id;" in sent["authorization"]
    assert ";x-acs-security-token;" in sent["authorization"]


def test_keys_are_read_when_they_are_needed(monkeypatch: pytest.MonkeyPatch):
    auth = Acs3Auth(*PAIR)
    monkeypatch.setenv("VOD_TEST_AK", "rotated")
    assert "Credential=rotated," in signed_request(auth, new_request())["authorization"]
    monkeypatch.delenv("VOD_TEST_AK")
    with pytest.raises(SecretMissing):
        signed_request(auth, new_request())


def test_neither_key_nor_token_is_in_a_repr():
    assert "testsecret" not in repr(Acs3Auth(*PAIR))
