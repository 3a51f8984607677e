"""Type of a text in a result that people read: translated when the result is serialized."""

from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, WithJsonSchema

from ix_tools.i18n.messages import Message, as_message, render


def _serialize_message(text: Message, info: SerializationInfo) -> str:
    language = (info.context or {}).get("language")
    return render(text, language) if language else str(text)


TranslatedText = Annotated[
    Message,
    PlainValidator(as_message),
    PlainSerializer(_serialize_message, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""Text of a result for a person: shown in the language of the settings, and read back as it was shown."""
