"""A request as a cloud receives it, and the error that can answer it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, unquote_plus

from starlette.requests import Request


class Refused(Exception):  # noqa: N818  # the cloud's answer, not an error of the sandbox
    """A request that the cloud answers with an error."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Call:
    """One request, with the exact bytes that the client sent."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    plus_is_space: bool = False

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the query's names and values, decoded, in the order sent."""
        decode = unquote_plus if self.plus_is_space else unquote
        parts = (part.partition("=") for part in self.raw_query.split("&") if part)
        return [(decode(name), decode(value)) for name, _, value in parts]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's names and values. Of a repeated name the last value counts."""
        return dict(self.pairs)

    def values(self, name: str) -> list[str]:
        """Return every value of a repeated name."""
        return [value for key, value in self.pairs if key == name]

    def header(self, name: str) -> str:
        """Return a header's value, stripped; empty if it was not sent."""
        return self.headers.get(name, "").strip()


async def read_call(request: Request, *, plus_is_space: bool) -> Call:
    """Parse a request without decoding the parts that a signature covers."""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return Call(
        method=request.method,
        raw_path=raw_path.decode("latin-1").partition("?")[0],
        raw_query=request.scope["query_string"].decode("latin-1"),
        headers=request.headers,
        body=await request.body(),
        plus_is_space=plus_is_space,
    )
