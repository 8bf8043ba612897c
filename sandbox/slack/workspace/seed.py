"""The initial workspace for people and tests: three engineers, an alert bot, a few channels."""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from sandbox.clouds.example_jobs import (
    IMAGE_MODERATION_ID,
    VIDEO_OCR_ID,
    VOD_AI_ID,
    VOD_FAILED_AUDIT_ID,
    VOD_FAILED_TRANSCODE_ID,
    VOD_MEDIA,
    VOD_WORKFLOW_ID,
)
from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.manifest import Manifest, read_manifest
from sandbox.slack.workspace.model import Channel, Content, Installation, User, UserGroup
from sandbox.slack.workspace.workspace import Workspace

DANA = User("U0DANA", "dana", "Dana Whitfield", "#9b59b6")
LEE = User("U0LEE", "lee", "Lee Aldana", "#2f9e6e")
SAM = User("U0SAM", "sam", "Sam Okafor", "#d9822b")
ALERTS = User("U0ALERTS", "alertmanager", "Alertmanager", "#c0392b", is_bot=True)

ON_CALL_GROUP = UserGroup("S0ONCALL", "on-call", "On call", (DANA.id, LEE.id))
TRANSCODERS = UserGroup("S0TRANSCODE", "transcoders", "Transcoders", (LEE.id,))

ON_CALL = Channel("C0ONCALL", "on-call")
MEDIA = Channel("C0MEDIA", "media")
GENERAL = Channel("C0GENERAL", "general")
ARCHIVED = Channel("C0ARCHIVED", "random-archived", archived=True)
FINANCE = Channel("C0FINANCE", "finance", bot_member=False)
LEGAL = Channel("C0LEGAL", "legal", private=True, bot_member=False)

_AUDIT_ALERT = Content(
    attachments=[
        {
            "fallback": "[FIRING:1] AuditFailed vod-sg",
            "color": "#c0392b",
            "title": "[FIRING:1] AuditFailed",
            "title_link": "http://alertmanager.example/#/alerts",
            "text": f"*Job:* `{VOD_FAILED_AUDIT_ID}`\n*Since:* two checks",
            "fields": [
                {"title": "Service", "value": "vod-jobs", "short": True},
                {"title": "Media", "value": VOD_MEDIA, "short": True},
            ],
            "footer": "Alertmanager",
            "mrkdwn_in": ["text"],
        }
    ]
)
"""The format of Alertmanager's own template: no text, everything in an attachment."""
_BATCH_ALERT = Content(
    "Jobs over their time",
    [
        {"type": "header", "block_id": "over", "text": {"type": "plain_text", "text": "Jobs over their time"}},
        {
            "type": "section",
            "block_id": "jobs",
            "text": {
                "type": "mrkdwn",
                "text": f"```{IMAGE_MODERATION_ID}\n{VOD_AI_ID}\n{VOD_WORKFLOW_ID}```",
            },
        },
        {
            "type": "context",
            "block_id": "rule",
            "elements": [{"type": "mrkdwn", "text": "Rule `JobOverdue`, threshold 30 minutes"}],
        },
    ],
)
_TALK = (
    (ON_CALL, DANA, Content("I have the pager today, <@U0LEE> takes over in the evening.")),
    (
        ON_CALL,
        ALERTS,
        Content(f":rotating_light: *VideoOcrStuck* (media-cn): no progress for 15 minutes, `{VIDEO_OCR_ID}`"),
    ),
    (ON_CALL, LEE, Content(f"Is {VIDEO_OCR_ID} still running, or did it die with the others last night?")),
    (MEDIA, SAM, Content("The trailers for Friday are uploaded, transcoding should be through soon.")),
    (MEDIA, ALERTS, Content(f":rotating_light: *TranscodeFailed* (vod-sg): `{VOD_FAILED_TRANSCODE_ID}`")),
    (MEDIA, ALERTS, _AUDIT_ALERT),
    (MEDIA, ALERTS, _BATCH_ALERT),
    (ARCHIVED, SAM, Content("We moved to <#C0GENERAL|general>.")),
)


def seeded(manifest: Path | Manifest, *, clock: Clock = time.time) -> Workspace:
    """Return a new workspace with the manifest's app installed. Raises the errors of `read_manifest`."""
    declared = read_manifest(manifest) if isinstance(manifest, Path) else manifest
    channels = [deepcopy(channel) for channel in (ON_CALL, MEDIA, GENERAL, FINANCE, LEGAL, ARCHIVED)]
    people, groups = (DANA, LEE, SAM, ALERTS), (ON_CALL_GROUP, TRANSCODERS)
    workspace = Workspace(declared, people, channels, groups, clock=clock)
    workspace.installation = Installation(workspace.team, None, DANA.id, declared.scopes)
    return peopled(workspace, _TALK)


def peopled(workspace: Workspace, talk: Sequence[tuple[Channel, User, Content]]) -> Workspace:
    """Add everyone's app screen and ten minutes of messages to the workspace, and return it."""
    for person in workspace.people:
        workspace.direct_message(person)
    for place, (channel, user, content) in enumerate(talk):
        workspace.messages.post(channel.id, user.id, replace(content), earlier=600 - 60 * place)
    return workspace
