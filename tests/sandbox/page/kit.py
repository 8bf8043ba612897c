"""Inputs and look-ups that the page's tests share."""

from typing import Any

from playwright.async_api import Locator, Page

from sandbox.slack.workspace.model import Content, Json, Message
from sandbox.slack.workspace.workspace import Workspace


def say(workspace: Workspace, text: str = "", blocks: list[Json] | None = None, **more: Any) -> Message:
    return workspace.messages.post("C0ONCALL", workspace.app.user_id, Content(text, blocks or []), **more)


def shown(page: Page, message: Message) -> Locator:
    return page.locator(f'article[data-ts="{message.ts}"]')


def ocr(word: str) -> Json:
    """Return a section about one job."""
    return {"type": "section", "block_id": word, "text": mrkdwn(f"*ocr* {word}"), "accessory": button(word)}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(label: str, **more: Any) -> Json:
    return {"type": "button", "action_id": label.lower(), "text": plain(label), "value": f"v-{label}", **more}


def option(label: str) -> Json:
    return {"text": plain(label), "value": label}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "acts", "elements": list(elements)}


def state_select(**more: Any) -> Json:
    options = [option(state) for state in ("pending", "running", "failed")]
    return {"type": "static_select", "action_id": "state", "placeholder": plain("State"), "options": options, **more}
