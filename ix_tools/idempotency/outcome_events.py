"""The events that tell of the outcome of an intent: its call's, and those of the document that it issued or that differs."""

from collections.abc import Iterator, Mapping
from typing import Any

from ix_tools.events.models import EventDraft, EventType, show_document
from ix_tools.idempotency.intents import Intent, IntentResult

CALL_EVENTS: Mapping[str, EventType] = {
    "done": "call.done",
    "refused": "call.failed",
    "absent": "call.failed",
    "unknown": "call.unknown",
}


def list_outcome_events(intent: Intent, result: IntentResult) -> Iterator[EventDraft]:
    """Yield the events of an outcome that is about to be recorded."""
    outcome: Mapping[str, Any] = result.outcome or {}
    document = show_document(outcome)
    about: dict[str, Any] = {
        "call": intent.id,
        **({"approval": intent.approval} if intent.approval else {}),
        **({"document": document} if document else {}),
    }
    # What InvoiceXpress or the caller wrote stays out: a code of ours says why a call failed.
    code = outcome.get("code") or (result.message if result.state == "refused" else "")
    yield _build(
        intent, CALL_EVENTS[result.state], f"call/{intent.id}", about | ({"code": code} if code else {})
    )
    if result.state != "done" or not document:
        return
    name = f"{document.get('document_type') or 'receipts'}/{document.get('id')}"
    if _was_issued(intent, result):
        yield _build(intent, "document.finalized", name, about)
    if outcome.get("code") == "stored_differently":
        fields = [str(one.get("field")) for one in outcome.get("problems", ())]
        yield _build(intent, "document.stored_differently", name, {**about, "fields": fields})


def _build(intent: Intent, kind: EventType, subject: str, data: Mapping[str, Any]) -> EventDraft:
    return EventDraft(kind, subject, intent.account, intent.principal, intent.operation, data)


def _was_issued(intent: Intent, result: IntentResult) -> bool:
    """Check if the call itself issued the document: it finalized a draft, or booked a payment, which makes a receipt."""
    if (result.outcome or {}).get("receipt"):
        return bool(result.made)
    after = intent.trace.get("after")
    return intent.trace.get("before") == "draft" and after not in {None, "draft", "deleted", "canceled"}
