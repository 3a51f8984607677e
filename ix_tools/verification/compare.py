"""Comparison of what InvoiceXpress stored with what was asked: a document, or another record.

A document's amounts are compared at the precision in which they are stored. A record's are compared exactly: a catalogue price that
is rounded makes later documents differ.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from ix_tools.domain.amount_types import format_cents, parse_decimal
from ix_tools.domain.comparison import NO_VALUE, Difference
from ix_tools.domain.records import Document, Line
from ix_tools.domain.types import Record, read_text
from ix_tools.fiscal.currencies import find_currency_code
from ix_tools.i18n.formats import format_plain
from ix_tools.operations.expectations import ExpectedState
from ix_tools.text.sanitize import sanitize_line

MONEY_FIELDS = {"sum", "discount", "before_taxes", "taxes", "total"}
OPTIONAL_FIELDS = {*MONEY_FIELDS, "client.country"}
PRECISION = 60
"""Decimal digits, enough for the exact net amount of the largest line."""
GONE_STATES = {"canceled", "deleted"}


def compare_document(expected: ExpectedState, document: Document) -> list[Difference]:
    """Return each field of a document that differs, with the expected and the stored value."""
    found = list(_compare_values(expected, document))
    if expected.lines and len(expected.lines) != len(document.lines):
        found.append(Difference("items", f"{len(expected.lines)} lines", f"{len(document.lines)} lines"))
    for at, (asked, line) in enumerate(zip(expected.lines, document.lines, strict=False)):
        found += _compare_line(at, asked, line)
    return found


def _compare_values(expected: ExpectedState, document: Document) -> Iterator[Difference]:
    for name, asked in expected.values.items():
        stored = _get_stored(name, document)
        if name in OPTIONAL_FIELDS and stored is None:
            continue  # some responses omit a figure; a missing total is reported below
        if not _is_equal(asked, stored):
            yield Difference(name, _format_value(name, asked), _format_value(name, stored))
    if "status" not in expected.values and document.status in GONE_STATES:
        # The same proprietary_uid can return a document that was cancelled since.
        yield Difference("status", "draft", document.status or "")
    if "total" in expected.values and document.total is None:
        yield Difference("total", _format_value("total", expected.values["total"]), "(not reported)")


def compare_record(expected: ExpectedState, stored: Record) -> list[Difference]:
    """Return each field of a client, item, tax, series or account that differs, with the expected and the stored value."""
    return [
        Difference(name, _format_value(name, asked), _format_value(name, getattr(stored, name)))
        for name, asked in expected.values.items()
        if not _is_same_value(asked, getattr(stored, name))
    ]


def show_field(field: str, stored: Document | Record) -> str | None:
    """Return the stored value of a field that a difference names as text, or None if there is no such field."""
    if isinstance(stored, Document):
        return _show_document_field(field, stored)
    return _format_value(field, getattr(stored, field)) if field in type(stored).model_fields else None


def _show_document_field(field: str, document: Document) -> str | None:
    if field == "items":
        return f"{len(document.lines)} lines"
    if field.startswith("items."):
        _, at, name = field.split(".", 2)
        if not at.isdecimal() or int(at) >= len(document.lines) or name not in Line.model_fields:
            return None
        return _format_value(name, getattr(document.lines[int(at)], name))
    if field not in Document.model_fields and field not in {"client.country", "currency_code", "rate"}:
        return None
    return _format_value(field, _get_stored(field, document))


def _get_stored(name: str, document: Document) -> Any:
    if name == "client":
        return document.client.name if document.client else None
    if name == "client.country":
        return document.client.country if document.client else None
    if name in {"currency_code", "rate"}:
        shown = document.multicurrency or {}
        if name == "currency_code":
            return find_currency_code(str(shown.get("currency")))
        return parse_decimal(shown["rate"]) if shown.get("rate") else None
    return getattr(document, name)


def _compare_line(at: int, asked: dict[str, Any] | Any, line: Line) -> Iterator[Difference]:
    for name in ("name", "quantity", "tax", "tax_rate", "net"):
        want, have = asked[name], getattr(line, name)
        if have is None and name in {"tax", "tax_rate", "net"}:
            continue  # trap 30: a line may read back without its tax; the document's totals still show it
        if not _is_equal(want, have):
            yield Difference(f"items.{at}.{name}", _format_value(name, want), _format_value(name, have))


def _is_equal(asked: Any, stored: Any) -> bool:
    if isinstance(asked, Decimal) and isinstance(stored, Decimal):
        return _is_same_amount(asked, stored)
    if isinstance(asked, Decimal) and stored is None:
        return asked == 0
    if isinstance(asked, str):
        asked = read_text(asked)  # invisible characters are not read back either
    return (asked or None) == (stored or None)


def _is_same_value(asked: Any, stored: Any) -> bool:
    if isinstance(asked, str) and isinstance(stored, str):
        return sanitize_line(asked).split() == sanitize_line(stored).split()
    if isinstance(asked, Decimal) and stored is None:
        return asked == 0
    if isinstance(asked, bool) or isinstance(stored, bool):
        return bool(asked) == bool(stored)
    return bool((asked or None) == (stored or None))


def _is_same_amount(asked: Decimal, stored: Decimal) -> bool:
    """Compare at the precision of the stored amount, which has 2, 4 or all decimals depending on the endpoint."""
    exponent = stored.as_tuple().exponent
    places = exponent if isinstance(exponent, int) and exponent < -2 else -2
    with localcontext() as context:
        context.prec = PRECISION
        # An unrounded amount is sent as a binary float, which keeps only 15 digits.
        noise = abs(stored) * Decimal("1e-15") if places < -4 else Decimal(0)
        return abs(asked - stored) <= Decimal(1).scaleb(places) / 2 + noise


def _format_value(name: str, value: Any) -> str:
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, Decimal):
        return format_cents(value) if name in MONEY_FIELDS else format_plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)
