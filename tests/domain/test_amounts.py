"""The shown amounts of a document add up with any discounts, rates and rounding."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ix_tools.domain.amounts import Amount, Figures, compute_figures
from ix_tools.domain.records import Document
from ix_tools.domain.totals import CENT, GlobalDiscount, TotalsLine, predict_totals, round_to_cent

D = Decimal
FINE = D("1e-12")
RATES = {"IVA23": 23, "IVA13": 13, "IVA6": 6, "Isento": 0, "IVA22": 22}


def adds_up(column: Sequence[Amount]) -> bool:
    """Tell whether every sum equals the amounts above it."""
    running = D(0)
    for place, one in enumerate(column):
        if one.is_sum and place and running != one.value:
            return False
        running = one.value if one.is_sum else running + one.value
    return True


def format_figures(found: Figures) -> list[tuple[str, str]]:
    return [(one.word, str(one.value)) for one in found.column]


def document(**given: Any) -> Document:
    """Build an invoice as InvoiceXpress returns it."""
    return Document.model_validate({"type": "Invoice", "status": "draft", **given})


def row(net: str, vat: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "X", "quantity": 1, "unit_price": net, "subtotal": net, "tax_amount": vat, **more}


def tax(name: str) -> dict[str, Any]:
    return {"id": 1, "name": name, "value": RATES[name]}


def stored(lines: Sequence[TotalsLine], discount: GlobalDiscount | None, *, in_nets: bool) -> Document:
    """Build the stored document of lines; with `in_nets` the lines' nets include the global discount."""
    totals, before = predict_totals(lines, discount), predict_totals(lines)
    with localcontext() as context:
        context.prec = 60
        whole, left = sum(before.nets, D(0)), D(1)
        if discount is not None and in_nets and whole:
            off = discount.value
            left = (100 - off) / 100 if discount.percentage else (whole - off) / whole
        rows = [
            {
                "name": "X",
                "quantity": line.quantity,
                "unit_price": line.unit_price.quantize(CENT, ROUND_DOWN),
                "discount": line.discount,
                "tax": tax(line.tax),
                "subtotal": (net * left).quantize(FINE),
                "tax_amount": (net * left * line.rate / 100).quantize(FINE),
            }
            for line, net in zip(lines, before.nets, strict=True)
        ]
    names = ("sum", "discount", "before_taxes", "taxes", "total")
    return document(items=rows, **{name: getattr(totals, name) for name in names})


LINES = st.lists(
    st.builds(
        lambda price, places, quantity, off, name: TotalsLine(
            D(price).scaleb(-places), D(quantity) / 1000, D(off), D(RATES[name]), name
        ),
        st.integers(1, 10**7),
        st.sampled_from([2, 2, 4]),
        st.integers(1, 10**5),
        st.sampled_from(["0", "0", "0", "5", "12.5", "33.3333", "99.99"]),
        st.sampled_from(sorted(RATES)),
    ),
    min_size=1,
    max_size=40,
)
DISCOUNTS = st.one_of(
    st.none(),
    st.builds(
        lambda value: GlobalDiscount(D(value), percentage=True), st.sampled_from(["5", "7.25", "50", "100"])
    ),
    st.builds(lambda part: GlobalDiscount(D(part) / 1000, percentage=False), st.integers(1, 1000)),
)


@settings(max_examples=200, deadline=None)
@given(LINES, DISCOUNTS, st.booleans())
def test_whatever_is_in_a_document_its_figures_add_up(
    lines: list[TotalsLine], discount: GlobalDiscount | None, in_nets: bool
) -> None:
    before = predict_totals(lines)
    if discount is not None and not discount.percentage:
        # A part of the sum of the lines, to the cent.
        discount = GlobalDiscount(round_to_cent(before.before_taxes * discount.value), percentage=False)
    totals, paper = predict_totals(lines, discount), stored(lines, discount, in_nets=in_nets)
    found = compute_figures(paper)
    assert adds_up(found.column), format_figures(found)
    told = {one.word: one.value for one in found.column}
    assert (told["net"], told["vat_total"], told["total"]) == (
        totals.before_taxes,
        totals.taxes,
        totals.total,
    )
    assert sum(one.net for one in found.shares) == totals.before_taxes
    assert sum(one.vat or D(0) for one in found.shares) == totals.taxes
    off = before.before_taxes - totals.before_taxes
    if in_nets and (not totals.before_taxes or off <= CENT * (len(lines) + 6) / 2):
        return  # It cannot be inferred, or it is not more than the rounding of the lines.
    assert "difference" not in {*told, *(one.word for one in found.shares)}, format_figures(found)
    if off > CENT:
        assert abs(told["global_discount"] + off) <= 2 * CENT
    else:
        assert abs(told.get("global_discount", D(0))) <= CENT


def test_forty_lines_with_line_and_global_discount_are_a_column_that_adds_up() -> None:
    """The observed case: lines of 9.513,79 and a net of 9.038,10 without an explanation."""
    lines = [
        TotalsLine(D("12.34") + place * D("11.07"), D(1), D(10) if place % 4 == 0 else D(0), D(23), "IVA23")
        for place in range(40)
    ]
    found = compute_figures(stored(lines, GlobalDiscount(D(5), percentage=True), in_nets=False))
    told = {one.word: one for one in found.column}
    assert list(told) == [
        "gross",
        "line_discounts",
        "lines_total",
        "global_discount",
        "net",
        "vat_total",
        "total",
    ]
    assert told["global_discount"].percent == 5
    assert adds_up(found.column)


def test_vat_per_rate_and_its_rounding_come_to_the_vat_of_the_document() -> None:
    lines = [
        TotalsLine(D("7.67") / D("0.23"), D(1), D(0), D(23), "IVA23"),
        TotalsLine(D("19.464"), D(1), D(0), D(13), "IVA13"),
        TotalsLine(D("23.342"), D(1), D(0), D(6), "IVA6"),
    ]
    for seed in range(200):
        prices = [line.unit_price + D(seed) / 100 for line in lines]
        moved = [
            TotalsLine(price.quantize(CENT), line.quantity, line.discount, line.rate, line.tax)
            for price, line in zip(prices, lines, strict=True)
        ]
        totals = predict_totals(moved)
        found = compute_figures(stored(moved, None, in_nets=False))
        missing = totals.taxes - sum(share.vat for share in totals.shares)
        roundings = [one for one in found.shares if one.word]
        assert [one.vat for one in roundings if one.vat] == ([missing] if missing else [])
        assert {one.word for one in roundings} <= {"rounding"}


@pytest.mark.parametrize(
    ("given", "column"),
    [
        # The API returns every total: no further amounts are shown.
        ({"items": [row("100", "23", tax=tax("IVA23"))], "before_taxes": 100, "taxes": 23, "total": 123},
         ["net 100", "vat_total 23", "total 123"]),
        # The API returns no totals: they are computed from the lines and marked as such.
        ({"items": [row("100", "23", tax=tax("IVA23"))]}, ["net* 100.00", "vat_total* 23.00", "total* 123.00"]),
        ({"items": [row("100", None, tax=tax("IVA23"))]}, ["net* 100.00", "vat_total* 23.00", "total* 123.00"]),
        ({"items": [row("100", "23", tax=tax("IVA23"))], "total": 123, "before_taxes": 100},
         ["net 100", "vat_total* 23", "total 123"]),
        ({"items": [row("100", "23", tax=tax("IVA23"))], "total": 123, "taxes": 23},
         ["net* 100", "vat_total 23", "total 123"]),
        # The rate is unknown: neither VAT nor total is shown.
        ({"items": [row("100")]}, ["net* 100.00"]),
        ({"items": [{"name": "X"}]}, []),
        ({}, []),
        # With retention, the amount to pay; with two payments and a note, the amount left.
        ({"items": [row("100", "23", tax=tax("IVA23"))], "before_taxes": 100, "taxes": 23, "total": 123, "retention": 25},
         ["net 100", "vat_total 23", "total 123", "retention -25.00", "to_pay 98.00"]),
        # Amounts that rounding does not explain are shown as a difference.
        ({"items": [row("100", "23", tax=tax("IVA23"))], "before_taxes": 100, "taxes": 23, "total": 130},
         ["net 100", "vat_total 23", "difference 7", "total 130"]),
        ({"items": [row("90", "23", tax=tax("IVA23"))], "before_taxes": 100, "taxes": 23, "total": 123},
         ["lines_total 90.00", "difference 10.00", "net 100", "vat_total 23", "total 123"]),
        # A discount that the response names.
        ({"items": [row("100", "23", tax=tax("IVA23"))], "before_taxes": "87.5", "taxes": "20.13", "total": "107.63",
          "global_discount": {"value_type": "percentage", "value": 12.5}},
         ["lines_total 100.00", "global_discount(12.5) -12.50", "net 87.5", "vat_total 20.13", "total 107.63"]),
        ({"items": [row("100", "23", tax=tax("IVA23"))], "before_taxes": 90, "taxes": "20.7", "total": "110.7",
          "global_discount": {"value_type": "absolute", "value": 10}},
         ["lines_total 100.00", "global_discount -10.00", "net 90", "vat_total 20.7", "total 110.7"]),
        # A line with a discount of 100 %: its net is 0, and its price is shown.
        ({"items": [row("0", "0", unit_price="50", discount=100, tax=tax("IVA23"))],
          "sum": 50, "before_taxes": 0, "taxes": 0, "total": 0},
         ["gross 50", "line_discounts -50.00", "net 0", "vat_total 0", "total 0"]),
        # A receipt has no VAT, and a transport document without prices has no amounts.
        ({"type": "Receipt", "items": [row("60")], "total": 60, "before_taxes": 60, "taxes": 0}, ["total 60"]),
        ({"type": "Transport", "items": [row("0")], "total": 0, "before_taxes": 0, "taxes": 0}, []),
        ({"type": "Transport", "items": [row("10", "2.3", tax=tax("IVA23"))], "total": "12.3", "before_taxes": 10,
          "taxes": "2.3"}, ["net 10", "vat_total 2.3", "total 12.3"]),
    ],
)  # fmt: skip
def test_a_document_shows_the_amounts_it_has(given: dict[str, Any], column: list[str]) -> None:
    found = compute_figures(document(**given))
    assert adds_up(found.column)
    assert [
        f"{one.word}{'*' if one.is_computed else ''}{f'({one.percent})' if one.percent and one.word != 'retention' else ''} {one.value}"
        for one in found.column
    ] == column
    if given.get("type") in {"Receipt", "Transport"}:
        assert found.shares == ()


@pytest.mark.parametrize(
    ("looked_up", "column"),
    [
        ((None, None, None), ["total 123"]),
        ((D(0), None, D(123)), ["total 123", "paid 0", "to_pay 123"]),
        ((D(60), None, D(63)), ["total 123", "paid -60", "to_pay 63"]),
        ((D(60), D("12.30"), D("50.70")), ["total 123", "paid -60", "credited -12.30", "to_pay 50.70"]),
        ((D(60), None, D("50.70")), ["total 123", "paid -60", "difference -12.30", "to_pay 50.70"]),
    ],
)
def test_what_is_left_to_pay_is_the_total_less_what_was_paid_and_credited(
    looked_up: tuple[Any, Any, Any], column: list[str]
) -> None:
    paper = document(
        status="final", items=[row("100", "23", tax=tax("IVA23"))], before_taxes=100, taxes=23, total=123
    )
    found = compute_figures(paper, *looked_up)
    assert adds_up(found.column)
    assert [f"{one.word} {one.value}" for one in found.column][2:] == column


def test_a_line_shows_its_price_with_all_its_decimals_and_without_the_global_discount() -> None:
    lines = [
        TotalsLine(D("0.1234"), D(1000), D(0), D(23), "IVA23"),
        TotalsLine(D(50), D(2), D(10), D(23), "IVA23"),
    ]
    for in_nets in (False, True):
        found = compute_figures(stored(lines, GlobalDiscount(D(10), percentage=True), in_nets=in_nets))
        assert [round_to_cent(one.net or D(0)) for one in found.lines] == [D("123.40"), D("90.00")]
        assert adds_up(found.column)
        assert {one.word: one.percent for one in found.column}["global_discount"] == 10
