"""Source documents of the SAF-T file: invoices, guides, estimates and receipts with control totals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ix_tools.sandbox.kinds import BY_TYPE, Family
from ix_tools.sandbox.ledger import totals
from ix_tools.sandbox.ledger.number_formats import format_exact, format_fixed, round_half_up
from ix_tools.sandbox.reference import find_country_code, find_exemption
from ix_tools.sandbox.responses import find_at_code
from ix_tools.sandbox.rows import Document, Line
from ix_tools.sandbox.saft.elements import Element, build_optional, build_text, format_amount
from ix_tools.sandbox.saft.masters import UNITS, get_customer_id, get_product_code, get_product_name, get_rate
from ix_tools.sandbox.state import Books

DEBITS = {"CreditNote", "Devolution"}
"""Types whose lines are debits; those of all other types are credits."""


def build_source_documents(books: Books, rows: list[Document]) -> Element:
    """Build the sections that have documents, in the order of the schema."""
    sections: tuple[tuple[Family, Callable[[Books, list[Document]], Element]], ...] = (
        ("invoices", _build_sales_invoices),
        ("guides", _build_movement_of_goods),
        ("estimates", _build_working_documents),
        ("receipts", _build_payments),
    )
    found: list[Element] = []
    for family, section in sections:
        of_family = [row for row in rows if BY_TYPE[row.type].family == family]
        if of_family:
            found.append(section(books, of_family))
    return ("SourceDocuments", found)


def format_number(row: Document) -> str:
    """Format a document's number as the tax authority does."""
    return f"{BY_TYPE[row.type].prefix} {row.serie}/{row.number}"


def build_signature(row: Document) -> str:
    """Build an invented signature whose characters 1, 11, 21 and 31 are the printed ones."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stream = hashlib.shake_256(format_number(row).encode()).digest(172)
    letters = [alphabet[byte % len(alphabet)] for byte in stream]
    letters[0:31:10] = row.saft_hash
    return "".join(letters)


# the four sections


def _build_sales_invoices(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        own_money = _build_immediate_payment(row)
        entry: list[Element] = [
            ("InvoiceNo", format_number(row)),
            ("ATCUD", _build_atcud(row)),
            ("DocumentStatus", _build_status(books, row, "InvoiceStatus", "SourceBilling")),
            ("Hash", build_signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("InvoiceDate", row.date),
            ("InvoiceType", BY_TYPE[row.type].saft_type),
            ("SpecialRegimes", _build_special_regimes()),
            ("SourceID", _get_user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", get_customer_id(row)),
            *_build_lines(books, row),
            ("DocumentTotals", [*_build_totals(row), *own_money]),
            *_build_withholding(row),
        ]
        entries.append(("Invoice", entry))
    return ("SalesInvoices", [*_build_control_totals(rows), *entries])


def _build_movement_of_goods(books: Books, rows: list[Document]) -> Element:
    counted = [line for row in rows if row.status != "canceled" for line in row.lines]
    quantity = sum((Fraction(line.quantity) for line in counted), Fraction(0))
    entries: list[Element] = []
    for row in rows:
        entry: list[Element] = [
            ("DocumentNumber", format_number(row)),
            ("ATCUD", _build_atcud(row)),
            ("DocumentStatus", _build_status(books, row, "MovementStatus", "SourceBilling")),
            ("Hash", build_signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("MovementDate", row.date),
            ("MovementType", BY_TYPE[row.type].saft_type),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", get_customer_id(row)),
            ("SourceID", _get_user(books)),
            *_build_place("ShipTo", row.guide.get("address_to")),
            *_build_place("ShipFrom", row.guide.get("address_from")),
            ("MovementStartTime", str(row.guide["loaded_at"])[:19]),
            *build_optional("ATDocCodeID", find_at_code(books, row), 200),
            *_build_lines(books, row, movement=True),
            ("DocumentTotals", _build_totals(row)),
        ]
        entries.append(("StockMovement", entry))
    control: list[Element] = [
        ("NumberOfMovementLines", str(len(counted))),
        ("TotalQuantityIssued", format_amount(quantity)),
    ]
    return ("MovementOfGoods", [*control, *entries])


def _build_working_documents(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        entry: list[Element] = [
            ("DocumentNumber", format_number(row)),
            ("ATCUD", _build_atcud(row)),
            ("DocumentStatus", _build_status(books, row, "WorkStatus", "SourceBilling")),
            ("Hash", build_signature(row)),
            ("HashControl", "1"),
            ("Period", str(int(row.date[5:7]))),
            ("WorkDate", row.date),
            ("WorkType", BY_TYPE[row.type].saft_type),
            ("SourceID", _get_user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", get_customer_id(row)),
            *_build_lines(books, row),
            ("DocumentTotals", _build_totals(row)),
        ]
        entries.append(("WorkDocument", entry))
    return ("WorkingDocuments", [*_build_control_totals(rows), *entries])


def _build_payments(books: Books, rows: list[Document]) -> Element:
    entries: list[Element] = []
    for row in rows:
        total = totals.compute_document(row).total
        owner = books.store.get(Document, row.owner_id)
        assert owner is not None, "a receipt is always of an invoice"
        method: list[Element] = [
            ("PaymentMechanism", row.payment_mechanism or "OU"),
            ("PaymentAmount", format_fixed(total)),
            ("PaymentDate", row.date),
        ]
        paid: list[Element] = [("OriginatingON", format_number(owner)), ("InvoiceDate", owner.date)]
        entry: list[Element] = [
            ("PaymentRefNo", format_number(row)),
            ("ATCUD", _build_atcud(row)),
            ("Period", str(int(row.date[5:7]))),
            ("TransactionDate", row.date),
            ("PaymentType", BY_TYPE[row.type].saft_type),
            *build_optional("Description", row.observations, 200),
            ("DocumentStatus", _build_status(books, row, "PaymentStatus", "SourcePayment")),
            ("PaymentMethod", method),
            ("SourceID", _get_user(books)),
            ("SystemEntryDate", row.finalized_at[:19]),
            ("CustomerID", get_customer_id(row)),
            (
                "Line",
                [("LineNumber", "1"), ("SourceDocumentID", paid), ("CreditAmount", format_amount(total))],
            ),
            ("DocumentTotals", _build_totals(row)),
        ]
        entries.append(("Payment", entry))
    return ("Payments", [*_build_control_totals(rows), *entries])


# their parts


def _build_control_totals(rows: list[Document]) -> list[Element]:
    """Build the control totals. Cancelled documents are counted, and add nothing."""
    debit = credit = Fraction(0)
    for row in rows:
        if row.status != "canceled":
            sums = sum((Fraction(_compute_line_net(row, line)) for line in row.lines), Fraction(0))
            debit, credit = (debit + sums, credit) if row.type in DEBITS else (debit, credit + sums)
    return [
        ("NumberOfEntries", str(len(rows))),
        ("TotalDebit", format_amount(debit)),
        ("TotalCredit", format_amount(credit)),
    ]


def _compute_line_net(row: Document, line: Line) -> str:
    """Compute a line's net after its discount and its share of the global discount."""
    return format_amount(totals.compute_line(line).net * totals.find_remaining_share(row))


def _build_lines(books: Books, row: Document, movement: bool = False) -> list[Element]:
    return [
        ("Line", _build_line(books, row, line, place, movement)) for place, line in enumerate(row.lines, 1)
    ]


def _build_line(books: Books, row: Document, line: Line, place: int, movement: bool) -> list[Element]:
    owner = books.store.get(Document, row.owner_id)
    corrects = BY_TYPE[row.type].corrects
    net, quantity = totals.compute_line(line).net * totals.find_remaining_share(row), Fraction(line.quantity)
    tax = get_rate(books, line)
    shown: list[Element] = [("LineNumber", str(place))]
    if owner is not None and owner.number and not corrects:
        origin: list[Element] = [("OriginatingON", format_number(owner)), ("OrderDate", owner.date)]
        shown.append(("OrderReferences", origin))
    shown += [
        ("ProductCode", get_product_code(books, line)),
        ("ProductDescription", get_product_name(line)),
        ("Quantity", format_amount(quantity)),
        ("UnitOfMeasure", UNITS.get(line.unit, "un")),
        ("UnitPrice", format_amount(net / quantity)),
    ]
    if not movement:
        shown.append(("TaxPointDate", row.date))
    if owner is not None and owner.number and corrects:
        reference: list[Element] = [
            ("Reference", format_number(owner)),
            *build_optional("Reason", row.observations, 50),
        ]
        shown.append(("References", reference))
    shown += [
        ("Description", build_text(line.description or line.name, 200)),
        ("DebitAmount" if row.type in DEBITS else "CreditAmount", _compute_line_net(row, line)),
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
        known = find_exemption(row.tax_exemption) or {}
        shown += [
            ("TaxExemptionReason", build_text(known.get("text"), 60, "Não sujeito ou não tributado")),
            ("TaxExemptionCode", row.tax_exemption or "M99"),
        ]
    if totals.compute_line(line).gross != net:
        shown.append(("SettlementAmount", format_amount(totals.compute_line(line).gross - net)))
    return shown


def _build_totals(row: Document) -> list[Element]:
    money = totals.compute_document(row)
    shown: list[Element] = [
        ("TaxPayable", format_fixed(money.taxes)),
        ("NetTotal", format_fixed(money.before_taxes)),
        ("GrossTotal", format_fixed(money.total)),
    ]
    if row.currency:
        foreign: list[Element] = [
            ("CurrencyCode", row.currency),
            ("CurrencyAmount", format_fixed(money.total * Fraction(row.rate))),
            ("ExchangeRate", format_exact(round_half_up(1 / Fraction(row.rate), 6))),
        ]
        shown.append(("Currency", foreign))
    return shown


def _build_immediate_payment(row: Document) -> list[Element]:
    """Build the payment of a document that is paid when issued."""
    if row.type != "InvoiceReceipt":
        return []
    paid = totals.compute_document(row).total
    return [("Payment", [("PaymentAmount", format_fixed(paid)), ("PaymentDate", row.date)])]


def _build_withholding(row: Document) -> list[Element]:
    withheld = totals.compute_retention(row)
    return [("WithholdingTax", [("WithholdingTaxAmount", format_fixed(withheld))])] if withheld else []


def _build_status(books: Books, row: Document, name: str, source: str) -> list[Element]:
    canceled = row.status == "canceled"
    moment = row.status_at if canceled and row.status_at else row.finalized_at
    return [
        (name, "A" if canceled else "N"),
        (f"{name}Date", moment[:19]),
        *(build_optional("Reason", row.cancel_reason, 50) if canceled else []),
        ("SourceID", _get_user(books)),
        (source, "P"),
    ]


def _build_atcud(row: Document) -> str:
    return "0" if row.atcud in ("", "N/A", "N/D") else row.atcud


def _get_user(books: Books) -> str:
    return build_text(books.issuer.email.partition("@")[0], 30)


def _build_special_regimes() -> list[Element]:
    names = ("SelfBillingIndicator", "CashVATSchemeIndicator", "ThirdPartiesBillingIndicator")
    return [(name, "0") for name in names]


def _build_place(name: str, sent: Any) -> list[Element]:
    if not isinstance(sent, dict):
        return []
    address: list[Element] = [
        ("AddressDetail", build_text(sent.get("detail"), 210)),
        ("City", build_text(sent.get("city"), 50)),
        ("PostalCode", build_text(sent.get("postal_code"), 20)),
        ("Country", find_country_code(str(sent.get("country") or "Portugal"))),
    ]
    return [(name, [("Address", address)])]
