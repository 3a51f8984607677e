"""Commands as calls of operations: the only place of the chat interface that names operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ix_tools.interfaces.chat.words.commands import (
    CancelCommand,
    Client,
    Command,
    CreditCommand,
    Day,
    DocumentCommand,
    DraftCommand,
    Line,
    PayCommand,
    StateCommand,
    UnpaidCommand,
)

RECEIPT_PREFIX = "RG "
PREFIXES = {
    "FT": "invoices",
    "FR": "invoice_receipts",
    "FS": "simplified_invoices",
    "NC": "credit_notes",
    "ND": "debit_notes",
    "OR": "quotes",
    "PF": "proformas",
    "RG": "receipts",
}
SUMMARY_ROWS = 20
"""Rows of a list that a chat shows."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call of an operation."""

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def write_day(day: Day) -> str:
    """Return a day as an argument; `today` is resolved by the pipeline, in Lisbon."""
    return day.isoformat() if isinstance(day, date) else day


def plan_document(command: DocumentCommand, key: str) -> PlannedCall:
    """Plan the call that issues or drafts a document. The client, its lines and dates are known by now."""
    arguments: dict[str, Any] = {
        "idempotency_key": key,
        "document_type": command.kind,
        "date": write_day(command.date or "today"),
        "due_date": _write_due(command),
        "client": _write_client(command.client),
        "items": [_write_line(line) for line in command.lines],
        "tax_exemption": command.exemption,
        "reference": command.reference,
        "observations": command.notes,
        "series": command.series,
        "accept": list(command.accepted),
    }
    if command.retention is not None:
        arguments["retention"] = str(command.retention)
    if command.total_discount is not None:
        kind = "percentage" if command.total_discount.is_percent else "absolute"
        arguments["global_discount"] = {"value_type": kind, "value": str(command.total_discount.value)}
    if command.is_estimate:
        return PlannedCall("create_estimate", _drop_empty(arguments))
    if command.is_draft:
        return PlannedCall("create_invoice", _drop_empty(arguments))
    return PlannedCall("issue_invoice", _drop_empty({**arguments, "email": command.email}))


def _write_due(command: DocumentCommand) -> str:
    if command.due is None:  # an invoice-receipt is paid on its date
        return write_day(command.date or "today")
    return f"+{command.due}d" if isinstance(command.due, int) else write_day(command.due)


def _write_client(client: Client) -> dict[str, Any]:
    return _drop_empty({"name": client.name, "fiscal_id": client.nif, "code": client.code})


def _write_line(line: Line) -> dict[str, Any]:
    given = {
        "name": line.name,
        "quantity": str(line.quantity),
        "unit": line.unit,
        "unit_price": None if line.price is None else str(line.price),
        "tax": line.tax,
        "discount": None if line.discount is None else str(line.discount),
    }
    return _drop_empty(given)


def _drop_empty(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value not in (None, "", [], {})}


def plan_finalizing(document: Mapping[str, Any], key: str) -> PlannedCall:
    """Plan the call that issues a draft."""
    return PlannedCall(
        "change_state", {**_name_document(document), "state": "finalized", "idempotency_key": key}
    )


def plan_draft(command: DraftCommand, key: str) -> PlannedCall:
    """Plan the call that issues or deletes a draft."""
    state = "finalized" if command.action == "finalize" else "deleted"
    about = {"document_type": command.kind, "document_id": str(command.id)}
    return PlannedCall("change_state", {**about, "state": state, "idempotency_key": key})


def _name_document(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"document_type": document["document_type"], "document_id": document["id"]}


def name_written_document(number: str) -> dict[str, Any]:
    """Return the arguments of a document by its number; the type, where its prefix tells."""
    kind = PREFIXES.get(number.partition(" ")[0])
    return {"document_id": number, **({"document_type": kind} if kind else {})}


def plan_credit(command: CreditCommand, key: str) -> PlannedCall:
    """Plan the call that drafts a credit note."""
    lines = [
        _drop_empty(
            {
                "line": one.number,
                "quantity": None if one.quantity is None else str(one.quantity),
                "amount": None if one.amount is None else str(one.amount),
            }
        )
        for one in command.lines
    ]
    given = {
        **name_written_document(command.document),
        "wrong": "too_much",
        "reason": command.reason,
        "lines": lines,
        "idempotency_key": key,
    }
    return PlannedCall("correct_document", _drop_empty(given))


def plan_payment(command: PayCommand, key: str) -> PlannedCall:
    """Plan the call that records a payment."""
    given = {
        **name_written_document(command.document),
        "amount": str(command.amount),
        "payment_mechanism": command.mechanism,
        "payment_date": write_day(command.date or "today"),
        "note": command.notes,
        "accept": list(command.accepted),
        "idempotency_key": key,
    }
    return PlannedCall("generate_payment", _drop_empty(given))


def plan_cancelling(command: CancelCommand, key: str) -> PlannedCall:
    """Plan the call that cancels a document or a receipt."""
    if command.document.startswith(RECEIPT_PREFIX):
        given = {"receipt_id": command.document, "message": command.reason, "idempotency_key": key}
        return PlannedCall("cancel_payment", given)
    given = {
        **name_written_document(command.document),
        "state": "canceled",
        "message": command.reason,
        "idempotency_key": key,
    }
    return PlannedCall("change_state", given)


def plan_reading(number: str) -> PlannedCall:
    """Plan the call that reads a document."""
    return PlannedCall("get_document", name_written_document(number))


def plan_state(command: StateCommand) -> PlannedCall:
    """Plan the call that shows a document or what a client owes."""
    if command.client:
        return PlannedCall("list_client_invoices", {"client": command.client, "unpaid": True})
    return plan_reading(command.document)


def plan_unpaid(command: UnpaidCommand) -> PlannedCall:
    """Plan the list of what is unpaid."""
    if command.client:
        return PlannedCall("list_client_invoices", {"client": command.client, "unpaid": True})
    return PlannedCall("list_invoices", {"unpaid": True, "per_page": SUMMARY_ROWS})


def find_item(name: str) -> PlannedCall:
    """Plan the look-up of a catalogue item."""
    return PlannedCall("get_item", {"item": name})


def find_client(client: Client) -> PlannedCall:
    """Plan the look-up of a client."""
    return PlannedCall("find_client", _write_client(client))


LIST_TAXES = PlannedCall("list_taxes")

WRITES: Mapping[type[Command], Callable[[Any, str], PlannedCall]] = {
    DocumentCommand: plan_document,
    DraftCommand: plan_draft,
    CreditCommand: plan_credit,
    PayCommand: plan_payment,
    CancelCommand: plan_cancelling,
}
"""Commands that change something; the key makes a redelivery the same call."""
READS: Mapping[type[Command], Callable[[Any], PlannedCall]] = {
    StateCommand: plan_state,
    UnpaidCommand: plan_unpaid,
}
