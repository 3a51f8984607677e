"""What came of an approval: what was carried out under it, as the journal tells, and the number that was issued."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sql

from ix_tools.approvals.models import Approval
from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, intents

StepState = Literal["waiting", "open", "done", "refused", "unknown", "absent"]
FulfilmentState = Literal[
    "carrying_out", "done", "stored_differently", "partly_done", "not_done", "unclear", "not_recorded"
]
JOURNAL_ENTRY_EXPECTED_WITHIN = 600.0
"""Seconds after the approval was used in which its journal entry is still to be expected."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call that was carried out, or is to be, under an approval."""

    state: StepState
    kind: str = ""
    """Of the document it left: invoices."""
    number: str = ""
    atcud: str = ""
    recipient: str = ""
    """Of an e-mail that was sent."""
    differs: bool = False
    """Whether InvoiceXpress stored something else than what was shown."""


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """Everything under one approval, the further calls that it covers included."""

    state: FulfilmentState
    steps: tuple[Step, ...] = ()


def find_fulfilment(store: Store, approval: Approval, now: float) -> Fulfilment:
    """What came of an approval that was used."""
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
        # Used, and nothing in the journal: it goes on at this moment, or ended before anything was sent.
        if row.state is not None or row.approved == "approved"
    )
    early = now - (approval.decided_at or 0.0) < JOURNAL_ENTRY_EXPECTED_WITHIN
    return Fulfilment(_combine_states(steps, early), steps)


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


def _combine_states(steps: tuple[Step, ...], early: bool) -> FulfilmentState:
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
