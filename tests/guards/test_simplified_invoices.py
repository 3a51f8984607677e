"""Simplified invoices: their limits by the client, and the codes that they do not go with (CIVA 40/1)."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.fiscal.buyers import BuyerKind
from ix_tools.fiscal.simplified_invoices import find_simplified_limit, is_unlimited
from ix_tools.guards import simplified_invoices
from ix_tools.guards.facts import Facts
from ix_tools.guards.simplified_invoices import simplified_within_legal_limit
from ix_tools.i18n.messages import render
from tests.guards.known_clients import COLUMNS, NOW, call, client, verdicts
from tests.harness import Harness, exempt_line, invoice, line
from tests.interfaces.mcp.sandbox_documents import create_draft as elsewhere

F: list[str] = []
W, R = ["warn"], ["refuse"]
TAXABLE = {"PT company", "EU with VAT id", "non-EU with EU VAT id"}
ACME = {"name": "ACME, Lda", "code": "ACME"}
SPAIN = {"name": "Talleres SL", "code": "TALLERES", "country": "ES", "fiscal_id": "ESB58378431"}


def judge(total: str, **fields: Any) -> list[str]:
    draft = call(
        fields.pop("kind", "simplified_invoices"),
        compute_totals=lambda facts: SimpleNamespace(total=Decimal(total)),
        **fields,
    )
    return verdicts(simplified_within_legal_limit(draft, Facts(now=NOW)))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize(
    ("total", "taxable", "others"),
    [
        ("0.01", F, F),
        ("100", F, F),
        ("100.01", R, W),
        ("250", R, W),
        ("1000", R, W),
        ("1000.01", R, R),
        ("1230", R, R),
    ],
)
def test_the_limit_depends_on_who_buys(name: str, total: str, taxable: list[str], others: list[str]) -> None:
    """1,000 euro for goods to buyers who are no taxable persons (a), otherwise 100 (b)."""
    assert judge(total, client=client(name)) == (taxable if name in TAXABLE else others)


@pytest.mark.parametrize("kind", ["invoices", "invoice_receipts", "credit_notes", "debit_notes"])
def test_other_documents_have_no_limit(kind: str) -> None:
    assert judge("5000", client=client("PT company"), kind=kind) == []


@pytest.mark.parametrize(
    ("code", "day", "verdict"),
    [
        ("M10", date(2025, 7, 1), F),
        ("M10", date(2026, 11, 20), F),
        ("M10", date(2025, 6, 30), R),
        ("M07", date(2026, 11, 20), R),
        (None, date(2026, 11, 20), R),
    ],
)
def test_an_issuer_under_article_53_has_no_limit(code: str | None, day: date, verdict: list[str]) -> None:
    """CIVA 40/1 c), since DL 35/2025."""
    given = {"tax_exemption": code, "date": day}
    assert judge("5000", client=client("PT company"), **given) == verdict


def test_without_totals_nothing_is_said() -> None:
    draft = call("simplified_invoices", compute_totals=lambda facts: None)
    assert verdicts(simplified_within_legal_limit(draft, Facts(now=NOW))) == []


def test_the_limits_of_the_table() -> None:
    assert find_simplified_limit(BuyerKind.PT_COMPANY).amount == Decimal(100)
    assert find_simplified_limit(BuyerKind.FINAL_CONSUMER).amount == Decimal(1000)
    assert "alínea b)" in find_simplified_limit(BuyerKind.EU_VAT_ID).law
    assert not is_unlimited(date(2026, 1, 1), charges_no_vat=False)


# --- through the pipeline ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("buyer", "price", "found"),
    [
        ({"code": "ACME"}, "81.30", None),
        ({"code": "ACME"}, "81.31", "100.01 EUR is above 100.00 EUR"),
        ({"code": "ACME"}, "203.25", "250.00 EUR is above 100.00 EUR"),
        (SPAIN, "203.25", "is above 100.00 EUR"),
        (None, "813.00", None),
        (None, "813.02", "1000.01 EUR is above 1000.00 EUR"),
        (None, "1000", "1230.00 EUR is above 1000.00 EUR"),
    ],
)
async def test_above_the_limit_it_is_refused_as_draft_and_in_one_call(
    harness: Harness, buyer: Any, price: str, found: str | None
) -> None:
    given = invoice(document_type="simplified_invoices", client=buyer, items=[line(unit_price=price)])
    if found is None:
        assert (await harness.call("create_invoice", given))["ok"]
        return
    for name in ("create_invoice", "issue_invoice"):
        problem = (await harness.get_refusal(name, given))["document_type"]
        assert found in problem
        assert "invoice_receipts" in problem


async def test_between_the_limits_a_consumer_is_warned_of(harness: Harness) -> None:
    given = invoice(document_type="simplified_invoices", client=None, items=[line(unit_price=200)])
    warned = (await harness.call("create_invoice", given))["warnings"]
    assert any("goods that a retailer sells" in one["problem"] for one in warned)


async def test_a_draft_of_somebody_else_is_refused_when_it_is_finalized(harness: Harness) -> None:
    """Written at InvoiceXpress, where nothing checks it."""
    priced = [{"name": "Mesa", "unit_price": "203.25", "quantity": "1", "tax": {"name": "IVA23"}}]
    made = await elsewhere(harness, "simplified_invoices", items=priced, client=ACME)
    found = await harness.get_refusal("change_state", {**made, "state": "finalized"})
    assert "250.00 EUR is above 100.00 EUR" in found["document_type"]


async def test_m10_above_the_limit_passes(harness: Harness) -> None:
    given = invoice(
        document_type="simplified_invoices", items=[exempt_line(unit_price=500)], tax_exemption="M10"
    )
    assert (await harness.call("create_invoice", given))["ok"]


def test_the_refusal_names_law_and_client_in_portuguese() -> None:
    draft = call(
        "simplified_invoices",
        client=client("PT company"),
        compute_totals=lambda facts: SimpleNamespace(total=Decimal(250)),
    )
    (one,) = simplified_within_legal_limit(draft, Facts(now=NOW))
    told = render(one.problem.problem, "pt")
    assert "alínea b)" in told
    assert "uma empresa portuguesa" in told


# --- codes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "accept", "kinds"),
    [
        *(("simplified_invoices", code, (), ["refuse"]) for code in ("M40", "M41", "M44", "M45")),
        ("simplified_invoices", "M40", ("exemption_on_simplified",), ["refuse"]),
        ("simplified_invoices", "M16", (), ["refuse"]),
        ("simplified_invoices", "M08", (), ["accept"]),
        ("simplified_invoices", "M08", ("exemption_on_simplified",), []),
        ("simplified_invoices", "M07", (), []),
        ("simplified_invoices", "M10", (), []),
        ("simplified_invoices", "M31", (), []),
        ("simplified_invoices", None, (), []),
        ("simplified_invoices", "M98", (), []),
        ("invoices", "M40", (), []),
        ("invoice_receipts", "M16", (), []),
    ],
)
def test_a_simplified_invoice_needs_the_tax_to_be_due_in_portugal(
    kind: str, code: str | None, accept: tuple[str, ...], kinds: list[str]
) -> None:
    """CIVA 40/1."""
    draft = call(kind, tax_exemption=code, accept=accept)
    assert verdicts(simplified_invoices.exemption_fits_a_simplified_invoice(draft, Facts(now=NOW))) == kinds
