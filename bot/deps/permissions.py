"""What whoever asks may do beyond looking: subscribe, and post where others read."""

from collections.abc import Iterable
from dataclasses import replace

from bot.deps.deps import Deps
from bot.domain.access import Audience
from bot.domain.errors import ForgottenError, Problem, UsageError
from bot.domain.notifications import Digest


def permit(deps: Deps, accounts: Iterable[str], destination: str) -> None:
    """Check that the requester may subscribe to jobs of the accounts, and the destination may read them.

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
    """See that there are jobs at all that whoever asks may follow in a destination; raises UsageError."""
    if not subscribable(deps, destination).providers:
        permit(deps, deps.catalog.accounts, destination)
    if deps.catalog.nothing:
        raise UsageError(deps.catalog.refusal)


def subscribable(deps: Deps, destination: str) -> Deps:
    """Return the services narrowed further, to those whose jobs whoever asks may follow in a destination."""
    if deps.asker is None:
        return deps
    readers = deps.asker.readers(destination)
    mine = [
        each for each in deps.providers if deps.subscribes(each.account) and deps.access.sees(each.account, readers)
    ]
    return replace(deps, providers=mine)


def posted_to(deps: Deps, destination: str, user: str, accounts: Iterable[str]) -> Deps:
    """Return the services narrowed to what may be posted to a destination; a direct message is read by `user`.

    Raises UsageError when somebody there may not see one of the accounts of which the answer has to tell.
    """
    readers = deps.read_by(Audience.of_destination(destination, user))
    if hidden := sorted(account for account in accounts if not readers.sees(account)):
        raise UsageError(Problem.NOT_FOR_ALL, ", ".join(hidden))
    return readers


def seen(deps: Deps, digest: Digest) -> Digest:
    """Return the part of a digest that may be seen here; raises UsageError where that is nothing."""
    notifications = [each for each in digest.told if deps.sees(each.change.job.account)]
    if digest.told and not notifications:
        raise UsageError(deps.catalog.refusal if deps.catalog.nothing else Problem.NOTHING_FOR_YOU)
    return replace(digest, told=notifications)


def may_see(deps: Deps, accounts: Iterable[str]) -> None:
    """See that accounts may be seen here; raises UsageError."""
    for account in accounts:
        if deps.catalog.nothing and deps.catalog.refusal is not Problem.NOTHING_FOR_YOU:
            raise UsageError(deps.catalog.refusal)  # which names no account
        if not deps.sees(account):
            raise UsageError(Problem.NOT_FOR_YOU, account, expected=deps.catalog.accounts)


async def destination_of_button(deps: Deps, named: str | None, here: str, user: str) -> str:
    """Return the destination that a click is about: where it was made, or the one that the button names.

    Whoever sees a button may press it. Of another destination than that where they press it they may do so only if they
    subscribed there themselves. Raises UsageError, ForgottenError where a reset of the database may have lost that, and
    StoreUnavailable.
    """
    if named is None or named in {here, user} or named in await deps.store.tracked.destinations_of(user):
        return named or here
    if reset := await deps.store.epochs.recent_reset(deps.clock()):
        raise ForgottenError(reset)
    raise UsageError(Problem.NOT_THERE)
