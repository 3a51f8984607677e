"""Workflow that chooses the lawful correction of an issued document and drafts its credit note."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from ix_tools.domain.date_types import WireDate
from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import ISSUED_STATES, NOTES
from ix_tools.domain.records import Document
from ix_tools.domain.types import InvoiceType
from ix_tools.errors import NotFound
from ix_tools.fiscal.simplified_invoices import get_general_limit
from ix_tools.fiscal.tax_numbers import FINAL_CONSUMER
from ix_tools.i18n.messages import Money, message
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import (
    FINAL_CONSUMER_CODE,
    FINAL_CONSUMER_NAME,
    LOCAL_ONLY,
    AcceptingCall,
    IdempotentCall,
)
from ix_tools.operations.expectations import Step
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec
from ix_tools.operations.workflows.correction_method import CorrectionAdvice, CorrectionCase, Fault
from ix_tools.operations.workflows.credit_note_draft import CreditedLine, CreditNoteDraft


class CorrectDocument(AcceptingCall, IdempotentCall, Operation[CorrectionAdvice]):
    """Say how an issued document is corrected by law (cancel, credit or debit note) and draft the credit note within what remains.

    Source: CIVA art. 29/7, 36/6 and 78; Of.-Circ. 30136/2012, point 14; PIV 4948 and 10376; OCC PT27367 and PT27991; DL 28/2019.
    """

    document_type: InvoiceType
    """Kind of the document, as lists and results show it."""
    document_id: DocumentId
    """Id or number of the document, e.g. 1001 or FT 17/2026."""
    wrong: Annotated[Fault, LOCAL_ONLY]
    """Fault to correct: too_much or too_little charged, a wrong vat rate, client_details such as NIF or name, or everything if it should not exist."""
    reason: Annotated[str, LOCAL_ONLY] = Field(min_length=15)
    """Reason for the correction, in a sentence of at least 15 characters; the note prints it."""
    client_has_it: Annotated[bool, LOCAL_ONLY] = True
    """False if the document never reached the client; default true."""
    lines: Annotated[list[CreditedLine] | None, LOCAL_ONLY] = Field(default=None, min_length=1)
    """Lines to take off, each with what is too much of it; default all that is left."""
    date: Annotated[WireDate | None, LOCAL_ONLY] = None
    """Date of the credit note, e.g. 2026-11-30; default today."""
    draft: Annotated[bool, LOCAL_ONLY] = True
    """True drafts the credit note, false only says what to do; default true."""
    spec = Spec(
        name="correct_document",
        title="Correct a document",
        effect=Effect.DRAFTS,
        heading=Heading.WORKFLOWS,
        step_scopes=frozenset({Scope.READ}),
        example={
            "document_type": "invoices",
            "document_id": "1001",
            "wrong": "too_much",
            "reason": "Só foi prestada uma hora.",
            "lines": [{"line": 1, "quantity": 1}],
        },
    )

    async def execute(self, context: OperationContext) -> CorrectionAdvice:
        """Read the document with its notes and receipts, choose the correction, and draft the note."""
        about = {"document_type": self.document_type, "document_id": self.document_id}
        read = await context.run_operation("get_document", about)
        document = Document.model_validate(read["document"])
        related = (await context.run_operation("get_related_documents", {"document_id": self.document_id}))[
            "documents"
        ]
        case = CorrectionCase(
            wrong=self.wrong,
            client_has_it=self.client_has_it,
            names_lines=bool(self.lines),
            document=document,
            related=[one for one in related if one.get("status") in {*ISSUED_STATES, "draft"}],
            today=context.facts.today,
            corrects=(read.get("corrects") or {}).get("id"),
        )
        advice = case.choose_method()
        if advice.method != "credit_note" or not self.draft or document.document_type in NOTES:
            return advice
        notes = [await self._load_document(context, one) for one in case.notes]
        day = self.date or context.facts.today
        draft = CreditNoteDraft(document, self.lines, case.remaining, self.reason, day, self.accept)
        call = draft.build(notes)
        if case.is_final_consumer:
            call["client"] = await self._find_final_consumer(context)
        made = await context.run_operation("create_invoice", {**call, **self._build_key_argument()})
        found = {"document": Document.model_validate(made["document"]), "warnings": made.get("warnings")}
        return advice.model_copy(update=found)

    async def _load_document(self, context: OperationContext, row: Mapping[str, Any]) -> Document:
        about = {"document_type": row["document_type"], "document_id": row["id"]}
        return Document.model_validate((await context.run_operation("get_document", about))["document"])

    async def _find_final_consumer(self, context: OperationContext) -> dict[str, Any]:
        """Return the client for a note to the final consumer: a note needs one, and a simplified invoice has none."""
        try:
            found = await context.run_operation("find_client", {"fiscal_id": FINAL_CONSUMER})
        except NotFound:
            return {"name": FINAL_CONSUMER_NAME, "code": FINAL_CONSUMER_CODE, "fiscal_id": FINAL_CONSUMER}
        return {"id": found["client"]["id"]}

    def _build_key_argument(self) -> dict[str, str]:
        return {"idempotency_key": self.idempotency_key} if self.idempotency_key else {}

    def next_steps(self, result: CorrectionAdvice) -> Iterable[Step]:
        """Suggest the calls that carry out the correction, each with its own approval."""
        about = {"document_type": self.document_type, "document_id": self.document_id}
        if result.document is not None:
            note = {"document_type": "credit_notes", "document_id": result.document.id, "state": "finalized"}
            yield Step(
                "change_state", message("finalize the credit note: a person sees it and approves"), note
            )
        elif result.method == "cancel":
            why = (
                message("cancel it, after what comes first; a person approves")
                if result.first
                else message("cancel it; a person approves")
            )
            yield Step("change_state", why, {**about, "state": "canceled", "message": self.reason})
        elif result.method == "update":
            yield Step("update_invoice", message("change the draft"), about)
            yield Step("change_state", message("or delete it"), {**about, "state": "deleted"})
        elif result.method in {"credit_note", "debit_note"}:
            owner = {"document_type": f"{result.method}s", **_build_owner(result, self.document_id)}
            yield Step("create_invoice", message("draft the note; its lines say the difference"), owner)
        if self.wrong == "vat" and result.method == "credit_note":
            arguments = {"document_type": "debit_notes", **_build_owner(result, self.document_id)}
            yield Step(
                "create_invoice",
                message("then put the same lines back at the right VAT, in a debit note"),
                arguments,
            )
        if self.wrong == "client_details" and result.method in {"cancel", "credit_note"}:
            is_simplified = self.document_type == "simplified_invoices"
            why = (
                message(
                    "then issue it again, as it should be, to a business as an invoice, since a simplified one goes up to {limit} "
                    "then (CIVA 40/1)",
                    limit=Money(get_general_limit().amount),
                )
                if is_simplified
                else message("then issue it again, as it should be")
            )
            yield Step(
                "issue_invoice", why, {"document_type": "invoices" if is_simplified else self.document_type}
            )


def _build_owner(result: CorrectionAdvice, document_id: int) -> dict[str, int]:
    """Return the invoice that a note cites: the document, or the one that the corrected note is about, if that is known."""
    number = result.cites if result.is_about_note else document_id
    return {"owner_invoice_id": number} if number is not None else {}
