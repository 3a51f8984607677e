"""Invoices, receipts and notes through the protocol: what is sent, what comes back."""

from typing import Any

import pytest

from tests.harness import SERIES, TODAY, Harness, exempt_line, invoice, line
from tests.interfaces.mcp.host import Host

OWNED = ("credit_notes", "debit_notes")
KEYS = {
    "invoices": "invoice",
    "simplified_invoices": "simplified_invoice",
    "invoice_receipts": "invoice_receipt",
    "credit_notes": "credit_note",
    "debit_notes": "debit_note",
}
Types = pytest.mark.parametrize("kind", list(KEYS))


async def issued(host: Host, **changes: Any) -> dict[str, Any]:
    """An invoice of 123.00 that notes can be about."""
    made = (await host.call("create_invoice", **invoice(**changes)))["document"]
    done = await host.call(
        "change_state", document_type="invoices", document_id=made["id"], state="finalized"
    )
    document: dict[str, Any] = done["document"]
    return document


async def owner(host: Host, kind: str) -> dict[str, Any]:
    """What a note needs besides."""
    return {"owner_invoice_id": (await issued(host))["id"]} if kind in OWNED else {}


@Types
async def test_every_kind_is_created_with_the_totals_and_the_words_that_were_sent(
    host: Host, harness: Harness, kind: str
) -> None:
    """invoices-v2 "Create"."""
    extra = await owner(host, kind)
    result = await host.call(
        "create_invoice",
        **invoice(
            document_type=kind,
            reference="PO-7",
            observations="Obrigado",
            items=[line(quantity="0.5")],
            **extra,
        ),
    )
    document = result["document"]
    assert document["document_type"] == kind
    assert document["status"] == "draft"
    assert (document["before_taxes"], document["taxes"], document["total"]) == ("50.00", "11.50", "61.50")
    assert document["client"]["name"] == "ACME, Lda"
    assert (document["date"], document["due_date"]) == (TODAY, "2026-12-20")
    assert (document["reference"], document["observations"]) == ("PO-7", "Obrigado")
    assert document["lines"][0]["tax"] == "IVA23"
    assert result["next"][0]["tool"] == "change_state"
    assert result["next"][0]["arguments"] == {
        "document_type": kind,
        "document_id": str(document["id"]),
        "state": "finalized",
    }
    assert harness.list_writes()[-1]["path"] == f"/{kind}.json"
    assert list(harness.list_writes()[-1]["body"]) == [KEYS[kind], "proprietary_uid"]
    sent = harness.get_last_body()
    assert (sent["date"], sent["due_date"]) == ("20/11/2026", "20/12/2026")
    (item,) = sent["items"]
    assert (item["name"], item["unit_price"], item["quantity"]) == ("Revisão", "100", "0.5")
    assert item["tax"] == {"name": "IVA23"}


@Types
async def test_every_kind_is_changed_and_keeps_what_was_left_out(
    host: Host, harness: Harness, kind: str
) -> None:
    """invoices-v2 "Update"; an update replaces everything on the wire (trap 5)."""
    extra = await owner(host, kind)
    made = await host.call(
        "create_invoice",
        **invoice(
            document_type=kind,
            reference="PO-7",
            observations="Obrigado",
            items=[line(quantity="0.5")],
            retention="10",
            accept=["note_retention"],
            **extra,
        ),
    )
    number = made["document"]["id"]
    about = {"document_type": kind, "document_id": number}
    result = await host.call("update_invoice", **about, reference="PO-8")
    document = result["document"]
    assert document["id"] == number
    assert document["status"] == "draft"
    assert document["reference"] == "PO-8"
    assert document["observations"] == "Obrigado"
    assert document["client"]["code"] == "ACME"
    assert document["lines"][0]["name"] == "Revisão"
    assert document["total"] == "61.50"
    write = harness.list_writes()[-1]
    assert (write["method"], write["path"]) == ("PUT", f"/{kind}/{number}.json")
    sent = harness.get_last_body()
    assert sent["date"] == "20/11/2026"
    assert sent["client"]["code"] == "ACME"
    assert sent["retention"] == "10"
    again = await host.call("get_document", document_type=kind, document_id=number)
    assert again["document"]["reference"] == "PO-8"


async def test_an_invoice_carries_every_field_of_the_contract(host: Host, harness: Harness) -> None:
    """invoices-v2 "Create", the whole table of body fields."""
    harness.sandbox.set_option("mb_references", True)
    client = {
        "name": "Oficina Nova, Lda",
        "code": "NOVA",
        "email": "contas@nova.example.pt",
        "address": "Rua Direita 1",
        "city": "Braga",
        "postal_code": "4700-001",
        "country": "PT",
        "fiscal_id": "508025338",
        "website": "www.nova.example.pt",
        "phone": "253000000",
        "fax": "253000001",
        "observations": "Pagamento a 30 dias",
    }
    given: dict[str, Any] = {
        "date": TODAY,
        "due_date": "2026-12-01",
        "client": client,
        "items": [
            line(description="Anual", unit_price="99.9999", quantity="2.5", unit="hour", discount="12.5"),
            exempt_line(),
        ],
        "reference": "PO-9",
        "observations": "Obrigado",
        "retention": "25",
        "tax_exemption": "M07",
        "sequence_id": SERIES["invoices"],
        "mb_reference": True,
        "currency_code": "USD",
        "rate": "1.0842",
        "global_discount": {"value_type": "percentage", "value": "5"},
        "proprietary_uid": "shop-1",
        "accept": ["currency_only_prints", "global_discount"],
    }
    result = await host.call("create_invoice", **given)
    body = harness.list_writes()[-1]["body"]
    assert body["proprietary_uid"] == "shop-1"
    sent = body["invoice"]
    assert sent["client"] == {**client, "country": "Portugal"}
    assert sent["items"][0] == {
        "name": "Revisão",
        "description": "Anual",
        "unit_price": "99.9999",
        "quantity": "2.5",
        "unit": "hour",
        "discount": "12.5",
        "tax": {"name": "IVA23"},
    }
    assert sent["global_discount"] == {"value_type": "percentage", "value": "5"}
    assert {
        name: sent[name]
        for name in ("retention", "tax_exemption", "sequence_id", "mb_reference", "currency_code", "rate")
    } == {
        "retention": "25",
        "tax_exemption": "M07",
        "sequence_id": str(SERIES["invoices"]),
        "mb_reference": "1",
        "currency_code": "USD",
        "rate": "1.0842",
    }
    document = result["document"]
    # (2.5 x 99.9999 x 0.875 + 120) x 0.95 and 23 % of the first line's share, rounded once.
    assert (document["before_taxes"], document["taxes"], document["total"]) == ("321.81", "47.80", "369.61")
    assert document["tax_exemption"] == "M07"
    again = await host.call("create_invoice", **given)
    assert again["document"]["id"] == document["id"], "the same proprietary_uid makes no second document"
    final = await host.call(
        "change_state", document_type="invoices", document_id=document["id"], state="finalized"
    )
    assert final["to_pay"] == "289.16", "25 % of the net amount are withheld"
    assert final["document"]["mb_reference"]["value"] == "369.61"
    assert final["document"]["multicurrency"]["currency"] == "U.S. dollar"


@pytest.mark.parametrize("kind", OWNED)
async def test_a_note_travels_with_the_document_it_corrects(host: Host, harness: Harness, kind: str) -> None:
    """invoices-v2 "Create": owner_invoice_id; CIVA 36/6."""
    about = await issued(host)
    result = await host.call(
        "create_invoice",
        **invoice(document_type=kind, owner_invoice_id=about["id"], items=[line(quantity="0.1")]),
    )
    assert harness.get_last_body()["owner_invoice_id"] == str(about["id"])
    assert result["document"]["total"] == "12.30"
    refusal = await host.call_refused("create_invoice", **invoice(document_type=kind))
    assert (refusal["code"], refusal["sent"]) == ("refused", "nothing")
    assert refusal["problems"][0]["field"] == "owner_invoice_id"


async def test_an_update_that_removes_every_exempt_line_sends_m00(host: Host, harness: Harness) -> None:
    """invoices-v2 "Update": tax_exemption_reason M00."""
    made = await host.call("create_invoice", **invoice(items=[exempt_line()], tax_exemption="M07"))
    result = await host.call(
        "update_invoice",
        document_type="invoices",
        document_id=made["document"]["id"],
        items=[line()],
        tax_exemption_reason="M00",
        accept=["drop_lines"],
    )
    assert harness.get_last_body()["tax_exemption_reason"] == "M00"
    assert "tax_exemption" not in harness.get_last_body()
    assert result["document"].get("tax_exemption") in (None, "M00")
    assert result["document"]["total"] == "123.00"


async def test_a_manual_number_travels_as_it_was_given(host: Host, harness: Harness) -> None:
    """invoices-v2 "Create": manual_sequence_number, for accounts outside Portugal."""
    await host.call("create_invoice", **invoice(manual_sequence_number="A-17"))
    assert harness.get_last_body()["manual_sequence_number"] == "A-17"


async def test_a_simplified_invoice_goes_to_the_final_consumer(host: Host, harness: Harness) -> None:
    """invoices-v2 "Create": the client is optional on simplified invoices only (CIVA 40)."""
    result = await host.call(
        "create_invoice", **invoice(document_type="simplified_invoices", client=None, items=[line()])
    )
    assert "client" not in harness.get_last_body()
    assert result["document"]["total"] == "123.00"
    refusal = await host.call_refused("create_invoice", **invoice(client=None))
    assert [problem["field"] for problem in refusal["problems"]] == ["client"]


async def test_an_unknown_field_is_named_and_nothing_is_sent(host: Host, harness: Harness) -> None:
    """A field that the API would drop in silence: `obsrvations`."""
    refusal = await host.call_refused("create_invoice", **invoice(), obsrvations="x")
    assert refusal["code"] == "invalid_arguments"
    assert refusal["problems"][0]["field"] == "obsrvations"
    assert "observations" in refusal["problems"][0]["allowed"]
    assert harness.list_writes() == []


async def test_what_was_stored_differently_is_an_error_that_holds_the_document(
    host: Host, harness: Harness
) -> None:
    """InvoiceXpress coerces in silence (section C): the read-back finds it, the gate asks for it."""
    harness.sandbox.fault(
        "GET",
        r"/invoices/1001\.json",
        status=200,
        body={"invoice": {"id": 1001, "status": "draft", "total": 1}},
    )
    error = await host.call_refused("create_invoice", **invoice())
    assert (error["code"], error["sent"], error["retryable"]) == ("stored_differently", "stored", False)
    assert "total" in {problem["field"] for problem in error["problems"]}
    await host.call_refused("change_state", document_type="invoices", document_id=1001, state="finalized")
    asked = host.person.asked[-1]
    assert set(asked.requested_schema["properties"]) == {"approve", "accept_differences", "reason"}
    assert not any(one["path"].endswith("change-state.json") for one in harness.list_writes())
