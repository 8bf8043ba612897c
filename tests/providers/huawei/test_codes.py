"""Huawei Cloud's documented codes with their meanings, and codes that a family's rule would misread."""

import httpx
import pytest

from providers.errors import (
    Forbidden,
    InvalidQuery,
    Missing,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.huawei.codes import BY_ID, LOCKED, MEANINGS, MISMATCH, RULES
from providers.huawei.errors import classify

CLASSES: dict[type[ProviderError], str] = {
    Unauthorized: """APIGW.0301 401|APIGW.0303 401|APIGW.0305 401|APIGW.0307 401|APIGW.0311 401|APIG.0316 401
        APIG.0319 401|APIC.0301 401|IAM.0001 401|IVA.0001 401|AIS.0002 400|AIS.0026 400|MSS.00000001 401
        MSS.00010008 400|MSS.00010009 400|MSS.000000004 400|MSS.00010003 401|NEW.1 401""",
    Forbidden: """APIGW.0302 403|APIGW.0304 403|APIGW.0306 403|APIGW.0310 403|APIGW.0401 403|APIGW.0402 403
        APIGW.0404 403|APIGW.0501 405|APIGW.0502 405|APIGW.0802 403|IAM.0002 403|IAM.0003 403|IVA.0009 403
        IVA.0013 400|IVA.0014 403|IVA.0015 403|IVA.0102 403|IVA.6004 403|AIS.0027 400|AIS.0028 400|AIS.0032 400
        MSS.00022008 403|MSS.00022009 403|MSS.00022010 403|MSS.00024001 403|MSS.41000023 403|NEW.1 403""",
    InvalidQuery: """APIGW.0201 400|APIGW.0201 413|APIGW.0201 414|APIGW.0201 494|APIGW.0602 400|IAM.0007 400
        IAM.0011 400|IVA.0002 400|IVA.0003 400|IVA.0004 400|IVA.0011 400|IVA.0012 400|AIS.0010 400|AIS.0011 400
        AIS.0012 400|AIS.0014 400|AIS.0015 400|AIS.0020 400|AIS.0025 400|MSS.00000002 400|MSS.00000003 400
        MSS.10000002 400|MSS.10000003 400|MSS.10001002 400|MSS.000000003 400""",
    NotOffered: """APIGW.0101 404|APIG.0101 404|APIC.0101 404|APIGW.0103 404|APIGW.0104 400|APIGW.0105 400
        APIGW.0106 400|APIGW.0607 400|APIGW.0801 403|IVA.0005 404|IVA.0007 403|IVA.0008 403|AIS.0004 400|AIS.0005 400
        AIS.0007 400|AIS.0013 400|MSS.00010003 400|MSS.00010004 400|NEW.1 405|NEW.1 302""",
    Throttled: "APIGW.0308 429|APIG.0308 429|AIS.0031 400|MSS.41000012 403|MSS.00010003 429|NEW.1 429",
    Unavailable: """APIG.0103 500|APIG.0104 500|APIG.0105 500|APIGW.0201 500|APIGW.0201 502|APIGW.0201 504
        APIG.0202 502|APIG.0203 504|APIGW.0601 500|APIGW.0605 500|APIGW.0606 500|APIGW.0608 500|APIGW.0609 500
        APIGW.0610 500|APIGW.0611 500|APIGW.0612 500|APIGW.0613 503|APIGW.0705 500|IAM.0006 500|IVA.0006 500
        IVA.0010 503|AIS.0003 400|AIS.0405 400|MSS.00000004 500|MSS.20012345 500|MSS.000000002 500|NEW.1 500
        NEW.1 408""",
    Rejected: """IAM.0004 404|IAM.0005 409|IVA.9999 400|AIS.0030 400|AIS.0404 400|AIS.0401 400|AIS.0202 400
        MSS.00000002 404|MSS.10001001 400|MSS.10001004 400|MSS.41000003 404|MSS.47010065 400|MSS.20010100 500
        APIG.3001 404|APIG.1002 400|NEW.1 400|NEW.1 404|NEW.1 409""",
}
CASES = [
    (*pair.split(), raises) for raises, row in CLASSES.items() for line in row.splitlines() for pair in line.split("|")
]


def refusal(code: str, status: int, message: str = "No.", *, by_id: bool = False) -> ProviderError:
    request = httpx.Request("GET", "https://iva.example.com/", extensions={BY_ID: True} if by_id else {})
    error = classify(httpx.Response(status, request=request), {"error_code": code, "error_msg": message})
    assert error is not None
    return error


@pytest.mark.parametrize(("code", "status", "raises"), CASES)
def test_each_code_has_its_class_in_any_case(code: str, status: str, raises: type[ProviderError]):
    for spelling in (code, code.lower(), f" {code}\n"):
        error = refusal(spelling, int(status))
        assert type(error) is raises
        assert error.code == spelling.strip()
        assert error.message


@pytest.mark.parametrize(("code", "status", "raises"), CASES)
def test_a_request_by_id_changes_only_errors_that_name_the_job(code: str, status: str, raises: type[ProviderError]):
    assert type(refusal(code, int(status), by_id=True)) is (Missing if code == "AIS.0030" else raises)


@pytest.mark.parametrize(
    ("code", "status", "message", "asked", "raises"),
    [
        ("MSS.00009999", 400, "The task does not exist.", "by id", Missing),
        ("MSS.00009999", 404, "job not found", "by id", Missing),
        ("MSS.00009999", 404, "job not found", "a list", Rejected),
        ("MSS.00009999", 500, "job not found", "by id", Unavailable),
        ("MSS.00009999", 404, "Not Found", "by id", Rejected),
        ("MSS.00000002", 404, "Not Found", "by id", Rejected),
        ("MSS.41000003", 404, "The training task does not exist.", "by id", Rejected),
        ("NEW.1", 404, "job not found", "by id", Rejected),
        ("IVA.0005", 404, "The task is not found.", "by id", NotOffered),
        ("MSS.20019999", 500, "The asset does not exist.", "a list", Rejected),
    ],
)
def test_a_message_makes_a_job_missing_only_where_it_was_requested(
    code: str, status: int, message: str, asked: str, raises: type[ProviderError]
):
    assert type(refusal(code, status, message, by_id=asked == "by id")) is raises


@pytest.mark.parametrize("body", [None, {}, {"error": {"code": "404", "message": "Not Found"}}], ids=str)
def test_a_404_without_a_code_is_a_wrong_address(body: dict[str, object] | None):
    assert type(classify(httpx.Response(404), body)) is NotOffered
    assert type(classify(httpx.Response(407), body)) is Rejected
    assert type(classify(httpx.Response(405), body)) is NotOffered


_WRONG = "Incorrect IAM authentication information"
_EXPIRED = "signature expired, signature time"


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (f"{_WRONG}: calc aksk signature fail:{_EXPIRED}:20211217T064303Z,server time:20211217T065804Z",
         "this machine's clock is off by 15 minutes"),
        ("signature expired, signature time 20211217T094303Z, server time 20211217T065804Z",
         "this machine's clock is off by 165 minutes"),
        ("signature expired, signature time: 2021-12-17 06:43:03 +0000 UTC, server time: 2021-12-17 06:44:03 +0000 UTC",
         "this machine's clock is off by 1 minute"),
        ("Signature expired", "this machine's clock is off"),
        (f"{_EXPIRED}:20219917T064303Z,server time:20211217T065804Z", "this machine's clock is off"),
        (f"{_WRONG}: verify aksk signature fail, AK LEAK", MISMATCH),
        (f"{_WRONG}: decrypt token fail", "the token is missing, expired or not accepted"),
        (f"{_WRONG}: ak LEAK not exist", "the access key id does not exist"),
        (f"{_WRONG}: verify fail, ak LEAK reach the limit", LOCKED),
    ],
)  # fmt: skip
def test_one_code_has_five_meanings(said: str, meaning: str):
    error = refusal("APIGW.0301", 401, said)
    assert (type(error), error.message, error.retryable) == (Unauthorized, meaning, False)
    assert error.retry_after == (300 if meaning == LOCKED else None)


@pytest.mark.parametrize(
    "message",
    [
        "canonicalRequest:GET|/LEAK",
        "the AK LEAK",
        "access key LEAK",
        "access_key: LEAK",
        "StringToSign LEAK",
        "string-to-sign: LEAK",
        "Signature: LEAK",
        "Authorization: LEAK",
        "X-Auth-Token: LEAK",
        "token 0LEAK is bad",
        "see https://iam.example.com/?x=LEAK",
    ],
)
@pytest.mark.parametrize(("code", "status"), [("NEW.1", 400), ("APIGW.0302", 403), ("IVA.0004", 400), ("NEW.1", 500)])
def test_no_message_echoes_a_key_or_a_signature(code: str, status: int, message: str):
    assert "LEAK" not in str(refusal(code, status, message))


def test_each_rule_has_a_source_and_a_meaning():
    assert [rule for rule in RULES if not rule.source or not rule.meaning] == []
    assert all(MEANINGS.values())
