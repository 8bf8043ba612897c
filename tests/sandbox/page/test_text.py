"""Slack's text formats and dates on the page: rendered like Slack's, never as markup."""

import random
from typing import cast

from playwright.async_api import Page, expect

from sandbox.slack.workspace.model import Content, Json
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE
from tests.sandbox.page.kit import actions, button, mrkdwn, option, plain, say, shown, state_select

pytestmark = ON_THE_PAGE

ATTACK = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"><b>bold</b>'
MRKDWN = (
    ("*bold* _it_ ~no~ `a*b*c`", "<p><strong>bold</strong> <em>it</em> <del>no</del> <code>a*b*c</code></p>"),
    ("a digital_human_video 2*3*4", "<p>a digital_human_video 2*3*4</p>"),
    ("*bold _both_*", "<p><strong>bold <em>both</em></strong></p>"),
    ("&lt;!channel&gt; &amp;amp;", "<p>&lt;!channel&gt; &amp;amp;</p>"),
    ("a\nb", "<p>a<br>b</p>"),
    ("&gt; said\n> too\nnot", "<blockquote>said<br>too</blockquote><p>not</p>"),
    ("• one\n- two\n1. three", '<ul><li>one</li><li>two</li></ul><ol start="1"><li>three</li></ol>'),
    ("see ```\n*raw* &lt;\n``` end", '<p>see </p><pre tabindex="0"><code>*raw* &lt;</code></pre><p> end</p>'),
    ("open ``` end", "<p>open </p><p>``` end</p>"),
    ("<#C9|media>", '<p><span class="mention" data-id="C9">#media</span></p>'),
    ("<@U0DANA>", '<p><span class="mention mine" data-id="U0DANA">@dana</span></p>'),
    ("<!here>", '<p><span class="mention broadcast">@here</span></p>'),
    ("<javascript:alert(1)|x>", "<p>&lt;javascript:alert(1)|x&gt;</p>"),
    ("<!date^x^{date}|no date>", "<p><span>no date</span></p>"),
    (":x: :nonsense: 10:30:00", '<p><span class="emoji" title=":x:">❌</span> :nonsense: 10:30:00</p>'),
)


async def rendered(page: Page, texts: list[str]) -> list[str]:
    """Return the markup that each text becomes."""
    script = """async (texts) => {
        const { renderMrkdwn } = await import("/static/js/mrkdwn.js");
        const names = { me: "U0DANA", user: (id) => id === "U0DANA" ? "dana" : id, channel: (id) => id };
        return texts.map((text) => {
            const box = document.createElement("div");
            box.append(renderMrkdwn(text, names));
            return box.innerHTML;
        });
    }"""
    return cast("list[str]", await page.evaluate(script, texts))


async def dated(page: Page, templates: list[str], unix: int, **options: str) -> list[str]:
    script = """async ([templates, unix, { now, ...options }]) => {
        const { formatDate } = await import("/static/js/dates.js");
        return templates.map((each) => formatDate(unix, each, { now: new Date(now), ...options }));
    }"""
    return cast("list[str]", await page.evaluate(script, [templates, unix, options]))


async def test_no_text_becomes_markup(page: Page, workspace: Workspace) -> None:
    overflow = {"type": "overflow", "action_id": "more", "options": [option(ATTACK[:70])]}
    attacked = say(
        workspace,
        ATTACK,
        [
            {"type": "header", "text": plain(ATTACK)},
            {"type": "section", "text": mrkdwn(ATTACK), "fields": [mrkdwn(f"*{ATTACK}*")]},
            {"type": "section", "text": mrkdwn(f"```{ATTACK}``` `{ATTACK}` <https://a.example|{ATTACK}>")},
            {"type": "context", "elements": [mrkdwn(ATTACK), plain(ATTACK)]},
            {"type": "markdown", "text": f"# {ATTACK}\n[{ATTACK}](https://a.example)"},
            actions(button(ATTACK[:70]), state_select(options=[option(ATTACK[:70])]), overflow),
        ],
    )
    workspace.messages.post("C0ONCALL", "U0LEE", Content(ATTACK))
    workspace.feed.notice("U0DANA", "C0ONCALL", ATTACK)
    await expect(page.get_by_role("article")).to_have_count(6)
    assert await page.evaluate("window.hacked") is None
    await expect(page.locator("#messages").locator("script, b, img:not(.avatar)")).to_have_count(0)
    await expect(shown(page, attacked).get_by_role("heading").first).to_have_text(ATTACK)


async def test_any_text_renders_to_known_elements(page: Page) -> None:
    pieces = [
        "*",
        "_",
        "~",
        "`",
        "```",
        "<",
        ">",
        "|",
        "&lt;",
        "&amp;",
        "\n",
        "> ",
        "• ",
        "1. ",
        " ",
        "word",
        "é😀",
        ATTACK,
    ]
    pieces += ["<@U0DANA>", "<!here>", "<javascript:alert(1)|x>", "https://a.example", "<!date^1^{date}|x>", ":x:", "^"]
    dice = random.Random(7)
    texts = ["".join(dice.choices(pieces, k=12)) for _ in range(600)]
    script = """(all) => all.flatMap((html) => {
        const box = document.createElement("template");
        box.innerHTML = html;
        return [...box.content.querySelectorAll("*")].flatMap((element) => [
            element.localName, ...element.getAttributeNames().map((name) => "@" + name),
            ...(element.href && !element.href.startsWith("https://a.") ? ["!" + element.href] : []),
        ]);
    })"""
    seen = set(cast("list[str]", await page.evaluate(script, await rendered(page, texts))))
    elements = {"p", "br", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "del", "span", "a", "time"}
    attributes = {"class", "data-id", "href", "target", "rel", "title", "datetime", "data-unix", "data-format"}
    assert seen <= elements | {f"@{name}" for name in attributes | {"tabindex", "start"}}
    assert {"strong", "a", "time", "pre"} <= seen


async def test_mrkdwn_looks_as_in_slack(page: Page) -> None:
    texts, markup = zip(*MRKDWN, strict=True)
    assert await rendered(page, list(texts)) == list(markup)


async def test_links_open_in_a_new_tab(page: Page) -> None:
    [labelled, bare] = await rendered(page, ["<https://a.example/?a=1&amp;b=2|docs>", "at https://a.example/x_y_z."])
    aside = 'target="_blank" rel="noopener noreferrer"'
    assert labelled == f'<p><a href="https://a.example/?a=1&amp;b=2" {aside}>docs</a></p>'
    assert bare == f'<p>at <a href="https://a.example/x_y_z" {aside}>https://a.example/x_y_z</a>.</p>'


async def test_dates_are_in_the_viewers_zone_with_slacks_words(page: Page) -> None:
    unix = 1795219200  # 2026-11-21 00:00:00 UTC
    templates = ["{date_num}", "{date}", "{date_short}", "{date_long}", "at {time}", "{time_secs}", "{nope}"]
    assert await dated(page, templates, unix, now="2026-11-30T12:00:00Z", timeZone="America/New_York") == [
        "2026-11-20",
        "November 20th, 2026",
        "Nov 20, 2026",
        "Friday, November 20th, 2026",
        "at 7:00 PM",
        "7:00:00 PM",
        "{nope}",
    ]
    relative = ["{date_pretty}", "since {date_short_pretty}", "{date_long_pretty}", "{ago}"]
    long = "Friday, November 20th, 2026"
    for now, words in {
        "2026-11-21T00:00:04Z": ["Today", "since today", "Today", "4 seconds ago"],
        "2026-11-22T02:00:00Z": ["Yesterday", "since yesterday", "Yesterday", "1 day ago"],
        "2026-11-19T22:00:00Z": ["Tomorrow", "since tomorrow", "Tomorrow", "In 1 day"],
        "2026-11-23T22:00:00Z": ["November 20th, 2026", "since Nov 20, 2026", long, "2 days ago"],
    }.items():
        assert await dated(page, relative, unix, now=now, timeZone="America/New_York") == words


async def test_a_date_in_a_message_has_its_instant(page: Page, workspace: Workspace) -> None:
    message = say(workspace, "done <!date^1795219200^{date_num} {time}|2026-11-21 00:00 UTC>")
    time = shown(page, message).locator(".text time")
    await expect(time).to_have_text("2026-11-20 7:00 PM")
    await expect(time).to_have_attribute("datetime", "2026-11-21T00:00:00.000Z")


async def test_rich_text_and_markdown_blocks(page: Page, workspace: Workspace) -> None:
    words: list[Json] = [
        {"type": "text", "text": "id", "style": {"code": True}},
        {"type": "user", "user_id": "U0LEE"},
        {"type": "emoji", "name": "tada"},
        {"type": "link", "url": "https://a.example/", "text": "docs"},
    ]
    listed = {
        "type": "rich_text_list",
        "style": "bullet",
        "elements": [{"type": "rich_text_section", "elements": words}],
    }
    markdown = "## Title\n1. **one**\n\n[docs](https://a.example/)\n```\n**raw**\n```"
    message = say(
        workspace, blocks=[{"type": "rich_text", "elements": [listed]}, {"type": "markdown", "text": markdown}]
    )
    item = shown(page, message).locator(".block-rich_text li")
    await expect(item).to_have_text("id@lee🎉docs")
    await expect(item.locator("code")).to_have_text("id")
    block = shown(page, message).locator(".block-markdown")
    await expect(block.get_by_role("heading")).to_have_text("Title")
    await expect(block.locator("ol strong")).to_have_text("one")
    await expect(block.locator("pre")).to_have_text("**raw**")
    await expect(block.get_by_role("link")).to_have_attribute("href", "https://a.example/")
