"""Read and carry out the orders under /test/."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json


class Order(BaseModel):
    """The body of an order. Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")


def checked(order: Callable[[bytes], Awaitable[Json]]) -> Callable[[Request], Awaitable[Response]]:
    """Wrap an order as an endpoint. It answers 400 to an invalid order."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse({"ok": True, **await order(await request.body())})
        except ValidationError as error:
            found = error.errors(include_context=False, include_url=False)
            return JSONResponse({"ok": False, "error": found}, status_code=400)
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)

    return endpoint
