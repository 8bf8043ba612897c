"""Block Kit's composition objects with Slack's limits: text, options, confirmation dialogs.

Written from Slack's documentation and independent of slack_sdk, to catch what slack_sdk's models accept wrongly.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

TEXT_MAX = 3000
ID_MAX = 255
PLACEHOLDER_MAX = 150
OPTION_TEXT_MAX = 75
OPTION_VALUE_MAX = 150
OPTIONS_MAX = 100
URL_MAX = 3000


class Strict(BaseModel):
    """A model that refuses unknown keys and values of another type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PlainText(Strict):
    type: Literal["plain_text"]
    text: Annotated[str, Field(min_length=1)]
    emoji: bool = True


class Mrkdwn(Strict):
    type: Literal["mrkdwn"]
    text: Annotated[str, Field(min_length=1)]
    verbatim: bool = False


AnyText = Annotated[PlainText | Mrkdwn, Field(discriminator="type")]
Text = TypeVar("Text", PlainText, Mrkdwn, PlainText | Mrkdwn)


def refuse(words: str, at: str = "", *, either: bool = False) -> PydanticCustomError:
    """Return an error in Slack's words. `at` is the key below the refused object in Slack's pointer.

    `either` means that several kinds of object are allowed here: Slack mentions that first.
    """
    return PydanticCustomError("slack", "{words}", {"words": words, "at": at, "either": either})


def at_most(limit: int, *, either: bool = False) -> AfterValidator:
    """Limit a text object to that many characters. Set `either` where both kinds of text are allowed."""

    def check(text: Text) -> Text:
        if len(text.text) > limit:
            raise refuse(f"must be less than {limit + 1} characters", at="text", either=either)
        return text

    return AfterValidator(check)


class Option(Strict):
    text: Annotated[PlainText, at_most(OPTION_TEXT_MAX)]
    value: Annotated[str, Field(max_length=OPTION_VALUE_MAX)]
    description: Annotated[PlainText, at_most(OPTION_TEXT_MAX)] | None = None


class OverflowOption(Option):
    url: Annotated[str, Field(max_length=URL_MAX)] = ""


class BoxOption(Strict):
    """An option of checkboxes or radio buttons, which allow mrkdwn."""

    text: Annotated[AnyText, at_most(OPTION_TEXT_MAX, either=True)]
    value: Annotated[str, Field(max_length=OPTION_VALUE_MAX)]
    description: Annotated[AnyText, at_most(OPTION_TEXT_MAX, either=True)] | None = None


class OptionGroup(Strict):
    label: Annotated[PlainText, at_most(75)]
    options: Annotated[list[Option], Field(min_length=1, max_length=OPTIONS_MAX)]


class Confirm(Strict):
    title: Annotated[PlainText, at_most(100)]
    text: Annotated[AnyText, at_most(300, either=True)]
    confirm: Annotated[PlainText, at_most(30)]
    deny: Annotated[PlainText, at_most(30)]
    style: Literal["primary", "danger"] = "primary"
