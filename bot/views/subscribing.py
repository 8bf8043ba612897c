"""The form that follows jobs: which, what is told, where, and whom it calls."""

from collections.abc import Sequence

from bot.cards import On, To
from bot.errors import UsageError
from bot.payloads import JOBS, MENTION, ON, SUBSCRIBE, TO, USER_GROUPS, WHERE
from bot.views.errors import sentence
from bot.views.message import Block, choice, modal, text_field
from bot.views.message import field as input_field
from bot.views.text import cut, unformatted

TITLE = "Subscribe to jobs"
DEFAULT = "default"
"""Stands for no choice of where it is told: the thread, and for a failure the channel too."""
_ON = ((On.DONE, "The end"), (On.FAILED, "Only a failure"), (On.ANY, "Every change"))
_TO = (
    (DEFAULT, "In the card's thread, a failure in the channel too"),
    (To.HERE, "In the card's thread and in the channel"),
    (To.THREAD, "In the card's thread alone"),
    (To.DM, "To me alone, by direct message"),
)
_WHERE = {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True}


def form(jobs: Sequence[str], *, asks_where: bool, mentions_max: int) -> Block:
    """Return the form, filled in for these jobs: Enter confirms. It asks for the channel where none is known."""
    people = {"type": "multi_users_select", "max_selected_items": mentions_max}
    blocks = [
        input_field(JOBS, "Jobs", text_field("Ids, ACCOUNT/SERVICE/ID or console links", " ".join(jobs), focus=True)),
        input_field(ON, "What is told", choice([(label, value) for value, label in _ON], On.DONE)),
        input_field(TO, "Where it is told", choice([(label, value) for value, label in _TO], DEFAULT)),
        input_field(MENTION, "People to call", people, optional=True),
        input_field(
            USER_GROUPS,
            "User groups to call",
            text_field("S0ABC1234"),
            optional=True,
            hint="Their ids: open the group in Slack, then Copy group ID.",
        ),
        *([input_field(WHERE, "Channel", dict(_WHERE))] if asks_where else []),
    ]
    return modal(TITLE, blocks, submit="Subscribe", callback_id=SUBSCRIBE)


def complaint(error: UsageError) -> str:
    """What is wrong with a field, to be shown below it."""
    return cut(unformatted(sentence(error)), 1000)
