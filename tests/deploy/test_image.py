"""The content of the image, and its health check."""

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.config.settings import load
from tests.deploy.files import ROOT, base_image, compose, container, own_image, pods

DOCKERFILE = (ROOT / "Dockerfile").read_text()
SCRIPT = (ROOT / "deploy/build-image.sh").read_text()


def healthcheck() -> list[str]:
    (command,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    return json.loads(command)


@pytest.fixture
def probed() -> ThreadingHTTPServer:
    """Return a server that is healthy only at /healthz."""

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Healthy)


@pytest.mark.parametrize("http", ["port = {}", "port = 1\nadmin_port = {}"])
def test_the_health_check_asks_where_the_configuration_says(http: str, probed: ThreadingHTTPServer, tmp_path: Path):
    file = tmp_path / "callboard.toml"
    file.write_text(f"[http]\n{http.format(probed.server_port)}\n")
    check = [sys.executable, *healthcheck()[1:]]
    with probed:
        threading.Thread(target=probed.serve_forever, daemon=True).start()
        asked = subprocess.run(check, env={"CALLBOARD_CONFIG": str(file)}, capture_output=True, check=False)
        probed.shutdown()
    assert asked.returncode == 0, asked.stderr
    assert subprocess.run(check, env={"CALLBOARD_CONFIG": str(file)}, capture_output=True, check=False).returncode != 0


def test_probes_have_the_port_of_the_configuration():
    http = load(ROOT / "deploy/callboard.toml").http
    ports = {part: {each["name"]: each["containerPort"] for each in container(pods()[part])["ports"]} for part in PARTS}
    assert ports == {"serve": {"http": http.port, "admin": http.admin_port}, "worker": {"admin": http.admin_port}}
    for part in PARTS:
        assert pods()[part]["metadata"]["annotations"]["prometheus.io/port"] == str(http.admin_port)
    published = [f"127.0.0.1:{port}:{port}" for port in (http.port, http.admin_port)]
    assert compose()["services"]["serve"]["ports"] == published
    assert f"EXPOSE {http.port} {http.admin_port}\n" in DOCKERFILE


PARTS = ("serve", "worker")


def test_the_script_runs_the_dockerfiles_own_steps_and_names_no_host():
    subprocess.run(["bash", "-n", ROOT / "deploy/build-image.sh"], check=True)
    assert '--build-arg "PYTHON=$base"' in SCRIPT
    assert "://" not in SCRIPT
    assert base_image().startswith("python:3.12.")


def test_the_bill_of_materials_is_only_of_the_runtime_and_the_same_each_time():
    planned = subprocess.run(
        ["make", "--dry-run", "--always-make", "sbom"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r'--python \S*/runtime/bin/python.* --editable "\."|runtime/bin/python -m pip .* "\."', planned)
    assert re.search(r"cyclonedx-py environment .*--output-reproducible", planned)
    assert "sbom.cdx.json" in (ROOT / ".gitignore").read_text()


def test_the_pages_name_the_image_by_its_version():
    page = (ROOT / "docs/run.md").read_text()
    assert set(re.findall(r"callboard:\d[\w.]*", page)) == {own_image()}
