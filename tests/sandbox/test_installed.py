"""The sandbox where Callboard is installed: there the manifest is within a package."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_manifest_is_found_where_the_package_has_it(tmp_path: Path):
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    (place,) = wheel["force-include"].values()
    shutil.copytree(ROOT / "sandbox", tmp_path / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / place).parent.mkdir()
    shutil.copy(ROOT / "manifest.yml", tmp_path / place)
    asked = "from sandbox.demo import MANIFEST; print(MANIFEST)"
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True
    )
    assert found.stdout.decode().strip() == str(tmp_path / place)
