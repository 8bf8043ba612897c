"""Alibaba Cloud's signature version 3, ACS3-HMAC-SHA256.

The steps follow the provider API notes, section 3.3, and the vendor's own signer.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from providers.accounts import AlibabaAccount
from providers.secrets import SecretRef

ALGORITHM = "ACS3-HMAC-SHA256"

_DATE = "%Y-%m-%dT%H:%M:%SZ"


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Acs3Auth(httpx.Auth):
    """Signs each request and each retry with the current keys.

    The request already has `x-acs-action` and `x-acs-version`, and a query written by `canonical_query`. Each nonce is
    used only once. The cloud rejects a clock difference of more than 15 minutes (provider API notes, section 3.5).
    """

    access_key_id: SecretRef
    secret_access_key: SecretRef
    security_token: SecretRef | None = None
    now: Callable[[], datetime] = _now
    nonce: Callable[[], str] = _nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        headers, key_id = request.headers, self.access_key_id.read()
        headers["x-acs-date"] = self.now().strftime(_DATE)
        headers["x-acs-signature-nonce"] = self.nonce()
        headers["x-acs-content-sha256"] = hashlib.sha256(request.content).hexdigest()
        if self.security_token is not None:
            headers["x-acs-accesskey-id"] = key_id
            headers["x-acs-security-token"] = self.security_token.read()
        headers["Authorization"] = authorization(
            request.method,
            request.url,
            {name: value for name, value in headers.items() if name == "host" or name.startswith("x-acs-")},
            key_id,
            self.secret_access_key.read(),
        )
        yield request


def auth(account: AlibabaAccount) -> Acs3Auth:
    """Return the authentication of an account. The account's model guarantees the key pair."""
    if account.access_key_id is None or account.secret_access_key is None:
        raise ValueError("an account has a key pair")
    return Acs3Auth(account.access_key_id, account.secret_access_key, account.security_token)


def authorization(
    method: str, url: httpx.URL, headers: Mapping[str, str], access_key_id: str, secret_access_key: str
) -> str:
    """Return the `Authorization` header of a request; every given header is signed, in lower case.

    Date, nonce and body hash are headers too, so equal arguments give equal signatures.
    """
    signed = {name.lower(): value.strip() for name, value in headers.items()}
    digest = hashlib.sha256(_canonical_request(method, url, signed).encode()).hexdigest()
    signature = hmac.new(secret_access_key.encode(), f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={';'.join(sorted(signed))},Signature={signature}"


def _canonical_request(method: str, url: httpx.URL, headers: Mapping[str, str]) -> str:
    names = sorted(headers)
    return "\n".join(
        (
            method.upper(),
            url.raw_path.partition(b"?")[0].decode("ascii"),
            url.query.decode("ascii"),
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            headers["x-acs-content-sha256"],
        )
    )
