"""Signatures: the notes' fixed vectors (section 6), and random requests compared with the vendor's own signer."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm
from hypothesis import given
from hypothesis import strategies as st

from providers.http.canonical_query import canonical_query
from providers.huawei.auth import KeyPairAuth, TokenAuth, auth, canonical_request
from providers.secrets import SecretMissing, SecretRef
from tests.providers.huawei.cloud import account

PROJECT_ID = "0123456789abcdef0123456789abcdef"
DATE = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
VAS = "https://iva.cn-north-4.myhuaweicloud.com"
MODERATION = "https://moderation.ap-southeast-1.myhuaweicloud.com"
METASTUDIO = f"https://metastudio.cn-north-4.myhuaweicloud.com/v1/{PROJECT_ID}/digital-human-videos"


def signed(url: str, *, security_token: str | None = None) -> httpx.Request:
    scheme = KeyPairAuth(
        SecretRef("env:HUAWEI_TEST_AK"),
        SecretRef("env:HUAWEI_TEST_SK"),
        PROJECT_ID,
        SecretRef(f"env:{security_token}") if security_token else None,
        now=lambda: DATE,
    )
    return next(scheme.auth_flow(httpx.Request("GET", url)))


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (
            f"{VAS}/v2/{PROJECT_ID}/services/video-ocr/tasks?limit=100&offset=0&order=created_at%3ADESC&state=RUNNING",
            "069113ad4e34960c7655e4eba73d416042d74d56994a80619b1ae897668f8573",
        ),
        (
            f"{MODERATION}/v2/{PROJECT_ID}/moderation/image/batch/jobs?limit=50&offset=0&status=finish",
            "8aa0efc9489c1eaf1f102b2c0b7c99d83ab1a24e94bd1e61e3e4473bd02f1fe3",
        ),
        (
            f"{METASTUDIO}?create_since=2022-01-01T00%3A00%3A00Z&limit=100&offset=0&state=WAITING%2CPROCESSING",
            "5e52ebe682bf44fde6037b1bbfd704cd2e19927089bb50e3cb49ce20bc565622",
        ),
    ],
    ids=["row 7", "row 8", "row 9"],
)
def test_the_notes_vectors(url: str, signature: str):
    assert signed(url).headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access=testak, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature={signature}"
    )


def test_the_vector_with_temporary_credentials(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HUAWEI_TEST_TOKEN", "TOK")
    request = signed(METASTUDIO, security_token="HUAWEI_TEST_TOKEN")
    assert request.headers["X-Security-Token"] == "TOK"
    assert request.headers["Authorization"] == (
        "SDK-HMAC-SHA256 Access=testak, "
        "SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token, "
        "Signature=3bd8691229f586e023d6db044db3f0b2cd294a1bf460b3b161cbb77a6420dcf3"
    )


def test_the_vendors_published_vector():
    url = httpx.URL(
        "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
        "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0"
    )
    headers = {"content-type": "application/json", "host": url.host, "x-sdk-date": "20191115T033655Z"}
    digest = hashlib.sha256(canonical_request("GET", url, headers, b"").encode()).hexdigest()
    assert digest == "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"


# Any text that UTF-8 can encode; characters that need care in a URL are made likely.
anything = st.text(
    st.one_of(st.sampled_from(" ,:+&=%/?#*~é中🙂"), st.characters(exclude_categories=["Cs"])), max_size=12
)
segments = st.lists(
    st.text(st.one_of(st.sampled_from("aZ09-_.~ ,:é中"), st.characters(exclude_categories=["Cs", "Cc"])), min_size=1)
    # A dot segment never reaches the wire, and the vendor's signer splits at a slash or a percent sign.
    .filter(lambda text: text not in {".", ".."} and not set(text) & set("/%")),
    max_size=4,
)


@given(
    path=segments,
    params=st.lists(st.tuples(st.sampled_from(["a", "job_ids", "state", "ü"]), anything), max_size=6),
    security_token=st.none() | st.just("a-temporary-token"),
)
def test_the_vendors_signer_agrees(path: list[str], params: list[tuple[str, str]], security_token: str | None):
    url = f"{VAS}/v2/" + "/".join(quote(part, safe="") for part in path)
    if query := canonical_query(params):
        url += f"?{query}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUAWEI_TEST_AK", "testak")
        patch.setenv("HUAWEI_TEST_SK", "testsk")
        patch.setenv("HUAWEI_TEST_TOKEN", security_token or "none")
        ours = signed(url, security_token="HUAWEI_TEST_TOKEN" if security_token else None)
    resource_path = "/v2/" + "/".join(path)
    credentials = BasicCredentials("testak", "testsk", PROJECT_ID)
    if security_token:
        credentials.with_security_token(security_token)
    theirs = credentials.sign_request(
        SdkRequest(
            method="GET",
            schema="https",
            host=VAS.removeprefix("https://"),
            resource_path=resource_path,
            query_params=list(params),
            header_params={"Content-Type": "application/json", "X-Sdk-Date": "20240102T030405Z"},
            body="",
            signing_algorithm=SigningAlgorithm.HMAC_SHA256,
        )
    )
    assert ours.headers["Authorization"] == theirs.header_params["Authorization"]
    assert ours.url.query.decode() == theirs.uri.removeprefix(resource_path).removeprefix("?")


def test_a_rotated_key_counts_immediately(monkeypatch: pytest.MonkeyPatch):
    first = signed(METASTUDIO).headers["Authorization"]
    monkeypatch.setenv("HUAWEI_TEST_SK", "rotated")
    assert signed(METASTUDIO).headers["Authorization"] != first


async def test_an_iam_token_is_sent_and_read_from_its_file_each_time(tmp_path: Path):
    place = tmp_path / "token"
    place.write_text("first\n")
    scheme = auth(account(access_key_id=None, secret_access_key=None, token=f"file:{place}"))
    assert isinstance(scheme, TokenAuth)
    request = next(scheme.auth_flow(httpx.Request("GET", VAS)))
    assert request.headers["X-Auth-Token"] == "first"
    assert "Authorization" not in request.headers
    place.write_text("second")
    assert next(scheme.auth_flow(request)).headers["X-Auth-Token"] == "second"
    place.unlink()
    with pytest.raises(SecretMissing):
        next(scheme.auth_flow(request))


def test_no_secret_is_in_its_text():
    assert "testsk" not in repr(auth(account()))
