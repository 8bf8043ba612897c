"""What the workspace refuses, in Slack's codes."""

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """A refusal with Slack's `code`; `problems` say what is wrong and where, `extra` joins the reply's body."""

    def __init__(self, code: str, problems: Sequence[str] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.problems = tuple(problems)
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The reply as Slack words it."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.problems:
            body["errors"] = list(self.problems)
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body


class RateLimitedError(SlackError):
    """Slack's 429; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after
