"""Subscription settings in words, and as a command."""

from collections.abc import Iterable, Sequence

from bot.domain.cards import On, SubscriptionOptions, To, options, plainest_on
from bot.domain.identifiers import as_typed
from bot.domain.slack_ids import bare_id, is_direct_message
from bot.views.text import count, listed

PEOPLE_MAX = 5
"""People named on a card; the others are counted."""
_WHAT = {
    On.ANY: "anything changes",
    On.DONE: "it finishes",
    On.FAILED: "it fails",
    On.STARTED: "it starts",
    On.DOWN: "a service is down",
    On.STUCK: "it is stuck",
}
_WHAT_OF_ALL = {
    **_WHAT,
    On.DONE: "all have finished",
    On.FAILED: "all have finished and at least one failed",
    On.STARTED: "a job starts",
    On.STUCK: "a job is stuck",
}
_SAYS_FAILURES = frozenset({On.FAILED, On.DONE, On.ANY})


def promise(options: SubscriptionOptions, destination: str, *, batch: bool = False, elsewhere: bool = False) -> str:
    """Say when a subscription posts, and where: `posts to the thread when it finishes`.

    `elsewhere` names the destination. A batch posts its result once, when all its jobs have finished.
    """
    thread = f"the card's thread in {channel(destination)}" if elsewhere else "the thread"
    wanted = _noticed(options.on)
    also = ""
    match To.DM if is_direct_message(destination) else options.to:
        case To.DM:
            where = "by direct message"
        case To.THREAD:
            where = f"only to {thread}"
        case None if not wanted & _SAYS_FAILURES:
            where = f"to {thread}"
        case None if wanted != frozenset({On.FAILED}):
            where = f"to {thread}"
            also = f"; also to the channel if {'any' if batch else 'it'} fails"
        case _:
            where = f"to {thread} and the channel"
    return f"posts {where} when {events(wanted, batch=batch)}{also}"


def events(on: frozenset[On], *, batch: bool = False) -> str:
    """Say when a subscription notifies: `it fails or it starts`."""
    words, wanted = (_WHAT_OF_ALL if batch else _WHAT), _noticed(on)
    return listed([words[each] for each in words if each in wanted], "or")


def _noticed(on: frozenset[On]) -> frozenset[On]:
    """Return the shortest set that notifies the same.

    Stuck jobs are not detected yet, so `stuck` is named only if it is the only one.
    """
    return plainest_on(on) - {On.STUCK} or on


def called(people: Iterable[str]) -> str:
    """Return mentions, each person and group once."""
    return " ".join(dict.fromkeys(people))


def calls(options: SubscriptionOptions) -> str:
    """Say whom a notification mentions: `mentions @dana and @oncall`. Only for messages to one person."""
    return f"mentions {listed(options.mention, 'and')}" if options.mention else ""


def calls_number(options: SubscriptionOptions) -> str:
    """Say how many a notification mentions, for a message in a channel that mentions no one itself."""
    groups = sum(mention.startswith("<!") for mention in options.mention)
    people = len(options.mention) - groups
    numbers = [*([_people(people)] if people else []), *([count(groups, "group")] if groups else [])]
    return f"mentions {' and '.join(numbers)}" if numbers else ""


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def subscribing(refs: Sequence[object], subscription_options: SubscriptionOptions) -> str:
    """Return the command that follows jobs with these options."""
    return " ".join(["subscribe", *map(as_typed, refs), options(subscription_options)]).rstrip()


def channel(destination: str) -> str:
    """Name a destination: a channel, or the conversation with a person."""
    return "your direct messages" if is_direct_message(destination) else f"<#{bare_id(destination)}>"


def person(destination: str) -> str:
    """Name a person by their qualified id."""
    return f"<@{bare_id(destination)}>"


def people(destinations: Iterable[str]) -> str:
    """Name people by their qualified ids, each once."""
    return listed([person(destination) for destination in dict.fromkeys(destinations)], "and", most=PEOPLE_MAX)
