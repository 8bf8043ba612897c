"""Cards: for jobs in any condition, Slack accepts them and they show the present state."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from bot.domain.answers import ServiceError
from bot.domain.button_payloads import REFRESH, CommandPayload
from bot.domain.cards import Check, On, Shown, To
from bot.domain.changes import EndReason
from bot.views.slack.cards import bar, card
from bot.views.text import age, date
from providers.models import JobState
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.anything import NOON, job
from tests.bot.views.subscribed import FAILED, RUNNING, asked, batch, seen

LATE = ServiceError(
    account="media-cn", service="video-ocr", kind="late", code="late", message="no answer within 10 s", retryable=True
)
SIX = (JobState.FAILED, JobState.SUCCEEDED, JobState.SUCCEEDED, JobState.RUNNING, JobState.PENDING, JobState.PENDING)


def words(shown: Shown) -> str:
    message = card(shown, NOON)
    judges.accept(message)
    return judges.words(message)


@settings(max_examples=60)
@given(subscribed.shown(), anything.moments)
def test_slack_takes_every_card(shown: Shown, now: datetime):
    message = card(shown, now)
    judges.accept(message)
    assert f"Subscribed by <@{shown.card.subscribers[0]}>" in judges.words(message)
    labels = [label.split(" ")[0] for label in judges.commands(message.blocks)]
    # Refs too long for a button leave none.
    snoozed = {"Unsnooze"} if shown.card.quiet else set[str]()
    waiting = {"Restore"} if any(each.suspended for each in shown.absences.values()) else set[str]()
    assert set(labels) <= snoozed | waiting | (
        {"Details"} if shown.card.over else {"Details", "Refresh", "Unsubscribe"}
    )


def test_a_running_job():
    text = words(seen(subscribed.card(RUNNING)))
    assert "🔄 *Running* · *lecture 7*\nvideo-ocr · media-cn · created <!date" in text
    assert "▰▰▰▰▱▱▱▱▱▱ 43 %" in text
    assert "Subscribed by <@U0DANA> · posts to the thread when it finishes; also to the channel if it fails" in text
    assert "checked <!date^1795175990^{ago}|2026-11-20 11:59 UTC> · next check within a minute" in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, ""), (0, ""), (60, " · next check within a minute"), (61, " · next check <!date^1795176061")],
)
def test_a_card_never_promises_a_check_in_the_past(seconds: int, said: str):
    check = Check(at=NOON, next_at=NOON + timedelta(seconds=seconds))
    text = words(seen(subscribed.card(RUNNING), checks={"media-cn/video-ocr": check}))
    assert f"checked {age(NOON)}{said}" in text
    assert ("next check" in text) == bool(said)


def test_the_buttons_of_a_card():
    blocks = card(seen(subscribed.card(RUNNING)), NOON).blocks
    asks = {label: CommandPayload.model_validate_json(value) for label, value in judges.commands(blocks).items()}
    assert asks == {
        "Details": CommandPayload(text=f"show {RUNNING.ref}"),
        "Refresh": CommandPayload(text=f"show {RUNNING.ref}", card="c1"),
        "Unsubscribe": CommandPayload(text=f"unsubscribe {RUNNING.ref}"),
    }
    assert REFRESH in {each["action_id"] for each in judges.buttons(blocks)}


def test_a_job_that_ended():
    message = card(seen(subscribed.card(FAILED)), NOON)
    text = judges.words(message)
    assert "❌ *Failed* · *lecture 7*" in text
    assert "`VAS.1204` The video is broken.\ntook 1 min 30 s · finished <!date" in text
    assert "checked" not in text
    assert "is told" not in text
    assert list(judges.commands(message.blocks)) == ["Details"]
    assert message.text == (
        "❌ Failed: lecture 7, VAS.1204 The video is broken., media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5"
    )


@pytest.mark.parametrize(
    ("end_reason", "said"),
    [
        (EndReason.EXPIRED, "⌛ *Expired* · *lecture 7*"),
        (EndReason.NOT_FOUND, "❔ *Gone* · *lecture 7*"),
        (EndReason.UNSUBSCRIBED, "🔕 *No longer followed* · *lecture 7*"),
    ],
)
def test_a_job_that_is_no_longer_tracked(end_reason: EndReason, said: str):
    message = card(seen(subscribed.card(RUNNING, fates={RUNNING.id: end_reason})), NOON)
    text = judges.words(message)
    assert said in text
    assert "Last seen: 🔄 *Running*." in text
    assert ("Unsubscribed by <@U0LEE>" in text) == (end_reason is EndReason.UNSUBSCRIBED)
    assert list(judges.commands(message.blocks)) == ["Details"]


def test_a_job_with_only_an_id():
    drawn = subscribed.card(RUNNING)
    bare = drawn.model_copy(update={"jobs": {ref: each.model_copy(update={"job": None}) for ref, each in
                                             drawn.jobs.items()}})  # fmt: skip
    assert "❔ *Unknown* · *f18320e61e4c4dc685aa2dfc22a28dc5*" in words(Shown(card=bare, jobs={}, checks={}))


def test_a_batch():
    message = card(seen(subscribed.card(*batch(*SIX))), NOON)
    text = judges.words(message)
    assert "*3 of 6 jobs have finished*\n❌ 1 failed · 🔄 1 running · ⏳ 2 pending · ✅ 2 succeeded\n" in text
    assert "\n▰▰▰▰▰▱▱▱▱▱ 50 %" in text
    assert "❌ Failed · *lecture 0* · video-ocr · `VAS.1204` The video is broken.\n🔄 Running · *lecture 3*" in text
    assert "lecture 1" not in text
    asks = {
        label: CommandPayload.model_validate_json(value) for label, value in judges.commands(message.blocks).items()
    }
    assert asks["Details"].text.count("media-cn/") == 6
    assert asks["Unsubscribe"].text.count("media-cn/") == asks["Refresh"].text.count("media-cn/") == 3
    assert message.text == "3 of 6 jobs have finished: ❌ 1 failed, 🔄 1 running, ⏳ 2 pending, ✅ 2 succeeded"


def test_a_large_batch_counts_the_jobs_that_it_does_not_name():
    text = words(seen(subscribed.card(*batch(*[JobState.FAILED] * 8, *[JobState.RUNNING] * 9, JobState.PENDING))))
    assert text.count("❌ Failed") == 8
    assert text.count("🔄 Running") == 4
    assert "… and 🔄 5 running, ⏳ 1 pending" in text


def test_a_batch_that_is_over():
    jobs = batch(JobState.FAILED, JobState.SUCCEEDED)
    text = words(seen(subscribed.card(*jobs)))
    assert "*Both jobs have finished*\n❌ 1 failed · ✅ 1 succeeded\n" in text
    assert "▰" not in text


def test_removed_jobs_do_not_count_as_unfinished():
    jobs = batch(JobState.SUCCEEDED, JobState.RUNNING, JobState.RUNNING)
    text = words(seen(subscribed.card(*jobs, fates={jobs[1].id: EndReason.UNSUBSCRIBED})))
    assert "*1 of 2 jobs have finished*" in text
    assert "🔕 1 unsubscribed" in text
    assert "Subscribed by <@U0DANA> · unsubscribed by <@U0LEE>" in text
    over = words(seen(subscribed.card(*jobs[:2], fates={jobs[1].id: EndReason.UNSUBSCRIBED})))
    assert "*1 job has finished, the other is no longer followed*" in over
    left = subscribed.card(*jobs[1:], fates={each.id: EndReason.UNSUBSCRIBED for each in jobs})
    assert "*No longer following either job*" in words(seen(left))
    left = subscribed.card(*jobs, fates={each.id: EndReason.UNSUBSCRIBED for each in jobs})
    assert "*No longer following any of the 3 jobs*" in words(seen(left))


def test_a_batch_of_long_refs_omits_jobs_too_long_for_a_button():
    jobs = [job(JobState.RUNNING, id=f"{'x' * 150}{at}") for at in range(20)]
    labels = list(judges.commands(card(seen(subscribed.card(*jobs)), NOON).blocks))
    assert labels == ["Details", "Refresh", "Unsubscribe from 11"]


@pytest.mark.parametrize(("seconds", "said"), [(119, False), (120, True)])
def test_a_service_that_fails_for_two_minutes_is_shown(seconds: int, said: bool):  # noqa: FBT001
    failing = Check(
        at=NOON, next_at=NOON + timedelta(minutes=5), failing_since=NOON - timedelta(seconds=seconds), error=LATE
    )
    text = words(seen(subscribed.card(RUNNING), checks={"media-cn/video-ocr": failing}))
    assert ("⚠️ Not checked since <!date" in text) == said
    assert ("*media-cn/video-ocr* isn't responding (no answer within 10 s). Next check <!date" in text) == said
    assert ("checked <!date" in text) != said


def test_not_checked_counts_from_the_last_check_not_from_the_failure():
    began = NOON - timedelta(minutes=9)
    failing = Check(at=NOON, failing_since=began, error=LATE)
    text = words(seen(subscribed.card(RUNNING), checks={"media-cn/video-ocr": failing}))
    assert f"Not checked since {date(NOON)}" in text
    never = failing.model_copy(update={"at": None})
    text = words(seen(subscribed.card(RUNNING), checks={"media-cn/video-ocr": never}))
    assert f"Not checked since {date(began)}" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"on": On.FAILED}, "posts to the thread and the channel when it fails"),
        ({"on": On.ANY, "to": To.THREAD}, "posts only to the thread when anything changes"),
        (
            {"on": {On.FAILED, On.STARTED}},
            "posts to the thread when it fails or it starts; also to the channel if it fails",
        ),
        ({"on": {On.STARTED}}, "posts to the thread when it starts"),
        (
            {"on": {On.DONE, On.FAILED, On.STUCK}},
            "posts to the thread when it finishes; also to the channel if it fails",
        ),
        ({"on": {On.ANY, On.DOWN}}, "posts to the thread when anything changes"),
        ({"on": {On.FAILED, On.STUCK}}, "posts to the thread and the channel when it fails"),
        ({"to": To.HERE}, "posts to the thread and the channel when it finishes"),
        ({"to": To.DM}, "posts by direct message when it finishes"),
        ({"mention": ("<@U0LEE>",)}, "also to the channel if it fails · mentions 1 person"),
        ({"mention": ("<@U0LEE>", "<@U0SAM>", "<!subteam^S1>")}, "if it fails · mentions 2 people and 1 group"),
    ],
)
def test_the_next_check_on_a_card(values: dict[str, object], said: str):
    text = words(seen(subscribed.card(RUNNING, options=asked(**values))))
    assert said in text
    assert "<@U0LEE>" not in text, "a card calls nobody but who subscribed"


@pytest.mark.parametrize(("percent", "drawn"), [(0, "▱" * 10), (9, "▱" * 10), (99, "▰" * 9 + "▱"), (100, "▰" * 10)])
def test_a_bar(percent: int, drawn: str):
    assert bar(percent) == f"{drawn} {percent} %"


@settings(max_examples=60)
@given(subscribed.shown(), anything.moments)
def test_slack_takes_every_card_that_notifies_and_its_mentions_come_last(shown: Shown, now: datetime):
    message = card(shown, now, mentions=True)
    judges.accept(message)
    assert message.text == card(shown, now).text
    if called := shown.card.terms.mention:
        assert message.blocks[-1]["text"]["text"] == " ".join(called)


def test_a_card_of_a_long_list_of_mentions_has_room_for_its_job():
    everybody = tuple(f"<@U{number:010}>" for number in range(1000))
    shown = seen(subscribed.card(FAILED))
    options = shown.card.terms.model_copy(update={"mention": everybody})
    message = card(
        shown.model_copy(update={"card": shown.card.model_copy(update={"terms": options})}), NOON, mentions=True
    )
    judges.accept(message)
    assert "more people and groups" in judges.words(message)
