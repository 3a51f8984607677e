"""What an approval and a result say of a document besides what InvoiceXpress returns with it."""

from typing import Any

import pytest

from ix_tools.approvals.repository import Reply
from ix_tools.errors import IxError
from tests.harness import (
    TODAY,
    ApprovalNeeded,
    Harness,
    Json,
    document_arguments,
    execute,
    guide,
    invoice,
    line,
)
from tests.interfaces.mcp.sandbox_documents import create_draft as elsewhere
from tests.interfaces.mcp.sandbox_documents import send_raw as said_to_the_box

NOTES = pytest.mark.parametrize("kind", ["credit_notes", "debit_notes"])
PAYMENT = {"payment_mechanism": "TB", "payment_date": TODAY}


def in_portuguese(harness: Harness) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"language": "pt"})


async def paid(harness: Harness, document: Json, amount: Any) -> Json:
    receipt: Json = (
        await harness.call("generate_payment", document_arguments(document, amount=amount, **PAYMENT))
    )["receipt"]
    return receipt


# --- what a note corrects (CIVA 36/6) ------------------------------------------------------------------------------


def note(kind: str, owner: Json, **changes: Any) -> Json:
    half = line(quantity="0.5")
    return invoice(**{"document_type": kind, "owner_invoice_id": owner["id"], "items": [half], **changes})


@NOTES
async def test_a_note_names_the_invoice_that_it_corrects(harness: Harness, kind: str) -> None:
    invoiced = await harness.create_issued(date="2026-11-12")
    await paid(harness, invoiced, 50)
    made = await harness.call("create_invoice", note(kind, invoiced))
    corrects = {
        "document_type": "invoices",
        "id": invoiced["id"],
        "number": "1/2026",
        "date": "2026-11-12",
        "total": "123.00",
        "paid": "50.00",
    }
    assert made["corrects"] == corrects
    assert (await harness.call("get_document", document_arguments(made["document"])))["corrects"] == corrects
    changed = await harness.call("update_invoice", document_arguments(made["document"], reference="A"))
    assert changed["corrects"] == corrects
    finalize = document_arguments(made["document"], state="finalized")
    assert "Corrects: Invoice 1/2026 of 12/11/2026, €123.00, paid €50.00" in await harness.get_approval_text(
        "change_state", finalize
    )
    in_portuguese(harness)
    said = "Corrige: Fatura 1/2026 de 12/11/2026, 123,00 €, pago 50,00 €"
    assert said in await harness.get_approval_text("change_state", finalize)
    assert (await harness.call("change_state", finalize))["corrects"] == corrects


@NOTES
async def test_issue_invoice_names_it_too(harness: Harness, kind: str) -> None:
    invoiced = await harness.create_issued()
    in_portuguese(harness)
    given = note(kind, invoiced)
    said = "Corrige: Fatura 1/2026 de 20/11/2026, 123,00 €, pago 0,00 €"
    assert said in await harness.get_approval_text("issue_invoice", given)
    assert (await harness.call("issue_invoice", given))["corrects"]["number"] == "1/2026"


async def test_a_note_that_was_drafted_elsewhere_is_read_from_its_related_documents(harness: Harness) -> None:
    drafted = await elsewhere(harness, "credit_notes")
    assert "Corrects: Invoice 1/2026 of 20/11/2026" in await harness.get_approval_text(
        "change_state", {**drafted, "state": "finalized"}
    )
    assert (await harness.call("get_document", drafted))["corrects"]["number"] == "1/2026"


async def test_a_note_of_which_nobody_knows_what_it_corrects_says_so(harness: Harness) -> None:
    """Trap 13b: without an owner nothing is linked."""
    drafted = await elsewhere(harness, "credit_notes", owner_invoice_id="")
    finalize = {**drafted, "state": "finalized"}
    assert "Corrects: cannot be read" in await harness.get_approval_text("change_state", finalize)
    in_portuguese(harness)
    assert "Corrige: não é possível ler" in await harness.get_approval_text("change_state", finalize)
    assert "não se consegue ler" in (await harness.call("get_document", drafted))["corrects"]["unknown"]


async def test_what_the_journal_knows_counts_where_related_documents_say_nothing(harness: Harness) -> None:
    invoiced = await harness.create_issued()
    made = (await harness.call("create_invoice", note("credit_notes", invoiced)))["document"]
    harness.sandbox.fault(
        "GET",
        rf"/document/{made['id']}/related_documents\.json",
        times=None,
        status=200,
        body={"documents": []},
    )
    assert "Corrects: Invoice 1/2026" in await harness.get_approval_text(
        "change_state", document_arguments(made, state="finalized")
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("invoice_receipts", "paid €61.50"),  # paid when it was issued, without a receipt of its own
        ("simplified_invoices", "paid €0.00"),
        ("invoices", "paid €0.00"),
    ],
)
async def test_what_was_paid_of_the_invoice_is_what_receipts_say(
    harness: Harness, kind: str, said: str
) -> None:
    half = [line(quantity="0.5")]
    invoiced = await harness.create_issued(document_type=kind, items=half)
    made = await harness.call("create_invoice", note("credit_notes", invoiced))
    assert said in await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )


async def test_a_cancelled_receipt_and_another_note_were_not_paid(harness: Harness) -> None:
    invoiced = await harness.create_issued()
    receipt = await paid(harness, invoiced, 50)
    await harness.call(
        "cancel_payment", {"receipt_id": receipt["id"], "message": "Pago na fatura errada por engano."}
    )
    first = (
        await harness.call("create_invoice", note("credit_notes", invoiced, items=[line(quantity="0.1")]))
    )["document"]
    await harness.call("change_state", document_arguments(first, state="finalized"))
    made = await harness.call("create_invoice", note("credit_notes", invoiced))
    assert made["corrects"]["paid"] == "0.00"


async def test_an_invoice_corrects_nothing(harness: Harness) -> None:
    made = await harness.call("create_invoice", invoice())
    assert "corrects" not in made
    assert "Corrects" not in await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )


# --- a transport --------------------------------------------------------------------------------------------------


async def test_a_guide_shows_what_the_tax_authority_is_told_of_its_transport(harness: Harness) -> None:
    """DL 147/2003, art. 4."""
    to = {"detail": "Avenida Central 10", "city": "Porto", "postal_code": "4000-100", "country": "PT"}
    given = guide(license_plate="11-AA-22", load_site="Cais 3", address_to=to, loaded_at="2026-11-20T12:45")
    made = await harness.call("create_guide", given)
    assert made["document"]["loaded_at"] == "2026-11-20T12:45:00Z"
    in_portuguese(harness)
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    for said in ("11-AA-22", "12:45", "Cais 3", "Rua da Fábrica 5", "1000-555 Lisboa", "4000-100 Porto"):
        assert said in text, said
    moved_on = await harness.call(
        "update_guide", document_arguments(made["document"], loaded_at="2026-11-20T18:30")
    )
    assert moved_on["document"]["loaded_at"] == "2026-11-20T18:30:00Z"
    text = await harness.get_approval_text(
        "change_state", document_arguments(made["document"], state="finalized")
    )
    assert "18:30" in text
    assert "12:45" not in text
    read = await harness.call("get_document", document_arguments(made["document"]))
    assert read["document"]["loaded_at"] == "2026-11-20T18:30:00Z"


@pytest.mark.parametrize(("language", "said"), [("pt", "não é possível ler"), ("en", "cannot be read")])
async def test_a_guide_that_was_written_elsewhere_says_that_its_loading_time_cannot_be_read(
    harness: Harness, language: str, said: str
) -> None:
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    drafted = await elsewhere(harness, "transports")
    text = await harness.get_approval_text("change_state", {**drafted, "state": "finalized"})
    assert said in text
    assert "loaded_at" not in (await harness.call("get_document", drafted))["document"]


async def test_a_guide_that_somebody_else_changed_since_does_not_show_our_loading_time(
    harness: Harness,
) -> None:
    made = (await harness.call("create_guide", guide(loaded_at="2026-11-20T12:45")))["document"]
    raw = harness.read_raw(f"/transports/{made['id']}.json")["transport"]
    body = {name: raw[name] for name in ("date", "due_date", "client", "address_from", "address_to")}
    items = [{**line(quantity=2), "tax": {"name": "IVA23"}}]
    body |= {
        "loaded_at": "20/11/2026 19:00:00",
        "items": items,
        "client": {"code": "ACME", "name": "ACME, Lda"},
    }
    await said_to_the_box(harness, "PUT", f"/transports/{made['id']}.json", {"transport": body})
    text = await harness.get_approval_text("change_state", document_arguments(made, state="finalized"))
    assert "12:45" not in text
    assert "cannot be read" in text


async def test_a_loading_time_that_changes_behind_the_approval_is_not_issued(harness: Harness) -> None:
    """InvoiceXpress shows nothing of the change; the journal does."""
    made = (await harness.call("create_guide", guide(loaded_at="2026-11-20T12:45")))["document"]
    finalize = document_arguments(made, state="finalized")
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, "change_state", finalize, can_ask=True)
    await harness.call("update_guide", document_arguments(made, loaded_at="2026-11-20T18:30"))
    reply = Reply(asked.value.approval.handle, True)
    with pytest.raises(IxError) as refused:
        await execute(harness.context, "change_state", finalize, can_ask=True, reply=reply)
    assert refused.value.code == "document_changed"
    assert (await harness.read_document(made))["status"] == "draft"


async def test_a_payment_of_the_corrected_invoice_behind_the_approval_is_seen_first(harness: Harness) -> None:
    invoiced = await harness.create_issued()
    made = (await harness.call("create_invoice", note("credit_notes", invoiced)))["document"]
    finalize = document_arguments(made, state="finalized")
    with pytest.raises(ApprovalNeeded) as asked:
        await execute(harness.context, "change_state", finalize, can_ask=True)
    await paid(harness, invoiced, 50)
    reply = Reply(asked.value.approval.handle, True)
    with pytest.raises(IxError) as refused:
        await execute(harness.context, "change_state", finalize, can_ask=True, reply=reply)
    assert refused.value.code == "document_changed"


# --- money --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "receipt"), [(None, "184,50 €"), (60, "124,50 €"), ("184.49", "0,01 €")])
async def test_settling_shows_the_receipt_that_will_be_issued_and_what_was_paid_before(
    harness: Harness, before: Any, receipt: str
) -> None:
    invoiced = await harness.create_issued(items=[line(unit_price=150)])
    if before:
        await paid(harness, invoiced, before)
    in_portuguese(harness)
    text = await harness.get_approval_text("change_state", document_arguments(invoiced, state="settled"))
    assert f"Recibo: {receipt}" in text.split("\n")[0]
    already = {None: "0,00 €", 60: "-60,00 €", "184.49": "-184,49 €"}[before]
    assert f"Pago até agora: {already}" in text
    assert f"A pagar: {receipt}" in text
    settled = await harness.call("change_state", document_arguments(invoiced, state="settled"))
    assert settled["document"]["status"] == "settled"
    rows = (await harness.call("get_related_documents", {"document_id": invoiced["id"]}))["documents"]
    issued_for = {one["total"].replace(".", ",") + " €" for one in rows if one["total"] != f"{before}"}
    assert receipt in issued_for


async def test_settling_a_note_issues_no_receipt(harness: Harness) -> None:
    invoiced = await harness.create_issued()
    made = (await harness.call("create_invoice", note("credit_notes", invoiced)))["document"]
    await harness.call("change_state", document_arguments(made, state="finalized"))
    assert "Receipt" not in await harness.get_approval_text(
        "change_state", document_arguments(made, state="settled")
    )


async def test_a_payment_shows_what_was_open(harness: Harness) -> None:
    invoiced = await harness.create_issued()
    await paid(harness, invoiced, 50)
    text = await harness.get_approval_text(
        "generate_payment", document_arguments(invoiced, amount=10, **PAYMENT)
    )
    assert "Payment: €10.00" in text.split("\n")[0]
    assert "Open before: €73.00" in text
    assert "Paid until now: -€50.00" in text
    assert "To pay: €73.00" in text


async def test_cancelling_a_payment_shows_the_receipt_and_its_invoice(harness: Harness) -> None:
    invoiced = await harness.create_issued(date="2026-11-12")
    receipt = await paid(harness, invoiced, 50)
    in_portuguese(harness)
    text = await harness.get_approval_text(
        "cancel_payment", {"receipt_id": receipt["id"], "message": "Pago na fatura errada por engano."}
    )
    assert "50,00 €" in text.split("\n")[0]
    assert "Referente a: Fatura 1/2026 de 12/11/2026, 123,00 €" in text


# --- an e-mail ----------------------------------------------------------------------------------------------------

TO = {"email": "compras@acme.example"}


@pytest.mark.parametrize(
    ("before", "state"),
    [(None, "em aberto 123,00 €"), (50, "em aberto 73,00 €"), (123, "Liquidada")],
)
async def test_an_email_shows_what_is_still_open(harness: Harness, before: Any, state: str) -> None:
    """A reminder of what was paid is not sent unseen."""
    invoiced = await harness.create_issued()
    if before:
        await paid(harness, invoiced, before)
    in_portuguese(harness)
    text = await harness.get_approval_text(
        "send_email", document_arguments(invoiced, **TO, body="Deve 123 euros.")
    )
    assert f"Situação: {state}" in text.split("\n")[0]
    assert "A pagar: " in text


async def test_an_email_of_what_nobody_pays_shows_its_state_alone(harness: Harness) -> None:
    made = (await harness.call("create_estimate", {**invoice(), "document_type": "quotes"}))["document"]
    await harness.call("change_state", document_arguments(made, state="finalized"))
    assert "State: Issued" in await harness.get_approval_text("send_email", document_arguments(made, **TO))
    await harness.call("change_state", document_arguments(made, state="accept"))
    assert "State: Accepted by the client" in await harness.get_approval_text(
        "send_email", document_arguments(made, **TO)
    )


@pytest.mark.parametrize(
    ("email", "marked"),
    [("outra@acme.example", True), ("compras@acme.example", False), ("Compras@ACME.example", False)],
)
async def test_a_recipient_who_is_not_the_client_is_marked(
    harness: Harness, email: str, marked: bool
) -> None:
    invoiced = await harness.create_issued()
    in_portuguese(harness)
    text = await harness.get_approval_text("send_email", document_arguments(invoiced, email=email))
    assert ("o destinatário não é o e-mail do cliente, que é compras@acme.example" in text) is marked


async def test_issue_invoice_shows_no_state_of_what_is_not_issued_yet(harness: Harness) -> None:
    text = await harness.get_approval_text("issue_invoice", invoice(**TO))
    assert "State:" not in text
