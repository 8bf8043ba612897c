"""The wheel contains everything for the command, which runs from it without a checkout."""

import asyncio
import configparser
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from tests.releases import ROOT, command_module

PACKAGES = ("bot", "callboard", "handlers", "providers", "sandbox")
PATIENCE_S = 30.0
WHERE = "import sys; [print(__import__(name).__file__) for name in sys.argv[1:]]; print(*sys.path, sep='\\n')"
SCRIPT = "import pkgutil, sys; sys.exit(pkgutil.resolve_name(sys.argv.pop(1))())"
"""The script of an entry point, as an installer writes it."""

pytestmark = pytest.mark.heavy("builds the wheel, and starts programs from it")


@dataclass(frozen=True)
class Installed:
    """The wheel's files, and an empty folder in which programs run."""

    names: Sequence[str]
    site: Path
    elsewhere: Path

    async def start(self, *words: str) -> Process:
        """Start Python with the wheel and the libraries of this environment.

        `-S` skips the paths that `site` adds. One of them is the checkout, which is installed as editable.
        """
        path = os.pathsep.join([str(self.site), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
        variables = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        command = (sys.executable, "-S", *words)
        return await asyncio.create_subprocess_exec(*command, cwd=self.elsewhere, env=variables, stdout=PIPE)

    async def run(self, *words: str) -> str:
        """Return a program's output; it exits with status 0."""
        process = await self.start(*words)
        async with asyncio.timeout(PATIENCE_S):
            printed, _ = await process.communicate()
        assert process.returncode == 0
        return printed.decode()

    def ways(self) -> Sequence[Sequence[str]]:
        """Return the ways to start the command: as the installed script, and as a module."""
        [metadata] = self.site.glob("*.dist-info/entry_points.txt")
        scripts = configparser.ConfigParser()
        scripts.read_string(metadata.read_text())
        return ("-c", SCRIPT, scripts["console_scripts"]["callboard"]), ("-m", command_module(self.site))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    built, site, elsewhere = (tmp_path_factory.mktemp(name) for name in ("built", "site", "elsewhere"))
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)], cwd=ROOT, check=True)
    [file] = built.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        wheel.extractall(site)
        return Installed(wheel.namelist(), site, elsewhere)


def test_it_has_every_file_of_the_packages_and_the_manifest(installed: Installed):
    included = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    sources = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file()]
    expected = {str(file.relative_to(ROOT)) for file in sources if "__pycache__" not in file.parts}
    assert {Path(name).suffix for name in expected} >= {".py", ".lua", ".html", ".css", ".js", ".svg", ".toml"}
    assert "manifest.yml" in included["force-include"]
    expected |= set(included["force-include"].values())
    assert {name for name in installed.names if ".dist-info/" not in name} == expected


async def test_it_is_imported_where_there_is_no_checkout(installed: Installed):
    lines = list(map(Path, (await installed.run("-c", WHERE, *PACKAGES)).splitlines()))
    assert lines[: len(PACKAGES)] == [installed.site / package / "__init__.py" for package in PACKAGES]
    assert ROOT not in lines[len(PACKAGES) :]


async def test_it_prints_help_and_the_manifest(installed: Installed):
    for way in installed.ways():
        assert "worker" in await installed.run(*way, "--help")
        manifest = yaml.safe_load(await installed.run(*way, "manifest"))
        assert manifest == yaml.safe_load((ROOT / "manifest.yml").read_text())


async def test_it_serves_the_sandbox_until_it_is_stopped(installed: Installed):
    process = await installed.start(*installed.ways()[0], "sandbox", "--port", "0", "--clouds-port", "0")
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as client:
            workspace, clouds = [(await process.stdout.readline()).decode().split()[1] for _ in range(2)]
            for page in (workspace, f"{workspace}/static/js/main.js", clouds):
                assert (await client.get(page)).status_code == httpx.codes.OK
            process.terminate()
            await process.communicate()
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
