"""Messages about a reset of the database and the subscriptions lost by it."""

from datetime import datetime

from bot.domain.button_payloads import BUTTON_MAX, OPEN, CommandPayload
from bot.domain.card_metadata import CardMessage
from bot.domain.errors import ForgottenError
from bot.domain.notifications import ForgottenCards
from bot.views.slack.block_kit import Block, Message, actions, button, context, message, section
from bot.views.terms import people
from bot.views.text import count, day, unformatted

HOW = "`/jobs subscribe JOB` follows a job again."


def was_reset(at: datetime) -> str:
    """Say when the reset was: one sentence without its period."""
    return f"Callboard's database was reset on {day(at)}"


def line(at: datetime) -> str:
    """Return the line about the reset for a list of subscriptions."""
    return f"⚠️ {was_reset(at)}: subscriptions made before are lost. {HOW}"


def lost(error: ForgottenError) -> Message:
    """Answer a click on a card that the database lost."""
    buttons = again(error.again)
    how = "Press *Subscribe again* to follow its jobs from now on." if buttons else HOW
    text = f"⚠️ No longer following: {was_reset(error.reset_at)}, and subscriptions made before are lost. {how}"
    return message(unformatted(text), [section(text), *actions("forgotten", buttons)])


def notice(note: ForgottenCards) -> Message:
    """Notify a destination and its subscribers that cards there are no longer followed."""
    cards = "A card here is" if note.forgotten == 1 else f"{count(note.forgotten, 'card')} here are"
    text = (
        f"⚠️ {was_reset(note.reset_at)}, and subscriptions made before are lost. {cards} no longer followed. "
        "Press *Subscribe again* on a card to follow its jobs from now on."
    )
    who = [context(f"Subscribed by {people(note.people)}")] if note.people else []
    return message(unformatted(text), [section(text), *who])


def closed(shown: str, reset_at: datetime, card: CardMessage) -> Message:
    """Draw a card that the database lost; `shown` is its last text about its jobs."""
    text = f"⚠️ *No longer followed*: {was_reset(reset_at)}."
    last = [section(f"Last seen:\n{shown}")] if shown else []
    details = (
        button("Details", f"{OPEN}:details", CommandPayload(text=card.show), limit=BUTTON_MAX) if card.show else []
    )
    foot = actions("forgotten", [*details, *again(card.again)])
    return message(unformatted(text), [section(text), *last, *foot])


def again(command: str) -> list[Block]:
    """Return the button that follows the jobs of a lost card again; none without jobs."""
    return button("Subscribe again", f"{OPEN}:again", CommandPayload(text=command), limit=BUTTON_MAX) if command else []
