"""Button payloads: they read back, they fit, and forged ones are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.button_payloads import BLOCK_ID_MAX, BUTTON_MAX, SELECTS, CommandPayload
from bot.domain.identifiers import JOBS_MAX

asks = st.builds(
    CommandPayload,
    text=st.text(max_size=60),
    offset=st.integers(0, 10**9),
    shared_by=st.none() | st.from_regex(r"[UW][A-Z0-9]{1,20}", fullmatch=True),
    card=st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    place=st.none() | st.from_regex(r"[CDGUW][A-Z0-9]{1,20}", fullmatch=True),
)
kept = st.builds(CommandPayload, offset=st.integers(0, 100), key=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True))


@given(asks | kept)
def test_a_payload_reads_back(command: CommandPayload):
    encoded = command.encode()
    assert CommandPayload.model_validate_json(encoded) == command
    assert json.loads(encoded)["v"] == 1


def test_a_payload_omits_empty_fields():
    assert CommandPayload(text="list").encode() == '{"v":1,"text":"list"}'
    assert CommandPayload(text="list", offset=10, shared_by="U0DANA").encode() == (
        '{"v":1,"text":"list","offset":10,"shared_by":"U0DANA"}'
    )
    assert CommandPayload(text="subscribe a", card="c1", place="C0ONCALL").encode() == (
        '{"v":1,"text":"subscribe a","card":"c1","place":"C0ONCALL"}'
    )
    assert CommandPayload(text="a long command", key="abc").encode() == '{"v":1,"key":"abc"}'


@pytest.mark.parametrize(
    "forged",
    [
        "", "null", "[]", "list", "{", '"list"', '{"v":2,"text":"list"}', '{"v":"1","text":"list"}', '{"v":null}',
        '{"v":1,"text":"list","admin":true}', '{"v":1,"text":5}', '{"v":1,"text":null}', '{"v":1,"offset":-1}',
        '{"v":1,"offset":1.5}', '{"v":1,"shared_by":"<!channel>"}', '{"v":1,"shared_by":"U1|x"}',
        '{"v":1,"shared_by":"U1\\n"}', '{"v":1,"shared_by":"<u1>"}', '{"v":1,"key":"a b"}', '{"v":1,"key":"*"}',
        '{"v":1,"key":""}', '{"v":1,"card":"a b"}', '{"v":1,"card":""}', '{"v":1,"place":"#ops"}',
        '{"v":1,"place":"T1/"}',
        '{"v":1,"card":"' + "a" * 41 + '"}', '{"v":1,"place":"<!channel>"}', '{"v":1,"place":"C1\\n"}',
        '{"v":1,"key":"' + "a" * 41 + '"}',
    ],
)  # fmt: skip
def test_a_forged_payload_is_refused(forged: str):
    with pytest.raises(ValidationError):
        CommandPayload.model_validate_json(forged)


def test_a_payload_fits_up_to_the_limit():
    room = BLOCK_ID_MAX - len(CommandPayload().encode())
    assert CommandPayload(text="x" * room).fits(BLOCK_ID_MAX)
    assert not CommandPayload(text="x" * (room + 1)).fits(BLOCK_ID_MAX)
    assert CommandPayload(text="x" * 5000, key="abc").fits(BLOCK_ID_MAX)
    assert len(SELECTS) + BLOCK_ID_MAX == 255


def test_characters_outside_the_basic_plane_count_twice():
    """Slack's clients count UTF-16 units."""
    room = BLOCK_ID_MAX - len(CommandPayload().encode())
    assert CommandPayload(text="😀" * (room // 2)).fits(BLOCK_ID_MAX)
    assert not CommandPayload(text="😀" * room).fits(BLOCK_ID_MAX)


def test_the_same_question_at_another_offset():
    command = CommandPayload(text="list", offset=10, shared_by="U0DANA")
    assert command.at(20) == CommandPayload(text="list", offset=20, shared_by="U0DANA")
    assert command.at(-10).offset == 0


def test_a_command_about_jobs_names_as_many_as_a_button_holds():
    assert CommandPayload.about("show", ["a", "b"], card="c1") == CommandPayload(text="show a b", card="c1")
    assert CommandPayload.about("show", range(30)).text.split(" ")[1:] == [str(at) for at in range(JOBS_MAX)]
    long = CommandPayload.about("show", ["x" * 300] * 10, place="C0ONCALL")
    assert long.fits(BUTTON_MAX)
    assert long.text.count("x" * 300) == 6
    assert not CommandPayload.about("show", ["x" * 3000]).fits(BUTTON_MAX)
