"""How the accounts and their services are doing."""

from bot.answers import AccountsHealth, ServiceHealth
from bot.payloads import RUN, Ask
from bot.views.errors import service_error
from bot.views.message import Message, actions, button, context, message, section
from bot.views.text import count, date


def accounts(answer: AccountsHealth) -> Message:
    """One line for each service: whether it answers, how fast, and what is left of its budget."""
    ask = Ask(text="accounts")
    failing = [service for service in answer.services if service.error]
    blocks = [section("*Accounts and services*")]
    for account in dict.fromkeys(service.account for service in answer.services):
        lines = [_line(service) for service in answer.services if service.account == account]
        blocks.append(section(f"*{account}*\n" + "\n".join(lines)))
    blocks.append(context(f"checked {date(answer.checked_at)}"))
    blocks.append(actions("accounts", [button("Refresh", f"{RUN}:refresh", ask.encode())]))
    summary = f"{count(len(answer.services) - len(failing), 'service')} of {len(answer.services)} answer."
    return message(
        "\n".join([summary, *(f"{each.account}/{each.service} does not answer" for each in failing)]), blocks
    )


def _line(service: ServiceHealth) -> str:
    if service.error:
        last = f" It last answered {date(service.last_ok_at)}." if service.last_ok_at else ""
        return f"{service_error(service.error)}{last}"
    latency = f"{round((service.latency_s or 0) * 1000):,} ms"
    listing = "" if service.lists else " · answers by id"
    budget = (
        f" · {service.budget_left} of {service.budget} requests left this second" if service.budget is not None else ""
    )
    return f"✅ *{service.service}* in {service.region} · {latency}{listing}{budget}"
