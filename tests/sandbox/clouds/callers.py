"""Callers of the simulated clouds with their own signatures, independent of the clouds' check."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import httpx

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG, Keys
from sandbox.clouds.app import create_app
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.world import World

START = 1_795_000_000.0
"""The instant at which the tests' worlds start."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def connect(world: World) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)), base_url="http://clouds.test")


def add_job(world: World, account: str, service: str, **fields: Any) -> str:
    """Add a job to a world, and return its id."""
    job = make(JobOrder(account=account, service=service, **fields), world.now())
    world.store(account, service).add(job)
    return job.id


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _canonical_query(params: Mapping[str, Any]) -> str:
    pairs = [(key, one) for key, value in params.items() for one in _texts(value)]
    return "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(pairs))


def _texts(value: Any) -> list[str]:
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]


def _headers_block(headers: Mapping[str, str]) -> tuple[str, str]:
    names = sorted(headers)
    return "".join(f"{name}:{headers[name]}\n" for name in names), ";".join(names)


@dataclass
class Huawei:
    """A caller with AK and SK. A test can falsify `keys`, `skew_s` and the rest."""

    client: httpx.AsyncClient
    world: World
    keys: Keys = MEDIA_CN.keys[0]
    secret: str | None = None
    skew_s: float = 0.0
    project: str = MEDIA_CN.project_id

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """GET a path in which `{p}` is the project id."""
        path = path.format(p=self.project)
        headers = self.sign("GET", path, _canonical_query(params))
        query = f"?{_canonical_query(params)}" if params else ""
        return await self.client.get(f"{path}{query}", headers=headers)

    def sign(self, method: str, path: str, query: str) -> dict[str, str]:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.world.now() + self.skew_s))
        headers = {"host": self.client.base_url.netloc.decode(), "x-sdk-date": date, "x-project-id": self.project}
        headers["content-type"] = "application/json"
        if self.keys.security_token:
            headers["x-security-token"] = self.keys.security_token
        block, names = _headers_block(headers)
        canonical = f"{method}\n{quote(path, safe='/~')}/\n{query}\n{block}\n{names}\n{_sha256('')}"
        text = f"SDK-HMAC-SHA256\n{date}\n{_sha256(canonical)}"
        signature = _hmac(self.secret or self.keys.secret_access_key, text)
        access = f"Access={self.keys.access_key_id}, SignedHeaders={names}, Signature={signature}"
        return {**headers, "authorization": f"SDK-HMAC-SHA256 {access}"}


@dataclass
class Alibaba:
    """A caller with an AccessKey. A test can repeat a `nonce`."""

    client: httpx.AsyncClient
    world: World
    keys: Keys = VOD_SG.keys[0]
    secret: str | None = None
    skew_s: float = 0.0
    nonce: str | None = None
    method: str = "POST"
    version: str = "2017-03-21"

    async def call(self, action: str, **params: Any) -> httpx.Response:
        headers = self.sign(action, _canonical_query(params))
        query = f"?{_canonical_query(params)}" if params else ""
        return await self.client.request(self.method, f"/{query}", headers=headers)

    def sign(self, action: str, query: str) -> dict[str, str]:
        headers = {
            "host": self.client.base_url.netloc.decode(),
            "x-acs-action": action,
            "x-acs-version": self.version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.world.now() + self.skew_s)),
            "x-acs-signature-nonce": self.nonce or uuid.uuid4().hex,
            "x-acs-content-sha256": _sha256(""),
        }
        if self.keys.security_token:
            headers["x-acs-accesskey-id"] = self.keys.access_key_id
            headers["x-acs-security-token"] = self.keys.security_token
        block, names = _headers_block(headers)
        canonical = f"{self.method}\n/\n{query}\n{block}\n{names}\n{_sha256('')}"
        signature = _hmac(self.secret or self.keys.secret_access_key, f"ACS3-HMAC-SHA256\n{_sha256(canonical)}")
        access = f"Credential={self.keys.access_key_id},SignedHeaders={names},Signature={signature}"
        return {**headers, "authorization": f"ACS3-HMAC-SHA256 {access}"}
