"""Builds providers from the configuration."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import httpx

from providers.accounts import Account
from providers.base import Provider
from providers.http.bodies import ACCEPTED
from providers.http.rate_limit import Budget
from providers.models import Job
from providers.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable


def build(accounts: Iterable[Account], client: httpx.AsyncClient, budget: Budget) -> list[Provider]:
    """Return a provider for each service of each account, in the order of the configuration."""
    return [_provider(service)(account, client, budget) for account in accounts for service in account.services]


def _provider(service: str) -> "Callable[[Account, httpx.AsyncClient, Budget], Provider]":
    where = SERVICES[service]
    return getattr(import_module(f"providers.{where.cloud}.{where.module}"), where.provider)


def meaning(job: Job) -> str | None:
    """Return the meaning of a failed job's code, where the vendor documents it."""
    if job.error is None or job.error.code is None or job.service not in SERVICES:
        return None
    meanings: Mapping[str, str] = import_module(f"providers.{SERVICES[job.service].cloud}.errors").MEANINGS
    return meanings.get(job.error.code)


def http_client() -> httpx.AsyncClient:
    """Return a client for all providers: aiohttp under httpx, with a fifth of the CPU of httpx's own transport."""
    from httpx_aiohttp import AiohttpTransport

    from providers.http.wire import certificates, session

    headers = {"user-agent": "callboard", "accept-encoding": ", ".join(ACCEPTED)}
    return httpx.AsyncClient(transport=AiohttpTransport(verify=certificates(), client=session), headers=headers)
