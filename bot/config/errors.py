"""Messages about a configuration file: the line, what was found, what was expected."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.config.toml_lines import Path, key_lines, line_of
from bot.domain.errors import ConfigError
from providers.redact import scrub
from providers.secrets import SecretRef

SHOWN_MAX = 60
"""Characters shown of a found value."""
URL_EXPECTED = 'a URL that starts with http:// or https://, such as "http://127.0.0.1:9100"'
EVERY = "*"
"""In an access rule, all accounts, or all users wherever they ask."""
NOT_SHOWN = "a value that is not shown, because it may be a secret"
_SYNTAX_AT = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


class Problem(NamedTuple):
    """One problem. `line` is set only if the file has no path to it."""

    path: Path
    text: str
    line: int | None = None


def config_error(file: FilePath, text: str, problems: Iterable[Problem]) -> ConfigError:
    """Return an error with all problems of a file, from top to bottom."""
    lines = key_lines(text)
    placed = sorted((problem.line or line_of(problem.path, lines), problem) for problem in problems)
    return ConfigError("\n".join(f"{file}:{line}: {_sentence(problem)}" for line, problem in placed))


def wrong_syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    """Describe a syntax error. The messages of `tomllib` never repeat a value, which may be a secret."""
    message = str(error)
    at = _SYNTAX_AT.search(message)
    line = int(at["line"]) if at and at["line"] else len(text.splitlines())
    reason = _SYNTAX_AT.sub("", message)
    return Problem((), f"invalid TOML: {reason[:1].lower()}{reason[1:]}", line)


def duplicate_names(data: Mapping[str, Any]) -> list[Problem]:
    """Find accounts with the name of an earlier account."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, account in enumerate(_tables(data, "accounts")):
        name = account.get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            text = f"found {shown(name)}, which is already the name of accounts[{first[name]}], expected a unique name"
            problems.append(Problem(("accounts", index, "name"), text))
    return problems


def unknown_accounts(data: Mapping[str, Any]) -> list[Problem]:
    """Find access rules about accounts that are not configured."""
    known = [account["name"] for account in _tables(data, "accounts") if isinstance(account.get("name"), str)]
    problems: list[Problem] = []
    for index, rule in enumerate(_tables(data, "access")):
        for name in _items(rule.get("accounts")):
            if isinstance(name, str) and name not in {*known, EVERY}:
                text = f"found {shown(name)}, {_did_you_mean(name, known)}expected one of {', '.join(known)}"
                problems.append(Problem(("access", index, "accounts"), text))
    return problems


def explain(error: ValidationError, data: Mapping[str, Any], settings: type[BaseModel]) -> list[Problem]:
    """Return the problems that pydantic found in a parsed file."""
    return [_problem(details, data, settings) for details in error.errors(include_url=False) if not _echo(details)]


def _echo(details: ErrorDetails) -> bool:
    """Whether a list is empty only because its items were refused.

    Each of these items has its own error.
    """
    return details["type"] == "too_short" and bool(details["input"])


def _problem(details: ErrorDetails, data: Mapping[str, Any], settings: type[BaseModel]) -> Problem:
    path = _path(details, data)
    model = _model(path, data, settings)
    if details["type"] == "extra_forbidden":
        return Problem(path, _unknown_key(str(path[-1]), model))
    field = model.model_fields.get(str(path[-1])) if path and model else None
    if details["type"] == "value_error" and isinstance(details["input"], Mapping):
        return Problem(path, _incomplete(str(details.get("ctx", {})["error"])))
    if details["type"] in {"missing", "union_tag_not_found"} or details["input"] in (None, ()):
        found = "nothing"
    else:
        found = NOT_SHOWN if _secret(field) else _found(path, details["input"], data)
    return Problem(path, f"found {found}, {_hint(details)}expected {_expected(details, field)}")


def _incomplete(reason: str) -> str:
    return f"found an incomplete table, {reason}" if reason.startswith("expected ") else reason


def _path(details: ErrorDetails, data: Mapping[str, Any]) -> Path:
    """Return pydantic's location as a path in the file.

    Pydantic adds the name of the union's member, which is not a key of the file.
    """
    location = details["loc"]
    if details["type"].startswith("union_tag"):
        return (*location, "cloud")
    if len(location) > 2 and location[0] == "accounts" and location[2] == _cloud(data, location[1]):
        return location[:2] + location[3:]
    return location


def _cloud(data: Mapping[str, Any], index: str | int) -> Any:
    return data["accounts"][index].get("cloud")


def _model(path: Path, data: Mapping[str, Any], settings: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model of the table with a path's last key; None inside a plain dictionary."""
    if len(path) <= 1:
        return settings
    if path[0] == "accounts" and len(path) == 3:
        models = _models(settings.model_fields["accounts"].annotation)
        return next((m for m in models if _cloud(data, path[1]) in get_args(m.model_fields["cloud"].annotation)), None)
    section = settings.model_fields.get(str(path[0]))
    depth = 3 if path[0] in {"access", "watches"} else 2
    return next(iter(_models(section.annotation)), None) if section and len(path) == depth else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _secret(field: FieldInfo | None) -> bool:
    return field is not None and _mentions(field.annotation, SecretRef)


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


def _unknown_key(key: str, model: type[BaseModel] | None) -> str:
    known = sorted(model.model_fields) if model else []
    return f"found an unknown key, {_did_you_mean(key, known)}expected one of {', '.join(known)}"


def _hint(details: ErrorDetails) -> str:
    """Return a correction for a typing error in a fixed set of words."""
    found = details["input"]
    if details["type"] != "literal_error" or not isinstance(found, str):
        return ""
    return _did_you_mean(found, re.findall("'([^']*)'", str(details.get("ctx", {})["expected"])))


def _did_you_mean(found: str, known: Iterable[str]) -> str:
    from rapidfuzz.process import extractOne

    close = extractOne(found, known, score_cutoff=65)
    return f'did you mean "{close[0]}"? ' if close else ""


def _expected(details: ErrorDetails, field: FieldInfo | None) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "literal_error":
            return str(context["expected"]).replace("'", '"')
        case "union_tag_invalid":
            return str(context["expected_tags"]).replace("'", '"').replace(", ", " or ")
        case "union_tag_not_found":
            return "the name of a cloud"
        case "url_parsing" | "url_scheme" | "url_type":
            reason = str(context.get("error", ""))
            # The parser's reason for "127.0.0.1:9100" is "relative URL without a base", which doesn't help.
            return f"{URL_EXPECTED} ({reason})" if reason and not reason.startswith("relative") else URL_EXPECTED
        case "value_error":
            return str(context["error"]).partition("expected ")[2] or str(context["error"])
        case _:
            described = field.description if field else None
            return described or re.sub(r"^\w+ should (be |have )?", "", details["msg"])


def _found(path: Path, value: object, data: Mapping[str, Any]) -> str:
    if path[-1:] == ("cloud",):
        return shown(_cloud(data, path[1]))
    return shown(value)


def shown(value: object) -> str:
    """Return a found value as messages quote it: `"media"`, `a list`, `true`."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = scrub(value)
    return json.dumps(text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…", ensure_ascii=False)


def _sentence(problem: Problem) -> str:
    return f"{_dotted(problem.path)}: {problem.text}" if problem.path else problem.text


def _dotted(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _tables(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the tables of a list. Another value counts as an empty table."""
    return [cast("dict[str, Any]", each) if isinstance(each, dict) else {} for each in _items(data.get(name))]


def _items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
