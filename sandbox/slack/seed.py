"""The workspace that people and tests start with: three engineers, an alert bot, a few channels."""

import time
from pathlib import Path

from sandbox.slack.clock import Clock
from sandbox.slack.manifest import read_manifest
from sandbox.slack.model import Channel, Content, User
from sandbox.slack.workspace import Workspace

DANA = User("U0DANA", "dana", "Dana Whitfield", "#9b59b6")
LEE = User("U0LEE", "lee", "Lee Aldana", "#2f9e6e")
SAM = User("U0SAM", "sam", "Sam Okafor", "#d9822b")
ALERTS = User("U0ALERTS", "alertmanager", "Alertmanager", "#c0392b", is_bot=True)

TRANSCODERS = "S0TRANSCODE"
"""A user group, with Lee in it."""

ON_CALL = Channel("C0ONCALL", "on-call")
MEDIA = Channel("C0MEDIA", "media")
GENERAL = Channel("C0GENERAL", "general")
ARCHIVED = Channel("C0ARCHIVED", "random-archived", archived=True)
FINANCE = Channel("C0FINANCE", "finance", bot_member=False)
LEGAL = Channel("C0LEGAL", "legal", private=True, bot_member=False)

_TALK = (
    (ON_CALL, DANA, "I have the pager today, <@U0LEE> takes over in the evening."),
    (
        ON_CALL,
        ALERTS,
        ":rotating_light: *VideoOcrStuck* (media-cn): no progress for 15 minutes, `f18320e61e4c4dc685aa2dfc22a28dc5`",
    ),
    (ON_CALL, LEE, "Is f18320e61e4c4dc685aa2dfc22a28dc5 still running, or did it die with the others last night?"),
    (MEDIA, SAM, "The trailers for Friday are uploaded, transcoding should be through soon."),
    (
        MEDIA,
        ALERTS,
        ":rotating_light: *TranscodeFailed* (vod-sg): `2dc1634e00000000003f1d22d1a0174f`",
    ),
    (ARCHIVED, SAM, "We moved to <#C0GENERAL|general>."),
)


def seeded(manifest: Path, *, clock: Clock = time.time) -> Workspace:
    """A fresh workspace with the app of that manifest installed. Raises what `read_manifest` raises."""
    channels = [Channel(**vars(channel)) for channel in (ON_CALL, MEDIA, GENERAL, FINANCE, LEGAL, ARCHIVED)]
    workspace = Workspace(read_manifest(manifest), (DANA, LEE, SAM, ALERTS), channels, clock=clock)
    workspace.groups[TRANSCODERS] = (LEE.id,)
    for person in (DANA, LEE, SAM):
        workspace.direct_message(person)
    for place, (channel, user, text) in enumerate(_TALK):
        earlier = 600 - 60 * place
        workspace.messages.post(channel.id, user.id, Content(text), earlier=earlier)
    return workspace
