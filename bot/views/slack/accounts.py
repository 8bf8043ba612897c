"""The health of accounts and their services."""

from collections.abc import Sequence

from bot.domain.answers import AccountsHealth, ServiceHealth
from bot.domain.button_payloads import FRESH, CommandPayload
from bot.views.errors import service_error, waited
from bot.views.lateness import still_asking
from bot.views.list_notes import not_all
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section, stacked
from bot.views.slack.lateness import still_asked
from bot.views.text import age, bold, code, count, date, duration, plain, unformatted


def accounts(answer: AccountsHealth) -> Message:
    """Show each service on a line: whether it responds, its latency and its remaining budget."""
    title = [section("*Accounts and services*"), *still_asked(answer)]
    foot = [
        *_paused(answer),
        context(f"checked {age(answer.checked_at)}"),
        *actions("accounts", button("Refresh", FRESH, CommandPayload(text="accounts"))),
    ]
    body = Budget([*title, *foot]).fit(
        [block for name in _names(answer) for block in account_lines(name, answer.services)], _more
    )
    return message(_fallback(answer), [*title, *body, *foot])


def late(answer: AccountsHealth) -> Message:
    """Show the health of the services that were pending in the first answer."""
    known = {(each.account, each.service): each for each in answer.services}
    services = [known[each.address] for each in answer.late if each.address in known]
    brought = answer.model_copy(update={"services": tuple(services)})
    lines = [block for name in _names(brought) for block in account_lines(name, services)]
    return message("\n".join(unformatted(_line(each)) for each in services), Budget().fit(lines, _more))


def _names(answer: AccountsHealth) -> list[str]:
    return list(dict.fromkeys(service.account for service in answer.services))


def account_lines(name: str, services: Sequence[ServiceHealth]) -> list[Block]:
    """Show an account and a line for each of its services."""
    return stacked([bold(name, 60), *(_line(service) for service in services if service.account == name)])


def _more(number: int) -> Block:
    return context(f"… and {count(number, 'account')} not shown. `callboard jobs accounts` shows all.")


def _fallback(answer: AccountsHealth) -> str:
    failing = [service for service in answer.services if service.error]
    summary = f"{len(answer.services) - len(failing)} of {count(len(answer.services), 'service')} responded."
    asked = [still_asking(answer.pending)] if answer.pending else []
    return "\n".join([summary, *(f"{each.account}/{each.service} isn't responding" for each in failing), *asked])


def _line(service: ServiceHealth) -> str:
    if service.error:
        last = f" Last OK {date(service.last_ok_at)}." if service.last_ok_at else ""
        return f"{service_error(service.error)}{last}{_tracked(service)}"
    if not service.asked:
        return f"❔ {bold(service.service, 60)} in {plain(service.region, 60)} · not checked yet"
    latency = f" · {round(service.latency_s * 1000):,} ms" if service.latency_s is not None else ""
    listing = "" if service.lists else " · lookup by id only"
    budget = (
        f" · {service.budget_left} of {service.budget} requests left this second" if service.budget is not None else ""
    )
    own = f" · {waited(service.waited)}" if service.waited else ""
    where = f"{bold(service.service, 60)} in {plain(service.region, 60)}"
    cut_off = f" · {not_all(service.list_limit)}" if service.list_limit else ""
    return f"✅ {where} · OK{latency}{own}{listing}{cut_off}{budget}{_last_error(service)}{_tracked(service)}"


def _last_error(service: ServiceHealth) -> str:
    error, at = service.last_error, service.last_error_at
    return f" · last error {code(error.code, 60)} {age(at)}" if error and at else ""


def _tracked(service: ServiceHealth) -> str:
    """Say how many jobs are followed, and how many requests their last check needed."""
    if not service.followed:
        return ""
    text = f" · following {count(service.followed, 'job')}"
    if service.swept_at is None:
        return text
    cost = f"{count(service.swept_jobs, 'job')} with {count(service.swept_requests, 'request')}"
    return f"{text}, last checked {cost} {age(service.swept_at)}"


def _paused(answer: AccountsHealth) -> list[Block]:
    """Say which Slack methods wait because of a rate limit."""
    return [
        context(f"⏳ Slack rate limit: retrying {code(method)} in {duration(max(1, seconds))}.")
        for method, seconds in answer.slack_paused.items()
    ]
