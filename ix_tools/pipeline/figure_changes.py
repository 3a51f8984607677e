"""What the outcome of a call changes in the overview: documents issued, cancelled or drafted, and what a receipt or note settles."""

from decimal import Decimal
from typing import Any

from ix_tools.domain.document_figures import build_document_figures
from ix_tools.domain.records import Document
from ix_tools.domain.settlement import OPEN_STATES, compute_settlement
from ix_tools.guards.facts import Facts
from ix_tools.operations.base import Operation
from ix_tools.operations.payments import GeneratePayment
from ix_tools.operations.protocols import get_state
from ix_tools.operations.workflows.sales_summary import SOLD_TYPES
from ix_tools.pipeline.document_facts import find_owner_id
from ix_tools.storage.figures import DRAFTS, NO_FIGURES, OPEN, FigureChanges

MAX_AMOUNT = Decimal(10) ** 14
"""Amounts beyond it are no document's; they do not fit the store's columns."""


def collect_figures(call: Operation[Any], facts: Facts, result: Any) -> FigureChanges:
    """Return the changes of a call that was carried out."""
    if isinstance(getattr(result, "receipt", None), Document):
        settled = {call.document_id: call.amount} if isinstance(call, GeneratePayment) else {}
        return FigureChanges(settled=settled, due=frozenset({OPEN}))
    document = getattr(result, "document", None)
    if not isinstance(document, Document) or document.id is None or document.document_type not in SOLD_TYPES:
        return NO_FIGURES
    if document.status == "deleted":
        return FigureChanges(removed=(document.id,))
    amounts = (document.before_taxes, document.taxes, document.total)
    if any(one is not None and abs(one) > MAX_AMOUNT for one in amounts):
        return NO_FIGURES
    is_issued = get_state(call) == "finalized" and document.status in OPEN_STATES
    is_open = compute_settlement(document, ()).open if is_issued else None
    taxes = {one.name: one for one in facts.taxes if one.name}
    figures = build_document_figures(document, taxes, is_open)
    settled, due = {}, set[str]()
    if document.document_type == "credit_notes" and not document.is_draft:
        due.add(OPEN)
        owner = find_owner_id(facts) or document.owner_invoice_id
        if is_issued and owner is not None:
            settled = {owner: max(Decimal(0), (document.total or Decimal(0)) - document.withholding_tax)}
    if any(part.region == "?" for part in figures.parts) or (figures.counts and not figures.parts):
        # The rates need the account's taxes, or lines that the answer lacks.
        due.add(figures.month)
    if document.is_draft and document.total is None:
        due.add(DRAFTS)
    return FigureChanges((figures,), settled=settled, due=frozenset(due))
