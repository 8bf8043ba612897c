"""Snoozing cards and heads: the menu, their lines, and the answers."""

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
    ("Until 9:00 AM", Rest.MORNING),
)
_UTC = "That is 9:00 UTC: I can't see your time zone without the scope `users:read`."
_CLOSED = "This message is closed; nothing to snooze."
_OVER = "All jobs finished; nothing to snooze."


def block_id(card: Card, destination: str | None = None) -> str:
    """Return the block id of the row with the menu.

    `destination` is where the card is, if the row is elsewhere. A snoozed card has a different block id, because Slack
    keeps showing the selection as long as the id is the same.
    """
    return _block_id(card.quiet, CommandPayload(card=card.id, place=destination))


def group_block_id(group: FailureGroup) -> str:
    """Return the block id of the row with the menu of a head."""
    return _block_id(group.snooze, CommandPayload(card=group.id))


def _block_id(quiet: Snooze | None, payload: CommandPayload) -> str:
    return SELECTS + payload.model_copy(update={"text": "snoozed" if quiet else ""}).encode()


def controls(card: Card, *, of: str | None = None, destination: str | None = None) -> list[Block]:
    """Return the menu, and the unsnooze button of a snoozed card.

    `of` names the card for screen readers.
    """
    if card.over and not card.has_held:
        return []
    return _menu(card.quiet, CommandPayload(card=card.id, place=destination), of)


def group_controls(group: FailureGroup) -> list[Block]:
    """Return the menu and the unsnooze button of a head; none for a closed one."""
    return _menu(group.snooze, CommandPayload(card=group.id)) if group.open else []


def _menu(quiet: Snooze | None, payload: CommandPayload, of: str | None = None) -> list[Block]:
    if not quiet:
        return [select("Snooze", SNOOZE, _MENU, None)]
    unsnooze = button("Unsnooze", UNSNOOZE, payload, name=of and f"Unsnooze {of}")
    return [*unsnooze, select("Snooze again", SNOOZE, _MENU, None)]


def line(card: Card) -> str:
    """Say until when a card is snoozed, by whom, and how many updates wait; empty if it isn't."""
    if card.quiet is None:
        return ""
    waits = f"updates will be posted then{_number(card)}" if card.has_held else "no notifications until then"
    return f"😴 Snoozed until {date(card.quiet.until)} by {person(card.quiet.by)}: {waits}"


def group_line(group: FailureGroup) -> list[str]:
    """Say until when a head is snoozed, and by whom; nothing if it isn't."""
    if group.snooze is None or not group.open:
        return []
    who = f"😴 Snoozed until {date(group.snooze.until)} by {person(group.snooze.by)}"
    return [f"{who}: this message stays live, no notifications until then"]


def _number(card: Card) -> str:
    return f" ({count(len(card.held), 'change')})" if len(card.held) > 1 and not card.held_final else ""


def fact(card: Card) -> str:
    """Say until when a card is snoozed, for a list; empty if it isn't."""
    return f"😴 snoozed until {date(card.quiet.until)}" if card.quiet else ""


def note(card: Card) -> str:
    """Warn a new subscriber that the card is snoozed; empty if it isn't."""
    if card.quiet is None:
        return ""
    ends = "Press *Unsnooze* on it to resume them."
    return f"😴 Its card is snoozed until {date(card.quiet.until)}: no notifications until then. {ends}"


def answered(card: Card | None, *, in_utc: bool = False) -> Message:
    """Answer the person who snoozed or unsnoozed a card.

    `in_utc` means that their time zone is unknown. `card` is None if there is nothing to snooze.
    """
    if card is None:
        return message(_OVER, [section(f"🔕 {_OVER}")])
    if card.quiet is None:
        text = f"🔔 {_named(card)} no longer snoozed. Posting held updates now."
    else:
        text = (
            f"😴 {_named(card)} snoozed until {date(card.quiet.until)}. "
            "Updates are held until then; the card stays live."
        )
    notes = [_UTC] if in_utc and card.quiet else []
    return message(unformatted("\n".join([text, *notes])), [section(text), *map(context, notes)])


def group_answered(group: FailureGroup | None, *, in_utc: bool = False) -> Message:
    """Answer the person who snoozed or unsnoozed a head; `group` is None for a closed one."""
    if group is None:
        return message(_CLOSED, [section(f"🔕 {_CLOSED}")])
    if group.snooze is None:
        text = f"🔔 {headline(group)}: no longer snoozed."
    else:
        text = f"😴 {headline(group)}: snoozed until {date(group.snooze.until)}. Its message stays live."
    notes = [_UTC] if in_utc and group.snooze else []
    return message(unformatted("\n".join([text, *notes])), [section(text), *map(context, notes)])


def group_note(note: SnoozedGroup) -> Message:
    """Return the line in the thread of a head that was snoozed or unsnoozed."""
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
