"""The pages of docs/ agree with the source, and their links lead somewhere."""

import json
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.deps.metrics import Metrics
from bot.domain.slack_scopes import HANDY_SCOPES, WISHED_SCOPES
from docs.generate import FOLDER, PAGES, configuration
from providers.alibaba import client as vod

ROOT = FOLDER.parent
ARCHITECTURE, CONTRIBUTING = ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"
OUR_PAGES = [ROOT / "README.md", ARCHITECTURE, CONTRIBUTING, *sorted(FOLDER.glob("*.md"))]
SLACKS_OWN = ("/jobs failed with the error dispatch_failed", "operation_timeout")
"""Messages of Slack, not of the source."""


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str):
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make docs`"


def test_every_table_of_the_configuration_has_its_place():
    for name in Settings.model_fields:
        assert re.search(rf"^## .*`\[+{name}\]+`", configuration(), re.MULTILINE), name


@pytest.mark.parametrize("page", OUR_PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else [""]
        assert anchor in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def section(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    return (FOLDER / page).read_text().partition(f"# {heading}\n")[2].partition("\n#")[0]


def test_the_policy_for_alibaba_cloud_allows_the_operations_that_are_called():
    (policy,) = re.findall(r"```json\n(.+?)```", section("install.md", "Alibaba Cloud"), re.DOTALL)
    (statement,) = json.loads(policy)["Statement"]
    called = {f"vod:{each.name}" for each in vars(vod).values() if isinstance(each, vod.Operation)}
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    assert set(statement["Action"]) == called


def test_the_hosts_of_the_clouds_are_those_that_are_called():
    named = set(re.findall(r"`(\w+)\.REGION\.", section("install.md", "4. Allow the network hosts")))
    huawei = "".join(file.read_text() for file in (ROOT / "providers/huawei").glob("*.py"))
    called = set(re.findall(r'host="(\w+)"', huawei))
    called |= set(re.findall(r"https://(\w+)\.\{region\}", Path(vod.__file__).read_text()))
    assert named == called
    assert len(named) == 4


def test_the_scopes_that_may_be_left_out():
    named = set(re.findall(r"^\| (`.+?) \|", section("install.md", "Scopes that you may leave out"), re.MULTILINE))
    assert {each.strip("` ") for row in named for each in row.split(",")} == {*WISHED_SCOPES, *HANDY_SCOPES}


def source() -> str:
    """Return the source as one text, with strings joined across lines."""
    text = "\n".join(file.read_text() for folder in ("bot", "providers") for file in (ROOT / folder).rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_troubleshooting_quotes_the_messages_of_the_source():
    page, texts = (FOLDER / "troubleshooting.md").read_text(), source()
    quoted = [
        words for row in re.findall(r"^\| (\".*?) \| ", page, re.MULTILINE) for words in re.findall('"(.+?)"', row)
    ]
    assert len(quoted) > 30
    assert [words for words in quoted if words not in texts and words not in SLACKS_OWN] == []


def test_the_metrics_are_those_of_the_source():
    page, kept = (FOLDER / "operations.md").read_text(), Metrics()
    kept.swept("a", "b", "ok", 1)
    kept.requested("a", "b", "ok")
    kept.lag("a", "b", 1)
    kept.delivered("posted")
    kept.throttled("chat.update")
    metrics = {line.partition(" ")[0].partition("{")[0] for line in kept.text().decode().splitlines() if line[0] != "#"}
    ours = {re.sub("_(bucket|sum|count)$", "", name) for name in metrics if not name.endswith("_created")}
    assert set(re.findall(r"callboard_[a-z_]+", page)) == ours


def test_modules_and_functions_named_for_maintainers_exist():
    pages = "".join(page.read_text() for page in (ARCHITECTURE, CONTRIBUTING, FOLDER / "design.md"))
    names = re.findall(r"`((?:bot|callboard|handlers|providers|sandbox)(?:\.[A-Za-z_]+)+)`", pages)
    assert len(names) > 30
    for name in names:
        pkgutil.resolve_name(name)  # raises if it does not exist


def test_the_tests_named_for_contributors_exist():
    named = re.findall(r"^\| `(test_\w+)", CONTRIBUTING.read_text(), re.MULTILINE)
    defined = "".join(file.read_text() for file in (ROOT / "tests/contracts").glob("*.py"))
    assert len(named) == 7
    assert [name for name in named if f"def {name}" not in defined] == []


def test_the_map_has_the_layers_that_are_checked():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == ["bot"])
    assert "```\n" + "\n".join(layers) + "\n```" in ARCHITECTURE.read_text()
