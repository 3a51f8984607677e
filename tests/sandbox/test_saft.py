"""Sandbox, SAF-T: first pending, then a file with valid references and correct sums."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import httpx2
import pytest
from defusedxml.ElementTree import fromstring

from tests.sandbox.api import SandboxApi

PATH = "/api/export_saft.json"
SALES, WORK, GOODS, PAID = "SalesInvoices", "WorkingDocuments", "MovementOfGoods", "Payments"
ENTRIES = {SALES: "Invoice", WORK: "WorkDocument", GOODS: "StockMovement", PAID: "Payment"}
STATUSES = {SALES: "InvoiceStatus", WORK: "WorkStatus", GOODS: "MovementStatus", PAID: "PaymentStatus"}
SCHEMA = json.loads(Path(__file__).with_name("saft_schema.json").read_text(encoding="utf-8"))
"""Facts of the official schema: children in order, required children, and the restrictions of values."""
INTEGERS = {"integer", "nonNegativeInteger", "positiveInteger"}


def exported(api: SandboxApi, month: str = "11", year: str = "2026") -> Element:
    while (answer := api.get(PATH, month=month, year=year)).status_code == 202:
        pass
    assert answer.status_code == 200, answer.text
    fetched = httpx2.get(answer.json()["url"], timeout=100)
    assert fetched.headers["content-type"].startswith("application/xml")
    root: Element = fromstring(fetched.content)
    for element in root.iter():
        element.tag = element.tag.removeprefix("{urn:OECD:StandardAuditFile-Tax:PT_1.04_01}")
    return root


def read_text_at(element: Element, path: str) -> str:
    return element.findtext(path) or ""


def money(element: Element, path: str) -> Decimal:
    return Decimal(read_text_at(element, path) or "0")


def entries(root: Element, section: str) -> list[Element]:
    return root.findall(f"SourceDocuments/{section}/{ENTRIES[section]}")


@pytest.fixture
def month(api: SandboxApi) -> dict[str, dict[str, Any]]:
    """A November with every kind of document, and an October that is not exported."""
    api.create_issued(date="30/10/2026", due_date="30/10/2026")
    lines = [
        api.line(unit_price="33.3333", quantity="3", discount="10", unit="hour"),
        api.line(name="Formação", unit_price="200", tax={"name": "Isento"}),
        api.line(name="Licença & <suporte>", unit_price="19.99", tax={"name": "IVA22"}),
        api.line(name="Z", unit_price="9.99", tax={"name": "IVA6"}),
    ]
    rich = {"tax_exemption": "M07", "retention": "25", "currency_code": "USD", "rate": "1.1"}
    discount = {"value_type": "absolute", "value": 5}
    invoice = api.create_issued(items=lines, global_discount=discount, **rich)
    place = {"detail": "Rua\u0000 A", "city": "Porto", "postal_code": "4000-001", "country": "Portugal"}
    wrong = api.create_issued("simplified_invoice", client={})
    api.sandbox.advance(3600)
    api.change_state("simplified_invoice", wrong, "canceled", "Engano no cliente")
    receipt = api.pay(invoice, 50, payment_mechanism="MB").json()["receipt"]
    api.change_state("receipt", api.pay(invoice, 20).json()["receipt"], "canceled", "Engano")
    return {
        "invoice": invoice,
        "receipt": receipt,
        "invoice_receipt": api.create_issued("invoice_receipt", client={"id": 502}),
        "credit_note": api.create_issued("credit_note", owner_invoice_id=invoice["id"], items=lines[:1]),
        "debit_note": api.create_issued("debit_note"),
        "quote": api.create_issued("quote"),
        "fees_note": api.create_issued("fees_note"),
        "transport": api.create_issued("transport", address_from=place, address_to=place),
        "devolution": api.create_issued("devolution", items=[api.line(quantity="2.5")]),
        "draft": api.create_draft(),
        "wrong": wrong,
    }


def test_the_file_is_promised_first_and_asked_for_again(api: SandboxApi) -> None:
    """C24."""
    api.create_issued()
    first, second = (api.get(PATH, month="11", year="2026") for _ in range(2))
    assert (first.status_code, first.json()) == (
        202,
        {
            "message": "The SAF-T file generation was started. Please keep requesting until you get back the url."
        },
    )
    assert second.json()["url"].endswith("/SAFT-PT_509442013_2026-11.xml")
    api.sandbox.reset()
    api.create_issued()
    api.sandbox.set_option("saft_polls", 3)
    assert [api.get(PATH, month="11", year="2026").status_code for _ in range(4)] == [202, 202, 202, 200]


def test_its_address_may_be_written_with_a_capital(api: SandboxApi) -> None:
    """J15."""
    api.create_issued()
    api.sandbox.set_option("saft_polls", 0)
    api.sandbox.set_option("saft_key", "Url")
    assert list(api.get(PATH, month="11", year="2026").json()) == ["Url"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"month": "10", "year": "2026"}, "There aren't any documents to export on the selected period."),
        ({"month": "12", "year": "2026"}, "The selected period is in the future"),
        ({"month": "1", "year": "2027"}, "The selected period is in the future"),
        ({"month": "13", "year": "2026"}, "The selected period is invalid"),
        ({"month": "11", "year": "26"}, "The selected period is invalid"),
        ({"month": "11"}, "The parameters month and year are required"),
        ({"year": "2026"}, "The parameters month and year are required"),
        ({}, "The parameters month and year are required"),
    ],
)
def test_a_month_without_a_file_is_refused_with_a_message(
    api: SandboxApi, query: dict[str, str], message: str
) -> None:
    api.create_issued()
    api.create_draft(date="01/10/2026", due_date="01/10/2026")
    answer = api.get(PATH, **query)
    assert (answer.status_code, answer.json()) == (422, {"message": message})


def test_there_is_no_file_during_the_trial(api: SandboxApi) -> None:
    api.create_issued()
    api.sandbox.set_option("trial", True)
    assert api.get(PATH, month="11", year="2026").json() == {
        "message": "SAF-T export is not available during the trial"
    }


def test_the_header_says_who_and_which_month(api: SandboxApi, month: dict[str, Any]) -> None:
    header = exported(api).find("Header")
    assert header is not None
    assert {name: read_text_at(header, name) for name in (
        "AuditFileVersion", "CompanyID", "TaxRegistrationNumber", "CompanyName", "FiscalYear", "StartDate", "EndDate",
        "CurrencyCode", "DateCreated", "SoftwareCertificateNumber", "CompanyAddress/Country",
    )} == {
        "AuditFileVersion": "1.04_01", "CompanyID": "509442013", "TaxRegistrationNumber": "509442013",
        "CompanyName": "Oficina das Faturas, Lda", "FiscalYear": "2026", "StartDate": "2026-11-01",
        "EndDate": "2026-11-30", "CurrencyCode": "EUR", "DateCreated": "2026-11-20", "SoftwareCertificateNumber": "0",
        "CompanyAddress/Country": "PT",
    }  # fmt: skip


def test_february_ends_when_it_ends(api: SandboxApi) -> None:
    api.create_issued(date="29/02/2024", due_date="29/02/2024")
    assert read_text_at(exported(api, "2", "2024"), "Header/EndDate") == "2024-02-29"


def list_schema_faults(element: Element, path: str) -> Iterator[str]:
    """Yield where an element and what it holds are not as the schema has them."""
    fact = SCHEMA["elements"].get(path)
    if isinstance(fact, str):
        value = element.text or ""
        yield from (
            f"{path}: {value!r}: {fault}" for fault in list_value_faults(value, SCHEMA["types"][fact])
        )
        return
    if fact is None:
        yield f"{path}: not in the schema"
        return
    places = [fact["children"].index(child.tag) if child.tag in fact["children"] else -1 for child in element]
    if -1 in places or places != sorted(places):
        yield f"{path}: {[child.tag for child in element]} are not in order"
    present = {child.tag for child in element}
    yield from (f"{path}: no {name}" for name in fact["required"] if name not in present)
    for child in element:
        yield from list_schema_faults(child, f"{path}/{child.tag}")


def list_value_faults(value: str, fact: dict[str, Any]) -> Iterator[str]:
    """Yield the restrictions of a type that a value breaks."""
    kind = fact["type"]
    if kind in INTEGERS | {"decimal"}:
        number = Decimal(value)
        if kind in INTEGERS and number != number.to_integral_value():
            yield "no whole number"
        if number < Decimal(str(fact.get("minInclusive", "-Infinity"))):
            yield f"less than {fact['minInclusive']}"
        if number > Decimal(str(fact.get("maxInclusive", "Infinity"))):
            yield f"more than {fact['maxInclusive']}"
    elif kind == "date":
        date.fromisoformat(value)
    elif kind == "dateTime":
        datetime.fromisoformat(value)
    if not fact.get("minLength", 0) <= len(value) <= fact.get("maxLength", len(value)):
        yield f"{len(value)} characters"
    if "values" in fact and value not in fact["values"]:
        yield f"none of {fact['values']}"
    yield from (f"not {one}" for one in fact.get("patterns", ()) if not re.fullmatch(one, value))


def test_the_file_is_as_the_official_schema_has_it(api: SandboxApi, month: dict[str, Any]) -> None:
    """SAFTPT1.04_01.xsd: order, required elements, types, lengths, patterns and lists of values."""
    api.sandbox.advance(60)
    found = exported(api)
    faults = list(list_schema_faults(found, "AuditFile"))
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("SourceDocuments/SalesInvoices/Invoice/InvoiceNo", "FT2026/1", "not [^ ]+"),
        ("SourceDocuments/SalesInvoices/Invoice/InvoiceType", "FA", "none of"),
        ("Header/TaxRegistrationNumber", "99999999", "less than"),
        ("MasterFiles/Customer/CustomerTaxID", "9" * 31, "31 characters"),
        ("SourceDocuments/SalesInvoices/Invoice/Line/TaxExemptionCode", "M7", "not (M[0-9]{2})+"),
    ],
)
def test_a_file_that_breaks_the_schema_is_noticed(
    api: SandboxApi, month: dict[str, Any], path: str, text: str, fault: str
) -> None:
    api.sandbox.advance(60)
    root = exported(api)
    found = root.find(path)
    assert found is not None
    found.text = text
    (told,) = list_schema_faults(root, "AuditFile")
    assert fault in told
    found.text = None
    header = root.find("Header")
    assert header is not None
    header.append(header[0])
    assert any("not in order" in one for one in list_schema_faults(root, "AuditFile"))


def test_a_client_stands_without_the_prefix_of_its_vat_number(api: SandboxApi) -> None:
    """Portaria 302/2016: CustomerTaxID is the number without the country's prefix."""
    spain = {"name": "Talleres SL", "code": "TALLERES", "country": "Spain", "fiscal_id": "ESB58378431"}
    api.create_issued(client=spain)
    api.sandbox.advance(60)
    numbers = [read_text_at(one, "CustomerTaxID") for one in exported(api).findall("MasterFiles/Customer")]
    assert "B58378431" in numbers


def test_every_numbered_document_of_the_month_is_there_once(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    numbers = {
        section: [read_text_at(entry, ".//InvoiceNo") or read_text_at(entry, "DocumentNumber") or read_text_at(entry, "PaymentRefNo")
                  for entry in entries(root, section)]
        for section in ENTRIES
    }  # fmt: skip
    assert numbers == {
        SALES: ["FR 2026/1", "FS 2026/1", "FT 2026/2", "NC 2026/1", "ND 2026/1"],
        WORK: ["NH 2026/1", "OR 2026/1"],
        GOODS: ["GD 2026/1", "GT 2026/1"],
        PAID: ["RG 2026/1", "RG 2026/2"],
    }
    types = [
        read_text_at(entry, "WorkType") + read_text_at(entry, "MovementType")
        for entry in entries(root, WORK) + entries(root, GOODS)
    ]
    assert types == ["OU", "OR", "GD", "GT"]


def test_sums_are_what_their_parts_come_to(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    for section in ENTRIES:
        found = entries(root, section)
        counted = [
            entry for entry in found if read_text_at(entry, f"DocumentStatus/{STATUSES[section]}") != "A"
        ]
        head = root.find(f"SourceDocuments/{section}")
        assert head is not None
        if section == GOODS:
            lines = [line for entry in counted for line in entry.findall("Line")]
            assert read_text_at(head, "NumberOfMovementLines") == str(len(lines))
            assert money(head, "TotalQuantityIssued") == sum(money(line, "Quantity") for line in lines)
            continue
        assert read_text_at(head, "NumberOfEntries") == str(len(found))
        for name, total in (("DebitAmount", "TotalDebit"), ("CreditAmount", "TotalCredit")):
            parts = [money(line, name) for entry in counted for line in entry.findall("Line")]
            assert money(head, total) == sum(parts, Decimal(0))


def test_net_and_tax_make_gross_and_the_lines_make_the_net(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    for section in (SALES, WORK, GOODS):
        for entry in entries(root, section):
            net = money(entry, "DocumentTotals/NetTotal")
            assert net + money(entry, "DocumentTotals/TaxPayable") == money(
                entry, "DocumentTotals/GrossTotal"
            )
            lines = entry.findall("Line")
            parts = [money(line, "DebitAmount") + money(line, "CreditAmount") for line in lines]
            assert sum(parts, Decimal(0)).quantize(Decimal("0.01")) == net
            for line in lines:
                amount = money(line, "DebitAmount") + money(line, "CreditAmount")
                assert abs(money(line, "UnitPrice") * money(line, "Quantity") - amount) < Decimal("0.0001")


def test_totals_are_those_of_the_documents(api: SandboxApi, month: dict[str, Any]) -> None:
    root, invoice = exported(api), month["invoice"]
    entry = entries(root, SALES)[2]
    assert read_text_at(entry, "DocumentTotals/GrossTotal") == f"{invoice['total']:.2f}"
    assert read_text_at(entry, "DocumentTotals/TaxPayable") == f"{invoice['taxes']:.2f}"
    assert read_text_at(entry, "DocumentTotals/Currency/CurrencyCode") == "USD"
    assert money(entry, "DocumentTotals/Currency/CurrencyAmount") == Decimal(
        str(invoice["multicurrency"]["total"])
    )
    withheld = Decimal(str(invoice["before_taxes"])) / 4
    assert abs(money(entry, "WithholdingTax/WithholdingTaxAmount") - withheld) <= Decimal("0.005")
    settlements = sum(money(line, "SettlementAmount") for line in entry.findall("Line"))
    assert abs(settlements - Decimal(str(invoice["discount"]))) < Decimal("0.01")


def test_what_is_referred_to_is_in_the_master_files(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    customers = [read_text_at(each, "CustomerID") for each in root.findall("MasterFiles/Customer")]
    products = [read_text_at(each, "ProductCode") for each in root.findall("MasterFiles/Product")]
    names = ("TaxType", "TaxCountryRegion", "TaxCode", "TaxPercentage")
    table = [
        tuple(read_text_at(each, name) for name in names)
        for each in root.findall("MasterFiles/TaxTable/TaxTableEntry")
    ]
    for found in (customers, products, table):
        assert len(found) == len(set(found))
    assert {each.text for each in root.findall("SourceDocuments//CustomerID")} == set(customers)
    assert {each.text for each in root.findall("SourceDocuments//ProductCode")} == set(products)
    used = {
        tuple(read_text_at(each, name) for name in names)
        for each in root.findall("SourceDocuments//Line/Tax")
    }
    assert used == set(table)
    assert ("IVA", "PT-MA", "NOR", "22.00") in used


def test_clients_stand_with_number_country_and_address(api: SandboxApi, month: dict[str, Any]) -> None:
    customers = {
        read_text_at(each, "CustomerID"): each for each in exported(api).findall("MasterFiles/Customer")
    }
    assert {
        key: (read_text_at(each, "CustomerTaxID"), read_text_at(each, "BillingAddress/Country"))
        for key, each in customers.items()
    } == {"501": ("508112230", "PT"), "502": ("123456788", "DE"), "CF": ("999999990", "PT")}
    assert read_text_at(customers["CF"], "BillingAddress/City") == "Desconhecido"


def test_an_exempt_line_says_why_and_a_note_what_it_corrects(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    exempt = entries(root, SALES)[2].findall("Line")[1]
    assert (read_text_at(exempt, "TaxExemptionCode"), read_text_at(exempt, "Tax/TaxCode")) == ("M07", "ISE")
    assert read_text_at(exempt, "TaxExemptionReason") == "Isento artigo 9.º do CIVA"
    note = entries(root, SALES)[3].findall("Line")
    assert [read_text_at(line, "References/Reference") for line in note] == ["FT 2026/2"]
    assert note[0].find("CreditAmount") is None
    assert read_text_at(entries(root, GOODS)[0], "Line/DebitAmount") == "250.00"


def test_the_printed_characters_are_those_of_the_signature(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    for key, place in (("invoice_receipt", 0), ("invoice", 2), ("credit_note", 3)):
        entry = entries(root, SALES)[place]
        signature = read_text_at(entry, "Hash")
        assert len(signature) == 172
        assert "".join(signature[at] for at in (0, 10, 20, 30)) == month[key]["saft_hash"]
        assert read_text_at(entry, "ATCUD") == month[key]["atcud"]
    assert read_text_at(entries(root, WORK)[0], "ATCUD") == "0"  # fees notes have none


def test_a_cancelled_document_says_when_and_why(api: SandboxApi, month: dict[str, Any]) -> None:
    root = exported(api)
    status = entries(root, SALES)[1].find("DocumentStatus")
    assert status is not None
    assert (read_text_at(status, "InvoiceStatus"), read_text_at(status, "Reason")) == (
        "A",
        "Engano no cliente",
    )
    assert read_text_at(status, "InvoiceStatusDate") == "2026-11-20T11:00:00"
    assert read_text_at(entries(root, PAID)[1], "DocumentStatus/PaymentStatus") == "A"


def test_a_receipt_names_its_invoice_and_how_it_was_paid(api: SandboxApi, month: dict[str, Any]) -> None:
    payment = entries(exported(api), PAID)[0]
    assert read_text_at(payment, "Line/SourceDocumentID/OriginatingON") == "FT 2026/2"
    assert (
        read_text_at(payment, "PaymentMethod/PaymentMechanism"),
        read_text_at(payment, "DocumentTotals/GrossTotal"),
    ) == (
        "MB",
        "50.00",
    )


def test_a_guide_says_from_where_to_where_and_when(api: SandboxApi, month: dict[str, Any]) -> None:
    guide = entries(exported(api), GOODS)[1]
    assert read_text_at(guide, "MovementStartTime") == "2026-11-20T12:00:00"
    assert read_text_at(guide, "ShipFrom/Address/AddressDetail") == "Rua A"  # XML has no characters for them
    assert guide.find("ATDocCodeID") is None
    api.sandbox.advance(60)
    assert read_text_at(entries(exported(api), GOODS)[1], "ATDocCodeID") != ""
