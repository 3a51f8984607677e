"""Compute what was paid, credited and withheld of an issued document, and what is still open of it.

    balance = total − paid − credited − withheld        open = balance above 0, in a document that is final
                                                        owed to the client = balance below 0

Withholding tax goes from the client to the tax authority, so it is never open, although InvoiceXpress issues receipts up to
the total (trap 18). A client who pays more than the total less withholding tax has withheld less.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.records import Document

OPEN_STATES = {"final", "second_copy"}
"""States in which something of a document can be open."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Amounts of an issued document, to the cent."""

    total: Decimal
    """Total with VAT."""
    paid: Decimal
    """Receipts in force; all that was to be paid if it was settled without one."""
    credited: Decimal
    """Credit notes in force, with VAT."""
    withheld: Decimal
    """Tax that the client withholds, at most what receipts leave of the total, less that of the credit notes."""
    is_settled: bool

    @property
    def balance(self) -> Decimal:
        """Return what is to be paid; negative if it is owed to the client."""
        return self.total - self.paid - self.credited - self.withheld

    @property
    def open(self) -> Decimal:
        """Return what the client still has to pay; 0 once the document is settled."""
        return ZERO if self.is_settled else max(ZERO, self.balance)

    @property
    def owed_to_client(self) -> Decimal:
        """Return what was paid or credited above the total."""
        return max(ZERO, -self.balance)

    @property
    def receipt_limit(self) -> Decimal:
        """Return the most that InvoiceXpress issues a receipt for, which includes withholding tax; 0 once it is settled."""
        return ZERO if self.is_settled else max(ZERO, self.total - self.paid - self.credited)


def compute_settlement(document: Document, related: Iterable[Document]) -> Settlement:
    """Compute the settlement of a document from the receipts and notes related to it, in any state."""
    related = tuple(related)
    total = document.total or ZERO
    notes = _list_in_force(related, "credit_notes")
    credited = sum((note.total or ZERO for note in notes), ZERO)
    receipts = sum_receipts(related)
    is_settled = document.status not in OPEN_STATES
    withheld = limit_withheld(document.withholding_tax, total, receipts)
    withheld -= sum((note.withholding_tax for note in notes), ZERO)
    withheld = max(ZERO, min(withheld, total - credited))
    by_hand = document.status == "settled" and not receipts
    paid = max(ZERO, total - credited - withheld) if by_hand else receipts
    return Settlement(total, paid, credited, withheld, is_settled)


def sum_receipts(related: Iterable[Document]) -> Decimal:
    """Return what the receipts in force say was paid."""
    return sum((one.total or ZERO for one in _list_in_force(tuple(related), "receipts")), ZERO)


def limit_withheld(withheld: Decimal, total: Decimal, receipts: Decimal) -> Decimal:
    """Return the tax that can have been withheld of a document: at most what its receipts leave."""
    return min(withheld, max(ZERO, total - receipts))


def _list_in_force(related: Iterable[Document], kind: str) -> list[Document]:
    return [one for one in related if one.document_type == kind and one.status in ISSUED_STATES]
