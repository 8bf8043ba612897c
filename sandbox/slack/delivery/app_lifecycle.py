"""The app's life cycle: install, revoke tokens, uninstall. The app gets an event for each loss."""

from collections.abc import Mapping

from sandbox.slack.delivery.event_payloads import EventPayload, revoked, uninstalled
from sandbox.slack.delivery.events import Events
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation
from sandbox.slack.workspace.oauth_codes import Code
from sandbox.slack.workspace.tokens import Token
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World


class AppLife:
    """Installs and removes the app. `events` has each workspace's Events by its id."""

    def __init__(self, world: World, events: Mapping[str, Events]) -> None:
        self.world = world
        self._events = events

    def events(self, workspace: Workspace) -> Events:
        """Return the events of that workspace."""
        return self._events[workspace.team.id]

    def latest(self, workspace: Workspace) -> Installation | None:
        """Return a workspace's current installation, or its last one."""
        return workspace.installation or next(
            (each for each in self.world.tokens.installations() if workspace in self.world.covered(each)), None
        )

    def close(self) -> None:
        """Give up unacknowledged payloads, and release calls that hang on purpose."""
        for events in self._events.values():
            events.close()
        for workspace in self.world.workspaces.values():
            workspace.faults.clear_all()

    def install(self, code: Code) -> Installation:
        """Install the app for a granted code, or extend an existing installation.

        Raises:
            SlackError: `cannot_install_an_org_installed_app`.
        """
        check_destination(self.world, code.installation)
        standing = (each for each in self.world.installations if each.owner == code.installation.owner)
        installation = next(standing, code.installation)
        installation.installer = code.user
        installation.scopes = tuple(dict.fromkeys([*installation.scopes, *code.scopes]))
        for workspace in self.world.covered(installation):
            if workspace.installation and workspace.installation is not installation:
                self._end(workspace.installation, "token_revoked")
            self._stand(workspace, installation)
        return installation

    def revoke(self, token: Token) -> None:
        """Revoke one token. The app stays installed."""
        self.world.tokens.revoke(token)
        if token.installation:
            self._publish(token.installation, revoked(token.installation, [token]))

    def revoke_all(self, installation: Installation) -> None:
        """Revoke every token of an installation. The app stays installed."""
        self._end(installation, "token_revoked")

    def remove(self, installation: Installation) -> None:
        """Remove the app from the workspace, or from the whole organization, and from all channels."""
        self._end(installation, "account_inactive")
        self._publish(installation, uninstalled(installation))
        for workspace in self.world.covered(installation):
            for channel in workspace.channels.values():
                if channel.bot_member and not channel.im_of:
                    installation.channels.add((workspace.team.id, channel.id))
                    channel.bot_member = False
            workspace.modals.reset()
            self._stand(workspace, None)

    def restore(self, installation: Installation) -> None:
        """Restore the state before the app's removal or the revocation of its tokens. No event is sent."""
        self.world.tokens.restore(installation)
        for workspace in self.world.covered(installation):
            for team, channel in installation.channels:
                if team == workspace.team.id:
                    workspace.channels[channel].bot_member = True
            self._stand(workspace, installation)
        installation.channels.clear()

    def _end(self, installation: Installation, refusal: str) -> None:
        standing = [token for token in self.world.tokens.of(installation) if not token.refusal]
        self.world.tokens.end(installation, refusal)
        self._publish(installation, revoked(installation, standing))

    def _stand(self, workspace: Workspace, installation: Installation | None) -> None:
        workspace.installation = installation
        workspace.feed.send({"type": "installation"})

    def _publish(self, installation: Installation, event_payload: EventPayload) -> None:
        """Publish an event once. An organization's event goes through its first workspace."""
        self.events(self.world.covered(installation)[0]).publish(event_payload)


def check_destination(world: World, asked: Installation) -> None:
    """Raise `cannot_install_an_org_installed_app` for a workspace whose organization has the app."""
    own = world.covered(asked)[0].installation
    if own and own.org_wide and not asked.org_wide:
        raise SlackError("cannot_install_an_org_installed_app")
