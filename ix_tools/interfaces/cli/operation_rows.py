"""Describe operations to a person: what they do in the reader's language, and their help in place of schemas."""

from collections.abc import Mapping
from typing import Any

from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import translate_text
from ix_tools.operations.registry import catalogue
from ix_tools.schemas.json_schema import get_description

FOR_PROGRAMS = frozenset({"required", "optional", "further", "parameter_schema", "example"})
"""Parts of a description that the help of the command shows to a person."""


def describe_operations(content: Any, language: Language) -> Any:
    """Return a result in which every operation is described as a person reads it."""
    if isinstance(content, list):
        return [describe_operations(one, language) for one in content]
    if not isinstance(content, Mapping):
        return content
    described = {name: describe_operations(value, language) for name, value in content.items()}
    operation = catalogue().get(str(described.get("operation")))
    if operation is None or "does" not in described:
        return described
    whole = translate_text(get_description(operation), language)
    first = whole.split("\n")[0].split(". ")[0].rstrip(".")
    return {
        **{name: value for name, value in described.items() if name not in FOR_PROGRAMS},
        "does": f"{first}.",
    }
