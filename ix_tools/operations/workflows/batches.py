"""Batches as operations: many documents from rows, approved on one sheet and issued in order; what becomes of one that was started."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ix_tools.domain.translated_text import TranslatedText
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.i18n.messages import message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.operations.base import BatchRequest, Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY
from ix_tools.operations.expectations import Correction, Step
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec

BATCH_SCOPES = frozenset({Scope.READ, Scope.DRAFT, Scope.EMAIL})
"""Scopes that a batch needs besides the one to issue."""
OVER = frozenset({"done", "partial"})
ISSUED = ("issued", "done")
"""States of the documents that were issued."""
NEEDS_A_WORD = frozenset({"stopped", "rejected", "expired"})
"""States in which a batch goes on only if somebody wants it to."""


BatchFileRow = Annotated[dict[str, Any], Field(description="One row: values by the names of columns.")]


class BatchDocument(Record):
    """One document of a batch."""

    row: int
    """Row of the file on which it begins; the headings are row 1."""
    state: str
    document_type: str | None = None
    id: int | None = None
    number: str | None = None
    total: str | None = None
    problem: str | None = None


class BatchStatus(Record):
    """State of a batch."""

    batch: str
    """Id of the batch: the handle to ask by."""
    name: str
    """Name of the file."""
    purpose: str
    """issue, or delete where its drafts are deleted."""
    state: str
    """drafting, asking, asked, working, stopped, rejected, expired; done and partial are the ends."""
    documents: dict[str, int]
    """How many documents are in each state."""
    approval_id: str | None = None
    """Id of the approval."""
    reason: str | None = None
    """Why it stopped."""
    rows: list[BatchDocument] = Field(default_factory=list)
    """Documents with a problem; after the end, all of them as far as they fit."""
    rows_not_shown: int | None = None
    note: TranslatedText | None = None


class RunBatch(Operation[BatchStatus]):
    """Make and issue many invoices from rows or CSV text: every row is checked before anything is written; a person approves all on one sheet. Call it again with batch to go on.

    Source: ours: a workflow of create_invoice, change_state and send_email.
    """

    rows: Annotated[list[BatchFileRow] | None, LOCAL_ONLY] = Field(None, min_length=1)
    """Rows with the columns of `ix-tools batch template`, in Portuguese or English; instead of csv."""
    csv: Annotated[str | None, LOCAL_ONLY] = None
    """Text of a CSV file with a row of headings, instead of rows."""
    name: Annotated[str | None, LOCAL_ONLY] = None
    """Name of the file, as the approver reads it."""
    batch: Annotated[str | None, LOCAL_ONLY] = None
    """Id of a batch that goes on, instead of rows and csv."""
    ask_again: Annotated[bool | None, LOCAL_ONLY] = None
    """True asks again about a batch that was rejected, expired or stopped, if the person wants that."""

    spec = Spec(
        name="run_batch",
        title="Issue many invoices",
        effect=Effect.FISCAL,
        heading=Heading.WORKFLOWS,
        scope=Scope.ISSUE,
        step_scopes=BATCH_SCOPES,
        idempotent=True,
        asks_on_one_sheet=True,
        keywords="spreadsheet bulk csv file many lote ficheiro folha de cálculo em massa muitas faturas quotas mensal",
        example={
            "rows": [
                {
                    "date": "2026-11-20",
                    "due_date": "30d",
                    "client_code": "ACME",
                    "item": "Quota",
                    "quantity": 1,
                    "price": 25,
                    "tax": "IVA23",
                }
            ],
            "name": "quotas.csv",
        },
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(one is not None for one in (self.rows, self.csv, self.batch)) != 1:
            raise InvalidValue(message("give one of rows, csv and batch"), "rows")
        try:
            _write_rows(self.rows or []).encode()
        except UnicodeEncodeError:  # half of a pair, which JSON can escape and no digest takes
            raise InvalidValue(message("holds characters that are no text"), "rows") from None
        return self

    def list_required_operations(self) -> tuple[str, ...]:
        """Return the steps of every batch."""
        return ("create_invoice", "change_state")

    async def execute(self, context: OperationContext) -> BatchStatus:
        """Start the batch or carry it on, as far as it goes without a person or within the time of one call."""
        rows = _write_rows(self.rows) if self.rows is not None else self.csv
        request = BatchRequest(
            batch=self.batch or "",
            content=rows.encode() if rows is not None else b"",
            name=self.name or "",
            asks_again=bool(self.ask_again),
        )
        return BatchStatus.model_validate(await context.carry_batch(request))

    def next_steps(self, result: BatchStatus) -> Iterable[Step]:
        """Suggest how a batch goes on that is not over."""
        return suggest_going_on(result)

    def plan_correction(self, result: BatchStatus, facts: Facts) -> Correction | None:
        """Return the plan for the documents that were issued or deleted."""
        return plan_correction_of_documents(result)


def _write_rows(rows: list[BatchFileRow]) -> str:
    return json.dumps(rows, ensure_ascii=False)


class GetBatch(Operation[BatchStatus]):
    """Read how far a batch is: its state, how many documents are in each, and the rows with a problem.

    Source: ours: the store.
    """

    batch: Annotated[str, LOCAL_ONLY]
    """Id of the batch, from run_batch."""

    spec = Spec(
        name="get_batch",
        title="Read a batch's state",
        effect=Effect.LOCAL,
        heading=Heading.WORKFLOWS,
        idempotent=True,
        keywords="progress lote estado progresso",
        example={"batch": "K7M2QX4RAB"},
    )

    async def execute(self, context: OperationContext) -> BatchStatus:
        """Read the store; nothing is sent."""
        return BatchStatus.model_validate(await context.describe_batch(self.batch))

    def next_steps(self, result: BatchStatus) -> Iterable[Step]:
        """Suggest how a batch goes on that is not over."""
        return suggest_going_on(result)


class DiscardBatch(Operation[BatchStatus]):
    """Delete the drafts of a batch that was not issued; a person approves all of them at once.

    Source: ours: a workflow of change_state.
    """

    batch: Annotated[str, LOCAL_ONLY]
    """Id of the batch, from run_batch."""

    spec = Spec(
        name="discard_batch",
        title="Delete a batch's drafts",
        effect=Effect.FISCAL,
        heading=Heading.WORKFLOWS,
        scope=Scope.ISSUE,
        step_scopes=BATCH_SCOPES,
        idempotent=True,
        asks_on_one_sheet=True,
        keywords="lote apagar rascunhos cancelar",
        example={"batch": "K7M2QX4RAB"},
    )

    def list_required_operations(self) -> tuple[str, ...]:
        """Return its steps."""
        return ("change_state",)

    async def execute(self, context: OperationContext) -> BatchStatus:
        """Ask a person about the drafts that are left, and delete them once that is approved."""
        return BatchStatus.model_validate(
            await context.carry_batch(BatchRequest(batch=self.batch, discards=True))
        )

    def next_steps(self, result: BatchStatus) -> Iterable[Step]:
        """Suggest how a batch goes on that is not over."""
        return suggest_going_on(result)

    def plan_correction(self, result: BatchStatus, facts: Facts) -> Correction | None:
        """Return the plan for the drafts that were deleted."""
        return plan_correction_of_documents(result)


def plan_correction_of_documents(result: BatchStatus) -> Correction | None:
    """Return the plan for what became final of a batch; None while it has only drafts."""
    if any(result.documents.get(state) for state in ISSUED):
        return Correction("batch_issued")
    return Correction("batch_deleted") if result.documents.get("deleted") else None


def suggest_going_on(result: BatchStatus) -> Iterable[Step]:
    """Yield the steps that carry on a batch that is not over."""
    about = {"batch": result.batch}
    if result.state in NEEDS_A_WORD:
        again = message("asks again about what is left, if the person wants that")
        yield Step("run_batch", again, {**about, "ask_again": True})
        yield Step("discard_batch", message("deletes its drafts, if the person wants that"), about)
    elif result.state not in OVER:
        yield Step("run_batch", message("carries it on, or waits until it is over"), about)
