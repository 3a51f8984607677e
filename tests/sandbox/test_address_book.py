"""Sandbox, clients, items and taxes: create, read, update, delete, find, and their refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ix_tools.sandbox.reference import is_tax_region
from tests.sandbox.api import SandboxApi

NEW = {"name": "Gama, SA", "code": "GAMA"}


@pytest.mark.parametrize(
    ("path", "key", "new", "change"),
    [
        ("clients", "client", NEW, {"city": "Faro"}),
        (
            "items",
            "item",
            {"name": "Mapa", "description": "", "unit_price": 16.2602, "unit": "unit"},
            {"unit_price": 17},
        ),
        ("taxes", "tax", {"name": "IVA16", "value": "16", "region": "PT-AC", "code": "NOR"}, {"value": 4}),
    ],
)
def test_a_row_is_made_read_changed_and_dropped(
    api: SandboxApi, path: str, key: str, new: dict[str, Any], change: dict[str, Any]
) -> None:
    made = api.post(f"/{path}.json", {key: new})
    assert made.status_code == 201
    one = f"/{path}/{made.json()[key]['id']}.json"
    assert api.get(one).json() == made.json()
    changed = api.put(one, {key: change})
    assert (changed.status_code, changed.content) == (200, b"")
    name, value = next(iter(change.items()))
    assert api.get(one).json()[key] == {**made.json()[key], name: value}
    dropped = api.call("DELETE", one)
    assert (dropped.status_code, dropped.content) == (200, b"")
    for method, body in (("GET", None), ("PUT", {key: change}), ("DELETE", None)):
        missing = api.call(method, one, body)
        assert (missing.status_code, missing.content) == (404, b"")


def test_items_keep_four_decimals_and_say_what_their_tax_is(api: SandboxApi) -> None:
    """Reading 17."""
    item = api.post(
        "/items.json", {"item": {"name": "Mapa", "unit_price": "16.2602", "tax": {"name": "IVA6"}}}
    )
    assert item.json()["item"]["unit_price"] == 16.2602
    assert item.json()["item"]["tax"] == {
        "id": 31556,
        "name": "IVA6",
        "value": 6,
        "comment": "tax value:6.0%",
    }


@pytest.mark.parametrize(
    ("sent", "messages"),
    [
        ({"unit_price": 1}, ["Name is a required field"]),
        ({"name": "Mapa"}, ["Price is a required field"]),
        ({"name": "Mapa", "unit_price": "1,5"},
         ["Price is not valid. Check the decimal mark and if you are inserting only numbers."]),
        ({"name": "Consultoria", "unit_price": 1}, ["Name is not available."]),
        ({"name": "Mapa", "unit_price": 1, "unit": "kg"}, ["Unit kg is not included in the list of accepted units"]),
    ],
)  # fmt: skip
def test_a_wrong_item_is_refused_as_documents_are(
    api: SandboxApi, sent: dict[str, Any], messages: list[str]
) -> None:
    answer = api.post("/items.json", {"item": sent})
    assert answer.status_code == 422
    assert answer.json() == {"errors": [{"error": message} for message in messages]}


def test_an_items_name_stays_once_a_document_carries_it(api: SandboxApi) -> None:
    api.create_draft()
    answer = api.put("/items/402321.json", {"item": {"name": "Assessoria"}})
    assert answer.json() == {
        "errors": [{"error": "Name can't be changed because it is already associated with invoices"}]
    }
    assert api.put("/items/402322.json", {"item": {"name": "Aulas"}}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "messages"),
    [
        ({"code": "G"}, ["Name can't be blank"]),
        ({"name": "Gama"}, ["Code can't be blank"]),
        ({"name": "x" * 101, "code": "G"}, ["Name is too long"]),
        ({"name": "Beta GmbH", "code": "G"}, ["Name has already been taken"]),
        ({"name": "Gama", "code": "BETA"}, ["Code has already been taken"]),
        ({**NEW, "email": "nobody"}, ["Email must be an email address"]),
        (
            {**NEW, "preferred_contact": {"email": "no body@x.pt"}},
            ["Preferred contact: email must be an email"],
        ),
        ({**NEW, "send_options": "4"}, ["Send options must be within 1 and 3"]),
        ({**NEW, "country": "PT"}, ["Country PT was not found"]),
        ({**NEW, "fiscal_id": "510123456"}, ["Fiscal is invalid"]),
    ],
)
def test_a_wrong_client_is_refused_in_a_list_of_texts(
    api: SandboxApi, sent: dict[str, Any], messages: list[str]
) -> None:
    answer = api.post("/clients.json", {"client": sent})
    assert answer.status_code == 422
    assert answer.json() == {"errors": messages}


def test_a_wrong_client_update_is_refused_with_nothing(api: SandboxApi) -> None:
    answer = api.put("/clients/501.json", {"client": {"email": "nobody"}})
    assert (answer.status_code, answer.content) == (422, b"")
    assert api.get("/clients/501.json").json()["client"]["email"] == "compras@acme.example"


def test_messages_that_have_two_forms_follow_the_language(api: SandboxApi) -> None:
    api.sandbox.set_option("language", "pt")
    answer = api.post("/clients.json", {"client": {"name": "Beta GmbH", "code": "G"}})
    assert answer.json() == {"errors": ["Nome não está disponível"]}


def test_a_client_with_documents_is_not_dropped(api: SandboxApi) -> None:
    api.create_draft()
    assert api.call("DELETE", "/clients/501.json").status_code == 422
    assert api.call("DELETE", "/clients/502.json").status_code == 200


def test_clients_are_found_by_exact_code_or_name(api: SandboxApi) -> None:
    by_code = api.get("/clients/find-by-code.json", client_code="ACME").json()["client"]
    by_name = api.get("/clients/find-by-name.json", client_name="ACME, Lda").json()["client"]
    assert by_code == by_name
    assert (by_code["id"], by_code["payment_days"], by_code["tax_exemption_code"]) == (501, "0", "M00")
    assert by_code["open_account_link"].startswith(api.sandbox.base_url)
    for finder in ("code", "name"):
        for near in ("acme", "ACM", "ACME, Ld", ""):
            missing = api.get(f"/clients/find-by-{finder}.json", **{f"client_{finder}": near})
            assert (missing.status_code, missing.content) == (404, b"")


def test_a_missing_name_may_be_a_crash(api: SandboxApi) -> None:
    """Reading 14."""
    api.sandbox.set_option("find_by_name_500", True)
    assert api.get("/clients/find-by-name.json", client_name="Ninguém").status_code == 500
    assert api.get("/clients/find-by-code.json", client_code="NONE").status_code == 404


def test_clients_are_listed_and_filtered_by_fiscal_id(api: SandboxApi) -> None:
    assert [row["id"] for row in api.get("/clients.json").json()["clients"]] == [501, 502]
    found = api.get("/clients.json", fiscal_id="508112230").json()
    assert [row["code"] for row in found["clients"]] == ["ACME"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "refusal"),
    [
        ("POST", "/taxes.json", {"name": "IVA23", "value": 1}, {"name": ["is not available."]}),
        ("POST", "/taxes.json", {"name": "X"}, {"value": ["can't be blank"]}),
        ("POST", "/taxes.json", {"name": "X", "value": "six"}, {"value": ["is not a number"]}),
        ("POST", "/taxes.json", {"name": "X", "value": 1, "region": "Lisboa"}, {"region": ["is invalid"]}),
        ("POST", "/taxes.json", {"value": 1}, {"name": ["can't be blank"]}),
        ("POST", "/taxes.json", {"name": "X", "value": 1, "code": "ABC"}, {"code": ["is invalid"]}),
        ("PUT", "/taxes/31555.json", {"region": ""}, {"base": ["Tax region is empty"]}),
        ("DELETE", "/taxes/31554.json", None, {"base": ["Tax is the default tax"]}),
    ],
)
def test_a_wrong_tax_is_refused_by_field(
    api: SandboxApi, method: str, path: str, sent: dict[str, Any] | None, refusal: dict[str, Any]
) -> None:
    answer = api.call(method, path, None if sent is None else {"tax": sent})
    assert (answer.status_code, answer.json()) == (422, refusal)


REGIONS: list[dict[str, str]] = json.loads(
    (Path(__file__).parent.parent / "vendor" / "tax_regions.json").read_text(encoding="utf-8")
)["regions"]


def test_a_tax_belongs_to_any_region_of_the_published_table(api: SandboxApi) -> None:
    regions = sorted({code for row in REGIONS for code in row.values() if is_tax_region(code)})
    assert len(regions) == len({row["code"] for row in REGIONS})
    for region in ("PT-AC", "Desconhecido", "ES"):
        made = api.post("/taxes.json", {"tax": {"name": f"IVA {region}", "value": 4, "region": region}})
        assert made.json()["tax"]["region"] == region


def test_there_is_one_default_tax(api: SandboxApi) -> None:
    api.put("/taxes/31556.json", {"tax": {"default_tax": 1}})
    taxes = api.get("/taxes.json").json()["taxes"]
    assert [tax["name"] for tax in taxes if tax["default_tax"]] == ["IVA6"]
