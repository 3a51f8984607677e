"""VAT rates of lines against those of the law, by region and day; from tables of facts, without a server."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.records import Document, Tax
from ix_tools.guards import rates
from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding
from ix_tools.i18n.formats import LISBON
from ix_tools.i18n.messages import render
from tests.harness import Harness, document_arguments, invoice, line

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)


def facts(*taxes: tuple[str | None, str | None, str], owner: Document | None = None) -> Facts:
    known = tuple(
        Tax(id=at, name=f"T{at}", region=region, code=code, value=Decimal(value), default_tax=at == 0)
        for at, (region, code, value) in enumerate(taxes)
    )
    return Facts(now=NOW, taxes=known, owner=owner)


def call(day: str, *taxes: str | None, kind: str = "invoices", accept: tuple[str, ...] = ()) -> Any:
    items = [SimpleNamespace(name="A", tax=tax) for tax in taxes]
    return SimpleNamespace(document_type=kind, date=date.fromisoformat(day), items=items, accept=accept)


def kinds(findings: Any) -> list[str]:
    found: list[Finding] = list(findings)
    return [one.kind for one in found]


@pytest.mark.parametrize(
    ("region", "code", "value", "day", "asked"),
    [
        ("PT-MA", "RED", "5", "2026-11-20", True),
        ("PT-MA", "RED", "5", "2024-10-01", True),
        ("PT-MA", "RED", "5", "2024-09-30", False),
        ("PT-MA", "RED", "4", "2024-10-01", False),
        ("PT-MA", "RED", "4", "2024-09-30", True),
        ("PT-MA", "NOR", "22", "2026-11-20", False),
        ("PT-MA", "NOR", "23", "2026-11-20", True),
        ("PT-MA", "INT", "12", "2026-11-20", False),
        ("PT-MA", None, "5", "2026-11-20", True),
        ("PT-MA", None, "4", "2026-11-20", False),
        ("PT-AC", "NOR", "16", "2021-07-01", False),
        ("PT-AC", "NOR", "18", "2021-07-01", True),
        ("PT-AC", "NOR", "18", "2021-06-30", False),  # the sources do not say what the rate was
        ("PT-AC", "INT", "9", "2026-11-20", False),
        ("PT-AC", "RED", "5", "2026-11-20", True),
        ("PT", "NOR", "23", "2026-11-20", False),
        ("PT", "NOR", "23.0", "2026-11-20", False),
        ("PT", "NOR", "21", "2026-11-20", True),
        ("PT", "NOR", "21", "2010-12-31", False),
        ("PT", "INT", "13", "2026-11-20", False),
        ("PT", "RED", "6", "2026-11-20", False),
        ("PT", "RED", "5", "2026-11-20", True),
        ("PT", "RED", "23", "2026-11-20", True),  # the normal rate called reduced
        ("PT", None, "13", "2026-11-20", False),
        ("PT", None, "22", "2026-11-20", True),
        ("PT", "OUT", "22", "2026-11-20", False),
        ("PT", "ISE", "0", "2026-11-20", False),
        ("PT", "NOR", "0", "2026-11-20", False),
        ("ES", "NOR", "21", "2026-11-20", False),
        ("Desconhecido", "NOR", "5", "2026-11-20", False),
        (None, "NOR", "5", "2026-11-20", False),
    ],
)
def test_a_line_is_judged_by_region_kind_and_date(
    region: str | None, code: str | None, value: str, day: str, asked: bool
) -> None:
    """Of.-Circ. 25045/2024; DLR 6/2024/M; DLR 15-A/2021/A; Lei 63-A/2015; CIVA 18/1."""
    found = kinds(rates.line_rates_in_force(call(day, "T0"), facts((region, code, value))))
    assert found == (["accept"] if asked else [])


def test_the_question_names_the_legal_rate_its_region_and_source() -> None:
    (one,) = rates.line_rates_in_force(call("2026-11-20", "T0"), facts(("PT-MA", "RED", "5")))
    assert one.problem.field == "items.0.tax"
    assert str(one.problem.problem).startswith(
        "T0 is 5%, but on 2026-11-20 the reduced rate of Madeira is 4% (Decreto"
    )
    assert "em 20/11/2026 a taxa reduzida (Madeira) é de 4 %" in render(one.problem.problem, "pt")


@pytest.mark.parametrize(
    ("taxes", "accept", "count"),
    [
        (("T0", "T0"), (), 1),  # a tax is asked about once
        (("T0", "T1"), (), 2),
        ((None,), (), 1),  # the default tax
        (("T9",), (), 0),  # an unknown tax is another rule's
        (("T0", "T1"), ("vat_rate",), 0),
        (("T0",), ("vat_regions",), 1),
    ],
)
def test_every_tax_is_asked_about_once(
    taxes: tuple[str | None, ...], accept: tuple[str, ...], count: int
) -> None:
    given = facts(("PT-MA", "RED", "5"), ("PT-MA", "NOR", "23"))
    assert len(kinds(rates.line_rates_in_force(call("2026-11-20", *taxes, accept=accept), given))) == count


@pytest.mark.parametrize(
    ("kind", "owned", "asked"),
    [
        ("credit_notes", "2024-08-01", False),
        ("debit_notes", "2024-09-30", False),
        ("credit_notes", "2024-10-01", True),
        ("credit_notes", None, True),
        ("invoices", "2024-08-01", True),  # an invoice that bills an old guide
    ],
)
def test_a_note_is_judged_by_the_date_of_its_invoice(kind: str, owned: str | None, asked: bool) -> None:
    owner = Document(date=date.fromisoformat(owned)) if owned else None
    given = facts(("PT-MA", "RED", "5"), owner=owner)
    found = kinds(rates.line_rates_in_force(call("2026-11-20", "T0", kind=kind), given))
    assert found == (["accept"] if asked else [])


@pytest.mark.parametrize(
    ("taxes", "accept", "asked"),
    [
        (("T0", "T1"), (), True),
        (("T0", "T1", "T2"), (), True),
        (("T0", "T3"), (), False),  # no VAT
        (("T0", "T4"), (), False),  # abroad
        (("T1", "T1"), (), False),
        (("T0", "T1"), ("vat_regions",), False),
        (("T0", "T1"), ("vat_rate",), True),
    ],
)
def test_rates_of_several_regions_on_one_document_are_asked_about(
    taxes: tuple[str, ...], accept: tuple[str, ...], asked: bool
) -> None:
    given = facts(
        ("PT", "NOR", "23"),
        ("PT-MA", "NOR", "22"),
        ("PT-AC", "RED", "4"),
        ("PT-MA", "ISE", "0"),
        ("ES", "NOR", "21"),
    )
    found = kinds(rates.lines_of_one_region(call("2026-11-20", *taxes, accept=accept), given))
    assert found == (["accept"] if asked else [])


async def test_a_madeira_tax_of_5_percent_is_asked_about_and_shown_to_the_approver(harness: Harness) -> None:
    tax = {"name": "IVA5M", "value": 5, "region": "PT-MA", "code": "RED"}
    await harness.call("create_tax", {**tax, "accept": ["vat_rate"]})
    arguments = invoice(items=[line(tax="IVA5M")])
    found = await harness.get_refusal("create_invoice", arguments)
    assert "the reduced rate of Madeira is 4%" in found["items.0.tax"]
    made = await harness.call("create_invoice", {**arguments, "accept": ["vat_rate"]})
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "the reduced rate of Madeira is 4%" in text


async def test_mainland_and_madeira_on_one_invoice_are_asked_about(harness: Harness) -> None:
    arguments = invoice(items=[line(), line(name="B", tax="IVA22")])
    found = await harness.get_refusal("create_invoice", arguments)
    assert "the mainland and Madeira" in found["items.1.tax"]
    assert (await harness.call("create_invoice", {**arguments, "accept": ["vat_regions"]}))["ok"]
