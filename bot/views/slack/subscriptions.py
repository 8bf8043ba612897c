"""Answers to the person who subscribes, unsubscribes or restores."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.answers import JobDetails, Late
from bot.domain.button_payloads import BUTTON_MAX, OPEN, RUN, SEEK, CommandPayload
from bot.domain.cards import SUBSCRIPTION_ON, Card, On, Shown, SubscriptionOptions
from bot.domain.notifications import Subscribed, Unsubscribed
from bot.domain.watches import Watch
from bot.views.errors import service_error
from bot.views.facts import missing
from bot.views.lateness import still_asking
from bot.views.slack import database_reset, snooze, suspensions
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button, headline, seen
from bot.views.slack.jobs import row
from bot.views.slack.subscription_list import channel_of, details_of
from bot.views.slack.watches import still_watching
from bot.views.states import name, state
from bot.views.terms import calls, channel, people, promise, subscribing
from bot.views.text import bold, code, count, listed, unformatted
from providers.models import Job, JobRef

NAMES_MAX = 10
LINES_MAX = 8
"""Lines about services and about jobs that were not found."""


def subscribed(  # noqa: PLR0917  # the parts of an answer
    details: JobDetails,
    result: Subscribed,
    options: SubscriptionOptions,
    here: str,
    minutes: int,
    notes: Sequence[str] = (),
) -> Message:
    """Say which jobs are followed, with which settings, and why others are not.

    `here` is the channel of the request. `minutes` is for how long Callboard would look for a job that was not found.
    `notes` are further lines about the request.
    """
    known = {job.ref: job for job in details.jobs}
    following = [*result.followed, *result.changed]
    over = [job for job in details.jobs if job.state.ended and job.ref not in following]
    lines = [*_tracked(result, known, options, here), *_already(result, details, following), *_suspended(result, here)]
    lines += filter(None, [snooze.note(result.card) if result.card and following else ""])
    lines += [_SHARED] if result.shared and following else []
    if over:
        number = "It" if len(over) == 1 and not lines else count(len(over), "job")
        lines.append(f"{number} already finished:")
    foot = [*map(context, notes), *_foot(details, result, options, here, minutes)]
    body = [section(line) for line in lines]
    budget = Budget([*body, *foot])
    rows = budget.fit([*map(row, over)], lambda number: context(f"… and {count(number, 'more job')}"))
    text = "\n".join(
        [
            *map(unformatted, lines),
            *(f"{name(job)}: {job.state}" for job in over),
            *_plain(details),
            *map(unformatted, notes),
        ]
    )
    return message(text or _NOTHING, [*body, *rows, *foot] if lines or foot else [section(_NOTHING)])


def looking(pending: Sequence[Late]) -> Message:
    """Return the message shown while services are still being asked about the jobs."""
    text = still_asking(pending)
    return message(unformatted(text), [section(text)])


def notes(options: SubscriptionOptions, *, watched: bool) -> list[str]:
    """Return hints: that `watch` was typed, or that stuck jobs are not detected yet."""
    stuck = On.STUCK in options.on and options.on != SUBSCRIPTION_ON
    return [*([_WATCHED] if watched else []), *([_STUCK] if stuck else [])]


_WATCHED = "💡 This is a subscription: a watch is for every job of a scope, for example `/jobs watch video-ocr`."
_STUCK = "💡 Stuck jobs aren't detected yet; `stuck` takes effect once they are."
_SHARED = "👥 Another organization shares this channel, so its members can read what I post here."
_NOTHING = "No configured service supports this lookup."


def _tracked(result: Subscribed, known: dict[JobRef, Job], options: SubscriptionOptions, here: str) -> list[str]:
    promised = _promise(options, here, batch=len(result.followed) > 1)
    lines: list[str] = []
    if result.followed:
        lines.append(f"🔔 Following {_names(result.followed, known)}. I'll post {promised.removeprefix('posts ')}")
    if result.changed:
        lines.append(f"🔁 Already following {_names(result.changed, known)}{_before(result, promised)}")
    return lines


def _before(result: Subscribed, promised: str) -> str:
    """Say what the new options change for jobs that were already followed."""
    updated = "updated." if result.followed else f"updated: {promised}"
    if not result.others:
        return f"; settings {updated}"
    return f". The settings of {people(result.others)} are unchanged, yours are {updated}"


def _promise(options: SubscriptionOptions, here: str, *, batch: bool = False) -> str:
    """Return the settings as a sentence without its capital."""
    called = f" Each notification {calls(options)}." if options.mention else ""
    return f"{promise(options, here, batch=batch, elsewhere=True)}.{called}"


def _names(refs: Sequence[JobRef], known: dict[JobRef, Job]) -> str:
    """Name one job with its state, or several by name."""
    if len(refs) == 1:
        job = known.get(refs[0])
        return f"{bold(name(job), 120)} ({state(job)})" if job else bold(refs[0].id, 120)
    return f"{count(len(refs), 'job')}: {_listed(refs, known)}"


def _listed(refs: Sequence[JobRef], known: Mapping[JobRef, Job]) -> str:
    """Name jobs, by their ids where no name is known."""
    return listed([bold(name(known[ref]) if ref in known else ref.id, 80) for ref in refs], "and", most=NAMES_MAX)


def _already(result: Subscribed, details: JobDetails, following: Sequence[JobRef]) -> list[str]:
    """Name the jobs that are already followed here with these settings."""
    if result.suspended and not following:
        return []
    rest = [job for job in details.jobs if not job.state.ended and job.ref not in following]
    names = _names([job.ref for job in rest], {job.ref: job for job in rest})
    return [f"🔁 Already following {names} with these settings."] if rest else []


def _suspended(result: Subscribed, here: str) -> list[str]:
    if result.suspended is None:
        return []
    why = suspensions.why(result.suspended, here)
    return [f"⏸️ I can't post there yet: {why}. {suspensions.help_against(result.suspended)}"]


def _foot(
    details: JobDetails, result: Subscribed, options: SubscriptionOptions, here: str, minutes: int
) -> list[Block]:
    notes = [*map(section, missing(details)), *(context(service_error(error)) for error in details.errors)]
    refs = [*result.followed, *result.changed]
    unknown = [each.id for each in details.missing if not each.id.startswith("media:")]
    seek = CommandPayload(text=subscribing(unknown, options))
    buttons = [
        *(button(f"Keep looking for {minutes} minutes", SEEK, seek, limit=BUTTON_MAX) if unknown else []),
        *(details_button(refs) if refs else []),
        *(
            button("Unsubscribe", f"{OPEN}:unsubscribe", CommandPayload.about("unsubscribe", refs), limit=BUTTON_MAX)
            if refs
            else []
        ),
        *(suspensions.restore_button(here) if result.suspended else []),
    ]
    lines = Budget(blocks=LINES_MAX, chars=4000).fit(
        notes, lambda number: context(f"… and {count(number, 'more notice')}")
    )
    return [*lines, *actions("subscribed", buttons)]


def _plain(details: JobDetails) -> list[str]:
    return [unformatted(line) for line in (*missing(details), *map(service_error, details.errors))]


def seeking(ids: Sequence[str], options: SubscriptionOptions, here: str, minutes: int) -> Message:
    """Say that Callboard keeps looking for ids that were not found."""
    names = listed([code(each, 80) for each in ids], "and", most=NAMES_MAX)
    text = (
        f"🔎 I'll keep looking for {names} for {count(minutes, 'minute')}, follow it once it appears, and DM you "
        f"if it doesn't. I'll post {_promise(options, here).removeprefix('posts ')}"
    )
    return message(unformatted(text), [section(text)])


def unsubscribed(
    result: Unsubscribed, here: Sequence[Shown] = (), reset: datetime | None = None, watches: Sequence[Watch] = ()
) -> Message:
    """Say what is no longer followed, with an Undo button.

    `here` is what is followed, for a person who named none of it. `reset` is when the database was reset.
    `watches` are those that stay when all subscriptions end.
    """
    names = listed([code(each, 80) for each in result.unknown], "and", most=NAMES_MAX)
    notes = [f"❔ {names} {_is(result.unknown)} here."] if result.unknown else []
    if not result.removed:
        notes = notes or ["No subscriptions in this channel."]
        notes += [database_reset.line(reset)] if reset else []
        notes += ["Subscriptions here:"] if here else []
    notes += [still_watching(watches)] if watches else []
    blocks = [_removed(card, refs, alone=len(result.removed) == 1) for card, refs in result.removed]
    blocks += [section(headline(shown.card, shown.jobs), details_of(shown)) for shown in here]
    head = [section(note) for note in notes]
    fitted = Budget(head).fit(blocks, lambda number: context(f"… and {count(number, 'more card')}"))
    text = [*(_removal(card, refs) for card, refs in result.removed), *notes]
    text += [headline(shown.card, shown.jobs) for shown in here]
    ordered = [*fitted, *head] if result.removed else [*head, *fitted]
    return message("\n".join(map(unformatted, text)), ordered)


def _is(words: Sequence[str]) -> str:
    return f"{'is' if len(words) == 1 else 'are'} not followed"


def _removal(card: Card, refs: Sequence[JobRef]) -> str:
    return f"🔕 No longer followed: {_listed(refs, {job.ref: job for job in seen(card, {}).values()})}"


def _removed(card: Card, refs: Sequence[JobRef], *, alone: bool) -> Block:
    again = CommandPayload(text=subscribing(refs, card.terms), card=card.id, place=channel_of(card))
    # The answer to Undo replaces a message about one card; with several cards it is separate.
    action = f"{RUN if alone else OPEN}:undo"
    return section(
        _removal(card, refs),
        button("Undo", action, again, name=f"Undo: follow {count(len(refs), 'job')}", limit=BUTTON_MAX),
    )


def restored(result: Subscribed, destination: str) -> Message:
    """Say whether a suspended destination accepts messages again."""
    if result.suspended:
        why, cure = suspensions.why(result.suspended, destination), suspensions.help_against(result.suspended)
        text, buttons = f"⏸️ Not yet: {why}. {cure}", suspensions.restore_button(destination)
    else:
        text, buttons = _restored([*result.followed, *result.changed], destination, resumed=result.resumed), []
    return message(unformatted(text), [section(text), *actions("restored", buttons)])


def _restored(refs: Sequence[JobRef], destination: str, *, resumed: bool) -> str:
    if not resumed:
        followed = f"Following {count(len(refs), 'job')} in {channel(destination)} again."
        return f"🔔 {followed}" if refs else f"▶️ I can post to {channel(destination)} again."
    what = f" {count(len(refs), 'job')} {'is' if len(refs) == 1 else 'are'} followed there." if refs else ""
    return f"▶️ I can post to {channel(destination)} again.{what}"
