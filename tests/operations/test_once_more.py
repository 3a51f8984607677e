"""Writes besides documents are done once too: given again, made anew when gone, looked at when unclear."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ix_tools.sandbox.rows import Item
from tests.harness import Harness, invoice

Json = dict[str, Any]
ENTRY = {"client_id": 501, "value": 10, "date": "2026-11-20", "observation": "Acerto"}
PADARIA = {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338"}


async def test_the_same_client_again_is_the_one_there_is_until_it_is_gone(harness: Harness) -> None:
    first = await harness.call("create_client", PADARIA)
    again = await harness.call("create_client", PADARIA)
    assert (again["client"]["id"], again["replayed"]) == (first["client"]["id"], True)
    assert len(harness.list_writes()) == 1
    await harness.call("delete_client", {"client_id": first["client"]["id"]})
    anew = await harness.call("create_client", PADARIA)
    assert anew["client"]["id"] != first["client"]["id"]
    assert "replayed" not in anew


async def test_an_unclear_deletion_is_looked_at(harness: Harness) -> None:
    made = (await harness.call("create_client", PADARIA))["client"]["id"]
    before = len(harness.list_writes())
    harness.sandbox.fault("DELETE", "clients", status=500)
    error = await harness.get_error("delete_client", {"client_id": made})
    assert (error.code, error.sent) == ("not_carried_out", "refused")
    harness.sandbox.fault("DELETE", "clients", drop="after")
    assert str(made) in (await harness.call("delete_client", {"client_id": made}))["deleted"]
    assert len(harness.list_writes()) == before + 2


async def test_an_unclear_estimate_is_found_in_the_list_and_not_made_twice(harness: Harness) -> None:
    estimate = invoice(document_type="quotes")
    harness.sandbox.fault("POST", r"^/quotes\.json$", drop="after")
    made = await harness.call("create_estimate", estimate)
    assert made["document"]["status"] == "draft"
    assert len(harness.list_writes()) == 1
    again = await harness.call("create_estimate", estimate)
    assert (again["document"]["id"], again["replayed"]) == (made["document"]["id"], True)


async def test_an_answer_without_the_new_client_in_it_is_no_success(harness: Harness) -> None:
    harness.sandbox.fault("POST", r"^/clients\.json$", status=201, body={})
    error = await harness.get_error("create_client", PADARIA)
    assert (error.code, error.sent) == ("outcome_unknown", "unknown")


async def lost(harness: Harness, method: str, path: str, name: str, arguments: Json) -> Json:
    """The result of a call whose answer never came, and that was looked at; sent once."""
    harness.sandbox.fault(method, path, drop="after")
    before = len(harness.list_writes())
    result = await harness.call(name, arguments)
    assert len(harness.list_writes()) == before + 1
    return result


async def test_a_new_client_is_found_by_its_code(harness: Harness) -> None:
    made = await lost(harness, "POST", r"^/clients\.json$", "create_client", PADARIA)
    assert made["client"]["code"] == "PADARIA"
    assert (await harness.call("create_client", PADARIA))["replayed"]


async def test_a_client_of_that_code_that_reads_otherwise_is_not_taken_for_ours(harness: Harness) -> None:
    """It was there before, and InvoiceXpress refused the new one, or somebody changed it since: a person looks."""
    await harness.call("create_client", {**PADARIA, "name": "Padaria do Norte, Lda"})
    harness.sandbox.fault("POST", r"^/clients\.json$", drop="before")
    error = await harness.get_error(
        "create_client", {**PADARIA, "city": "Porto", "accept": ["same_fiscal_id"]}
    )
    assert (error.code, "clients/503" in str(error)) == ("outcome_unknown", False)
    assert error.sent == "unknown"


async def test_a_new_item_is_found_on_whatever_page_it_stands(harness: Harness) -> None:
    with harness.sandbox.backend.store.transaction():
        for number in range(230):
            harness.sandbox.backend.store.save(
                Item(500_000 + number, f"Peça {number}", "", "1", "unit", 31554)
            )
    made = await lost(harness, "POST", r"^/items\.json$", "create_item", {"name": "Novo", "unit_price": 2.5})
    assert (made["item"]["name"], made["item"]["unit_price"]) == ("Novo", "2.5")


@pytest.mark.parametrize(
    ("method", "path", "name", "arguments", "shown"),
    [
        ("POST", "^/taxes[.]json$", "create_tax", {"name": "IVA16", "value": 16, "code": "OUT"}, "tax"),
        ("POST", "^/sequences[.]json$", "create_sequence", {"serie": "2027"}, "sequence"),
        ("PUT", "set_current", "set_default_sequence", {"sequence_id": 70020}, "sequence"),
        ("PUT", "^/clients/501", "update_client", {"client_id": 501, "city": "Faro"}, "client"),
        ("PUT", "^/items/402321", "update_item", {"item_id": 402321, "unit_price": 55}, "item"),
        ("PUT", "^/taxes/31558", "update_tax", {"tax_id": 31558, "value": 22.5, "accept": ["vat_rate"]}, "tax"),
        ("PUT", "initial_balance", "set_initial_balance", {**ENTRY, "value": 250.5}, "initial_balance"),
        ("POST", "/regularization", "create_regularization", ENTRY, "regularization"),
    ],
)  # fmt: skip
async def test_what_was_done_unheard_is_found_by_looking(
    harness: Harness, method: str, path: str, name: str, arguments: Json, shown: str
) -> None:
    await harness.create_issued()
    assert (await lost(harness, method, path, name, arguments))[shown]


async def test_a_change_that_reads_as_before_was_not_made_once_it_cannot_be_under_way(
    harness: Harness,
) -> None:
    move = {"client_id": 501, "city": "Faro"}
    harness.sandbox.fault("PUT", "^/clients/501", drop="before")
    assert (await harness.get_error("update_client", move)).code == "outcome_unknown"
    harness.context.store.clock = lambda: time.time() + 600
    assert (await harness.call("update_client", move))["client"]["city"] == "Faro"


async def test_a_movement_is_not_listed_so_a_person_is_shown_the_balance(harness: Harness) -> None:
    """Before and after: other documents move it too, so it proves nothing by itself."""
    await harness.create_issued()
    harness.sandbox.fault("POST", "treasury_movements", drop="after")
    error = await harness.get_error("create_treasury_movement", {**ENTRY, "movement_type": "Payment"})
    assert "owed 123.00 before and owes 113.00 now" in str(error)
    assert "current account" in str(error.next)


async def test_a_deletion_sent_again_that_finds_nothing_was_done_the_first_time(harness: Harness) -> None:
    paid = await harness.call("create_treasury_movement", {**ENTRY, "movement_type": "Payment"})
    gone = {"client_id": 501, "treasury_movement_id": paid["treasury_movement"]["id"]}
    harness.sandbox.fault("DELETE", "treasury_movements", drop="after")
    assert (await harness.get_error("delete_treasury_movement", gone)).code == "outcome_unknown"
    harness.context.store.clock = lambda: time.time() + 600
    assert "treasury movement" in (await harness.call("delete_treasury_movement", gone))["deleted"]


async def test_credentials_are_not_called_refused_when_nothing_was_said(harness: Harness) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"allow_account_setup": True})
    setup = {"at_subuser": "509442013/1", "at_password": "segredo", "communication_type": "auto"}
    harness.sandbox.fault("POST", "at_communication", status=200, after_commit=True)
    assert (await harness.get_error("setup_at_communication", setup)).sent == "unknown"
