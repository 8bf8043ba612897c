"""A walk through everything that can be typed, clicked, picked and submitted; its payloads are mutated."""

from typing import Any

from bot.domain import button_payloads
from bot.domain.button_payloads import CommandPayload
from sandbox.slack.delivery.delivery import Kind
from tests.fuzz.booth import SEEN, UNSEEN, Booth
from tests.scenarios.person import Person, until

Json = dict[str, Any]
REF, OTHER, HIDDEN = f"{SEEN}/video/job-0001", f"{SEEN}/video/job-0007", f"{UNSEEN}/video/job-0001"
CONSOLE = "https://vod.console.aliyun.com/#/media/video/detail/30e5d7000000000000bd900764de7c01/video"


async def walk(booth: Booth) -> list[tuple[Kind, Json]]:
    """Let Dana and Lee use everything, and return the payloads that Slack sent."""
    await _answers(booth.dana)
    await _answers(booth.lee)
    await _subscriptions(booth.dana, REF)
    await _subscriptions(booth.lee, HIDDEN)
    await _forms(booth.dana)
    await _home(booth.dana)
    await _messages(booth)
    await until(booth.quiet)
    return [*booth.heard, *_by_hand(booth)]


async def _answers(person: Person) -> None:
    listed = await person.types("/jobs list limit:3")
    listed = await person.turns("Next ▶", listed)
    listed = await person.picks("❌ Failed", listed)
    listed = await person.picks("Any state", listed)
    await person.clicks("Share", listed)
    details = await person.clicks("Details", listed)
    await person.turns("Refresh", details)
    await person.opens("Raw", details, until='"name"')
    mistyped = await person.types("/jobs lst")
    await person.turns("Yes, run it", mistyped)
    await person.types("/jobs accounts")
    await person.types(f"/jobs list name:{'x' * 400}")


async def _subscriptions(person: Person, ref: str) -> None:
    await person.types(f"/jobs subscribe {ref} to:dm mention:<@U0SAM>")
    card = await person.hears("Subscribed by", f"D{person.id[1:]}")
    await person.starts("Refresh", card, f"D{person.id[1:]}")
    mine = await person.types("/jobs subscriptions mine")
    gone = await person.clicks("Unsubscribe", mine)
    await person.turns("Undo", gone)
    sought = await person.types("/jobs subscribe 0123456789abcdef0123456789abcdef")
    await person.clicks("Keep looking for 10 minutes", sought)


async def _forms(dana: Person) -> None:
    form = await dana.asks("/jobs subscribe", until="Subscribe to jobs")
    await dana.sends(form, jobs={"value": "nonsense.mp4"})
    await dana.sends(form, jobs={"value": OTHER}, mention={"selected_users": ["U0LEE"]})
    first = await dana.opened(lambda: dana.picks_shortcut(button_payloads.FIND), "checked")
    form = await dana.asks("/jobs find", until="checked", after=first)
    narrowed = await dana.opened(lambda: dana.selects(form, button_payloads.ACCOUNT, SEEN), "Press *Find*", after=form)
    found = await dana.opened(lambda: dana.sends(narrowed, text={"value": "lecture"}), "1–10 of", after=narrowed)
    details = await dana.opened(lambda: dana.uses(found, "Details"), "*Ref*")
    await dana.opened(lambda: dana.uses(details, "Subscribe"), "Subscribe to jobs")
    await dana.opened(lambda: dana.uses(found, "Next ▶"), "Subscribe to jobs")  # below the form


async def _home(dana: Person) -> None:
    tab = await dana.looks_at_home(until="Accounts and services")
    await dana.uses(tab, "Refresh")
    await dana.uses(tab, "Find jobs")
    await dana.uses(tab, "Unsubscribe")


async def _messages(booth: Booth) -> None:
    dana = booth.dana
    suspended = await dana.types(f"/jobs subscribe {REF}", "C0FINANCE")
    await dana.clicks("Restore", suspended, "C0FINANCE")
    alert = await dana.reads("VideoOcrStuck")
    for shortcut in (button_payloads.LOOK_UP, button_payloads.SUBSCRIBE_TO):
        await dana.chooses(shortcut, alert)
    await dana.says(f"<@U0CALLBOARD> show {REF}")
    await dana.says("accounts", "D0DANA")
    await dana.says(f"see <{CONSOLE}>")


def _by_hand(booth: Booth) -> list[tuple[Kind, Json]]:
    """Return payloads that the walk does not cause: a digest's buttons, a menu's request, a closed form."""
    click = next(each for _, each in booth.heard if each.get("type") == "block_actions")
    sent = next(each for _, each in booth.heard if each.get("type") == "view_submission")
    [action] = click["actions"]
    interactive: Kind = "interactive"
    digest = {**action, "value": CommandPayload(key="nobodys").encode()}
    made: list[tuple[Kind, Json]] = [
        *(
            (interactive, {**click, "actions": [{**digest, "action_id": name}]})
            for name in (button_payloads.SEE_ALL, "see-all:next")
        ),
        (
            interactive,
            {**click, "type": "block_suggestion", "value": "x", "action_id": button_payloads.ACCOUNT, "block_id": "b"},
        ),
        (interactive, {**sent, "type": "view_closed", "is_cleared": False}),
        (interactive, {**sent, "view": {**sent["view"], "callback_id": "of-another-time"}}),
        (interactive, {**sent, "type": "shortcut", "callback_id": "of-another-time"}),
    ]
    return made
