"""Calls operations of ApsaraVideo VOD, for both services that use it."""

from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import quote

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.auth import auth
from providers.alibaba.errors import classify
from providers.http.canonical_query import canonical_query
from providers.http.rate_limit import Budget, BudgetLeft
from providers.http.transport import ApiReply, Transport

VERSION = "2017-03-21"
IDS_AT_ONCE = 10
"""The highest number of ids in one request of ListAIJob and GetTranscodeTask."""

VOD_AI = "vod-ai"
VOD_JOBS = "vod-jobs"

_HOST_REGIONS = {"cn-hangzhou": "cn-shanghai"}
"""Regions that another region's host serves, from the vendor's own client (provider API notes, section 3.1)."""


class Operation(NamedTuple):
    """An operation of VOD, and the service whose configured rate limits it.

    `rate` is in requests per second per account.
    """

    name: str
    service: str
    rate: float


# 15 per second is documented for these (provider API notes, section 5.5, and the vendor's pages of the operations).
GET_JOB_DETAIL = Operation("GetJobDetail", VOD_JOBS, 15)
LIST_JOB_INFO = Operation("ListJobInfo", VOD_JOBS, 15)
GET_TRANSCODE_TASK = Operation("GetTranscodeTask", VOD_JOBS, 15)
# No limit is documented for these. The notes estimate at most 15 per second (section 5.2); 10 leaves some room.
LIST_AI_JOB = Operation("ListAIJob", VOD_AI, 10)
GET_AUDIT_JOB = Operation("GetAIMediaAuditJob", VOD_JOBS, 10)


@dataclass(frozen=True, slots=True)
class Vod:
    """The operations of VOD for one service of one account.

    The account's services share the budget of an operation.
    """

    account: AlibabaAccount
    endpoint: str
    transport: Transport

    @classmethod
    def of(cls, account: AlibabaAccount, service: str, client: httpx.AsyncClient, budget: Budget) -> Self:
        region = _HOST_REGIONS.get(account.region, account.region)
        transport = Transport(
            client=client,
            account=account.name,
            service=service,
            auth=auth(account),
            classify=classify,
            budget=budget,
            budget_key=f"{account.name}/vod",
            requests_per_second=LIST_AI_JOB.rate,
        )
        return cls(account, account.endpoint(service, f"https://vod.{region}.aliyuncs.com"), transport)

    async def call(self, operation: Operation, **parameters: str) -> ApiReply:
        """Call an operation and return its reply; raises ProviderError.

        Parameters are in the query, with an empty body (provider API notes, section 5.2).
        """
        request = self.transport.client.build_request(
            "POST",
            f"{self.endpoint}/?{canonical_query(parameters.items())}",
            headers={"accept": "application/json", "x-acs-action": operation.name, "x-acs-version": VERSION},
        )
        return await self.transport.send(request, operation=operation.name, per_second=self._rate(operation))

    async def budget_left(self, operation: Operation) -> BudgetLeft:
        """Return how many calls of an operation the account's current window still allows."""
        return await self.transport.budget_left(operation.name, self._rate(operation))

    def _rate(self, operation: Operation) -> float:
        return self.account.rate(operation.service, operation.rate)


def console_url(media: str | None) -> str | None:
    """Return the console page of a media, such as `https://vod.console.aliyun.com/#/media/video/detail/ID/video`.

    Jobs have no page (provider API notes, section 8).
    """
    if not media:
        return None
    # Quoting is slow, and a usual media id needs none.
    name = media if media.isascii() and media.isalnum() else quote(media, safe="")
    return f"https://vod.console.aliyun.com/#/media/video/detail/{name}/video"
