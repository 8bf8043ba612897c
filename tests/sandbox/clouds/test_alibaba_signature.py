from dataclasses import replace

import httpx
import pytest

from sandbox.clouds.accounts import VOD_SG, Keys
from sandbox.clouds.alibaba.signature import verify
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.example_jobs import VOD_AI_ID
from tests.sandbox.clouds.callers import Alibaba, Clock


async def ask(caller: Alibaba) -> httpx.Response:
    return await caller.call("ListAIJob", JobIds=VOD_AI_ID)


def published(signature: str, extra: dict[str, str], signed: str) -> Call:
    """Return the request of rows 5 and 5b of the provider API notes, section 6."""
    return Call(
        method="POST",
        raw_path="/",
        raw_query="JobId=5c9dff751ba000000000059d50a967f5&JobType=ai",
        headers={
            "host": "vod.ap-southeast-1.aliyuncs.com",
            "x-acs-action": "GetJobDetail",
            "x-acs-version": "2017-03-21",
            "x-acs-date": "2024-01-02T03:04:05Z",
            "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
            "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "authorization": f"ACS3-HMAC-SHA256 Credential=testid,SignedHeaders={signed},Signature={signature}",
            **extra,
        },
        body=b"",
    )


async def test_the_published_signatures_are_accepted():
    names = "x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    plain = published("cf6900ae636180a96affc1f388ca6cac5013cfb7430ee50b9a1e7b596c1e512a", {}, f"host;{names}")
    verify(plain, Keys("testid", "testsecret"), 1704164645)
    with_token = published(
        "caefb43c76d062130039e99eca34b6f50546cbc4ed91696b57d6176e2bb67411",
        {"x-acs-accesskey-id": "testid", "x-acs-security-token": "ststoken"},
        "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;"
        "x-acs-signature-nonce;x-acs-version",
    )
    verify(with_token, Keys("testid", "testsecret", "ststoken"), 1704164645)
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        verify(replace(plain, raw_query="JobId=5c&JobType=ai"), Keys("testid", "testsecret"), 1704164645)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_signed_request_is_answered(alibaba: Alibaba, method: str):
    response = await ask(replace(alibaba, method=method))
    assert response.status_code == 200
    assert response.json()["RequestId"] == response.json()["RequestId"].upper()


async def test_temporary_keys_need_their_token(alibaba: Alibaba):
    temporary = VOD_SG.keys[1]
    assert (await ask(replace(alibaba, keys=temporary))).status_code == 200
    without = await ask(replace(alibaba, keys=replace(temporary, security_token=None)))
    wrong = await ask(replace(alibaba, keys=replace(temporary, security_token="another")))
    expired = await ask(replace(alibaba, keys=VOD_SG.keys[2]))
    assert [reply.json()["Code"] for reply in (without, wrong, expired)] == [
        "MissingSecurityToken",
        "InvalidSecurityToken.Malformed",
        "InvalidSecurityToken.Expired",
    ]


async def test_a_mismatch_echoes_what_was_signed(alibaba: Alibaba):
    response = await ask(replace(alibaba, keys=VOD_SG.keys[1], secret="wrong"))
    assert (response.status_code, response.json()["Code"]) == (400, "SignatureDoesNotMatch")
    assert str(VOD_SG.keys[1].security_token) in response.json()["Message"]


async def test_an_unknown_access_key_is_refused(alibaba: Alibaba):
    response = await ask(replace(alibaba, keys=Keys("NOBODY", "nothing")))
    assert (response.status_code, response.json()["Code"]) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("skew_s", [-910, 910])
async def test_a_skewed_clock_is_refused(alibaba: Alibaba, skew_s: float):
    response = await ask(replace(alibaba, skew_s=skew_s))
    assert (response.status_code, response.json()["Code"]) == (400, "InvalidTimeStamp.Expired")


async def test_a_nonce_works_once(alibaba: Alibaba, clock: Clock):
    repeated = replace(alibaba, nonce="the-same")
    assert (await ask(repeated)).status_code == 200
    clock.now += 14 * 60
    response = await ask(repeated)
    assert (response.status_code, response.json()["Code"]) == (400, "SignatureNonceUsed")
    assert (await ask(alibaba)).status_code == 200


async def test_a_nonce_is_not_used_up_by_a_request_that_is_refused(alibaba: Alibaba):
    assert (await ask(replace(alibaba, nonce="first", secret="wrong"))).status_code == 400
    assert (await ask(replace(alibaba, nonce="first"))).status_code == 200


async def test_unknown_actions_and_versions_do_not_exist(alibaba: Alibaba):
    for reply in (await alibaba.call("ListJobs"), await ask(replace(alibaba, version="2015-01-01"))):
        assert (reply.status_code, reply.json()["Code"]) == (404, "InvalidApi.NotFound")


async def test_every_acs_header_has_to_be_signed(alibaba: Alibaba):
    headers = alibaba.sign("ListAIJob", f"JobIds={VOD_AI_ID}")
    url = f"/?JobIds={VOD_AI_ID}"
    smuggled = await alibaba.client.post(url, headers={**headers, "x-acs-security-token": "smuggled"})
    assert smuggled.json()["Code"] == "IncompleteSignature"
    del headers["x-acs-date"]
    assert (await alibaba.client.post(url, headers=headers)).json()["Code"] == "MissingParameter"


async def test_a_body_that_was_not_signed_is_refused(alibaba: Alibaba):
    headers = alibaba.sign("ListAIJob", f"JobIds={VOD_AI_ID}")
    response = await alibaba.client.post(f"/?JobIds={VOD_AI_ID}", headers=headers, content=b"more")
    assert response.status_code == 400
