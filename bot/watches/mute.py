"""Mute a failure code in a destination, so that no watch there posts it."""

from datetime import timedelta

from bot.delivery.dispatcher import deliver_now
from bot.deps.deps import Deps
from bot.deps.permissions import may_see
from bot.domain.errors import Problem, UsageError
from bot.domain.notifications import ChangedMute, WatchChange
from bot.domain.outbox import NoteEntry, Urgency
from bot.domain.slack_ids import is_direct_message
from bot.domain.watches import MUTE_DAYS, FailureCode, Mute, Rules
from bot.watches.rules import Change, change_rules, read_rules


async def mute(  # what a mute consists of
    deps: Deps, code: FailureCode, here: str, user: str, *, for_ever: bool = False, group: str = ""
) -> Mute:
    """Mute a code in the destination `here` for MUTE_DAYS, or for ever.

    A code that is already muted gets the new time. `group` is the failure group whose head has the button. Raises
    StoreUnavailable, and UsageError where the requester may not see the account.
    """
    may_see(deps, [code.account])
    if not code.code:
        raise UsageError(Problem.NO_CODE)
    now = deps.clock()
    until = None if for_ever else now + timedelta(days=MUTE_DAYS)
    (rules,) = await read_rules(deps, here)
    same = rules.mute_of(code)
    mute_id = same.id if same else await deps.store.watches.number(here, "m")
    group = group or (same.group if same else "")
    new = Mute(id=mute_id, by=user, at=now, until=until, group=group, **code._asdict())
    after = await change_rules(deps, here, lambda rules: _muted(rules, new, here))
    await _shown(deps, here, new)
    return after.mute_of(code) or new


def _muted(rules: Rules, new: Mute, here: str) -> Change:
    same = rules.mute_of(new.failure_code)
    if same and (same == new or same.id != new.id):
        return Change()
    change = WatchChange.CHANGED if same else WatchChange.ADDED
    return Change({new.id: new}, _line(here, change, new, new.by))


async def unmute(deps: Deps, mute_id: str, here: str, user: str) -> Mute | None:
    """End a mute of the destination `here`. Return it, None where there is none. Raises StoreUnavailable."""
    (rules,) = await read_rules(deps, here)
    before = rules.mute(mute_id)
    if before is None:
        return None
    may_see(deps, [before.account])
    line = _line(here, WatchChange.REMOVED, before, user)
    await change_rules(deps, here, lambda rules: Change({mute_id: None}, line) if rules.mute(mute_id) else Change())
    await _shown(deps, here, before)
    return before


async def _shown(deps: Deps, here: str, mute: Mute) -> None:
    """Show the mute on the head, and add a line to its thread."""
    if mute.group:
        await deps.store.outbox.refresh([(here, mute.group)], Urgency.STATE)
    await deliver_now(deps, here)


def _line(here: str, change: WatchChange, mute: Mute, by: str) -> NoteEntry | None:
    if is_direct_message(here):
        return None
    return NoteEntry(note=ChangedMute(place=here, mute_change=change, mute=mute, by=by))
