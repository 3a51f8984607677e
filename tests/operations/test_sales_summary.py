"""VAT of a period by region and rate, and sales by client, net of credit notes; the sums are those of the SAF-T (PT) file.

Source: SAF-T (PT) 1.04_01, DocumentTotals; CIVA art. 78 for notes.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.harness import Harness, Json, document_arguments, exempt_line, line
from tests.interfaces.mcp import sandbox_documents

NAMESPACE = "{urn:OECD:StandardAuditFile-Tax:PT_1.04_01}"


async def read_saft(harness: Harness) -> tuple[Decimal, Decimal]:
    """Return net and VAT of the month's invoices in force by the SAF-T file, less those of credit notes."""
    result = await harness.call("export_saft", {"month": 11, "year": 2026})
    return add_up(fromstring(Path(result["file"]).read_bytes()))  # noqa: ASYNC240 - a small file in a test


def add_up(root: Element) -> tuple[Decimal, Decimal]:
    net = vat = Decimal(0)
    for one in root.iter(f"{NAMESPACE}Invoice"):
        if one.findtext(f"{NAMESPACE}DocumentStatus/{NAMESPACE}InvoiceStatus") == "A":
            continue
        sign = -1 if one.findtext(f"{NAMESPACE}InvoiceType") == "NC" else 1
        totals = f"{NAMESPACE}DocumentTotals/{NAMESPACE}"
        net += sign * Decimal(one.findtext(f"{totals}NetTotal") or "0")
        vat += sign * Decimal(one.findtext(f"{totals}TaxPayable") or "0")
    return net, vat


def rows(result: Json) -> list[dict[str, str]]:
    return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


async def summary(harness: Harness, name: str = "vat_summary", **given: object) -> Json:
    return await harness.call(name, given)


async def test_the_sums_are_those_of_the_saft_file(harness: Harness) -> None:
    made = await harness.create_issued(
        items=[line(), line(name="Livro", unit_price="33.33", tax="IVA6", quantity=3)]
    )
    await harness.create_issued(items=[exempt_line()], tax_exemption="M07", accept=["exemption_fits"])
    await harness.create_issued(
        document_type="invoice_receipts",
        items=[line(name="Pão", unit_price="0.855", quantity=7, tax="IVA13")],
    )
    await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=made["id"], items=[line(quantity=0.5)]
    )
    await harness.create_issued(
        items=[line(name="Obra", unit_price=1000)],
        global_discount={"value_type": "percentage", "value": 10},
        accept=["global_discount"],
    )
    gone = await harness.create_issued()
    await harness.call(
        "change_state", document_arguments(gone, state="canceled", message="Emitida ao cliente errado.")
    )
    paid = await harness.create_issued(items=[line(name="Outra")], retention=25)
    await harness.call("change_state", document_arguments(paid, state="settled"))
    await harness.create_draft()
    found = await summary(harness)
    assert (Decimal(found["net"]), Decimal(found["vat"])) == await read_saft(harness)
    assert Decimal(found["total"]) == Decimal(found["net"]) + Decimal(found["vat"])
    assert (found["documents"], found["credit_notes"]) == (6, 1)
    assert sum(Decimal(row["net"]) for row in rows(found)) == Decimal(found["net"])
    assert sum(Decimal(row["vat"]) for row in rows(found)) == Decimal(found["vat"])


async def test_vat_is_told_by_region_and_rate_and_notes_are_taken_off(harness: Harness) -> None:
    made = await harness.create_issued()
    await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=made["id"], items=[line(quantity=0.5)]
    )
    await harness.create_issued(items=[line(name="Poncha", tax="IVA22")])
    await harness.create_issued(items=[exempt_line()], tax_exemption="M07", accept=["exemption_fits"])
    found = rows(await summary(harness))
    assert [(one["tax"], one["rate"], one["net"], one["vat"], one["exemption"]) for one in found] == [
        ("IVA23", "23", "50.00", "11.50", ""),
        ("Isento", "0", "120.00", "0.00", "M07"),
        ("IVA22", "22", "100.00", "22.00", ""),
    ]
    assert [one["region"] for one in found] == ["the mainland", "the mainland", "Madeira"]


async def test_a_period_is_what_was_asked_and_this_month_if_nothing_was(harness: Harness) -> None:
    await harness.create_issued(date="2026-10-31")
    await harness.create_issued()
    assert (await summary(harness))["period"] == "2026-11-01/2026-11-20"
    assert (await summary(harness))["documents"] == 1
    wider = await summary(harness, date_from="2026-10-01", date_to="2026-10-31")
    assert (wider["documents"], wider["next"][0]["arguments"]) == (1, {"month": 10, "year": 2026})
    wrong = {"date_from": "2026-11-02", "date_to": "2026-11-01"}
    assert "date_to" in await harness.get_refusal("vat_summary", wrong)
    assert (await summary(harness, date_from="2019-01-01", date_to="2019-12-31"))["rows"] == []


@pytest.mark.parametrize("name", ["vat_summary", "sales_by_client"])
async def test_a_hundred_documents_are_one_request(harness: Harness, name: str) -> None:
    for _ in range(100):
        await sandbox_documents.create_issued(harness)
    before = len(harness.sandbox.requests())
    found = await summary(harness, name)
    paths = [one["path"] for one in harness.sandbox.requests()[before:]]
    assert found["documents"] == 100
    assert paths.count("/invoices.json") == 1
    assert len(paths) <= 2


async def test_sales_are_told_by_client_the_largest_first(harness: Harness) -> None:
    gama = {"name": "Gama, SA", "code": "GAMA"}
    made = await harness.create_issued(items=[line(quantity=3)], client=gama)
    await harness.create_issued(
        document_type="credit_notes", owner_invoice_id=made["id"], client={"code": "GAMA"}
    )
    await harness.create_issued()
    found = await summary(harness, "sales_by_client")
    assert [(one["client"], one["documents"], one["net"], one["total"]) for one in rows(found)] == [
        ("Gama, SA", "2", "200.00", "246.00"),
        ("ACME, Lda", "1", "100.00", "123.00"),
    ]
    assert (found["net"], found["total"], found["clients"]) == ("300.00", "369.00", 2)
    short = await summary(harness, "sales_by_client", most_rows=1)
    assert (len(short["rows"]), short["net"]) == (1, "300.00")
    assert short["left_out"].startswith("1 more client is")


async def test_a_balance_says_whose_it_is(harness: Harness) -> None:
    await harness.create_issued()
    shown = await harness.call("get_client_balance", {"client": "ACME"})
    assert shown["client"]["name"] == "ACME, Lda"
    assert shown["next"][0]["arguments"] == {"client_id": 501, "unpaid": True}
