"""A table of visibility: every surface, by the person who asks and the people who read the answer.

`media-cn` is hidden. Lee may see it and subscribe to its jobs, Dana may only look, Sam may do neither. Members of
#media may look, so Sam may look there. Readers of #general may look only if they ask themselves. `vod-sg` is public.

Vera is from another organization, Gil is a guest. Only a rule that admits them lets them in. Then they see the same of
its accounts as Sam.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from unittest.mock import Mock

import pytest

from providers.accounts import AlibabaAccount, HuaweiAccount
from sandbox.clouds.example_jobs import VOD_MEDIA
from sandbox.slack.workspace.model import Team, User
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Answer, Person
from tests.scenarios.surfaces import DOES, ID, NAME, REF, Cell

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]  # the delivery mode does not matter
GENERAL, MEDIA = "C0GENERAL", "C0MEDIA"
SECRETS = {NAME, ID, "media-cn", "video-ocr", "image-moderation", "digital-human"}

SHOWN, FOLLOWED, LEFT, ABSENT, OTHERS, UNKNOWN = "shown", "followed", "left", "absent", "others", "unknown"
UNSEEN, NOTHING, PUBLIC, LOOKS = "unseen", "nothing", "not for all", "looks only"
OUTSIDER, GUEST = "no outsiders", "no guests"
WORDS = {
    "Callboard doesn't answer people from other organizations here.": OUTSIDER,
    "Callboard doesn't answer guests here. Ask a member": GUEST,
    "You don't have access here.": NOTHING,
    "here. Available: vod-sg": UNSEEN,
    "or an account that you can't see here": UNSEEN,
    "Can't share: some members lack access to `media-cn`": PUBLIC,
    "You can see jobs of `media-cn` here, but you can't subscribe to them": LOOKS,
    "was not found in *vod-sg/vod-ai* or *vod-sg/vod-jobs*": UNKNOWN,
    "is not followed here": ABSENT,
    "No longer followed": LEFT,
    "Following": FOLLOWED,
    NAME: SHOWN,
    "media-cn": SHOWN,
}
"""The meaning of an answer, by the first of these texts in it. OTHERS is the rest, as if nothing were hidden."""
HIDES = {OTHERS, UNKNOWN, UNSEEN, NOTHING, OUTSIDER, GUEST}

PEOPLE = """
[[access]]
accounts = ["media-cn"]
groups = ["S0TRANSCODE"]

[[access]]
accounts = ["media-cn"]
users = ["U0DANA"]
channels = ["C0MEDIA"]
subscribe = false
"""
FOR_ALL = """
[[access]]
accounts = ["vod-sg"]
users = ["*"]
"""

# fmt: off
TABLE: dict[str, dict[str, tuple[str, str, str, str, str, str]]] = {
"typed": {
    # asked in                      #general                         #media
    # by                            Lee       Dana      Sam          Lee       Dana      Sam
    f"show {REF}":                  (SHOWN,    SHOWN,    UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    f"show {ID}":                   (SHOWN,    SHOWN,    UNKNOWN,     SHOWN,    SHOWN,    SHOWN),
    "list":                         (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "list media-cn":                (SHOWN,    SHOWN,    UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "media-cn/video-ocr":           (SHOWN,    SHOWN,    UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "find lecture":                 (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "accounts":                     (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
    f"subscribe {REF}":             (PUBLIC,   LOOKS,    UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    f"subscribe {ID}":              (PUBLIC,   LOOKS,    UNKNOWN,     FOLLOWED, LOOKS,    LOOKS),
    f"subscribe {REF} to:dm":       (FOLLOWED, LOOKS,    UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    "subscriptions":                (OTHERS,   OTHERS,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "subscriptions mine":           (SHOWN,    OTHERS,   OTHERS,      SHOWN,    OTHERS,   OTHERS),
    f"unsubscribe {REF}":           (ABSENT,   ABSENT,   UNSEEN,      LEFT,     LEFT,     LEFT),
    "help":                         (OTHERS,   OTHERS,   OTHERS,      OTHERS,   OTHERS,   OTHERS),
    "lst":                          (OTHERS,   OTHERS,   OTHERS,      OTHERS,   OTHERS,   OTHERS),
},
"clicked on a message that everybody reads": {
    "Details":                      (SHOWN,    SHOWN,    UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "Open for me":                  (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "Raw":                          (SHOWN,    SHOWN,    UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "Refresh of a list":            (OTHERS,   OTHERS,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "Previous":                     (OTHERS,   OTHERS,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "State":                        (OTHERS,   OTHERS,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "Refresh of details":           (PUBLIC,   PUBLIC,   UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "Share of a list":              (PUBLIC,   PUBLIC,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "Share of details":             (PUBLIC,   PUBLIC,   UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "Subscribe":                    (PUBLIC,   LOOKS,    UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    "Unsubscribe":                  (ABSENT,   ABSENT,   UNSEEN,      LEFT,     LEFT,     LEFT),
    "Undo":                         (PUBLIC,   PUBLIC,   UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    "See all":                      (SHOWN,    SHOWN,    NOTHING,     SHOWN,    SHOWN,    SHOWN),
},
"filled in": {
    "form to subscribe":            (PUBLIC,   LOOKS,    UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    "form to find":                 (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
    "form to find, sent off":       (SHOWN,    SHOWN,    OTHERS,      SHOWN,    SHOWN,    SHOWN),
},
"said to the bot, or picked from the menu of a message": {
    f"@Callboard show {REF}":       (UNSEEN,   UNSEEN,   UNSEEN,      SHOWN,    SHOWN,    SHOWN),
    "@Callboard list":              (OTHERS,   OTHERS,   OTHERS,      SHOWN,    SHOWN,    SHOWN),
    f"@Callboard subscribe {REF}":  (UNSEEN,   UNSEEN,   UNSEEN,      FOLLOWED, LOOKS,    LOOKS),
    "Look up jobs":                 (SHOWN,    SHOWN,    UNKNOWN,     SHOWN,    SHOWN,    SHOWN),
    "Subscribe to jobs":            (PUBLIC,   LOOKS,    UNKNOWN,     FOLLOWED, LOOKS,    LOOKS),
},
}
TO_ONESELF: dict[str, tuple[str, str, str]] = {
    # in private, by                    Lee       Dana      Sam
    f"show {REF}":                      (SHOWN,    SHOWN,    UNSEEN),
    "list":                             (SHOWN,    SHOWN,    OTHERS),
    f"subscribe {REF}":                 (FOLLOWED, LOOKS,    UNSEEN),
    "Find jobs":                        (SHOWN,    SHOWN,    OTHERS),
    "Home":                             (SHOWN,    SHOWN,    OTHERS),
}
# fmt: on


ABOUT_SUBSCRIPTIONS = {"subscriptions", "subscriptions mine", f"unsubscribe {REF}", "Unsubscribe"}
"""Lee subscribed to the job in #media."""


async def decided(cell: Cell, what: str) -> str:
    """Do it, and return the meaning of the answer."""
    if what in ABOUT_SUBSCRIPTIONS:
        await cell.stage.lee.types(f"/jobs subscribe {REF}", MEDIA)
    if what in DOES:
        answer = await DOES[what](cell)
    elif what.startswith("@Callboard"):
        answer = await cell.says(what.replace("@Callboard", "<@U0CALLBOARD>"))
    else:
        answer = await cell.types(what)
    decision = next((decision for words, decision in WORDS.items() if words in answer), OTHERS)
    if decision == FOLLOWED or what in ABOUT_SUBSCRIPTIONS:
        for channel in {cell.channel, MEDIA}:
            await cell.stage.lee.types(f"/jobs unsubscribe {REF}", channel)
    if decision in HIDES:
        assert [word for word in SECRETS if word in answer and word not in f"{what} {REF}"] == []
    assert decision in {SHOWN, FOLLOWED, LEFT} or NAME not in answer
    return decision


@pytest.fixture
def more_settings() -> str:
    return PEOPLE + FOR_ALL


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the limit on questions to the clouds."""
    for kind in (HuaweiAccount, AlibabaAccount):
        monkeypatch.setattr(kind, "rate", Mock(return_value=1000))


@pytest.fixture
def people(stage: Stage) -> tuple[Person, Person, Person]:
    stage.scene.job(id=ID, name=NAME)
    return stage.lee, stage.dana, replace(stage.dana, id="U0SAM")


@pytest.mark.parametrize("how", TABLE)
async def test_where_others_read_along(stage: Stage, people: tuple[Person, Person, Person], how: str):
    cells = [Cell(stage, person, channel) for channel in (GENERAL, MEDIA) for person in people]
    assert {what: tuple([await decided(cell, what) for cell in cells]) for what in TABLE[how]} == TABLE[how]


async def test_to_oneself(stage: Stage, people: tuple[Person, Person, Person]):
    cells = [Cell(stage, person, f"D{person.id[1:]}") for person in people]
    assert {what: tuple([await decided(cell, what) for cell in cells]) for what in TO_ONESELF} == TO_ONESELF


@pytest.mark.parametrize(
    ("hidden", "nowhere"),
    [
        (f"show {REF}", f"show nowhere/video-ocr/{ID}"),
        (f"show {ID}", f"show {ID[::-1]}"),
        (f"subscribe {ID}", f"subscribe {ID[::-1]}"),
        (f"unsubscribe {REF}", f"unsubscribe nowhere/video-ocr/{ID}"),
        (f"find {ID}", f"find {ID[::-1]}"),
        ("list media-cn", "list nowhere"),
        ("media-cn", "nowhere"),
        ("list digital-human", "list nothing-such"),
        ("list mdia-cn", "list nwhere"),
        (f"show medi-cn/video-ocr/{ID}", f"show nowhre/video-ocr/{ID}"),
    ],
)
async def test_what_is_hidden_reads_as_if_it_did_not_exist(
    stage: Stage, people: tuple[Person, Person, Person], hidden: str, nowhere: str
):
    async def plain(command: str) -> str:
        named = command.rsplit(maxsplit=1)[-1]
        answer = (await people[2].types(f"/jobs {command}", GENERAL)).json["text"]
        return answer.replace(named, "…").replace(named.partition("/")[0], "…")

    assert await plain(hidden) == await plain(nowhere)


class TestWhoeverSeesNothing:
    @pytest.fixture
    def more_settings(self) -> str:
        return PEOPLE

    async def test_reads_the_same_everywhere(self, stage: Stage, people: tuple[Person, Person, Person]):
        sam = Cell(stage, people[2], GENERAL)
        does = {what for table in TABLE.values() for what in table} | {"Find jobs", "Home", "Keep looking"}
        told = {what: await decided(sam, what) for what in sorted(does - {"form to find, sent off"})}
        assert {what for what, decision in told.items() if decision != NOTHING} == {"help"}


STRANGERS = (
    User("U0VERA", "vera", "Vera Novak", "#555555", team=Team("T0OTHER", "Other", "other")),
    User("U0GIL", "gil", "Gil Moreau", "#666666", guest="multi"),
)
LET_IN = """
[[access]]
accounts = ["media-cn"]
channels = ["C0MEDIA"]
subscribe = false
outsiders = true
guests = true
"""


@pytest.fixture
def strangers(stage: Stage, people: tuple[Person, Person, Person]) -> list[Person]:
    """Return Vera and Gil."""
    stage.dana.workspace.channels[MEDIA].shared = True
    for each in STRANGERS:
        stage.dana.workspace.users[each.id] = each
        stage.dana.workspace.direct_message(each)
    return [replace(stage.dana, id=each.id) for each in STRANGERS]


async def columns(cells: list[Cell], table: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {what: tuple([await decided(cell, what) for cell in cells]) for what in table}


class TestStrangersWithoutAnyRule:
    """Members see everything, in every channel."""

    @pytest.fixture
    def more_settings(self) -> str:
        return ""

    async def test_they_see_nothing_and_subscribe_to_nothing(self, stage: Stage, strangers: list[Person]):
        prepared: dict[str, Answer] = {}  # none of these clicks changes a message
        cells = [Cell(stage, person, MEDIA, prepared) for person in strangers]
        surfaces = dict.fromkeys([*(what for table in TABLE.values() for what in table), "Keep looking", "Restore"])
        surfaces.pop("form to find, sent off")  # there is no form
        expected = dict.fromkeys(surfaces, (OUTSIDER, GUEST)) | {"help": (OTHERS, OTHERS)}
        assert await columns(cells, surfaces) == expected
        alone = [Cell(stage, person, f"D{person.id[1:]}") for person in strangers]
        assert await columns(alone, TO_ONESELF) == dict.fromkeys(TO_ONESELF, (OUTSIDER, GUEST))
        for each in strangers:
            place = f"T0SANDBOX/{each.id}"
            assert await stage.bot.store.tracked.destinations_of(place) == {place}

    async def test_nor_by_a_card_or_a_link(self, stage: Stage, strangers: list[Person]):
        await stage.lee.types(f"/jobs subscribe {REF}", MEDIA)
        card = await stage.lee.hears("Subscribed by", MEDIA)
        link = f"<https://vod.console.aliyun.com/#/media/video/detail/{VOD_MEDIA}/video>"
        for person, refused in zip(strangers, ("people from other organizations", "guests"), strict=True):
            cell = Cell(stage, person, MEDIA)
            assert refused in await cell.reaction(partial(person.starts, "Refresh", card, MEDIA))
            assert refused in await cell.reaction(partial(person.starts_picking, "For 1 hour", card, MEDIA))
            await person.says(f"{person.id} saw {link}", MEDIA)
        await stage.lee.says(f"Lee saw {link}", MEDIA)
        await stage.lee.reads_once("vod-jobs", of="Lee saw", channel=MEDIA)
        assert [(await stage.lee.reads(f"{each.id} saw", MEDIA))["attachments"] for each in strangers] == [[], []]
        assert "Snoozed" not in str([each.json for each in await stage.lee.sees(MEDIA)])


class TestStrangersWithARule:
    """Each surface by one of them."""

    @pytest.fixture
    def more_settings(self) -> str:
        return PEOPLE + LET_IN

    async def test_they_see_what_it_is_about(self, stage: Stage, strangers: list[Person]):
        expected = {what: (sam,) for table in TABLE.values() for what, (*_, sam) in table.items()}
        seen = [await columns([Cell(stage, strangers[at % 2], MEDIA)], [what]) for at, what in enumerate(expected)]
        assert {what: decision for each in seen for what, decision in each.items()} == expected
        elsewhere = [Cell(stage, person, GENERAL) for person in strangers]
        assert await columns(elsewhere, ["list"]) == {"list": (OUTSIDER, GUEST)}
