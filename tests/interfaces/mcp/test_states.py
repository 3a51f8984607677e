"""change_state: every transition of the contract's table, and no other."""

from typing import Any, get_args

import pytest

from ix_tools.guards.states import get_next_state, list_transitions
from ix_tools.operations.documents import ChangeState
from tests.harness import Harness, exempt_line, invoice, line
from tests.interfaces.mcp import sandbox_documents
from tests.interfaces.mcp.host import Host

GUIDES = ("shippings", "transports", "devolutions")
NOTES = ("credit_notes", "debit_notes")
KINDS = ("invoices", "simplified_invoices", "invoice_receipts", "vat_moss_invoices", *NOTES, *GUIDES)
READ_ONLY = "vat_moss_invoices"
WORDS = ("finalized", "canceled", "deleted", "settled", "unsettled", "accept", "refuse")
STATES = ("draft", "final", "settled", "canceled", "deleted")
REASON = "O cliente desistiu da compra."

# Retyped from the vendor's change-state tables (see tests/vendor/transitions.json): state now, word, state after.
INVOICE = {
    ("draft", "finalized"): "final",
    ("draft", "deleted"): "deleted",
    ("final", "canceled"): "canceled",
    ("final", "settled"): "settled",
}
RECEIPT = {
    ("draft", "finalized"): "settled",
    ("draft", "deleted"): "deleted",
    ("settled", "canceled"): "canceled",
}
NOTE = {**INVOICE, ("settled", "unsettled"): "final"}
GUIDE = {
    ("draft", "finalized"): "final",
    ("draft", "deleted"): "deleted",
    ("final", "canceled"): "canceled",
}
TABLES = {
    "invoices": INVOICE,
    "simplified_invoices": INVOICE,
    "vat_moss_invoices": INVOICE,
    "invoice_receipts": RECEIPT,
    **dict.fromkeys(NOTES, NOTE),
    **dict.fromkeys(GUIDES, GUIDE),
}


# An invoice-receipt is born settled; the tables name these for it all the same.
UNUSUAL = {"invoice_receipts": {("final", "canceled"): "canceled", ("final", "settled"): "settled"}}


async def brought(harness: Harness, kind: str, state: str) -> dict[str, Any] | None:
    """A document in a state, by the shortest way there is; None when there is none."""
    ways: dict[str, tuple[str, ...]] = {"draft": ()}
    table = TABLES[kind]
    while True:
        found = {
            after: (*ways[now], word)
            for (now, word), after in table.items()
            if now in ways and after not in ways
        }
        if not found:
            break
        ways |= found
    if state not in ways:
        return None
    about = await sandbox_documents.create_draft(harness, kind)
    for word in ways[state]:
        await sandbox_documents.change_state(harness, about, word, REASON if word == "canceled" else "")
    return about


def build_transition(word: str) -> dict[str, str]:
    """The arguments of a transition."""
    return {"state": word, **({"message": REASON} if word == "canceled" else {})}


@pytest.mark.parametrize(
    ("mode", "kind", "now", "word"),
    # Kinds that share a table go the old protocol's way once.
    [("auto", kind, now, word) for kind in KINDS if kind != READ_ONLY for now, word in TABLES[kind]]
    + [
        ("legacy", kind, now, word)
        for kind in ("invoice_receipts", "credit_notes")
        for now, word in TABLES[kind]
    ],
    indirect=["mode"],
)
async def test_every_transition_of_the_table_happens(
    host: Host, harness: Harness, kind: str, now: str, word: str
) -> None:
    """invoices-v2 "Change State"; transitions table B."""
    about = await brought(harness, kind, now)
    assert about is not None
    harness.sandbox.clear_requests()
    result = await host.call("change_state", **about, **build_transition(word))
    after = TABLES[kind][now, word]
    (write,) = harness.list_writes()
    assert write["path"] == f"/{kind}/{about['document_id']}/change-state.json"
    sent = harness.get_last_body()
    assert sent["state"] == word
    assert sent.get("message", "") == (REASON if word == "canceled" else "")
    if after == "deleted":
        assert result["document"].get("status") in (None, "deleted")
        return
    assert result["document"]["status"] == after
    read = await host.call("get_document", **about)
    assert read["document"]["status"] == after
    if word == "finalized":
        assert read["document"]["number"] == "1/2026"
        if kind not in GUIDES:  # without a code of the tax authority
            assert read["document"]["atcud"].endswith("-1")


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_knows_the_table_and_no_other_transition(kind: str) -> None:
    """transitions table B, every kind, word and state."""
    assert list_transitions(kind) == TABLES[kind] | UNUSUAL.get(kind, {})
    for now in STATES:
        for word in WORDS:
            assert get_next_state(kind, now, word) == list_transitions(kind).get((now, word))


@pytest.mark.parametrize("kind", ["invoices", "invoice_receipts", "credit_notes", "transports"])
@pytest.mark.parametrize("mode", ["auto"], indirect=True)
async def test_no_other_transition_reaches_the_account(host: Host, harness: Harness, kind: str) -> None:
    """transitions table B: whatever is not there is refused before anything is sent (and before eras differ)."""
    for now in STATES:
        about = await brought(harness, kind, now)
        if about is None:
            continue
        harness.sandbox.clear_requests()
        for word in WORDS:
            if (now, word) in TABLES[kind]:
                continue
            questions = len(host.person.asked)
            refusal = await host.call_refused("change_state", **about, **build_transition(word))
            assert refusal["sent"] == "nothing", (now, word, refusal)
            assert refusal["code"] in {"refused", "not_found"}, (now, word, refusal)
            assert len(host.person.asked) == questions, "nobody is asked for what cannot be"
        assert harness.list_writes() == [], now


def test_the_words_tried_here_are_all_the_words_there_are() -> None:
    """Or a new state would go untested."""
    assert get_args(ChangeState.model_fields["state"].annotation) == WORDS


@pytest.mark.parametrize("message", [None, "", "-", "anulada", "aaaaaaaaaaaaaaaaaaa"])
async def test_cancelling_takes_a_sentence(host: Host, harness: Harness, message: str | None) -> None:
    """invoices-v2 "Change State": message is required when canceling."""
    about = await brought(harness, "invoices", "final")
    assert about is not None
    harness.sandbox.clear_requests()
    given = {} if message is None else {"message": message}
    refusal = await host.call_refused("change_state", **about, state="canceled", **given)
    assert "message" in {problem["field"] for problem in refusal["problems"]}
    assert harness.list_writes() == []


async def test_what_is_read_before_finalizing_is_what_was_stored(host: Host, harness: Harness) -> None:
    """The person sees client, lines, VAT per rate, exemption, totals and that it cannot be undone."""
    made = await host.call(
        "create_invoice", **invoice(items=[line(), exempt_line()], tax_exemption="M07", retention="25")
    )
    await host.call(
        "change_state", document_type="invoices", document_id=made["document"]["id"], state="finalized"
    )
    message = host.person.asked[-1].message
    for words in ("ACME, Lda", "508112230", "Revisão", "IVA23", "M07", "220", "243", "1001", "25"):
        assert words in message, words
    assert "never be edited or deleted" in message


async def test_a_paid_invoice_is_not_cancelled_before_its_receipt(host: Host, harness: Harness) -> None:
    """H: receipts first."""
    about = await brought(harness, "invoices", "final")
    assert about is not None
    paid = await host.call(
        "generate_payment",
        document_id=about["document_id"],
        amount=20,
        payment_mechanism="TB",
        payment_date="2026-11-20",
    )
    refusal = await host.call_refused("change_state", **about, **build_transition("canceled"))
    assert f"receipt_id {paid['receipt']['id']}" in str(refusal["next"])
    await host.call("cancel_payment", receipt_id=paid["receipt"]["id"], message=REASON)
    result = await host.call("change_state", **about, **build_transition("canceled"))
    assert result["document"]["status"] == "canceled"


async def test_an_empty_answer_is_a_success_once_it_reads_back(host: Host, harness: Harness) -> None:
    """J3: the older documentation answers state changes with nothing."""
    harness.sandbox.set_option("empty_update_answer", True)
    about = await sandbox_documents.create_draft(harness)
    result = await host.call("change_state", **about, state="finalized")
    assert result["document"]["status"] == "final"
