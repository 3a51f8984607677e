"""What an assistant learns at the first try: a second document, new items, the way that InvoiceXpress does not have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Harness, document_arguments, invoice, line, warnings_by_field

SAME = "the same as 1/2026 of today"


async def test_the_same_invoice_under_another_key_is_told_on_the_form(harness: Harness) -> None:
    await harness.call("issue_invoice", invoice(idempotency_key="a"))
    again = await harness.get_approval_text("issue_invoice", invoice(idempotency_key="b"))
    assert SAME in again
    draft = await harness.create_draft(due_date="+15d")
    assert SAME in await harness.get_approval_text(
        "change_state", document_arguments(draft, state="finalized")
    )


@pytest.mark.parametrize(
    "other",
    [
        {"reference": "PO-2"},
        {"items": [line(quantity=2)]},
        {"items": [line(unit_price=101)], "accept": ["overwrite_items"]},
        {"client": {"name": "Gama, Lda", "code": "GAMA"}},
    ],
)
async def test_another_reference_line_or_client_is_another_invoice(
    harness: Harness, other: dict[str, Any]
) -> None:
    await harness.call("issue_invoice", invoice(idempotency_key="a"))
    assert "the same as" not in await harness.get_approval_text(
        "issue_invoice", invoice(**{"idempotency_key": "b", **other})
    )


async def test_new_items_are_named_and_change_with_the_draft_that_made_them(harness: Harness) -> None:
    made = await harness.call("create_invoice", invoice(items=[line(name="Novidade", unit_price=5)]))
    assert made["new_items"] == ["Novidade"]
    about = document_arguments(made["document"])
    changed = await harness.call(
        "update_invoice", {**about, "items": [line(name="Novidade", unit_price=6), line(name="Outra")]}
    )
    assert changed["new_items"] == ["Outra"]
    assert changed["document"]["before_taxes"] == "106.00"
    fewer = {**about, "items": [line(name="Novidade", unit_price=7)], "accept": ["drop_lines"]}
    again = await harness.call("update_invoice", fewer)
    assert "new_items" not in again
    other = await harness.get_refusal(
        "create_invoice", invoice(items=[line(name="Novidade", unit_price=8)], reference="B")
    )
    assert "price 7 becomes 8" in other["items.0"]


async def test_an_item_that_somebody_changed_since_is_asked_about(harness: Harness) -> None:
    made = await harness.call("create_invoice", invoice(items=[line(name="Novidade", unit_price=5)]))
    await harness.call("update_item", {"item": "Novidade", "unit_price": 9})
    about = document_arguments(made["document"])
    refused = await harness.get_refusal(
        "update_invoice", {**about, "items": [line(name="Novidade", unit_price=6)]}
    )
    assert "price 9 becomes 6" in refused["items.0"]


@pytest.mark.parametrize(
    ("call", "field", "way"),
    [
        (
            {"document_type": "invoice_receipts", "payment_mechanism": "NU"},
            "payment_mechanism",
            "generate_payment",
        ),
        (
            {"document_type": "invoice_receipts", "payment_method": "cash"},
            "payment_method",
            "generate_payment",
        ),
        ({"items": [line(), line(name="Sinal", unit_price=-50)]}, "items.1.unit_price", "deposit is an"),
        ({"items": [line(unit_price="-0.01")]}, "items.0.unit_price", "deposit is an"),
    ],
)
async def test_what_invoicexpress_does_not_take_is_refused_with_the_way(
    harness: Harness, call: dict[str, Any], field: str, way: str
) -> None:
    error = await harness.get_error("create_invoice", invoice(**call))
    (problem,) = error.problems
    assert (problem.field, way in str(problem.allowed)) == (field, True)


async def test_an_invoice_of_an_estimate_is_told_how_it_is_made(harness: Harness) -> None:
    quote = (await harness.call("create_estimate", invoice(document_type="quotes")))["document"]
    refused = await harness.get_error("create_invoice", invoice(owner_invoice_id=quote["id"]))
    assert "one invoice for each part" in str(refused.problems[0].allowed)


@pytest.mark.parametrize("given", [{"client": "ACME"}, {"code": "ACME"}, {"client_id": 501}, {"id": 501}])
@pytest.mark.parametrize("name", ["account_statement", "get_client_balance", "get_client"])
async def test_a_client_has_one_name_in_every_operation_and_other_names_are_taken(
    harness: Harness, name: str, given: dict[str, Any]
) -> None:
    assert (await harness.call(name, given))["client"]["code"] == "ACME"


async def test_a_reason_that_goes_nowhere_is_taken_with_a_warning(harness: Harness) -> None:
    about = document_arguments(await harness.create_draft(), state="deleted", message="Era um engano.")
    assert "cancelling only" in warnings_by_field(await harness.call("change_state", about))["message"]
