"""Read submitted forms: their fields become the request of a command."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from bot.domain.button_payloads import (
    ACCOUNT,
    AFTER,
    ANY,
    FILTERS,
    JOBS,
    KIND,
    MENTION,
    ON,
    SCOPE,
    SERVICE,
    SINCE,
    STATE,
    TEXT,
    TO,
    USER_GROUPS,
)
from bot.domain.cards import on_words, read_on
from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import ExpiredError, Problem, UsageError
from bot.domain.watches import WatchSpec
from bot.views.slack.find_form import AGES, FormValues
from bot.views.slack.subscribe_form import DEFAULT, complaint
from handlers.commands import subscription_arguments
from handlers.commands.filters import read_filter
from handlers.commands.grammar import DRY_RUN, OPTION, STATES, Request
from handlers.commands.lexer import items, split
from handlers.commands.parser import parse
from handlers.commands.scopes import services_of
from providers.json_fields import listing, mapping, text

_GROUP = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{2,20})(?:\|[^<>]*)?>?")


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The errors of a form: one line for each wrong field."""

    lines: dict[str, str]


def field_value(body: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field, or None if it is empty or missing."""
    values = mapping(mapping(mapping(body.get("view")).get("state")).get("values"))
    fields = (mapping(held) for block, held in values.items() if block.partition(":")[0] == name)
    held = mapping(next((each for found in fields for each in found.values()), None))
    options = [text(mapping(each).get("value")) for each in listing(held.get("selected_options"))]
    option = text(mapping(held.get("selected_option")).get("value"))
    return option or options or held.get("value") or held.get("selected_users")


def subscription(
    body: Mapping[str, Any], catalog: Catalog, handles: Mapping[str, str] = MappingProxyType({})
) -> Request | Mistakes:
    """Read the form that follows jobs. `handles` maps known user groups to their ids.

    Raises ExpiredError for an option of another Callboard version.
    """
    mistakes: dict[str, str] = {}
    jobs: tuple[str, ...] = ()
    mention = ""
    try:
        jobs = _jobs(split(text(field_value(body, JOBS)) or ""), catalog)
    except UsageError as error:
        mistakes[JOBS] = complaint(error)
    try:
        mention = _people(body, handles)
    except UsageError as error:
        mistakes[USER_GROUPS] = complaint(error)
    if mistakes:
        return Mistakes(mistakes)
    options = {ON: _events(body), TO: _offered(body, TO), MENTION: mention}
    return Request("subscribe", jobs=jobs, options=tuple((key, value) for key, value in options.items() if value))


def watch_spec(
    body: Mapping[str, Any], catalog: Catalog, handles: Mapping[str, str] = MappingProxyType({})
) -> WatchSpec | Mistakes:
    """Read the form of a watch. `handles` maps known user groups to their ids.

    Raises ExpiredError for an option of another Callboard version.
    """
    mistakes: dict[str, str] = {}
    spec, after = WatchSpec(), None
    mention = ""
    scope = _picked(body, SCOPE)
    try:
        spec = _watched(f"{scope} {text(field_value(body, FILTERS)) or ''}", catalog)
    except UsageError as error:
        mistakes[FILTERS] = complaint(error)
    try:
        typed = "".join((text(field_value(body, AFTER)) or "").split())
        after = _watched(f"after:{typed}", catalog).after if typed else None
    except UsageError as error:
        mistakes[AFTER] = complaint(error)
    try:
        mention = _people(body, handles)
    except UsageError as error:
        mistakes[USER_GROUPS] = complaint(error)
    if mistakes:
        return Mistakes(mistakes)
    picked = {ON: _events(body), TO: text(field_value(body, TO)), MENTION: tuple(filter(None, mention.split(",")))}
    fields = {**spec.model_dump(), **{name: value for name, value in picked.items() if value}}
    try:
        return WatchSpec.model_validate({**fields, AFTER: after or spec.after})
    except ValidationError:
        raise ExpiredError from None


def _watched(words: str, catalog: Catalog) -> WatchSpec:
    """Return the watch of some words. Raises UsageError, also for a job."""
    request = parse(f"watch {words}", catalog)
    if request.command != "watch" or request.dry_run:
        raise UsageError(Problem.SUPERFLUOUS, " ".join(request.jobs) or DRY_RUN)
    return request.watch or WatchSpec()


def _people(body: Mapping[str, Any], handles: Mapping[str, str]) -> str:
    """Return the picked or typed people and user groups in Slack's syntax. Raises UsageError."""
    people = [f"<@{person}>" for person in listing(field_value(body, MENTION))]
    mention = ",".join([*people, *_user_groups(field_value(body, USER_GROUPS), handles)])
    return read_filter("mention", mention) if mention else ""


def search(body: Mapping[str, Any], catalog: Catalog) -> tuple[Request, FormValues]:
    """Read the form that finds jobs: the request, and the values to show again."""
    account, service, since = (_picked(body, name) for name in (ACCOUNT, SERVICE, SINCE))
    account = account if account in catalog.accounts else ""
    services = services_of(account, catalog) if account else catalog.services
    service = service if service in services else ""
    states = [each for each in listing(field_value(body, STATE)) if each in STATES]
    typed, kind = (text(field_value(body, name)) or "" for name in (TEXT, KIND))
    filters = {"state": ",".join(states), "since": since if since in dict(AGES).values() else "", "kind": kind}
    request = Request(
        "find",
        ServiceFilter(account or None, service or None),
        tuple((key, value) for key, value in filters.items() if value),
        text=" ".join(split(typed)),
    )
    filled = FormValues(catalog.accounts, services, typed, account, service, kind, states, filters["since"])
    return request, filled


def _events(body: Mapping[str, Any]) -> str:
    """Return the picked events, empty for none. Raises ExpiredError for an unknown event.

    In a form of an older Callboard, people picked only one.
    """
    held = field_value(body, ON)
    picked = ",".join(text(each) or "" for each in (listing(held) or [held] if held else []))
    try:
        return on_words(read_on(picked)) if picked else ""
    except ValueError:
        raise ExpiredError from None


def _offered(body: Mapping[str, Any], name: str) -> str:
    """Return the picked option, empty for the default. Raises ExpiredError for an unknown option."""
    value = text(field_value(body, name)) or DEFAULT
    if value not in {DEFAULT, *OPTION[name].expected}:
        raise ExpiredError
    return "" if value == DEFAULT else value


def _picked(body: Mapping[str, Any], name: str) -> str:
    value = text(field_value(body, name)) or ANY
    return "" if value == ANY else value


def _jobs(words: list[str], catalog: Catalog) -> tuple[str, ...]:
    """Return the named jobs. Raises UsageError, also for options, which have their own fields."""
    typed = subscription_arguments.read("subscribe", words, catalog)
    if typed.options:
        raise UsageError(Problem.NOT_A_JOB, ":".join(typed.options[0]))
    return typed.jobs


def _user_groups(held: object, handles: Mapping[str, str]) -> list[str]:
    """Return picked or typed user groups in Slack's syntax. Raises UsageError for an unknown one."""
    picked = [each for each in listing(held) if isinstance(each, str)]
    words = picked or items(text(held) or "")
    found = [_GROUP.fullmatch(handles.get(word.removeprefix("@").lower(), word)) for word in words]
    for word, match in zip(words, found, strict=True):
        if match is None:
            raise UsageError(Problem.NOT_A_GROUP, word)
    return [f"<!subteam^{match[1]}>" for match in found if match]
