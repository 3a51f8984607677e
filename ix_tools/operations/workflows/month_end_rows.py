"""Rows of the month-end check: documents, unpaid invoices and missing numbers, as messages."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.domain.document_kinds import name_document_kind
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.messages import Message, Money, message


def name_document(row: Mapping[str, Any]) -> Message:
    """Return the name of a document of a list: `Invoice 17/2026 (id 1017)`."""
    kind, number = name_document_kind(str(row.get("document_type"))), row.get("id")
    if row.get("status") == "draft":
        return message("{kind}, draft {id}", kind=kind, id=number)
    return message("{kind} {number} (id {id})", kind=kind, number=row.get("number"), id=number)


def describe_document(row: Mapping[str, Any]) -> Message:
    """Return a document with client and total."""
    return message(
        "{document}, {client}, {total}",
        document=name_document(row),
        client=row.get("client") or LABELS["final_consumer"],
        total=parse_amount(row, "total"),
    )


def describe_unpaid(row: Mapping[str, Any]) -> Message:
    """Return an unpaid document with its due date and open amount."""
    return message(
        "{document}, {client}: due {day}, open {open} of {total}",
        document=name_document(row),
        client=row.get("client"),
        day=parse_day(row, "due_date"),
        open=parse_amount(row, "open"),
        total=parse_amount(row, "total"),
    )


def describe_gap(kind: str, serie: str, first: int, last: int) -> Message:
    """Return the missing numbers of a series, from the first to the last."""
    name = name_document_kind(kind)
    if first == last:
        return message("{kind} {serie}: {number}", kind=name, serie=serie, number=first)
    return message("{kind} {serie}: {first} to {last}", kind=name, serie=serie, first=first, last=last)


def parse_amount(row: Mapping[str, Any], name: str) -> Money | None:
    """Return an amount of a row; None if it has none."""
    return Money(Decimal(str(row[name]))) if row.get(name) is not None else None


def parse_day(row: Mapping[str, Any], name: str) -> date | None:
    """Return a day of a row; None if it has none."""
    return date.fromisoformat(str(row[name])) if row.get(name) else None


def parse_number(row: Mapping[str, Any]) -> tuple[int, str] | None:
    """Return number and series of a row; None for a document without a number."""
    number, _, serie = str(row.get("number") or "").partition("/")
    return (int(number), serie) if number.isdecimal() and serie else None
