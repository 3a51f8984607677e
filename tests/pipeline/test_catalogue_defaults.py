"""What a line leaves out is the catalogue's, and a customer named in short, by number, or not at all is the one that is meant.

Source: trap 4 (a line overwrites the item of its name), trap 3 (a client's other details are ignored); CIVA 40/2.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Harness, Json, invoice, line, warnings_by_field

STORED = {
    "name": "Peritagem",
    "description": "Hora de consultoria",
    "unit_price": 50,
    "unit": "hour",
    "tax": "IVA13",
}


async def draft(harness: Harness, **changes: Any) -> Json:
    return await harness.call("create_invoice", invoice(**changes))


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (
            ("unit_price", "unit", "tax", "description"),
            ["price 50", "unit hour", "tax IVA13", "description Hora"],
        ),
        (("description", "unit"), ["unit hour", "description Hora"]),
        (("tax",), ["tax IVA13"]),
        (("unit_price",), ["price 50"]),
    ],
)
async def test_what_a_line_leaves_out_is_the_catalogues_and_is_said(
    harness: Harness, left_out: tuple[str, ...], said: list[str]
) -> None:
    await harness.call("create_item", STORED)
    given = {name: value for name, value in STORED.items() if name not in left_out}
    made = await draft(harness, items=[{**given, "quantity": 3}])
    first = made["document"]["lines"][0]
    assert (first["unit_price"], first["tax"], first["unit"], first["description"]) == (
        "50",
        "IVA13",
        "hour",
        "Hora de consultoria",
    )
    assert made["document"]["total"] == "169.50"
    told = warnings_by_field(made)["items"]
    assert told.startswith("from the catalogue: Peritagem: ")
    assert all(words in told for words in said)


async def test_the_approver_reads_what_came_from_the_catalogue(harness: Harness) -> None:
    await harness.call("create_item", STORED)
    given = invoice(items=[{"name": "Peritagem", "quantity": 3}])
    assert "from the catalogue" in await harness.get_approval_text("issue_invoice", given)


@pytest.mark.parametrize("name", ["Peritagem técnica", "peritagem", "Peritage"])
async def test_a_price_is_never_taken_from_an_item_of_a_similar_name(harness: Harness, name: str) -> None:
    await harness.call("create_item", STORED)
    found = await harness.get_refusal("create_invoice", invoice(items=[{"name": name, "quantity": 3}]))
    assert "no price is given" in found["items.0.unit_price"]


async def test_a_line_with_a_price_of_its_own_needs_no_item(harness: Harness) -> None:
    made = await draft(harness, items=[{"name": "Só desta vez", "unit_price": 10, "quantity": 1}])
    assert "items" not in warnings_by_field(made)


async def test_a_price_that_differs_is_still_asked_about(harness: Harness) -> None:
    await harness.call("create_item", STORED)
    other = invoice(items=[{"name": "Peritagem", "unit_price": 60, "quantity": 3}])
    found = await harness.check_acceptance("create_invoice", other, "overwrite_items")
    assert "price 50 becomes 60" in found["items.0"]
    assert "unit" not in found["items.0"]
    assert found["items.0"].split("|")[1].strip().startswith("another name for the line")


async def test_an_update_takes_what_its_lines_leave_out_as_well(harness: Harness) -> None:
    await harness.call("create_item", STORED)
    made = (await draft(harness))["document"]
    changed = await harness.call(
        "update_invoice",
        {
            "document_type": "invoices",
            "document_id": made["id"],
            "items": [{"name": "Revisão", "quantity": 1}, {"name": "Peritagem", "quantity": 2}],
        },
    )
    assert changed["document"]["total"] == "236.00"


# --- the customer


async def test_a_short_name_names_its_only_candidate_and_one_repeat_is_enough(harness: Harness) -> None:
    error = await harness.get_error("create_invoice", invoice(client={"name": "acme"}))
    assert error.code == "ambiguous"
    assert 'repeat the call with client: {"id": 501} alone' in str(error.next)
    assert (await draft(harness, client={"id": 501}))["document"]["client"]["name"] == "ACME, Lda"


@pytest.mark.parametrize("name", ["ACME", "acme lda", "Acme, Lda."])
async def test_the_right_tax_number_decides(harness: Harness, name: str) -> None:
    stored = (await harness.call("get_client", {"client_id": 501}))["client"]
    made = await draft(harness, client={"name": name, "fiscal_id": stored["fiscal_id"]})
    assert made["document"]["client"]["id"] == 501
    assert "ACME, Lda" in warnings_by_field(made)["client.name"]


async def test_a_tax_number_under_another_name_is_asked_about(harness: Harness) -> None:
    stored = (await harness.call("get_client", {"client_id": 501}))["client"]
    given = invoice(client={"name": "Padaria Central", "fiscal_id": stored["fiscal_id"]})
    error = await harness.get_error("create_invoice", given)
    assert (error.code, error.details["candidates"][0]["id"]) == ("ambiguous", 501)


async def test_a_new_client_without_a_code_gets_its_number_as_one(harness: Harness) -> None:
    made = await draft(harness, client={"name": "Padaria Central, Lda", "fiscal_id": "508 025 338"})
    assert made["document"]["client"]["code"] == "508025338"
    assert "508025338" in warnings_by_field(made)["client"]
    stored = await harness.call("create_client", {"name": "Outra, Lda", "fiscal_id": "509442013"})
    assert stored["client"]["code"] == "509442013"


@pytest.mark.parametrize(
    "client",
    [{"name": "Maria Nova"}, {"name": "Maria Nova", "fiscal_id": "999999990"}, {"fiscal_id": "508025338"}],
)
async def test_a_new_client_without_a_number_of_its_own_or_a_name_is_asked_for_them(
    harness: Harness, client: Json
) -> None:
    found = await harness.get_refusal("create_invoice", invoice(client=client))
    assert any(field.startswith("client.") for field in found)


async def test_a_client_with_the_final_consumers_number_needs_a_code(harness: Harness) -> None:
    for given in ({}, {"fiscal_id": "999999990"}):
        found = await harness.get_refusal("create_client", {"name": "Maria Nova", **given})
        assert "code of your own" in found["code"]


@pytest.mark.parametrize("name", [{}, {"name": "Consumidor Final"}, {"name": "consumidor final"}])
async def test_the_final_consumer_has_one_spelling(harness: Harness, name: Json) -> None:
    given = {"client": {"fiscal_id": "999999990", **name}}
    first = (await draft(harness, document_type="invoice_receipts", **given))["document"]["client"]
    assert (first["name"], first["code"]) == ("Consumidor Final", "CONSUMIDOR-FINAL")
    again = await draft(harness, document_type="invoice_receipts", items=[line(quantity=2)], **given)
    assert again["document"]["client"]["id"] == first["id"]
    simple = await draft(
        harness, document_type="simplified_invoices", items=[line(unit_price=10, name="Pão")], **given
    )
    assert simple["ok"]


async def test_a_simplified_invoice_needs_only_the_number_of_its_buyer(harness: Harness) -> None:
    made = await draft(
        harness,
        document_type="simplified_invoices",
        items=[line(unit_price=10, name="Pão")],
        client={"fiscal_id": "508025338"},
    )
    client = made["document"]["client"]
    assert (client["name"], client["code"]) == ("NIF 508025338", "508025338")


async def test_reading_about_the_only_client_like_it_needs_no_repeat(harness: Harness) -> None:
    shown = await harness.call("list_client_invoices", {"client": "acme"})
    assert "ACME, Lda" in warnings_by_field(shown)["client"]
    assert (await harness.call("get_client_balance", {"client": "Acme"}))["ok"]
    error = await harness.get_error("update_client", {"client": "Acme", "phone": "220000001"})
    assert error.code == "ambiguous"


async def test_an_unknown_rate_is_never_replaced_by_one_that_looks_like_it(harness: Harness) -> None:
    error = await harness.get_error("create_invoice", invoice(items=[line(tax="IVA0")]))
    problem = error.as_dict()["problems"][0]
    assert "IVA23 (23%)" in problem["allowed"]
    assert "if that is meant" not in f"{error!s} {error.next!s}"
    assert "ask the person" in str(error.next)
