"""Any document: read it, list invoices and notes, change its state, see what is related to it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from ix_tools.domain.document_kinds import document_type
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Document
from ix_tools.domain.types import (
    DocumentType,
    EstimateType,
    GuideType,
    Id,
    InvoiceType,
    Money,
    Record,
    WireDate,
)
from ix_tools.guards import clients, dates, exemptions, notes, payments, series, states, texts
from ix_tools.guards.facts import Facts, Want
from ix_tools.guards.finalization import still_kept, still_said
from ix_tools.operations.base import Operation, Sending
from ix_tools.operations.document_context import (
    INVOICES,
    completed,
    corrected,
    printed_besides,
    transport,
    with_what_is_paid,
)
from ix_tools.operations.drafts import DocumentDraft, DocumentResult, InvoiceDraft, Keyed, after_a_draft
from ix_tools.operations.estimates import EstimateDraft
from ix_tools.operations.expectations import Correction, Expected, Step
from ix_tools.operations.guides import GuideDraft
from ix_tools.operations.lists import DocumentRow, PageShown, documents_of, row_of
from ix_tools.operations.preview import Preview, Row
from ix_tools.operations.probes import Evidence, Happened, Witness
from ix_tools.operations.scopes import Heading, Scope
from ix_tools.operations.spec import At, Effect, Route, Spec

SET_BY_TRANSITION: Mapping[str, frozenset[str]] = {
    # Number, ATCUD and the signature's four characters exist only after finalizing; so does what is made from them: the
    # link, the Multibanco reference, the code of a guide (API documentation, document object; DL 28/2019 art. 7).
    "finalized": frozenset(
        {
            "status",
            "sequence_number",
            "inverted_sequence_number",
            "atcud",
            "saft_hash",
            "permalink",
            "mb_reference",
            "at_doc_code_id",
        }
    ),
    "canceled": frozenset({"status", "permalink"}),
    "settled": frozenset({"status", "permalink"}),
    "unsettled": frozenset({"status", "permalink"}),
    "accept": frozenset({"status", "permalink"}),
    "refuse": frozenset({"status", "permalink"}),
}
"""By the word of change_state: the fields of a document that the transition sets."""


class GetDocument(Operation[DocumentResult]):
    """Read one document whole: state, number, ATCUD, client, lines, totals.

    Source: API v2 documentation, Invoices, Get; OpenAPI getInvoice, getEstimate, getGuide.
    """

    document_type: DocumentType
    """Kind of the document, as lists and results show it."""
    document_id: Id
    """Id of the document, from a list or the result that created it."""

    spec = Spec(
        name="get_document",
        title="Read a document",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/{document_type}/{document_id}.json", answer="{key}"),
        example={"document_type": "invoices", "document_id": 1001},
        idempotent=True,
        covers=("getInvoice", "getEstimate", "getGuide"),
    )

    async def carried_out(self, sending: Sending) -> DocumentResult:
        """Read it, and what is known of it besides."""
        result = self.read(await sending.send(self), sending.facts)
        return completed(result, await sending.background(self, result.document))

    def read(self, content: Any, facts: Facts) -> DocumentResult:
        """The document, and what is to pay once withholding tax is taken off."""
        return with_to_pay(Document.model_validate(content))

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """What its state allows."""
        return steps_after(result)


def with_to_pay(document: Document) -> DocumentResult:
    """A document; `to_pay` only where retention makes it differ from the total."""
    if document.retention and document.total is not None:
        return DocumentResult(document=document, to_pay=document.total - document.retained)
    return DocumentResult(document=document)


def steps_after(result: DocumentResult) -> Iterable[Step]:
    """What the state of a document allows next."""
    document = result.document
    if document.is_draft:
        yield from after_a_draft(result)
    elif document.status in {"final", "settled"}:
        about = {"document_type": document.document_type, "document_id": document.id}
        yield Step("get_pdf", "fetch the PDF", {"document_id": document.id})
        yield Step("send_email", "send it to the client; a person approves", about)
        family = document_type(document.document_type).family
        if family == "guide" and not document.at_doc_code_id:
            yield Step("get_document", "in a minute: at_doc_code_id is the code to carry along", about)
        if family == "estimate":
            yield Step(
                "change_state", "when the client answers: accept or refuse", {**about, "state": "accept"}
            )
        if document.status == "final" and document.document_type in {"invoices", "simplified_invoices"}:
            yield Step("generate_payment", "record a payment; a person approves", about)


# --- lists ---------------------------------------------------------------------------------------------

ListType = Literal[
    "invoices",
    "invoice_receipts",
    "simplified_invoices",
    "vat_moss_invoices",
    "credit_notes",
    "debit_notes",
    "receipts",
    "cash_invoices",
]
LIST_TYPES = {
    "invoices": "Invoice",
    "invoice_receipts": "InvoiceReceipt",
    "simplified_invoices": "SimplifiedInvoice",
    "vat_moss_invoices": "VatMossInvoice",
    "credit_notes": "CreditNote",
    "debit_notes": "DebitNote",
    "receipts": "Receipt",
    "cash_invoices": "CashInvoice",
}
ListState = Literal["draft", "final", "settled", "canceled", "second_copy"]
USUAL_STATES: list[ListState] = ["draft", "final", "settled"]
LIST_STATES = {"final": "sent"}
"""Lists say `sent` where documents say `final` (trap 8)."""


class InvoiceList(PageShown):
    """A page of documents, and what was left out."""

    invoices: list[DocumentRow]


class ListInvoices(Operation[InvoiceList]):
    """List invoices, notes and receipts, newest first, in pages. A new document may take seconds to appear.

    Source: API v2 documentation, Invoices, List all; OpenAPI listInvoices.
    """

    types: Annotated[list[ListType], At("type[]", LIST_TYPES)] = Field(
        default_factory=lambda: list(get_args(ListType)), min_length=1
    )
    """Kinds of document to list; default all."""
    states: Annotated[list[ListState], At("status[]", LIST_STATES)] = Field(
        default_factory=USUAL_STATES.copy, min_length=1
    )
    """States to list; default draft, final and settled."""
    text: str | None = None
    """Words to search for, e.g. a client's name, matched loosely."""
    reference: str | None = None
    """Reference to match exactly, as the document prints it."""
    date_from: Annotated[WireDate | None, At("date[from]")] = None
    """First document date to list, e.g. 2026-11-01."""
    date_to: Annotated[WireDate | None, At("date[to]")] = None
    """Last document date to list, e.g. 2026-11-30."""
    due_date_from: Annotated[WireDate | None, At("due_date[from]")] = None
    """First due date to list, e.g. 2026-11-01."""
    due_date_to: Annotated[WireDate | None, At("due_date[to]")] = None
    """Last due date to list, e.g. 2026-11-30."""
    total_before_taxes_from: Annotated[Money | None, At("total_before_taxes[from]")] = None
    """Smallest total without VAT to list."""
    total_before_taxes_to: Annotated[Money | None, At("total_before_taxes[to]")] = None
    """Largest total without VAT to list."""
    non_archived: bool = True
    """List documents that are not archived; default true."""
    archived: bool = False
    """List archived documents too; default false."""
    page: int = Field(default=1, ge=1)
    """Number of the page, from 1; default 1."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows on a page, 1 to 100; default 30."""

    spec = Spec(
        name="list_invoices",
        title="List invoices and notes",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/invoices.json"),
        example={
            "types": ["invoices"],
            "states": ["final"],
            "date_from": "2026-11-01",
            "date_to": "2026-11-30",
        },
        idempotent=True,
        covers=("listInvoices",),
    )

    def read(self, content: Any, facts: Facts) -> InvoiceList:
        """Rows, and in words what this page leaves out."""
        return InvoiceList.model_validate(documents_of(content, "invoices", self.reference))


class RelatedDocuments(Record):
    """Receipts, credit and debit notes of a document."""

    documents: list[DocumentRow]


class GetRelatedDocuments(Operation[RelatedDocuments]):
    """List what belongs to an invoice: receipts, credit notes, debit notes.

    Source: API v2 documentation, Invoices, Related Documents; OpenAPI relatedDocs.
    """

    document_id: Id
    """Id of the invoice, from list_invoices or the result that created it."""

    spec = Spec(
        name="get_related_documents",
        title="List related documents",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/document/{document_id}/related_documents.json"),
        example={"document_id": 1001},
        idempotent=True,
        covers=("relatedDocs",),
    )

    def read(self, content: Any, facts: Facts) -> RelatedDocuments:
        """Rows."""
        return RelatedDocuments(
            documents=[row_of(Document.model_validate(one)) for one in read_rows(content, "documents")]
        )


# --- states --------------------------------------------------------------------------------------------


DRAFTS: Mapping[str, type[DocumentDraft]] = {
    "invoice": InvoiceDraft,
    "estimate": EstimateDraft,
    "guide": GuideDraft,
}
"""What a document that can be finalized was drafted as, by its family."""
STORED_GUARDS = (
    still_said(dates.date_not_in_the_future),
    still_said(dates.invoice_dated_lately),
    still_kept(dates.guide_dated_by_its_loading),
    still_said(dates.loading_in_the_future),
    still_said(clients.fiscal_id_fits_country),
    still_kept(notes.corrected_document_is_issued),
    still_said(notes.credit_of_a_paid_invoice),
    still_kept(notes.note_goes_to_the_same_client),
    still_kept(notes.simplified_within_legal_limit),
    still_said(texts.text_speaks_to_people),
)
"""Rules of drafts that are judged again when the draft is finalized, as it is stored then."""


class ChangeState(Keyed, Operation[DocumentResult]):
    """Finalize, cancel, delete, settle or unsettle a document, accept or refuse an estimate; a person approves. Finalizing issues a certified document that can never be edited or deleted. draft: finalized, deleted; final: canceled, settled (invoices, notes), accept or refuse (estimates, either can follow the other); settled: unsettled (notes), canceled (invoice_receipts).

    Source: API v2 documentation, Invoices, Change State; OpenAPI changeInvoiceState, changeEstimateState, changeGuideState.
    """

    document_type: InvoiceType | EstimateType | GuideType
    """Kind of the document, as lists and results show it."""
    document_id: Id
    """Id of the document, from a list or the result that created it."""
    state: Literal["finalized", "canceled", "deleted", "settled", "unsettled", "accept", "refuse"]
    """State that the document changes to."""
    message: str | None = None
    """Reason in a sentence; required to cancel, except for estimates."""

    spec = Spec(
        name="change_state",
        title="Finalize, cancel, delete, settle",
        effect=Effect.FISCAL,
        heading=Heading.DOCUMENTS,
        scope=Scope.ISSUE,
        route=Route(
            "PUT", "/{document_type}/{document_id}/change-state.json", envelope="{key}", answer="{key}"
        ),
        needs=frozenset(
            {
                Want.DOCUMENT,
                Want.DOCUMENT_CLIENT,
                Want.SEQUENCES,
                Want.TAXES,
                Want.DIFFERENCES,
                Want.LATER_IN_SERIES,
                Want.RELATED,
                Want.OWNER,
                Want.OWNER_RELATED,
                Want.UNRETURNED,
            }
        ),
        guards=(
            states.transition_exists,
            states.reason_given_to_cancel,
            states.not_canceled_while_paid_or_credited,
            exemptions.stored_exemption_in_order,
            dates.date_not_before_the_series,
            series.series_registered,
            notes.stored_note_within_what_remains,
            *STORED_GUARDS,
        ),
        idempotent=True,
        covers=("changeInvoiceState", "changeEstimateState", "changeGuideState"),
        example={"document_type": "invoices", "document_id": 1001, "state": "finalized"},
    )

    def preview(self, facts: Facts) -> Preview:
        """The document as it is now, and what this does to it for ever."""
        document = facts.document
        rows = [Row("reason", self.message)] if self.message else []
        if document is None:
            return Preview(action=self._action(), rows=tuple(rows))
        shown = Preview(
            action=self._action(),
            document=document,
            rows=tuple(rows),
            corrects=corrected(document, facts),
            transport=transport(document, facts),
        )
        shown = with_what_is_paid(shown, facts)
        if self.state == "settled" and document.document_type in INVOICES:
            return replace(shown, amount=Row("receipt", payments.open_of(document, facts.related)))
        if self.state != "finalized":
            return shown
        if (last := facts.last_in_series) is not None:
            of_when = f" · {last.date:%d/%m/%Y}" if last.date else ""
            rows.append(Row("last_in_series", f"{last.number}{of_when}"))
        rows += printed_besides(document, facts, DRAFTS[document_type(document.document_type).family])
        return replace(
            shown,
            rows=tuple(rows),
            differences=facts.differences,
            expected_number=_expected_number(document, facts),
        )

    def _action(self) -> str:
        family = document_type(self.document_type).family
        if self.state == "settled" and self.document_type in {"credit_notes", "debit_notes"}:
            return "settled_note"
        of_its_own = self.state in {"finalized", "canceled"} and family != "invoice"
        return f"{self.state}_{family}" if of_its_own else self.state

    def undo(self, result: DocumentResult, facts: Facts) -> Correction:
        """What corrects the change, by family and state."""
        family = document_type(self.document_type).family
        note = self.document_type in {"credit_notes", "debit_notes"}
        kind = "note" if note else family
        plans = {
            "finalized": f"{kind}_issued",
            "canceled": "canceled" if family == "invoice" else "other_canceled",
            "deleted": "draft_deleted",
            "settled": "note_settled" if note else "settled",
            "unsettled": "unsettled",
        }
        document = result.document
        about = {"document_type": self.document_type, "document_id": self.document_id}
        steps: tuple[Step, ...] = ()
        if self.state == "finalized":
            steps = (Step("change_state", "cancel it, with the reason", {**about, "state": "canceled"}),)
            if family == "invoice" and not note:
                credit = {"document_type": "credit_notes", "owner_invoice_id": self.document_id}
                steps += (Step("create_invoice", "or credit it", credit),)
        return Correction(plans.get(self.state, "answered"), steps, document.date or facts.today)

    def expected(self, facts: Facts) -> Expected | None:
        """The state that the transition leads to, with the money that was approved."""
        document = facts.document
        if document is None:
            return None
        status = states.leads_to(self.document_type, document.status or "", self.state)
        kept = {
            name: getattr(document, name)
            for name in ("date", "before_taxes", "taxes", "total", "tax_exemption")
        }
        return Expected({"status": status, **(kept if self.state == "finalized" else {})})

    def fields_it_sets(self) -> frozenset[str] | None:
        """State, number and what else the transition makes; None for a deletion, after which there is nothing to read."""
        return SET_BY_TRANSITION.get(self.state)

    def trace(self, facts: Facts) -> dict[str, Any]:
        """The document, its state before, and the state this leads to."""
        before = facts.document.status if facts.document else ""
        after = states.leads_to(self.document_type, before or "", self.state)
        about = {"document_type": self.document_type, "document_id": self.document_id}
        return {**super().trace(facts), **about, "before": before, "after": after}

    @classmethod
    async def happened(cls, trace: Mapping[str, Any], witness: Witness) -> Evidence:
        """Read the state again. Still as before: it did not happen, and doing it later cannot do it twice."""
        raw = await witness.document(str(trace["document_type"]), int(trace["document_id"]))
        status = "deleted" if raw is None else str(raw.get("status") or "not shown")
        if status == trace["after"]:
            return Evidence(Happened.YES, raw or {})
        as_before = status == trace["before"] and witness.over
        return Evidence(Happened.NO if as_before else Happened.UNKNOWN, raw, f"its state is {status}")

    def read(self, content: Any, facts: Facts) -> DocumentResult:
        """The document after the change; an empty answer is a success and is read back by the road."""
        return with_to_pay(Document.model_validate(content or {}))

    def complete_result(self, result: DocumentResult, facts: Facts) -> DocumentResult:
        """With what is known of it besides what InvoiceXpress answered."""
        return completed(result, facts)

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """What its new state allows."""
        return steps_after(result)


def _expected_number(document: Document, facts: Facts) -> str:
    """The next number of the draft's series; empty where its series is not known."""
    found = facts.sequence_of(document.sequence_id) if document.sequence_id else None
    if found is None:
        return ""
    sequence, kind = found
    return f"{(sequence.types[kind].number or 0) + 1}/{sequence.serie}"
