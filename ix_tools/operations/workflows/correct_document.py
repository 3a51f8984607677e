"""Workflow that chooses the lawful correction of an issued document and drafts its credit note."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.records import Document, Line, ReadTotal
from ix_tools.domain.totals import round_to_cent
from ix_tools.domain.types import AboveZero, Call, Id, InvoiceType, Quantity, Record, WireDate, format_cents
from ix_tools.errors import Problem, Refused
from ix_tools.fiscal.deadlines import get_reporting_deadline
from ix_tools.i18n.formats import format_plain
from ix_tools.operations.base import Operation, OperationContext
from ix_tools.operations.drafts import LOCAL_ONLY, IdempotentCall, rebuild_line
from ix_tools.operations.expectations import Step
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import Effect, Spec

IN_FORCE = {"final", "settled"}
NOTES = {"credit_notes", "debit_notes"}
CorrectionMethod = Literal["update", "cancel", "credit_note", "debit_note", "none"]
LEGAL_SOURCES = {
    "value": "CIVA 29/7 and 36/6: a change of value or VAT is corrected by a note that cites the document",
    "details": "Of.-Circ. 30136/2012, point 14: what changes neither value nor VAT is cancelled and issued again",
    "reported": "InvoiceXpress's advice: once the client has it or its data were reported, a credit note; never both",
    "draft": "DL 28/2019, art. 7: only what is issued is certified; a draft is simply changed",
}


class CreditedLine(Call):
    """A line to credit, whole or in part."""

    line: int = Field(ge=1)
    """Number of the line on the document, from 1."""
    quantity: Quantity | None = None
    """Quantity of the line to credit; default all of it."""
    amount: AboveZero | None = None
    """Amount to credit without VAT, in place of a quantity."""

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.quantity is not None and self.amount is not None:
            raise ValueError("amount: give a quantity or an amount, not both")
        return self


class CorrectionAdvice(Record):
    """Way to correct the document, its reason, and the drafted note."""

    road: CorrectionMethod
    why: str
    source: str
    by: str | None = None
    first: list[str] | None = None
    """Calls that must come first, in order."""
    remaining: ReadTotal = None
    """Amount that can still be credited, with VAT."""
    document: Document | None = None
    """Credit note, a draft."""
    warnings: list[dict[str, str]] | None = None


class CorrectDocument(IdempotentCall, Operation[CorrectionAdvice]):
    """Say how an issued document is corrected by law (cancel, credit or debit note) and draft the credit note within what remains.

    Source: CIVA art. 29/7, 36/6 and 78; Of.-Circ. 30136/2012; DL 28/2019; advice of InvoiceXpress's help centre.
    """

    document_type: InvoiceType
    """Kind of the document, as lists and results show it."""
    document_id: Id
    """Id of the document, from a list or the result that created it."""
    wrong: Annotated[Literal["too_much", "too_little", "vat", "client_details", "everything"], LOCAL_ONLY]
    """Fault to correct: too_much or too_little charged, a wrong vat rate, client_details such as NIF or name, or everything if it should not exist."""
    reason: Annotated[str, LOCAL_ONLY] = Field(min_length=15)
    """Reason for the correction, in a sentence of at least 15 characters; the note prints it."""
    client_has_it: Annotated[bool, LOCAL_ONLY] = True
    """False if the document never reached the client; default true."""
    lines: Annotated[list[CreditedLine] | None, LOCAL_ONLY] = Field(default=None, min_length=1)
    """Lines to credit; default all that is left."""
    date: Annotated[WireDate | None, LOCAL_ONLY] = None
    """Date of the credit note, e.g. 2026-11-30; default today."""
    draft: Annotated[bool, LOCAL_ONLY] = True
    """True drafts the credit note, false only says what to do; default true."""
    accept: Annotated[list[str], LOCAL_ONLY] = Field(default_factory=list)
    """Codes that a refusal asked for, given to go on knowingly; at first none."""

    spec = Spec(
        name="correct_document",
        title="Correct a document",
        effect=Effect.DRAFTS,
        heading=Heading.WORKFLOWS,
        step_scopes=frozenset({Scope.READ}),
        example={
            "document_type": "invoices",
            "document_id": 1001,
            "wrong": "too_much",
            "reason": "Só foi prestada uma hora.",
            "lines": [{"line": 1, "quantity": 1}],
        },
    )

    async def execute(self, context: OperationContext) -> CorrectionAdvice:
        """Read the document with its notes and receipts, choose the correction, and draft the note."""
        about = {"document_type": self.document_type, "document_id": self.document_id}
        document = Document.model_validate((await context.run_operation("get_document", about))["document"])
        related = (await context.run_operation("get_related_documents", {"document_id": self.document_id}))[
            "documents"
        ]
        case = CorrectionCase(
            self,
            document,
            [one for one in related if one.get("status") in {*IN_FORCE, "draft"}],
            context.facts.today,
        )
        advice = case.choose_method()
        if advice.road != "credit_note" or not self.draft:
            return advice
        notes = [await self._load_document(context, one) for one in case.notes]
        call = case.build_note(notes)
        made = await context.run_operation("create_invoice", {**call, **self._build_key_argument()})
        found = {"document": Document.model_validate(made["document"]), "warnings": made.get("warnings")}
        return advice.model_copy(update=found)

    async def _load_document(self, context: OperationContext, row: Mapping[str, Any]) -> Document:
        about = {"document_type": row["document_type"], "document_id": row["id"]}
        return Document.model_validate((await context.run_operation("get_document", about))["document"])

    def _build_key_argument(self) -> dict[str, str]:
        return {"idempotency_key": self.idempotency_key} if self.idempotency_key else {}

    def next_steps(self, result: CorrectionAdvice) -> Iterable[Step]:
        """Suggest the calls that carry out the correction, each with its own approval."""
        about = {"document_type": self.document_type, "document_id": self.document_id}
        if result.document is not None:
            note = {"document_type": "credit_notes", "document_id": result.document.id, "state": "finalized"}
            yield Step("change_state", "finalize the credit note: a person sees it and approves", note)
        elif result.road == "cancel":
            why = "cancel it; a person approves" + (", after what comes first" if result.first else "")
            yield Step("change_state", why, {**about, "state": "canceled", "message": self.reason})
        elif result.road == "update":
            yield Step("update_invoice", "change the draft", about)
            yield Step("change_state", "or delete it", {**about, "state": "deleted"})
        elif result.road in {"credit_note", "debit_note"}:
            owner = {"document_type": f"{result.road}s", "owner_invoice_id": self.document_id}
            yield Step("create_invoice", "draft the note; its lines say the difference", owner)
        if self.wrong in {"client_details", "vat"} and result.road in {"cancel", "credit_note"}:
            yield Step(
                "issue_invoice", "then issue it again, as it should be", {"document_type": self.document_type}
            )


@dataclass
class CorrectionCase:
    """Document with its fault and the notes and receipts that stand against it."""

    call: CorrectDocument
    document: Document
    related: list[Mapping[str, Any]]
    today: date

    @property
    def notes(self) -> list[Mapping[str, Any]]:
        """Return the credit notes against the document, drafts included, since all of them together must fit its total."""
        return [one for one in self.related if one.get("document_type") == "credit_notes"]

    @property
    def receipts(self) -> list[Mapping[str, Any]]:
        """Return the receipts in force."""
        return [
            one
            for one in self.related
            if one.get("document_type") == "receipts" and one["status"] in IN_FORCE
        ]

    @property
    def remaining(self) -> Decimal:
        """Return the amount left to credit, with VAT."""
        credited = sum((Decimal(str(one.get("total") or 0)) for one in self.notes), Decimal(0))
        return (self.document.total or Decimal(0)) - credited

    @property
    def reporting_deadline(self) -> date:
        """Return the day by which the document's data reach the tax authority."""
        return get_reporting_deadline(self.document.date or self.today)

    def choose_method(self) -> CorrectionAdvice:
        """Choose the way to correct the document."""
        document, wrong = self.document, self.call.wrong
        kind = get_document_kind(document.document_type)
        number = document.id if document.is_draft else document.number
        name = f"{kind.en.lower()} {number}"
        if document.is_draft:
            return self._build_advice("update", f"{name} is a draft: change or delete it", "draft")
        if document.status not in IN_FORCE:
            why = f"{name} is {document.status}: it is no longer in force; issue a new document"
            return self._build_advice("none", why, "details")
        if document.document_type in NOTES:
            why = f"{name} is a note: a note is not credited; cancel it and issue another"
            return self._build_advice("cancel", why, "details")
        if wrong == "too_little":
            why = "what is missing is charged by a debit note that cites the document"
            return self._build_advice("debit_note", why, "value")
        if self.remaining <= 0:
            return self._build_advice("none", f"{name} is credited in full already; nothing remains", "value")
        if wrong in {"too_much", "vat"} or self.call.lines:
            again = "; then invoice it again with the right VAT" if wrong == "vat" else ""
            return self._build_advice(
                "credit_note", f"value or VAT changes, so {name} is credited{again}", "value"
            )
        return self._choose_annulment(name)

    def _choose_annulment(self, name: str) -> CorrectionAdvice:
        """Choose between cancelling and a full credit, for a fault that changes neither value nor VAT or concerns the whole document."""
        reported = self.today > self.reporting_deadline
        if self.notes:
            why = f"a credit note stands against {name}: never both, so the rest is credited too"
        elif self.call.client_has_it:
            why = f"the client has {name} (or nobody said that it never left): credit it in full"
        elif reported:
            why = f"the data of {name} were due at the tax authority by {self.reporting_deadline:%d/%m/%Y}: credit it in full"
        elif (
            self.document.status == "settled"
            and self.document.document_type != "invoice_receipts"
            and not self.receipts
        ):
            why = f"{name} is settled and no receipt is there to cancel: credit it in full"
        else:
            first = [
                f"cancel_payment with receipt_id {one['id']} ({one.get('number')})" for one in self.receipts
            ]
            why = f"{name} never left and neither value nor VAT is at stake: cancel it with the reason"
            again = ", then issue it again" if self.call.wrong == "client_details" else ""
            return self._build_advice("cancel", why + again, "details").model_copy(
                update={"first": first or None}
            )
        return self._build_advice("credit_note", why, "reported")

    def _build_advice(self, method: CorrectionMethod, why: str, law: str) -> CorrectionAdvice:
        by = {
            "cancel": f"before its data reach the tax authority, by {self.reporting_deadline:%d/%m/%Y}",
            "credit_note": "as soon as the error is known; keep proof that the client knows of it (CIVA 78)",
            "debit_note": "by the 5th working day after it is known (CIVA 36/1)",
        }
        can_credit = method in {"credit_note", "cancel"} and self.document.document_type not in NOTES
        return CorrectionAdvice(
            road=method,
            why=why,
            source=LEGAL_SOURCES[law],
            by=by.get(method),
            remaining=self.remaining if can_credit else None,
        )

    # --- the note ---

    def build_note(self, notes: list[Document]) -> dict[str, Any]:
        """Return the arguments of create_invoice for the note: lines, client, exemption and withholding of the document."""
        document = self.document
        items = self._select_lines() if self.call.lines else self._compute_remaining_lines(notes)
        day = self.call.date or self.today
        client = document.client
        call: dict[str, Any] = {
            "document_type": "credit_notes",
            "owner_invoice_id": document.id,
            "date": day.isoformat(),
            "due_date": day.isoformat(),
            "items": items,
            "observations": self.call.reason,
            "accept": self.call.accept,
        }
        if client is not None and client.id is not None:
            call["client"] = {"id": client.id}
        elif client is not None and client.name:
            call["client"] = {"name": client.name, "code": client.code}
        if document.reference:
            call["reference"] = document.reference
        if document.retention:
            call["retention"] = format_plain(document.retention)
        if document.tax_exemption and any(self._is_exempt(one) for one in items):
            call["tax_exemption"] = document.tax_exemption
        return call

    def _is_exempt(self, item: Mapping[str, Any]) -> bool:
        return any(line.tax == item["tax"] and line.tax_rate == 0 for line in self.document.lines)

    def _select_lines(self) -> list[dict[str, Any]]:
        self._refuse_whole_discount("lines")
        found = []
        for one in self.call.lines or []:
            if one.line > len(self.document.lines):
                raise _build_refusal(
                    "lines", f"there is no line {one.line}", f"1 to {len(self.document.lines)}"
                )
            line = self.document.lines[one.line - 1]
            found.append(_build_credited_line(line, one))
        return found

    def _compute_remaining_lines(self, notes: list[Document]) -> list[dict[str, Any]]:
        """Return every line less its credited quantity.

        Raises:
            Refused: The lines do not add up to the remaining amount, so the earlier notes credited something else.
        """
        self._refuse_whole_discount("document_id")
        lines = {number: line.quantity or Decimal(1) for number, line in enumerate(self.document.lines)}
        for note in notes:
            for credited in note.lines:
                number = next(
                    (
                        at
                        for at, line in enumerate(self.document.lines)
                        if _is_same_line(line, credited) and lines[at] > 0
                    ),
                    None,
                )
                if number is not None:
                    lines[number] -= credited.quantity or Decimal(1)
        items = [
            {**rebuild_line(line), "quantity": lines[number]}
            for number, line in enumerate(self.document.lines)
            if lines[number] > 0
        ]
        worth = sum(
            (
                _compute_gross(self.document.lines[number]) * left
                for number, left in lines.items()
                if left > 0
            ),
            Decimal(0),
        )
        if abs(round_to_cent(worth) - self.remaining) > Decimal("0.01"):
            raise _build_refusal(
                "lines",
                f"{format_cents(self.remaining)} of {format_cents(self.document.total or Decimal(0))} remains, and earlier notes do not say of which lines",
                "the lines to credit, with quantity or amount",
            )
        return [_serialize_line(one) for one in items]

    def _refuse_whole_discount(self, field: str) -> None:
        nets = sum((line.net or Decimal(0) for line in self.document.lines), Decimal(0))
        if abs(round_to_cent(nets) - (self.document.before_taxes or Decimal(0))) > Decimal("0.01"):
            raise _build_refusal(
                field,
                "the document has a discount over all lines, which its lines do not show",
                "create_invoice with document_type credit_notes and the discounted prices",
            )


def _is_same_line(line: Line, credited: Line) -> bool:
    return (line.name, line.tax, line.exact_price) == (credited.name, credited.tax, credited.exact_price)


def _compute_gross(line: Line) -> Decimal:
    """Return the price of one unit with VAT."""
    kept = line.exact_price * (100 - (line.discount or Decimal(0))) / 100
    return kept * (100 + (line.tax_rate or Decimal(0))) / 100


def _build_credited_line(line: Line, wanted: CreditedLine) -> dict[str, Any]:
    whole = rebuild_line(line)
    if wanted.amount is not None:
        # Under its own name the catalogue's item would get this amount as its price (trap 4).
        part = {
            "name": f"{line.name} (acerto de {format_cents(wanted.amount)})",
            "unit_price": wanted.amount,
            "quantity": Decimal(1),
        }
        return _serialize_line({**whole, **part, "discount": None})
    return _serialize_line({**whole, "quantity": wanted.quantity or line.quantity or Decimal(1)})


def _serialize_line(line: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        name: format_plain(value) if isinstance(value, Decimal) else value for name, value in line.items()
    }
    return {name: value for name, value in shown.items() if value is not None}


def _build_refusal(field: str, problem: str, allowed: str) -> Refused:
    return Refused(
        f"Refused: {field}: {problem}.", problems=[Problem(field, problem, allowed)], next=f"give {allowed}"
    )
