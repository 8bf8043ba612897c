"""The control endpoints: show the world's jobs, and set faults."""

from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.clouds.faults import Fault
from sandbox.clouds.job_orders import EndOrder, EndOrders, JobOrder, JobOrders, make
from sandbox.clouds.jobs import Job
from sandbox.clouds.storms import StormOrder, storm
from sandbox.clouds.timestamps import iso, iso_or
from sandbox.clouds.transitions import transitions
from sandbox.clouds.world import World

RECENT = 25
"""How many of a service's newest jobs, and of its unfinished jobs, the state shows."""


class ClockOrder(BaseModel):
    """How many seconds to move the clock forward."""

    model_config = ConfigDict(extra="forbid")

    advance_s: float


class ShiftOrder(BaseModel):
    """How many seconds services' own clocks are ahead of true time (negative: behind), starting in `in_s` seconds."""

    model_config = ConfigDict(extra="forbid")

    account: str = "*"
    service: str = "*"
    ahead_s: float = Field(ge=-86_400, le=86_400)
    in_s: float = Field(default=0.0, ge=0)


class Control:
    """The endpoints under `/control`. They need no signature, because the sandbox listens on loopback."""

    def __init__(self, world: World) -> None:
        """Control this world."""
        self.world = world

    def routes(self) -> list[Route]:
        """Return every endpoint. `GET /control` is the page."""
        return [
            Route("/control", self.page, methods=["GET"]),
            Route("/control/state", self.state, methods=["GET"]),
            Route("/control/fault", _checked(self.set_fault), methods=["POST"]),
            Route("/control/fault", self.clear_faults, methods=["DELETE"]),
            Route("/control/clock", _checked(self.advance), methods=["POST"]),
            Route("/control/clock/shift", _checked(self.shift_clocks), methods=["POST"]),
            Route("/control/storm", _checked(self.start_storm), methods=["POST"]),
            Route("/control/transitions", _checked(self.transitions), methods=["GET"]),
            Route("/control/jobs", _checked(self.add_jobs), methods=["POST"]),
            Route("/control/end", _checked(self.end_jobs), methods=["POST"]),
            Route("/control/jobs/{job_id}", _checked(self.end_job), methods=["POST"]),
            Route("/control/jobs/{job_id}", _checked(self.delete_job), methods=["DELETE"]),
            Route("/control/requests", self.requests, methods=["GET"]),
            Route("/control/requests", self.reset_requests, methods=["DELETE"]),
        ]

    async def page(self, request: Request) -> Response:
        """Return the control page."""
        del request
        return HTMLResponse(files("sandbox.clouds").joinpath("control.html").read_text("utf-8"))

    async def state(self, request: Request) -> Response:
        """Return the clock, the faults and each service's jobs.

        A service shows its job counts by state, its newest jobs and its unfinished ones.
        """
        del request
        now = self.world.now()
        services: list[dict[str, Any]] = []
        for account, service, store in self.world.stores():
            newest = store.select(now)[::-1]
            under_way = islice((job for job in newest if job.finished_by(now) is None), RECENT)
            services.append(
                {
                    "account": account,
                    "service": service,
                    "states": store.counts(now),
                    "unlisted": store.unlisted(now),
                    "clock_ahead_s": store.clock.shift_at(now),
                    "jobs": [describe(job, now) for job in newest[:RECENT]],
                    "under_way": [describe(job, now) for job in under_way],
                }
            )
        faults = [fault.model_dump() for fault in self.world.faults.current(now)]
        return JSONResponse({"now": iso(now), "faults": faults, "services": services})

    async def set_fault(self, request: Request) -> Response:
        """Set a fault. The body has the fields of Fault."""
        fault = Fault.model_validate_json(await request.body())
        self.world.faults.add(fault, self.world.now())
        return JSONResponse(fault.model_dump(), 201)

    async def clear_faults(self, request: Request) -> Response:
        """Clear all faults, or those of the account, service and fault in the query."""
        wanted = (request.query_params.get(name) for name in ("account", "service", "fault"))
        self.world.faults.clear_all(*wanted)
        return Response(status_code=204)

    async def advance(self, request: Request) -> Response:
        """Move the clock forward."""
        self.world.advance(ClockOrder.model_validate_json(await request.body()).advance_s)
        return JSONResponse({"now": iso(self.world.now())})

    async def shift_clocks(self, request: Request) -> Response:
        """Shift services' own clocks, or correct them. The body has the fields of ShiftOrder."""
        order = ShiftOrder.model_validate_json(await request.body())
        self.world.shift_clocks(order.ahead_s, order.account, order.service, order.in_s)
        return Response(status_code=204)

    async def start_storm(self, request: Request) -> Response:
        """Start a storm and return its jobs in finishing order. The body has the fields of StormOrder."""
        order = StormOrder.model_validate_json(await request.body())
        stores = {target: self.world.store(*target) for target in order.targets}
        jobs = storm(order, self.world.now())
        codes = {each: Counter[str]() for each in order.services}
        for account, service, job in jobs:
            stores[account, service].add(job)
            codes[f"{account}/{service}"].update([job.failure.code] if job.failure else [])
        return JSONResponse(
            {
                "failing": [each.ref for each in jobs if each.job.failure],
                "succeeding": [each.ref for each in jobs if not each.job.failure],
                "codes": codes,
                "until": self.world.now() + order.within_s,
            },
            201,
        )

    async def transitions(self, request: Request) -> Response:
        """Return each job's true transitions, for the account and service in the query.

        `since` in the query is the earliest instant, in seconds since 1970.
        """
        query = request.query_params
        rows = transitions(self.world, query.get("account"), query.get("service"), float(query.get("since", "-inf")))
        return JSONResponse({"now": self.world.now(), "jobs": rows})

    async def add_jobs(self, request: Request) -> Response:
        """Add a job and return it, or add several and return their ids.

        Several are one order with `count`, or a list of orders.
        """
        asked = JobOrders.validate_json(await request.body())
        orders = [asked] if isinstance(asked, JobOrder) else asked
        stores = [self.world.store(order.account, order.service) for order in orders]
        now = self.world.now()
        jobs: list[Job] = []
        for order, store in zip(orders, stores, strict=True):
            made = [make(order, now) for _ in range(order.count)]
            for job in made:
                store.add(job)
            jobs += made
        if isinstance(asked, JobOrder) and "count" not in asked.model_fields_set:
            return JSONResponse(describe(jobs[0], now), 201)
        return JSONResponse({"ids": [job.id for job in jobs]}, 201)

    async def end_jobs(self, request: Request) -> Response:
        """End jobs now, and return which ended and why others did not. The body has the fields of EndOrders."""
        order = EndOrders.model_validate_json(await request.body())
        ended: list[str] = []
        refused: dict[str, str] = {}
        for job_id in order.ids:
            try:
                self.world.end(job_id, order.state, order.failure)
            except (LookupError, ValueError) as error:
                refused[job_id] = str(error)
            else:
                ended.append(job_id)
        return JSONResponse({"ended": ended, "refused": refused})

    async def end_job(self, request: Request) -> Response:
        """End a job now. The body has the fields of EndOrder."""
        order = EndOrder.model_validate_json(await request.body())
        job = self.world.end(request.path_params["job_id"], order.state, order.failure)
        return JSONResponse(describe(job, self.world.now()))

    async def delete_job(self, request: Request) -> Response:
        """Delete a job now. Lists and look-ups no longer find it."""
        self.world.delete(request.path_params["job_id"])
        return Response(status_code=204)

    async def requests(self, request: Request) -> Response:
        """Return the number of requests by account, service and operation."""
        del request
        rows = [{**target._asdict(), "count": count} for target, count in sorted(self.world.requests.items())]
        return JSONResponse({"total": self.world.requests.total(), "requests": rows})

    async def reset_requests(self, request: Request) -> Response:
        """Reset the request counts to zero."""
        del request
        self.world.requests.clear()
        return Response(status_code=204)


def describe(job: Job, now: float) -> dict[str, Any]:
    """Return a job as the control endpoints show it."""
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "media": job.media,
        "state": job.word(now),
        "created_at": iso(job.created),
        "ends_at": iso_or(job.finished, None),
        "ended": job.finished_by(now) is not None,
    }


def _checked(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Answer 400 to an invalid order, and 404 to one for something unknown."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValidationError as error:
            return JSONResponse(
                {"error": error.errors(include_url=False, include_context=False, include_input=False)}, 400
            )
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer
