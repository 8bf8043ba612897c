"""`callboard jobs …`: run the slash command's words, and return a table or JSON."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from rich.console import RenderableType

from bot.config.settings import Settings
from bot.deps.deps import Deps
from bot.domain.answers import Late, Partial, ServiceError
from bot.domain.catalog import Catalog
from bot.domain.errors import ConfigError, StoreUnavailable, UsageError
from bot.domain.quoting import quoted
from bot.jobs.account_health import check_accounts
from bot.jobs.fan_out import Asking
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.runtime.bootstrap import open_deps
from bot.views.errors import sentence
from bot.views.list_notes import without
from bot.views.terminal import help as help_page
from bot.views.terminal import json_output, tables, why
from bot.views.text import unformatted
from handlers.commands import grammar
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.commands.parser import parse
from providers.registry import meaning

V = TypeVar("V", bound=Partial)
LINKS_S = 3.0
"""Seconds to wait for Slack. After that, an explanation has no links."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of a command.

    `asked` counts the services asked. `learnt` is true if one of them returned a job.
    """

    record: dict[str, Any]
    table: Callable[[], RenderableType]
    errors: Sequence[ServiceError] = ()
    asked: int = 0
    learnt: bool = False

    @property
    def failed(self) -> int:
        """The number of services that failed, fully or in part."""
        return len({(error.account, error.service) for error in self.errors})


def understand(settings: Settings, words: Sequence[str]) -> Request:
    """Read the words of a command. Raises UsageError, also for commands that only Slack has."""
    pairs = tuple((account.name, service) for account in settings.accounts for service in account.services)
    projects = frozenset(each for account in settings.accounts for each in account.projects)
    return parse(" ".join(map(quoted, words)), Catalog(pairs, projects=projects), grammar.TERMINAL)


def complaint(error: UsageError) -> str:
    """Return what is wrong with a command, and the probable correction."""
    meant = f" Did you mean: callboard jobs {error.suggestion}" if error.suggestion else ""
    return f"{_here(unformatted(sentence(error)))}{meant}"


def as_json(answer: Answer) -> str:
    """Return the answer as JSON for scripts."""
    return json.dumps(answer.record, ensure_ascii=False, indent=2) + "\n"


Say = Callable[[Sequence[Late]], None]
"""Shows which services are still being asked."""


async def answer(settings: Settings, request: Request, say: Say) -> Answer:
    """Answer a command. Raises ConfigError for an invalid Redis URL."""
    if request.command == "help":
        return _help(request.text)
    async with open_deps(settings, redis_needed=False) as deps:
        if request.command == "why":
            async with _linking(settings, deps) as linking:
                return await _why(linking, request, say)
        return await _answer(deps, request, say)


@asynccontextmanager
async def _linking(settings: Settings, deps: Deps) -> AsyncGenerator[Deps]:
    """Connect to Slack for links to messages. Without secrets or an answer, there are no links."""
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError

    from bot.slack_api.connect import open_workspaces

    if settings.slack is None:
        yield deps
        return
    async with AsyncExitStack() as stack:
        with suppress(ConfigError, SlackApiError, StoreUnavailable, ClientError, TimeoutError):
            async with asyncio.timeout(LINKS_S):
                workspaces = await stack.enter_async_context(open_workspaces(settings.slack, deps))
            deps = replace(deps, workspaces=workspaces)
        yield deps


async def _answer(deps: Deps, request: Request, say: Say) -> Answer:
    match request.command:
        case "show":
            shown = await _whole(show_jobs(deps, addresses_of(request, deps.catalog)), say)
            table = partial(tables.job_details, shown, meaning)
            learnt = bool(shown.jobs or shown.missing)
            return Answer(json_output.job_details(shown), table, shown.errors, shown.services, learnt)
        case "accounts":
            health = await _whole(check_accounts(deps), say)
            errors = [each.error for each in health.services if each.error]
            return Answer(json_output.accounts(health), partial(tables.accounts, health), errors, len(health.services))
        case "find":
            jobs = await _whole(find_jobs(deps, request.text, limit=request.limit), say)
        case _:
            query = request.query(deps.clock())
            jobs = await _whole(list_jobs(deps, request.scope, query, limit=request.limit), say)
    left_out = without(request.scope.without, request.without)
    table = partial(tables.job_list, jobs, deps.clock(), left_out)
    remembered = {(part.account, part.service) for part in jobs.remembered}
    learnt = any((job.account, job.service) not in remembered for job in jobs.jobs)
    return Answer(json_output.job_list(jobs), table, jobs.errors, jobs.services_asked, learnt)


async def _why(deps: Deps, request: Request, say: Say) -> Answer:
    """Explain a job, or the groups or watches with an id, in all destinations. Raises UsageError."""
    # Explanations need Slack's client for links. It is slow to import, and no other command needs it.
    from bot.watches.explain_group import explain_group
    from bot.watches.explain_job import explain_job
    from bot.watches.explain_watch import explain_watch

    if not request.ids:
        [address, *_] = addresses_of(request, deps.catalog)
        found = await _whole(explain_job(deps, address), say)
        details = found.details
        table = partial(why.job, found)
        learnt = bool(found.ref or details.missing)
        return Answer(json_output.job_explanation(found), table, details.errors, details.services, learnt)
    [named], places = request.ids, sorted(await deps.store.outbox.destinations())
    if named.startswith("g"):
        groups = await explain_group(deps, named, places)
        return Answer(json_output.group_explanations(groups), partial(why.group_explanations, groups))
    watches = await explain_watch(deps, named, places)
    return Answer(json_output.watch_explanations(watches), partial(why.watch_explanations, watches))


async def _whole(question: Asking[V], say: Say) -> V:
    first = await question.first()
    if not first.pending:
        return first
    say(first.pending)
    return await question.whole()


def _help(topic: str) -> Answer:
    commands = [grammar.COMMAND[name] for name in ([topic] if topic else grammar.TERMINAL)]
    usages = [(_here(command.usage), command.summary) for command in commands]
    record = {"commands": [{"usage": usage, "summary": summary} for usage, summary in usages]}
    words = commands[0].words if topic else grammar.FILTERS
    filters = [(word.example, word.meaning) for word in words]
    return Answer(record, partial(help_page.manual, usages, filters))


def _here(text: str) -> str:
    return text.replace("/jobs", "callboard jobs")
