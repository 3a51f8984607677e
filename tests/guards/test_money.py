"""Taxes, amounts, discounts and currencies."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.guards import money
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from tests.guards.judging import judge
from tests.harness import Harness, exempt_line, guide, invoice, line


@pytest.mark.parametrize("tax", ["IVA24", "IVA2", "IVA0", "IGIC", "Isenta"])
async def test_a_tax_that_the_account_does_not_have_is_refused(harness: Harness, tax: str) -> None:
    """Trap 2: an unknown name becomes the default tax on create, and none on update. None is suggested by its spelling."""
    found = await harness.get_refusal("create_invoice", invoice(items=[line(), line(name="B", tax=tax)]))
    assert "IVA23 (23%), IVA13 (13%), IVA6 (6%), Isento (0%), IVA22 (22%)" in found["items.1.tax"]
    error = await harness.get_error("create_invoice", invoice(items=[line(tax=tax)]))
    assert "ask the person which rate is meant" in str(error.next)


async def test_blanks_around_the_name_of_a_tax_are_none_of_it(harness: Harness) -> None:
    assert (await harness.call("create_invoice", invoice(items=[line(tax="IVA23 ")])))["ok"]


@pytest.mark.parametrize(
    "tax",
    [
        23,
        23.0,
        0,
        True,
        {"id": 31554},
        {"name": "IVA6", "value": 0},
        {"id": 31557, "name": "IVA6"},
        ["IVA23"],
        {"name": 23},
    ],
)
def test_a_tax_that_is_no_name_is_refused(tax: Any) -> None:
    """Trap 2b: a number reads as an unknown tax, and that as an exempt line. Trap 2c: the name decides, not the id."""
    assert "items.0.tax" in judge("create_invoice", invoice(items=[line(tax=tax)]))


@pytest.mark.parametrize("tax", ["IVA6", {"name": "IVA6"}])
async def test_a_tax_travels_by_its_exact_name(harness: Harness, tax: Any) -> None:
    result = await harness.call("create_invoice", invoice(items=[line(tax=tax)]))
    assert harness.get_last_body()["items"][0]["tax"] == {"name": "IVA6"}
    assert result["document"]["total"] == "106.00"


async def test_a_line_without_a_tax_is_sent_with_the_accounts_default_by_name(harness: Harness) -> None:
    await harness.call("create_invoice", invoice(items=[line(tax=None)]))
    assert harness.get_last_body()["items"][0]["tax"] == {"name": "IVA23"}


@pytest.mark.parametrize("operation", ["create_invoice", "create_guide"])
async def test_an_account_without_a_default_tax_wants_one_on_every_line(
    harness: Harness, operation: str
) -> None:
    taxes = harness.read_raw("/taxes.json")
    for tax in taxes["taxes"]:
        tax["default_tax"] = 0
    harness.sandbox.fault("GET", "/taxes.json", times=None, status=200, body=taxes)
    arguments = {"create_invoice": invoice, "create_guide": guide}[operation]
    assert (
        "no default tax"
        in (await harness.get_refusal(operation, arguments(items=[line(tax=None)])))["items.0.tax"]
    )
    assert (await harness.call(operation, arguments()))["ok"]


async def test_a_tax_whose_rate_is_not_told_is_refused(harness: Harness) -> None:
    taxes = harness.read_raw("/taxes.json")
    taxes["taxes"][0]["value"] = None
    harness.sandbox.fault("GET", "/taxes.json", times=None, status=200, body=taxes)
    assert "does not say the rate" in (await harness.get_refusal("create_invoice", invoice()))["items.0.tax"]
    assert (await harness.call("create_invoice", invoice(items=[line(tax="IVA6")])))["ok"]


@pytest.mark.parametrize(
    ("field", "value", "refused"),
    [
        ("unit_price", 0, False),
        ("unit_price", "-0.01", True),
        ("unit_price", "0.0001", False),
        ("unit_price", "0.00001", True),
        ("unit_price", 0.1, False),
        ("unit_price", 0.1 + 0.2, True),  # a float that is not what it seems
        ("unit_price", "999999999.9999", False),
        ("unit_price", "1000000000", True),
        ("unit_price", "12,50", True),
        ("unit_price", "12.50 €", True),
        ("unit_price", "1e9999999", True),
        ("unit_price", "1e-9999999", True),
        ("unit_price", "NaN", True),
        ("unit_price", "Infinity", True),
        ("unit_price", True, True),
        ("unit_price", "1.00000", False),
        ("unit_price", "0.1000000000000000000000000000000001", True),
        ("quantity", 0, True),
        ("quantity", "0.0001", False),
        ("quantity", -1, True),
        ("quantity", "1.00005", True),
        ("discount", 0, False),
        ("discount", 100, False),
        ("discount", "100.0001", True),
        ("discount", "-0.0001", True),
        ("discount", "33.3333", False),
        ("discount", "33.33333", True),
        ("unit", "kg", True),
        ("unit", "Hours", True),
        ("unit", "Hour", False),
        ("unit", "hour", False),
    ],
)
def test_an_amount_out_of_range_is_refused(field: str, value: Any, refused: bool) -> None:
    """Ranges: trap 14, trap 15 (four decimals are what the service keeps) and the documented "Quantity must be a number greater than 0"."""
    found = judge("create_invoice", invoice(items=[{**line(), field: value}]))
    assert set(found) == ({f"items.0.{field}"} if refused else set())


async def test_a_line_without_a_price_is_refused_where_the_catalogue_has_none(harness: Harness) -> None:
    found = await harness.get_refusal("create_invoice", invoice(items=[line(unit_price=None)]))
    assert "items.0.unit_price" in found


@pytest.mark.parametrize(
    ("value", "refused"),
    [(0, False), ("99.99", False), (100, True), ("99.991", True), (-1, True), ("25%", True)],
)
def test_retention_is_a_percentage_below_a_hundred(value: Any, refused: bool) -> None:
    """E: "Retention must be a number between 0 and 99.99"."""
    assert ("retention" in judge("create_invoice", invoice(retention=value))) is refused


def test_what_the_service_would_ignore_on_a_line_is_refused() -> None:
    """Trap 14: discount_amount is read-only; unknown keys are dropped or refused."""
    found = judge("create_invoice", invoice(items=[line(discount_amount=5)]))
    assert "give discount in percent" in found["items.0.discount_amount"]
    found = judge("create_invoice", invoice(items=[line(price=5)]))
    assert "unknown field" in found["items.0.price"]


@pytest.mark.parametrize("items", [[], None, {"item": [line()]}, "Revisão", [[]]])
def test_lines_are_a_list_of_at_least_one(items: Any) -> None:
    """E: "Items element should be of type array"."""
    found = judge("create_invoice", {**invoice(), "items": items})
    assert any(field.startswith("items") for field in found)


async def test_a_discount_over_the_document_is_asked_about(harness: Harness) -> None:
    """Trap 16: it also hits lines that must not be discounted, and shows in the totals only."""
    arguments = invoice(
        items=[line(), exempt_line()],
        tax_exemption="M07",
        global_discount={"value_type": "percentage", "value": 10},
    )
    found = await harness.check_acceptance("create_invoice", arguments, "global_discount")
    assert "taken off every line" in found["global_discount"]
    result = await harness.call("create_invoice", {**arguments, "accept": ["global_discount"]})
    # (100 + 120) less 10 % = 198.00; VAT 23 % of 90.00
    assert (result["document"]["before_taxes"], result["document"]["total"]) == ("198.00", "218.70")


@pytest.mark.parametrize(
    ("kind", "value", "refused"),
    [
        ("percentage", 100, False),
        ("percentage", "100.01", True),
        ("absolute", 100, False),
        ("absolute", "100.01", True),
        ("absolute", "-1", True),
        ("absolute", "0.001", True),
    ],
)
def test_a_discount_takes_no_more_than_there_is(kind: str, value: Any, refused: bool) -> None:
    arguments = invoice(global_discount={"value_type": kind, "value": value}, accept=["global_discount"])
    assert set(judge("create_invoice", arguments)) == ({"global_discount.value"} if refused else set())


async def test_a_discount_may_take_everything(harness: Harness) -> None:
    arguments = invoice(global_discount={"value_type": "absolute", "value": 100}, accept=["global_discount"])
    assert (await harness.call("create_invoice", arguments))["document"]["total"] == "0.00"


async def test_a_second_currency_is_asked_about_because_it_only_prints(harness: Harness) -> None:
    """Trap 21: AUD prices became EUR documents of the same number."""
    found = await harness.check_acceptance(
        "create_invoice", invoice(currency_code="usd", rate="1.0853"), "currency_only_prints"
    )
    assert "USD only adds a second, printed total" in found["currency_code"]
    assert (harness.get_last_body()["currency_code"], harness.get_last_body()["rate"]) == ("USD", "1.0853")


def test_a_currency_and_its_rate_go_together() -> None:
    found = judge("create_invoice", invoice(currency_code="USD", accept=["currency_only_prints"]))
    assert "units of USD for 1" in found["rate"]
    assert "give currency_code too" in judge("create_invoice", invoice(rate="1.1"))["rate"]


@pytest.mark.parametrize("code", ["US", "USDD", "XXX", "Dólar", 840])
def test_a_currency_that_the_vendor_does_not_list_is_refused(code: Any) -> None:
    assert "currency_code" in judge("create_invoice", invoice(currency_code=code, rate=1))


@pytest.mark.parametrize(
    ("rate", "refused"), [(0, True), ("-1", True), ("0.0000000001", False), ("0.00000000001", True)]
)
def test_a_rate_is_more_than_nothing(rate: Any, refused: bool) -> None:
    arguments = invoice(currency_code="USD", rate=rate, accept=["currency_only_prints"])
    assert set(judge("create_invoice", arguments)) == ({"rate"} if refused else set())


@pytest.mark.parametrize(
    ("code", "day", "kind", "refused"),
    [
        ("HRK", "2022-12-31", "invoices", False),
        ("HRK", "2023-01-01", "invoices", True),
        ("BGN", "2025-12-31", "invoices", False),
        ("BGN", "2026-01-01", "invoices", True),
        ("BGN", "2026-01-01", "credit_notes", False),
        ("LTL", "2026-11-20", "invoices", True),
        ("USD", "2026-11-20", "invoices", False),
    ],
)
def test_a_currency_ends_on_its_day(code: str, day: str, kind: str, refused: bool) -> None:
    call = SimpleNamespace(currency_code=code, date=date.fromisoformat(day), document_type=kind)
    found = list(money.currency_in_use(call, Facts(now=datetime(2026, 11, 20, tzinfo=LISBON))))
    assert bool(found) is refused


@pytest.mark.parametrize("rate", [None, 1, "1.00"])
async def test_the_euro_is_no_second_currency(harness: Harness, rate: Any) -> None:
    given = {"rate": rate} if rate is not None else {}
    made = await harness.call("create_invoice", invoice(currency_code="EUR", **given))
    assert "multicurrency" not in made["document"]
    assert not {"currency_code", "rate"} & set(harness.get_last_body())


def test_another_rate_for_the_euro_is_refused() -> None:
    assert "rate" in judge("create_invoice", invoice(currency_code="eur", rate="1.1"))
