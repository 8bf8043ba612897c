"""Answers to an interaction: through its response_url, or in the acknowledgement of a command."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.slack.block_kit.message_rules import read_content, read_metadata
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.interaction_grants import Response
from sandbox.slack.workspace.model import Json, Message
from sandbox.slack.workspace.workspace import Workspace


class _Answer(BaseModel):
    """The body of a response_url. Slack ignores unknown keys; the sandbox refuses them, because they are mistakes."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    blocks: Any = None
    attachments: Any = None
    response_type: str = "ephemeral"
    replace_original: bool = False
    delete_original: bool = False
    thread_ts: str = ""
    metadata: Any = None
    mrkdwn: bool = True
    unfurl_links: bool = False
    unfurl_media: bool = False


def respond(workspace: Workspace, response: Response, body: Json) -> None:
    """Post, replace or delete a message for the app, which need not be a member.

    A command has no original: replacing it posts a new message (slackapi/bolt-python#1268).

    Raises:
        SlackError: `invalid_payload`, `no_text`, `invalid_blocks`, `message_not_found` …
    """
    answer = _read(body)
    if response.source and (answer.delete_original or answer.replace_original):
        _change(workspace, _original(workspace, response), answer)
        return
    if answer.delete_original:
        raise SlackError("message_not_found")
    workspace.messages.post(
        response.channel,
        workspace.app.user_id,
        read_content(answer.text, answer.blocks, answer.attachments),
        by_app=True,
        viewer=None if answer.response_type == "in_channel" else response.user,
        thread_ts=answer.thread_ts or None,
        metadata=read_metadata(answer.metadata),
    )


def _read(body: Json) -> _Answer:
    try:
        answer = _Answer.model_validate(body)
    except ValidationError as error:
        keys = ", ".join("/".join(map(str, detail["loc"])) for detail in error.errors())
        raise SlackError("invalid_payload", [f"unsupported keys: {keys}"]) from None
    if answer.response_type not in ("ephemeral", "in_channel"):
        raise SlackError("invalid_payload", ["response_type must be ephemeral or in_channel"])
    return answer


def _original(workspace: Workspace, response: Response) -> Message:
    found = workspace.messages.find(response.channel, response.source or "", viewer=response.user)
    if found is None:
        raise SlackError("message_not_found")
    return found


def _change(workspace: Workspace, original: Message, answer: _Answer) -> None:
    if answer.delete_original:
        workspace.messages.delete(original)
    else:
        content = read_content(answer.text, answer.blocks, answer.attachments)
        workspace.messages.edit(original, content, marked=False)
