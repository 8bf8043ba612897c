"""The form that creates or changes a watch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.button_payloads import AFTER, ANY, FILTERS, MENTION, ON, SCOPE, TO, WATCH, WHERE
from bot.domain.cards import On
from bot.domain.slack_ids import bare_id
from bot.domain.user_groups import UserGroup
from bot.domain.watches import WatchSpec
from bot.views.slack.block_kit import Block, choice, choices, modal, text_field
from bot.views.slack.block_kit import field as input_field
from bot.views.slack.subscribe_form import user_groups

TITLE, CHANGE = "Watch for failures", "Change a watch"
_ON = (
    (On.FAILED, "A job fails"),
    (On.DOWN, "A service can't be read"),
    (On.STUCK, "A job is stuck (not detected yet)"),
    (On.STARTED, "A job starts"),
    (On.DONE, "A job finishes"),
    (On.ANY, "Anything"),
)
_TO = (("here", "This channel"), ("dm", "Direct message to me"))
_FILTERS_HINT = "Filter by name, kind, media or code. A hyphen excludes jobs. For example: code:ALG.* -name:test"
_AFTER_HINT = "Wait for several failures: 5/10m is five within ten minutes, 20%/1h is 20 % of the jobs of an hour."
NO_CHANNEL = "Pick a channel, or post to direct messages."
_WHERE = {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True}


@dataclass(frozen=True, slots=True)
class WatchForm:
    """The choices of the form, and its values.

    `filters` are the filter words of `spec`, including the scopes that it leaves out. With `asks_where` the form asks
    for the channel, with `channel` chosen.
    """

    scopes: Sequence[str]
    groups: Sequence[UserGroup] = ()
    spec: WatchSpec = field(default_factory=WatchSpec)
    filters: str = ""
    watch_id: str = ""
    asks_where: bool = False
    channel: str = ""
    mentions_max: int = 10


def form(shown: WatchForm) -> Block:
    """Return the form, filled in, so that Enter confirms."""
    spec, most = shown.spec, shown.mentions_max
    scopes = [("Every service", ANY), *((name, name) for name in shown.scopes)]
    on = choices([(label, value) for value, label in _ON], [value for value, _ in _ON if value in spec.on])
    named = [each[2:-1] for each in spec.mention if each.startswith("<@")]
    chosen = {"initial_users": named} if named else {}
    people: Block = {"type": "multi_users_select", "max_selected_items": most, **chosen}
    filters = text_field("-name:test", shown.filters)
    groups = [each.removeprefix("<!subteam^").rstrip(">") for each in spec.mention if each.startswith("<!")]
    to = [(label, value) for value, label in _TO]
    after = text_field("5/10m", str(spec.after) if spec.after else "")
    blocks = [
        input_field(SCOPE, "Watch", choice(scopes, str(spec.service_filter) or ANY)),
        input_field(FILTERS, "Only some jobs", filters, optional=True, hint=_FILTERS_HINT),
        input_field(ON, "Post when", on),
        input_field(TO, "Post to", choice(to, spec.to)),
        *([_where(shown.channel)] if shown.asks_where else []),
        input_field(MENTION, "Mention people", people, optional=True),
        user_groups(shown.groups, most, groups),
        input_field(AFTER, "Quieter", after, optional=True, hint=_AFTER_HINT),
    ]
    title, submit = (CHANGE, "Save") if shown.watch_id else (TITLE, "Watch")
    return modal(title, blocks, submit=submit, callback_id=f"{WATCH}:{shown.watch_id}" if shown.watch_id else WATCH)


def _where(channel: str) -> Block:
    menu = {**_WHERE, **({"initial_conversation": bare_id(channel)} if channel else {})}
    return input_field(WHERE, "Channel", menu, optional=True, hint="Not needed for direct messages.")
