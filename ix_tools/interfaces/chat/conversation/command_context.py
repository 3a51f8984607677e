"""A command of a person on its way through the conversation."""

from dataclasses import dataclass

from ix_tools.i18n.languages import Language
from ix_tools.interfaces.chat.conversation.shapes import ReplyPlace
from ix_tools.pipeline.context import CallContext


@dataclass(frozen=True)
class CommandContext:
    """The command of a person, with its place, idempotency key and language."""

    person: str
    identity: str
    place: ReplyPlace
    key: str
    language: Language
    context: CallContext
