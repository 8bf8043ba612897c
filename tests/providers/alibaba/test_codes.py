"""Alibaba Cloud's documented codes with their meanings, and codes that a family's rule would misread."""

import httpx
import pytest

from providers.alibaba.codes import ALWAYS, MEANINGS, REFUSED
from providers.alibaba.errors import classify
from providers.errors import (
    CLOCK_OFF,
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

KEY = """InvalidAccessKeyId 400|InvalidAccessKeyId.NotFound 400|InvalidAccessKeyId.NotFound 404
    InvalidAccessKeyId.Inactive 400|Forbidden.AccessKeyDisabled 403|SignatureDoesNotMatch 400|SignatureDoesNotMatch 403
    IncompleteSignature 400|InvalidSignatureMethod 400|InvalidAccessKeySecret 400|NoEnabledAccessKey 400
    Forbidden.AccessKey 403|MissingAccessKeyId 400|SignatureNotMatch 403|MissingSignature 400"""
TOKEN = """InvalidSecurityToken.Expired 400|InvalidSecurityToken.Expired 403|InvalidSecurityToken.Malformed 400
    InvalidSecurityToken.MismatchWithAccessKey 400|MissingSecurityToken 400|SecurityTokenExpired 403
    SecurityToken.Expired 400|ExpiredSecurityToken 400|InvalidStsToken.Expired 400|TokenExpired 401"""
CLOCK = """InvalidTimeStamp.Expired 400|InvalidTimeStamp.Format 400|IllegalTimestamp 400|MissingTimestamp 400"""
PERMISSION = """Forbidden 403|Forbidden.RAM 403|Forbidden.NotSupportRAM 403|Forbedden.NotSupportRAM 403
    Forbidden.SubUser 403|Forbidden.Unauthorized 403|Forbidden.RiskControl 403|Forbidden.UserVerification 403
    Forbidden.OperateApp 403|Forbidden.OperateAppResource 403|NoPermission 403|NoPermission.Service 403|NoPermisson 403
    ActionUnauthorized 403|AccessDenied 400|PermissionDenied.Bucket 400|RealNameAuthenticationError 403
    NotAuthorized 403|AuthorizationFailed 403|InvalidAccount.NotFound 403"""
ACCOUNT = "OperationDenied.Suspended 403|InsufficientBalance 400"
THROTTLED = """Throttling 400|Throttling 503|Throttling 429|Throttling.User 400|Throttling.Api 400
    Throttling.Resource 429|Throttling.Api.Risk 400|Throttling.System 400|Rejected.Throttling 400
    RequestsTooFrequent 403|FlowControl 400|FlowControlError 400|TooManyRequests 400|RequestLimitExceeded 400"""
DOWN = """InternalError 500|InternalError.Timeout 500|InternalFailure 500|InternalServerError 500
    ServiceUnavailable 503|ServiceUnavailable 500|ServiceUnAvailable 400|ServiceUnavailable.RegionMaintaining 503
    ServiceUnavailableTemporary 503|SerivceUnavailableTemporary 503|UnknownError 400|ServiceBusy 403|SystemBusy 400
    PreloadQueueFull 403|AddCategoryFailed 503|SignatureNonceUsed 400"""
OFFER = """InvalidApi.NotFound 404|InvalidAction 403|InvalidAction.NotFound 404|InvalidProduct.NotFound 404
    InvalidVersion 400|NoSuchVersion 400|InvalidVersion.NotFound 404|UnsupportedOperation 400
    UnsupportedHTTPMethod 400|UnsupportedHTTPMethod 403|InvalidRegion.NotFound 404|InvalidRegionId.NotFound 404
    InvalidProtocol.NeedSsl 400"""
NOT_ACTIVATED = """OperationDenied 403|OperationDenied.NotOpenAppService 403|Forbidden.InitFailed 403
    Forbidden.Unsubscribed 403|InvalidIdentity.ServiceDisabled 400"""
PARAMETER = """MissingParameter 400|MissingParameter.JobId 400|MissingJobId 400|InvalidParameter 400
    InvalidParamater 400|InvaildParameter 400|InvalidParameter.Width 400|InvalidJobId 400|InvalidJobId.Malformed 400
    InvalidType.ValueNotSupported 400|InvalidPage.BeyondCurrent 400|InvalidTitle.TooLong 400|InvalidSize.Mismatch 400
    UnsupportedParameter 400|TagsExceededMax 400|IpsExceededMax 403|LimitExceeded.CateNum 400|LengthExceededMax 400
    IllegalCharacters 400|InvalidRegionId.Malformed 400|InvalidScrollToken.Expired 400
    InvalidParameter.ContentSHA256 400"""
OTHER_THING = """InvalidVideo.NotFound 404|InvalidVideo.NotFound 400|InvalidFile.NotFound 404|InvalidStream.NotFound 404
    InvalidStorage.NotFound 404|InvalidCateId.NotFound 404|InvalidDomain.NotFound 404|InvalidTemplate.NotFound 404
    TranscodeTemplateGroupIdNotExist 404|InvalidCertificate.NotFound 404|InvalidResourceGroup.NotFound 404
    ReviewIPNotFound 404|UploadNotExist 404|NoSuchResource 404|EntityNotExist.User 404|Forbidden.InstanceNotFound 404
    Forbidden.KeyNotFound 404|Forbidden.IllegalStatus 403|Forbidden.IllegalStatus 400|Forbidden.LockedTemplateGroup 403
    Forbidden.ResourceNotEmpty 403|Forbidden.AliyunVODEncryption 403|InvalidParameter.ResourceNotFound 400
    InvalidJobId.NotFound 404|InvalidParameter.JobNotFound 400|InvalidEndpoint.NotFound 404"""
UNDOCUMENTED = "Unheard.Of 400|Unheard.Of 403|Unheard.Of 404|QuotaExceeded.Daily 400|SomethingFailed 400"

CLASSES: dict[type[ProviderError], tuple[str, ...]] = {
    Unauthorized: (KEY, TOKEN, CLOCK),
    Forbidden: (PERMISSION, ACCOUNT),
    Throttled: (THROTTLED,),
    Unavailable: (DOWN,),
    NotOffered: (OFFER, NOT_ACTIVATED),
    InvalidQuery: (PARAMETER,),
    Rejected: (OTHER_THING, UNDOCUMENTED),
}


def cases(*rows: str) -> list[tuple[str, int]]:
    """Read `CODE STATUS` out of a row."""
    pairs = [pair.split() for row in rows for line in row.splitlines() for pair in line.split("|")]
    return [(code, int(status)) for code, status in pairs]


def refusal(code: str, status: int, message: str = "No.", request: httpx.Request | None = None) -> ProviderError:
    response = httpx.Response(status, request=request)
    error = classify(response, {"Code": code, "Message": message, "RequestId": "ID"})
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("code", "status", "raises"),
    [(code, status, raises) for raises, rows in CLASSES.items() for code, status in cases(*rows)],
)
def test_each_code_has_its_class_in_any_case(code: str, status: int, raises: type[ProviderError]):
    for spelling in (code, code.lower(), code.upper(), f" {code}\n"):
        error = refusal(spelling, status)
        assert type(error) is raises
        assert error.code == spelling.strip()
        assert error.message


@pytest.mark.parametrize(("code", "status"), cases(CLOCK))
def test_a_refused_time_blames_the_clock(code: str, status: int):
    assert refusal(code, status).message.startswith(CLOCK_OFF)


@pytest.mark.parametrize(("code", "status"), cases(KEY, TOKEN))
def test_no_other_credential_does(code: str, status: int):
    assert "clock" not in refusal(code, status).message


@pytest.mark.parametrize(
    ("code", "message", "raises", "blamed"),
    [
        (
            "MissingParameter",
            'The input parameter "AccessKeyId" that is mandatory is not supplied.',
            Unauthorized,
            "key",
        ),
        ("MissingParameter", 'The input parameter "Signature" that is mandatory is not supplied.', Unauthorized, "key"),
        ("MissingParameter", "SignatureMethod is mandatory for this action.", Unauthorized, "key"),
        ("MissingParameter.AccessKeyId", "", Unauthorized, "key"),
        ("InvalidParameter", "The specified parameter SecurityToken is not valid.", Unauthorized, "token"),
        (
            "MissingParameter",
            'The input parameter "Timestamp" that is mandatory is not supplied.',
            Unauthorized,
            "clock",
        ),
        ("InvalidParameter", "Specified parameter Action or Version is not valid.", NotOffered, "Version"),
        ("MissingParameter", 'The input parameter "Action" that is mandatory is not supplied.', NotOffered, "Action"),
        ("InvalidParameter", "The specified parameter StartTimestamp is not valid.", InvalidQuery, "StartTimestamp"),
        ("InvalidParameter", "The specified parameter VersionId is not valid.", InvalidQuery, "VersionId"),
        ("OperationDenied", "Your VOD service is suspended.", Forbidden, "suspended"),
        ("OperationDenied", "Your account does not open VOD service.", NotOffered, "open"),
    ],
)
def test_what_a_message_blames_counts(code: str, message: str, raises: type[ProviderError], blamed: str):
    error = refusal(code, 403 if code == "OperationDenied" else 400, message)
    assert type(error) is raises
    assert blamed in error.message


@pytest.mark.parametrize(
    ("code", "params", "raises"),
    [
        ("InvalidJobId.NotFound", {"JobId": "j1", "JobType": "ai"}, Missing),
        ("InvalidJob.NotFound", {"JobId": "j1"}, Missing),
        ("AIJobNotExist", {"JobIds": "j1"}, Missing),
        ("InvalidParameter.JobNotFound", {"JobId": "j1"}, Missing),
        ("JobIdsNotExists", {"JobIds": "j1"}, Missing),
        ("InvalidTranscodeTaskId.NotFound", {"TranscodeTaskId": "t1"}, Missing),
        ("InvalidJobId.NotFound", {"JobIds": "j1,j2"}, Rejected),
        ("InvalidJobId.NotFound", {"MediaId": "m1"}, Rejected),
        ("InvalidJobId.NotFound", {}, Rejected),
        ("NoSuchResource", {"TranscodeTaskId": "t1"}, Missing),
        ("NoSuchResource", {"JobId": "j1"}, Rejected),
        ("NoSuchResource", {"JobIds": "j1"}, Rejected),
        ("InvalidVideo.NotFound", {"MediaId": "m1"}, Missing),
        ("InvalidMediaId.NotFound", {"MediaId": "m1"}, Missing),
        ("InvalidVideo.NotFound", {"JobId": "j1"}, Rejected),
        ("InvalidJobTemplate.NotFound", {"JobId": "j1"}, Rejected),
        ("InvalidAction.NotFound", {"JobId": "j1"}, NotOffered),
        ("InvalidAccessKeyId.NotFound", {"JobId": "j1"}, Unauthorized),
    ],
)
def test_only_an_error_that_names_the_one_requested_id_means_missing(
    code: str, params: dict[str, str], raises: type[ProviderError]
):
    error = refusal(code, 404, request=httpx.Request("POST", "https://vod.example.com/", params=params))
    assert type(error) is raises


@pytest.mark.parametrize("code", ["Success", "success", "OK", "0", "200", " OK "])
def test_a_word_of_success_is_no_refusal(code: str):
    assert classify(httpx.Response(200), {"Code": code}) is None


@pytest.mark.parametrize("raises", [Unauthorized, Throttled, Unavailable, NotOffered, Forbidden])
def test_these_are_refusals_in_a_good_reply_too(raises: type[ProviderError]):
    codes = {code for code, _ in cases(*CLASSES[raises]) if not code.endswith("Failed")}
    assert {type(refusal(code, 200)) for code in codes} == {raises}


@pytest.mark.parametrize(
    "message",
    [
        "server string to sign is: ACS3-HMAC-SHA256 LEAK",
        "AccessKeyId LEAK has no right",
        "denied for LTAI5tLEAKLEAKLEAKLEAK",
        "denied for STS.NTLEAKLEAK",
        "see https://vod.example.com/?Signature=LEAK",
        "string-to-sign: LEAK",
        "The canonical request is POST LEAK",
        "Signature 0LEAK does not fit",
        "security token: LEAK",
        "access-key-id: LEAK",
    ],
)
@pytest.mark.parametrize("code", ["Unheard.Of", "Forbidden.RAM", "InvalidParameter", "SystemBusy", "Throttling"])
def test_no_message_echoes_a_key_or_a_signature(code: str, message: str):
    assert "LEAK" not in str(refusal(code, 400, message))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2),
        ({"x-ratelimit-user": "Remain:0, TimeLeft: 700"}, 0.7),
        ({"x-ratelimit-user-api": "TimeLeft:900", "x-ratelimit-user": "TimeLeft:4000"}, 4),
        ({"x-ratelimit-user-api": "TimeLeft:5000", "x-ratelimit-user": "TimeLeft:4000"}, 5),
        ({"x-acs-retry-after": "30", "x-ratelimit-user": "TimeLeft:4000"}, 4),
        ({"x-ratelimit-user": "TimeLeft:soon", "retry-after": "3"}, 3),
        ({"x-ratelimit-user": "NoTimeLeft:9", "retry-after": "3"}, 3),
        ({"x-ratelimit-user": "TimeLeft:0"}, None),
    ],
    ids=str,
)
def test_the_longest_wait_of_the_vendors_headers_counts(headers: dict[str, str], seconds: float | None):
    for code in ("Rejected.Throttling", "ServiceBusy"):
        error = classify(httpx.Response(400, headers=headers), {"Code": code})
        assert error is not None
        assert error.retry_after == seconds


def test_each_rule_has_a_source_and_each_meaning_a_class():
    assert [rule for rule in (*ALWAYS, *REFUSED) if not rule.source or not rule.meaning] == []
    assert all(MEANINGS.values())
    known = {code for code in MEANINGS if not code.startswith("InvalidParameter.")}
    assert {code for code in known if type(refusal(code, 418)) is Rejected} == set()
