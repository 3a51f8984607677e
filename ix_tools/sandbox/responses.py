"""Render rows as the API's JSON: documents, clients, items, taxes, series and pagination."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.kinds import BY_TYPE, SEQUENCE_OFFSETS
from ix_tools.sandbox.ledger import clients, totals
from ix_tools.sandbox.ledger.listing import Page
from ix_tools.sandbox.ledger.number_formats import (
    format_at_least_two,
    format_fixed,
    round_half_up,
    to_json_number,
)
from ix_tools.sandbox.reference import find_currency
from ix_tools.sandbox.rows import PRINTED_TEXTS, Client, Document, Item, Line, Sequence, Tax
from ix_tools.sandbox.state import Books

Json = dict[str, Any]


def render_document(books: Books, row: Document, listed: bool = False) -> Json:
    """Render a document, read by itself or in a list."""
    money = totals.compute_document(row)
    drift = Fraction(books.options.list_total_drift) if listed else Fraction(0)
    draft_marker = "rascunho" if books.options.language == "pt" else "draft"
    shown: Json = {
        "id": row.id,
        "status": row.status,
        "archived": row.archived,
        "type": row.type,
        "sequence_number": f"{row.number}/{row.serie}" if row.number else draft_marker,
        "inverted_sequence_number": f"{row.serie}/{row.number}" if row.number else draft_marker,
        "sequence_id": str(row.sequence_id),
        "tax_exemption": row.tax_exemption,
        "date": _format_day(row.date),
        "due_date": _format_day(row.due_date),
        **{name: getattr(row, name) for name in PRINTED_TEXTS},
        "retention": row.retention,
        "permalink": f"{books.base_url}/documents/{row.id}{_build_permalink_hash(row.id)}",
        "sum": to_json_number(money.sum),
        "discount": to_json_number(money.discount),
        "before_taxes": to_json_number(money.before_taxes),
        "taxes": to_json_number(money.taxes),
        "total": to_json_number(money.total + drift),
        "currency": "Euro",
        "client": _render_document_client(books, row),
        "items": [_render_line(books, line) for line in row.lines],
    }
    if row.number:
        shown |= {"atcud": row.atcud, "saft_hash": row.saft_hash}
    if row.mb_reference:
        shown["mb_reference"] = row.mb_reference
    if row.currency:
        total = round_half_up(money.total * Fraction(row.rate))
        shown["multicurrency"] = {
            "rate": row.rate,
            "currency": find_currency(row.currency),
            "total": to_json_number(total),
        }
    if BY_TYPE[row.type].family == "guides":
        # Loading time and site are accepted and not returned.
        shown |= {
            key: row.guide[key] for key in ("license_plate", "address_from", "address_to") if key in row.guide
        }
        shown["at_doc_code_id"] = find_at_code(books, row)
    return shown


def _format_day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def _build_permalink_hash(row_id: int) -> str:
    return hashlib.sha256(str(row_id).encode()).hexdigest()[:40]


def _render_document_client(books: Books, row: Document) -> Json:
    record = row.client or clients.take_snapshot(books.store.get(Client, row.client_id))
    shown = {key: record.get(key) for key in ("id", "name", "code", "country", "email")}
    if books.options.client_fiscal_id:
        shown["fiscal_id"] = record.get("fiscal_id")
    return shown


def _render_line(books: Books, line: Line) -> Json:
    money = totals.compute_line(line)
    tax: Json = {
        "id": line.tax_id,
        "name": line.tax_name or None,
        "value": to_json_number(Fraction(line.tax_value)),
    }
    if books.options.null_taxes:
        tax |= {"name": None, "value": None}  # trap 30
    return {
        "name": line.name,
        "description": line.description,
        "unit_price": format_fixed(
            Fraction(line.unit_price)
        ),  # totals use all digits, the rendered price has two decimals (trap 15)
        "unit": line.unit,
        "quantity": format_at_least_two(Fraction(line.quantity)),
        "tax": tax,
        "discount": to_json_number(Fraction(line.discount)),
        "subtotal": to_json_number(money.net),
        "tax_amount": to_json_number(money.vat),
        "discount_amount": to_json_number(money.discount),
        "total": to_json_number(round_half_up(money.net + money.vat)),
    }


def find_at_code(books: Books, row: Document) -> str:
    """Return a guide's code from the tax authority, which arrives about a minute after finalizing."""
    if not row.finalized_at or not row.number:
        return ""
    ready = datetime.fromisoformat(row.finalized_at) + timedelta(seconds=books.options.at_code_delay)
    return f"{400000000 + row.id}" if books.now >= ready else ""


def render_client(books: Books, row: Client) -> Json:
    """Render a client."""
    link = f"{books.base_url}/clients/{row.id}{_build_permalink_hash(row.id)}"
    contact = {name: row.preferred_contact.get(name, "") for name in ("name", "email", "phone")}
    return {**vars(row), "preferred_contact": contact, "open_account_link": link}


def render_item(books: Books, row: Item) -> Json:
    """Render an item. Its price is a number with all digits (reading 17)."""
    tax = books.store.get(Tax, row.tax_id)
    value = Fraction(tax.value if tax else 0)
    shown: Json = {"id": row.id, "name": row.name, "description": row.description}
    shown |= {"unit_price": to_json_number(Fraction(row.unit_price)), "unit": row.unit}
    shown["tax"] = {
        "id": tax.id if tax else None,
        "name": tax.name if tax else None,
        "value": to_json_number(value),
        "comment": f"tax value:{float(value)}%",
    }
    return shown


def render_tax(row: Tax) -> Json:
    """Render a VAT rate."""
    return {**vars(row), "value": to_json_number(Fraction(row.value)), "default_tax": int(row.default_tax)}


def render_sequence(row: Sequence) -> Json:
    """Render a series, with three fields per document type."""
    shown: Json = {"id": row.id, "serie": row.serie, "default_sequence": int(row.default_sequence)}
    for key, offset in SEQUENCE_OFFSETS.items():
        shown[f"current_{key}_number"] = row.numbers[key]
        shown[f"current_{key}_sequence_id"] = row.id + offset
        shown[f"current_{key}_validation_code"] = row.codes[key]
    return shown


def render_pagination(page: Page) -> Json:
    """Render the pagination of a list."""
    return {
        "total_entries": page.entries,
        "current_page": page.number,
        "total_pages": page.pages,
        "per_page": page.per_page,
    }
