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
"""Characters of the tab as JSON, of the 250,000 that Slack's reference allows a view."""
MINE_MAX = 12
"""Watches and cards of the person."""
WATCHES_MAX = 5
NEIGHBOURS_MAX = 8
"""With this and the numbers below, the tab has at most 99 blocks."""
NOTES_MAX = 6
HEALTH_MAX = 15
_OTHERS = "*Channel subscriptions*"
_ASK_THERE = "Run `/jobs subscriptions` there."
MEMORY_LOST = "Callboard's database (Redis) is unavailable, so I can't show your subscriptions."


@dataclass(frozen=True, slots=True)
class ChannelSubscriptions:
    """The subscriptions of others in a channel.

    `channel` is empty if none was chosen. `there` says whether the viewer and the bot are both in it, None if unknown.
    A viewer who never `subscribed` there can only look at the cards (`permissions.destination_of_button`).
    """

    channel: str = ""
    there: bool | None = False
    cards: Sequence[Shown] = ()
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """The tab of one person.

    `mine` is None while Redis is unavailable. `watches` are those of the person. `reset` is when the database was
    reset, if that is news.
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
    """Return the tab as of now, within Slack's limits."""
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
    """Return the tab for a person who opens it for the first time."""
    return _view([section("Asking every service …")])


def refused(error: UsageError) -> Block:
    """Return the tab for a person without access, or with too many requests in progress."""
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
        return [] if tab.watches else [section(f"You're not following any jobs. {HOW}")]
    most = MINE_MAX - min(len(tab.watches), WATCHES_MAX)
    cards = [block for each in mine[:most] for block in tab_lines(each, now, mine=True)]
    left = len(mine) - most
    return [*cards, context(f"… and {count(left, 'more card')}: `/jobs subscriptions mine`")] if left > 0 else cards


def _channel(channel_subscriptions: ChannelSubscriptions) -> Block:
    """Return a menu of the channels that the viewer can see."""
    menu: Block = {
        "type": "conversations_select",
        "action_id": HOME_CHANNEL,
        "placeholder": plain_text("Choose a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return (
        {**menu, "initial_conversation": bare_id(channel_subscriptions.channel)}
        if channel_subscriptions.there
        else menu
    )


def _channel_subscriptions(channel_subscriptions: ChannelSubscriptions, now: datetime) -> list[Block]:
    if not channel_subscriptions.channel:
        return [section("Choose one of your channels to see what others follow there.")]
    if channel_subscriptions.there is None:
        return [section(f"I can't see the members of {channel(channel_subscriptions.channel)}. {_ASK_THERE}")]
    if not channel_subscriptions.there:
        return [section(f"You or I am not in {channel(channel_subscriptions.channel)}. {_ASK_THERE}")]
    if not channel_subscriptions.cards:
        return [section(f"No one else follows jobs in {channel(channel_subscriptions.channel)}.")]
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
    return [*map(row, found.jobs), *([context("… and more: `/jobs list` shows all.")] if found.more else [])]


def _health(health: Sequence[ServiceHealth]) -> list[Block]:
    accounts = dict.fromkeys(each.account for each in health)
    lines = [block for name in accounts for block in account_lines(name, health)]
    return Budget(blocks=HEALTH_MAX).fit(lines, lambda left: context(f"… and {count(left, 'more account')}"))
