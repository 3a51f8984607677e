"""Header and master files of the SAF-T file: issuer, customers, products and VAT rates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ix_tools.sandbox.kinds import BY_TYPE
from ix_tools.sandbox.ledger.number_formats import format_at_least_two
from ix_tools.sandbox.ledger.saft import get_days
from ix_tools.sandbox.reference import find_country_code, strip_country_prefix
from ix_tools.sandbox.rows import Document, Item, Line, Tax
from ix_tools.sandbox.saft.elements import UNKNOWN, Element, build_optional, build_text
from ix_tools.sandbox.state import Books

FINAL_CONSUMER = "CF"
FINAL_CONSUMER_NIF = "999999990"
UNITS = {"hour": "hora", "day": "dia", "month": "mês", "unit": "un", "service": "serviço", "other": "outro"}


@dataclass(frozen=True, order=True)
class Rate:
    """A VAT rate as in the tax table and the lines."""

    region: str
    code: str
    percentage: str


def build_header(books: Books, month: str) -> Element:
    """Build the header: issuer, period, program."""
    issuer, (first, last) = books.issuer, get_days(month)
    place: list[Element] = [
        ("AddressDetail", build_text(issuer.address, 210)),
        ("City", build_text(issuer.city, 50)),
        ("PostalCode", build_text(issuer.postal_code, 8, "0000-000")),
        ("Country", "PT"),
    ]
    return (
        "Header",
        [
            ("AuditFileVersion", "1.04_01"),
            ("CompanyID", issuer.fiscal_id),
            ("TaxRegistrationNumber", issuer.fiscal_id),
            ("TaxAccountingBasis", "F"),
            ("CompanyName", build_text(issuer.organization_name, 100)),
            ("CompanyAddress", place),
            ("FiscalYear", str(first.year)),
            ("StartDate", first.isoformat()),
            ("EndDate", last.isoformat()),
            ("CurrencyCode", "EUR"),
            ("DateCreated", books.today.isoformat()),
            ("TaxEntity", "Global"),
            ("ProductCompanyTaxID", issuer.fiscal_id),
            ("SoftwareCertificateNumber", "0"),
            ("ProductID", "InvoiceXpress in a box/ix-tools"),
            ("ProductVersion", "1"),
            ("HeaderComment", "Ficheiro de ensaio emitido por um simulador, sem valor fiscal"),
            *build_optional("Telephone", issuer.phone, 20),
            *build_optional("Fax", issuer.fax, 20),
            *build_optional("Email", issuer.email, 254),
            *build_optional("Website", issuer.website, 60),
        ],
    )


def build_master_files(books: Books, rows: list[Document]) -> Element:
    """Build the master files with everything the documents refer to, each once."""
    sold = [line for row in rows if BY_TYPE[row.type].family != "receipts" for line in row.lines]
    return (
        "MasterFiles",
        [*_build_customers(rows), *_build_products(books, sold), _build_tax_table(books, sold)],
    )


def get_customer_id(row: Document) -> str:
    """Return the customer id of a document's client."""
    return str(row.client.get("id") or FINAL_CONSUMER)


def _build_customers(rows: list[Document]) -> Iterable[Element]:
    latest = {get_customer_id(row): row.client for row in sorted(rows, key=lambda row: row.finalized_at)}
    for key, client in sorted(latest.items()):
        country = find_country_code(str(client.get("country") or "Portugal"))
        nif = build_text(client.get("fiscal_id"), 30, FINAL_CONSUMER_NIF)
        address: list[Element] = [
            ("AddressDetail", build_text(client.get("address"), 210)),
            ("City", build_text(client.get("city"), 50)),
            ("PostalCode", build_text(client.get("postal_code"), 20)),
            ("Country", country),
        ]
        yield (
            "Customer",
            [
                ("CustomerID", key),
                ("AccountID", UNKNOWN),
                ("CustomerTaxID", strip_country_prefix(nif, country)),
                ("CompanyName", build_text(client.get("name"), 100)),
                ("BillingAddress", address),
                *build_optional("Telephone", client.get("phone"), 20),
                *build_optional("Fax", client.get("fax"), 20),
                *build_optional("Email", client.get("email"), 254),
                *build_optional("Website", client.get("website"), 60),
                ("SelfBillingIndicator", "0"),
            ],
        )


def get_product_code(books: Books, line: Line) -> str:
    """Return the item's id, or a code derived from its name when the item no longer exists."""
    item = books.store.first(Item, name=line.name)
    return str(item.id) if item else hashlib.sha256(line.name.encode("utf-8", "replace")).hexdigest()[:12]


def get_product_name(line: Line) -> str:
    """Return the item's name with at least two characters."""
    return build_text(line.name, 200, "artigo").ljust(2, ".")


def _build_products(books: Books, lines: list[Line]) -> Iterable[Element]:
    for code, line in sorted({get_product_code(books, line): line for line in lines}.items()):
        service = line.unit in ("hour", "day", "month", "service")
        yield (
            "Product",
            [
                ("ProductType", "S" if service else "P"),
                ("ProductCode", code),
                ("ProductDescription", get_product_name(line)),
                ("ProductNumberCode", code),
            ],
        )


def get_rate(books: Books, line: Line) -> Rate:
    """Return a line's rate. Only 0 % is exempt, whatever the account's table says."""
    tax = books.store.get(Tax, line.tax_id) or Tax(0, "", line.tax_value, code="OUT")
    value = Fraction(line.tax_value)
    code = tax.code if value and tax.code != "ISE" else "OUT" if value else "ISE"
    return Rate("PT" if tax.region == UNKNOWN else tax.region, code, format_at_least_two(value))


def _build_tax_table(books: Books, lines: list[Line]) -> Element:
    names = {
        "NOR": "Taxa normal",
        "INT": "Taxa intermédia",
        "RED": "Taxa reduzida",
        "ISE": "Isenta",
        "OUT": "Outra",
    }
    entries: list[Element] = [
        (
            "TaxTableEntry",
            [
                ("TaxType", "IVA"),
                ("TaxCountryRegion", each.region),
                ("TaxCode", each.code),
                ("Description", names[each.code]),
                ("TaxPercentage", each.percentage),
            ],
        )
        for each in sorted({get_rate(books, line) for line in lines})
    ]
    return ("TaxTable", entries)
