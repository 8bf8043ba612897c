"""What is wrong with a configuration file, in words: the line, what was found, and what was expected."""

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
"""Characters of a found value that are shown."""
URL_EXPECTED = 'a URL that begins with http:// or https://, such as "http://127.0.0.1:9100"'
EVERY = "*"
"""Among the accounts of an access rule: all of them. Among its users: everybody, wherever they ask."""
NOT_SHOWN = "a value that is not shown, because it may be a secret"
_SYNTAX_AT = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


class Problem(NamedTuple):
    """One thing that is wrong; `line` is told where no path can say it."""

    path: Path
    text: str
    line: int | None = None


def config_error(file: FilePath, text: str, problems: Iterable[Problem]) -> ConfigError:
    """Describe everything that is wrong with a file, from top to bottom."""
    lines = key_lines(text)
    placed = sorted((problem.line or line_of(problem.path, lines), problem) for problem in problems)
    return ConfigError("\n".join(f"{file}:{line}: {_sentence(problem)}" for line, problem in placed))


def wrong_syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    """Describe what `tomllib` stumbled over; its messages never repeat a value."""
    message = str(error)
    at = _SYNTAX_AT.search(message)
    line = int(at["line"]) if at and at["line"] else len(text.splitlines())
    reason = _SYNTAX_AT.sub("", message)
    return Problem((), f"this is not valid TOML: {reason[:1].lower()}{reason[1:]}", line)


def duplicate_names(data: Mapping[str, Any]) -> list[Problem]:
    """Find accounts that have the name of an earlier one."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, account in enumerate(_tables(data, "accounts")):
        name = account.get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            text = f"found {shown(name)}, which is accounts[{first[name]}] already, expected a name of its own"
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
    """Turn pydantic's findings about a parsed file into problems."""
    return [_problem(details, data, settings) for details in error.errors(include_url=False) if not _echo(details)]


def _echo(details: ErrorDetails) -> bool:
    """Whether this only says that a list is empty because each of its items was refused, which was told already."""
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
    """Pydantic's location without the name of the union's member, which is no key of the file."""
    location = details["loc"]
    if details["type"].startswith("union_tag"):
        return (*location, "cloud")
    if len(location) > 2 and location[0] == "accounts" and location[2] == _cloud(data, location[1]):
        return location[:2] + location[3:]
    return location


def _cloud(data: Mapping[str, Any], index: str | int) -> Any:
    return data["accounts"][index].get("cloud")


def _model(path: Path, data: Mapping[str, Any], settings: type[BaseModel]) -> type[BaseModel] | None:
    """The model of the table that a path's last key stands in; None inside a plain dictionary."""
    if len(path) <= 1:
        return settings
    if path[0] == "accounts" and len(path) == 3:
        models = _models(settings.model_fields["accounts"].annotation)
        return next((m for m in models if _cloud(data, path[1]) in get_args(m.model_fields["cloud"].annotation)), None)
    section = settings.model_fields.get(str(path[0]))
    depth = 3 if path[0] in {"access", "watches"} else 2
    return next(iter(_models(section.annotation)), None) if section and len(path) == depth else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation mentions."""
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
    """Name the word that a mistyped one is close to, where only a few words are right."""
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
            # "relative URL without a base" is what the parser says of "127.0.0.1:9100".
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
    """Return a found value as a finding quotes it."""
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
    """The tables of a list; what is none counts as an empty one."""
    return [cast("dict[str, Any]", each) if isinstance(each, dict) else {} for each in _items(data.get(name))]


def _items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
