"""Watches in words."""

from collections.abc import Iterator, Sequence

from bot.domain.cards import On, plainest_on
from bot.domain.slack_ids import is_direct_message
from bot.domain.watches import Mute, Threshold, WatchSpec
from bot.views.terms import channel
from bot.views.text import bold, code, count, date, duration, listed

EVERYTHING = "every service"
NAMED_MAX = 4
"""Excluded services and filters that are named; the others are counted."""
_WHEN = {
    On.ANY: "anything happens to a job or service",
    On.DONE: "a job finishes",
    On.FAILED: "a job fails",
    On.STARTED: "a job starts",
    On.STUCK: "a job is stuck",
    On.DOWN: "a service can't be read",
}


def services(spec: WatchSpec) -> str:
    """Name the services that a watch covers, and those it excludes."""
    named = bold(str(spec.service_filter), 100) if str(spec.service_filter) else EVERYTHING
    if not spec.without_scopes:
        return named
    left_out = listed([bold(each, 60) for each in spec.without_scopes], "and", most=NAMED_MAX)
    return f"{named} except {left_out}"


def filters(spec: WatchSpec) -> str:
    """Name the filters: `with name lecture, without code ALG.*`; empty without any."""
    wanted = {"name": spec.name, "kind": spec.kind, "media": spec.media, "code": spec.code}
    with_ = [f"{by} {code(text, 80)}" for by, text in wanted.items() if text]
    without = [f"{by} {code(text, 80)}" for by, text in spec.without]
    left_out = listed(without, "or", most=NAMED_MAX)
    parts = [f"with {listed(with_, 'and')}" if with_ else "", f"without {left_out}" if without else ""]
    return ", ".join(filter(None, parts))


def subject(spec: WatchSpec) -> str:
    """Name what a watch covers: `*media-cn* without name test`."""
    return " ".join(filter(None, (services(spec), filters(spec))))


def events(spec: WatchSpec) -> str:
    """Say when a watch posts: `when a job fails or a service can't be read, once 5 failed within 10 min`."""
    wanted = plainest_on(spec.on)
    shown = wanted - {On.STUCK} or wanted  # stuck jobs are not detected yet
    when = listed([_WHEN[each] for each in _WHEN if each in shown])
    return f"when {when}{threshold(spec.after)}"


def threshold(after: Threshold | None) -> str:
    """Say what a watch waits for, after a comma; empty without a threshold."""
    if after is None:
        return ""
    wanted = f"{after.share} % of the jobs" if after.share is not None else str(after.count)
    return f", once {wanted} failed within {duration(after.window_s)}"


def promise(spec: WatchSpec, destination: str) -> str:
    """Say what a watch does, without a capital: `posts here when a job fails`."""
    where = "sends you a direct message" if is_direct_message(destination) else f"posts in {channel(destination)}"
    return f"{where} {events(spec)}"


def mentions(mention: Sequence[str]) -> str:
    """Say who a watch mentions by name, for messages to one person; empty without mentions."""
    return f"mentions {listed(mention, 'and')}" if mention else ""


def mentions_number(mention: Sequence[str]) -> str:
    """Say how many a watch mentions, for a message that mentions no one itself."""
    groups = sum(each.startswith("<!") for each in mention)
    people = len(mention) - groups
    persons = "1 person" if people == 1 else f"{people:,} people"
    numbers = [*([persons] if people else []), *([count(groups, "group")] if groups else [])]
    return f"mentions {' and '.join(numbers)}" if numbers else ""


def muted(mute: Mute) -> str:
    """Name a muted code, and for how long."""
    return f"{muted_code(mute)} {until(mute)}"


def muted_code(mute: Mute) -> str:
    """Name a muted code."""
    kind = f", kind {code(mute.kind, 80)}" if mute.kind else ""
    return f"{code(mute.code, 100)} of {bold(f'{mute.account}/{mute.service}', 100)}{kind}"


def until(mute: Mute) -> str:
    """Say for how long a code is muted."""
    return f"until {date(mute.until)}" if mute.until else "forever"


def facts(spec: WatchSpec) -> Iterator[str]:
    """Yield the facts below the subject of a watch; safe for channels."""
    yield f"posts {events(spec)}"
    if people := mentions_number(spec.mention):
        yield people
