"""Watches: answers to one person, lines for channels, and rows of lists."""

from collections.abc import Iterator, Sequence

from bot.domain.button_payloads import (
    BUTTON_MAX,
    EDIT_WATCH,
    MUTE_CODE,
    MUTE_FOR_EVER,
    OPEN,
    TEST_WATCH,
    UNDO_UNWATCH,
    UNMUTE,
    WATCH,
    CommandPayload,
)
from bot.domain.notifications import ChangedMute, ChangedWatches, SnoozedGroup, WatchChange, WatchNote, WatchTest
from bot.domain.quoting import quoted
from bot.domain.slack_ids import is_direct_channel, is_direct_message, is_user
from bot.domain.watch_answers import CoveredService, ListedWatch, ListLimit, Outcome, Unwatched, Watched
from bot.domain.watches import FailureCode, Mute, Watch
from bot.views.slack import snooze, suspensions
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.mentions import mentioned
from bot.views.slack.watch_terms import (
    events,
    facts,
    mentions,
    mentions_number,
    muted,
    muted_code,
    promise,
    services,
    subject,
)
from bot.views.terms import channel, people, person
from bot.views.text import bold, code, count, listed, unformatted

NAMES_MAX = 8
CONFIGURED = "from the configuration"
NONE_HERE = "No watches in this channel. `/jobs watch` posts failures here, now and later."
_SHARED = "👥 Another organization shares this channel, so its members can read what I post here."
_HOW_LONG = "*Undo* works for an hour; events in between are posted then."
_DONE = {
    WatchChange.ADDED: "added",
    WatchChange.CHANGED: "changed",
    WatchChange.REMOVED: "removed",
    WatchChange.RESTORED: "restored",
}


def watched(result: Watched, notes: Sequence[str] = (), limits: Sequence[ListLimit] = ()) -> Message:
    """Say what a watch does, how it finds new jobs, and what it can't see.

    `notes` are further lines: how often it would have posted. `limits` are lists that are or may be too long.
    """
    watch = result.watch
    lines = [_title(result), *notes, *coverage(result.covered, result.hidden, result.watch.place)]
    lines += map(_list_limit, limits)
    if result.suspended:
        why = suspensions.why(result.suspended, watch.place)
        lines.append(f"⏸️ I can't post yet: {why}. {suspensions.help_against(result.suspended)}")
    if result.shared:
        lines.append(_SHARED)
    restore = suspensions.restore_button(watch.place) if result.suspended else []
    foot = actions(f"watch-{watch.id}", [*buttons(watch), *restore])
    return of_lines(lines, foot)


def of_lines(lines: Sequence[str], foot: Sequence[Block]) -> Message:
    """Return a message of the lines that fit, above its buttons."""
    body = Budget(foot).fit_lines(lines, lambda left: f"… and {count(left, 'more line')}")
    return message(unformatted("\n".join(lines)), [*body, *foot])


def _title(result: Watched) -> str:
    watch = result.watch
    what = f"{subject(watch.spec)}: {promise(watch.spec, watch.place)}"
    whom = f", and {mentions(watch.spec.mention)}" if watch.spec.mention else ""
    match result.outcome:
        case Outcome.ADDED:
            return f"👁️ {code(watch.id)} watches {what}{whom}. Failures with the same cause share one message."
        case Outcome.CHANGED:
            return f"👁️ {code(watch.id)} changed. It watches {what}{whom}."
        case Outcome.RESTORED:
            return f"👁️ {code(watch.id)} is back. It watches {what}{whom}."
        case Outcome.EXISTING:
            return f"👁️ {code(watch.id)} already watches {what}{whom}. Nothing changed."
        case Outcome.UNCHANGED:
            return f"👁️ {code(watch.id)} watches {what}{whom}. Nothing changed."


def coverage(covered: Sequence[CoveredService], hidden: Sequence[CoveredService], destination: str) -> Iterator[str]:
    """Say how each service's new jobs are found, and which services the readers can't see."""
    listing = [each for each in covered if each.lists]
    others = [each for each in covered if not each.lists]
    if listing:
        yield f"New jobs of {_names(listing)} are noticed within about a minute."
    if others:
        one = len(others) == 1
        yield (
            f"{_names(others)} can't list {'its' if one else 'their'} jobs: I watch those that were looked up. "
            "`/jobs show JOB` looks one up."
        )
    if hidden:
        who = "you" if is_direct_message(destination) else "some members of the channel"
        yield f"⚠️ Not covered: {_names(hidden)}, because {who} can't see {_them(hidden)}."


def _list_limit(limit: ListLimit) -> str:
    long = f"{bold(limit.service, 80)} has more than {limit.jobs:,} jobs"
    return f"⚠️ {long}: not all can be seen." if limit.exceeded else f"If {long}, not all can be seen."


def _names(services: Sequence[CoveredService]) -> str:
    return listed([bold(str(each), 80) for each in services], "and", most=NAMES_MAX)


def _them(services: Sequence[CoveredService]) -> str:
    return "it" if len(services) == 1 else "them"


def buttons(watch: Watch) -> list[Block]:
    """Return the buttons of a watch; one from the configuration can only be tried."""
    place = destination_of(watch)
    about = CommandPayload(card=watch.id, place=place)
    test = button("Send a test", TEST_WATCH, about, name=f"Send a test of {watch.id}")
    if watch.configured:
        return [*dry_run_button(watch), *test]
    return [*edit_button(watch), *dry_run_button(watch), *test, *remove_button(watch)]


def edit_button(watch: Watch) -> list[Block]:
    """Return the button that opens the form to change a watch."""
    about = CommandPayload(card=watch.id, place=destination_of(watch))
    return button("Edit", EDIT_WATCH, about, name=f"Edit {watch.id}")


def dry_run_button(watch: Watch) -> list[Block]:
    """Return the button that shows what a watch would have posted."""
    command = CommandPayload(text=f"watch {watch.spec.words()} dry-run", place=destination_of(watch))
    return button("Dry run", f"{OPEN}:dry-run", command, name=f"Dry run of {watch.id}", limit=BUTTON_MAX)


def remove_button(watch: Watch, label: str = "Remove") -> list[Block]:
    """Return the button that removes a watch."""
    command = CommandPayload(text=f"unwatch {watch.id}", place=destination_of(watch))
    return button(label, f"{OPEN}:unwatch", command, name=f"{label} {watch.id}")


def watch_button(label: str = "Watch") -> list[Block]:
    """Return the button that opens the form to watch."""
    return button(label, WATCH, CommandPayload(), name="Watch for failures")


def destination_of(watch: Watch) -> str | None:
    """Return the channel of a watch; direct messages are found without one."""
    return None if is_user(watch.place) else watch.place


def how_to_watch() -> Message:
    """Say what to type, where words can't open a form."""
    text = "👁️ Watch what? For example, type `watch media-cn` or `watch video-ocr -name:test`, or fill in a form."
    return message(unformatted(text), [section(text), *actions("how-to-watch", watch_button())])


def unwatched(result: Unwatched, here: Sequence[Watch] = ()) -> Message:
    """Say which watches were removed and which stay, with an Undo button.

    `here` are the watches of the channel.
    """
    lines = [f"🔕 {_ids(result.removed)} removed. {_HOW_LONG}"] if result.removed else []
    lines += [f"🔒 {_ids(result.configured)} {_stays(result.configured)}"] if result.configured else []
    if result.unknown:
        names = listed([code(each, 40) for each in result.unknown], "and", most=NAMES_MAX)
        lines.append(f"❔ No watch {names} in this channel.")
    if not (lines or result.removed):
        lines.append(NONE_HERE)
    if not result.removed and here:
        lines += ["Watches here:", *(row(each) for each in here)]
    undo = CommandPayload(text=" ".join(["unwatch", *(each.id for each in result.removed)]), place=_channel_of(result))
    foot = actions("unwatched", button("Undo", UNDO_UNWATCH, undo, limit=BUTTON_MAX) if result.removed else [])
    return of_lines(lines, foot)


def _channel_of(result: Unwatched) -> str | None:
    return next((place for each in result.removed if (place := destination_of(each))), None)


def _ids(watches: Sequence[Watch]) -> str:
    """Name one watch with its subject, several by their ids."""
    if len(watches) == 1:
        return f"{code(watches[0].id)} ({subject(watches[0].spec)})"
    return listed([code(each.id) for each in watches], "and", most=NAMES_MAX)


def _stays(watches: Sequence[Watch]) -> str:
    return f"{'stays' if len(watches) == 1 else 'stay'}: {CONFIGURED}, so change it there."


def rewatched(watches: Sequence[Watch]) -> Message:
    """Say that removed watches are back."""
    text = f"👁️ {_ids(watches)} {'is' if len(watches) == 1 else 'are'} back. Events in between are posted now."
    foot = actions("rewatched", buttons(watches[0]) if len(watches) == 1 else [])
    return message(unformatted(text), [section(text), *foot])


def tested(result: Watched) -> Message:
    """A test was sent, or will be once Slack takes it."""
    if result.suspended:
        why = suspensions.why(result.suspended, result.watch.place)
        text = f"⏸️ The test waits: {why}. {suspensions.help_against(result.suspended)}"
        return message(
            unformatted(text), [section(text), *actions("tested", suspensions.restore_button(result.watch.place))]
        )
    text = f"🧪 Test of {code(result.watch.id)} sent to {channel(result.watch.place)}."
    return message(unformatted(text), [section(text)])


def still_watching(watches: Sequence[Watch]) -> str:
    """Name the watches that `unsubscribe all` keeps."""
    names = listed([code(each.id) for each in watches], "and", most=NAMES_MAX)
    return f"👁️ Watches stay: {names}. `/jobs unwatch all` removes them."


# Lines for channels.


def note(note: WatchNote) -> Message:
    """Return a line about watches for their destination."""
    match note:
        case ChangedWatches():
            return _changed(note)
        case ChangedMute():
            return _changed_mute(note)
        case WatchTest():
            return _test(note)
        case SnoozedGroup():
            return snooze.group_note(note)


def _changed(note: ChangedWatches) -> Message:
    emoji = "🔕" if note.watch_change is WatchChange.REMOVED else "👁️"
    by = person(note.by) if note.by else "The configuration"
    one = len(note.watches) == 1
    named = _named(note.watches[0], note.watch_change) if one else _ids(note.watches)
    text = f"{emoji} {by} {_DONE[note.watch_change]} {'watch' if one else 'watches'} {named}"
    return message(unformatted(text), [context(text)])


def _named(watch: Watch, change: WatchChange) -> str:
    named = f"{code(watch.id)}: {subject(watch.spec)}"
    if change is WatchChange.REMOVED:
        return named
    return ", ".join(filter(None, (named, f"posts {events(watch.spec)}", mentions_number(watch.spec.mention))))


def _changed_mute(note: ChangedMute) -> Message:
    if note.mute_change is WatchChange.REMOVED:
        text = f"🔔 {person(note.by)} unmuted {muted_code(note.mute)}"
    else:
        text = f"🔇 {person(note.by)} muted {muted(note.mute)}: watches here don't post it"
    return message(unformatted(text), [context(text)])


def _test(note: WatchTest) -> Message:
    watch = note.watch
    text = f"🧪 Test of watch {code(watch.id)}, {subject(watch.spec)}. No job failed: {person(note.tester)} sent it."
    return message(unformatted(text), [section(text), *mentioned([watch.spec.mention])])


# Lists.


def row(watch: Watch) -> str:
    """Return a watch on one line."""
    return f"👁️ {code(watch.id)} {subject(watch.spec)} · posts {events(watch.spec)}"


def listed_watch(listed: ListedWatch, block_id: str, *, mine: bool, dense: bool = False) -> list[Block]:
    """Return a watch of a list: two lines and its buttons.

    `mine` means that the list has the watches of one person, in any channel.
    """
    watch = listed.watch
    where = channel(watch.place) if mine else CONFIGURED if watch.configured else f"by {people([watch.owner])}"
    lines = [f"👁️ {code(watch.id)} {subject(watch.spec)}", " · ".join([*facts(watch.spec), where])]
    if listed.unseen:
        lines.append(f"⏸️ Suspended: {services(watch.spec)} can't be seen here. It resumes when that changes.")
    if listed.suspended:
        lines.append(suspensions.line(listed.suspended, watch.place))
    acts = [*edit_button(watch), *remove_button(watch)] if dense and not watch.configured else buttons(watch)
    restore = suspensions.restore_button(watch.place) if listed.suspended else []
    return [section("\n".join(lines)), *actions(block_id, [*acts, *restore])]


def listed_mute(destination: str, mute: Mute) -> list[Block]:
    """Return a muted code of a list, with its Unmute button."""
    text = f"🔇 Muted {muted(mute)} · by {people([mute.by])}"
    return [section(text, unmute_button(destination, mute))]


def unmute_button(destination: str, mute: Mute) -> list[Block]:
    """Return the button that ends a mute."""
    place = None if is_direct_channel(destination) else destination
    return button("Unmute", UNMUTE, CommandPayload(card=mute.id, place=place), name=f"Unmute {mute.code}")


# Mutes.


def mute_button(failed: FailureCode, destination: str | None = None, group: str | None = None) -> list[Block]:
    """Return the button that mutes the code of a failure; none without a code.

    A code that is too long for a button has none either. `group` is the head that has the button; its thread says who
    muted the code.
    """
    if not failed.code:
        return []
    about = _about(failed, destination).model_copy(update={"card": group})
    return button("Mute this code", MUTE_CODE, about, name=f"Mute {failed.code}")


def _about(failed: FailureCode, destination: str | None) -> CommandPayload:
    kind = [f"kind:{quoted(failed.kind)}"] if failed.kind else []
    words = ["list", f"{failed.account}/{failed.service}", f"code:{quoted(failed.code)}", *kind]
    return CommandPayload(text=" ".join(words), place=destination)


def muted_answer(mute: Mute, destination: str) -> Message:
    """Say that a code is now muted, with *For ever* as the second choice."""
    text = f"🔇 {muted_code(mute)} is muted here {_until(mute)}. `/jobs subscriptions` lists what is muted."
    place = None if is_direct_message(destination) else destination
    for_ever = button("For ever", MUTE_FOR_EVER, _about(mute.failure_code, place)) if mute.until else []
    foot = actions("muted", [*for_ever, *unmute_button(destination, mute)])
    return message(unformatted(text), [section(text), *foot])


def _until(mute: Mute) -> str:
    return muted(mute).removeprefix(f"{muted_code(mute)} ")


def unmuted(mute: Mute | None) -> Message:
    """Say that a code is no longer muted."""
    text = f"🔔 {muted_code(mute)} is no longer muted here." if mute else "🔔 This code is not muted here."
    return message(unformatted(text), [section(text)])


def quieter(watches: Sequence[ListedWatch], mutes: Sequence[tuple[str, Mute]], cards: Sequence[Block]) -> Message:
    """Show what makes a channel quieter: stop or edit watches, unmute codes, snooze `cards`."""
    head = section("*Quieter here*\nStop a watch, or edit it: `after:5/10m` waits for five failures in ten minutes.")
    none = [section(NONE_HERE)] if not watches else []
    rows = [
        block
        for at, each in enumerate(watches)
        for block in (
            section(row(each.watch)),
            *actions(f"quieter-{at}", [*remove_button(each.watch, "Stop watching"), *edit_button(each.watch)]),
        )
    ]
    muted_rows = [block for destination, each in mutes for block in listed_mute(destination, each)]
    lines = [row(each.watch) for each in watches] or [NONE_HERE]
    return message(unformatted("\n".join(["Quieter here", *lines])), [head, *none, *rows, *muted_rows, *cards])
