"""A channel creates a watch, changes it, removes it, and restores it."""

import pytest

from tests.scenarios.conftest import Stage
from tests.scenarios.person import Json, elements
from tests.scenarios.test_subscribe_form import option, options

pytestmark = pytest.mark.usefixtures("quick")


def text_in(view: Json, name: str) -> str:
    """Return the text in a field of a form."""
    block = next(each for each in view["blocks"] if each.get("block_id") == name)
    return block["element"].get("initial_value", "")


async def test_watch_edit_test_remove_and_undo(stage: Stage):
    dana, lee = stage.dana, stage.lee
    answer = await dana.types("/jobs watch media-cn -name:test mention:<@U0LEE>")
    for words in ("`w1` watches *media-cn* without name `test`", "posts in <#C0ONCALL> when a job fails",
                  "mentions <@U0LEE>", "*media-cn/image-moderation*", "within about a minute"):  # fmt: skip
        assert answer.says(words), answer.text
    assert not answer.says("vod")
    assert (await lee.hears("<@U0DANA> added watch `w1`")).says("mentions 1 person")
    assert (await lee.types("/jobs watch -name:test media-cn mention:<@U0LEE>")).says("`w1` already watches")

    listed = await lee.types("/jobs subscriptions")
    form = await lee.opened(lambda: lee.starts("Edit", listed), "Change a watch")
    assert text_in(form, "filters") == "-name:test"
    refused = await lee.opened(lambda: lee.sends(form, filters={"value": "nonsense:x"}), "nonsense")
    assert refused["id"] == form["id"]
    await lee.sends(form, filters={"value": "code:ALG.*"}, after={"value": "5/10m"}, mention={"selected_users": []})
    await dana.hears("<@U0LEE> changed watch `w1`")

    listed = await dana.types("/jobs subscriptions")
    assert listed.says("*media-cn* with code `ALG.*`"), listed.text
    assert listed.says("once 5 failed within 10 min")
    await dana.starts("Send a test", listed)
    await dana.hears("Test of `w1` sent", ephemeral=True)
    await lee.hears("Test of watch `w1`")
    await dana.starts("Remove", listed)
    removed = await dana.hears("`w1` (*media-cn* with code `ALG.*`) removed", ephemeral=True)
    await lee.hears("<@U0DANA> removed watch `w1`")
    assert (await dana.types("/jobs subscriptions")).says("No subscriptions in this channel")
    await dana.starts("Undo", removed)
    await dana.hears("is back", ephemeral=True)
    await lee.hears("<@U0DANA> restored watch `w1`")
    assert (await dana.types("/jobs unsubscribe all")).says("Watches stay: `w1`")
    assert (await dana.types("/jobs unwatch w1 w9")).says("No watch `w9`")


async def test_from_help_and_from_home_it_takes_a_few_clicks(stage: Stage):
    dana = stage.dana
    form = await dana.opened(lambda: dana_clicks_watch(stage), "Watch for failures")
    await dana.sends(form)
    assert (await dana.hears("`w1` watches every service", ephemeral=True)).says("vod-sg/vod-ai")

    tab = await dana.looks_at_home(until="My watches and subscriptions")
    form = await dana.opened(lambda: dana.uses(tab, "Watch"), "Watch for failures")
    refused = await dana.opened(lambda: dana.sends(form), "Pick a channel")
    await dana.sends(
        refused, to=option(form, "to", "dm"), scope=option(form, "scope", "vod-ai"), on=options(form, "on", "any")
    )
    tab = await dana.home("`w2`")
    assert "your direct messages" in str(tab)
    shown = await dana.opened(lambda: dana.uses(tab, "Edit", nth=1), "Change a watch")
    assert shown["title"]["text"] == "Change a watch"


async def dana_clicks_watch(stage: Stage) -> None:
    shown = await stage.dana.types("/jobs help")
    await stage.dana.starts("Watch for failures", shown)


async def test_quieter(stage: Stage):
    job = stage.scene.job()
    watched = await stage.dana.types(f"/jobs watch {job.id}")
    assert watched.says("Following")
    await stage.dana.types("/jobs watch video-ocr")
    quieter = await stage.dana.types("/jobs mute")
    labels = {each.get("placeholder", {}).get("text") for _, each in elements(quieter.blocks)}
    assert {"Stop watching", "Edit", "Snooze"} <= {*quieter.buttons(), *labels}
    await stage.dana.starts("Stop watching", quieter)
    await stage.dana.hears("`w1` (*video-ocr*) removed", ephemeral=True)
