"""Payments and receipts through the protocol."""

from typing import Any

import pytest

from tests.harness import TODAY, Harness, invoice, line
from tests.interfaces.mcp.host import Host

REASON = "Pagamento lançado na fatura errada."


async def issued(host: Host, kind: str = "invoices") -> int:
    """An invoice of 123.00 that can be paid."""
    made = await host.call(
        "create_invoice",
        **invoice(
            document_type=kind,
            client=None if kind == "simplified_invoices" else {"code": "ACME"},
            items=[line()],
        ),
    )
    number: int = made["document"]["id"]
    await host.call("change_state", document_type=kind, document_id=number, state="finalized")
    return number


def payment(number: int, **changes: Any) -> dict[str, Any]:
    """A transfer of 23.00."""
    given = {"document_id": number, "amount": "23.00", "payment_mechanism": "TB", "payment_date": TODAY}
    return {**given, **changes}


@pytest.mark.parametrize("kind", ["invoices", "simplified_invoices"])
async def test_a_payment_makes_a_receipt_and_leaves_the_rest_open(
    host: Host, harness: Harness, kind: str
) -> None:
    """invoices-v2 "Generate Payment/Receipt"."""
    number = await issued(host, kind)
    harness.sandbox.clear_requests()
    result = await host.call("generate_payment", **payment(number, document_type=kind, note="Obrigado"))
    assert result["receipt"]["document_type"] == "receipts"
    assert result["receipt"]["total"] == "23.00"
    (write,) = harness.list_writes()
    assert (write["method"], write["path"]) == ("POST", f"/documents/{number}/partial_payments.json")
    assert write["body"] == {
        "partial_payment": {
            "amount": "23",
            "payment_mechanism": "TB",
            "payment_date": "20/11/2026",
            "note": "Obrigado",
        }
    }
    question = host.person.asked[-1].message
    for words in ("23.00", "123.00", "20/11/2026", "Obrigado"):
        assert words in question
    document = (await host.call("get_document", document_type=kind, document_id=number))["document"]
    assert document["status"] == "final"
    await host.call("generate_payment", **payment(number, document_type=kind, amount=100))
    document = (await host.call("get_document", document_type=kind, document_id=number))["document"]
    assert document["status"] == "settled"


async def test_a_cancelled_receipt_opens_the_invoice_again(host: Host, harness: Harness) -> None:
    """invoices-v2 "Cancel Payment/Receipt"."""
    number = await issued(host)
    paid = await host.call("generate_payment", **payment(number, amount=123))
    receipt = paid["receipt"]["id"]
    harness.sandbox.clear_requests()
    result = await host.call("cancel_payment", receipt_id=receipt, message=REASON)
    assert result["receipt"]["status"] == "canceled"
    (write,) = harness.list_writes()
    assert write["path"] == f"/receipts/{receipt}/change-state.json"
    assert write["body"] == {"receipt": {"state": "canceled", "message": REASON}}
    assert REASON in host.person.asked[-1].message
    document = (await host.call("get_document", document_type="invoices", document_id=number))["document"]
    assert document["status"] == "final"
    refusal = await host.call_refused("cancel_payment", receipt_id=receipt, message=REASON)
    assert refusal["sent"] == "nothing"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "123.01"}, "amount"),
        ({"amount": 0}, "amount"),
        ({"payment_date": "2026-11-19"}, "payment_date"),
        ({"payment_date": "2026-11-21"}, "payment_date"),
        ({"payment_mechanism": "XX"}, "payment_mechanism"),
        ({"serie": "NONE"}, "serie"),
        ({"serie": "B2026"}, "serie"),
    ],
)
async def test_a_payment_that_cannot_be_right_is_refused(
    host: Host, harness: Harness, wrong: dict[str, Any], field: str
) -> None:
    """No more than is open, between the invoice's day and today, in a registered series."""
    number = await issued(host)
    harness.sandbox.clear_requests()
    questions = len(host.person.asked)
    refusal = await host.call_refused("generate_payment", **payment(number, **wrong))
    assert [problem["field"] for problem in refusal["problems"]] == [field]
    assert refusal["sent"] == "nothing"
    assert harness.list_writes() == []
    assert len(host.person.asked) == questions


async def test_a_receipt_is_cancelled_with_a_sentence_only(host: Host, harness: Harness) -> None:
    """The reason is recorded."""
    number = await issued(host)
    paid = await host.call("generate_payment", **payment(number))
    refusal = await host.call_refused("cancel_payment", receipt_id=paid["receipt"]["id"], message="x")
    assert refusal["problems"][0]["field"] == "message"
    refusal = await host.call_refused("cancel_payment", receipt_id=999999, message=REASON)
    assert refusal["code"] == "not_found"
