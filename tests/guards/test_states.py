"""What a document's state allows, and the words that explain why not."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.guards.states import get_next_state, list_transitions
from tests.harness import Harness, Json, document_arguments, guide, invoice, warnings_by_field
from tests.interfaces.mcp import sandbox_documents

FACTS = json.loads((Path(__file__).parents[1] / "vendor" / "transitions.json").read_text(encoding="utf-8"))
REASON = "Emitida ao cliente errado."
INVOICES = (
    "invoices",
    "simplified_invoices",
    "invoice_receipts",
    "credit_notes",
    "debit_notes",
    "vat_moss_invoices",
)
READ_ONLY = "vat_moss_invoices"
GUIDES = ("shippings", "transports", "devolutions")
WORDS = ("finalized", "canceled", "deleted", "settled", "unsettled")


def published(kind: str) -> set[tuple[str, str, str]]:
    rows = [row for family in FACTS["transitions"].values() for row in family if kind in row["types"]]
    return {(row["from"], row["word"], row["to"]) for row in rows}


def test_the_vendors_table_is_the_guards_table() -> None:
    for kind in (*INVOICES, *GUIDES):
        ours = {(now, word, after) for (now, word), after in list_transitions(kind).items()}
        assert ours == published(kind), kind


async def document_in(harness: Harness, kind: str, state: str) -> Json:
    """A document of a kind, brought into a state."""
    if kind in GUIDES:
        made: Json = (await harness.call("create_guide", guide(document_type=kind)))["document"]
    else:
        owner = {"owner_invoice_id": (await harness.create_issued())["id"]} if kind.endswith("_notes") else {}
        made = await harness.create_draft(document_type=kind, **owner)
    steps = {
        "draft": [],
        "final": ["finalized"],
        "deleted": ["deleted"],
        "canceled": ["finalized", "canceled"],
        "settled": ["finalized", "settled"],
    }
    for word in steps[state]:
        if word == "settled" and kind == "invoice_receipts":
            continue
        message = {"message": REASON} if word == "canceled" else {}
        await harness.call("change_state", document_arguments(made, state=word, **message))
    return made


REACHABLE = [
    (kind, state)
    for kind, state in product((*INVOICES, *GUIDES), ("draft", "final", "settled", "canceled"))
    if kind != READ_ONLY
    and not (kind in GUIDES and state == "settled")
    and not (kind == "invoice_receipts" and state == "final")
]


@pytest.mark.parametrize(("kind", "state"), REACHABLE)
async def test_a_transition_that_does_not_exist_is_refused_and_the_others_are_named(
    harness: Harness, kind: str, state: str
) -> None:
    """Table B, every type in every state it can be in, every word."""
    made = await document_in(harness, kind, state)
    for word in WORDS:
        if get_next_state(kind, state, word) is None:
            message = {"message": REASON} if word == "canceled" else {}
            found = await harness.get_refusal("change_state", document_arguments(made, state=word, **message))
            possible = [other for now, other in list_transitions(kind) if now == state]
            assert all(other in found["state"] for other in possible)
            assert get_document_kind(kind).en.lower() in found["state"]


@pytest.mark.parametrize("state", WORDS)
async def test_a_vat_moss_invoice_is_read_and_nothing_else(harness: Harness, state: str) -> None:
    """Its scheme ended in July 2021, and it would get no ATCUD."""
    about = await sandbox_documents.create_draft(harness, READ_ONLY)
    message = {"message": REASON} if state == "canceled" else {}
    found = await harness.get_refusal("change_state", {**about, "state": state, **message})
    assert "VAT MOSS ended on 30/06/2021" in found["document_type"]
    assert (await harness.call("get_document", about))["document"]["status"] == "draft"
    for name, given in (
        ("create_invoice", invoice(document_type=READ_ONLY)),
        ("issue_invoice", invoice(document_type=READ_ONLY)),
        ("update_invoice", {**about, "reference": "A"}),
        ("generate_payment", {**about, "amount": 1, "payment_mechanism": "TB", "payment_date": "today"}),
    ):
        assert "document_type" in await harness.get_refusal(name, given), name


@pytest.mark.parametrize("kind", ["invoices", "invoice_receipts", "debit_notes", "transports"])
async def test_a_transition_that_exists_leads_where_the_table_says(harness: Harness, kind: str) -> None:
    made = await document_in(harness, kind, "draft")
    issued = await harness.call("change_state", document_arguments(made, state="finalized"))
    assert issued["document"]["status"] == get_next_state(kind, "draft", "finalized")
    gone = await harness.call("change_state", document_arguments(made, state="canceled", message=REASON))
    assert gone["document"]["status"] == "canceled"
    assert harness.get_last_body() == {"state": "canceled", "message": REASON}


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        (None, True),
        ("", True),
        ("engano", True),
        ("enganoenganoengano", True),
        ("cliente errado", True),
        ("cliente errado.", False),
        ("   cliente errado   ", True),
    ],
)
async def test_cancelling_takes_a_real_sentence(harness: Harness, message: str | None, refused: bool) -> None:
    """H: at least 15 characters and more than one word; it goes to the tax authority."""
    issued = await harness.create_issued()
    arguments = document_arguments(
        issued, state="canceled", **({} if message is None else {"message": message})
    )
    if refused:
        assert "at least 15 characters" in (await harness.get_refusal("change_state", arguments))["message"]
        assert "ask the person why" in str((await harness.get_error("change_state", arguments)).next)
    else:
        assert (await harness.call("change_state", arguments))["document"]["status"] == "canceled"


@pytest.mark.parametrize(
    ("kind", "reason", "warned"),
    [
        ("invoices", "O valor faturado estava errado.", True),
        ("invoices", "Foi cobrada uma quantidade a mais.", True),
        ("invoices", "A taxa de IVA está errada.", True),
        ("invoices", "Faltou aplicar o desconto combinado.", True),
        ("invoices", "The price was wrong by ten euro.", True),
        ("simplified_invoices", "Preço errado na linha dois.", True),
        ("invoices", "Emitida ao cliente errado.", False),
        ("invoices", "O NIF do cliente está errado.", False),
        ("invoices", "Emitida em duplicado por engano.", False),
        ("invoices", "Serviço equivalente a outro já faturado.", False),
        ("invoices", "Morada errada do estabelecimento de Privas.", False),
        ("transports", "A quantidade transportada mudou.", False),
    ],
)
async def test_a_reason_about_value_or_vat_is_told_that_a_note_corrects_it(
    harness: Harness, kind: str, reason: str, warned: bool
) -> None:
    """CIVA 29/7; Of.-Circ. 30136/2012, point 14."""
    made = await document_in(harness, kind, "final")
    done = await harness.call("change_state", document_arguments(made, state="canceled", message=reason))
    assert ("CIVA 29/7" in warnings_by_field(done).get("message", "")) is warned


async def test_a_reason_for_anything_else_is_refused_because_it_would_be_dropped(harness: Harness) -> None:
    draft = await harness.create_draft()
    assert (
        "would be dropped"
        in (
            await harness.get_refusal(
                "change_state", document_arguments(draft, state="finalized", message=REASON)
            )
        )["message"]
    )


async def test_receipts_are_cancelled_before_their_invoice(harness: Harness) -> None:
    """H, HS: cancel the receipt first."""
    issued = await harness.create_issued()
    payment = {"amount": 23, "payment_mechanism": "TB", "payment_date": "2026-11-20"}
    receipt = (await harness.call("generate_payment", document_arguments(issued, **payment)))["receipt"]
    cancel = document_arguments(issued, state="canceled", message=REASON)
    assert (
        f"the receipt {receipt['number']} stands"
        in (await harness.get_refusal("change_state", cancel))["state"]
    )
    assert f"cancel_payment with receipt_id {receipt['id']}" in str(
        (await harness.get_error("change_state", cancel)).next
    )
    await harness.call("cancel_payment", {"receipt_id": receipt["id"], "message": "Pago na fatura errada."})
    assert (await harness.call("change_state", cancel))["document"]["status"] == "canceled"


async def test_a_credited_invoice_is_not_cancelled_too(harness: Harness) -> None:
    """H: credit note or cancellation, never both. A draft of a note does not count yet."""
    issued = await harness.create_issued()
    note = await harness.create_draft(document_type="credit_notes", owner_invoice_id=issued["id"])
    cancel = document_arguments(issued, state="canceled", message=REASON)
    await harness.get_approval_text("change_state", cancel)
    await harness.call("change_state", document_arguments(note, state="finalized"))
    assert "the credit note" in (await harness.get_refusal("change_state", cancel))["state"]
    assert "never both" in str((await harness.get_error("change_state", cancel)).next)


@pytest.mark.parametrize(
    ("state", "advice"),
    [("deleted", "an issued document is never deleted"), ("finalized", "")],
)
async def test_an_issued_document_is_not_deleted(harness: Harness, state: str, advice: str) -> None:
    issued = await harness.create_issued()
    assert advice in str(
        (await harness.get_error("change_state", document_arguments(issued, state=state))).next
    )
    assert "state" in await harness.get_refusal("change_state", document_arguments(issued, state=state))


async def test_a_paid_invoice_is_reopened_through_its_receipt(harness: Harness) -> None:
    issued = await harness.create_issued()
    await harness.call("change_state", document_arguments(issued, state="settled"))
    error = await harness.get_error(
        "change_state", document_arguments(issued, state="canceled", message=REASON)
    )
    assert "cancel its receipts first" in str(error.next)


@pytest.mark.parametrize("word", ["final", "sent", "accepted", "finalised", "delete"])
async def test_a_state_is_one_of_the_five_words(harness: Harness, word: str) -> None:
    """Trap 8, reading 6: `sent` and `final` are words of lists and documents, not of changes."""
    draft = await harness.create_draft()
    assert (
        "finalized"
        in (await harness.get_refusal("change_state", document_arguments(draft, state=word)))["state"]
    )


async def test_a_document_asked_for_under_another_type_is_not_there(harness: Harness) -> None:
    """A1: wrong family = 404."""
    draft = await harness.create_draft()
    error = await harness.get_error(
        "change_state", {**document_arguments(draft), "document_type": "credit_notes", "state": "finalized"}
    )
    assert (error.code, error.sent, str(error)) == (
        "not_found",
        "nothing",
        f"There is no credit note with the id {draft['id']}. Nothing was sent.",
    )


@pytest.mark.parametrize(
    ("state", "sent"), [("draft", False), ("final", True), ("settled", True), ("canceled", False)]
)
async def test_only_issued_documents_are_mailed(harness: Harness, state: str, sent: bool) -> None:
    """Table B: a draft has no number; a cancelled document is not sent as if it stood."""
    made = await document_in(harness, "invoices", state)
    mail = document_arguments(made, email="compras@acme.example")
    if sent:
        assert (await harness.call("send_email", mail))["to"] == "compras@acme.example"
        assert len(harness.sandbox.outbox()) == 1
    else:
        assert f"it is {state}" in (await harness.get_refusal("send_email", mail))["document_id"]
        assert harness.sandbox.outbox() == []


async def test_another_address_than_the_clients_is_shown_to_the_person(harness: Harness) -> None:
    issued = await harness.create_issued()
    assert "the client's own address is compras@acme.example" in await harness.get_approval_text(
        "send_email", document_arguments(issued, email="outra@acme.example.pt")
    )
    assert "own address" not in await harness.get_approval_text(
        "send_email", document_arguments(issued, email="Compras@ACME.example")
    )


@pytest.mark.parametrize("field", ["email", "cc", "bcc"])
async def test_every_address_of_a_mail_is_checked(harness: Harness, field: str) -> None:
    issued = await harness.create_issued()
    arguments: dict[str, Any] = {
        **document_arguments(issued, email="a@acme.pt"),
        field: "a@acme.pt, b@acme.pt",
    }
    assert field in await harness.get_refusal("send_email", arguments)
    assert "document_id" not in await harness.get_refusal("send_email", {**invoice(), **arguments})
