"""What a subscription promises, in words and as a command."""

from collections.abc import Iterable, Sequence

from bot.domain.cards import On, SubscriptionOptions, To, options, plainest_on
from bot.domain.identifiers import as_typed
from bot.domain.slack_ids import bare_id, is_direct_message
from bot.views.text import count, listed

PEOPLE_MAX = 5
"""People who are named on a card; the others are counted."""
_WHAT = {
    On.ANY: "every change",
    On.DONE: "the end",
    On.FAILED: "a failure",
    On.STARTED: "the start",
    On.DOWN: "a service that is down",
    On.STUCK: "a stuck job",
}
_WHAT_OF_ALL = {**_WHAT, On.DONE: "the end of all", On.FAILED: "the end of all, if one failed,"}
_SAYS_FAILURES = frozenset({On.FAILED, On.DONE, On.ANY})


def promise(options: SubscriptionOptions, destination: str, *, batch: bool = False, elsewhere: bool = False) -> str:
    """What is notified, and where: `the end is told in the thread`; with `elsewhere` the destination is named.

    Of a batch the end is told once, when all of its jobs have ended.
    """
    thread = f"the card's thread in {channel(destination)}" if elsewhere else "the thread"
    wanted = _noticed(options.on)
    match To.DM if is_direct_message(destination) else options.to:
        case To.DM:
            where = "by direct message"
        case To.THREAD:
            where = f"in {thread}, not in the channel"
        case None if not wanted & _SAYS_FAILURES:
            where = f"in {thread}"
        case None if wanted != frozenset({On.FAILED}):
            where = f"in {thread}, a failure in the channel too"
        case _:
            where = f"in {thread} and in the channel"
    return f"{events(wanted, batch=batch)} {'is' if len(wanted) == 1 else 'are'} told {where}"


def events(on: frozenset[On], *, batch: bool = False) -> str:
    """Name what is notified: `a failure and the start`."""
    words, wanted = (_WHAT_OF_ALL if batch else _WHAT), _noticed(on)
    return listed([words[each] for each in words if each in wanted], "and")


def _noticed(on: frozenset[On]) -> frozenset[On]:
    """The shortest set that notifies the same. Nothing notices stuck jobs yet, so they are named only if alone."""
    return plainest_on(on) - {On.STUCK} or on


def called(people: Iterable[str]) -> str:
    """Mentions that call each person and group once."""
    return " ".join(dict.fromkeys(people))


def calls(options: SubscriptionOptions) -> str:
    """Whom a notification calls, by name: `calls @dana and @oncall`. Only where nobody else reads it."""
    return f"calls {listed(options.mention, 'and')}" if options.mention else ""


def calls_number(options: SubscriptionOptions) -> str:
    """The same for a message in a channel, which shall call nobody yet."""
    groups = sum(mention.startswith("<!") for mention in options.mention)
    people = len(options.mention) - groups
    numbers = [*([_people(people)] if people else []), *([count(groups, "group")] if groups else [])]
    return f"calls {' and '.join(numbers)}" if numbers else ""


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def subscribing(refs: Sequence[object], subscription_options: SubscriptionOptions) -> str:
    """The command that follows jobs on these options."""
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
