"""The health of the accounts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import AccountsHealth, ServiceError, ServiceHealth
from bot.domain.button_payloads import CommandPayload
from bot.views.slack.accounts import accounts
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON

LATE = ServiceError(
    account="vod-sg", service="vod-ai", kind="late", code="late", message="no answer within 10 s", retryable=True
)
HEALTHY = ServiceHealth(
    account="media-cn", service="video-ocr", region="cn-north-4", lists=True, latency_s=0.0524, budget_left=4, budget=5
)
FAILING = ServiceHealth(
    account="vod-sg", service="vod-ai", region="ap-southeast-1", lists=False, error=LATE, last_ok_at=NOON
)


def shown(*services: ServiceHealth) -> str:
    return judges.words(accounts(AccountsHealth(services=services, checked_at=NOON)))


@settings(max_examples=40)
@given(st.builds(AccountsHealth, services=anything.many(anything.health), checked_at=anything.moments))
def test_slack_takes_all_accounts(answer: AccountsHealth):
    made = accounts(answer)
    judges.accept(made)
    assert list(judges.commands(made.blocks)) == ["Refresh"]


def test_a_service_that_answers():
    assert "✅ *video-ocr* in cn-north-4 · OK · 52 ms · 4 of 5 requests left this second" in shown(HEALTHY)


def test_a_service_that_cannot_list_and_was_not_timed():
    service = HEALTHY.model_copy(update={"lists": False, "latency_s": None, "budget": None})
    assert "✅ *video-ocr* in cn-north-4 · OK · lookup by id only\n" in shown(service) + "\n"


def test_a_service_that_fails():
    assert (
        "⚠️ *vod-sg/vod-ai* isn't responding (no answer within 10 s). Try again in a moment. Last OK <!date^"
        in shown(HEALTHY, FAILING)
    )


def test_a_service_that_answers_again_says_what_it_failed_with():
    service = HEALTHY.model_copy(update={"last_error": LATE, "last_error_at": NOON})
    assert "requests left this second · last error `late` <!date^" in shown(service)


def test_the_fallback_names_failing_services():
    made = accounts(AccountsHealth(services=(HEALTHY, FAILING), checked_at=NOON))
    assert made.text == "1 of 2 services responded.\nvod-sg/vod-ai isn't responding"
    assert judges.commands(made.blocks)["Refresh"] == CommandPayload(text="accounts").encode()


def test_accounts_without_room_are_counted():
    many = [HEALTHY.model_copy(update={"account": f"account-{at}"}) for at in range(80)]
    text = shown(*many)
    shown_accounts = text.count("✅")
    assert shown_accounts > 20
    assert f"… and {80 - shown_accounts} accounts not shown." in text
    assert "checked <!date^" in text
