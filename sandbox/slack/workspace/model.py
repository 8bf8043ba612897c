"""What a workspace consists of."""

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
    """An Enterprise Grid organisation: several workspaces with one administration."""

    id: str
    name: str
    domain: str

    @property
    def short(self) -> Json:
        """The organisation as payloads and oauth.v2.access name it."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class App:
    """The app: its ids, and the user as which it speaks. Those of the bot differ between workspaces."""

    name: str
    id: str = "A0CALLBOARD"
    bot_id: str = "B0CALLBOARD"
    user_id: str = "U0CALLBOARD"


@dataclass(eq=False)
class Installation:
    """The app in one workspace; without a `team` in all workspaces of the `enterprise`, which is an org-wide one.

    `installer` is the person who allowed it, `scopes` are what they allowed the bot. `channels` are those that the bot
    was in when the app was removed.
    """

    team: Team | None
    enterprise: Enterprise | None
    installer: str
    scopes: tuple[str, ...]
    channels: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    @property
    def org_wide(self) -> bool:
        """Whether it is the organisation's, as Slack's `is_enterprise_install` says."""
        return self.team is None

    @property
    def owner(self) -> str:
        """The id of the workspace or the organisation."""
        holder = self.team or self.enterprise
        return holder.id if holder else ""


@dataclass(frozen=True)
class User:
    """A person or bot. `team` is the workspace of a person of another organization, with whom channels are shared.

    `guest` says that they are a guest of this workspace, in several channels or in a single one.
    """

    id: str
    name: str
    real_name: str
    color: str
    is_bot: bool = False
    team: Team | None = None
    guest: Literal["multi", "single", ""] = ""

    def as_page(self) -> Json:
        """The person as the page draws them."""
        names = {"name": self.name, "real_name": self.real_name}
        return {"id": self.id, **names, "color": self.color, "is_bot": self.is_bot}


@dataclass(frozen=True)
class UserGroup:
    """People who are mentioned by one name, `handle`."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass
class Channel:
    """A conversation. `bot_member` says whether the app is in it; `im_of` names the person of a direct message.

    All people but the `absent` are in every channel. `shared` says that another organization shares it (Slack Connect).
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
        """The type of conversation, as conversations.list calls it."""
        if self.im_of:
            return "im"
        return "private_channel" if self.private else "public_channel"

    def visible_to(self, user: str) -> bool:
        """Whether that person is in the conversation; nobody is in others' messages."""
        return self.im_of in (None, user) and user not in self.absent

    def as_page(self) -> Json:
        """The conversation as the page draws it."""
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
    """What a message says; `attachments` are the older way to say it, which alerts still come in."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list[Json])
    attachments: list[Json] = field(default_factory=list[Json])


@dataclass
class Message:
    """One message. `viewer` is the only person who sees an ephemeral one; `by_app` marks the app's own.

    `thread_ts` is the message that it replies to; with `broadcast` the reply stands in the channel too. `event` is
    Slack's subtype of a line that tells what happened to the channel. `unfurls` are what the app shows under it for
    each link.
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
        """What hangs under the message: its own attachments, then the unfurled links, numbered."""
        return [{**each, "id": at} for at, each in enumerate((*self.content.attachments, *self.unfurls.values()), 1)]

    @property
    def subtype(self) -> str:
        """Slack's subtype; empty for an ordinary message."""
        return "thread_broadcast" if self.broadcast else self.event

    def visible_to(self, user: str | None) -> bool:
        """Whether that person sees it; None is everybody."""
        return self.viewer in (None, user)


@dataclass
class View:
    """A modal that a person has open, or their Home tab; `body` is what the app sent, ids filled in.

    `channel` is the conversation where the modal was asked for.
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
