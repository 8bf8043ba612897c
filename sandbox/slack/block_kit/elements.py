"""Block Kit's elements with Slack's limits: buttons, menus, inputs, images."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sandbox.slack.block_kit.composition import (
    ID_MAX,
    OPTIONS_MAX,
    PLACEHOLDER_MAX,
    TEXT_MAX,
    URL_MAX,
    BoxOption,
    Confirm,
    Option,
    OptionGroup,
    OverflowOption,
    PlainText,
    Strict,
    at_most,
    refuse,
)

DATE = r"^\d{4}-\d{2}-\d{2}$"


class Element(Strict):
    action_id: Annotated[str, Field(min_length=1, max_length=ID_MAX)] = "-"


class Input(Element):
    """An element with a value."""

    placeholder: Annotated[PlainText, at_most(PLACEHOLDER_MAX)] | None = None
    focus_on_load: bool = False


class Menu(Input):
    """An element whose value is picked. A pick can ask for confirmation."""

    confirm: Confirm | None = None


class Button(Element):
    type: Literal["button"]
    text: Annotated[PlainText, at_most(75)]
    value: Annotated[str, Field(max_length=2000)] = ""
    url: Annotated[str, Field(max_length=URL_MAX)] = ""
    style: Literal["primary", "danger"] = "primary"
    confirm: Confirm | None = None
    accessibility_label: Annotated[str, Field(max_length=75)] = ""


class Options(Menu):
    """A menu of fixed options, with or without groups."""

    options: Annotated[list[Option], Field(min_length=1, max_length=OPTIONS_MAX)] | None = None
    option_groups: Annotated[list[OptionGroup], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.options is None) == (self.option_groups is None):
            raise refuse("must define exactly one of `options` or `option_groups`")
        return self

    def choices(self) -> list[Option]:
        """Return every option, of all groups."""
        return self.options or [option for group in self.option_groups or [] for option in group.options]


class StaticSelect(Options):
    type: Literal["static_select"]
    initial_option: Option | None = None

    @model_validator(mode="after")
    def _initial_is_offered(self) -> Self:
        if self.initial_option is not None and self.initial_option not in self.choices():
            raise refuse("must match one of the provided options", at="initial_option")
        return self


class MultiStaticSelect(Options):
    type: Literal["multi_static_select"]
    initial_options: Annotated[list[Option], Field(min_length=1)] | None = None
    max_selected_items: Annotated[int, Field(ge=1)] = 1


class UsersSelect(Menu):
    type: Literal["users_select"]
    initial_user: str = ""


class MultiUsersSelect(Menu):
    type: Literal["multi_users_select"]
    initial_users: Annotated[list[str], Field(min_length=1)] | None = None
    max_selected_items: Annotated[int, Field(ge=1)] = 1


class ChannelsSelect(Menu):
    type: Literal["channels_select"]
    initial_channel: str = ""
    response_url_enabled: bool = False


class ConversationsSelect(Menu):
    type: Literal["conversations_select"]
    initial_conversation: str = ""
    default_to_current_conversation: bool = False
    response_url_enabled: bool = False
    filter: dict[str, Any] = Field(default_factory=dict)


class ExternalSelect(Menu):
    """A menu with options from the app, requested while the person types."""

    type: Literal["external_select"]
    initial_option: Option | None = None
    min_query_length: Annotated[int, Field(ge=0)] = 3


class DatePicker(Menu):
    type: Literal["datepicker"]
    initial_date: Annotated[str, Field(pattern=DATE)] = ""


class Checkboxes(Element):
    type: Literal["checkboxes"]
    options: Annotated[list[BoxOption], Field(min_length=1, max_length=10)]
    initial_options: Annotated[list[BoxOption], Field(min_length=1)] | None = None
    confirm: Confirm | None = None
    focus_on_load: bool = False


class RadioButtons(Element):
    type: Literal["radio_buttons"]
    options: Annotated[list[BoxOption], Field(min_length=1, max_length=10)]
    initial_option: BoxOption | None = None
    confirm: Confirm | None = None
    focus_on_load: bool = False


class Overflow(Element):
    type: Literal["overflow"]
    options: Annotated[list[OverflowOption], Field(min_length=1, max_length=5)]
    confirm: Confirm | None = None


class PlainTextInput(Input):
    type: Literal["plain_text_input"]
    initial_value: Annotated[str, Field(max_length=TEXT_MAX)] = ""
    multiline: bool = False
    min_length: Annotated[int, Field(ge=0, le=3000)] = 0
    max_length: Annotated[int, Field(ge=1, le=3000)] = 3000
    dispatch_action_config: dict[str, Any] = Field(default_factory=dict)


class Image(Strict):
    type: Literal["image"]
    alt_text: Annotated[str, Field(max_length=2000)]
    image_url: Annotated[str, Field(min_length=1, max_length=URL_MAX)] | None = None
    slack_file: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.image_url is None) == (self.slack_file is None):
            raise refuse("must define exactly one of `image_url` or `slack_file`")
        return self


_Place = ConversationsSelect | ChannelsSelect
_Person = UsersSelect | MultiUsersSelect
Picker = StaticSelect | MultiStaticSelect | ExternalSelect | _Person | _Place | DatePicker | Checkboxes | RadioButtons
ActionElement = Annotated[Button | Overflow | Picker, Field(discriminator="type")]
Accessory = Annotated[Button | Overflow | Picker | Image, Field(discriminator="type")]
InputElement = Annotated[PlainTextInput | Picker, Field(discriminator="type")]
