"""A world in which people watch: services with a clock that moves, two accounts, and a small Slack."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.config.settings import AccessRule
from bot.deps.deps import Deps
from bot.domain.access import Access, Audience
from bot.domain.watches import Rules, Watch, WatchSpec
from bot.store import Store
from bot.store.routes import Route
from tests.bot.memory import CANNOT_LIST, NOW, InMemory
from tests.bot.slack import MemorySlack, in_one

HERE, DANA, LEE = "C1", "U1", "U2"


@dataclass
class WatchingWorld:
    """Dependencies of one process, at a fixed time. `rules` are those of access."""

    store: Store
    rules: tuple[AccessRule, ...] = ()
    now: datetime = NOW
    slack: MemorySlack = field(init=False)
    deps: Deps = field(init=False)

    def __post_init__(self) -> None:
        self.slack = MemorySlack(now=self.unix)
        video, pictures = InMemory(), InMemory(service="pictures", capabilities=CANNOT_LIST)
        self.deps = Deps(
            [video, pictures, InMemory(account="other")],
            self.store,
            clock=lambda: self.now,
            workspaces=in_one(self.slack),
            access=Access(self.rules),
        )

    def unix(self) -> float:
        return self.now.timestamp()

    def asked_by(self, user: str, channel: str = HERE) -> Deps:
        return self.deps.seen_by(Audience(user=user, channel=channel))

    async def of(self, destination: str = HERE) -> Rules:
        return (await self.store.watches.read([destination]))[0].rules

    async def copies(self) -> dict[str, dict[Route, str]]:
        routes = await self.store.routes.read(self.deps.catalog.pairs)
        return {"/".join(service): dict(each.watches) for service, each in routes.items()}

    async def copied(self) -> dict[str, set[Route]]:
        return {service: set(each) for service, each in (await self.copies()).items()}


def a_watch(number: int = 1, place: str = HERE, **spec: object) -> Watch:
    return Watch(id=f"w{number}", place=place, owner=DANA, at=NOW, spec=WatchSpec.model_validate(spec))
