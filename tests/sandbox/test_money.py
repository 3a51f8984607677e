"""Sandbox, totals (trap 17): exact lines, rounded once; published samples, and random documents with a second formula."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.api import SandboxApi, list_errors

SAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "vendor" / "rounding_samples.json").read_text(encoding="utf-8")
)["samples"]
NAMES = {"23": "IVA23", "13": "IVA13", "6": "IVA6", "22": "IVA22", "0": "Isento"}


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_published_documents_come_out_to_the_cent(api: SandboxApi, sample: dict[str, Any]) -> None:
    api.post("/taxes.json", {"tax": {"name": "IVA7", "value": "7", "region": "PT", "code": "OUT"}})
    lines = [
        api.line(
            name=f"Linha {place}",
            unit_price=line["unit_price"],
            quantity=line["quantity"],
            discount=line["discount"],
            tax={"name": {**NAMES, "7": "IVA7"}[line["rate"]]},
        )
        for place, line in enumerate(sample["lines"])
    ]
    draft = api.create_draft(items=lines)
    assert {name: f"{draft[name]:.2f}" for name in sample["expected"]} == sample["expected"]
    for shown, line in zip(draft["items"], sample["lines"], strict=True):
        assert shown["unit_price"] == str(cents(Decimal(line["unit_price"])))  # trap 15
        for name in ("subtotal", "tax_amount", "discount_amount"):
            if name in line:
                assert float(line[name]) == pytest.approx(shown[name], abs=0.00005)


def test_lines_are_shown_unrounded_with_their_total_in_cents(api: SandboxApi) -> None:
    line = api.create_draft(items=[api.line(unit_price="2.0244")])["items"][0]
    assert (line["subtotal"], line["tax_amount"], line["total"]) == (2.0244, 0.465612, 2.49)
    assert (line["unit_price"], line["quantity"]) == ("2.02", "1.00")


def test_a_cent_between_net_and_gross_goes_to_the_tax(api: SandboxApi) -> None:
    """round(0.0043) + round(0.000989) is 0.00, round(0.005289) is 0.01."""
    draft = api.create_draft(items=[api.line(unit_price="0.0043")])
    assert (draft["before_taxes"], draft["taxes"], draft["total"]) == (0, 0.01, 0.01)


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        ({"value_type": "percentage", "value": "10"}, (300, 30, 270, 41.4, 311.4)),
        ({"value_type": "absolute", "value": 30}, (300, 30, 270, 41.4, 311.4)),
        ({"value_type": "absolute", "value": "300"}, (300, 300, 0, 0, 0)),
        ({"value_type": "percentage", "value": "0"}, (300, 0, 300, 46, 346)),
    ],
)
def test_a_global_discount_is_in_the_totals_and_not_in_the_lines(
    api: SandboxApi, discount: dict[str, Any], expected: tuple[float, ...]
) -> None:
    """Trap 16: an absolute discount is without VAT and spread over the lines by their nets."""
    lines = [api.line(unit_price="200"), api.line(name="Formação", tax={"name": "Isento"})]
    draft = api.create_draft(items=lines, tax_exemption="M07", global_discount=discount)
    assert tuple(draft[name] for name in ("sum", "discount", "before_taxes", "taxes", "total")) == expected
    assert [(line["discount"], line["subtotal"]) for line in draft["items"]] == [(0, 200), (0, 100)]


@pytest.mark.parametrize(
    "discount", [{"value_type": "absolute", "value": "100.01"}, {"value_type": "percentage", "value": 101}]
)
def test_a_global_discount_leaves_nothing_negative(api: SandboxApi, discount: dict[str, Any]) -> None:
    body = {"invoice": api.body(global_discount=discount)}
    assert list_errors(api.post("/invoices.json", body)) == ["Discount must be between 0 and 100"]


DRAWN_LINES = st.lists(
    st.fixed_dictionaries(
        {
            "unit_price": st.decimals("0", "9999", places=4).map(str),
            "quantity": st.decimals("0.001", "99", places=3).map(str),
            "discount": st.decimals("0", "100", places=2).map(str),
            "rate": st.sampled_from(sorted(NAMES)),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=DRAWN_LINES)
def test_any_document_agrees_with_a_second_formula(api: SandboxApi, lines: list[dict[str, str]]) -> None:
    """Decimals grouped by rate here, fractions per line in the sandbox: both must give the same cent."""
    sent = [
        api.line(name=f"Linha {place}", **{**line, "rate": None, "tax": {"name": NAMES[line["rate"]]}})
        for place, line in enumerate(lines)
    ]
    for line in sent:
        del line["rate"]
    draft = api.create_draft(items=sent, tax_exemption="M07")
    with localcontext(prec=60):
        nets: dict[str, Decimal] = {}
        for line in lines:
            net = (
                Decimal(line["unit_price"])
                * Decimal(line["quantity"])
                * (100 - Decimal(line["discount"]))
                / 100
            )
            nets[line["rate"]] = nets.get(line["rate"], Decimal(0)) + net
        gross = sum((net * (100 + Decimal(rate)) / 100 for rate, net in nets.items()), Decimal(0))
        assert Decimal(str(draft["total"])) == cents(gross)
        assert Decimal(str(draft["before_taxes"])) == cents(sum(nets.values(), Decimal(0)))
        assert cents(Decimal(str(draft["before_taxes"])) + Decimal(str(draft["taxes"]))) == cents(gross)
