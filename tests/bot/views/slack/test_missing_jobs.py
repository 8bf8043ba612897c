"""Cards and messages about missing jobs."""

from datetime import timedelta

import pytest

from bot.domain.absence import Absence
from bot.domain.button_payloads import RESTORE, CommandPayload
from bot.domain.cards import Shown
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.notifications import CardChange, ChangedSubscriptions, Digest
from bot.views.slack import digests, notifications
from bot.views.slack.cards import card
from bot.views.slack.subscription_list import subscription_list
from bot.views.text import date
from providers.models import JobState
from tests.bot.views import judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.subscribed import FAILED, RUNNING, batch, seen

SINCE = NOON - timedelta(hours=25)
LAST = NOON + timedelta(days=30)
MISSED = Absence(SINCE, SINCE, 3, SINCE, shown=True)
DOUBTED = MISSED.doubted()


def suspended(absence: Absence) -> Absence:
    return absence._replace(suspended=NOON)


def drawn(*absences: Absence) -> Shown:
    jobs = batch(*[JobState.RUNNING] * len(absences))
    refs = [str(job.ref) for job in jobs]
    return seen(subscribed.card(*jobs), absences=dict(zip(refs, absences, strict=True)))


def turned(kind: Kind, *, doubtful: bool = False, number: int = 1) -> ChangedSubscriptions:
    changes = [
        Change(kind=kind, job=job, before=JobState.RUNNING, since=SINCE, at=NOON, absent_since=SINCE, doubtful=doubtful)
        for job in batch(*[JobState.RUNNING] * number)
    ]
    return ChangedSubscriptions("C0ONCALL", changes)


@pytest.mark.parametrize(
    ("absences", "said"),
    [
        ([MISSED], f"🔎 not found since {date(SINCE)}, still checking"),
        ([DOUBTED], f"🔎 no clear answer since {date(SINCE)}, still checking"),
        ([MISSED, MISSED], f"🔎 2 jobs: not found since {date(SINCE)}, still checking"),
        ([suspended(MISSED)], f"⏸️ Suspended: not found since {date(SINCE)}. Checked once an hour until {date(LAST)}."),
    ],
)
def test_a_card_says_since_when_its_jobs_are_missing(absences: list[Absence], said: str):
    message = card(drawn(*absences), NOON)
    judges.accept(message)
    assert said in judges.words(message)
    listed = judges.words(subscription_list([drawn(*absences)], CommandPayload(text="subscriptions"), NOON, mine=False))
    assert said in listed


def test_a_card_whose_subscription_is_suspended_has_a_button_to_restore_it():
    message = card(drawn(suspended(DOUBTED)), NOON)
    assert "⏸️ *Suspended* · *lecture 0*" in judges.words(message)
    assert message.text.startswith("⏸️ Suspended: lecture 0")
    restore = judges.commands(message.blocks)["Restore"]
    assert CommandPayload.model_validate_json(restore) == CommandPayload(place="C0ONCALL", card="c1")
    assert RESTORE in {each["action_id"] for each in judges.buttons(message.blocks)}
    assert "Restore" not in judges.commands(card(drawn(DOUBTED), NOON).blocks)


def test_a_batch_names_the_suspended_jobs_first():
    text = judges.words(card(drawn(MISSED, suspended(MISSED)), NOON))
    assert "⏸️ 1 suspended · 🔄 1 running" in text
    assert "⏸️ Suspended · *lecture 1* · video-ocr" in text


@pytest.mark.parametrize(
    ("doubtful", "why"), [(False, f"Not found since {date(SINCE)}."), (True, f"No clear answer since {date(SINCE)}.")]
)
def test_the_subscriber_reads_that_it_waits_and_how_to_restore_it(*, doubtful: bool, why: str):
    message = notifications.subscriptions(turned(Kind.SUSPENDED, doubtful=doubtful))
    assert message.text == "⏸️ Suspended: lecture 0, media-cn/video-ocr"
    assert judges.words(message).startswith(
        f"⏸️ *Suspended* · *lecture 0* · video-ocr\n{why} Your subscription in <#C0ONCALL> is suspended.\n"
        "I check once an hour for 30 days. Press Restore to check as usual again."
    )
    assert CommandPayload.model_validate_json(judges.commands(message.blocks)["Restore"]) == CommandPayload(
        place="C0ONCALL"
    )


def test_many_suspensions_are_one_message():
    message = notifications.subscriptions(turned(Kind.SUSPENDED, number=12))
    text = judges.words(message)
    assert text.startswith("⏸️ *12 subscriptions suspended*\n")
    assert "\n*lecture 0* · video-ocr" in text
    assert "… and 2 more jobs" in text
    assert message.text == "⏸️ 12 subscriptions suspended"


def test_jobs_found_again_are_restored():
    found = turned(Kind.FOUND)
    assert "Found again (not found since <!date" in judges.words(notifications.subscriptions(found))
    assert "Restore" not in judges.commands(notifications.subscriptions(found).blocks)
    notification = CardChange(subscribed.card(RUNNING), found.changes[0])
    text = judges.words(notifications.thread_reply(notification, lambda _: None))
    assert "🔄 *Running* · *lecture 0*\nfound again, subscription restored (not found since" in text
    ended = notification.change.model_copy(update={"job": FAILED, "fate": EndReason.ENDED})
    text = judges.words(notifications.thread_reply(CardChange(subscribed.card(FAILED), ended), lambda _: None))
    assert text.startswith("❌ *Failed* · *lecture 7*\nfound again, subscription restored")
    assert "`VAS.1204` The video is broken." in text


def test_a_dropped_job_was_missing_for_thirty_days():
    change = subscribed.change(RUNNING, end_reason=EndReason.DROPPED, kind=Kind.LOST)
    text = judges.words(notifications.thread_reply(CardChange(subscribed.card(RUNNING), change), lambda _: None))
    assert "❔ *No longer followed* · *lecture 7*\nnot found for 30 days, was 🔄 running when last seen" in text
    gone = card(seen(subscribed.card(RUNNING, fates={RUNNING.id: EndReason.DROPPED})), NOON)
    assert "It was not found for 30 days. Last seen: 🔄 *Running*" in judges.words(gone)


def test_a_digest_counts_suspended_jobs():
    notifications = [
        CardChange(subscribed.card(RUNNING), change) for change in turned(Kind.SUSPENDED, number=4).changes
    ]
    text = judges.words(digests.digest_all(Digest(notifications), "k1"))
    assert "⏸️ 4 suspended\n⏸️ *Suspended* · *lecture 0*" in text
