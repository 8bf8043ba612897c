"""Huawei Cloud's two ways to authenticate: a key pair (SDK-HMAC-SHA256), or an IAM token.

The steps follow the provider API notes, section 4.3, and the vendor's own signer.
"""

import hashlib
import hmac
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote

import httpx

from providers.accounts import HuaweiAccount
from providers.http.canonical_query import canonical_query, encoded
from providers.secrets import SecretRef

ALGORITHM = "SDK-HMAC-SHA256"
SIGNED = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")
"""The headers that are signed when a request has them. The HTTP client may add others later."""

_DATE = "%Y%m%dT%H%M%SZ"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class KeyPairAuth(httpx.Auth):
    """Signs each request and each retry with the current keys."""

    access_key_id: SecretRef
    secret_access_key: SecretRef
    project_id: str
    security_token: SecretRef | None = None
    now: Callable[[], datetime] = _now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        headers = request.headers
        headers["Content-Type"] = "application/json"
        headers["X-Project-Id"] = self.project_id
        headers["X-Sdk-Date"] = self.now().strftime(_DATE)
        if self.security_token is not None:
            headers["X-Security-Token"] = self.security_token.read()
        headers["Authorization"] = authorization(
            request.method,
            request.url,
            {name: headers[name] for name in SIGNED if name in headers},
            request.content,
            access_key_id=self.access_key_id.read(),
            secret_access_key=self.secret_access_key.read(),
        )
        yield request


@dataclass(frozen=True, slots=True)
class TokenAuth(httpx.Auth):
    """Sends an IAM token, which is valid for at most 24 hours. Use a file that another process renews."""

    token: SecretRef

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Content-Type"] = "application/json"
        request.headers["X-Auth-Token"] = self.token.read()
        yield request


def auth(account: HuaweiAccount) -> httpx.Auth:
    """Return the authentication of an account: its key pair or its token."""
    if account.access_key_id is not None and account.secret_access_key is not None:
        return KeyPairAuth(account.access_key_id, account.secret_access_key, account.project_id, account.security_token)
    if account.token is None:
        raise ValueError("an account has a key pair or a token")
    return TokenAuth(account.token)


def authorization(
    method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes, *, access_key_id: str, secret_access_key: str
) -> str:
    """Return the `Authorization` header of a request; every given header is signed, and one is `x-sdk-date`."""
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    digest = hashlib.sha256(canonical_request(method, url, lowered, body).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{lowered['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret_access_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key_id}, SignedHeaders={';'.join(sorted(lowered))}, Signature={signature}"


def canonical_request(method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> str:
    """Return the text whose hash is signed; header names are lower case."""
    names = sorted(headers)
    return "\n".join(
        (
            method.upper(),
            _canonical_path(url),
            canonical_query(parse_qsl(url.query.decode("ascii"), keep_blank_values=True)),
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        )
    )


def _canonical_path(url: httpx.URL) -> str:
    """Return the path to sign. Only this one ends in a slash, not the one that is sent."""
    path = "/".join(encoded(segment) for segment in unquote(url.raw_path.partition(b"?")[0].decode("ascii")).split("/"))
    return path if path.endswith("/") else f"{path}/"
