"""The browser pages of an installation: what happened, and what to do next."""

from html import escape
from types import MappingProxyType
from urllib.parse import urlencode

_AGAIN = "Start again, and finish within 10 minutes in this browser."
_BEGIN = '<a href="install">Start again</a>'
"""A relative link: it leads to `/slack/install` from there and from `/slack/oauth_redirect`, under any prefix."""
_WORDS = MappingProxyType(
    {
        "access_denied": ("Not installed", "The installation was canceled in Slack.", _AGAIN),
        "invalid_browser": (
            "Not installed",
            "This installation started in another browser, or this browser deleted its cookies.",
            _AGAIN,
        ),
        "invalid_state": ("Not installed", "This installation took too long, or it is already finished.", _AGAIN),
        "missing_code": ("Not installed", "Slack sent no code to exchange for a token.", _AGAIN),
        "invalid_code": (
            "Not installed",
            "Slack rejected the code, or slack.client_id and slack.client_secret don't match.",
            _AGAIN,
        ),
        "not_welcome": (
            "Not for this workspace",
            "Only certain workspaces can install this Callboard. Slack was asked to revoke its token.",
            "Ask your Callboard admin to add your workspace to slack.workspaces.",
        ),
        "storage_error": (
            "Not installed",
            "Slack sent no token for the bot.",
            "Compare the app's settings with the output of `callboard manifest --oauth`.",
        ),
    }
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;"
    "background:#f4f6f9;color:#1d2733}"
    "main{max-width:32rem;margin:1rem;padding:2rem 2.5rem;background:#fff;border-radius:12px;"
    "border-top:6px solid #1f3a5f;box-shadow:0 2px 12px #1f3a5f22}"
    "h1{font-size:1.4rem;margin:0 0 .75rem}p{margin:.5rem 0}"
    "a{display:inline-block;margin-top:1rem;padding:.6rem 1.2rem;border-radius:8px;background:#1f3a5f;color:#fff;"
    "text-decoration:none;font-weight:600}a:focus-visible{outline:3px solid #6ea8fe;outline-offset:2px}"
    "code{display:inline-block;max-width:100%;overflow-wrap:anywhere;"
    "background:#eef1f5;border-radius:4px;padding:0 .35em}"
    "@media(prefers-color-scheme:dark){body{background:#12171e;color:#dfe6ee}"
    "main{background:#1b222c;border-top-color:#6ea8fe;box-shadow:none}"
    "a{background:#6ea8fe;color:#12171e}code{background:#2a3442}}"
)


def installed(team: str, app: str, team_id: str) -> str:
    """Return the page after a successful installation, with a link to the app."""
    query = urlencode({key: value for key, value in {"app": app, "team": team_id}.items() if value})
    return _page(
        f"Callboard is installed in {escape(team)}" if team else "Callboard is installed",
        "<p>Type <code>/jobs help</code> in any channel to get started, and <code>/invite @Callboard</code> "
        f'in each channel where it posts.</p><a href="https://slack.com/app_redirect?{escape(query)}">Open Slack</a>',
    )


def not_installed(reason: str) -> str:
    """Return the page after a failed installation, by Bolt's reason or Slack's error code."""
    title, why, what = _WORDS.get(reason, ("Not installed", "", _AGAIN))
    said = escape(why) if why else f"Slack answered <code>{escape(reason[:80])}</code>."
    return _page(title, f"<p>{said}</p><p>{_coded(what)}</p>{_BEGIN if what == _AGAIN else ''}")


def memory_lost() -> str:
    """Return the page for an installation while Redis is unavailable."""
    return _page("Try again later", "<p>Callboard can't save the installation right now. Try again in a minute.</p>")


def slack_away() -> str:
    """Return the page for an installation while Slack doesn't respond."""
    return _page("Not installed", f"<p>Slack didn't respond.</p><p>{_AGAIN}</p>{_BEGIN}")


def _coded(text: str) -> str:
    """Escape a sentence, and render its `words` as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
