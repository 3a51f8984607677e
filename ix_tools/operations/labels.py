"""What stands before a value in an approval: a word of ours, or the heading that a printed field brings in its mark."""

from collections.abc import Mapping
from functools import cache

from ix_tools.domain.field_marks import Printed, fields_with
from ix_tools.i18n.labels import LABELS, Language
from ix_tools.operations.registry import catalogue


def translate_label(label: str, language: Language, otherwise: str = "") -> str:
    """Return the heading of a label or field; of a name that has none `otherwise`, or the name itself."""
    if label in LABELS:
        return LABELS[label].text(language)
    printed = _printed_fields().get(label)
    return printed.heading(language) if printed else otherwise or label.replace("_", " ").capitalize()


@cache
def _printed_fields() -> Mapping[str, Printed]:
    return {
        name: mark
        for operation in catalogue().values()
        for name, mark in fields_with(operation, Printed).items()
    }
