"""Accessibility checks by axe-core, for the whole page or a part of it."""

from typing import cast

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from sandbox.slack.workspace.model import Json

_RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


async def complaints(page: Page, part: str = "body") -> list[str]:
    """Return axe's findings, each with an affected element."""
    results = await Axe().run(page, part, _RULES)
    violations = cast("list[Json]", results.response["violations"])
    found = [(each["id"], cast("list[Json]", each["nodes"])) for each in violations]
    return [f"{rule}: {node['target']} {node['failureSummary']}" for rule, nodes in found for node in nodes]
