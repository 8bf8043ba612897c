"""The pages of docs/ match the source, and their links work."""

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.deps.metrics import Metrics
from docs.generate import FOLDER, PAGES, configuration

ROOT = FOLDER.parent
ARCHITECTURE, CONTRIBUTING = ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"
PAGES_OF_OURS = [ROOT / "README.md", ARCHITECTURE, CONTRIBUTING, *sorted(FOLDER.glob("*.md"))]
SLACKS_OWN = ("/jobs failed with the error dispatch_failed", "operation_timeout")
"""Words that Slack itself shows."""


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str):
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make docs`"


def test_every_table_of_the_configuration_has_its_place():
    for name in Settings.model_fields:
        assert re.search(rf"^## .*`\[+{name}\]+`", configuration(), re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES_OF_OURS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else [""]
        assert anchor in [title.lower().replace(" ", "-") for title in titles]


def source() -> str:
    """Return the source as one line: strings are joined where the next one continues them."""
    text = "\n".join(file.read_text() for folder in ("bot", "providers") for file in (ROOT / folder).rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_quoted_messages_are_the_sources_own():
    page, said = (FOLDER / "troubleshooting.md").read_text(), source()
    quoted = [
        words for row in re.findall(r"^\| (\".*?) \| ", page, re.MULTILINE) for words in re.findall('"(.+?)"', row)
    ]
    assert len(quoted) > 30
    assert [words for words in quoted if words not in said and words not in SLACKS_OWN] == []


def test_the_metrics_are_those_there_are():
    page, kept = (FOLDER / "operations.md").read_text(), Metrics()
    kept.swept("a", "b", "ok", 1)
    kept.requested("a", "b", "ok")
    kept.lag("a", "b", 1)
    kept.delivered("posted")
    kept.throttled("chat.update")
    there = {line.partition(" ")[0].partition("{")[0] for line in kept.text().decode().splitlines() if line[0] != "#"}
    ours = {re.sub("_(bucket|sum|count)$", "", name) for name in there if not name.endswith("_created")}
    assert set(re.findall(r"callboard_[a-z_]+", page)) == ours


def test_modules_and_functions_that_maintainers_read_of_exist():
    pages = "".join(page.read_text() for page in (ARCHITECTURE, CONTRIBUTING, FOLDER / "design.md"))
    names = re.findall(r"`((?:bot|callboard|handlers|providers|sandbox)(?:\.[A-Za-z_]+)+)`", pages)
    assert len(names) > 30
    for name in names:
        pkgutil.resolve_name(name)  # raises where there is none


def test_the_map_has_the_layers_that_are_checked():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == ["bot"])
    assert "```\n" + "\n".join(layers) + "\n```" in ARCHITECTURE.read_text()
