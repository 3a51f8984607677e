"""Rules about credit and debit notes, Multibanco references and simplified invoices."""

from collections.abc import Iterator
from decimal import Decimal

from ix_tools.facts import Facts, Want, wants
from ix_tools.guards.shapes import InvoiceShaped, Transition
from ix_tools.operation import Finding, refuse, warn
from ix_tools.records import Document
from ix_tools.totals import TotalsLine, predict

NOTES = {"credit_notes", "debit_notes"}
LIVE = {"draft", "final", "settled"}
RETAILER_LIMIT, OTHERS_LIMIT = Decimal(1000), Decimal(100)
"""CIVA art. 40/1: simplified invoices up to 1000 EUR for retailers selling to consumers, up to 100 EUR otherwise."""


@wants(Want.OWNER)
def note_has_its_owner(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """A note names the issued document it corrects (CIVA 36/6), or InvoiceXpress leaves it unlinked (trap 13b)."""
    if call.document_type not in NOTES:
        if call.owner_invoice_id is not None and call.document_type not in {
            "invoices",
            "simplified_invoices",
            "invoice_receipts",
        }:
            yield refuse(
                "owner_invoice_id",
                f"not for {call.document_type}",
                "credit or debit notes, or an invoice made from a guide",
            )
        return
    if call.owner_invoice_id is None:
        yield refuse(
            "owner_invoice_id",
            "a credit or debit note names the document it corrects",
            "the id of a finalized invoice",
            "list_invoices finds it",
        )
    elif facts.owner is None:
        yield refuse(
            "owner_invoice_id",
            f"no invoice has the id {call.owner_invoice_id}",
            "the id of a finalized invoice",
            "list_invoices finds it",
        )
    elif facts.owner.status not in {"final", "settled"}:
        yield refuse(
            "owner_invoice_id", f"that document is {facts.owner.status}, not issued", "a finalized invoice"
        )


def _left(owner: Document, notes: tuple[Document, ...], without: int | None = None) -> Decimal:
    credited = sum(
        (one.total or Decimal(0) for one in notes if one.status in LIVE and one.id != without), Decimal(0)
    )
    return (owner.total or Decimal(0)) - credited


@wants(Want.TAXES, Want.OWNER, Want.OWNER_NOTES)
def credit_within_what_remains(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """All credit notes together stay within the owner's total; InvoiceXpress says so only at finalize, too late (trap 13)."""
    if call.document_type != "credit_notes" or facts.owner is None:
        return
    rates = [facts.tax(item.tax) for item in call.items]
    if any(tax is None or tax.value is None for tax in rates):
        return
    total = predict(
        [
            TotalsLine(
                item.unit_price,
                item.quantity,
                item.discount or Decimal(0),
                (tax.value if tax else None) or Decimal(0),
            )
            for item, tax in zip(call.items, rates, strict=True)
        ]
    ).total
    left = _left(facts.owner, facts.owner_notes, facts.document.id if facts.document else None)
    if total > left:
        yield refuse(
            "items",
            f"the note is worth {total}, but only {left} of {facts.owner.number or facts.owner.id} is left to credit",
            f"lines worth at most {left}",
            "get_related_documents shows the notes that stand against it",
        )


@wants(Want.DOCUMENT, Want.OWNER, Want.OWNER_NOTES)
def stored_note_within_what_remains(call: Transition, facts: Facts) -> Iterator[Finding]:
    """The same, once more before finalizing: other notes may have been issued meanwhile."""
    document = facts.document
    if (
        call.state != "finalized"
        or call.document_type != "credit_notes"
        or document is None
        or facts.owner is None
    ):
        return
    left = _left(facts.owner, facts.owner_notes, document.id)
    if (document.total or Decimal(0)) > left:
        yield refuse(
            "document_id",
            f"the note is worth {document.total}, but only {left} of {facts.owner.number} is left to credit",
            f"at most {left}",
        )


def mb_reference_only_where_possible(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """Multibanco references exist for invoices, simplified invoices and invoice-receipts only (trap 20)."""
    if call.mb_reference and call.document_type not in {
        "invoices",
        "simplified_invoices",
        "invoice_receipts",
    }:
        yield refuse(
            "mb_reference",
            f"not for {call.document_type}",
            "invoices, simplified_invoices or invoice_receipts",
        )


@wants(Want.TAXES)
def simplified_within_legal_limit(call: InvoiceShaped, facts: Facts) -> Iterator[Finding]:
    """The legal limits of simplified invoices are not the API's errors, so they are said here (trap 19, CIVA 40)."""
    if call.document_type != "simplified_invoices":
        return
    total = predict(
        [
            TotalsLine(
                item.unit_price,
                item.quantity,
                item.discount or Decimal(0),
                (tax.value if (tax := facts.tax(item.tax)) else None) or Decimal(0),
            )
            for item in call.items
        ]
    ).total
    if total > RETAILER_LIMIT:
        yield warn(
            "document_type",
            f"{total} is above 1000 EUR, the limit of simplified invoices to consumers (CIVA 40/1 a)",
        )
    elif total > OTHERS_LIMIT:
        yield warn(
            "document_type",
            f"{total} is above 100 EUR: allowed as a simplified invoice only for retailers and street sellers to consumers (CIVA 40/1)",
        )
