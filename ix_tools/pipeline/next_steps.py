"""Suggested calls as results show them."""

from typing import Any

from ix_tools.domain.field_marks import NamesDocument, fields_with
from ix_tools.i18n.languages import Language
from ix_tools.operations.expectations import Step
from ix_tools.operations.registry import catalogue


def show_step(step: Step, language: Language) -> dict[str, Any]:
    """Return a step as results show it, in the reader's language, with arguments of the types that the tool's schema has.

    The id of a document is text there, since a number such as FT 17/2026 may stand in its place. Hosts that check types refuse a
    call with the integer of the record.
    """
    shown = step.as_dict(language)
    operation = catalogue().get(step.tool)
    given = shown.get("arguments")
    if operation is not None and given:
        texts = {
            name: str(given[name])
            for name in fields_with(operation, NamesDocument)
            if given.get(name) is not None
        }
        shown["arguments"] = {**given, **texts}
    return shown
