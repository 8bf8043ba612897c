"""Who may see which accounts and subscribe to their jobs, by the `[[access]]` tables.

Without rules every member sees everything. With rules, only the people named by a rule see an account. Guests and
people from other organizations need a rule that admits them explicitly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.domain.slack_ids import bare_id, is_direct_channel, is_user, workspace_of


class Rule(Protocol):
    """One `[[access]]` table. Each flag adds to the list before it: all accounts, or all users."""

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
    """The viewer: one person in a channel or, without a user, all members of the channel.

    Both ids are qualified (`bot.domain.slack_ids`). `outside` marks a person from another organization, `guest` a guest
    of the workspace. `unsure` is set if Slack did not say whether the person is a guest; such a person counts as one.
    """

    user: str = ""
    channel: str = ""
    outside: bool = False
    guest: bool = False
    unsure: bool = False

    @classmethod
    def of_destination(cls, destination: str, user: str = "") -> "Audience":
        """Return the readers of a destination.

        A destination is a channel, a person, or a direct message with the bot (D…), which only `user` reads. The
        readers of other direct messages are unknown, so they have no user.
        """
        if is_user(destination):
            return cls(user=destination)
        return cls(user=user) if is_direct_channel(destination) and user else cls(channel=destination)

    def readers(self, destination: str) -> "Audience":
        """Return the readers of a destination to which this person sends an answer."""
        readers = self.of_destination(destination, self.user)
        return replace(self, channel="") if readers.user == self.user else readers

    @property
    def workspace(self) -> str:
        """The workspace of the audience."""
        return workspace_of(self.user or self.channel)

    @property
    def member(self) -> bool:
        """Whether this is neither a guest nor a person from another organization."""
        return not (self.outside or self.guest)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules, with the members of their user groups.

    `members` maps workspace and group to user ids; `bot.slack_api.user_groups` keeps it up to date.
    """

    rules: Sequence[Rule] = ()
    members: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict[tuple[str, str], frozenset[str]])

    @property
    def open(self) -> bool:
        """Whether every member sees everything."""
        return not self.rules

    @property
    def names_guests(self) -> bool:
        """Whether a rule mentions guests. Then guests must be distinguished from members."""
        return any(rule.guests is not None for rule in self.rules)

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that rules name."""
        return tuple(dict.fromkeys(group for rule in self.rules for group in rule.groups))

    def sees(self, account: str, audience: Audience) -> bool:
        """Return whether an audience may see an account."""
        if self.open:
            return audience.member
        return any(self._lets_in(rule, audience) for rule in self._of(account))

    def hides(self, account: str, audience: Audience) -> bool:
        """Return whether an audience certainly may not see an account. False if group members are unknown."""
        groups = {(audience.workspace, group) for rule in self._of(account) for group in rule.groups}
        known = not audience.user or groups <= self.members.keys()
        return known and not self.sees(account, audience)

    def subscribes(self, account: str, audience: Audience) -> bool:
        """Return whether an audience may subscribe to the jobs of an account."""
        if self.open:
            return audience.member
        return any(rule.subscribe and self._lets_in(rule, audience) for rule in self._of(account))

    def unnamed(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """Return the accounts that no one may see because no rule names them."""
        return () if self.open else tuple(name for name in accounts if not any(self._of(name)))

    def _of(self, account: str) -> Iterable[Rule]:
        return (rule for rule in self.rules if rule.all_accounts or account in rule.accounts)

    def _lets_in(self, rule: Rule, audience: Audience) -> bool:
        """Return whether a rule admits an audience by its channels, users or groups.

        Its workspaces must match as well. Guests and people from other organizations also need its permission.
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
