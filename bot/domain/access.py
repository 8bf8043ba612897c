"""Who may see which accounts, and subscribe to their jobs: what the `[[access]]` tables of the configuration say.

Without any rule every member sees everything. With one, only the people whom a rule names see an account.
People of other organizations and guests need a rule that admits them explicitly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.domain.slack_ids import bare_id, is_direct_channel, is_user, workspace_of


class Rule(Protocol):
    """One `[[access]]` table: `all_accounts` besides those that it names, `everybody` besides its users."""

    @property
    def accounts(self) -> Sequence[str]: ...
    @property
    def all_accounts(self) -> bool: ...
    @property
    def channels(self) -> Sequence[str]: ...
    @property
    def users(self) -> Sequence[str]: ...
    @property
    def everybody(self) -> bool: ...
    @property
    def groups(self) -> Sequence[str]: ...
    @property
    def workspaces(self) -> Sequence[str]: ...
    @property
    def subscribe(self) -> bool: ...
    @property
    def outsiders(self) -> bool: ...
    @property
    def guests(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks, or reads: a person in a channel, or (without a user) everybody who is in the channel.

    Both are qualified ids (`bot.domain.slack_ids`).
    `outside` marks a person of another organization, `guest` a guest of
    the workspace. `unsure` says that Slack did not answer whether the person is a guest, so that they count as one.
    """

    user: str = ""
    channel: str = ""
    outside: bool = False
    guest: bool = False
    unsure: bool = False

    @classmethod
    def of_destination(cls, destination: str, user: str = "") -> "Audience":
        """Those who read what is posted to a destination.

        That is a channel, a person, or a direct message with the bot (D…), which `user` alone reads. Of other direct
        messages nobody knows who reads them: then there is no user.
        """
        if is_user(destination):
            return cls(user=destination)
        return cls(user=user) if is_direct_channel(destination) and user else cls(channel=destination)

    def readers(self, destination: str) -> "Audience":
        """Those who read what is posted to a destination, where this person asks for it."""
        readers = self.of_destination(destination, self.user)
        return replace(self, channel="") if readers.user == self.user else readers

    @property
    def workspace(self) -> str:
        """The workspace that they are in."""
        return workspace_of(self.user or self.channel)

    @property
    def member(self) -> bool:
        """Whether this is neither a person of another organization nor a guest."""
        return not (self.outside or self.guest)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules, with the members of the user groups that they name.

    `members` are the ids of people by workspace and group; `bot.slack_api.user_groups` keeps them up to date.
    """

    rules: Sequence[Rule] = ()
    members: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict[tuple[str, str], frozenset[str]])

    @property
    def open(self) -> bool:
        """Whether every member sees everything."""
        return not self.rules

    @property
    def names_guests(self) -> bool:
        """Whether a rule mentions guests, which have to be distinguished from members then."""
        return any(rule.guests is not None for rule in self.rules)

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that rules name."""
        return tuple(dict.fromkeys(group for rule in self.rules for group in rule.groups))

    def sees(self, account: str, audience: Audience) -> bool:
        """Whether an audience may see an account."""
        if self.open:
            return audience.member
        return any(self._lets_in(rule, audience) for rule in self._of(account))

    def hides(self, account: str, audience: Audience) -> bool:
        """Whether an audience certainly may not see an account: the members of a group may not be known."""
        groups = {(audience.workspace, group) for rule in self._of(account) for group in rule.groups}
        known = not audience.user or groups <= self.members.keys()
        return known and not self.sees(account, audience)

    def subscribes(self, account: str, audience: Audience) -> bool:
        """Whether somebody may subscribe to an account's jobs."""
        if self.open:
            return audience.member
        return any(rule.subscribe and self._lets_in(rule, audience) for rule in self._of(account))

    def unnamed(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """The accounts that nobody may see, because there are rules and none of them names these."""
        return () if self.open else tuple(name for name in accounts if not any(self._of(name)))

    def _of(self, account: str) -> Iterable[Rule]:
        return (rule for rule in self.rules if rule.all_accounts or account in rule.accounts)

    def _lets_in(self, rule: Rule, audience: Audience) -> bool:
        """Whether a rule admits an audience by one of its channels, users and groups.

        Its workspaces have to fit too. People of other organizations and guests also need the rule's permission.
        """
        if rule.workspaces and audience.workspace not in rule.workspaces:
            return False
        if (audience.outside and not rule.outsiders) or (audience.guest and not rule.guests):
            return False
        user = bare_id(audience.user)
        return (
            rule.everybody
            or bare_id(audience.channel) in rule.channels
            or user in rule.users
            or any(user in self.members.get((audience.workspace, group), ()) for group in rule.groups)
        )
