"""Snoozed cards: the menu, what a card says of it, and the answers."""

from bot.domain.button_payloads import SELECTS, SNOOZE, UNSNOOZE, CommandPayload
from bot.domain.cards import Card, Snooze
from bot.domain.failure_groups import FailureGroup
from bot.domain.notifications import SnoozedGroup
from bot.domain.snooze import Rest
from bot.views.failure_groups import headline
from bot.views.slack.block_kit import Block, Message, button, context, message, section, select
from bot.views.states import name
from bot.views.terms import person
from bot.views.text import bold, count, date, unformatted
from providers.models import JobRef

_MENU = (
    ("For 1 hour", Rest.HOUR),
    ("For 4 hours", Rest.HOURS),
    ("Until 9:00 in the morning", Rest.MORNING),
)
_UTC = "That is 9:00 UTC: I cannot see your time zone without the scope `users:read`."
_CLOSED = "This message is closed: there is nothing left to snooze."
_OVER = "Its jobs have ended and everything is told: there is nothing left to snooze."


def block_id(card: Card, destination: str | None = None) -> str:
    """Name the row of buttons that holds the menu; `place` is where the card is, if it is clicked elsewhere.

    A snoozed card has another name for it: Slack keeps on show what was picked for as long as the name stays.
    """
    return _block_id(card.quiet, CommandPayload(card=card.id, place=destination))


def group_block_id(group: FailureGroup) -> str:
    """The same for the row of buttons of a head."""
    return _block_id(group.snooze, CommandPayload(card=group.id))


def _block_id(quiet: Snooze | None, payload: CommandPayload) -> str:
    return SELECTS + payload.model_copy(update={"text": "snoozed" if quiet else ""}).encode()


def controls(card: Card, *, of: str | None = None, destination: str | None = None) -> list[Block]:
    """The menu, and for a snoozed card the button that ends it; `of` names the card to a screen reader."""
    if card.over and not card.has_held:
        return []
    return _menu(card.quiet, CommandPayload(card=card.id, place=destination), of)


def group_controls(group: FailureGroup) -> list[Block]:
    """The same for a head."""
    return _menu(group.snooze, CommandPayload(card=group.id)) if group.open else []


def _menu(quiet: Snooze | None, payload: CommandPayload, of: str | None = None) -> list[Block]:
    if not quiet:
        return [select("Snooze", SNOOZE, _MENU, None)]
    unsnooze = button("Unsnooze", UNSNOOZE, payload, name=of and f"Unsnooze {of}")
    return [*unsnooze, select("Snooze again", SNOOZE, _MENU, None)]


def line(card: Card) -> str:
    """Until when nothing is told, by whom, and how much waits; empty for a card that is not snoozed."""
    if card.quiet is None:
        return ""
    waits = f"what happened is told then{_number(card)}" if card.has_held else "nothing is told before"
    return f"😴 Snoozed until {date(card.quiet.until)} by {person(card.quiet.by)}: {waits}"


def group_line(group: FailureGroup) -> list[str]:
    """Until when a head is snoozed, and by whom; nothing for one that is not."""
    if group.snooze is None or not group.open:
        return []
    who = f"😴 Snoozed until {date(group.snooze.until)} by {person(group.snooze.by)}"
    return [f"{who}: this message stays live, no notifications until then"]


def _number(card: Card) -> str:
    return f" ({count(len(card.held), 'change')})" if len(card.held) > 1 and not card.held_final else ""


def fact(card: Card) -> str:
    """The same in a few words, for a list."""
    return f"😴 snoozed until {date(card.quiet.until)}" if card.quiet else ""


def note(card: Card) -> str:
    """The same for somebody who has just subscribed, and would wait in vain."""
    if card.quiet is None:
        return ""
    return f"😴 Its card is snoozed until {date(card.quiet.until)}: nothing is told before. *Unsnooze* on it ends that."


def answered(card: Card | None, *, in_utc: bool = False) -> Message:
    """The answer to whoever snoozed a card, or ended that; `in_utc`: their time zone was not known."""
    if card is None:
        return message(_OVER, [section(f"🔕 {_OVER}")])
    if card.quiet is None:
        text = f"🔔 {_named(card)} no longer snoozed. What was kept back is told now."
    else:
        text = (
            f"😴 {_named(card)} snoozed until {date(card.quiet.until)}. "
            "What happens until then is told then; the card shows it at once."
        )
    notes = [_UTC] if in_utc and card.quiet else []
    return message(unformatted("\n".join([text, *notes])), [section(text), *map(context, notes)])


def group_answered(group: FailureGroup | None, *, in_utc: bool = False) -> Message:
    """The same about the head of a failure group; None for one that is closed."""
    if group is None:
        return message(_CLOSED, [section(f"🔕 {_CLOSED}")])
    if group.snooze is None:
        text = f"🔔 {headline(group)}: no longer snoozed."
    else:
        text = f"😴 {headline(group)}: snoozed until {date(group.snooze.until)}. Its message stays live."
    notes = [_UTC] if in_utc and group.snooze else []
    return message(unformatted("\n".join([text, *notes])), [section(text), *map(context, notes)])


def group_note(note: SnoozedGroup) -> Message:
    """The line in the thread of a head that was snoozed, or no longer is."""
    if note.snooze is None:
        text = f"🔔 No longer snoozed, by {person(note.by)}"
    else:
        text = f"😴 Snoozed until {date(note.snooze.until)} by {person(note.by)}"
    return message(unformatted(text), [context(text)])


def _named(card: Card) -> str:
    if len(card.jobs) != 1:
        return f"*{count(len(card.jobs), 'job')}* are"
    [(ref, card_job)] = card.jobs.items()
    return f"{bold(name(card_job.job) if card_job.job else JobRef.parse(ref).id, 120)} is"
