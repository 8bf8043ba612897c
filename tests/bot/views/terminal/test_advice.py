"""How to fix the findings of `callboard check`: only the words."""

import pytest

from bot.domain.findings import Status
from bot.domain.redis_support import Server
from bot.domain.slack_scopes import BOT_SCOPES, HANDY_SCOPES, WISHED_SCOPES
from bot.views.terminal import advice
from providers.accounts import AlibabaAccount, HuaweiAccount
from providers.errors import (
    Forbidden,
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.huawei.codes import LOCKED

HUAWEI = HuaweiAccount.model_validate(
    {
        "name": "media-cn",
        "cloud": "huawei",
        "region": "cn-north-4",
        "project_id": "6204a5bd270343b5885144cf9c8c158d",
        "services": ["video-ocr"],
        "access_key_id": "env:AK",
        "secret_access_key": "env:SK",
    }
)
TOKEN = HUAWEI.model_copy(update={"access_key_id": None, "secret_access_key": None, "token": "env:TOKEN"})
ALIBABA = AlibabaAccount.model_validate(
    {
        "name": "vod-sg",
        "cloud": "alibaba",
        "region": "ap-southeast-1",
        "services": ["vod-ai"],
        "access_key_id": "env:AK",
        "secret_access_key": "file:/run/sk",
    }
)


@pytest.mark.parametrize(
    ("account", "error", "mend"),
    [
        (ALIBABA, Unauthorized(code="SignatureDoesNotMatch"), "file:/run/sk doesn't belong to env:AK"),
        (ALIBABA, Unauthorized(code="InvalidTimeStamp.Expired"), "set this machine's clock"),
        (ALIBABA, Unauthorized("this machine's clock is off", code="MissingParameter"), "set this machine's clock"),
        (
            HUAWEI,
            Unauthorized("this machine's clock is off by 16 minutes", code="APIGW.0301"),
            "set this machine's clock",
        ),
        (TOKEN, Unauthorized("this machine's clock is off", code="APIGW.0301"), "set this machine's clock"),
        (HUAWEI, Unauthorized(LOCKED, code="APIGW.0301"), "stop the bot for 5 minutes"),
        (ALIBABA, Unauthorized(code="InvalidSecurityToken.Expired"), "get new ones"),
        (ALIBABA, Unauthorized(code="InvalidAccessKeyId.NotFound"), "check that env:AK is an enabled key"),
        (HUAWEI, Unauthorized("the signature does not match", code="APIGW.0301"), "env:SK doesn't belong to env:AK"),
        (HUAWEI, Unauthorized(code="AIS.0002"), "and env:SK its secret, and that this machine's clock is correct"),
        (TOKEN, Unauthorized(code="APIGW.0301"), "env:TOKEN: get a new token"),
        (ALIBABA, Forbidden(code="Forbidden.RAM"), "allow the user of this key to read vod-ai"),
        (ALIBABA, Forbidden(code="OperationDenied.Suspended"), "overdue payment"),
        (ALIBABA, Forbidden("Your VOD service is suspended.", code="OperationDenied"), "overdue payment"),
        (ALIBABA, Unauthorized(code="SecurityTokenExpired"), "get new ones"),
        (
            ALIBABA,
            Unauthorized("the temporary token is missing, expired or not accepted", code="TokenExpired"),
            "get new",
        ),
        (HUAWEI, NotOffered(code="IVA.0007"), "or remove it from the services of media-cn"),
        (HUAWEI, InvalidQuery(code="IVA.0002"), "project_id, which belongs to one region"),
        (HUAWEI, Throttled(), "requests_per_second of media-cn"),
        (HUAWEI, Malformed(), "something other than video-ocr responds there"),
        (HUAWEI, Unavailable(code="unreachable"), "check this machine's network, proxy and DNS"),
        (HUAWEI, Unavailable(code="HTTP 503"), "the cloud has a problem"),
        (HUAWEI, ProviderError(), "the cloud has a problem"),
    ],
)
def test_each_failure_has_a_fix(account: HuaweiAccount, error: ProviderError, mend: str):
    assert mend in (advice.service_fails(account, account.services[0], error, []).mend or "")


@pytest.mark.parametrize(
    ("missing", "mend"),
    [
        (["env:AK"], "set AK"),
        (["file:/dev/null"], "write the secret into /dev/null"),
        (["env:AK", "file:/run/sk"], "set AK and write the secret into /run/sk"),
    ],
)
def test_missing_secrets_are_named(missing: list[str], mend: str):
    error = Unauthorized("the environment variable AK is not set", code="credentials_missing")
    assert advice.service_fails(ALIBABA, "vod-ai", error, missing).mend == mend


@pytest.mark.parametrize(
    "error",
    [Unavailable(code="unreachable"), Unavailable(code="timeout"), NotOffered(code="InvalidApi.NotFound")],
    ids=str,
)
def test_a_service_that_the_region_does_not_have_is_named_with_those_that_do(error: ProviderError):
    told = "; vod-ai is documented only for ap-southeast-1 and cn-beijing, and vod-sg is in us-west-1"
    regions = {"cn-beijing", "ap-southeast-1"}
    there, elsewhere = ALIBABA, ALIBABA.model_copy(update={"region": "us-west-1"})
    assert (advice.service_fails(elsewhere, "vod-ai", error, [], regions).mend or "").endswith(told)
    assert (advice.service_late(elsewhere, "vod-ai", 10, regions).mend or "").endswith(told)
    for account, known in ((there, regions), (elsewhere, set[str]())):
        assert "documented" not in (advice.service_fails(account, "vod-ai", error, [], known).mend or "")
        assert "documented" not in (advice.service_late(account, "vod-ai", 10, known).mend or "")


def test_the_region_is_not_blamed_for_a_refusal():
    finding = advice.service_fails(ALIBABA, "vod-ai", Forbidden(code="Forbidden.RAM"), [], {"cn-beijing"})
    assert "documented" not in (finding.mend or "")


def test_an_undocumented_refusal_has_its_words_and_no_advice():
    finding = advice.service_fails(ALIBABA, "vod-ai", Rejected("No.", code="Unheard.Of"), [])
    assert finding == (Status.FAIL, "vod-sg/vod-ai", "Unheard.Of: No.", None)


def test_a_failure_can_be_pasted_into_a_ticket():
    error = Forbidden("no", code="Forbidden.RAM", request_id="R1")
    finding = advice.service_fails(ALIBABA, "vod-ai", error, [])
    assert finding == (Status.FAIL, "vod-sg/vod-ai", "Forbidden.RAM: no (request id R1)", finding.mend)


@pytest.mark.parametrize(
    ("seconds", "status", "text"),
    [
        (0.4, Status.OK, "matches"),
        (-61, Status.WARN, "61 s behind"),
        (61, Status.WARN, "61 s ahead of"),
        (-4000, Status.FAIL, "4000 s behind"),
    ],
)
def test_the_clock(seconds: float, status: Status, text: str):
    finding = advice.clock(seconds)
    assert finding.status is status
    assert text in finding.text


def test_scopes():
    assert advice.scopes(["users:read", *BOT_SCOPES, *WISHED_SCOPES]).status is Status.OK
    missing = advice.scopes(iter(["commands"]))
    assert missing.status is Status.FAIL
    assert missing.text.startswith(
        "missing: chat:write (Share, which posts an answer to the channel), app_mentions:read ("
    )
    assert "callboard manifest" in (missing.mend or "")


def test_user_groups_need_their_own_scope():
    granted = [*BOT_SCOPES, *WISHED_SCOPES]
    assert advice.scopes(granted, groups=True).text == "missing: usergroups:read (access rules that name user groups)"
    assert advice.scopes([*granted, "usergroups:read"], groups=True).status is Status.OK


@pytest.mark.parametrize("scope", WISHED_SCOPES)
def test_an_optional_scope_may_be_missing(scope: str):
    finding = advice.scopes({*BOT_SCOPES, *WISHED_SCOPES} - {scope})
    assert finding.status is Status.WARN
    assert finding.text.startswith(f"works, but lacks {scope} (")
    assert finding.text.endswith("without it, a crash during a post may post one message twice")


@pytest.mark.parametrize(
    ("fsync", "status", "said"),
    [
        (None, Status.OK, "saves its data to disk"),
        ("always", Status.OK, "before it answers"),
        ("everysec", Status.OK, "the last second may be lost"),
        ("no", Status.WARN, "a crash may lose much"),
    ],
)
def test_data_that_a_crash_of_redis_may_lose(fsync: str | None, status: Status, said: str):
    finding = advice.redis(Server("7.0.15", durable=True, fsync=fsync), embedded=False)
    assert finding.status is status
    assert said in finding.text


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (Server("7.0.15", durable=True), Status.OK),
        (Server("7.0.15", durable=False), Status.WARN),
        (Server("6.0.16", durable=True), Status.FAIL),
    ],
)
def test_redis(server: Server, status: Status):
    assert advice.redis(server, embedded=False).status is status


@pytest.mark.parametrize("scope", HANDY_SCOPES)
def test_a_scope_for_convenience_may_be_missing_without_a_warning(scope: str):
    finding = advice.scopes({*BOT_SCOPES, *WISHED_SCOPES, *HANDY_SCOPES} - {scope})
    assert finding.status is Status.OK
    assert finding.text.endswith(f"; without {scope} ({HANDY_SCOPES[scope]})")
