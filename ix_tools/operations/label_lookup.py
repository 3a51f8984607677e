"""Labels of the values in an approval: from the message catalogue, or from the Printed mark of a field."""

from collections.abc import Mapping
from functools import cache

from ix_tools.domain.field_marks import Printed, fields_with
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import render
from ix_tools.operations.registry import catalogue


def translate_label(label: str, language: Language, otherwise: str = "") -> str:
    """Return the label of a row or field in a language; `otherwise` or the name itself if it has none."""
    if label in LABELS:
        return render(LABELS[label], language)
    printed = _printed_fields().get(label)
    return render(printed.message, language) if printed else otherwise or label.replace("_", " ").capitalize()


@cache
def _printed_fields() -> Mapping[str, Printed]:
    return {
        name: mark
        for operation in catalogue().values()
        for name, mark in fields_with(operation, Printed).items()
    }
