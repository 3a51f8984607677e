"""The source documents: invoices, guides, estimates and receipts, each section with its control totals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.kinds import BY_TYPE, Family
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.numbers import digits, fixed, rounded
from ix_tools.sandbox.reference import country_code, exemption
from ix_tools.sandbox.responses import at_code
from ix_tools.sandbox.rows import Document, Line
from ix_tools.sandbox.saft.elements import Element, amount, given, text
from ix_tools.sandbox.saft.masters import UNITS, customer_id, product_code, product_name, rate
from ix_tools.sandbox.state import Books

DOCUMENT_TYPES = {
    "Invoice": "FT", "SimplifiedInvoice": "FS", "InvoiceReceipt": "FR", "CreditNote": "NC", "DebitNote": "ND",
    "VatMossInvoice": "FT", "Quote": "OR", "Proforma": "PF", "FeesNote": "OU", "Shipping": "GR", "Transport": "GT",
    "Devolution": "GD", "Receipt": "RG",
}  # fmt: skip
DEBITS = {"CreditNote", "Devolution"}
"""What takes back: its lines are debited, all others are credited."""


def source_documents(books: Books, rows: list[Document]) -> Element:
    """The sections that have something in them, in the order of the schema."""
    sections: tuple[tuple[Family, Callable[[Books, list[Document]], Element]], ...] = (
        ("invoices", _sales_invoices),
        ("guides", _movement_of_goods),
        ("estimates", _working_documents),
        ("receipts", _payments),
    )
    found: list[Element] = []
    for family, section in sections:
        of_family = [row for row in rows if BY_TYPE[row.type].family == family]
        if of_family:
            found.append(section(books, of_family))
    return ("SourceDocuments", found)


def number(row: Document) -> str:
    """A document's number as the tax authority writes it."""
    return f"{BY_TYPE[row.type].prefix} {row.serie}/{row.number}"


def signature(row: Document) -> str:
    """A made-up signature whose 1st, 11th, 21st and 31st characters are the four that are printed."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stream = hashlib.shake_256(number(row).encode()).digest(172)
    letters = [alphabet[byte % len(alphabet)] for byte in stream]
    letters[0:31:10] = row.saft_hash
    return "".join(letters)


# the four sections


def _sales_invoices(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        own_money = _own_money(row)
        entry: list[Element] = [
            ("InvoiceNo", number(row)),
            ("ATCUD", _atcud(row)),
            ("DocumentStatus", _status(books, row, "InvoiceStatus", "SourceBilling")),
            ("Hash", signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("InvoiceDate", row.date),
            ("InvoiceType", DOCUMENT_TYPES[row.type]),
            ("SpecialRegimes", _no_special_regimes()),
            ("SourceID", _user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", customer_id(row)),
            *_lines(books, row),
            ("DocumentTotals", [*_totals(row), *own_money]),
            *_withheld(row),
        ]
        entries.append(("Invoice", entry))
    return ("SalesInvoices", [*_control(rows), *entries])


def _movement_of_goods(books: Books, rows: list[Document]) -> Element:
    counted = [line for row in rows if row.status != "canceled" for line in row.lines]
    quantity = sum((Fraction(line.quantity) for line in counted), Fraction(0))
    entries: list[Element] = []
    for row in rows:
        entry: list[Element] = [
            ("DocumentNumber", number(row)),
            ("ATCUD", _atcud(row)),
            ("DocumentStatus", _status(books, row, "MovementStatus", "SourceBilling")),
            ("Hash", signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("MovementDate", row.date),
            ("MovementType", DOCUMENT_TYPES[row.type]),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", customer_id(row)),
            ("SourceID", _user(books)),
            *_place("ShipTo", row.guide.get("address_to")),
            *_place("ShipFrom", row.guide.get("address_from")),
            ("MovementStartTime", str(row.guide["loaded_at"])[:19]),
            *given("ATDocCodeID", at_code(books, row), 200),
            *_lines(books, row, movement=True),
            ("DocumentTotals", _totals(row)),
        ]
        entries.append(("StockMovement", entry))
    control: list[Element] = [
        ("NumberOfMovementLines", str(len(counted))),
        ("TotalQuantityIssued", amount(quantity)),
    ]
    return ("MovementOfGoods", [*control, *entries])


def _working_documents(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        entry: list[Element] = [
            ("DocumentNumber", number(row)),
            ("ATCUD", _atcud(row)),
            ("DocumentStatus", _status(books, row, "WorkStatus", "SourceBilling")),
            ("Hash", signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("WorkDate", row.date),
            ("WorkType", DOCUMENT_TYPES[row.type]),
            ("SourceID", _user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", customer_id(row)),
            *_lines(books, row),
            ("DocumentTotals", _totals(row)),
        ]
        entries.append(("WorkDocument", entry))
    return ("WorkingDocuments", [*_control(rows), *entries])


def _payments(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        total = totals.of_document(row).total
        owner = books.store.get(Document, row.owner_id)
        assert owner is not None, "a receipt is always of an invoice"
        method: list[Element] = [
            ("PaymentMechanism", row.payment_mechanism or "OU"),
            ("PaymentAmount", fixed(total)),
            ("PaymentDate", row.date),
        ]
        paid: list[Element] = [("OriginatingON", number(owner)), ("InvoiceDate", owner.date)]
        entry: list[Element] = [
            ("PaymentRefNo", number(row)),
            ("ATCUD", _atcud(row)),
            ("Period", str(int(row.date[5:7]))),
            ("TransactionDate", row.date),
            ("PaymentType", DOCUMENT_TYPES[row.type]),
            *given("Description", row.observations, 200),
            ("DocumentStatus", _status(books, row, "PaymentStatus", "SourcePayment")),
            ("PaymentMethod", method),
            ("SourceID", _user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", customer_id(row)),
            ("Line", [("LineNumber", "1"), ("SourceDocumentID", paid), ("CreditAmount", amount(total))]),
            ("DocumentTotals", _totals(row)),
        ]
        entries.append(("Payment", entry))
    return ("Payments", [*_control(rows), *entries])


# their parts


def _control(rows: list[Document]) -> list[Element]:
    """Cancelled documents are counted, and add nothing."""
    debit = credit = Fraction(0)
    for row in rows:
        if row.status != "canceled":
            sums = sum((Fraction(_net(row, line)) for line in row.lines), Fraction(0))
            debit, credit = (debit + sums, credit) if row.type in DEBITS else (debit, credit + sums)
    return [
        ("NumberOfEntries", str(len(rows))),
        ("TotalDebit", amount(debit)),
        ("TotalCredit", amount(credit)),
    ]


def _net(row: Document, line: Line) -> str:
    """A line without VAT, after its own discount and its share of the document's."""
    return amount(totals.of_line(line).net * totals.kept(row))


def _lines(books: Books, row: Document, movement: bool = False) -> list[Element]:
    return [("Line", _line(books, row, line, place, movement)) for place, line in enumerate(row.lines, 1)]


def _line(books: Books, row: Document, line: Line, place: int, movement: bool) -> list[Element]:
    owner = books.store.get(Document, row.owner_id)
    corrects = BY_TYPE[row.type].corrects
    net, quantity = totals.of_line(line).net * totals.kept(row), Fraction(line.quantity)
    tax = rate(books, line)
    shown: list[Element] = [("LineNumber", str(place))]
    if owner is not None and owner.number and not corrects:
        origin: list[Element] = [("OriginatingON", number(owner)), ("OrderDate", owner.date)]
        shown.append(("OrderReferences", origin))
    shown += [
        ("ProductCode", product_code(books, line)),
        ("ProductDescription", product_name(line)),
        ("Quantity", amount(quantity)),
        ("UnitOfMeasure", UNITS.get(line.unit, "un")),
        ("UnitPrice", amount(net / quantity)),
    ]
    if not movement:
        shown.append(("TaxPointDate", row.date))
    if owner is not None and owner.number and corrects:
        reference: list[Element] = [("Reference", number(owner)), *given("Reason", row.observations, 50)]
        shown.append(("References", reference))
    shown += [
        ("Description", text(line.description or line.name, 200)),
        ("DebitAmount" if row.type in DEBITS else "CreditAmount", _net(row, line)),
        (
            "Tax",
            [
                ("TaxType", "IVA"),
                ("TaxCountryRegion", tax.region),
                ("TaxCode", tax.code),
                ("TaxPercentage", tax.percentage),
            ],
        ),
    ]
    if not Fraction(line.tax_value):
        known = exemption(row.tax_exemption) or {}
        shown += [
            ("TaxExemptionReason", text(known.get("text"), 60, "Não sujeito ou não tributado")),
            ("TaxExemptionCode", row.tax_exemption or "M99"),
        ]
    if totals.of_line(line).gross != net:
        shown.append(("SettlementAmount", amount(totals.of_line(line).gross - net)))
    return shown


def _totals(row: Document) -> list[Element]:
    money = totals.of_document(row)
    shown: list[Element] = [
        ("TaxPayable", fixed(money.taxes)),
        ("NetTotal", fixed(money.before_taxes)),
        ("GrossTotal", fixed(money.total)),
    ]
    if row.currency:
        foreign: list[Element] = [
            ("CurrencyCode", row.currency),
            ("CurrencyAmount", fixed(money.total * Fraction(row.rate))),
            ("ExchangeRate", digits(rounded(1 / Fraction(row.rate), 6))),
        ]
        shown.append(("Currency", foreign))
    return shown


def _own_money(row: Document) -> list[Element]:
    """What is paid as it is issued says so itself."""
    if row.type != "InvoiceReceipt":
        return []
    paid = totals.of_document(row).total
    return [("Payment", [("PaymentAmount", fixed(paid)), ("PaymentDate", row.date)])]


def _withheld(row: Document) -> list[Element]:
    withheld = totals.withheld(row)
    return [("WithholdingTax", [("WithholdingTaxAmount", fixed(withheld))])] if withheld else []


def _status(books: Books, row: Document, name: str, source: str) -> list[Element]:
    canceled = row.status == "canceled"
    moment = row.status_at if canceled and row.status_at else row.finalized_at
    return [
        (name, "A" if canceled else "N"),
        (f"{name}Date", moment[:19]),
        *(given("Reason", row.cancel_reason, 50) if canceled else []),
        ("SourceID", _user(books)),
        (source, "P"),
    ]


def _atcud(row: Document) -> str:
    return "0" if row.atcud in ("", "N/A", "N/D") else row.atcud


def _user(books: Books) -> str:
    return text(books.issuer.email.partition("@")[0], 30)


def _no_special_regimes() -> list[Element]:
    names = ("SelfBillingIndicator", "CashVATSchemeIndicator", "ThirdPartiesBillingIndicator")
    return [(name, "0") for name in names]


def _place(name: str, sent: Any) -> list[Element]:
    if not isinstance(sent, dict):
        return []
    address: list[Element] = [
        ("AddressDetail", text(sent.get("detail"), 210)),
        ("City", text(sent.get("city"), 50)),
        ("PostalCode", text(sent.get("postal_code"), 20)),
        ("Country", country_code(str(sent.get("country") or "Portugal"))),
    ]
    return [(name, [("Address", address)])]
