"""`callboard jobs …`: the words of the slash command, answered as a table or as JSON."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TextIO

from rich.console import RenderableType

from bot import records
from bot.accounts import check_accounts
from bot.answers import ServiceError
from bot.config import Settings
from bot.errors import UsageError
from bot.jobs import find_jobs, list_jobs, show_jobs
from bot.running import services as open_services
from bot.services import Services
from bot.views import tables
from bot.views.errors import sentence
from bot.views.text import unformatted
from handlers.grammar import Request
from handlers.parser import addresses_of, parse
from handlers.words import quoted
from providers.registry import meaning

ANSWERED, NONE_ANSWERED, WRONG_USAGE, SOME_FAILED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What to print, and how many of the services asked have failed."""

    record: dict[str, Any]
    table: Callable[[], RenderableType]
    errors: Sequence[ServiceError]
    asked: int

    @property
    def status(self) -> int:
        if not self.errors:
            return ANSWERED
        failed = {(error.account, error.service) for error in self.errors}
        return NONE_ANSWERED if len(failed) >= self.asked else SOME_FAILED


async def answer(settings: Settings, command: str, words: Sequence[str], *, as_json: bool, output: TextIO) -> int:
    """Answer a command and return the exit status: 0 all answered, 3 some services failed, 1 none, 2 wrong usage."""
    async with open_services(settings, redis_needed=False) as services:
        try:
            request = parse(" ".join([command, *map(quoted, words)]), services.catalog)
        except UsageError as error:
            _complain(error)
            return WRONG_USAGE
        found = await _ask(services, request)
    if as_json:
        json.dump(found.record, output, ensure_ascii=False, indent=2)
        output.write("\n")
    else:
        tables.console(output).print(found.table())
    return found.status


def _complain(error: UsageError) -> None:
    meant = f" Did you mean: callboard jobs {error.suggestion}" if error.suggestion else ""
    sys.stderr.write(f"{unformatted(sentence(error)).replace('/jobs ', 'callboard jobs ')}{meant}\n")


async def _ask(services: Services, request: Request) -> Answer:
    match request.command:
        case "show":
            shown = await show_jobs(services, addresses_of(request))
            table = partial(tables.job_details, shown, meaning)
            return Answer(records.job_details(shown), table, shown.errors, shown.services)
        case "accounts":
            health = await check_accounts(services)
            errors = [each.error for each in health.services if each.error]
            return Answer(records.accounts(health), lambda: tables.accounts(health), errors, len(health.services))
        case "find":
            jobs = await find_jobs(services, request.text, limit=request.limit)
        case _:
            query = request.query(services.clock())
            jobs = await list_jobs(services, request.scope, query, limit=request.limit)
    return Answer(records.job_list(jobs), lambda: tables.job_list(jobs, services.clock()), jobs.errors, jobs.services)
