"""Help, manifest and terminal agree with the declarations of commands."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.catalog import ServiceFilter
from handlers.commands import grammar
from handlers.commands.grammar import Request
from handlers.commands.parser import parse
from handlers.slack.answer import help_page
from providers.models import Filter, JobQuery, JobState
from tests.bot.views import judges
from tests.handlers.requests import CATALOG

README = Path(__file__).parents[3] / "README.md"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANIFEST = Path(__file__).parents[3] / "manifest.yml"


def slash_command() -> dict[str, Any]:
    return yaml.safe_load(MANIFEST.read_text())["features"]["slash_commands"][0]


def test_the_manifest_says_what_the_grammar_says():
    assert slash_command() == {
        "command": grammar.SLASH_COMMAND,
        "description": grammar.DESCRIPTION,
        "usage_hint": grammar.USAGE_HINT,
        "should_escape": True,  # people and channels arrive as ids
    }


def test_pages_have_every_command_and_filter():
    readme, commands = README.read_text(), (README.parent / "docs" / "commands.md").read_text()
    for command in grammar.COMMANDS:
        assert re.search(rf"^\| `/jobs {command.name}\b", readme, re.MULTILINE)
        assert f"## `{command.usage}`" in commands
    for word in grammar.FILTERS:
        assert f"`{word.key}:" in commands


def test_the_overview_has_every_command():
    page = help_page("")
    judges.accept(page)
    for command in grammar.COMMANDS:
        assert f"`{command.usage}` {command.summary}" in judges.words(page)


@pytest.mark.parametrize("name", grammar.COMMAND)
def test_every_command_has_its_page(name: str):
    command, page = grammar.COMMAND[name], help_page(name)
    judges.accept(page)
    text = judges.words(page)
    assert f"`{command.usage}`" in text
    assert all(f"`/jobs {example}`" in text for example in command.examples)
    assert all((f"`{word.example}` {word.meaning}" in text) == (word in command.words)
               for word in (*grammar.FILTERS, *grammar.OPTIONS, *grammar.WATCH_OPTIONS))  # fmt: skip


@pytest.mark.parametrize("command", grammar.COMMANDS, ids=lambda command: command.name)
def test_every_example_is_understood(command: grammar.Command):
    for example in command.examples:
        assert parse(example, CATALOG)


@pytest.mark.parametrize("word", grammar.FILTERS, ids=lambda word: word.key)
def test_every_filter_is_understood_as_in_its_example(word: grammar.FilterWord):
    assert dict(parse(f"list {word.example}", CATALOG).filters) == {word.key: word.example.partition(":")[2]}


def test_a_request_is_a_query_as_of_now():
    request = parse("list state:failed,running since:2h until:today name:a kind:b media:c limit:25", CATALOG)
    assert request.limit == 25
    assert request.query(NOON) == JobQuery(
        states=frozenset({JobState.FAILED, JobState.RUNNING}),
        since=NOON.replace(hour=10),
        until=datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC),
        name="a",
        kind="b",
        media="c",
    )
    assert request.query(NOON.replace(hour=15)).since == NOON.replace(hour=13)


def test_a_request_without_filters_asks_for_everything():
    request = parse("list", CATALOG)
    assert request.query(NOON).filters == frozenset()
    assert request.limit == 10


def test_what_is_left_out_stays_when_the_rest_is_changed():
    request = parse("list -vod-ai -name:test code:ALG.* state:failed", CATALOG)
    assert request.query(NOON) == JobQuery(
        states=frozenset({JobState.FAILED}), code="ALG.*", without=((Filter.NAME, "test"),)
    )
    assert str(request.with_filter("state", None)) == "list -vod-ai code:ALG.* -name:test"
    assert str(request.with_scope(ServiceFilter("vod-sg"))) == "list vod-sg -vod-ai code:ALG.* state:failed -name:test"
    assert str(request.with_scope(ServiceFilter(service="vod-ai"))) == "list vod-ai code:ALG.* state:failed -name:test"


def test_a_filter_can_be_changed_and_taken_away():
    request = Request("list", ServiceFilter("media-cn"), (("state", "failed"), ("since", "2h")))
    assert str(request.with_filter("state", "running")) == "list media-cn since:2h state:running"
    assert str(request.with_filter("state", "")) == "list media-cn since:2h"
    assert str(request.with_scope(ServiceFilter())) == "list state:failed since:2h"
