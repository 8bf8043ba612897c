"""The Home tab."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import JobList, Late, ServiceHealth
from bot.domain.button_payloads import FIND, HOME, HOME_CHANNEL, CommandPayload
from bot.domain.cards import Shown
from bot.domain.errors import UsageError
from bot.domain.slack_ids import bare_id
from bot.domain.watch_answers import ListedWatch
from bot.views.list_notes import notes, nothing
from bot.views.slack import database_reset, errors
from bot.views.slack.accounts import account_lines
from bot.views.slack.block_kit import Block, Budget, actions, button, context, divider, plain_text, section
from bot.views.slack.jobs import more_lines, row
from bot.views.slack.lateness import still_asked
from bot.views.slack.subscription_list import HOW, tab_lines
from bot.views.slack.watches import listed_watch, watch_button
from bot.views.terms import channel
from bot.views.text import age, count

BLOCKS_MAX = 100
CHARS_MAX = 200_000
"""Of the 250,000 that Slack's reference allows a view, as JSON."""
MINE_MAX = 12
"""Watches and cards of the person."""
WATCHES_MAX = 5
NEIGHBOURS_MAX = 8
"""With these and the numbers below the tab has 99 blocks at most."""
NOTES_MAX = 6
HEALTH_MAX = 15
_OTHERS = "*What others follow in a channel*"
_ASK_THERE = "`/jobs subscriptions` there lists what is followed."
MEMORY_LOST = "I cannot reach my memory (Redis) just now, so I do not know what you follow."


@dataclass(frozen=True, slots=True)
class ChannelSubscriptions:
    """What others follow in a channel.

    `channel` is empty where none was picked; `there` says whether whoever looks at the tab and the bot are both in it,
    None: not known. Who never `subscribed` there may only look at the cards (`permissions.destination_of_button`).
    """

    channel: str = ""
    there: bool | None = False
    cards: Sequence[Shown] = ()
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """The tab of one person; `mine` is None while Redis cannot be reached.

    `watches` are those that they own; `reset` is when the database was reset, if that is news.
    """

    mine: Sequence[Shown] | None
    channel_subscriptions: ChannelSubscriptions
    running: JobList
    failed: JobList
    health: Sequence[ServiceHealth]
    reset: datetime | None = None
    watches: Sequence[ListedWatch] = ()

    @property
    def pending(self) -> Sequence[Late]:
        """The services that one of the lists still waits for."""
        return list({each.address: each for each in (*self.running.pending, *self.failed.pending)}.values())


def home(tab: Tab, now: datetime) -> Block:
    """Return the tab as of now, cut to what Slack takes."""
    head = [
        *actions("home", [*button("Refresh", HOME, CommandPayload()), *button("Find jobs", FIND, CommandPayload())]),
        context(f"checked {age(now)}"),
        *still_asked(tab),
    ]
    budget = Budget(head, blocks=BLOCKS_MAX, chars=CHARS_MAX)
    parts = [
        [
            section("*My watches and subscriptions*", watch_button()),
            *_reset(tab.reset),
            *_watches(tab.watches),
            *_mine(tab, now),
        ],
        [
            divider(),
            section(_OTHERS, [_channel(tab.channel_subscriptions)]),
            *_channel_subscriptions(tab.channel_subscriptions, now),
        ],
        [divider(), section("*Running now*"), *_jobs(tab.running)],
        [divider(), section("*Failed in the last 24 hours*"), *_jobs(tab.failed)],
        [*Budget(blocks=NOTES_MAX).fit([*map(context, notes(tab.failed))], more_lines)],
        [divider(), section("*Accounts and services*"), *_health(tab.health)],
    ]
    return _view([*head, *(block for part in parts for block in part if budget.take([block]))])


def loading() -> Block:
    """The tab of somebody who opens it for the first time."""
    return _view([section("Asking every service …")])


def refused(error: UsageError) -> Block:
    """The tab of a person who may see no account, or has too many questions under way."""
    return _view([*errors.usage(error).blocks, *actions("home", button("Refresh", HOME, CommandPayload()))])


def _view(blocks: list[Block]) -> Block:
    return {"type": "home", "blocks": blocks}


def _reset(at: datetime | None) -> list[Block]:
    return [section(database_reset.line(at))] if at else []


def _watches(watches: Sequence[ListedWatch]) -> list[Block]:
    shown = [
        block
        for at, each in enumerate(watches[:WATCHES_MAX])
        for block in listed_watch(each, f"watch-{at}", mine=True, dense=True)
    ]
    left = len(watches) - WATCHES_MAX
    return [*shown, context(f"… and {left:,} more: `/jobs subscriptions mine`")] if left > 0 else shown


def _mine(tab: Tab, now: datetime) -> list[Block]:
    mine = tab.mine
    if mine is None:
        return [section(f"⚠️ {MEMORY_LOST}")]
    if not mine:
        return [] if tab.watches else [section(f"You follow nothing. {HOW}")]
    most = MINE_MAX - min(len(tab.watches), WATCHES_MAX)
    cards = [block for each in mine[:most] for block in tab_lines(each, now, mine=True)]
    left = len(mine) - most
    return [*cards, context(f"… and {count(left, 'more card')}: `/jobs subscriptions mine`")] if left > 0 else cards


def _channel(channel_subscriptions: ChannelSubscriptions) -> Block:
    """A menu of the channels that whoever looks at the tab can see."""
    menu: Block = {
        "type": "conversations_select",
        "action_id": HOME_CHANNEL,
        "placeholder": plain_text("Pick a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return (
        {**menu, "initial_conversation": bare_id(channel_subscriptions.channel)}
        if channel_subscriptions.there
        else menu
    )


def _channel_subscriptions(channel_subscriptions: ChannelSubscriptions, now: datetime) -> list[Block]:
    if not channel_subscriptions.channel:
        return [section("Pick a channel that you are in, to see what others follow there.")]
    if channel_subscriptions.there is None:
        return [section(f"Slack does not tell me who is in {channel(channel_subscriptions.channel)}. {_ASK_THERE}")]
    if not channel_subscriptions.there:
        return [section(f"We are not both in {channel(channel_subscriptions.channel)}. {_ASK_THERE}")]
    if not channel_subscriptions.cards:
        return [section(f"Nobody else follows anything in {channel(channel_subscriptions.channel)}.")]
    shown, acts = channel_subscriptions.cards[:NEIGHBOURS_MAX], channel_subscriptions.subscribed
    cards = [block for each in shown for block in tab_lines(each, now, mine=False, acts=acts)]
    left = len(channel_subscriptions.cards) - NEIGHBOURS_MAX
    more = context(
        f"… and {count(left, 'more card')}: `/jobs subscriptions` in {channel(channel_subscriptions.channel)}"
    )
    return [*cards, more] if left > 0 else cards


def _jobs(found: JobList) -> list[Block]:
    if not found.jobs:
        return [section(nothing(found))]
    return [*map(row, found.jobs), *([context("… and more: `/jobs list` has all.")] if found.more else [])]


def _health(health: Sequence[ServiceHealth]) -> list[Block]:
    accounts = dict.fromkeys(each.account for each in health)
    lines = [block for name in accounts for block in account_lines(name, health)]
    return Budget(blocks=HEALTH_MAX).fit(lines, lambda left: context(f"… and {count(left, 'more account')}"))
