"""Writes besides documents are done once too: given again, made anew when gone, looked at when unclear."""

from __future__ import annotations

from tests.sandboxed import Office, invoice

PADARIA = {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338"}


async def test_the_same_client_again_is_the_one_there_is_until_it_is_gone(office: Office) -> None:
    first = await office.call("create_client", PADARIA)
    again = await office.call("create_client", PADARIA)
    assert (again["client"]["id"], again["replayed"]) == (first["client"]["id"], True)
    assert len(office.writes()) == 1
    await office.call("delete_client", {"client_id": first["client"]["id"]})
    anew = await office.call("create_client", PADARIA)
    assert anew["client"]["id"] != first["client"]["id"]
    assert "replayed" not in anew


async def test_an_unclear_deletion_is_looked_at(office: Office) -> None:
    made = (await office.call("create_client", PADARIA))["client"]["id"]
    before = len(office.writes())
    office.box.fault("DELETE", "clients", status=500)
    error = await office.failed("delete_client", {"client_id": made})
    assert (error.code, error.sent) == ("not_carried_out", "refused")
    office.box.fault("DELETE", "clients", drop="after")
    assert str(made) in (await office.call("delete_client", {"client_id": made}))["deleted"]
    assert len(office.writes()) == before + 2


async def test_an_unclear_estimate_is_found_in_the_list_and_not_made_twice(office: Office) -> None:
    estimate = invoice(document_type="quotes")
    office.box.fault("POST", r"^/quotes\.json$", drop="after")
    made = await office.call("create_estimate", estimate)
    assert made["document"]["status"] == "draft"
    assert len(office.writes()) == 1
    again = await office.call("create_estimate", estimate)
    assert (again["document"]["id"], again["replayed"]) == (made["document"]["id"], True)


async def test_an_answer_without_the_new_client_in_it_is_no_success(office: Office) -> None:
    office.box.fault("POST", r"^/clients\.json$", status=201, body={})
    error = await office.failed("create_client", PADARIA)
    assert (error.code, error.sent) == ("outcome_unknown", "unknown")
