"""The codes with which Huawei Cloud refuses a request. The first matching rule decides.

Sources:
H1   support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-errorcode.html: the gateway, APIGW.
H2   support.huaweicloud.com, usermanual-apig/apig_03_0048.html: the gateway, APIG.; ROMA says APIC.
H3   support.huaweicloud.com, devg-apisign/api-sign-0001.html and ocr_faq/ocr_01_0063.html: what APIGW.0301 means
H4   support.huaweicloud.com, api-vas/vas_03_0047.html: VAS
H5   support.huaweicloud.com, api-moderation/moderation_03_0010.html: Moderation, whose status is always 400
H6   huaweicloud.com, help pages of MetaStudio
H7   github mingyang91/huawei-cloud-api-definitions @e05e9a0, a mirror of the vendor's OpenAPI
PUB  code or issues of other people, a hint
J    our judgement
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
from providers.refusals import Codes, Rule, exactly, meanings, phrase, whole

BY_ID = "id"
"""The parameter of a request about one job."""
NO_SERVICE_OR_JOB = "IVA.0005"
"""VAS has no such service, or no such job: it does not say which."""

REJECTED = "the credentials were rejected (access key, secret key or token, or this machine's clock)"
MISMATCH = "the signature does not match: the secret access key is wrong"
LOCKED = "the access key is locked for 5 minutes after more than 5 failures"
_LOCKED_S = 300.0
"""H3."""
_NO_KEY = "the access key id does not exist"
_TOKEN = "the token is missing, expired or not accepted"  # noqa: S105  # words, not a token
_BY_ID = frozenset({BY_ID})
_BELOW_500 = range(500)
_NO_JOB = phrase(
    r"(^|[.:;,]\s*)((?!(of|for|in|by|from|to|with)\b)\w+ ){0,6}(task|job)s?([ _-]?ids?)?\b\W*"
    r"(with (the )?((task|job)[ _-]?)?ids?\W*)?((?=[\w-]*\d)[\w-]+\W*)?"
    r"((do(es)?|is|was|were|are|can|could) ?(not|n't)|cannot|not|no longer) (be )?(exists?|found)"
    r"|\bno such (task|job)\b(?! [a-z])"
)
"""A sentence whose subject is the job itself, at most with its id: not part of the job, such as its template."""
_400 = range(400, 401)


def _gateway(*numbers: str) -> Codes:
    """Return the three spellings of the gateway's codes."""
    return Codes(whole(rf"API(GW?|C)\.({'|'.join(numbers)})").pattern, tuple(f"APIGW.{number}" for number in numbers))


_GATEWAY = (
    Rule(NotOffered, _gateway("0101"), "H1 H2", "no such API here: wrong host, path or method, or a removed API"),
    Rule(
        NotOffered,
        _gateway("0103", "0104", "0105"),
        "H1",
        "the API has no backend here: wrong method, or a removed API",
        statuses=_BELOW_500,
    ),
    Rule(Unavailable, _gateway("0103", "0104", "0105"), "H2", "the API's backend is missing or misconfigured"),
    Rule(NotOffered, _gateway("0106"), "H1", "the API's orchestration is misconfigured"),
    Rule(
        InvalidQuery,
        _gateway("0201"),
        "H1; 494 is a header that is too long, as a token may be",
        "the gateway refused the request",
        statuses=_BELOW_500,
    ),
    Rule(Unavailable, _gateway("0201", "0202", "0203"), "H1 H2", "the API's backend is unavailable or timed out"),
    Rule(Unauthorized, _gateway("0301", "0303"), "H3", CLOCK_OFF, says=phrase("signature expired")),
    Rule(Unauthorized, _gateway("0301"), "H3", LOCKED, says=phrase("reach(ed)? the limit"), retry_after=_LOCKED_S),
    Rule(Unauthorized, _gateway("0301"), "H3", MISMATCH, says=phrase("aksk signature fail")),
    Rule(Unauthorized, _gateway("0301"), "H3", _TOKEN, says=phrase("token")),
    Rule(Unauthorized, _gateway("0301"), "H3", _NO_KEY, says=phrase(r"\bak\b.*not exist")),
    Rule(Unauthorized, _gateway("0301", "0303", "0305", "0311"), "H1 H3", REJECTED),
    Rule(Unauthorized, _gateway("0307"), "H1", "the token has expired, or belongs to another region"),
    Rule(Unauthorized, _gateway("0316", "0319"), "PUB", REJECTED),
    Rule(
        Forbidden,
        _gateway("0302", "0304", "0306", "0401", "0402", "0404"),
        "H1; 0404 is an address that is refused",
        "this user, app or address may not call the API",
    ),
    Rule(Throttled, _gateway("0308"), "H1, 429", "too many requests"),
    Rule(Forbidden, _gateway("0310"), "H1", "the project is unavailable"),
    Rule(Forbidden, _gateway("0501", "0502"), "H1, 405", "the quota is used up, or the account has an overdue payment"),
    Rule(InvalidQuery, _gateway("0602"), "H1", "the gateway refused the request"),
    Rule(NotOffered, _gateway("0607"), "H1", "the API is offered only over the other of HTTP and HTTPS"),
    Rule(
        Unavailable,
        _gateway("0601", "0605", "0606", "0608", "0609", "0610", "0611", "0612", "0613", "0705"),
        "H1 H2",
        "the gateway has a problem",
    ),
    Rule(NotOffered, _gateway("0801"), "H1", "the service is not offered in this region"),
    Rule(Forbidden, _gateway("0802"), "H1", "this user may not use this region"),
)
"""Numbers below 1000; higher ones belong to the management of gateways, and their status decides."""

_IAM = (
    Rule(Unauthorized, exactly("IAM.0001"), "H7", REJECTED),
    Rule(Forbidden, exactly("IAM.0002", "IAM.0003"), "H7", "this user may not do this"),
    Rule(Rejected, exactly("IAM.0004"), "H7", "IAM did not find the project or the user"),
    Rule(Unavailable, exactly("IAM.0006"), "H7", "internal error"),
    Rule(InvalidQuery, exactly("IAM.0007", "IAM.0011"), "H7", "the request is not valid"),
)

_VAS = (
    Rule(Unauthorized, exactly("IVA.0001"), "H4", REJECTED),
    Rule(InvalidQuery, exactly("IVA.0002"), "H4", "the project id is not valid"),
    Rule(InvalidQuery, exactly("IVA.0003"), "H4", "the request body is not JSON"),
    Rule(InvalidQuery, exactly("IVA.0004"), "H4", "a parameter is not valid"),
    Rule(NotOffered, exactly(NO_SERVICE_OR_JOB), "H4 H7, by id too", "no such service or resource"),
    Rule(Unavailable, exactly("IVA.0006"), "H4", "internal error"),
    Rule(NotOffered, exactly("IVA.0007"), "H4", "the service is not subscribed to"),
    Rule(NotOffered, exactly("IVA.0008"), "H4", "the service's beta requires an application"),
    Rule(Forbidden, exactly("IVA.0009"), "H4", "the operation is forbidden"),
    Rule(Unavailable, exactly("IVA.0010"), "H4", "a service that it depends on is unavailable"),
    Rule(InvalidQuery, exactly("IVA.0011"), "H4", "the specification is exceeded"),
    Rule(InvalidQuery, exactly("IVA.0012"), "H4", "the quota is exceeded"),
    Rule(Forbidden, exactly("IVA.0013"), "H4", "the agency is wrong"),
    Rule(Forbidden, exactly("IVA.0014", "IVA.0015"), "H4", "the account is restricted"),
    Rule(Forbidden, exactly("IVA.0102"), "H4", "a policy forbids it"),
    Rule(Forbidden, exactly("IVA.6004"), "H4, its FAQ", "the operation is forbidden"),
)

_MODERATION = (
    Rule(Unauthorized, exactly("AIS.0002", "AIS.0026"), "H5, 0026 PUB", REJECTED),
    Rule(Unavailable, exactly("AIS.0003", "AIS.0405"), "H5", "internal error"),
    Rule(NotOffered, exactly("AIS.0004", "AIS.0007"), "H5", "the service is not enabled"),
    Rule(NotOffered, exactly("AIS.0005"), "H5", "the service does not exist"),
    Rule(InvalidQuery, exactly("AIS.0010"), "H5", "a request header is missing"),
    Rule(InvalidQuery, exactly("AIS.0011"), "H5", "a parameter is missing"),
    Rule(InvalidQuery, exactly("AIS.0012"), "H5", "a parameter is not supported"),
    Rule(NotOffered, exactly("AIS.0013"), "H5", "the method is not allowed"),
    Rule(InvalidQuery, exactly("AIS.0014"), "H5", "the request body is not JSON"),
    Rule(InvalidQuery, exactly("AIS.0015"), "H5", "a parameter is not valid"),
    Rule(Forbidden, exactly("AIS.0027"), "PUB", "the account is frozen"),
    Rule(Forbidden, exactly("AIS.0028"), "PUB", "the job belongs to another user"),
    Rule(InvalidQuery, whole(r"AIS\.002\d"), "H5", "the request is not valid"),
    Rule(Missing, exactly("AIS.0030"), "H7, expired or a wrong id", "no such job", asked=_BY_ID),
    Rule(Rejected, exactly("AIS.0030"), "H7", "no such job"),
    Rule(Throttled, exactly("AIS.0031"), "PUB", "too many unfinished jobs"),
    Rule(Forbidden, exactly("AIS.0032"), "PUB", "the free quota is used up"),
)
"""The code decides before the status, which is always 400. AIS.02xx to 05xx are about one image or video."""

_METASTUDIO = (
    Rule(Unauthorized, whole(r"MSS\..*"), "J: the pages contradict each other", REJECTED, statuses=range(401, 402)),
    Rule(Throttled, whole(r"MSS\..*"), "J", "too many requests", statuses=range(429, 430)),
    Rule(Unauthorized, exactly("MSS.00000001"), "H6", REJECTED),
    Rule(InvalidQuery, exactly("MSS.00000002"), "H6: with 404 Not Found", "the request is not valid", statuses=_400),
    Rule(InvalidQuery, exactly("MSS.00000003"), "H6", "a parameter is not valid"),
    Rule(NotOffered, exactly("MSS.00010003"), "H6", "the API was not found"),
    Rule(NotOffered, exactly("MSS.00010004"), "H6", "the method is not allowed"),
    Rule(Unauthorized, exactly("MSS.00010008"), "H6", REJECTED),
    Rule(Unauthorized, exactly("MSS.00010009"), "H6", "the token belongs to another tenant"),
    Rule(Forbidden, exactly("MSS.00022008"), "H6", "the privacy statement is not signed"),
    Rule(Forbidden, exactly("MSS.00022009"), "H6", "the account is frozen"),
    Rule(Forbidden, exactly("MSS.00022010"), "H6", "the account has no real-name verification"),
    Rule(Forbidden, exactly("MSS.00024001"), "H6", "the user lacks the permission"),
    Rule(InvalidQuery, exactly("MSS.10000002"), "H6", "the JSON check failed"),
    Rule(InvalidQuery, exactly("MSS.10000003"), "H6", "the parameter check failed"),
    Rule(Rejected, exactly("MSS.10001001"), "H6", "the asset was not found"),
    Rule(InvalidQuery, exactly("MSS.10001002"), "H6", "a URL parameter is not valid"),
    Rule(Rejected, exactly("MSS.10001004"), "H6", "the file was not found"),
    Rule(Rejected, exactly("MSS.41000003"), "H6", "the training task was not found"),
    Rule(Throttled, exactly("MSS.41000012"), "H6, 403", "too many concurrent tasks"),
    Rule(Forbidden, exactly("MSS.41000023"), "H6", "no resource was purchased for this operation"),
    Rule(Rejected, exactly("MSS.47010065"), "H6", "the dialogue task was not found"),
    Rule(Rejected, exactly("MSS.20010100"), "H6, 500", "the rule base was not found"),
    Rule(
        Rejected,
        whole(r"MSS\.2001\d{4}"),
        "H6, 500, some of them",
        "the request names something that does not exist or is in a wrong state",
        says=phrase(r"not? (found|exist)|state|status"),
    ),
    Rule(Unavailable, exactly("MSS.000000002"), "H6, nine digits", "internal error"),
    Rule(InvalidQuery, exactly("MSS.000000003"), "H6, nine digits", "a parameter is not valid"),
    Rule(Unauthorized, exactly("MSS.000000004"), "H6, nine digits", REJECTED),
    Rule(
        Missing,
        whole(r"MSS\..*"),
        "J",
        "no such job",
        says=_NO_JOB,
        statuses=_BELOW_500,
        asked=_BY_ID,
    ),
)
"""Codes of eight and of nine digits are compared as text: the same number has different meanings."""

RULES = (*_GATEWAY, *_IAM, *_VAS, *_MODERATION, *_METASTUDIO)

MEANINGS: Mapping[str, str] = MappingProxyType(meanings(RULES))
"""The meaning of each code that the vendor documents."""
