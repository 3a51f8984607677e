"""Operations that list invoices and notes, and the documents related to one."""

from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import ISSUED_STATES
from ix_tools.domain.parsing import read_rows
from ix_tools.domain.records import Document
from ix_tools.domain.types import Record
from ix_tools.guards.facts import Facts
from ix_tools.operations.base import Operation
from ix_tools.operations.invoice_lists import (
    DEFAULT_STATES,
    LIST_STATES,
    LIST_TYPES,
    PAYABLE_TYPES,
    SETTLING_TYPES,
    USUAL_TYPES,
    InvoiceList,
    InvoiceListing,
    ListState,
    ListType,
    OpenInvoiceList,
)
from ix_tools.operations.list_filters import ArchiveFilter, DateAndAmountFilter
from ix_tools.operations.lists import DocumentRow, build_row, parse_document_page
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath


class ListInvoices(ArchiveFilter, OpenInvoiceList, DateAndAmountFilter):
    """List invoices and notes, newest first, in pages; unpaid or overdue ones with what is open. A new document may take seconds to appear.

    Source: API v2 documentation, Invoices, List all; OpenAPI listInvoices.
    """

    types: Annotated[list[ListType], WirePath("type[]", LIST_TYPES)] = Field(
        default_factory=lambda: list(USUAL_TYPES), min_length=1
    )
    """Kinds of document to list; default all but receipts, or with a due date those that fall due."""
    states: Annotated[list[ListState], WirePath("status[]", LIST_STATES)] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default draft, final and settled."""
    reference: str | None = None
    """Reference to match exactly, as the document prints it."""

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

    @model_validator(mode="after")
    def _only_what_falls_due(self) -> Self:
        # Receipts and credit notes have a due date of their own, on which nobody pays; the model is frozen otherwise.
        if "types" not in self.model_fields_set and (self.due_date_from or self.due_date_to):
            object.__setattr__(self, "types", list(PAYABLE_TYPES))
        return self

    def build_settling_call(self, since: date | None) -> InvoiceListing:
        """Return the call that lists the receipts and credit notes in force since a day."""
        wanted = {"types": SETTLING_TYPES, "states": list(ISSUED_STATES), "archived": True}
        return ListInvoices.model_validate({**wanted, "date_from": since})

    def narrow_to_overdue(self, today: date) -> Self:
        """Return the call for what was due by yesterday, or by an earlier day that was given."""
        yesterday = today - timedelta(days=1)
        return self.model_copy(update={"due_date_to": min(self.due_date_to or yesterday, yesterday)})

    def matches(self, document: Document) -> bool:
        """Tell whether the reference is the one that was given: InvoiceXpress searches loosely."""
        return self.reference is None or document.reference == self.reference

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

    document_id: DocumentId
    """Id or number of the invoice, e.g. 1001 or FT 17/2026."""

    spec = Spec(
        name="get_related_documents",
        title="List related documents",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/document/{document_id}/related_documents.json"),
        example={"document_id": "1001"},
        idempotent=True,
        vendor_operations=("relatedDocs",),
    )

    def parse_response(self, content: Any, facts: Facts) -> RelatedDocuments:
        """Parse the related documents."""
        return RelatedDocuments(
            documents=[build_row(Document.model_validate(one)) for one in read_rows(content, "documents")]
        )
