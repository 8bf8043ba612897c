"""Access: the rules as a table, and their effect on names, subscriptions and posts."""

from dataclasses import replace

import pytest

from bot.config.settings import AccessRule
from bot.deps.deps import Deps
from bot.deps.permissions import permit, posted_to, subscribable
from bot.domain.access import Access, Audience
from bot.domain.catalog import ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.jobs.queries import list_jobs
from bot.store import Store
from handlers.commands.parser import parse
from providers.models import JobQuery
from tests.bot.memory import InMemory, services

MEMBERS = {("", "S1"): frozenset({"U0LEE"})}
RULES = (
    AccessRule(accounts=("media",), channels=("C0ONCALL",), users=("U0DANA",)),
    AccessRule(accounts=("media", "vod"), groups=("S1",), subscribe=False),
    AccessRule(accounts=("vod",), channels=("C0VOD", "GVOD")),
    AccessRule(accounts=("status",), users=("*",), subscribe=False),
    AccessRule(accounts=("*",), users=("U0ADMIN",)),
)
ACCOUNTS = ("media", "vod", "status", "unnamed")
READ = "read"

# fmt: off
TABLE = [
    # user      channel      their access to media, vod, status, and to an account that no rule names
    ("U0SAM",   "C0GENERAL", ("-",  "-",  READ, "-")),
    ("U0SAM",   "C0ONCALL",  ("all", "-",  READ, "-")),
    ("U0SAM",   "C0VOD",     ("-",  "all", READ, "-")),
    ("U0SAM",   "GVOD",      ("-",  "all", READ, "-")),
    ("U0SAM",   "D0SAM",     ("-",  "-",  READ, "-")),
    ("U0SAM",   "",          ("-",  "-",  READ, "-")),
    ("U0DANA",  "C0GENERAL", ("all", "-",  READ, "-")),
    ("U0DANA",  "D0DANA",    ("all", "-",  READ, "-")),
    ("U0DANA",  "C0VOD",     ("all", "all", READ, "-")),
    ("U0LEE",   "C0GENERAL", (READ, READ, READ, "-")),
    ("U0LEE",   "C0ONCALL",  ("all", READ, READ, "-")),
    ("U0ADMIN", "",          ("all", "all", "all", "all")),
    ("",        "C0ONCALL",  ("all", "-",  READ, "-")),
    ("",        "",          ("-",  "-",  READ, "-")),
]
# fmt: on


@pytest.mark.parametrize(("user", "channel", "may"), TABLE)
def test_who_may_see_and_subscribe(user: str, channel: str, may: tuple[str, ...]):
    access, audience = Access(RULES, MEMBERS), Audience(user, channel)
    for account, what in zip(ACCOUNTS, may, strict=True):
        assert access.sees(account, audience) == (what != "-"), account
        assert access.subscribes(account, audience) == (what == "all"), account


@pytest.mark.parametrize(
    ("members", "account", "audience", "hidden"),
    [
        (MEMBERS, "media", Audience("U0SAM"), True),
        (MEMBERS, "media", Audience("U0LEE"), False),
        ({}, "media", Audience("U0SAM"), False),  # perhaps a member
        ({}, "media", Audience(channel="C0GENERAL"), True),  # a channel is no member of anything
        ({}, "status", Audience("U0SAM"), False),
        ({}, "unnamed", Audience("U0SAM"), True),
    ],
)
def test_accounts_that_are_certainly_hidden(
    members: dict[tuple[str, str], frozenset[str]], account: str, audience: Audience, *, hidden: bool
):
    assert Access(RULES, members).hides(account, audience) == hidden


@pytest.mark.parametrize("account", ACCOUNTS)
def test_without_rules_everyone_may_do_everything(account: str):
    assert Access().sees(account, Audience())
    assert Access().subscribes(account, Audience())
    assert Access().unnamed(ACCOUNTS) == ()


def test_accounts_that_no_rule_names_are_listed():
    assert Access(RULES[:1]).unnamed(ACCOUNTS) == ("vod", "status", "unnamed")
    assert Access(RULES).unnamed(ACCOUNTS) == ()


@pytest.mark.parametrize(
    ("place", "user", "readers"),
    [
        ("C0ONCALL", "U0DANA", Audience(channel="C0ONCALL")),
        ("GPRIVATE", "U0DANA", Audience(channel="GPRIVATE")),
        ("U0DANA", "", Audience("U0DANA")),
        ("W0DANA", "U0LEE", Audience("W0DANA")),
        ("D0DANA", "U0DANA", Audience("U0DANA")),
        ("D0OTHERS", "", Audience(channel="D0OTHERS")),
    ],
)
def test_readers_of_a_destination(place: str, user: str, readers: Audience):
    assert Audience.of_destination(place, user) == readers


@pytest.fixture
def whole(store: Store) -> Deps:
    known = services(store, *(InMemory(account=name).filled(2) for name in ACCOUNTS))
    return replace(known, access=Access(RULES, MEMBERS))


def names(seen: Deps) -> set[str]:
    return {provider.account for provider in seen.providers}


class TestServices:
    def test_they_have_only_visible_accounts(self, whole: Deps):
        lee = whole.seen_by(Audience("U0LEE", "C0GENERAL"))
        assert names(lee) == {"media", "vod", "status"}
        assert lee.catalog.accounts == ("media", "vod", "status")
        assert (lee.sees("media"), lee.sees("unnamed")) == (True, False)

    def test_narrowing_again_starts_from_all(self, whole: Deps):
        sam = whole.seen_by(Audience("U0SAM")).seen_by(Audience("U0ADMIN"))
        assert names(sam) == set(ACCOUNTS)
        assert names(sam.whole) == set(ACCOUNTS)
        assert sam.whole.audience is None

    def test_without_a_viewer_they_are_complete(self, whole: Deps):
        assert whole.whole is whole
        assert not whole.narrowed
        assert whole.subscribes("unnamed")

    def test_readers_of_an_answer_do_not_decide_on_subscribing(self, whole: Deps):
        dana = whole.seen_by(Audience("U0DANA", "C0VOD")).read_by(Audience(channel="C0ONCALL"))
        assert names(dana) == {"media", "status"}
        assert dana.subscribes("vod")
        assert not dana.subscribes("status")

    async def test_an_answer_has_only_visible_accounts(self, whole: Deps):
        found = await list_jobs(whole.seen_by(Audience("U0SAM", "C0ONCALL")), ServiceFilter(), JobQuery())
        assert {job.account for job in found.jobs} == {"media", "status"}

    async def test_a_person_who_sees_nothing_gets_a_refusal(self, whole: Deps):
        nobody = replace(whole, access=Access(RULES[:1])).seen_by(Audience("U0SAM"))
        with pytest.raises(UsageError) as caught:
            await list_jobs(nobody, ServiceFilter(), JobQuery())
        assert caught.value.problem is Problem.NOTHING_FOR_YOU


class TestWords:
    @pytest.mark.parametrize("text", ["", "list", "show media/video/job-0000", "subscriptions", "lst", "find media"])
    def test_a_person_who_sees_nothing_gets_the_same_refusal_everywhere(self, whole: Deps, text: str):
        nobody = replace(whole, access=Access(RULES[:1])).seen_by(Audience("U0SAM"))
        with pytest.raises(UsageError) as caught:
            parse(text, nobody.catalog)
        assert caught.value.problem is Problem.NOTHING_FOR_YOU
        assert parse("help list", nobody.catalog).text == "list"

    @pytest.mark.parametrize("command", ["show", "subscribe", "unsubscribe"])
    def test_a_ref_of_an_unseen_account(self, whole: Deps, command: str):
        sam = whole.seen_by(Audience("U0SAM", "C0VOD"))
        with pytest.raises(UsageError) as caught:
            parse(f"{command} media/video/job-0000", sam.catalog)
        assert caught.value.problem is Problem.NOT_FOR_YOU
        assert caught.value.expected == ("vod", "status")

    def test_no_suggestion_names_an_unseen_account(self, whole: Deps):
        sam = whole.seen_by(Audience("U0SAM", "C0VOD"))
        for text in ("list medi", "medi", "list medi/video", "show medi/video/job-0000", "list video media"):
            with pytest.raises(UsageError) as caught:
                parse(text, sam.catalog)
            told = (*caught.value.expected, caught.value.suggestion or "")
            assert not any("media" in word.split() for word in told), text


class TestDestinations:
    @pytest.mark.parametrize(
        ("user", "channel", "account", "place", "problem"),
        [
            ("U0SAM", "C0ONCALL", "media", "C0ONCALL", None),
            ("U0DANA", "C0GENERAL", "media", "U0DANA", None),
            ("U0DANA", "D0DANA", "media", "D0DANA", None),
            ("U0DANA", "C0GENERAL", "media", "C0GENERAL", Problem.NOT_FOR_ALL),
            ("U0SAM", "C0ONCALL", "media", "U0SAM", Problem.NOT_FOR_ALL),
            ("U0LEE", "C0GENERAL", "vod", "U0LEE", Problem.NOT_TO_SUBSCRIBE),
            ("U0LEE", "C0ONCALL", "vod", "C0VOD", Problem.NOT_TO_SUBSCRIBE),
            ("U0SAM", "C0ONCALL", "status", "C0ONCALL", Problem.NOT_TO_SUBSCRIBE),
        ],
    )
    def test_where_jobs_may_be_subscribed_to(  # noqa: PLR0917  # a row of the table
        self, whole: Deps, user: str, channel: str, account: str, place: str, problem: Problem | None
    ):
        asker = whole.seen_by(Audience(user, channel))
        assert (account in names(subscribable(asker, place))) == (problem is None)
        if problem is None:
            permit(asker, [account], place)
            return
        with pytest.raises(UsageError) as caught:
            permit(asker, [account], place)
        assert caught.value.problem is problem

    def test_what_may_be_posted(self, whole: Deps):
        lee = whole.seen_by(Audience("U0LEE", "C0ONCALL"))
        assert names(posted_to(lee, "C0ONCALL", "U0LEE", ["media"])) == {"media", "status"}
        assert names(posted_to(lee, "D0LEE", "U0LEE", ["vod"])) == {"media", "vod", "status"}
        for place, user in (("C0ONCALL", "U0LEE"), ("D0OTHERS", "")):
            with pytest.raises(UsageError) as caught:
                posted_to(lee, place, user, ["status", "vod"])
            assert (caught.value.problem, caught.value.found) == (Problem.NOT_FOR_ALL, "vod")


STRANGERS = (
    AccessRule(accounts=("media",), channels=("C0SHARED",), outsiders=True),
    AccessRule(accounts=("vod",), users=("*",), guests=True, subscribe=False),
    AccessRule(accounts=("status",), users=("U0VERA", "*"), groups=("S1",), outsiders=False, guests=False),
    AccessRule(accounts=("unnamed",), users=("U0VERA",), outsiders=True, guests=True, workspaces=("T1",)),
)


@pytest.mark.parametrize(
    ("audience", "may"),
    [
        # a person admitted by a rule, and the other limits of the rule; "all" is to subscribe too
        (Audience("T1/U0SAM", "T1/C0SHARED"), ("all", READ, "all", "-")),
        (Audience("T1/U0VERA", "T1/C0SHARED", outside=True), ("all", "-", "-", "all")),
        (Audience("T1/U0VERA", "T1/C0ONCALL", outside=True), ("-", "-", "-", "all")),
        (Audience("T2/U0VERA", "T2/C0ONCALL", outside=True), ("-", "-", "-", "-")),
        (Audience("T1/U0VERA", "T1/C0SHARED", guest=True), ("-", READ, "-", "all")),
        (Audience("T1/U0LEE", "T1/C0SHARED", guest=True, unsure=True), ("-", READ, "-", "-")),
        (Audience("T1/U0VERA", outside=True, guest=True), ("-", "-", "-", "all")),
    ],
)
def test_people_of_other_organizations_and_guests_need_a_rule_that_admits_them(
    audience: Audience, may: tuple[str, ...]
):
    access = Access(STRANGERS, {("T1", "S1"): frozenset({"U0VERA", "U0LEE"})})
    for account, what in zip(ACCOUNTS, may, strict=True):
        assert access.sees(account, audience) == (what != "-"), account
        assert access.subscribes(account, audience) == (what == "all"), account


@pytest.mark.parametrize("stranger", [Audience("U1", "C1", outside=True), Audience("U1", "C1", guest=True)])
def test_without_rules_only_members_see_everything(stranger: Audience):
    access = Access()
    assert not access.sees(account := "media", stranger)
    assert not access.subscribes(account, stranger)
    assert access.hides(account, replace(stranger, channel=""))
    assert access.sees(account, Audience(channel="C1"))


@pytest.mark.parametrize(
    ("traits", "problem"),
    [
        ({"outside": True}, Problem.NOT_FOR_OUTSIDERS),
        ({"guest": True}, Problem.NOT_FOR_GUESTS),
        ({"guest": True, "unsure": True}, Problem.NOT_FOR_THE_UNSURE),
    ],
)
@pytest.mark.parametrize("rules", [(), RULES])
async def test_strangers_get_their_own_refusal_where_others_read_too(
    store: Store, rules: tuple[AccessRule, ...], traits: dict[str, bool], problem: Problem
):
    whole = replace(services(store, *(InMemory(account=name) for name in ACCOUNTS)), access=Access(rules, MEMBERS))
    stranger = whole.seen_by(Audience("U0LEE", "C0ONCALL", **traits))
    everywhere = (
        stranger,
        stranger.read_by(Audience(channel="C0ONCALL")),
        stranger.read_by(Audience("U0LEE")),
        stranger.asked_in("C0VOD"),
        subscribable(stranger, "U0LEE"),
    )
    for each in everywhere:
        assert (each.catalog.pairs, each.catalog.refusal, each.narrowed) == ((), problem, True)
        assert not any(each.sees(account) for account in ACCOUNTS)
        with pytest.raises(UsageError) as caught:
            parse("show media/video/job-1", each.catalog)
        assert caught.value.problem is problem
    with pytest.raises(UsageError):
        permit(stranger, ["media"], "U0LEE")
    assert stranger.whole.providers == whole.providers
