"""Subscriptions: the three commands, and the buttons of cards, notices and their answers.

Unsubscribe, Undo and Subscribe carry commands and run like `/jobs`. The buttons here do more.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.deps.outboxes import outbox_to_change
from bot.deps.permissions import destination_of_button, seen
from bot.domain import button_payloads
from bot.domain.button_payloads import CommandPayload
from bot.domain.cards import SubscriptionOptions
from bot.domain.errors import ExpiredError, ForgottenError, UsageError
from bot.domain.failure_groups import GROUP_ID
from bot.domain.identifiers import Address
from bot.domain.slack_ids import bare_id
from bot.domain.snooze import Rest, until
from bot.home_tab import show_change
from bot.slack_api.users import offset_of
from bot.slack_app.payloads import Asker, Body, deps_of, picked_value, read_ask, read_payload
from bot.slack_app.response_urls import Respond, send
from bot.slack_app.responses import to_response_url
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.lost_card_clicks import again, forgotten_since, refuse_forgotten
from bot.subscriptions.pending_search import SEARCH_MINUTES, start_search
from bot.subscriptions.snooze import snooze, snooze_group
from bot.subscriptions.subscribe import Subscribing, refresh, restore, subscribe, unsubscribe
from bot.views.slack import digests
from bot.views.slack import snooze as snooze_views
from bot.views.slack import subscriptions as views
from bot.views.slack.block_kit import Message
from bot.views.slack.subscription_list import subscription_list
from bot.watches.listing import watches
from handlers.commands.grammar import MINE, Request
from handlers.commands.job_arguments import addresses_of
from handlers.slack.command_reader import read
from handlers.slack.partial_answers import Answer

COMMANDS = frozenset({"subscribe", "unsubscribe", "subscriptions"})


def register(app: AsyncApp) -> None:
    """Add the buttons that only subscriptions have."""
    app.action(button_payloads.REFRESH)(on_refresh)
    app.action(button_payloads.RESTORE)(on_restore)
    app.action(button_payloads.SNOOZE)(on_snooze)
    app.action(button_payloads.UNSNOOZE)(on_unsnooze)
    app.action(button_payloads.SEEK)(on_seek)
    app.action(button_payloads.SEE_ALL)(on_see_all)
    app.action(re.compile(f"^{button_payloads.SEE_ALL}:"))(on_page)


async def answer(deps: Deps, request: Request, command: CommandPayload, asker: Asker) -> Answer[Any] | Message:
    """Run one of the three commands and return its answer.

    Raises UsageError for a destination that is not the asker's.
    """
    here = await destination_of_button(deps, command.place, asker.channel, asker.user)
    if request.command == "subscribe":
        options = request.subscription_options(asker.user, deps.clock())
        notes = views.notes(options, watched=request.instead_of == "watch")
        return subscribing(deps, addresses_of(request, deps.catalog), here, options, notes, command.card)
    await deps.admission.turn()
    if request.command == "unsubscribe":
        named = addresses_of(request, deps.catalog) or None  # no job means `all`
        return await _unsubscribed(deps, named, here, asker)
    mine = request.text == MINE
    if not mine:
        await outbox_to_change(deps, here)
    part = {"user": asker.user} if mine else {"here": here}
    shown, reset = await subscriptions(deps, **part), await deps.store.epochs.recent_reset(deps.clock())
    watching = await watches(deps, **part)
    return subscription_list(shown, command, deps.clock(), mine=mine, reset=reset, watching=watching)


async def _unsubscribed(deps: Deps, named: Sequence[Address] | None, here: str, asker: Asker) -> Message:
    """Stop following jobs. Raises ForgottenError for a button older than a database reset."""
    removed = await unsubscribe(deps, named, here, asker.user)
    left = [each.watch for each in (await watches(deps, here=here)).watches] if named is None else []
    if removed.removed or left:
        return views.unsubscribed(removed, watches=left)
    reset = await forgotten_since(deps, asker.message)
    if reset and asker.message.get("ts"):
        raise ForgottenError(reset, again(asker.message, removed.unknown))
    return views.unsubscribed(removed, await subscriptions(deps, here=here), reset)


def subscribing(  # noqa: PLR0917  # what a subscription consists of
    deps: Deps,
    addresses: Sequence[Address],
    here: str,
    options: SubscriptionOptions,
    notes: Sequence[str] = (),
    card: str | None = None,
) -> Answer[Subscribing]:
    """Follow jobs, and confirm it with one message.

    Until then, the first message only names the services that are still being asked.
    """

    def view(known: Subscribing) -> Message:
        if known.pending:
            return views.looking(known.pending)
        return views.subscribed(*known, options, here, SEARCH_MINUTES, notes)

    return Answer(subscribe(deps, addresses, here, options, card=card), view, view)


async def on_refresh(ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext) -> None:
    """Check a card's jobs now. The updated card is the answer."""
    await ack()
    deps = await deps_of(context)
    command = await read_ask(deps, action.get("value"))
    await refuse_forgotten(deps, Asker.of(body, context), command)
    await refresh(deps, addresses_of(await read(deps, command.text), deps.catalog))


async def on_restore(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Restore a suspended destination, or follow a card's lost jobs again."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    command = read_payload(action.get("value"))
    if command.place is None:
        raise ExpiredError
    asker = Asker.of(body, context)
    deps = await deps_of(context)
    await refuse_forgotten(deps, asker, command)
    destination = await destination_of_button(deps, command.place, asker.channel, asker.user)
    # The button may be in a direct message. The subscriber then has the access of that channel.
    deps = deps.asked_in(destination)
    if deps.catalog.nothing:
        raise UsageError(deps.catalog.refusal)
    restored = await restore(deps, destination, command.card, asker.user)
    await responder.show(views.restored(restored, destination))


async def on_snooze(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Snooze a card or head for the picked time."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    try:
        rest = Rest(picked_value(action))
    except ValueError:
        raise ExpiredError from None
    deps, user = await deps_of(context), Asker.of(body, context).user
    offset = await offset_of(client, bare_id(user)) if rest is Rest.MORNING else timedelta()
    ends = until(rest, deps.clock(), offset or timedelta())
    payload = str(action.get("block_id", "")).removeprefix(button_payloads.SELECTS)
    await responder.show(await _snoozed(context, body, payload, ends, in_utc=offset is None))
    await show_change(deps, body, user)


async def on_unsnooze(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """End a snooze: post what was held, and everything from now on."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    await responder.show(await _snoozed(context, body, action.get("value"), None))
    await show_change(await deps_of(context), body, Asker.of(body, context).user)


async def _snoozed(
    context: AsyncBoltContext, body: Body, payload: object, ends: datetime | None, *, in_utc: bool = False
) -> Message:
    """Snooze the card or head of a payload until a time. Raises ExpiredError without a card."""
    deps, command, asker = await deps_of(context), read_payload(payload), Asker.of(body, context)
    if command.card is None:
        raise ExpiredError
    await refuse_forgotten(deps, asker, command)
    destination = await destination_of_button(deps, command.place, asker.channel, asker.user)
    if GROUP_ID.fullmatch(command.card):
        group = await snooze_group(deps, command.card, destination, asker.user, ends)
        return snooze_views.group_answered(group, in_utc=in_utc)
    return snooze_views.answered(await snooze(deps, command.card, destination, asker.user, ends), in_utc=in_utc)


async def on_seek(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Keep looking for jobs that no service has found."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    deps, asker = await deps_of(context), Asker.of(body, context)
    command = await read_ask(deps, action.get("value"))
    request = await read(deps, command.text)
    if request.command != "subscribe":
        raise ExpiredError
    ids = [str(address) for address in addresses_of(request, deps.catalog)]
    options = request.subscription_options(asker.user, deps.clock())
    here = await destination_of_button(deps, command.place, asker.channel, asker.user)
    await start_search(deps, ids, here, options)
    await responder.show(views.seeking(ids, options, here, SEARCH_MINUTES))


async def on_see_all(ack: AsyncAck, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """Show all changes of a digest to the person who clicked."""
    await ack()
    await send(respond, await _every_change(await deps_of(context), action), replace_original=False)


async def on_page(ack: AsyncAck, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """Replace the page with the previous or next changes of the digest."""
    await ack()
    await send(respond, await _every_change(await deps_of(context), action), replace_original=True)


async def _every_change(deps: Deps, action: Body) -> Message:
    """Return a page of a digest's changes. Raises ExpiredError if they are no longer stored."""
    command = read_payload(action.get("value"))
    kept = await deps.store.digests.get(command.key) if command.key else None
    if command.key is None or kept is None:
        raise ExpiredError
    return digests.digest_all(seen(deps, kept), command.key, command.offset)
