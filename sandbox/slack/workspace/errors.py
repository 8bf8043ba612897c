"""What the workspace refuses, in Slack's codes, and how else a call can fail."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.connections import HangUp


class Failure(Exception):  # noqa: N818 - the ones on order are no mistakes of ours
    """A call that does not get its answer. With `stored` it was carried out all the same."""

    stored = False

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """What the caller gets; `status` is that of an ordinary refusal."""
        raise NotImplementedError


class SlackError(Failure):
    """A refusal with Slack's `code`; `problems` say what is wrong and where, `extra` joins the reply's body.

    `status` is the HTTP status where it is not that of an ordinary refusal.
    """

    def __init__(self, code: str, problems: Sequence[str] = (), *, status: int | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.problems = tuple(problems)
        self.status = status
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The reply as Slack words it."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.problems:
            body["errors"] = list(self.problems)
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """The refusal as JSON."""
        return JSONResponse(self.body(), self.status or status, dict(headers))


class RateLimitedError(SlackError):
    """Slack's 429; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """The refusal with the time to wait."""
        del status
        return super().response(429, {**headers, "Retry-After": str(self.retry_after)})


class ServerFault(Failure):
    """A failure below Slack's protocol, with an HTTP `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"http_{status}")
        self.status = status

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """The bare status."""
        del status, headers
        return Response(status_code=self.status)


class Unanswered(Failure):
    """No answer at all; the code is `hung` (the caller gave up first) or `dropped`."""

    def response(self, status: int, headers: Mapping[str, str]) -> Response:
        """A closed connection."""
        del status, headers
        return HangUp()
