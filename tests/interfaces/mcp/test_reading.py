"""What only reads: documents, lists, related documents, taxes, clients, exemption codes."""

from typing import Any

import pytest

from tests.harness import TODAY, Harness, guide, invoice, line
from tests.interfaces.mcp import sandbox_documents
from tests.interfaces.mcp.host import Host

ESTIMATES = {
    "quotes": ("quote", "Quote"),
    "proformas": ("proforma", "Proforma"),
    "fees_notes": ("fees_note", "FeesNote"),
}


async def create_document(host: Host, state: str = "", **changes: Any) -> dict[str, Any]:
    """An invoice, as far as it should go."""
    document: dict[str, Any] = (await host.call("create_invoice", **invoice(**changes)))["document"]
    about = {"document_type": document["document_type"], "document_id": document["id"]}
    for step in (
        ("finalized", "settled") if state == "settled" else ("finalized",) if state == "final" else ()
    ):
        document = (await host.call("change_state", **about, state=step))["document"]
    return document


# --- one document


@pytest.mark.parametrize("kind", ["invoices", "simplified_invoices", "invoice_receipts", "vat_moss_invoices"])
async def test_a_document_is_read_whole_by_type_and_id(host: Host, harness: Harness, kind: str) -> None:
    """invoices-v2 "Get"."""
    if kind == "vat_moss_invoices":  # only read
        number = (await sandbox_documents.create_draft(harness, kind))["document_id"]
    else:
        number = (document := await create_document(host, document_type=kind, items=[line(quantity="0.5")]))[
            "id"
        ]
    result = await host.call("get_document", document_type=kind, document_id=str(number))
    assert kind == "vat_moss_invoices" or result["document"] == document
    assert result["document"]["lines"][0]["net"] in {"50", "100"}
    assert result["next"][0]["tool"] == "change_state"


@pytest.mark.parametrize("kind", ["credit_notes", "debit_notes"])
async def test_a_note_is_read_with_its_owner(host: Host, kind: str) -> None:
    """invoices-v2 "Get"."""
    owner = await create_document(host, "final")
    note = await create_document(
        host, document_type=kind, owner_invoice_id=owner["id"], items=[line(quantity="0.5")]
    )
    result = await host.call("get_document", document_type=kind, document_id=note["id"])
    assert (result["document"]["total"], result["document"]["document_type"]) == ("61.50", kind)


@pytest.mark.parametrize("kind", ["shippings", "transports", "devolutions"])
async def test_a_guide_is_read_with_its_addresses(host: Host, kind: str) -> None:
    """guides-update-v2; OpenAPI getGuide."""
    made = (await host.call("create_guide", **guide(document_type=kind)))["document"]
    result = await host.call("get_document", document_type=kind, document_id=made["id"])
    assert result["document"]["document_type"] == kind
    assert result["document"]["address_from"]["city"] == "Lisboa"


@pytest.mark.parametrize("kind", list(ESTIMATES))
async def test_an_estimate_is_read_although_this_server_makes_none(
    host: Host, harness: Harness, kind: str
) -> None:
    """OpenAPI getEstimate."""
    key, name = ESTIMATES[kind]
    answer = {key: {"id": "5", "type": name, "status": "draft", "total": 12.3}}
    harness.sandbox.fault("GET", rf"/{kind}/5\.json", status=200, body=answer)
    result = await host.call("get_document", document_type=kind, document_id=5)
    assert (result["document"]["document_type"], result["document"]["total"]) == (kind, "12.30")


async def test_a_receipt_is_read(host: Host) -> None:
    """OpenAPI getInvoice: receipts have their own route."""
    invoice = await create_document(host, "final")
    paid = await host.call(
        "generate_payment", document_id=invoice["id"], amount=123, payment_mechanism="TB", payment_date=TODAY
    )
    result = await host.call("get_document", document_type="receipts", document_id=paid["receipt"]["id"])
    assert result["document"]["document_type"] == "receipts"
    assert result["document"]["total"] == "123.00"


async def test_each_type_answers_only_for_its_own_documents(host: Host, harness: Harness) -> None:
    """C: a wrong type is a 404; it must say so without a guess."""
    document = await create_document(host)
    before = len(harness.list_writes())
    refusal = await host.call_refused(
        "get_document", document_type="credit_notes", document_id=document["id"]
    )
    assert refusal["code"] == "not_found"
    assert "type" in str(refusal["next"])
    assert len(harness.list_writes()) == before


@pytest.mark.parametrize("number", [0, -1, 1.5, "x", True, 2**53, "1 or 2", "../1"])
async def test_an_id_that_is_none_is_refused_before_the_road(
    host: Host, harness: Harness, number: object
) -> None:
    """An id is a whole number above zero."""
    refusal = await host.call_refused("get_document", document_type="invoices", document_id=number)
    assert refusal["code"] == "invalid_arguments"
    assert [problem["field"] for problem in refusal["problems"]] == ["document_id"]
    assert harness.sandbox.requests() == []


# --- lists


def list_requests(harness: Harness) -> list[tuple[str, str]]:
    """The query of the last list request."""
    seen = [one for one in harness.sandbox.requests() if one["path"] == "/invoices.json"]
    query = seen[-1]["query"]
    pairs = query.items() if isinstance(query, dict) else query
    return [(name, one) for name, value in pairs for one in (value if isinstance(value, list) else [value])]


async def test_the_three_filters_that_the_api_requires_are_always_sent(host: Host, harness: Harness) -> None:
    """invoices-v2 "List all": type[], status[], non_archived; lists say sent where documents say final (trap 8)."""
    result = await host.call("list_invoices")
    assert result["invoices"] == []
    query = list_requests(harness)
    assert {value for name, value in query if name == "type[]"} == {
        "Invoice",
        "InvoiceReceipt",
        "SimplifiedInvoice",
        "VatMossInvoice",
        "CreditNote",
        "DebitNote",
        "CashInvoice",
    }
    assert {value for name, value in query if name == "status[]"} == {"draft", "sent", "settled"}
    assert ("non_archived", "true") in query


async def test_every_filter_travels_under_its_own_name(host: Host, harness: Harness) -> None:
    """invoices-v2 "List all": the whole table of query parameters."""
    await host.call(
        "list_invoices",
        types=["credit_notes", "receipts"],
        states=["final", "canceled", "second_copy"],
        text="Revisão & peças",
        date_from="2026-11-01",
        date_to="30/11/2026",
        due_date_from="2026-12-01",
        due_date_to="2026-12-31",
        total_before_taxes_from=10,
        total_before_taxes_to="99.5",
        non_archived=False,
        archived=True,
        page=2,
        per_page=5,
    )
    assert sorted(list_requests(harness)) == sorted(
        [
            ("type[]", "CreditNote"),
            ("type[]", "Receipt"),
            ("status[]", "sent"),
            ("status[]", "canceled"),
            ("status[]", "second_copy"),
            ("text", "Revisão & peças"),
            ("date[from]", "01/11/2026"),
            ("date[to]", "30/11/2026"),
            ("due_date[from]", "01/12/2026"),
            ("due_date[to]", "31/12/2026"),
            ("total_before_taxes[from]", "10"),
            ("total_before_taxes[to]", "99.5"),
            ("non_archived", "false"),
            ("archived", "true"),
            ("page", "2"),
            ("per_page", "5"),
        ]
    )


FILTERS: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({}, {"draft", "final", "settled"}),
    ({"states": ["draft"]}, {"draft"}),
    ({"states": ["final"]}, {"final"}),
    ({"states": ["settled"]}, {"settled"}),
    ({"total_before_taxes_from": 60}, {"final", "settled"}),
    ({"total_before_taxes_to": 60}, {"draft"}),
    ({"reference": "B-2"}, {"final"}),
    ({"text": "nothing that is there"}, set()),
    ({"date_from": "2026-11-21"}, set()),
    ({"date_to": "2026-11-19"}, set()),
    ({"due_date_to": TODAY}, {"draft"}),
    ({"due_date_from": "2026-12-01"}, {"final", "settled"}),
    ({"types": ["invoices", "credit_notes"]}, {"draft", "final", "settled"}),
)


async def test_each_filter_leaves_what_it_says(host: Host) -> None:
    """invoices-v2 "List all", against three invoices in three states (and the receipt that settling made)."""
    await create_document(host, reference="B-1", due_date=TODAY, items=[line(quantity="0.5")])
    await create_document(host, "final", reference="B-2")
    await create_document(host, "settled", reference="B-23")
    for filters, expected in FILTERS:
        result = await host.call("list_invoices", **{"types": ["invoices"], **filters})
        assert {row["status"] for row in result["invoices"]} == expected, filters
        assert {row["client"] for row in result["invoices"]} <= {"ACME, Lda"}
    assert (await host.call("list_invoices", types=["credit_notes"]))["invoices"] == []


async def test_a_page_says_what_it_leaves_out(host: Host, harness: Harness) -> None:
    """XERO#193: "20 of 80, next page 2"."""
    for number in range(5):
        await create_document(host, reference=f"R-{number}")
    first = await host.call("list_invoices", per_page=2)
    assert (first["page"], first["pages"], first["total_entries"], len(first["invoices"])) == (1, 3, 5, 2)
    assert first["left_out"] == "5 in all, 2 on this page; next: page 2"
    last = await host.call("list_invoices", per_page=2, page=3)
    assert len(last["invoices"]) == 1
    assert "left_out" not in last
    exact = await host.call("list_invoices", reference="R-3")
    assert [row["reference"] for row in exact["invoices"]] == ["R-3"]


@pytest.mark.parametrize(
    "wrong",
    [{"types": ["all"]}, {"states": ["sent"]}, {"per_page": 101}, {"page": 0}, {"date_from": "2026-02-30"}],
)
async def test_a_filter_that_makes_no_sense_is_refused(
    host: Host, harness: Harness, wrong: dict[str, Any]
) -> None:
    """Another type or an impossible date would list something else."""
    refusal = await host.call_refused("list_invoices", **wrong)
    assert refusal["problems"][0]["field"].split(".")[0] == next(iter(wrong))
    assert harness.sandbox.requests() == []


async def test_what_belongs_to_an_invoice_is_listed(host: Host) -> None:
    """invoices-v2 "Related Documents"."""
    invoice = await create_document(host, "final")
    assert (await host.call("get_related_documents", document_id=invoice["id"]))["documents"] == []
    note = await create_document(
        host,
        "final",
        document_type="credit_notes",
        owner_invoice_id=invoice["id"],
        items=[line(quantity="0.5")],
    )
    paid = await host.call(
        "generate_payment",
        document_id=invoice["id"],
        amount="61.5",
        payment_mechanism="NU",
        payment_date=TODAY,
    )
    related = (await host.call("get_related_documents", document_id=invoice["id"]))["documents"]
    assert {(one["document_type"], one["id"], one["total"]) for one in related} == {
        ("credit_notes", note["id"], "61.50"),
        ("receipts", paid["receipt"]["id"], "61.50"),
    }


# --- taxes, clients, codes


async def test_taxes_come_with_rates_and_the_default(host: Host) -> None:
    """OpenAPI listTaxes."""
    taxes = (await host.call("list_taxes"))["taxes"]
    assert {one["name"]: one["value"] for one in taxes} == {
        "IVA23": "23",
        "IVA13": "13",
        "IVA6": "6",
        "Isento": "0",
        "IVA22": "22",
    }
    assert [one["name"] for one in taxes if one["default_tax"]] == ["IVA23"]


async def test_a_client_is_found_by_code_or_by_name(host: Host, harness: Harness) -> None:
    """OpenAPI findClientByCode, findClientByName."""
    by_code = (await host.call("find_client", code="ACME"))["client"]
    by_name = (await host.call("find_client", name="Beta GmbH"))["client"]
    assert (by_code["id"], by_code["fiscal_id"], by_name["id"]) == (501, "508112230", 502)
    either = await host.call("find_client", code="NONE", name="ACME, Lda")
    assert either["client"]["id"] == 501
    assert [one["path"] for one in harness.sandbox.requests()] == [
        "/clients/find-by-code.json",
        "/clients/find-by-name.json",
        "/clients/find-by-code.json",
        "/clients/find-by-name.json",
    ]


@pytest.mark.parametrize("as_500", [False, True])
async def test_a_client_that_is_not_there_is_a_miss_and_no_failure(
    host: Host, harness: Harness, as_500: bool
) -> None:
    """J24: a miss by name has been seen as a 500."""
    harness.sandbox.set_option("find_by_name_500", as_500)
    refusal = await host.call_refused("find_client", name="Nobody, Lda")
    assert refusal["code"] == "not_found"
    assert refusal["next"]
    assert (await host.call_refused("find_client", code="NONE"))["code"] == "not_found"


async def test_a_client_is_asked_for_by_something(host: Host, harness: Harness) -> None:
    """One of the two is needed."""
    refusal = await host.call_refused("find_client")
    assert refusal["code"] == "invalid_arguments"
    assert "code or name" in refusal["problems"][0]["allowed"]
    assert harness.sandbox.requests() == []


async def test_exemption_codes_are_looked_up_without_the_account(host: Host, harness: Harness) -> None:
    """The table ships with the package; texts as printed, M07 for article 9."""
    one = (await host.call("lookup_exemption_codes", code="m07", on=TODAY))["codes"]
    assert [(row["code"], row["text"], row["in_force"]) for row in one] == [
        ("M07", "Isento artigo 9.º do CIVA", True)
    ]
    found = await host.call("lookup_exemption_codes", text="artigo 9", on=TODAY, language="en")
    assert "M07" in {row["code"] for row in found["codes"]}
    assert all(row["meaning"] for row in found["codes"])
    assert found["source"]
    assert found["as_of"].startswith("20")
    everything = (await host.call("lookup_exemption_codes", all=True))["codes"]
    standing = (await host.call("lookup_exemption_codes", on=TODAY))["codes"]
    assert len(standing) < len(everything)
    assert all(row["in_force"] for row in standing)
    assert harness.sandbox.requests() == []
