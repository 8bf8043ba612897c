"""What whoever asks may do beyond looking: subscribe, and post where others read."""

from collections.abc import Iterable
from dataclasses import replace

from bot.deps.deps import Services
from bot.domain.access import Audience
from bot.domain.errors import ForgottenError, Problem, UsageError
from bot.domain.notifications import Digest


def permit(services: Services, accounts: Iterable[str], place: str) -> None:
    """See that whoever asks may subscribe to accounts' jobs, and that a place may read of them; raises UsageError."""
    if services.asker is None:
        return
    readers = services.asker.readers(place)
    for account in accounts:
        if not services.subscribes(account):
            raise UsageError(Problem.NOT_TO_FOLLOW, account)
        if not services.access.sees(account, readers):
            raise UsageError(Problem.NOT_FOR_ALL, account)


def permit_some(services: Services, place: str) -> None:
    """See that there are jobs at all that whoever asks may follow in a place; raises UsageError."""
    if not followable(services, place).providers:
        permit(services, services.catalog.accounts, place)
    if services.catalog.nothing:
        raise UsageError(services.catalog.refusal)


def followable(services: Services, place: str) -> Services:
    """Return the services narrowed further, to those whose jobs whoever asks may follow in a place."""
    if services.asker is None:
        return services
    readers = services.asker.readers(place)
    mine = [
        each
        for each in services.providers
        if services.subscribes(each.account) and services.access.sees(each.account, readers)
    ]
    return replace(services, providers=mine)


def posted_to(services: Services, place: str, user: str, accounts: Iterable[str]) -> Services:
    """Return the services narrowed to what may be posted to a place; a direct message is read by `user`.

    Raises UsageError when somebody there may not see one of the accounts of which the answer has to tell.
    """
    readers = services.read_by(Audience.of_place(place, user))
    if hidden := sorted(account for account in accounts if not readers.sees(account)):
        raise UsageError(Problem.NOT_FOR_ALL, ", ".join(hidden))
    return readers


def seen(services: Services, digest: Digest) -> Digest:
    """Return the part of a digest that may be seen here; raises UsageError where that is nothing."""
    told = [each for each in digest.told if services.sees(each.change.job.account)]
    if digest.told and not told:
        raise UsageError(services.catalog.refusal if services.catalog.nothing else Problem.NOTHING_FOR_YOU)
    return replace(digest, told=told)


def may_see(services: Services, accounts: Iterable[str]) -> None:
    """See that accounts may be seen here; raises UsageError."""
    for account in accounts:
        if services.catalog.nothing and services.catalog.refusal is not Problem.NOTHING_FOR_YOU:
            raise UsageError(services.catalog.refusal)  # which names no account
        if not services.sees(account):
            raise UsageError(Problem.NOT_FOR_YOU, account, expected=services.catalog.accounts)


async def place_of_button(services: Services, named: str | None, here: str, user: str) -> str:
    """Return the place that a click is about: where it was made, or the one that the button names.

    Whoever sees a button may press it. Of another place than that where they press it they may do so only if they
    subscribed there themselves. Raises UsageError, ForgottenError where a reset of the database may have lost that, and
    StoreUnavailable.
    """
    if named is None or named in {here, user} or named in await services.store.tracked.places_of(user):
        return named or here
    if reset := await services.store.epochs.recent_reset(services.clock()):
        raise ForgottenError(reset)
    raise UsageError(Problem.NOT_THERE)
