"""The preview of many documents that one approval covers: those that need attention first, every document whole, and their sums."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from ix_tools.approvals.preview import ApprovalPreview, DocumentView, PreviewPart, SafeLine, WarningView

Mark = Literal["new_client", "outlier"]


class DocumentEntry(PreviewPart):
    """One document of a joint approval."""

    place: int
    """Its place in the order in which the documents are carried out, from 1."""
    row: int
    """The row of the file."""
    paper: DocumentView
    recipient: SafeLine = ""
    """The address that gets it by e-mail; empty if nobody does."""
    warnings: tuple[WarningView, ...] = ()
    marks: tuple[Mark, ...] = ()
    usual: Decimal | None = None
    """The median of the client's earlier documents, for an outlier."""

    @property
    def needs_attention(self) -> bool:
        """Tell whether it stands among the first."""
        return bool(self.warnings or self.marks)

    @property
    def total(self) -> Decimal:
        """Return the total with VAT; a document without one is not in a joint approval."""
        return self.paper.total or Decimal(0)


class RateSum(PreviewPart):
    """Net amount and VAT of all documents under one rate."""

    tax: SafeLine
    rate: Decimal | None
    net: Decimal
    vat: Decimal


class JointPreview(ApprovalPreview):
    """The preview of a joint approval."""

    file: SafeLine = ""
    """The name of the file that the documents come from."""
    documents: tuple[DocumentEntry, ...]

    def list_by_attention(self) -> tuple[tuple[DocumentEntry, ...], tuple[DocumentEntry, ...]]:
        """Return the documents that need attention, and the others, both in their order."""
        first = tuple(one for one in self.documents if one.needs_attention)
        return first, tuple(one for one in self.documents if not one.needs_attention)

    def select(self, left_out: Iterable[int] = ()) -> tuple[DocumentEntry, ...]:
        """Return the documents that remain without some."""
        out = frozenset(left_out)
        return tuple(one for one in self.documents if one.place not in out)


def sum_rates(documents: Iterable[DocumentEntry]) -> tuple[RateSum, ...]:
    """Return net and VAT per rate; the parts of each document as its own preview shows them."""
    found: dict[tuple[str, Decimal | None], tuple[Decimal, Decimal]] = {}
    for one in documents:
        for share in one.paper.shares:
            if share.word:
                continue
            net, vat = found.get((share.tax, share.rate), (Decimal(0), Decimal(0)))
            found[share.tax, share.rate] = (net + share.net, vat + (share.vat or Decimal(0)))
    ordered = sorted(found.items(), key=lambda one: (-(one[0][1] or Decimal(0)), one[0][0]))
    return tuple(RateSum(tax=tax, rate=rate, net=net, vat=vat) for (tax, rate), (net, vat) in ordered)


def sum_amount(documents: Iterable[DocumentEntry], word: Literal["net", "vat_total", "total"]) -> Decimal:
    """Return the sum of one amount of all documents."""
    return sum((one.paper.find_amount(word) or Decimal(0) for one in documents), Decimal(0))
