"""Format amounts, dates and other values for a terminal."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel

from ix_tools.approvals.rendering import format_country
from ix_tools.domain.document_kinds import find_prefix
from ix_tools.i18n import formats
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, render
from ix_tools.i18n.value_labels import UNIT_LABELS
from ix_tools.interfaces.cli.record_fields import find_record, list_amounts
from ix_tools.interfaces.cli.value_names import OTHER_ENTRIES, VALUES, format_kind, format_state
from ix_tools.text.sanitize import sanitize_line

NO = message("no")
DATES = frozenset({"date", "due_date", "valid_from", "valid_until", "as_of", "saft_due"})
TIMES = frozenset({"expires_at", "used_at", "created_at", "since", "time"})
COUNTS = frozenset({"issued", "matched", "first", "last"})
NUMBERS = COUNTS | {"id", "document_id", "value", "last_number", "sequence_id", "bytes"}
"""Columns of numbers that are no amounts."""


def is_number_column(field: str) -> bool:
    """Tell whether a column has numbers, which are aligned right."""
    return field in NUMBERS or field in list_amounts()


def format_value(field: str, value: Any, language: Language, record: type[BaseModel] | None = None) -> str:
    """Format a value of a record for a person, without control characters."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return render(LABELS["yes"] if value else NO, language)
    if isinstance(value, Mapping):
        inner = (
            find_record(record.model_fields[field].annotation)
            if record and field in record.model_fields
            else None
        )
        return ", ".join(format_value(name, part, language, inner) for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(format_value("", part, language) for part in value)
    return _format_text(field, sanitize_line(str(value)), language, list_amounts(record))


def _format_text(field: str, text: str, language: Language, amounts: Collection[str]) -> str:
    if field == "number" and text == "draft":
        return "-"  # InvoiceXpress's word where a draft has no number; its state says so
    try:
        if field in amounts:
            return formats.format_exact_money(Decimal(text), language)
        if field in DATES:
            return formats.format_date(date.fromisoformat(text), language)
        if field in TIMES:
            return formats.format_date_time(datetime.fromisoformat(text))
        if field == "country":
            return format_country(text, language)
        if field == "value":
            return formats.format_number(Decimal(text), language)
    except (InvalidOperation, ValueError):
        return text  # a value in another format is shown unchanged
    if field == "document_type" or (field == "document" and (text in OTHER_ENTRIES or find_prefix(text))):
        return format_kind(text, language)
    if field == "unit" and text in UNIT_LABELS:
        return render(UNIT_LABELS[text][0], language)
    if field == "period":
        return _format_period(text, language)
    if (said := VALUES.get(field, {}).get(text)) is not None:
        return render(said, language)
    return format_state(text, language) if field in {"status", "state"} else text


def _format_period(text: str, language: Language) -> str:
    """Format a month (`2026-11`) or the first and last day of a period (`2026-10-01/2026-12-31`)."""
    first, _, last = text.partition("/")
    if not last:
        year, _, month = first.partition("-")
        return f"{month}/{year}" if month else first
    days = (formats.format_date(date.fromisoformat(day), language) for day in (first, last))
    return " – ".join(days)
