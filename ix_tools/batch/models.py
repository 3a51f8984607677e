"""Data types of stored batches.

drafting ──▶ asking ──▶ asked ──▶ working ──▶ done · partial
               ▲          │          │
               │          ├──▶ rejected · expired      the drafts stay: ask again, or delete them with one approval
               └──────────┴──────────┘ the approval no longer counts for what is left
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ix_tools.domain.batch_states import BatchState, Purpose, RowState

ENDED_BATCH: frozenset[BatchState] = frozenset({"done", "partial"})
ENDED_ROW: frozenset[RowState] = frozenset({"done", "held", "left_out", "failed", "deleted", "skipped"})
GOOD_ROW: frozenset[RowState] = frozenset({"done", "deleted", "skipped"})


@dataclass(frozen=True, slots=True)
class Batch:
    """A stored batch."""

    id: str
    account: str
    account_label: str
    principal: str
    credential: str
    scopes: tuple[str, ...]
    face: str
    name: str
    digest: str
    headings: Mapping[str, Any]
    """Format and separator of the file, and its headings."""
    purpose: Purpose
    state: BatchState
    reason: Mapping[str, Any] | None
    """The stored error with which it stopped."""
    round: int
    approval: str
    valid_until: float
    owner: str
    lease_until: float
    retry_at: float
    attempts: int
    created_at: float
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One document of a batch."""

    batch: str
    place: int
    row: int
    key: str
    cells: tuple[tuple[str, ...], ...]
    """The cells of its rows as the file shows them; deleted 30 days after the end of the batch."""
    content: str
    arguments: Mapping[str, Any]
    """Arguments of issue_invoice; empty once the batch has ended."""
    lane: str
    flags: Mapping[str, Any]
    state: RowState
    document_type: str
    document: int | None
    number: str
    total: str
    problem: Mapping[str, Any] | None
    bindings: tuple[tuple[str, str, str], ...]
    """Operation and digests of what the approval covers: finalizing, then its e-mail."""
