"""Any document: read it, list invoices and notes, change its state, see what is related to it."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from ix_tools.facts import Facts, Want
from ix_tools.guards import dates, exemptions, notes, series, states
from ix_tools.operation import At, Effect, Expected, Operation, Preview, Route, Row, Spec, Step
from ix_tools.operations.drafts import DocumentResult, after_a_draft
from ix_tools.records import Document, Page
from ix_tools.vocabulary import DocumentType, GuideType, Id, InvoiceType, Money, Record, WireDate


class GetDocument(Operation[DocumentResult]):
    """Read one document whole: state, number, ATCUD, client, lines, totals.

    Source: API v2 documentation, Invoices, Get; OpenAPI getInvoice, getEstimate, getGuide.
    """

    document_type: DocumentType
    """Kind of document."""
    document_id: Id
    """Id."""

    spec = Spec(
        name="get_document",
        title="Read a document",
        effect=Effect.READS,
        route=Route("GET", "/{document_type}/{document_id}.json", answer="{key}"),
        example={"document_type": "invoices", "document_id": 1001},
        idempotent=True,
    )

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


class DocumentRow(Record):
    """A document in a list, short."""

    telling = frozenset({"id", "number", "status", "total"})

    id: int | None = None
    """What operations take."""
    document_type: str = ""
    """As operations take it."""
    number: str | None = None
    """Number and series, as 6/2026."""
    status: str | None = None
    """draft, final, settled, canceled, deleted or second_copy."""
    date: str | None = None
    due_date: str | None = None
    client: str | None = None
    """The client's name."""
    reference: str | None = None
    """Yours, such as an order number."""
    total: str | None = None
    """With VAT."""


class InvoiceList(Record):
    """A page of documents, and what was left out."""

    telling = frozenset({"invoices", "total_entries", "left_out"})

    invoices: list[DocumentRow]
    page: int = 1
    pages: int = 1
    total_entries: int = 0
    left_out: str | None = None


def row_of(document: Document) -> DocumentRow:
    """A document as a row."""
    shown = document.model_dump(mode="json", include=set(DocumentRow.model_fields) - {"client"})
    return DocumentRow.model_validate({**shown, "client": document.client.name if document.client else None})


class ListInvoices(Operation[InvoiceList]):
    """List invoices, notes and receipts, newest first, in pages. A new document may take seconds to appear.

    Source: API v2 documentation, Invoices, List all; OpenAPI listInvoices.
    """

    types: Annotated[list[ListType], At("type[]", LIST_TYPES)] = Field(
        default_factory=lambda: list(get_args(ListType)), min_length=1
    )
    """Default all."""
    states: Annotated[list[ListState], At("status[]", LIST_STATES)] = Field(
        default_factory=USUAL_STATES.copy, min_length=1
    )
    """Default draft, final, settled."""
    text: str | None = None
    """Fuzzy search."""
    reference: str | None = None
    """Exact reference."""
    date_from: Annotated[WireDate | None, At("date[from]")] = None
    """Dated from."""
    date_to: Annotated[WireDate | None, At("date[to]")] = None
    """Dated to."""
    due_date_from: Annotated[WireDate | None, At("due_date[from]")] = None
    """Due from."""
    due_date_to: Annotated[WireDate | None, At("due_date[to]")] = None
    """Due to."""
    total_before_taxes_from: Annotated[Money | None, At("total_before_taxes[from]")] = None
    """At least, net."""
    total_before_taxes_to: Annotated[Money | None, At("total_before_taxes[to]")] = None
    """At most, net."""
    non_archived: bool = True
    """Not archived."""
    archived: bool = False
    """Archived too."""
    page: int = Field(default=1, ge=1)
    """Page."""
    per_page: int = Field(default=30, ge=1, le=100)
    """Rows a page."""

    spec = Spec(
        name="list_invoices",
        title="List invoices and notes",
        effect=Effect.READS,
        route=Route("GET", "/invoices.json"),
        example={
            "types": ["invoices"],
            "states": ["final"],
            "date_from": "2026-11-01",
            "date_to": "2026-11-30",
        },
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> InvoiceList:
        """Rows, and in words what this page leaves out."""
        content = content or {}
        page = Page.model_validate(content.get("pagination") or {})
        rows = [row_of(Document.model_validate(one)) for one in content.get("invoices") or []]
        # The search is fuzzy: an exact reference is matched here, and what fell out is said.
        matching = [row for row in rows if self.reference is None or row.reference == self.reference]
        said = []
        if page.current_page < page.total_pages:
            said.append(
                f"{page.total_entries} in all, {len(rows)} on this page; next: page {page.current_page + 1}"
            )
        if len(matching) < len(rows):
            said.append(f"{len(rows) - len(matching)} rows with another reference left out")
        return InvoiceList(
            invoices=matching,
            page=page.current_page,
            pages=page.total_pages,
            total_entries=page.total_entries,
            left_out="; ".join(said) or None,
        )


class RelatedDocuments(Record):
    """Receipts, credit and debit notes of a document."""

    documents: list[DocumentRow]


class GetRelatedDocuments(Operation[RelatedDocuments]):
    """List what belongs to an invoice: receipts, credit notes, debit notes.

    Source: API v2 documentation, Invoices, Related Documents; OpenAPI relatedDocs.
    """

    document_id: Id
    """Invoice's id."""

    spec = Spec(
        name="get_related_documents",
        title="List related documents",
        effect=Effect.READS,
        route=Route("GET", "/document/{document_id}/related_documents.json", answer="documents"),
        example={"document_id": 1001},
        idempotent=True,
    )

    def read(self, content: Any, facts: Facts) -> RelatedDocuments:
        """Rows."""
        return RelatedDocuments(documents=[row_of(Document.model_validate(one)) for one in content or []])


# --- states --------------------------------------------------------------------------------------------


class ChangeState(Operation[DocumentResult]):
    """Finalize, cancel, delete, settle or unsettle a document; a person approves. Finalizing issues a certified tax document that can never be edited or deleted. draft: finalized, deleted; final: canceled, settled; settled: unsettled (notes), canceled (invoice_receipts).

    Source: API v2 documentation, Invoices, Change State; OpenAPI changeInvoiceState, changeGuideState.
    """

    document_type: InvoiceType | GuideType
    """Kind of document."""
    document_id: Id
    """Id."""
    state: Literal["finalized", "canceled", "deleted", "settled", "unsettled"]
    """New state."""
    message: str | None = None
    """Reason, a sentence; required to cancel."""

    spec = Spec(
        name="change_state",
        title="Finalize, cancel, delete, settle",
        effect=Effect.FISCAL,
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
        ),
        idempotent=True,
        example={"document_type": "invoices", "document_id": 1001, "state": "finalized"},
    )

    def preview(self, facts: Facts) -> Preview:
        """The document as it is now, and what this does to it for ever."""
        document = facts.document
        rows = [Row("reason", self.message)] if self.message else []
        if self.state == "finalized" and document is not None:
            rows += list(_number_to_be(document, facts))
        return Preview(
            action=self.state,
            document=document,
            rows=tuple(rows),
            differences=facts.differences if self.state == "finalized" else (),
        )

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

    def read(self, content: Any, facts: Facts) -> DocumentResult:
        """The document after the change; an empty answer is a success and is read back by the road."""
        return with_to_pay(Document.model_validate(content or {}))

    def next_steps(self, result: DocumentResult) -> Iterable[Step]:
        """What its new state allows."""
        return steps_after(result)


def _number_to_be(document: Document, facts: Facts) -> Iterable[Row]:
    found = facts.sequence_of(document.sequence_id) if document.sequence_id else None
    if found is not None:
        sequence, kind = found
        number = (sequence.types[kind].number or 0) + 1
        yield Row("number_to_be", f"{number}/{sequence.serie}")
    if (last := facts.last_in_series) is not None:
        yield Row("last_in_series", f"{last.number} · {last.date:%d/%m/%Y}" if last.date else last.number)
    if document.total is not None and document.retention:
        yield Row("to_pay", document.total - document.retained)
