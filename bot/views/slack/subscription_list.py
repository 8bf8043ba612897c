"""Lists of subscriptions: of a conversation, of a person, and in the Home tab."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import takewhile

from bot.domain.button_payloads import FRESH, RUN, CommandPayload
from bot.domain.cards import Card, Shown
from bot.domain.slack_ids import is_user
from bot.domain.watch_answers import WatchList
from bot.views.slack import database_reset, missing_jobs, snooze, suspensions, watch_terms, watches
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button, fails, headline, restore_button, seen, still, unsubscribe_button
from bot.views.states import name
from bot.views.terms import calls, channel, people, promise
from bot.views.text import age, count, unformatted

PAGE = 10
"""Cards on a page of a list."""
HOW = (
    "Follow a job with `/jobs subscribe JOB`, or press *Subscribe* in its details. "
    "`/jobs watch` posts failures here, now and later."
)
NO_WATCHES = WatchList()


def subscription_list(
    shown: Sequence[Shown],
    command: CommandPayload,
    now: datetime,
    *,
    mine: bool,
    reset: datetime | None = None,
    watching: WatchList = NO_WATCHES,
) -> Message:
    """Show a page of watches, muted codes and cards, two lines each, from `command.offset` on.

    `mine` are those of one person, in any channel. `reset` is when the database was reset, if that is news.
    """
    title = section("*Your watches and subscriptions*" if mine else "*Watches and subscriptions in this channel*")
    news = [section(database_reset.line(reset))] if reset else []
    rows = [*_watch_rows(watching, mine=mine), *_card_rows(shown, now, mine=mine)]
    if not rows:
        nothing = "You're not following any jobs." if mine else "No subscriptions in this channel."
        lines = [f"{nothing} {HOW}", *([database_reset.line(reset)] if reset else [])]
        return message(
            unformatted("\n".join(lines)), [title, *map(section, lines), *actions("watch", watches.watch_button())]
        )
    offset = min(command.offset, (len(rows) - 1) // PAGE * PAGE)
    # Reserve room for the longest foot, with both buttons and offsets of the most digits.
    beyond = len(rows) + PAGE
    budget = Budget([title, *news, *_turning(command, beyond, PAGE, 2 * (beyond + PAGE))])
    fitted = list(takewhile(lambda row: budget.take(row.blocks), rows[offset : offset + PAGE]))
    foot = _turning(command, offset, len(fitted), len(rows), "line" if watching else "card")
    text = [unformatted(title["text"]["text"]), *(unformatted(row.text) for row in fitted)]
    return message("\n".join(text), [title, *news, *(block for row in fitted for block in row.blocks), *foot])


def _watch_rows(watching: WatchList, *, mine: bool) -> Iterator[Message]:
    for at, each in enumerate(watching.watches):
        yield Message(watches.row(each.watch), watches.listed_watch(each, f"watch-{at}", mine=mine))
    for destination, mute in watching.mutes:
        yield Message(f"🔇 {watch_terms.muted(mute)}", watches.listed_mute(destination, mute))


def _card_rows(shown: Sequence[Shown], now: datetime, *, mine: bool) -> Iterator[Message]:
    for at, each in enumerate(shown):
        yield Message(headline(each.card, each.jobs), card_lines(each, now, f"card-{at}", mine=mine))


def card_lines(shown: Shown, now: datetime, block_id: str, *, mine: bool) -> list[Block]:
    """Return a card of a list: two lines and its buttons."""
    destination = channel_of(shown.card) if mine else None
    return [_two_lines(shown, now, mine=mine), *actions(block_id, _buttons(shown, destination))]


def tab_lines(shown: Shown, now: datetime, *, mine: bool, acts: bool = True) -> list[Block]:
    """Return a card of the Home tab, with a menu to snooze it.

    A viewer who may not act on it gets only its details.
    """
    card, destination = shown.card, channel_of(shown.card)
    menu = snooze.controls(card, of=_name(shown), destination=destination)
    buttons = _buttons(shown, destination, menu) if acts else details_of(shown)
    return [_two_lines(shown, now, mine=mine), *actions(snooze.block_id(card, destination), buttons)]


def _two_lines(shown: Shown, now: datetime, *, mine: bool) -> Block:
    card = shown.card
    lines = [headline(card, shown.jobs), " · ".join(filter(None, _facts(shown, now, mine=mine)))]
    lines += missing_jobs.lines(shown)
    if shown.suspended:
        lines.append(suspensions.line(shown.suspended, card.place))
    return section("\n".join(filter(None, lines)))


def _buttons(shown: Shown, destination: str | None, snooze: Sequence[Block] = ()) -> list[Block]:
    card, named = shown.card, _name(shown)
    return [
        *details_button(list(card.jobs), of=named),
        *snooze,
        *(unsubscribe_button(card, of=named, destination=destination) if still(card) else []),
        *(suspensions.restore_button(card.place) if shown.suspended else restore_button(shown)),
    ]


def channel_of(card: Card) -> str | None:
    """Return the channel of a card; direct messages are found without one."""
    return None if is_user(card.place) else card.place


def _facts(shown: Shown, now: datetime, *, mine: bool) -> list[str]:
    card, checks = shown.card, list(shown.checks.values())
    asked = [check.at for check in checks if check.at]
    failing = "⚠️ its service isn't responding" if any(fails(check, now) for check in checks) else ""
    return [
        channel(card.place) if mine else f"by {people(card.subscribers)}",
        promise(card.terms, card.place, batch=card.batch),
        calls(card.terms),
        snooze.fact(card),
        failing or (f"checked {age(min(asked))}" if asked else ""),
    ]


def _name(shown: Shown) -> str:
    known = list(seen(shown.card, shown.jobs).values())
    return name(known[0]) if len(known) == 1 else count(len(known), "job")


def details_of(shown: Shown) -> list[Block]:
    """Return the button that shows the jobs of a card."""
    return details_button(list(shown.card.jobs), of=_name(shown))


def _turning(command: CommandPayload, offset: int, shown: int, total: int, noun: str = "card") -> list[Block]:
    previous = button("◀ Previous", f"{RUN}:previous", command.at(offset - PAGE)) if offset else []
    following = button("Next ▶", f"{RUN}:next", command.at(offset + shown)) if offset + shown < total else []
    refresh = button("Refresh", FRESH, command.at(offset))
    return [
        context(f"{offset + 1:,}–{offset + shown:,} of {count(total, noun)}"),
        *actions("page", [*previous, *following, *refresh]),
    ]
