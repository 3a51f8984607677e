"""Data types of events: a draft before it is written, and an event with its position.

An event is thin: ids, states, numbers and totals. It holds no lines, no tax numbers, no names and no addresses, because it leaves
the store for other programs; whoever may read more fetches it with their own permission.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ix_tools.i18n import formats

EventType = Literal[
    "approval.requested",
    "approval.decided",
    "approval.expired",
    "call.done",
    "call.failed",
    "call.unknown",
    "parked_call.done",
    "parked_call.failed",
    "parked_call.unknown",
    "parked_call.returned",
    "document.finalized",
    "document.stored_differently",
    "batch.done",
    "webhook.disabled",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
DOCUMENT_FIELDS = ("document_type", "id", "number", "status", "total", "date", "atcud")
"""Fields of a document that an event shows."""


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it is written."""

    type: EventType
    subject: str
    """The approval, call or document: `approval/ABCD2345`, `call/…`, `invoices/1001`."""
    account: str
    principal: str
    """The caller whose call it is about."""
    operation: str
    data: Mapping[str, Any]
    """Ids, states, numbers and totals; what each type has is in docs/concepts/events.md."""


@dataclass(frozen=True, slots=True)
class Event:
    """A written event."""

    id: str
    """The same at every delivery, so that a reader recognises a repetition."""
    position: int
    """Its place among all events of the store, in the order in which they became visible; without gaps that fill later."""
    sequence: int
    """Its number among the events of its subject, from 1."""
    type: str
    subject: str
    account: str
    principal: str
    operation: str
    at: float
    """When it was written, in seconds since 1970."""
    data: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the form that other programs read."""
        return {
            "id": self.id,
            "position": self.position,
            "type": self.type,
            "time": formats.format_rfc3339(self.at),
            "subject": self.subject,
            "sequence": self.sequence,
            "account": self.account,
            "caller": self.principal,
            "operation": self.operation,
            "data": dict(self.data),
        }


def show_document(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a result's document or receipt that an event shows; empty without one."""
    document = result.get("document") or result.get("receipt") or {}
    if not isinstance(document, Mapping) or not document.get("id"):
        return {}
    return {name: document[name] for name in DOCUMENT_FIELDS if document.get(name) is not None}
