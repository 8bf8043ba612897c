"""Checks of permissions beyond viewing: to subscribe, and to post to other readers."""

from collections.abc import Iterable
from dataclasses import replace

from bot.deps.deps import Deps
from bot.domain.access import Audience
from bot.domain.errors import ForgottenError, Problem, UsageError
from bot.domain.notifications import Digest


def permit(deps: Deps, accounts: Iterable[str], destination: str) -> None:
    """Check that the requester may subscribe to the accounts, and the destination may see them.

    Raises UsageError.
    """
    if deps.asker is None:
        return
    readers = deps.asker.readers(destination)
    for account in accounts:
        if not deps.subscribes(account):
            raise UsageError(Problem.NOT_TO_SUBSCRIBE, account)
        if not deps.access.sees(account, readers):
            raise UsageError(Problem.NOT_FOR_ALL, account)


def permit_some(deps: Deps, destination: str) -> None:
    """Check that the requester may follow any jobs in a destination. Raises UsageError."""
    if not subscribable(deps, destination).providers:
        permit(deps, deps.catalog.accounts, destination)
    if deps.catalog.nothing:
        raise UsageError(deps.catalog.refusal)


def subscribable(deps: Deps, destination: str) -> Deps:
    """Return the dependencies limited to services that the requester may follow in a destination."""
    if deps.asker is None:
        return deps
    readers = deps.asker.readers(destination)
    mine = [
        each for each in deps.providers if deps.subscribes(each.account) and deps.access.sees(each.account, readers)
    ]
    return replace(deps, providers=mine)


def posted_to(deps: Deps, destination: str, user: str, accounts: Iterable[str]) -> Deps:
    """Return the dependencies limited to what the readers of a destination may see.

    `user` is the reader of a direct message. Raises UsageError if a reader may not see one of `accounts`, which the
    answer contains.
    """
    readers = deps.read_by(Audience.of_destination(destination, user))
    if hidden := sorted(account for account in accounts if not readers.sees(account)):
        raise UsageError(Problem.NOT_FOR_ALL, ", ".join(hidden))
    return readers


def seen(deps: Deps, digest: Digest) -> Digest:
    """Return the visible part of a digest. Raises UsageError if nothing is visible."""
    notifications = [each for each in digest.told if deps.sees(each.change.job.account)]
    if digest.told and not notifications:
        raise UsageError(deps.catalog.refusal if deps.catalog.nothing else Problem.NOTHING_FOR_YOU)
    return replace(digest, told=notifications)


def may_see(deps: Deps, accounts: Iterable[str]) -> None:
    """Check that the requester may see accounts. Raises UsageError."""
    for account in accounts:
        if deps.catalog.nothing and deps.catalog.refusal is not Problem.NOTHING_FOR_YOU:
            raise UsageError(deps.catalog.refusal)  # which names no account
        if not deps.sees(account):
            raise UsageError(Problem.NOT_FOR_YOU, account, expected=deps.catalog.accounts)


async def destination_of_button(deps: Deps, named: str | None, here: str, user: str) -> str:
    """Return the destination of a click: the one that the button names, or that of the click.

    Anyone who sees a button may press it. A button for another destination works only for people who subscribed there.

    Raises:
        ForgottenError: A reset of the database may have lost the person's subscriptions.
        StoreUnavailable: Redis is down.
        UsageError: The person has no subscription in the destination.
    """
    if named is None or named in {here, user} or named in await deps.store.tracked.destinations_of(user):
        return named or here
    if reset := await deps.store.epochs.recent_reset(deps.clock()):
        raise ForgottenError(reset)
    raise UsageError(Problem.NOT_THERE)
