"""Operations on estimates: quotes, pro forma invoices and fees notes."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from ix_tools.domain.document_ids import DocumentId
from ix_tools.domain.document_kinds import get_document_kind
from ix_tools.domain.field_marks import NotShown, Unreturned
from ix_tools.domain.types import EstimateType
from ix_tools.guards.facts import Facts, Want
from ix_tools.operations.base import Operation
from ix_tools.operations.draft_guards import guard_changed_draft, guard_new_draft
from ix_tools.operations.draft_writes import CreatesDraft, UpdatesDraft
from ix_tools.operations.drafts import (
    DocumentDraft,
)
from ix_tools.operations.list_filters import ArchiveFilter, DateAndAmountFilter
from ix_tools.operations.lists import DocumentRow, PageResult, parse_document_page
from ix_tools.operations.scopes import Heading
from ix_tools.operations.spec import Effect, Route, Spec, WirePath
from ix_tools.operations.updates import UPDATE_NEEDS


class EstimateDraft(DocumentDraft):
    """Fields of estimates besides those of every document."""

    auto_add_related_document: Annotated[
        bool | None, Unreturned(), NotShown("ties later documents to it and is not printed")
    ] = None
    """True lets InvoiceXpress link later documents that are made from it."""


class CreateEstimate(CreatesDraft, EstimateDraft):
    """Create a quote, pro forma or fees note as a draft; no tax is due on it.

    Source: OpenAPI createEstimate.
    """

    document_type: EstimateType = "quotes"
    """Kind of estimate to create; default quotes."""

    spec = Spec(
        name="create_estimate",
        title="Create a draft estimate",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("POST", "/{document_type}.json", envelope="{key}", answer="{key}"),
        needs=frozenset({Want.NEWEST}),
        guards=guard_new_draft(),
        vendor_operations=("createEstimate",),
        example={
            "document_type": "quotes",
            "date": "2026-11-20",
            "due_date": "+30d",
            "client": {"name": "Padaria Central, Lda", "code": "PADARIA", "fiscal_id": "508025338"},
            "items": [{"name": "Obra na cozinha", "unit_price": 1200, "quantity": 1, "tax": "IVA23"}],
        },
    )


# An update may leave out what a new document must have.
class UpdateEstimate(UpdatesDraft, EstimateDraft):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Change a draft estimate. What you leave out stays; items, when given, replace all lines.

    Source: OpenAPI updateEstimate.
    """

    document_type: EstimateType
    """Kind of the draft, as list_estimates shows it."""
    document_id: DocumentId
    """Id of the draft, from list_estimates or the result that created it."""

    spec = Spec(
        name="update_estimate",
        title="Change a draft estimate",
        effect=Effect.DRAFTS,
        heading=Heading.DOCUMENTS,
        route=Route("PUT", "/{document_type}/{document_id}.json", envelope="{key}", answer="{key}"),
        needs=UPDATE_NEEDS,
        guards=guard_changed_draft(),
        idempotent=True,
        vendor_operations=("updateEstimate",),
        example={"document_type": "quotes", "document_id": "1001", "reference": "PO-2026-118"},
    )


WIRE_TYPES = {kind: get_document_kind(kind).camel for kind in get_args(EstimateType)}
EstimateState = Literal["draft", "final", "accepted", "refused", "canceled"]
DEFAULT_STATES: list[EstimateState] = ["draft", "final", "accepted", "refused"]


class EstimateList(PageResult):
    """Page of estimates."""

    estimates: list[DocumentRow]


class ListEstimates(ArchiveFilter, DateAndAmountFilter, Operation[EstimateList]):
    """List quotes, pro formas and fees notes, newest first.

    Source: OpenAPI listEstimates.
    """

    types: Annotated[list[EstimateType], WirePath("type[]", WIRE_TYPES)] = Field(
        default_factory=lambda: list(get_args(EstimateType)), min_length=1
    )
    """Kinds of estimate to list; default all."""
    states: Annotated[list[EstimateState], WirePath("status[]", {"final": "sent"})] = Field(
        default_factory=DEFAULT_STATES.copy, min_length=1
    )
    """States to list; default all but canceled."""

    spec = Spec(
        name="list_estimates",
        title="List estimates",
        effect=Effect.READS,
        heading=Heading.DOCUMENTS,
        route=Route("GET", "/estimates.json"),
        vendor_operations=("listEstimates",),
        example={"types": ["quotes"], "states": ["final"], "date_from": "2026-11-01"},
        idempotent=True,
    )

    def parse_response(self, content: Any, facts: Facts) -> EstimateList:
        """Parse the page."""
        return EstimateList.model_validate(parse_document_page(content, "estimates"))
