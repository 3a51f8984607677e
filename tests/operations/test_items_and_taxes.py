"""The catalogue of items and the table of taxes: what every later document is made from.

Source: contract A8; traps 2 and 4.
"""

import pytest

from tests.harness import Harness, invoice, line, warnings_by_field

TILE = {"name": "Azulejo 20x20", "unit_price": 1.3513, "unit": "unit", "tax": "IVA6"}


async def test_an_item_keeps_four_decimals_and_its_tax(harness: Harness) -> None:
    made = (await harness.call("create_item", TILE))["item"]
    assert (made["unit_price"], made["tax"], made["unit"]) == ("1.3513", "IVA6", "unit")
    assert (await harness.call("get_item", {"item_id": made["id"]}))["item"] == made


async def test_an_item_without_a_tax_gets_the_default_by_name(harness: Harness) -> None:
    made = (await harness.call("create_item", {"name": "Rolha", "unit_price": 1}))["item"]
    assert made["tax"] == "IVA23"
    assert harness.get_last_body()["tax"] == {"name": "IVA23"}


async def test_a_tax_that_does_not_exist_is_refused_before_it_becomes_another(harness: Harness) -> None:
    found = await harness.get_refusal("create_item", {**TILE, "tax": "IVA_7"})
    assert "IVA6" in found["tax"]


async def test_a_new_price_is_said_to_be_everyones(harness: Harness) -> None:
    result = await harness.call("update_item", {"item_id": 402321, "unit_price": 55})
    assert (
        warnings_by_field(result)["unit_price"]
        == "50 becomes 55 for everyone who uses this item next; issued documents stay"
    )
    assert result["item"]["unit_price"] == "55"
    assert result["item"]["description"] == "Consultoria técnica"
    back = result["undo"]["calls"][0]
    assert back["arguments"]["unit_price"] == 50
    await harness.call(back["tool"], back["arguments"])
    assert (await harness.call("get_item", {"item_id": 402321}))["item"]["unit_price"] == "50"


async def test_the_name_of_a_used_item_stays(harness: Harness) -> None:
    await harness.create_draft(items=[line(name="Portes", unit_price=5)])
    rows = (await harness.call("list_items", {}))["items"]
    number = next(row["id"] for row in rows if row["name"] == "Portes")
    error = await harness.get_error("update_item", {"item_id": number, "name": "Envio"})
    assert error.code == "rejected"
    assert (await harness.call("get_item", {"item_id": number}))["item"]["name"] == "Portes"


async def test_renaming_an_item_warns_that_only_unused_ones_can(harness: Harness) -> None:
    result = await harness.call("update_item", {"item_id": 402322, "name": "Curso"})
    assert "ever used" in warnings_by_field(result)["name"]


async def test_a_deleted_item_can_be_made_again_from_its_undo(harness: Harness) -> None:
    gone = await harness.call("delete_item", {"item_id": 402322})
    assert gone["deleted"] == "item 402322 (Formação)"
    again = gone["undo"]["calls"][0]
    assert (await harness.call(again["tool"], again["arguments"]))["item"]["name"] == "Formação"


# --- taxes ---


async def test_a_tax_is_created_read_and_used(harness: Harness) -> None:
    call = {"name": "IVA16", "value": 16, "region": "PT-AC", "code": "NOR"}
    made = (await harness.call("create_tax", call))["tax"]
    assert (await harness.call("get_tax", {"tax_id": made["id"]}))["tax"] == made
    assert (await harness.create_draft(items=[line(tax="IVA16")]))["total"] == "116.00"


async def test_a_new_default_says_what_unnamed_taxes_will_mean(harness: Harness) -> None:
    result = await harness.call("update_tax", {"tax_id": 31556, "default_tax": True})
    said = warnings_by_field(result)["default_tax"]
    assert (
        said
        == "lines and items that name no tax will use IVA6 (6%) instead of IVA23 (23%), everywhere in the account"
    )
    assert result["tax"]["default_tax"] is True
    assert (await harness.create_draft(items=[line(tax=None)]))["total"] == "106.00"
    for step in result["undo"]["calls"]:
        await harness.call(step["tool"], step["arguments"])
    taxes = (await harness.call("list_taxes", {}))["taxes"]
    assert [tax["name"] for tax in taxes if tax["default_tax"]] == ["IVA23"]


async def test_creating_a_default_tax_warns_as_well(harness: Harness) -> None:
    call = {"name": "IVA16", "value": 16, "region": "PT-AC", "code": "NOR", "default_tax": True}
    assert "instead of IVA23" in warnings_by_field(await harness.call("create_tax", call))["default_tax"]


async def test_the_default_is_neither_taken_away_nor_deleted(harness: Harness) -> None:
    assert "default_tax" in await harness.get_refusal("update_tax", {"tax_id": 31554, "default_tax": False})
    assert "tax_id" in await harness.get_refusal("delete_tax", {"tax_id": 31554})


async def test_a_new_rate_is_said_to_be_everyones(harness: Harness) -> None:
    result = await harness.call("update_tax", {"tax_id": 31558, "value": 21, "accept": ["vat_rate"]})
    assert "was 22% and will be 21%" in warnings_by_field(result)["value"]
    assert (result["tax"]["name"], result["tax"]["region"], result["tax"]["value"]) == (
        "IVA22",
        "PT-MA",
        "21",
    )


@pytest.mark.parametrize("tool", ["create_tax", "update_tax"])
async def test_no_two_taxes_share_a_name(harness: Harness, tool: str) -> None:
    call = {"name": "IVA23", "value": 23, "code": "NOR"}
    if tool == "update_tax":
        call = {"tax_id": 31555, "name": "IVA23"}
    assert "name" in await harness.get_refusal(tool, call)


async def test_a_deleted_tax_can_be_made_again_from_its_undo(harness: Harness) -> None:
    gone = await harness.call("delete_tax", {"tax_id": 31558})
    assert "will find no such tax" in warnings_by_field(gone)["tax_id"]
    again = gone["undo"]["calls"][0]
    assert (await harness.call(again["tool"], again["arguments"]))["tax"]["region"] == "PT-MA"


async def test_a_line_still_overwrites_the_item_only_when_that_is_meant(harness: Harness) -> None:
    call = invoice(items=[line(name="Consultoria", unit_price=60, unit="hour")])
    await harness.check_acceptance("create_invoice", call, "overwrite_items")


async def test_who_deletes_from_the_catalogue_is_shown_what(harness: Harness) -> None:
    text = await harness.get_approval_text("delete_item", {"item_id": 402321})
    item = (await harness.call("get_item", {"item_id": 402321}))["item"]
    for shown in ("Delete the item", item["name"], item["tax"], "another id"):
        assert shown in text
    text = await harness.get_approval_text("delete_tax", {"tax_id": 31558})
    for shown in ("Delete the VAT rate", "IVA22", "22%", "PT-MA", "without saying so"):
        assert shown in text
