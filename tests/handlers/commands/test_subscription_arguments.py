"""Commands of subscriptions, as people type them."""

from datetime import UTC, datetime

import pytest

from bot.domain.cards import On, SubscriptionOptions, To
from bot.domain.errors import Problem
from bot.views.errors import sentence
from handlers.commands import grammar
from handlers.commands.lexer import undecorated
from handlers.commands.parser import parse
from tests.handlers.commands.test_parser import read, refused
from tests.handlers.requests import CATALOG, ID, REF, UUID

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"subscribe {ID}", f"subscribe {ID}"),
        (f"SUBSCRIBE {ID},{UUID} {ID}", f"subscribe {ID} {UUID}"),
        (f"subscribe on:failed {REF} to:dm", f"subscribe {REF} on:failed to:dm"),
        (f"{ID} subscribe TO:DM", f"subscribe {ID} to:dm"),
        (f"to:thread subscribe {ID}", f"subscribe {ID} to:thread"),
        (f"subscribe {ID} on: failed to : here", f"subscribe {ID} on:failed to:here"),
        (f"subscribe {ID} --on=Failed", f"subscribe {ID} on:failed"),
        (f"subscribe {ID} failed dm", f"subscribe {ID} on:failed to:dm"),
        (f"subscribe {ID} on:end", f"subscribe {ID} on:done"),
        (f"subscribe {ID} on:ended", f"subscribe {ID} on:done"),
        (f"subscribe {ID} on:finish", f"subscribe {ID} on:done"),
        (f"subscribe {ID} on:failure", f"subscribe {ID} on:failed"),
        (f"subscribe {ID} on:fail", f"subscribe {ID} on:failed"),
        (f"subscribe {ID} on:every", f"subscribe {ID} on:any"),
        (f"subscribe {ID} on:changes", f"subscribe {ID} on:any"),
        (f"subscribe {ID} to:channel", f"subscribe {ID} to:here"),
        (f"subscribe {ID} to:me", f"subscribe {ID} to:dm"),
        (f"subscribe {ID} to:direct", f"subscribe {ID} to:dm"),
        (f"subscribe {ID} mention:<@U123|dana>", f"subscribe {ID} mention:<@U123>"),
        (f"subscribe {ID} mention:<@U123>,<@W9>", f"subscribe {ID} mention:<@U123>,<@W9>"),
        (f"subscribe {ID} mention:<@U123><@W9>", f"subscribe {ID} mention:<@U123>,<@W9>"),
        (f"subscribe {ID} mention: <@U123|dana>, <@W9|lee>.", f"subscribe {ID} mention:<@U123>,<@W9>"),
        (f"subscribe {ID} mention:<@U1> mention:<@U2> mention:<@U1>", f"subscribe {ID} mention:<@U1>,<@U2>"),
        (f"subscribe {ID} <@U123|dana>", f"subscribe {ID} mention:<@U123>"),
        (f"subscribe {ID} mention:<!subteam^S123|@oncall>", f"subscribe {ID} mention:<!subteam^S123>"),
        (f'subscribe {ID} mention:"<@U123|dana>"', f"subscribe {ID} mention:<@U123>"),
        (f"subscribe `{ID}` *mention:<@U123|dana>*", f"subscribe {ID} mention:<@U123>"),
        ("subscribe media:a1b2 on:any", "subscribe media:a1b2 on:any"),
        ("subscribe help", "help subscribe"),
        ("help follow", "help subscribe"),
        (f"unsubscribe {ID} {REF}", f"unsubscribe {ID} {REF}"),
        (f"{ID} unsubscribe", f"unsubscribe {ID}"),
        ("unsubscribe ALL", "unsubscribe all"),
        ("subscriptions", "subscriptions here"),
        ("subscriptions Here", "subscriptions here"),
        ("subscriptions me", "subscriptions mine"),
        ("subscriptions mine", "subscriptions mine"),
    ],
)
def test_what_is_typed_and_what_is_meant(typed: str, meant: str):
    assert read(typed) == meant
    assert read(meant) == meant


def test_a_mention_survives_what_slack_does_to_a_command():
    sent = f"subscribe <https://a.example/{ID}|{ID}> mention:<@U123|dana> <!subteam^S1|@on-call>"
    assert str(parse(undecorated(sent), CATALOG)) == f"subscribe {ID} mention:<@U123>,<!subteam^S1>"


@pytest.mark.parametrize(
    ("typed", "problem", "suggestion"),
    [
        (f"sub {ID}", Problem.UNKNOWN_WORD, f"subscribe {ID}"),
        (f"follow {ID} on:failed", Problem.UNKNOWN_WORD, f"subscribe {ID} on:failed"),
        (f"follow {ID} on:faild", Problem.UNKNOWN_WORD, f"subscribe {ID} on:failed"),
        (f"follow {ID} mention:<@U1|dana>", Problem.UNKNOWN_WORD, f"subscribe {ID} mention:<@U1|dana>"),
        (f"subcribe {ID}", Problem.UNKNOWN_WORD, f"subscribe {ID}"),
        (f"{ID} on:failed", Problem.UNKNOWN_WORD, f"subscribe {ID} on:failed"),
        (f"on:failed {ID}", Problem.UNKNOWN_WORD, f"subscribe on:failed {ID}"),
        (f"unsub {ID}", Problem.UNKNOWN_WORD, f"unsubscribe {ID}"),
        ("subs", Problem.UNKNOWN_WORD, "subscriptions"),
        ("subs mine", Problem.UNKNOWN_WORD, "subscriptions mine"),
        ("subscription", Problem.UNKNOWN_WORD, "subscriptions"),
        ("subscribe", Problem.NO_JOB, None),
        ("subscribe on:failed", Problem.NO_JOB, None),
        ("unsubscribe", Problem.NO_JOB, None),
        (f"subscribe {ID} on:faild", Problem.BAD_VALUE, f"subscribe {ID} on:failed"),
        (f"subscribe {ID} on:succeeded", Problem.BAD_VALUE, None),
        (f"subscribe {ID} on:", Problem.BAD_VALUE, None),
        (f"subscribe {ID} to:thred", Problem.BAD_VALUE, f"subscribe {ID} to:thread"),
        (f"subscribe {ID} to:<#C123|ops>", Problem.BAD_VALUE, None),
        (f"subscribe {ID} mention:", Problem.BAD_VALUE, None),
        (f"subscribe {ID} mention:,", Problem.BAD_VALUE, None),
        (f"subscribe {ID} state:failed", Problem.UNKNOWN_OPTION, f"subscribe {ID} on:failed"),
        (f"subscribe {ID} mentoin:<@U1>", Problem.UNKNOWN_OPTION, f"subscribe {ID} mention:<@U1>"),
        (f"subscribe {ID} since:2h", Problem.UNKNOWN_OPTION, None),
        (f"subscribe {ID} mention:@dana", Problem.NOT_A_PERSON, None),
        (f"subscribe {ID} @dana", Problem.NOT_A_PERSON, None),
        (f"subscribe {ID} mention:dana", Problem.NOT_A_PERSON, None),
        (f"subscribe {ID} mention:<#C123|ops>", Problem.NOT_A_PERSON, None),
        (f"subscribe {ID} mention:<!here>", Problem.EVERYBODY, None),
        (f"subscribe {ID} mention:<!channel|@channel>", Problem.EVERYBODY, None),
        (f"subscribe {ID} mention:@everyone", Problem.EVERYBODY, None),
        (f"subscribe {ID} @here", Problem.EVERYBODY, None),
        (f"subscribe {ID} " + ",".join(f"<@U{at}>" for at in range(11)), Problem.TOO_MANY_MENTIONS, None),
        (f"subscribe {ID} " + " ".join(f"<@U{at}>" for at in range(11)), Problem.TOO_MANY_MENTIONS, None),
        (f"subscribe media-ch/video-ocr/{ID} to:dm", Problem.UNKNOWN_ACCOUNT, f"subscribe {REF} to:dm"),
        ("subscribe lecture.mp4 on:any", Problem.NOT_A_JOB, "find lecture.mp4"),
        ("subscribe " + " ".join(f"job{at}" for at in range(21)), Problem.TOO_MANY_JOBS, None),
        (f"unsubscribe {ID} all", Problem.ALL_OR_SOME, f"unsubscribe {ID}"),
        (f"unsubscribe {ID} on:failed", Problem.SUPERFLUOUS, f"unsubscribe {ID}"),
        (f"list {ID} on:failed", Problem.UNKNOWN_WORD, f"show {ID}"),
        ("subscriptions hre", Problem.UNKNOWN_WORD, "subscriptions here"),
        ("subscriptions here mine", Problem.SUPERFLUOUS, "subscriptions here"),
        (f"subscriptions {ID}", Problem.UNKNOWN_WORD, None),
    ],
)
def test_what_cannot_be_meant(typed: str, problem: Problem, suggestion: str | None):
    error = refused(typed)
    assert (error.problem, error.suggestion) == (problem, suggestion)


def test_errors_say_what_to_type_instead():
    assert (
        sentence(refused(f"subscribe {ID} on:soon"))
        == "`on:soon` isn't valid. Use failed, stuck, down, done, started or any."
    )
    assert sentence(refused(f"subscribe {ID} colour:red")) == (
        "Unknown option `colour`. Available: on, to and mention."
    )
    assert sentence(refused(f"subscribe {ID} mention:@dana")) == (
        "Unknown person or user group `@dana`. Type `@` and pick one from Slack's suggestions."
    )
    assert sentence(refused(f"subscribe {ID} mention:<!here>")) == (
        "I can't mention `@here`. Name people or user groups, for example `mention:@dana`."
    )


def test_the_options_of_a_subscription():
    asked = parse(f"subscribe {ID} on:failed to:dm mention:<@U1|dana>,<!subteam^S1|@oncall>", CATALOG)
    assert asked.subscription_options("U0DANA", NOON) == SubscriptionOptions(
        user="U0DANA", at=NOON, on=frozenset({On.FAILED}), to=To.DM, mention=("<@U1>", "<!subteam^S1>")
    )
    assert parse(f"subscribe {ID}", CATALOG).subscription_options("U0DANA", NOON) == SubscriptionOptions(
        user="U0DANA", at=NOON
    )


@pytest.mark.parametrize(
    "typed", [f"subscribe {ID}", "subscribe", "help subscribe", "unsubscribe all", "subscriptions"]
)
def test_the_terminal_says_that_subscriptions_are_slacks(typed: str):
    error = refused(typed, commands=grammar.TERMINAL)
    assert error.problem is Problem.SLACK_ONLY
    assert sentence(error).endswith("is available only in Slack.")


def test_the_terminal_offers_nothing_that_it_does_not_have():
    for typed in ("lst", "help lst", f"sub {ID}", "subscrib"):
        error = refused(typed, commands=grammar.TERMINAL)
        assert error.expected == grammar.TERMINAL
        assert "subscribe" not in f"{error.suggestion}"
