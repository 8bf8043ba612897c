"""Answers about a message that names too little, too much, or something else."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.extraction import Extracted
from bot.views.slack import extraction
from tests.bot.views import anything, judges

some = st.lists(anything.sure, max_size=12).map(tuple)
found = st.builds(Extracted, left_out=st.integers(0, 3000), masked=some, requests=some)


@given(found)
def test_slack_takes_it(found: Extracted):
    judges.accept(extraction.nothing(found, narrowed=False))


def test_other_ids_and_omissions_have_a_reason():
    lines = extraction.notes(Extracted((), 7, ("aasd1****",), ("A" * 36, "B" * 36)))
    assert lines == [
        "✂️ The message names 27 jobs: these are the first 20.",
        "❔ `aasd1****` is a masked id from documentation. Copy the whole id, without asterisks.",
        f"❔ `{'A' * 36}` and `{'B' * 36}` are request ids. Job ids are lowercase.",
    ]


def test_an_empty_result_has_its_own_text():
    message = extraction.nothing(Extracted(), narrowed=False)
    assert message.text.startswith("🤷 I found no job in this message.")
