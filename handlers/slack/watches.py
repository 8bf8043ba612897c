"""Watches: the commands, the form, and the buttons of their answers.

Remove carries a command and runs like `/jobs`. The buttons here do more.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.deps.permissions import destination_of_button
from bot.domain import button_payloads
from bot.domain.button_payloads import CommandPayload
from bot.domain.errors import ExpiredError, UsageError
from bot.domain.slack_ids import bare_id
from bot.domain.user_groups import handles
from bot.domain.watch_answers import Outcome, Watched
from bot.domain.watches import FailureCode, Watch, WatchSpec
from bot.home_tab import publish, show_change
from bot.slack_api.user_groups import names_of
from bot.slack_app.modals import Modal, Origin
from bot.slack_app.payloads import Asker, Body, deps_of, origin_of, read_ask, read_payload, workspace_in
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import Responder, submitted, to_response_url
from bot.subscriptions.listing import subscriptions
from bot.views.slack import dry_run as dry_run_view
from bot.views.slack import modals, watch_form
from bot.views.slack import watches as views
from bot.views.slack.block_kit import Message
from bot.views.slack.subscription_list import tab_lines
from bot.views.slack.watch_form import WatchForm
from bot.watches.dry_run import dry_run
from bot.watches.forecast import forecast
from bot.watches.list_limits import list_limits
from bot.watches.listing import watches
from bot.watches.mute import mute, unmute
from bot.watches.unwatch import rewatch, unwatch
from bot.watches.watch import edit, send_test, show, watch
from handlers.commands.grammar import MENTIONS_MAX, MUTE, Request
from handlers.slack.command_reader import read
from handlers.slack.form_values import Mistakes, field_value, watch_spec
from handlers.slack.partial_answers import Answer
from providers.json_fields import listing, mapping, text

COMMANDS = frozenset({"watch", "unwatch", MUTE})
CARDS_MAX = 8
"""Most cards to snooze in the answer about fewer messages."""
_FORM = re.compile(rf"^{button_payloads.WATCH}(?::(w\d+))?$")


def register(app: AsyncApp) -> None:
    """Add the form, and the buttons that only watches have."""
    app.action(button_payloads.WATCH)(on_watch_button)
    app.action(button_payloads.EDIT_WATCH)(on_edit)
    app.action(button_payloads.TEST_WATCH)(on_test)
    app.action(button_payloads.UNDO_UNWATCH)(on_undo)
    app.action(button_payloads.MUTE_CODE)(on_mute)
    app.action(button_payloads.MUTE_FOR_EVER)(on_mute_for_ever)
    app.action(button_payloads.UNMUTE)(on_unmute)
    app.view(_FORM)(on_form)


async def answer(deps: Deps, request: Request, command: CommandPayload, asker: Asker) -> Answer[Any] | Message:
    """Run a command about watches and return its answer.

    Raises UsageError for a destination that is not the asker's.
    """
    here = await destination_of_button(deps, command.place, asker.channel, asker.user)
    await deps.admission.turn()
    match request.command:
        case "watch" if request.watch and request.dry_run:
            destination = asker.user if request.watch.to == "dm" else here
            return Answer(dry_run(deps, request.watch, destination), dry_run_view.dry_run, dry_run_view.dry_run)
        case "watch" if request.watch:
            return await _watched(deps, await watch(deps, request.watch, here, asker.user))
        case "watch":
            return views.how_to_watch()
        case "unwatch":
            return await _unwatched(deps, request.ids or None, here, asker)
        case _:
            return await _quieter(deps, here)


async def _watched(deps: Deps, result: Watched) -> Message:
    """Describe a watch and what it can't see. A new or changed one has a forecast."""
    new = result.outcome in {Outcome.ADDED, Outcome.CHANGED}
    notes = dry_run_view.forecast(await forecast(deps, result.watch)) if new else []
    return views.watched(result, notes, await list_limits(deps, result.covered))


async def _unwatched(deps: Deps, ids: tuple[str, ...] | None, here: str, asker: Asker) -> Message:
    result = await unwatch(deps, ids, here, asker.user)
    left = [] if result.removed else [each.watch for each in (await watches(deps, here=here)).watches]
    return views.unwatched(result, left)


async def _quieter(deps: Deps, here: str) -> Message:
    """Offer ways to get fewer messages in a channel: stop or edit a watch, unmute a code, snooze a card."""
    found, now = await watches(deps, here=here), deps.clock()
    cards = (await subscriptions(deps, here=here))[:CARDS_MAX]
    lines = [block for each in cards for block in tab_lines(each, now, mine=False)]
    return views.quieter(found.watches, found.mutes, lines)


async def open_watch(
    context: AsyncBoltContext, client: AsyncWebClient, body: Body, origin: Origin, known: Watch | None = None
) -> None:
    """Open the form of a new or known watch, for its origin's channel."""
    deps = await deps_of(context)
    catalog = deps.catalog
    if catalog.nothing:
        raise UsageError(catalog.refusal)
    spec = known.spec if known else WatchSpec()
    shown = WatchForm(
        scopes=tuple(dict.fromkeys((*catalog.accounts, *catalog.services, *catalog.scopes))),
        groups=await names_of(deps, client, context.team_id or workspace_in(context)),
        spec=spec,
        filters=_filter_words(spec),
        watch_id=known.id if known else "",
        asks_where=origin.channel is None,
        channel=await deps.store.home_tabs.picked(Asker.of(body, context).user) if origin.channel is None else "",
        mentions_max=MENTIONS_MAX,
    )
    context["reply"] = await Modal.over(client, body, watch_form.form(shown), origin)


def _filter_words(spec: WatchSpec) -> str:
    """Return the words of a watch that have no own field in the form."""
    kept = {"without_scopes", "name", "kind", "media", "code", "without"}
    words = WatchSpec.model_validate(spec.model_dump(include=kept))
    return "" if words == WatchSpec() else words.words()


async def on_watch_button(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Open the form of a new watch, for the channel of the click."""
    await ack()
    await open_watch(context, client, body, origin_of(body, respond))


async def on_edit(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Open the form with the values of a watch."""
    await ack()
    deps, asker = await deps_of(context), Asker.of(body, context)
    watch_id, destination = await _named(deps, action, asker)
    known = await show(deps, watch_id, destination, asker.user)
    origin = origin_of(body, respond)
    await open_watch(context, client, body, origin.model_copy(update={"channel": bare_id(destination)}), known)


async def _named(deps: Deps, action: Body, asker: Asker) -> tuple[str, str]:
    """Return a button's watch or mute, and its destination. Raises ExpiredError without one."""
    command = read_payload(action.get("value"))
    if command.card is None:
        raise ExpiredError
    return command.card, await destination_of_button(deps, command.place, asker.channel, asker.user)


async def on_test(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Send a test message, which is marked and mentions the people of the watch."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    deps, asker = await deps_of(context), Asker.of(body, context)
    watch_id, destination = await _named(deps, action, asker)
    await responder.show(views.tested(await send_test(deps.asked_in(destination), watch_id, destination, asker.user)))


async def on_undo(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Restore removed watches."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    deps, asker = await deps_of(context), Asker.of(body, context)
    command = await read_ask(deps, action.get("value"))
    destination = await destination_of_button(deps, command.place, asker.channel, asker.user)
    ids = (await read(deps, command.text)).ids
    await responder.show(views.rewatched(await rewatch(deps, ids, destination, asker.user)))
    await show_change(deps, body, asker.user)


async def on_mute(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Mute a code: no watch here posts it for 7 days."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    await responder.show(await _muted(context, body, action, for_ever=False))


async def on_mute_for_ever(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Mute a code forever: no watch here posts it until a person unmutes it."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    await responder.show(await _muted(context, body, action, for_ever=True))


async def _muted(context: AsyncBoltContext, body: Body, action: Body, *, for_ever: bool) -> Message:
    deps, asker = await deps_of(context), Asker.of(body, context)
    command = await read_ask(deps, action.get("value"))
    destination = await destination_of_button(deps, command.place, asker.channel, asker.user)
    deps = deps.asked_in(destination)
    failed, group = _failure_code(await read(deps, command.text)), command.card or ""
    muted = await mute(deps, failed, destination, asker.user, for_ever=for_ever, group=group)
    return views.muted_answer(muted, destination)


def _failure_code(request: Request) -> FailureCode:
    """Return the code that a button mutes. Raises ExpiredError for a button of another version."""
    filters = dict(request.filters)
    account, service = request.scope.account, request.scope.service
    if account is None or service is None or "code" not in filters:
        raise ExpiredError
    return FailureCode(account, service, filters.get("kind"), filters["code"])


async def on_unmute(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Unmute a code: watches post it again."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    deps, asker = await deps_of(context), Asker.of(body, context)
    mute_id, destination = await _named(deps, action, asker)
    await responder.show(views.unmuted(await unmute(deps.asked_in(destination), mute_id, destination, asker.user)))


async def on_form(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Create or change the watch of a submitted form, or show errors below its fields."""
    origin = Origin.of(body)
    channel = _channel(body, origin)
    user = str(body["user"]["id"])
    asker = Asker.named(user, channel or user, context)
    deps = (await deps_of(context)).asked_in(asker.channel)
    typed = isinstance(field_value(body, button_payloads.USER_GROUPS), str)  # then it may contain handles
    groups = await names_of(deps, client, context.team_id or workspace_in(context)) if typed else ()
    length = len(text(field_value(body, button_payloads.FILTERS)) or "")
    filled = await deps.long_texts.read(length, partial(watch_spec, body, deps.catalog, handles(groups)))
    if not isinstance(filled, Mistakes) and filled.to == "here" and channel is None:
        filled = Mistakes({button_payloads.WHERE: watch_form.NO_CHANNEL})
    if isinstance(filled, Mistakes):
        await ack(response_action="errors", errors=filled.lines)
        return
    responder = await _responder(ack, body, client, context, origin)
    await responder.show(await _submitted(deps, filled, _watch_id(body), asker))
    if origin.response_url is None:
        await publish(deps.asked_in(asker.user), asker.user)


def _channel(body: Body, origin: Origin) -> str | None:
    """Return the channel picked in the form, else its origin's channel."""
    picked = mapping(next(iter(listing(body.get("response_urls"))), None))
    return text(picked.get("channel_id")) or origin.channel


async def _responder(
    ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, origin: Origin
) -> Responder:
    """Acknowledge a form, and return the responder: its channel, or the form in the Home tab."""
    if origin.response_url or body.get("response_urls"):
        await ack()
        return submitted(body, origin, context)[0]
    context["reply"] = modal = Modal.clicked(client, body).renamed()
    await ack(response_action="update", view=modal.mark(modals.waiting(modal.title)))
    return modal


def _watch_id(body: Mapping[str, Any]) -> str | None:
    """Return the id of the watch that the form changes, such as `w7`; None for a new watch."""
    form = _FORM.match(text(mapping(body.get("view")).get("callback_id")) or "")
    return form[1] if form else None


async def _submitted(deps: Deps, spec: WatchSpec, watch_id: str | None, asker: Asker) -> Message:
    if watch_id is None:
        return await _watched(deps, await watch(deps, spec, asker.channel, asker.user))
    return await _watched(deps, await edit(deps, watch_id, spec, asker.channel, asker.user))
