"""Answers to subscribe and unsubscribe: the subscribed jobs, the others with the reason, and the undo."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import JobDetails, Missing
from bot.domain.button_payloads import RUN, SEEK, CommandPayload
from bot.domain.cards import On, Shown, SubscriptionOptions, To
from bot.domain.notifications import Subscribed, Unsubscribed
from bot.views.slack import subscriptions as views
from providers.models import Job, JobState
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.slack.test_details import LATE
from tests.bot.views.subscribed import FAILED, ON_CALL, RUNNING, asked, batch, seen


def found(*jobs: Job, **values: object) -> JobDetails:
    return JobDetails.model_validate({"jobs": jobs, "services": 5, "checked_at": NOON, **values})


def answer(
    details: JobDetails, result: Subscribed, options: SubscriptionOptions | None = None
) -> tuple[str, dict[str, CommandPayload]]:
    message = views.subscribed(details, result, options or asked(), ON_CALL, 10)
    judges.accept(message)
    asks = {
        label: CommandPayload.model_validate_json(value) for label, value in judges.commands(message.blocks).items()
    }
    return judges.words(message), asks


@settings(max_examples=40)
@given(anything.details, subscribed.subscribed, subscribed.terms, subscribed.places, st.booleans())
def test_slack_takes_every_answer(
    details: JobDetails,
    result: Subscribed,
    options: SubscriptionOptions,
    here: str,
    same: bool,  # noqa: FBT001  # hypothesis passes it
):
    if same:
        result = Subscribed(result.card, [each.ref for each in details.jobs], suspended=result.suspended)
    judges.accept(views.subscribed(details, result, options, here, 10))
    judges.accept(views.restored(result, here))
    judges.accept(views.seeking([each.id for each in details.missing] or ["a"], options, here, 10))


@settings(max_examples=40)
@given(subscribed.unsubscribed, st.lists(subscribed.shown(), max_size=2).map(lambda some: some * 15))
def test_slack_takes_every_unsubscription(result: Unsubscribed, here: Sequence[Shown]):
    judges.accept(views.unsubscribed(result, () if result.removed else here))


class TestSubscribed:
    def test_one_job(self):
        text, asks = answer(found(RUNNING), Subscribed(subscribed.card(RUNNING), [RUNNING.ref]))
        assert text.startswith(
            "🔔 Following *lecture 7* (🔄 *Running*). "
            "I'll post to the card's thread in <#C0ONCALL> when it finishes; also to the channel if it fails."
        )
        assert asks == {
            "Details": CommandPayload(text=f"show {RUNNING.ref}"),
            "Unsubscribe": CommandPayload(text=f"unsubscribe {RUNNING.ref}"),
        }

    def test_mentioned_people_are_named_only_to_the_subscriber(self):
        options = asked(on=On.FAILED, mention=("<@U0LEE>", "<!subteam^S1>"))
        text, _ = answer(found(RUNNING), Subscribed(subscribed.card(RUNNING), [RUNNING.ref]), options)
        assert "and the channel when it fails. Each notification mentions <@U0LEE> and <!subteam^S1>." in text

    def test_several_jobs(self):
        jobs = batch(*[JobState.RUNNING] * 12)
        text, _ = answer(found(*jobs), Subscribed(subscribed.card(*jobs), [each.ref for each in jobs]))
        assert "🔔 Following 12 jobs: *lecture 0*, *lecture 1*" in text
        assert "*lecture 9* and 2 more. I'll post to the card's thread" in text

    def test_new_options(self):
        text, _ = answer(found(RUNNING), Subscribed(None, changed=[RUNNING.ref]), asked(to=To.DM))
        assert "; settings updated: posts by direct message when it finishes." in text

    def test_options_beside_those_of_others(self):
        text, _ = answer(found(RUNNING), Subscribed(None, changed=[RUNNING.ref], others=["U0LEE"]), asked(on=On.ANY))
        assert "The settings of <@U0LEE> are unchanged, yours are updated: posts to the card's thread" in text
        result = Subscribed(None, [FAILED.ref], [RUNNING.ref], ["U0LEE"])
        text, _ = answer(found(RUNNING), result)
        assert "The settings of <@U0LEE> are unchanged, yours are updated." in text

    def test_one_new_job_and_one_with_a_subscription(self):
        text, _ = answer(found(RUNNING), Subscribed(None, [FAILED.ref], [RUNNING.ref]))
        assert "; settings updated." in text

    def test_the_same_options(self):
        text, _ = answer(found(RUNNING), Subscribed(None))
        assert "🔁 Already following *lecture 7* (🔄 *Running*) with these settings." in text

    def test_a_job_that_had_ended(self):
        text, asks = answer(found(FAILED), Subscribed(None))
        assert text.startswith("It already finished:\n❌ *Failed* · *lecture 7*")
        assert asks == {"Details": CommandPayload(text=f"show {FAILED.ref}")}

    def test_unknown_ids_can_be_searched_for(self):
        lost = [Missing(id=each, looked_in=("vod-sg/vod-ai",)) for each in ("a1", "b2", "media:m1")]
        text, asks = answer(found(missing=lost), Subscribed(None), asked(on=On.ANY, mention=("<@U0LEE>",)))
        assert "`a1`, `b2` and `media:m1` were not found in *vod-sg/vod-ai*" in text
        assert asks == {"Keep looking for 10 minutes": CommandPayload(text="subscribe a1 b2 on:any mention:<@U0LEE>")}
        buttons = judges.buttons(views.subscribed(found(missing=lost), Subscribed(None), asked(), ON_CALL, 10).blocks)
        assert buttons[0]["action_id"] == SEEK

    def test_services_that_did_not_answer(self):
        text, _ = answer(found(errors=(LATE,)), Subscribed(None))
        assert "⚠️ *vod-sg/vod-ai* isn't responding" in text

    def test_a_place_that_takes_no_messages(self):
        text, asks = answer(found(RUNNING), Subscribed(None, suspended="not_in_channel"))
        assert text.startswith("⏸️ I can't post there yet: I am not in <#C0ONCALL>. Type `/invite @Callboard` in it")
        assert asks == {"Restore": CommandPayload(place="C0ONCALL")}


def test_an_unsubscription_can_be_undone():
    options = asked(on=On.FAILED, to=To.THREAD, mention=("<@U0LEE>",))
    message = views.unsubscribed(Unsubscribed([(subscribed.card(RUNNING, options=options), [RUNNING.ref])]))
    assert "🔕 No longer followed: *lecture 7*" in judges.words(message)
    [undo] = judges.buttons(message.blocks)
    assert undo["action_id"] == f"{RUN}:undo"
    assert CommandPayload.model_validate_json(undo["value"]) == CommandPayload(
        text=f"subscribe {RUNNING.ref} on:failed to:thread mention:<@U0LEE>", card="c1", place="C0ONCALL"
    )


def test_each_of_several_cards_can_be_restored():
    cards = [(subscribed.card(each), [each.ref]) for each in batch(JobState.RUNNING, JobState.PENDING)]
    buttons = judges.buttons(views.unsubscribed(Unsubscribed(cards)).blocks)
    assert [each["action_id"] for each in buttons] == ["open:undo", "open:undo"]


def test_unknown_words_are_answered_with_the_subscriptions():
    nothing = Unsubscribed(unknown=["a1"])
    assert judges.words(views.unsubscribed(nothing)) == "❔ `a1` is not followed here."
    text = judges.words(views.unsubscribed(nothing, [seen(subscribed.card(RUNNING))]))
    assert "❔ `a1` is not followed here.\nSubscriptions here:\n🔄 *Running* · *lecture 7*" in text
    assert judges.words(views.unsubscribed(Unsubscribed())) == "No subscriptions in this channel."


def test_a_notification_of_an_ended_subscription_names_its_job():
    message = views.unsubscribed(Unsubscribed([(subscribed.card(RUNNING), [RUNNING.ref])]))
    assert message.text == "🔕 No longer followed: lecture 7"


def test_restored_or_not():
    assert "▶️ I can post to <#C0ONCALL> again. 1 job is followed there." in judges.words(
        views.restored(Subscribed(subscribed.card(RUNNING), [RUNNING.ref], resumed=True), ON_CALL)
    )
    lost = views.restored(Subscribed(subscribed.card(RUNNING), [RUNNING.ref]), ON_CALL)
    assert judges.words(lost) == "🔔 Following 1 job in <#C0ONCALL> again."
    again = views.restored(Subscribed(None), ON_CALL)
    assert judges.words(again) == "▶️ I can post to <#C0ONCALL> again."
    still = views.restored(Subscribed(None, suspended="is_archived"), ON_CALL)
    assert "⏸️ Not yet: <#C0ONCALL> is archived." in judges.words(still)
    assert "Restore" in judges.commands(still.blocks)


def test_the_answer_explains_watch_with_a_job():
    assert views.notes(asked(), watched=False) == []
    assert "a watch is for every job" in views.notes(asked(), watched=True)[0]
    [note] = views.notes(asked(on=frozenset({On.FAILED, On.STUCK})), watched=False)
    assert "stuck" in note
