"""Sandbox, lists: filters, pages, state names that differ from the documents', and delayed rows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.api import TODAY, SandboxApi


def list_ids(api: SandboxApi, path: str = "/invoices.json", key: str = "invoices", **query: Any) -> list[int]:
    return [row["id"] for row in api.get(path, **query).json()[key]]


@pytest.fixture
def rows(api: SandboxApi) -> dict[str, int]:
    """One document of each kind."""
    draft = api.create_draft(
        reference="PO-1001", observations="urgente", date="01/10/2026", due_date="05/10/2026"
    )
    final = api.create_issued(reference="PO-100", items=[api.line(unit_price="500")])
    settled = api.create_issued("invoice_receipt")
    deleted = api.create_draft()
    api.change_state("invoice", deleted, "deleted")
    canceled = api.create_issued("simplified_invoice", client={"id": 502})
    api.change_state("simplified_invoice", canceled, "canceled", "Engano")
    receipt = api.pay(final, 1).json()["receipt"]
    names = {"draft": draft, "final": final, "settled": settled, "deleted": deleted, "canceled": canceled}
    return {name: row["id"] for name, row in {**names, "receipt": receipt}.items()}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "receipt canceled settled final draft"),
        ({"type[]": "Invoice"}, "final draft"),
        ({"type[]": ["Invoice", "Receipt"]}, "receipt final draft"),
        ({"type[]": "SimplifiedInvoice"}, "canceled"),
        ({"status[]": "sent"}, "receipt final"),
        ({"status[]": "final"}, "receipt final"),
        ({"status[]": ["draft", "settled"]}, "settled draft"),
        ({"status[]": "deleted"}, "deleted"),
        ({"status[]": "canceled", "type[]": "Invoice"}, ""),
        ({"reference": "PO-100"}, "final"),
        ({"text": "urgente"}, "draft"),
        ({"text": "beta"}, "canceled"),
        ({"text": "PO-1001"}, "final draft"),
        ({"text": "1001"}, "draft"),
        ({"text": "consult"}, ""),
        ({"date[to]": "31/10/2026"}, "draft"),
        ({"date[from]": "01/11/2026", "type[]": "Invoice"}, "final"),
        ({"due_date[from]": "05/10/2026", "due_date[to]": "05/10/2026"}, "draft"),
        ({"total_before_taxes[from]": "100.01"}, "final"),
        ({"total_before_taxes[from]": "2", "total_before_taxes[to]": "100"}, "canceled settled draft"),
        ({"non_archived": "true"}, "receipt canceled settled final draft"),
        ({"archived": "true"}, ""),
    ],
)
def test_every_filter_of_the_invoice_list(
    api: SandboxApi, rows: dict[str, int], query: dict[str, Any], names: str
) -> None:
    assert list_ids(api, **query) == [rows[name] for name in names.split()]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/invoice_receipts.json", "settled"),
        ("/simplified_invoices.json", "canceled"),
        ("/receipts.json", "receipt"),
        ("/credit_notes.json", ""),
        ("/vat_moss_invoices", ""),
    ],
)
def test_types_have_lists_of_their_own(api: SandboxApi, rows: dict[str, int], path: str, names: str) -> None:
    assert list_ids(api, path) == [rows[name] for name in names.split()]


def test_estimates_and_guides_have_their_own_lists(api: SandboxApi) -> None:
    quote, proforma = api.create_draft("quote"), api.create_issued("proforma")
    early, late = api.create_draft("shipping"), api.create_draft("transport", loaded_at="22/11/2026 08:00:00")
    assert list_ids(api, "/estimates.json", "estimates") == [proforma["id"], quote["id"]]
    assert list_ids(api, "/estimates.json", "estimates", **{"status[]": "sent"}) == [proforma["id"]]
    assert list_ids(api, "/guides.json", "guides") == [late["id"], early["id"]]
    assert list_ids(api, "/guides.json", "guides", **{"loaded_at[from]": "21/11/2026"}) == [late["id"]]
    assert list_ids(api) == []


def test_a_guide_reads_back_its_plate_and_addresses_and_not_its_loading(api: SandboxApi) -> None:
    place = {"detail": "Rua A", "city": "Porto", "postal_code": "4000-001", "country": "Portugal"}
    sent = {"license_plate": "11-AA-22", "address_from": place, "address_to": place}
    guide = api.create_draft("shipping", load_site="Armazém", delivery_site="Loja", **sent)
    assert {name: guide[name] for name in sent} == sent
    assert not {"loaded_at", "load_site", "delivery_site"} & set(guide)


@pytest.mark.parametrize(
    ("query", "entries", "page"),
    [
        ({}, 10, (12, 1, 2, 10)),
        ({"page": 2}, 2, (12, 2, 2, 10)),
        ({"page": 3}, 0, (12, 3, 2, 10)),
        ({"per_page": "5", "page": "3"}, 2, (12, 3, 3, 5)),
        ({"per_page": 100}, 12, (12, 1, 1, 100)),
        ({"per_page": 1000}, 12, (12, 1, 1, 100)),
        ({"per_page": "x", "page": "-1"}, 10, (12, 1, 2, 10)),
    ],
)
def test_lists_come_in_pages(
    api: SandboxApi, query: dict[str, Any], entries: int, page: tuple[int, ...]
) -> None:
    for _ in range(12):
        api.create_draft()
    body = api.get("/invoices.json", **query).json()
    assert len(body["invoices"]) == entries
    assert tuple(body["pagination"].values()) == page


def test_a_document_appears_in_lists_only_after_the_lag(api: SandboxApi) -> None:
    """Trap 23."""
    api.sandbox.set_lag(8)
    draft = api.create_draft(reference="PO-1")
    assert list_ids(api, reference="PO-1") == []
    assert api.read_document("invoice", draft)["id"] == draft["id"]
    api.sandbox.advance(7)
    assert list_ids(api) == []
    api.sandbox.advance(1)
    assert list_ids(api, reference="PO-1") == [draft["id"]]


def test_the_lists_total_may_differ_from_the_documents(api: SandboxApi) -> None:
    api.sandbox.set_option("list_total_drift", "3.71")
    draft = api.create_draft()
    assert api.get("/invoices.json").json()["invoices"][0]["total"] == 126.71
    assert api.read_document("invoice", draft)["total"] == 123


def test_a_clients_documents_are_listed_by_a_filter_in_the_body(
    api: SandboxApi, rows: dict[str, int]
) -> None:
    body = {"filter": {"status": ["sent", "draft"], "by_type": ["Invoice"], "archived": ["non_archived"]}}
    answer = api.post("/clients/501/invoices.json", body, per_page=1).json()
    assert [row["id"] for row in answer["invoices"]] == [rows["final"]]
    assert answer["pagination"]["total_entries"] == 2
    assert [row["id"] for row in api.post("/clients/502/invoices.json", {}).json()["invoices"]] == [
        rows["canceled"]
    ]
    assert api.post("/clients/9/invoices.json", {}).status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "kept"),
        ({"non_archived": "true"}, "kept"),
        ({"archived": "true"}, "away"),
        ({"archived": "true", "non_archived": "true"}, "kept away"),
        ({"archived": "true", "non_archived": "false"}, "away"),
        ({"archived": "false", "non_archived": "false"}, "kept"),
    ],
)
def test_what_a_person_put_away_is_listed_when_asked_for(
    api: SandboxApi, query: dict[str, str], names: str
) -> None:
    rows = {"away": api.create_draft()["id"], "kept": api.create_draft()["id"]}
    api.sandbox.archive(rows["away"])
    assert api.get(f"/invoices/{rows['away']}.json").json()["invoice"]["archived"] is True
    assert list_ids(api, **query) == [rows[name] for name in names.split()]
    shelves = [word for word in ("archived", "non_archived") if query.get(word) == "true"]
    answer = api.post("/clients/501/invoices.json", {"filter": {"archived": shelves}}).json()
    assert [row["id"] for row in answer["invoices"]] == [rows[name] for name in names.split()]
    api.sandbox.archive(rows["away"], False)
    assert list_ids(api) == [rows["kept"], rows["away"]]


def test_a_page_is_as_long_as_the_account_has_it(api: SandboxApi) -> None:
    for _ in range(21):
        api.create_draft()
    api.sandbox.set_option("per_page", 20)
    assert len(list_ids(api)) == 20
    assert len(list_ids(api, per_page=5)) == 5
    assert len(api.post("/clients/501/invoices.json", {}).json()["invoices"]) == 20
    with pytest.raises(ValueError, match="10, 20, 30"):
        api.sandbox.set_option("per_page", 25)


def test_dates_in_lists_are_those_of_the_document(api: SandboxApi) -> None:
    api.create_draft()
    assert api.get("/invoices.json").json()["invoices"][0]["date"] == TODAY
