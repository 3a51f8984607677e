"""Rules about the state of a document (docs/concepts/traps.md, States)."""

import re
from collections.abc import Iterator
from typing import Protocol

from ix_tools.domain.document_kinds import ISSUED_STATES, NOTES, get_document_kind, name_within_sentence
from ix_tools.guards.facts import Facts, Want, wants
from ix_tools.guards.findings import Finding, refuse, warn
from ix_tools.guards.protocols import EmailCall, Transition
from ix_tools.i18n.messages import NO_MESSAGE, message, verbatim
from ix_tools.i18n.state_names import name_state

INVOICE_RECEIPT = "invoice_receipts"
REASON_LENGTH = 15
"""Shortest reason: a sentence that an inspector understands."""


STATE_WORDS = {"accept": "accepted", "refuse": "refused"}


def list_transitions(kind: str) -> dict[tuple[str, str], str]:
    """Return the transitions of a document type: (state now, requested state) → state after."""
    family = get_document_kind(kind).family
    if family == "estimate":
        return {
            ("draft", "finalized"): "final",
            ("draft", "deleted"): "deleted",
            **{(now, "accept"): "accepted" for now in ("final", "refused")},
            **{(now, "refuse"): "refused" for now in ("final", "accepted")},
            **{(now, "canceled"): "canceled" for now in ("final", "accepted", "refused")},
        }
    if family == "guide":
        return {
            ("draft", "finalized"): "final",
            ("draft", "deleted"): "deleted",
            ("final", "canceled"): "canceled",
        }
    table = {
        ("draft", "finalized"): "settled" if kind == INVOICE_RECEIPT else "final",
        ("draft", "deleted"): "deleted",
        ("final", "canceled"): "canceled",
        ("final", "settled"): "settled",
    }
    if kind == INVOICE_RECEIPT:
        table["settled", "canceled"] = "canceled"
    if kind in NOTES:
        table["settled", "unsettled"] = "final"
    return table


def get_next_state(kind: str, now: str, word: str) -> str | None:
    """Return the state after a transition; None if the transition does not exist."""
    return list_transitions(kind).get((now, word))


class TypedCall(Protocol):
    """Call about a document of a type."""

    @property
    def document_type(self) -> str: ...


def vat_moss_is_read_only(call: TypedCall, facts: Facts) -> Iterator[Finding]:
    """VAT MOSS invoices are only read: the scheme ended in July 2021 (one stop shop), and they get no ATCUD."""
    if call.document_type == "vat_moss_invoices":
        yield refuse(
            "document_type",
            message("vat_moss_invoices can only be read: VAT MOSS ended on 30/06/2021"),
            message("invoices for new documents"),
            message("change an earlier one in InvoiceXpress itself"),
        )


@wants(Want.DOCUMENT)
def transition_exists(call: Transition, facts: Facts) -> Iterator[Finding]:
    """The document type must have the transition from the document's current state."""
    document = facts.document
    if document is None:
        return
    table = list_transitions(call.document_type)
    if (document.status or "", call.state) in table:
        return
    possible = [word for now, word in table if now == document.status]
    advice = NO_MESSAGE
    if document.status == "settled" and call.state == "canceled":
        advice = message("cancel its receipts first (cancel_payment), or issue a credit note")
    elif document.status != "draft" and call.state == "deleted":
        advice = message(
            "an issued document is never deleted: cancel it with a reason, or issue a credit note"
        )
    yield refuse(
        "state",
        message(
            "this {kind} is {status}; it cannot be {state}",
            kind=name_within_sentence(call.document_type),
            status=name_state(document.status),
            state=name_state(STATE_WORDS.get(call.state, call.state)),
        ),
        verbatim(", ".join(possible))
        if possible
        else message("nothing: {status} is a final state", status=name_state(document.status)),
        advice,
    )


def reason_given_to_cancel(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Cancelling needs a reason, which is recorded and sent to the tax authority; for an estimate it is optional."""
    if call.state == "canceled" and get_document_kind(call.document_type).family == "estimate":
        return
    if call.state == "canceled":
        yield from _check_reason(call.message)
    elif call.message:
        yield warn(
            "message",
            message("InvoiceXpress keeps a reason for cancelling only, and not this one"),
        )


class CallWithReason(Protocol):
    """Call with a reason."""

    @property
    def message(self) -> str: ...


def reason_is_a_sentence(call: CallWithReason, facts: Facts) -> Iterator[Finding]:
    """The reason must be a sentence."""
    yield from _check_reason(call.message)


def _check_reason(reason: str | None) -> Iterator[Finding]:
    text = (reason or "").strip()
    if len(text) < REASON_LENGTH or " " not in text:
        yield refuse(
            "message",
            message("the reason is missing or too short to explain anything"),
            message("a real sentence, at least {count} characters", count=REASON_LENGTH),
            message("ask the person why"),
        )


VALUE_WORDS = re.compile(
    r"\b(valor(es)?|pre[cç]os?|montantes?|quantias?|quantidades?|descontos?|taxas?|iva|isen[cç][aã]o|total|cobrad[oa] a mais"
    r"|amounts?|prices?|values?|quantit(y|ies)|discounts?|vat|rates?|exemption|overcharged|undercharged)\b",
    re.IGNORECASE,
)
"""Words of a reason that is about value or VAT."""


def value_is_corrected_by_a_note(call: Transition, facts: Facts) -> Iterator[Finding]:
    """Warn of cancelling for a wrong value or VAT, which is corrected by a note (CIVA 29/7; Of.-Circ. 30136/2012, point 14)."""
    is_note = call.document_type in NOTES
    if call.state != "canceled" or is_note or get_document_kind(call.document_type).family != "invoice":
        return
    found = VALUE_WORDS.search(call.message or "")
    if found is not None:
        yield warn(
            "message",
            message(
                "the reason speaks of '{words}': a wrong value or VAT is corrected by a credit or debit note, and cancelling is for "
                "errors that change neither, such as the client's NIF (CIVA 29/7; Of.-Circ. 30136/2012, point 14)",
                words=found[0],
            ),
        )


@wants(Want.DOCUMENT, Want.RELATED)
def not_canceled_while_paid_or_credited(call: Transition, facts: Facts) -> Iterator[Finding]:
    """An invoice must not be cancelled before its receipts, or after a credit note has corrected it."""
    if call.state != "canceled":
        return
    for one in facts.related:
        if one.status in ISSUED_STATES and one.document_type in {"receipts", "credit_notes"}:
            is_receipt, number = one.document_type == "receipts", one.number or one.id
            yield refuse(
                "state",
                message("the receipt {number} stands against it", number=number)
                if is_receipt
                else message("the credit note {number} stands against it", number=number),
                message("a document without receipts or credit notes"),
                message("cancel_payment with receipt_id {id} first", id=one.id)
                if is_receipt
                else message("it is already corrected by the credit note: never both"),
            )


@wants(Want.DOCUMENT)
def only_issued_documents_are_sent(call: EmailCall, facts: Facts) -> Iterator[Finding]:
    """Only an issued document in force can be sent by e-mail."""
    document = facts.document
    if document is None or document.status in {*ISSUED_STATES, "accepted", "refused"}:
        return
    advice = (
        message("finalize it first with change_state")
        if document.is_draft
        else message("issue a new document")
    )
    yield refuse(
        "document_id",
        message("it is {status}; only issued documents are sent", status=name_state(document.status)),
        message("a finalized document"),
        advice,
    )


@wants(Want.DOCUMENT, Want.DOCUMENT_CLIENT)
def recipient_differs_from_client(call: EmailCall, facts: Facts) -> Iterator[Finding]:
    """Warn of a recipient other than the client's own address."""
    known = facts.document_client.email if facts.document_client else None
    if known and known.casefold() != call.email.casefold():
        yield warn(
            "email",
            message("the client's own address is {known}", known=known),
        )
