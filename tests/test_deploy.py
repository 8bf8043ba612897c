"""The content and settings of containers, read from the files: there is no engine here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config.settings import load
from callboard.cli import app
from providers.secrets import SecretRef
from sandbox.slack.workspace.credentials import BOT_TOKEN

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "deploy" / "callboard.toml"
KUBERNETES = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
IMAGES = {"callboard:0.1.0", "redis:7.2.16-bookworm", "python:3.12.15-slim-bookworm"}
PARTS = ("serve", "worker")
Json = dict[str, Any]


def documents(file: Path) -> list[Json]:
    return list(yaml.safe_load_all(file.read_text()))


def pod(part: str) -> tuple[Json, Json]:
    """Return the specification of a part's pods, and of their container."""
    (deployment,) = [
        each for each in documents(ROOT / f"deploy/kubernetes/{part}.yaml") if each["kind"] == "Deployment"
    ]
    assert deployment["spec"]["selector"]["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]
    spec = deployment["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return spec, container


def secrets_named() -> set[str]:
    return set(re.findall(r"file:/run/secrets/(\w+)", EXAMPLE.read_text()))


def test_the_example_configuration_is_valid_and_has_its_secrets_in_files():
    settings = load(EXAMPLE)
    assert settings.slack
    references = [settings.slack.bot_token, settings.slack.app_token]
    references += [getattr(each, key) for each in settings.accounts for key in ("access_key_id", "secret_access_key")]
    assert all(isinstance(each, SecretRef) and str(each).startswith("file:/run/secrets/") for each in references)
    assert BOT_TOKEN not in EXAMPLE.read_text()


def test_compose():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    redis, *ours = (compose["services"][name] for name in ("redis", *PARTS))
    assert redis["command"][-4:] == ["--appendonly", "yes", "--appendfsync", "always"]
    for part, service in zip(PARTS, ours, strict=True):
        assert service["command"] == [part]
        assert service["read_only"]
        assert service["stop_grace_period"] == "30s"
        assert set(service["secrets"]) == set(compose["secrets"]) == secrets_named()


@pytest.mark.parametrize("part", PARTS)
def test_pods_are_probed_and_stopped_in_peace(part: str):
    spec, container = pod(part)
    assert spec["terminationGracePeriodSeconds"] == 30
    assert container["args"] == [part]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    *_, port = container["ports"]
    assert port["containerPort"] == load(EXAMPLE).http.admin_port


@pytest.mark.parametrize("part", PARTS)
def test_pods_may_do_little(part: str):
    spec, container = pod(part)
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/etc/callboard", "/run/secrets", "/tmp"}  # noqa: S108
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}


@pytest.mark.parametrize("file", [ROOT / "compose.yaml", *KUBERNETES], ids=lambda file: file.name)
def test_images_are_plain_names(file: Path):
    assert set(re.findall(r"image: ([^\s@]+)", file.read_text())) <= IMAGES


def test_every_command_that_containers_run_is_there():
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {"run", "serve", "worker", "check"} <= names


def test_the_image():
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    final = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM")) :]
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {"${PYTHON}"}
    assert {re.split("[=@]", line)[1] for line in lines if line.startswith("ARG PYTHON=")} <= IMAGES
    assert "USER 10001:10001" in final
    assert not any("pip install" in line or "apt-get" in line for line in final)
    assert any(line.startswith("HEALTHCHECK") and "/healthz" in line for line in final)
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    assert {"bot", "handlers", "providers", "sandbox"} <= copied
    ignored = (ROOT / ".dockerignore").read_text()
    assert all(f"!{name}" in ignored for line in lines if line.startswith("COPY ") and "--from" not in line
               for name in line.split()[1:-1])  # fmt: skip
