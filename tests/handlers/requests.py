"""Hypothesis strategies for catalogs, requests, and texts of people and Slack."""

from hypothesis import strategies as st

from bot.domain.cards import On, To, on_words
from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.watches import Threshold, WatchSpec
from handlers.commands import grammar
from handlers.commands.grammar import Request

CATALOG = Catalog(
    (
        ("media-cn", "video-ocr"),
        ("media-cn", "image-moderation"),
        ("media-cn", "digital-human"),
        ("vod-sg", "vod-ai"),
        ("vod-sg", "vod-jobs"),
    )
)
ID = "f18320e61e4c4dc685aa2dfc22a28dc5"
REF = f"media-cn/video-ocr/{ID}"
UUID = "6f1c2e7a-0b1d-4c2e-9a3b-8d7e6f5a4b3c"

PIECES = (
    *grammar.COMMAND, *grammar.COMMAND_SYNONYMS, *grammar.FILTER, *grammar.OPTION, *grammar.STATES,
    *CATALOG.accounts, *CATALOG.services, *CATALOG.scopes,
    "lst", "faild", "shwo", "video-orc", "media-ch", "stat", ":", "=", "：", "state:", "state:faild", "since:2h",
    "since:yesterdy", "limit:25", "limit:999", "name:x", "media:", "media:ID", ID, REF, UUID, "****", "aasd****",
    "subscribe ", "on:", "to:", "mention:", "on:failed", "on:faild", "to:here", "to:me", "mine", "here", "dm", "@dana",
    "mention:<@U12345678|dana>", "<!subteam^S123|@oncall>", "<!channel>", "<@", "^",
    "media-cn/video-orc/" + ID, f"https://console.example/?task={ID}", "https://[", "https://vod.console.aliyun.com/#/",
    "<@U12345678|dana>", "<@U12345678>", "<#C12345678|ops>", "<!here>", "<https://a.example|a.example>",
    f"<https://a.example/{ID}|{ID}>", "<mailto:a@b.example|a@b.example>", "&amp;", "&lt;", "&gt;", "“", '"', "'",
    "”", "‘", "’", "`", "```", "*", "_", "~", ",", "，", "\u00a0", "\u200b", "\u200d", "\u202e", "\x00", "\x1b", "\n",
    "\t", "/", "//", "a/b", "a/b/c", "/jobs", "--", "-h", "all", "?", "{found}", "%s", "\\", "٣", "²", "İ",
    "；", "、", "（", "】", "•", "—on=", "—", "=", "id=", "job_id: ", "please", "hey", "show me", ":eyes:", "👀",
    "-name:test", "-vod-ai", "-media-cn/video-ocr", "code:ALG.*", "-code:ALG.002", "−name:x", "after:5/10m", "dry-run",
    "after:20%/1h", "w7", "g12", "watch", "on:failed,stuck", "escalate:15m", "to:thread", "-", "*", "everything",
    "\ufe0f", "\u2011", "\\n", "%2C", "＝", "<tel:1|1>", f"任务ID：{ID}", f'{{"id":"{UUID}"}}', ID.upper(),
)  # fmt: skip
typed = st.text(max_size=30) | st.lists(
    st.builds(str.__add__, st.sampled_from(PIECES) | st.text(max_size=4), st.sampled_from(["", " ", " "])), max_size=8
).map("".join)

values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | typed.filter(bool)
codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True).flatmap(
    lambda code: st.sampled_from([code, f"{code}*", "*"])
)
states = st.lists(st.sampled_from(grammar.STATES), min_size=1, unique=True).map(",".join)
times = st.sampled_from(
    ["2h", "90s", "today", "yesterday", "2026-11-20", "2026-11-20T14:30", "2026-11-20T14:30:00+08:00"]
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "state": states,
        "since": times,
        "until": times,
        "name": values,
        "kind": values,
        "media": values,
        "code": codes,
        "limit": st.integers(1, grammar.LIMIT_MAX).map(str),
    },
)
negations = st.lists(
    st.tuples(st.sampled_from(grammar.NEGATABLE[:3]), values) | st.tuples(st.just("code"), codes),
    max_size=3,
    unique=True,
).map(tuple)
scopes = st.sampled_from(
    [
        ServiceFilter(),
        *(ServiceFilter(account=name) for name in CATALOG.accounts),
        *(ServiceFilter(service=name) for name in CATALOG.services),
        *(ServiceFilter(account, service) for account, service in CATALOG.pairs),
        ServiceFilter(without=("media-cn/video-ocr", "vod-ai")),
        ServiceFilter("media-cn", without=("video-ocr",)),
        ServiceFilter(service="video-ocr", without=("vod-sg",)),
    ]
)
events = st.frozensets(st.sampled_from(On), min_size=1)
mentions = st.lists(
    st.sampled_from(["<@U0DANA>", "<@W0LEE>", "<!subteam^S0ONCALL>", "<!subteam^S2>"]), min_size=1, unique=True
)
options = st.fixed_dictionaries(
    {},
    optional={
        "on": events.map(on_words),
        "to": st.sampled_from(To).map(str),
        "mention": mentions.map(",".join),
    },
)
WORDS = {*On, *To, grammar.ALL, *grammar.HELP}
"""Words of subscription commands that could be ids."""
ids = st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True).filter(lambda drawn: drawn.lower() not in WORDS)
watch_ids, group_ids = (st.integers(1, 9999).map(f"{kind}{{}}".format) for kind in "wg")
thresholds = st.builds(Threshold, count=st.integers(2, 100), window_s=st.integers(60, 86400)) | st.builds(
    Threshold, share=st.integers(1, 100), window_s=st.integers(60, 86400)
)


@st.composite
def specs(draw: st.DrawFn) -> WatchSpec:
    scope = draw(scopes)
    texts = {key: draw(st.none() | strategy) for key, strategy in (("name", values), ("kind", values), ("code", codes))}
    return WatchSpec.model_validate(
        {
            "account": scope.account, "service": scope.service, "without_scopes": scope.without, **texts,
            "without": draw(negations), "on": draw(events), "to": draw(st.sampled_from(["here", "dm"])),
            "mention": draw(st.just(()) | mentions.map(tuple)), "after": draw(st.none() | thresholds),
        }
    )  # fmt: skip


@st.composite
def refs(draw: st.DrawFn) -> str:
    account, service = draw(st.sampled_from(CATALOG.pairs))
    return f"{account}/{service}/{draw(ids)}"


jobs = ids | refs() | ids.map("media:{}".format)
named = st.lists(jobs, min_size=1, max_size=20, unique=True).map(tuple)
requests = st.one_of(
    st.builds(Request, st.just("list"), scopes, filters.map(lambda pairs: tuple(pairs.items())), without=negations),
    st.builds(Request, st.just("show"), jobs=named),
    st.builds(Request, st.just("subscribe"), jobs=named, options=options.map(lambda pairs: tuple(pairs.items()))),
    st.builds(Request, st.just("unsubscribe"), jobs=named),
    st.just(Request("unsubscribe", text=grammar.ALL)),
    st.builds(Request, st.just("subscriptions"), text=st.sampled_from([grammar.HERE, grammar.MINE])),
    st.builds(Request, st.just("find"), text=values),
    st.builds(Request, st.just("help"), text=st.sampled_from(["", *grammar.COMMAND])),
    st.just(Request("accounts")),
    st.builds(Request, st.just("watch"), watch=specs(), dry_run=st.booleans()),
    st.just(Request("watch")),
    st.builds(Request, st.just("unwatch"), ids=st.lists(watch_ids, min_size=1, unique=True).map(tuple)),
    st.just(Request("unwatch", text=grammar.ALL)),
    st.builds(Request, st.just("why"), ids=st.tuples(watch_ids | group_ids)),
    st.builds(Request, st.just("why"), jobs=st.tuples(ids.filter(lambda one: not one[1:].isdigit()) | refs())),
    st.just(Request(grammar.MUTE)),
)
