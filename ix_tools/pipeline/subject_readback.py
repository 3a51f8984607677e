"""Read-back of subjects: reads a changed client, item, tax, series or account again and compares it with the call.

InvoiceXpress answers most of these writes with nothing. A difference is an error, because later documents use the record.
"""

from decimal import Decimal
from typing import Any

from ix_tools.domain.comparison import NO_VALUE, Difference
from ix_tools.domain.types import Record
from ix_tools.errors import IxError, StoredDifferently
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import format_plain
from ix_tools.operations.base import Operation
from ix_tools.operations.expectations import ExpectedState
from ix_tools.pipeline.fact_loader import FactLoader
from ix_tools.text.sanitize import sanitize_line


async def read_back_subject(
    loader: FactLoader, call: Operation[Any], facts: Facts, result: Any
) -> tuple[Any, list[Difference]]:
    """Return the result with the stored record, and its differences from what was asked."""
    expected = call.predict_state(facts) if call.spec.effect.writes else None
    subject = call.subject_ref(result)
    if expected is None or subject is None:
        return result, []
    try:
        stored, _ = await loader.get_subject(subject)
    except IxError as failure:
        return result, [Difference.for_failed_read_back(subject.name, failure)]
    return result.model_copy(update={subject.name: stored}), find_differences(expected, stored)


def find_differences(expected: ExpectedState, stored: Record) -> list[Difference]:
    """Return each field that reads back differently from what was asked."""
    return [
        Difference(name, _format_value(asked), _format_value(getattr(stored, name)))
        for name, asked in expected.values.items()
        if not _is_equal(asked, getattr(stored, name))
    ]


def show_value(field: str, stored: Record) -> str | None:
    """Return a field's stored value as text, or None if the record has no such field."""
    return _format_value(getattr(stored, field)) if field in type(stored).model_fields else None


def _is_equal(asked: Any, stored: Any) -> bool:
    if isinstance(asked, str) and isinstance(stored, str):
        return sanitize_line(asked).split() == sanitize_line(stored).split()
    if isinstance(asked, Decimal) and stored is None:
        return asked == 0
    if isinstance(asked, bool) or isinstance(stored, bool):
        return bool(asked) == bool(stored)
    return bool((asked or None) == (stored or None))


def _format_value(value: Any) -> str:
    return (
        format_plain(value) if isinstance(value, Decimal) else NO_VALUE if value in (None, "") else str(value)
    )


def build_subject_difference_error(
    call: Operation[Any], result: Any, found: list[Difference]
) -> StoredDifferently:
    """Build the error that lists every difference of a stored record."""
    subject = call.subject_ref(result)
    name = subject.name if subject else "record"
    record = getattr(result, name, None)
    number = f" {record.id}" if record is not None and getattr(record, "id", None) else ""
    return StoredDifferently(
        f"InvoiceXpress stored the {name}{number} differently from what was asked ({len(found)} fields). "
        "It was stored; do not create it again.",
        problems=[one.as_problem() for one in found],
        next="show this to the person; correct it with an update if it matters",
        details={name: record.model_dump(mode="json", exclude_none=True)} if record is not None else {},
    )
