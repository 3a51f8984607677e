"""Receipts: pay a part of an invoice, settle the rest, and reopen it when a receipt is cancelled."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.kinds import BY_KEY, BY_TYPE
from ix_tools.sandbox.ledger import documents, sequences, totals
from ix_tools.sandbox.ledger.issuing import finalize, list_live_children
from ix_tools.sandbox.ledger.number_formats import format_exact, parse_fraction, round_half_up
from ix_tools.sandbox.reference import MECHANISMS
from ix_tools.sandbox.refusals import Missing, Refused
from ix_tools.sandbox.rows import Document, Line, Sequence
from ix_tools.sandbox.state import Books

RECEIPT = BY_KEY["receipt"]


def get_amount_due(books: Books, document: Document) -> Fraction:
    """Return the amount left to pay: the total less receipts and credit notes that are not cancelled."""
    paid = [
        *list_live_children(books, document, "Receipt"),
        *list_live_children(books, document, "CreditNote"),
    ]
    total = totals.compute_document(document).total
    return total - sum((totals.compute_document(row).total for row in paid), Fraction(0))


def pay(books: Books, document_id: int, sent: dict[str, Any]) -> Document:
    """Issue a receipt for an amount. Paying the last cent settles the invoice."""
    document = documents.get(books, document_id)
    kind = BY_TYPE[document.type]
    if kind.family != "invoices":
        raise Missing
    amount = parse_fraction(sent.get("amount"))
    if amount is None:
        raise Refused("not_number", field="amount")
    if amount <= 0:
        raise Refused("is_invalid", field="amount")
    mechanism = str(sent.get("payment_mechanism") or "TB")
    if mechanism not in MECHANISMS:
        raise Refused("is_invalid", field="payment_mechanism")
    if not kind.payable or document.status != "final":
        raise Refused("not_payable", field="base")
    left = get_amount_due(books, document)
    if amount > left:
        raise Refused("over_due", field="amount")
    sequence = _find_sequence(books, document, sent.get("serie"))
    day = documents.parse_day(sent["payment_date"]) if sent.get("payment_date") else None
    receipt = _create_receipt(books, document, sequence, round_half_up(amount), day or books.today, mechanism)
    receipt.observations = str(sent.get("note") or "")
    books.store.save(receipt)
    if round_half_up(amount) == left:
        document.status = "settled"
        books.store.save(document)
    return receipt


def settle(books: Books, document: Document) -> None:
    """Issue a receipt for the amount left, as the state `settled` does."""
    left = get_amount_due(books, document)
    if left > 0:
        sequence = _find_sequence(books, document, None)
        books.store.save(_create_receipt(books, document, sequence, left, books.today, "TB"))


def reopen(books: Books, receipt: Document) -> None:
    """Reopen an invoice whose receipt was cancelled."""
    owner = books.store.get(Document, receipt.owner_id)
    if owner is not None and owner.status == "settled" and get_amount_due(books, owner) > 0:
        owner.status = "final"
        books.store.save(owner)


def _find_sequence(books: Books, document: Document, serie: Any) -> Sequence:
    found = (
        sequences.find_by_name(books, str(serie))
        if serie
        else sequences.find_by_type_id(books, BY_TYPE[document.type], document.sequence_id)
    )
    if found is None:
        raise Refused("is_invalid", field="serie")
    return found


def _create_receipt(
    books: Books, document: Document, sequence: Sequence, amount: Fraction, day: date, mechanism: str
) -> Document:
    """Create a receipt, which is final at once: with a number and its own ATCUD."""
    paid = f"{BY_TYPE[document.type].prefix} {document.serie}/{document.number}"
    line = Line(paid, f"Pagamento de {paid}", format_exact(amount), "1", "unit", "0", None, "", "0")
    receipt = Document(
        id=books.store.next_id("documents", first=documents.FIRST_DOCUMENT),
        type=RECEIPT.type,
        status="final",
        created_at=books.now.isoformat(),
        client_id=document.client_id,
        sequence_id=sequence.id + RECEIPT.offset,
        date=day.isoformat(),
        due_date=day.isoformat(),
        lines=[line],
        owner_id=document.id,
        payment_mechanism=mechanism,
    )
    finalize(books, RECEIPT, receipt)
    return receipt
