"""`callboard --help` does not import the heavy libraries."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = """
import pkgutil
import sys

try:
    pkgutil.resolve_name(sys.argv.pop(1))()
except SystemExit as status:
    assert not status.code
print("imported:", *sys.modules)
"""


def test_help_imports_neither_pydantic_nor_httpx():
    command = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["callboard"]
    ran = subprocess.run([sys.executable, "-c", RUN, command, "--help"], capture_output=True, text=True, check=True)
    shown, _, imported = ran.stdout.partition("imported:")
    assert "worker" in shown
    assert {"typer", "pydantic", "httpx"} & set(imported.split()) == {"typer"}
