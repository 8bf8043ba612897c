"""The GET requests of one Huawei service."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import httpx

from providers.accounts import HuaweiAccount
from providers.http.canonical_query import canonical_query
from providers.http.rate_limit import Budget
from providers.http.transport import ApiReply, Transport
from providers.huawei.auth import auth
from providers.huawei.codes import BY_ID
from providers.huawei.errors import classify
from providers.json_fields import count

PAGE_MAX = 100
"""A limit that every service accepts: the highest of VAS's older generation and MetaStudio (sections 5.1 and 5.4)."""

FEW = 5
"""Up to this many ids are looked up one by one."""


class Origin(NamedTuple):
    """The account, service and region of a job."""

    account: str
    service: str
    region: str


@dataclass(frozen=True, slots=True)
class Api:
    """Sends the requests of a service of an account."""

    transport: Transport
    endpoint: str
    project_id: str
    origin: Origin

    @classmethod
    def of(
        cls,
        account: HuaweiAccount,
        client: httpx.AsyncClient,
        budget: Budget,
        *,
        service: str,
        host: str,
        per_second: float,
    ) -> Self:
        """Return the API of a service of an account; `host` is the first word of its documented host."""
        endpoint = account.endpoint(service, f"https://{host}.{account.region}.myhuaweicloud.com")
        transport = Transport(
            client=client,
            account=account.name,
            service=service,
            auth=auth(account),
            classify=classify,
            budget=budget,
            budget_key=f"{account.name}/{service}",
            requests_per_second=account.rate(service, per_second),
        )
        return cls(transport, endpoint, account.project_id, Origin(account.name, service, account.region))

    async def get(
        self, version: str, path: str, params: Iterable[tuple[str, str]] = (), *, by_id: bool = False
    ) -> ApiReply:
        """Get a path of the project, with the query spelled exactly as it is signed.

        `by_id` says that the request is about one job: only then can a refusal mean that there is no such job.
        """
        url = f"{self.endpoint}/{version}/{self.project_id}/{path}"
        if query := canonical_query(params):
            url = f"{url}?{query}"
        about = {BY_ID: True} if by_id else None
        return await self.transport.send(self.transport.client.build_request("GET", url, extensions=about))

    async def get_list(
        self, version: str, path: str, items: str, params: Iterable[tuple[str, str]], *, by_id: bool = False
    ) -> ApiReply:
        """Get a list whose entries are under the name `items`; `by_id` is that of `get`.

        Raises Malformed where there are none, unless the reply itself says that the list is empty.
        """
        reply = await self.get(version, path, params, by_id=by_id)
        entries = reply.json.get(items)
        if isinstance(entries, list) or (entries is None and count(reply.json.get("count")) == 0):
            return reply
        raise self.transport.malformed(f"a list without {items}", reply)
