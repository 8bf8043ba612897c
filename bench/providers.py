"""The cost of listing and looking up ten thousand jobs: Callboard's providers, the vendors' clients, bare httpx.

Run `python -m bench.providers`. The simulated clouds run in another process; CPU is of this process only.
"""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import httpx

from bench import bare, vendors
from bench.clouds import Clouds, clouds
from bench.measure import Cost, Run, in_turns, show
from providers import registry
from providers.accounts import Account, AlibabaAccount
from providers.base import Provider
from providers.http.deadline import within, without_raw
from providers.http.rate_limit import WindowBudget
from providers.models import Job, JobQuery

JOBS = 10_000
SINGLE_LOOKUPS = 500
"""Jobs looked up where each needs a separate request."""
ROUNDS = 3
LOOKUPS_AT_ONCE = 4
"""As many as a provider sends in parallel."""
TRANSPORT_REQUESTS = 1_000
TRANSPORT_AT_ONCE = 20
MINUTES = 10 * 60
"""Long enough that no deadline matters."""


Ask: TypeAlias = Callable[[Provider], Awaitable[Sequence[Job]]]
Vendor: TypeAlias = Callable[[str, Sequence[httpx.Request]], list[vendors.Call]]


@dataclass(frozen=True, slots=True)
class Workload:
    """A question to one service, and the vendor's client that can ask the same."""

    title: str
    service: str
    account: Account
    ask: Ask
    vendor: Vendor
    at_once: int = 1


def workloads(where: Clouds) -> list[Workload]:
    """Return the workloads: lists page by page, and look-ups in as few requests as the API allows."""
    few = dict(list(where.vod_jobs.items())[:SINGLE_LOOKUPS])

    async def look_up_batches(provider: Provider) -> Sequence[Job]:
        return (await provider.lookup(list(where.vod_ai)[:JOBS])).found

    async def look_up_singly(provider: Provider) -> Sequence[Job]:
        return (await provider.lookup(list(few), few)).found

    accounts = {service: account for account in where.accounts() for service in account.services}

    def work(title: str, service: str, ask: Ask, vendor: Vendor, at_once: int = 1) -> Workload:
        return Workload(f"{title} {service}", service, accounts[service], ask, vendor, at_once)

    return [
        work("list", "video-ocr", list_all, vendors.video_ocr),
        work("list", "digital-human", list_all, vendors.digital_human),
        work("list", "image-moderation", list_all, vendors.image_moderation),
        work("look up", "vod-ai", look_up_batches, vendors.vod, LOOKUPS_AT_ONCE),
        work("look up", "vod-jobs", look_up_singly, vendors.vod, LOOKUPS_AT_ONCE),
    ]


async def list_all(provider: Provider) -> Sequence[Job]:
    """Read pages until there are enough jobs, or to the last page."""
    jobs: list[Job] = []
    cursor: str | None = None
    while len(jobs) < JOBS:
        page = await provider.page(JobQuery(), cursor)
        jobs += page.jobs
        cursor = page.cursor
        if cursor is None:
            break
    return jobs


async def _first_ten(provider: Provider) -> Sequence[Job]:
    return (await provider.page(JobQuery(limit=10))).jobs


async def compare(work: Workload, where: Clouds) -> list[str]:
    """Run one workload's contestants in turns and return its row of the table."""
    async with registry.http_client() as client, httpx.AsyncClient() as plain, registry.http_client() as quick:
        jobs, requests = await recorded(work)
        auth, budget = auth_of(work.account), WindowBudget()

        def of_callboard() -> Run:
            return lambda: ask(work, client, budget)

        def of_bare(bare_client: httpx.AsyncClient) -> Run:
            questions = bare.signed(requests, auth)
            return lambda: bare.ask(bare_client, questions, work.at_once)

        def of_vendor() -> Run:
            calls = work.vendor(where.url, requests)
            return lambda: vendors.ask(calls, work.at_once)

        costs = await in_turns(
            {
                "callboard": of_callboard,
                "vendor": of_vendor,
                "httpx": lambda: of_bare(plain),
                "aiohttp": lambda: of_bare(quick),
            },
            ROUNDS,
        )
    return _row(work, len(jobs), len(requests), costs)


async def recorded(work: Workload) -> tuple[Sequence[Job], list[httpx.Request]]:
    """Ask once; return the jobs and the requests."""
    async with registry.http_client() as client:
        recorder = bare.Recorder(client)
        return await ask(work, client, WindowBudget()), recorder.requests


async def ask(work: Workload, client: httpx.AsyncClient, budget: WindowBudget) -> Sequence[Job]:
    """Ask as the bot's sweep does: without raw JSON for people."""
    (provider,) = (each for each in registry.build([work.account], client, budget) if each.service == work.service)
    async with within(MINUTES):
        with without_raw():
            return await work.ask(provider)


def auth_of(account: Account) -> httpx.Auth:
    """Return the authentication of an account."""
    from providers.alibaba.auth import auth as alibaba_auth
    from providers.huawei.auth import auth as huawei_auth

    return alibaba_auth(account) if isinstance(account, AlibabaAccount) else huawei_auth(account)


def _row(work: Workload, jobs: int, requests: int, costs: dict[str, Cost]) -> list[str]:
    ours = costs["callboard"].cpu_s
    micros = [f"{cost.cpu_s / jobs * 1e6:,.0f}" for cost in costs.values()]
    ratios = [f"{ours / costs[name].cpu_s:.2f}" for name in ("vendor", "httpx", "aiohttp")]
    return [work.title, f"{jobs:,}", f"{requests:,}", *micros, *ratios, f"{costs['callboard'].wall_s:.1f}"]


async def compare_transports(where: Clouds) -> list[list[str]]:
    """Measure a small request, repeated over httpx's own transport and over aiohttp."""
    work = replace(workloads(where)[0], ask=_first_ten)
    _, requests = await recorded(work)
    questions = bare.signed(requests, auth_of(work.account)) * TRANSPORT_REQUESTS
    async with httpx.AsyncClient() as plain, registry.http_client() as quick:
        costs = await in_turns(
            {
                "httpx's own": lambda: lambda: bare.ask(plain, questions, TRANSPORT_AT_ONCE),
                "aiohttp under httpx": lambda: lambda: bare.ask(quick, questions, TRANSPORT_AT_ONCE),
            },
            ROUNDS,
        )
    least = min(cost.cpu_s for cost in costs.values())
    return [
        [name, f"{cost.cpu_s / TRANSPORT_REQUESTS * 1e3:.2f}", f"{cost.cpu_s / least:.1f}", f"{cost.wall_s:.1f}"]
        for name, cost in costs.items()
    ]


async def main() -> None:
    """Measure everything and print it."""
    gc.freeze()  # as the bot does once it is ready
    with clouds(JOBS, frozen=True) as where:
        rows = [await compare(work, where) for work in workloads(where)]
        transports = await compare_transports(where)
    show(
        "CPU in µs a job: Callboard, the vendor's SDK, bare httpx, httpx over aiohttp (target: at most 2 x httpx)",
        [
            *("", "jobs", "sent"),
            *("ours", "SDK", "httpx", "aiohttp"),
            *("x SDK", "x httpx", "x aiohttp", "wall s"),
        ],
        rows,
    )
    show(
        f"Transports: {TRANSPORT_REQUESTS:,} requests, {TRANSPORT_AT_ONCE} in flight",
        ["", "CPU ms a request", "ratio", "wall s"],
        transports,
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
