"""State machines of the documents (docs/concepts/traps.md, States).

invoices    draft -finalized-> final -settled-> settled       receipt-invoices go straight to settled
            draft -deleted-> deleted      final -canceled-> canceled
estimates   draft -finalized-> final -accept/refuse-> accepted, refused -canceled-> canceled
guides      draft -finalized-> final -canceled-> canceled
receipts    final -canceled-> canceled, which opens its invoice again
"""

from __future__ import annotations

from typing import Any

from ix_tools.sandbox.kinds import Kind
from ix_tools.sandbox.ledger import documents, payments
from ix_tools.sandbox.ledger.issuing import finalize, list_live_children
from ix_tools.sandbox.refusals import Refused
from ix_tools.sandbox.rows import Document
from ix_tools.sandbox.state import Books

WORDS = {"accept": "accepted", "refuse": "refused"}
"""The documents and integrators use `accept`, the OpenAPI description `accepted`; both are accepted (reading 5)."""
KNOWN_WORDS = {"finalized", "deleted", "canceled", "settled", "unsettled", "accepted", "refused"}

_FINAL = {("draft", "finalized"): "final", ("draft", "deleted"): "deleted", ("final", "canceled"): "canceled"}
_INVOICES = {**_FINAL, ("final", "settled"): "settled"}
_ESTIMATES = {
    **_FINAL,
    ("final", "accepted"): "accepted",
    ("final", "refused"): "refused",
    ("accepted", "refused"): "refused",
    ("refused", "accepted"): "accepted",
    ("accepted", "canceled"): "canceled",
    ("refused", "canceled"): "canceled",
}
_OWN_TRANSITIONS: dict[str, dict[tuple[str, str], str]] = {
    "InvoiceReceipt": {**_INVOICES, ("draft", "finalized"): "settled", ("settled", "canceled"): "canceled"},
    "CreditNote": {**_INVOICES, ("settled", "unsettled"): "final"},
    "DebitNote": {**_INVOICES, ("settled", "unsettled"): "final"},
}
_FAMILY_TRANSITIONS: dict[str, dict[tuple[str, str], str]] = {
    "invoices": _INVOICES,
    "estimates": _ESTIMATES,
    "guides": _FINAL,
    "receipts": {("final", "canceled"): "canceled"},
}


def get_transitions(kind: Kind) -> dict[tuple[str, str], str]:
    """Return the transitions of a document type: (status, requested state) to the new status."""
    return _OWN_TRANSITIONS.get(kind.type, _FAMILY_TRANSITIONS[kind.family])


def change(books: Books, kind: Kind, document_id: int, sent: dict[str, Any]) -> Document:
    """Change a document's state."""
    document = documents.get(books, document_id, kind)
    asked = str(sent.get("state") or "")
    word = WORDS.get(asked, asked)
    if word not in KNOWN_WORDS:
        raise Refused(("cannot_handle", asked, kind.type))
    status = get_transitions(kind).get((document.status, word))
    if status is None:
        raise Refused("invalid_state")
    if word == "finalized":
        finalize(books, kind, document)
    elif word == "canceled":
        _cancel(books, kind, document, str(sent.get("message") or "").strip())
    elif word == "settled" and kind.payable:
        payments.settle(books, document)
    document.status, document.status_at = status, books.now.isoformat()
    books.store.save(document)
    if word == "canceled" and kind.type == "Receipt":
        payments.reopen(books, document)
    return document


def _cancel(books: Books, kind: Kind, document: Document, message: str) -> None:
    if not message and kind.family in ("invoices", "receipts"):  # only a tax document needs a reason
        raise Refused("cancel_message")
    if document.type != "InvoiceReceipt" and list_live_children(books, document, "Receipt"):
        raise Refused("has_receipts")
    if list_live_children(books, document, "CreditNote"):
        raise Refused("has_credit_notes")
    document.cancel_reason = message
