"""The codes with which Alibaba Cloud refuses a request. The first matching rule decides.

Codes come first and the HTTP status last: the vendor's pages give the same code with different statuses. A family of
codes never means "no such job": none of the thirteen documented VOD codes that say "not found" names a job.

Sources:
A1  github AlibabaCloudDocs/vod @14c603a5, the tables of codes of each operation
A2  alibabacloud.com/help/en/vod/api-reference-error-codes
A3  ECS, "Response results": the codes that all products share
A4  help.aliyun.com/document_detail/51132.html, /435312.html, /60629.html: common client errors
A5  github AlibabaCloudDocs/ram, doc-detail 42775: errors of STS and RAM
A6  github AlibabaCloudDocs/mts, doc-detail 29254: media processing
A7  help.aliyun.com/document_detail/197855: IMS
A8  help.aliyun.com, KMS, sample responses
A9  help.aliyun.com/document_detail/25963: Auto Scaling
S2  the vendor's own client aliyun-python-sdk-core 2.16.0
PUB code or issues of other people, a hint
J   our judgement
"""

from collections.abc import Mapping
from types import MappingProxyType

from providers.errors import (
    CLOCK_OFF,
    Forbidden,
    InvalidQuery,
    Missing,
    NotOffered,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.refusals import Rule, begins, first_segment, meanings, phrase, whole

_TOKEN = "the temporary token is missing, expired or not accepted"  # noqa: S105  # words, not a token
_NO_PERMISSION = "the RAM user or role lacks the permission for this operation"
_OVERDUE = "the account has an overdue payment"
_BUSY = "the service is busy or temporarily unavailable"
_ENDPOINT = "check the account's region and endpoint"
_NOT_THERE = "not?(found|exists?)"
_JOB_ID = frozenset({"JobId", "JobIds", "TaskId", "TranscodeTaskId"})
_PARAMETER = begins("Missing", "Inva(li|il)dParam[ae]ter", "UnsupportedParameter")

ALWAYS = (
    Rule(
        Unauthorized,
        begins("InvalidAccessKey", "MissingAccessKeyId", "NoEnabledAccessKey", r"Forbidden\.AccessKey"),
        "A3 A4, NoEnabledAccessKey and Forbidden.AccessKey PUB",
        "the access key was rejected",
        {
            "InvalidAccessKeyId.NotFound": "the access key id does not exist",
            "InvalidAccessKeyId.Inactive": "the access key is disabled",
            "InvalidAccessKeySecret": "the secret access key is wrong",
            "Forbidden.AccessKeyDisabled": "the access key is disabled",
        },
    ),
    Rule(
        Unauthorized,
        begins("IncompleteSignature", "InvalidSignature", r"Signature(Does)?NotMatch$", "MissingSignature$"),
        "A3 A4",
        "the signature was rejected",
        {
            "SignatureDoesNotMatch": "the signature does not match the request: the secret access key is wrong",
            "IncompleteSignature": "the signature does not conform to Alibaba Cloud's rules",
            "InvalidSignatureMethod": "the signature method is not supported",
        },
    ),
    Rule(
        Unauthorized,
        first_segment(
            r"\w*SecurityToken\w*",
            "(Missing|Invalid|Illegal|Expired)(STS|Session|Access)?Token",
            "(STS|Session|Access)?Token(Expired|Missing|Invalid)",
        ),
        "A4 A5, without the word Security J",
        _TOKEN,
        {"InvalidSecurityToken.Expired": "the temporary credentials have expired"},
    ),
    Rule(
        Unauthorized,
        first_segment("(Invalid|Illegal|Missing)Timestamp"),
        "A3 A4",
        CLOCK_OFF,
        {
            "InvalidTimeStamp.Expired": f"{CLOCK_OFF} by more than 15 minutes",
            "InvalidTimeStamp.Format": f"{CLOCK_OFF}: the date of the request is not in the expected form",
        },
    ),
    Rule(
        Throttled,
        whole(r"(.*\.)?Throttl(ing|ed)\w*(\..*)?"),
        "A1 A3, Rejected.Throttling PUB",
        "too many requests",
        {
            "Throttling": "too many requests",
            "Throttling.User": "too many requests of this user",
            "Throttling.Api": "too many requests to this operation",
        },
    ),
    Rule(
        Throttled,
        first_segment("FlowControl(Error)?", "RequestsTooFrequent", "TooManyRequests", "RequestLimitExceeded"),
        "A7, the others J",
        "too many requests",
    ),
    Rule(
        Unavailable,
        begins("ServiceUnavailable", "SerivceUnavailable"),
        "A1 A2 A8, misspelt by A1",
        _BUSY,
        {
            "ServiceUnAvailable": "the service is temporarily unavailable",
            "ServiceUnavailable": "the service is temporarily unavailable",
        },
    ),
    Rule(
        Unavailable,
        first_segment("Internal(Server)?Error", "InternalFailure", "UnknownError"),
        "A1 A2 A3",
        "an unknown failure inside Alibaba Cloud",
        {"InternalError": "an unknown failure inside Alibaba Cloud"},
    ),
    Rule(
        Unavailable,
        first_segment("(Service|Server|System|Operation)Busy", "PreloadQueueFull"),
        "A1, SystemBusy and OperationBusy J",
        _BUSY,
    ),
    Rule(
        Unavailable,
        first_segment(r"\w*SignatureNonce\w*"),
        "A3",
        "the request was already received",
        {"SignatureNonceUsed": "the request was already received"},
        tries=2,  # the second try has another nonce; a third would prove nothing
    ),
    Rule(
        InvalidQuery,
        whole(r"InvalidRegion(Id)?\.Malformed"),
        "A3",
        "the region is not spelled as a region",
    ),
    Rule(
        NotOffered,
        first_segment(
            "Invalid(Api|Action|Product|Version|Protocol|Region|RegionId)",
            "NoSuchVersion",
            "Unsupported(Operation|HTTPMethod)",
        ),
        "A1 A3 A4, InvalidAction.NotFound PUB",
        f"the operation is not offered on this host; {_ENDPOINT}",
        {
            "InvalidApi.NotFound": f"the operation does not exist on this host; {_ENDPOINT}",
            "InvalidProduct.NotFound": f"the product does not exist on this host; {_ENDPOINT}",
        },
    ),
    Rule(
        NotOffered,
        whole(r"Forbidden\.(Unsubscribed|InitFailed)", r"InvalidIdentity\.ServiceDisabled"),
        "A1 A6 A9",
        "the service is not activated for this account",
    ),
    Rule(
        Forbidden,
        begins(r"OperationDenied"),
        "A1 A2: the bare code is used for both",
        _OVERDUE,
        {"OperationDenied.Suspended": _OVERDUE},
        says=phrase("suspend|overdue"),
    ),
    Rule(
        NotOffered,
        begins("OperationDenied"),
        "A1 A2",
        "ApsaraVideo VOD is not activated for this account",
        {"OperationDenied": "ApsaraVideo VOD is not activated for this account"},
    ),
    Rule(
        Missing,
        whole(rf"(Invalid)?(Parameter\.)?\w*(Job|Task)(Ids?)?\.?{_NOT_THERE}"),
        "A6, InvalidJobId.NotFound of other products",
        "no such job",
        asked=_JOB_ID,
    ),
    Rule(
        Missing, whole("NoSuchResource"), "A1, of GetTranscodeTask", "no such job", asked=frozenset({"TranscodeTaskId"})
    ),
    Rule(
        Missing,
        whole(rf"(Invalid)?(Parameter\.)?(Video|Media)(Ids?)?\.?{_NOT_THERE}"),
        "A1, of a list of a media's jobs J",
        "no such media",
        asked=frozenset({"MediaId"}),
    ),
    Rule(
        Rejected,
        whole(r"Forb[ie]dden\.(.*NotFound|IllegalStatus|ResourceNotEmpty|.*TemplateGroup|AliyunVODEncryption)"),
        "A1 A3",
        "the thing is missing, or its state forbids the operation",
    ),
    Rule(
        Forbidden,
        first_segment("Forb[ie]dden"),
        "A1 A2 A3 A5",
        _NO_PERMISSION,
        {"Forbidden": _NO_PERMISSION, "Forbidden.RAM": _NO_PERMISSION},
    ),
    Rule(
        Forbidden,
        begins("NoPermiss?i?on", "NotAuthorized", "ActionUnauthorized", "AccessDenied", "PermissionDenied"),
        "A2 A3 A5 A6",
        _NO_PERMISSION,
    ),
    Rule(
        Forbidden,
        begins("AuthorizationFailed", "RealNameAuthenticationError", "InsufficientBalance", r"InvalidAccount(\.|$)"),
        "A2 A3 A5",
        "the account may not do this: check its state and its balance",
    ),
)
"""Errors even in a reply whose HTTP status says success."""

REFUSED = (
    Rule(
        Unauthorized,
        _PARAMETER,
        "A3 A4",
        "the access key or the signature is missing or not accepted",
        says=phrase(r"\b(Missing)?(AccessKey(Id|Secret)?|Signature\w*)\b"),
    ),
    Rule(Unauthorized, _PARAMETER, "A3 A4", _TOKEN, says=phrase(r"\bSecurityToken\b")),
    Rule(Unauthorized, _PARAMETER, "A3 A4", CLOCK_OFF, says=phrase(r"\b(Timestamp|x-acs-date)\b")),
    Rule(
        NotOffered,
        _PARAMETER,
        "A1 A3",
        f"the operation or its version is not offered on this host; {_ENDPOINT}",
        says=phrase(r"\b(Missing(Action|Version)|Action or Version|(?-i:Action|Version))\b"),
    ),
    Rule(
        Rejected,
        whole(rf".*({_NOT_THERE}|NoSuch).*"),
        "A1 A3 A5 A6: video, file, template and the like, and a job that is one of several asked about",
        "the request names something that does not exist",
    ),
    Rule(InvalidQuery, _PARAMETER, "A1 A3", "a parameter is missing or not valid"),
    Rule(
        InvalidQuery,
        whole(r".*ExceededMax", r"LimitExceeded.*", "IllegalCharacters"),
        "A1 A3: sizes and numbers, no rates",
        "a parameter is too long, too large or spelled wrongly",
    ),
    Rule(InvalidQuery, begins("Invalid", "Invaild"), "A1 A3", "a parameter is not valid"),
)
"""Errors only in a reply whose HTTP status says so: a job's own failure has the same codes (A6)."""

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "InvalidParameter.NotSupported": "a parameter is not supported, for example a profile for H.265",
        "InvalidParameter.OutOfRange": "a parameter is out of range",
        "InvalidParameter.ResourceNotFound": "the input file cannot be found",
        "InvalidParameter.ResourceContentBad": "the content of the input file is bad",
        "InvalidParameter.ResourceNotSupported": "the input file is not supported, for example for its suffix",
        "InvalidParameter.NoAudioStream": "the input file has no audio stream",
    }
)
"""Reasons of failed transcoding jobs (A6)."""

MEANINGS: Mapping[str, str] = MappingProxyType({**meanings((*ALWAYS, *REFUSED)), **_REASONS})
"""The meaning of each code that the vendor documents."""
