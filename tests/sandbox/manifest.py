"""The project's manifest, as data that a test changes."""

import json
from functools import cache
from pathlib import Path

import yaml

from sandbox.slack.workspace.model import Json

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


def manifest_document() -> Json:
    """Return a copy of the manifest. Its YAML is read only once."""
    return json.loads(_as_json())


def write_manifest(document: Json, path: Path) -> None:
    """Write the manifest as JSON, which is YAML."""
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


@cache
def _as_json() -> str:
    return json.dumps(yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))
