"""Docker, Compose and Kubernetes read the folder of secrets that docs/run.md makes."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.deploy.files import ROOT, compose, container, named, pods

PAGE = (ROOT / "docs/run.md").read_text()
NAMED = set(re.findall(r'"file:/run/secrets/(\w+)"', (ROOT / "deploy/callboard.toml").read_text()))
GROUP = 10001
REDIS = 999
STRANGER = 12345
TYPED = "xoxb-1"


def commands(heading: str) -> str:
    """The shell commands below a heading of the page."""
    (found,) = re.findall(rf"^## {heading}\n.*?```sh\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_the_same_folder_goes_into_every_kind_of_container():
    assert "--volume ./secrets:/run/secrets:ro" in commands("Docker")
    assert "--from-file=secrets/" in commands("Kubernetes")
    assert {each["file"] for each in compose()["secrets"].values()} == {f"./secrets/{name}" for name in NAMED}


def test_each_process_is_in_the_group_that_reads_the_secrets():
    assert f"USER {GROUP}:{GROUP}" in (ROOT / "Dockerfile").read_text()
    assert compose()["services"]["redis"]["user"] == f"{REDIS}:{REDIS}"
    assert compose()["services"]["redis"]["group_add"] == [str(GROUP)]
    for part in ("serve", "worker", "redis"):
        spec = pods()[part]["spec"]
        (secret,) = (each["secret"] for each in spec["volumes"] if each["name"] == "secrets")
        assert secret["secretName"] == "callboard"
        assert secret["defaultMode"] == 0o440
        assert spec["securityContext"]["fsGroup"] == spec["securityContext"]["runAsGroup"]
        assert {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True} in container(pods()[part])[
            "volumeMounts"
        ]
    assert named("StatefulSet", "callboard-redis")


@pytest.fixture
def secrets() -> Generator[Path]:
    """The folder, made by the page's own commands, with a secret typed for each name."""
    if os.getuid() != 0 or sys.platform != "linux":
        pytest.skip("the commands give files to another group, which only root can do")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        here.chmod(0o755)
        (here / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
        (here / "sudo").chmod(0o755)
        environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "USER": "root"}
        command = ["bash", "-ec", commands("Secrets")]
        subprocess.run(command, cwd=here, env=environment, input=f"{TYPED}\n" * len(NAMED), text=True, check=True)
        yield here / "secrets"


def reads(file: Path, user: int, group: int, *groups: int) -> bool:
    asked = subprocess.run(["cat", file], user=user, group=group, extra_groups=groups, capture_output=True, check=False)
    return asked.returncode == 0 and bool(asked.stdout)


def test_the_processes_and_their_owner_read_it_and_others_do_not(secrets: Path):
    assert {file.name for file in secrets.iterdir()} == NAMED
    assert {file.read_text() for file in secrets.iterdir() if file.name != "redis_password"} == {TYPED}
    assert secrets.stat().st_mode & 0o777 == 0o750
    for file in secrets.iterdir():
        assert file.stat().st_uid == os.getuid()  # kubectl reads it as its owner
        assert reads(file, GROUP, GROUP)
        assert not reads(file, STRANGER, STRANGER)
    # Compose mounts only the file, into a process of another user that is also in the group.
    assert reads(secrets / "redis_password", REDIS, REDIS, GROUP)
    assert not reads(secrets / "redis_password", REDIS, REDIS)


def test_the_password_of_the_page_is_long_and_needs_no_quotes(secrets: Path):
    assert re.fullmatch(r"[0-9a-f]{64}\n", (secrets / "redis_password").read_text())
