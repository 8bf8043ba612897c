"""The form that follows jobs: which, when and where to notify, and who to mention."""

from collections.abc import Sequence

from bot.domain.button_payloads import JOBS, MENTION, ON, SUBSCRIBE, TO, USER_GROUPS, WHERE
from bot.domain.cards import SUBSCRIPTION_ON, On, To, on_words
from bot.domain.errors import UsageError
from bot.domain.user_groups import UserGroup
from bot.views.errors import sentence
from bot.views.slack.block_kit import Block, choice, choices, modal, text_field
from bot.views.slack.block_kit import field as input_field
from bot.views.text import cut, unformatted

TITLE = "Subscribe to jobs"
DEFAULT = "default"
"""The value for the default destination: the thread, and for a failure the channel too."""
OPTIONS_MAX = 100
"""Options in one menu (Slack's Block Kit reference)."""
_IDS = "Their ids: open the group in Slack, then Copy group ID."
_ON = (
    (on_words(SUBSCRIPTION_ON), "It finishes"),
    (On.FAILED, "It fails"),
    (On.STARTED, "It starts"),
    (On.ANY, "Anything changes"),
)
"""The choices for when to notify. `It finishes` is the default."""
_TO = (
    (DEFAULT, "Thread, plus channel on failure"),
    (To.HERE, "Thread and channel"),
    (To.THREAD, "Thread only"),
    (To.DM, "Direct message to me"),
)
_WHERE = {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True}


def form(jobs: Sequence[str], groups: Sequence[UserGroup] = (), *, asks_where: bool, mentions_max: int) -> Block:
    """Return the form, filled in for these jobs, so that Enter confirms.

    With `asks_where` it asks for the channel. `groups` are the workspace's user groups that the app can see.
    """
    people = {"type": "multi_users_select", "max_selected_items": mentions_max}
    blocks = [
        input_field(JOBS, "Jobs", text_field("Ids, ACCOUNT/SERVICE/ID or console links", " ".join(jobs), focus=True)),
        input_field(ON, "Notify me when", choices([(label, value) for value, label in _ON], [_ON[0][0]])),
        input_field(TO, "Post updates to", choice([(label, value) for value, label in _TO], DEFAULT)),
        input_field(MENTION, "Mention people", people, optional=True),
        user_groups(groups, mentions_max),
        *([input_field(WHERE, "Channel", dict(_WHERE))] if asks_where else []),
    ]
    return modal(TITLE, blocks, submit="Subscribe", callback_id=SUBSCRIBE)


def user_groups(groups: Sequence[UserGroup], most: int, chosen: Sequence[str] = ()) -> Block:
    """Return the field for user groups: a menu, or a text field if they are unknown or too many."""
    label = "Mention user groups"
    if 0 < len(groups) <= OPTIONS_MAX:
        menu = choices([(f"@{each.handle} · {each.name}", each.id) for each in groups], chosen)
        return input_field(USER_GROUPS, label, {**menu, "max_selected_items": most}, optional=True)
    known = bool(groups)
    hint = "For example @on-call." if known else _IDS
    typed = text_field("@on-call" if known else "S0ABC1234", " ".join(chosen))
    return input_field(USER_GROUPS, label, typed, optional=True, hint=hint)


def complaint(error: UsageError) -> str:
    """Say what is wrong with a field, for the line below it."""
    return cut(unformatted(sentence(error)), 1000)
