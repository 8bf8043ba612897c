"""The page's own static files."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
_TYPES: Mapping[str, str] = {
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}  # independent of the machine's own MIME table


class StaticFiles:
    """Serves the files that `static/` has at start, each with its current content.

    Starlette's own StaticFiles uses a thread for each file and lets browsers cache it for as long as they like. These
    files are small enough to read directly, and a browser requests them every time, so that it never mixes versions.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}

    async def index(self, _: Request) -> Response:
        """Return the page."""
        return self.respond(INDEX)

    async def file(self, request: Request) -> Response:
        """Return the file at the path."""
        return self.respond(request.path_params["path"])

    def respond(self, name: str, status: int = 200) -> Response:
        """Return a file by its name, with an HTTP status."""
        path = self._files.get(name)
        if path is None:
            return PlainTextResponse("Not Found", status_code=404)
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return Response(path.read_bytes(), status, {"Cache-Control": "no-cache"}, media_type)
