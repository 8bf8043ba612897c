"""The accounts and services that a scope or a ref may name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.errors import Problem
from providers.base import Provider
from providers.ids import USUAL
from providers.services import ids_of


@dataclass(frozen=True, slots=True)
class Catalog:
    """The names that a user can type: (account, service) pairs, in the order of the configuration.

    `narrowed` is set if there may be others that this person may not see. `projects` are ids of cloud projects: they
    appear beside job ids in the clouds' URLs, and no job has them. `refusal` is the message for a person who may see
    nothing.
    """

    pairs: tuple[tuple[str, str], ...]
    narrowed: bool = False
    projects: frozenset[str] = frozenset()
    refusal: Problem = Problem.NOTHING_FOR_YOU

    @classmethod
    def of(
        cls,
        providers: Iterable[Provider],
        *,
        narrowed: bool = False,
        projects: frozenset[str] = frozenset(),
        refusal: Problem = Problem.NOTHING_FOR_YOU,
    ) -> "Catalog":
        """Collect the names of providers."""
        return cls(tuple((provider.account, provider.service) for provider in providers), narrowed, projects, refusal)

    @property
    def nothing(self) -> bool:
        """Whether this person may see nothing at all."""
        return self.narrowed and not self.pairs

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(account for account, _ in self.pairs))

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(service for _, service in self.pairs))

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every `ACCOUNT/SERVICE`."""
        return tuple(f"{account}/{service}" for account, service in self.pairs)

    def allows(self, job_id: str) -> bool:
        """Return whether one of the services can have a job with this id."""
        return any(ids.allow(job_id) for ids in {ids_of(service) for service in self.services} or {USUAL})


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """A part of the catalog: an account, a service, both, or (neither) everything.

    `without` are excluded parts of it. Examples: `media-cn`, `video-ocr`, `media-cn/video-ocr`.
    """

    account: str | None = None
    service: str | None = None
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(part for part in (self.account, self.service) if part)

    def pick(self, providers: Sequence[Provider]) -> list[Provider]:
        """Return the providers in this scope."""
        return [provider for provider in providers if self.covers(provider.account, provider.service)]

    def covers(self, account: str, service: str) -> bool:
        """Return whether a service of an account is in this scope."""
        return (
            self.account in {None, account}
            and self.service in {None, service}
            and {account, service, f"{account}/{service}"}.isdisjoint(self.without)
        )
