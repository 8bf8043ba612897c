"""Further workspaces, without the app at first: one independent, and an organization of two.

Some ids belong to other people and channels than in the first workspace, so that mix-ups show.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sandbox.slack.workspace.clock import Clock, MovableClock
from sandbox.slack.workspace.manifest import Manifest, read_manifest
from sandbox.slack.workspace.model import App, Channel, Content, Enterprise, Team, User, UserGroup
from sandbox.slack.workspace.seed import peopled, seeded
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World

NORTHWIND = Team("T0NORTH", "Northwind", "northwind")
HARBOR = Enterprise("E0HARBOR", "Harbor Group", "harbor-group")
HARBOR_LIVE = Team("T0LIVE", "Harbor Live", "harbor-live")
HARBOR_STUDIO = Team("T0STUDIO", "Harbor Studio", "harbor-studio")

NORA = User("U0DANA", "nora", "Nora Lindqvist", "#b5485d")
IVO = User("U0IVO", "ivo", "Ivo Petrov", "#3b7d8c")
"""Nora's id is Dana's in the first workspace, and Northwind's #incidents has the id of #on-call there."""
HANA = User("U0HANA", "hana", "Hana Sato", "#8a5fbf")
OMAR = User("U0OMAR", "omar", "Omar Haddad", "#b8741a")
JUNE = User("U0JUNE", "june", "June Abara", "#2d7f5e")

LOCAL_REDIRECTS = ("http://127.0.0.1", "http://localhost")
"""The address of a bot on this machine, with any port."""


def seeded_world(
    manifest: Path,
    *,
    redirect_urls: Iterable[str] = LOCAL_REDIRECTS,
    org_deploy: bool | None = None,
    token_rotation: bool | None = None,
    clock: Clock = time.time,
) -> World:
    """Return new workspaces, with the manifest's app installed in the first. Raises the errors of `read_manifest`.

    `redirect_urls` add to the manifest's; `org_deploy` and `token_rotation` replace its values.
    """
    clock = MovableClock(clock)
    declared = read_manifest(manifest)
    declared = declared.model_copy(
        update={
            "redirect_urls": (*declared.redirect_urls, *redirect_urls),
            "org_deploy": declared.org_deploy if org_deploy is None else org_deploy,
            "token_rotation": declared.token_rotation if token_rotation is None else token_rotation,
        }
    )
    return World([seeded(declared, clock=clock), _northwind(declared, clock), *_harbor(declared, clock)])


def _northwind(manifest: Manifest, clock: Clock) -> Workspace:
    channels = [Channel("C0ONCALL", "incidents"), Channel("C0WIND", "general"), Channel("C0TURBINE", "turbines")]
    app = App(manifest.name, bot_id="B0NORTH", user_id="U0NORTHBOT")
    groups = [UserGroup("S0ONCALL", "duty", "On duty", (NORA.id,))]
    workspace = Workspace(manifest, (NORA, IVO), _absent(channels), groups, team=NORTHWIND, app=app, clock=clock)
    talk = [
        (channels[0], NORA, Content("Quiet night. The encoders are at half load.")),
        (channels[0], IVO, Content("Taking over, thanks <@U0DANA>.")),
        (channels[1], IVO, Content("The new dashboards are linked from the handbook.")),
    ]
    return peopled(workspace, talk)


def _harbor(manifest: Manifest, clock: Clock) -> tuple[Workspace, Workspace]:
    """Return two workspaces of one organization: one bot in both, but different people and channels."""
    app = App(manifest.name, bot_id="B0HARBOR", user_id="U0HARBORBOT")
    live, studio = Channel("C0LIVEOPS", "live-ops"), Channel("C0STUDIO", "studio-ops")
    first = Workspace(
        manifest,
        (HANA, OMAR),
        _absent([live, Channel("C0LIVEALL", "general")]),
        team=HARBOR_LIVE,
        enterprise=HARBOR,
        app=app,
        clock=clock,
    )
    second = Workspace(
        manifest,
        (JUNE,),
        _absent([studio, Channel("C0STUDIOALL", "general")]),
        team=HARBOR_STUDIO,
        enterprise=HARBOR,
        app=app,
        clock=clock,
    )
    words = Content("Kick-off is at seven, the stream starts an hour before.")
    return (
        peopled(first, [(live, HANA, words)]),
        peopled(second, [(studio, JUNE, Content("All cuts of the week are in review."))]),
    )


def _absent(channels: Iterable[Channel]) -> list[Channel]:
    """Return the channels without the app, which people can invite."""
    return [replace(channel, bot_member=False) for channel in channels]
