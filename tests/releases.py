"""Other commits of this repository, each in a separate folder, and processes that run them."""

import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


class MissingCommitError(Exception):
    """A commit cannot be checked out; the message has the reason."""


def _git(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)


def full_name(commit: str) -> str:
    """Return the whole hash of a commit, such as `HEAD~1`.

    Raises:
        MissingCommitError: there is no git, or this clone does not have the commit.
    """
    if shutil.which("git") is None:
        raise MissingCommitError("git is missing, and with it every other commit")
    named = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if named.returncode:
        raise MissingCommitError(f"this clone has no commit {commit}; a shallow clone lacks the older ones")
    return named.stdout.strip()


@contextmanager
def checkout(commit: str, folder: Path) -> Generator[Path]:
    """Yield a folder with a commit, as git has it; remove the folder afterward.

    Raises:
        MissingCommitError: as `full_name`.
    """
    made = _git("worktree", "add", "--detach", str(folder), full_name(commit))
    assert made.returncode == 0, made.stderr
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def environment(root: Path, others: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a process that imports the checkout at `root`.

    Its libraries are those of this Python.
    """
    return {**others, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}


def command_module(root: Path) -> str:
    """Return the module that is the `callboard` command in a checkout, for `python -m`."""
    return "callboard" if (root / "callboard" / "__main__.py").exists() else "bot.cli"
