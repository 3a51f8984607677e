"""Table of the document types: their names, printed titles and capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["invoices", "estimates", "guides", "receipts"]


@dataclass(frozen=True)
class Kind:
    """A document type."""

    key: str
    """The JSON envelope, and the middle of `current_<key>_number` in a sequence."""
    path: str
    type: str
    family: Family
    prefix: str
    """The SAF-T letters printed before the number: FT 2026/1."""
    title: str
    """Title of the printed document."""
    offset: int
    """Offset of the type's sequence id from the invoices' (trap 9)."""
    in_atcud: bool = True
    """False when the tax authority gives no validation code; the series then shows N/A."""
    payable: bool = False
    """Whether it accepts partial payments and is settled by a receipt."""
    mb_reference: bool = False
    corrects: bool = False
    """Whether it is a credit or debit note, which refers to an invoice."""
    saft_code: str = ""
    """The tax authority's type in SAF-T and QR code where it is not the printed prefix."""

    @property
    def saft_type(self) -> str:
        """The type in SAF-T and QR code: FT, NC, OU."""
        return self.saft_code or self.prefix

    @property
    def family_key(self) -> str:
        """The envelope that requests may use for the whole family (invoice, quote, shipping)."""
        return {"invoices": "invoice", "estimates": "quote", "guides": "shipping", "receipts": "receipt"}[
            self.family
        ]

    @property
    def words(self) -> str:
        """The type in an English sentence: "invoice-receipt"."""
        return self.key.replace("_", "-")


KINDS: tuple[Kind, ...] = (
    Kind("invoice", "invoices", "Invoice", "invoices", "FT", "Fatura", 0, payable=True, mb_reference=True),
    Kind("simplified_invoice", "simplified_invoices", "SimplifiedInvoice", "invoices", "FS", "Fatura Simplificada", 1,
         payable=True, mb_reference=True),
    Kind("invoice_receipt", "invoice_receipts", "InvoiceReceipt", "invoices", "FR", "Fatura-Recibo", 2,
         mb_reference=True),
    Kind("receipt", "receipts", "Receipt", "receipts", "RG", "Recibo", 3),
    Kind("debit_note", "debit_notes", "DebitNote", "invoices", "ND", "Nota de Débito", 4, corrects=True),
    Kind("credit_note", "credit_notes", "CreditNote", "invoices", "NC", "Nota de Crédito", 5, corrects=True),
    Kind("vat_moss_invoice", "vat_moss_invoices", "VatMossInvoice", "invoices", "FTM", "Fatura MOSS", 7,
         in_atcud=False, payable=True, saft_code="FT"),
    Kind("quote", "quotes", "Quote", "estimates", "OR", "Orçamento", 11),
    Kind("proforma", "proformas", "Proforma", "estimates", "PF", "Fatura Pró-Forma", 12),
    Kind("fees_note", "fees_notes", "FeesNote", "estimates", "NH", "Nota de Honorários", 13, in_atcud=False,
         saft_code="OU"),
    Kind("shipping", "shippings", "Shipping", "guides", "GR", "Guia de Remessa", 14),
    Kind("devolution", "devolutions", "Devolution", "guides", "GD", "Guia de Devolução", 15),
    Kind("transport", "transports", "Transport", "guides", "GT", "Guia de Transporte", 16),
)  # fmt: skip

BY_PATH = {kind.path: kind for kind in KINDS}
BY_TYPE = {kind.type: kind for kind in KINDS}
BY_KEY = {kind.key: kind for kind in KINDS}

SEQUENCE_OFFSETS: dict[str, int] = {
    "invoice": 0, "invoice_receipt": 2, "simplified_invoice": 1, "credit_note": 5, "debit_note": 4, "receipt": 3,
    "shipping": 14, "transport": 16, "devolution": 15, "proforma": 12, "quote": 11, "fees_note": 13,
    "vat_moss_invoice": 7, "vat_moss_credit_note": 8, "vat_moss_receipt": 9,
}  # fmt: skip
"""Document types of a series in the order of the API, with the offset of their ids from the series' id."""

TYPES_WITHOUT_VALIDATION_CODE = {"fees_note", "vat_moss_invoice", "vat_moss_credit_note", "vat_moss_receipt"}
"""Types without a validation code from the tax authority: always N/A."""
