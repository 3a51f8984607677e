"""Correction plans: how to correct a result that cannot be undone, and by when.

The law was read through secondary sources (help centres, opinions of the chartered accountants' order), so each plan
names its source and an accountant has the last word. The law names no deadline of 48 hours or 4 working days for cancelling.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from ix_tools.fiscal.deadlines import get_issue_deadline, get_reporting_deadline
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Message, Text, message, render
from ix_tools.operations.expectations import Correction
from ix_tools.pipeline.next_steps import show_step

Deadline = Callable[[date, date], Message]
"""Describes until when, from the document's date and today; a day that has passed is not named."""


class CorrectionPlan(NamedTuple):
    """Action, deadline and legal source of a correction."""

    action: Message
    describe_deadline: Deadline
    source: Text = ""


def _say_always(text: Message) -> Deadline:
    def describe(since: date, today: date) -> Message:
        return text

    return describe


def _describe_reporting(since: date, today: date) -> Message:
    """Describe until when a document is best cancelled: until its month's data are due at the tax authority."""
    due = get_reporting_deadline(since)
    if due < today:
        return message("its month was already reported, so after cancelling the month's SAF-T is sent again")
    return message("cancelling best by {day}, when its month is reported", day=due)


def _describe_issuing(since: date, today: date) -> Message:
    """Describe until when a document is due in place of a cancelled one."""
    due = get_issue_deadline(since)
    if due < today:
        return message("at once: the deadline is the 5th working day after the sale or service")
    return message(
        "by the 5th working day after the sale or service: {day}, if that was the cancelled document's date",
        day=due,
    )


_no_deadline = _say_always(message("no deadline"))
_no_undo = _say_always(message("no deadline: it cannot be undone"))
IX = "InvoiceXpress"

PLANS: dict[str, CorrectionPlan] = {
    "invoice_issued": CorrectionPlan(
        message("Cancel it, or credit or debit it: correct_document says which of them is lawful, and why"),
        _describe_reporting,
    ),
    "issued_and_sent": CorrectionPlan(
        message(
            "The e-mail cannot be called back; credit or debit the document, or cancel it: correct_document says which is lawful, and why"
        ),
        _describe_reporting,
    ),
    "note_issued": CorrectionPlan(
        message("Cancel it if it never left, else issue the opposite note: correct_document says why"),
        _describe_reporting,
    ),
    "batch_issued": CorrectionPlan(
        message(
            "Each document is corrected by itself: cancel it, or credit or debit it; correct_document says which of them is lawful, and why"
        ),
        _say_always(message("cancelling best before the document's month is reported")),
    ),
    "guide_issued": CorrectionPlan(
        message("Cancel it (change_state canceled) and issue another guide."),
        _say_always(message("before the transport starts; not once the tax authority's code was used")),
        "DL 147/2003",
    ),
    "estimate_issued": CorrectionPlan(
        message("Cancel it (change_state canceled) and create another."), _no_deadline, IX
    ),
    "canceled": CorrectionPlan(
        message("A cancellation cannot be undone: issue a new document (create_invoice)."),
        _describe_issuing,
        message("CIVA 36/1"),
    ),
    "other_canceled": CorrectionPlan(
        message("A cancellation cannot be undone: create another document."), _no_deadline, IX
    ),
    "draft_deleted": CorrectionPlan(message("Create the draft again; it used no number."), _no_deadline, IX),
    "batch_deleted": CorrectionPlan(
        message("Run the file again (run_batch); the drafts used no numbers."), _no_deadline, IX
    ),
    "settled": CorrectionPlan(
        message(
            "Cancel its receipt (cancel_payment; get_related_documents shows it): the document is open again."
        ),
        _no_deadline,
        IX,
    ),
    "note_settled": CorrectionPlan(message("Reopen it (change_state unsettled)."), _no_deadline, IX),
    "unsettled": CorrectionPlan(message("Settle it again (change_state settled)."), _no_deadline, IX),
    "answered": CorrectionPlan(
        message("Change the answer (change_state accept or refuse), or cancel it."), _no_deadline, IX
    ),
    "sent": CorrectionPlan(
        message("An e-mail cannot be recalled: write to its recipient, and correct the document separately"),
        _no_undo,
    ),
    "paid": CorrectionPlan(
        message("Cancel the receipt with a reason (cancel_payment); its number stays used."), _no_deadline, IX
    ),
    "payment_canceled": CorrectionPlan(
        message("Record it again (generate_payment), with a new receipt."), _no_deadline, IX
    ),
    "registered": CorrectionPlan(
        message(
            "InvoiceXpress does not take the registration back. A series without documents can be annulled at the tax "
            "authority's site (e-Fatura, series); later leave it unused and open another (create_sequence)."
        ),
        _say_always(
            message("at the tax authority's site: the same or the next day, while it has no documents")
        ),
        "Portaria 195/2020; AT, anularSerie",
    ),
    "numbering_changed": CorrectionPlan(
        message("Change it again (update_sequence)."),
        _say_always(message("while nothing is finalized in the series")),
        IX,
    ),
    "changed": CorrectionPlan(
        message("Put the earlier values back; issued documents do not change."), _no_deadline, IX
    ),
    "created": CorrectionPlan(
        message("Delete it; only while no document uses it."),
        _say_always(message("before the first document")),
        IX,
    ),
    "removed": CorrectionPlan(message("Create it again; it gets another id."), _no_deadline, IX),
    "entry_made": CorrectionPlan(message("Delete the entry and make the right one."), _no_deadline, IX),
    "entry_removed": CorrectionPlan(
        message("Make the entry again; the old number does not come back."), _no_deadline, IX
    ),
    "account_created": CorrectionPlan(
        message("Only InvoiceXpress's support closes an account."), _no_undo, IX
    ),
    "account_changed": CorrectionPlan(
        message(
            "Change it again (update_account); credentials of the tax authority are changed at its own site."
        ),
        _no_deadline,
        IX,
    ),
    "at_set_up": CorrectionPlan(
        message(
            "Set it up again (setup_at_communication), or change the sub-user's password at the tax authority; what went out stays."
        ),
        _say_always(message("before the next document")),
        IX,
    ),
}


def describe_correction(correction: Correction, language: Language, today: date) -> dict[str, Any]:
    """Return a correction as results show it: action, deadline, source and the calls to make; one sentence for an issued document."""
    chosen = PLANS[correction.plan]
    deadline = chosen.describe_deadline(correction.since or today, today)
    if not chosen.source and not correction.steps:  # correct_document tells the rest when it is asked
        whole = message("{action}; {deadline}.", action=chosen.action, deadline=deadline)
        return {"what": render(whole, language)}
    shown: dict[str, Any] = {"what": render(chosen.action, language), "by": render(deadline, language)}
    if chosen.source:
        shown["source"] = render(chosen.source, language)
    if correction.steps:
        shown["calls"] = [show_step(step, language) for step in correction.steps]
    return shown
