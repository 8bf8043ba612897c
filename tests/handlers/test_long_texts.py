"""Long texts take linear time: whole messages, and commands up to a limit."""

import time
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from bot.domain.button_payloads import LOOK_UP
from bot.domain.errors import Problem, UsageError
from bot.domain.extraction import READ_MAX, extract
from bot.domain.id_labels import label
from bot.domain.identifiers import MaskedIdError, NotAnAddressError, read
from bot.runtime.logs import without_secrets
from bot.slack_app.payload_schema import invalid_fields, payload_of
from bot.views import text
from bot.views.slack import errors
from handlers.commands.lexer import split, undecorated
from handlers.commands.parser import parse
from handlers.slack.command_reader import TYPED_MAX
from handlers.slack.form_values import search
from handlers.slack.unfurls import media_of
from providers.alibaba import embedded_json
from providers.alibaba import errors as alibaba
from providers.huawei import errors as huawei
from providers.redact import scrub
from tests.bot.memory import InMemory
from tests.desk import Desk
from tests.handlers.requests import CATALOG
from tests.handlers.slack.test_messages import told
from tests.handlers.slack.test_shortcuts import chosen
from tests.hostile import ATOMS, TAILS, hostile

JOB = "a" * 32
LONGER = 8
GROWTH_MAX = 3 * LONGER
"""Most growth of the work for a text LONGER times as long; quadratic work grows 64 times."""
FLOOR_S = 0.0005
"""Less than that is noise."""


def reply(content: str, code: str = "") -> httpx.Response:
    fields = {"x-acs-request-id": code} if code.isascii() and code.isprintable() else {}
    return httpx.Response(400, content=content.encode(errors="replace"), headers=fields)


READERS: dict[str, Callable[[str], object]] = {
    "words": lambda typed: split(undecorated(typed)),
    "label": lambda said: label(said, len(said)),
    "address": lambda said: read(said, CATALOG),
    "link": media_of,
    "form": lambda typed: search(form(typed), CATALOG),
    "payload": lambda sent: payload_of(f"text={sent}".encode(errors="replace")),
    "fields of a payload": lambda sent: invalid_fields({"type": sent, "response_url": sent, "user_id": sent}),
    "words of a vendor": text.plain,
    "bold words of a vendor": text.bold,
    "code of a vendor": lambda said: text.code_block(said, 3_000),
    "our own words": text.unformatted,
    "refusal": lambda typed: errors.usage(UsageError(Problem.UNKNOWN_WORD, said(typed), suggestion=said(typed))),
    "log": lambda line: without_secrets(None, "", {"event": line}),
    "field of a reply": scrub,
    "JSON in a reply": lambda field: embedded_json.clean({"JobInput": '{"a":"' + field}),
    "refusal of Huawei": lambda field: huawei.classify(reply(""), {"error_code": field, "error_msg": field}),
    "refusal of Alibaba": lambda field: alibaba.classify(reply(""), {"Code": field, "Message": field}),
    "XML of Alibaba": lambda field: alibaba.classify(reply(f"<Error>{field}", field), None),
}
COMMANDS_AND_MESSAGES: dict[str, Callable[[str], object]] = {
    "typed": lambda typed: parse(undecorated(typed), CATALOG),
    "show": lambda typed: parse(f"show {typed}", CATALOG),
    "subscribe": lambda typed: parse(f"subscribe {JOB} {typed}", CATALOG),
    "list": lambda typed: parse(f"list state:{typed}", CATALOG),
    "find": lambda typed: parse(f"find {typed}", CATALOG),
    "mention": lambda typed: parse(f"subscribe {JOB} mention:{typed}", CATALOG),
    "message": lambda said: extract({"text": said}, CATALOG),
    "code in a message": lambda said: extract({"type": "rich_text_section", "elements": [code(said)]}, CATALOG),
}


def code(content: str) -> dict[str, object]:
    return {"type": "text", "text": content, "style": {"code": True}}


def form(typed: str) -> dict[str, object]:
    return {"view": {"state": {"values": {"text": {"text": {"value": typed}}}}}}


def said(typed: str) -> str:
    """Return a text after JSON decoding; halves of surrogate pairs are refused earlier."""
    return typed.encode(errors="replace").decode()


def work(reader: Callable[[str], object], content: str) -> float:
    """Return the CPU seconds that a text takes in this thread."""
    before = time.thread_time()
    with suppress(UsageError, NotAnAddressError, MaskedIdError, ValueError):
        reader(content)
    return time.thread_time() - before


def grows(reader: Callable[[str], object], atom: str, tail: str, short: int) -> bool:
    """Whether work grows by more than GROWTH_MAX in each of several measurements."""
    for _ in range(3):
        before = max(FLOOR_S, work(reader, hostile(atom, short, tail)))
        if work(reader, hostile(atom, short * LONGER, tail)) <= GROWTH_MAX * before:
            return False
    return True


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_work_grows_with_the_length_of_a_text_alone(reader: Callable[[str], object]):
    assert [atom for atom in ATOMS if grows(reader, atom, "".join(TAILS), 1_500)] == []


@pytest.mark.heavy("reads hundreds of long texts")
def test_so_it_does_for_commands_and_messages():
    growing = [
        (name, atom)
        for number, (name, reader) in enumerate(COMMANDS_AND_MESSAGES.items())
        for atom in ATOMS[number % 2 :: 2]
        if grows(reader, atom, TAILS[number % len(TAILS)], TYPED_MAX // LONGER)
    ]
    assert growing == []


@pytest.mark.parametrize("text", ["show " + "a" * (TYPED_MAX - 4), "find " + "é" * (TYPED_MAX // 2), "x " * READ_MAX])
async def test_a_command_that_is_too_long_is_refused_in_words(desk: Desk, provider: InMemory, text: str):
    answer = await desk.command(text)
    assert f"This command has {len(text.encode()) / 1000:.1f} kB; the limit is 8 kB." in answer.text
    assert "*Look up jobs*" in answer.text
    assert provider.asked == []


async def test_a_command_that_is_as_long_as_may_be_is_read(desk: Desk):
    answer = await desk.command("find job-0001 " + "é" * ((TYPED_MAX - 14) // 2))
    assert "kB" not in answer.text


@pytest.mark.parametrize("atom", ["<http://", "a ", "%41 ", f"{'b' * 31} "])
async def test_a_message_is_read_whole(desk: Desk, provider: InMemory, atom: str):
    provider.jobs = [provider.job(JOB)]
    message = f"{hostile(atom, READ_MAX - 33)} {JOB}"
    answer = await desk.answers(chosen(LOOK_UP, text=message))
    assert f"acme/video/{JOB}" in answer.text


async def test_so_is_a_direct_message(desk: Desk, provider: InMemory):
    provider.jobs = [provider.job(JOB)]
    root = desk.says("root")
    text = f"<@U0CALLBOARD> show {hostile('look ', READ_MAX - 60)} {JOB}"
    assert await desk.hand(told("app_mention", text=text, thread_ts=root), "") == 200
    await desk.under_way.nothing()
    assert provider.asked == [(JOB,)]
