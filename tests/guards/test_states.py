"""What a document's state allows, and the words that explain why not."""

import json
from datetime import datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ix_tools.domain.document_kinds import ISSUED_STATES, get_document_kind
from ix_tools.domain.records import Document
from ix_tools.errors import InvalidArguments
from ix_tools.guards.facts import Facts
from ix_tools.guards.states import (
    list_transitions,
    only_issued_documents_are_sent,
    reason_given_to_cancel,
    transition_exists,
    value_is_corrected_by_a_note,
)
from ix_tools.i18n.formats import LISBON
from ix_tools.pipeline.execute import parse
from tests.harness import Harness, document_arguments, invoice, warnings_by_field
from tests.interfaces.mcp import sandbox_documents

FACTS = json.loads((Path(__file__).parents[1] / "vendor" / "transitions.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)
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


STATES = ("draft", "final", "settled", "canceled", "deleted", "second_copy")


def transition(kind: str, state: str, message: str | None = None) -> Any:
    """A call of change_state, as rules see it."""
    return SimpleNamespace(document_type=kind, document_id=1001, state=state, message=message, accept=())


def facts_of(kind: str, status: str, related: tuple[Document, ...] = ()) -> Facts:
    """A document in a state."""
    return Facts(now=NOW, document=Document(id=1001, document_type=kind, status=status), related=related)


@pytest.mark.parametrize("kind", [*INVOICES, *GUIDES])
def test_a_transition_that_does_not_exist_is_refused_and_the_others_are_named(kind: str) -> None:
    """Table B, every type in every state, every word."""
    for now, word in product(STATES, WORDS):
        findings = list(transition_exists(transition(kind, word), facts_of(kind, now)))
        if (now, word) in list_transitions(kind):
            assert findings == [], (now, word)
            continue
        (finding,) = findings
        said = finding.problem
        assert (finding.kind, said.field) == ("refuse", "state")
        possible = [other for state, other in list_transitions(kind) if state == now]
        assert all(other in str(said.allowed) for other in possible)
        assert f"{get_document_kind(kind).en.lower()} is {now}" in str(said.problem)


async def test_what_the_table_refuses_is_not_sent(harness: Harness) -> None:
    issued = await harness.create_issued()
    for word in ("finalized", "deleted", "unsettled"):
        assert "state" in await harness.get_refusal("change_state", document_arguments(issued, state=word))


@pytest.mark.parametrize("state", ["finalized", "canceled"])
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
def test_cancelling_takes_a_real_sentence(message: str | None, refused: bool) -> None:
    """H: at least 15 characters and more than one word; it goes to the tax authority."""
    findings = list(reason_given_to_cancel(transition("invoices", "canceled", message), Facts(now=NOW)))
    assert len(findings) == refused
    for finding in findings:
        assert (finding.kind, finding.problem.field) == ("refuse", "message")
        assert "at least 15 characters" in str(finding.problem.allowed)
        assert "ask the person why" in str(finding.next)


async def test_a_document_is_not_cancelled_without_a_reason(harness: Harness) -> None:
    issued = await harness.create_issued()
    cancel = document_arguments(issued, state="canceled")
    assert "at least 15 characters" in (await harness.get_refusal("change_state", cancel))["message"]
    assert "ask the person why" in str((await harness.get_error("change_state", cancel)).next)
    done = await harness.call("change_state", {**cancel, "message": REASON})
    assert done["document"]["status"] == "canceled"
    assert harness.get_last_body() == {"state": "canceled", "message": REASON}


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
def test_a_reason_about_value_or_vat_is_told_that_a_note_corrects_it(
    kind: str, reason: str, warned: bool
) -> None:
    """CIVA 29/7; Of.-Circ. 30136/2012, point 14."""
    findings = list(value_is_corrected_by_a_note(transition(kind, "canceled", reason), Facts(now=NOW)))
    assert [(one.kind, one.problem.field) for one in findings] == [("warn", "message")] * warned
    assert all("CIVA 29/7" in str(one.problem.problem) for one in findings)


async def test_a_cancelled_invoice_carries_the_warning(harness: Harness) -> None:
    issued = await harness.create_issued()
    cancel = document_arguments(issued, state="canceled", message="O valor faturado estava errado.")
    assert "CIVA 29/7" in await harness.get_approval_text("change_state", cancel)
    assert "CIVA 29/7" in warnings_by_field(await harness.call("change_state", cancel))["message"]


async def test_a_reason_for_anything_else_is_taken_with_a_warning(harness: Harness) -> None:
    draft = await harness.create_draft()
    done = await harness.call("change_state", document_arguments(draft, state="finalized", message=REASON))
    assert "cancelling only" in warnings_by_field(done)["message"]


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
def test_a_state_is_one_of_the_five_words(word: str) -> None:
    """Trap 8, reading 6: `sent` and `final` are words of lists and documents, not of changes."""
    with pytest.raises(InvalidArguments) as refused:
        parse("change_state", {"document_type": "invoices", "document_id": 1001, "state": word})
    (problem,) = refused.value.problems
    assert problem.field == "state"
    assert "finalized" in str(problem.allowed) + str(problem.problem)


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
    ("status", "sent"),
    [
        ("draft", False),
        *((one, True) for one in sorted(ISSUED_STATES)),
        ("canceled", False),
        ("deleted", False),
    ],
)
def test_only_issued_documents_are_mailed(status: str, sent: bool) -> None:
    """Table B: a draft has no number; a cancelled document is not sent as if it stood."""
    mail = SimpleNamespace(email="compras@acme.example")
    findings = list(only_issued_documents_are_sent(mail, facts_of("invoices", status)))
    assert [(one.kind, one.problem.field) for one in findings] == [("refuse", "document_id")] * (not sent)
    assert all(f"it is {status}" in str(one.problem.problem) for one in findings)


async def test_a_draft_is_not_mailed_and_an_issued_document_is(harness: Harness) -> None:
    draft, issued = await harness.create_draft(), await harness.create_issued()
    mail = {"email": "compras@acme.example"}
    found = await harness.get_refusal("send_email", document_arguments(draft, **mail))
    assert "it is draft" in found["document_id"]
    assert harness.sandbox.outbox() == []
    assert (await harness.call("send_email", document_arguments(issued, **mail)))["to"] == mail["email"]
    assert len(harness.sandbox.outbox()) == 1


async def test_another_address_than_the_clients_is_shown_to_the_person(harness: Harness) -> None:
    issued = await harness.create_issued()
    assert "the client's own address is compras@acme.example" in await harness.get_approval_text(
        "send_email", document_arguments(issued, email="outra@acme.example.pt")
    )
    assert "own address" not in await harness.get_approval_text(
        "send_email", document_arguments(issued, email="Compras@ACME.example")
    )


async def test_every_address_of_a_mail_is_checked(harness: Harness) -> None:
    issued = await harness.create_issued()
    for field in ("email", "cc", "bcc"):
        arguments = {**document_arguments(issued, email="a@acme.pt"), field: "a@acme.pt, b@acme.pt"}
        assert field in await harness.get_refusal("send_email", arguments)
        assert "document_id" not in await harness.get_refusal("send_email", {**invoice(), **arguments})
