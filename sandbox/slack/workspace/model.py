"""The data model of a workspace."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True)
class Team:
    id: str = "T0SANDBOX"
    name: str = "Callboard workspace"
    domain: str = "callboard-sandbox"


@dataclass(frozen=True)
class Enterprise:
    """An Enterprise Grid organization: several workspaces under one administration."""

    id: str
    name: str
    domain: str

    @property
    def short(self) -> Json:
        """Return the organization as payloads and oauth.v2.access name it."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class App:
    """The app: its ids, and its bot user. The bot's ids differ between workspaces."""

    name: str
    id: str = "A0CALLBOARD"
    bot_id: str = "B0CALLBOARD"
    user_id: str = "U0CALLBOARD"


@dataclass(eq=False)
class Installation:
    """The app in one workspace. Without a `team` it is org-wide: in all workspaces of the `enterprise`.

    `installer` is the person who allowed it, `scopes` are the bot's granted scopes. `channels` are the bot's channels
    at the app's removal.
    """

    team: Team | None
    enterprise: Enterprise | None
    installer: str
    scopes: tuple[str, ...]
    channels: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    @property
    def org_wide(self) -> bool:
        """Whether the organization owns it: Slack's `is_enterprise_install`."""
        return self.team is None

    @property
    def owner(self) -> str:
        """The id of the workspace or the organization."""
        holder = self.team or self.enterprise
        return holder.id if holder else ""


@dataclass(frozen=True)
class User:
    """A person or bot. `team` is the workspace of a person of another organization, with whom channels are shared.

    `guest` means a guest of this workspace, in several channels or in a single one.
    """

    id: str
    name: str
    real_name: str
    color: str
    is_bot: bool = False
    team: Team | None = None
    guest: Literal["multi", "single", ""] = ""

    def as_page(self) -> Json:
        """Return the person as the page draws them."""
        names = {"name": self.name, "real_name": self.real_name}
        return {"id": self.id, **names, "color": self.color, "is_bot": self.is_bot}


@dataclass(frozen=True)
class UserGroup:
    """People with a common name for mentions, `handle`."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass
class Channel:
    """A conversation. `bot_member` is whether the app is in it; `im_of` is the person of a direct message.

    All people except the `absent` are in every channel. With `shared` another organization is in it (Slack Connect).
    """

    id: str
    name: str
    private: bool = False
    archived: bool = False
    bot_member: bool = True
    im_of: str | None = None
    absent: set[str] = field(default_factory=set[str])
    shared: bool = False

    @property
    def kind(self) -> Literal["public_channel", "private_channel", "im"]:
        """The type of conversation, as conversations.list names it."""
        if self.im_of:
            return "im"
        return "private_channel" if self.private else "public_channel"

    def visible_to(self, user: str) -> bool:
        """Return whether a person is in the conversation. No one is in others' direct messages."""
        return self.im_of in (None, user) and user not in self.absent

    def as_page(self) -> Json:
        """Return the conversation as the page draws it."""
        return {
            "id": self.id,
            "name": self.name,
            "im": self.im_of is not None,
            "private": self.private,
            "archived": self.archived,
            "bot_member": self.bot_member,
        }


@dataclass
class Content:
    """A message's content. `attachments` are the older format, which alerts still use."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list[Json])
    attachments: list[Json] = field(default_factory=list[Json])


@dataclass
class Message:
    """One message. `viewer` is the only person who sees an ephemeral one; `by_app` marks the app's own.

    `thread_ts` is the message that it replies to; with `broadcast` the channel shows the reply too. `event` is
    Slack's subtype of a line about a change of the channel. `unfurls` are the app's cards for each link.
    """

    ts: str
    channel: str
    user: str
    content: Content
    by_app: bool = False
    viewer: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    event: str = ""
    edited: bool = False
    metadata: Json | None = None
    unfurls: dict[str, Json] = field(default_factory=dict[str, Json])

    @property
    def attachments(self) -> list[Json]:
        """The attachments under the message: its own, then the unfurled links, numbered."""
        return [{**each, "id": at} for at, each in enumerate((*self.content.attachments, *self.unfurls.values()), 1)]

    @property
    def subtype(self) -> str:
        """Slack's subtype; empty for an ordinary message."""
        return "thread_broadcast" if self.broadcast else self.event

    def visible_to(self, user: str | None) -> bool:
        """Return whether a person sees it; None is everyone."""
        return self.viewer in (None, user)


@dataclass
class View:
    """A person's open modal or Home tab. `body` is the app's view, ids filled in.

    `channel` is the conversation in which the modal was opened.
    """

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    channel: str | None = None
    state_values: Json = field(default_factory=dict[str, Any])
    errors: dict[str, str] = field(default_factory=dict[str, str])
