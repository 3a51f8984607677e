"""Totals to the cent: published samples, an independent exact formula, and the sandbox's ledger."""

import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ix_tools.domain.totals import (
    GlobalDiscount,
    TotalsLine,
    compute_withholding_tax,
    predict_totals,
    round_to_cent,
)
from tests.harness import Harness, invoice, line, warnings_by_field

SAMPLES = json.loads(
    (Path(__file__).parents[1] / "vendor" / "rounding_samples.json").read_text(encoding="utf-8")
)["samples"]
FIGURES = ("sum", "discount", "before_taxes", "taxes", "total")
RATES = {"IVA23": 23, "IVA13": 13, "IVA6": 6, "IVA22": 22}


def line_of(row: dict[str, str]) -> TotalsLine:
    price, quantity, discount, rate = (
        Decimal(row[name]) for name in ("unit_price", "quantity", "discount", "rate")
    )
    return TotalsLine(price, quantity, discount, rate)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_the_published_documents_come_out_to_the_cent(sample: dict[str, Any]) -> None:
    """Trap 17: observed drafts and the documentation's own samples."""
    totals = predict_totals([line_of(row) for row in sample["lines"]])
    assert {name: str(getattr(totals, name)) for name in FIGURES} == sample["expected"]
    for row, net in zip(sample["lines"], totals.nets, strict=True):
        if "subtotal" in row:
            assert abs(net - Decimal(row["subtotal"])) <= Decimal("0.00005")


# --- an independent witness: exact fractions, one rounding --------------------------------------------------


def half_up(exact: Fraction) -> Decimal:
    """Round to the cent, half up, with integers only."""
    return Decimal((exact * 200 + 1).__floor__() // 2) / 100


def witness(lines: list[TotalsLine], discount: GlobalDiscount | None = None) -> dict[str, Decimal]:
    gross = [Fraction(one.unit_price) * Fraction(one.quantity) for one in lines]
    nets = [amount * (1 - Fraction(one.discount) / 100) for amount, one in zip(gross, lines, strict=True)]
    kept = Fraction(1)
    if discount is not None:
        share = (
            Fraction(discount.value) / 100
            if discount.percentage
            else Fraction(discount.value) / (sum(nets) or 1)
        )
        kept = 1 - share
    net = sum(nets) * kept
    vat = sum(one * Fraction(each.rate) / 100 for one, each in zip(nets, lines, strict=True)) * kept
    return {
        "sum": half_up(Fraction(sum(gross))),
        "discount": half_up(Fraction(sum(gross)) - net),
        "before_taxes": half_up(net),
        "taxes": half_up(net + vat) - half_up(net),
        "total": half_up(net + vat),
    }


def decimals(high: str, places: int, low: str = "0") -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places, allow_nan=False, allow_infinity=False)


LINES = st.lists(
    st.builds(
        TotalsLine,
        decimals("999999999.9999", 4),
        decimals("999999999.9999", 4, "0.0001"),
        st.one_of(st.just(Decimal(0)), decimals("100", 4)),
        st.sampled_from(
            [Decimal(rate) for rate in ("0", "4", "5", "6", "12", "13", "16", "22", "23", "9.5")]
        ),
    ),
    min_size=1,
    max_size=40,
)


@given(LINES)
@example([TotalsLine(Decimal("0.0043"), Decimal(1), Decimal(0), Decimal(23))])
def test_any_document_agrees_with_exact_fractions_rounded_once(lines: list[TotalsLine]) -> None:
    totals = predict_totals(lines)
    assert {name: getattr(totals, name) for name in FIGURES} == witness(lines)


@given(LINES, decimals("100", 2))
def test_a_discount_in_percent_agrees_with_exact_fractions(lines: list[TotalsLine], value: Decimal) -> None:
    discount = GlobalDiscount(value, percentage=True)
    totals = predict_totals(lines, discount)
    assert {name: getattr(totals, name) for name in FIGURES} == witness(lines, discount)


@given(LINES, st.integers(0, 100))
def test_net_and_vat_always_make_the_total(lines: list[TotalsLine], share: int) -> None:
    """The SAF-T file requires it of every document."""
    totals = predict_totals(lines, GlobalDiscount(Decimal(share), percentage=True))
    assert totals.before_taxes + totals.taxes == totals.total
    assert abs(totals.sum - totals.discount - totals.before_taxes) <= Decimal("0.01")


@given(LINES)
def test_the_order_of_the_lines_does_not_matter(lines: list[TotalsLine]) -> None:
    there, back = predict_totals(lines), predict_totals(lines[::-1])
    assert [getattr(there, name) for name in FIGURES] == [getattr(back, name) for name in FIGURES]


@given(LINES)
def test_the_shares_of_the_rates_add_up_to_the_document(lines: list[TotalsLine]) -> None:
    totals = predict_totals(lines)
    off = sum((share.net for share in totals.shares), Decimal(0)) - totals.before_taxes
    assert abs(off) <= Decimal("0.005") * (len(totals.shares) + 1)
    assert len({share.rate for share in totals.shares}) == len(totals.shares)


# --- near misses around half a cent --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.0049999", "0.00"),
        ("0.005", "0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("1.004999999999", "1.00"),
        ("1.005", "1.01"),
    ],
)
def test_half_a_cent_goes_up(amount: str, cents: str) -> None:
    """Half up, not half to even."""
    assert str(round_to_cent(Decimal(amount))) == cents


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([("0.0043", "1", "0", "23")], "0.01"),  # 0.0043 + 0.000989 = 0.005289: the parts alone would be 0.00
        ([("0.004", "1", "0", "23")], "0.00"),  # 0.00492
        ([("0.0041", "1", "0", "23")], "0.01"),  # 0.005043
        ([("0.0049", "1", "0", "0")] * 2, "0.01"),  # line by line it would be 0.00
        ([("0.0024", "1", "0", "0")] * 2, "0.00"),
        ([("0.005", "1", "0", "0")] * 3, "0.02"),  # line by line it would be 0.03
        ([("10", "1", "33.3333", "0")], "6.67"),
        ([("10", "1", "33.3500", "0")], "6.67"),  # 6.665 exactly
        ([("10", "1", "33.3501", "0")], "6.66"),
        ([("999999999.9999", "999999999.9999", "0", "0")], "999999999999800000.00"),
    ],
)
def test_documents_next_to_half_a_cent(lines: list[tuple[str, str, str, str]], total: str) -> None:
    rows = [TotalsLine(Decimal(row[0]), Decimal(row[1]), Decimal(row[2]), Decimal(row[3])) for row in lines]
    assert str(predict_totals(rows).total) == total
    assert predict_totals(rows).total == witness(rows)["total"]


@pytest.mark.parametrize(
    ("net", "rate", "cents"),
    [("100", "25", "25.00"), ("100.02", "25", "25.01"), ("100.01", "25", "25.00"), ("10", None, "0.00")],
)
def test_withholding_is_on_the_net_amount(net: str, rate: str | None, cents: str) -> None:
    """Trap 18."""
    assert str(compute_withholding_tax(Decimal(net), Decimal(rate) if rate else None)) == cents


# --- predicted = stored ----------------------------------------------------------------------------------------


def made_up(chance: random.Random, number: int) -> dict[str, Any]:
    """Build a document with lines of low and high prices of up to four decimals, some with discounts."""
    rows = []
    for at in range(chance.randint(1, 9)):
        price = Decimal(chance.randrange(10 ** chance.randint(1, 7))) / 10 ** chance.randint(0, 4)
        amount = Decimal(chance.randrange(1, 10 ** chance.randint(1, 5))) / 10 ** chance.randint(0, 3)
        off = chance.choice([None, None, "5", "10", "12.5", "33.3333", "100"])
        tax = chance.choice(list(RATES))
        rows.append(
            line(
                name=f"Artigo {number}.{at}",
                unit_price=str(price),
                quantity=str(amount),
                discount=off,
                tax=tax,
            )
        )
    changes: dict[str, Any] = {"items": rows, "accept": ["global_discount", "vat_regions"]}
    if chance.random() < 0.25:
        changes["global_discount"] = {
            "value_type": "percentage",
            "value": chance.choice(["1", "2.5", "33.33"]),
        }
    return invoice(**changes)


@pytest.mark.parametrize("seed", range(4))
async def test_random_documents_are_stored_with_the_totals_predicted(harness: Harness, seed: int) -> None:
    """Every created document is read back and compared; a difference of a cent would be an error."""
    chance = random.Random(seed)
    for number in range(25):
        arguments = made_up(chance, number)
        result = await harness.call("create_invoice", arguments)
        rows = [
            TotalsLine(
                Decimal(row["unit_price"]),
                Decimal(row["quantity"]),
                Decimal(row.get("discount") or 0),
                Decimal(RATES[row["tax"]]),
            )
            for row in arguments["items"]
        ]
        given = arguments.get("global_discount")
        expected = witness(rows, GlobalDiscount(Decimal(given["value"]), percentage=True) if given else None)
        assert {name: Decimal(result["document"][name]) for name in FIGURES} == expected
        assert set(warnings_by_field(result)) <= {"items"}


def test_an_absolute_discount_keeps_a_half_cent_that_is_exactly_there():
    """Found with 10,000 random documents: 1 − 1/10.005 is periodic, and dividing first lost the half cent."""
    line = TotalsLine(Decimal("10.005"), Decimal(1), rate=Decimal(23), tax="IVA23")
    totals = predict_totals([line], GlobalDiscount(Decimal(1), percentage=False))
    assert (totals.before_taxes, totals.total) == (Decimal("9.01"), Decimal("11.08"))
