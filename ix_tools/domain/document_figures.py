"""What an overview keeps of an invoice or note: number, dates, state, amounts and VAT by rate; no client and no lines."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ix_tools.domain.amounts import compute_figures
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.records import Document, Tax
from ix_tools.i18n.formats import format_plain

PAYABLE = frozenset({"invoices", "simplified_invoices", "vat_moss_invoices", "debit_notes"})
"""Kinds of document that the client pays later."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class VatPart:
    """Net and VAT of a document at one rate, to the cent; of a credit note they are what it takes back, negative."""

    region: str
    """PT, PT-AC or PT-MA; `?` if the account has no such tax; empty for a rounding."""
    tax: str
    """Name of the account's tax; `rounding` or `difference` for the gap between the document's totals and its rates."""
    rate: str
    """In percent, such as 23; `?` if it is not known; empty for a rounding."""
    exemption: str
    """Code of the exemption, such as M07; empty if VAT is charged."""
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class DocumentFigures:
    """The figures of one document. Of a credit note, net, VAT and total are negative."""

    document_type: str
    document_id: int
    number: str
    """Number and series, as 6/2026; empty for a draft."""
    state: str
    date: datetime.date | None
    due_date: datetime.date | None
    currency: str
    """Its name, as InvoiceXpress has it."""
    net: Decimal
    vat: Decimal
    total: Decimal
    parts: tuple[VatPart, ...]
    open: Decimal | None = None
    """What the client still has to pay; None if it is not known anew, so that what was known stays."""

    @property
    def counts(self) -> bool:
        """Whether it counts as issued: neither a draft nor cancelled."""
        return self.state in ISSUED_STATES

    @property
    def month(self) -> str:
        """Return the month of its date, as 2026-11; empty without a date."""
        return f"{self.date:%Y-%m}" if self.date else ""


def get_sign(document: Document) -> Literal[1, -1]:
    """Return 1 for what charges, -1 for what takes back."""
    return -1 if document.document_type == "credit_notes" else 1


def list_vat_parts(document: Document, taxes: Mapping[str, Tax]) -> Iterator[VatPart]:
    """Yield net and VAT by region, tax and rate, and the rounding between these and the document's totals.

    Args:
        taxes: the account's taxes by name.
    """
    sign = get_sign(document)
    for share in compute_figures(document).shares:
        amounts = sign * share.net, sign * (share.vat or ZERO)
        if share.word:
            yield VatPart("", share.word, "", "", *amounts)
            continue
        tax = taxes.get(share.tax)
        region = tax.region if tax is not None and tax.region else "?"
        rate = format_plain(share.rate) if share.rate is not None else "?"
        exemption = document.tax_exemption or "" if not share.rate else ""
        yield VatPart(region, share.tax, rate, exemption, *amounts)


def build_document_figures(
    document: Document, taxes: Mapping[str, Tax], open: Decimal | None = None
) -> DocumentFigures:
    """Build the figures of a document that has an id.

    Args:
        taxes: the account's taxes by name.
        open: what the client still has to pay, if it was computed.
    """
    sign = get_sign(document)
    is_draft = document.is_draft
    return DocumentFigures(
        document_type=document.document_type,
        document_id=document.id or 0,
        number="" if is_draft else document.number or "",
        state=document.status or "",
        date=document.date,
        due_date=document.due_date,
        currency=document.currency or "",
        net=sign * (document.before_taxes or ZERO),
        vat=sign * (document.taxes or ZERO),
        total=sign * (document.total or ZERO),
        parts=() if is_draft else tuple(list_vat_parts(document, taxes)),
        open=open if document.document_type in PAYABLE else ZERO,
    )
