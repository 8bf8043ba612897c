"""The form that follows jobs: which, what is told, where, and whom it calls."""

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
"""Stands for no choice of where it is told: the thread, and for a failure the channel too."""
OPTIONS_MAX = 100
"""In one menu (Slack's Block Kit reference)."""
_IDS = "Their ids: open the group in Slack, then Copy group ID."
_ON = (
    (on_words(SUBSCRIPTION_ON), "The end"),
    (On.FAILED, "A failure"),
    (On.STARTED, "The start"),
    (On.ANY, "Every change"),
)
"""What to choose from. `The end` is what a subscription notifies unless it says otherwise."""
_TO = (
    (DEFAULT, "In the card's thread, a failure in the channel too"),
    (To.HERE, "In the card's thread and in the channel"),
    (To.THREAD, "In the card's thread alone"),
    (To.DM, "To me alone, by direct message"),
)
_WHERE = {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True}


def form(jobs: Sequence[str], groups: Sequence[UserGroup] = (), *, asks_where: bool, mentions_max: int) -> Block:
    """Return the form, filled in for these jobs: Enter confirms. It asks for the channel where none is known.

    `groups` are the workspace's user groups, as far as the app may know them.
    """
    people = {"type": "multi_users_select", "max_selected_items": mentions_max}
    blocks = [
        input_field(JOBS, "Jobs", text_field("Ids, ACCOUNT/SERVICE/ID or console links", " ".join(jobs), focus=True)),
        input_field(ON, "What is told", choices([(label, value) for value, label in _ON], [_ON[0][0]])),
        input_field(TO, "Where it is told", choice([(label, value) for value, label in _TO], DEFAULT)),
        input_field(MENTION, "People to call", people, optional=True),
        user_groups(groups, mentions_max),
        *([input_field(WHERE, "Channel", dict(_WHERE))] if asks_where else []),
    ]
    return modal(TITLE, blocks, submit="Subscribe", callback_id=SUBSCRIBE)


def user_groups(groups: Sequence[UserGroup], most: int, chosen: Sequence[str] = ()) -> Block:
    """User groups to pick from, some of them chosen; where they are unknown or too many for a menu, to type."""
    label = "Mention user groups"
    if 0 < len(groups) <= OPTIONS_MAX:
        menu = choices([(f"@{each.handle} · {each.name}", each.id) for each in groups], chosen)
        return input_field(USER_GROUPS, label, {**menu, "max_selected_items": most}, optional=True)
    known = bool(groups)
    hint = "For example @on-call." if known else _IDS
    typed = text_field("@on-call" if known else "S0ABC1234", " ".join(chosen))
    return input_field(USER_GROUPS, label, typed, optional=True, hint=hint)


def complaint(error: UsageError) -> str:
    """What is wrong with a field, to be shown below it."""
    return cut(unformatted(sentence(error)), 1000)
