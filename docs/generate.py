"""Writes the pages of docs/ that other parts of the source say already: `make docs`."""

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.config.settings import AccessRule, Http, Redis, Slack, WatchTable
from handlers.commands import grammar
from providers.accounts import AlibabaAccount, HuaweiAccount
from providers.secrets import SecretRef
from providers.services import services_of

FOLDER = Path(__file__).parent
_NOTE = "<!-- Written by `make docs`; change what it is made from instead. -->\n"
_TABLES: MappingProxyType[str, tuple[type[BaseModel], str]] = MappingProxyType(
    {
        "[slack]": (Slack, "Without this table the terminal alone works."),
        "[redis]": (Redis, "Left out: what `REDIS_URL` says, else a server that is started beside the bot."),
        "[http]": (Http, ""),
        '[[accounts]] with cloud = "huawei"': (HuaweiAccount, ""),
        '[[accounts]] with cloud = "alibaba"': (AlibabaAccount, ""),
        "[[access]]": (AccessRule, "Without any such table every member of the workspace sees everything."),
        "[[watches]]": (WatchTable, "The process that started last decides which of them there are."),
    }
)
_ENVIRONMENT = (
    ("CALLBOARD_CONFIG", "the file's name, where `--config` does not say it; else `callboard.toml` in this folder"),
    ("REDIS_URL", "the Redis server, unless `redis.url` says something else"),
    ("SLACK_API_URL", "in place of `slack.api_url`: a local workspace"),
    ("XDG_DATA_HOME", "where the embedded Redis keeps its data, in `callboard/redis`; else `~/.local/share`"),
)


def configuration() -> str:
    """Every setting, from the models that read it."""
    head = [
        "# Configuration",
        "",
        _NOTE,
        "One TOML file, `callboard.toml`. A wrong one is refused with the line, what was found and what was expected;",
        "`callboard check` finds the rest. Secrets never stand in it: `env:NAME` names an environment variable,",
        "`file:/path` a file that holds the secret alone, read again at each use.",
    ]
    tables = [line for title, (model, note) in _TABLES.items() for line in _table(title, model, note)]
    environment = ["## Environment", "", "| variable | says |", "| --- | --- |"]
    environment += [f"| `{name}` | {meaning} |" for name, meaning in _ENVIRONMENT]
    return _page([*head, "", *tables, *environment])


def _table(title: str, model: type[BaseModel], note: str) -> Iterator[str]:
    yield from (f"## `{title}`" if "with" not in title else f"## {title.replace('[[accounts]]', '`[[accounts]]`')}", "")
    yield from (" ".join((inspect.getdoc(model) or "").split()), "")
    if note:
        yield from (note, "")
    yield from ("| key | expected | default |", "| --- | --- | --- |")
    yield from (f"| `{name}` | {_expected(name, field)} | {_default(field)} |" for name, field in _fields(model))
    yield ""


def _fields(model: type[BaseModel]) -> Iterable[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in model.model_fields.items())


def _expected(name: str, field: FieldInfo) -> str:
    words = [field.description or ""]
    if name == "services":
        cloud = "huawei" if field is HuaweiAccount.model_fields["services"] else "alibaba"
        words.append(", ".join(f"`{service}`" for service in services_of(cloud)))
    elif choices := [each for each in get_args(field.annotation) if isinstance(each, str)]:
        words.append(" or ".join(f'`"{choice}"`' for choice in choices))
    return ": ".join(filter(None, words)).replace("|", r"\|")


def _default(field: FieldInfo) -> str:
    default: Any = field.get_default()
    if default is PydanticUndefined:
        return "needed"
    if default is None or default in ((), {}):
        return "nothing"
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f'`"{text}"`' if isinstance(default, str | SecretRef) else f"`{text}`"


def commands() -> str:
    """Every command, from its declaration."""
    head = [
        "# Commands",
        "",
        _NOTE,
        "Order and case do not matter, and a mistyped word gets a button that runs the correction. A JOB is an id,",
        "ACCOUNT/SERVICE/ID or a console link. The terminal takes the same words: `callboard jobs list`.",
    ]
    return _page([*head, "", *(line for command in grammar.COMMANDS for line in _command(command))])


def _command(command: grammar.Command) -> Iterator[str]:
    yield from (f"## `{command.usage}`", "", f"{command.summary[0].upper()}{command.summary[1:]}.")
    yield from command.details
    if command.slack_only:
        yield "In Slack only."
    if command.words:
        yield from ("", "| word | meaning |", "| --- | --- |")
        yield from (f"| `{word.example}` | {word.meaning} |" for word in command.words)
    if command.examples:
        yield from ("", "```", *(f"{grammar.SLASH_COMMAND} {example}" for example in command.examples), "```")
    yield ""


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


PAGES = MappingProxyType({"configuration.md": configuration, "commands.md": commands})

if __name__ == "__main__":
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
