"""Read scopes, also excluded ones: ACCOUNT, SERVICE or ACCOUNT/SERVICE."""

from collections.abc import Iterable

from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import Problem, UsageError
from handlers.commands.lexer import negated


def read_scope(word: str, catalog: Catalog) -> ServiceFilter | None:
    """Read a scope such as `media-cn/video-ocr`, or return None if it is not configured."""
    name = word.lower().rstrip("/")
    if name in catalog.accounts:
        return ServiceFilter(account=name)
    if name in catalog.services:
        return ServiceFilter(service=name)
    if name in catalog.scopes:
        account, service = name.split("/")
        return ServiceFilter(account, service)
    return None


def is_scope(word: str, catalog: Catalog) -> bool:
    """Whether a word names or excludes a scope."""
    return (read_scope(word, catalog) or read_scope(negated(word), catalog)) is not None


def of_no_account(word: str, catalog: Catalog) -> ServiceFilter | None:
    """Read ACCOUNT/SERVICE if only another account has the service."""
    account, _, service = word.lower().partition("/")
    found = account in catalog.accounts and service in catalog.services and f"{account}/{service}" not in catalog.scopes
    return ServiceFilter(account, service) if found else None


def joined(first: ServiceFilter, second: ServiceFilter, catalog: Catalog) -> ServiceFilter:
    """Return the scope of an account and a service that were typed apart. Raises UsageError."""
    both = ServiceFilter(first.account or second.account, first.service or second.service)
    if second.account not in {None, both.account} or second.service not in {None, both.service}:
        raise UsageError(Problem.TWO_SCOPES, f"{first} {second}")
    if both.account and both.service and str(both) not in catalog.scopes:
        raise not_of_account(both, catalog)
    return both


def not_of_account(service_filter: ServiceFilter, catalog: Catalog) -> UsageError:
    """Return the error for a service that the account doesn't have."""
    services = services_of(service_filter.account, catalog)
    return UsageError(Problem.SERVICE_NOT_OF_ACCOUNT, str(service_filter), expected=services)


def services_of(account: str | None, catalog: Catalog) -> tuple[str, ...]:
    """Return the services of an account."""
    return tuple(service for owner, service in catalog.pairs if owner == account)


def without(scope: ServiceFilter, left_out: Iterable[str], catalog: Catalog) -> ServiceFilter:
    """Return a scope without parts of it. Raises UsageError if no service is left."""
    rest = ServiceFilter(scope.account, scope.service, tuple(sorted(set(left_out))))
    if rest.without and not any(rest.covers(*pair) for pair in catalog.pairs):
        raise UsageError(Problem.NOTHING_LEFT, " ".join(f"-{name}" for name in rest.without), expected=catalog.services)
    return rest
