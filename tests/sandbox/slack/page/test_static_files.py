"""The page's own files, as a browser asks for them."""

import pytest

from tests.sandbox.slack.conftest import Slack


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/js/main.js", "text/javascript; charset=utf-8"),
        ("/static/css/base.css", "text/css; charset=utf-8"),
        ("/static/logo.svg", "image/svg+xml"),
    ],
)
async def test_a_file_has_its_type_and_is_requested_every_time(slack: Slack, path: str, media_type: str) -> None:
    response = await slack.http.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["js/none.js", "js", "", "../server.py", "%2e%2e/server.py", "/etc/hostname"])
async def test_nothing_else_is_served(slack: Slack, path: str) -> None:
    assert (await slack.http.get(f"/static/{path}")).status_code == 404
