"""Texts that are slow for a bad pattern: unclosed beginnings, and ambiguous runs."""

ATOMS = (
    "<http://", "<https://a|", "<https://a|1b>", "<@U1|", "<!date^1^a|", "<http://a|", "&lt;", "&amp;", "&#", '"', "“",
    '"a": ', '{"id":"', "{", "[", "(", "`", "*", "_", "-", "~", " -", " _", ",", "，", ":", ":a", "a:", "a=", "=", "/",
    "a/", "media-cn/", "media-cn/video-ocr/", "//a", "https://", "http://a ", "a.", "-a", "a-b", "ab1***", "a**",
    "task", "f18320e6", "f18320e6-1e4c-", "F18320E6-1E4C-", "f18320e61e4c4dc685aa2dfc22a28dc5,", "media:", "job id ",
    "id:", "state:", "mention:", "on:any ", "please ", "failed ", "a ", "a1 ", " ", "\n", "\t\n", "　", "%41", "%25",
    "%E4", "\\", "\\n", "\\u{", "\x1b[", "[0;", "^[", "ー", "Ａ", "𝐀", "\u200b", "é", "xoxb-", "hooks.slack.com/",
    "token=", "Signature=", "<Code>", "<Code> ]]>", "]]>", "parameter ", "server time ", ",TimeLeft : ", "1. ", "> ",
)  # fmt: skip
TAILS = ("", "!", ' ="://a?b <|>')
"""Last characters of these texts: one that no pattern matches, and some that force a full search."""


def hostile(atom: str, length: int, tail: str = "") -> str:
    """Return a text of this many characters that repeats one thing."""
    room = length - len(tail)
    return (atom * (room // len(atom) + 1))[:room] + tail
