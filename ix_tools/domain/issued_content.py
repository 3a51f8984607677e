"""The digest of what a document says, the same for the draft that a person saw and for the issued document years later."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from ix_tools.domain.records import Document

VERSION = 1
"""Raise it when the content below changes, and keep the old form for proofs that have it."""
FIELDS = (
    "document_type", "id", "date", "due_date", "sum", "discount", "before_taxes", "taxes", "total", "currency",
    "retention", "tax_exemption", "reference", "observations",
)  # fmt: skip
"""What finalizing, paying and cancelling leave as it is."""
LINE_FIELDS = ("name", "description", "quantity", "unit", "unit_price", "discount", "net", "vat", "total")
"""Without the name of the VAT rate, which the account may change; `net` and `vat` have the rate."""


def digest_issued_content(document: Document | None) -> str:
    """Return the digest of a document's content; empty without a document.

    It covers kind, id, dates, the client's name and tax number, lines, amounts, currency, withholding, exemption, reference and
    observations. Number, ATCUD, state and payments come later and are not part of it.
    """
    if document is None or document.id is None:
        return ""
    content: dict[str, Any] = {name: _write(getattr(document, name)) for name in FIELDS}
    content["lines"] = [[_write(getattr(line, name)) for name in LINE_FIELDS] for line in document.lines]
    client = document.client
    content["client"] = [_write(client.name), _write(client.fiscal_id)] if client is not None else None
    written = json.dumps([VERSION, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _write(value: object) -> str | int | None:
    """Return a value as it is hashed: amounts without trailing zeros, dates as 2026-11-20."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)
