"""Refusals that the contract suite's cases do not cover in detail."""

import httpx
import pytest

from providers.errors import (
    NO_MESSAGE,
    InvalidQuery,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.http.transport import Json
from providers.huawei.codes import MEANINGS, MISMATCH, REJECTED
from providers.huawei.errors import MESSAGE_MAX, classify
from tests.providers.huawei.cloud import fixture


def error(status: int, body: Json | None, **headers: str) -> ProviderError:
    found = classify(httpx.Response(status, headers=headers), body)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "raises"), [("400", InvalidQuery), ("401", Unauthorized), ("404", Rejected), ("500", Unavailable)]
)
def test_metastudios_examples(status: str, raises: type[ProviderError]):
    body = fixture("metastudio_errors")[status]
    found = error(int(status), body)
    assert type(found) is raises
    assert found.code == body["error_code"]


def test_moderations_example():
    found = error(400, fixture("moderation_error"))
    assert (type(found), found.code, found.message) == (NotOffered, "AIS.0005", "The service does not exist.")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error_code": "A.1", "error_msg": "top"}, "A.1", "top"),
        ({"error_code": "A.1", "error_message": "as VAS's page spells it"}, "A.1", "as VAS's page spells it"),
        ({"errorCode": "A.1", "errorMsg": "camel"}, "A.1", "camel"),
        ({"code": "A.1", "message": "short"}, "A.1", "short"),
        ({"error": {"code": "A.1", "message": "nested"}}, "A.1", "nested"),
        ({"error_code": "A.1", "error": {"code": "B.2", "message": "inner"}}, "A.1", NO_MESSAGE),
        ({"error": {"inner": {"error_code": "A.1", "error_msg": "deep"}}}, "A.1", "deep"),
        ({"code": 400, "error": {"error_code": "A.1", "error_msg": "below a status"}}, "A.1", "below a status"),
        ({"error_code": 17, "error_msg": ["odd"]}, "17", NO_MESSAGE),
        ({"error_msg": "no code"}, "HTTP 400", "no code"),
        ({}, "HTTP 400", NO_MESSAGE),
        (None, "HTTP 400", NO_MESSAGE),
    ],
)
def test_every_spelling_of_an_error(body: Json | None, code: str, message: str):
    found = error(400, body)
    assert (found.code, found.message) == (code, message)


def test_the_request_id_comes_from_the_header_or_the_body():
    assert error(400, {"request_id": "body"}, **{"X-Request-Id": "header"}).request_id == "header"
    assert error(400, {"request_id": "body"}).request_id == "body"


def test_a_wrong_secret_key_differs_from_other_wrong_credentials():
    said = "Incorrect IAM authentication information: verify aksk signature fail, AK"
    assert error(401, {"error_code": "APIGW.0301", "error_msg": f"{said} SECRET"}).message == MISMATCH
    assert error(401, {"error_code": "APIGW.0301", "error_msg": "AK SECRET not found"}).message == REJECTED


def test_messages_are_cut_and_scrubbed():
    found = error(400, {"error_code": "IVA.0004", "error_msg": "see https://a.example/b?Signature=SECRET " + "x" * 900})
    assert "SECRET" not in found.message
    assert len(found.message) == MESSAGE_MAX


def test_a_code_without_a_message_is_explained():
    assert error(403, {"error_code": "IVA.0007"}).message == MEANINGS["IVA.0007"]


def test_an_error_code_in_a_good_reply_is_an_error_and_a_jobs_own_error_is_not():
    assert isinstance(error(200, {"error_code": "AIS.0003", "error_msg": "internal"}), Unavailable)
    assert isinstance(error(200, {"error_code": "NEW.1"}), Rejected)
    assert classify(httpx.Response(200), {"error_code": "ALG.002", "error_msg": "failed"}) is None
    assert classify(httpx.Response(200), {"error": {"code": "ALG.002", "message": "failed"}}) is None


def test_only_a_retryable_error_has_a_wait():
    assert error(429, {}, **{"Retry-After": "3"}).retry_after == 3
    assert error(503, {}, **{"Retry-After": "3"}).retry_after == 3
    assert error(403, {}, **{"Retry-After": "3"}).retry_after is None
    assert isinstance(error(429, None), Throttled)
