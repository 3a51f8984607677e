"""The catalogue of items, which every document writes into."""

from typing import Any

import pytest

from tests.harness import Harness, document_arguments, exempt_line, guide, invoice, line, warnings_by_field

STORED = {
    "name": "Consultoria",
    "description": "Consultoria técnica",
    "unit_price": 50,
    "unit": "hour",
    "tax": "IVA23",
}


def advice(**changes: Any) -> dict[str, Any]:
    return line(**{**STORED, **changes})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit_price": "50.0001"}, "price 50 becomes 50.0001"),
        ({"description": "Consultoria"}, "description Consultoria técnica becomes Consultoria"),
        ({"unit": "day"}, "unit hour becomes day"),
        ({"tax": "IVA6"}, "tax IVA23 becomes IVA6"),
    ],
)
async def test_a_line_that_would_change_a_catalogue_item_is_asked_about(
    harness: Harness, change: dict[str, Any], said: str
) -> None:
    """Trap 4: account-wide, with the line's price, description and tax."""
    found = await harness.check_acceptance(
        "create_invoice", invoice(items=[line(), advice(**change)]), "overwrite_items"
    )
    assert "'Consultoria' would change for the whole account" in found["items.1"]
    assert said in found["items.1"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"unit_price": "50.00"},
        {"quantity": 7},
        {"discount": 10},
        {"tax": None},
        {"unit": None},
        {"description": None},
        {"name": "consultoria"},
    ],
)
async def test_a_line_that_changes_nothing_in_the_catalogue_passes(
    harness: Harness, change: dict[str, Any]
) -> None:
    """Quantity and discount are the line's own; without a tax the default is sent, which is the item's."""
    assert (await harness.call("create_invoice", invoice(items=[advice(**change)])))["ok"]


async def test_a_name_that_the_catalogue_does_not_know_passes(harness: Harness) -> None:
    assert (await harness.call("create_invoice", invoice(items=[line(name="Consultoria 2")])))["ok"]


async def test_the_word_for_something_else_does_not_help(harness: Harness) -> None:
    found = await harness.get_refusal(
        "create_invoice", invoice(items=[advice(unit_price=1)], accept=["drop_lines"])
    )
    assert "items.0" in found


async def test_guides_write_into_the_catalogue_too(harness: Harness) -> None:
    await harness.check_acceptance("create_guide", guide(items=[advice(unit_price=1)]), "overwrite_items")


async def test_updates_write_into_the_catalogue_too(harness: Harness) -> None:
    draft = await harness.create_draft(items=[advice()])
    await harness.check_acceptance(
        "update_invoice", document_arguments(draft, items=[advice(unit_price=99)]), "overwrite_items"
    )


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        ({}, False),
        ({"quantity": 3, "discount": 50}, False),
        ({"unit_price": 101}, True),
        ({"description": "outra"}, True),
        ({"tax": "IVA6"}, True),
        ({"unit": "hour"}, True),
        ({"name": "Revisão geral", "unit_price": 101}, False),
    ],
)
async def test_two_lines_of_one_name_are_one_item(
    harness: Harness, second: dict[str, Any], refused: bool
) -> None:
    """The second would win in the catalogue; the documentation says that a line's name is unique."""
    arguments = invoice(items=[line(), line(**second)])
    if refused:
        assert (
            "2 lines are called 'Revisão'"
            in (await harness.get_refusal("create_invoice", arguments))["items"]
        )
    else:
        assert (await harness.call("create_invoice", arguments))["ok"]


async def test_a_catalogue_too_long_to_read_without_remembering_it_is_said(harness: Harness) -> None:
    import httpx2

    with httpx2.Client(
        base_url=harness.sandbox.base_url, params={"api_key": harness.sandbox.api_key}, timeout=100
    ) as http:
        for number in range(101):
            item = {"name": f"Artigo {number:03}", "description": "x", "unit_price": "1"}
            assert http.post("/items.json", json={"item": item}).status_code == 201
    harness.context.settings = harness.context.settings.model_copy(
        update={"catalogue_pages": 1, "remember_lookups": False}
    )
    result = await harness.call("create_invoice", invoice())
    assert "3 catalogue items were not read" in warnings_by_field(result)["items"]
    harness.context.settings = harness.context.settings.model_copy(update={"catalogue_pages": 2})
    assert "items" not in warnings_by_field(
        await harness.call("create_invoice", invoice(items=[exempt_line()], tax_exemption="M07"))
    )


@pytest.mark.parametrize(("name", "refused"), [("", True), ("   ", True), ("x", False)])
async def test_a_line_has_a_name(harness: Harness, name: str, refused: bool) -> None:
    if refused:
        assert "items.0.name" in await harness.get_refusal("create_invoice", invoice(items=[line(name=name)]))
    else:
        assert (await harness.call("create_invoice", invoice(items=[line(name=name)])))["ok"]
