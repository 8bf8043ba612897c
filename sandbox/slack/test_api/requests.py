"""How an order under /test/ is read and carried out."""

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json


class Order(BaseModel):
    """The body of an order; a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


def checked(order: Callable[[bytes], Awaitable[Json]]) -> Callable[[Request], Awaitable[Response]]:
    """Carry an order out; 400 for one that cannot be."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse({"ok": True, **await order(await request.body())})
        except ValidationError as error:
            found = error.errors(include_context=False, include_url=False)
            return JSONResponse({"ok": False, "error": found}, status_code=400)
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)

    return endpoint
