"""The outcome of a used approval, from the journal entries of its calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sql

from ix_tools.approvals.models import Approval
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, intents

StepState = Literal["waiting", "open", "done", "refused", "unknown", "absent"]
CallOutcomeState = Literal[
    "carrying_out", "done", "stored_differently", "partly_done", "not_done", "unclear", "not_recorded"
]
JOURNAL_ENTRY_EXPECTED_WITHIN = 600.0
"""Seconds after the use of an approval within which its journal entry is still expected."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call under an approval, carried out or still to come."""

    state: StepState
    kind: str = ""
    """The kind of the resulting document, such as invoices."""
    number: str = ""
    atcud: str = ""
    recipient: str = ""
    """The recipient of a sent e-mail."""
    differs: bool = False
    """InvoiceXpress stored something other than the approved preview."""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The combined outcome of all calls that one approval covers."""

    state: CallOutcomeState
    steps: tuple[Step, ...] = ()


def find_call_outcome(store: Store, approval: Approval, now: float) -> CallOutcome:
    """Return the outcome of an approval that was used."""
    under = (approvals.c.id == approval.id) | (approvals.c.covered_by == approval.id)
    wanted = (
        sql.select(approvals.c.state.label("approved"), intents.c.state, intents.c.outcome)
        .select_from(approvals.outerjoin(intents, intents.c.approval == approvals.c.id))
        .where(under)
        .order_by(approvals.c.covered_by.is_not(None), intents.c.created_at)
    )
    with store.reading() as connection:
        rows = connection.execute(wanted).all()
    steps = tuple(
        _build_step(row.state or "waiting", row.outcome or {})
        for row in rows
        # Used without a journal entry: it is running at this moment, or ended before anything was sent.
        if row.state is not None or row.approved == "approved"
    )
    early = now - (approval.decided_at or 0.0) < JOURNAL_ENTRY_EXPECTED_WITHIN
    return CallOutcome(_combine_states(steps, early), steps)


def _build_step(state: StepState, outcome: Mapping[str, Any]) -> Step:
    document: Mapping[str, Any] = outcome.get("document") or outcome.get("receipt") or {}
    return Step(
        state,
        kind=str(document.get("document_type") or ""),
        number=str(document.get("number") or ""),
        atcud=str(document.get("atcud") or ""),
        recipient=str(outcome.get("to") or ""),
        differs=outcome.get("code") == "stored_differently",
    )


def _combine_states(steps: tuple[Step, ...], early: bool) -> CallOutcomeState:
    states = {step.state for step in steps}
    if "open" in states or (early and states <= {"waiting", "done"} and states != {"done"}):
        return "carrying_out"
    if not steps or states == {"waiting"}:
        return "not_recorded"
    if "unknown" in states:
        return "unclear"
    if any(step.differs for step in steps):
        return "stored_differently"
    if states == {"done"}:
        return "done"
    return "partly_done" if "done" in states else "not_done"
