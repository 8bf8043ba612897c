"""The workspace's errors in Slack's codes, and the other failures of a call."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.connections import HangUp


class Failure(Exception):  # noqa: N818 - ordered failures are not the sandbox's errors
    """A call that fails. With `stored` it took effect before it failed."""

    stored = False

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """Return the caller's response. `status` is that of an ordinary error."""
        raise NotImplementedError


class SlackError(Failure):
    """An error with Slack's `code`. `problems` say what is wrong and where, `extra` joins the reply's body.

    `status` is the HTTP status if it differs from that of an ordinary error.
    """

    def __init__(self, code: str, problems: Sequence[str] = (), *, status: int | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.problems = tuple(problems)
        self.status = status
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the reply in Slack's form."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.problems:
            body["errors"] = list(self.problems)
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """Return the error as JSON."""
        return JSONResponse(self.body(), self.status or status, dict(headers))


class RateLimitedError(SlackError):
    """Slack's 429. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """Return the error with its waiting time."""
        del status
        return super().response(429, {**headers, "Retry-After": str(self.retry_after)})


class ServerFault(Failure):
    """A failure outside Slack's protocol, with an HTTP `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"http_{status}")
        self.status = status

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """Return only the status."""
        del status, headers
        return Response(status_code=self.status)


class Unanswered(Failure):
    """No answer. The code is `hung` (the caller gave up first) or `dropped`."""

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """Return a closed connection."""
        del status, headers
        return HangUp()
