"""What the word before an id says it is: a job, a media, or something else.

Pure. A label is the nearest word left of the id, within REACH characters on the same line, or the id's JSON key.
"""

import re
from enum import Enum, auto

REACH = 32
"""Characters before an id among which its label begins."""
_KEY_REACH = 200
"""The same for a JSON key, which indentation separates from its value."""


class Label(Enum):
    """What an id is said to be."""

    JOB = auto()
    MEDIA = auto()
    OTHER = auto()


_KEY = re.compile(r"""["']([^"'\\\n]{1,64})\\{0,8}["']\s{0,80}:\s{0,80}\[?\s{0,80}\\{0,8}["']?$""")
_NAME = re.compile(r"[^\W_](?:[\w.-]{0,40}[^\W_])?")
_WORD = re.compile(r"IDs?(?![a-z])|[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[^\W\d_A-Za-z]+")
_BETWEEN = re.compile(r"[\s*_`~]+")
"""Between the two words of `Request ID`; anything else separates them."""
_SENTENCE = re.compile(r"\n|[.;!?]\s|[。；！？]")
_ID = {"id", "ids", "uid", "uuid", "guid", "no", "number", "list", "编号", "编码", "号"}
_JOB = {
    "job", "task", "workflow", "ocr", "transcode", "transcoding", "moderation",
    "任务", "作业", "工作流", "ジョブ", "タスク",
}  # fmt: skip
_MEDIA = {"media", "video", "媒资", "媒体", "视频"}
_OTHER = {
    "request", "req", "trace", "span", "correlation", "session", "transaction", "project", "tenant", "asset", "commit",
    "md5", "sha", "checksum", "hash", "digest", "etag", "signature", "nonce", "token", "rid",
    "请求", "追踪", "跟踪", "链路", "会话", "事务", "流水", "项目", "租户", "资产", "校验和", "リクエスト", "トレース",
}  # fmt: skip
"""What has ids, or is one, and is no job."""
_OTHER_IDS = {
    "user", "account", "customer", "client", "organization", "domain", "group", "team", "channel", "message", "event",
    "order", "file", "image", "object", "device", "instance", "container", "pod", "node", "host", "cluster", "resource",
    "build", "pipeline", "deployment", "run", "subscription", "template", "log", "msg",
    "用户", "账号", "订单", "消息", "实例", "设备", "プロジェクト",
}  # fmt: skip
"""Of these, `the user id 1a2b…` says so, and `the user 1a2b…` does not."""


def label(text: str, start: int) -> Label | None:
    """Return what an id that begins at `start` is said to be; None where nothing is said about it."""
    if key := _KEY.search(text[max(0, start - _KEY_REACH) : start]):
        return _said(_words(key[1]), is_key=True)
    line = _SENTENCE.split(text[max(0, start - REACH) : start])[-1]
    names = list(_NAME.finditer(line))
    if not names:
        return None
    words, is_key = _words(names[-1][0]), re.search("[:=]", line[names[-1].end() :]) is not None
    if names[1:] and set(words) <= _ID and _BETWEEN.fullmatch(line[names[-2].end() : names[-1].start()]):
        return _said([*_words(names[-2][0]), *words], is_key=is_key, glued=False)
    return _said(words, is_key=is_key)


def _words(name: str) -> list[str]:
    """Cut a name into its words, in small letters: `X-Request-ID`, `taskId` and `jobids` are two and more."""
    return [part for word in _WORD.findall(name) for part in _parts(word.lower())]


def _parts(word: str) -> list[str]:
    """Return the noun of a word such as `jobid` or `任务编号`, and its id apart."""
    for known in _ID_LONGEST_FIRST:
        if word.endswith(known) and (noun := _noun(word.removesuffix(known))):
            return [noun, known]
    return [_noun(word) or word]


def _noun(word: str) -> str:
    """Return the known noun that a word is, or that a Chinese or Japanese word ends with; else the empty text."""
    for form in (word, word.removesuffix("s"), word.rstrip("0123456789")):
        if form in _NOUNS:
            return form
    return "" if word.isascii() else next((noun for noun in _FOREIGN if word.endswith(noun)), "")


def _said(words: list[str], *, is_key: bool, glued: bool = True) -> Label | None:
    """Decide by the noun before `id`.

    `is_key`: a colon or an equals sign follows. `glued`: the words are one name, in which an unknown noun is no job.
    """
    nouns = [word for word in words if word not in _ID]
    noun, an_id = nouns[-1] if nouns else "", len(nouns) < len(words)
    if noun in _JOB:
        return Label.JOB
    if noun in _MEDIA:
        return Label.MEDIA if an_id or is_key else None
    if noun in _OTHER or (an_id and noun in _OTHER_IDS) or (an_id and glued and noun.isascii() and noun):
        return Label.OTHER
    return None


_ID_LONGEST_FIRST = sorted(_ID, key=len, reverse=True)
_NOUNS = _JOB | _MEDIA | _OTHER | _OTHER_IDS
_FOREIGN = sorted((noun for noun in _NOUNS if not noun.isascii()), key=len, reverse=True)
