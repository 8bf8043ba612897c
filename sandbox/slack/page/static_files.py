"""The page's own files."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
_TYPES: Mapping[str, str] = {".js": "text/javascript", ".svg": "image/svg+xml"}  # not left to the machine's own table


class StaticFiles:
    """Serves what lies under `static/` when it is made, each file as it is at the moment of the request.

    Starlette's own StaticFiles hands each file to a thread and lets browsers keep it for as long as they think fit;
    these are small enough to be read here and now, and a browser asks anew each time, so that it never mixes versions.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}

    async def index(self, _: Request) -> Response:
        """The page itself."""
        return self.respond(INDEX)

    async def file(self, request: Request) -> Response:
        """The file that the path names."""
        return self.respond(request.path_params["path"])

    def respond(self, name: str, status: int = 200) -> Response:
        """A file by its name, with an HTTP status."""
        path = self._files.get(name)
        if path is None:
            return PlainTextResponse("Not Found", status_code=404)
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return Response(path.read_bytes(), status, {"Cache-Control": "no-cache"}, media_type)
