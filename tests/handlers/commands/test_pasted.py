"""Pasted ids: decorated, with any separators or labels, in data or polite sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted
from handlers.commands import grammar
from handlers.commands.lexer import undecorated
from handlers.commands.parser import parse
from tests.handlers.commands.test_parser import attempt, read, refused
from tests.handlers.requests import CATALOG, REF

J = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
U = "0d697589-d980-91f1-2f92-c0073501cd79"
V3 = f"01661356800_{J}"
FULL_WIDTH = J.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def meant(text: str) -> str:
    """Return the request of a text, or of its correction."""
    request = attempt(undecorated(text))
    if isinstance(request, UsageError):
        assert request.suggestion, request
        return read(request.suggestion)
    return str(request)


@pytest.mark.parametrize(
    ("typed", "jobs"),
    [
        (f"{J};{U}", (J, U)),
        (f"{J}、{U}", (J, U)),
        (f"{J}|{U}", (J, U)),
        (f"{J}；{U}，{V3}", (J, U, V3)),
        (f"{J}・{U}／{V3}．", (J, U, V3)),
        (f"{J}/{U}", (J, U)),
        (f"{J}/{U}/{V3}", (J, U, V3)),
        (f"{J} & {U}", (J, U)),
        (f"{J}+{U}", (J, U)),
        (f"{J}->{U}", (J, U)),
        (f"{J} → {U}", (J, U)),
        (f"{J}\t{U}", (J, U)),
        (f"{J}\u3000{U}", (J, U)),
        (f"{J}。", (J,)),
        (f"{J}…", (J,)),
        (f"（{J}）", (J,)),
        (f"【{J}】", (J,)),
        (f"「{J}」『{U}』", (J, U)),
        (f"〔{J}〕", (J,)),
        (f"《{J}》", (J,)),
        (f"«{J}»", (J,)),
        (f"‹{J}›", (J,)),
        (f"„{J}“", (J,)),
        (f"<{J}>", (J,)),
        (f"{{{J}}}", (J,)),
        (f"_{J}_", (J,)),
        (f"*{J}*", (J,)),
        (f"**{J}**", (J,)),
        (f"~{J}~", (J,)),
        (f"```{J}```", (J,)),
        (f"{J}'s", (J,)),
        (f"任务ID：{J}", (J,)),
        (f"任务{J}", (J,)),
        (f"ジョブ：{J}", (J,)),
        (f"задание={J}", (J,)),
        (f"job_id={J}", (J,)),
        (f"job_id: {J}", (J,)),
        (f"job:{J}", (J,)),
        (f"id={J}", (J,)),
        (f"id：{J}", (J,)),
        (f"jobId＝{J}", (J,)),
        (f"--job-id {J}", (J,)),
        (f"--job-id={J}", (J,)),
        (f"#{J}", (J,)),
        (f"request_id: {J}", (J,)),
        (f"trace={J}", (J,)),
        (f'{{"job_id":"{J}"}}', (J,)),
        (f'{{"job_id": "{J}", "state": "RUNNING"}}', (J,)),
        (f'{{"state":"RUNNING","job_id":"{J}"}}', (J,)),
        (f'["{J}","{U}"]', (J, U)),
        (f'[{{"id": "{J}"}}, {{"id": "{U}"}}]', (J, U)),
        (f'{{\n  "jobs": [\n    "{J}",\n    "{U}"\n  ]\n}}', (J, U)),
        (f"job_id: {J}\nstate: RUNNING\nprogress: 40%", (J,)),
        (f"- id: {J}\n- id: {U}", (J, U)),
        (f"job_id,state\n{J},RUNNING", (J,)),
        (f"job_id;state\n{J};RUNNING\n{U};FAILED", (J, U)),
        (f"job_id\tstate\n{J}\tRUNNING", (J,)),
        (f"| job | state |\n| --- | --- |\n| {J} | RUNNING |", (J,)),
        (f"2026-11-30T10:00:01Z ERROR worker-17 job {J} failed: code=500 took 31.5s", (J,)),
        (f"[10:00:01] level=error job={J} msg=late", (J,)),
        (f"{J} :eyes:", (J,)),
        (f":eyes: {J} :+1::skin-tone-2:", (J,)),
        (f":eyes:{J}:eyes:", (J,)),
        (f"{J} 👀", (J,)),
        (f"👀{J}👍🏽", (J,)),
        (f"• {J}\n• {U}", (J, U)),
        (f"◦ {J}\n▪ {U}", (J, U)),
        (f"* {J}\n* {U}", (J, U)),
        (f"- {J}\n- {U}", (J, U)),
        (f"-{J}\n–{U}", (J, U)),
        (f"1. {J}\n2. {U}", (J, U)),
        (f"1) {J}\n2) {U}", (J, U)),
        (f"a) {J}\nb) {U}", (J, U)),
        (f"1、{J}\n2、{U}", (J, U)),
        (f"> {J}\n> {U}", (J, U)),
        (f"{J} please", (J,)),
        (f"{J} and {U}", (J, U)),
        (f"me the job {J}, thanks", (J,)),
        (FULL_WIDTH, (J,)),
        (f"（{FULL_WIDTH}）", (J,)),
        (f"{J}\ufe0f", (J,)),
        (f"{J[:9]}\ufe0f{J[9:]}", (J,)),
        (f"{J[:9]}\u200b{J[9:]}", (J,)),
        (U.replace("-", "\u2011"), (U,)),
        (U.replace("-", "\u2013"), (U,)),
        (U.replace("-", "ー"), (U,)),
        (f"\x1b[31m{J}\x1b[0m", (J,)),
        (f"[31m{J}[0m", (J,)),
        (rf"\u001b[31m{J}\u001b[0m", (J,)),
        (rf"job\_id={J}\012{U}", (J, U)),
        (rf"01661356800\_{J}", (V3,)),
        (J.upper(), (J,)),
        (f"id={J.upper()};{U.upper()}", (J, U)),
        (f"<tel:01661356800|01661356800>_{J}", (V3,)),
        (f"<tel:+16613568000|016-6135-6800> {J}", (J,)),
        (f"<https://ci.example/builds|{J}>", (J,)),
        (f"<https://ci.example/builds/7|build> {J}", (J,)),
        (f"（https://console.example/jobs/{J}）", (J,)),
        (f"{REF};{U}", (REF, U)),
        (f"job: {REF}", (REF,)),
        (f"（{REF}）", (REF,)),
    ],
)
@pytest.mark.parametrize("command", ["show", "subscribe", "unsubscribe"])
def test_the_ids_in_what_is_pasted_are_asked_for(command: str, typed: str, jobs: tuple[str, ...]):
    assert meant(f"{command} {typed}") == f"{command} {' '.join(jobs)}"


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        (f"subscribe {J} —on=failed", f"subscribe {J} on:failed"),
        (f"subscribe {J} ーーon=failed ﹘to:dm", f"subscribe {J} on:failed to:dm"),
        ("list ⸺state running ──limit=5", "list state:running limit:5"),
        (f"subscribe {J} –to=dm ——on:any", f"subscribe {J} to:dm on:any"),
        (f"subscribe {J} −on＝failed", f"subscribe {J} on:failed"),
        (f"subscribe {J}、{U} on：failed", f"subscribe {J} {U} on:failed"),
        (f"subscribe {J} mention:<@U1>、<@U2>", f"subscribe {J} mention:<@U1>,<@U2>"),
        (f"subscribe job_id={J} on:failed", f"subscribe {J} on:failed"),
        (f"please subscribe {J} to:dm", f"subscribe {J} to:dm"),
        (f"subscribe job_id={J} failed dm", f"subscribe {J} on:failed to:dm"),
        (f"subscribe {J};on:failed", f"subscribe {J} on:failed"),
        (f"subscribe {J},{U},mention:<@U1|dana>", f"subscribe {J} {U} mention:<@U1>"),
        (f"subscribe {J} — on:failed", f"subscribe {J} on:failed"),
        (f"subscribe {J} —on failed ——to dm", f"subscribe {J} on:failed to:dm"),
        (f"subscribe the job {J} for <@U1> on:failed", f"subscribe {J} mention:<@U1> on:failed"),
        ("subscribe media:a1 failed", "subscribe media:a1 on:failed"),
        (f"subscribe media:{J} failed", f"subscribe media:{J} on:failed"),
        ("list --state running –limit 5", "list state:running limit:5"),
        (f"subscribe {J} on:failed please", f"subscribe {J} on:failed"),
        ("list —state=running", "list state:running"),
        ("list –state：running ——limit＝5", "list state:running limit:5"),
        ("list state:failed、running", "list state:failed,running"),
        ("list state:failed；running", "list state:failed,running"),
        ("list state:failed|running", "list state:failed,running"),
        ("list state:failed、 running", "list state:failed,running"),
        ("list state:failed/running+pending", "list state:failed,running,pending"),
        (f"subscribe {J} on:ｆａｉｌｅｄ", f"subscribe {J} on:failed"),
        ("list state：ｆａｉｌｅｄ", "list state:failed"),
        ("list state ＝ failed", "list state:failed"),
        ("list failed、running", "list state:failed,running"),
        ("list failed,running :eyes:", "list state:failed,running"),
        ("list 👀 video-ocr", "list video-ocr"),
        ("ｌｉｓｔ　video-ocr", "list video-ocr"),
        ("list —help", "help list"),
        ("list –h", "help list"),
        ("—help", "help"),
        ("？", "help"),
        ("please list failed", "list state:failed"),
        ("hey, can you list video-ocr please?", "list video-ocr"),
        (":wave: hi! failed", "list state:failed since:24h"),
        ("please", "please"),
        ("find please", "find please"),
        ("find lecture please", 'find "lecture please"'),
        ("find —draft", "find —draft"),
        ("find ｌｅｃｔｕｒｅ", "find ｌｅｃｔｕｒｅ"),
    ],
)
def test_dashes_marks_and_politeness_around_other_words(typed: str, request_: str):
    if request_ == "please":
        assert refused(typed).problem is Problem.UNKNOWN_WORD
    else:
        assert read(typed) == request_


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        (f"please show {J}", f"show {J}"),
        (f"can you show {J}?", f"show {J}"),
        (f"hey, show {J}", f"show {J}"),
        (f"could you please show me {J}!", f"show {J}"),
        (f"show: {J}", f"show {J}"),
        (f"show:{J}", f"show {J}"),
        (f"— show {J}", f"show {J}"),
        (f"{J} please", f"show {J}"),
        (f"• {J}\n• {U}", f"show {J} {U}"),
        (f"{J} and {U}", f"show {J} {U}"),
        (f"what about {J}?", f"show {J}"),
        (f"{J} is stuck", f"show {J}"),
        (f"{J} failed, why?", f"show {J}"),
        (f"would somebody kindly follow {J} on:failed", f"subscribe {J} on:failed"),
        (f"I want to unsubscribe {J}", f"unsubscribe {J}"),
        (f"job_id={J}", f"show {J}"),
        (f"job_id: {J}", f"show {J}"),
        (f'{{"job_id":"{J}","state":"FAILED"}}', f"show {J}"),
        (f'{{"state":"FAILED","job_id":"{J}"}}', f"show {J}"),
        (f"任务ID：{J}", f"show {J}"),
        (f"list {J};{U}", f"show {J} {U}"),
        (f"list please {J}", f"show {J}"),
        (f"list id={J}", f"show {J}"),
        (f"list video-ocr xyzzy {J}", f"show {J}"),
        (f"shwo {J} please", f"show {J}"),
        (f"show\n• {J}\n• {U}", f"show {J} {U}"),
    ],
)
def test_ids_without_a_command_in_front_are_understood_or_corrected(typed: str, request_: str):
    assert meant(typed) == request_


@pytest.mark.parametrize(
    ("typed", "problem", "suggestion"),
    [
        ("show lecture.mp4", Problem.NOT_A_JOB, "find lecture.mp4"),
        ("show R&D", Problem.NOT_A_JOB, "find R&D"),
        ("show a:b", Problem.NOT_A_JOB, "find a:b"),
        ("show user_id=lecture_7", Problem.NOT_A_JOB, "find user_id=lecture_7"),
        ('show "lecture 7"', Problem.NOT_A_JOB, 'find "lecture 7"'),
        ("show 。", Problem.NO_JOB, None),
        ("show :eyes:", Problem.NO_JOB, None),
        ("subscribe • on:failed", Problem.NO_JOB, None),
        ("hello", Problem.UNKNOWN_WORD, None),
        ("xyzzy please", Problem.UNKNOWN_WORD, None),
        (f"subscribe {J} please colour:red", Problem.UNKNOWN_OPTION, None),
        (f"subscribe {J} since:2h", Problem.UNKNOWN_OPTION, None),
        ("list state:faild、running", Problem.BAD_VALUE, "list state:failed,running"),
        (f"subscribe {J} and {U} to:thred", Problem.BAD_VALUE, f"subscribe {J} and {U} to:thread"),
        (f"show {J} aasdcsfg782740asd3****", Problem.MASKED_ID, f"show {J}"),
        (f"show media-ch/video-ocr/{J};{U}", Problem.UNKNOWN_ACCOUNT, f"show media-cn/video-ocr/{J} {U}"),
    ],
)
def test_what_holds_no_id_is_refused_as_ever(typed: str, problem: Problem, suggestion: str | None):
    error = refused(typed)
    assert (error.problem, error.suggestion) == (problem, suggestion)


@pytest.mark.parametrize(
    ("typed", "jobs"),
    [
        ("lecture_7", ("lecture_7",)),
        ("lecture_7、lecture_8。", ("lecture_7", "lecture_8")),
        ("lecture_7|lecture_8；lecture_9", ("lecture_7", "lecture_8", "lecture_9")),
        ("lecture_7 & lecture_8 👀", ("lecture_7", "lecture_8")),
        ("job_id=lecture_7", ("lecture_7",)),
        ("job_id: lecture_7", ("lecture_7",)),
        ("任务ID：lecture_7", ("lecture_7",)),
        ('{"jobId":"lecture_7"}', ("lecture_7",)),
        ("ｌｅｃｔｕｒｅ_7\ufe0f", ("lecture_7",)),
        (f"{J} aasdcsfg782740asd3", (J, "aasdcsfg782740asd3")),
        (f"{J} & aasdcsfg782740asd3 please", (J, "aasdcsfg782740asd3")),
        (f"{J} lecture_7", (J,)),
        (f"{J} v2 of attempt-3", (J,)),
        (f"{J} aasdcsfg782740asd3 RUNNING", (J,)),
        (f"name,job\nlecture_7,{J}", (J,)),
        (f"{J} media:a1", (J, "media:a1")),
        (f"x{J}", (f"x{J}",)),
    ],
)
def test_an_id_of_another_form_is_asked_for_where_it_can_be_meant(typed: str, jobs: tuple[str, ...]):
    assert read(f"show {typed}") == f"show {' '.join(jobs)}"


ids = st.one_of(
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.uuids().map(str),
    st.tuples(st.text("0123456789", min_size=11, max_size=11), st.uuids()).map(lambda two: f"{two[0]}_{two[1].hex}"),
)
separators = st.sampled_from(
    [
        *",;|/+&、，；｜／・·→",
        ", ",
        "\n",
        "\t",
        " ",
        "\u3000",
        "\r\n",
        " and ",
        " 和 ",
        "><",
        ")(",
        "\n• ",
        "\n- ",
        "\n2. ",
    ]
)
around = st.sampled_from([
    "{}", "({})", "（{}）", "【{}】", "「{}」", "《{}》", "«{}»", "“{}”", "*{}*", "`{}`", "_{}_", "~{}~", "{}。", "{}!",
    "{}？", "id={}", "id: {}", "任务ID：{}", '"jobId":"{}"', "{} :eyes:", "👀 {}", "{}\ufe0f", "• {}", "1. {}", "<{}>",
])  # fmt: skip


@given(st.lists(st.tuples(around, ids, separators), min_size=1, max_size=8), st.sampled_from(["show", "unsubscribe"]))
def test_ids_are_found_in_order_with_any_text_around_and_between_them(parts: list[tuple[str, str, str]], command: str):
    text = "".join(decoration.format(job_id) + separator for decoration, job_id, separator in parts)
    jobs = dict.fromkeys(job_id for _, job_id, _ in parts)
    assert read(f"{command} {text}") == f"{command} {' '.join(jobs)}"


@pytest.mark.parametrize(
    "arguments", [[f"{J};{U}"], [f"{J}\n{U}"], [f'{{"job_id": "{J}"}}', U], ["job", f"{J},", f"（{U}）"], [f"{J} {U}"]]
)
def test_the_terminal_reads_what_is_pasted_alike(arguments: list[str]):
    text = " ".join(map(quoted, ["show", *arguments]))
    assert [job for job in parse(text, CATALOG, grammar.TERMINAL).jobs if job != U] == [J]
