"""Words of the history and of a document's story."""

from collections.abc import Mapping

from ix_tools.approvals.inbox import HistoryState
from ix_tools.i18n.messages import Message, message

STATE_NAMES: Mapping[HistoryState, Message] = {
    "approved": message("Approved"),
    "rejected": message("Rejected"),
    "expired": message("Nobody answered"),
    "policy": message("Approved by the policy"),
}
OUTCOME_STATES: Mapping[str, Message] = {
    "open": message("Being carried out"),
    "done": message("Done"),
    "refused": message("Refused by InvoiceXpress"),
    "unknown": message("Not known"),
    "absent": message("Not done"),
}
"""By state of the call in the journal."""
PLACES_OF_DECISION: Mapping[str, Message] = {
    "form": message("in the assistant's form"),
    "terminal": message("in a terminal"),
    "page": message("on the page"),
    "chat": message("in a chat"),
    "signed": message("signed with a passkey"),
    "policy": message("by the policy"),
}
COLUMNS: tuple[Message, ...] = (
    message("Request id"),
    message("When"),
    message("Account"),
    message("Request"),
    message("Document"),
    message("Amount"),
    message("Asked for by"),
    message("Decided by"),
    message("Through"),
    message("Decision"),
    message("What came of it"),
    message("Reason"),
)
EVENTS: Mapping[str, Message] = {
    "approval asked": message("A person was asked"),
    "approval approved": message("Approved"),
    "approval signed": message("Signed with a passkey"),
    "approval rejected": message("Rejected"),
    "approval used": message("The approval was used"),
    "approval covered": message("Covered by the approval of the workflow"),
    "approval expired": message("Nobody answered in time"),
    "approval unanswered": message("The program answered by itself; that did not count"),
    "approval stale": message("The document changed; a new approval was needed"),
    "intent": message("About to be sent"),
    "again": message("About to be sent once more"),
    "done": message("Done, and read back"),
    "refused": message("Refused by InvoiceXpress"),
    "unknown": message("The answer was lost"),
    "absent": message("Not done"),
    "gone": message("The document is gone"),
    "pin wrong": message("A wrong PIN"),
}
"""By event of the audit trail."""
