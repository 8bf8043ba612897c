import httpx
import pytest
from freezegun import freeze_time

from providers.alibaba.codes import MEANINGS
from providers.alibaba.errors import classify
from providers.errors import (
    NO_MESSAGE,
    Forbidden,
    InvalidQuery,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from tests.providers.alibaba.cloud import Json, refused


def error_of(status: int, body: Json | None, **headers: str) -> ProviderError:
    """Return the error of a reply; `None` is a body that is not a JSON object."""
    error = classify(httpx.Response(status, headers=headers), body)
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("SignatureDoesNotMatch", Unauthorized),
        ("IncompleteSignature", Unauthorized),
        ("InvalidSignatureMethod", Unauthorized),
        ("InvalidAccessKeyId.NotFound", Unauthorized),
        ("InvalidAccessKeyId.Inactive", Unauthorized),
        ("InvalidSecurityToken.Expired", Unauthorized),
        ("InvalidTimeStamp.Expired", Unauthorized),
        ("InvalidTimeStamp.Format", Unauthorized),
        ("Forbidden", Forbidden),
        ("Forbidden.RAM", Forbidden),
        ("OperationDenied.Suspended", Forbidden),
        ("OperationDenied", NotOffered),
        ("InvalidApi.NotFound", NotOffered),
        ("InvalidProduct.NotFound", NotOffered),
        ("Throttling", Throttled),
        ("Throttling.User", Throttled),
        ("Throttling.Api", Throttled),
        ("InternalError", Unavailable),
        ("ServiceUnAvailable", Unavailable),
        ("ServiceUnavailable", Unavailable),
        ("SignatureNonceUsed", Unavailable),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_the_code_counts_and_not_the_status(code: str, expected: type[ProviderError], status: int):
    error = error_of(status, {"Code": code, "Message": "No.", "RequestId": "ID"})
    assert type(error) is expected
    assert (error.code, error.request_id) == (code, "ID")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("MissingParameter", InvalidQuery),
        ("MissingJobId", InvalidQuery),
        ("InvalidParameter", InvalidQuery),
        ("InvalidMediaId", InvalidQuery),
        ("InvalidParameter.ResourceNotFound", Rejected),
    ],
)
def test_a_code_that_may_be_a_jobs_own_failure_is_none_of_a_good_reply(code: str, expected: type[ProviderError]):
    for status in (400, 403, 404):
        assert type(error_of(status, {"Code": code})) is expected
    assert classify(httpx.Response(200), {"Code": code}) is None


@pytest.mark.parametrize("code", ["JobNotExist", "Job.NotFound", "InvalidJobId.NotFound", "NoSuchResource"])
def test_a_not_found_code_means_no_job_where_none_was_requested(code: str):
    assert type(error_of(404, {"Code": code})) is Rejected


@pytest.mark.parametrize(
    ("status", "without", "unheard_of"),
    [
        (302, NotOffered, NotOffered),
        (400, Rejected, Rejected),
        (401, Unauthorized, Unauthorized),
        (403, Forbidden, Rejected),
        (404, NotOffered, Rejected),
        (405, NotOffered, Rejected),
        (407, Rejected, Rejected),
        (408, Unavailable, Unavailable),
        (418, Rejected, Rejected),
        (429, Throttled, Throttled),
        (500, Unavailable, Unavailable),
        (502, Unavailable, Unavailable),
        (599, Unavailable, Unavailable),
    ],
)
def test_without_a_known_code_the_status_counts(
    status: int, without: type[ProviderError], unheard_of: type[ProviderError]
):
    assert [type(error_of(status, body)) for body in (None, {}, {"Code": None}, {"Code": status})] == [without] * 4
    assert type(error_of(status, {"Code": "Unheard.Of"})) is unheard_of


@pytest.mark.parametrize("body", [None, {}, {"RequestId": "ID"}], ids=str)
@pytest.mark.parametrize("status", [302, 400, 404, 502, 503])
def test_a_refusal_without_a_code_goes_by_its_status(status: int, body: Json | None):
    error = error_of(status, body)
    assert (error.code, error.message) == (f"HTTP {status}", NO_MESSAGE)


def test_an_unknown_code_without_a_message_says_so():
    assert error_of(400, {"Code": "Unheard.Of", "Message": " "}).message == NO_MESSAGE


@pytest.mark.parametrize("body", [{}, {"RequestId": "ID"}, {"Code": "200"}, {"Code": "OK", "Message": "OK"}, None])
def test_a_success_is_an_answer(body: Json | None):
    assert classify(httpx.Response(200), body) is None


def test_the_lower_case_spelling_is_read():
    error = error_of(400, {"code": "Throttling.Api", "message": "Slow down.", "requestId": "ID"})
    assert (type(error), error.code, error.message, error.request_id) == (
        Throttled,
        "Throttling.Api",
        "Slow down.",
        "ID",
    )


def test_a_request_id_in_a_header_counts_where_the_body_has_none():
    response = httpx.Response(500, headers={"x-acs-request-id": "ID"}, text="oops")
    error = classify(response, None)
    assert error is not None
    assert error.request_id == "ID"


def xml_error(text: str) -> ProviderError:
    error = classify(httpx.Response(400, text=text, headers={"content-type": "text/xml;charset=utf-8"}), None)
    assert error is not None
    return error


def test_xml_is_read():
    error = xml_error(
        '<?xml version="1.0" encoding="UTF-8"?><Error><RequestId>ID</RequestId><HostId>vod</HostId>'
        "<Code>InvalidParameter</Code><Message>&quot;JobIds&quot; is &lt;bad&gt;.</Message></Error>"
    )
    assert (type(error), error.request_id, error.message) == (InvalidQuery, "ID", '"JobIds" is <bad>.')


@pytest.mark.parametrize("text", ["\n<?xml version='1.0'?><Error>", "<Error>"])
def test_xml_is_read_that_calls_itself_something_else(text: str):
    response = httpx.Response(
        400, text=f"{text}<Code>Throttling</Code></Error>", headers={"content-type": "text/plain"}
    )
    assert type(classify(response, None)) is Throttled


def test_entities_of_xml_do_not_explode():
    bomb = "<!DOCTYPE lolz [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><Error><Code>Forbidden</Code><Message>&b;</Message>"
    assert xml_error(bomb).message == "&b;"
    assert type(xml_error("<" * 1_000_000)) is Rejected


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId.NotFound"])
def test_messages_about_credentials_are_never_kept(code: str):
    error = error_of(400, {"Code": code, "Message": "string to sign is: x-acs-security-token:LEAK"})
    assert "LEAK" not in str(error)
    assert error.message == MEANINGS[code]


def test_an_echo_under_another_code_is_not_kept_either():
    error = error_of(400, {"Code": "InvalidFoo", "Message": "Bad request: x-acs-security-token:LEAK"})
    assert "LEAK" not in str(error)


def test_urls_in_messages_lose_their_query():
    error = error_of(400, {"Code": "InvalidFoo", "Message": "Cannot read https://h/p?Signature=LEAK now"})
    assert error.message == "Cannot read https://h/p now"


def test_a_clock_problem_says_so():
    assert "clock" in error_of(400, {"Code": "InvalidTimeStamp.Expired"}).message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1500", 1.5), ("1", 0.001), ("0", None), ("-5", None), ("soon", None), ("", None), ("9" * 5000, None)],
)
def test_the_wait_is_read_in_milliseconds(header: str, seconds: float | None):
    assert error_of(400, {"Code": "Throttling"}, **{"x-acs-retry-after": header}).retry_after == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT"}, 30),
        ({"Retry-After": "3", "x-acs-retry-after": "1500"}, 1.5),
        ({"Retry-After": "3", "x-acs-retry-after": "soon"}, 3),
        ({"Retry-After": "soon"}, None),
    ],
    ids=str,
)
@freeze_time("2026-11-22 10:00:00")
def test_the_standard_header_is_in_seconds_and_comes_second(headers: dict[str, str], seconds: float | None):
    for status, code in ((429, "Throttling"), (400, "Throttling.User"), (429, None)):
        assert error_of(status, {"Code": code}, **headers).retry_after == seconds


def test_the_fake_cloud_refuses_like_the_real_one():
    response = refused("Throttling", x_acs_retry_after="20")
    error = classify(response, response.json())
    assert isinstance(error, Throttled)
    assert error.retry_after == 0.02
