"""Reads the label before an id: a job, a media, or something else.

Pure. A label is the nearest word left of the id, within REACH characters on the same line, or the id's JSON key.
"""

import re
from enum import Enum, auto

REACH = 32
"""A label starts at most this many characters before its id."""
_KEY_REACH = 200
"""The same for a JSON key, which indentation separates from its value."""


class Label(Enum):
    """The kind of thing that a label announces."""

    JOB = auto()
    MEDIA = auto()
    OTHER = auto()


_KEY = re.compile(r"""["']([^"'\\\n]{1,64})["']\s{0,80}:[\s\[{]{0,80}["']?$""")
_NAME = re.compile(r"[^\W_]+(?:[._-][^\W_]+)*")
_WORD = re.compile(r"IDs?(?![a-z])|[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[^\W\d_A-Za-z]+")
_BETWEEN = re.compile(r"[\s*_`~]+")
"""Between the two words of `Request ID`; anything else separates them."""
_SCOPE = re.compile(r"[\w.-]{1,64}/[\w.-]{1,64}[\s*_`~]{1,8}$")
"""In `request ids: media-cn/video-ocr 1a2b…`, the service that issued the id."""
_SENTENCE = re.compile(r"\n|[.;!?]\s|[。；！？]")
_ID = {"id", "ids", "uid", "uuid", "guid", "no", "number", "list", "编号", "编码", "号"}
_LINKING = {"is", "was", "with", "has", "the", "是", "为", "は"}
"""Links an id to its noun: `the job with the id 1a2b…`, `请求ID为1a2b…`."""
_VAGUE = {
    "failed", "failing", "running", "pending", "stuck", "lost", "missing", "finished", "first", "last", "next", "new",
    "old", "current", "this", "all", "cloud", "vendor", "provider", "external",
}  # fmt: skip
"""Words that do not rule out a job: `failed_id` may well be a job's."""
_JOB = {
    "job", "task", "workflow", "ocr", "transcode", "transcoding", "moderation",
    "任务", "作业", "工作流", "ジョブ", "タスク", "작업", "задание", "задания", "задача", "задачи",
}  # fmt: skip
_MEDIA = {"media", "video", "媒资", "媒体", "视频", "メディア", "動画", "ビデオ"}
_OTHER = {
    "request", "req", "rid", "trace", "span", "correlation", "transaction", "project", "tenant", "asset", "commit",
    "session", "jsession", "phpsess", "sess", "sid", "md5", "sha", "sum", "checksum", "hash", "digest", "etag",
    "fingerprint", "signature", "sign", "sig", "nonce", "token", "bearer", "secret", "password", "key", "apikey",
    "请求", "追踪", "跟踪", "链路", "会话", "事务", "流水", "项目", "租户", "资产", "校验", "校验和", "校验值", "摘要",
    "哈希", "哈希值", "指纹", "签名", "令牌", "密钥", "リクエスト", "トレース", "セッション", "요청", "запрос",
    "запроса",
}  # fmt: skip
"""Nouns that have ids, or are ids, and are not jobs."""
_OTHER_IDS = {
    "user", "account", "customer", "client", "organization", "domain", "group", "team", "channel", "message", "event",
    "order", "file", "image", "object", "device", "instance", "container", "pod", "node", "host", "cluster", "resource",
    "incident", "alert", "ticket", "build", "pipeline", "deployment", "run", "subscription", "template", "log", "msg",
    "用户", "账号", "订单", "消息", "实例", "设备", "模板", "日志", "文件", "对象", "集群", "容器", "告警", "工单",
    "プロジェクト", "ユーザー", "アカウント",
}  # fmt: skip
"""Nouns that only count with `id`: `the user id 1a2b…`, but not `the user 1a2b…`."""


def label(text: str, start: int) -> Label | None:
    """Return the label of the id that starts at `start`; None without one. Example: `JOB` for `task id: 1a2b…`."""
    before = text[max(0, start - _KEY_REACH) : start]
    if key := _KEY.search(before):
        words = _split(key[1])
        if set(words) <= _ID and (outer := _KEY.search(before[: key.start()])):  # {"job": {"id": …}}
            return _said([*_split(outer[1]), *words], is_key=True, glued=False)
        return _said(words, is_key=True)
    line = _SENTENCE.split(_SCOPE.sub("", before)[-REACH:])[-1]
    names = list(_NAME.finditer(line))
    if not names:
        return None
    first = last = names.pop()
    words = _split(last[0])
    while names and set(words) <= _ID | _LINKING and _BETWEEN.fullmatch(line[names[-1].end() : first.start()]):
        first = names.pop()
        words = [*_split(first[0]), *words]
    glued, linked = first is last, not _LINKING.isdisjoint(words)
    if linked and not glued and _ID.isdisjoint(words):  # `the request with 1a2b…`
        return None
    return _said(words, is_key=re.search("[:=]", line[last.end() :]) is not None, glued=glued)


def _split(name: str) -> list[str]:
    """Cut a name into lower-case words: `X-Request-ID` into three, `taskId` and `jobids` into two."""
    return [part for word in _WORD.findall(name) for part in _parts(word.lower())]


def _parts(word: str) -> list[str]:
    """Split a word such as `jobid` or `任务编号` into its noun and its id."""
    for known in _ID_LONGEST_FIRST:
        if word.endswith(known) and (noun := _noun(word.removesuffix(known))):
            return [noun, known]
    return [_noun(word) or word]


def _noun(word: str) -> str:
    """Return the known noun that a word is, or else the empty text. A Chinese or Japanese word may end with it."""
    for form in (word, word.removesuffix("s"), word.rstrip("0123456789")):
        if form in _NOUNS:
            return form
    return "" if word.isascii() else next((noun for noun in _FOREIGN if word.endswith(noun)), "")


def _said(words: list[str], *, is_key: bool, glued: bool = True) -> Label | None:
    """Return the label by the noun before `id`.

    `is_key`: a colon or an equals sign follows. `glued`: the words are one name; an unknown noun in it is not a job.
    """
    nouns = [word for word in words if word not in _ID | _LINKING]
    noun, an_id = nouns[-1] if nouns else "", not _ID.isdisjoint(words)
    if noun in _JOB:
        return Label.JOB
    if noun in _MEDIA:
        return Label.MEDIA if an_id or is_key else None
    if noun in _OTHER or (an_id and noun in _OTHER_IDS):
        return Label.OTHER
    # A single letter is the rest of an escape: `\\nID: 1a2b…`. A word with digits is the end of another id.
    unknown = noun.isascii() and noun.isalpha() and len(noun) > 1 and noun not in _VAGUE
    return Label.OTHER if an_id and glued and unknown else None


_ID_LONGEST_FIRST = sorted(_ID, key=len, reverse=True)
_NOUNS = _JOB | _MEDIA | _OTHER | _OTHER_IDS
_FOREIGN = sorted((noun for noun in _NOUNS if not noun.isascii()), key=len, reverse=True)
