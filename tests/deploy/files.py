"""The files shipped for containers, as data."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted(set((ROOT / "deploy/kubernetes").glob("*.yaml")) - {ROOT / "deploy/kubernetes/kustomization.yaml"})
WORKLOADS = ("Deployment", "StatefulSet")
Json = dict[str, Any]


@cache
def objects() -> tuple[Json, ...]:
    """Return every object of the manifests."""
    return tuple(each for file in MANIFESTS for each in yaml.load_all(file.read_text(), yaml.CSafeLoader))


def of_kind(*kinds: str) -> list[Json]:
    return [each for each in objects() if each["kind"] in kinds]


def named(kind: str, name: str) -> Json:
    (found,) = (each for each in of_kind(kind) if each["metadata"]["name"] == name)
    return found


def pods() -> dict[str, Json]:
    """Return the pod of each workload, by its component."""
    templates = [each["spec"]["template"] for each in of_kind(*WORKLOADS)]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in templates}


def container(pod: Json) -> Json:
    (only,) = pod["spec"]["containers"]
    return only


def selects(selector: Json, labels: dict[str, str]) -> bool:
    """Return whether a label selector matches; an empty one matches everything."""
    listed: list[Json] = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in listed)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in listed
    )


def compose() -> Json:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def base_image() -> str:
    """Return the Dockerfile's base image, which the argument PYTHON sets for each of its stages."""
    found = re.findall(r"^(?:ARG PYTHON=|FROM )(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    (base,) = set(found) - {"${PYTHON}"}
    return base


def redis_images() -> list[str]:
    return [compose()["services"]["redis"]["image"], container(pods()["redis"])["image"]]


def own_image() -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return f"callboard:{version}"
