"""Messages of watches about a single job: events other than failures."""

from collections.abc import Iterator

from bot.domain.decisions import SUBSCRIPTION
from bot.domain.notifications import WatchEvent
from bot.views.failure_groups import by_watches
from bot.views.slack.block_kit import Message, context, message, section
from bot.views.slack.cards import details_button
from bot.views.slack.failure_groups import HELD
from bot.views.slack.mentions import mentioned
from bot.views.slack.notifications import title_of, what_happened
from bot.views.states import name
from bot.views.text import code, cut, plain, unformatted


def watch_event(event: WatchEvent) -> Message:
    """Draw an event of a job that watches post, with their mentions."""
    job = event.change.job
    title = title_of(event.change)
    place = f"{plain(job.service, 60)} · {plain(job.account, 60)} · {code(job.id, 80)}"
    lines = [title, *filter(None, [what_happened(event.change)]), place]
    about = section("\n".join(lines), details_button([job.ref], of=cut(name(job), 40)))
    return message(unformatted(title), [about, *map(context, _notes(event)), *mentioned([event.mentions])])


def _notes(event: WatchEvent) -> Iterator[str]:
    if event.held:
        yield HELD
    yield from filter(None, [by_watches([rule for rule in event.rules if rule != SUBSCRIPTION])])
