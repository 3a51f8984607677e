"""What the conversation and the adapters exchange: messages and presses in, texts and cards out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ix_tools.i18n.languages import Language

Style = Literal["", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    """The place of an answer to a person: private if the platform can do that."""

    user: str
    """The person's id on the platform: `T1.U1` in Slack, a number in Telegram."""
    room: str
    """The conversation in which they wrote or pressed."""
    hook: str = ""
    """What lets an adapter open a form for this message or press; short-lived."""


@dataclass(frozen=True, slots=True)
class IncomingCommand:
    """A sentence that somebody wrote."""

    place: ReplyPlace
    text: str
    key: str
    """The id of this delivery: the same if the platform delivers it again."""


@dataclass(frozen=True, slots=True)
class IncomingPress:
    """A button that somebody pressed."""

    place: ReplyPlace
    value: str
    key: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The confirmation that a press needs before it counts."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button; its value comes back with the press."""

    label: str
    value: str
    style: Style = ""
    confirmation: Confirmation | None = None
    url: str = ""
    """A page that the button opens; no press is reported then."""


@dataclass(frozen=True, slots=True)
class Card:
    """A message with buttons. The text is plain: an adapter lets no platform read mentions, links or markup in it."""

    title: str
    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form."""

    name: str
    label: str
    value: str = ""
    is_optional: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A form for the parts of a document; the answer is a sentence."""

    title: str
    submit: str
    cancel: str
    fields: tuple[FormField, ...]
    language: Language = "pt"
    sentence_start: str = field(default="")
    """The start of the sentence that the fields complete."""


class Adapter(Protocol):
    """One platform. It knows no operation and decides nothing."""

    @property
    def platform(self) -> str:
        """The platform's name, which is the prefix of identities."""
        ...

    async def tell(self, place: ReplyPlace, text: str, buttons: Sequence[Button] = ()) -> None:
        """Send a text to one person, privately if the platform can do that."""
        ...

    async def post_card(self, room: str, card: Card) -> str:
        """Post a card and return its id in the room."""
        ...

    async def edit_card(self, room: str, message: str, card: Card) -> None:
        """Replace a card; do nothing if it was deleted."""
        ...

    async def send_file(self, place: ReplyPlace, name: str, content: bytes, text: str) -> None:
        """Send a file to a person."""
        ...

    async def open_form(self, place: ReplyPlace, form: Form) -> bool:
        """Open a form; return False if the platform has none or it is too late."""
        ...
