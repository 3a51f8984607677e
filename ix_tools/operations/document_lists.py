"""Operations that list invoices and notes, and the documents related to one."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Document
from ix_tools.domain.types import Id, Money, Record, WireDate
from ix_tools.guards.facts import Facts
from ix_tools.operations.base import Operation
from ix_tools.operations.lists import DocumentRow, PageResult, build_row, parse_document_page
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath

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
    # Cash invoices are of old: they are listed, and cannot be created.
    kind: "CashInvoice" if kind == "cash_invoices" else get_document_kind(kind).camel
    for kind in get_args(ListType)
}
ListState = Literal["draft", "final", "settled", "canceled", "second_copy"]
DEFAULT_STATES: list[ListState] = ["draft", "final", "settled"]
LIST_STATES = {"final": "sent"}
"""Lists say `sent` where documents say `final` (trap 8)."""


class InvoiceList(PageResult):
    """Page of documents."""

    invoices: list[DocumentRow]


class ListInvoices(Operation[InvoiceList]):
    """List invoices, notes and receipts, newest first, in pages. A new document may take seconds to appear.

    Source: API v2 documentation, Invoices, List all; OpenAPI listInvoices.
    """

    types: Annotated[list[ListType], WirePath("type[]", LIST_TYPES)] = Field(
        default_factory=lambda: list(get_args(ListType)), min_length=1
    )
    """Kinds of document to list; default all."""
    states: Annotated[list[ListState], WirePath("status[]", LIST_STATES)] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default draft, final and settled."""
    text: str | None = None
    """Words to search for, e.g. a client's name, matched loosely."""
    reference: str | None = None
    """Reference to match exactly, as the document prints it."""
    date_from: Annotated[WireDate | None, WirePath("date[from]")] = None
    """First document date to list, e.g. 2026-11-01."""
    date_to: Annotated[WireDate | None, WirePath("date[to]")] = None
    """Last document date to list, e.g. 2026-11-30."""
    due_date_from: Annotated[WireDate | None, WirePath("due_date[from]")] = None
    """First due date to list, e.g. 2026-11-01."""
    due_date_to: Annotated[WireDate | None, WirePath("due_date[to]")] = None
    """Last due date to list, e.g. 2026-11-30."""
    total_before_taxes_from: Annotated[Money | None, WirePath("total_before_taxes[from]")] = None
    """Smallest total without VAT to list."""
    total_before_taxes_to: Annotated[Money | None, WirePath("total_before_taxes[to]")] = None
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
        vendor_operations=("listInvoices",),
    )

    def parse_response(self, content: Any, facts: Facts) -> InvoiceList:
        """Parse the page."""
        return InvoiceList.model_validate(parse_document_page(content, "invoices", self.reference))


class RelatedDocuments(Record):
    """Receipts, credit and debit notes related to a document."""

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
        vendor_operations=("relatedDocs",),
    )

    def parse_response(self, content: Any, facts: Facts) -> RelatedDocuments:
        """Parse the related documents."""
        return RelatedDocuments(
            documents=[build_row(Document.model_validate(one)) for one in read_rows(content, "documents")]
        )
