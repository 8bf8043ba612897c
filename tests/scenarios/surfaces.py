"""Actions of a person about one job at each surface, and the bot's reactions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.deps.deps import utc_now
from bot.domain.button_payloads import SEE_ALL, CommandPayload
from bot.domain.cards import Card, SubscriptionOptions
from bot.domain.changes import Change, Kind
from bot.domain.notifications import CardChange, Digest
from bot.views.slack.block_kit import actions, button
from providers.models import Job, JobState
from tests.bot.kept_digests import keep
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Answer, Json, Person

NAME = "lecture.mp4"
ID = "0123456789abcdef0123456789abcdef"
REF = f"media-cn/video-ocr/{ID}"


@dataclass(frozen=True)
class Cell:
    """A person who does something in a channel. Several such people click on `prepared`."""

    stage: Stage
    person: Person
    channel: str
    prepared: dict[str, Answer] = field(default_factory=dict[str, Answer])

    async def reaction(self, act: Callable[[], Awaitable[object]], on: Answer | None = None) -> str:
        """Do something and return the bot's reaction: a new message, the clicked one again, or a modal."""
        before = self._shown()
        with self.person.workspace.feed.page(self.person.id) as events:
            await act()
            async with asyncio.timeout(PATIENCE_S):
                while not (new := _reactions(before, self._shown(), on)):
                    await events.get()
        return new[-1]

    def _shown(self) -> dict[str, str]:
        """Return messages and modals, without those that still wait for answers and without cards."""
        workspace = self.person.workspace
        messages = {each.ts: each for each in workspace.messages.seen_by(self.channel, self.person.id) if each.by_app}
        shown = {ts: str(workspace.messages.as_page(each)) for ts, each in messages.items()}
        shown |= {view.id: str(workspace.modals.as_page(view)) for view in workspace.modals.stack(self.person.id)}
        return {key: text for key, text in shown.items() if "Asking " not in text and "Subscribed by" not in text}

    async def opens(self, act: Callable[[], Awaitable[object]]) -> Json:
        """Do something that opens a form, and return it once it is there."""
        await self.reaction(act)
        return self.person.workspace.modals.as_page(self.person.workspace.modals.stack(self.person.id)[-1])

    async def types(self, text: str) -> str:
        return str((await self.person.types(f"/jobs {text}", self.channel)).json)

    async def says(self, text: str) -> str:
        return await self.reaction(lambda: self.person.says(text, self.channel))

    async def clicks(self, label: str, command: str, *then: str) -> str:
        """Press a button of Lee's answer, on a message that all members read."""
        on = self.prepared.get(what := " ".join([command, *then]))
        if on is None:
            answer = await self.stage.lee.types(f"/jobs {command}", self.channel)
            for turn in then:
                answer = await self.stage.lee.turns(turn, answer, self.channel)
            on = self.prepared[what] = await self.everybodys(answer.blocks)
        return await self.reaction(lambda: self.person.starts(label, on, self.channel), on)

    async def everybodys(self, blocks: list[Json]) -> Answer:
        """Post a message for the whole channel, as it was posted before there were rules."""
        assert self.stage.bot.workspaces
        slack = (await self.stage.bot.workspaces.get("")).client
        posted = await slack.chat_postMessage(channel=self.channel, text="Before", blocks=blocks)
        [message] = [each for each in await self.person.sees(self.channel) if each.ts == posted["ts"]]
        return message  # a card may follow it

    async def fills_in(self, view: Json, **fields: Json) -> str:
        return await self.reaction(lambda: self.person.sends(view, **fields))

    async def picks(self, shortcut: str) -> str:
        """Pick a shortcut from the menu of a message that names the job."""
        await self.person.says(f"What about {ID}?", self.channel)
        message = await self.person.reads("What about", self.channel)
        return str((await self.person.chooses(shortcut, message, self.channel)).json)


def _reactions(before: dict[str, str], now: dict[str, str], on: Answer | None) -> list[str]:
    """Return what is new, without messages that change without a click."""

    def may_change(key: str) -> bool:
        return key.startswith("V") or (on is not None and key == on.ts)

    return [text for key, text in now.items() if key not in before or (may_change(key) and before[key] != text)]


async def subscribes_by_form(cell: Cell) -> str:
    form = await cell.opens(lambda: cell.person.asks("/jobs subscribe", cell.channel))
    return await cell.fills_in(form, jobs={"value": REF})


async def subscribes_by_button(cell: Cell) -> str:
    shown = await cell.clicks("Subscribe", f"show {REF}")
    form = cell.person.workspace.modals.stack(cell.person.id)
    return (
        await cell.fills_in(cell.person.workspace.modals.as_page(form[-1])) if "Subscribe to jobs" in shown else shown
    )


async def finds(cell: Cell) -> str:
    return await cell.reaction(lambda: cell.person.asks("/jobs find", cell.channel))


async def finds_again(cell: Cell) -> str:
    form = await cell.opens(lambda: cell.person.asks("/jobs find", cell.channel))
    return await cell.fills_in(form, text={"value": "lecture"})


async def finds_from_nowhere(cell: Cell) -> str:
    return await cell.reaction(lambda: cell.person.picks_shortcut("find_jobs"))


async def picks_a_state(cell: Cell) -> str:
    on = await cell.everybodys((await cell.stage.lee.types("/jobs list", cell.channel)).blocks)
    return await cell.reaction(lambda: cell.person.starts_picking("🔄 Running", on, cell.channel), on)


async def sees_all(cell: Cell) -> str:
    job = Job(account="media-cn", service="video-ocr", id=ID, name=NAME, state=JobState.FAILED)
    at = utc_now()
    change = Change(kind=Kind.MOVED, job=job, before=JobState.RUNNING, since=at, at=at)
    digest = Digest(
        [CardChange(Card(id="c", place=cell.channel, terms=SubscriptionOptions(user="U0LEE", at=at)), change)]
    )
    key = await keep(cell.stage.bot.store.link, digest)
    see_all = button("See all", SEE_ALL, CommandPayload(key=key), name="See all changes")
    on = await cell.everybodys(actions("digest", see_all))
    return await cell.reaction(lambda: cell.person.starts("See all", on, cell.channel))


async def looks_at_home(cell: Cell) -> str:
    return str(await cell.person.looks_at_home(until="Refresh"))


def pressing(action: str, command: str, place: str | None = None) -> Callable[[Cell], Awaitable[str]]:
    """Press a button that carries a command."""

    async def press(cell: Cell) -> str:
        on = await cell.everybodys(
            actions("pressed", button("Press", action, CommandPayload(text=command, place=place)))
        )
        return await cell.reaction(lambda: cell.person.starts("Press", on, cell.channel), on)

    return press


DOES: dict[str, Callable[[Cell], Awaitable[str]]] = {
    "Details": lambda cell: cell.clicks("Details", "list limit:1"),
    "Open for me": pressing("open:mine", "list limit:3"),
    "Raw": lambda cell: cell.clicks("Raw", f"show {REF}"),
    "Refresh of a list": lambda cell: cell.clicks("Refresh", "list limit:3"),
    "Previous": lambda cell: cell.clicks("◀ Previous", "list limit:1", "Next ▶"),
    "State": picks_a_state,
    "Refresh of details": lambda cell: cell.clicks("Refresh", f"show {REF}"),
    "Share of a list": lambda cell: cell.clicks("Share", "list limit:3"),
    "Share of details": lambda cell: cell.clicks("Share", f"show {REF}"),
    "Subscribe": subscribes_by_button,
    "Unsubscribe": pressing("open:unsubscribe", f"unsubscribe {REF}"),
    "Undo": pressing("run:undo", f"subscribe {REF}"),
    "See all": sees_all,
    "form to subscribe": subscribes_by_form,
    "form to find": finds,
    "form to find, sent off": finds_again,
    "Look up jobs": lambda cell: cell.picks("look_up_jobs"),
    "Subscribe to jobs": lambda cell: cell.picks("subscribe_to_jobs"),
    "Find jobs": finds_from_nowhere,
    "Home": looks_at_home,
    "Keep looking": pressing("seek", f"subscribe {ID}"),
    "Restore": lambda cell: pressing("restore", "", place=f"T0SANDBOX/{cell.channel}")(cell),
}
"""Actions other than commands that a person types or says to the bot."""
